package kb

import (
	"slices"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/diag"
)

// PublisherRecord is what a publisher's record says of one CVE and one
// cumulative update: one entry of records.yml.
type PublisherRecord struct {
	CVE       string `yaml:"cve" json:"cve"`
	Publisher string `yaml:"publisher" json:"publisher"`
	Line      string `yaml:"line" json:"line"`
	CU        string `yaml:"cu" json:"cu"`
	// Below is what the record gives as the first fixed build, as it is written there: it need be no build.
	Below  string `yaml:"below" json:"below"`
	Source string `yaml:"source" json:"source"`
	URL    string `yaml:"url" json:"url"`
	Date   string `yaml:"date" json:"date"`
}

// Quarantined is a record that is not used, and why.
type Quarantined struct {
	PublisherRecord
	Why  casefile.Text    `json:"why"`
	Used []buildno.Number `json:"used"` // what the table has for that cumulative update instead
}

// Quarantine gives the records of publishers that cannot be true as they stand,
// in their order: the first fixed build of a cumulative update has the same
// first three parts as that update. They are never used, and always told.
func (k *KB) Quarantine() []Quarantined {
	var out []Quarantined
	for i := range k.Products {
		p := &k.Products[i]
		for _, r := range p.Records {
			why, wrong := p.doubt(r)
			if !wrong {
				continue
			}
			q := Quarantined{PublisherRecord: r, Why: why}
			if f := p.fix(r.CVE); f != nil {
				for _, n := range f.FixedIn {
					if b, ok := p.build(n); ok && b.Product == r.Line && b.CU == r.CU {
						q.Used = append(q.Used, n)
					}
				}
			}
			out = append(out, q)
		}
	}
	return out
}

// doubt says what is wrong with a record.
func (p *Product) doubt(r PublisherRecord) (casefile.Text, bool) {
	n, err := buildno.Parse(r.Below)
	if err != nil {
		return both("L'éditeur écrit %[1]s au lieu d'une version corrigée.", "The publisher writes %[1]s in place of a fixed build.", diag.Quote(r.Below)), true
	}
	for _, b := range p.Builds {
		if b.Product == r.Line && b.CU == r.CU && buildno.SameBranch(b.Number, n) {
			return casefile.Text{}, false
		}
	}
	for _, b := range p.Builds {
		if buildno.SameBranch(b.Number, n) {
			return both("La version %[1]s appartient à %[2]s, et non à %[3]s.", "Build %[1]s is of %[2]s, not of %[3]s.", n, b.Product+" "+b.CU, r.Line+" "+r.CU), true
		}
	}
	return both("La version %[1]s n'est d'aucune mise à jour cumulative connue.", "Build %[1]s is of no known cumulative update.", n), true
}

// records checks records.yml of a product.
func (l *linter) records(p *Product) {
	known := make([]string, len(p.Fixes))
	for i, f := range p.Fixes {
		known[i] = f.CVE
	}
	for i := range p.Records {
		r := &p.Records[i]
		l.word(l.at(&r.CVE, r), "CVE", r.CVE, known)
		l.word(l.at(&r.Line, r), "line", r.Line, p.lineNames())
		if !slices.ContainsFunc(p.Builds, func(b Build) bool { return b.Product == r.Line && b.CU == r.CU }) {
			l.add(l.at(&r.CU, r), "kb.record.cu", "", "%s has no %s", r.Line, diag.Quote(r.CU))
		}
		if r.Publisher == "" || r.Below == "" {
			l.add(l.at(r), "kb.missing", "", "publisher or build of the record is missing")
		}
		l.https(l.at(&r.URL, r), r.URL)
		l.fact("record of "+r.CVE, &r.Source, &r.Date, r)
	}
}
