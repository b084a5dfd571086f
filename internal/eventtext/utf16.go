package eventtext

import (
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

type encoding uint8

const (
	utf8Text encoding = iota
	utf16LE
	utf16BE
)

// encodingOf finds the encoding of a stream from its first bytes, and the length of its byte order mark. Without a mark it is UTF-16 when the
// first character is ASCII and has a NUL beside it: every format of this package begins in ASCII.
func encodingOf(head []byte) (e encoding, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Text, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16LE, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16BE, 2
	case len(head) >= 4 && head[0] != 0 && head[0] < 0x80 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return utf16LE, 0
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[1] < 0x80 && head[2] == 0 && head[3] != 0:
		return utf16BE, 0
	}
	return utf8Text, 0
}

// wideReader gives a UTF-16 stream as UTF-8. Half a surrogate pair becomes U+FFFD; an odd last byte is left out and counted.
type wideReader struct {
	r    io.Reader
	big  bool
	in   []byte
	held int    // bytes of in that are not decoded
	room []byte // of out
	out  []byte // decoded and not delivered
	err  error
	odd  int
}

func (d *wideReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		if d.in == nil {
			d.in = make([]byte, 64<<10)
		}
		n, err := d.r.Read(d.in[d.held:])
		n += d.held
		whole := n &^ 1
		if err == nil && whole >= 2 && utf16.IsSurrogate(rune(d.unit(whole-2))) && d.unit(whole-2) < 0xdc00 {
			whole -= 2 // the other half is still to come
		}
		d.room = d.decode(d.room[:0], whole)
		d.out = d.room
		d.held = copy(d.in, d.in[whole:n])
		if err != nil {
			d.odd, d.err = d.held, err
		} else if n == 0 {
			return 0, nil
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

func (d *wideReader) unit(i int) uint16 {
	if d.big {
		return uint16(d.in[i])<<8 | uint16(d.in[i+1])
	}
	return uint16(d.in[i+1])<<8 | uint16(d.in[i])
}

func (d *wideReader) decode(dst []byte, n int) []byte {
	for i := 0; i < n; i += 2 {
		c := rune(d.unit(i))
		if utf16.IsSurrogate(c) && i+2 < n {
			if pair := utf16.DecodeRune(c, rune(d.unit(i+2))); pair != utf8.RuneError {
				c = pair
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}

// wideLen is how many bytes of UTF-16 decoded text took. U+FFFD took one unit, be it itself or half a pair.
func wideLen(text []byte) (n int64) {
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			n += 2
			text = text[1:]
			continue
		}
		c, size := utf8.DecodeRune(text)
		if n += 2; c >= 0x10000 {
			n += 2
		}
		text = text[size:]
	}
	return n
}
