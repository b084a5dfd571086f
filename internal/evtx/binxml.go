package evtx

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// The marks of binary XML, after [MS-EVEN6] 2.2.12. With the bit 0x40 more of
// the same follows: attributes after an element, parts after a text.
const (
	tokenEnd         = 0x00
	tokenElement     = 0x01
	tokenCloseStart  = 0x02
	tokenCloseEmpty  = 0x03
	tokenEndElement  = 0x04
	tokenText        = 0x05
	tokenAttribute   = 0x06
	tokenCDATA       = 0x07
	tokenCharRef     = 0x08
	tokenEntity      = 0x09
	tokenPITarget    = 0x0a
	tokenPIData      = 0x0b
	tokenInstance    = 0x0c
	tokenValue       = 0x0d
	tokenOptional    = 0x0e
	tokenFragment    = 0x0f
	tokenMore        = 0x40
	fragmentHeader   = 4
	instanceHeader   = 10 // mark, 01, template id, offset
	definitionHeader = 24 // next, GUID, size
)

// nodeKind says what a node of a parsed fragment is.
type nodeKind uint8

const (
	nodeElement  nodeKind = iota
	nodeText              // constant text
	nodeValue             // a value of the record; absent, it is an empty text
	nodeOptional          // a value of the record; absent, so is what holds only it
	nodeInstance          // a template used inside
	nodePI                // a processing instruction; Windows writes none
)

// node is a part of a parsed fragment. Those of template definitions are kept
// and shared, and do not change.
type node struct {
	kind  nodeKind
	name  string // of an element, the target of a processing instruction
	text  string // of a constant, the data of a processing instruction
	index uint16 // of a value
	at    int    // of an instance, in the chunk
	end   int    // where an instance must end
	leaf  bool   // an element without elements and instances in it
	attrs []attr
	kids  []node
}

// attr is an attribute, its value in parts.
type attr struct {
	name  string
	parts []node
}

// parser reads the binary XML of one fragment into nodes. It reads marks in
// order and trusts no size: the sizes in elements and attribute lists serve
// only to tell the two forms of an element apart.
type parser struct {
	d     *Decoder
	b     []byte // the chunk
	pos   int
	end   int       // of the fragment
	keep  bool      // the nodes are kept, and so refs are: those of a template
	refs  []nameRef // the names met, for the template cache
	base  int       // of the definition, for refs
	local bool      // the nodes point into the chunk and may not outlive it
}

// nodeWork is what a node counts for in the work of a chunk: more than its
// memory, so that the cap on work is one on memory.
const nodeWork = 192

func (p *parser) fail(code, what string) bool {
	return p.d.fail(&Error{Code: code, What: what, Action: ActionRecordSkipped}, p.pos)
}

func (p *parser) need(n int, what string) bool {
	if p.end-p.pos < n {
		return p.d.fail(limitedAct(CodeTokenTruncated, "bytes needed for "+what, int64(p.end-p.pos), int64(n)), p.pos)
	}
	return true
}

// element reads the element at pos. In a template definition it has a
// dependency number before its size, in other places it has none; real logs
// deviate, so the other form is tried when this one cannot be.
func (p *parser) element(depth int, dependency bool) (n node, ok bool) {
	if depth > maxElements {
		return n, p.d.fail(limitedAct(CodeElementsDeep, "nested elements", maxElements, int64(depth)), p.pos)
	}
	n.kind, n.leaf = nodeElement, true
	if n.name, dependency, ok = p.open(dependency); !ok {
		return n, false
	}
	if n.attrs, ok = p.attributes(); !ok {
		return n, false
	}
	empty, ok := p.opened()
	if empty || !ok {
		return n, ok
	}
	n.kids, n.leaf, ok = p.content(n.name, depth, dependency)
	return n, ok
}

