package evtx

// sink takes the elements of a record in the order of the document. A text or
// attribute value is valid during the call.
type sink interface {
	start(name string)
	attribute(name string, value []byte, t valueType)
	body() // no more attributes
	text(s []byte, t valueType)
	instruction(target, data string)
	end()
}

// The general way through a record: nodes and values, part by part, into any
// sink. The compiled programs of templates are a short way to the same fields.
//
// A value that is absent makes an empty text; an optional one takes the
// element or attribute with it that holds nothing else. An array in an element
// repeats the element, once per item, once with an empty text for no items
// ([MS-EVEN6] 3.1.4.7.5); in an attribute, or beside other elements, its items
// are joined with commas.

// node gives one node of a content to out.
func (d *Decoder) node(n *node, values []value, out sink) bool {
	switch n.kind {
	case nodeElement:
		return d.element(n, values, out)
	case nodeInstance:
		in, ok := d.instance(n.at, n.end)
		return ok && d.use(in, out, false)
	case nodePI:
		if !d.spend(itemWork + len(n.text)) {
			return false
		}
		out.instruction(n.name, n.text)
		return true
	case nodeText:
		if !d.spend(itemWork + len(n.text)) {
			return false
		}
		d.scratch = append(d.scratch[:0], n.text...)
		out.text(d.scratch, typeString)
		return true
	}
	v, ok := valueOf(n, values)
	if !ok || v.null() {
		if n.kind == nodeValue {
			out.text(nil, typeNull)
		}
		return d.spend(itemWork)
	}
	if v.typ == typeBinXML {
		return d.fragment(int(v.at), int(v.at)+int(v.size), out, false)
	}
	return d.textOf(v, out)
}

// textOf gives a value as text to out.
func (d *Decoder) textOf(v value, out sink) bool {
	if !d.spend(itemWork + 2*int(v.size)) {
		return false
	}
	d.scratch = d.appendValue(d.scratch[:0], v)
	out.text(d.scratch, v.typ)
	return true
}

// element gives an element, repeated for the items of an array, to out.
func (d *Decoder) element(n *node, values []value, out sink) bool {
	if omitted(n.kids, values) {
		return d.spend(itemWork)
	}
	if d.open++; d.open > maxElements {
		return d.fail(limitedAct(CodeElementsDeep, "nested elements", maxElements, int64(d.open)), d.start)
	}
	array := -1
	if n.leaf {
		for i := range n.kids {
			if v, ok := valueOf(&n.kids[i], values); ok && v.typ&typeArray != 0 {
				array = i
				break
			}
		}
	}
	ok := true
	if array < 0 {
		ok = d.once(n, values, out, -1, value{})
	} else {
		ok = d.repeated(n, values, out, array)
	}
	d.open--
	return ok
}

func (d *Decoder) repeated(n *node, values []value, out sink, array int) bool {
	v, _ := valueOf(&n.kids[array], values)
	base := len(d.itemStack)
	items, whole := d.items(v, d.itemStack)
	d.itemStack = items
	if !whole {
		d.warn(&Error{Code: CodeValueSize, Length: int64(v.size), Action: ActionCut,
			What: "array of type " + string(appendHex(nil, uint64(v.typ))) + " ends inside an item"}, int(v.at))
	}
	ok := true
	if len(items) == base {
		ok = d.once(n, values, out, array, value{at: v.at, typ: typeNull})
	}
	for i := base; i < len(items) && ok; i++ {
		ok = d.once(n, values, out, array, items[i])
	}
	d.itemStack = d.itemStack[:base]
	return ok
}

// once gives an element to out; item stands for the content part number array.
func (d *Decoder) once(n *node, values []value, out sink, array int, item value) bool {
	if !d.spend(fieldWork) {
		return false
	}
	out.start(n.name)
	for i := range n.attrs {
		a := &n.attrs[i]
		if omitted(a.parts, values) {
			continue
		}
		text, typ, ok := d.attribute(a, values)
		if !ok {
			return false
		}
		out.attribute(a.name, text, typ)
	}
	out.body()
	for i := range n.kids {
		if i == array {
			if !d.textOf(item, out) {
				return false
			}
		} else if !d.node(&n.kids[i], values, out) {
			return false
		}
	}
	out.end()
	return true
}

// attribute gives the text of an attribute, and its type if it is one value.
func (d *Decoder) attribute(a *attr, values []value) (text []byte, typ valueType, ok bool) {
	d.scratch = d.scratch[:0]
	typ = typeString
	for i := range a.parts {
		p := &a.parts[i]
		if p.kind == nodeText {
			if !d.spend(itemWork + len(p.text)) {
				return nil, 0, false
			}
			d.scratch = append(d.scratch, p.text...)
			continue
		}
		v, there := valueOf(p, values)
		if !there || v.null() {
			continue
		}
		if !d.spend(itemWork + 2*int(v.size)) {
			return nil, 0, false
		}
		d.scratch = d.appendValue(d.scratch, v)
		if len(a.parts) == 1 {
			typ = v.typ
		}
	}
	return d.scratch, typ, d.spend(fieldWork)
}

// valueOf gives the value that a node stands for; ok is false when it stands
// for none, or the record does not give it.
func valueOf(n *node, values []value) (v value, ok bool) {
	if n.kind != nodeValue && n.kind != nodeOptional || int(n.index) >= len(values) {
		return value{}, false
	}
	return values[n.index], true
}

// omitted says if a content holds optional values only, and all are absent.
func omitted(parts []node, values []value) bool {
	if len(parts) == 0 {
		return false
	}
	for i := range parts {
		if parts[i].kind != nodeOptional {
			return false
		}
		if v, ok := valueOf(&parts[i], values); ok && !v.null() {
			return false
		}
	}
	return true
}
