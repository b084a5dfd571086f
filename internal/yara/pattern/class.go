package pattern

// namedClass returns the set of the class with this letter.
func namedClass(c byte) (s byteSet, ok bool) {
	switch c | caseBit {
	case 'w':
		s = wordBytes
	case 's':
		for _, b := range []byte(" \t\r\n\v\f") {
			s.add(b)
		}
	case 'd':
		s.addRange('0', '9')
	default:
		return s, false
	}
	if c&caseBit == 0 {
		s.negate()
	}
	return s, true
}

// caseBit is the bit in which the two cases of an ASCII letter differ.
const caseBit = 0x20

// wordBytes are the letters, digits and the underscore.
var wordBytes = func() (s byteSet) {
	s.addRange('0', '9')
	s.addRange('A', 'Z')
	s.addRange('a', 'z')
	s.add('_')
	return s
}()
