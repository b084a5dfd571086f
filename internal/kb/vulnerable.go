package kb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
)

// Status answers whether a build has a flaw.
type Status string

// The statuses. Unknown is a real answer: it never counts as fixed.
const (
	Vulnerable   Status = "vulnerable"
	Fixed        Status = "fixed"
	NotConcerned Status = "not-concerned" // the publisher does not list the product line
	Unknown      Status = "unknown"
)

// Vulnerable says whether a build has a flaw, and why in one or two sentences.
//
// Of the key CVEs of the flaw, one that is open makes the build vulnerable; else
// one that is not known makes it unknown; it is fixed when all that concern its
// product line are fixed, and not concerned when none does. For one CVE:
//
//   - a line that the table does not list is not concerned, unless its support
//     had ended before the fix came: then nobody says, and it is unknown, except
//     for the lines that the publisher cleared;
//   - on a branch (a cumulative update) that got a fix, the revision decides;
//     where the sources name two fixed revisions, the higher one counts, and a
//     build from the lower one on is unknown;
//   - a branch newer than the newest one that got a fix has it from the start;
//   - any other branch never got a fix: vulnerable;
//   - a fixed build is unknown all the same when more than a build decides
//     (Proviso), or when the build is not cumulative and lacks older fixes.
//
// Hotfix updates lie between security updates by revision and hold what came
// before, so they need no rule of their own. An unknown number, and one of no
// known line, is unknown; so is every build for a flaw without key CVEs.
func (k *KB) Vulnerable(f *Flaw, n buildno.Number) (Status, casefile.Text) {
	return k.VulnerableWith(f, n, Known{})
}

// Known is what is known of a machine besides its build.
type Known struct {
	Updates []string // numbers of installed updates: they prove fixes that a build which is not cumulative leaves open
	Settled []string // ids of provisos that its settings fulfil
	Undone  []string // ids of provisos that its settings do not fulfil
}

// VulnerableWith is Vulnerable where more than the build is known.
func (k *KB) VulnerableWith(f *Flaw, n buildno.Number, more Known) (Status, casefile.Text) {
	if n.IsZero() {
		return Unknown, casefile.Text{FR: "La version installée n'est pas connue.", EN: "The installed build is not known."}
	}
	p, line, ok := k.productLine(n)
	if !ok || p.ID != f.Product {
		return Unknown, both("La version %[1]s n'appartient à aucune gamme connue.", "Build %[1]s is of no known product line.", n)
	}
	if len(f.Key) == 0 {
		return Unknown, casefile.Text{FR: "Aucune version ne met fin à elle seule à cette exposition.", EN: "No build ends this exposure by itself."}
	}
	var fixed []string
	var reasons = make(map[Status]casefile.Text)
	for _, cve := range f.Key {
		status, why, _ := p.vulnerable(cve, line, n, more)
		if status == Fixed {
			fixed = append(fixed, cve)
		}
		if _, ok := reasons[status]; !ok {
			reasons[status] = why
		}
	}
	for _, status := range []Status{Vulnerable, Unknown, Fixed, NotConcerned} {
		why, ok := reasons[status]
		switch {
		case !ok:
			continue
		case status == Fixed && len(fixed) > 1:
			why = both("La version %[1]s contient les correctifs de %[2]s.", "Build %[1]s has the fixes of %[3]s.", n, enumerate(fixed, "et"), enumerate(fixed, "and"))
		}
		if status == Fixed {
			why = p.reopened(fixed, why)
		}
		return status, why
	}
	panic("unreachable")
}

// LineVulnerable says the same for a product line whose build is not known: what
// holds for every build of the line that the table has, else unknown.
func (k *KB) LineVulnerable(f *Flaw, line string) (Status, casefile.Text) {
	var status Status
	var why casefile.Text
	for i := range k.Products {
		for _, b := range k.Products[i].Builds {
			if b.Product != line {
				continue
			}
			s, w := k.Vulnerable(f, b.Number)
			if status == "" {
				status, why = s, w
			}
			if s != status {
				return Unknown, both("La version exacte de %[1]s n'est pas connue, et toutes ne sont pas corrigées.",
					"The exact build of %[1]s is not known, and not all of them are fixed.", line)
			}
		}
	}
	switch status {
	case "":
		return Unknown, both("La gamme %[1]s n'est pas connue.", "Product line %[1]s is not known.", line)
	case Fixed:
		why = both("Toutes les versions connues de %[1]s sont corrigées.", "All known builds of %[1]s are fixed.", line)
	case Vulnerable:
		why = both("Aucune version connue de %[1]s n'est corrigée.", "No known build of %[1]s is fixed.", line)
	}
	return status, why
}

// cause says why a status is Unknown, where that matters.
type cause int

const (
	noCause       cause = iota
	notCumulative       // the build lacks older fixes unless they were installed before
	proviso             // more than a build decides
	noSupport           // nobody says
)

