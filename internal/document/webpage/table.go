package webpage

import (
	"html"
	"strconv"

	"vigie/internal/document"
)

func (p *page) table(t *document.Table, level int) {
	if len(t.Rows) == 0 {
		if t.Caption != "" {
			p.element(`p class="caption"`, t.Caption)
		}
		p.raw("<p>")
		p.inlines(t.Empty)
		p.raw("</p>\n")
		return
	}
	class := "rows"
	if t.Compact {
		class += " compact"
	}
	p.raw(`<div class="wide"><table class="`, class, `">`)
	if t.Caption != "" {
		p.element("caption", t.Caption)
	}
	p.raw("<thead><tr>")
	for i := range t.Columns {
		p.element(`th scope="col"`+cellClass(&t.Columns[i]), t.Columns[i].Title)
	}
	p.raw("</tr></thead>\n<tbody>\n")
	for i := range t.Rows {
		p.row(t, &t.Rows[i], level)
	}
	p.raw("</tbody></table></div>\n")
	if n := t.Left(); n > 0 {
		p.element(`p class="note"`, p.d.Labels.Left(n))
	}
}

func cellClass(c *document.Column) string {
	switch {
	case c.Right:
		return ` class="r"`
	case c.Centre:
		return ` class="c"`
	case c.Mono:
		return ` class="path"`
	}
	return ""
}

func (p *page) row(t *document.Table, r *document.Row, level int) {
	span := ` colspan="` + strconv.Itoa(len(t.Columns)) + `"`
	if r.Group {
		p.raw("<tr class=\"group\"><th scope=\"rowgroup\"", span, ">")
		p.inlines(r.Cells[0].Lines[0])
		p.raw("</th></tr>\n")
		return
	}
	p.raw("<tr")
	if r.Anchor != "" {
		p.raw(` id="`, ident(r.Anchor), `"`)
	}
	if len(r.Below) > 0 {
		p.raw(` class="open"`)
	}
	p.raw(">")
	for i := range t.Columns {
		if i >= len(r.Cells) {
			p.raw("<td></td>")
			continue
		}
		p.cell(&r.Cells[i], &t.Columns[i])
	}
	p.raw("</tr>\n")
	if len(r.Below) > 0 {
		p.raw("<tr class=\"below\"><td", span, ">")
		var shown, folded []document.Block
		for _, b := range r.Below {
			if _, ok := b.(*document.Quote); ok {
				folded = append(folded, b)
			} else {
				shown = append(shown, b)
			}
		}
		p.blocks(shown, level+1)
		if len(folded) > 0 {
			p.raw("<details open>")
			p.element("summary", p.d.Labels.Raw)
			p.blocks(folded, level+1)
			p.raw("</details>")
		}
		p.raw("</td></tr>\n")
	}
}

func (p *page) cell(c *document.Cell, col *document.Column) {
	tag, open := "td", "<td"
	if c.Head {
		tag, open = "th", `<th scope="row"`
	}
	p.raw(open, cellClass(col), ` data-l="`, html.EscapeString(col.Title), `">`)
	p.sign(c.Sign)
	for i, l := range c.Lines {
		if i > 0 {
			p.raw("<span class=\"more\">")
		}
		p.inlines(l)
		if i > 0 {
			p.raw("</span>")
		}
	}
	p.raw("</", tag, ">")
}
