package literal

// maxWindow is the number of bytes that the filters look at. Three would let many times more false marks through in a log,
// and five would cost the vector filter a quarter more at every position.
const maxWindow = 4

// deepest is how far into a literal its window may begin. A deep window makes Next look further before it may answer, and in the
// first 64 bytes there is always something rare.
const deepest = 64 - maxWindow

// A window is the part of a distinct literal by which it is found.
type window struct {
	bytes [maxWindow]byte // in lower case when the set folds
	n     uint8           // how many of the bytes count: 4, or the length of a shorter literal
	off   uint8           // where in the literal the window begins
	lit   uint32
}

// windows chooses the rarest window of each literal, the first of equals, and sets maxOffset.
func (s *Set) windows() []window {
	model := rarityOf(s.fold)
	windows := make([]window, len(s.start)-1)
	for d := range windows {
		lit := s.literal(d)
		w := window{lit: uint32(d), n: uint8(min(len(lit), maxWindow))}
		if len(lit) > maxWindow {
			best := model.surprise(lit)
			for off := 1; off <= min(len(lit)-maxWindow, deepest); off++ {
				if bits := model.surprise(lit[off:]); bits > best {
					best = bits
					w.off = uint8(off)
				}
			}
		}
		copy(w.bytes[:w.n], lit[w.off:])
		s.maxOffset = max(s.maxOffset, int(w.off))
		windows[d] = w
	}
	return windows
}

// key returns the bytes of a window as the number under which it is hashed: little-endian, missing bytes zero, and when the set
// folds with the case bit of every byte set. That makes more than letters equal ("[" and "{" among them), which costs a false mark
// now and then and saves asking which bytes are letters.
func (w *window) key(fold bool) uint32 {
	key := uint32(w.bytes[0]) | uint32(w.bytes[1])<<8 | uint32(w.bytes[2])<<16 | uint32(w.bytes[3])<<24
	return (key | caseBits(fold)) & keyMask[w.n]
}

// keyMask selects the bytes of a key that a window of that many bytes has.
var keyMask = [maxWindow + 1]uint32{0, 0xff, 0xffff, 0xffffff, 0xffffffff}

// caseBits is what data is or-ed with before it is hashed.
func caseBits(fold bool) uint32 {
	if fold {
		return 0x20202020
	}
	return 0
}

// hash spreads a key; its upper bits are the good ones. The factor is 2^32 divided by the golden ratio, made prime.
func hash(key uint32) uint32 { return key * 0x9e3779b1 }
