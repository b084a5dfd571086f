package report

import (
	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/draw"
)

// Sizes of words in charts.
const (
	labelSize = 9.6
	tickSize  = 8.8
)

// coverageFigure draws the coverage of a flaw's window on a host, nil when nothing in it has a date.
func (b *builder) coverageFigure(i, j int) *document.Figure {
	h := &b.c.Hosts[i]
	c := newChart(b.p, i*1000+j, h, &h.Flaws[j], ofFlaw(b.ofHost[h.Name], h.Flaws[j].ID))
	if c == nil {
		return nil
	}
	return &document.Figure{ID: "coverage", Picture: c.picture(b.p), Legend: b.coverageLegend(len(c.Builds) > 0)}
}

func ofFlaw(fs []*casefile.Finding, flaw string) []*casefile.Finding {
	var out []*casefile.Finding
	for _, f := range fs {
		if f.Flaw == flaw {
			out = append(out, f)
		}
	}
	return out
}

func (b *builder) coverageLegend(builds bool) []document.Sign {
	swatch := func(s draw.Shape) *draw.Picture {
		p := &draw.Picture{W: 18, H: 9}
		p.Add(s)
		return p
	}
	out := []document.Sign{
		{Picture: stageSign(casefile.Attempt), Label: b.p.T("stage.attempt")}, {Picture: stageSign(casefile.Success), Label: b.p.T("stage.success")}, {Picture: stageSign(casefile.FollowUp), Label: b.p.T("stage.follow-up")},
		{Picture: swatch(draw.Rect{W: 18, H: 9, Fill: draw.Bar}), Label: b.p.T("legend.records")},
		{Picture: swatch(draw.Rect{W: 18, H: 9, Hatched: true, Stroke: draw.Hatch}), Label: b.p.T("legend.hole")},
		{Picture: swatch(draw.Rect{W: 18, H: 9, Fill: draw.Window, Stroke: draw.Edge}), Label: b.p.T("legend.window")},
	}
	if builds {
		out = append(out, document.Sign{Picture: swatch(draw.Rect{W: 18, H: 9, Fill: draw.Section, Stroke: draw.Soft, Width: .6}), Label: b.p.T("legend.build")})
	}
	return append(out, document.Sign{Picture: &draw.Picture{W: 1, H: 9}, Label: b.p.T("legend.bold")})
}

// picture turns the geometry into shapes.
func (c *chart) picture(p *Printer) *draw.Picture {
	pic := &draw.Picture{W: chartW, H: float64(c.H), Title: c.Title, Desc: c.Desc}
	top, axis := chartTop-5, float64(c.AxisY)
	if c.Win != nil {
		x, w := float64(c.Win.X), float64(c.Win.W)
		pic.Add(draw.Rect{X: x, Y: top, W: w, H: axis - top, Fill: draw.Window})
		pic.Add(draw.Line{X1: x, Y1: top, X2: x, Y2: axis, Stroke: draw.Edge}, draw.Line{X1: x + w, Y1: top, X2: x + w, Y2: axis, Stroke: draw.Edge}, draw.Line{X1: x, Y1: top, X2: x + w, Y2: top, Stroke: draw.Edge})
		anchor := draw.Start
		if c.WinAnchor == "end" {
			anchor = draw.End
		}
		pic.Add(draw.Text{X: float64(c.WinX), Y: top - 6, Size: labelSize, Anchor: anchor, Ink: draw.Amber, Bold: true, Words: c.WinLabel})
	}
	for _, t := range c.Ticks {
		pic.Add(draw.Line{X1: float64(t.X), Y1: top, X2: float64(t.X), Y2: axis, Stroke: draw.Faint, Width: .8, Dashed: true})
	}
	for i := range c.Lanes {
		c.Lanes[i].shapes(pic)
	}
	for i := range c.Rows {
		c.Rows[i].shapes(pic)
	}
	for i, l := range c.Builds {
		if i == 0 {
			pic.Add(draw.Text{X: plotX0 - 10, Y: float64(l.TextY) - 2, Size: labelSize, Anchor: draw.End, Ink: draw.Soft, Words: c.BuildsLabel})
		}
		for _, s := range l.Segs {
			pic.Add(draw.Rect{X: float64(s.X), Y: float64(l.Y), W: float64(s.W), H: 15, Fill: draw.Section, Stroke: draw.Soft, Width: .6, Tip: s.Tip})
			if s.Label != "" {
				pic.Add(draw.Text{X: float64(s.LabelX), Y: float64(l.Y) + 11, Size: tickSize, Ink: draw.Ink0, Words: s.Label})
			}
		}
	}
	axisShapes(pic, c.Ticks, c.Contexts, axis)
	return pic
}

