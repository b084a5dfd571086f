// Package csvsafe writes CSV that is safe to open: text of evidence in it is never a formula for a spreadsheet, and moves or hides nothing on a screen.
package csvsafe

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Writer writes rows. Lines end as RFC 4180 has it.
type Writer struct {
	w   *csv.Writer
	row []string
}

// NewWriter gives a Writer on w, after a header.
func NewWriter(w io.Writer, header ...string) (*Writer, error) {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return &Writer{w: c}, c.Write(header)
}

// Row writes one row.
func (w *Writer) Row(cells ...string) error {
	w.row = w.row[:0]
	for _, c := range cells {
		w.row = append(w.row, Cell(c))
	}
	return w.w.Write(w.row)
}

// Flush writes what is buffered and tells the first error.
func (w *Writer) Flush() error {
	w.w.Flush()
	return w.w.Error()
}

// Cell makes text harmless: what cannot be seen or acts on a screen is written as an escape, and an apostrophe stands before what a spreadsheet would
// take for a formula, in its wide forms too and behind blanks.
func Cell(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	first := rune(0)
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		if first == 0 && r != ' ' && r != '\u00a0' {
			if first = r; strings.ContainsRune("=+-@|%＝＋－＠\t\r\n", r) && !number(s) {
				b.WriteByte('\'')
			}
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsGraphic(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// plain tells that nothing is to be done.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || i == 0 && !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '/' || c == '{' || c == '#' || c == '"') {
			return false
		}
	}
	return true
}

// number tells a negative number, which is no formula.
func number(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return len(digits) < len(s) && digits != "" && strings.Trim(digits, "0123456789") == ""
}
