package paper

import (
	"strconv"

	"vigie/internal/document"
	"vigie/internal/draw"
)

// setter lays blocks out; scale shrinks words and spaces of a part that must fit a page.
type setter struct {
	f     *faces
	scale float64
	lab   document.Labels
}

func (t *setter) look(size float64) look {
	return look{size: size * t.scale, ink: draw.Ink0, lead: 1.34}
}

func (t *setter) gap(h float64) strip { return gap(h * t.scale) }

func (t *setter) blocks(bs []document.Block, width float64) []strip {
	var out []strip
	for _, b := range bs {
		out = append(out, t.block(b, width)...)
	}
	return out
}

func (t *setter) block(b document.Block, width float64) []strip {
	switch b := b.(type) {
	case *document.Paragraph:
		return t.paragraph(b, width)
	case *document.List:
		return t.list(b, width)
	case *document.Table:
		return t.table(b, width)
	case *document.Pairs:
		return t.pairs(b, width)
	case *document.Figure:
		return t.figure(b, width)
	case *document.Panels:
		return t.panels(b, width)
	case *document.Grid:
		return t.grid(b, width)
	case *document.Quote:
		return t.quote(b, width)
	}
	return nil
}

func (t *setter) paragraph(p *document.Paragraph, width float64) []strip {
	lk, before, after := t.look(9.4), 0.0, 5.0
	switch p.Role {
	case document.Lead:
		lk, after = t.look(14), 9
		lk.bold = true
	case document.Said:
		lk = t.look(10.6)
		lk.bold = true
	case document.Intro:
		lk.ink = draw.Slate
	case document.Note:
		lk = t.look(8.2)
		lk.ink = draw.Soft
	case document.Warning:
		return t.warning(p, width)
	case document.Minor:
		lk, before, after = t.look(10), 5, 2.5
		lk.bold = true
	}
	var out []strip
	if before > 0 {
		out = append(out, t.gap(before))
	}
	lines := t.lines(p.Text, 0, width, lk)
	for i := range lines { // no single line at the head or foot of a page
		lines[i].keep = i == 0 || i == len(lines)-2 || p.Role == document.Minor || p.Role == document.Said
		if i == len(lines)-1 && p.Role != document.Minor {
			lines[i].keep = false
		}
	}
	after1 := t.gap(after)
	after1.keep = p.Role == document.Minor || p.Role == document.Intro
	if p.Role == document.Intro && len(lines) > 0 {
		lines[len(lines)-1].keep = true
	}
	return append(append(out, lines...), after1)
}

// lines gives one strip a line.
func (t *setter) lines(in document.Inlines, x, width float64, lk look) []strip {
	var out []strip
	for _, l := range t.f.wrap(in, width-x, lk) {
		s := strip{h: lk.height()}
		s.text(l, x, 0, lk)
		out = append(out, s)
	}
	return out
}

func (t *setter) warning(p *document.Paragraph, width float64) []strip {
	lk := t.look(9.4)
	pad := 7 * t.scale
	body := join(t.lines(p.Text, 0, width-2*pad-3, lk))
	s := strip{h: body.h + 2*pad}
	s.rect(0, 0, width, s.h, draw.Wash)
	s.rect(0, 0, 3, s.h, draw.Amber)
	s.put(&body, pad+3, pad)
	return []strip{s, t.gap(6)}
}

func (t *setter) list(l *document.List, width float64) []strip {
	lk := t.look(9.4)
	indent := 11 * t.scale
	if l.Ordered {
		indent = 15 * t.scale
	}
	var out []strip
	for i, it := range l.Items {
		lines := t.lines(it.Text, 0, width-indent, lk)
		for k := range lines {
			s := strip{h: lines[k].h, keep: k == 0 && len(lines) > 1}
			if k == 0 {
				sign := "•"
				if l.Ordered {
					sign = strconv.Itoa(i+1) + "."
				}
				s.text(t.f.wrap(document.Words(sign), indent, lk)[0], 1, 0, lk)
			}
			s.put(&lines[k], indent, 0)
			out = append(out, s)
		}
		out = append(out, t.gap(2))
	}
	return append(out, t.gap(3))
}

