package module

import (
	"encoding/binary"
	"math/bits"
)

// The tables of metadata (ECMA-335, II.22 and II.24.2.6) lie one behind the other in the stream "#~". How wide their columns are depends on
// how long the heaps and the other tables are, so all tables up to the last that is wanted are described here, each by its columns:
//
//	2 4  a number of so many bytes     s g b  an index into the strings, the GUIDs, the blobs
//	iXX  an index into table XX        a letter from A on: an index into one of several tables, see codedIndexes
var tableColumns = [...]string{
	0x00: "2sggg", 0x01: "Ass", 0x02: "4ssBi04i06", 0x03: "i04", 0x04: "2sb", 0x05: "i06", 0x06: "422sbi08", 0x07: "i08", 0x08: "22s",
	0x09: "i02B", 0x0a: "Csb", 0x0b: "2Db", 0x0c: "EFb", 0x0d: "Gb", 0x0e: "2Hb", 0x0f: "24i02", 0x10: "4i04", 0x11: "b", 0x12: "i02i14",
	0x13: "i14", 0x14: "2sB", 0x15: "i02i17", 0x16: "i17", 0x17: "2sb", 0x18: "2i06I", 0x19: "i02JJ", 0x1a: "s", 0x1b: "b",
	0x1c: "2Ksi1a", 0x1d: "4i04", 0x1e: "44", 0x1f: "4", 0x20: "422224bss", 0x21: "4", 0x22: "444", 0x23: "22224bssb",
}

// The tables that are read.
const (
	tableModule          = 0x00
	tableTypeRef         = 0x01
	tableMemberRef       = 0x0a
	tableCustomAttribute = 0x0c
	tableModuleRef       = 0x1a
	tableAssembly        = 0x20
	tableAssemblyRef     = 0x23
)

// codedIndexes are the tables that an index may point into, told apart by its lowest bits.
var codedIndexes = map[byte][]byte{
	'A': {0x00, 0x1a, 0x23, 0x01}, 'B': {0x02, 0x01, 0x1b}, 'C': {0x02, 0x01, 0x1a, 0x06, 0x1b}, 'D': {0x04, 0x08, 0x17},
	'E': {0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14, 0x11, 0x1a, 0x1b, 0x20, 0x23, 0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2b},
	'F': {0x06, 0x0a, 0x06, 0x0a, 0x06}, 'G': {0x04, 0x08}, 'H': {0x02, 0x06, 0x20}, 'I': {0x14, 0x17}, 'J': {0x06, 0x0a}, 'K': {0x04, 0x06},
}

const (
	maxRows       = 1 << 16 // of a table that is read; libyara stops at 10,000 rows of any table
	maxDotnetName = 1024
	maxTypelib    = 36
)

// tables reads rows.
type tables struct {
	rows     [64]uint32
	heaps    byte // which heaps have indexes of four bytes: 1 strings, 2 GUIDs, 4 blobs
	data     []byte
	starts   [len(tableColumns)]int64
	strings  []byte
	blobs    []byte
	complete bool
}

// readTables finds the tables in a stream: a header, the number of rows of each, the rows.
func readTables(b, strings, blobs []byte) *tables {
	t := &tables{data: b, strings: strings, blobs: blobs}
	const headerSize = 24
	if len(b) < headerSize {
		return t
	}
	t.heaps = b[6]
	valid := binary.LittleEndian.Uint64(b[8:])
	at := int64(headerSize)
	if int64(len(b))-at < 4*int64(bits.OnesCount64(valid)) {
		return t
	}
	for i := range t.rows {
		if valid>>i&1 != 0 {
			t.rows[i] = binary.LittleEndian.Uint32(b[at:])
			at += 4
		}
	}
	const extraData = 0x40
	if t.heaps&extraData != 0 {
		at += 4
	}
	for i := range tableColumns {
		t.starts[i] = at
		at += int64(t.rows[i]) * t.offset(i, len(tableColumns[i]))
		if at > int64(len(b)) {
			return t
		}
	}
	t.complete = true
	return t
}

