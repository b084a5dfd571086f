package evtx

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// definition is a template: a fragment with places for values.
type definition struct {
	root []node
	prog []op
	err  *Error // why it cannot be used
	id   uint32 // the first four bytes of the GUID, which records repeat
	most int    // one more than the highest index of a value
}

// instance is the use of a template by a record.
type instance struct {
	id, off uint32
	count   int
	table   int // where the descriptors of the values are
	values  int // where the values are
	next    int // behind the values
}

// Bounds on templates. Windows templates have tens of values and nest once or
// twice; the bounds are those of omerbenamram/evtx, which reads all known logs.
const (
	maxValues    = 1024
	maxTemplates = 64
	maxElements  = 512
)

// instance reads the head of the template instance at pos: mark, 01, template
// id u32, offset of the definition u32, the definition if that is here; then
// the count of values u32, a descriptor (size u16, type u8, 0) for each, and
// the values one behind the other.
func (d *Decoder) instance(pos, end int) (in instance, ok bool) {
	le := binary.LittleEndian
	if end-pos < instanceHeader {
		return in, d.fail(limitedAct(CodeTokenTruncated, "bytes needed for a template instance", int64(end-pos), instanceHeader), pos)
	}
	in.id, in.off = le.Uint32(d.b[pos+2:]), le.Uint32(d.b[pos+6:])
	at := pos + instanceHeader
	if int64(in.off) == int64(at) {
		if end-at < definitionHeader {
			return in, d.fail(limitedAct(CodeTokenTruncated, "bytes needed for a template definition", int64(end-at), definitionHeader), at)
		}
		size := le.Uint32(d.b[at+20:])
		if int64(size) > int64(end-at-definitionHeader) {
			return in, d.fail(limitedAct(CodeTemplateSize, "bytes in the template definition of a record", int64(end-at-definitionHeader), int64(size)), at)
		}
		at += definitionHeader + int(size)
	}
	if end-at < 4 {
		return in, d.fail(limitedAct(CodeTokenTruncated, "bytes needed for the count of values", int64(end-at), 4), at)
	}
	count := le.Uint32(d.b[at:])
	if count > maxValues {
		return in, d.fail(limitedAct(CodeTemplateArgs, "template arguments", maxValues, int64(count)), at)
	}
	in.count, in.table = int(count), at+4
	in.values = in.table + 4*in.count
	if in.values > end {
		return in, d.fail(limitedAct(CodeTemplateValues, "bytes needed for the table of values", int64(end-in.table), int64(4*in.count)), at)
	}
	in.next = in.values
	for i := in.table; i < in.values; i += 4 {
		in.next += int(le.Uint16(d.b[i:]))
	}
	if in.next > end {
		return in, d.fail(limitedAct(CodeTemplateValues, "bytes of template values", int64(end-in.values), int64(in.next-in.values)), in.table)
	}
	return in, d.spend(16 + 2*in.count)
}

// limitedAct is limited for what costs the record.
func limitedAct(code, what string, limit, got int64) *Error {
	e := limited(code, what, limit, got)
	e.Action = ActionRecordSkipped
	return e
}

// definition gives the template of an instance. Its err says when there is none.
func (d *Decoder) definition(in instance) *definition {
	if def, ok := d.defs[in.off]; ok {
		return def
	}
	def := d.readDefinition(int64(in.off))
	if def.err == nil || def.err.Code != CodeRecordWork { // else another record may have the work left
		d.defs[in.off] = def
	}
	return def
}

func (d *Decoder) readDefinition(off int64) *definition {
	bad := func(e *Error) *definition {
		if e == nil {
			e = &Error{Code: CodeRecordWork, What: "template costs too much"}
		}
		return &definition{err: e}
	}
	if off+definitionHeader > int64(len(d.b)) {
		return bad(limited(CodeTemplateOffset, "as offset of a template", int64(len(d.b)-definitionHeader), off))
	}
	at := int(off)
	size := binary.LittleEndian.Uint32(d.b[at+20:])
	if int64(size) > int64(len(d.b)-at-definitionHeader) || size < fragmentHeader {
		return bad(limited(CodeTemplateSize, "bytes in a template definition", int64(len(d.b)-at-definitionHeader), int64(size)))
	}
	if def := d.cache.find(d, at, int(size)); def != nil {
		return def
	}
	d.nodes.empty()
	d.attrs.empty()
	p := parser{d: d, b: d.b, pos: at + definitionHeader, end: at + definitionHeader + int(size), base: at, keep: true, refs: d.refs[:0]}
	def := &definition{id: binary.LittleEndian.Uint32(d.b[at+4:])}
	before := d.err
	d.err = nil
	ok := d.spend(int(size)) && p.fragment(&def.root)
	err := d.err
	d.err, d.refs = before, p.refs
	if !ok {
		return bad(err)
	}
	def.most = mostIndex(def.root)
	def.prog = d.compile(def.root)
	if !p.local {
		d.cache.put(d.b[at:at+definitionHeader+int(size)], p.refs, def)
	}
	return def
}

