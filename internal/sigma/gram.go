package sigma

// Many texts searched for at once in one value. Each text is entered under one window, the four bytes of it that are rarest in Windows logs
// (rarity.go), so that usual text passes by: for each place of the value the hash of its four bytes is looked up in a bitmap small enough for
// the first-level cache, and few places go further. There the texts of this window are compared, each where it would stand. Values and
// texts are folded. Compare internal/literal, which does the same for large pieces of text and a few hundred literals; here values have
// some dozens of bytes and there are many tables, so what counts is that a search begins and ends quickly.

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// gramSize is the bytes of a window. Shorter texts cannot be entered.
const gramSize = 4

// gramText is a text in a gramTable.
type gramText struct {
	text   []byte
	where  anchor // in the value; never whole
	window int32  // where in the text its window is
	key    int32  // of the index
	sure   bool   // that it is found decides the predicate
	any    bool   // the text of a keyword, in the table of a field
}

// gramTable finds texts. It never changes.
type gramTable struct {
	shift   uint     // of the hash, for the bitmap
	bitmap  []uint64 // 1<<(32-shift) bits
	coarse  uint     // shift of the hash for from
	from    []int32  // texts[from[h]:from[h+1]] have the hash h
	texts   []gramText
	windows []uint32 // of texts
}

func gramHash(v uint32) uint32 { return v * 0x9e3779b1 }

func newGramTable(texts []gramText) *gramTable {
	if len(texts) == 0 {
		return nil
	}
	// About one place of 32 passes the bitmap by accident; there is about one text for each entry of from.
	size := uint(bits.Len(uint(len(texts))))
	t := &gramTable{shift: 32 - min(max(size+5, 9), 18), coarse: 32 - min(size+1, 20)}
	t.bitmap = make([]uint64, 1<<(32-t.shift-6))
	hash := func(g *gramText) uint32 { return gramHash(binary.LittleEndian.Uint32(g.text[g.window:])) }
	slices.SortStableFunc(texts, func(a, b gramText) int { return int(hash(&a)>>t.coarse) - int(hash(&b)>>t.coarse) })
	t.texts = texts
	t.from = make([]int32, 1<<(32-t.coarse)+1)
	for i := range texts {
		h := hash(&texts[i])
		t.bitmap[h>>t.shift>>6] |= 1 << (h >> t.shift & 63)
		t.from[h>>t.coarse+1]++
		t.windows = append(t.windows, binary.LittleEndian.Uint32(texts[i].text[texts[i].window:]))
	}
	for i := range len(t.from) - 1 {
		t.from[i+1] += t.from[i]
	}
	return t
}

// find calls found for each text that is in the value, once for each place.
func (t *gramTable) find(value []byte, found func(*gramText)) {
	i, bitmap, shift := 0, t.bitmap, t.shift&31 // which the compiler needs to be told
	for ; i+8 <= len(value); i += 4 {
		x := binary.LittleEndian.Uint64(value[i:])
		a := gramHash(uint32(x)) >> shift
		b := gramHash(uint32(x>>8)) >> shift
		c := gramHash(uint32(x>>16)) >> shift
		d := gramHash(uint32(x>>24)) >> shift
		if bitmap[a>>6]>>(a&63)&1 != 0 {
			t.check(value, i, uint32(x), found)
		}
		if bitmap[b>>6]>>(b&63)&1 != 0 {
			t.check(value, i+1, uint32(x>>8), found)
		}
		if bitmap[c>>6]>>(c&63)&1 != 0 {
			t.check(value, i+2, uint32(x>>16), found)
		}
		if bitmap[d>>6]>>(d&63)&1 != 0 {
			t.check(value, i+3, uint32(x>>24), found)
		}
	}
	for ; i+gramSize <= len(value); i++ {
		x := binary.LittleEndian.Uint32(value[i:])
		if a := gramHash(x) >> shift; bitmap[a>>6]>>(a&63)&1 != 0 {
			t.check(value, i, x, found)
		}
	}
}

// check compares the texts whose window may be at a place of the value.
func (t *gramTable) check(value []byte, at int, window uint32, found func(*gramText)) {
	h := gramHash(window) >> t.coarse
	for i := t.from[h]; i < t.from[h+1]; i++ {
		if t.windows[i] != window {
			continue
		}
		g := &t.texts[i]
		start := at - int(g.window)
		end := start + len(g.text)
		if start < 0 || end > len(value) || g.where == atStart && start > 0 || g.where == atEnd && end < len(value) {
			continue
		}
		if string(value[start:end]) == string(g.text) {
			found(g)
		}
	}
}
