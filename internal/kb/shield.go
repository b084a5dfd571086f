package kb

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

// Shield is a measure that stops flaws without fixing them: an entry of
// shields.yml. With it, a vulnerable build is "mitigated", never "fixed".
type Shield struct {
	ID    string        `yaml:"id"`
	Title casefile.Text `yaml:"title"`
	Flaws []string      `yaml:"flaws"` // ids of flaws
	// Holds is what the settings of the machine must show; all of it.
	Holds  []Expect `yaml:"holds"`
	Source string   `yaml:"source"`
	Date   string   `yaml:"date"`
}

// What the ids of conditions begin with, see Conditions.
const (
	shieldPrefix  = "shield/"
	provisoPrefix = "proviso/"
)

// Conditions gives the conditions of shields and provisos as checks, for the
// package that answers checks. Their ids are understood by Settle and Shields.
func (k *KB) Conditions() Hardening {
	var h Hardening
	for i := range k.Products {
		p := &k.Products[i]
		for _, s := range p.Shields {
			h.Checks = append(h.Checks, Check{ID: shieldPrefix + s.ID, Title: s.Title, Holds: s.Holds})
		}
		for _, v := range p.Provisos {
			if len(v.Holds) > 0 {
				h.Checks = append(h.Checks, Check{ID: provisoPrefix + v.ID, Title: v.Text, Holds: v.Holds})
			}
		}
	}
	return h
}

// Settle notes in a product which provisos the answered conditions show to be
// fulfilled, and which not.
func Settle(ip *inventory.Product, answers []casefile.Check) {
	for _, a := range answers {
		id, ok := strings.CutPrefix(a.ID, provisoPrefix)
		switch {
		case !ok:
		case a.Result == casefile.Met:
			ip.Settled = append(ip.Settled, id)
		case a.Result == casefile.NotMet:
			ip.Undone = append(ip.Undone, id)
		}
	}
	slices.Sort(ip.Settled)
	slices.Sort(ip.Undone)
}

// ShieldOf gives the answered condition of a shield that stops a flaw and is in place.
func (k *KB) ShieldOf(f *Flaw, answers []casefile.Check) (*casefile.Check, bool) {
	for i := range k.Products {
		for _, s := range k.Products[i].Shields {
			if !slices.Contains(s.Flaws, f.ID) {
				continue
			}
			j := slices.IndexFunc(answers, func(a casefile.Check) bool { return a.ID == shieldPrefix+s.ID && a.Result == casefile.Met })
			if j >= 0 {
				return &answers[j], true
			}
		}
	}
	return nil, false
}

// shields checks shields.yml of a product; the flaws are checked by shieldFlaws.
func (l *linter) shields(p *Product) {
	seen := make(map[string]bool)
	for i := range p.Shields {
		s := &p.Shields[i]
		l.id("shield", &s.ID, s)
		l.twice(seen, "shield", &s.ID, s)
		l.title("title", &s.Title, s)
		if len(s.Flaws) == 0 || len(s.Holds) == 0 {
			l.add(l.at(s), "kb.missing", "", "flaws or holds of shield %s are missing", s.ID)
		}
		for j := range s.Holds {
			l.expect(&s.Holds[j], s)
		}
		l.fact("shield "+s.ID, &s.Source, &s.Date, s)
	}
}

// shieldFlaws checks that shields name flaws that there are.
func (l *linter) shieldFlaws(products []*Product, flaws []*Flaw) {
	_, ids := actNames(flaws)
	for _, p := range products {
		for i := range p.Shields {
			each(l, "flaw", p.Shields[i].Flaws, ids, &p.Shields[i])
		}
	}
}
