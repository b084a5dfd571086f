package record

import (
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF16 appends the UTF-8 form of whole code units; unpaired surrogates
// become U+FFFD.
func decodeUTF16(dst, src []byte, big bool) []byte {
	for i := 0; i+1 < len(src); i += 2 {
		u := unit(src[i:], big)
		if utf16.IsSurrogate(rune(u)) && i+3 < len(src) {
			if c := utf16.DecodeRune(rune(u), rune(unit(src[i+2:], big))); c != utf8.RuneError {
				dst = utf8.AppendRune(dst, c)
				i += 2
				continue
			}
		}
		dst = utf8.AppendRune(dst, rune(u))
	}
	return dst
}

func unit(b []byte, big bool) uint16 {
	if big {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[1])<<8 | uint16(b[0])
}

// WideLen is how many bytes of UTF-16 the text takes: two per code unit. It
// brings offsets in decoded text back to the file. U+FFFD counts one unit, as
// the unpaired surrogate that it may stand for.
func WideLen(text []byte) (n int64) {
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		n += 2
		if c >= 0x10000 {
			n += 2
		}
		text = text[size:]
	}
	return n
}

// Decoder gives a UTF-16 stream as UTF-8. An odd last byte is left out and counted in Odd.
type Decoder struct {
	r    io.Reader
	big  bool
	in   []byte
	out  []byte
	rest int // bytes of in not decoded yet
	err  error
	Odd  int
}

// NewDecoder decodes r, whose byte order mark was already taken away.
func NewDecoder(r io.Reader, e Encoding) *Decoder {
	return &Decoder{r: r, big: e == UTF16BE, in: make([]byte, 64<<10)}
}

func (d *Decoder) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		n, err := d.r.Read(d.in[d.rest:])
		n += d.rest
		whole := n &^ 1
		// A high surrogate at the end waits for its other half.
		if err == nil && whole >= 2 && whole == n && isHigh(unit(d.in[whole-2:], d.big)) {
			whole -= 2
		}
		d.out = decodeUTF16(d.out[:0], d.in[:whole], d.big)
		d.rest = copy(d.in, d.in[whole:n])
		if err != nil {
			d.Odd = d.rest
			d.err = err
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

func isHigh(u uint16) bool { return u >= 0xD800 && u < 0xDC00 }
