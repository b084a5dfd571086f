package report

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/draw"
)

// The manager's page: one page, no names of third persons, every sentence from a fact of the case.

// Bounds of the page, so that it stays one.
const (
	managerActions = 5
	managerUnseen  = 4
	managerClocks  = 4
	managerWork    = 3
	managerRisks   = 3
	managerName    = 60 // characters of a name
	managerWords   = 260
)

// speaking is the flaw that speaks for the case: the worst of the first host, nil when there is none.
func (b *builder) speaking() *casefile.FlawResult {
	if len(b.c.Hosts) == 0 {
		return nil
	}
	return worst(&b.c.Hosts[0])
}

func (b *builder) manager(s *document.Section) {
	s.OnePage = true
	flaw := b.speaking()
	s.Add(b.lead(flaw)...)
	if b.c.Partial {
		s.Add(&document.Paragraph{Role: document.Warning, Text: document.Words(b.p.T("partial")), Facts: []string{factReading}})
	}
	s.Add(b.panels(flaw))
	s.Add(&document.Grid{Columns: [][]document.Block{
		{b.title3(b.p.T("h.story")), b.storyList(flaw)},
		{b.title3(b.p.T("h.reached")), b.reached()},
	}})
	s.Add(&document.Grid{Columns: [][]document.Block{
		{b.title3(b.say("Ce que nous avons fait", "What we did")), b.didList()},
		{b.title3(b.say("Ce qui reste à risque", "What remains at risk")), b.atRisk(flaw)},
	}})
	s.Add(b.title3(b.say("Ce que vous devez décider", "What you must decide")))
	s.Add(b.decide()...)
	s.Add(&document.Grid{Columns: [][]document.Block{
		{b.title3(b.p.T("h.unseen")), &document.List{Items: b.unseen(flaw, managerUnseen)}},
		{b.title3(b.say("Qui appeler", "Who to call")), b.call()},
	}})
}

func (b *builder) title3(s string) *document.Paragraph { return para(document.Minor, s) }

// short cuts a sentence of the case so that the page stays one; the technical parts have it whole.
func (b *builder) short(t casefile.Text) document.Inlines {
	return document.Words(visibleMax(b.p.Text(t), managerWords))
}

// lead is the verdict sentence, and for several servers how many there are.
func (b *builder) lead(flaw *casefile.FlawResult) []document.Block {
	switch {
	case len(b.c.Hosts) == 0:
		return []document.Block{para(document.Lead, b.p.T("text.nohost"), factReading)}
	case flaw == nil:
		return []document.Block{para(document.Lead, b.p.T("host.noflaw"), hostFact(0))}
	}
	var out []document.Block
	if n := len(b.c.Hosts); n > 1 {
		out = append(out, para(document.Intro, b.p.N("fleet.count", int64(n))+" "+b.p.T("fleet.worst")+" "+visibleMax(b.p.Host(b.c.Hosts[0].Name), managerName)+".", hostFact(0)))
	}
	out = append(out, &document.Paragraph{Role: document.Lead, Text: b.short(flaw.Sentence), Facts: []string{verdictFact(0, 0)}})
	if v := b.humanVerdict(b.c.Hosts[0].Name, flaw.ID); v != nil {
		out = append(out, &document.Paragraph{Role: document.Plain, Facts: []string{verdictFact(0, 0)},
			Text: document.Words(b.say("Avis d'une personne : %s (%s, %s). Le programme dit : %s.", "A person's verdict: %s (%s, %s). The program says: %s.",
				strings.ToLower(b.p.Verdict(v.Verdict)), visibleMax(v.Author, 40), b.p.Date(v.Time), strings.ToLower(b.p.Verdict(flaw.Verdict))))})
	}
	return out
}