// vulnerable judges one CVE.
func (p *Product) vulnerable(cve string, line ProductLine, n buildno.Number, more Known) (Status, casefile.Text, cause) {
	f := p.fix(cve)
	if f == nil {
		return Unknown, both("%[1]s n'est pas dans la table des correctifs.", "%[1]s is not in the table of fixes.", cve), noCause
	}
	if !slices.Contains(f.Lines, line.Name) {
		if p.unsupported(f, line) && !slices.Contains(f.Cleared, line.Name) {
			return Unknown, both("%[1]s n'était plus maintenu quand %[2]s a été corrigée, et personne ne dit s'il est concerné.",
				"%[1]s was out of support when %[2]s was fixed, and nobody says whether it is concerned.", line.Name, cve), noSupport
		}
		return NotConcerned, both("%[1]s ne figure pas parmi les produits que %[2]s concerne.",
			"%[1]s is not among the products that %[2]s concerns.", line.Name, cve), noCause
	}
	var all, branch []buildno.Number
	for _, b := range f.FixedIn {
		if line.contains(b) {
			all = append(all, b)
			if buildno.SameBranch(b, n) {
				branch = append(branch, b)
			}
		}
	}
	switch {
	case len(all) == 0:
		return Unknown, both("Aucune version de %[1]s qui corrige %[2]s n'est connue.", "No build of %[1]s that fixes %[2]s is known.", line.Name, cve), noCause
	case len(branch) > 0:
		lowest, highest := branch[0], branch[len(branch)-1]
		if buildno.Compare(n, lowest) < 0 {
			return Vulnerable, both("La version %[1]s précède %[2]s, qui corrige %[3]s.", "Build %[1]s is older than %[2]s, which fixes %[3]s.", n, lowest, cve), noCause
		}
		if buildno.Compare(n, highest) < 0 {
			return Unknown, both("Pour %[4]s, les sources donnent %[2]s ou %[3]s comme version corrigée, et %[1]s n'atteint pas la seconde.",
				"For %[4]s, sources name %[2]s or %[3]s as the fixed build, and %[1]s does not reach the second.", n, lowest, highest, cve), noCause
		}
		return p.unlessMore(f, n, more, both("La version %[1]s contient le correctif de %[3]s, arrivé avec %[2]s.",
			"Build %[1]s has the fix of %[3]s, which came with %[2]s.", n, highest, cve))
	case buildno.Compare(n, all[len(all)-1]) > 0:
		return p.unlessMore(f, n, more, both("La version %[1]s est plus récente que %[2]s, qui a reçu le correctif de %[3]s.",
			"Build %[1]s is newer than %[2]s, which was given the fix of %[3]s.", n, all[len(all)-1], cve))
	}
	return Vulnerable, both("La mise à jour cumulative de la version %[1]s n'a jamais reçu le correctif de %[2]s.",
		"The cumulative update of build %[1]s was never given the fix of %[2]s.", n, cve), noCause
}

// unlessMore gives fixed, or unknown when a fixed build is not enough.
func (p *Product) unlessMore(f *Fix, n buildno.Number, more Known, why casefile.Text) (Status, casefile.Text, cause) {
	for _, c := range p.NotCumulative {
		if !buildno.SameBranch(c.From, n) || buildno.Compare(n, c.From) < 0 {
			continue
		}
		for _, u := range c.Updates {
			if !slices.Contains(u.CVEs, f.CVE) {
				continue
			}
			if !slices.Contains(more.Updates, u.KB) {
				return Unknown, both("La version %[1]s n'est pas cumulative, et %[2]s reste ouverte si %[3]s n'a pas été installée avant.",
					"Build %[1]s is not cumulative, and %[2]s stays open unless %[3]s had been installed before.", n, f.CVE, u.KB), notCumulative
			}
			why = both("La version %[1]s n'est pas cumulative, mais %[3]s, qui corrige %[2]s, a été installée.",
				"Build %[1]s is not cumulative, but %[3]s, which fixes %[2]s, was installed.", n, f.CVE, u.KB)
		}
	}
	for _, v := range p.Provisos {
		if !slices.Contains(v.CVEs, f.CVE) {
			continue
		}
		switch {
		case slices.Contains(more.Undone, v.ID):
			return Vulnerable, join(v.Text, both("Les réglages du serveur montrent que ce n'est pas le cas.", "The settings of the server show that this is not so.")), proviso
		case v.Effect != "needed":
		case slices.Contains(more.Settled, v.ID):
			why = join(why, both("Les réglages du serveur montrent ce qui est aussi nécessaire contre %[1]s.", "The settings of the server show what is needed against %[1]s as well.", f.CVE))
		default:
			return Unknown, join(both("La version %[1]s ne suffit pas contre %[2]s.", "Build %[1]s is not enough against %[2]s.", n, f.CVE), v.Text), proviso
		}
	}
	if f.Recalled {
		why = join(why, both("La version corrigée de %[1]s est citée de mémoire et reste à vérifier.", "The fixed build of %[1]s is quoted from memory and must be verified.", f.CVE))
	}
	return Fixed, why, noCause
}

