package watch

import (
	"cmp"
	"slices"
	"strings"

	"vigie/internal/advisory"
	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/version"
)

// Status is how a flaw stands on a product of a machine.
type Status string

// The statuses, worst first. Unknown is a state to show: it never counts as fixed.
const (
	Affected    Status = "affected"
	Unknown     Status = "unknown"
	Mitigated   Status = "mitigated"
	Fixed       Status = "fixed"
	NotAffected Status = "not-affected"
)

// Statuses lists them, worst first.
var Statuses = []Status{Affected, Unknown, Mitigated, Fixed, NotAffected}

// Verdict says how one flaw stands on one version, and why.
type Verdict struct {
	CVE    string        `json:"cve"`
	Status Status        `json:"status"`
	Rule   string        `json:"rule"` // which rule of doc/watch.md decided
	Why    casefile.Text `json:"why"`
	// Target is what ends it: a version, or the numbers of updates; "" when nothing is known to.
	Target string `json:"target,omitempty"`
	// Record is the source that decided; empty when none did.
	Record Record `json:"record,omitzero"`
}

// Record names a source.
type Record struct {
	Kind      advisory.Kind `json:"kind"`
	ID        string        `json:"id"`
	Publisher string        `json:"publisher"`
	URL       string        `json:"url,omitempty"`
	SHA256    string        `json:"sha256,omitempty"` // of the file that it was read from
}

// Seen is what is known of one product on one machine.
type Seen struct {
	Product *Product
	Version string   // as written; "" when not known
	Updates []string // numbers of installed updates, sorted
}

// Judge says how a flaw stands. The second result is false when nothing that is known of the flaw concerns the product at all.
func (x *Index) Judge(s Seen, cve string) (Verdict, bool) {
	list := x.claims[s.Product][cve]
	if v, ok := x.table(s, cve); ok {
		return v, true
	}
	if len(list) == 0 {
		return Verdict{}, false
	}
	var first *Verdict
	for i := 0; i < len(list); {
		j := i
		var worst *Verdict
		differ := false
		for ; j < len(list) && list[j].doc.Rank == list[i].doc.Rank; j++ {
			v := x.judge(s, list[j])
			if worst != nil && worst.Status != v.Status {
				differ = true
			}
			if worst == nil || slices.Index(Statuses, v.Status) < slices.Index(Statuses, worst.Status) {
				worst = &v
			}
		}
		if differ && worst.Status != Unknown {
			worst.Why = join(worst.Why, casefile.Text{FR: "Les sources diffèrent ; la plus sévère compte.", EN: "Sources differ; the severest counts."})
		}
		if worst.Status != Unknown {
			return *worst, true
		}
		if first == nil {
			first = worst
		}
		i = j
	}
	return *first, true // no source decides: what the best one lacks is told
}

// table asks the tables of builds and fixes of a product, which outrank the feeds.
func (x *Index) table(s Seen, cve string) (Verdict, bool) {
	if x.kb == nil || s.Product.Table == "" {
		return Verdict{}, false
	}
	ip := inventory.Product{ID: s.Product.Table, Name: s.Product.Name, Build: s.Version, Precision: inventory.Exact, Updates: s.Updates}
	a, ok := x.kb.CVE(ip, cve)
	if !ok || a.Fix == nil || x.firstFix(a.Fix) > x.at {
		return Verdict{}, false // on the day of judgement nobody knew
	}
	v := Verdict{CVE: cve, Rule: "table", Why: a.Why, Record: Record{Kind: "table", ID: s.Product.Table + "/cves.csv " + cve, Publisher: a.Fix.Source}}
	for _, n := range a.FixedIn {
		b, _ := x.kb.Build(n)
		if parsed, err := s.Product.scheme.Parse(s.Version); err == nil && b.Released <= x.at && strings.HasPrefix(n.String(), parsed.Branch+".") {
			v.Target = n.String()
		}
	}
	switch a.Status {
	case kb.Open:
		v.Status = Affected
	case kb.FixedThere:
		v.Status = Fixed
	case kb.NotAffected:
		v.Status = NotAffected
	default:
		v.Status = Unknown
		if x.outOfSupportTable(s, a) {
			v.Status, v.Rule = Affected, "out-of-support"
			v.Why = join(v.Why, casefile.Text{FR: "Une gamme sans support est traitée comme touchée.", EN: "A line without support is treated as affected."})
		}
	}
	return v, true
}