// panels are the three answers, never one.
func (b *builder) panels(flaw *casefile.FlawResult) *document.Panels {
	attacked := document.Panel{Title: b.p.T("ask.attacked"), Ink: draw.Slate}
	protected := document.Panel{Title: b.p.T("ask.protected"), Ink: draw.Slate}
	seen := document.Panel{Title: b.p.T("ask.seen"), Ink: draw.Bar}
	line := func(s string, facts ...string) document.Item {
		return document.Item{Text: document.Words(s), Facts: facts}
	}
	switch {
	case flaw == nil:
		none := document.Words(b.p.T("answer.none"))
		attacked.Answer, protected.Answer, seen.Answer = none, none, none
	case len(b.c.Hosts) > 1:
		b.fleetPanels(&attacked, &protected, &seen)
	default:
		attacked.Answer, attacked.Ink = document.Words(b.p.Verdict(flaw.Verdict)), inkOf(verdictInk, flaw.Verdict)
		attacked.Lines = append(attacked.Lines, line(upper(b.p.Confident(flaw.Confidence))+".", verdictFact(0, 0)))
		if len(flaw.Why) > 0 {
			attacked.Lines = append(attacked.Lines, document.Item{Text: b.short(flaw.Why[0]), Facts: append([]string{verdictFact(0, 0)}, flaw.Reasons...)})
		}
		protected.Answer, protected.Ink = document.Words(b.p.State(flaw.StateNow)), inkOf(stateInk, flaw.StateNow)
		protected.Lines = append(protected.Lines, line(upper(b.measured(flaw))+".", stateFact(0, 0)))
		if w := b.short(flaw.StateWhy); !w.Empty() {
			protected.Lines = append(protected.Lines, document.Item{Text: w, Facts: []string{stateFact(0, 0)}})
		}
		switch {
		case flaw.Window.Empty:
			seen.Answer = document.Words(upper(b.p.T("seen.emptyshort")))
			seen.Lines = append(seen.Lines, line(b.p.T("seen.empty"), verdictFact(0, 0)))
		case !restsOnSources(flaw):
			seen.Answer = document.Words(b.p.T("cell.none"))
			seen.Lines = append(seen.Lines, line(upper(b.p.T("seen.norequired"))+".", verdictFact(0, 0)))
		default:
			seen.Answer, seen.Big = document.Words(b.p.Percent(flaw.Coverage.Overall)), true
			seen.Lines = append(seen.Lines, line(upper(b.p.T("seen.of"))+".", verdictFact(0, 0)))
			seen.Lines = append(seen.Lines, line(b.say("Période : du %s au %s (UTC).", "Period: from %s to %s (UTC).", b.p.Date(flaw.Window.From), b.p.Date(flaw.Window.To)), verdictFact(0, 0)))
		}
	}
	return &document.Panels{Panels: []document.Panel{attacked, protected, seen}}
}

func (b *builder) fleetPanels(attacked, protected, seen *document.Panel) {
	var worstV casefile.Verdict
	for _, v := range casefile.Verdicts {
		n := countVerdict(b.c, v)
		if n == 0 {
			continue
		}
		if worstV == "" {
			worstV = v
			attacked.Answer, attacked.Ink = document.Words(b.p.Int(n)+" × "+b.p.Verdict(v)), inkOf(verdictInk, v)
			continue
		}
		attacked.Lines = append(attacked.Lines, document.Item{Text: document.Words(b.p.Int(n) + " × " + b.p.Verdict(v)), Facts: []string{hostFact(0)}})
	}
	first := true
	for _, s := range casefile.States {
		n := countState(b.c, s)
		if n == 0 {
			continue
		}
		if first {
			protected.Answer, protected.Ink, first = document.Words(b.p.Int(n)+" × "+b.p.State(s)), inkOf(stateInk, s), false
			continue
		}
		protected.Lines = append(protected.Lines, document.Item{Text: document.Words(b.p.Int(n) + " × " + b.p.State(s)), Facts: []string{hostFact(0)}})
	}
	least, at := 2.0, -1
	for i := range b.c.Hosts {
		if lo, ok := leastCoverage(&b.c.Hosts[i]); ok && share(lo) < least {
			least, at = share(lo), i
		}
	}
	if at < 0 {
		seen.Answer = document.Words(upper(b.p.T("seen.emptyshort")))
		return
	}
	seen.Answer, seen.Big = document.Words(b.p.Percent(least)), true
	seen.Lines = append(seen.Lines, document.Item{Text: document.Words(b.p.T("fleet.least") + " " + visibleMax(b.p.Host(b.c.Hosts[at].Name), managerName) + "."),
		Facts: []string{hostFact(at)}})
}

func (b *builder) measured(r *casefile.FlawResult) string {
	if r.StateAt == nil || r.StateAt.IsZero() {
		return b.p.T("state.notmeasured")
	}
	return b.p.T("state.measured", "Time", b.p.DateTime(*r.StateAt))
}

