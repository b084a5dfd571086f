package feed

import (
	"bytes"
	"encoding/json"
	"strings"

	"vigie/internal/advisory"
)

// nvdCVE is what is used of an entry of NVD 2.0.
type nvdCVE struct {
	ID        string `json:"id"`
	Status    string `json:"vulnStatus"`
	Published string `json:"published"`
	Modified  string `json:"lastModified"`
	Metrics   struct {
		V31 []struct {
			Data cvss `json:"cvssData"`
		} `json:"cvssMetricV31"`
	} `json:"metrics"`
	Configurations []struct {
		Operator string    `json:"operator"`
		Negate   bool      `json:"negate"`
		Nodes    []nvdNode `json:"nodes"`
	} `json:"configurations"`
}

type nvdNode struct {
	Negate bool `json:"negate"`
	Match  []struct {
		Vulnerable bool   `json:"vulnerable"`
		Criteria   string `json:"criteria"`
		From       string `json:"versionStartIncluding"`
		After      string `json:"versionStartExcluding"`
		Below      string `json:"versionEndExcluding"`
		UpTo       string `json:"versionEndIncluding"`
	} `json:"cpeMatch"`
}

// nvd reads an answer of the API 2.0 or a yearly file, entry by entry: a year has 150 MB.
func (d *draft) nvd(top map[string]json.RawMessage) error {
	var format, stamp string
	if json.Unmarshal(top["format"], &format) != nil || format != "NVD_CVE" {
		return errKind
	}
	_ = json.Unmarshal(top["timestamp"], &stamp) // without one the document has no date, which is refused below
	d.Kind, d.Publisher, d.Rank, d.Title = advisory.NVD, "NVD", 4, "NVD CVE 2.0"
	if d.Updated = at(stamp); d.Updated.IsZero() {
		return errDate
	}
	dec := json.NewDecoder(bytes.NewReader(top["vulnerabilities"]))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('[') {
		return refuse("feed.type", "vulnerabilities n’est pas une liste", "vulnerabilities is no list")
	}
	seen := map[string]bool{}
	for dec.More() {
		var e struct {
			CVE nvdCVE `json:"cve"`
		}
		if err := dec.Decode(&e); err != nil {
			return jsonError(err)
		}
		d.Records++
		if d.ID == "" {
			d.ID = "from " + e.CVE.ID
		}
		if d.cve(e.CVE.ID) && !d.twice(seen, e.CVE.ID) {
			d.nvdEntry(&e.CVE)
		}
	}
	return nil
}

// nvdOne reads one entry that stands alone in a file.
func (d *draft) nvdOne(data []byte) error {
	var e nvdCVE
	if err := json.Unmarshal(data, &e); err != nil {
		return jsonError(err)
	}
	if !cveForm.MatchString(e.ID) {
		return errKind
	}
	d.Kind, d.ID, d.Publisher, d.Rank, d.Title, d.Records = advisory.NVD, e.ID, "NVD", 4, e.ID, 1
	d.Published, d.Updated = at(e.Published), at(e.Modified)
	if d.Updated.IsZero() {
		return errDate
	}
	d.nvdEntry(&e)
	return nil
}

// nvdEntry takes the ranges of an entry. A configuration is a tree of AND and OR: only those are taken where each vulnerable product is vulnerable by
// itself. Flattening the others raises false alarms, and is left to better sources.
func (d *draft) nvdEntry(e *nvdCVE) {
	if e.Status == "Rejected" {
		return
	}
	url := "https://nvd.nist.gov/vuln/detail/" + e.ID
	for _, m := range e.Metrics.V31 {
		d.score(e.ID, m.Data)
		break // the first is the primary one
	}
	for _, c := range e.Configurations {
		if c.Negate || c.Operator == "AND" {
			continue
		}
		for _, n := range c.Nodes {
			if n.Negate {
				continue
			}
			for _, m := range n.Match {
				f := strings.Split(m.Criteria, ":")
				if !m.Vulnerable || len(f) < 13 {
					continue
				}
				s := advisory.Statement{CVE: e.ID, Vendor: f[3], Product: f[4], CPE: cpeName(m.Criteria), Status: advisory.Affected, From: m.From, Below: m.Below, UpTo: m.UpTo, URL: url}
				if m.After != "" || s.Below == "" && s.UpTo == "" && (f[5] == "*" || f[5] == "-" || f[6] != "*") {
					continue // "all versions" and named levels say too little for a verdict
				}
				if s.Below == "" && s.UpTo == "" {
					s.Exact = f[5]
				}
				d.state(s)
			}
		}
	}
}
