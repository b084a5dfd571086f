package sigma

// Matching. A part of a set with more than a few rules is searched through its index (index.go): the fields of the event are read, each is
// searched once for the texts that rules need, and only the rules that were called for are evaluated. Predicates are evaluated when a
// rule asks for them and remembered for the event; so are the values of a field, and the folded form of a value.

import (
	"bytes"
	"math/bits"
	"net/netip"
	"strings"
)

// What is known of a predicate, in the low bits of Run.known.
const (
	isFalse = iota
	isTrue
	isOpen // a text that it needs is in a value; it must be evaluated
)

type fieldState struct {
	epoch       uint32
	ok          bool
	first, last int32 // its values in Run.vals, linked by value.next, or -1
}

// value is one value of the event and what was derived from it so far.
type value struct {
	text             string
	next             int32 // the next value of the same field, or -1
	addr             int32 // in Run.addrs, if has&hasAddr
	folded, foldedTo int   // in Run.arena, if has&hasFolded
	raw              int   // in Run.arena, if has&hasRaw
	has              uint8
}

const (
	hasFolded = 1 << iota
	hasRaw
	hasAddr
	hasCut
	hasSearched
	hasWide // it is not ASCII, if has&hasFolded
)

// maxKept bounds the bytes that a run keeps between events: one event of many megabytes must not pin as much for ever.
const maxKept = 4 << 20

// Event matches an event against sub, a part of the set that the run was started from, or against all of it when sub is nil. It calls yield
// for each rule that matches, in the order of the rules; yield must not call it again.
func (r *Run) Event(sub *Set, ev Event, yield func(Match)) {
	if sub == nil {
		sub = r.all
	}
	if sub.prog != r.prog {
		panic("sigma: the set is not part of the one the run was started from")
	}
	r.begin(ev)
	flat := isFlat(ev)
	if r.ix = sub.index(flat); r.ix == nil {
		for i := range sub.rules {
			r.rule(&sub.rules[i], yield)
		}
	} else {
		r.call(r.ix, flat)
		for w := range r.called {
			for word := r.called[w]; word != 0; word &= word - 1 {
				r.rule(&sub.rules[w<<6|bits.TrailingZeros64(word)], yield)
			}
		}
	}
	r.ev = nil
}

func (r *Run) rule(c *compiled, yield func(Match)) {
	if r.eval(c.root) {
		yield(Match{Rule: c.rule, Fields: r.explain(c.root)})
	}
}

func (r *Run) begin(ev Event) {
	r.epoch++
	if r.epoch == 1<<30 {
		clear(r.known)
		clear(r.fields)
		r.epoch = 1
	}
	if cap(r.arena) > maxKept {
		r.arena = nil
	}
	if cap(r.vals) > maxKept/64 {
		r.vals, r.names, r.strs, r.addrs = nil, nil, nil, nil
	}
	r.automata.trim()
	r.ev, r.vals, r.names, r.addrs, r.arena = ev, r.vals[:0], r.names[:0], r.addrs[:0], r.arena[:0]
	r.present = r.present[:0]
	r.every = span{-1, -1}
	r.read = false
}

func isFlat(ev Event) bool {
	f, ok := ev.(Flat)
	return ok && f.Flat()
}

// readAll takes all fields of a flat event in one pass.
func (r *Run) readAll() {
	r.read = true
	r.ev.Each(r.collectFlat)
	r.every = span{0, int32(len(r.vals))}
}

// addFlat is given to Event.Each of a flat event.
func (r *Run) addFlat(name, text string) bool {
	at := int32(len(r.vals))
	r.vals = append(r.vals, value{text: text, next: -1})
	r.names = append(r.names, name)
	id := r.prog.names.find(name)
	if id < 0 {
		return true
	}
	if f := &r.fields[id]; f.epoch == r.epoch {
		r.vals[f.last].next = at
		f.last = at
	} else {
		*f = fieldState{epoch: r.epoch, ok: true, first: at, last: at}
		r.present = append(r.present, id)
	}
	return true
}

// addValue is given to Event.Each of other events, for keywords.
func (r *Run) addValue(name, text string) bool {
	r.vals = append(r.vals, value{text: text, next: -1})
	r.names = append(r.names, name)
	return true
}

func (r *Run) field(id int32) *fieldState {
	f := &r.fields[id]
	if f.epoch == r.epoch {
		return f
	}
	*f = fieldState{epoch: r.epoch, first: -1, last: -1}
	if r.read {
		return f
	}
	r.strs, f.ok = r.ev.Field(r.prog.fields[id], r.strs[:0])
	if !f.ok || len(r.strs) == 0 {
		return f
	}
	f.first = int32(len(r.vals))
	for _, s := range r.strs {
		r.vals = append(r.vals, value{text: s, next: int32(len(r.vals)) + 1})
	}
	f.last = int32(len(r.vals)) - 1
	r.vals[f.last].next = -1
	return f
}

func (r *Run) everything() span {
	if r.every.from < 0 {
		from := int32(len(r.vals))
		r.ev.Each(r.collect)
		r.every = span{from, int32(len(r.vals))}
	}
	return r.every
}

// eval evaluates an instruction for the event at hand.
func (r *Run) eval(at int32) bool {
	in := &r.prog.insts[at]
	if in.op == opPred {
		return r.pred(in.pred)
	}
	if in.memo < 0 {
		return r.evalKids(in)
	}
	if k := r.known[in.memo]; k>>2 == r.epoch {
		return k&3 == isTrue
	}
	res := r.evalKids(in)
	r.know(in.memo, res)
	return res
}