// open reads an element up to its attributes. used is the form that it has.
func (p *parser) open(dependency bool) (name string, used, ok bool) {
	if !p.d.spend(nodeWork) || !p.need(1, "an element") {
		return "", false, false
	}
	hasAttrs := p.b[p.pos]&tokenMore != 0
	if !p.possible(dependency) && p.possible(!dependency) {
		dependency = !dependency
	}
	p.pos++
	if dependency {
		p.pos += 2
	}
	if !p.need(8, "an element") {
		return "", false, false
	}
	p.pos += 4
	if name, ok = p.name(); !ok {
		return "", false, false
	}
	if hasAttrs {
		if !p.need(4, "an attribute list") {
			return "", false, false
		}
		p.pos += 4
	}
	return name, dependency, true
}

// opened reads the end of a start tag. empty says that the element ends with it.
func (p *parser) opened() (empty, ok bool) {
	if !p.need(1, "a start tag") {
		return false, false
	}
	switch p.b[p.pos] {
	case tokenCloseEmpty:
		p.pos++
		return true, true
	case tokenCloseStart:
		p.pos++
		return false, true
	}
	return false, p.unknown("in a start tag")
}

// attributes reads the attributes of an element, if any.
func (p *parser) attributes() (list []attr, ok bool) {
	base := len(p.d.attrs.stack)
	for p.pos < p.end && p.b[p.pos]&^tokenMore == tokenAttribute {
		p.pos++
		var a attr
		parts := len(p.d.nodes.stack)
		if a.name, ok = p.name(); !ok || !p.d.spend(nodeWork) || !p.parts() {
			return nil, false
		}
		a.parts = p.d.nodes.take(parts, p.keep)
		p.d.attrs.push(a)
	}
	return p.d.attrs.take(base, p.keep), true
}

// content reads what is between the tags of an element, and its end. leaf says that there are no elements and instances in it.
func (p *parser) content(name string, depth int, dependency bool) (kids []node, leaf, ok bool) {
	leaf = true
	nodes := &p.d.nodes
	base := len(nodes.stack)
	for {
		if !p.parts() {
			return nil, leaf, false
		}
		if p.pos >= p.end || p.b[p.pos] == tokenEnd {
			if p.keep { // a template that ends early would make every record of it empty
				return nil, leaf, p.fail(CodeElementOpen, "element "+quoted(name)+" not closed")
			}
			p.d.warn(&Error{Code: CodeElementOpen, What: "element " + quoted(name) + " not closed", Action: ActionRecordKept}, p.pos)
			return nodes.take(base, p.keep), leaf, true
		}
		switch p.b[p.pos] {
		case tokenEndElement:
			p.pos++
			return nodes.take(base, p.keep), leaf, true
		case tokenElement, tokenElement | tokenMore:
			leaf = false
			child, ok := p.element(depth+1, dependency)
			if !ok {
				return nil, leaf, false
			}
			nodes.push(child)
		case tokenInstance:
			leaf = false
			p.local = true
			at := p.pos
			in, ok := p.d.instance(at, p.end)
			if !ok || !p.d.spend(nodeWork) {
				return nil, leaf, false
			}
			p.pos = in.next
			nodes.push(node{kind: nodeInstance, at: at, end: in.next})
		case tokenPITarget:
			if !p.instruction() {
				return nil, leaf, false
			}
		default:
			return nil, leaf, p.unknown("in an element")
		}
	}
}

func (p *parser) unknown(where string) bool {
	return p.fail(CodeTokenUnknown, "mark 0x"+strconv.FormatUint(uint64(p.b[p.pos]), 16)+" "+where)
}

// possible says if the element at pos can have the form.
func (p *parser) possible(dependency bool) bool {
	at := p.pos + 1
	if dependency {
		at += 2
	}
	if p.end-at < 8 {
		return false
	}
	size, off := binary.LittleEndian.Uint32(p.b[at:]), binary.LittleEndian.Uint32(p.b[at+4:])
	return int64(size) <= int64(p.end-at-4) && p.d.name(off).ok
}

