// Package watch matches the software of an estate with what publishers say of flaws.
//
// A name is a candidate, never a verdict: a verdict compares a version inside the right release line, by the scheme of the product, or rests on an update
// that is installed, and tells in one line which rule and which record say so. Records that cannot be true are set aside and told. What is not watched,
// has no version or no usable record is unknown, with what is missing: silence must mean something. The rules and their order are told in doc/watch.md.
package watch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/advisory"
	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/kb"
	"vigie/internal/version"
)

// Index is what publishers say, by product and flaw. It is immutable and shared.
type Index struct {
	catalog *Catalog
	kb      *kb.KB
	at      string // the day of judgement, YYYY-MM-DD: what came later is not used

	claims    map[*Product]map[string][]*claim // by CVE, best source first
	signals   map[string][]advisory.Signal     // by CVE, oldest first
	titles    map[string]string
	scores    []*advisory.Scores // oldest first
	ends      map[string]string  // "endoflife-id branch" to date
	successor map[string][]string
	refused   []advisory.Refusal
	unwatched int
}

// claim is what one document says of one CVE in one product.
type claim struct {
	cve        string
	doc        *advisory.Document
	statements []statement
}

// statement is a statement whose versions were read.
type statement struct {
	*advisory.Statement
	from, below, upto, exact bound
}

type bound struct {
	version.Version
	set bool
}

// NewIndex reads documents with the knowledge of the day. at is the day of judgement (YYYY-MM-DD): documents and signs that are newer are left out, so
// that a day of the past can be judged with what was known then.
func NewIndex(c *Catalog, k *kb.KB, docs []*advisory.Document, at string) *Index {
	x := &Index{catalog: c, kb: k, at: at, claims: map[*Product]map[string][]*claim{}, signals: map[string][]advisory.Signal{}, titles: map[string]string{},
		ends: map[string]string{}, successor: map[string][]string{}}
	ranks := map[string]int{}
	for _, d := range docs {
		if !d.Published.IsZero() && d.Published.Format("2006-01-02") > at {
			continue
		}
		x.add(d, ranks)
	}
	for _, p := range c.Products {
		for _, f := range x.fixes(p) { // the tables know of exploitation even where no feed was received
			if f.KEV != "" && f.KEV <= at {
				x.signals[f.CVE] = append(x.signals[f.CVE], advisory.Signal{CVE: f.CVE, Kind: advisory.Exploited, By: "CISA KEV", Date: f.KEV})
			}
		}
	}
	for _, u := range c.Updates {
		x.supersede(u.Update, u.Replaces)
	}
	for _, byCVE := range x.claims {
		for _, list := range byCVE {
			slices.SortFunc(list, func(a, b *claim) int {
				return cmp.Or(cmp.Compare(a.doc.Rank, b.doc.Rank), cmp.Compare(a.doc.Key(), b.doc.Key()))
			})
		}
	}
	for _, list := range x.signals {
		slices.SortFunc(list, func(a, b advisory.Signal) int {
			return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.By, b.By), cmp.Compare(a.Ref, b.Ref))
		})
	}
	slices.SortFunc(x.scores, func(a, b *advisory.Scores) int { return cmp.Compare(a.Date, b.Date) })
	return x
}

func (x *Index) add(d *advisory.Document, ranks map[string]int) {
	for i := range d.Statements {
		x.statement(d, &d.Statements[i])
	}
	for _, s := range d.Signals {
		if s.Date <= x.at {
			x.signals[s.CVE] = append(x.signals[s.CVE], s)
		}
	}
	for _, t := range d.Titles {
		if rank, ok := ranks[t.CVE]; !ok || d.Rank < rank {
			x.titles[t.CVE], ranks[t.CVE] = t.Text, d.Rank
		}
	}
	for _, e := range d.Ends {
		x.ends[e.Product+" "+e.Branch] = e.Date
	}
	if d.Scores != nil && d.Scores.Date != "" && d.Scores.Date <= x.at {
		x.scores = append(x.scores, d.Scores)
	}
	x.refused = append(x.refused, d.Refused...)
}