// outOfSupportTable tells whether the line of a build had lost its support before the first fix came.
func (x *Index) outOfSupportTable(s Seen, a kb.Answer) bool {
	if a.Status != kb.NobodySays || a.Fix == nil {
		return false
	}
	n, err := buildno.Parse(s.Version)
	if err != nil {
		return false
	}
	line, ok := x.kb.ProductLine(n)
	if !ok || slices.Contains(a.Fix.Lines, line.Name) {
		return false
	}
	came, end := x.firstFix(a.Fix), max(line.SupportEnd, line.ExtendedEnd)
	return end != "" && came != "" && end < came
}

// firstFix is when the first build with a fix came, "" when that is not known.
func (x *Index) firstFix(f *kb.Fix) (came string) {
	for _, n := range f.FixedIn {
		if b, ok := x.kb.Build(n); ok && b.Released != "" && (came == "" || b.Released < came) {
			came = b.Released
		}
	}
	return came
}

// judge applies the rules to what one document says.
func (x *Index) judge(s Seen, c *claim) Verdict {
	v := Verdict{CVE: c.cve, Status: Unknown, Record: Record{c.doc.Kind, c.doc.ID, c.doc.Publisher, cmp.Or(c.statements[0].URL, c.doc.URL), c.doc.SHA256}}
	// An installed update proves more than a version.
	for _, st := range c.statements {
		for _, kb := range st.KBs {
			if by := x.installed(kb, s.Updates); by != "" {
				v.Status, v.Rule, v.Target = Fixed, "update", kb
				v.Why = both("La mise à jour %[1]s, qui corrige %[2]s, est installée.", "Update %[1]s, which fixes %[2]s, is installed.", by, c.cve)
				return unlessNeeds(v, st.Needs)
			}
		}
	}
	if s.Version == "" {
		v.Rule, v.Why = "no-version", both("La version de %[1]s n'est pas connue.", "The version of %[1]s is not known.", s.Product.Name)
		return v
	}
	parsed, err := s.Product.scheme.Parse(s.Version)
	if err != nil {
		v.Rule, v.Why = "version", both("%[1]s n'est pas une version de %[2]s que l'on sait lire.", "%[1]s is no version of %[2]s that can be read.", diag.Quote(s.Version), s.Product.Name)
		return v
	}
	x.ranges(&v, s.Product, parsed, c)
	if c.doc.Recalled && v.Status != Unknown {
		v.Why = join(v.Why, casefile.Text{FR: "Ces versions sont citées de mémoire et restent à vérifier.", EN: "These versions are quoted from memory and must be verified."})
	}
	return v
}

