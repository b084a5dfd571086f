package evtx

import (
	"slices"

	"vigie/internal/jsonline"
)

// opCode is what a step of a compiled template does.
type opCode uint8

const (
	opConst  opCode = iota // a field with a constant text
	opValue                // a field of one value
	opLeaf                 // begins an element with attributes and one value as its content
	opMark                 // remembers where the fields of an element begin
	opNested               // a value beside elements: embedded XML, most times
	opNode                 // takes the general way through an element
	opBegin                // begins an element whose elements may all be left out
	opEnd                  // ends it: it is an empty element if it gave no field
)

// op is a step of a compiled template. A program gives the same fields as the
// walk over the nodes it is made of. An element whose content is more than one
// value or a constant, or turns out to be an array or embedded XML, takes that
// walk.
type op struct {
	code     opCode
	optional bool
	element  bool // of opValue: the content of an element, not an attribute
	empty    emptiness
	index    uint16
	depth    int16 // of the element, from the root of the template
	skip     int32 // of opLeaf: the steps of the element
	name     string
	text     string
	node     *node
	label    *label // of the name; nil without Options.JSON
	escaped  string // text as JSON with the quote behind it, for a label
}

// emptiness says when an empty element is a field.
type emptiness uint8

const (
	emptyAlways  emptiness = iota
	emptyDeep              // at fieldDepth or deeper
	emptyNever             // it has an attribute
	emptyNoAttrs           // as emptyDeep, if no field was made of its attributes since opMark
)

// compile makes the program of a template.
func (d *Decoder) compile(root []node) []op {
	c := compiler{ops: d.ops[:0], names: &d.strings}
	for i := range root {
		c.node(&root[i], 0)
	}
	if d.ops = c.ops; d.opt.JSON {
		for i := range c.ops {
			if o := &c.ops[i]; o.name != "" {
				o.label = d.labels.of(o.name)
				o.escaped = string(append(jsonline.AppendText(nil, o.text), '"'))
			}
		}
	}
	return slices.Clone(c.ops)
}

type compiler struct {
	ops   []op
	names *interner
}

func (c *compiler) node(n *node, depth int) {
	if n.kind != nodeElement {
		c.ops = append(c.ops, op{code: opNode, node: n, depth: int16(depth)})
		return
	}
	attrs, name, empty, ok := c.attributes(n)
	if !ok {
		c.ops = append(c.ops, op{code: opNode, node: n, depth: int16(depth)})
		return
	}
	if !n.leaf {
		if !c.simple(n) {
			c.ops = append(c.ops, op{code: opNode, node: n, depth: int16(depth)})
			return
		}
		hollow := c.hollow(n)
		if hollow && (depth == 0 && empty == emptyAlways || !c.onlyElements(n)) {
			c.ops = append(c.ops, op{code: opNode, node: n, depth: int16(depth)})
			return
		}
		if hollow {
			c.ops = append(c.ops, op{code: opBegin})
		}
		c.ops = append(c.ops, attrs...)
		for i := range n.kids {
			switch k := &n.kids[i]; k.kind {
			case nodeText:
				if !blank([]byte(k.text)) {
					c.ops = append(c.ops, op{code: opConst, name: name, text: k.text})
				}
			case nodeElement:
				c.node(k, depth+1)
			default:
				c.ops = append(c.ops, op{code: opNested, name: name, index: k.index, depth: int16(depth + 1)})
			}
		}
		if hollow {
			c.ops = append(c.ops, op{code: opEnd, name: name, empty: empty, depth: int16(depth)})
		}
		return
	}
	c.leaf(n, depth, attrs, name, empty)
}

// hollow says if all elements in an element may be left out, for want of
// optional values: what has elements in the template has none in the event then.
func (c *compiler) hollow(n *node) bool {
	for i := range n.kids {
		if k := &n.kids[i]; k.kind == nodeElement && !optional(k.kids) {
			return false
		}
	}
	return true
}

