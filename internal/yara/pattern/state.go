package pattern

import "slices"

const (
	// budgetPerByte is what each byte of the data adds to the budget of a scan.
	budgetPerByte = 64

	// maxKept is how many places of atoms the pass keeps for one part, and maxKeptAll for all. A part beyond it is searched for on
	// demand instead, which finds the same.
	maxKept    = 1 << 18
	maxKeptAll = 1 << 21

	// maxMatchesAll is how many matches of all strings together are kept, in 96 MiB. Only data that is made for it has more.
	maxMatchesAll = 1 << 22
)

// State is the work on one piece of data. It is reused from scan to scan, and belongs to one goroutine.
type State struct {
	set       *Set
	data      []byte
	want      func(i int) bool
	epoch     uint32
	slots     []slot     // by part
	kept      []keptAtom // a chain for each part, newest first
	paired    uint32     // the scan in which the pairs were looked for
	looks     int        // through the data of this scan, see maxGlances
	results   []result   // by pattern
	touched   []int32    // the results that this scan has
	matches   int        // in all results
	starts    []start    // working memory of the verifier
	exhausted []int
	machine   machine
	owner     []int32
}

// slot is what is known of a part in this scan; it is void when its epoch is not the State's.
type slot struct {
	epoch  uint32
	last   int32 // index into kept, -1 for none
	n      int32
	ignore bool // not wanted
	dense  bool // found too often to keep
}

// keptAtom is an atom that was found; of a literal or a fixed sequence it is a match already, and pos is where it begins.
type keptAtom struct {
	pos  int
	prev int32
	atom int32
}

// result is what Any and Matches have found out.
type result struct {
	epoch    uint32
	anyKnown bool
	any      bool
	allKnown bool
	all      []Match
}

// NewState makes a State. It has some 80 bytes for each string.
func (s *Set) NewState() *State {
	st := &State{set: s, slots: make([]slot, len(s.parts)), results: make([]result, len(s.patterns)), owner: make([]int32, len(s.parts))}
	for i, p := range s.patterns {
		for j := range p.n {
			st.owner[p.first+j] = int32(i)
		}
	}
	return st
}

// Scan looks for the atoms of all strings in data, in one pass. The data must not change while Any and Matches are asked. Of a string
// that want does not want nothing is kept, and Any and Matches then say that it does not match; want may be nil for all. It is asked
// during Scan, about the strings of which there is a trace: once, or for a string that is cut in parts once for each. See [Set.Traced].
func (st *State) Scan(data []byte, want func(i int) bool) {
	if st.epoch++; st.epoch == 0 {
		clear(st.slots)
		clear(st.results)
		st.epoch = 1
	}
	st.data, st.want = data, want
	st.kept = st.kept[:0]
	st.exhausted = st.exhausted[:0]
	for _, i := range st.touched {
		st.results[i].all = nil
	}
	st.touched = st.touched[:0]
	st.matches, st.looks = 0, 0
	st.machine.left = st.set.opt.Budget + budgetPerByte*int64(len(data))
	st.set.filter.scan(data, st)
	st.want = nil
}

// Exhausted returns the strings that were given up because the budget ran out, or the memory for matches, in ascending order: what Any and
// Matches say of them is not complete. It is empty while all is well.
func (st *State) Exhausted() []int {
	slices.Sort(st.exhausted)
	st.exhausted = slices.Compact(st.exhausted)
	return st.exhausted
}

// slot returns the slot of a part, made new for this scan where it is an old one.
func (st *State) slot(part int32) *slot {
	s := &st.slots[part]
	if s.epoch != st.epoch {
		*s = slot{epoch: st.epoch, last: -1}
		s.ignore = st.want != nil && !st.want(int(st.owner[part]))
	}
	return s
}

// found is told of each atom in the data.
func (st *State) found(id int32, pos int) {
	a := &st.set.atoms[id]
	u := &st.set.units[a.unit]
	if a.back >= 0 {
		if pos -= int(a.back); pos < 0 {
			return
		}
	}
	if u.kind != unitProgram && !st.matchesAt(u, pos) {
		return
	}
	s := st.slot(u.part)
	if s.ignore || s.dense {
		return
	}
	if s.n >= maxKept || len(st.kept) >= maxKeptAll {
		s.dense = true
		return
	}
	st.kept = append(st.kept, keptAtom{pos, s.last, id})
	s.last = int32(len(st.kept) - 1)
	s.n++
}

