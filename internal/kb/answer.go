package kb

import (
	"cmp"
	"slices"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

// Openness answers whether a CVE is open on what is known of a product.
type Openness string

// The answers, worst first. Only Open and FixedThere are certain.
const (
	Open               Openness = "open"
	PossiblyOpen       Openness = "possibly-open"       // open for some of the builds that it may be
	NeedsConfiguration Openness = "needs-configuration" // the build is fixed, and a setting decides
	NobodySays         Openness = "unknown"
	FixedThere         Openness = "fixed"
	NotAffected        Openness = "not-affected"
)

// Opennesses lists the answers, worst first.
var Opennesses = []Openness{Open, PossiblyOpen, NeedsConfiguration, NobodySays, FixedThere, NotAffected}

// Answer says how one CVE stands on a product.
type Answer struct {
	Status Openness      `json:"status"`
	Why    casefile.Text `json:"why"`
	Fix    *Fix          `json:"-"`
	// FixedIn are the builds of the product's line that end it, in order.
	FixedIn []buildno.Number `json:"fixed_in,omitempty"`
}

// FlawAnswer says how a flaw stands: the worst of its key CVEs.
type FlawAnswer struct {
	Flaw   *Flaw
	Status Openness
	Why    casefile.Text
}

// CVEs answers for every CVE of the product's table, worst first; of equal
// ones, those that are known to be used come first, then the newest.
func (k *KB) CVEs(ip inventory.Product) []Answer {
	p, c := k.candidates(ip)
	if p == nil {
		return nil
	}
	out := make([]Answer, 0, len(p.Fixes))
	for i := range p.Fixes {
		out = append(out, p.answer(p.Fixes[i].CVE, c))
	}
	rank := func(a Answer) int { return slices.Index(Opennesses, a.Status) }
	used := func(a Answer) int {
		switch {
		case a.Fix.KEV != "":
			return 0
		case a.Fix.Used == "yes":
			return 1
		case a.Fix.Used == "poc":
			return 2
		}
		return 3
	}
	slices.SortStableFunc(out, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(used(a), used(b)), compareCVE(b.Fix.CVE, a.Fix.CVE))
	})
	return out
}

// CVE answers for one CVE; false when the product's table has no such.
func (k *KB) CVE(ip inventory.Product, cve string) (Answer, bool) {
	p, c := k.candidates(ip)
	if p == nil || p.fix(cve) == nil {
		return Answer{}, false
	}
	return p.answer(cve, c), true
}

// FlawsOf answers for the flaws that are always listed, in the order of their files.
func (k *KB) FlawsOf(ip inventory.Product) []FlawAnswer {
	p, c := k.candidates(ip)
	if p == nil {
		return nil
	}
	var out []FlawAnswer
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if f.Product == p.ID && f.Listed != "when-found" && len(f.Key) > 0 {
			out = append(out, p.flaw(f, c))
		}
	}
	return out
}

// FlawOf answers for one flaw; false when it has no key CVEs or is of another product.
func (k *KB) FlawOf(f *Flaw, ip inventory.Product) (FlawAnswer, bool) {
	p, c := k.candidates(ip)
	if p == nil || f.Product != p.ID || len(f.Key) == 0 {
		return FlawAnswer{Flaw: f, Status: NobodySays}, false
	}
	return p.flaw(f, c), true
}

func (p *Product) flaw(f *Flaw, c candidates) FlawAnswer {
	worst := FlawAnswer{Flaw: f, Status: NotAffected}
	for _, cve := range f.Key {
		a := p.answer(cve, c)
		if worst.Why == (casefile.Text{}) || slices.Index(Opennesses, a.Status) < slices.Index(Opennesses, worst.Status) {
			worst.Status, worst.Why = a.Status, a.Why
		}
	}
	return worst
}

// candidates are the builds that the product may run: the one that is known
// exactly, those of its branch from a known revision on, all of its branch, or
// all of its line.
type candidates struct {
	builds  []buildno.Number
	more    Known
	known   casefile.Text // what is known, in words, when there are several
	noBuild bool          // nothing but the line is known: what does not hold for all of it is not known
}

func (k *KB) candidates(ip inventory.Product) (*Product, candidates) {
	i := slices.IndexFunc(k.Products, func(p Product) bool { return p.ID == ip.ID })
	if i < 0 {
		return nil, candidates{}
	}
	p := &k.Products[i]
	c := candidates{more: Known{ip.Updates, ip.Settled, ip.Undone}}
	n, err := buildno.Parse(ip.Build)
	four := err == nil && strings.Count(ip.Build, ".") == 3
	if four {
		c.builds = append(c.builds, n)
	}
	for _, b := range p.Builds {
		switch {
		case b.Number == n && four:
		case err == nil && four && ip.Precision == inventory.Update && buildno.SameBranch(b.Number, n) && b.Number.Revision > n.Revision:
			c.builds = append(c.builds, b.Number)
		case err == nil && !four && buildno.SameBranch(b.Number, n):
			c.builds = append(c.builds, b.Number)
		case err != nil && b.Product == ip.Name:
			c.builds = append(c.builds, b.Number)
		}
	}
	if err == nil && !four && len(c.builds) == 0 { // a cumulative update that the table does not have
		c.builds = append(c.builds, n)
	}
	switch {
	case err != nil:
		c.noBuild = true
		c.known = both("La version de %[1]s n'est pas connue.", "The build of %[1]s is not known.", ip.Name)
	case !four:
		c.known = both("Seule la mise à jour cumulative %[1]s est connue.", "Only the cumulative update %[1]s is known.", ip.Build)
	default:
		c.known = both("La version %[1]s ou une plus récente de la même mise à jour cumulative est installée.", "Build %[1]s or a later one of the same cumulative update is installed.", n)
	}
	return p, c
}

// answer joins the answers for all candidates.
func (p *Product) answer(cve string, c candidates) Answer {
	a := Answer{Fix: p.fix(cve), Status: NobodySays, Why: c.known}
	if a.Fix == nil {
		a.Why = both("%[1]s n'est pas dans la table des correctifs.", "%[1]s is not in the table of fixes.", cve)
		return a
	}
	seen := make(map[Openness]casefile.Text)
	var line ProductLine
	for _, n := range c.builds {
		var ok bool
		if line, ok = p.line(n); !ok {
			seen[NobodySays] = both("La version %[1]s n'appartient à aucune gamme connue.", "Build %[1]s is of no known product line.", n)
			continue
		}
		status, why, because := p.vulnerable(cve, line, n, c.more)
		if status == Fixed {
			why = p.reopened([]string{cve}, why)
		}
		if o := openness(status, because); seen[o] == (casefile.Text{}) {
			seen[o] = why
		}
	}
	for _, n := range a.Fix.FixedIn {
		if line.contains(n) {
			a.FixedIn = append(a.FixedIn, n)
		}
	}
	if len(seen) == 1 {
		for status, why := range seen {
			a.Status, a.Why = status, why
		}
		return a
	}
	for _, o := range Opennesses {
		why, ok := seen[o]
		if !ok {
			continue
		}
		if c.noBuild {
			return a
		}
		a.Status, a.Why = o, join(c.known, why)
		if o == Open { // for some builds only
			a.Status = PossiblyOpen
		}
		return a
	}
	return a
}

func openness(s Status, because cause) Openness {
	switch {
	case s == Vulnerable:
		return Open
	case s == Fixed:
		return FixedThere
	case s == NotConcerned:
		return NotAffected
	case because == notCumulative:
		return PossiblyOpen
	case because == proviso:
		return NeedsConfiguration
	}
	return NobodySays
}
