package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Widths are in terminal columns. Text has passed visible before it comes here,
// so nothing of zero width is left but combining marks.

// columns is the number of terminal columns that s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// clip shortens s to at most n columns, the last of them an ellipsis.
func clip(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += runeColumns(r); used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills s with spaces to n columns, after clipping it.
func pad(s string, n int) string {
	s = clip(s, n)
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// padLeft fills s with spaces on its left.
func padLeft(s string, n int) string {
	s = clip(s, n)
	return strings.Repeat(" ", max(0, n-columns(s))) + s
}

// wrap breaks s at spaces into lines of at most n columns; a word that is too
// long is broken where it must be. No-break spaces do not break.
func wrap(s string, n int) []string {
	n = max(n, 8)
	var lines []string
	var line strings.Builder
	used := 0
	end := func() {
		lines = append(lines, line.String())
		line.Reset()
		used = 0
	}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		w := columns(word)
		if used > 0 && used+1+w > n && (w <= n || used > n*2/3) {
			end()
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		for _, r := range word {
			c := runeColumns(r)
			if used+c > n {
				end()
			}
			line.WriteRune(r)
			used += c
		}
	}
	if used > 0 || len(lines) == 0 {
		end()
	}
	return lines
}