// axisShapes draws the time axis below a plot.
func axisShapes(pic *draw.Picture, ticks, contexts []tick, y float64) {
	pic.Add(draw.Line{X1: plotX0, Y1: y, X2: plotX1, Y2: y, Stroke: draw.Soft})
	for _, t := range ticks {
		pic.Add(draw.Line{X1: float64(t.X), Y1: y, X2: float64(t.X), Y2: y + 4, Stroke: draw.Soft})
		pic.Add(draw.Text{X: float64(t.X), Y: y + 14, Size: tickSize, Anchor: draw.Middle, Ink: draw.Soft, Words: t.Label})
	}
	for _, t := range contexts {
		pic.Add(draw.Text{X: float64(t.X), Y: y + 26, Size: tickSize, Anchor: draw.Middle, Ink: draw.Ink0, Bold: true, Words: t.Label})
	}
	pic.Add(draw.Text{X: plotX1 + 6, Y: y + 4, Size: tickSize, Ink: draw.Soft, Words: "UTC"})
}

var stageInk = map[casefile.Stage]draw.Ink{casefile.Attempt: draw.Amber, casefile.Success: draw.Red, casefile.FollowUp: draw.Violet, casefile.StateSeen: draw.Slate}

func (l *lane) shapes(pic *draw.Picture) {
	y := float64(l.Y)
	pic.Add(draw.Text{X: plotX0 - 10, Y: y + 3.4, Size: labelSize, Anchor: draw.End, Ink: draw.Soft, Words: l.Label})
	pic.Add(draw.Line{X1: plotX0, Y1: y, X2: plotX1, Y2: y, Stroke: draw.Faint})
	if l.Empty != "" {
		pic.Add(draw.Text{X: plotX1 + 6, Y: y + 3.4, Size: labelSize, Ink: draw.Soft, Words: "0"})
	}
	for _, m := range l.Marks {
		x := float64(m.X)
		if m.X2 > m.X {
			pic.Add(draw.Line{X1: x, Y1: y, X2: float64(m.X2), Y2: y, Stroke: inkOf(stageInk, l.Stage), Width: 2})
		}
		if m.N > 0 {
			shapes := stageMark(l.Stage, x, y)
			tip(shapes, m.Tip)
			pic.Add(shapes...)
		}
		if m.N > 1 {
			pic.Add(draw.Text{X: x, Y: y - 6.5, Size: tickSize, Anchor: draw.Middle, Ink: draw.Ink0, Bold: true, Words: itoa(m.N)})
		}
	}
	if l.Before > 0 {
		pic.Add(draw.Text{X: plotX0 + 3, Y: y - 4, Size: tickSize, Ink: draw.Ink0, Bold: true, Words: "‹ " + itoa(l.Before)})
	}
	if l.After > 0 {
		pic.Add(draw.Text{X: plotX1 - 3, Y: y - 4, Size: tickSize, Anchor: draw.End, Ink: draw.Ink0, Bold: true, Words: itoa(l.After) + " ›"})
	}
}

// tip gives the words about a mark to its last shape.
func tip(shapes []draw.Shape, s string) {
	k := len(shapes) - 1
	switch x := shapes[k].(type) {
	case draw.Circle:
		x.Tip = s
		shapes[k] = x
	case draw.Polygon:
		x.Tip = s
		shapes[k] = x
	case draw.Rect:
		x.Tip = s
		shapes[k] = x
	case draw.Line:
		x.Tip = s
		shapes[k] = x
	}
}

func (r *barRow) shapes(pic *draw.Picture) {
	y, ink := float64(r.Y), draw.Soft
	if r.Bold {
		ink = draw.Ink0
	}
	size, first := labelSize, y+9
	if r.Label2 != "" {
		size, first = 8.2, y+3
		pic.Add(draw.Text{X: plotX0 - 10, Y: y + 12.4, Size: size, Anchor: draw.End, Ink: ink, Bold: r.Bold, Words: r.Label2})
	}
	pic.Add(draw.Text{X: plotX0 - 10, Y: first, Size: size, Anchor: draw.End, Ink: ink, Bold: r.Bold, Words: r.Label})
	pic.Add(draw.Line{X1: plotX0, Y1: y + barH/2, X2: plotX1, Y2: y + barH/2, Stroke: draw.Faint})
	for _, s := range r.Solid {
		pic.Add(draw.Rect{X: float64(s.X), Y: y, W: float64(s.W), H: barH, Fill: draw.Bar})
	}
	for _, s := range r.Hole {
		pic.Add(draw.Rect{X: float64(s.X), Y: y, W: float64(s.W), H: barH, Hatched: true, Stroke: draw.Hatch, Tip: s.Tip})
	}
	pic.Add(draw.Text{X: plotX1 + 6, Y: y + 9, Size: labelSize, Ink: draw.Ink0, Words: r.Percent})
}
