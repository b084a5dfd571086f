package plan

import (
	"slices"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/knowledge"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	verdict := kb.Condition{Verdict: []casefile.Verdict{casefile.Confirmed}}
	state := kb.Condition{State: []casefile.State{casefile.ToRebuild}}
	for _, c := range []struct {
		name    string
		when    kb.Condition
		results []casefile.CheckResult // of the checks a and b
		asked   bool
		checks  []string
	}{
		{"one is not met", kb.Condition{}, []casefile.CheckResult{casefile.NotMet, casefile.Met}, true, []string{"a"}},
		{"both are not met", kb.Condition{}, []casefile.CheckResult{casefile.NotMet, casefile.NotMet}, true, []string{"a", "b"}},
		{"all is met", kb.Condition{}, []casefile.CheckResult{casefile.Met, casefile.NotApplicable}, false, nil},
		{"nothing is known", kb.Condition{}, []casefile.CheckResult{casefile.CheckUnknown, casefile.CheckUnknown}, false, nil},
		{"a verdict asks, and nothing is known", verdict, []casefile.CheckResult{casefile.CheckUnknown, casefile.CheckUnknown}, true, nil},
		{"a verdict asks, and one is not known", verdict, []casefile.CheckResult{casefile.CheckUnknown, casefile.Met}, true, nil},
		{"a verdict asks for what the settings show as done", verdict, []casefile.CheckResult{casefile.Met, casefile.Met}, false, nil},
		{"a state asks, whatever the settings show", state, []casefile.CheckResult{casefile.Met, casefile.Met}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := step("s", "harden", "now", c.when)
			s.Checks = []string{"a", "b"}
			cf := sight()
			for i, r := range c.results {
				cf.Checks = append(cf.Checks, casefile.Check{ID: s.Checks[i], Host: "MAIL", Result: r})
			}
			got := For(cf, &kb.KB{Playbook: []kb.Step{s}})
			if (len(got) == 1) != c.asked {
				t.Fatalf("%+v", got)
			}
			if c.asked && (!slices.Equal(got[0].Checks, c.checks) || got[0].Step != "s") {
				t.Errorf("%+v", got[0])
			}
		})
	}
}

// Every step that ships says who, how much work, and what it breaks; every check that is not met has exactly one action.
func TestShippedSteps(t *testing.T) {
	t.Parallel()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]int{}
	for i := range k.Playbook {
		s := &k.Playbook[i]
		if s.Who.FR == "" || s.Effort == "" || s.Breaks.FR == "" {
			t.Errorf("%s: who %q, effort %q, breaks %q", s.ID, s.Who.EN, s.Effort, s.Breaks.EN)
		}
		for _, c := range s.Checks {
			steps[c]++
		}
	}
	for i := range k.Hardening.Checks {
		if c := &k.Hardening.Checks[i]; steps[c.ID] != 1 {
			t.Errorf("check %s has %d actions", c.ID, steps[c.ID])
		}
	}
}
