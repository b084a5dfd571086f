package paper

import "vigie/internal/draw"

// strip is a slice of a page that cannot be cut.
type strip struct {
	h    float64
	ops  []op
	keep bool   // stays on the page of the next strip
	gap  bool   // white space: left away at the head of a page
	head *strip // repeated at the head of a page that begins with this strip
	page bool   // begins a page
	one  bool   // part of a page of its own, with all neighbours that are
	// anchors are ids that lead here; outline entries point here.
	anchors []string
	outline []entry
}

// entry is a line of the outline and of the list of sections.
type entry struct {
	level  int
	title  string
	anchor string
}

// op is something drawn, placed from the upper left corner of its strip.
type op struct {
	kind       opKind
	x, y, w, h float64 // a text's y is its base line
	text       string
	face       face
	size       float64
	ink        draw.Ink
	edge       draw.Ink
	thick      float64
	to         string // link
	pageOf     string // a text that is the number of the page of an anchor, ending at x+w
	pic        *draw.Picture
	scale      float64
}

type opKind int

const (
	opText opKind = iota
	opRect
	opLine
	opPicture
	opLogo
)

func gap(h float64) strip { return strip{h: h, gap: true} }

func (s *strip) rect(x, y, w, h float64, fill draw.Ink) {
	s.ops = append(s.ops, op{kind: opRect, x: x, y: y, w: w, h: h, ink: fill})
}

func (s *strip) rule(x, y, w float64, ink draw.Ink, thick float64) {
	s.ops = append(s.ops, op{kind: opLine, x: x, y: y, w: w, ink: ink, thick: thick})
}

// text sets a line of words with the top of the line at y.
func (s *strip) text(l textLine, x, y float64, lk look) {
	base := y + lk.height()/2 + lk.size*0.36
	for _, r := range l.runs {
		if r.esc {
			s.rect(x+r.x, y+1, r.w, lk.height()-2, draw.Escape)
		}
		s.ops = append(s.ops, op{kind: opText, x: x + r.x, y: base, w: r.w, h: lk.size, text: r.text, face: r.face, size: lk.size, ink: r.ink, to: r.to})
	}
}

// under puts a strip's drawing into another one.
func (s *strip) put(o *strip, x, y float64) {
	for _, p := range o.ops {
		p.x += x
		p.y += y
		s.ops = append(s.ops, p)
	}
	s.anchors = append(s.anchors, o.anchors...)
	s.outline = append(s.outline, o.outline...)
}

func height(ss []strip) float64 {
	h := 0.0
	for i := range ss {
		h += ss[i].h
	}
	return h
}

// join makes one strip of several.
func join(ss []strip) strip {
	var one strip
	for i := range ss {
		one.put(&ss[i], 0, one.h)
		one.h += ss[i].h
	}
	return one
}
