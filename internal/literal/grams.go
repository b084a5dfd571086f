package literal

import (
	"encoding/binary"
	"math/bits"
)

// grams is the filter for any number of windows: a table of the hashes of all windows of four bytes, one byte for each hash, 1 where a
// window has it. Every position costs two loads, a multiplication and a shift, without a branch, so the processor works on many
// positions at once. A bitmap would be eight times smaller, but taking a bit out of a byte costs more here than a cache line does.
type grams struct {
	shift  uint8
	caseOr uint32 // see window.key
	table  []byte
}

// newGrams returns nil when there is no window of four bytes.
func newGrams(windows []window, fold bool) *grams {
	n := 0
	for i := range windows {
		if windows[i].n == maxWindow {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	// Up to 16 KiB, a part of any first-level cache, there are 64 hashes or more for each window, which makes one false mark in 64
	// positions or fewer. Then 16 to 32 for each, which for 5,000 windows stays in the second level, and from 65,536 windows on
	// a megabyte must do.
	width := max(min(bits.Len(uint(n))+6, 14), min(bits.Len(uint(n))+5, 20), 10)
	g := &grams{shift: uint8(32 - width), caseOr: caseBits(fold), table: make([]byte, 1<<width)}
	for i := range windows {
		if windows[i].n == maxWindow {
			g.table[hash(windows[i].key(fold))>>g.shift] = 1
		}
	}
	return g
}

// mark sets in m the positions from at on where the table has the hash of the four bytes there. It stops at the end of m or of
// the data.
func (g *grams) mark(data []byte, at int, m []uint64) {
	table, caseOr, shift := g.table, g.caseOr, g.shift&31
	test := func(b []byte) uint64 { return uint64(table[hash(binary.LittleEndian.Uint32(b)|caseOr)>>shift]) }
	for i := range m {
		rest := data[min(at+i*word, len(data)):]
		var set uint64
		if len(rest) < word+maxWindow {
			for j := 0; j < word && j+maxWindow <= len(rest); j++ {
				set |= test(rest[j:]) << j
			}
			m[i] |= set
			continue
		}
		for j := 0; j < word; j += 8 {
			b := (*[8 + maxWindow - 1]byte)(rest[j:])
			set = set>>8 | (test(b[0:])|test(b[1:])<<1|test(b[2:])<<2|test(b[3:])<<3|
				test(b[4:])<<4|test(b[5:])<<5|test(b[6:])<<6|test(b[7:])<<7)<<56
		}
		m[i] |= set
	}
}

// has reports whether mark would set the position of these four bytes.
func (g *grams) has(b []byte) bool {
	return g.table[hash(binary.LittleEndian.Uint32(b)|g.caseOr)>>(g.shift&31)] != 0
}
