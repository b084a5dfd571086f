package report

import (
	"fmt"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/ledger"
)

// Bounds of section 3; the tables of the case have the rest.
const (
	detailHosts = 6  // servers with a chart and their sources
	tableHosts  = 60 // rows of the table of servers
	tableFlaws  = 40
	maxHoles    = 3 // holes that a source's row lists
)

// humanVerdict is what a person said of a flaw on a host, nil when nobody did.
func (b *builder) humanVerdict(host, flaw string) *ledger.Verdict {
	for i := range b.w.Verdicts {
		if v := &b.w.Verdicts[i]; v.Host == host && v.Flaw == flaw {
			return v
		}
	}
	return nil
}

func (b *builder) verdicts(s *document.Section) {
	if len(b.c.Hosts) == 0 {
		s.Add(para(document.Plain, b.p.T("text.nohost"), factReading))
		return
	}
	if len(b.c.Hosts) > 1 {
		s.Add(b.fleetTable())
	}
	for i := range b.c.Hosts {
		if i == detailHosts {
			s.Add(para(document.Note, b.p.N("more.hosts", int64(len(b.c.Hosts)-i)), hostFact(i)))
			break
		}
		p := s
		if len(b.c.Hosts) > 1 {
			p = s.Part("host-"+fmt.Sprint(i+1), visibleMax(b.p.Host(b.c.Hosts[i].Name), 120))
		}
		b.hostVerdict(p, i)
	}
}

// fleetTable lists the servers, worst first, as the case does.
func (b *builder) fleetTable() *document.Table {
	t := &document.Table{Key: "servers", Caption: b.p.T("h.fleet"), Total: len(b.c.Hosts), Columns: []document.Column{col("id", b.p.T("col.id")), col("server", b.p.T("col.host")), col("verdict", b.p.T("col.verdict")),
		col("state", b.p.T("col.state")), colRight("seen", b.p.T("col.seen")), col("first", b.p.T("col.first")), colRight("now", b.p.T("col.now"))}}
	row := func(i int) document.Row {
		h := &b.c.Hosts[i]
		seen, first := b.none(), b.none()
		if lo, ok := leastCoverage(h); ok {
			seen = word(b.p.Percent(lo))
			seen.Value = fmt.Sprintf("%.4f", share(lo))
		}
		if at := firstSign(b.ofHost[h.Name]); !at.IsZero() {
			first = b.stamp(at)
		}
		return document.Row{Anchor: b.fact(hostFact(i)), Cells: []document.Cell{word(hostFact(i)), head(cell(b.vMax(b.p.Host(h.Name), 120))), b.verdictCell(h.Verdict), b.stateCell(h.StateNow),
			seen, first, word(b.p.Int(actionsNow(b.c, h.Name)))}}
	}
	for i := range min(len(b.c.Hosts), tableHosts) {
		t.Rows = append(t.Rows, row(i))
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.c.Hosts {
			if !yield(row(i)) {
				return
			}
		}
	}
	return t
}

func (b *builder) hostVerdict(s *document.Section, i int) {
	h := &b.c.Hosts[i]
	s.Add(&document.Paragraph{Role: document.Intro, Text: b.hostLine(h), Facts: []string{hostFact(i)}})
	for _, n := range h.Notes {
		s.Add(&document.Paragraph{Role: document.Note, Text: b.tx(n), Facts: []string{hostFact(i)}})
	}
	r := worst(h)
	if r == nil {
		s.Add(para(document.Plain, b.p.T("host.noflaw"), hostFact(i)))
		b.notExamined(s, h)
		return
	}
	id := verdictFact(i, 0)
	s.Add(&document.Paragraph{Role: document.Said, Text: b.tx(r.Sentence), Facts: []string{id}})
	s.Add(b.answerTable(i, r, id))
	b.why(s, i, r)
	if fig := b.coverageFigure(i, 0); fig != nil {
		s.Add(fig)
	}
	s.Add(b.sourceTable(i, 0))
	s.Add(para(document.Minor, b.p.T("h.change")))
	l := &document.List{}
	for k, x := range r.WouldChange {
		if k == 6 {
			break
		}
		l.Items = append(l.Items, document.Item{Text: b.tx(x), Facts: []string{id}})
	}
	if len(l.Items) == 0 {
		s.Add(para(document.Plain, b.p.T("change.none"), id))
	} else {
		s.Add(l)
	}
	if len(h.Flaws) > 1 {
		s.Add(b.flawTable(i))
	}
	b.notExamined(s, h)
}

