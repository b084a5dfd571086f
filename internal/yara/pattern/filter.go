package pattern

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// filter finds atoms. A table with a bit for each hash of four bytes, folded so that both cases of a letter are the same, says of each
// position whether an atom may be there; the test has no branch, and the processor does many at once. The few positions that pass are
// looked up in buckets, where the bytes are compared.
type filter struct {
	table   []uint64 // bits
	shift   uint8
	buckets []uint32 // entries of bucket b are entries[buckets[b]:buckets[b+1]]
	coarse  uint8    // shift from a hash to a bucket
	checks  []check  // of each entry, apart from the rest because most compares end here
	entries []entry
	keys    []uint32 // folded value of each entry; only while building
}

// check is what the four bytes of an atom must be, as they are in the data.
type check struct{ value, mask uint32 }

// entry is one value of an atom.
type entry struct {
	check
	atom int32
	near near
}

// beside reports whether what lies beside the atom may be that of a match. Beyond the ends of the data it cannot be told.
func (e *entry) beside(data []byte, pos int) bool {
	at := pos + int(e.near.distance)
	if at < 0 || at+atomLen > len(data) {
		return true
	}
	return binary.LittleEndian.Uint32(data[at:])&e.near.mask == e.near.value
}

// word is how many positions share one word of marks.
const word = 64

func hash(v uint32) uint32 { return v * 0x9E3779B1 }

// maxEntries is how many values all atoms may have, in some 32 MiB, twice that while building. A large public rule set has 80,000; what comes after is searched for
// on demand.
const maxEntries = 1 << 20

// add adds all values of an atom.
func (f *filter) add(a *rawAtom, id int32) {
	value, mask := a.check()
	a.expand(func(v uint32) {
		f.entries = append(f.entries, entry{check{value, mask}, id, a.near})
		f.keys = append(f.keys, v)
	})
}

// build makes the tables. There are 16 to 32 bits for each entry, from a thousand to four million; with as many entries as a large rule
// set has, four in a hundred positions of random data pass, and the table stays in the second-level cache.
func (f *filter) build() {
	n := len(f.entries)
	width := max(min(bits.Len(uint(n))+5, 22), 10)
	f.shift = uint8(32 - width)
	f.table = make([]uint64, 1<<width/word)
	bucketBits := max(min(bits.Len(uint(n)), 18), 4)
	f.coarse = uint8(32 - bucketBits)
	f.buckets = make([]uint32, 1<<bucketBits+1)
	for _, key := range f.keys {
		h := hash(key)
		bit := h >> f.shift
		f.table[bit/word] |= 1 << (bit % word)
		f.buckets[h>>f.coarse+1]++
	}
	for b := 1; b < len(f.buckets); b++ {
		f.buckets[b] += f.buckets[b-1]
	}
	at := slices.Clone(f.buckets)
	sorted := make([]entry, n)
	for i, key := range f.keys {
		b := hash(key) >> f.coarse
		sorted[at[b]] = f.entries[i]
		at[b]++
	}
	f.entries, f.keys = sorted, nil
	f.checks = make([]check, n)
	for i := range sorted {
		f.checks[i] = sorted[i].check
	}
}

// block is how many positions are marked before the marks are visited.
const block = 4096

// scan calls the State with each atom in data, in ascending order of positions.
func (f *filter) scan(data []byte, st *State) {
	if len(f.entries) == 0 {
		return
	}
	var marks [block / word]uint64
	whole := max(0, len(data)-atomLen+1) // positions with four bytes
	for at := 0; at < whole; at += block {
		n := min(block, whole-at)
		f.mark(data[at:at+n+atomLen-1], &marks)
		for i, set := range marks[:(n+word-1)/word] {
			for ; set != 0; set &= set - 1 {
				pos := at + i*word + bits.TrailingZeros64(set)
				f.lookup(binary.LittleEndian.Uint32(data[pos:]), data, pos, st)
			}
		}
	}
	// The last positions have fewer bytes; what is missing is taken as zeros, which atoms with free places at their end allow.
	var tail [2 * atomLen]byte
	copy(tail[:], data[whole:])
	for i := range len(data) - whole {
		f.lookup(binary.LittleEndian.Uint32(tail[i:]), data, whole+i, st)
	}
}

// mark sets the bits of the positions of data that have four bytes and pass the table.
func (f *filter) mark(data []byte, marks *[block / word]uint64) {
	table, shift := f.table, f.shift&31
	mask := uint32(len(table) - 1)
	test := func(b []byte) uint64 {
		h := hash(binary.LittleEndian.Uint32(b)|foldBits) >> shift
		return table[h>>6&mask] >> (h & 63) & 1
	}
	n := len(data) - atomLen + 1
	for i := 0; i*word < n; i++ {
		rest := data[i*word:]
		var set uint64
		if len(rest) < word+atomLen {
			for j := 0; j < word && j+atomLen <= len(rest); j++ {
				set |= test(rest[j:]) << j
			}
			marks[i] = set
			continue
		}
		for j := 0; j < word; j += 8 {
			b := (*[8 + atomLen - 1]byte)(rest[j:])
			set = set>>8 | (test(b[0:])|test(b[1:])<<1|test(b[2:])<<2|test(b[3:])<<3|
				test(b[4:])<<4|test(b[5:])<<5|test(b[6:])<<6|test(b[7:])<<7)<<56
		}
		marks[i] = set
	}
}

// lookup gives the atoms of these four bytes.
func (f *filter) lookup(v uint32, data []byte, pos int, st *State) {
	b := hash(v|foldBits) >> f.coarse
	from, to := f.buckets[b], f.buckets[b+1]
	for i, c := range f.checks[from:to] {
		if v&c.mask == c.value {
			if e := &f.entries[int(from)+i]; e.beside(data, pos) {
				st.found(e.atom, pos)
			}
		}
	}
}
