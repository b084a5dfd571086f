package eventtext

import (
	"unicode/utf16"
	"unicode/utf8"
)

// jsonParser reads one JSON value (RFC 8259) from the start of data into a tree. encoding/json is its slow twin: what that accepts, this
// accepts, with the same names and values in order, as long as the limits are kept. It differs in that both of two equal names stay and
// numbers are text.
type jsonParser struct {
	data []byte
	pos  int
	t    *tree
	last bool   // no data follows
	code string // why it failed; empty with more set or on success
	more bool   // data ended in the middle
}

// parseJSON appends the value at the start of data to t. n is its length; on failure it is where the failure was seen, and code says what it
// was, or is empty when the value goes on after data.
func parseJSON(t *tree, data []byte, last bool) (n int, code string, ok bool) {
	p := jsonParser{data: data, t: t, last: last}
	ok = p.value(span{}, 0)
	return p.pos, p.code, ok
}

func (p *jsonParser) fail(code string) bool {
	p.code = code
	return false
}

// short is what to do at the end of data.
func (p *jsonParser) short() bool {
	if p.last {
		return p.fail(CodeTruncated)
	}
	p.more = true
	return false
}

// blank passes white space and gives the byte after it.
func (p *jsonParser) blank() (byte, bool) {
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; c {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return c, true
		}
	}
	return 0, p.short()
}

func (p *jsonParser) value(name span, depth int) bool {
	c, ok := p.blank()
	if !ok {
		return false
	}
	if len(p.t.nodes) >= MaxValues {
		return p.fail(CodeValues)
	}
	i := len(p.t.nodes)
	p.t.nodes = append(p.t.nodes, node{name: name})
	switch {
	case c == '"':
		v, ok := p.text()
		if !ok {
			return false
		}
		p.t.nodes[i].kind, p.t.nodes[i].value = kindString, v
	case c == '{' || c == '[':
		if depth >= MaxDepth {
			return p.fail(CodeDepth)
		}
		p.pos++
		if c == '{' {
			p.t.nodes[i].kind = kindObject
			ok = p.object(depth + 1)
		} else {
			p.t.nodes[i].kind = kindArray
			ok = p.array(depth + 1)
		}
		if !ok {
			return false
		}
	case c == '-' || c >= '0' && c <= '9':
		from := p.pos
		if !p.number() {
			return false
		}
		p.t.nodes[i].kind, p.t.nodes[i].value = kindNumber, p.t.put(p.data[from:p.pos])
	case c == 't':
		p.t.nodes[i].kind, ok = kindBool, p.word("true")
		p.t.nodes[i].value = p.t.puts("true")
	case c == 'f':
		p.t.nodes[i].kind, ok = kindBool, p.word("false")
		p.t.nodes[i].value = p.t.puts("false")
	case c == 'n':
		ok = p.word("null")
	default:
		ok = p.fail(CodeJSON)
	}
	p.t.nodes[i].end = int32(len(p.t.nodes))
	return ok
}

func (p *jsonParser) word(w string) bool {
	for i := range len(w) {
		if p.pos == len(p.data) {
			return p.short()
		}
		if p.data[p.pos] != w[i] {
			return p.fail(CodeJSON)
		}
		p.pos++
	}
	return true
}

func (p *jsonParser) object(depth int) bool {
	c, ok := p.blank()
	if !ok {
		return false
	}
	if c == '}' {
		p.pos++
		return true
	}
	for {
		if c, ok = p.blank(); !ok {
			return false
		}
		if c != '"' {
			return p.fail(CodeJSON)
		}
		name, ok := p.text()
		if !ok {
			return false
		}
		if c, ok = p.blank(); !ok {
			return false
		}
		if c != ':' {
			return p.fail(CodeJSON)
		}
		p.pos++
		if !p.value(name, depth) {
			return false
		}
		if c, ok = p.blank(); !ok {
			return false
		}
		switch c {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return true
		default:
			return p.fail(CodeJSON)
		}
	}
}

func (p *jsonParser) array(depth int) bool {
	c, ok := p.blank()
	if !ok {
		return false
	}
	if c == ']' {
		p.pos++
		return true
	}
	for {
		if !p.value(span{}, depth) {
			return false
		}
		if c, ok = p.blank(); !ok {
			return false
		}
		switch c {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return true
		default:
			return p.fail(CodeJSON)
		}
	}
}