func (t *setter) pairs(p *document.Pairs, width float64) []strip {
	lk := t.look(8.8)
	name := lk
	name.ink = draw.Soft
	first := min(width*0.34, 150)
	var out []strip
	for _, pr := range p.Pairs {
		a, b := join(t.lines(document.Words(pr.Label), 0, first-8, name)), t.lines(pr.Value, 0, width-first, lk)
		h := 4 * t.scale
		if len(b) > 30 { // a long value goes over pages by itself
			out = append(out, a)
			out = append(out, b...)
			continue
		}
		v := join(b)
		s := strip{h: max(a.h, v.h) + h}
		s.put(&a, 0, h/2)
		s.put(&v, first, h/2)
		s.rule(0, s.h, width, draw.Faint, 0.4)
		out = append(out, s)
	}
	return append(out, t.gap(7))
}

func (t *setter) panels(p *document.Panels, width float64) []strip {
	n := float64(len(p.Panels))
	if n == 0 {
		return nil
	}
	between, pad := 8*t.scale, 8*t.scale
	w := (width - between*(n-1)) / n
	var boxes []strip
	high := 0.0
	for _, pn := range p.Panels {
		head := t.look(8.4)
		head.ink, head.bold = draw.Soft, true
		answer := t.look(12)
		answer.bold, answer.ink = true, pn.Ink
		if pn.Big {
			answer = t.look(19)
			answer.bold, answer.ink = true, pn.Ink
		}
		ss := t.lines(document.Words(pn.Title), 0, w-2*pad, head)
		ss = append(ss, t.gap(2))
		ss = append(ss, t.lines(pn.Answer, 0, w-2*pad, answer)...)
		ss = append(ss, t.gap(3))
		for _, l := range pn.Lines {
			ss = append(ss, t.lines(l.Text, 0, w-2*pad, t.look(8.4))...)
			ss = append(ss, t.gap(2))
		}
		box := join(ss)
		boxes = append(boxes, box)
		high = max(high, box.h)
	}
	s := strip{h: high + 2*pad}
	for i := range boxes {
		x := float64(i) * (w + between)
		s.ops = append(s.ops, op{kind: opRect, x: x, w: w, h: s.h, ink: draw.Wash, edge: draw.Faint})
		s.put(&boxes[i], x+pad, pad)
	}
	return []strip{s, t.gap(8)}
}

func (t *setter) grid(g *document.Grid, width float64) []strip {
	n := float64(len(g.Columns))
	if n == 0 {
		return nil
	}
	between := 18 * t.scale
	w := (width - between*(n-1)) / n
	var s strip
	for i, col := range g.Columns {
		c := join(t.blocks(col, w))
		s.put(&c, float64(i)*(w+between), 0)
		s.h = max(s.h, c.h)
	}
	return []strip{s}
}

func (t *setter) quote(q *document.Quote, width float64) []strip {
	head, raw := t.look(7.6), t.look(7)
	head.ink, raw.mono, raw.lead = draw.Soft, true, 1.25
	ss := t.lines(q.Head, 7, width, head)
	if !q.Raw.Empty() {
		ss = append(ss, t.lines(q.Raw, 7, width, raw)...)
	}
	if !q.Note.Empty() {
		ss = append(ss, t.lines(q.Note, 7, width, head)...)
	}
	for i := range ss {
		ss[i].rect(0, 0, 1.6, ss[i].h, draw.Faint)
		ss[i].keep = i == 0 && len(ss) > 1
	}
	return append(ss, t.gap(5))
}

func (t *setter) figure(f *document.Figure, width float64) []strip {
	p := f.Picture
	if p == nil || p.W <= 0 || p.H <= 0 {
		return nil
	}
	k := min(width/p.W, 1.15)
	if room := frameH * 0.82; p.H*k > room {
		k = room / p.H
	}
	pic := strip{h: p.H * k, keep: len(f.Legend) > 0}
	pic.ops = append(pic.ops, op{kind: opPicture, w: p.W * k, h: p.H * k, pic: p, scale: k})
	out := []strip{pic}
	lk := t.look(7.8)
	lk.ink = draw.Slate
	row, x := strip{h: lk.height() + 2}, 0.0
	for _, s := range f.Legend {
		l := t.f.wrap(document.Words(s.Label), width, lk)[0]
		need := s.Picture.W + 4 + l.w + 14
		if x > 0 && x+need > width {
			row.keep = true
			out = append(out, row)
			row, x = strip{h: lk.height() + 2}, 0
		}
		row.ops = append(row.ops, op{kind: opPicture, x: x, y: (row.h - s.Picture.H) / 2, w: s.Picture.W, h: s.Picture.H, pic: s.Picture, scale: 1})
		row.text(l, x+s.Picture.W+4, 1, lk)
		x += need
	}
	if x > 0 {
		out = append(out, row)
	}
	return append(out, t.gap(8))
}
