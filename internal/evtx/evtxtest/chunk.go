package evtxtest

import (
	"encoding/binary"
	"maps"
	"time"
	"unicode/utf16"
)

// Template is a template definition.
type Template struct {
	GUID [16]byte
	Root *Element
}

// Element is an element of a template or fragment. Its content is made of
// string (a text), Sub, *Element, CDATA, CharRef, EntityRef and PI.
type Element struct {
	Name    string
	Attrs   []Attr
	Content []any
}

// Attr is an attribute; its parts are as the content of an element, without elements.
type Attr struct {
	Name  string
	Parts []any
}

// Parts of contents.
type (
	// Sub is the place of a value.
	Sub struct {
		Index    uint16
		Type     uint8
		Optional bool
	}
	CDATA     string
	CharRef   uint16
	EntityRef string
	PI        struct{ Target, Data string }
)

// chunk is a chunk that is being written.
type chunk struct {
	b         []byte
	names     map[string]uint32
	templates map[*Template]uint32
	first     uint64
	last      uint64
	n         uint64
	lastAt    uint32
}

func newChunk() *chunk {
	b := make([]byte, RecordArea, ChunkSize)
	copy(b, "ElfChnk\x00")
	return &chunk{b: b, names: map[string]uint32{}, templates: map[*Template]uint32{}}
}

func (c *chunk) u8(v ...byte) { c.b = append(c.b, v...) }
func (c *chunk) u16(v uint16) { c.b = binary.LittleEndian.AppendUint16(c.b, v) }
func (c *chunk) u32(v uint32) { c.b = binary.LittleEndian.AppendUint32(c.b, v) }
func (c *chunk) u64(v uint64) { c.b = binary.LittleEndian.AppendUint64(c.b, v) }
func (c *chunk) text(s string) {
	for _, u := range utf16.Encode([]rune(s)) {
		c.u16(u)
	}
}

func (c *chunk) counted(s string) {
	c.u16(uint16(len(utf16.Encode([]rune(s)))))
	c.text(s)
}

// size writes a u32 that is the count of bytes that write appends.
func (c *chunk) size(write func()) {
	at := len(c.b)
	c.u32(0)
	write()
	binary.LittleEndian.PutUint32(c.b[at:], uint32(len(c.b)-at-4))
}

// add writes a record; it gives false, and changes nothing, when there is no room.
func (c *chunk) add(r Record) bool {
	at := len(c.b)
	names, templates := maps.Clone(c.names), maps.Clone(c.templates)
	c.u32(0x2a2a)
	c.u32(0)
	c.u64(r.ID)
	c.u64(FileTime(r.Time))
	if r.Raw != nil {
		c.u8(r.Raw...)
	} else {
		c.u8(0x0f, 1, 1, 0)
		c.instance(r.Template, r.Values)
		c.u8(0)
	}
	for (len(c.b)-at+4)%8 != 0 {
		c.u8(0)
	}
	size := uint32(len(c.b) - at + 4)
	c.u32(size)
	if len(c.b) > ChunkSize {
		c.b, c.names, c.templates = c.b[:at], names, templates
		return false
	}
	binary.LittleEndian.PutUint32(c.b[at+4:], size)
	if c.n == 0 {
		c.first = r.ID
	}
	c.n++
	c.last, c.lastAt = r.ID, uint32(at)
	return true
}

// instance writes the use of a template, with its definition the first time.
func (c *chunk) instance(t *Template, values []Value) {
	c.u8(0x0c, 1)
	c.u8(t.GUID[:4]...)
	if off, ok := c.templates[t]; ok {
		c.u32(off)
	} else {
		off = uint32(len(c.b) + 4)
		c.u32(off)
		c.templates[t] = off
		c.u32(0)
		c.u8(t.GUID[:]...)
		c.size(func() {
			c.u8(0x0f, 1, 1, 0)
			c.element(t.Root)
			c.u8(0)
		})
	}
	c.u32(uint32(len(values)))
	table := len(c.b)
	for _, v := range values {
		c.u16(0)
		c.u8(v.Type, 0)
	}
	for i, v := range values {
		from := len(c.b)
		switch {
		case v.Template != nil:
			c.u8(0x0f, 1, 1, 0)
			c.instance(v.Template, v.Values)
			c.u8(0)
		case v.Element != nil:
			c.u8(0x0f, 1, 1, 0)
			c.inline(v.Element)
			c.u8(0)
		default:
			c.u8(v.Data...)
		}
		binary.LittleEndian.PutUint16(c.b[table+4*i:], uint16(len(c.b)-from))
	}
}

// element writes an element of a template: those have a dependency number.
func (c *chunk) element(e *Element) { c.write(e, true) }

// inline writes an element of a value: those have none.
func (c *chunk) inline(e *Element) { c.write(e, false) }

func (c *chunk) write(e *Element, dependency bool) {
	token := byte(0x01)
	if len(e.Attrs) > 0 {
		token |= 0x40
	}
	c.u8(token)
	if dependency {
		c.u16(0xffff)
	}
	c.size(func() {
		c.name(e.Name)
		if len(e.Attrs) > 0 {
			c.size(func() {
				for i, a := range e.Attrs {
					token := byte(0x06)
					if i < len(e.Attrs)-1 {
						token |= 0x40
					}
					c.u8(token)
					c.name(a.Name)
					c.content(a.Parts, dependency)
				}
			})
		}
		if len(e.Content) == 0 {
			c.u8(0x03)
			return
		}
		c.u8(0x02)
		c.content(e.Content, dependency)
		c.u8(0x04)
	})
}

func (c *chunk) content(parts []any, dependency bool) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			c.u8(0x05, 1)
			c.counted(p)
		case Sub:
			token := byte(0x0d)
			if p.Optional {
				token = 0x0e
			}
			c.u8(token)
			c.u16(p.Index)
			c.u8(p.Type)
		case *Element:
			c.write(p, dependency)
		case CDATA:
			c.u8(0x07)
			c.counted(string(p))
		case CharRef:
			c.u8(0x08)
			c.u16(uint16(p))
		case EntityRef:
			c.u8(0x09)
			c.name(string(p))
		case PI:
			c.u8(0x0a)
			c.name(p.Target)
			c.u8(0x0b)
			c.counted(p.Data)
		default:
			panic("evtxtest: unknown part of a content")
		}
	}
}

// name writes the offset of a name, and the name itself the first time.
func (c *chunk) name(s string) {
	if off, ok := c.names[s]; ok {
		c.u32(off)
		return
	}
	off := uint32(len(c.b) + 4)
	c.u32(off)
	c.names[s] = off
	hash := uint32(0)
	for _, u := range utf16.Encode([]rune(s)) {
		hash = hash*65599 + uint32(u)
	}
	c.u32(0)
	c.u16(uint16(hash))
	c.counted(s)
	c.u16(0)
}

// bytes gives the chunk, with its header and checksums.
func (c *chunk) bytes() []byte {
	le := binary.LittleEndian
	free := len(c.b)
	b := append(c.b, make([]byte, ChunkSize-free)...)
	le.PutUint64(b[8:], c.first)
	le.PutUint64(b[16:], c.last)
	le.PutUint64(b[24:], c.first)
	le.PutUint64(b[32:], c.last)
	le.PutUint32(b[40:], 128)
	le.PutUint32(b[44:], c.lastAt)
	le.PutUint32(b[48:], uint32(free))
	Seal(b)
	return b
}

// FileTime gives a time as FILETIME.
func FileTime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond()/100)
}
