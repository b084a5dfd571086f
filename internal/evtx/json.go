package evtx

import (
	"unicode/utf8"
	"unsafe"
)

// AppendJSON appends the event that Next gave last as one JSON object without
// layout, nested as its XML is, in the shape that omerbenamram/evtx made known:
//
//	{"Event":{"#attributes":{"xmlns":"…"},"System":{"Provider":{"#attributes":{"Name":"…"}},"EventID":4624,…},"EventData":{"TargetUserName":"…"}}}
//
// An element without attributes and elements is its text; a number or boolean
// of the log is one of JSON, if its digits are safe there (up to 2^53), other
// types are texts, as in Event. Attributes are in "#attributes", the text
// beside them in "#text". A Data element has the name in its Name attribute;
// those without are {"Data":{"#text":[…]}}. Where a name comes again in an
// element, its values are an array at the place of the first. Empty elements
// are null, absent values "". The values of a lost template are in "Event". ok is false when there is no such event, or its
// content is lost.
func (d *Decoder) AppendJSON(dst []byte) (out []byte, ok bool) {
	s := &d.json
	s.nodes, s.pieces = append(s.nodes[:0], jsonNode{}), append(s.pieces[:0], jsonPiece{})
	s.buf, s.open, s.names = s.buf[:0], s.open[:0], &d.strings
	if !d.again(s) || s.nodes[0].first == 0 {
		return dst, false
	}
	if s.nodes[s.nodes[0].first].next != 0 { // the values of a lost template
		return append(s.object(append(dst, `{"Event":`...), 0), '}'), true
	}
	return s.object(dst, 0), true
}

// jsonNode is an element or attribute of the event; nodes are numbered.
type jsonNode struct {
	name        string
	typ         valueType // of the text, when it is one value
	texts       int       // how many made the text
	text, end   int       // the first and last piece of the text, 0 for none
	first, last int       // child elements
	next        int       // sibling
	attrs       int       // the first attribute; they follow each other as siblings
	lastAttr    int
	named       bool // a Data element with a name
	same        int  // the next sibling of the same name
	again       bool // it is such a sibling
}

// jsonPiece is a piece of the text of a node, in jsonSink.buf.
type jsonPiece struct{ from, to, next int }

// jsonSink gathers an event, since a name that comes again makes an array.
type jsonSink struct {
	nodes  []jsonNode // 0 is what holds the outermost elements
	pieces []jsonPiece
	buf    []byte
	open   []int
	names  *interner
	last   lastOf
}

func (s *jsonSink) top() int {
	if len(s.open) == 0 {
		return 0
	}
	return s.open[len(s.open)-1]
}

func (s *jsonSink) start(name string) {
	p := s.top()
	n := len(s.nodes)
	s.nodes = append(s.nodes, jsonNode{name: name})
	if s.nodes[p].first == 0 {
		s.nodes[p].first = n
	} else {
		s.nodes[s.nodes[p].last].next = n
	}
	s.nodes[p].last = n
	s.open = append(s.open, n)
}

func (s *jsonSink) attribute(name string, value []byte, t valueType) {
	e := &s.nodes[s.top()]
	if e.name == "Data" && name == "Name" && !e.named && len(value) > 0 {
		e.name, e.named = s.names.of(value), true
		return
	}
	n := len(s.nodes)
	if e.attrs == 0 {
		e.attrs = n
	} else {
		s.nodes[e.lastAttr].next = n
	}
	e.lastAttr = n
	s.nodes = append(s.nodes, jsonNode{name: name, typ: t})
	s.piece(n, value)
}

func (s *jsonSink) body() {}

func (s *jsonSink) text(b []byte, t valueType) {
	n := s.top()
	if n == 0 {
		return
	}
	e := &s.nodes[n]
	if e.first != 0 && blank(b) {
		return
	}
	s.piece(n, b)
	e.typ = t
	if e.texts > 1 {
		e.typ = typeString
	}
}

// piece adds to the text of a node.
func (s *jsonSink) piece(n int, b []byte) {
	e := &s.nodes[n]
	e.texts++
	if len(b) == 0 {
		return
	}
	s.buf = append(s.buf, b...)
	s.pieces = append(s.pieces, jsonPiece{from: len(s.buf) - len(b), to: len(s.buf)})
	p := len(s.pieces) - 1
	if e.text == 0 {
		e.text = p
	} else {
		s.pieces[e.end].next = p
	}
	e.end = p
}

func (s *jsonSink) instruction(string, string) {}

func (s *jsonSink) end() { s.open = s.open[:len(s.open)-1] }

// object appends the children of a node as an object.
func (s *jsonSink) object(dst []byte, n int) []byte {
	return append(s.members(append(dst, '{'), n), '}')
}

func (s *jsonSink) members(dst []byte, n int) []byte {
	s.link(s.nodes[n].first)
	for c := s.nodes[n].first; c != 0; c = s.nodes[c].next {
		if s.nodes[c].again {
			continue
		}
		dst = s.key(dst, s.nodes[c].name)
		dst = s.member(dst, c)
	}
	return dst
}

