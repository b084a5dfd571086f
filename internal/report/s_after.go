package report

import (
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/ledger"
)

// risk says what could still be there, what would show it, and which risks the client accepts.
func (b *builder) risk(s *document.Section) {
	s.Add(b.atRisk(b.speaking()))
	if ks := b.cannotKnow(6); len(ks) > 0 {
		s.Add(para(document.Minor, b.say("Ce que les journaux ne peuvent pas dire", "What the logs cannot tell")))
		l := &document.List{}
		for _, k := range ks {
			l.Items = append(l.Items, document.Item{Text: join(document.Words(visibleMax(k.text, maxText)+" "), b.refs(k.facts...)), Facts: k.facts})
		}
		s.Add(l)
	}
	if flaw := b.speaking(); flaw != nil && len(flaw.WouldChange) > 0 {
		s.Add(para(document.Minor, b.say("Ce qui le montrerait", "What would show it")))
		l := &document.List{}
		for i, x := range flaw.WouldChange {
			if i == 3 {
				break
			}
			l.Items = append(l.Items, document.Item{Text: b.tx(x), Facts: []string{verdictFact(0, 0)}})
		}
		s.Add(l)
	}
	s.Add(b.decisions())
}

// decisions are what people decided about findings: accepted risks with their end, false positives with their reason.
func (b *builder) decisions() *document.Table {
	t := &document.Table{Key: "decisions", Caption: b.say("Risques acceptés et constats écartés", "Accepted risks and dismissed findings"), Facts: []string{factWork},
		Empty:   document.Words(b.say("Personne n'a accepté de risque ni écarté de constat dans l'affaire.", "Nobody accepted a risk or dismissed a finding in the case.")),
		Columns: []document.Column{col("finding", b.say("Constat", "Finding")), col("state", b.say("Décision", "Decision")), col("reason", b.say("Raison", "Reason")), col("who", b.say("Qui", "Who")), col("time", b.p.T("col.time")), col("until", b.say("Jusqu'au", "Until"))}}
	for i := range b.w.Findings {
		f := &b.w.Findings[i]
		if f.State == "open" || f.State == "" {
			continue
		}
		t.Total++
		if t.Total > 40 {
			continue
		}
		id := f.Current
		if id == "" {
			id = f.Finding
		}
		until := b.none()
		if f.Until != nil {
			until = b.stamp(*f.Until)
		}
		state := word(b.findingState(f.State))
		state.Value = f.State
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(cell(b.refs(id))), state, cell(b.vMax(f.Reason, 300)), cell(b.vMax(f.Author, 60)), b.stamp(f.Time), until}})
	}
	return t
}

func (b *builder) findingState(s string) string {
	switch s {
	case "confirmed":
		return b.say("confirmé", "confirmed")
	case "false-positive":
		return b.say("faux positif", "false positive")
	case "accepted":
		return b.say("risque accepté", "risk accepted")
	case "resolved":
		return b.say("résolu", "resolved")
	case "open":
		return b.say("ouvert", "open")
	}
	return visibleMax(s, 40)
}

// adviceRows bounds section 10.
const adviceRows = 60

