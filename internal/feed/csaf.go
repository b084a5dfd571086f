package feed

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"vigie/internal/advisory"
)

type csafProduct struct {
	Name   string `json:"name"`
	ID     string `json:"product_id"`
	Helper struct {
		CPE string `json:"cpe"`
	} `json:"product_identification_helper"`
}

type csafBranch struct {
	Category string       `json:"category"`
	Name     string       `json:"name"`
	Product  *csafProduct `json:"product"`
	Branches []csafBranch `json:"branches"`
}

type csafVulnerability struct {
	CVE    string              `json:"cve"`
	Title  string              `json:"title"`
	Status map[string][]string `json:"product_status"`
	Flags  []struct {
		Label string   `json:"label"`
		IDs   []string `json:"product_ids"`
	} `json:"flags"`
	Remediations []struct {
		Category string   `json:"category"`
		Details  string   `json:"details"`
		IDs      []string `json:"product_ids"`
		URL      string   `json:"url"`
	} `json:"remediations"`
	Scores []struct {
		V3 *cvss `json:"cvss_v3"`
	} `json:"scores"`
	Threats []struct {
		Category string `json:"category"`
		Details  string `json:"details"`
	} `json:"threats"`
}

// csafDepth bounds the nesting of branches: vendor, family, name, version and architecture make five.
const csafDepth = 32

// meant is a product of a document: which product, and which versions of it.
type meant struct {
	vendor, product, cpe, from, below, upto, exact string
	ok                                             bool // its range could be read
	text                                           string
}

