package pattern

import "math"

// An atom is worth looking for if it is rare where rules are run: in pages and scripts, and in executables. What is known of that is kept
// small: how often a class of bytes follows another, and how often a byte is the one within its class, both counted over a mixture of
// half text (scripts, pages, markup, source) and half executables and libraries. All is in eighths of a bit, minus the logarithm of the
// probability to the base of two.
const (
	classZero = iota
	classSpace
	classDigit
	classUpper
	classLower
	classControl
	classPunct
	classFF
	classHigh
	numClasses
)

// classOf is the class of each byte.
var classOf = func() (c [256]uint8) {
	for b := range c {
		switch {
		case b == 0:
			c[b] = classZero
		case b == '\t' || b == '\n' || b == '\r' || b == ' ':
			c[b] = classSpace
		case '0' <= b && b <= '9':
			c[b] = classDigit
		case 'A' <= b && b <= 'Z':
			c[b] = classUpper
		case 'a' <= b && b <= 'z':
			c[b] = classLower
		case b < 0x20 || b == 0x7f:
			c[b] = classControl
		case b < 0x7f:
			c[b] = classPunct
		case b == 0xff:
			c[b] = classFF
		default:
			c[b] = classHigh
		}
	}
	return c
}()

var classCost = [numClasses]float64{21, 26, 37, 29, 13, 34, 25, 46, 27}

// followCost[a][b] is for class b after class a. Letters and zeros alternate in the wide text of executables more than the sample says.
var followCost = [numClasses][numClasses]float64{
	{3, 56, 50, 34, 34, 33, 49, 79, 32},
	{47, 10, 36, 32, 15, 58, 21, 87, 54},
	{42, 30, 10, 38, 24, 44, 19, 55, 26},
	{40, 39, 40, 15, 20, 29, 28, 60, 14},
	{40, 29, 44, 44, 4, 51, 25, 76, 53},
	{10, 51, 48, 24, 41, 22, 35, 57, 18},
	{42, 16, 38, 29, 16, 36, 15, 63, 36},
	{56, 69, 49, 21, 36, 33, 37, 8, 21},
	{33, 47, 42, 23, 31, 20, 30, 30, 11},
}

// byteCost is for a byte within its class.
var byteCost = [256]uint8{
	0, 24, 32, 36, 34, 37, 44, 41, 27, 27, 23, 49, 44, 53, 33, 22,
	34, 50, 39, 52, 46, 47, 55, 57, 39, 58, 60, 60, 55, 57, 60, 36,
	3, 57, 33, 51, 35, 48, 60, 45, 32, 33, 40, 57, 31, 38, 30, 27,
	17, 19, 27, 30, 29, 30, 31, 34, 29, 31, 36, 55, 39, 35, 39, 67,
	49, 29, 42, 38, 31, 32, 44, 45, 18, 33, 58, 53, 32, 41, 40, 42,
	38, 61, 41, 34, 34, 43, 50, 52, 50, 54, 59, 43, 47, 42, 62, 31,
	46, 32, 46, 36, 37, 25, 39, 44, 41, 32, 60, 56, 35, 41, 31, 32,
	39, 70, 31, 31, 27, 39, 52, 56, 47, 50, 69, 44, 52, 44, 66, 57,
	48, 59, 64, 39, 41, 39, 60, 64, 56, 28, 69, 33, 61, 37, 64, 65,
	52, 70, 70, 69, 63, 68, 70, 70, 62, 70, 71, 71, 67, 71, 68, 66,
	56, 70, 66, 68, 69, 72, 72, 73, 62, 71, 70, 70, 68, 72, 72, 68,
	59, 70, 70, 70, 66, 70, 57, 65, 56, 62, 56, 67, 63, 65, 56, 59,
	39, 54, 55, 49, 54, 59, 55, 49, 59, 56, 65, 69, 66, 68, 65, 68,
	53, 63, 56, 66, 67, 67, 67, 67, 56, 61, 66, 60, 69, 63, 64, 56,
	55, 64, 62, 68, 62, 67, 63, 61, 35, 43, 63, 55, 56, 60, 57, 50,
	56, 66, 61, 59, 65, 65, 53, 59, 54, 63, 59, 59, 53, 52, 45, 0,
}

const (
	// maxByteCost bounds what one byte may be worth: the sample is too small to say more of bytes that it hardly has.
	maxByteCost = 52

	// repeatCost is what a byte that repeats the one before it costs at most: padding is made of any byte.
	repeatCost = 20
)

// probability8 turns eighths of a bit into a probability.
var probability8 = func() (p [256]float64) {
	for i := range p {
		p[i] = math.Exp2(-float64(i) / 8)
	}
	return p
}()

// probFirst[b] is the probability of b where nothing is known of the byte before, probAfter[a][b] the one after a byte of class a.
var probFirst, probAfter = func() (first [256]float64, after [numClasses][256]float64) {
	for b := range 256 {
		c := classOf[b]
		own := float64(min(byteCost[b], maxByteCost))
		first[b] = probability8[int(classCost[c]+own)]
		for a := range numClasses {
			after[a][b] = probability8[int(followCost[a][c]+own)]
		}
	}
	return first, after
}()

// pairFirst and pairAfter are the same for a byte and the one that differs from it in the case bit, which the filter takes as one.
var pairFirst, pairAfter = func() (first [256]float64, after [numClasses][256]float64) {
	for b := range 256 {
		first[b] = probFirst[b] + probFirst[b^caseBit]
		for a := range numClasses {
			after[a][b] = probAfter[a][b] + probAfter[a][b^caseBit]
		}
	}
	return first, after
}()

// folded closes a set under the folding of the filter.
func (s *byteSet) folded() byteSet {
	var f byteSet
	for i, w := range s {
		f[i] = w | w>>32 | w<<32
	}
	return f
}

// probabilityOf estimates how often these bytes follow each other at a place, after the folding of the filter.
func probabilityOf(text []byte) float64 {
	p := 1.0
	for i, b := range text {
		switch {
		case i == 0:
			p = pairFirst[b]
		case text[i-1] == b:
			p *= max(pairAfter[classOf[b]][b], probability8[repeatCost])
		default:
			p *= pairAfter[classOf[text[i-1]]][b]
		}
	}
	return p
}

// probability is probabilityOf for sets.
func probability(sets []byteSet) float64 {
	p := 1.0
	var prev byte
	known := false // whether the set before has one byte, prev
	for i := range sets {
		s := &sets[i]
		if b, ok := s.single(); ok {
			switch {
			case !known:
				p *= pairFirst[b]
			case prev == b:
				p *= max(pairAfter[classOf[b]][b], probability8[repeatCost])
			default:
				p *= pairAfter[classOf[prev]][b]
			}
			prev, known = b, true
			continue
		}
		if !s.full() {
			f := s.folded()
			sum := 0.0
			for b := range 256 {
				if f.has(byte(b)) {
					if known {
						sum += probAfter[classOf[prev]][b]
					} else {
						sum += probFirst[b]
					}
				}
			}
			p *= min(sum, 1)
		}
		known = false
	}
	return p
}