// matchesAt reports whether a literal or a fixed sequence is at data[pos:], word borders apart.
func (st *State) matchesAt(u *unit, pos int) bool {
	if u.kind == unitLiteral {
		_, ok := u.literal.equal(st.data, pos)
		return ok
	}
	if len(st.data)-pos < len(u.sets) {
		return false
	}
	for i, b := range st.data[pos : pos+len(u.sets)] {
		if !u.sets[i].has(b) {
			return false
		}
	}
	return true
}

// Any reports whether string i matches. It stops at the first match that it finds.
func (st *State) Any(i int) bool {
	r := st.result(i)
	if !r.anyKnown {
		if p := &st.set.patterns[i]; p.dead || p.n == 0 {
			r.any = false
		} else if p.n > 1 || r.allKnown {
			r.any = len(st.Matches(i)) > 0
		} else {
			r.any = st.partAny(p.first)
			st.note(i)
		}
		r.anyKnown = true
	}
	return r.any
}

// At reports whether string i matches at this offset. It looks there and nowhere else, where the string is not cut in parts.
func (st *State) At(i, offset int) bool {
	p := &st.set.patterns[i]
	if p.dead || p.n == 0 || offset < 0 || offset >= len(st.data) {
		return false
	}
	if p.n > 1 || st.result(i).allKnown {
		all := st.Matches(i)
		at := firstFrom(all, offset)
		return at < len(all) && all[at].Offset == offset
	}
	if st.slot(p.first).ignore {
		return false
	}
	part := &st.set.parts[p.first]
	for u := part.units; u < part.units+part.n; u++ {
		if _, ok := st.verify(part, u, offset); ok {
			return true
		}
	}
	st.note(i)
	return false
}

// Matches returns the matches of string i in ascending order of offsets, at most one for each offset and at most Options.MaxMatches, the
// first ones. The result belongs to the State, and is good until the next Scan.
func (st *State) Matches(i int) []Match {
	r := st.result(i)
	if !r.allKnown {
		r.all = nil
		p := &st.set.patterns[i]
		lost := p.dead || st.lacks(p)
		for j := p.n - 1; j >= 0 && !lost; j-- {
			part := p.first + j
			limit := max(1, min(st.set.opt.MaxMatches, maxMatchesAll-st.matches))
			matches := st.partMatches(part, limit)
			if st.matches += len(matches); len(matches) == limit && limit < st.set.opt.MaxMatches {
				st.exhausted = append(st.exhausted, i)
			}
			if j < p.n-1 {
				next := &st.set.parts[part+1]
				matches = joinChain(matches, r.all, next.gapMin, next.gapMax)
			}
			if r.all = matches; len(matches) == 0 {
				break
			}
		}
		r.allKnown = true
		st.note(i)
	}
	return r.all
}

// note remembers a string whose verification used up the budget.
func (st *State) note(i int) {
	if st.machine.left < 0 {
		st.exhausted = append(st.exhausted, i)
	}
}

func (st *State) result(i int) *result {
	r := &st.results[i]
	if r.epoch != st.epoch {
		*r = result{epoch: st.epoch}
		st.touched = append(st.touched, int32(i))
	}
	return r
}

// partAny reports whether a part matches anywhere.
func (st *State) partAny(id int32) bool {
	if p := &st.set.parts[id]; st.glances(p) && !st.slot(id).ignore {
		if any, known := st.glance(p); known {
			return any
		}
	}
	return len(st.partMatches(id, 1)) > 0
}

// partMatches returns the first matches of a part, at most limit, in ascending order of offsets.
func (st *State) partMatches(id int32, limit int) []Match {
	s := st.slot(id)
	if s.ignore {
		return nil
	}
	p := &st.set.parts[id]
	switch {
	case p.onDemand && !p.pairs:
		return st.search(p, limit)
	case p.onDemand && st.paired != st.epoch:
		st.paired = st.epoch
		st.set.pairs.scan(st.data, st)
	}
	if s.dense && limit > 1 {
		return st.search(p, limit)
	}
	if s.last < 0 {
		return nil
	}
	v := verifier{st: st, part: p, limit: limit, found: st.starts[:0]}
	for k := s.last; k >= 0; k = st.kept[k].prev {
		v.candidate(st.kept[k].atom, st.kept[k].pos)
	}
	all := v.matches()
	st.starts = v.found
	if s.dense && len(all) == 0 {
		return st.search(p, limit)
	}
	return all
}
