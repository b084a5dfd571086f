package watch

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// CasesFile holds the labelled cases in a folder of knowledge.
const CasesFile = "cases.csv"

// Case is one labelled case: what the vendor's advisory says of a product, as inventories name it, at a version.
type Case struct {
	Vendor, Product, Version, CVE string
	Label                         Status
}

// Measured is how the verdicts on labelled cases came out.
type Measured struct {
	Cases    int                       `json:"cases"`
	Vendors  []string                  `json:"vendors"`
	Products int                       `json:"products"`
	Flaws    int                       `json:"flaws"`
	Table    map[Status]map[Status]int `json:"table"` // label, verdict, count
	// Precision is the share of right ones among the verdicts that are not unknown, Recall the share of labels other than unknown that were given rightly.
	Precision float64  `json:"precision"`
	Recall    float64  `json:"recall"`
	Wrong     []string `json:"wrong,omitempty"`
}

// Cases reads the labelled cases of a folder of knowledge.
func Cases(fsys fs.FS) ([]Case, error) {
	data, err := fs.ReadFile(fsys, path.Join(Folder, CasesFile))
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment, r.FieldsPerRecord = '#', 5
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", CasesFile, err)
	}
	var out []Case
	for i, row := range rows {
		label := Status(row[4])
		if i == 0 {
			continue
		}
		if !slices.Contains(Statuses, label) {
			return nil, fmt.Errorf("%s: row %d: no label %.40q", CasesFile, i+1, row[4])
		}
		out = append(out, Case{row[0], row[1], row[2], row[3], label})
	}
	return out, nil
}

// Measure judges labelled cases.
func (x *Index) Measure(cases []Case) Measured {
	m := Measured{Cases: len(cases), Table: map[Status]map[Status]int{}}
	flaws, products := map[string]bool{}, map[string]bool{}
	given, right, labelled := 0, 0, 0
	for _, c := range cases {
		v := Verdict{CVE: c.CVE, Status: Unknown, Rule: "not-watched"}
		p := x.catalog.Resolve(c.Vendor, c.Product, "")
		if p != nil {
			products[p.ID] = true
			if !slices.Contains(m.Vendors, p.Vendor) {
				m.Vendors = append(m.Vendors, p.Vendor)
			}
			if got, ok := x.Judge(Seen{Product: p, Version: c.Version}, c.CVE); ok {
				v = got
			}
		}
		flaws[c.CVE] = true
		if m.Table[c.Label] == nil {
			m.Table[c.Label] = map[Status]int{}
		}
		m.Table[c.Label][v.Status]++
		if c.Label != Unknown {
			labelled++
		}
		if v.Status != Unknown {
			given++
		}
		if v.Status == c.Label && v.Status != Unknown {
			right++
		}
		if v.Status != c.Label {
			m.Wrong = append(m.Wrong, fmt.Sprintf("%s %s %s %s: %s (%s), labelled %s", c.Vendor, c.Product, c.Version, c.CVE, v.Status, v.Rule, c.Label))
		}
	}
	slices.Sort(m.Vendors)
	m.Flaws, m.Products = len(flaws), len(products)
	if given > 0 {
		m.Precision = float64(right) / float64(given)
	}
	if labelled > 0 {
		m.Recall = float64(right) / float64(labelled)
	}
	return m
}
