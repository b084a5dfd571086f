package paper

import (
	"codeberg.org/go-pdf/fpdf"

	"vigie/internal/document"
	"vigie/internal/draw"
)

// picture draws shapes at x, y, k points a unit.
func (w *writer) picture(pic *draw.Picture, x, y, k float64) {
	for _, s := range pic.Shapes {
		switch s := s.(type) {
		case draw.Rect:
			if s.Hatched {
				w.hatched(x+s.X*k, y+s.Y*k, s.W*k, s.H*k, s.Stroke)
				continue
			}
			if style := w.style(s.Fill, s.Stroke, s.Width*k, k); style != "" {
				w.p.Rect(x+s.X*k, y+s.Y*k, s.W*k, s.H*k, style)
			}
		case draw.Line:
			w.stroke(s.Stroke, thick(s.Width)*k)
			w.dashed(s.Dashed, k)
			w.p.Line(x+s.X1*k, y+s.Y1*k, x+s.X2*k, y+s.Y2*k)
			w.dashed(false, k)
		case draw.Polygon:
			var pts []fpdf.PointType
			for _, p := range s.Points {
				pts = append(pts, fpdf.PointType{X: x + p.X*k, Y: y + p.Y*k})
			}
			if style := w.style(s.Fill, s.Stroke, s.Width*k, k); style != "" {
				w.p.Polygon(pts, style)
			}
		case draw.Circle:
			style := w.style(s.Fill, s.Stroke, s.Width*k, k)
			w.dashed(s.Dashed, k)
			if style != "" {
				w.p.Circle(x+s.X*k, y+s.Y*k, s.R*k, style)
			}
			w.dashed(false, k)
		case draw.Text:
			w.label(s, x, y, k)
		}
	}
}

func thick(w float64) float64 {
	if w == 0 {
		return 1
	}
	return w
}

func (w *writer) style(fill, stroke draw.Ink, width, k float64) string {
	style := ""
	if fill != "" {
		w.fill(fill)
		style = "F"
	}
	if stroke != "" {
		if width == 0 {
			width = k
		}
		w.stroke(stroke, width)
		style += "D"
	}
	return style
}

func (w *writer) dashed(on bool, k float64) {
	if on {
		w.p.SetDashPattern([]float64{2 * k, 3 * k}, 0)
	} else {
		w.p.SetDashPattern(nil, 0)
	}
}

// hatched fills a box with oblique lines, cut at its edges.
func (w *writer) hatched(x, y, width, height float64, ink draw.Ink) {
	w.fill(draw.Paper)
	w.p.Rect(x, y, width, height, "F")
	w.stroke(ink, 0.7)
	const step = 4.0
	for d := step / 2; d < width+height; d += step {
		x1, y1 := x+d, y
		if d > width {
			x1, y1 = x+width, y+d-width
		}
		x2, y2 := x, y+d
		if d > height {
			x2, y2 = x+d-height, y+height
		}
		w.p.Line(x1, y1, x2, y2)
	}
	w.stroke(ink, 0.4)
	w.p.Rect(x, y, width, height, "D")
}

// label sets the words of a picture; letters that the font lacks become numbers, as elsewhere.
func (w *writer) label(t draw.Text, x, y, k float64) {
	lk := look{size: t.Size * k, bold: t.Bold, ink: t.Ink, lead: 1}
	l := line(document.Words(t.Words), w.f.letters(document.Words(t.Words), lk), lk)
	at := x + t.X*k
	switch t.Anchor {
	case draw.Middle:
		at -= l.w / 2
	case draw.End:
		at -= l.w
	}
	w.line(l, at, y+t.Y*k, lk.size)
}
