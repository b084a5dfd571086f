// Package webpage renders a document as one HTML file that needs nothing else: no script, no remote picture, font or style.
//
// Element names and attributes are constants of this package; words of the document reach text nodes and two attributes (id and
// href, both from a narrow alphabet) and are escaped there. Foreign words are isolated from the direction of the text around them.
package webpage

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"

	"vigie/internal/document"
	"vigie/internal/draw"
)

// Write writes a document as HTML.
func Write(w io.Writer, d *document.Document) error {
	p := &page{d: d}
	p.document()
	_, err := io.WriteString(w, p.b.String())
	return err
}

type page struct {
	d       *document.Document
	b       strings.Builder
	figures int
}

// text writes words into a text node.
func (p *page) text(s string) { p.b.WriteString(html.EscapeString(s)) }

func (p *page) raw(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

// element writes words in an element; open is the constant tag with its attributes.
func (p *page) element(open, s string) {
	name, _, _ := strings.Cut(open, " ")
	p.raw("<", open, ">")
	p.text(s)
	p.raw("</", name, ">")
}

func (p *page) document() {
	d := p.d
	p.raw("<!DOCTYPE html>\n<html lang=\"", ident(d.Lang), "\">\n<head>\n<meta charset=\"utf-8\">\n")
	p.raw(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`, "\n")
	p.raw(`<meta name="viewport" content="width=device-width, initial-scale=1">`, "\n", `<meta name="color-scheme" content="light dark">`, "\n")
	p.raw(`<meta name="referrer" content="no-referrer">`, "\n")
	p.element("title", d.Title+" · Vigie")
	p.raw("\n<style>\n", palette(d.Firm.Colour), style, pageStyle(d), "</style>\n</head>\n<body>\n")
	p.element(`a class="skip" href="#main"`, d.Labels.Skip)
	if d.Watermark != "" {
		p.element(`p class="watermark" aria-hidden="true"`, d.Watermark)
	}
	p.raw("\n<header class=\"top\">\n<p class=\"brand\">")
	p.logo()
	if d.Firm.Name != "" {
		p.element("b", d.Firm.Name)
	}
	p.element(`span class="kind"`, d.Kind)
	p.element(`span class="mark"`, d.Mark)
	p.raw("</p>\n")
	if d.Watermark != "" {
		p.element(`p class="draft"`, d.Watermark)
	}
	p.element("h1", d.Title)
	if d.Subtitle != "" {
		p.element(`p class="sub"`, d.Subtitle)
	}
	p.raw("\n</header>\n<main id=\"main\">\n")
	for _, s := range d.Sections {
		p.section(s, 2)
	}
	p.raw("</main>\n<footer class=\"end\">")
	p.element("p", d.Labels.Legal)
	p.element("p", d.Version)
	p.element(`p class="mark"`, d.Mark)
	p.raw("</footer>\n</body>\n</html>\n")
}

func (p *page) logo() {
	l := p.d.Firm.Logo
	if kind := http.DetectContentType(l); kind == "image/png" || kind == "image/jpeg" {
		p.raw(`<img class="logo" alt="" src="data:`, kind, `;base64,`, base64.StdEncoding.EncodeToString(l), `">`)
	}
}

func (p *page) section(s *document.Section, level int) {
	class := "part"
	if level == 2 {
		class = "chapter"
	}
	if s.OnePage {
		class += " sheet"
	}
	tag := "h" + strconv.Itoa(min(level, 6))
	p.raw(`<section class="`, class, `" id="`, ident(s.ID), `" aria-labelledby="h-`, ident(s.ID), `">`, "\n<", tag, ` id="h-`, ident(s.ID), `">`)
	if s.Number != "" {
		p.element(`span class="num"`, s.Number)
		p.raw(" ")
	}
	p.text(s.Title)
	p.raw("</", tag, ">\n")
	p.blocks(s.Blocks, level)
	if s.ID == document.ContentsID {
		p.contents(s)
	} else {
		for _, c := range s.Parts {
			p.section(c, level+1)
		}
	}
	p.raw("</section>\n")
}

func (p *page) contents(s *document.Section) {
	p.raw("<nav><ol class=\"contents\">\n")
	for _, c := range s.Parts {
		p.raw(`<li><a href="#`, ident(c.ID), `">`)
		p.element(`span class="num"`, c.Number)
		p.raw(" ")
		p.text(c.Title)
		p.raw("</a></li>\n")
	}
	p.raw("</ol></nav>\n")
}

func (p *page) blocks(bs []document.Block, level int) {
	for _, b := range bs {
		p.block(b, level)
	}
}

// roles are the elements of paragraphs.
var roles = map[document.Role]string{
	document.Plain: "p", document.Lead: `p class="lead"`, document.Said: `p class="said"`, document.Intro: `p class="intro"`,
	document.Note: `p class="note"`, document.Warning: `p class="warn"`,
}

func (p *page) block(b document.Block, level int) {
	switch b := b.(type) {
	case *document.Paragraph:
		open := roles[b.Role]
		if b.Role == document.Minor {
			open = "h" + strconv.Itoa(min(level+1, 6)) + ` class="minor"`
		}
		name, _, _ := strings.Cut(open, " ")
		p.raw("<", open, ">")
		p.inlines(b.Text)
		p.raw("</", name, ">\n")
	case *document.List:
		tag := "ul"
		if b.Ordered {
			tag = "ol"
		}
		p.raw("<", tag, ">")
		for _, it := range b.Items {
			p.raw("<li>")
			p.inlines(it.Text)
			p.raw("</li>\n")
		}
		p.raw("</", tag, ">\n")
	case *document.Table:
		p.table(b, level)
	case *document.Pairs:
		p.raw("<dl class=\"pairs\">")
		for _, pr := range b.Pairs {
			p.raw("<div>")
			p.element("dt", pr.Label)
			p.raw("<dd>")
			p.inlines(pr.Value)
			p.raw("</dd></div>\n")
		}
		p.raw("</dl>\n")
	case *document.Figure:
		p.figure(b)
	case *document.Panels:
		p.panels(b, level)
	case *document.Grid:
		p.raw("<div class=\"grid\">")
		for _, c := range b.Columns {
			p.raw("<div>")
			p.blocks(c, level)
			p.raw("</div>\n")
		}
		p.raw("</div>\n")
	case *document.Quote:
		p.raw("<div class=\"quote\"><p>")
		p.inlines(b.Head)
		p.raw("</p>")
		if !b.Raw.Empty() {
			p.raw("<pre>")
			p.inlines(b.Raw)
			p.raw("</pre>")
		}
		if !b.Note.Empty() {
			p.raw("<p class=\"note\">")
			p.inlines(b.Note)
			p.raw("</p>")
		}
		p.raw("</div>\n")
	}
}

func (p *page) panels(b *document.Panels, level int) {
	p.raw("<div class=\"panels\">")
	tag := "h" + strconv.Itoa(min(level+1, 6))
	for _, pn := range b.Panels {
		p.raw("<div class=\"panel\">")
		p.element(tag, pn.Title)
		class := "answer"
		if pn.Big {
			class += " big"
		}
		p.raw(`<p class="`, class, inkClass(pn.Ink), `">`)
		p.inlines(pn.Answer)
		p.raw("</p>")
		for _, l := range pn.Lines {
			p.raw("<p>")
			p.inlines(l.Text)
			p.raw("</p>")
		}
		p.raw("</div>\n")
	}
	p.raw("</div>\n")
}

func (p *page) figure(f *document.Figure) {
	if f.Picture == nil {
		return
	}
	p.figures++
	p.raw(`<figure><div class="scroll" role="region" tabindex="0" aria-label="`, html.EscapeString(f.Picture.Title), `">`, f.Picture.SVG("g"+strconv.Itoa(p.figures)), "</div>")
	if len(f.Legend) > 0 {
		p.raw("<figcaption><ul class=\"legend\">")
		for _, s := range f.Legend {
			p.raw("<li>")
			p.sign(s.Picture)
			p.text(s.Label)
			p.raw("</li>")
		}
		p.raw("</ul></figcaption>")
	}
	p.raw("</figure>\n")
}

// sign draws a small picture beside words that say the same.
func (p *page) sign(s *draw.Picture) {
	if s == nil {
		return
	}
	p.figures++
	svg := s.SVG("g" + strconv.Itoa(p.figures))
	_, rest, _ := strings.Cut(svg, "</desc>") // hidden from readers, so no title
	p.raw(fmt.Sprintf(`<svg class="sign" width="%g" height="%g" viewBox="0 0 %g %g" aria-hidden="true" focusable="false">`, s.W, s.H, s.W, s.H), rest)
}

func (p *page) inlines(in document.Inlines) {
	for _, i := range in {
		if i.Text == "" {
			continue
		}
		open, end := "", ""
		switch i.Style {
		case document.Strong:
			open, end = "<b>", "</b>"
		case document.Lesser:
			open, end = `<span class="soft">`, "</span>"
		case document.Code:
			open, end = "<code>", "</code>"
		case document.Escaped:
			open, end = `<span class="esc">`, "</span>"
		case document.Foreign:
			open, end = "<bdi>", "</bdi>"
		}
		if i.Ink != "" {
			open, end = `<span class="`+strings.TrimSpace(inkClass(i.Ink))+`">`+open, end+"</span>"
		}
		if i.To != "" {
			open, end = `<a href="#`+ident(i.To)+`">`+open, end+"</a>"
		}
		p.raw(open)
		p.text(i.Text)
		p.raw(end)
	}
}

func inkClass(i draw.Ink) string {
	if i == "" {
		return ""
	}
	return " k-" + ident(string(i))
}

// ident is what may stand in an id: letters, digits, hyphens and dots; anything else becomes an underscore.
func ident(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, s)
}
