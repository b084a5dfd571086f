package report

import (
	"strings"

	"vigie/internal/casefile"
)

// The parts of the terminal page that speak of several flaws or several hosts.

// others gives one line for each further flaw of a host, and one for all that were never open on it.
func (t *textPage) others(h *casefile.Host) {
	if len(h.Flaws) < 2 {
		return
	}
	t.blank()
	t.heading(t.p.T("h.others"))
	var never []string
	told := 0
	for i := range h.Flaws[1:] {
		r := &h.Flaws[i+1]
		if r.Verdict == casefile.NotAffected && r.StateNow == casefile.Fixed {
			never = append(never, visibleMax(t.p.Text(r.Title()), 60))
			continue
		}
		if told++; told > 40 {
			t.para(2, t.p.N("more.flaws", int64(len(h.Flaws)-1-i)))
			break
		}
		seen := t.p.T("seen.short", "Percent", t.p.Percent(r.Coverage.Overall))
		switch {
		case r.Window.Empty:
			seen = t.p.T("seen.emptyshort")
		case !restsOnSources(r):
			seen = t.p.T("seen.norequired")
		}
		t.hang("  "+visibleMax(t.p.Text(r.Title()), 60)+"  ", strings.Join([]string{
			t.p.Verdict(r.Verdict), t.p.Confident(r.Confidence),
			t.p.State(r.StateNow), seen}, " · "))
	}
	if len(never) > 0 {
		t.hang("  "+t.p.Verdict(casefile.NotAffected)+" · "+t.p.State(casefile.Fixed)+"  ", strings.Join(never[:min(len(never), 40)], ", "))
	}
}

func (t *textPage) notExamined(h *casefile.Host) {
	if len(h.NotExamined) == 0 {
		return
	}
	t.blank()
	t.heading(t.p.T("h.notexamined"))
	rest := h.NotExamined
	for len(rest) > 0 && (len(h.NotExamined) <= manyNotExamined || len(rest) > len(h.NotExamined)-fewNotExamined) {
		t.hang("  "+visibleMax(rest[0].ID, 60)+"  ", t.text(rest[0].Reason))
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return
	}
	var ids []string
	for _, x := range rest[:min(len(rest), 40)] {
		ids = append(ids, visibleMax(x.ID, 60))
	}
	t.hang("  "+t.p.N("more.flaws", int64(len(rest)))+"  ", strings.Join(ids, ", "))
}

// Of many flaws that were not examined (evidence that is old is older than most of them) a few are told with the reason, the others by name.
const (
	manyNotExamined = 5
	fewNotExamined  = 3
)

// reading says what of the evidence was not read, when there is such.
func (t *textPage) reading() {
	l := t.c.Ledger
	t.blank()
	t.heading(t.p.T("h.reading"))
	if t.c.Partial {
		t.para(2, t.paint("1;33", t.p.T("partial")))
	}
	t.para(2, t.p.N("reading.files", l.Files, "Bytes", t.p.Bytes(l.Bytes), "Records", t.p.Int(l.Records)))
	if l.Skipped > 0 || l.Recovered > 0 {
		t.para(2, t.p.T("reading.skipped", "Skipped", t.p.Bytes(l.Skipped), "Recovered", t.p.Bytes(l.Recovered)))
	}
	if n := gapCount(t.c.Gaps); n > 0 {
		t.para(2, t.p.N("reading.gaps", n))
	} else if l.Skipped == 0 && !t.c.Partial {
		t.para(2, t.p.T("reading.nogaps"))
	}
}

// gapCount is the number of gaps; one entry may stand for many.
func gapCount(gs []casefile.Gap) int64 {
	var n int64
	for i := range gs {
		n += max(gs[i].Count, 1)
	}
	return n
}

func (t *textPage) next() {
	if len(t.opt.Next) == 0 {
		return
	}
	t.blank()
	t.heading(t.p.T("h.next"))
	for _, s := range t.opt.Next {
		t.line("  " + visible(s)) // not wrapped: it is there to be copied
	}
}

