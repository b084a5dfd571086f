package evtx

import (
	"bytes"
	"unsafe"

	"vigie/internal/jsonline"
)

// direct is what writes the fields of a record as JSON while the program of its template runs, without making fields of them first (Options.JSON).
//
// A field begins with its label, whose name was escaped once. Most values need no escape by their type; texts are widened, checked and written in one
// pass. A name that comes twice in a row makes a list. A name that comes again after others would have to be put in at its first place: such a
// record, a rare one, is given up and takes the way over fields (see Decoder.event).
type direct struct {
	on     bool
	given  bool   // the record at hand is given up
	out    []byte // ,"a":"…","b":["…","…"
	record uint32 // the number of the record, for label.seen
	made   int    // fields written
	last   *label // of the last field
	lastAt int    // where it begins in out
	list   bool   // its value is a list
	heads  []Field
}

// reset makes the state ready for the next record.
func (w *direct) reset() {
	w.given, w.out, w.made, w.last, w.list, w.heads = false, w.out[:0], 0, nil, false, w.heads[:0]
	w.record++
}

// begin begins the value of a field, and gives false when the record is given up. The value and a quote follow.
func (w *direct) begin(l *label) bool {
	if l == nil {
		w.given = true
		return false
	}
	if l.seen != w.record && !w.list {
		w.lastAt, w.last, l.seen = len(w.out), l, w.record
		w.out = append(w.out, l.key...)
		w.made++
		return true
	}
	return w.beginSlow(l)
}

// beginSlow begins a field of a name that was there, or one after a list.
func (w *direct) beginSlow(l *label) bool {
	switch {
	case l.seen != w.record:
		w.out = append(w.out, ']')
		w.list = false
		return w.begin(l)
	case l != w.last, l.head: // the text of a head may be in out, and would be moved
		w.given = true
		return false
	case !w.list:
		w.list = true
		quote := w.lastAt + len(l.key) - 1
		w.out = append(w.out, 0)
		copy(w.out[quote+1:], w.out[quote:])
		w.out[quote] = '['
	}
	w.out = append(w.out, `,"`...)
	w.made++
	return true
}

// field writes a field of a text.
func (w *direct) field(l *label, name, text string) bool {
	if l != nil && l.head && l.seen != w.record {
		w.heads = append(w.heads, Field{name, text})
	}
	if !w.begin(l) {
		return false
	}
	w.out = append(jsonline.AppendText(w.out, text), '"')
	return true
}

// object gives the fields as one object.
func (w *direct) object() []byte {
	if w.list {
		w.out = append(w.out, ']')
		w.list = false
	}
	if len(w.out) == 0 {
		w.out = append(w.out, '{')
	}
	w.out[0] = '{'
	w.out = append(w.out, '}')
	return w.out
}

// made counts the fields that the record has so far.
func (d *Decoder) made() int { return len(d.fields) + d.direct.made }

// constant makes a field of a constant text.
func (d *Decoder) constant(o *op, text string) bool {
	if w := &d.direct; w.on {
		if o.label == nil || o.label.head || o.text != text {
			return w.field(o.label, o.name, text)
		}
		if !w.begin(o.label) {
			return false
		}
		w.out = append(w.out, o.escaped...)
		return true
	}
	d.fields = append(d.fields, Field{o.name, text})
	return true
}

// content makes a field of a value, unless it is an empty one that is none.
func (d *Decoder) content(o *op, v value, depth int) bool {
	w := &d.direct
	if !w.on || w.list || o.label == nil || o.label.seen == w.record || !v.typ.unescaped() && v.typ != typeString {
		from := len(d.buf)
		d.buf = d.appendValue(d.buf, v)
		if len(d.buf) > from || d.emptyField(o, depth) {
			d.addText(o.name, from)
			if w.on {
				return d.moved(o.label)
			}
		}
		return true
	}
	// The common case: a value by itself, of a name that is new in the record.
	at := len(w.out)
	w.out = append(w.out, o.label.key...)
	from := len(w.out)
	if v.typ == typeString {
		w.out = jsonline.AppendUTF16(w.out, trimUTF16(d.b[v.at:int(v.at)+int(v.size)]))
	} else {
		w.out = d.appendItem(w.out, v)
	}
	if len(w.out) == from && !d.emptyField(o, depth) {
		w.out = w.out[:at]
		return true
	}
	if o.label.head {
		w.heads = append(w.heads, Field{o.name, d.headText(v, w.out[from:])})
	}
	w.out = append(w.out, '"')
	w.lastAt, w.last, o.label.seen = at, o.label, w.record
	w.made++
	return true
}

// headText gives the text of a value that was written as escaped.
func (d *Decoder) headText(v value, escaped []byte) string {
	if v.typ == typeString && bytes.IndexByte(escaped, '\\') >= 0 {
		from := len(d.buf)
		d.buf = d.appendItem(d.buf, v)
		escaped = d.buf[from:]
	}
	return unsafe.String(unsafe.SliceData(escaped), len(escaped))
}

// moved writes the one field that was just made, under its label.
func (d *Decoder) moved(l *label) bool {
	f := d.fields[len(d.fields)-1]
	d.fields = d.fields[:len(d.fields)-1]
	return d.direct.field(l, f.Name, f.Value)
}

// move writes the fields that the general way made.
func (d *Decoder) move() bool {
	if !d.direct.on {
		return true
	}
	for _, f := range d.fields {
		if !d.direct.field(d.labels.of(f.Name), f.Name, f.Value) {
			return false
		}
	}
	d.fields = d.fields[:0]
	return true
}

// unescaped says if the text of a value of the type never holds what JSON escapes, whatever its bytes are.
func (t valueType) unescaped() bool {
	switch t {
	case typeString, typeANSI, typeXML:
		return false
	}
	return t&typeArray == 0
}