// name reads the offset of a name, and passes over the name if it is here.
func (p *parser) name() (string, bool) {
	if !p.need(4, "a name") {
		return "", false
	}
	off := binary.LittleEndian.Uint32(p.b[p.pos:])
	n := p.d.name(off)
	if !n.ok {
		return "", p.fail(CodeName, "no name at offset "+strconv.FormatUint(uint64(off), 10)+" of the chunk")
	}
	ref := nameRef{at: p.pos - p.base, raw: n.raw}
	p.pos += 4
	if int64(off) == int64(p.pos) {
		ref.here = true
		if !p.need(nameHeader+len(n.raw)+2, "a name") {
			return "", false
		}
		p.pos += nameHeader + len(n.raw) + 2
	}
	if p.keep {
		p.refs = append(p.refs, ref)
	}
	return n.text, true
}

// parts puts texts, references and values on the stack of nodes, for as long
// as they follow.
func (p *parser) parts() bool {
	for p.pos < p.end {
		var part node
		switch p.b[p.pos] {
		case tokenText, tokenText | tokenMore:
			if !p.need(4, "a text") {
				return false
			}
			p.pos += 2
			if !p.counted(&part.text) {
				return false
			}
			part.kind = nodeText
		case tokenCDATA, tokenCDATA | tokenMore:
			p.pos++
			if !p.counted(&part.text) {
				return false
			}
			part.kind = nodeText
		case tokenCharRef, tokenCharRef | tokenMore:
			if !p.need(3, "a character reference") {
				return false
			}
			part.kind = nodeText
			part.text = string(utf8.AppendRune(nil, rune(binary.LittleEndian.Uint16(p.b[p.pos+1:]))))
			p.pos += 3
		case tokenEntity, tokenEntity | tokenMore:
			p.pos++
			name, ok := p.name()
			if !ok {
				return false
			}
			part.kind, part.text = nodeText, entity(name)
		case tokenValue, tokenOptional:
			if !p.need(4, "a substitution") {
				return false
			}
			part.kind, part.index = nodeValue, binary.LittleEndian.Uint16(p.b[p.pos+1:])
			if p.b[p.pos] == tokenOptional {
				part.kind = nodeOptional
			}
			p.pos += 4 // the type declared here may differ from the value's, which counts
		default:
			return true
		}
		if !p.d.spend(nodeWork) {
			return false
		}
		p.d.nodes.push(part)
	}
	return true
}

// counted reads a text with its count of characters before it.
func (p *parser) counted(s *string) bool {
	if !p.need(2, "a text") {
		return false
	}
	n := 2 * int(binary.LittleEndian.Uint16(p.b[p.pos:]))
	p.pos += 2
	if !p.need(n, "a text") || !p.d.spend(2*n) {
		return false
	}
	p.d.scratch = appendUTF16(p.d.scratch[:0], trimUTF16(p.b[p.pos:p.pos+n]))
	*s = p.d.keepText(p.keep)
	p.pos += n
	return true
}

// keepText gives the text in scratch: one to keep, or one for as long as the element of the record is (see inlineElement).
func (d *Decoder) keepText(keep bool) string {
	if keep || len(d.scratch) == 0 {
		return string(d.scratch)
	}
	from := len(d.texts)
	d.texts = append(d.texts, d.scratch...)
	return unsafe.String(&d.texts[from], len(d.scratch))
}

// instruction reads a processing instruction: a target and its data.
func (p *parser) instruction() bool {
	p.pos++
	part := node{kind: nodePI}
	var ok bool
	if part.name, ok = p.name(); !ok {
		return false
	}
	if p.pos < p.end && p.b[p.pos] == tokenPIData {
		p.pos++
		if !p.counted(&part.text) {
			return false
		}
	}
	p.d.nodes.push(part)
	return p.d.spend(nodeWork)
}

// entity gives the text of an entity reference. XML has five without a
// declaration, and there are no declarations here; others stay as written.
func entity(name string) string {
	switch name {
	case "amp":
		return "&"
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "quot":
		return `"`
	case "apos":
		return "'"
	}
	return "&" + name + ";"
}
