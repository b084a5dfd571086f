package sigma

// Matching. A pattern is cut at its stars into segments: the first must begin the value, the last must end it, and those between must occur in
// order, for which the leftmost place is always the best one (a segment has a fixed number of characters, so an earlier start is an earlier
// end, and leaves the most to the others). There is no backtracking. Predicates are evaluated when a rule asks for them and remembered for
// the event; so are the values of a field, and the folded form of a value.

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// maxMixed bounds the characters between two stars when some of them are ? or dashes. Such a segment is compared at each place of the value:
// 256 × 64 KiB are some ten milliseconds.
const maxMixed = 256

// pattern is a text with wildcards, folded unless it is cased. It is compared with text that is folded or not in the same way.
type pattern struct {
	syms []rune // the whole, without stars in a row
	segs []segment
	size int // the least bytes of a match
}

// segment is what stands between two stars. mixed is nil when it is literal.
type segment struct {
	lit   []byte
	mixed []rune
}

func newPattern(syms []rune, cased bool) *pattern {
	p := &pattern{syms: make([]rune, 0, len(syms))}
	for _, c := range syms {
		switch {
		case c == symAny && len(p.syms) > 0 && p.syms[len(p.syms)-1] == symAny:
			continue
		case c >= 0 && !cased:
			c = foldRune(c)
		}
		p.syms = append(p.syms, c)
		switch {
		case c >= 0:
			p.size += utf8.RuneLen(c)
		case c != symAny:
			p.size++
		}
	}
	start := 0
	for i := 0; i <= len(p.syms); i++ {
		if i == len(p.syms) || p.syms[i] == symAny {
			p.segs = append(p.segs, newSegment(p.syms[start:i]))
			start = i + 1
		}
	}
	return p
}

func newSegment(syms []rune) segment {
	for _, c := range syms {
		if c < 0 {
			return segment{mixed: syms}
		}
	}
	return segment{lit: []byte(string(syms))}
}

func (p *pattern) check() error {
	for _, s := range p.segs {
		if len(s.mixed) > maxMixed {
			return &valueError{CodeLimit, "put a * into it", fmt.Sprintf("value has %d characters between two *, with ? or dashes among them, limit %d",
				len(s.mixed), maxMixed)}
		}
	}
	return nil
}

// literal gives the only text that matches, if there is only one.
func (p *pattern) literal() (text []byte, ok bool) {
	return p.segs[0].lit, len(p.segs) == 1 && p.segs[0].mixed == nil
}

// always says whether every text matches.
func (p *pattern) always() bool { return len(p.syms) == 1 && p.syms[0] == symAny }

