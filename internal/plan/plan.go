// Package plan orders the steps that preserve, contain, evict, restore and
// harden. The steps are data; this package decides which of them a case calls
// for, on which host, and which findings each one answers.
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

// For makes the plan of a case whose hosts, findings and touched lists are filled.
func For(c *casefile.Case, k *kb.KB) []casefile.Action {
	actions := []casefile.Action{}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for _, s := range k.Playbook {
			if a, ok := apply(c, h, s); ok {
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

// apply decides one step for one host.
func apply(c *casefile.Case, h *casefile.Host, s kb.Step) (casefile.Action, bool) {
	a := casefile.Action{Priority: s.Priority, Phase: s.Phase, Host: h.Name, Title: s.Title, Why: s.Why, Check: s.Check, Answers: []string{}, Flaws: []string{}}
	w := s.When
	if len(w.Touched) > 0 && !touched(c, h.Name, w.Touched) {
		return a, false
	}
	acts := map[string][]string{}
	for _, f := range c.Findings {
		if f.Host == h.Name {
			acts[f.Flaw+"/"+f.Act] = append(acts[f.Flaw+"/"+f.Act], f.ID)
		}
	}
	if len(w.Act) > 0 {
		for _, act := range w.Act {
			a.Answers = append(a.Answers, acts[act]...)
		}
		if len(a.Answers) == 0 {
			return a, false
		}
	}
	for _, f := range h.Flaws {
		if !holds(f, w) {
			continue
		}
		a.Flaws = append(a.Flaws, f.ID)
		if len(w.Act) == 0 {
			a.Answers = append(a.Answers, f.Reasons...)
		}
	}
	if len(a.Flaws) == 0 {
		return a, false
	}
	slices.Sort(a.Answers)
	a.Answers = slices.Compact(a.Answers)
	return a, true
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
