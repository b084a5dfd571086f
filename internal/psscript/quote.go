package psscript

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Quote writes a text as one argument of a PowerShell command, in ASCII whatever the text holds.
//
// PowerShell takes U+2018, U+2019, U+201A and U+201B for single quotes too, and Windows PowerShell reads a file without byte order mark in the
// code page of the machine, where bytes of other characters become such quotes. So nothing but printable ASCII stands in a literal, where the
// single quote, doubled, is all that must be escaped; every other character is written as its number.
func Quote(s string) string {
	var b strings.Builder
	open, numbers := false, false
	literal := func(on bool) {
		if on == open {
			return
		}
		if on && b.Len() > 0 {
			b.WriteString(" + ")
		}
		b.WriteByte('\'')
		open = on
	}
	literal(true)
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if r >= ' ' && r <= '~' {
			literal(true)
			if r == '\'' {
				b.WriteByte('\'')
			}
			b.WriteRune(r)
			continue
		}
		literal(false)
		numbers = true
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, " + [char]0x%04X", u)
		}
	}
	literal(false)
	if numbers {
		return "(" + b.String() + ")"
	}
	return b.String()
}

// maxComment bounds a name in a comment, in runes.
const maxComment = 200

// Comment writes a text that evidence brought for a comment: one line of printable ASCII, the rest as \uXXXX.
func Comment(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		n++
		switch {
		case n > maxComment:
			return b.String() + "..."
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		default:
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04X`, u)
			}
		}
	}
	return b.String()
}

// line makes one line of a text of the knowledge, which may hold letters of its language.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f':
			return r
		case !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, s)
}
