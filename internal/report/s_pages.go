package report

import (
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
)

// pageRows bounds the table of suspicious files; the CSV has all that findings carry.
const pageRows = 20

// filePage is the story of one file and the finding that tells it.
type filePage struct {
	f *casefile.Finding
	p *casefile.Page
}

// pagesTable tells of each suspicious file of a web folder when it was written, asked for and by whom; nil when the case has none.
func (b *builder) pagesTable() *document.Table {
	var list []filePage
	for i := range b.c.Findings {
		f := &b.c.Findings[i]
		for k := range f.Pages {
			list = append(list, filePage{f, &f.Pages[k]})
		}
	}
	if len(list) == 0 {
		return nil
	}
	t := &document.Table{Key: "files", Caption: b.say("Fichiers suspects encore présents", "Suspicious files that are still there"), Total: len(list), Facts: []string{factReading},
		Columns: []document.Column{col("finding", b.p.T("col.findings")), col("path", b.say("Fichier", "File")), col("written", b.say("Daté du (le fichier le dit)", "Dated (so the file says)")),
			col("first", b.say("Première requête servie", "First request served")), col("last", b.say("Dernière", "Last")),
			col("requests", b.say("Requêtes", "Requests")), col("clients", b.say("Adresses", "Addresses"))}}
	row := func(x filePage) document.Row {
		path := cells(b.vMax(x.p.Path, 300), soft(visibleMax(x.p.URL, 200)))
		requests := b.p.Int(x.p.Requests)
		if x.p.Commands > 0 {
			requests += b.say(", dont ", ", of these ") + b.p.Int(x.p.Commands) + " POST"
		}
		return document.Row{Cells: []document.Cell{cell(b.refs(x.f.ID)), path, b.maybe(x.p.Written), b.maybe(x.p.FirstRequest), b.maybe(x.p.LastRequest),
			word(requests), b.orNone(strings.Join(x.p.Clients, ", "))}}
	}
	for i, x := range list {
		if i == pageRows {
			break
		}
		t.Rows = append(t.Rows, row(x))
	}
	t.All = func(yield func(document.Row) bool) {
		for _, x := range list {
			if !yield(row(x)) {
				return
			}
		}
	}
	return t
}

// maybe is a time that may not be known.
func (b *builder) maybe(at *time.Time) document.Cell {
	if at == nil {
		return b.none()
	}
	return b.stamp(*at)
}
