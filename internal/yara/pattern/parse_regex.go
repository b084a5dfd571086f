package pattern

import "strconv"

// maxRepeat is the largest number in a repetition (INT16_MAX in libyara), which also stands for no number.
const maxRepeat = 32767

// regexParser reads the dialect of libyara 4.5, which knows bytes and not characters:
//
//	alternative   = concatenation { "|" [ concatenation ] }
//	concatenation = repeat { repeat }
//	repeat        = single [ ( "*" | "+" | "?" | "{" [n] "," [m] "}" | "{" n "}" ) [ "?" ] ] | "\b" | "\B" | "^" | "$"
//	single        = "(" alternative ")" | "." | byte | "\w" "\W" "\s" "\S" "\d" "\D" | "[" class "]"
//
// There are no captures, references, looking around or named classes; a "{" that is no repetition is a byte, and so is whatever
// follows a backslash that means nothing else. Groups that only group, "(?:", are not part of it.
type regexParser struct {
	src      []byte
	pos      int
	fold     bool // flag i: letters in both cases
	dotAll   bool // flag s
	depth    int
	greedy   bool // a greedy repetition was seen
	ungreedy bool
	err      *Error
}

// regexTree is what a regular expression says.
type regexTree struct {
	root             *node
	greedy, ungreedy bool
}

func parseRegex(src []byte, fold, dotAll bool) (regexTree, *Error) {
	p := &regexParser{src: src, fold: fold, dotAll: dotAll}
	root := p.alternative()
	if p.err == nil && p.pos < len(src) {
		p.fail(p.pos, "regex.parenthesis", "unexpected "+quoteByte(src[p.pos]), "there is no ( before it that is open")
	}
	if p.err != nil {
		return regexTree{}, p.err
	}
	return regexTree{root, p.greedy, p.ungreedy}, nil
}

func (p *regexParser) fail(at int, code, msg, hint string) {
	if p.err == nil {
		p.err = &Error{Offset: min(at, len(p.src)), Code: code, Msg: msg, Hint: hint}
	}
}

func (p *regexParser) more() bool { return p.err == nil && p.pos < len(p.src) }

func (p *regexParser) alternative() *node {
	var subs []*node
	for {
		subs = append(subs, p.concatenation(len(subs) > 0))
		if !p.more() || p.src[p.pos] != '|' {
			break
		}
		p.pos++
	}
	if p.err != nil {
		return nil
	}
	return altNode(subs)
}

// concatenation reads up to a bar or a closing parenthesis; mayBeEmpty holds after a bar.
func (p *regexParser) concatenation(mayBeEmpty bool) *node {
	var subs []*node
	start := p.pos
	for p.more() && p.src[p.pos] != '|' && p.src[p.pos] != ')' {
		subs = append(subs, p.repeat())
	}
	if p.err == nil && len(subs) == 0 && !mayBeEmpty {
		p.fail(start, "regex.empty", "nothing to match", "only an alternative after a | may be empty")
	}
	return concatNode(subs)
}

func (p *regexParser) repeat() *node {
	if n := p.assertion(); n != nil {
		return n
	}
	n := p.single()
	if !p.more() {
		return n
	}
	lo, hi := 0, unbounded
	switch p.src[p.pos] {
	case '*':
		p.pos++
	case '+':
		lo = 1
		p.pos++
	case '?':
		hi = 1
		p.pos++
	case '{':
		var ok bool
		if lo, hi, ok = p.interval(); !ok {
			return n
		}
	default:
		return n
	}
	if p.err != nil {
		return nil
	}
	r := &node{kind: nodeRepeat, subs: []*node{n}, min: lo, max: hi, greedy: true}
	if p.more() && p.src[p.pos] == '?' {
		p.pos++
		r.greedy = false
		p.ungreedy = true
		// A dot that is repeated with numbers and reluctantly is the jump of a hexadecimal string, and long ones cut the string alike.
		isDot := n.kind == nodeSet && n.set == p.dot()
		r.jump = isDot && hi != unbounded
	} else {
		p.greedy = true
	}
	if r.max == maxRepeat && !r.jump {
		r.max = unbounded
	}
	return r
}

// interval reads {n}, {n,}, {,m}, {n,m} or {,}, with blanks around the numbers; ok is false where the brace is only a byte.
func (p *regexParser) interval() (lo, hi int, ok bool) {
	start, at := p.pos, p.pos+1
	space := func() {
		for at < len(p.src) && p.src[at] == ' ' {
			at++
		}
	}
	number := func() (n int, digits bool) {
		space()
		from := at
		for at < len(p.src) && '0' <= p.src[at] && p.src[at] <= '9' {
			n = min(n*10+int(p.src[at]-'0'), maxRepeat+1)
			at++
		}
		digits = at > from
		space()
		return n, digits
	}
	lo, haveLo := number()
	hi = lo
	if at < len(p.src) && p.src[at] == ',' {
		at++
		var haveHi bool
		if hi, haveHi = number(); !haveHi {
			hi = maxRepeat
		}
	} else if !haveLo {
		return 0, 0, false
	}
	if at >= len(p.src) || p.src[at] != '}' {
		return 0, 0, false
	}
	p.pos = at + 1
	switch {
	case lo > maxRepeat || hi > maxRepeat:
		p.fail(start, "regex.repeat", "repeat interval too large", "at most "+strconv.Itoa(maxRepeat))
	case lo > hi:
		p.fail(start, "regex.repeat", "bad repeat interval", "write the smaller number first")
	}
	return lo, hi, true
}