// fleet is the table of many hosts, worst first, as the case lists them.
func (t *textPage) fleet() {
	n := len(t.c.Hosts)
	t.para(0, t.bold(t.p.N("fleet.count", int64(n))))
	for _, v := range casefile.Verdicts {
		if k := countVerdict(t.c, v); k > 0 {
			t.line("  " + padLeft(t.p.Int(k), 6) + "  " + t.paint(verdictSGR[v], t.p.Verdict(v)))
		}
	}
	t.blank()
	rows := make([][]string, 0, n)
	for i := range t.c.Hosts {
		rows = append(rows, t.fleetRow(&t.c.Hosts[i]))
	}
	head := []string{t.p.T("col.host"), t.p.T("col.verdict"), t.p.T("col.state"), t.p.T("col.seen"), t.p.T("col.first"), t.p.T("col.now")}
	w := make([]int, len(head))
	for k, s := range head {
		w[k] = columns(s)
		for _, r := range rows {
			w[k] = max(w[k], columns(r[k]))
		}
	}
	fixed := 0
	for _, x := range w[1:] {
		fixed += 2 + x
	}
	if t.opt.Width-fixed < 14 {
		t.fleetStacked(rows)
		return
	}
	w[0] = min(w[0], t.opt.Width-fixed)
	t.line(t.bold(row(head, w)))
	t.line(strings.Repeat("─", min(t.opt.Width, w[0]+fixed)))
	for i, r := range rows {
		name := breakName(r[0], w[0])
		r[0] = name[0]
		cells := row(r, w)
		if t.opt.Color { // colour the verdict's own cell alone
			a, b := len(pad(r[0], w[0]))+2, len(pad(r[0], w[0]))+2+len(pad(r[1], w[1]))
			cells = cells[:a] + t.paint(verdictSGR[t.c.Hosts[i].Verdict], cells[a:b]) + cells[b:]
		}
		t.line(cells)
		for _, l := range name[1:] {
			t.line("  " + l)
		}
	}
}

// breakName breaks a name that is wider than n, behind a dot or a hyphen where
// it has one; two servers that differ at the end of their names stay two.
func breakName(s string, n int) []string {
	var lines []string
	for room := n; columns(s) > room; room = n - 2 {
		cut, used, at := 0, 0, 0
		for i, r := range s {
			if used += runeColumns(r); used > room {
				at = i
				break
			}
			if r == '.' || r == '-' {
				cut = i + 1
			}
		}
		if cut == 0 {
			cut = at
		}
		lines = append(lines, s[:cut])
		s = s[cut:]
	}
	return append(lines, s)
}

// row sets cells in columns; the last two kinds of numbers stand on the right.
func row(cells []string, w []int) string {
	var b strings.Builder
	for k, s := range cells {
		if k > 0 {
			b.WriteString("  ")
		}
		if k == 3 || k == 5 {
			b.WriteString(padLeft(s, w[k]))
		} else {
			b.WriteString(pad(s, w[k]))
		}
	}
	return b.String()
}

// fleetStacked is the table for narrow terminals: nothing is left out.
func (t *textPage) fleetStacked(rows [][]string) {
	for i, r := range rows {
		t.para(0, t.bold(r[0]))
		t.hang("  ", t.paint(verdictSGR[t.c.Hosts[i].Verdict], r[1]))
		t.hang("  ", t.p.T("ask.protected")+" "+r[2])
		t.hang("  ", t.p.T("fleet.line", "Percent", r[3], "First", r[4], "Now", r[5]))
	}
}

func (t *textPage) fleetRow(h *casefile.Host) []string {
	seen := t.p.T("cell.none")
	if lo, ok := leastCoverage(h); ok {
		seen = t.p.Percent(lo)
	}
	first := t.p.T("cell.none")
	if at := firstSign(findingsOf(t.c, h.Name)); !at.IsZero() {
		first = at.UTC().Format("2006-01-02")
	}
	return []string{visibleMax(t.p.Host(h.Name), 120), t.p.Verdict(h.Verdict), t.p.State(h.StateNow), seen, first, t.p.Int(actionsNow(t.c, h.Name))}
}

// leastCoverage is the coverage that the host's verdict rests on: that of its
// worst flaw. False when that flaw has no window or requires no source.
func leastCoverage(h *casefile.Host) (float64, bool) {
	r := worst(h)
	if r == nil || r.Window.Empty || !restsOnSources(r) {
		return 0, false
	}
	return r.Coverage.Overall, true
}

func countVerdict(c *casefile.Case, v casefile.Verdict) int64 {
	var n int64
	for i := range c.Hosts {
		if c.Hosts[i].Verdict == v {
			n++
		}
	}
	return n
}

func countState(c *casefile.Case, s casefile.State) int64 {
	var n int64
	for i := range c.Hosts {
		if c.Hosts[i].StateNow == s {
			n++
		}
	}
	return n
}

func actionsNow(c *casefile.Case, host string) int64 {
	var n int64
	for i := range c.Actions {
		if c.Actions[i].Priority == "now" && c.Actions[i].Host == host {
			n++
		}
	}
	return n
}
