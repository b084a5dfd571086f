package evtx

import (
	"slices"
	"unicode/utf8"
)

// AppendXML appends the event that Next gave last as an XML document without
// declaration and layout, as Windows shows it: <Event xmlns="…"><System>…. It
// is well-formed whatever the log holds: texts are escaped; characters that
// XML 1.0 cannot hold, escaped or not, become U+FFFD, and characters that a
// name cannot hold become low lines. ok is false when there is no such event,
// or its content is lost.
func (d *Decoder) AppendXML(dst []byte) (out []byte, ok bool) {
	s := &xmlSink{dst: dst}
	if !d.again(s) || s.roots == 0 {
		return dst, false
	}
	if s.roots > 1 { // the values of a lost template: a document has one outermost element
		s.dst = slices.Insert(s.dst, len(dst), []byte("<Event>")...)
		s.dst = append(s.dst, "</Event>"...)
	}
	return s.dst, true
}

// again walks the event that Next gave last into another sink. The fields of
// the event are made already and stay.
func (d *Decoder) again(s sink) bool {
	if d.last.to == 0 {
		return false
	}
	errs := d.errs
	d.begin(d.last.from, false)
	d.work = maxRecordWork
	ok := d.fragment(d.last.from, d.last.to, s, false)
	d.errs = errs // they were told by Next
	return ok
}

type xmlSink struct {
	dst   []byte
	open  []string
	roots int      // outermost elements
	attrs [][2]int // where the names of the attributes of this tag are in dst
	many  map[string]bool
}

func (s *xmlSink) start(name string) {
	if len(s.open) == 0 {
		s.roots++
	}
	s.dst = appendXMLName(append(s.dst, '<'), name)
	s.open = append(s.open, name)
	s.attrs, s.many = s.attrs[:0], nil
}

func (s *xmlSink) attribute(name string, value []byte, _ valueType) {
	at := len(s.dst)
	s.dst = appendXMLName(append(s.dst, ' '), name)
	if s.twice(at+1, len(s.dst)) {
		s.dst = s.dst[:at] // XML has no attribute twice
		return
	}
	s.dst = append(s.dst, '=', '"')
	s.dst = append(appendXMLText(s.dst, value, true), '"')
}

// twice says if the tag has the attribute with the name dst[from:to] already.
func (s *xmlSink) twice(from, to int) bool {
	const few = 32
	name := s.dst[from:to]
	if s.many == nil {
		for _, a := range s.attrs {
			if string(s.dst[a[0]:a[1]]) == string(name) {
				return true
			}
		}
		if s.attrs = append(s.attrs, [2]int{from, to}); len(s.attrs) <= few {
			return false
		}
		s.many = map[string]bool{}
		for _, a := range s.attrs {
			s.many[string(s.dst[a[0]:a[1]])] = true
		}
		return false
	}
	if s.many[string(name)] {
		return true
	}
	s.many[string(name)] = true
	return false
}

func (s *xmlSink) body() { s.dst = append(s.dst, '>') }

func (s *xmlSink) text(b []byte, _ valueType) {
	if len(s.open) > 0 {
		s.dst = appendXMLText(s.dst, b, false)
	}
}

// instruction leaves processing instructions out: to a reader of the XML they
// would be orders of the attacker's.
func (s *xmlSink) instruction(string, string) {}

func (s *xmlSink) end() {
	name := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	s.dst = appendXMLName(append(s.dst, '<', '/'), name)
	s.dst = append(s.dst, '>')
}

// appendXMLText appends text escaped. A carriage return is escaped too, since a
// reader would make a line feed of it; in attributes all white space is.
func appendXMLText(dst, b []byte, attribute bool) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(b[i:])
			if r == 0xfffe || r == 0xffff {
				r = utf8.RuneError
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		i++
		switch {
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '"' && attribute:
			dst = append(dst, "&quot;"...)
		case c == '\r':
			dst = append(dst, "&#13;"...)
		case c == '\n' && attribute:
			dst = append(dst, "&#10;"...)
		case c == '\t' && attribute:
			dst = append(dst, "&#9;"...)
		case c < ' ' && c != '\n' && c != '\t':
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendXMLName appends a name, made one of XML where it is none. Colons stay
// only in declarations of namespaces: elsewhere they would need one.
func appendXMLName(dst []byte, name string) []byte {
	colon := namespace(name) && len(name) > len("xmlns:")
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' ||
			r >= 0xc0 && r <= 0xff && r != 0xd7 && r != 0xf7 // those that every edition of XML has as letters
		other := r >= '0' && r <= '9' || r == '-' || r == '.'
		switch {
		case letter, other && i > 0, colon && i == len("xmlns"):
			dst = utf8.AppendRune(dst, r)
		case i == 0 && other:
			dst = append(dst, '_', byte(r))
		default:
			dst = append(dst, '_')
		}
	}
	return dst
}