func (p *regexParser) assertion() *node {
	c := p.src[p.pos]
	n := &node{kind: nodeAssert}
	length := 1
	switch {
	case c == '^':
		n.assert = assertBegin
	case c == '$':
		n.assert = assertEnd
	case c == '\\' && p.pos+1 < len(p.src) && p.src[p.pos+1] == 'b':
		n.assert = assertBoundary
		length = 2
	case c == '\\' && p.pos+1 < len(p.src) && p.src[p.pos+1] == 'B':
		n.assert = assertNotBoundary
		length = 2
	default:
		return nil
	}
	p.pos += length
	return n
}

func (p *regexParser) dot() byteSet {
	var s byteSet
	if !p.dotAll {
		s.add('\n')
	}
	s.negate()
	return s
}

func (p *regexParser) single() *node {
	start := p.pos
	c := p.src[p.pos]
	p.pos++
	switch c {
	case '(':
		if p.depth++; p.depth > maxNesting {
			p.fail(start, "regex.nesting", "parentheses nested too deep", "at most "+strconv.Itoa(maxNesting)+" levels")
			return nil
		}
		if p.more() && p.src[p.pos] == '?' {
			p.fail(p.pos, "regex.group", "groups with (? are not known", "use plain parentheses, which capture nothing")
			return nil
		}
		n := p.alternative()
		if p.err != nil {
			return nil
		}
		if !p.more() {
			p.fail(start, "regex.parenthesis", "parenthesis without an end", "close it with )")
			return nil
		}
		p.pos++
		p.depth--
		return n
	case '[':
		return p.class(start)
	case '.':
		return setNode(p.dot())
	case '*', '+', '?':
		p.fail(start, "regex.repeat", "nothing to repeat before "+quoteByte(c), `write \`+string(rune(c))+" for the byte itself")
		return nil
	case '{':
		// A brace that could be a repetition is one, even where there is nothing to repeat.
		p.pos--
		if _, _, ok := p.interval(); ok {
			p.fail(start, "regex.repeat", "nothing to repeat", `write \{ for the byte itself`)
			return nil
		}
		p.pos++
	case '\\':
		return p.escape(start)
	}
	return setNode(p.bytes(c))
}

// bytes is the set of a byte, with its other case where case is ignored.
func (p *regexParser) bytes(c byte) byteSet {
	var s byteSet
	s.add(c)
	if p.fold {
		s.fold()
	}
	return s
}

func (p *regexParser) escape(start int) *node {
	if p.pos < len(p.src) {
		if s, ok := namedClass(p.src[p.pos]); ok {
			p.pos++
			return setNode(s)
		}
		if c := p.src[p.pos]; '0' <= c && c <= '9' {
			p.fail(start, "regex.reference", "backreferences are not allowed", "")
			return nil
		}
	}
	return setNode(p.bytes(p.escaped(start)))
}

// escaped reads what follows a backslash and returns the byte that is meant.
func (p *regexParser) escaped(start int) byte {
	if p.pos >= len(p.src) {
		p.fail(start, "regex.escape", "illegal escape sequence: a backslash at the end", `write \\ for the byte itself`)
		return 0
	}
	c := p.src[p.pos]
	p.pos++
	switch c {
	case 'x':
		if p.pos+1 < len(p.src) {
			h, ok1 := hexDigit(p.src[p.pos])
			l, ok2 := hexDigit(p.src[p.pos+1])
			if ok1 && ok2 {
				p.pos += 2
				return h<<4 | l
			}
		}
		p.fail(start, "regex.escape", "illegal escape sequence", `write two hexadecimal digits after \x`)
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	case 'a':
		return '\a'
	}
	return c
}

// class reads a class after its opening bracket.
func (p *regexParser) class(start int) *node {
	var s byteSet
	negated := p.pos < len(p.src) && p.src[p.pos] == '^'
	if negated {
		p.pos++
	}
	if p.pos < len(p.src) && p.src[p.pos] == ']' {
		s.add(']')
		p.pos++
	}
	for {
		if p.err != nil {
			return nil
		}
		if p.pos >= len(p.src) {
			p.fail(start, "regex.class", "missing terminating ] for character class", `write \[ for the byte itself`)
			return nil
		}
		if p.src[p.pos] == ']' {
			p.pos++
			break
		}
		p.classItem(&s)
	}
	if p.fold {
		s.fold()
	}
	if negated {
		s.negate()
	}
	return setNode(s)
}

// classItem reads a byte, a range or a named class. As in libyara, \w-z is the range from w to z.
func (p *regexParser) classItem(s *byteSet) {
	start := p.pos
	c := p.src[p.pos]
	p.pos++
	switch {
	case c == '\\':
		if p.pos < len(p.src) && !(p.pos+2 < len(p.src) && p.src[p.pos+1] == '-' && p.src[p.pos+2] != ']') {
			if named, ok := namedClass(p.src[p.pos]); ok {
				p.pos++
				s.union(&named)
				return
			}
		}
		c = p.escaped(start)
	case c < 0x20 || c >= 0x7f:
		p.fail(start, "regex.class", "non-ascii character in a class", `write it as \x`+string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15]))
		return
	}
	if p.pos+1 >= len(p.src) || p.src[p.pos] != '-' || p.src[p.pos+1] == ']' {
		s.add(c)
		return
	}
	p.pos++
	at := p.pos
	end := p.src[p.pos]
	p.pos++
	if end == '\\' {
		end = p.escaped(at)
	}
	if p.err == nil && end < c {
		p.fail(start, "regex.class", "bad character range", "write the smaller byte first")
		return
	}
	s.addRange(c, end)
}
