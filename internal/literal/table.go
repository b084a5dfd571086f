package literal

import "math/bits"

// table leads from the bytes at a marked position to the literals whose window they are: the upper bits of a hash choose a slot, and
// the entries of one slot lie side by side. A false mark ends nearly always at an empty slot, after two loads.
type table struct {
	shift   uint8
	lengths uint8    // bit n is set when there is a window of n bytes
	caseOr  uint32   // see window.key
	head    []uint32 // the entries of slot h are entries[head[h]:head[h+1]]
	entries []entry
}

type entry struct {
	key uint32
	lit uint32
	off uint8
	n   uint8
}

func newTable(windows []window, fold bool) table {
	// Four slots for each window leave at least three of four empty.
	width := max(bits.Len(uint(len(windows)))+2, 8)
	t := table{
		shift:   uint8(32 - width),
		caseOr:  caseBits(fold),
		head:    make([]uint32, 1<<width+1),
		entries: make([]entry, len(windows)),
	}
	// Counting sort: count, sum up, place. Placing moves each head to the end of its slot, which is the head of the next one.
	for i := range windows {
		t.head[hash(windows[i].key(fold))>>t.shift]++
		t.lengths |= 1 << windows[i].n
	}
	sum := uint32(0)
	for h, n := range t.head {
		t.head[h] = sum
		sum += n
	}
	for i := range windows {
		w := &windows[i]
		key := w.key(fold)
		h := hash(key) >> t.shift
		t.entries[t.head[h]] = entry{key: key, lit: w.lit, off: w.off, n: w.n}
		t.head[h]++
	}
	copy(t.head[1:], t.head)
	t.head[0] = 0
	return t
}

// slot returns the entries that a key may be among.
func (t *table) slot(key uint32) []entry {
	h := hash(key) >> t.shift
	return t.entries[t.head[h]:t.head[h+1]]
}