// advice is what is still to be done, by priority.
func (b *builder) advice(s *document.Section) {
	s.Add(para(document.Intro, b.p.T("actions.intro")))
	t := &document.Table{Key: "advice", Facts: []string{factAdvice}, Empty: document.Words(b.say("Rien n'est demandé par les constats.", "The findings ask for nothing.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("advice", b.say("Conseil", "Advice")), col("target", b.p.T("col.host")), col("answers", b.p.T("col.answers")), col("phase", b.say("Phase", "Phase")),
			col("effort", b.say("Effort", "Effort")), col("cost", b.say("Coût", "Cost")), col("check", b.say("Contrôle", "Check"))}}
	open := func(a *ledger.ActionRecord) bool { return !a.Done() }
	for _, pr := range append(priorities, "") {
		var in []*ledger.ActionRecord
		for i := range b.w.Actions {
			if a := &b.w.Actions[i]; open(a) && (a.Priority == pr || pr == "" && !known["priority."+a.Priority]) {
				in = append(in, a)
			}
		}
		if len(in) == 0 {
			continue
		}
		title := b.say("Sans échéance", "Without a deadline")
		if pr != "" {
			title = upper(b.p.Priority(pr))
		}
		if len(t.Rows) < adviceRows {
			t.Rows = append(t.Rows, document.Row{Group: true, Cells: []document.Cell{word(title)}})
		}
		for _, a := range in {
			t.Total++
			if len(t.Rows) < adviceRows {
				t.Rows = append(t.Rows, b.adviceRow(a))
			}
		}
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.w.Actions {
			if open(&b.w.Actions[i]) && !yield(b.adviceRow(&b.w.Actions[i])) {
				return
			}
		}
	}
	s.Add(t)
	if t.Total > 0 {
		s.Add(para(document.Note, b.say("Effort et coût sont à estimer avec vous : le programme ne les mesure pas. Une visite de contrôle vérifie les actions immédiates.",
			"Effort and cost are to be estimated with you: the program does not measure them. A control visit checks the actions to take now."), factAdvice))
	}
}

func (b *builder) adviceRow(a *ledger.ActionRecord) document.Row {
	phase := document.Words(visibleMax(or(a.Phase, b.p.T("cell.none")), 40))
	if known["phase."+a.Phase] {
		phase = document.Words(b.p.Phase(a.Phase))
	}
	target := cell(b.vMax(b.p.Host(a.Target), 80))
	if a.Target == "" {
		target = word(b.p.T("action.allhosts"))
	}
	answers := cell(b.refs(a.Answers...))
	if len(a.Answers) == 0 {
		answers = word(b.p.T("action.general"))
	}
	todo := word(b.say("à estimer", "to estimate"))
	advice := cells(b.tx(a.Title), b.tx(a.Why))
	if a.State != "planned" {
		advice.Lines = append(advice.Lines, document.Words(b.actionState(a)))
	}
	return document.Row{Anchor: b.fact(a.ID), Cells: []document.Cell{head(word(visibleMax(a.ID, 40))), advice, target, answers, cell(phase), todo, todo, b.textCell(a.Check)}}
}

func (b *builder) textCell(t casefile.Text) document.Cell {
	if in := b.tx(t); !in.Empty() {
		return cell(in)
	}
	return b.none()
}

// judgedBy says who judged: the program alone, or people beside it.
func (b *builder) judgedBy() string {
	if len(b.w.Verdicts)+len(b.w.Findings) > 0 || strings.TrimSpace(b.opt.Identity.Author) != "" {
		return b.p.T("method.people")
	}
	return b.p.T("method.human")
}

// method says how the answer came about, and with which versions.
func (b *builder) method(s *document.Section) {
	l := &document.List{Ordered: true}
	for _, k := range []string{b.p.T("method.read"), b.p.T("method.rules"), b.p.T("method.window"), b.p.T("method.judge"), b.p.T("method.plan")} {
		l.Items = append(l.Items, document.Item{Text: document.Words(k)})
	}
	s.Add(l, para(document.Plain, b.judgedBy()))
	v := &b.c.Vigie
	s.Add(&document.Pairs{Pairs: []document.Pair{
		{Label: b.p.T("ident.version"), Value: b.vMax(or(v.Version, "?"), 80)},
		{Label: b.p.T("ident.rules"), Value: join(b.vMax(or(v.Rules.Version, "?"), 60), document.Words(" · "+b.n(int64(v.Rules.Count), forms{"%s règle", "%s règles", "%s rule", "%s rules"})+" · SHA-256 "), b.code(or(v.Rules.SHA256, "?")))},
		{Label: b.p.T("ident.knowledge"), Value: document.Words(b.knowledgeDate())},
		{Label: b.p.T("ident.zone"), Value: document.Words(b.p.Zone())},
	}})
	if len(b.c.Budgets) > 0 {
		s.Add(para(document.Minor, b.p.T("h.budgets")), para(document.Plain, b.p.T("budgets.intro")))
		t := &document.Table{Compact: true, Columns: []document.Column{col("budget", b.p.T("col.budget")), colRight("limit", b.p.T("col.limit"))}}
		for i, x := range b.c.Budgets {
			if i == 40 {
				break
			}
			t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{cell(b.code(x.Name)), word(b.p.Int(x.Limit))}})
		}
		s.Add(t)
	} else {
		s.Add(para(document.Note, b.p.T("budgets.none"), factReading))
	}
}

