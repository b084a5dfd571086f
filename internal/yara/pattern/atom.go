package pattern

// atomLen is the length of an atom, of which some places may stand for any byte.
const atomLen = 4

const (
	// maxExpansion is how many different values an atom may have in the filter: 128 is what one free place costs.
	maxExpansion = 256

	// maxAtoms is how many atoms one string may have, one for each alternative.
	maxAtoms = 2048

	// commonAtom is the probability from which on an atom is not looked for in the pass over the data: it would be found so often that
	// searching on demand costs less.
	commonAtom = 1.0 / (1 << 11)
)

// rawAtom is an atom as taken out of a tree.
type rawAtom struct {
	sets   [atomLen]byteSet
	n      int     // the places that are given; those behind are free
	prefix []*node // what comes before it in a match
	near   near
}

// near is what lies beside an atom at a fixed distance: up to four bytes that are compared before anything else is looked at.
type near struct {
	value, mask uint32
	distance    int16
}

// atomChoice is a set of atoms of which each match has at least one.
type atomChoice struct {
	atoms []rawAtom
	cost  float64 // the probability of finding one of them at a place
}

// chooseAtoms returns the cheapest atoms of a tree; there are none where a match need not contain any given byte.
func chooseAtoms(n *node, used map[uint32]int) atomChoice { return choose(n, nil, 1, used) }

// choose is chooseAtoms for a tree behind prefix, for which an atom costs so many times as much.
func choose(n *node, prefix []*node, penalty float64, used map[uint32]int) atomChoice {
	items := unroll(n)
	best := atomChoice{cost: 2}
	lo, hi := 0, 0 // bytes before items[at]
	for at := 0; at < len(items); at++ {
		if at > 0 {
			l, h := items[at-1].width()
			lo = capWidth(lo + l)
			if hi != unbounded {
				hi = capWidth(hi + h)
			}
			if h == unbounded {
				hi = unbounded
			}
		}
		times := penalty * behind(lo, hi)
		switch item := items[at]; item.kind {
		case nodeSet:
			if a, cost := window(items[at:], used); cost < 2 && cost*times < best.cost {
				a.prefix = before(prefix, items[:at])
				a.near = nearItems(items, at, a.n)
				best = atomChoice{atoms: []rawAtom{a}, cost: cost * times}
			}
		case nodeAlt:
			all := atomChoice{}
			outer := before(prefix, items[:at])
			for _, sub := range item.subs {
				one := choose(sub, outer, times, used)
				if len(one.atoms) == 0 || len(all.atoms)+len(one.atoms) > maxAtoms {
					all.cost = 2
					break
				}
				all.atoms = append(all.atoms, one.atoms...)
				all.cost += one.cost
			}
			if all.cost < best.cost {
				best = all
			}
		case nodeRepeat:
			if item.min > 0 {
				if one := choose(item.subs[0], before(prefix, items[:at]), times, used); one.cost < best.cost {
					best = one
				}
			}
		}
	}
	if best.cost >= 2 {
		return atomChoice{cost: 2}
	}
	return best
}

// behind is how many times as much an atom costs that lies lo to hi bytes behind the beginning of a match: where that varies, a program is
// run backwards for each.
func behind(lo, hi int) float64 {
	switch {
	case hi == unbounded:
		return 16
	case lo == hi:
		return 1
	}
	return 2 + min(float64(hi-lo)/16, 14)
}

func before(prefix, items []*node) []*node {
	all := make([]*node, 0, len(prefix)+len(items))
	return append(append(all, prefix...), items...)
}

// unroll gives a tree as a sequence, with the first bytes of repetitions written out so that windows can cover them.
func unroll(n *node) []*node {
	subs := []*node{n}
	if n.kind == nodeConcat {
		subs = n.subs
	}
	items := make([]*node, 0, len(subs))
	for _, sub := range subs {
		switch {
		case sub.kind == nodeConcat:
			items = append(items, unroll(sub)...)
			continue
		case sub.kind == nodeRepeat && sub.min > 0 && sub.subs[0].kind == nodeSet && !sub.subs[0].set.full():
			// The copies of the minimum, up to a length that has windows enough.
			const most = 2 * atomLen
			n := min(sub.min, most)
			for range n {
				items = append(items, sub.subs[0])
			}
			if rest := *sub; sub.max != n {
				rest.min -= n
				if rest.max != unbounded {
					rest.max -= n
				}
				items = append(items, &rest)
			}
			continue
		}
		items = append(items, sub)
	}
	return items
}

