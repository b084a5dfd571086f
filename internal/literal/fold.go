package literal

import "encoding/binary"

// caseBit is the bit in which the two cases of an ASCII letter differ.
const caseBit = 0x20

// lower returns the lower case of an ASCII letter and any other byte as it is.
func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b | caseBit
	}
	return b
}

func toLower(b []byte) {
	for i := range b {
		b[i] = lower(b[i])
	}
}

// isLetter reports whether b, in lower case already, has an upper case.
func isLetter(b byte) bool { return 'a' <= b && b <= 'z' }

// equalFold reports whether data equals lit without regard to ASCII case; lit is in lower case and has the same length. Eight bytes
// are compared at once: where they differ in more than case bits the answer is no, where they do not differ the next eight follow,
// and only a difference in case bits is looked at byte by byte, since "@" and "`" differ in that bit too.
func equalFold(data, lit []byte) bool {
	for len(lit) >= 8 && len(data) >= 8 {
		diff := binary.LittleEndian.Uint64(data) ^ binary.LittleEndian.Uint64(lit)
		if diff&^0x2020202020202020 != 0 {
			return false
		}
		if diff != 0 {
			for i, c := range lit[:8] {
				if lower(data[i]) != c {
					return false
				}
			}
		}
		data, lit = data[8:], lit[8:]
	}
	if len(data) != len(lit) {
		return false
	}
	for i, c := range lit {
		if lower(data[i]) != c {
			return false
		}
	}
	return true
}
