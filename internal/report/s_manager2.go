package report

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/ledger"
)

// The second half of the manager's page: what was reached, done, what remains, what to decide.

// reached counts what was touched; names of persons do not stand here.
func (b *builder) reached() document.Block {
	t := &document.Table{Compact: true, Columns: []document.Column{col("what", ""), colRight("certain", b.p.Certainty(casefile.Certain)),
		colRight("probable", b.p.Certainty(casefile.Probable)), colRight("possible", b.p.Certainty(casefile.Possible))}}
	any := false
	for _, g := range b.touchedGroups() {
		var n [3]int64
		for i := range g.items {
			switch g.items[i].Certainty {
			case casefile.Certain:
				n[0]++
			case casefile.Probable:
				n[1]++
			default:
				n[2]++
			}
		}
		any = any || len(g.items) > 0
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{head(word(b.p.T("touched." + g.key))), word(b.p.Int(n[0])), word(b.p.Int(n[1])), word(b.p.Int(n[2]))}})
	}
	if !any {
		return para(document.Plain, b.p.T("reached.none"), factTouched)
	}
	return t
}

// didList says what was done, with counts, and the newest acts.
func (b *builder) didList() document.Block {
	var done []*ledger.ActionRecord
	proved := int64(0)
	for i := range b.w.Actions {
		if a := &b.w.Actions[i]; a.Done() {
			done = append(done, a)
			if a.Proved() {
				proved++
			}
		}
	}
	if len(done) == 0 {
		return para(document.Plain, b.say("Aucune intervention n'est consignée dans l'affaire.", "No work is recorded in the case."), factWork)
	}
	l := &document.List{}
	l.Items = append(l.Items, document.Item{Facts: []string{factWork}, Text: document.Words(
		b.n(int64(len(done)), forms{"%s action faite", "%s actions faites", "%s action done", "%s actions done"}) + ", " +
			b.n(proved, forms{"dont %s avec preuve.", "dont %s avec preuve.", "%s of them with proof.", "%s of them with proof."}))})
	for i, a := range done {
		if i == managerWork {
			break
		}
		l.Items = append(l.Items, document.Item{Text: document.Words(strings.TrimRight(visibleMax(b.p.Text(a.Title), 120), ".") + "."), Facts: []string{a.ID}})
	}
	return l
}

// atRisk says what is not protected, worst first.
func (b *builder) atRisk(flaw *casefile.FlawResult) document.Block {
	l := &document.List{}
	add := func(s string, facts ...string) {
		if len(l.Items) < managerRisks {
			l.Items = append(l.Items, document.Item{Text: document.Words(s), Facts: facts})
		}
	}
	for _, st := range []casefile.State{casefile.ToRebuild, casefile.Exposed, casefile.StateUnknown} {
		var facts []string
		for i := range b.c.Hosts {
			if b.c.Hosts[i].StateNow == st && len(facts) < maxRefs {
				facts = append(facts, hostFact(i))
			}
		}
		n := countState(b.c, st)
		if n == 0 {
			continue
		}
		one := b.c.Hosts[slices.IndexFunc(b.c.Hosts, func(h casefile.Host) bool { return h.StateNow == st })].Name
		name := visibleMax(b.p.Host(one), managerName)
		switch {
		case st == casefile.ToRebuild && n == 1:
			add(b.say("%s doit être reconstruit : le corriger ne suffit pas.", "%s must be rebuilt: patching it is not enough.", name), facts...)
		case st == casefile.ToRebuild:
			add(b.say("%s serveurs doivent être reconstruits : les corriger ne suffit pas.", "%s servers must be rebuilt: patching them is not enough.", b.p.Int(n)), facts...)
		case st == casefile.Exposed && n == 1:
			add(b.say("%s reste exposé : rien ne prouve le correctif.", "%s is still exposed: nothing proves the fix.", name), facts...)
		case st == casefile.Exposed:
			add(b.say("%s serveurs restent exposés : rien ne prouve le correctif.", "%s servers are still exposed: nothing proves the fix.", b.p.Int(n)), facts...)
		case n == 1:
			add(b.say("%s : nul ne sait s'il est protégé, aucune mesure ne le dit.", "%s: whether it is protected is not known, nothing measured it.", name), facts...)
		default:
			add(b.say("%s serveurs : nul ne sait s'ils sont protégés.", "%s servers: whether they are protected is not known.", b.p.Int(n)), facts...)
		}
	}
	for _, c := range b.cannotKnow(1) {
		add(visibleMax(c.text, managerWords), c.facts...)
	}
	if len(l.Items) == 0 {
		add(b.say("Les journaux ne montrent pas tout : une trace effacée ou jamais écrite reste possible.", "Logs do not show everything: a trace that was wiped or never written remains possible."), factReading)
	}
	return l
}

type known2 struct {
	text  string
	facts []string
}

// cannotKnow lists what the logs cannot tell about what was touched, each sentence once.
func (b *builder) cannotKnow(most int) []known2 {
	var out []known2
	seen := map[string]bool{}
	for _, g := range b.touchedGroups() {
		for i := range g.items {
			s := b.p.Text(g.items[i].CannotKnow)
			if s == "" || seen[s] || len(out) == most {
				continue
			}
			seen[s] = true
			out = append(out, known2{s, []string{touchedFact(g.key, i)}})
		}
	}
	return out
}