// window is the atom that begins with the first of items.
func window(items []*node, used map[uint32]int) (a rawAtom, cost float64) {
	expansion := 1
	for i := range a.sets {
		if i == a.n && i < len(items) && items[i].kind == nodeSet {
			a.sets[i] = items[i].set
			a.n++
		} else {
			a.sets[i] = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
		}
	}
	// Free places at the end are not part of it.
	for a.n > 0 && a.sets[a.n-1].full() {
		a.n--
	}
	if a.n == 0 || a.sets[0].full() {
		return a, 2
	}
	for i := range a.sets {
		f := a.sets[i].folded()
		expansion *= f.len() / 2
		if expansion > 1<<20 {
			break
		}
	}
	return a, atomCost(&a, expansion, used)
}

// atomCost is the probability of an atom, made larger where other strings use the same one already and where it fills the filter.
func atomCost(a *rawAtom, expansion int, used map[uint32]int) float64 {
	p := probability(a.sets[:])
	if expansion > maxExpansion {
		// Too many for the filter, but not for a search on demand, for which the rarer is better too.
		return commonAtom + p
	}
	if expansion == 1 {
		p *= float64(1 + used[a.value()])
	}
	const perEntry = 1.0 / (1 << 27)
	return p + float64(expansion)*perEntry
}

// value is the folded value of an atom whose places each have one.
func (a *rawAtom) value() (v uint32) {
	for i := range a.sets {
		for b := range 256 {
			if a.sets[i].has(byte(b)) {
				v |= uint32(b|caseBit) << (8 * i)
				break
			}
		}
	}
	return v
}

// expand calls add with each folded value of an atom.
func (a *rawAtom) expand(add func(v uint32)) {
	var values [atomLen][]uint32
	for i := range a.sets {
		f := a.sets[i].folded()
		for b := range 256 {
			if b&caseBit != 0 && f.has(byte(b)) {
				values[i] = append(values[i], uint32(b)<<(8*i))
			}
		}
	}
	for _, v0 := range values[0] {
		for _, v1 := range values[1] {
			for _, v2 := range values[2] {
				for _, v3 := range values[3] {
					add(v0 | v1 | v2 | v3)
				}
			}
		}
	}
}

// expansions is how many values expand gives.
func (a *rawAtom) expansions() int {
	n := 1
	for i := range a.sets {
		f := a.sets[i].folded()
		n *= f.len() / 2
	}
	return n
}

// check returns a value and a mask so that each occurrence has bytes&mask == value. It is exact where the places are single bytes.
func (a *rawAtom) check() (value, mask uint32) {
	for i := range a.sets {
		v, m := a.sets[i].agreed()
		value |= uint32(v) << (8 * i)
		mask |= uint32(m) << (8 * i)
	}
	return value, mask
}

// agreed returns the bits in which all members of a set agree, as a mask, and their value.
func (s *byteSet) agreed() (value, mask byte) {
	if b, ok := s.single(); ok {
		return b, 0xff
	}
	var and, or byte = 0xff, 0
	for b := range 256 {
		if s.has(byte(b)) {
			and &= byte(b)
			or |= byte(b)
		}
	}
	mask = ^(and ^ or)
	return and & mask, mask
}

// nearItems takes the sets behind the atom items[at:at+n], or failing that those before it.
func nearItems(items []*node, at, n int) near {
	from, to := at+n, at+n
	if n < atomLen {
		to = from // what follows is not a set
	}
	for to < len(items) && to-from < atomLen && items[to].kind == nodeSet {
		to++
	}
	if to == from {
		for from, to = at, at; from > 0 && to-from < atomLen && items[from-1].kind == nodeSet; {
			from--
		}
	}
	r := near{distance: int16(from - at)}
	for i, item := range items[from:to] {
		v, m := item.set.agreed()
		r.value |= uint32(v) << (8 * i)
		r.mask |= uint32(m) << (8 * i)
	}
	return r
}
