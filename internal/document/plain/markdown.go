// Package plain renders a document without layout: as Markdown, as JSON, and each of its tables as CSV.
//
// Foreign words stay words: Markdown escapes whatever could become a link, a picture or HTML; CSV is written by package csvsafe.
package plain

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"vigie/internal/document"
)

// Markdown writes a document as CommonMark with the tables of GitHub. Pictures are told in words.
func Markdown(w io.Writer, d *document.Document) error {
	p := &page{w: bufio.NewWriter(w), d: d}
	if d.Watermark != "" {
		p.line("**" + escape(d.Watermark) + "**")
	}
	p.line("# " + escape(d.Title))
	var about []string
	for _, s := range []string{d.Firm.Name, d.Kind, d.Subtitle, d.Mark, d.Version} {
		if s != "" {
			about = append(about, escape(s))
		}
	}
	p.line(strings.Join(about, " · "))
	for _, s := range d.Sections {
		if s.ID != document.ContentsID {
			p.section(s, 2)
		}
	}
	p.line(escape(d.Labels.Legal))
	p.line(escape(d.Mark))
	return p.w.Flush() // it keeps the first error
}

type page struct {
	w *bufio.Writer
	d *document.Document
}

// line writes a paragraph.
func (p *page) line(s string) {
	if s != "" {
		fmt.Fprintf(p.w, "%s\n\n", s)
	}
}

func (p *page) section(s *document.Section, level int) {
	p.line(strings.Repeat("#", min(level, 6)) + " " + strings.TrimSpace(s.Number+" "+escape(s.Title)))
	p.blocks(s.Blocks)
	for _, part := range s.Parts {
		p.section(part, level+1)
	}
}

func (p *page) blocks(bs []document.Block) {
	for _, b := range bs {
		p.block(b)
	}
}

func (p *page) block(b document.Block) {
	switch b := b.(type) {
	case *document.Paragraph:
		s := inlines(b.Text)
		switch b.Role {
		case document.Lead, document.Said, document.Minor, document.Warning:
			s = "**" + escape(b.Text.Plain()) + "**"
		}
		p.line(s)
	case *document.List:
		for i, it := range b.Items {
			mark := "-"
			if b.Ordered {
				mark = fmt.Sprintf("%d.", i+1)
			}
			fmt.Fprintf(p.w, "%s %s\n", mark, inlines(it.Text))
		}
		p.line("<!-- -->") // ends the list, so that the next one begins anew
	case *document.Pairs:
		for _, pr := range b.Pairs {
			fmt.Fprintf(p.w, "- %s – %s\n", escape(pr.Label), inlines(pr.Value))
		}
		p.line("<!-- -->")
	case *document.Panels:
		for _, pn := range b.Panels {
			p.line("**" + escape(pn.Title) + "** " + inlines(pn.Answer))
			for _, l := range pn.Lines {
				p.line(inlines(l.Text))
			}
		}
	case *document.Grid:
		for _, c := range b.Columns {
			p.blocks(c)
		}
	case *document.Figure:
		if b.Picture != nil {
			p.line("*" + escape(b.Picture.Title) + "* " + escape(b.Picture.Desc))
		}
	case *document.Quote:
		p.line(inlines(b.Head))
		if !b.Raw.Empty() {
			// Lines that are indented cannot end the block that they are in.
			for l := range strings.SplitSeq(b.Raw.Plain(), "\n") {
				fmt.Fprintf(p.w, "    %s\n", strings.ReplaceAll(l, "\t", " "))
			}
			p.line("<!-- -->")
		}
		p.line(inlines(b.Note))
	case *document.Table:
		p.table(b)
	}
}

func (p *page) table(t *document.Table) {
	if t.Caption != "" {
		p.line("**" + escape(t.Caption) + "**")
	}
	if len(t.Rows) == 0 {
		p.line(inlines(t.Empty))
		return
	}
	head, rule := "|", "|"
	for i := range t.Columns {
		head += " " + escape(t.Columns[i].Title) + " |"
		rule += " --- |"
	}
	fmt.Fprintf(p.w, "%s\n%s\n", head, rule)
	for i := range t.Rows {
		r := &t.Rows[i]
		p.w.WriteString("|")
		for j := range t.Columns {
			s := ""
			if j < len(r.Cells) {
				var lines []string
				for _, l := range r.Cells[j].Lines {
					lines = append(lines, inlines(l))
				}
				s = strings.Join(lines, " / ")
			}
			fmt.Fprintf(p.w, " %s |", s)
		}
		p.w.WriteString("\n")
	}
	p.w.WriteString("\n")
	if n := t.Left(); n > 0 {
		p.line(escape(p.d.Labels.Left(n)))
	}
	for i := range t.Rows {
		if r := &t.Rows[i]; len(r.Below) > 0 {
			if !r.Group && len(r.Cells) > 0 {
				p.line("**" + escape(r.Cells[0].Plain()) + "**")
			}
			p.blocks(r.Below)
		}
	}
}

// inlines gives words on one line; links within the document are left out, since ids are not part of Markdown.
func inlines(in document.Inlines) string { return escape(in.Plain()) }

// escape makes words mean nothing to a reader of Markdown: no link, picture, HTML, heading, list or table.
func escape(s string) string {
	// Ordinary blanks and ends of lines become one blank; the no-break spaces of French typography stay.
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }), " ")
	var b strings.Builder
	start := true // nothing but digits was written
	for i, r := range s {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '{', '}', '|', '~', '$', '#', '^':
			b.WriteByte('\\')
		case '<':
			b.WriteString("&lt;")
			start = false
			continue
		case '>':
			b.WriteString("&gt;")
			start = false
			continue
		case '&':
			b.WriteString("&amp;")
			start = false
			continue
		case ':':
			if strings.HasPrefix(s[i:], "://") {
				b.WriteByte('\\')
			}
		case '+', '-', '=':
			if i == 0 {
				b.WriteByte('\\')
			}
		case '.', ')':
			if start && i > 0 {
				b.WriteByte('\\')
			}
		}
		start = start && r >= '0' && r <= '9'
		b.WriteRune(r)
	}
	return b.String()
}