func (x *Index) supersede(update string, old []string) {
	for _, kb := range old {
		if kb != update && !slices.Contains(x.successor[kb], update) {
			x.successor[kb] = append(x.successor[kb], update)
		}
	}
}

// statement takes one statement in, or sets it aside.
func (x *Index) statement(d *advisory.Document, s *advisory.Statement) {
	p := x.catalog.Resolve(s.Vendor, s.Product, s.CPE)
	if p == nil {
		x.unwatched++
		return
	}
	for _, kb := range s.KBs {
		x.supersede(kb, s.Supersedes)
	}
	st := statement{Statement: s}
	code, why := x.read(p, &st)
	if code != "" {
		x.refused = append(x.refused, advisory.Refusal{Kind: d.Kind, Source: d.ID, CVE: s.CVE, Product: s.Product, Value: cmp.Or(s.Below, s.UpTo, s.Exact, s.From), Code: code, Why: why})
		return
	}
	byCVE := x.claims[p]
	if byCVE == nil {
		byCVE = map[string][]*claim{}
		x.claims[p] = byCVE
	}
	list := byCVE[s.CVE]
	if n := len(list); n > 0 && list[n-1].doc == d {
		list[n-1].statements = append(list[n-1].statements, st)
		return
	}
	byCVE[s.CVE] = append(list, &claim{s.CVE, d, []statement{st}})
}

// read reads the versions of a statement and says what cannot be true. Each of these tests has caught a real record.
func (x *Index) read(p *Product, s *statement) (code string, why casefile.Text) {
	fixed := cmp.Or(s.Below, s.UpTo, s.Exact)
	for _, b := range []struct {
		text string
		to   *bound
	}{{s.From, &s.from}, {s.Below, &s.below}, {s.UpTo, &s.upto}, {s.Exact, &s.exact}} {
		if b.text == "" || b.to == &s.from && noStart(b.text) {
			continue
		}
		v, err := p.scheme.Parse(b.text)
		if err != nil {
			return "watch.version", both("%[1]s n'est pas une version de %[2]s.", "%[1]s is no version of %[2]s.", diag.Quote(b.text), p.Name)
		}
		*b.to = bound{v, true}
	}
	end := s.below
	if !end.set {
		end = s.upto
	}
	if s.from.set && end.set && (s.from.Key > end.Key || s.from.Key == end.Key && s.below.set) {
		return "watch.reversed", both("La plage va de %[1]s à %[2]s.", "The range goes from %[1]s to %[2]s.", diag.Quote(s.From), diag.Quote(fixed))
	}
	if p.level != nil && x.kb != nil && (end.set || s.exact.set) {
		if code, why := x.levelDoubt(p, s, fixed); code != "" {
			return code, why
		}
	}
	if p.Closed && end.set {
		if _, ok := p.branch(end.Branch); !ok {
			return "watch.branch", both("%[1]s n'est pas une version de %[2]s.", "%[1]s is no version of %[2]s.", diag.Quote(fixed), p.Name)
		}
	}
	return "", casefile.Text{}
}

// noStart tells what feeds write for "from the beginning".
func noStart(s string) bool {
	switch strings.ToLower(s) {
	case "0", "0.0", "0.0.0", "0.0.0.0", "-", "unspecified", "n/a", "*", "all":
		return true
	}
	return strings.Trim(s, "0.") == ""
}

