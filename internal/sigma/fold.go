package sigma

// Case folding, one rule everywhere: Unicode simple folding, from one code point to one code point, as in (?i) of RE2. Each code point has a
// set of others that fold to it (K, k and the Kelvin sign); one member stands for the set: the lower-case ASCII letter if there is one,
// else the least. Patterns are folded when they are compiled and values when they are first compared, both by the functions here, so that
// comparing them is comparing bytes. Folding keeps the number of characters, which ? counts, and keeps invalid bytes as they are.

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
		least = min(least, s)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// appendFold appends the folded text of s to dst. It never appends more bytes than s has: the least member of a set, or an ASCII letter, is
// none of the longer ones in UTF-8.
func appendFold(dst []byte, s string) []byte {
	dst, _ = foldTo(dst, s)
	return dst
}

// foldTo is appendFold, and says whether s was ASCII.
func foldTo(dst []byte, s string) (folded []byte, ascii bool) {
	start := len(dst)
	dst = slices.Grow(dst, len(s))[:start+len(s)]
	b := dst[start:]
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56 // one load
		if x&highBits != 0 {
			return appendFoldRunes(dst[:start+i], s[i:]), false
		}
		binary.LittleEndian.PutUint64(b[i:], lower8(x))
	}
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case c >= utf8.RuneSelf:
			return appendFoldRunes(dst[:start+i], s[i:]), false
		}
		b[i] = c
	}
	return dst, true
}

// fold gives the folded text of s.
func fold(s string) []byte { return appendFold(nil, s) }

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// lower8 folds eight ASCII bytes at once: adding 128-'A' sets the high bit of the bytes from A, adding 127-'Z' that of the bytes after Z, and
// where only the first is set, 0x20 makes the letter small. No sum carries into the next byte, since each byte is less than 128.
func lower8(x uint64) uint64 {
	fromA := x + (0x80-'A')*everyByte
	afterZ := x + (0x7f-'Z')*everyByte
	return x | (fromA&^afterZ&highBits)>>2
}

func appendFoldRunes(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, s[i])
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		i += n
	}
	return dst
}