func (c *compiler) onlyElements(n *node) bool {
	for i := range n.kids {
		if n.kids[i].kind != nodeElement {
			return false
		}
	}
	return true
}

// optional says if a content is nothing but optional values.
func optional(parts []node) bool {
	for i := range parts {
		if parts[i].kind != nodeOptional {
			return false
		}
	}
	return len(parts) > 0
}

// simple says if the texts and values among the children of an element do not
// touch: else they are one text, which is for the walk to join.
func (c *compiler) simple(n *node) bool {
	text := false
	for i := range n.kids {
		switch n.kids[i].kind {
		case nodeElement:
			text = false
		case nodeInstance, nodePI:
			return false
		default:
			if text {
				return false
			}
			text = true
		}
	}
	return true
}

func (c *compiler) leaf(n *node, depth int, attrs []op, name string, empty emptiness) {
	walk := op{code: opNode, node: n, depth: int16(depth)}
	text := ""
	var value *node
	for i := range n.kids {
		switch k := &n.kids[i]; {
		case k.kind == nodeText && value == nil:
			text += k.text
		case (k.kind == nodeValue || k.kind == nodeOptional) && value == nil && i == 0:
			value = k
		default:
			c.ops = append(c.ops, walk)
			return
		}
	}
	if value == nil {
		if empty == emptyNoAttrs {
			c.ops = append(c.ops, op{code: opMark})
		}
		c.ops = append(c.ops, attrs...)
		c.ops = append(c.ops, op{code: opConst, name: name, text: text, empty: empty, depth: int16(depth)})
		return
	}
	if len(n.kids) > 1 {
		c.ops = append(c.ops, walk)
		return
	}
	content := op{code: opValue, element: true, optional: value.kind == nodeOptional, name: name, index: value.index, empty: empty, depth: int16(depth), node: n}
	if len(attrs) > 0 {
		begin := content
		begin.code, begin.skip = opLeaf, int32(len(attrs)+1)
		if empty == emptyNoAttrs {
			begin.skip++
			c.ops = append(c.ops, begin, op{code: opMark})
		} else {
			c.ops = append(c.ops, begin)
		}
		c.ops = append(c.ops, attrs...)
	}
	c.ops = append(c.ops, content)
}

// attributes gives the steps for the attributes of an element, the name of the
// fields of its text, and when that is a field though empty. With ok false the
// element is for the walk.
func (c *compiler) attributes(n *node) (ops []op, name string, empty emptiness, ok bool) {
	name, empty = n.name, emptyDeep
	named := false
	for i := range n.attrs {
		a := &n.attrs[i]
		if namespace(a.name) {
			continue
		}
		text, constant := constant(a.parts)
		if n.name == "Data" && a.name == "Name" && !named {
			if !constant {
				return nil, "", 0, false
			}
			if text != "" {
				name, named = c.names.of([]byte(text)), true
				continue
			}
		}
		field := c.names.join(n.name, a.name)
		if constant {
			ops = append(ops, op{code: opConst, name: field, text: text})
			empty = emptyNever
			continue
		}
		if len(a.parts) != 1 {
			return nil, "", 0, false
		}
		p := &a.parts[0]
		ops = append(ops, op{code: opValue, name: field, index: p.index, optional: p.kind == nodeOptional})
		if p.kind == nodeValue {
			empty = emptyNever
		} else if empty == emptyDeep {
			empty = emptyNoAttrs
		}
	}
	if named {
		empty = emptyAlways
	}
	return ops, name, empty, true
}

// constant joins parts that are all constant text.
func constant(parts []node) (text string, ok bool) {
	for i := range parts {
		if parts[i].kind != nodeText {
			return "", false
		}
		text += parts[i].text
	}
	return text, true
}

