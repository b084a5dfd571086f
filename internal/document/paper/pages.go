package paper

import (
	"vigie/internal/document"
	"vigie/internal/draw"
)

// sheet is one page: strips with their places.
type sheet struct {
	strips []placed
}

type placed struct {
	y float64 // of the strip's head, from the head of the page
	*strip
}

// leastScale is how far a part that must stand on one page is shrunk: words of 9.4 points become 6.6, which still read well on paper.
const leastScale = 0.7

// lay turns a document into pages.
func lay(d *document.Document, f *faces) []sheet {
	t := &setter{f: f, scale: 1, lab: d.Labels}
	ss := t.cover(d)
	for _, s := range d.Sections {
		ss = append(ss, t.section(s, 0)...)
	}
	return pack(ss)
}

// cover is the head of the first page; the list of sections follows behind the first part, the identification.
func (t *setter) cover(d *document.Document) []strip {
	var ss []strip
	if len(d.Firm.Logo) > 0 {
		ss = append(ss, strip{h: 46, ops: []op{{kind: opLogo, w: 150, h: 38}}})
	}
	kind, title, sub := t.look(9.4), t.look(20), t.look(11)
	kind.ink, kind.bold, sub.ink = draw.Accent, true, draw.Soft
	title.bold, title.lead = true, 1.18
	ss = append(ss, t.lines(document.Words(d.Kind), 0, frameW, kind)...)
	ss = append(ss, t.gap(2))
	ss = append(ss, t.lines(document.Words(d.Title), 0, frameW, title)...)
	if d.Subtitle != "" {
		ss = append(ss, t.gap(3))
		ss = append(ss, t.lines(document.Words(d.Subtitle), 0, frameW, sub)...)
	}
	bar := strip{h: 16}
	bar.rect(0, 6, 60, 2.4, draw.Accent)
	return append(ss, bar)
}

func (t *setter) section(s *document.Section, level int) []strip {
	if s.OnePage {
		return t.onePage(s, level)
	}
	ss := t.heading(s, level)
	if s.NewPage {
		ss[0].page = true
	}
	ss = append(ss, t.blocks(s.Blocks, frameW)...)
	if s.ID == document.ContentsID {
		return append(ss, t.contents(s)...) // its parts are the entries
	}
	for _, p := range s.Parts {
		ss = append(ss, t.section(p, level+1)...)
	}
	return ss
}

// heading stays with what follows it.
func (t *setter) heading(s *document.Section, level int) []strip {
	sizes := []float64{15, 11.6, 10.2}
	lk := t.look(sizes[min(level, len(sizes)-1)])
	lk.bold, lk.lead = true, 1.22
	text := document.Inlines{{Text: s.Title}}
	if s.Number != "" {
		text = document.Inlines{{Text: s.Number + "\u00a0\u00a0", Ink: draw.Accent}, {Text: s.Title}}
	}
	title := s.Title
	if s.Number != "" {
		title = s.Number + " " + title
	}
	before := t.gap([]float64{16, 11, 8}[min(level, 2)])
	before.keep = true
	ss := append([]strip{before}, t.lines(text, 0, frameW, lk)...)
	for i := range ss {
		ss[i].keep = true
	}
	ss[1].anchors = append(ss[1].anchors, s.ID)
	if level < 2 {
		ss[1].outline = append(ss[1].outline, entry{level: level, title: title, anchor: s.ID})
	}
	after := t.gap([]float64{6, 4, 3}[min(level, 2)])
	after.keep = true
	return append(ss, after)
}

// onePage lays a part out smaller and smaller until it stands on one page.
func (t *setter) onePage(s *document.Section, level int) []strip {
	var ss []strip
	for scale := 1.0; ; scale -= 0.03 {
		small := &setter{f: t.f, scale: max(scale, leastScale), lab: t.lab}
		ss = append(small.heading(s, level), small.blocks(s.Blocks, frameW)...)
		for _, p := range s.Parts {
			ss = append(ss, small.section(p, level+1)...)
		}
		if height(ss[1:]) <= frameH || scale <= leastScale {
			break
		}
	}
	for i := range ss {
		ss[i].one = true
	}
	ss[0].page = true
	return ss
}

// contents lists the sections with their pages, which are known when the file is written.
func (t *setter) contents(s *document.Section) []strip {
	lk := t.look(9.2)
	var out []strip
	for _, it := range s.Parts {
		row := strip{h: lk.height() + 3}
		words := document.Inlines{{Text: it.Number, Ink: draw.Accent}}
		row.text(t.f.wrap(words, 30, lk)[0], 0, 1, lk)
		row.text(t.f.wrap(document.Inlines{{Text: it.Title, To: it.ID, Ink: draw.Ink0}}, frameW-70, lk)[0], 22, 1, lk)
		row.ops = append(row.ops, op{kind: opText, x: frameW - 40, y: 1 + lk.height()/2 + lk.size*0.36, w: 40, size: lk.size, h: lk.size, ink: draw.Soft, pageOf: it.ID})
		row.rule(0, row.h, frameW, draw.Faint, 0.3)
		out = append(out, row)
	}
	return out
}

// pack fills pages with strips: a strip stays with those it must be kept with, unless they would not fit a page together.
func pack(ss []strip) []sheet {
	pages := []sheet{{}}
	y := 0.0
	fresh := func() {
		pages = append(pages, sheet{})
		y = 0
	}
	put := func(s *strip) {
		p := &pages[len(pages)-1]
		p.strips = append(p.strips, placed{y, s})
		y += s.h
	}
	one := false
	for i := 0; i < len(ss); {
		n := together(ss, i)
		group := ss[i : i+n]
		h := height(group)
		switch first := &group[0]; {
		case (first.page || one && !first.one) && y > 0:
			fresh()
		case y > 0 && y+h > frameH && !first.one && (h <= frameH*0.7 || y+group[0].h > frameH):
			fresh()
		}
		one = group[0].one
		for k := range group {
			s := &group[k]
			if y > 0 && y+s.h > frameH && !s.one {
				fresh()
			}
			if y == 0 {
				if s.gap {
					continue
				}
				if s.head != nil && len(pages) > 1 {
					put(s.head)
				}
			}
			put(s)
		}
		i += n
	}
	return pages
}

// together is how many strips from i on stay on one page.
func together(ss []strip, i int) int {
	n := 1
	for i+n < len(ss) && ss[i+n-1].keep {
		n++
	}
	return n
}
