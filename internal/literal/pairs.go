package literal

import "encoding/binary"

// pairs is the filter for literals of one to three bytes: a table of all pairs of bytes with which one of them can begin, 1 where there is
// one. Of the second byte only the lower five bits count, which keeps the table in the first-level cache and takes nothing from the
// exactness of single bytes. The last position of the data has no pair; Set.mark sees to it.
type pairs [1 << 13]byte

// pairMask takes a pair, the first byte in the lower half, to its index.
const pairMask = 1<<13 - 1

// newPairs returns nil when no literal is shorter than four bytes.
func newPairs(windows []window, fold bool) *pairs {
	var p *pairs
	for i := range windows {
		w := &windows[i]
		if w.n == maxWindow {
			continue
		}
		if p == nil {
			p = new(pairs)
		}
		for _, a := range cases(w.bytes[0], fold) {
			if w.n > 1 {
				for _, b := range cases(w.bytes[1], fold) {
					p.add(a, b)
				}
				continue
			}
			for b := range 256 {
				p.add(a, byte(b))
			}
		}
	}
	return p
}

// cases returns the bytes that equal b, which with fold is in lower case.
func cases(b byte, fold bool) []byte {
	if fold && isLetter(b) {
		return []byte{b, b &^ caseBit}
	}
	return []byte{b}
}

func (p *pairs) add(a, b byte) { p[(uint16(a)|uint16(b)<<8)&pairMask] = 1 }

// mark sets in m the positions from at on where a literal may begin. It stops at the end of m or of the data.
func (p *pairs) mark(data []byte, at int, m []uint64) {
	test := func(b []byte) uint64 { return uint64(p[binary.LittleEndian.Uint16(b)&pairMask]) }
	for i := range m {
		rest := data[min(at+i*word, len(data)):]
		var set uint64
		if len(rest) < word+1 {
			for j := 0; j < word && j+2 <= len(rest); j++ {
				set |= test(rest[j:]) << j
			}
			m[i] |= set
			continue
		}
		for j := 0; j < word; j += 8 {
			b := (*[9]byte)(rest[j:])
			set = set>>8 | (test(b[0:])|test(b[1:])<<1|test(b[2:])<<2|test(b[3:])<<3|
				test(b[4:])<<4|test(b[5:])<<5|test(b[6:])<<6|test(b[7:])<<7)<<56
		}
		m[i] |= set
	}
}

// has reports whether mark would set the position of these bytes.
func (p *pairs) has(b []byte) bool { return p[binary.LittleEndian.Uint16(b)&pairMask] != 0 }
