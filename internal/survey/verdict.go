package survey

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/inventory"
	"vigie/internal/kb"
)

// verdict is what the tables say of a product.
type verdict struct {
	flaws []Flaw
	cves  *CVEs
}

// maxVerdicts bounds the memory of verdicts: a table of builds has some hundreds of rows.
const maxVerdicts = 2000

// of gives the flaws of a product, from memory where the same was asked before.
func (j *Judge) of(p inventory.Product) verdict {
	key := strings.Join([]string{p.ID, p.Name, p.Build, string(p.Precision), strings.Join(p.Updates, " ")}, "|")
	j.mu.Lock()
	v, ok := j.verdict[key]
	j.mu.Unlock()
	if ok {
		return v
	}
	v = verdict{flaws: []Flaw{}, cves: &CVEs{}}
	used, score := map[string]bool{}, map[string]float64{}
	for _, a := range j.kb.CVEs(p) {
		score[a.Fix.CVE], _ = strconv.ParseFloat(a.Fix.Score, 64) // 0 where nobody gives one
		used[a.Fix.CVE] = a.Fix.KEV != "" || a.Fix.Used == "yes"
		switch a.Status {
		case kb.Open:
			v.cves.Open = append(v.cves.Open, a.Fix.CVE)
		case kb.PossiblyOpen:
			v.cves.Possibly = append(v.cves.Possibly, a.Fix.CVE)
		case kb.NeedsConfiguration:
			v.cves.Configuration = append(v.cves.Configuration, a.Fix.CVE)
		case kb.NobodySays:
			v.cves.Unknown++
		}
	}
	for _, a := range j.kb.FlawsOf(p) {
		if a.Status == kb.FixedThere || a.Status == kb.NotAffected {
			continue
		}
		f := Flaw{ID: a.Flaw.ID, Name: a.Flaw.Name, Status: a.Status, CVEs: a.Flaw.Key}
		f.Used = slices.ContainsFunc(f.CVEs, func(c string) bool { return used[c] })
		v.flaws = append(v.flaws, f)
	}
	worst := func(f Flaw) (n float64) {
		for _, c := range f.CVEs {
			n = max(n, score[c])
		}
		return n
	}
	slices.SortStableFunc(v.flaws, func(a, b Flaw) int {
		return cmp.Or(rank(a.Status)-rank(b.Status), boolRank(b.Used)-boolRank(a.Used), cmp.Compare(worst(b), worst(a)), strings.Compare(a.ID, b.ID))
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.verdict) >= maxVerdicts {
		clear(j.verdict)
	}
	j.verdict[key] = v
	return v
}

func rank(o kb.Openness) int { return slices.Index(kb.Opennesses, o) }

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// support gives the day on which all updates of the product's line ended, when it is past, and the date of the table.
func (j *Judge) support(p inventory.Product) (end, table string) {
	i := slices.IndexFunc(j.kb.Products, func(q kb.Product) bool { return q.ID == p.ID })
	if i < 0 {
		return "", ""
	}
	for _, l := range j.kb.Products[i].Lines {
		if last := max(l.SupportEnd, l.ExtendedEnd); l.Name == p.Name && last != "" && last < j.now.UTC().Format(time.DateOnly) {
			end = last
		}
	}
	return end, j.kb.Products[i].BuildsDate
}