func (r *Run) evalKids(in *inst) bool {
	switch in.op {
	case opAnd:
		for _, k := range in.kids {
			if !r.eval(k) {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range in.kids {
			if r.eval(k) {
				return true
			}
		}
		return false
	}
	return !r.eval(in.kids[0]) // opNot
}

func (r *Run) know(slot int32, res bool) {
	k := r.epoch << 2
	if res {
		k |= isTrue
	}
	r.known[slot] = k
}

func (r *Run) pred(i int32) bool {
	if k := r.known[i]; k>>2 == r.epoch {
		if k&3 != isOpen {
			return k&3 == isTrue
		}
	} else if r.ix != nil && r.ix.decides(i) {
		return false
	}
	res := r.test(&r.prog.preds[i])
	r.know(i, res)
	return res
}

func (r *Run) test(p *cpred) bool {
	switch p.kind {
	case kindExists:
		return r.field(p.fid).ok == p.want
	case kindNull:
		for i := r.field(p.fid).first; i >= 0; i = r.vals[i].next {
			if r.vals[i].text != "" {
				return false
			}
		}
		return true
	}
	return r.find(p) >= 0
}

// find gives the first value that satisfies a predicate about values, as an index of r.vals, or -1.
func (r *Run) find(p *cpred) int32 {
	ref := int32(-1)
	if p.kind == kindRef {
		ref = r.field(p.rid).first
	}
	if p.keyword {
		in := r.everything()
		for i := in.from; i < in.to; i++ {
			if r.holds(p, i, ref) {
				return i
			}
		}
		return -1
	}
	for i := r.field(p.fid).first; i >= 0; i = r.vals[i].next {
		if r.holds(p, i, ref) {
			return i
		}
	}
	return -1
}

// holds says whether the value i satisfies a predicate; ref is the first value of the other field of kindRef.
func (r *Run) holds(p *cpred, i, ref int32) bool {
	v := &r.vals[i]
	switch p.kind {
	case kindText:
		return p.pat.match(r.bytes(v, p.cased))
	case kindOneOf:
		_, ok := p.set[string(r.bytes(v, p.cased))]
		return ok
	case kindRegexp:
		return r.regexp(p, v)
	case kindCIDR:
		return r.cidr(p.prefix, v)
	case kindCompare:
		return p.compares(v.text)
	case kindRef:
		for ; ref >= 0; ref = r.vals[ref].next {
			if p.where.holds(r.bytes(v, p.cased), r.bytes(&r.vals[ref], p.cased)) {
				return true
			}
		}
	}
	return false
}

func (a anchor) holds(text, part []byte) bool {
	switch a {
	case atStart:
		return bytes.HasPrefix(text, part)
	case atEnd:
		return bytes.HasSuffix(text, part)
	case within:
		return bytes.Contains(text, part)
	}
	return bytes.Equal(text, part)
}

// maxSeek is the number of needed texts up to which looking for them first is cheaper than running the automaton.
const maxSeek = 8

func (r *Run) regexp(p *cpred, v *value) bool {
	if len(v.text) < p.re.least {
		return false
	}
	if n := len(p.re.seek); n > 0 && n <= maxSeek && !containsAny(r.bytes(v, false), p.re.seek) {
		return false
	}
	text := v.text
	if len(text) > maxExamined {
		if v.has&hasCut == 0 {
			v.has |= hasCut
			r.cut++
		}
		text = text[:maxExamined]
	}
	return r.automata.match(p.re.prog, p.auto, text)
}

func containsAny(text []byte, parts [][]byte) bool {
	for _, p := range parts {
		if bytes.Contains(text, p) {
			return true
		}
	}
	return false
}

func (r *Run) cidr(prefix netip.Prefix, v *value) bool {
	if v.has&hasAddr == 0 {
		v.has |= hasAddr
		v.addr = int32(len(r.addrs))
		r.addrs = append(r.addrs, parseAddr(v.text))
	}
	addr := r.addrs[v.addr]
	return addr.IsValid() && (prefix.Contains(addr) || addr.Is4In6() && prefix.Contains(addr.Unmap()))
}

// parseAddr reads an address, without its zone. It looks first whether the text can be one, since an error would allocate.
func parseAddr(s string) netip.Addr {
	if len(s) < 2 || len(s) > 64 {
		return netip.Addr{}
	}
	if i := strings.IndexByte(s, '%'); i >= 0 {
		s = s[:i]
	}
	seps := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.' || c == ':':
			seps++
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
		default:
			return netip.Addr{}
		}
	}
	if seps < 2 {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddr(s)
	return addr
}

// bytes gives the text of a value in the form that patterns of this kind are compared with. It is valid for the event: the arena may move, but
// what was read from it stays as it is.
func (r *Run) bytes(v *value, cased bool) []byte {
	if cased {
		if v.has&hasRaw == 0 {
			v.has |= hasRaw
			v.raw = len(r.arena)
			r.arena = append(r.arena, v.text...)
		}
		return r.arena[v.raw : v.raw+len(v.text)]
	}
	if v.has&hasFolded == 0 {
		v.has |= hasFolded
		v.folded = len(r.arena)
		var ascii bool
		if r.arena, ascii = foldTo(r.arena, v.text); !ascii {
			v.has |= hasWide
		}
		v.foldedTo = len(r.arena)
	}
	return r.arena[v.folded:v.foldedTo]
}
