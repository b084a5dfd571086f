package sigma

// Patterns: texts with wildcards. A pattern is cut at its stars into segments: the first must begin the value, the last must end it, and those
// between must occur in order, for which the leftmost place is always the best one (a segment has a fixed number of characters, so an earlier
// start is an earlier end, and leaves the most to the others). There is no backtracking.

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxMixed bounds the characters between two stars when some of them are ? or dashes. Such a segment is compared at each place of the value:
// 256 × 64 KiB are some ten milliseconds.
const maxMixed = 256

// pattern is a text with wildcards, folded unless it is cased. It is compared with text that is folded or not in the same way.
type pattern struct {
	syms []rune // the whole, without stars in a row
	segs []segment
	size int // the least bytes of a match

	// Nearly all patterns are one text with stars around it.
	plain bool   // this is one
	text  []byte // the text
	where anchor // where it must be
}

// segment is what stands between two stars. mixed is nil when it is literal.
type segment struct {
	lit   []byte
	mixed []rune
}

func newPattern(syms []rune, cased bool) *pattern {
	p := &pattern{syms: make([]rune, 0, len(syms))}
	for _, c := range syms {
		switch {
		case c == symAny && len(p.syms) > 0 && p.syms[len(p.syms)-1] == symAny:
			continue
		case c >= 0 && !cased:
			c = foldRune(c)
		}
		p.syms = append(p.syms, c)
		switch {
		case c >= 0:
			p.size += utf8.RuneLen(c)
		case c != symAny:
			p.size++
		}
	}
	start := 0
	for i := 0; i <= len(p.syms); i++ {
		if i == len(p.syms) || p.syms[i] == symAny {
			p.segs = append(p.segs, newSegment(p.syms[start:i]))
			start = i + 1
		}
	}
	first, last := &p.segs[0], &p.segs[len(p.segs)-1]
	switch {
	case len(p.segs) == 1:
		p.plain, p.text, p.where = first.mixed == nil, first.lit, whole
	case len(p.segs) == 2 && first.empty():
		p.plain, p.text, p.where = last.mixed == nil, last.lit, atEnd
	case len(p.segs) == 2 && last.empty():
		p.plain, p.text, p.where = first.mixed == nil, first.lit, atStart
	case len(p.segs) == 3 && first.empty() && last.empty():
		p.plain, p.text, p.where = p.segs[1].mixed == nil, p.segs[1].lit, within
	}
	return p
}

func (s *segment) empty() bool { return s.mixed == nil && len(s.lit) == 0 }

func newSegment(syms []rune) segment {
	for _, c := range syms {
		if c < 0 {
			return segment{mixed: syms}
		}
	}
	return segment{lit: []byte(string(syms))}
}

func (p *pattern) check() error {
	for _, s := range p.segs {
		if len(s.mixed) > maxMixed {
			return &valueError{CodeLimit, "put a * into it", fmt.Sprintf("value has %d characters between two *, with ? or dashes among them, limit %d",
				len(s.mixed), maxMixed)}
		}
	}
	return nil
}

// literal gives the only text that matches, if there is only one.
func (p *pattern) literal() (text []byte, ok bool) { return p.text, p.plain && p.where == whole }

// always says whether every text matches.
func (p *pattern) always() bool { return len(p.syms) == 1 && p.syms[0] == symAny }

// appendKey appends a text that only an equal pattern has. Symbols become bytes that UTF-8 does not have.
func (p *pattern) appendKey(b []byte) []byte {
	for _, c := range p.syms {
		if c < 0 {
			b = append(b, byte(c)) // 0xff, 0xfe, 0xfd
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return b
}

func (p *pattern) match(text []byte) bool {
	if len(text) < p.size {
		return false
	}
	if p.plain {
		return p.where.holds(text, p.text)
	}
	first := &p.segs[0]
	end, ok := first.at(text)
	if !ok {
		return false
	}
	if len(p.segs) == 1 {
		return end == len(text)
	}
	text = text[end:]
	last := &p.segs[len(p.segs)-1]
	start, ok := last.atEnd(text)
	if !ok {
		return false
	}
	text = text[:start]
	for i := 1; i < len(p.segs)-1; i++ {
		end := p.segs[i].find(text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return true
}

// at says whether text begins with the segment, and where it ends.
func (s *segment) at(text []byte) (end int, ok bool) {
	if s.mixed == nil {
		return len(s.lit), bytes.HasPrefix(text, s.lit)
	}
	return mixedAt(s.mixed, text)
}

func mixedAt(syms []rune, text []byte) (end int, ok bool) {
	for _, c := range syms {
		if end == len(text) {
			return 0, false
		}
		r, n := rune(text[end]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[end:])
		}
		switch {
		case c == symOne:
		case r == utf8.RuneError && n == 1: // an invalid byte equals nothing
			return 0, false
		case c == symDash:
			if !isDash(r) {
				return 0, false
			}
		case r != c:
			return 0, false
		}
		end += n
	}
	return end, true
}

func isDash(r rune) bool {
	return r == '-' || r == '/' || r == '–' || r == '—' || r == '―'
}

// atEnd says whether text ends with the segment, and where that begins. Going back by characters arrives at the same places as going
// forward, since no character of UTF-8 begins inside another.
func (s *segment) atEnd(text []byte) (start int, ok bool) {
	if s.mixed == nil {
		return len(text) - len(s.lit), bytes.HasSuffix(text, s.lit)
	}
	start = len(text)
	for range s.mixed {
		if start == 0 {
			return 0, false
		}
		_, n := utf8.DecodeLastRune(text[:start])
		start -= n
	}
	end, ok := mixedAt(s.mixed, text[start:])
	return start, ok && start+end == len(text)
}

// find gives the end of the leftmost occurrence of the segment, or -1.
func (s *segment) find(text []byte) int {
	if s.mixed == nil {
		i := bytes.Index(text, s.lit)
		if i < 0 {
			return -1
		}
		return i + len(s.lit)
	}
	for at := 0; at < len(text); {
		if end, ok := mixedAt(s.mixed, text[at:]); ok {
			return at + end
		}
		_, n := utf8.DecodeRune(text[at:])
		at += n
	}
	return -1
}
