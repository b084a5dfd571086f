package report

import (
	"slices"
	"strconv"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/document"
)

// Bounds of annexes; the CSV tables have everything.
const (
	annexFindings = 60  // with their raw lines
	annexQuotes   = 3   // raw lines of a finding that carries a verdict
	annexItems    = 120 // rows of the register
	annexGaps     = 80
	annexNames    = 60 // indicators
	maxNames      = 8  // clients, accounts, objects of one finding
)

// reasons are the findings that carry a verdict.
func (b *builder) reasons() map[string]bool {
	m := map[string]bool{}
	for i := range b.c.Hosts {
		for j := range b.c.Hosts[i].Flaws {
			for _, id := range b.c.Hosts[i].Flaws[j].Reasons {
				m[id] = true
			}
		}
	}
	return m
}

// annexFindings prints findings with their proof; those that carry a verdict come with raw lines, however many others there are.
func (b *builder) annexFindings(s *document.Section) {
	reasons := b.reasons()
	t := &document.Table{Key: "findings", Total: len(b.c.Findings), Facts: []string{factReading},
		Empty: document.Words(b.say("Aucun constat : les règles n'ont rien relevé dans ce qui a été lu.", "No finding: the rules saw nothing in what was read.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("time", b.p.T("col.time")), col("server", b.p.T("col.host")), col("stage", b.p.T("col.stage")), col("what", b.p.T("col.what")), col("rule", b.p.T("f.rule")),
			col("confidence", b.p.T("col.confidence")), colRight("count", b.p.T("col.count"))}}
	shown := map[int]bool{}
	for _, pass := range []bool{true, false} {
		for i := range b.c.Findings {
			if reasons[b.c.Findings[i].ID] == pass && len(shown) < annexFindings {
				shown[i] = true
			}
		}
	}
	for i := range b.c.Findings {
		if shown[i] {
			f := &b.c.Findings[i]
			r := b.findingRow(f)
			r.Below = b.findingDetail(f, reasons[f.ID])
			t.Rows = append(t.Rows, r)
		}
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.c.Findings {
			if !yield(b.findingRow(&b.c.Findings[i])) {
				return
			}
		}
	}
	s.Add(t)
}

func (b *builder) findingRow(f *casefile.Finding) document.Row {
	at := b.stamp(f.Time)
	if f.TimeEnd.After(f.Time) {
		at.Lines = append(at.Lines, document.Words("→ "+b.p.Stamp(f.TimeEnd)))
	}
	stage := word(b.p.Stage(f.Stage))
	stage.Sign = stageSign(f.Stage)
	stage.Value = string(f.Stage)
	count := word(b.p.Int(acts(f)))
	count.Value = strconv.FormatInt(acts(f), 10)
	return document.Row{Anchor: b.fact(f.ID), Cells: []document.Cell{head(word(visibleMax(f.ID, 40))), at, cell(b.vMax(b.p.Host(f.Host), 60)), stage, cell(b.tx(f.Title)),
		cells(b.vMax(f.Rule, 80), b.vMax(f.RuleVersion, 30)), cells(document.Words(b.p.Confidence(f.Confidence)), document.Words(b.p.Weight(f.Weight))), count}}
}

// findingDetail is what stands below a finding: names, the harmless explanation that was looked at, raw lines.
func (b *builder) findingDetail(f *casefile.Finding, carries bool) []document.Block {
	var ps []document.Pair
	add := func(label string, v document.Inlines) {
		if !v.Empty() {
			ps = append(ps, document.Pair{Label: label, Value: v})
		}
	}
	add(b.p.T("f.sources"), b.vMax(strings.Join(f.Sources, ", "), 160))
	add(b.p.T("f.attack"), b.vMax(strings.Join(f.Attack, ", "), 120))
	add(b.p.T("f.clients"), b.names(f.Clients))
	add(b.p.T("f.accounts"), b.names(f.Accounts))
	add(b.p.T("f.objects"), b.names(f.Objects))
	harmless := b.tx(f.Harmless)
	if harmless.Empty() {
		harmless = document.Words(b.p.T("f.noharmless"))
	}
	add(b.p.T("f.harmless"), harmless)
	out := []document.Block{&document.Pairs{Pairs: ps}}
	most := 1
	if carries {
		most = annexQuotes
	}
	for i := range f.Evidence {
		if i == most {
			out = append(out, para(document.Note, b.n(max(f.Count, int64(len(f.Evidence)))-int64(i), forms{"Et %s autre enregistrement.", "Et %s autres enregistrements.", "And %s more record.", "And %s more records."})))
			break
		}
		out = append(out, b.quote(&f.Evidence[i]))
	}
	if len(f.Evidence) == 0 {
		out = append(out, para(document.Note, b.p.T("evidence.none")))
	}
	return out
}

func (b *builder) names(ss []string) document.Inlines {
	if len(ss) <= maxNames {
		return b.vMax(strings.Join(ss, ", "), 600)
	}
	return join(b.vMax(strings.Join(ss[:maxNames], ", "), 600), soft(" "+b.p.N("more.names", int64(len(ss)-maxNames))))
}

func (b *builder) quote(e *casefile.Evidence) *document.Quote {
	place := strings.TrimSpace(e.Path)
	where := ""
	if e.Line > 0 {
		where = ":" + strconv.FormatInt(e.Line, 10)
	}
	where += " @" + strconv.FormatInt(e.Offset, 10)
	if e.Record > 0 {
		where += " (" + b.p.T("ev.record") + " " + strconv.FormatInt(e.Record, 10) + ")"
	}
	h := join(b.code(place), document.Words(where))
	if !e.Time.IsZero() {
		h = join(h, document.Words(" · "+b.p.Stamp(e.Time)))
	}
	h = join(h, document.Words(" · SHA-256 "), b.code(or(e.SHA256, b.p.T("cell.none"))))
	q := &document.Quote{Head: h, Raw: b.lines(e.Raw)}
	if e.Cut {
		q.Note = document.Words(b.p.T("ev.cut"))
	}
	return q
}

// annexEvidence is the register of evidence, its custody, and what could not be read.
func (b *builder) annexEvidence(s *document.Section) {
	l := &b.c.Ledger
	s.Add(para(document.Intro, b.p.T("ledger.intro"), factReading))
	sum := &document.Table{Key: "reading", Columns: []document.Column{col("id", b.p.T("col.id")), colRight("files", b.p.T("col.files")), colRight("records", b.p.T("col.records")), colRight("parsed", b.p.T("col.parsed")), colRight("recovered", b.p.T("col.recovered")),
		colRight("skipped", b.p.T("col.skipped")), colRight("bytes", b.p.T("col.bytes"))}}
	sum.Rows = []document.Row{{Anchor: b.fact(factReading), Cells: []document.Cell{word(factReading), word(b.p.Int(l.Files)), word(b.p.Int(l.Records)), word(b.p.Int(l.Parsed)), word("+ " + b.p.Int(l.Recovered)), word("+ " + b.p.Int(l.Skipped)), word("= " + b.p.Int(l.Bytes))}}}
	s.Add(sum)
	if l.Parsed+l.Recovered+l.Skipped == l.Bytes {
		s.Add(para(document.Plain, b.p.T("ledger.balanced"), factReading))
	} else {
		s.Add(para(document.Warning, b.p.T("ledger.unbalanced"), factReading))
	}
	s.Add(b.registerTable())
	s.Add(b.custodyTable())
	s.Add(b.gapTable())
}

// registerTable lists evidence: from the register of the case, or from what the program read when there is none.
func (b *builder) registerTable() *document.Table {
	t := &document.Table{Key: "evidence", Caption: b.say("Éléments de preuve", "Evidence"), Facts: []string{factReading}, Empty: document.Words(b.p.T("ledger.none")),
		Columns: []document.Column{col("id", b.p.T("col.id")), colMono("path", b.p.T("col.file")), col("kind", b.p.T("col.kind")), colRight("bytes", b.p.T("col.bytes")), colRight("skipped", b.p.T("col.skipped"))}}
	read := make(map[[2]string]*casefile.LedgerItem, len(b.c.Ledger.Items)) // by path and hash
	for i := range b.c.Ledger.Items {
		it := &b.c.Ledger.Items[i]
		read[[2]string{it.Path, it.SHA256}] = it
	}
	row := func(id, path, sha, kind string, size int64) document.Row {
		n, sk := word(b.p.Int(size)), b.none()
		n.Value = strconv.FormatInt(size, 10)
		if it := read[[2]string{path, sha}]; it != nil { // what the program did not read has no number here, rather than zero
			sk = word(b.p.Int(it.Skipped))
			sk.Value = strconv.FormatInt(it.Skipped, 10)
		}
		return document.Row{Anchor: b.fact(id), Cells: []document.Cell{word(visibleMax(id, 40)), head(cells(b.v(path), b.vMax(sha, 80))), b.orNone(kind), n, sk}}
	}
	each := func(yield func(document.Row) bool) {
		if len(b.w.Evidence) > 0 {
			for i := range b.w.Evidence {
				e := &b.w.Evidence[i]
				if !yield(row(e.ID, e.Name, e.SHA256, e.Kind, e.Size)) {
					return
				}
			}
			return
		}
		for i := range b.c.Ledger.Items {
			it := &b.c.Ledger.Items[i]
			if !yield(row("E-"+padZero(i+1), it.Path, it.SHA256, it.Kind, it.Size)) {
				return
			}
		}
	}
	t.Total = len(b.c.Ledger.Items)
	if n := len(b.w.Evidence); n > 0 {
		t.Total = n
	}
	for r := range each {
		if len(t.Rows) == annexItems {
			break
		}
		t.Rows = append(t.Rows, r)
	}
	t.All = each
	return t
}

func (b *builder) custodyTable() *document.Table {
	t := &document.Table{Key: "custody", Caption: b.say("Traçabilité de la preuve", "Chain of custody"), Total: len(b.w.Custody), Facts: []string{factWork},
		Empty:   document.Words(b.say("Aucun mouvement n'est consigné : qui a remis et ouvert les éléments n'est pas prouvé.", "No movement is recorded: who handed over and opened the evidence is not proved.")),
		Columns: []document.Column{col("item", b.say("Élément", "Item")), col("act", b.say("Acte", "Act")), col("time", b.p.T("col.time")), col("who", b.say("Qui", "Who")), col("from", b.say("De", "From")), col("to", b.say("À", "To")), col("reason", b.say("Raison", "Reason"))}}
	for i := range b.w.Custody {
		if i == annexItems {
			break
		}
		c := &b.w.Custody[i]
		item := cell(b.refs(c.Item))
		if c.Item == "" {
			item = word(b.say("tous les fichiers de la lecture %s", "all files of reading %s", itoa(c.Revision)))
		}
		act := word(b.custodyAct(c.Act))
		act.Value = c.Act
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{item, act, b.stampPtr(c.At), cell(b.vMax(or(c.Person, c.Author), 60)), b.orNone(c.From), b.orNone(c.To), cells(b.vMax(c.Reason, 200), b.vMax(c.Tool, 60))}})
	}
	return t
}