// annexWarnings is the register of warnings given, with what became of them.
func (b *builder) annexWarnings(s *document.Section) {
	t := &document.Table{Key: "warnings", Total: len(b.w.Warnings), Facts: []string{factWork}, Empty: document.Words(b.say("Aucune alerte donnée n'est consignée dans l'affaire.", "No warning given is recorded in the case.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("time", b.p.T("col.time")), col("who", b.say("Par", "By")), col("channel", b.say("Moyen", "Channel")), col("to", b.say("À", "To")), col("text", b.say("Contenu", "Content")), col("ack", b.say("Accusé de réception", "Acknowledged"))}}
	for i := range b.w.Warnings {
		if i == 60 {
			break
		}
		w := &b.w.Warnings[i]
		ack := word(b.say("aucun", "none"))
		if w.AckAt != nil {
			ack = b.stamp(*w.AckAt)
			ack.Lines = append(ack.Lines, b.vMax(w.AckBy, 60))
		}
		if len(w.Escalated) > 0 {
			ack.Lines = append(ack.Lines, join(document.Words(b.say("porté à : ", "taken to: ")), b.vMax(strings.Join(w.Escalated, ", "), 120)))
		}
		t.Rows = append(t.Rows, document.Row{Anchor: b.fact(w.ID), Cells: []document.Cell{head(word(visibleMax(w.ID, 40))), b.stamp(w.At), cell(b.vMax(w.Author, 60)), b.orNone(w.Channel), b.orNone(w.To),
			cells(b.vMax(w.Text, 600), join(document.Words("SHA-256 "), b.code(w.SHA256))), ack}})
	}
	s.Add(t)
}

func logID(i int) string { return "J-" + padZero(i+1) }

func padZero(n int) string {
	s := itoa(n)
	for len(s) < 3 {
		s = "0" + s
	}
	return s
}

// annexLogbook is the main courante.
func (b *builder) annexLogbook(s *document.Section) {
	t := &document.Table{Key: "logbook", Total: len(b.w.Log), Facts: []string{factWork}, Empty: document.Words(b.say("La main courante est vide : rien n'a été consigné dans l'affaire.", "The logbook is empty: nothing was recorded in the case.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("time", b.p.T("col.time")), col("who", b.say("Qui", "Who")), col("text", b.say("Texte", "Text")), colRight("hours", b.say("Heures", "Hours"))}}
	row := func(i int) document.Row {
		l := &b.w.Log[i]
		at := b.stamp(*l.At)
		if !l.At.Equal(l.Time) {
			at.Lines = append(at.Lines, document.Words(b.say("écrit : ", "written: ")+b.p.Stamp(l.Time)))
		}
		hours := b.none()
		if l.Hours > 0 {
			hours = word(b.p.tenths(int64(l.Hours*10 + 0.5)))
		}
		return document.Row{Anchor: b.fact(logID(i)), Cells: []document.Cell{head(word(logID(i))), at, cell(b.vMax(l.Author, 60)), cells(b.v(l.Text), b.vMax(strings.Join(l.Hosts, ", "), 200)), hours}}
	}
	for i := range min(len(b.w.Log), 150) {
		t.Rows = append(t.Rows, row(i))
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.w.Log {
			if !yield(row(i)) {
				return
			}
		}
	}
	s.Add(t)
}