// link chains siblings of the same name.
func (s *jsonSink) link(first int) {
	s.last.reset()
	for c := first; c != 0; c = s.nodes[c].next {
		if before := s.last.put(s.nodes[c].name, c); before != 0 {
			s.nodes[before].same, s.nodes[c].again = c, true
		}
	}
}

// member appends the value of an element and of those with the same name.
func (s *jsonSink) member(dst []byte, c int) []byte {
	bare := s.nodes[c].name == "Data" && !s.nodes[c].named
	for k := c; k != 0; k = s.nodes[k].same {
		bare = bare && !s.nodes[k].named && s.nodes[k].attrs == 0 && s.nodes[k].first == 0
	}
	if bare {
		dst = append(dst, `{"#text":`...)
	}
	if s.nodes[c].same == 0 {
		dst = s.value(dst, c)
	} else {
		dst = append(dst, '[')
		for k := c; k != 0; k = s.nodes[k].same {
			if k != c {
				dst = append(dst, ',')
			}
			dst = s.value(dst, k)
		}
		dst = append(dst, ']')
	}
	if bare {
		dst = append(dst, '}')
	}
	return dst
}

// value appends an element.
func (s *jsonSink) value(dst []byte, n int) []byte {
	e := &s.nodes[n]
	if e.attrs == 0 && e.first == 0 {
		return s.scalar(dst, e)
	}
	dst = append(dst, '{')
	if e.attrs != 0 {
		dst = append(dst, `"#attributes":`...)
		dst = s.attributes(dst, e.attrs)
	}
	if e.text != 0 {
		dst = s.scalar(s.key(dst, "#text"), e)
	}
	return append(s.members(dst, n), '}')
}

func (s *jsonSink) attributes(dst []byte, first int) []byte {
	dst = append(dst, '{')
	s.last.reset()
	for a := first; a != 0; a = s.nodes[a].next {
		if s.last.put(s.nodes[a].name, a) != 0 {
			continue // XML has no attribute twice
		}
		dst = s.scalar(s.key(dst, s.nodes[a].name), &s.nodes[a])
	}
	return append(dst, '}')
}

func (s *jsonSink) key(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = appendJSONChars(dst, unsafe.Slice(unsafe.StringData(name), len(name))) // which only reads
	return append(dst, '"', ':')
}

func (s *jsonSink) scalar(dst []byte, n *jsonNode) []byte {
	if n.texts == 0 {
		return append(dst, "null"...)
	}
	if n.typ.number() && n.text != 0 {
		if p := s.pieces[n.text]; jsonNumber(s.buf[p.from:p.to]) {
			return append(dst, s.buf[p.from:p.to]...)
		}
	}
	dst = append(dst, '"')
	for p := n.text; p != 0; p = s.pieces[p].next {
		dst = appendJSONChars(dst, s.buf[s.pieces[p].from:s.pieces[p].to])
	}
	return append(dst, '"')
}

// jsonNumber says if a text is an integer that every reader of JSON takes
// exactly, or a boolean. A value that does not fit its type is in hexadecimal.
func jsonNumber(b []byte) bool {
	if string(b) == "true" || string(b) == "false" {
		return true
	}
	if len(b) > 1 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 15 || b[0] == '0' && len(b) > 1 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// lastOf remembers the last number put for each name: a few in a list, many in
// a map.
type lastOf struct {
	names   []string
	numbers []int
	many    map[string]int
}

func (l *lastOf) reset() { l.names, l.numbers, l.many = l.names[:0], l.numbers[:0], nil }

// put gives the number put before for the name, 0 for none.
func (l *lastOf) put(name string, n int) (before int) {
	const few = 32
	if l.many == nil {
		for i := len(l.names) - 1; i >= 0; i-- {
			if l.names[i] == name {
				before, l.numbers[i] = l.numbers[i], n
				return before
			}
		}
		if len(l.names) < few {
			l.names, l.numbers = append(l.names, name), append(l.numbers, n)
			return 0
		}
		l.many = make(map[string]int, 4*few)
		for i, name := range l.names {
			l.many[name] = l.numbers[i]
		}
	}
	before = l.many[name]
	l.many[name] = n
	return before
}

// appendJSONChars appends text as it stands in a JSON string; < > and & are escaped too, and the two
// line ends of JavaScript, so that the object may stand in a page.
func appendJSONChars(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	from := 0
	for i := 0; i < len(b); {
		c := b[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(b[i:])
			if r == 0x2028 || r == 0x2029 || r == utf8.RuneError && n == 1 {
				dst = append(dst, b[from:i]...)
				if n == 1 {
					dst = append(dst, `\ufffd`...)
				} else {
					dst = append(dst, '\\', 'u', '2', '0', '2', digits[r&15])
				}
				from = i + n
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
			i++
			continue
		}
		dst = append(dst, b[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i++
		from = i
	}
	return append(dst, b[from:]...)
}