func (b *builder) custodyAct(s string) string {
	switch s {
	case "acquired":
		return b.say("recueilli", "acquired")
	case "received":
		return b.say("reçu", "received")
	case "opened":
		return b.say("ouvert", "opened")
	case "copied":
		return b.say("copié", "copied")
	case "sent":
		return b.say("envoyé", "sent")
	case "returned":
		return b.say("rendu", "returned")
	case "destroyed":
		return b.say("détruit", "destroyed")
	}
	return visibleMax(s, 40)
}

func (b *builder) gapTable() *document.Table {
	t := &document.Table{Key: "gaps", Caption: b.p.T("h.gaps"), Total: len(b.c.Gaps), Facts: []string{factReading}, Empty: document.Words(b.p.T("gaps.none")),
		Columns: []document.Column{col("id", b.p.T("col.id")), colMono("place", b.p.T("col.place")), col("code", b.p.T("col.reason")), colRight("limit", b.p.T("col.limit")), colRight("got", b.p.T("col.got")), col("done", b.p.T("col.done")), colRight("times", b.p.T("col.times"))}}
	if b.c.Partial || b.c.Ledger.Skipped > 0 {
		t.Empty = document.Words(b.p.T("gaps.skipped", "Bytes", b.p.Bytes(b.c.Ledger.Skipped)))
	}
	row := func(i int) document.Row {
		g := &b.c.Gaps[i]
		id := "G-" + padZero(i+1)
		if i == 0 {
			b.anchors[factGaps] = b.fact(id) // what stands for all of them leads to the first
		}
		where := "@" + strconv.FormatInt(g.Offset, 10)
		if g.Length > 0 {
			where += "+" + strconv.FormatInt(g.Length, 10)
		}
		limit, got := b.none(), b.none()
		if g.Limit != 0 {
			limit = word(b.p.Int(g.Limit))
		}
		if g.Got != 0 {
			got = word(b.p.Int(g.Got))
		}
		return document.Row{Anchor: b.fact(id), Cells: []document.Cell{word(id), cells(b.v(g.Path), join(document.Words(where+" "), b.vMax(b.p.GapWhere(g.Where), 120))), cells(b.tx(g.What), b.code(g.Code), b.vMax(g.Detail, 220)), limit, got,
			cell(b.vMax(b.p.GapAction(g.Action), 200)), word(b.p.Int(max(g.Count, 1)))}}
	}
	for i := range min(len(b.c.Gaps), annexGaps) {
		t.Rows = append(t.Rows, row(i))
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.c.Gaps {
			if !yield(row(i)) {
				return
			}
		}
	}
	return t
}

