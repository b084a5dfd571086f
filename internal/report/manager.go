package report

import (
	"slices"
	"time"

	"vigie/internal/casefile"
)

// The manager's page: one page, no names of third persons, every line from a
// fact of the case.

// Bounds of the page, so that it stays one.
const (
	managerActions = 5
	managerLines   = 4
	managerFleet   = 10
)

type manager struct {
	Lead     string
	Sentence string
	Partial  bool
	Many     bool
	Host     *casefile.Host
	Flaw     *casefile.FlawResult
	Verdicts []count
	States   []count
	Least    string
	LeastOf  string
	Sources  []casefile.SourceCoverage // required ones of the worst flaw
	Story    []storyLine
	Touched  []touchedCount
	Reached  bool // anything touched at all
	Actions  []actionLine
	MoreNow  int64
	Later    []count
	Unseen   []string
	Changes  []string
	Others   int
}

type count struct {
	Class, Label string
	N            int64
}

type storyLine struct {
	Lead, Title string
	IDs         []string
}

type touchedCount struct {
	Label                       string
	Certain, Probable, Possible int64
}

type actionLine struct {
	Title, Where string
	IDs          []string
}

func (r *renderer) manager(m *manager) {
	c, p := r.c, r.p
	m.Partial = c.Partial
	m.Many = len(c.Hosts) > 1
	if len(c.Hosts) == 0 {
		m.Sentence = p.T("text.nohost")
		m.Unseen = r.unseen(nil)
		m.Touched, m.Reached = r.touchedCounts()
		return
	}
	m.Host = &c.Hosts[0]
	m.Flaw = worst(m.Host)
	if m.Flaw == nil {
		m.Sentence = p.T("host.noflaw")
	} else {
		m.Sentence = p.Text(m.Flaw.Sentence)
		m.Others = len(m.Host.Flaws) - 1
		for _, s := range m.Flaw.Coverage.Sources {
			if s.Required && len(m.Sources) < 6 {
				m.Sources = append(m.Sources, s)
			}
		}
		for i, x := range m.Flaw.WouldChange {
			if i < managerLines {
				m.Changes = append(m.Changes, p.Text(x))
			}
		}
	}
	if m.Many {
		r.managerFleet(m)
	}
	m.Story = r.story(m.Host, m.Flaw)
	m.Touched, m.Reached = r.touchedCounts()
	m.Actions, m.MoreNow, m.Later = r.managerActions()
	m.Unseen = r.unseen(m.Flaw)
}

func (r *renderer) managerFleet(m *manager) {
	c, p := r.c, r.p
	m.Lead = p.N("fleet.count", int64(len(c.Hosts)))
	for _, v := range casefile.Verdicts {
		if n := countVerdict(c, v); n > 0 {
			m.Verdicts = append(m.Verdicts, count{class(v), p.Verdict(v), n})
		}
	}
	for _, s := range casefile.States {
		if n := countState(c, s); n > 0 {
			m.States = append(m.States, count{class(s), p.State(s), n})
		}
	}
	least := 2.0
	for i := range c.Hosts {
		if lo, ok := leastCoverage(&c.Hosts[i]); ok && share(lo) < least {
			least = share(lo)
			m.Least, m.LeastOf = p.Percent(lo), c.Hosts[i].Name
		}
	}
}

// story tells what happened in three lines: who tried, what worked, what followed.
func (r *renderer) story(h *casefile.Host, flaw *casefile.FlawResult) []storyLine {
	p := r.p
	fs := findingsOf(r.c, h.Name)
	var first, last time.Time
	var tries int64
	var tried []string
	var won, followed *casefile.Finding
	judged := map[string]bool{} // the Internet's ordinary knocking is listed, not told here
	for i := range h.Flaws {
		judged[h.Flaws[i].ID] = true
	}
	for _, f := range fs {
		switch f.Stage {
		case casefile.Attempt:
			if !judged[f.Flaw] {
				continue
			}
			tries += acts(f)
			if len(tried) < managerLines { // a way in; the table has them all
				tried = append(tried, f.ID)
			}
			if !f.Time.IsZero() && (first.IsZero() || f.Time.Before(first)) {
				first = f.Time
			}
			last = latest(last, latest(f.Time, f.TimeEnd))
		case casefile.Success:
			won = earlier(won, f, flaw)
		case casefile.FollowUp:
			followed = earlier(followed, f, flaw)
		}
	}
	lines := make([]storyLine, 3)
	switch {
	case tries == 0 && won != nil:
		lines[0].Lead = p.T("story.nofailed")
	case tries == 0:
		lines[0].Lead = p.T("story.noattempt")
	case first.IsZero():
		lines[0] = storyLine{Lead: p.N("story.attemptsundated", tries), IDs: tried}
	case p.Date(first) == p.Date(last):
		lines[0] = storyLine{Lead: p.N("story.attemptsday", tries, "Day", p.Date(first)), IDs: tried}
	default:
		lines[0] = storyLine{Lead: p.N("story.attempts", tries, "From", p.Date(first), "To", p.Date(last)), IDs: tried}
	}
	lines[1].Lead = p.T("story.nosuccess")
	if won != nil {
		lines[1] = storyLine{p.T("story.success", "Time", p.DateTime(won.Time)), p.Text(won.Title), []string{won.ID}}
		switch {
		case won.Time.IsZero():
			lines[1].Lead = p.T("story.successundated")
		case won.Weight != casefile.Proof: // a clue is not yet a success
			lines[1].Lead = p.T("story.successclue", "Time", p.DateTime(won.Time))
		}
	}
	lines[2].Lead = p.T("story.nofollow")
	if followed != nil {
		lines[2] = storyLine{p.T("story.follow", "Time", p.DateTime(followed.Time)), p.Text(followed.Title), []string{followed.ID}}
		switch {
		case followed.Time.IsZero():
			lines[2].Lead = p.T("story.followundated")
		case followed.Weight != casefile.Proof:
			lines[2].Lead = p.T("story.followclue", "Time", p.DateTime(followed.Time))
		}
	}
	return lines
}