func (p *jsonParser) number() bool {
	if p.data[p.pos] == '-' {
		p.pos++
	}
	if p.pos < len(p.data) && p.data[p.pos] == '0' {
		p.pos++
	} else if !p.digits() {
		return false
	}
	if p.pos < len(p.data) && p.data[p.pos] == '.' {
		p.pos++
		if !p.digits() {
			return false
		}
	}
	if p.pos < len(p.data) && (p.data[p.pos] == 'e' || p.data[p.pos] == 'E') {
		p.pos++
		if p.pos < len(p.data) && (p.data[p.pos] == '+' || p.data[p.pos] == '-') {
			p.pos++
		}
		if !p.digits() {
			return false
		}
	}
	if p.pos == len(p.data) {
		return p.last || p.short()
	}
	return true
}

func (p *jsonParser) digits() bool {
	from := p.pos
	for p.pos < len(p.data) && p.data[p.pos] >= '0' && p.data[p.pos] <= '9' {
		p.pos++
	}
	if p.pos == len(p.data) && p.pos == from {
		return p.short()
	}
	if p.pos == from {
		return p.fail(CodeJSON)
	}
	return true
}

// plain marks the bytes that stand for themselves in JSON text and need no look at what follows.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// text decodes the string at p.pos into the tree's text.
func (p *jsonParser) text() (span, bool) {
	from := len(p.t.text)
	i := p.pos + 1
	run := i // start of what is not copied yet
	for i < len(p.data) {
		c := p.data[i]
		switch {
		case plain[c]:
			i++
			continue
		case c == '"':
			p.t.text = append(p.t.text, p.data[run:i]...)
			p.pos = i + 1
			return span{uint32(from), uint32(len(p.t.text))}, true
		case c == '\\':
			p.t.text = append(p.t.text, p.data[run:i]...)
			n, ok := p.escape(i)
			if !ok {
				return span{}, false
			}
			i += n
			run = i
		case c < 0x20:
			p.pos = i
			return span{}, p.fail(CodeJSON)
		default:
			r, size := utf8.DecodeRune(p.data[i:])
			if r == utf8.RuneError && size == 1 {
				if !p.last && !utf8.FullRune(p.data[i:]) {
					p.pos = len(p.data)
					return span{}, p.short()
				}
				p.t.text = append(p.t.text, p.data[run:i]...)
				p.t.text = append(p.t.text, "\ufffd"...)
				p.t.flags |= FlagReplace
				run = i + 1
			}
			i += size
		}
	}
	p.pos = len(p.data)
	return span{}, p.short()
}

// escape decodes the escape at i and gives its length.
func (p *jsonParser) escape(i int) (n int, ok bool) {
	if i+1 >= len(p.data) {
		p.pos = len(p.data)
		return 0, p.short()
	}
	c := p.data[i+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return p.unicode(i)
	default:
		p.pos = i
		return 0, p.fail(CodeJSON)
	}
	p.t.text = append(p.t.text, c)
	return 2, true
}

func (p *jsonParser) unicode(i int) (n int, ok bool) {
	c, ok := p.unit(i)
	if !ok {
		return 0, false
	}
	n = 6
	if utf16.IsSurrogate(c) {
		c2 := rune(-1)
		if i+6 >= len(p.data) || p.data[i+6] == '\\' && i+7 >= len(p.data) {
			if !p.last {
				p.pos = len(p.data)
				return 0, p.short()
			}
		} else if p.data[i+6] == '\\' && p.data[i+7] == 'u' {
			if c2, ok = p.unit(i + 6); !ok {
				return 0, false
			}
		}
		if c = utf16.DecodeRune(c, c2); c != utf8.RuneError {
			n = 12
		} else {
			p.t.flags |= FlagReplace
		}
	}
	p.t.text = utf8.AppendRune(p.t.text, c)
	return n, true
}

// unit is the code unit of the \uXXXX at i.
func (p *jsonParser) unit(i int) (c rune, ok bool) {
	if i+6 > len(p.data) {
		p.pos = len(p.data)
		return 0, p.short()
	}
	for _, d := range p.data[i+2 : i+6] {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			p.pos = i
			return 0, p.fail(CodeJSON)
		}
		c = c<<4 | rune(d)
	}
	return c, true
}