// annexIndicators lists addresses and objects of findings that carry weight, and the techniques of all.
func (b *builder) annexIndicators(s *document.Section) {
	type indicator struct {
		kind, value string
		ids         []string
	}
	var list []indicator
	at := map[string]int{}
	techniques := map[string][]string{}
	for i := range b.c.Findings {
		f := &b.c.Findings[i]
		for _, a := range f.Attack {
			if len(techniques[a]) < maxRefs {
				techniques[a] = append(techniques[a], f.ID)
			}
		}
		if f.Weight == casefile.None {
			continue
		}
		for _, g := range []struct {
			kind   string
			values []string
		}{{"address", f.Clients}, {"object", f.Objects}} {
			for _, v := range g.values {
				k, ok := at[g.kind+"\x00"+v]
				if !ok {
					k = len(list)
					at[g.kind+"\x00"+v] = k
					list = append(list, indicator{kind: g.kind, value: v})
				}
				if len(list[k].ids) < maxRefs {
					list[k].ids = append(list[k].ids, f.ID)
				}
			}
		}
	}
	t := &document.Table{Key: "indicators", Caption: b.say("Indicateurs", "Indicators"), Total: len(list), Facts: []string{factReading}, Empty: document.Words(b.say("Aucun indicateur : aucun constat n'a de poids dans le verdict.", "No indicator: no finding carries weight in the verdict.")),
		Columns: []document.Column{col("kind", b.p.T("col.kind")), colMono("value", b.say("Valeur", "Value")), col("findings", b.p.T("col.findings"))}}
	row := func(x indicator) document.Row {
		kind := word(b.say("adresse", "address"))
		if x.kind == "object" {
			kind = word(b.say("objet", "object"))
		}
		kind.Value = x.kind
		return document.Row{Cells: []document.Cell{kind, head(cell(b.v(x.value))), cell(b.refs(x.ids...))}}
	}
	for i, x := range list {
		if i == annexNames {
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
	s.Add(t)
	var ids []string
	for a := range techniques {
		ids = append(ids, a)
	}
	slices.Sort(ids)
	tt := &document.Table{Key: "attack", Caption: "MITRE ATT&CK", Compact: true, Total: len(ids), Facts: []string{factReading}, Empty: document.Words(b.say("Aucune technique n'est associée aux constats.", "No technique belongs to the findings.")),
		Columns: []document.Column{col("technique", b.say("Technique", "Technique")), col("findings", b.p.T("col.findings"))}}
	for i, a := range ids {
		if i == annexNames {
			break
		}
		tt.Rows = append(tt.Rows, document.Row{Cells: []document.Cell{head(cell(b.vMax(a, 40))), cell(b.refs(techniques[a]...))}})
	}
	s.Add(tt)
}
