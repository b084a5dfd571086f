package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/document/paper"
)

// generated is a case of any shape: few and many servers, findings, accounts, gaps and actions, short and long names.
func generated(seed uint64) *casefile.Case {
	r := rand.New(rand.NewPCG(seed, 1))
	makers := []func() *casefile.Case{confirmedCase, suspectedCase, undeterminedCase, targetedCase, noTraceCase, notAffectedCase, partialCase, fleetCase, zeroCase, shortCase, manyCase}
	c := makers[r.IntN(len(makers))]()
	long := func(n int) string { return strings.Repeat("très-long-nom.d’un-serveur ", n) }
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for k := range h.Flaws {
			f := &h.Flaws[k]
			if r.IntN(2) == 0 {
				f.Sentence = tt{FR: f.Sentence.FR + " " + long(r.IntN(30)), EN: f.Sentence.EN + " " + long(r.IntN(30))}
			}
			for range r.IntN(20) {
				f.Coverage.Sources = append(f.Coverage.Sources, casefile.SourceCoverage{Kind: "x", Name: tt{FR: long(4), EN: long(4)}, Required: true})
			}
		}
	}
	for i := range []int{0, 0, 40, 300}[r.IntN(4)] {
		c.Touched.Accounts = append(c.Touched.Accounts, casefile.TouchedItem{Name: fmt.Sprintf("compte%d", i), Certainty: casefile.Probable, Why: tt{FR: "Vu.", EN: "Seen."},
			CannotKnow: tt{FR: long(r.IntN(20)), EN: long(r.IntN(20))}})
	}
	for i := range []int{0, 5, 60}[r.IntN(3)] {
		c.Actions = append(c.Actions, casefile.Action{ID: fmt.Sprintf("Z%d", i), Priority: "now", Phase: "contain", Title: tt{FR: long(i % 9), EN: fmt.Sprint(i) + long(i%9)}})
	}
	return c
}

var pageCount = regexp.MustCompile(`/Count (\d+)`)

// The manager's page is one page, whatever the case: the title stands on a page, the section on one of its own.
func TestManagerPageIsOnePage(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		o := options([]string{"fr", "en"}[seed%2])
		o.For = ForManager
		d := Build(Source{Case: generated(seed)}, o)
		var page []*document.Section
		for _, s := range d.Sections {
			if s.ID == "manager" {
				page = append(page, s)
			}
		}
		if len(page) != 1 {
			t.Fatal("no manager's page")
		}
		d.Sections = page
		var w bytes.Buffer
		if err := paper.Write(&w, d, paper.Options{}); err != nil {
			t.Fatal(err)
		}
		m := pageCount.FindSubmatch(w.Bytes())
		if m == nil || string(m[1]) != "2" {
			t.Errorf("seed %d: %s pages", seed, m)
		}
	}
}
