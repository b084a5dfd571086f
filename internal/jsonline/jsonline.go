// Package jsonline writes JSON that is safe to look at: text of evidence in it cannot move a cursor, reverse a line or hide itself on a terminal.
//
// JSON itself demands the escape of control characters below U+0020 only. Here DEL, the C1 controls, the controls of writing direction, the
// line separators and the characters of no width are escaped too (RFC 8259 allows it for any character): whoever parses the JSON gets
// the same text.
package jsonline

import (
	"encoding/binary"
	"io"
	"math/bits"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	return append(AppendText(append(dst, '"'), s), '"')
}

// AppendText appends s as it stands between the quotes of a JSON string.
func AppendText(dst []byte, s string) []byte {
	from := 0
	b := []byte(s) // never written to, so not copied
	for i := 0; i < len(s); {
		for len(b)-i >= 8 {
			if m := special(binary.LittleEndian.Uint64(b[i:])); m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = appendControl(append(dst, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(append(dst, s[from:i]...), `\ufffd`...)
			from = i + n
		case unsafe(r):
			dst = escape(append(dst, s[from:i]...), r)
			from = i + n
		}
		i += n
	}
	return append(dst, s[from:]...)
}

// appendControl appends an ASCII character that does not stand for itself.
func appendControl(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return escape(dst, rune(c))
}

// plain are the bytes that stand for themselves, whatever is around them.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// special marks the first of the eight bytes of w that does not stand for itself, by the highest bit of its lane: one below ' ', a quote, a backslash, or one
// above '~'. It gives 0 when there is none. A borrow may mark good bytes behind the first bad one, never before it.
func special(w uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	return (w | (w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones) | (w + ones)) & tops
}

func escape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// unsafe tells a character that acts on the text around it or cannot be seen. All are in the basic plane.
func unsafe(r rune) bool {
	switch {
	case r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x61c, r == 0x180e, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff,
		r >= 0xfff9 && r <= 0xfffb:
		return true
	}
	return false
}

// Safe appends JSON text with those characters escaped: in valid JSON they stand in strings only.
func Safe(dst, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); {
		if text[i] < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if unsafe(r) {
			dst = escape(append(dst, text[from:i]...), r)
			from = i + n
		}
		i += n
	}
	return append(dst, text[from:]...)
}

// Writer makes JSON safe on its way. A Write must not end inside a character, as those of a json.Encoder never do.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter gives a Writer before w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

func (w *Writer) Write(p []byte) (int, error) {
	w.buf = Safe(w.buf[:0], p)
	if _, err := w.w.Write(w.buf); err != nil {
		return 0, err
	}
	if cap(w.buf) > 1<<20 {
		w.buf = nil
	}
	return len(p), nil
}