// key is a text that only an equal pattern has. Symbols become bytes that UTF-8 does not have.
func (p *pattern) key() string {
	var b strings.Builder
	for _, c := range p.syms {
		if c < 0 {
			b.WriteByte(byte(c)) // 0xff, 0xfe, 0xfd
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func (p *pattern) match(text []byte) bool {
	if len(text) < p.size {
		return false
	}
	first := &p.segs[0]
	end, ok := first.at(text)
	if !ok {
		return false
	}
	if len(p.segs) == 1 {
		return end == len(text)
	}
	text = text[end:]
	last := &p.segs[len(p.segs)-1]
	start, ok := last.atEnd(text)
	if !ok {
		return false
	}
	text = text[:start]
	for i := 1; i < len(p.segs)-1; i++ {
		end := p.segs[i].find(text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return true
}

// at says whether text begins with the segment, and where it ends.
func (s *segment) at(text []byte) (end int, ok bool) {
	if s.mixed == nil {
		return len(s.lit), bytes.HasPrefix(text, s.lit)
	}
	return mixedAt(s.mixed, text)
}

func mixedAt(syms []rune, text []byte) (end int, ok bool) {
	for _, c := range syms {
		if end == len(text) {
			return 0, false
		}
		r, n := rune(text[end]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[end:])
		}
		switch {
		case c == symOne:
		case r == utf8.RuneError && n == 1: // an invalid byte equals nothing
			return 0, false
		case c == symDash:
			if !isDash(r) {
				return 0, false
			}
		case r != c:
			return 0, false
		}
		end += n
	}
	return end, true
}

func isDash(r rune) bool {
	return r == '-' || r == '/' || r == '–' || r == '—' || r == '―'
}

// atEnd says whether text ends with the segment, and where that begins. Going back by characters arrives at the same places as going
// forward, since no character of UTF-8 begins inside another.
func (s *segment) atEnd(text []byte) (start int, ok bool) {
	if s.mixed == nil {
		return len(text) - len(s.lit), bytes.HasSuffix(text, s.lit)
	}
	start = len(text)
	for range s.mixed {
		if start == 0 {
			return 0, false
		}
		_, n := utf8.DecodeLastRune(text[:start])
		start -= n
	}
	end, ok := mixedAt(s.mixed, text[start:])
	return start, ok && start+end == len(text)
}

// find gives the end of the leftmost occurrence of the segment, or -1.
func (s *segment) find(text []byte) int {
	if s.mixed == nil {
		i := bytes.Index(text, s.lit)
		if i < 0 {
			return -1
		}
		return i + len(s.lit)
	}
	for at := 0; at < len(text); {
		if end, ok := mixedAt(s.mixed, text[at:]); ok {
			return at + end
		}
		_, n := utf8.DecodeRune(text[at:])
		at += n
	}
	return -1
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
	if k := r.known[in.memo]; k>>1 == r.epoch {
		return k&1 != 0
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
	k := r.epoch << 1
	if res {
		k |= 1
	}
	r.known[slot] = k
}

func (r *Run) pred(i int32) bool {
	if k := r.known[i]; k>>1 == r.epoch {
		return k&1 != 0
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
		f := r.field(p.fid)
		return !f.ok || f.vals.from == f.vals.to
	}
	return r.find(p) >= 0
}

// find gives the first value that satisfies a predicate about values, as an index of r.vals, or -1.
func (r *Run) find(p *cpred) int32 {
	var in, ref span
	if p.keyword {
		in = r.everything()
	} else {
		in = r.field(p.fid).vals
	}
	if p.kind == kindRef {
		ref = r.field(p.rid).vals
	}
	for i := in.from; i < in.to; i++ {
		v := &r.vals[i]
		ok := false
		switch p.kind {
		case kindText:
			ok = p.pat.match(r.bytes(v, p.cased))
		case kindOneOf:
			_, ok = p.set[string(r.bytes(v, p.cased))]
		case kindRegexp:
			ok = r.regexp(p.re, v)
		case kindCIDR:
			ok = r.cidr(p.prefix, v)
		case kindCompare:
			ok = compares(p.pred, v.text)
		case kindRef:
			for j := ref.from; j < ref.to && !ok; j++ {
				ok = p.where.holds(r.bytes(v, p.cased), r.bytes(&r.vals[j], p.cased))
			}
		}
		if ok {
			return i
		}
	}
	return -1
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

func compares(p *pred, text string) bool {
	n, ok := parseNumber(text)
	if !ok {
		return false
	}
	switch c := n.compare(p.num); p.cmp {
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	case "gt":
		return c > 0
	default:
		return c >= 0
	}
}

func (r *Run) regexp(re *regex, v *value) bool {
	text := v.text
	if len(text) > maxExamined {
		if v.has&hasCut == 0 {
			v.has |= hasCut
			r.cut++
		}
		text = text[:maxExamined]
	}
	if len(re.seek) > 0 && !containsAny(r.bytes(v, false), re.seek) {
		return false
	}
	return re.prog.MatchString(text)
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
		v.addr = parseAddr(v.text)
	}
	return v.addr.IsValid() && (prefix.Contains(v.addr) || v.addr.Is4In6() && prefix.Contains(v.addr.Unmap()))
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

// bytes gives the text of a value in the form that patterns of this kind are compared with.
func (r *Run) bytes(v *value, cased bool) []byte {
	if cased {
		if v.has&hasRaw == 0 {
			v.has |= hasRaw
			start := len(r.arena)
			r.arena = append(r.arena, v.text...)
			v.raw = r.arena[start:len(r.arena):len(r.arena)]
		}
		return v.raw
	}
	if v.has&hasFolded == 0 {
		v.has |= hasFolded
		start := len(r.arena)
		r.arena = appendFold(r.arena, v.text)
		v.folded = r.arena[start:len(r.arena):len(r.arena)]
	}
	return v.folded
}

func (r *Run) field(id int32) *fieldState {
	f := &r.fields[id]
	if f.epoch == r.epoch {
		return f
	}
	strs, ok := r.ev.Field(r.prog.fields[id], r.strs[:0])
	r.strs = strs
	*f = fieldState{epoch: r.epoch, ok: ok}
	if ok {
		f.vals.from = int32(len(r.vals))
		for _, s := range strs {
			r.vals = append(r.vals, value{text: s})
		}
		f.vals.to = int32(len(r.vals))
	}
	return f
}

func (r *Run) everything() span {
	if r.every.from < 0 {
		r.every.from = int32(len(r.vals))
		r.ev.Each(r.collect)
		r.every.to = int32(len(r.vals))
	}
	return r.every
}

// explain lists the values that made an instruction true which is true: those of its true parts, but nothing under not, where the
// reason is an absence.
func (r *Run) explain(root int32) []FieldValue {
	var out []FieldValue
	seenInst := make(map[int32]bool)
	seenVal := make(map[int32]bool)
	seen := make(map[FieldValue]bool)
	add := func(field string, i int32) {
		if i < 0 || seenVal[i] {
			return
		}
		seenVal[i] = true
		fv := FieldValue{field, r.vals[i].text}
		if !seen[fv] {
			seen[fv] = true
			out = append(out, fv)
		}
	}
	var walk func(at int32)
	walk = func(at int32) {
		if seenInst[at] || !r.eval(at) {
			return
		}
		seenInst[at] = true
		in := &r.prog.insts[at]
		switch in.op {
		case opAnd, opOr:
			for _, k := range in.source {
				walk(k)
			}
		case opPred:
			p := &r.prog.preds[in.pred]
			switch {
			case p.kind == kindNull, p.kind == kindExists && !p.want:
			case p.kind == kindExists:
				if vals := r.field(p.fid).vals; vals.from < vals.to {
					add(p.field, vals.from)
				}
			case p.keyword:
				if i := r.find(p); i >= 0 {
					add(r.names[i-r.every.from], i)
				}
			default:
				i := r.find(p)
				add(p.field, i)
				if p.kind == kindRef && i >= 0 {
					ref := r.field(p.rid).vals
					for j := ref.from; j < ref.to; j++ {
						if p.where.holds(r.bytes(&r.vals[i], p.cased), r.bytes(&r.vals[j], p.cased)) {
							add(p.ref, j)
							break
						}
					}
				}
			}
		}
	}
	walk(root)
	return out
}
