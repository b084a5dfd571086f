package feed

import (
	"encoding/json"

	"vigie/internal/advisory"
	"vigie/internal/casefile"
)

// kev reads the Known Exploited Vulnerabilities of CISA (known_exploited_vulnerabilities_schema.json). A due date before the date of addition is accepted:
// the four flaws of Exchange of March 2021 have one.
func (d *draft) kev(data []byte) error {
	var v struct {
		CatalogVersion  string `json:"catalogVersion"`
		DateReleased    string `json:"dateReleased"`
		Count           *int   `json:"count"`
		Vulnerabilities []struct {
			CVE        string `json:"cveID"`
			Vendor     string `json:"vendorProject"`
			Product    string `json:"product"`
			Name       string `json:"vulnerabilityName"`
			Added      string `json:"dateAdded"`
			Ransomware string `json:"knownRansomwareCampaignUse"`
		} `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return jsonError(err)
	}
	if v.Count != nil && *v.Count != len(v.Vulnerabilities) {
		return refuse("feed.count", "le catalogue annonce %d entrées et en a %d", "catalogue announces %d entries and has %d", *v.Count, len(v.Vulnerabilities))
	}
	d.Kind, d.ID, d.Publisher, d.Rank = advisory.KEV, "catalog", "CISA", 3
	d.Title = "Known Exploited Vulnerabilities " + v.CatalogVersion
	d.Updated, d.Records = at(v.DateReleased), len(v.Vulnerabilities)
	if d.Updated.IsZero() {
		return errDate
	}
	seen := map[string]bool{}
	for _, e := range v.Vulnerabilities {
		if !d.cve(e.CVE) || d.twice(seen, e.CVE) {
			continue
		}
		day, ok := d.day(e.CVE, e.Added)
		if !ok {
			continue
		}
		s := advisory.Signal{CVE: e.CVE, Kind: advisory.Exploited, By: "CISA KEV", Date: day, Vendor: e.Vendor, Product: e.Product}
		d.signal(s)
		if e.Ransomware == "Known" {
			s.Kind = advisory.Ransomware
			d.signal(s)
		}
		d.title(e.CVE, e.Name)
	}
	return nil
}

var errDate = refuse("feed.date", "le document n’a pas de date lisible", "document has no readable date")

// twice refuses a record whose id was there before.
func (d *draft) twice(seen map[string]bool, cve string) bool {
	if !seen[cve] {
		seen[cve] = true
		return false
	}
	d.wrong(advisory.Refusal{CVE: cve, Code: "feed.twice", Why: casefile.Text{FR: "L’entrée est en double.", EN: "The entry is there twice."}})
	return true
}

// euKEV reads the list of the CSIRTs Network of the EU: an array, dates in two forms, "-" for nothing.
func (d *draft) euKEV(data []byte) error {
	var list []struct {
		CVE      string `json:"cveID"`
		Vendor   string `json:"vendorProject"`
		Product  string `json:"product"`
		Name     string `json:"vulnerabilityName"`
		Reported string `json:"dateReported"`
		Origin   string `json:"originSource"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return jsonError(err)
	}
	d.Kind, d.ID, d.Publisher, d.Rank, d.Records = advisory.EUKEV, "catalog", "ENISA", 3, len(list)
	d.Title = "EU KEV"
	seen := map[string]bool{}
	for _, e := range list {
		if e.Origin == "" {
			return errKind
		}
		if !d.cve(e.CVE) || d.twice(seen, e.CVE) {
			continue
		}
		day, ok := d.day(e.CVE, e.Reported)
		if !ok {
			continue
		}
		if reported := at(e.Reported); reported.After(d.Updated) {
			d.Updated = reported
		}
		d.signal(advisory.Signal{CVE: e.CVE, Kind: advisory.Exploited, By: "EU KEV", Date: day, Vendor: e.Vendor, Product: e.Product})
		if e.Name != "-" {
			d.title(e.CVE, e.Name)
		}
	}
	return nil
}
