package pattern

import (
	"encoding/binary"
	"math/bits"
)

// pairs finds the atoms that are too short or too common for the filter, by their first two bytes. The pass over the data for them is only
// made when a condition asks for one of their strings, and then once for all.
type pairs struct {
	table   [1 << 16 / word]uint64 // bits
	entries [][]entry              // by number
	number  map[uint16]int32       // only while building
	index   []int32                // by pair; nil when there are none
	total   int                    // entries of all
}

const (
	// maxPairs is how many values the first two bytes of the atoms of one string may have.
	maxPairs = 1 << 13

	// maxPairEntries is how many those of all strings may have; what comes after is searched for string by string.
	maxPairEntries = 1 << 19
)

// take reports whether there is room for these atoms.
func (p *pairs) take(all []rawAtom) bool {
	n := 0
	for i := range all {
		if n += all[i].sets[0].len() * all[i].sets[1].len(); n > maxPairs {
			return false
		}
	}
	return p.total+n <= maxPairEntries
}

func (p *pairs) add(a *rawAtom, id int32) {
	if p.number == nil {
		p.number = make(map[uint16]int32)
	}
	value, mask := a.check()
	for b0 := range 256 {
		if !a.sets[0].has(byte(b0)) {
			continue
		}
		for b1 := range 256 {
			if !a.sets[1].has(byte(b1)) {
				continue
			}
			pair := uint16(b0 | b1<<8)
			n, ok := p.number[pair]
			if !ok {
				n = int32(len(p.entries))
				p.entries = append(p.entries, nil)
				p.number[pair] = n
			}
			p.total++
			p.entries[n] = append(p.entries[n], entry{check{value, mask}, id, a.near})
		}
	}
}

func (p *pairs) build() {
	if len(p.entries) == 0 {
		return
	}
	p.index = make([]int32, 1<<16)
	for pair, n := range p.number {
		p.table[pair/word] |= 1 << (pair % word)
		p.index[pair] = n
	}
	p.number = nil
}

// scan calls the State with each atom in data, in ascending order of positions.
func (p *pairs) scan(data []byte, st *State) {
	if p.index == nil {
		return
	}
	var marks [block / word]uint64
	whole := max(0, len(data)-atomLen+1)
	for at := 0; at < whole; at += block {
		n := min(block, whole-at)
		p.mark(data[at:at+n+atomLen-1], &marks)
		for i, set := range marks[:(n+word-1)/word] {
			for ; set != 0; set &= set - 1 {
				pos := at + i*word + bits.TrailingZeros64(set)
				v := binary.LittleEndian.Uint32(data[pos:])
				p.lookup(uint16(v), v, pos, st)
			}
		}
	}
	var tail [2 * atomLen]byte
	copy(tail[:], data[whole:])
	for i := range len(data) - whole {
		v := binary.LittleEndian.Uint32(tail[i:])
		if pair := uint16(v); p.table[pair/word]>>(pair%word)&1 != 0 {
			p.lookup(pair, v, whole+i, st)
		}
	}
}

// mark sets the bits of the positions of data that have four bytes and pass the table. It is filter.mark with another test, written out: one
// search for both, with a hash that takes two bytes of the four, cost a sixth of a whole scan of executables.
func (p *pairs) mark(data []byte, marks *[block / word]uint64) {
	table := &p.table
	test := func(b []byte) uint64 {
		pair := binary.LittleEndian.Uint16(b)
		return table[pair/word] >> (pair % word) & 1
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

func (p *pairs) lookup(pair uint16, v uint32, pos int, st *State) {
	entries := p.entries[p.index[pair]]
	for i := range entries {
		if e := &entries[i]; v&e.mask == e.value && e.beside(st.data, pos) {
			st.found(e.atom, pos)
		}
	}
}