// csaf reads CSAF 2.0: advisories and VEX. Products resolve through branches, full names and relationships.
func (d *draft) csaf(data []byte) error {
	var v struct {
		Document struct {
			Title     string `json:"title"`
			Publisher struct {
				Name      string `json:"name"`
				Category  string `json:"category"`
				Namespace string `json:"namespace"`
			} `json:"publisher"`
			Tracking struct {
				ID      string `json:"id"`
				Initial string `json:"initial_release_date"`
				Current string `json:"current_release_date"`
			} `json:"tracking"`
			References []struct {
				Category string `json:"category"`
				URL      string `json:"url"`
			} `json:"references"`
		} `json:"document"`
		Tree struct {
			Branches      []csafBranch  `json:"branches"`
			FullNames     []csafProduct `json:"full_product_names"`
			Relationships []struct {
				Product csafProduct `json:"full_product_name"`
				Of      string      `json:"product_reference"`
			} `json:"relationships"`
		} `json:"product_tree"`
		Vulnerabilities []csafVulnerability `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return jsonError(err)
	}
	doc := &v.Document
	d.Kind, d.Publisher, d.Title = advisory.CSAF, doc.Publisher.Name, doc.Title
	if doc.Tracking.ID == "" || doc.Publisher.Namespace == "" {
		return refuse("feed.id", "le document n’a pas d’identifiant", "document has no id")
	}
	d.ID = doc.Publisher.Namespace + " " + doc.Tracking.ID
	d.Rank = 3
	if doc.Publisher.Category == "vendor" {
		d.Rank = 1
	}
	d.Published, d.Updated = at(doc.Tracking.Initial), at(doc.Tracking.Current)
	if d.Updated.IsZero() {
		return errDate
	}
	for _, r := range doc.References {
		if r.Category == "self" && strings.HasPrefix(r.URL, "https://") {
			d.URL = r.URL
			break
		}
	}
	products := map[string]meant{}
	csafTree(v.Tree.Branches, meant{}, products, csafDepth)
	for _, p := range v.Tree.FullNames {
		if _, ok := products[p.ID]; !ok {
			products[p.ID] = meant{product: p.Name, cpe: cpeName(p.Helper.CPE), ok: true}
		}
	}
	for _, r := range v.Tree.Relationships {
		if m, ok := products[r.Of]; ok { // a product on or in another: the part is what has the flaw
			products[r.Product.ID] = m
		}
	}
	d.Records = 1
	for _, vu := range v.Vulnerabilities {
		d.Records++
		if vu.CVE != "" && d.cve(vu.CVE) {
			d.csafFlaw(&vu, products)
		}
	}
	return nil
}

// csafTree walks the branches: a name of vendor or product holds for what is below it.
func csafTree(list []csafBranch, in meant, out map[string]meant, depth int) {
	if depth == 0 {
		return
	}
	for _, b := range list {
		m := in
		switch b.Category {
		case "vendor":
			m.vendor = b.Name
		case "product_name":
			m.product = b.Name
		case "product_version":
			m.exact, m.text = b.Name, b.Name
			m.ok = true
		case "product_version_range":
			m.text = b.Name
			m.from, m.below, m.upto, m.exact, m.ok = span(b.Name)
		}
		if b.Product != nil && b.Product.ID != "" {
			p := m
			if p.text == "" {
				p.ok = true
			}
			if p.product == "" {
				p.product = b.Product.Name
			}
			if p.cpe = cpeName(b.Product.Helper.CPE); p.cpe == "" {
				p.cpe = m.cpe
			}
			out[b.Product.ID] = p
		}
		csafTree(b.Branches, m, out, depth-1)
	}
}

var spanForm = regexp.MustCompile(`^(?:vers:[a-z]+/)?(?:[A-Za-z]+/)?(?:(>=)\s*([^\s|<>=,]+)\s*[|,]?\s*)?(<=|<)\s*([^|<>=,]+)$`)

// span reads the ranges that publishers write in words of their own: "<1.2.3", ">=7.4.0|<=7.4.4", "vers:generic/>=7.2.0|<7.2.9".
func span(s string) (from, below, upto, exact string, ok bool) {
	m := spanForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", "", "", "", false
	}
	end := strings.TrimSpace(m[4])
	if m[3] == "<" {
		return m[2], end, "", "", true
	}
	return m[2], "", end, "", true
}

func (d *draft) csafFlaw(v *csafVulnerability, products map[string]meant) {
	d.title(v.CVE, v.Title)
	if v.Title == "" {
		d.title(v.CVE, d.Title)
	}
	for _, s := range v.Scores {
		if s.V3 != nil {
			d.score(v.CVE, *s.V3)
			break
		}
	}
	for _, t := range v.Threats {
		if t.Category == "exploit_status" && strings.Contains(t.Details, "Exploited:Yes") {
			d.signal(advisory.Signal{CVE: v.CVE, Kind: advisory.Exploited, By: d.Publisher, Date: d.Published.Format("2006-01-02")})
		}
	}
	for _, g := range []struct {
		name   string
		status advisory.Status
	}{{"known_affected", advisory.Affected}, {"first_affected", advisory.Affected}, {"last_affected", advisory.Affected},
		{"fixed", advisory.Fixed}, {"first_fixed", advisory.Fixed}, {"known_not_affected", advisory.NotAffected}, {"under_investigation", advisory.Unknown}} {
		for _, id := range slices.Compact(v.Status[g.name]) {
			m, ok := products[id]
			if !ok {
				continue
			}
			s := advisory.Statement{CVE: v.CVE, Vendor: m.vendor, Product: m.product, CPE: m.cpe, Status: g.status,
				From: m.from, Below: m.below, UpTo: m.upto, Exact: m.exact, URL: d.URL}
			if !m.ok {
				s.Exact = m.text // unreadable as a range; watch refuses it as a version, and tells
			}
			for _, f := range v.Flags {
				if slices.Contains(f.IDs, id) {
					s.Reason = f.Label
				}
			}
			for _, r := range v.Remediations {
				if !slices.Contains(r.IDs, id) {
					continue
				}
				switch r.Category {
				case "vendor_fix":
					s.KBs = append(s.KBs, kbNumbers(r.Details+" "+r.URL)...)
				case "workaround", "mitigation":
					s.Mitigation = r.Details
				}
			}
			d.state(s)
		}
	}
}

var kbForm = regexp.MustCompile(`\bKB ?(\d{6,8})\b`)

// kbNumbers finds numbers of updates of Microsoft in a text, at most ten.
func kbNumbers(text string) (out []string) {
	for _, m := range kbForm.FindAllStringSubmatch(text, 10) {
		if kb := "KB" + m[1]; !slices.Contains(out, kb) {
			out = append(out, kb)
		}
	}
	return out
}
