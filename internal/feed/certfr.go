package feed

import (
	"encoding/json"
	"strings"
	"time"

	"vigie/internal/advisory"
)

// certFR reads one notice of CERT-FR (/avis/{ref}/json/, /alerte/{ref}/json/). Its systems are told in words: it joins flaws through their CVE numbers,
// and an alert is a sign as strong as KEV. The newest revision dates it.
func (d *draft) certFR(data []byte) error {
	var v struct {
		Reference string `json:"reference"`
		Title     string `json:"title"`
		CVEs      []struct {
			Name string `json:"name"`
		} `json:"cves"`
		Revisions []struct {
			Date string `json:"revision_date"`
		} `json:"revisions"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return jsonError(err)
	}
	if !strings.HasPrefix(v.Reference, "CERT") {
		return errKind
	}
	d.Kind, d.ID, d.Publisher, d.Rank, d.Title = advisory.CERTFR, v.Reference, "CERT-FR", 3, v.Title
	for _, r := range v.Revisions {
		day, ok := when(r.Date)
		if !ok {
			continue
		}
		if d.Published.IsZero() || day.Before(d.Published) {
			d.Published = day
		}
		if day.After(d.Updated) {
			d.Updated = day
		}
	}
	if d.Updated.IsZero() {
		return errDate
	}
	kind, page := advisory.Notice, "avis"
	if strings.Contains(v.Reference, "-ALE-") {
		kind, page = advisory.Alert, "alerte"
	}
	d.URL = "https://www.cert.ssi.gouv.fr/" + page + "/" + v.Reference + "/"
	d.Records = 1 + len(v.CVEs) // notices of the first years name no CVE
	seen := map[string]bool{}
	for _, c := range v.CVEs {
		if d.cve(c.Name) && !d.twice(seen, c.Name) {
			d.signal(advisory.Signal{CVE: c.Name, Kind: kind, By: "CERT-FR", Date: d.Published.Format(time.DateOnly), Ref: v.Reference})
		}
	}
	return nil
}