func (b *builder) hostLine(h *casefile.Host) document.Inlines {
	product := document.Words(b.p.T("host.noproduct"))
	if h.Product != "" {
		product = b.vMax(h.Product, 100)
	}
	build := document.Words(b.p.T("host.nobuild"))
	if h.Build != "" {
		build = join(document.Words(b.p.T("host.build")+" "), b.vMax(h.Build, 60))
		if h.BuildLabel != "" {
			build = join(build, document.Words(" ("), b.vMax(h.BuildLabel, 60), document.Words(")"))
		}
	}
	return join(strong(b.vMax(b.p.Host(h.Name), 120)), document.Words(" · "), product, document.Words(" · "), build)
}

// answerTable holds the answers with the ids of their facts: the engine's, and a person's beside it.
func (b *builder) answerTable(i int, r *casefile.FlawResult, id string) *document.Table {
	t := &document.Table{Key: fmt.Sprintf("verdict-%d", i+1), Columns: []document.Column{col("id", b.p.T("col.id")), col("question", b.say("Question", "Question")), col("answer", b.say("Réponse", "Answer")), col("basis", b.say("Ce qui la fonde", "What it rests on"))}}
	basis := join(b.flawName(r), document.Words(" · "), document.Words(b.p.Confident(r.Confidence)))
	if len(r.Reasons) > 0 {
		basis = join(basis, document.Words(" · "), b.refs(r.Reasons...))
	}
	t.Rows = append(t.Rows, document.Row{Anchor: b.fact(id), Cells: []document.Cell{word(id), head(word(b.p.T("ask.attacked"))), b.verdictCell(r.Verdict), cell(basis)}})
	if v := b.humanVerdict(b.c.Hosts[i].Name, r.ID); v != nil {
		c := b.verdictCell(v.Verdict)
		c.Lines = append(c.Lines, document.Words(b.say("avis d'une personne", "a person's verdict")))
		t.Rows = append(t.Rows, document.Row{Anchor: b.fact(id + "h"), Cells: []document.Cell{word(id + "h"), head(word(b.p.T("ask.attacked"))), c,
			cells(b.vMax(v.Reason, 400), join(b.vMax(v.Author, 60), document.Words(", "+b.p.DateTime(v.Time))))}})
	}
	state := stateFact(i, 0)
	t.Rows = append(t.Rows, document.Row{Anchor: b.fact(state), Cells: []document.Cell{word(state), head(word(b.p.T("ask.protected"))), b.stateCell(r.StateNow), cells(b.tx(r.StateWhy), document.Words(upper(b.measured(r))))}})
	seen, why := word(b.p.T("seen.emptyshort")), document.Words(b.p.T("seen.empty"))
	if !r.Window.Empty {
		seen = word(b.p.Percent(r.Coverage.Overall))
		if !restsOnSources(r) {
			seen = b.none()
			why = document.Words(upper(b.p.T("seen.norequired")))
		} else {
			why = document.Words(upper(b.p.T("seen.window", "From", b.p.DateTime(r.Window.From), "To", b.p.DateTime(r.Window.To))))
		}
	}
	window := strings.Replace(id, "V-", "E-", 1)
	t.Rows = append(t.Rows, document.Row{Anchor: b.fact(window), Cells: []document.Cell{word(window), head(word(b.p.T("ask.seen"))), seen,
		cells(why, join(b.tx(r.Window.FromWhy), document.Words(" "), b.tx(r.Window.ToWhy)))}})
	if len(b.c.Hosts) == 1 {
		b.fact(hostFact(0)) // the only server's answers are this table
		t.Rows = append(t.Rows, document.Row{Anchor: b.fact(hostFact(0)), Cells: []document.Cell{word(hostFact(0)), head(word(b.p.T("col.host"))), cell(b.vMax(b.p.Host(b.c.Hosts[0].Name), 120)),
			cell(join(b.stateWords(b.c.Hosts[0].StateNow)))}})
	}
	return t
}

func (b *builder) stateWords(s casefile.State) document.Inlines {
	return document.Words(b.say("état du serveur : %s", "state of the server: %s", strings.ToLower(b.p.State(s))))
}

func (b *builder) flawName(r *casefile.FlawResult) document.Inlines {
	in := b.vMax(b.p.Text(r.Title()), 80)
	if len(r.CVEs) > 0 && !named(r) {
		in = join(in, soft(" "+visibleMax(strings.Join(r.CVEs, ", "), 120)))
	}
	return in
}

func (b *builder) why(s *document.Section, i int, r *casefile.FlawResult) {
	s.Add(para(document.Minor, b.p.T("h.why")))
	if len(r.Why) == 0 {
		s.Add(para(document.Plain, b.p.T("why.none"), verdictFact(i, 0)))
		return
	}
	l := &document.List{}
	for k, x := range r.Why {
		if k == 8 {
			l.Items = append(l.Items, document.Item{Text: document.Words(b.p.N("more.reasons", int64(len(r.Why)-k))), Facts: []string{verdictFact(i, 0)}})
			break
		}
		l.Items = append(l.Items, document.Item{Text: b.tx(x), Facts: []string{verdictFact(i, 0)}})
	}
	s.Add(l)
}

