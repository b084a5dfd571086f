package record

import (
	"bytes"
	"unicode/utf8"
)

// nextOddEscape finds a percent-escape of a character that never needs one
// (RFC 3986 unreserved), also when the escape itself is escaped: somebody hides
// text from filters. Addresses that are encoded twice as a whole (%252F) are
// common and hide no letter.
func nextOddEscape(data []byte, from int) int {
	for from < len(data) {
		i := bytes.IndexByte(data[from:], '%')
		if i < 0 {
			return -1
		}
		from += i
		at := from + 1
		for at+1 < len(data) {
			hi, lo := hexDigit(data[at]), hexDigit(data[at+1])
			if hi < 0 || lo < 0 {
				if unicodeEscape(data[at:]) >= 0 {
					return from // %u0041: nothing that a browser sends
				}
				break
			}
			c := byte(hi<<4 | lo)
			if unreserved[c] {
				return from
			}
			if c != '%' {
				break
			}
			at += 2 // %25 is an escaped escape: look at what it escapes
		}
		from++
	}
	return -1
}

// HidesText tells whether a record holds such an escape.
func HidesText(raw []byte) bool { return nextOddEscape(raw, 0) >= 0 }

var unreserved = func() (t [256]bool) {
	for c := range 256 {
		b := byte(c)
		t[c] = isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '-' || b == '.' || b == '_' || b == '~'
	}
	return t
}()

// strange tells whether a record holds bytes that its log never writes: control
// characters other than tabs and the line breaks of quoted fields; bytes that
// are no UTF-8, but for letters of the ANSI code page in IIS logs, which an
// administrator may choose.
func strange(raw []byte, kind Kind) bool {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f:
			return true
		case c < utf8.RuneSelf:
		default:
			r, n := utf8.DecodeRune(raw[i:])
			if r == utf8.RuneError && n == 1 {
				if kind != IIS && kind != HTTPErr || c < 0xA0 {
					return true
				}
				continue
			}
			i += n - 1
		}
	}
	return false
}
