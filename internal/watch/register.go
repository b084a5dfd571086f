package watch

import (
	"cmp"
	"slices"
	"strings"
)

// Register is an estate by what is distinct in it: work for a flaw is per product and version, never per machine.
type Register struct {
	pairs     []pair
	byProduct map[*Product][]int32 // pairs of a product
	known     map[string]int32
	items     int
}

// pair is one product at one version with one set of updates, and the items that have it.
type pair struct {
	Seen
	items []int32
}

// NewRegister makes an empty register.
func NewRegister() *Register {
	return &Register{byProduct: map[*Product][]int32{}, known: map[string]int32{}}
}

// Add notes an item of the estate by a number that the caller chooses.
func (r *Register) Add(item int32, s Seen) {
	key := s.Product.ID + "\x00" + s.Version + "\x00" + strings.Join(s.Updates, ",")
	n, ok := r.known[key]
	if !ok {
		n = int32(len(r.pairs))
		r.known[key] = n
		r.pairs = append(r.pairs, pair{Seen: s})
		r.byProduct[s.Product] = append(r.byProduct[s.Product], n)
	}
	r.pairs[n].items = append(r.pairs[n].items, item)
	r.items++
}

// Pairs is how many distinct products and versions there are, Items how many items.
func (r *Register) Pairs() int { return len(r.pairs) }

// Items is how many items were added.
func (r *Register) Items() int { return r.items }

// Hit is a verdict with the items that it holds for.
type Hit struct {
	Seen
	Verdict
	Items []int32
}

// Flaw gives the verdicts of one flaw on all that is registered: one per distinct product and version, in the order in which those were added.
func (r *Register) Flaw(x *Index, cve string) (out []Hit) {
	for _, p := range x.catalog.Products {
		if _, ok := x.claims[p][cve]; !ok && p.Table == "" {
			continue
		}
		for _, n := range r.byProduct[p] {
			if v, ok := x.Judge(r.pairs[n].Seen, cve); ok {
				out = append(out, Hit{r.pairs[n].Seen, v, r.pairs[n].items})
			}
		}
	}
	return out
}

// All gives the verdicts of all flaws, by product, version and flaw.
func (r *Register) All(x *Index) (out []Hit) {
	for _, p := range x.catalog.Products {
		var cves []string
		for cve := range x.claims[p] {
			cves = append(cves, cve)
		}
		for _, f := range x.fixes(p) {
			if _, ok := x.claims[p][f.CVE]; !ok {
				cves = append(cves, f.CVE)
			}
		}
		slices.SortFunc(cves, func(a, b string) int { return cmp.Compare(a, b) })
		for _, n := range r.byProduct[p] {
			for _, cve := range cves {
				if v, ok := x.Judge(r.pairs[n].Seen, cve); ok {
					out = append(out, Hit{r.pairs[n].Seen, v, r.pairs[n].items})
				}
			}
		}
	}
	return out
}
