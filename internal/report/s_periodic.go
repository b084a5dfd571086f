package report

import (
	"vigie/internal/casefile"
	"vigie/internal/document"
)

// periodicRows bounds the tables of the watch report, which is one or two pages.
const periodicRows = 18

// periodic is the bilan de veille: how to use it, the report card, what changed since last time, what to do.
func (b *builder) periodic(d *document.Document) {
	s := &document.Section{ID: "watch", Title: b.say("Où en sont vos serveurs", "Where your servers stand")}
	s.Add(para(document.Intro, b.say("Lisez d'abord les changements, puis la colonne de droite : elle dit ce qui est à faire. Un serveur non mesuré n'est pas un serveur protégé.",
		"Read the changes first, then the right column: it says what is to be done. A server that was not measured is not a protected one.")))
	if len(b.c.Hosts) == 0 {
		s.Add(para(document.Plain, b.p.T("text.nohost"), factReading))
	} else {
		s.Add(b.panelsFleet())
		t := b.fleetTable()
		t.Rows = t.Rows[:min(len(t.Rows), periodicRows)]
		s.Add(t)
	}
	c := &document.Section{ID: "changes", Title: b.say("Ce qui a changé", "What has changed")}
	c.Add(b.changesTable())
	a := &document.Section{ID: "next", Title: b.say("À faire d'ici le prochain bilan", "To do before the next report")}
	l := &document.List{Ordered: true}
	for i, g := range b.nowGroups() {
		if i == 8 {
			break
		}
		text := document.Words(visibleMax(b.p.Text(g.title), 150))
		if g.where != "" {
			text = join(text, soft(" — "+g.where))
		}
		l.Items = append(l.Items, document.Item{Text: text, Facts: g.ids})
	}
	if len(l.Items) == 0 {
		a.Add(para(document.Plain, b.p.T("now.none"), factAdvice))
	} else {
		a.Add(l)
	}
	a.Add(b.decisions())
	w := &document.Section{ID: "words", Title: b.say("Les mots de ce bilan", "The words of this report")}
	tables := wordTables(b.p)
	w.Add(pairsOf(tables[0].Rows))
	d.Sections = []*document.Section{s, c, a, w}
	b.settleLinks(d)
}

// panelsFleet are the three answers over all servers.
func (b *builder) panelsFleet() *document.Panels {
	attacked, protected, seen := document.Panel{Title: b.p.T("ask.attacked")}, document.Panel{Title: b.p.T("ask.protected")}, document.Panel{Title: b.p.T("ask.seen"), Ink: "bar"}
	b.fleetPanels(&attacked, &protected, &seen)
	return &document.Panels{Panels: []document.Panel{attacked, protected, seen}}
}

// changesTable compares with the state before: of the older case that was given, or of the newest revision that the case folder tells.
func (b *builder) changesTable() *document.Table {
	t := &document.Table{Key: "changes", Facts: []string{factReading}, Columns: []document.Column{col("server", b.p.T("col.host")), col("what", b.say("Quoi", "What")), col("from", b.say("Avant", "Before")), col("to", b.say("Maintenant", "Now"))}}
	add := func(host, what string, from, to document.Cell) {
		if t.Total++; len(t.Rows) < periodicRows {
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(cell(b.vMax(b.p.Host(host), 100))), word(what), from, to}})
		}
	}
	verdict, state, build := b.say("verdict", "verdict"), b.say("protection", "protection"), b.say("version", "build")
	known := false
	switch before := b.src.Before; {
	case before != nil:
		known = true
		old := map[string]*casefile.Host{}
		for i := range before.Hosts {
			old[before.Hosts[i].Name] = &before.Hosts[i]
		}
		for i := range b.c.Hosts {
			h := &b.c.Hosts[i]
			o := old[h.Name]
			if o == nil {
				add(h.Name, b.say("nouveau serveur", "new server"), b.none(), b.verdictCell(h.Verdict))
				continue
			}
			delete(old, h.Name)
			if o.Verdict != h.Verdict {
				add(h.Name, verdict, b.verdictCell(o.Verdict), b.verdictCell(h.Verdict))
			}
			if o.StateNow != h.StateNow {
				add(h.Name, state, b.stateCell(o.StateNow), b.stateCell(h.StateNow))
			}
			if o.Build != h.Build {
				add(h.Name, build, b.orNone(o.Build), b.orNone(h.Build))
			}
		}
		for i := range before.Hosts {
			if h := &before.Hosts[i]; old[h.Name] != nil {
				add(h.Name, b.say("absent des éléments", "not in the evidence"), b.verdictCell(h.Verdict), b.none())
			}
		}
	case len(b.w.Revisions) > 1:
		known = true
		for _, c := range b.w.Revisions[len(b.w.Revisions)-1].Changes {
			switch c.What {
			case "verdict":
				add(c.Host, verdict, b.verdictCell(casefile.Verdict(c.From)), b.verdictCell(casefile.Verdict(c.To)))
			case "state":
				add(c.Host, state, b.stateCell(casefile.State(c.From)), b.stateCell(casefile.State(c.To)))
			case "build":
				add(c.Host, build, b.orNone(c.From), b.orNone(c.To))
			case "host-new":
				add(c.Host, b.say("nouveau serveur", "new server"), b.none(), b.none())
			case "host-gone":
				add(c.Host, b.say("absent des éléments", "not in the evidence"), b.none(), b.none())
			}
		}
	}
	t.Empty = document.Words(b.say("Rien n'a changé depuis le bilan précédent.", "Nothing has changed since the report before."))
	if !known {
		t.Empty = document.Words(b.say("Premier bilan : il n'y a rien à quoi comparer.", "First report: there is nothing to compare with."))
	}
	return t
}
