package draw

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// SVG writes a picture as an element of an HTML page. Inks are CSS classes (f-ink fills, s-ink draws edges), so that the page's style decides on colours.
// id must be unique in the page; it names the title, the description and the hatching. No text of the picture can leave its text node.
func (p *Picture) SVG(id string) string {
	w := &svgWriter{id: id}
	fmt.Fprintf(&w.b, `<svg viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d">`, num(p.W), num(p.H), id, id)
	fmt.Fprintf(&w.b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, html.EscapeString(p.Title), id, html.EscapeString(p.Desc))
	if p.hatched() {
		fmt.Fprintf(&w.b, `<defs><pattern id="%s-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="f-paper" width="6" height="6"/><path class="s-hatch" stroke-width="2.2" d="M0 0V6"/></pattern></defs>`, id)
	}
	for _, s := range p.Shapes {
		w.shape(s)
	}
	w.b.WriteString("</svg>")
	return w.b.String()
}

// Standalone writes a picture as a file of its own, with light colours.
func (p *Picture) Standalone() string {
	var css strings.Builder
	for _, t := range Tones {
		fmt.Fprintf(&css, ".f-%s{fill:#%s}.s-%s{stroke:#%s}", t.Ink, t.Light, t.Ink, t.Light)
	}
	body := p.SVG("p")
	open := strings.IndexByte(body, '>')
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s"%s<style>%s text{font-family:"Liberation Sans",Arial,sans-serif}</style><rect class="f-paper" width="100%%" height="100%%"/>%s`,
		num(p.W), num(p.H), body[len("<svg"):open+1], css.String(), body[open+1:])
}

func (p *Picture) hatched() bool {
	for _, s := range p.Shapes {
		if r, ok := s.(Rect); ok && r.Hatched {
			return true
		}
	}
	return false
}

type svgWriter struct {
	id string
	b  strings.Builder
}

// paint gives the attributes of inside and edge.
func paint(fill, stroke Ink, width float64, dashed bool) string {
	class := "nf"
	if fill != "" {
		class = "f-" + string(fill)
	}
	if stroke == "" {
		return ` class="` + class + `"`
	}
	s := ` class="` + class + " s-" + string(stroke) + `" stroke-width="` + num(or1(width)) + `"`
	if fill == "" {
		s += ` fill="none"`
	}
	if dashed {
		s += ` stroke-dasharray="2 3"`
	}
	return s
}

func (w *svgWriter) shape(s Shape) {
	switch s := s.(type) {
	case Rect:
		attrs := paint(s.Fill, s.Stroke, s.Width, false)
		if s.Hatched {
			attrs = ` class="s-` + string(s.Stroke) + `" stroke-width=".8" fill="url(#` + w.id + `-h)"`
		}
		w.element("rect", fmt.Sprintf(` x="%s" y="%s" width="%s" height="%s"`, num(s.X), num(s.Y), num(s.W), num(s.H))+attrs, s.Tip)
	case Line:
		w.element("path", fmt.Sprintf(` d="M%s %sL%s %s"`, num(s.X1), num(s.Y1), num(s.X2), num(s.Y2))+paint("", s.Stroke, s.Width, s.Dashed), s.Tip)
	case Polygon:
		d := ""
		for i, pt := range s.Points {
			d += "ML"[min(i, 1):min(i, 1)+1] + num(pt.X) + " " + num(pt.Y)
		}
		w.element("path", ` d="`+d+`Z"`+paint(s.Fill, s.Stroke, s.Width, false), s.Tip)
	case Circle:
		w.element("circle", fmt.Sprintf(` cx="%s" cy="%s" r="%s"`, num(s.X), num(s.Y), num(s.R))+paint(s.Fill, s.Stroke, s.Width, s.Dashed), s.Tip)
	case Text:
		attrs := fmt.Sprintf(` x="%s" y="%s" font-size="%s" class="f-%s"`, num(s.X), num(s.Y), num(s.Size), string(s.Ink))
		if s.Anchor != Start {
			attrs += ` text-anchor="` + [...]string{"start", "middle", "end"}[s.Anchor] + `"`
		}
		if s.Bold {
			attrs += ` font-weight="650"`
		}
		w.b.WriteString("<text" + attrs + ">" + html.EscapeString(s.Words) + "</text>")
	}
}

func (w *svgWriter) element(name, attrs, tip string) {
	if tip == "" {
		w.b.WriteString("<" + name + attrs + "/>")
		return
	}
	w.b.WriteString("<" + name + attrs + "><title>" + html.EscapeString(tip) + "</title></" + name + ">")
}

func or1(w float64) float64 {
	if w == 0 {
		return 1
	}
	return w
}

// num writes a coordinate to a tenth of a unit; what is no number becomes zero.
func num(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
}