// levelDoubt says what is wrong with a build that is given for a cumulative update: the first three parts of the fixed build are those of the update.
func (x *Index) levelDoubt(p *Product, s *statement, fixed string) (string, casefile.Text) {
	m := p.level.FindStringSubmatch(s.Product)
	if m == nil {
		return "", casefile.Text{}
	}
	line, cu := p.Name+" "+m[p.level.SubexpIndex("line")], "CU"+m[p.level.SubexpIndex("cu")]
	n, err := buildno.Parse(fixed)
	if err != nil {
		return "watch.version", both("%[1]s n'est pas une version de %[2]s.", "%[1]s is no version of %[2]s.", diag.Quote(fixed), p.Name)
	}
	ours := false // whether the tables know the update at all
	for i := range x.kb.Products {
		if x.kb.Products[i].ID != p.Table {
			continue
		}
		for _, b := range x.kb.Products[i].Builds {
			if b.Product == line && b.CU == cu {
				if ours = true; buildno.SameBranch(b.Number, n) {
					return "", casefile.Text{}
				}
			}
		}
	}
	if !ours {
		return "", casefile.Text{}
	}
	return "watch.level", both("La version %[1]s n'est pas de %[2]s.", "Build %[1]s is not of %[2]s.", diag.Quote(fixed), line+" "+cu)
}

// Quarantine gives the records that are set aside, with why.
func (x *Index) Quarantine() []advisory.Refusal { return x.refused }

// Unwatched is how many statements are on products that are not watched.
func (x *Index) Unwatched() int { return x.unwatched }

// Title is what the best source calls a flaw, "" when none does.
func (x *Index) Title(cve string) string { return x.titles[cve] }

// Signals gives the signs on a flaw, oldest first.
func (x *Index) Signals(cve string) []advisory.Signal { return x.signals[cve] }

// Flaw is a flaw that an index knows.
type Flaw struct {
	CVE      string   `json:"cve"`
	Title    string   `json:"title,omitempty"`
	Products []string `json:"products"`
}

// Flaws lists the flaws with a usable statement on a watched product, or a table of fixes, by CVE.
func (x *Index) Flaws() []Flaw {
	by := map[string]*Flaw{}
	note := func(cve, product, title string) {
		f := by[cve]
		if f == nil {
			f = &Flaw{CVE: cve, Title: cmp.Or(x.titles[cve], title)}
			by[cve] = f
		}
		if !slices.Contains(f.Products, product) {
			f.Products = append(f.Products, product)
		}
	}
	for p, byCVE := range x.claims {
		for cve := range byCVE {
			note(cve, p.ID, "")
		}
	}
	for _, p := range x.catalog.Products {
		for _, f := range x.fixes(p) {
			note(f.CVE, p.ID, f.Title)
		}
	}
	out := make([]Flaw, 0, len(by))
	for _, f := range by {
		slices.Sort(f.Products)
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Flaw) int { return cmp.Compare(a.CVE, b.CVE) })
	return out
}

// fixes gives the table of fixes of a product, nil when it has none.
func (x *Index) fixes(p *Product) []kb.Fix {
	if x.kb == nil || p.Table == "" {
		return nil
	}
	for i := range x.kb.Products {
		if x.kb.Products[i].ID == p.Table {
			return x.kb.Products[i].Fixes
		}
	}
	return nil
}

// Claimed are the documents that say something of a flaw, best first, each once.
func (x *Index) Claimed(cve string) []*advisory.Document {
	var out []*advisory.Document
	for _, byCVE := range x.claims {
		for _, c := range byCVE[cve] {
			if !slices.Contains(out, c.doc) {
				out = append(out, c.doc)
			}
		}
	}
	slices.SortFunc(out, func(a, b *advisory.Document) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Key(), b.Key()))
	})
	return out
}

// both words a sentence in the two languages with the same values; %[1]s to %[4]s, of which a language need not use all.
func both(fr, en string, args ...any) casefile.Text {
	fill := func(s string) string {
		for i, a := range args {
			s = strings.ReplaceAll(s, fmt.Sprintf("%%[%d]s", i+1), fmt.Sprint(a))
		}
		return s
	}
	return casefile.Text{FR: fill(fr), EN: fill(en)}
}
