package evtx

import (
	"encoding/binary"
	"slices"
	"strconv"
	"unsafe"
)

// Work is counted in bytes of text and in nodes and items walked, so that
// neither a template that repeats a value a thousand times, nor templates that
// use each other over and over, cost more than a real log. A real chunk of
// 64 KiB counts some hundred thousand to two million, a real record a few
// thousand.
const (
	maxRecordWork = 2 << 20
	maxChunkWork  = 16 << 20
	itemWork      = 16
	fieldWork     = 32
)

// run is the state of the record at hand.
type run struct {
	id        uint64
	hasID     bool
	start     int  // of its binary XML, in the chunk
	slack     bool // it was found in free space, where damage is no news
	partial   bool // a template was lost
	chunkWork int
	work      int
	err       *Error // what costs the record
	notes     int    // errors before this record
	templates int    // template instances that are open
	open      int    // elements that are open

	values    []value    // of the open instances
	nodes     pile[node] // of the fragment being parsed
	attrs     pile[attr]
	texts     []byte // of the nodes of elements in the record
	inline    int    // elements of inlineElement that are open
	refs      []nameRef
	valueOps  []op // of the values of lost templates, see valueName
	itemStack []value
	scratch   []byte

	// What the record gives: fields, and in buf the texts of those that are not constant.
	buf    []byte
	fields []Field
	mark   int
	marks  []int // of the elements begun by opBegin
	sink   fieldSink
	direct direct
	ops    []op // of the template being compiled
}

// spend counts work and gives false when there is none left.
func (d *Decoder) spend(n int) bool {
	if d.work -= n; d.work >= 0 {
		return true
	}
	return d.fail(limitedAct(CodeRecordWork, "work units for a record", maxRecordWork, int64(maxRecordWork-d.work)), d.start)
}

// fail keeps the first thing that costs the record; it always gives false.
func (d *Decoder) fail(e *Error, pos int) bool {
	if d.err == nil {
		e.Offset = int64(pos)
		d.err = e
	}
	return false
}

// maxWarnings bounds what is told about one record that is kept.
const maxWarnings = 8

// warn notes something wrong that does not cost the record.
func (d *Decoder) warn(e *Error, pos int) {
	if !d.slack && d.err == nil && len(d.errs)-d.notes < maxWarnings {
		d.note(e, pos)
	}
}

// event decodes the binary XML of a record into d.fields. It gives false when
// the record gives no event; why is then noted, but for what is found in slack,
// where only good records are of interest.
func (d *Decoder) event(from, to int, recovered bool) bool {
	d.direct.on = d.opt.JSON && !d.labels.full()
	ok := d.give(from, to, recovered)
	if d.direct.given {
		d.errs = d.errs[:d.notes]
		d.direct.on = false
		ok = d.give(from, to, recovered)
	}
	if ok && d.made() == 0 {
		ok = d.fail(&Error{Code: CodeRecordEmpty, What: "record without an event", Action: ActionRecordSkipped}, from)
	}
	d.chunkWork -= maxRecordWork - max(d.work, 0)
	if ok {
		return true
	}
	if d.slack {
		d.errs = d.errs[:d.notes]
	} else {
		d.err.Length = int64(to + 4 - from + recordHeader)
		d.note(d.err, int(d.err.Offset))
	}
	if d.chunkWork <= 0 {
		d.hasID = false
		d.note(&Error{Code: CodeChunkWork, Length: int64(len(d.b) - d.pos), Action: ActionRestSkipped,
			What: "work units for a chunk", Limit: maxChunkWork, Got: int64(maxChunkWork - d.chunkWork), Limited: true}, d.pos)
		d.ended, d.stopped = len(d.b), true
	}
	return false
}

// give decodes the binary XML of a record, into fields or directly.
func (d *Decoder) give(from, to int, recovered bool) bool {
	d.direct.reset()
	d.begin(from, recovered)
	return d.fragment(from, to, &d.sink, !d.opt.walked) && d.move()
}

