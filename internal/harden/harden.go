// Package harden answers hardening checks from the settings that exports show.
//
// What a check asks is data (kb.Check); this package compares. It knows three values: a condition is true, false or not known, and what is not
// known is never taken for true: "not met" is said when one thing that must hold does not, "met" only when all of it is shown.
package harden

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/settings"
)

// Host is what is known of one server.
type Host struct {
	Name string
	// Settings are those of the server, and those of its organisation.
	Settings []inventory.Setting
	Claims   []settings.Claim
	// At is when the evidence was made; zero when not known. Settings that bear a time of their own are judged by that.
	At time.Time
}

// Rules are the checks, ready to be asked.
type Rules struct {
	h       kb.Hardening
	regexps map[string]*regexp.Regexp
	keys    map[string]bool
	// prefixes are the kinds of export of which every presence is told.
	kinds map[string]bool
}

// New prepares the checks of a knowledge folder that was linted.
func New(h kb.Hardening) *Rules {
	r := &Rules{h: h, regexps: map[string]*regexp.Regexp{}, keys: map[string]bool{}, kinds: map[string]bool{}}
	for _, key := range slices.Concat(derivedFrom, accountKeys) {
		r.keys[key] = true
	}
	for _, kind := range derivedKinds {
		r.kinds[kind] = true
	}
	for i := range h.Checks {
		c := &h.Checks[i]
		for _, list := range [][]kb.Expect{c.Applies, c.Holds} {
			for j := range list {
				list[j].Each(r.prepare)
			}
		}
	}
	return r
}

func (r *Rules) prepare(e *kb.Expect) {
	r.keys[e.Key] = true
	for _, kind := range e.Kinds() {
		r.kinds[kind] = true
		for p := kind; strings.HasPrefix(kind, "registry."); { // an export of a key above shows it too
			i := strings.LastIndexByte(p, '\\')
			if i < 0 {
				break
			}
			p = p[:i]
			r.kinds[p] = true
		}
	}
	for _, p := range []string{e.Match, e.NoMatch} {
		if p != "" && r.regexps[p] == nil {
			r.regexps[p] = regexp.MustCompile("(?i)" + p)
		}
	}
}

// Wants tells whether a check or an act reads a setting: the rest of an export need not be kept.
func (r *Rules) Wants(key string) bool {
	if kind, ok := strings.CutPrefix(key, settings.ExportPrefix); ok {
		return r.kinds[kind]
	}
	return r.keys[key]
}

// Check answers all checks for one server, worst first.
func (r *Rules) Check(h Host) []casefile.Check {
	f := newFacts(h, r)
	out := make([]casefile.Check, 0, len(r.h.Checks))
	for i := range r.h.Checks {
		out = append(out, r.one(&r.h.Checks[i], f))
	}
	slices.SortStableFunc(out, Worse)
	return out
}

// Worse orders checks: result, severity, id.
func Worse(a, b casefile.Check) int {
	return cmp.Or(cmp.Compare(slices.Index(casefile.CheckResults, a.Result), slices.Index(casefile.CheckResults, b.Result)),
		cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)), strings.Compare(a.ID, b.ID))
}

// severities, worst first.
var severities = []string{"critical", "high", "medium", "low"}

// one answers one check.
func (r *Rules) one(c *kb.Check, f *facts) casefile.Check {
	out := casefile.Check{ID: c.ID, Host: f.host, Severity: c.Severity, Title: c.Title, Expected: c.Expected, Why: c.Why, Fix: c.Fix, Verify: c.Verify,
		Rollback: c.Rollback, Breaks: c.Breaks, Certainty: c.Certainty, Source: c.Source, Date: c.Date, Found: []casefile.Found{}}
	applies := f.all(c.Applies)
	holds := f.all(c.Holds)
	switch {
	case applies.value == no:
		out.Result = casefile.NotApplicable
		holds = applies
	case holds.value == no && applies.value == yes:
		out.Result = casefile.NotMet
	case holds.value == yes: // whether it applies or not, it holds
		out.Result = casefile.Met
	default:
		out.Result = casefile.CheckUnknown
	}
	out.Found, out.More = found(holds, out.Result)
	if out.Result == casefile.CheckUnknown {
		out.Missing = r.missing(c, append(holds.lacks, applies.lacks...))
	}
	for _, claim := range f.claims {
		if slices.ContainsFunc(c.Claims, func(name string) bool { return strings.EqualFold(name, claim.Name) }) {
			out.Claims = append(out.Claims, casefile.Claim{Tool: claim.Tool, Name: claim.Name, Text: claim.Text, Grade: claim.Grade, Where: claim.Where})
		}
	}
	return out
}

// found orders and bounds what an answer rests on: what fails first, each once.
func found(a answer, result casefile.CheckResult) ([]casefile.Found, int) {
	seen := map[casefile.Found]bool{}
	out := []casefile.Found{}
	for _, f := range a.found {
		if result != casefile.NotMet {
			f.Fails = false // in an "any" that another setting fulfils
		}
		if !seen[f] {
			seen[f] = true
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b casefile.Found) int {
		switch {
		case a.Fails == b.Fails:
			return 0
		case a.Fails:
			return -1
		}
		return 1
	})
	if len(out) > casefile.MaxFound {
		return out[:casefile.MaxFound], len(out) - casefile.MaxFound
	}
	return out, 0
}

// missing names the exports that would show what lacks: those of the check that show one of the kinds, else all of the check.
func (r *Rules) missing(c *kb.Check, lacks []string) []casefile.MissingExport {
	var useful, all []casefile.MissingExport
	for _, id := range c.Exports {
		e, ok := r.h.Export(id)
		if !ok {
			continue
		}
		m := casefile.MissingExport{ID: e.ID, Title: e.Title, Command: e.Command}
		all = append(all, m)
		if slices.ContainsFunc(lacks, func(kind string) bool { return shows(e, kind) }) {
			useful = append(useful, m)
		}
	}
	if len(useful) > 0 {
		return useful
	}
	return all
}

func shows(e *kb.Export, kind string) bool {
	return slices.ContainsFunc(e.Shows, func(s string) bool {
		return s == kind || strings.HasSuffix(s, "*") && strings.HasPrefix(kind, strings.TrimSuffix(s, "*"))
	})
}
