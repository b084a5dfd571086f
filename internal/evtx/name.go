package evtx

import (
	"encoding/binary"
	"strings"
)

// A name of a chunk: offset of the next in its bucket u32, hash u16, count of
// characters u16, the characters in UTF-16, NUL. The hash is not checked: a
// wrong one harms nobody.
const (
	nameHeader = 8
	// maxName is the longest name that is read, in UTF-16 units. Windows writes
	// names of tens; longer ones would only make each field of a record costly.
	maxName = 1024
)

// nameEntry is a name of the chunk at hand.
type nameEntry struct {
	text string
	raw  []byte // the UTF-16 of the text, in the chunk
	ok   bool
}

// nameTable remembers the names that were looked up last in the chunk at hand: one for each place that an offset has in the table.
type nameTable struct {
	chunk   uint32 // counts the chunks, from 1
	entries [1024]struct {
		chunk, off uint32
		name       nameEntry
	}
}

// name gives the name at an offset of the chunk.
func (d *Decoder) name(off uint32) nameEntry {
	at := &d.names.entries[(off^off>>10)%uint32(len(d.names.entries))]
	if at.off == off && at.chunk == d.names.chunk {
		return at.name
	}
	var n nameEntry
	if int64(off)+nameHeader <= int64(len(d.b)) {
		count := int(binary.LittleEndian.Uint16(d.b[off+6:]))
		from := int(off) + nameHeader
		if count > 0 && count <= maxName && from+2*count+2 <= len(d.b) {
			n.raw = d.b[from : from+2*count]
			d.scratch = appendUTF16(d.scratch[:0], n.raw)
			n.text = d.strings.of(d.scratch)
			n.ok = true
		}
	}
	at.chunk, at.off, at.name = d.names.chunk, off, n
	return n
}

// interner keeps one string of each name. At its cap it begins anew: names in
// use stay with those who have them.
type interner struct {
	words  map[string]string
	joined map[[2]string]string
	size   int
}

// maxInterned bounds what an interner holds, in bytes of text and map entries
// counted as 64: real names of a whole server are some hundreds of kilobytes.
const maxInterned = 4 << 20

func (n *interner) init() {
	n.words, n.joined, n.size = map[string]string{}, map[[2]string]string{}, 0
}

func (n *interner) room(text int) {
	if n.size += text + 64; n.size > maxInterned {
		n.init()
		n.size = text + 64
	}
}

// of gives the string of b.
func (n *interner) of(b []byte) string {
	if s, ok := n.words[string(b)]; ok {
		return s
	}
	n.room(len(b))
	s := string(b)
	n.words[s] = s
	return s
}

// join gives the field name of an attribute, Element_Attribute.
func (n *interner) join(element, attribute string) string {
	key := [2]string{element, attribute}
	if s, ok := n.joined[key]; ok {
		return s
	}
	n.room(len(element) + len(attribute) + 1)
	s := element + "_" + attribute
	n.joined[key] = s
	return s
}

// namespace says if an attribute declares a namespace; such a one is no field.
func namespace(attribute string) bool {
	return attribute == "xmlns" || strings.HasPrefix(attribute, "xmlns:")
}