// begin makes the state ready for the record whose binary XML begins at from.
func (d *Decoder) begin(from int, recovered bool) {
	d.start, d.slack, d.partial = from, recovered && d.inSlack(from), false
	d.work, d.err, d.notes = max(0, min(maxRecordWork, d.chunkWork)), nil, len(d.errs)
	d.templates, d.open, d.inline = 0, 0, 0
	d.values, d.itemStack = d.values[:0], d.itemStack[:0]
	d.buf, d.fields, d.marks = d.buf[:0], d.fields[:0], d.marks[:0]
	d.sink.reset(d, 0)
}

// fragment gives the elements and template instances from pos to end to out.
// With compiled, instances take the short way into the fields of the record.
func (d *Decoder) fragment(pos, end int, out sink, compiled bool) bool {
	for pos < end {
		switch d.b[pos] {
		case tokenFragment:
			pos += fragmentHeader
		case tokenInstance:
			in, ok := d.instance(pos, end)
			if !ok || !d.use(in, out, compiled) {
				return false
			}
			if pos = in.next; !d.another(pos, end) {
				return true
			}
		case tokenElement, tokenElement | tokenMore:
			// Parsed once for this use: a value that a template repeats is parsed again, and spends again.
			p := parser{d: d, b: d.b, pos: pos, end: end}
			if !d.inlineElement(&p, out, compiled) {
				return false
			}
			if pos = p.pos; !d.another(pos, end) {
				return true
			}
		case tokenEnd:
			if !d.another(pos, end) {
				return true
			}
			pos++
		default:
			p := parser{d: d, b: d.b, pos: pos, end: end}
			return p.unknown("at the start of a fragment")
		}
	}
	return true
}

// inlineElement reads an element that is in the record itself, and gives it to
// out. Its nodes are used again for the next one, unless that is inside it.
func (d *Decoder) inlineElement(p *parser, out sink, compiled bool) bool {
	if out == &d.sink && compiled {
		if d.streamed(p) {
			return true
		}
	}
	d.nodes.empty()
	d.attrs.empty()
	if d.inline == 0 {
		d.nodes.reuse()
		d.attrs.reuse()
		d.texts = d.texts[:0]
	}
	d.inline++
	n, ok := p.element(1, false)
	ok = ok && d.element(&n, nil, out)
	d.inline--
	return ok
}

// streamed tries the short way through an element that is in the record itself. When that is not for it, nothing is left of the try.
func (d *Decoder) streamed(p *parser) bool {
	pos, work, fields, buf, errs := p.pos, d.work, len(d.fields), len(d.buf), len(d.errs)
	if len(d.sink.frames) == 0 && p.stream(&d.sink, 1, false) {
		return true
	}
	p.pos, d.work, d.fields, d.buf, d.errs, d.err = pos, work, d.fields[:fields], d.buf[:buf], d.errs[:errs], nil
	d.sink.reset(d, d.sink.depth)
	return false
}

// another says if a fragment follows the one that ended at pos, after an end
// mark or without. Else what follows only fills a size, and is whatever stood
// there before, often the beginning of a record: up to eight bytes.
func (d *Decoder) another(pos, end int) bool {
	if pos < end && d.b[pos] == tokenEnd {
		pos++
	}
	return end-pos >= fragmentHeader+instanceHeader && d.b[pos] == tokenFragment && d.b[pos+1] == 1 && d.b[pos+2] == 1 && d.b[pos+3] == 0
}

// use gives the elements of a template with the values of an instance to out.
func (d *Decoder) use(in instance, out sink, compiled bool) bool {
	if d.templates++; d.templates > maxTemplates {
		return d.fail(limitedAct(CodeTemplateDeep, "nested templates", maxTemplates, int64(d.templates)), in.table)
	}
	base := len(d.values)
	at := in.values
	for i := in.table; i < in.values; i += 4 {
		size := binary.LittleEndian.Uint16(d.b[i:])
		d.values = append(d.values, value{int32(at), size, valueType(d.b[i+2])})
		at += int(size)
	}
	values := d.values[base:len(d.values):len(d.values)]
	ok := d.useWith(in, values, out, compiled)
	d.values = d.values[:base]
	d.templates--
	return ok
}