// decide says what the client must decide and by when: running clocks first, then what is to be done now.
func (b *builder) decide() []document.Block {
	var out []document.Block
	if due := b.dueClocks(); len(due) > 0 {
		l := &document.List{}
		for i, d := range due {
			if i == managerClocks {
				break
			}
			l.Items = append(l.Items, document.Item{Facts: []string{clockFact(d.clock)}, Text: join(strong(document.Words(b.p.DateTime(d.due.At))), document.Words(b.colon()),
				document.Words(visibleMax(b.p.Text(d.due.Deadline.Title), 160)+"."))})
		}
		out = append(out, l)
	}
	l := &document.List{Ordered: true}
	groups := b.nowGroups()
	for i, g := range groups {
		if i == managerActions {
			break
		}
		text := document.Words(visibleMax(b.p.Text(g.title), 150))
		if g.where != "" {
			text = join(text, soft(" — "+g.where))
		}
		l.Items = append(l.Items, document.Item{Text: text, Facts: g.ids})
	}
	if len(l.Items) > 0 {
		out = append(out, para(document.Plain, b.say("À décider maintenant, dans cet ordre :", "To decide now, in this order:"), factAdvice), l)
	}
	if more := len(groups) - managerActions; more > 0 {
		out = append(out, para(document.Note, b.n(int64(more), forms{"Et %s autre action immédiate : voir la section 10.", "Et %s autres actions immédiates : voir la section 10.",
			"And %s more action to take now: see section 10.", "And %s more actions to take now: see section 10."}), factAdvice))
	}
	if len(out) == 0 {
		out = append(out, para(document.Plain, b.p.T("now.none"), factAdvice))
	}
	return out
}

type dueClock struct {
	clock *ledger.Clock
	due   *ledger.Due
}

// dueClocks are the deadlines that nobody has met, first things first.
func (b *builder) dueClocks() []dueClock {
	var out []dueClock
	for i := range b.w.Clocks {
		c := &b.w.Clocks[i]
		if c.State != "running" {
			continue
		}
		for j := range c.Due {
			if c.Due[j].Met == nil {
				out = append(out, dueClock{c, &c.Due[j]})
			}
		}
	}
	slices.SortStableFunc(out, func(x, y dueClock) int { return x.due.At.Compare(y.due.At) })
	return out
}

func clockFact(c *ledger.Clock) string { return "K-" + c.ID }

type nowGroup struct {
	title casefile.Text
	where string
	ids   []string
}

// nowGroups puts the same advice for several servers on one line; what is done is not asked for again.
func (b *builder) nowGroups() []nowGroup {
	var groups []nowGroup
	hosts := map[string][]string{}
	at := map[string]int{}
	for i := range b.w.Actions {
		a := &b.w.Actions[i]
		if a.Priority != "now" || a.State != "planned" && a.State != "failed" && a.State != "abandoned" {
			continue
		}
		key := a.Title.EN
		k, ok := at[key]
		if !ok {
			k = len(groups)
			at[key] = k
			groups = append(groups, nowGroup{title: a.Title})
		}
		groups[k].ids = append(groups[k].ids, a.ID)
		hosts[key] = append(hosts[key], a.Target)
	}
	if len(b.c.Hosts) > 1 {
		for i := range groups {
			hs := hosts[groups[i].title.EN]
			groups[i].where = visibleMax(b.p.Host(hs[0]), managerName)
			if len(hs) > 1 {
				groups[i].where = b.p.N("action.hosts", int64(len(hs)))
			}
		}
	}
	return groups
}

// unseen lists what could not be seen: uncovered sources, unread parts, and what no log of this kind ever shows.
func (b *builder) unseen(flaw *casefile.FlawResult, most int) []document.Item {
	var out []document.Item
	add := func(s string, facts ...string) {
		if len(out) < most {
			out = append(out, document.Item{Text: document.Words(s), Facts: facts})
		}
	}
	if flaw != nil && !flaw.Window.Empty {
		for i := range flaw.Coverage.Sources {
			s := &flaw.Coverage.Sources[i]
			if !s.Required || s.Covered >= 1 {
				continue
			}
			if s.First == nil {
				add(b.p.T("unseen.nosource", "Name", sourceName(b.p, s)), sourceFact(0, 0, i))
				continue
			}
			var long time.Duration
			for _, h := range s.Holes {
				long = max(long, h.To.Sub(h.From))
			}
			add(b.p.N("unseen.source", int64(len(s.Holes)), "Name", sourceName(b.p, s), "Percent", b.p.Percent(s.Covered), "Longest", b.p.Duration(long)), sourceFact(0, 0, i))
		}
	}
	if n := gapCount(b.c.Gaps); n > 0 {
		add(b.p.N("unseen.gaps", n), factGaps)
	}
	if b.c.Ledger.Skipped > 0 {
		add(b.p.T("unseen.skipped", "Bytes", b.p.Bytes(b.c.Ledger.Skipped)), factReading)
	}
	for _, c := range b.cannotKnow(2) {
		add(visibleMax(c.text, managerWords), c.facts...)
	}
	switch {
	case len(out) > 0:
	case flaw == nil || flaw.Window.Empty:
		add(b.p.T("unseen.nowindow"), factReading)
	default:
		add(b.p.T("unseen.none"), factReading)
	}
	return out
}

// call says whom to call: the firm, since who reads this page looks for a number.
func (b *builder) call() document.Block {
	f := &b.w.Subject.Firm
	if f.Name == "" && f.Phone == "" && f.Contact == "" {
		return para(document.Plain, b.say("Aucun prestataire n'est saisi dans l'affaire.", "No firm is entered in the case."), factFirm)
	}
	l := &document.List{}
	add := func(s string) {
		if strings.TrimSpace(s) != "" {
			l.Items = append(l.Items, document.Item{Text: document.Words(visibleMax(s, 90)), Facts: []string{factFirm}})
		}
	}
	add(strings.Trim(f.Contact+", "+f.Name, ", "))
	add(f.Phone)
	add(f.Mail)
	if b.w.Subject.Number != "" {
		add(b.say("Affaire : %s", "Case: %s", visibleMax(b.w.Subject.Number, 40)))
	}
	return l
}