// earlier chooses what to tell: what carries the most weight, of the flaw that
// speaks for the host before others, then what came first.
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

func (r *renderer) touchedCounts() (out []touchedCount, any bool) {
	t := &r.c.Touched
	for _, g := range []struct {
		key   string
		items []casefile.TouchedItem
	}{{"accounts", t.Accounts}, {"mailboxes", t.Mailboxes}, {"machines", t.Machines}, {"data", t.Data}} {
		n := touchedCount{Label: r.p.T("touched." + g.key)}
		for i := range g.items {
			switch g.items[i].Certainty {
			case casefile.Certain:
				n.Certain++
			case casefile.Probable:
				n.Probable++
			default:
				n.Possible++
			}
		}
		any = any || len(g.items) > 0
		out = append(out, n)
	}
	return out, any
}

// managerActions groups what is to be done now: the same advice for several
// servers is one line.
func (r *renderer) managerActions() (now []actionLine, more int64, later []count) {
	p := r.p
	type group struct {
		line  actionLine
		hosts []string
	}
	var groups []*group
	at := map[string]*group{}
	n := map[string]int64{}
	for i := range r.c.Actions {
		a := &r.c.Actions[i]
		if a.Priority != "now" {
			n[a.Priority]++
			continue
		}
		title := p.Text(a.Title)
		g := at[title]
		if g == nil {
			g = &group{line: actionLine{Title: title}}
			at[title] = g
			groups = append(groups, g)
		}
		g.line.IDs = append(g.line.IDs, a.ID)
		g.hosts = append(g.hosts, a.Host)
	}
	for i, g := range groups {
		if i == managerActions {
			more = int64(len(groups) - i)
			break
		}
		if len(r.c.Hosts) > 1 {
			g.line.Where = visibleMax(g.hosts[0], 60)
			if len(g.hosts) > 1 {
				g.line.Where = p.N("action.hosts", int64(len(g.hosts)))
			}
		}
		now = append(now, g.line)
	}
	for _, prio := range priorities[1:] {
		if n[prio] > 0 {
			later = append(later, count{Label: p.Priority(prio), N: n[prio]})
		}
	}
	return now, more, later
}

// unseen lists what could not be seen: uncovered sources, unread parts, and
// what no log of this kind ever shows.
func (r *renderer) unseen(flaw *casefile.FlawResult) []string {
	p, c := r.p, r.c
	var out []string
	if c.Partial {
		out = append(out, p.T("partial"))
	}
	if flaw != nil && !flaw.Window.Empty {
		for i := range flaw.Coverage.Sources {
			s := &flaw.Coverage.Sources[i]
			if !s.Required || s.Covered >= 1 || len(out) >= managerLines {
				continue
			}
			if s.First == nil {
				out = append(out, p.T("unseen.nosource", "Name", sourceName(p, s)))
				continue
			}
			var long time.Duration
			for _, h := range s.Holes {
				long = max(long, h.To.Sub(h.From))
			}
			out = append(out, p.N("unseen.source", int64(len(s.Holes)), "Name", sourceName(p, s), "Percent", p.Percent(s.Covered), "Longest", p.Duration(long)))
		}
	}
	if n := gapCount(c.Gaps); n > 0 {
		out = append(out, p.N("unseen.gaps", n))
	}
	if c.Ledger.Skipped > 0 {
		out = append(out, p.T("unseen.skipped", "Bytes", p.Bytes(c.Ledger.Skipped)))
	}
	seen := map[string]bool{}
	for _, g := range [][]casefile.TouchedItem{c.Touched.Data, c.Touched.Mailboxes, c.Touched.Accounts, c.Touched.Machines} {
		for i := range g {
			if s := p.Text(g[i].CannotKnow); s != "" && !seen[s] && len(out) < managerLines+2 && len(seen) < 2 {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	switch {
	case len(out) > 0:
	case flaw == nil || flaw.Window.Empty:
		out = append(out, p.T("unseen.nowindow"))
	default:
		out = append(out, p.T("unseen.none"))
	}
	return out
}
