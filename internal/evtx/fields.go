package evtx

import "unsafe"

// fieldSink makes the flat fields of Event out of the elements of a record.
//
// Texts go straight into the buffer of the record: at any time only the
// innermost element has text that is not a field yet, since the start of a
// child makes a field of what its parent has so far.
type fieldSink struct {
	d      *Decoder
	depth  int // of the elements around the first one
	frames []fieldFrame
}

type fieldFrame struct {
	name     string
	hasName  bool // a Data element whose Name attribute gave the name
	hasAttr  bool
	hasChild bool
	from     int // where its text begins in the buffer
}

func (s *fieldSink) reset(d *Decoder, depth int) {
	s.d, s.depth, s.frames = d, depth, s.frames[:0]
}

func (s *fieldSink) start(name string) {
	if n := len(s.frames); n > 0 {
		s.flush(&s.frames[n-1])
		s.frames[n-1].hasChild = true
	}
	s.frames = append(s.frames, fieldFrame{name: name, from: len(s.d.buf)})
}

// flush makes a field of the text that an element has between its children;
// white space there is layout.
func (s *fieldSink) flush(f *fieldFrame) {
	if !blank(s.d.buf[f.from:]) {
		s.d.addText(f.name, f.from)
	} else {
		s.d.buf = s.d.buf[:f.from]
	}
	f.from = len(s.d.buf)
}

func (s *fieldSink) attribute(name string, value []byte, _ valueType) {
	f := &s.frames[len(s.frames)-1]
	switch {
	case namespace(name):
		return
	case f.name == "Data" && name == "Name" && !f.hasName && len(value) > 0:
		f.name, f.hasName = s.d.strings.of(value), true
	case f.hasName:
		s.d.addBytes(s.d.strings.join("Data", name), value)
		f.hasAttr = true
	default:
		s.d.addBytes(s.d.strings.join(f.name, name), value)
		f.hasAttr = true
	}
	f.from = len(s.d.buf)
}

func (s *fieldSink) body()                      {}
func (s *fieldSink) instruction(string, string) {}

func (s *fieldSink) text(b []byte, _ valueType) {
	if len(s.frames) > 0 { // else text outside of elements, which has no name
		s.d.buf = append(s.d.buf, b...)
	}
}

func (s *fieldSink) end() {
	f := &s.frames[len(s.frames)-1]
	depth := s.depth + len(s.frames) - 1
	switch {
	case f.hasChild:
		s.flush(f)
	case len(s.d.buf) > f.from, f.hasName, !f.hasAttr && depth >= fieldDepth:
		s.d.addText(f.name, f.from)
	}
	s.frames = s.frames[:len(s.frames)-1]
	if n := len(s.frames); n > 0 {
		s.frames[n-1].from = len(s.d.buf)
	}
}

// fieldDepth is from where an empty element is a field: Event, and System,
// EventData and UserData in it, only hold others.
const fieldDepth = 2

// addText makes a field of the buffer from from on.
func (d *Decoder) addText(name string, from int) {
	text := d.buf[from:]
	d.fields = append(d.fields, Field{name, unsafe.String(unsafe.SliceData(text), len(text))})
}

func (d *Decoder) addBytes(name string, value []byte) {
	from := len(d.buf)
	d.buf = append(d.buf, value...)
	d.addText(name, from)
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