// fragment reads the elements of a definition.
func (p *parser) fragment(to *[]node) bool {
	for p.pos < p.end {
		switch p.b[p.pos] {
		case tokenFragment:
			p.pos += fragmentHeader
		case tokenEnd:
			return true
		case tokenElement, tokenElement | tokenMore:
			n, ok := p.element(1, true)
			*to = append(*to, n)
			if !ok {
				return false
			}
		case tokenInstance:
			p.local = true
			in, ok := p.d.instance(p.pos, p.end)
			if !ok {
				return false
			}
			*to = append(*to, node{kind: nodeInstance, at: p.pos, end: in.next})
			p.pos = in.next
		default:
			return p.unknown("in a template")
		}
	}
	return true
}

// mostIndex is one more than the highest index of a value in nodes.
func mostIndex(nodes []node) (most int) {
	for i := range nodes {
		n := &nodes[i]
		if n.kind == nodeValue || n.kind == nodeOptional {
			most = max(most, int(n.index)+1)
		}
		for j := range n.attrs {
			most = max(most, mostIndex(n.attrs[j].parts))
		}
		most = max(most, mostIndex(n.kids))
	}
	return most
}

// templateCache keeps templates from chunk to chunk. The same template has
// other bytes in each chunk, since names are given by their offset, and equal
// bytes may mean other names; so a template is known again by its size and
// GUID, and taken only if every byte is equal but for the places of names, and
// those give the same names. No hash can be made to collide.
type templateCache struct {
	byGUID map[templateKey][]cached
	size   int
}

type templateKey struct {
	guid [16]byte
	size int
}

type cached struct {
	raw  []byte
	refs []nameRef
	def  *definition
}

// nameRef is the place of a name in a definition. Its raw text is in the
// chunk while parsing, in the copy of the definition or its own afterwards.
type nameRef struct {
	at   int
	here bool // the name itself follows, with the offset of the next in its bucket
	raw  []byte
}

// maxCached bounds the memory of the definitions kept and of what was made of them, in bytes, maxVariants those of one GUID. The templates of 400 logs of
// many machines take six megabytes. A full cache is emptied.
const (
	maxCached   = 12 << 20
	maxVariants = 8
)

// memory is what a definition takes, in bytes: more, rather than less.
func (def *definition) memory(raw, refs int) int {
	text := 0
	for i := range def.prog {
		text += len(def.prog[i].escaped)
	}
	return 2*raw + int(unsafe.Sizeof(nameRef{}))*refs + text + int(unsafe.Sizeof(op{}))*len(def.prog) + nodeMemory(def.root)
}

func nodeMemory(nodes []node) (size int) {
	for i := range nodes {
		n := &nodes[i]
		size += int(unsafe.Sizeof(node{})) + 2*len(n.text) + nodeMemory(n.kids)
		for j := range n.attrs {
			size += int(unsafe.Sizeof(attr{})) + nodeMemory(n.attrs[j].parts)
		}
	}
	return size
}

func (t *templateCache) find(d *Decoder, at, size int) *definition {
	list := t.byGUID[templateKey{[16]byte(d.b[at+4 : at+20]), size}]
	body := d.b[at : at+definitionHeader+size]
next:
	for i := range list {
		c := &list[i]
		from := definitionHeader
		for j := range c.refs {
			r := &c.refs[j]
			if !bytes.Equal(body[from:r.at], c.raw[from:r.at]) {
				continue next
			}
			off := binary.LittleEndian.Uint32(body[r.at:])
			from = r.at + 4
			if here := int64(off) == int64(at+from); here != r.here {
				continue next
			} else if here {
				from += 4
			} else if n := d.name(off); !n.ok || !bytes.Equal(n.raw, r.raw) {
				continue next
			}
		}
		if bytes.Equal(body[from:], c.raw[from:]) {
			return c.def
		}
	}
	return nil
}

func (t *templateCache) put(raw []byte, refs []nameRef, def *definition) {
	key := templateKey{[16]byte(raw[4:20]), len(raw) - definitionHeader}
	size := def.memory(len(raw), len(refs))
	if t.byGUID == nil || t.size+size > maxCached {
		t.byGUID, t.size = map[templateKey][]cached{}, 0
	}
	if len(t.byGUID[key]) >= maxVariants {
		return
	}
	t.size += size
	c := cached{raw: bytes.Clone(raw), refs: bytesOf(refs), def: def}
	t.byGUID[key] = append(t.byGUID[key], c)
}

// bytesOf copies refs with their texts, which are in a chunk.
func bytesOf(refs []nameRef) []nameRef {
	own := make([]nameRef, len(refs))
	for i, r := range refs {
		if !r.here {
			r.raw = bytes.Clone(r.raw)
		} else {
			r.raw = nil
		}
		own[i] = r
	}
	return own
}
