package casedir

import (
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// provedChecks gives what was measured of an action that answers hardening checks: nothing unless every check of it that was not met is met now.
func provedChecks(before, after *casefile.Case, a *ledger.ActionRecord, revision int) []ledger.Measured {
	var out []ledger.Measured
	for _, id := range planChecks(before, a.PlanID) {
		c0, c1 := checked(before, a.Target, id), checked(after, a.Target, id)
		if c0 == nil || c1 == nil || c0.Result != casefile.NotMet || c1.Result != casefile.Met {
			return nil
		}
		out = append(out, ledger.Measured{Revision: revision, Host: a.Target, Check: id, Before: checkSighting(c0), After: checkSighting(c1)})
	}
	return out
}

func planChecks(c *casefile.Case, id string) []string {
	for i := range c.Actions {
		if c.Actions[i].ID == id {
			return c.Actions[i].Checks
		}
	}
	return nil
}

func checked(c *casefile.Case, host, id string) *casefile.Check {
	i := slices.IndexFunc(c.Checks, func(k casefile.Check) bool { return k.Host == host && k.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Checks[i]
}

func checkSighting(c *casefile.Check) ledger.Sighting {
	s := ledger.Sighting{Result: c.Result}
	if len(c.Found) > 0 {
		f := &c.Found[0]
		s.Found = f.Key
		if f.Subject != "" {
			s.Found += " " + f.Subject
		}
		s.Found += " = " + f.Value
	}
	return s
}
