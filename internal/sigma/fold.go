package sigma

// Case folding, one rule everywhere: Unicode simple folding, from one code point to one code point, as in (?i) of RE2. Each code point has a
// set of others that fold to it (K, k and the Kelvin sign); one member stands for the set: the lower-case ASCII letter if there is one,
// else the least. Patterns are folded when they are compiled and values when they are first compared, both by the functions here, so that
// comparing them is comparing bytes. Folding keeps the number of characters, which ? counts, and keeps invalid bytes as they are.

import (
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

// appendFold appends the folded text of s to dst.
func appendFold(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, s...)
	b := dst[start:]
	for i := range b {
		switch c := b[i]; {
		case 'A' <= c && c <= 'Z':
			b[i] = c + ('a' - 'A')
		case c >= utf8.RuneSelf:
			return appendFoldRunes(dst[:start+i], s[i:])
		}
	}
	return dst
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
