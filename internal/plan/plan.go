// Package plan orders the steps that preserve, contain, evict, restore and
// harden. The steps are data; this package decides which of them a case calls
// for, on which host, and which findings and checks each one answers.
package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// Phases are ANSSI's, in order.
var Phases = []string{"preserve", "contain", "evict", "restore", "harden"}

// Priorities, most urgent first.
var Priorities = []string{"now", "30-days", "90-days", "later"}

// For makes the plan of a case whose hosts, findings, touched lists and checks are filled.
func For(c *casefile.Case, k *kb.KB) []casefile.Action {
	actions := []casefile.Action{}
	findings, checks := byHost(c)
	for i := range c.Hosts {
		h := &c.Hosts[i]
		p := planner{c: c, h: h, acts: findings[h.Name], checks: checks[h.Name]}
		for j := range k.Playbook {
			if a, ok := p.apply(&k.Playbook[j]); ok {
				actions = append(actions, a)
			}
		}
	}
	slices.SortStableFunc(actions, func(a, b casefile.Action) int {
		return cmp.Or(slices.Index(Priorities, a.Priority)-slices.Index(Priorities, b.Priority),
			slices.Index(Phases, a.Phase)-slices.Index(Phases, b.Phase))
	})
	for i := range actions {
		actions[i].ID = fmt.Sprintf("A-%03d", i+1)
	}
	return actions
}

// byHost gives the findings of each host by "flaw/act", and its checks in their order.
func byHost(c *casefile.Case) (map[string]map[string][]string, map[string][]*casefile.Check) {
	findings, checks := map[string]map[string][]string{}, map[string][]*casefile.Check{}
	for i := range c.Findings {
		f := &c.Findings[i]
		acts := findings[f.Host]
		if acts == nil {
			acts = map[string][]string{}
			findings[f.Host] = acts
		}
		acts[f.Flaw+"/"+f.Act] = append(acts[f.Flaw+"/"+f.Act], f.ID)
	}
	for i := range c.Checks {
		checks[c.Checks[i].Host] = append(checks[c.Checks[i].Host], &c.Checks[i])
	}
	return findings, checks
}

// planner decides the steps of one host.
type planner struct {
	c      *casefile.Case
	h      *casefile.Host
	acts   map[string][]string
	checks []*casefile.Check
}

// apply decides one step.
func (p *planner) apply(s *kb.Step) (casefile.Action, bool) {
	a := casefile.Action{Priority: s.Priority, Phase: s.Phase, Host: p.h.Name, Title: s.Title, Why: s.Why, Check: s.Check, Answers: []string{}, Flaws: []string{},
		Step: s.ID, Who: s.Who, Effort: s.Effort, Breaks: s.Breaks}
	failing, met := p.measured(s)
	a.Checks = failing
	called := !s.When.Empty() && p.called(s, &a)
	switch {
	case len(failing) > 0:
	case met && len(s.When.State) == 0: // the settings show that it is done
		return a, false
	case !called:
		return a, false
	}
	slices.Sort(a.Answers)
	a.Answers = slices.Compact(a.Answers)
	return a, true
}

// measured gives the checks of a step that are not met, and whether settings show that all that apply are met.
func (p *planner) measured(s *kb.Step) (failing []string, met bool) {
	if len(s.Checks) == 0 {
		return nil, false
	}
	open := false
	for _, c := range p.checks {
		if !slices.Contains(s.Checks, c.ID) {
			continue
		}
		switch c.Result {
		case casefile.NotMet:
			failing = append(failing, c.ID)
		case casefile.Met:
			met = true
		case casefile.CheckUnknown:
			open = true
		}
	}
	return failing, met && !open
}

// called tells whether the condition of a step holds, and fills in what it answers.
func (p *planner) called(s *kb.Step, a *casefile.Action) bool {
	w := s.When
	if len(w.Touched) > 0 && !touched(p.c, p.h.Name, w.Touched) {
		return false
	}
	var answers, flaws []string
	for _, act := range w.Act {
		answers = append(answers, p.acts[act]...)
	}
	if len(w.Act) > 0 && len(answers) == 0 {
		return false
	}
	for _, f := range p.h.Flaws {
		if !holds(f, w) {
			continue
		}
		flaws = append(flaws, f.ID)
		if len(w.Act) == 0 {
			answers = append(answers, f.Reasons...)
		}
	}
	if len(flaws) == 0 {
		return false
	}
	a.Flaws, a.Answers = flaws, append(a.Answers, answers...)
	return true
}

func holds(f casefile.FlawResult, w kb.Condition) bool {
	if len(w.Verdict) > 0 && !slices.Contains(w.Verdict, f.Verdict) || len(w.State) > 0 && !slices.Contains(w.State, f.StateNow) ||
		len(w.Flaw) > 0 && !slices.Contains(w.Flaw, f.ID) {
		return false
	}
	if len(w.Missing) == 0 {
		return true
	}
	return slices.ContainsFunc(f.Coverage.Sources, func(s casefile.SourceCoverage) bool {
		return slices.Contains(w.Missing, s.Kind) && (len(s.Holes) > 0 || s.First == nil)
	})
}

func touched(c *casefile.Case, host string, kinds []string) bool {
	lists := map[string][]casefile.TouchedItem{"account": c.Touched.Accounts, "mailbox": c.Touched.Mailboxes, "machine": c.Touched.Machines, "data": c.Touched.Data}
	for _, k := range kinds {
		if slices.ContainsFunc(lists[k], func(t casefile.TouchedItem) bool { return strings.EqualFold(t.Host, host) }) {
			return true
		}
	}
	return false
}
