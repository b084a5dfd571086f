// Package casediff tells what changed between two cases: what made them, verdicts, states, builds, coverage, findings, checks, actions, evidence.
//
// Findings are matched by what they are, and actions by host and title, since ids change with newer evidence. The order is that of the newer case.
package casediff

import (
	"math"
	"slices"
	"strconv"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// Side is one of the two cases.
type Side struct {
	Case   *casefile.Case
	Ledger *ledger.State // nil for a case without
	Name   string        // as the user gave it
	SHA256 string        // of case.json
}

// Change is one thing that is not the same in both cases.
type Change struct {
	// What is program, rules, knowledge; host-new, host-gone, build, verdict, human-verdict, confidence, state, coverage; finding-new, finding-gone,
	// finding-state; check; action-new, action-gone, action-state; evidence-new, evidence-gone.
	What  string        `json:"what"`
	Host  string        `json:"host,omitempty"`
	Flaw  string        `json:"flaw,omitempty"`
	ID    string        `json:"id,omitempty"` // of a finding, an action or a check: in the newer case, or in the older when it is gone
	Title casefile.Text `json:"title,omitzero"`
	From  string        `json:"from,omitempty"` // empty: it was not there
	To    string        `json:"to,omitempty"`
}

// Of compares two cases.
func Of(before, after Side) []Change {
	d := differ{before: before, after: after, list: []Change{}}
	a, b := &before.Case.Vigie, &after.Case.Vigie
	d.differ(Change{What: "program", From: a.Version, To: b.Version})
	d.differ(Change{What: "rules", From: a.Rules.SHA256, To: b.Rules.SHA256})
	d.differ(Change{What: "knowledge", From: a.Knowledge.Date, To: b.Knowledge.Date})
	for _, c := range casedir.Compare(before.Case, after.Case) {
		d.list = append(d.list, Change{What: c.What, Host: c.Host, Flaw: c.Flaw, ID: c.ID, From: c.From, To: c.To, Title: d.title(c)})
	}
	d.flaws()
	d.findings()
	d.checks()
	d.actions()
	d.evidence()
	slices.SortStableFunc(d.list, func(x, y Change) int { return order[x.What] - order[y.What] })
	return d.list
}

// order is that of the kinds of change, what matters most first.
var order = func() map[string]int {
	m := map[string]int{}
	for i, w := range []string{"verdict", "human-verdict", "state", "confidence", "host-new", "host-gone", "build", "coverage", "finding-new", "finding-gone", "finding-state", "check",
		"action-new", "action-gone", "action-state", "evidence-new", "evidence-gone", "program", "rules", "knowledge"} {
		m[w] = i
	}
	return m
}()

type differ struct {
	before, after Side
	list          []Change
}

// differ keeps a change whose two sides differ.
func (d *differ) differ(c Change) {
	if c.From != c.To {
		d.list = append(d.list, c)
	}
}

// title is that of the finding that a change is about.
func (d *differ) title(c ledger.Change) casefile.Text {
	in := d.after.Case
	if c.What == "finding-gone" {
		in = d.before.Case
	}
	for i := range in.Findings {
		if f := &in.Findings[i]; c.ID != "" && f.ID == c.ID {
			return f.Title
		}
	}
	return casefile.Text{}
}

// flaws compares what is said of a flaw on a host beside its verdict and state.
func (d *differ) flaws() {
	type key struct{ host, flaw string }
	olds := map[key]*casefile.FlawResult{}
	each(d.before.Case, func(h *casefile.Host, f *casefile.FlawResult) { olds[key{h.Name, f.ID}] = f })
	each(d.after.Case, func(h *casefile.Host, f *casefile.FlawResult) {
		o := olds[key{h.Name, f.ID}]
		d.differ(Change{What: "human-verdict", Host: h.Name, Flaw: f.ID, From: human(d.before.Ledger, h.Name, f.ID), To: human(d.after.Ledger, h.Name, f.ID)})
		if o == nil {
			return
		}
		d.differ(Change{What: "confidence", Host: h.Name, Flaw: f.ID, From: string(o.Confidence), To: string(f.Confidence)})
		d.differ(Change{What: "coverage", Host: h.Name, Flaw: f.ID, From: share(o.Coverage.Overall), To: share(f.Coverage.Overall)})
	})
}

func each(c *casefile.Case, do func(*casefile.Host, *casefile.FlawResult)) {
	for i := range c.Hosts {
		for j := range c.Hosts[i].Flaws {
			do(&c.Hosts[i], &c.Hosts[i].Flaws[j])
		}
	}
}

func human(s *ledger.State, host, flaw string) string {
	if s == nil {
		return ""
	}
	if v := s.VerdictOn(host, flaw); v != nil {
		return string(v.Verdict)
	}
	return ""
}

// share is a part of a whole to the thousandth: what is finer is no news.
func share(f float64) string { return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64) }