// installed gives the update that proves kb: itself or one that holds it, "" when none is there.
func (x *Index) installed(kb string, have []string) string {
	if len(have) == 0 {
		return ""
	}
	seen := map[string]bool{kb: true}
	for queue := []string{kb}; len(queue) > 0 && len(seen) < 10_000; queue = queue[1:] {
		if slices.Contains(have, queue[0]) {
			return queue[0]
		}
		for _, next := range x.successor[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return ""
}

// lines are the release lines in which a document gives an end of what is affected.
func (c *claim) lines() (out []string) {
	for i := range c.statements {
		st := &c.statements[i]
		if end, ok := st.end(); ok && st.Status == advisory.Affected && !slices.Contains(out, end.Branch) {
			out = append(out, end.Branch)
		}
	}
	return out
}

// where tells how a version stands to a range.
type where int

const (
	inside where = iota
	before
	after
	unsure // the version is too coarse
)

func (s *statement) place(v version.Version) where {
	if s.exact.set {
		switch {
		case v.Key == s.exact.Key:
			return inside
		case v.Key < s.exact.Key:
			if _, known := version.Reaches(v, s.exact.Version); !known {
				return unsure
			}
			return before
		}
		return after
	}
	if s.from.set {
		if reached, known := version.Reaches(v, s.from.Version); !known {
			return unsure
		} else if !reached {
			return before
		}
	}
	switch {
	case s.below.set:
		if reached, known := version.Reaches(v, s.below.Version); !known {
			return unsure
		} else if reached {
			return after
		}
	case s.upto.set:
		if v.Key > s.upto.Key {
			return after
		}
		if _, known := version.Reaches(v, s.upto.Version); !known {
			return unsure
		}
	}
	return inside
}

// end is the branch in which a range ends; "" where that says nothing.
func (s *statement) end() (version.Version, bool) {
	for _, b := range []bound{s.below, s.upto, s.exact} {
		if b.set {
			return b.Version, true
		}
	}
	return version.Version{}, false
}

// ranges applies the rules that compare versions.
func (x *Index) ranges(v *Verdict, p *Product, ver version.Version, c *claim) {
	var hit, passed, cleared *statement
	unsureOf := ""
	sameLine, older, newer := false, false, true
	lines := c.lines()
	for i := range c.statements {
		st := &c.statements[i]
		end, bounded := st.end()
		// A line with fixes of its own is judged by them alone: ranges of records often begin at the first version of the product.
		if st.Status == advisory.Affected && bounded && end.Branch != ver.Branch && slices.Contains(lines, ver.Branch) {
			newer = newer && ver.Key > end.Key
			continue
		}
		switch w := st.place(ver); {
		case st.Status == advisory.NotAffected && w == inside && (!bounded || end.Branch == ver.Branch || st.from.set):
			cleared = st
		case st.Status == advisory.Fixed && w != before && bounded && end.Branch == ver.Branch && w != unsure:
			passed = st
		case st.Status != advisory.Affected:
		case w == inside && bounded && !st.from.set && st.exact.set:
			hit = st
		case w == inside && bounded && st.From == "" && end.Branch != ver.Branch && len(lines) > 1:
			older, newer = true, false // of several lines, "below 13.1-49.13" is meant inside 13.1
		case w == inside:
			hit = st
		case w == unsure:
			unsureOf = end.Text
			sameLine = true
		case bounded && end.Branch == ver.Branch && w == after && !st.exact.set:
			passed = st
			sameLine = true
		case bounded && end.Branch == ver.Branch:
			sameLine = true
		}
		if st.Status == advisory.Affected && bounded && ver.Key < end.Key {
			newer = false
			if end.Branch != ver.Branch {
				older = true
			}
		}
	}
	rest := c.statements[0].Rest
	branch, _ := p.branch(ver.Branch)
	ends := x.supportEnd(p, ver.Branch)
	published := ""
	if !c.doc.Published.IsZero() {
		published = c.doc.Published.Format("2006-01-02")
	}
	switch {
	case cleared != nil:
		v.Status, v.Rule = NotAffected, "cleared"
		v.Why = both("%[1]s dit que %[2]s %[3]s n'est pas touché.", "%[1]s says that %[2]s %[3]s is not affected.", c.doc.Publisher, p.Name, ver.Text)
		if cleared.Reason != "" {
			v.Why = join(v.Why, both("Raison donnée : %[1]s.", "Reason given: %[1]s.", diag.Quote(cleared.Reason)))
		}
	case hit != nil:
		v.Status, v.Rule, v.Target = Affected, "range", cmp.Or(hit.Below, strings.Join(hit.KBs, ", "))
		switch end, bounded := hit.end(); {
		case hit.Below != "":
			v.Why = both("%[1]s %[2]s est antérieur à %[3]s, qui corrige %[4]s.", "%[1]s %[2]s is before %[3]s, which fixes %[4]s.", p.Name, ver.Text, hit.Below, c.cve)
		case bounded:
			v.Why = both("%[1]s %[2]s est dans ce que %[4]s touche, jusqu'à %[3]s.", "%[1]s %[2]s is within what %[4]s affects, up to %[3]s.", p.Name, ver.Text, end.Text, c.cve)
		default:
			v.Why = both("%[3]s dit que %[1]s est touché par %[2]s.", "%[3]s says that %[1]s is affected by %[2]s.", p.Name+" "+ver.Text, c.cve, c.doc.Publisher)
		}
		if _, bounded := hit.end(); !bounded && !hit.from.set {
			// Only the product is named: a newer build may hold the fix.
			v.Status, v.Rule = Unknown, "product-only"
			v.Why = both("%[1]s nomme %[2]s sans donner de version corrigée.", "%[1]s names %[2]s and gives no fixed version.", c.doc.Publisher, p.Name)
		}
	case unsureOf != "":
		v.Rule, v.Target = "coarse", unsureOf
		v.Why = both("%[1]s %[2]s est trop vague pour être comparé à %[3]s.", "%[1]s %[2]s is too coarse to be compared with %[3]s.", p.Name, ver.Text, unsureOf)
	case passed != nil:
		v.Status, v.Rule = Fixed, "range"
		end, _ := passed.end()
		if passed.upto.set {
			v.Why = both("%[1]s %[2]s est postérieur à %[3]s, dernière version touchée par %[4]s.", "%[1]s %[2]s is after %[3]s, the last one that %[4]s affects.", p.Name, ver.Text, end.Text, c.cve)
		} else {
			v.Why = both("%[1]s %[2]s contient le correctif de %[4]s, arrivé avec %[3]s.", "%[1]s %[2]s has the fix of %[4]s, which came with %[3]s.", p.Name, ver.Text, end.Text, c.cve)
		}
		*v = unlessNeeds(*v, passed.Needs)
	case !sameLine && older && ends != "" && published != "" && ends < published:
		v.Status, v.Rule = Affected, "out-of-support"
		v.Why = both("La gamme %[1]s %[2]s n'est plus maintenue depuis le %[3]s ; aucune correction de %[4]s n'existe pour elle : passer à une gamme maintenue.",
			"The line %[1]s %[2]s has had no support since %[3]s; there is no fix of %[4]s for it: move to a supported line.", p.Name, ver.Branch, ends, c.cve)
	case !sameLine && newer && published != "" && branch.Released > published:
		v.Status, v.Rule = NotAffected, "later-line"
		v.Why = both("La gamme %[1]s %[2]s est sortie le %[3]s, après la correction de %[4]s.", "The line %[1]s %[2]s came on %[3]s, after the fix of %[4]s.", p.Name, ver.Branch, branch.Released, c.cve)
	case rest == advisory.NotAffected:
		v.Status, v.Rule = NotAffected, "rest"
		v.Why = both("%[1]s dit que les versions qu'il ne nomme pas ne sont pas touchées ; %[2]s %[3]s n'en est pas.",
			"%[1]s says that versions it does not name are not affected; %[2]s %[3]s is not among them.", c.doc.Publisher, p.Name, ver.Text)
	default:
		v.Rule = "not-listed"
		v.Why = both("%[1]s ne dit rien de %[2]s %[3]s ; non cité ne veut pas dire non touché.", "%[1]s says nothing of %[2]s %[3]s; not listed does not mean not affected.", c.doc.Publisher, p.Name, ver.Text)
	}
}

// supportEnd is when the support of a release line ends: from the dictionary, else from endoflife.date; "" when not known.
func (x *Index) supportEnd(p *Product, branch string) string {
	if b, ok := p.branch(branch); ok && b.Ends != "" {
		return b.Ends
	}
	return x.ends[p.EndOfLife+" "+branch]
}

// unlessNeeds gives unknown where the version is not enough.
func unlessNeeds(v Verdict, needs string) Verdict {
	if needs == "" || v.Status != Fixed {
		return v
	}
	v.Status, v.Rule = Unknown, "needs-more"
	v.Why = join(v.Why, both("Cela ne suffit pas ; il faut aussi : %[1]s.", "That is not enough; this is needed as well: %[1]s.", needs))
	return v
}

func join(a, b casefile.Text) casefile.Text {
	return casefile.Text{FR: a.FR + " " + b.FR, EN: a.EN + " " + b.EN}
}
