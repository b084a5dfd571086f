package paper

import (
	"fmt"
	"strings"
	"unicode"

	"vigie/internal/document"
	"vigie/internal/draw"
)

// run is words of one look on one line.
type run struct {
	x, w float64
	text string
	face face
	ink  draw.Ink
	esc  bool
	to   string
}

// textLine is a line of runs; w is its width.
type textLine struct {
	runs []run
	w    float64
}

// look is how a block wants its words.
type look struct {
	size float64
	bold bool
	ink  draw.Ink
	lead float64 // line height as a multiple of size
	mono bool
}

func (l look) height() float64 { return l.size * l.lead }

// glyph is a letter with its width.
type glyph struct {
	r    rune
	w    float64
	from int // index of its Inline
	esc  bool
	stop int8 // 1: a line may end behind it, 2: it is a space, 3: the line ends here
}

// letters turns words into glyphs. A letter that the font lacks is written as its number, as the report does with hidden ones.
func (f *faces) letters(in document.Inlines, lk look) []glyph {
	var gs []glyph
	for i, part := range in {
		fc := faceOf(part, lk)
		for _, r := range part.Text {
			switch {
			case r == '\n':
				gs = append(gs, glyph{r: ' ', from: i, stop: 3})
				continue
			case r == '\t':
				r = ' '
			}
			w, ok := f.advance(fc, r, lk.size)
			if !ok && unicode.IsSpace(r) { // a space of a width that the font does not have
				r = '\u00a0'
				w, ok = f.advance(fc, r, lk.size*0.6)
			}
			if ok {
				gs = append(gs, glyph{r: r, w: w, from: i, esc: part.Style == document.Escaped, stop: stops(r)})
				continue
			}
			code := fmt.Sprintf(`\u%04x`, r)
			if r > 0xffff {
				code = fmt.Sprintf(`\U%08x`, r)
			}
			for _, c := range code {
				w, _ := f.advance(fc, c, lk.size)
				gs = append(gs, glyph{r: c, w: w, from: i, esc: true})
			}
		}
	}
	return gs
}

func stops(r rune) int8 {
	switch r {
	case ' ':
		return 2
	case '/', '\\', '!', '-', '_', ',', ';', '&', '?', '=', '.', '@', ':', '|', '–', '—':
		return 1
	}
	return 0
}

func faceOf(in document.Inline, lk look) face {
	switch {
	case in.Style == document.Code || lk.mono:
		return mono
	case in.Style == document.Strong || lk.bold:
		return bold
	}
	return sans
}

// wrap breaks words into lines no wider than width. Lines end at spaces; behind signs of paths and, at last, anywhere when one word is wider than a line.
func (f *faces) wrap(in document.Inlines, width float64, lk look) []textLine {
	gs := f.letters(in, lk)
	var lines []textLine
	for start := 0; start < len(gs); {
		for start < len(gs) && gs[start].stop == 2 && len(lines) > 0 {
			start++ // the space at which the line before ended
		}
		end, next := lineEnd(gs, start, width)
		if start >= len(gs) {
			break
		}
		lines = append(lines, line(in, gs[start:end], lk))
		start = next
	}
	if len(lines) == 0 {
		lines = append(lines, textLine{})
	}
	return lines
}

// lineEnd says where a line that begins at start ends, and where the next one begins.
func lineEnd(gs []glyph, start int, width float64) (end, next int) {
	w, space, sign := 0.0, -1, -1
	for i := start; i < len(gs); i++ {
		g := gs[i]
		if g.stop == 3 {
			return i, i + 1
		}
		if w+g.w > width+0.01 && g.stop != 2 {
			switch {
			case space > start:
				return space, space + 1
			case sign > start:
				return sign, sign
			}
			return max(i, start+1), max(i, start+1)
		}
		if g.stop == 2 {
			space = i
		}
		if w += g.w; g.stop == 1 {
			sign = i + 1
		}
	}
	return len(gs), len(gs)
}

// line groups glyphs of one look to runs.
func line(in document.Inlines, gs []glyph, lk look) textLine {
	for len(gs) > 0 && gs[len(gs)-1].stop == 2 {
		gs = gs[:len(gs)-1]
	}
	var l textLine
	var b strings.Builder
	for i := 0; i < len(gs); {
		j, w := i, 0.0
		b.Reset()
		for ; j < len(gs) && gs[j].from == gs[i].from && gs[j].esc == gs[i].esc; j++ {
			b.WriteRune(gs[j].r)
			w += gs[j].w
		}
		part := in[gs[i].from]
		ink := lk.ink
		switch {
		case part.Ink != "":
			ink = part.Ink
		case part.To != "":
			ink = draw.Blue
		case part.Style == document.Lesser:
			ink = draw.Soft
		}
		l.runs = append(l.runs, run{x: l.w, w: w, text: b.String(), face: faceOf(part, lk), ink: ink, esc: gs[i].esc, to: part.To})
		l.w += w
		i = j
	}
	return l
}

// extent gives the width of words on one line and that of the widest part that should not be broken.
func (f *faces) extent(in document.Inlines, lk look) (whole, word float64) {
	w := 0.0
	for _, g := range f.letters(in, lk) {
		if g.stop >= 2 {
			word, w = max(word, w), 0
			whole += g.w
			continue
		}
		w += g.w
		whole += g.w
	}
	return whole, max(word, w)
}