// findings compares what people decided about findings that are in both cases.
func (d *differ) findings() {
	olds := ledger.IndexFindings(d.before.Case)
	for i := range d.after.Case.Findings {
		f := &d.after.Case.Findings[i]
		s := ledger.StateFor(f, 0)
		d.differ(Change{What: "finding-state", Host: f.Host, Flaw: f.Flaw, ID: f.ID, Title: f.Title, From: decided(d.before.Ledger, olds.Find(&s)), To: decided(d.after.Ledger, f.ID)})
	}
}

func decided(s *ledger.State, id string) string {
	if s == nil || id == "" {
		return ""
	}
	if f := s.StateOf(id); f != nil {
		return f.State
	}
	return ""
}

func (d *differ) checks() {
	type key struct{ host, id string }
	olds := map[key]casefile.CheckResult{}
	for i := range d.before.Case.Checks {
		c := &d.before.Case.Checks[i]
		olds[key{c.Host, c.ID}] = c.Result
	}
	seen := map[key]bool{}
	for i := range d.after.Case.Checks {
		c := &d.after.Case.Checks[i]
		seen[key{c.Host, c.ID}] = true
		d.differ(Change{What: "check", Host: c.Host, ID: c.ID, Title: c.Title, From: string(olds[key{c.Host, c.ID}]), To: string(c.Result)})
	}
	for i := range d.before.Case.Checks {
		if c := &d.before.Case.Checks[i]; !seen[key{c.Host, c.ID}] {
			d.differ(Change{What: "check", Host: c.Host, ID: c.ID, Title: c.Title, From: string(c.Result)})
		}
	}
}

// action is an action of either side, from the ledger, which holds the plan, or from the plan.
type action struct {
	id, host, state string
	title           casefile.Text
}

func (s *Side) actions() (list []action) {
	if s.Ledger != nil {
		for i := range s.Ledger.Actions {
			a := &s.Ledger.Actions[i]
			list = append(list, action{a.ID, a.Target, a.State, a.Title})
		}
		return list
	}
	for i := range s.Case.Actions {
		a := &s.Case.Actions[i]
		list = append(list, action{a.ID, a.Host, "planned", a.Title})
	}
	return list
}

func (d *differ) actions() {
	type key struct{ host, title string }
	olds := map[key]action{}
	for _, a := range d.before.actions() {
		olds[key{a.host, a.title.EN}] = a
	}
	seen := map[key]bool{}
	for _, a := range d.after.actions() {
		k := key{a.host, a.title.EN}
		seen[k] = true
		o, ok := olds[k]
		if !ok {
			d.list = append(d.list, Change{What: "action-new", Host: a.host, ID: a.id, Title: a.title, To: a.state})
			continue
		}
		d.differ(Change{What: "action-state", Host: a.host, ID: a.id, Title: a.title, From: o.state, To: a.state})
	}
	for _, a := range d.before.actions() {
		if !seen[key{a.host, a.title.EN}] {
			d.list = append(d.list, Change{What: "action-gone", Host: a.host, ID: a.id, Title: a.title, From: a.state})
		}
	}
}

// evidence counts the files of evidence, known by hash, that only one of the cases read.
func (d *differ) evidence() {
	olds, news := hashes(d.before.Case), hashes(d.after.Case)
	if n := missing(news, olds); n > 0 {
		d.list = append(d.list, Change{What: "evidence-new", To: strconv.Itoa(n)})
	}
	if n := missing(olds, news); n > 0 {
		d.list = append(d.list, Change{What: "evidence-gone", From: strconv.Itoa(n)})
	}
}

func hashes(c *casefile.Case) map[string]bool {
	m := map[string]bool{}
	for i := range c.Ledger.Items {
		if s := c.Ledger.Items[i].SHA256; s != "" {
			m[s] = true
		}
	}
	return m
}

// missing counts what is in a and not in b.
func missing(a, b map[string]bool) (n int) {
	for s := range a {
		if !b[s] {
			n++
		}
	}
	return n
}
