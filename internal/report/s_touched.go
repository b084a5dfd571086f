package report

import (
	"vigie/internal/casefile"
	"vigie/internal/document"
)

// touchedRows bounds each table of section 5; the CSV has all rows.
const touchedRows = 30

type touchedGroup struct {
	key   string
	items []casefile.TouchedItem
}

func (b *builder) touchedGroups() []touchedGroup {
	t := &b.c.Touched
	return []touchedGroup{{"accounts", t.Accounts}, {"mailboxes", t.Mailboxes}, {"machines", t.Machines}, {"data", t.Data}}
}

func (b *builder) touched(s *document.Section) {
	s.Add(para(document.Intro, b.p.T("touched.intro")+" "+b.say("Les journaux d'Exchange prouvent rarement une lecture.", "Exchange logs seldom prove that something was read.")))
	if fig := b.mapFigure(); fig != nil {
		s.Add(fig)
	}
	for _, g := range b.touchedGroups() {
		s.Add(b.touchedTable(g))
	}
}

func (b *builder) touchedTable(g touchedGroup) *document.Table {
	t := &document.Table{Key: "touched-" + g.key, Caption: b.p.T("touched." + g.key), Total: len(g.items), Empty: document.Words(b.p.T("touched.none." + g.key)), Facts: []string{factTouched},
		Columns: []document.Column{col("id", b.p.T("col.id")), col("name", b.p.T("col.name")), col("server", b.p.T("col.host")), col("certainty", b.p.T("col.certainty")), col("why", b.p.T("col.whyit")),
			col("cannot-know", b.p.T("col.cannot")), col("findings", b.p.T("col.findings"))}}
	row := func(i int) document.Row {
		it := &g.items[i]
		id := touchedFact(g.key, i)
		name := b.vMax(it.Name, 160)
		if b.p.Text(it.Label) != "" {
			name = b.tx(it.Label)
		}
		cannot := word(b.p.T("cannot.none"))
		if b.p.Text(it.CannotKnow) != "" {
			cannot = cell(b.tx(it.CannotKnow))
		}
		certainty := word(b.p.Certainty(it.Certainty))
		certainty.Value = string(it.Certainty)
		return document.Row{Anchor: b.fact(id), Cells: []document.Cell{word(id), head(cell(name)), cell(b.vMax(b.p.Host(it.Host), 80)), certainty, cell(b.tx(it.Why)), cannot, cell(b.refs(it.Findings...))}}
	}
	for i := range min(len(g.items), touchedRows) {
		t.Rows = append(t.Rows, row(i))
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range g.items {
			if !yield(row(i)) {
				return
			}
		}
	}
	return t
}
