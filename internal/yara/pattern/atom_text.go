package pattern

// The atoms of literals, of which there are many more than of trees: here bytes are enough, and no sets are made.

// textWindow is the part of a text that is its atom.
type textWindow struct {
	at   int
	cost float64
}

// bestWindow chooses four bytes of a literal; of a shorter one all.
func (l *literal) bestWindow(used map[uint32]int) textWindow {
	best := textWindow{cost: 2}
	// A window far inside a long text is no rarer than one of the first few hundred.
	const far = 512
	for at := 0; at+atomLen <= min(len(l.text), far); at++ {
		four := l.text[at : at+atomLen]
		p := probabilityOf(four)
		if l.xor {
			p = xorProbability(four, l.lo, l.hi)
		} else {
			p *= float64(1 + used[uint32(four[0])|uint32(four[1])<<8|uint32(four[2])<<16|uint32(four[3])<<24|foldBits])
		}
		if p < best.cost {
			best = textWindow{at, p}
		}
	}
	if len(l.text) < atomLen && len(l.text) == atomLen-1 && !l.xor {
		best = textWindow{0, probabilityOf(l.text)}
	}
	return best
}

// foldBits is what the filter adds to four bytes.
const foldBits = 0x20202020

func xorProbability(four []byte, lo, hi byte) float64 {
	sum := 0.0
	var keyed [atomLen]byte
	for key := int(lo); key <= int(hi); key++ {
		for i, b := range four {
			keyed[i] = b ^ byte(key)
		}
		sum += probabilityOf(keyed[:])
	}
	return sum
}

// fromText makes the atom of a literal at this place, with this key.
func (a *rawAtom) fromText(l *literal, at int, key byte) {
	text := l.text[at:min(at+atomLen, len(l.text))]
	a.n = len(text)
	a.near = nearText(l, at, key)
	for i := range a.sets {
		if i >= len(text) {
			a.sets[i].negate()
			continue
		}
		a.sets[i].add(text[i] ^ key)
		if l.fold {
			a.sets[i].fold()
		}
	}
}

// nearText is nearItems for a literal.
func nearText(l *literal, at int, key byte) near {
	from := at + atomLen
	if from >= len(l.text) {
		from = max(0, at-atomLen)
	}
	r := near{distance: int16(from - at)}
	for i, b := range l.text[from:min(from+atomLen, len(l.text))] {
		mask := byte(0xff)
		if l.fold && 'a' <= b && b <= 'z' {
			mask &^= caseBit
		}
		r.value |= uint32(b^key) << (8 * i) & (uint32(mask) << (8 * i))
		r.mask |= uint32(mask) << (8 * i)
	}
	return r
}