// exec runs a program with the values of an instance.
func (d *Decoder) exec(prog []op, values []value) bool {
	if !d.move() { // what an element of the record itself gave before
		return false
	}
	depth := d.open // elements around the template
	work := 0
	for i := 0; i < len(prog); i++ {
		o := &prog[i]
		work += fieldWork
		switch o.code {
		case opConst:
			if (o.text != "" || d.emptyField(o, depth)) && !d.constant(o, o.text) {
				return false
			}
			work += len(o.text)
		case opValue, opLeaf:
			var v value
			if int(o.index) < len(values) {
				v = values[o.index]
			}
			if v.null() {
				if o.optional {
					i += int(o.skip)
					continue
				}
				if o.code == opValue && d.emptyField(o, depth) && !d.constant(o, "") {
					return false
				}
				continue
			}
			if v.typ == typeBinXML && o.code == opValue && o.element && o.empty == emptyDeep && depth+int(o.depth) < fieldDepth {
				// The common form of UserData: an element that is no field by itself around a template of its own.
				if !d.embedded(v, depth+int(o.depth)+1, depth) || !d.move() {
					return false
				}
				continue
			}
			if o.node != nil && (v.typ&typeArray != 0 || v.typ == typeBinXML) {
				if !d.walkNode(o, values, depth) || !d.move() {
					return false
				}
				i += int(o.skip)
				continue
			}
			if o.code == opLeaf {
				continue
			}
			work += 2 * int(v.size)
			if !d.content(o, v, depth) {
				return false
			}
		case opMark:
			d.mark = d.made()
		case opNested:
			if int(o.index) >= len(values) {
				continue
			}
			if !d.nested(o, values[o.index], depth) || !d.move() {
				return false
			}
		case opBegin:
			d.marks = append(d.marks, d.made())
		case opEnd:
			last := len(d.marks) - 1
			none := d.marks[last] == d.made()
			d.marks = d.marks[:last]
			if none && (o.empty == emptyAlways || depth+int(o.depth) >= fieldDepth) && !d.constant(o, "") {
				return false
			}
		case opNode:
			if !d.walkNode(o, values, depth) || !d.move() {
				return false
			}
		}
		if work > 1<<12 {
			if !d.spend(work) {
				return false
			}
			work = 0
		}
	}
	return d.spend(work)
}

// emptyField says if an empty text is a field here.
func (d *Decoder) emptyField(o *op, depth int) bool {
	switch o.empty {
	case emptyAlways:
		return true
	case emptyDeep:
		return depth+int(o.depth) >= fieldDepth
	case emptyNoAttrs:
		return d.mark == d.made() && depth+int(o.depth) >= fieldDepth
	}
	return false
}

// nested gives the fields of a value that stands beside elements.
func (d *Decoder) nested(o *op, v value, depth int) bool {
	if v.null() {
		return true
	}
	if v.typ != typeBinXML {
		if !d.spend(itemWork + 2*int(v.size)) {
			return false
		}
		from := len(d.buf)
		if d.buf = d.appendValue(d.buf, v); blank(d.buf[from:]) {
			d.buf = d.buf[:from]
		} else {
			d.addText(o.name, from)
		}
		return true
	}
	return d.embedded(v, depth+int(o.depth), depth)
}

// embedded gives the fields of embedded XML that has so many open elements around it; depth is restored behind it.
func (d *Decoder) embedded(v value, open, depth int) bool {
	if d.open = open; open > maxElements {
		return d.fail(limitedAct(CodeElementsDeep, "nested elements", maxElements, int64(open)), d.start)
	}
	d.sink.reset(d, open)
	ok := d.fragment(int(v.at), int(v.at)+int(v.size), &d.sink, true)
	d.open = depth
	return ok
}

// walkNode takes the general way through one element.
func (d *Decoder) walkNode(o *op, values []value, depth int) bool {
	d.open = depth + int(o.depth)
	d.sink.reset(d, d.open)
	ok := d.node(o.node, values, &d.sink)
	d.open = depth
	return ok
}
