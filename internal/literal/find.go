package literal

import (
	"math/bits"
	"slices"
)

const (
	// chunk is how many positions are filtered at a time. Four thousand bytes stay in the first-level cache for the further runs of
	// the vector filter, and make its setting up (some ten nanoseconds for a run) disappear.
	chunk = 4096

	// firstChunk is where Next begins. It doubles the chunk while it finds nothing, so that the work of a call is bounded by a small
	// multiple of the distance to the hit, and a caller that goes from hit to hit does not pay for a chunk each time.
	firstChunk = 256

	// word is how many positions share one word of marks.
	word = 64
)

// marks has one bit for each position of a chunk.
type marks [chunk / word]uint64

// Next returns the position and the id of the match that begins first at from or later, and of several that begin there the one with
// the lowest id; the position is -1 when there is none. It does not allocate. A from below zero counts as zero.
//
// To go from line to line, call it again with the start of the next line. The work of such a sequence is proportional to the data: a
// call filters at most about twice the distance to its hit, and 256 bytes.
func (s *Set) Next(data []byte, from int) (pos, id int) {
	h := s.next(data, from, false)
	if h == noHit {
		return -1, -1
	}
	return h.pos(), int(s.ids[s.first[h.number()]])
}

// Contains reports whether any literal is in data.
func (s *Set) Contains(data []byte) bool { return s.next(data, 0, true) != noHit }

// next finds the first hit from a position on, or with anyHit set the one that is seen first.
func (s *Set) next(data []byte, from int, anyHit bool) hit {
	best := [1]hit{noHit}
	end := s.positions(data)
	size := firstChunk
	var m marks
	for at := max(from, 0); at < end; {
		to := at + min(size, end-at)
		n := s.mark(data, at, to, &m)
		for i, set := range m[:n] {
			for ; set != 0; set &= set - 1 {
				w := at + i*word + bits.TrailingZeros64(set)
				if w >= end {
					return best[0]
				}
				if s.falseMark(data, w) {
					continue
				}
				s.verify(data, w, max(from, 0), best[:], false)
				if best[0] != noHit {
					if anyHit {
						return best[0]
					}
					// A window further on belongs to a literal that begins later.
					end = min(end, best[0].pos()+s.maxOffset+1)
				}
			}
		}
		at = to
		size = min(2*size, chunk)
	}
	return best[0]
}

// Find calls yield for every match, overlapping ones included, ordered by position and then by id, until yield returns false. It
// allocates only where more than some thirty matches begin within about a hundred bytes.
func (s *Set) Find(data []byte, yield func(id, pos int) bool) {
	var buffer [64]hit
	pending := buffer[:0]
	end := s.positions(data)
	var m marks
	for at := 0; at < end; {
		to := at + min(chunk, end-at)
		n := s.mark(data, at, to, &m)
		for i, set := range m[:n] {
			if set == 0 {
				continue
			}
			for ; set != 0; set &= set - 1 {
				if w := at + i*word + bits.TrailingZeros64(set); !s.falseMark(data, w) {
					pending = s.verify(data, w, 0, pending, true)
				}
			}
			// Half of the buffer keeps sorting rare and memory small, whatever the data.
			if len(pending) > len(buffer)/2 {
				var more bool
				if pending, more = flush(pending, at+(i+1)*word-s.maxOffset, yield); !more {
					return
				}
			}
		}
		at = to
	}
	flush(pending, len(data), yield)
}

// flush yields the hits before position done, in order, and returns the others. More is false when yield wants no more.
func flush(pending []hit, done int, yield func(id, pos int) bool) (rest []hit, more bool) {
	slices.Sort(pending)
	for i, h := range pending {
		if h.pos() >= done {
			return pending[:copy(pending, pending[i:])], true
		}
		if !yield(h.number(), h.pos()) {
			return nil, false
		}
	}
	return pending[:0], true
}

// falseMark reports that there is certainly no window at data[w:]. After the vector filter it asks the other, whose false marks are
// independent and which answers in a nanosecond, where verify would take several.
func (s *Set) falseMark(data []byte, w int) bool {
	return s.teddy != nil && len(data)-w >= maxWindow &&
		(s.grams == nil || !s.grams.has(data[w:])) && (s.pairs == nil || !s.pairs.has(data[w:]))
}

// positions returns how many positions of data can hold a window.
func (s *Set) positions(data []byte) int {
	if s.pairs != nil {
		return len(data)
	}
	if s.n == 0 {
		return 0
	}
	return len(data) - maxWindow + 1
}

// mark sets the bits of the positions in data[at:to] where a window may be, bit 0 of m[0] being at, and returns how many words of
// m it has filled.
func (s *Set) mark(data []byte, at, to int, m *marks) int {
	n := (to - at + word - 1) / word
	clear(m[:n])
	if s.teddy != nil && len(data) >= teddyReach {
		s.teddy.mark(data, at, m[:n])
	} else {
		if s.grams != nil {
			s.grams.mark(data, at, m[:n])
		}
		if s.pairs != nil {
			s.pairs.mark(data, at, m[:n])
		}
	}
	// The filters read whole windows. The last three positions have none and are left to the verifier, when there are short literals.
	if s.pairs != nil {
		for w := max(at, len(data)-maxWindow+1); w < to; w++ {
			m[(w-at)/word] |= 1 << ((w - at) % word)
		}
	}
	// They also go to the end of the last word, which belongs to the next chunk or lies behind the data.
	if over := n*word - (to - at); over > 0 {
		m[n-1] = m[n-1] << over >> over
	}
	return n
}
