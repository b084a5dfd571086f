package kb

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// Tier is a group of accounts that are hardened together after an incident. The order of the file is the order of work.
type Tier struct {
	ID    string        `yaml:"id"`
	Title casefile.Text `yaml:"title"`
	Why   casefile.Text `yaml:"why"`
	Kind  string        `yaml:"kind"` // one of AccountKinds
	// When must hold for a flaw on a server of the case; empty: always.
	When Condition  `yaml:"when"`
	From TierSource `yaml:"from"`
	// Exports would name accounts of the tier: told when the evidence names none while When holds.
	Exports []string `yaml:"exports"`
	// Steps are those of accounts.yml, in the order of work.
	Steps  []string `yaml:"steps"`
	Source string   `yaml:"source"`
	Date   string   `yaml:"date"`
}

// TierSource says which accounts are in a tier: any of what is given.
type TierSource struct {
	Facts   []casefile.AccountFactKind `yaml:"facts"`
	Details []string                   `yaml:"details"` // only facts of which the detail is one of these, without regard to case
	Touched []string                   `yaml:"touched"` // account, mailbox
	Named   []string                   `yaml:"named"`   // accounts that every domain has
	Hosts   bool                       `yaml:"hosts"`   // the computer accounts of the servers for which When holds
	All     bool                       `yaml:"all"`     // everybody who uses the servers for which When holds
}

// AccountKinds are the kinds of account in the matrix.
var AccountKinds = []string{"admin", "key", "machine", "service", "application", "user", "mailbox", "all"}

// tiers checks tiers.yml against the steps of accounts.yml.
func (l *linter) tiers(steps []AccountStep, flaws []*Flaw, h *Hardening) []Tier {
	var list []Tier
	if !l.has("tiers.yml") {
		return nil
	}
	l.yaml("tiers.yml", &list)
	var known []string
	for _, s := range steps {
		known = append(known, s.ID)
	}
	var exports []string
	for _, e := range h.Exports {
		exports = append(exports, e.ID)
	}
	_, ids := actNames(flaws)
	seen := make(map[string]bool)
	for i := range list {
		t := &list[i]
		l.id("tier", &t.ID, t)
		l.twice(seen, "tier", &t.ID, t)
		l.title("title", &t.Title, t)
		l.sentence("why", &t.Why, t)
		l.word(l.at(&t.Kind, t), "kind", t.Kind, AccountKinds)
		each(l, "verdict", t.When.Verdict, plain(casefile.Verdicts), t)
		each(l, "state", t.When.State, plain(casefile.States), t)
		each(l, "flaw", t.When.Flaw, ids, t)
		if len(t.When.Act)+len(t.When.Missing)+len(t.When.Touched) > 0 {
			l.add(l.at(&t.When, t), "kb.tier.when", "use verdict, state and flaw", "condition of tier %s is about more than servers", t.ID)
		}
		f := &t.From
		each(l, "kind of fact", f.Facts, plain(casefile.AccountFactKinds), t)
		each(l, "touched", f.Touched, []string{"account", "mailbox"}, t)
		if len(f.Facts)+len(f.Touched)+len(f.Named) == 0 && !f.Hosts && !f.All {
			l.add(l.at(f, t), "kb.missing", "", "tier %s says of no account that it is in it", t.ID)
		}
		if len(t.Steps) == 0 {
			l.add(l.at(&t.Steps, t), "kb.missing", "", "steps of tier %s are missing", t.ID)
		}
		each(l, "step", t.Steps, known, t)
		each(l, "export", t.Exports, exports, t)
		l.fact("tier "+t.ID, &t.Source, &t.Date, t)
	}
	return list
}

// waits checks the order that steps of accounts ask for.
func (l *linter) waits(steps []AccountStep) {
	for i := range steps {
		s := &steps[i]
		if (s.After == "") != (s.WaitHours == 0) || s.WaitHours < 0 {
			l.add(l.at(&s.After, s), "kb.step.after", "", "step %s: after and wait_hours belong together", s.ID)
		}
		if s.After != "" && !slices.ContainsFunc(steps[:i], func(o AccountStep) bool { return o.ID == s.After }) {
			l.add(l.at(&s.After, s), "kb.word", "", "step %s: no step %.64q above it", s.ID, s.After)
		}
	}
}

// Is tells whether a fact about an account puts it into the tier.
func (f *TierSource) Is(a *casefile.AccountFact) bool {
	if !slices.Contains(f.Facts, a.Kind) {
		return false
	}
	return len(f.Details) == 0 || slices.ContainsFunc(f.Details, func(d string) bool { return strings.EqualFold(d, a.Detail) })
}
