package paper

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"vigie/internal/document"
	"vigie/internal/draw"
)

const family = "vigie"

// writer puts pages into a file.
type writer struct {
	p      *fpdf.Fpdf
	f      *faces
	d      *document.Document
	pages  map[string]int     // page of an anchor
	links  map[string]int     // fpdf's number of an anchor's link
	accent string             // colour of the firm
	logo   *fpdf.ImageOptions // nil for none
	y0     float64            // head of the strip that is drawn
}

func emit(d *document.Document, sheets []sheet, f *faces, opt Options) ([]byte, error) {
	p := fpdf.New("P", "pt", "A4", "")
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(0, 0, 0)
	p.SetCatalogSort(true)
	date := opt.Date
	if date.IsZero() {
		date = time.Unix(0, 0)
	}
	p.SetCreationDate(date.UTC())
	p.SetModificationDate(date.UTC())
	p.SetTitle(d.Title, true)
	p.SetAuthor(d.Firm.Name, true)
	p.SetCreator("Vigie", true)
	p.SetSubject(d.Kind, true)
	p.SetKeywords(d.Mark, true)
	p.SetLang(d.Lang)
	p.SetDisplayMode("fullwidth", "continuous")
	for fc, style := range []string{"", "B", "I"} { // the fixed-width face takes the place of italics
		p.AddUTF8FontFromBytes(family, style, fontFiles[fc])
	}
	if err := p.Error(); err != nil {
		return nil, fmt.Errorf("fonts: %w", err)
	}
	w := &writer{p: p, f: f, d: d, pages: map[string]int{}, links: map[string]int{}, accent: draw.Light(draw.Accent)}
	if len(d.Firm.Colour) == 6 {
		w.accent = d.Firm.Colour
	}
	if err := w.loadLogo(); err != nil {
		return nil, err
	}
	for i := range sheets {
		for _, s := range sheets[i].strips {
			for _, a := range s.anchors {
				if w.pages[a] == 0 {
					w.pages[a] = i + 1
				}
			}
		}
	}
	for a := range w.pages { // numbers of links do not show in the file's order of drawing
		_ = a
	}
	for i := range sheets {
		w.page(&sheets[i], i+1, len(sheets))
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// LogoName is the name of the firm's picture in the file.
const logoName = "logo"

func (w *writer) loadLogo() error {
	logo := w.d.Firm.Logo
	if len(logo) == 0 {
		return nil
	}
	kind := map[string]string{"image/png": "PNG", "image/jpeg": "JPG"}[http.DetectContentType(logo)]
	if kind == "" {
		return fmt.Errorf("logo: neither PNG nor JPEG")
	}
	w.logo = &fpdf.ImageOptions{ImageType: kind}
	w.p.RegisterImageOptionsReader(logoName, *w.logo, bytes.NewReader(logo))
	if err := w.p.Error(); err != nil {
		return fmt.Errorf("logo: %w", err)
	}
	return nil
}

func (w *writer) page(s *sheet, n, of int) {
	w.p.AddPage()
	if w.d.Watermark != "" {
		w.watermark()
	}
	w.frame(n, of)
	for _, st := range s.strips {
		w.y0 = marginTop + st.y
		for _, a := range st.anchors {
			if w.pages[a] == n {
				w.p.SetLink(w.link(a), w.y0, n)
			}
		}
		for _, e := range st.outline {
			w.p.Bookmark(e.title, e.level, w.y0)
		}
		for _, o := range st.ops {
			w.op(o)
		}
	}
}

// frame is what stands on every page: the document and its mark above, version and page number below.
func (w *writer) frame(n, of int) {
	soft := draw.Soft
	w.fill(draw.Accent)
	w.p.Rect(0, 0, pageW, 4, "F")
	lk := look{size: 8, lead: 1.3, ink: soft}
	name := w.d.Title
	if w.d.Firm.Name != "" {
		name = w.d.Firm.Name + " · " + name
	}
	mark := w.f.wrap(document.Words(w.d.Mark), 200, look{size: 8.6, bold: true, lead: 1.3, ink: draw.Ink0})[0]
	w.line(w.f.wrap(document.Words(name), frameW-mark.w-24, lk)[0], marginX, 34, 8)
	w.line(mark, pageW-marginX-mark.w, 34, 8.6)
	w.stroke(draw.Faint, 0.5)
	w.p.Line(marginX, 42, pageW-marginX, 42)
	foot := pageH - 30
	w.line(w.f.wrap(document.Words(w.d.Version), frameW-80, lk)[0], marginX, foot, 8)
	num := w.f.wrap(document.Words(fmt.Sprintf("%s %d / %d", w.d.Labels.Page, n, of)), 80, lk)[0]
	w.line(num, pageW-marginX-num.w, foot, 8)
}

func (w *writer) line(l textLine, x, base, size float64) {
	for _, r := range l.runs {
		w.words(r.face, size, r.ink, x+r.x, base, r.text)
	}
}

func (w *writer) watermark() {
	size := 92.0
	width := w.f.width(bold, w.d.Watermark, size)
	if room := 640.0; width > room {
		size *= room / width
		width = room
	}
	w.p.SetFont(family, "B", size)
	w.p.SetTextColor(238, 240, 243)
	w.p.TransformBegin()
	w.p.TransformRotate(52, pageW/2, pageH/2)
	w.p.Text(pageW/2-width/2, pageH/2+size/3, w.d.Watermark)
	w.p.TransformEnd()
}

func (w *writer) link(anchor string) int {
	id, ok := w.links[anchor]
	if !ok {
		id = w.p.AddLink()
		w.links[anchor] = id
	}
	return id
}

func (w *writer) op(o op) {
	x, y := marginX+o.x, w.y0+o.y
	switch o.kind {
	case opText:
		if o.pageOf != "" {
			o.text = strconv.Itoa(w.pages[o.pageOf])
			x += o.w - w.f.width(o.face, o.text, o.size)
		}
		w.words(o.face, o.size, o.ink, x, y, o.text)
		if o.to != "" && w.pages[o.to] > 0 {
			w.p.Link(x, y-o.size, o.w, o.size*1.25, w.link(o.to))
		}
	case opRect:
		style := ""
		if o.ink != "" {
			w.fill(o.ink)
			style = "F"
		}
		if o.edge != "" {
			w.stroke(o.edge, 0.6)
			style += "D"
		}
		w.p.Rect(x, y, o.w, o.h, style)
	case opLine:
		w.stroke(o.ink, o.thick)
		w.p.Line(x, y, x+o.w, y)
	case opPicture:
		w.picture(o.pic, x, y, o.scale)
	case opLogo:
		if w.logo != nil {
			info := w.p.GetImageInfo(logoName)
			k := min(o.w/info.Width(), o.h/info.Height())
			w.p.ImageOptions(logoName, x, y, info.Width()*k, info.Height()*k, false, *w.logo, 0, "")
		}
	}
}

func (w *writer) words(fc face, size float64, ink draw.Ink, x, base float64, s string) {
	w.p.SetFont(family, [...]string{"", "B", "I"}[fc], size)
	w.p.SetTextColor(w.rgb(ink))
	w.p.Text(x, base, s)
}

func (w *writer) fill(ink draw.Ink) { w.p.SetFillColor(w.rgb(ink)) }

func (w *writer) stroke(ink draw.Ink, width float64) {
	w.p.SetDrawColor(w.rgb(ink))
	w.p.SetLineWidth(width)
}

func (w *writer) rgb(ink draw.Ink) (r, g, b int) {
	hex := draw.Light(ink)
	if ink == draw.Accent {
		hex = w.accent
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		return 0, 0, 0
	}
	return int(n >> 16 & 255), int(n >> 8 & 255), int(n & 255)
}
