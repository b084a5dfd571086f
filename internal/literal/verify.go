package literal

import "encoding/binary"

// A hit is the position of a match and the number of a literal, packed so that the order of hits is the order of matches.
type hit uint64

// noHit is later than every hit.
const noHit = ^hit(0)

func newHit(pos int, number uint32) hit { return hit(pos)<<idBits | hit(number) }

func (h hit) pos() int    { return int(h >> idBits) }
func (h hit) number() int { return int(h & (MaxLiterals - 1)) }

// verify finds the distinct literals whose window is at data[w:] and which begin at from or later. With all set it appends a hit
// with the id for each, duplicates included; otherwise it lowers hits[0] to the earliest hit with the number of a distinct literal.
// The caller's buffer comes back as the result because it lives on the caller's stack.
func (s *Set) verify(data []byte, w, from int, hits []hit, all bool) []hit {
	var here uint32
	rest := data[w:]
	if len(rest) >= maxWindow {
		here = binary.LittleEndian.Uint32(rest)
	} else {
		for i, b := range rest {
			here |= uint32(b) << (8 * i)
		}
	}
	here |= s.table.caseOr
	if s.table.lengths&(1<<maxWindow) != 0 && len(rest) >= maxWindow {
		hits = s.verifyKey(data, w, from, here, maxWindow, hits, all)
	}
	if s.pairs != nil {
		for n := 1; n < min(maxWindow, len(rest)+1); n++ {
			if s.table.lengths&(1<<n) != 0 {
				hits = s.verifyKey(data, w, from, here&keyMask[n], uint8(n), hits, all)
			}
		}
	}
	return hits
}

// verifyKey is verify for the windows of n bytes.
func (s *Set) verifyKey(data []byte, w, from int, key uint32, n uint8, hits []hit, all bool) []hit {
	slot := s.table.slot(key)
	for i := range slot {
		e := &slot[i]
		if e.key != key || e.n != n {
			continue
		}
		pos := w - int(e.off)
		lit := s.literal(int(e.lit))
		if pos < from || len(lit) > len(data)-pos {
			continue
		}
		text := data[pos : pos+len(lit)]
		if s.fold {
			if !equalFold(text, lit) {
				continue
			}
		} else if string(text) != string(lit) {
			continue
		}
		if !all {
			hits[0] = min(hits[0], newHit(pos, e.lit))
			continue
		}
		for _, id := range s.ids[s.first[e.lit]:s.first[e.lit+1]] {
			hits = append(hits, newHit(pos, id))
		}
	}
	return hits
}