// upper makes the first letter a capital, with its accent.
func upper(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// storyList tells what happened in three lines: who tried, what worked, what followed.
func (b *builder) storyList(flaw *casefile.FlawResult) document.Block {
	if len(b.c.Hosts) == 0 {
		return para(document.Plain, b.p.T("story.none"), factReading)
	}
	h := &b.c.Hosts[0]
	l := &document.List{Ordered: true}
	tried, tries := b.tries(h)
	won, followed := b.told(h, flaw)
	l.Items = append(l.Items, tried)
	if tries == 0 && won != nil {
		l.Items[0].Text = document.Words(b.p.T("story.nofailed"))
	}
	success := document.Item{Text: document.Words(b.p.T("story.nosuccess")), Facts: []string{factStory}}
	if won != nil {
		lead := b.p.T("story.success", "Time", b.p.DateTime(won.Time))
		switch {
		case won.Time.IsZero():
			lead = b.p.T("story.successundated")
		case won.Weight != casefile.Proof: // a clue is not yet a success
			lead = b.p.T("story.successclue", "Time", b.p.DateTime(won.Time))
		}
		success = document.Item{Text: join(document.Words(lead+" "), b.plainTitle(won.Title)), Facts: []string{won.ID}}
	}
	follow := document.Item{Text: document.Words(b.p.T("story.nofollow")), Facts: []string{factStory}}
	if followed != nil {
		lead := b.p.T("story.follow", "Time", b.p.DateTime(followed.Time))
		switch {
		case followed.Time.IsZero():
			lead = b.p.T("story.followundated")
		case followed.Weight != casefile.Proof:
			lead = b.p.T("story.followclue", "Time", b.p.DateTime(followed.Time))
		}
		follow = document.Item{Text: join(document.Words(lead+" "), b.plainTitle(followed.Title)), Facts: []string{followed.ID}}
	}
	l.Items = append(l.Items, success, follow)
	return l
}

// plainTitle is a finding's title as the end of a sentence: with its period, and without the number of a flaw, which a manager does not need.
func (b *builder) plainTitle(t casefile.Text) document.Inlines {
	s := visibleMax(b.p.Text(t), managerWords)
	for _, sign := range []string{" (CVE-", " (CVE\u2011"} {
		if i := strings.Index(s, sign); i > 0 {
			if j := strings.IndexByte(s[i:], ')'); j > 0 {
				s = s[:i] + s[i+j+1:]
			}
		}
	}
	return document.Words(strings.TrimRight(lowerFirst(s), ". ") + ".")
}

// lowerFirst makes the first letter small, unless the word is a name or an abbreviation.
func lowerFirst(s string) string {
	rs := []rune(s)
	if len(rs) < 2 || strings.ToUpper(string(rs[1])) == string(rs[1]) && strings.ToLower(string(rs[1])) != string(rs[1]) {
		return s
	}
	w, _, _ := strings.Cut(s, " ")
	if slices.ContainsFunc([]rune(w)[1:], func(r rune) bool { return strings.ToLower(string(r)) != string(r) }) {
		return s
	}
	return strings.ToLower(string(rs[0])) + string(rs[1:])
}

func (b *builder) tries(h *casefile.Host) (document.Item, int64) {
	var first, last time.Time
	var n int64
	var ids []string
	judged := map[string]bool{} // the Internet's ordinary knocking is listed, not told here
	for i := range h.Flaws {
		judged[h.Flaws[i].ID] = true
	}
	for _, f := range b.ofHost[h.Name] {
		if f.Stage != casefile.Attempt || !judged[f.Flaw] {
			continue
		}
		n += acts(f)
		if len(ids) < maxRefs {
			ids = append(ids, f.ID)
		}
		if !f.Time.IsZero() && (first.IsZero() || f.Time.Before(first)) {
			first = f.Time
		}
		last = latest(last, latest(f.Time, f.TimeEnd))
	}
	s := ""
	switch {
	case n == 0:
		return document.Item{Text: document.Words(b.p.T("story.noattempt")), Facts: []string{factStory}}, 0
	case first.IsZero():
		s = b.p.N("story.attemptsundated", n)
	case b.p.Date(first) == b.p.Date(last):
		s = b.p.N("story.attemptsday", n, "Day", b.p.Date(first))
	default:
		s = b.p.N("story.attempts", n, "From", b.p.Date(first), "To", b.p.Date(last))
	}
	return document.Item{Text: document.Words(s), Facts: ids}, n
}

// told chooses the success and the follow-up that are told on the page.
func (b *builder) told(h *casefile.Host, flaw *casefile.FlawResult) (won, followed *casefile.Finding) {
	for _, f := range b.ofHost[h.Name] {
		switch f.Stage {
		case casefile.Success:
			won = earlier(won, f, flaw)
		case casefile.FollowUp:
			followed = earlier(followed, f, flaw)
		}
	}
	return won, followed
}

// earlier chooses what to tell: what carries the most weight, of the flaw that speaks for the host before others, then what came first.
func earlier(a, b *casefile.Finding, flaw *casefile.FlawResult) *casefile.Finding {
	if a == nil {
		return b
	}
	rank := func(f *casefile.Finding) int {
		n := slices.Index([]casefile.Weight{casefile.Proof, casefile.Clue, casefile.Hint}, f.Weight)
		if n < 0 {
			n = 3
		}
		if n *= 2; flaw == nil || f.Flaw != flaw.ID {
			n++
		}
		return n
	}
	if ra, rb := rank(a), rank(b); rb < ra || rb == ra && !b.Time.IsZero() && b.Time.Before(a.Time) {
		return b
	}
	return a
}