// offset gives where in a row of a table the column begins whose description begins at letter upTo; at the end it is the size of a row.
func (t *tables) offset(table, upTo int) (n int64) {
	columns := tableColumns[table]
	for i := 0; i < upTo; i++ {
		n += t.size(columns[i:])
		if columns[i] == 'i' {
			i += 2
		}
	}
	return n
}

// size gives the width of the first column of a description.
func (t *tables) size(columns string) int64 {
	heap := func(bit byte) int64 {
		if t.heaps&bit != 0 {
			return 4
		}
		return 2
	}
	wide := func(rows uint32, tagBits int) int64 {
		if rows > 0xffff>>tagBits {
			return 4
		}
		return 2
	}
	switch c := columns[0]; c {
	case '2', '4':
		return int64(c - '0')
	case 's':
		return heap(1)
	case 'g':
		return heap(2)
	case 'b':
		return heap(4)
	case 'i':
		hi, _ := hexDigit(columns[1])
		lo, _ := hexDigit(columns[2])
		return wide(t.rows[hi<<4|lo], 0)
	default:
		most := uint32(0)
		for _, table := range codedIndexes[c] {
			most = max(most, t.rows[table])
		}
		return wide(most, bits.Len(uint(len(codedIndexes[c])-1)))
	}
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// count gives the rows of a table that are read.
func (t *tables) count(table int) int {
	if t == nil || !t.complete {
		return 0
	}
	return int(min(t.rows[table], maxRows))
}

// cell reads a column of a row, counted from 0.
func (t *tables) cell(table, row, column int) uint32 {
	columns := tableColumns[table]
	at := t.starts[table] + int64(row)*t.offset(table, len(columns))
	letter := 0
	for range column {
		at += t.size(columns[letter:])
		if columns[letter] == 'i' {
			letter += 2
		}
		letter++
	}
	v := view(t.data)
	if t.size(columns[letter:]) == 4 {
		n, _ := v.u32(at)
		return n
	}
	n, _ := v.u16(at)
	return uint32(n)
}

// text reads a column of names.
func (t *tables) text(table, row, column int) []byte {
	return view(t.strings).cstring(int64(t.cell(table, row, column)), maxDotnetName)
}

// blob reads an entry of the blobs.
func (t *tables) blob(index uint32) []byte {
	if int64(index) >= int64(len(t.blobs)) {
		return nil
	}
	b := t.blobs[index:]
	n, head := blobLength(b)
	if head == 0 || n > len(b)-head {
		return nil
	}
	return b[head : head+n : head+n]
}

// typelib gives the GUID that the assembly has as an attribute: the attribute of the assembly, which is a member of the type GuidAttribute.
func (t *tables) typelib() []byte {
	const parentAssembly, typeMember, classTypeRef = 0x0e, 3, 1
	for row := range t.count(tableCustomAttribute) {
		parent, kind := t.cell(tableCustomAttribute, row, 0), t.cell(tableCustomAttribute, row, 1)
		member := int(kind>>3) - 1
		if parent&0x1f != parentAssembly || kind&7 != typeMember || member < 0 || member >= t.count(tableMemberRef) {
			continue
		}
		class := t.cell(tableMemberRef, member, 0)
		ref := int(class>>3) - 1
		if class&7 != classTypeRef || ref < 0 || ref >= t.count(tableTypeRef) || string(t.text(tableTypeRef, ref, 1)) != "GuidAttribute" {
			continue
		}
		// The value is a mark of two bytes, the length of the text, and the text.
		value := t.blob(t.cell(tableCustomAttribute, row, 2))
		if len(value) < 3 || value[0] != 1 || value[1] != 0 || int(value[2]) > len(value)-3 {
			continue
		}
		return value[3 : 3+min(int(value[2]), maxTypelib)]
	}
	return nil
}
