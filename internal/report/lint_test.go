package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
)

func TestLintAccepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*casefile.Case{
		"confirmed": confirmedCase(), "suspected": suspectedCase(), "undetermined": undeterminedCase(), "targeted": targetedCase(),
		"no-trace": noTraceCase(), "not-affected": notAffectedCase(), "partial": partialCase(), "many": manyCase(), "empty": {},
	} {
		if err := Lint(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLintRefuses(t *testing.T) {
	t.Parallel()
	flaw := func(c *casefile.Case) *casefile.FlawResult { return &c.Hosts[0].Flaws[0] }
	for name, x := range map[string]struct {
		rule   string
		change func(c *casefile.Case)
	}{
		"a reason that is not there":      {"R1", func(c *casefile.Case) { flaw(c).Reasons = append(flaw(c).Reasons, "F99") }},
		"a verdict without reasons":       {"R1", func(c *casefile.Case) { flaw(c).Reasons = nil }},
		"a finding without a raw line":    {"R1", func(c *casefile.Case) { c.Findings[1].Evidence = nil }},
		"an id twice":                     {"R1", func(c *casefile.Case) { c.Findings[2].ID = "F2" }},
		"a finding of nobody":             {"R1", func(c *casefile.Case) { c.Findings[2].Host = "other" }},
		"an action for nothing":           {"R1", func(c *casefile.Case) { c.Actions[0].Answers = []string{"F99"} }},
		"a host better than its flaw":     {"R1", func(c *casefile.Case) { c.Hosts[0].Verdict = casefile.NoTrace }},
		"a server called clean":           {"R2", func(c *casefile.Case) { flaw(c).Sentence = tt{FR: "Vu.", EN: "The server is clean."} }},
		"un serveur dit sain":             {"R2", func(c *casefile.Case) { flaw(c).Why[0] = tt{FR: "Le serveur est « sain ».", EN: "Seen."} }},
		"an action that absolves":         {"R2", func(c *casefile.Case) { c.Actions[0].Why = tt{FR: "Vu.", EN: "Then the server is safe."} }},
		"a seventh verdict":               {"R2", func(c *casefile.Case) { flaw(c).Verdict = "fine" }},
		"a time without a zone":           {"R4", func(c *casefile.Case) { flaw(c).Why[0] = tt{FR: "Vu à 05 h 12.", EN: "Seen at 05:12."} }},
		"a zero time of measure":          {"R4", func(c *casefile.Case) { flaw(c).StateAt = &time.Time{} }},
		"numbers that differ":             {"R5", func(c *casefile.Case) { flaw(c).Sentence = tt{FR: "2 preuves.", EN: "3 proofs."} }},
		"one language":                    {"R5", func(c *casefile.Case) { flaw(c).Why[0].EN = "" }},
		"a language missing in a title":   {"R5", func(c *casefile.Case) { c.Actions[0].Title.FR = " " }},
		"no sentence":                     {"R8", func(c *casefile.Case) { flaw(c).Sentence = tt{} }},
		"no reason":                       {"R8", func(c *casefile.Case) { flaw(c).Why = nil }},
		"a touched mailbox without a why": {"R8", func(c *casefile.Case) { c.Touched.Mailboxes[0].Why = tt{} }},
		"no trace without coverage": {"R3", func(c *casefile.Case) {
			c.Hosts[0].Flaws[1].Coverage.Sources[0].Covered = 0.4
		}},
		"no trace without a required source": {"R3", func(c *casefile.Case) { c.Hosts[0].Flaws[1].Coverage.Sources = nil }},
	} {
		c := confirmedCase()
		c.Hosts[0].Flaws[0].Coverage.Sources = append([]casefile.SourceCoverage(nil), c.Hosts[0].Flaws[0].Coverage.Sources...)
		x.change(c)
		err := Lint(c)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		var p *Problem
		if !errors.As(err, &p) || !strings.Contains(err.Error(), x.rule+": ") {
			t.Errorf("%s: %v, want %s", name, err, x.rule)
		}
	}
}

func TestLintLeavesNamesAndOtherSenses(t *testing.T) {
	t.Parallel()
	c := confirmedCase()
	c.Hosts[0].Name = "safe"
	for i := range c.Findings {
		c.Findings[i].Host = "safe"
	}
	f := &c.Hosts[0].Flaws[0]
	f.Sentence = tt{FR: "safe a été compromis à 05 h 12 (UTC) par son propre compte : 1 234,5 Mo.", EN: "safe was compromised at 05:12 UTC by its own account: 1,234.5 MB."}
	f.Why[0] = tt{FR: "clean.example.org a répondu le 1er mars 2021.", EN: "clean.example.org answered on 1 March 2021."}
	c.Actions[0].Title = tt{FR: "Restaurer une sauvegarde propre", EN: "Restore a clean backup"}
	if err := Lint(c); err != nil {
		t.Error(err)
	}
}