// sourceTable says of each source how far it reaches and what that does to the verdict.
func (b *builder) sourceTable(i, j int) document.Block {
	r := &b.c.Hosts[i].Flaws[j]
	if len(r.Coverage.Sources) == 0 {
		return para(document.Plain, b.p.T("seen.nosources"), verdictFact(i, j))
	}
	t := &document.Table{Key: fmt.Sprintf("sources-%d", i+1), Caption: b.p.T("cover.caption"), Columns: []document.Column{col("id", b.p.T("col.id")), col("source", b.p.T("col.source")), col("need", b.p.T("col.need")),
		col("first", b.p.T("col.firstrec")), col("last", b.p.T("col.lastrec")), colRight("covered", b.p.T("col.covered")), col("holes", b.p.T("col.holes")), col("effect", b.say("Effet sur le verdict", "Effect on the verdict"))}}
	for k := range r.Coverage.Sources {
		src := &r.Coverage.Sources[k]
		id := sourceFact(i, j, k)
		need, effect := b.p.T("source.useful"), b.say("aide à recouper", "helps to confirm")
		if src.Required {
			need = b.p.T("source.required")
			effect = b.say("suffisante", "sufficient")
			if src.Covered < r.Coverage.Threshold {
				effect = b.say("interdit « aucune trace »", `forbids "no trace"`)
			}
		}
		covered := b.none()
		if !r.Window.Empty {
			covered = word(b.p.Percent(src.Covered))
			covered.Value = fmt.Sprintf("%.4f", share(src.Covered))
		}
		holes := b.none()
		if len(src.Holes) > 0 {
			holes = document.Cell{}
			for n, h := range src.Holes {
				if n == maxHoles {
					holes.Lines = append(holes.Lines, document.Words(b.p.N("more.holes", int64(len(src.Holes)-n))))
					break
				}
				holes.Lines = append(holes.Lines, document.Words(b.p.Stamp(h.From)+" → "+b.p.Stamp(h.To)+" ("+b.p.Duration(h.To.Sub(h.From))+")"))
			}
		}
		first, last := b.stampPtr(src.First), b.stampPtr(src.Last)
		if src.First == nil {
			first = word(b.p.T("source.norecord"))
		}
		t.Rows = append(t.Rows, document.Row{Anchor: b.fact(id), Cells: []document.Cell{word(id), head(word(sourceName(b.p, src))), word(need), first, last, covered, holes, word(effect)}})
	}
	return t
}

// flawTable lists the other flaws of a server.
func (b *builder) flawTable(i int) *document.Table {
	h := &b.c.Hosts[i]
	t := &document.Table{Key: fmt.Sprintf("flaws-%d", i+1), Caption: b.p.T("h.others"), Total: len(h.Flaws) - 1, Columns: []document.Column{col("id", b.p.T("col.id")), col("flaw", b.say("Faille", "Flaw")), col("verdict", b.p.T("col.verdict")),
		col("confidence", b.say("Confiance", "Confidence")), col("state", b.p.T("col.state")), colRight("seen", b.p.T("col.seen")), col("reasons", b.p.T("col.findings"))}}
	for j := 1; j < len(h.Flaws) && j <= tableFlaws; j++ {
		r := &h.Flaws[j]
		id := verdictFact(i, j)
		seen := b.none()
		if !r.Window.Empty && restsOnSources(r) {
			seen = word(b.p.Percent(r.Coverage.Overall))
		}
		v := b.verdictCell(r.Verdict)
		if hv := b.humanVerdict(h.Name, r.ID); hv != nil {
			v.Lines = append(v.Lines, join(document.Words(b.say("selon %s : %s", "says %s: %s", visibleMax(hv.Author, 40), b.p.Verdict(hv.Verdict)))), b.vMax(hv.Reason, 200))
		}
		t.Rows = append(t.Rows, document.Row{Anchor: b.fact(id), Cells: []document.Cell{word(id), head(cell(b.flawName(r))), v, word(b.p.Confidence(r.Confidence)), b.stateCell(r.StateNow), seen, cell(b.refs(r.Reasons...))}})
	}
	return t
}

func (b *builder) notExamined(s *document.Section, h *casefile.Host) {
	if len(h.NotExamined) == 0 {
		return
	}
	t := &document.Table{Caption: b.p.T("h.notexamined"), Total: len(h.NotExamined), Columns: []document.Column{col("flaw", b.say("Faille", "Flaw")), col("reason", b.p.T("col.whyit"))}}
	for i, x := range h.NotExamined {
		if i == tableFlaws {
			break
		}
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(cell(b.vMax(x.ID, 60))), cell(b.tx(x.Reason))}})
	}
	s.Add(t)
}
