package report

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Evidence text is shown, never obeyed. What a terminal or a browser would act
// on or hide (control characters, bidirectional marks, invisible and
// unassigned characters, bytes that are not UTF-8, towers of combining marks,
// letters of another alphabet smuggled into a word) is replaced by its visible
// escape: \x1b for bytes and ASCII, \u202e, \U000e0041 for the rest. The raw
// bytes stay in the evidence, at the path and offset that are printed.

// segment is a run of text that is either as it was or an escape.
type segment struct {
	Text string
	Esc  bool
}

// maxText bounds a field that is printed in a sentence or a cell, maxRawRunes a
// quoted record (casefile bounds it to MaxRaw bytes; a case file made by
// someone else may not).
const (
	maxText     = 2000
	maxRawRunes = 4096
	maxCombine  = 3
)

// segments splits s into what can be shown as it is and escapes, and says how
// many characters beyond limit were left out. Newline and tab stay when
// multiline.
func segments(s string, limit int, multiline bool) (segs []segment, cut int) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			segs = append(segs, segment{Text: b.String()})
			b.Reset()
		}
	}
	escape := func(e string) {
		if n := len(segs); b.Len() == 0 && n > 0 && segs[n-1].Esc {
			segs[n-1].Text += e
			return
		}
		flush()
		segs = append(segs, segment{Text: e, Esc: true})
	}
	n, marks := 0, maxCombine // a mark at the very start has nothing to stand on
	latin := false            // the word so far has Latin letters
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if n == limit {
			return append(flushed(segs, &b), segment{Text: "…"}), utf8.RuneCountInString(s[i:])
		}
		n++
		switch {
		case r == utf8.RuneError && size == 1:
			escape(fmt.Sprintf(`\x%02x`, s[i]))
		case multiline && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r == '\n':
			escape(`\n`)
		case r == '\r':
			escape(`\r`)
		case r == '\t':
			escape(`\t`)
		case hidden(r):
			escape(escaped(r))
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > maxCombine {
				escape(escaped(r))
			} else {
				b.WriteRune(r)
			}
			i += size
			continue
		case foreign(r) && (latin || latinNext(s[i+size:])):
			escape(escaped(r))
		default:
			b.WriteRune(r)
		}
		marks = 0
		if b.Len() == 0 || multiline && (r == '\n' || r == '\t') {
			marks = maxCombine // the last thing shown is an escape or a line's start
		}
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = true
		case !unicode.IsLetter(r):
			latin = false
		}
		i += size
	}
	return flushed(segs, &b), 0
}

func flushed(segs []segment, b *strings.Builder) []segment {
	if b.Len() > 0 {
		segs = append(segs, segment{Text: b.String()})
	}
	return segs
}

// hidden says whether a character must not reach a reader as it is.
func hidden(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u034f', r == '\u115f', r == '\u1160', r == '\u17b4', r == '\u17b5',
		r == '\u3164', r == '\uffa0', r == '\u2800', r == '\ufffc':
		return true // soft hyphen, fillers, blank pattern: shown as nothing
	case unicode.In(r, unicode.Variation_Selector):
		return true
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
		return true // controls, bidi and zero width, line separators, private use
	case r >= 0xe0000 && r <= 0xe0fff:
		return true // tags
	}
	// Not assigned, as far as this Go knows.
	return !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
}

// foreign says whether r belongs to the alphabets whose letters pass for Latin ones.
func foreign(r rune) bool {
	return r >= 0x370 && unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
}

// latinNext says whether the word goes on with a Latin letter.
func latinNext(s string) bool {
	for i, r := range s {
		if i > 64 || !unicode.IsLetter(r) {
			return false
		}
		if unicode.Is(unicode.Latin, r) {
			return true
		}
	}
	return false
}

func escaped(r rune) string {
	switch {
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// visible is s on one line with escapes, bounded; it says how much was left out.
func visible(s string) string { return visibleMax(s, maxText) }

func visibleMax(s string, limit int) string {
	if plainASCII(s) && len(s) <= limit {
		return s
	}
	segs, cut := segments(s, limit, false)
	var b strings.Builder
	for _, g := range segs {
		b.WriteString(g.Text)
	}
	if cut > 0 {
		fmt.Fprintf(&b, "(+%d)", cut)
	}
	return b.String()
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// CodePoint is a kind of character that was shown as an escape.
type codePoint struct {
	Code  string // U+202E, or byte 9F
	Shown string
	Name  string // key of its name in the catalogue
	Count int64
}

// codePoints collects what was escaped while a document is made.
type codePoints map[string]int64

// add counts the escapes of one segment.
func (c codePoints) add(esc string) {
	for len(esc) > 0 {
		n := len(esc)
		if i := strings.IndexByte(esc[1:], '\\'); i >= 0 {
			n = i + 1
		}
		c[esc[:n]]++
		esc = esc[n:]
	}
}

// list gives the collected characters by their escape, at most limit of them.
func (c codePoints) list(limit int) []codePoint {
	var out []codePoint
	for e, n := range c {
		out = append(out, codePoint{Code: codeOf(e), Shown: e, Name: nameOf(e), Count: n})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Shown < out[j].Shown })
	return out[:min(len(out), limit)]
}

func codeOf(esc string) string {
	switch esc {
	case `\n`:
		return "U+000A"
	case `\r`:
		return "U+000D"
	case `\t`:
		return "U+0009"
	}
	hex := strings.TrimLeft(esc[2:], "0")
	if esc[1] == 'x' && esc[2] >= '8' {
		return "0x" + strings.ToUpper(esc[2:])
	}
	for len(hex) < 4 {
		hex = "0" + hex
	}
	return "U+" + strings.ToUpper(hex)
}

// nameOf gives the catalogue key that names the kind of character.
func nameOf(esc string) string {
	var r rune
	switch {
	case esc == `\n`, esc == `\r`:
		return "chars.newline"
	case esc == `\t`:
		return "chars.tab"
	case esc[1] == 'x' && esc[2] >= '8':
		return "chars.byte"
	}
	if _, err := fmt.Sscanf(esc[2:], "%x", &r); err != nil {
		return "chars.other"
	}
	switch {
	case r == 0x1b:
		return "chars.esc"
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x61c:
		return "chars.bidi"
	case unicode.Is(unicode.Cc, r):
		return "chars.control"
	case r == 0xfeff, unicode.Is(unicode.Cf, r), hidden(r) && unicode.In(r, unicode.L, unicode.M, unicode.S):
		return "chars.invisible"
	case unicode.In(r, unicode.Mn, unicode.Me):
		return "chars.mark"
	case foreign(r):
		return "chars.alphabet"
	}
	return "chars.other"
}
