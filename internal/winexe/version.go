package winexe

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"vigie/internal/buildno"
)

// Resources are a tree of directories of three levels (type, name, language),
// each a header of 16 bytes and entries of 8: an id or name, and an offset from
// the beginning of the tree, whose highest bit says that another directory
// follows. The last level has the address and size of the data.
const (
	directoryHeader = 16
	directoryEntry  = 8
	dataEntry       = 16
	below           = 1 << 31
	typeVersion     = 16
	maxEntries      = 4096
	levels          = 3

	// maxVersion bounds a version resource in bytes: its own length is a number of 16 bits.
	maxVersion = 1 << 16
)

// version finds and reads the version resource.
func (b *file) version(info *Info) error {
	root := b.dirs[dirResource]
	if root.address == 0 || root.size == 0 {
		return nil
	}
	base, err := b.offset("resources", root.address)
	if err != nil {
		return err
	}
	at := base
	for level := range levels {
		entry, ok, err := b.entry(at, level)
		if err != nil || !ok {
			return err
		}
		if leaf := level == levels-1; leaf == (entry&below != 0) {
			return b.fail("resource directory", at, "data on level %d", level)
		}
		at = base + int64(entry&^below)
	}
	data, err := b.bytes("resource data", at, dataEntry)
	if err != nil {
		return err
	}
	at, err = b.offset("version resource", u32(data, 0))
	if err != nil {
		return err
	}
	text, err := b.bytes("version resource", at, int64(u32(data, 4)))
	if err != nil {
		return err
	}
	if !info.read(text) {
		return b.fail("version resource", at, "not readable")
	}
	return nil
}

// entry gives the offset in the entry of a directory: that of versions on the first level, and the first one below. False when there is none.
func (b *file) entry(at int64, level int) (uint32, bool, error) {
	head, err := b.bytes("resource directory", at, directoryHeader)
	if err != nil {
		return 0, false, err
	}
	n := int64(u16(head, 12)) + int64(u16(head, 14))
	if n > maxEntries {
		return 0, false, b.fail("resource directory", at, "%d entries, limit %d", n, maxEntries)
	}
	list, err := b.bytes("resource directory", at+directoryHeader, n*directoryEntry)
	if err != nil {
		return 0, false, err
	}
	for ; len(list) > 0; list = list[directoryEntry:] {
		if level > 0 || u32(list, 0) == typeVersion {
			return u32(list, 4), true, nil
		}
	}
	return 0, false, nil
}

// A version resource is a tree of blocks, each beginning at a multiple of four
// bytes of the one around it:
//
//	u16 length | u16 length of the value | u16 type | key in UTF-16, ending in zero | padding | value | padding | blocks
//
// VS_VERSION_INFO holds a value of numbers, then StringFileInfo with a table for each language, which holds pairs of key and text.
type block struct {
	key      string
	value    []byte
	children []byte
}

const (
	blockHeader = 6
	fixedMark   = 0xfeef04bd
	fixedSize   = 52
	maxBlocks   = 256 // blocks of one level; Windows writes a dozen
)

// cut takes the first block off a list. False at its end, and where it is damaged.
func cut(list []byte) (b block, rest []byte, ok bool) {
	if len(list) < blockHeader {
		return b, nil, false
	}
	length, units, text := int(u16(list, 0)), int(u16(list, 2)), u16(list, 4) == 1
	if length < blockHeader || length > len(list) {
		return b, nil, false
	}
	whole := list[:length]
	key, n := wide(whole[blockHeader:])
	b.key = key
	at := min(align(blockHeader+n), length)
	if text {
		units *= 2 // characters
	}
	end := min(at+units, length)
	b.value, b.children = whole[at:end], whole[min(align(end), length):]
	return b, list[min(align(length), len(list)):], true
}

func align(n int) int { return (n + 3) &^ 3 }

// read fills in what a version resource says; false when it is none.
func (i *Info) read(data []byte) bool {
	top, _, ok := cut(data)
	if !ok || top.key != "VS_VERSION_INFO" {
		return false
	}
	i.Versioned = true
	if v := top.value; len(v) >= fixedSize && u32(v, 0) == fixedMark {
		i.FileVersion, i.ProductVersion = number(v, 8), number(v, 16)
	}
	each(top.children, func(b block) {
		if b.key != "StringFileInfo" {
			return
		}
		first := true
		each(b.children, func(table block) {
			if first {
				each(table.children, i.text)
			}
			first = false
		})
	})
	return true
}

// each walks the blocks of a list.
func each(list []byte, f func(block)) {
	for range maxBlocks {
		b, rest, ok := cut(list)
		if !ok {
			return
		}
		f(b)
		list = rest
	}
}

func (i *Info) text(b block) {
	field := map[string]*string{"FileVersion": &i.FileVersionText, "ProductVersion": &i.ProductVersionText, "ProductName": &i.Product,
		"CompanyName": &i.Company, "FileDescription": &i.Description, "OriginalFilename": &i.OriginalName}[b.key]
	if field == nil || *field != "" {
		return
	}
	text, _ := wide(b.value)
	*field = short(strings.TrimSpace(text))
}

// number reads four parts of 16 bits, the higher half of each 32 first.
func number(b []byte, at int) buildno.Number {
	high, low := u32(b, at), u32(b, at+4)
	return buildno.Number{Major: high >> 16, Minor: high & 0xffff, Build: low >> 16, Revision: low & 0xffff}
}

// wide reads UTF-16 up to its zero or the end, and says how many bytes it took with the zero.
func wide(b []byte) (string, int) {
	var units []uint16
	for n := 0; n+1 < len(b); n += 2 {
		c := u16(b, n)
		if c == 0 {
			return string(utf16.Decode(units)), n + 2
		}
		units = append(units, c)
	}
	return string(utf16.Decode(units)), len(b)
}

// short bounds a text, at the end of a character.
func short(s string) string {
	if len(s) <= MaxText {
		return s
	}
	s = s[:MaxText]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