func (d *Decoder) useWith(in instance, values []value, out sink, compiled bool) bool {
	def := d.definition(in)
	if d.err != nil {
		return false
	}
	why := def.err
	if why == nil && in.id != 0 && in.id != def.id {
		why = &Error{Code: CodeTemplateID, What: "another template stands at the place of template " + string(appendHex(nil, uint64(in.id)))}
	}
	if why != nil {
		d.partial = true
		if !d.slack {
			e := *why
			e.Action = ActionNumbered
			d.warn(&e, in.table)
		}
		return d.numbered(values, out, compiled)
	}
	if def.most > len(values) && !d.slack {
		e := limited(CodeSubstitution, "values wanted by a template", int64(len(values)), int64(def.most))
		e.Action = ActionRecordKept
		d.warn(e, in.table)
	}
	if compiled {
		return d.exec(def.prog, values)
	}
	for i := range def.root {
		if !d.node(&def.root[i], values, out) {
			return false
		}
	}
	return true
}

// numbered gives the values of an instance whose template is lost: what an
// attacker typed is in the values, not in the template.
func (d *Decoder) numbered(values []value, out sink, compiled bool) bool {
	if compiled && !d.move() {
		return false
	}
	if compiled && d.direct.on && d.direct.made == 0 && slices.ContainsFunc(values, func(v value) bool { return v.typ == typeBinXML }) {
		d.direct.given = true // values of both templates would have the same names
		return false
	}
	for i, v := range values {
		if v.null() {
			continue
		}
		if v.typ == typeBinXML {
			if !d.fragment(int(v.at), int(v.at)+int(v.size), out, false) || compiled && !d.move() {
				return false
			}
			continue
		}
		name := d.valueName(i)
		if v.typ&typeArray == 0 && compiled {
			if !d.spend(fieldWork+itemWork+2*int(v.size)) || !d.content(&d.valueOps[i], v, d.sink.depth) {
				return false
			}
			continue
		}
		if v.typ&typeArray == 0 {
			if !d.spend(fieldWork) {
				return false
			}
			out.start(name)
			out.body()
			if !d.textOf(v, out) {
				return false
			}
			out.end()
			continue
		}
		n := node{kind: nodeElement, leaf: true, name: name, kids: []node{{kind: nodeValue, index: uint16(i)}}}
		if !d.element(&n, values, out) || compiled && !d.move() {
			return false
		}
	}
	return true
}

// valueName is the name of the field of a value whose template is lost.
func (d *Decoder) valueName(i int) string {
	for len(d.valueOps) <= i {
		o := op{code: opValue, element: true, empty: emptyDeep, name: "Value" + strconv.Itoa(len(d.valueOps))}
		if d.opt.JSON {
			o.label = d.labels.of(o.name)
		}
		d.valueOps = append(d.valueOps, o)
	}
	return d.valueOps[i].name
}

// fieldsTo gives the fields of the record to an event. A field of the record
// at hand has its text in d.buf, or in an array that d.buf outgrew and nobody
// writes to again, or in a template. For an event to keep, what is in d.buf is
// copied to one string.
func (d *Decoder) fieldsTo(ev *Event) {
	ev.JSON = nil
	switch {
	case d.direct.on:
		ev.Fields, ev.JSON = d.direct.heads, d.direct.object()
		return
	case d.opt.Borrow, d.opt.JSON:
		ev.Fields = d.fields
		return
	}
	all := string(d.buf)
	base := uintptr(unsafe.Pointer(unsafe.SliceData(d.buf)))
	ev.Fields = make([]Field, len(d.fields))
	copy(ev.Fields, d.fields)
	for i := range ev.Fields {
		f := &ev.Fields[i]
		if at := uintptr(unsafe.Pointer(unsafe.StringData(f.Value))) - base; len(f.Value) > 0 && at < uintptr(len(all)) {
			f.Value = all[at : int(at)+len(f.Value)]
		}
	}
}
