package jsonline

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendUTF16 appends UTF-16LE as it stands between the quotes of a JSON string: the bytes that AppendText gives for the same text in UTF-8. Half a
// surrogate pair becomes U+FFFD, half a character at the end is left out.
//
// Windows texts are mostly ASCII without quotes and backslashes: eight characters are taken at once while they are.
func AppendUTF16(dst, b []byte) []byte {
	for len(b) >= 16 {
		lo, hi := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		if (lo|hi)&0xff80ff80ff80ff80 == 0 {
			w := narrow(lo) | narrow(hi)<<32
			m := special(w)
			n := 8
			if m != 0 {
				n = bits.TrailingZeros64(m) / 8
			}
			dst = binary.LittleEndian.AppendUint64(dst, w)[:len(dst)+n]
			if b = b[2*n:]; m != 0 {
				dst, b = appendUnit(dst, b)
			}
			continue
		}
		for stop := len(b) - 16; len(b) > stop; {
			dst, b = appendUnit(dst, b)
		}
	}
	for len(b) >= 2 {
		dst, b = appendUnit(dst, b)
	}
	return dst
}

// narrow packs four UTF-16 units that are ASCII into the four low bytes of a word.
func narrow(x uint64) uint64 {
	x |= x >> 8 // bytes 0 and 1 in place, 4 and 5 too
	return x&0xffff | x>>16&0xffff0000
}

// appendUnit appends the character at the start of b, which holds two bytes or more, and gives what follows it.
func appendUnit(dst, b []byte) (out, rest []byte) {
	c := rune(binary.LittleEndian.Uint16(b))
	b = b[2:]
	switch {
	case c < utf8.RuneSelf:
		if plain[c] {
			return append(dst, byte(c)), b
		}
		return appendControl(dst, byte(c)), b
	case utf16.IsSurrogate(c):
		var low rune
		if len(b) >= 2 {
			low = rune(binary.LittleEndian.Uint16(b))
		}
		if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
			b = b[2:]
		}
	}
	if unsafe(c) {
		return escape(dst, c), b
	}
	return utf8.AppendRune(dst, c), b
}