// reopened adds what undoes the fixes.
func (p *Product) reopened(cves []string, why casefile.Text) casefile.Text {
	for _, v := range p.Provisos {
		if v.Effect == "reopens" && slices.ContainsFunc(cves, func(c string) bool { return slices.Contains(v.CVEs, c) }) {
			why = join(why, v.Text)
		}
	}
	return why
}

// unsupported says whether a line had lost all support when the fix came, going
// by the release of the first fixed build.
func (p *Product) unsupported(f *Fix, line ProductLine) bool {
	end := max(line.SupportEnd, line.ExtendedEnd)
	came := ""
	for _, n := range f.FixedIn {
		if b, ok := p.build(n); ok && b.Released != "" && (came == "" || b.Released < came) {
			came = b.Released
		}
	}
	return end != "" && came != "" && end < came
}

func (l ProductLine) contains(n buildno.Number) bool {
	return buildno.Compare(l.From, n) <= 0 && buildno.Compare(n, l.To) < 0
}

func (p *Product) line(n buildno.Number) (ProductLine, bool) {
	for _, l := range p.Lines {
		if l.contains(n) {
			return l, true
		}
	}
	return ProductLine{}, false
}

func (p *Product) lineNames() []string {
	out := make([]string, len(p.Lines))
	for i, l := range p.Lines {
		out[i] = l.Name
	}
	return out
}

func (p *Product) fix(cve string) *Fix {
	for i := range p.Fixes {
		if p.Fixes[i].CVE == cve {
			return &p.Fixes[i]
		}
	}
	return nil
}

func (p *Product) build(n buildno.Number) (Build, bool) {
	i, ok := slices.BinarySearchFunc(p.Builds, n, func(b Build, n buildno.Number) int { return buildno.Compare(b.Number, n) })
	if !ok {
		return Build{}, false
	}
	return p.Builds[i], true
}

func both(fr, en string, args ...any) casefile.Text {
	return casefile.Text{FR: format(fr, args), EN: format(en, args)}
}

// format is Sprintf with verbs of which a language need not use all.
func format(s string, args []any) string {
	verbs := [...]string{"%[1]s", "%[2]s", "%[3]s", "%[4]s"}
	for i, a := range args {
		s = strings.ReplaceAll(s, verbs[i], fmt.Sprint(a))
	}
	return s
}

func join(a, b casefile.Text) casefile.Text {
	return casefile.Text{FR: a.FR + " " + b.FR, EN: a.EN + " " + b.EN}
}

func enumerate(list []string, and string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " " + and + " " + list[last]
}

// Source gives a kind of log source by its id.
func (k *KB) Source(id string) (*Source, bool) {
	i := slices.IndexFunc(k.Sources, func(s Source) bool { return s.ID == id })
	if i < 0 {
		return nil, false
	}
	return &k.Sources[i], true
}

// Flaw gives a flaw by its id.
func (k *KB) Flaw(id string) (*Flaw, bool) {
	i := slices.IndexFunc(k.Flaws, func(f Flaw) bool { return f.ID == id })
	if i < 0 {
		return nil, false
	}
	return &k.Flaws[i], true
}

// Act gives an act of a flaw.
func (k *KB) Act(flaw, act string) (*Act, bool) {
	f, ok := k.Flaw(flaw)
	if !ok {
		return nil, false
	}
	i := slices.IndexFunc(f.Acts, func(a Act) bool { return a.ID == act })
	if i < 0 {
		return nil, false
	}
	return &f.Acts[i], true
}

// ProductLine gives the line that a build number is of; false when it is of none.
func (k *KB) ProductLine(n buildno.Number) (ProductLine, bool) {
	_, line, ok := k.productLine(n)
	return line, ok
}

// Line gives the product line of a build.
func (k *KB) Line(n buildno.Number) (ProductLine, bool) {
	_, line, ok := k.productLine(n)
	return line, ok
}

func (k *KB) productLine(n buildno.Number) (*Product, ProductLine, bool) {
	for i := range k.Products {
		if line, ok := k.Products[i].line(n); ok {
			return &k.Products[i], line, true
		}
	}
	return nil, ProductLine{}, false
}

// Build gives the row of the tables for a number.
func (k *KB) Build(n buildno.Number) (Build, bool) {
	for i := range k.Products {
		if b, ok := k.Products[i].build(n); ok {
			return b, true
		}
	}
	return Build{}, false
}

// Label names a build as administrators do: "Exchange Server 2016", "CU19
// Mar21SU". The line is given whenever it is known; label is "" and ok false
// when the table has no such build.
func (k *KB) Label(n buildno.Number) (line, label string, ok bool) {
	l, _ := k.ProductLine(n)
	b, ok := k.Build(n)
	if !ok {
		return l.Name, "", false
	}
	return cmp.Or(l.Name, b.Product), b.Label(), true
}
