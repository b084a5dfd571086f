package feed

import (
	"bytes"

	"go.yaml.in/yaml/v3"

	"vigie/internal/advisory"
	"vigie/internal/casefile"
)

// handFile is an advisory that a person wrote, for publishers without a feed that a machine can read. Its form is told in knowledge/README.md.
type handFile struct {
	ID        string   `yaml:"vigie_advisory"`
	CVEs      []string `yaml:"cves"`
	Title     string   `yaml:"title"`
	Publisher string   `yaml:"publisher"` // whose words it repeats
	Published string   `yaml:"published"`
	Exploited string   `yaml:"exploited"` // since when, "" when nobody says so
	Public    string   `yaml:"public_exploit"`
	NoLogin   bool     `yaml:"no_login"`
	Source    string   `yaml:"source"`
	Date      string   `yaml:"date"` // state of the source that was read
	Certainty string   `yaml:"certainty"`
	Products  []struct {
		Product    string `yaml:"product"`
		Needs      string `yaml:"needs"`
		Mitigation string `yaml:"mitigation"`
		// Rest is what the publisher says of versions that are not named.
		Rest     advisory.Status `yaml:"rest"`
		Affected []struct {
			From  string   `yaml:"from"`
			Below string   `yaml:"below"`
			UpTo  string   `yaml:"up_to"`
			KBs   []string `yaml:"kbs"`
		} `yaml:"affected"`
		NotAffected []struct {
			From   string `yaml:"from"`
			Below  string `yaml:"below"`
			UpTo   string `yaml:"up_to"`
			Reason string `yaml:"reason"`
		} `yaml:"not_affected"`
	} `yaml:"products"`
}

// hand reads an advisory written by hand. It must be right in every field: it outranks the vendor.
func (d *draft) hand(data []byte) error {
	if len(data) > 1<<20 {
		return refuse("feed.size", "plus de %d Mio", "over %d MiB", 1)
	}
	var v handFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&v); err != nil {
		return &Error{"feed.yaml", casefile.Text{FR: cut("YAML inutilisable : " + err.Error()), EN: cut("unusable YAML: " + err.Error())}}
	}
	d.Kind, d.ID, d.Publisher, d.Title, d.URL = advisory.Hand, v.ID, v.Publisher, v.Title, v.Source
	d.Published, d.Updated = at(v.Published), at(v.Date)
	if d.Published.IsZero() || d.Updated.IsZero() {
		return errDate
	}
	if v.Certainty != "sourced" && v.Certainty != "recalled" {
		return refuse("feed.certainty", "certainty doit être sourced ou recalled", "certainty must be sourced or recalled")
	}
	d.Recalled = v.Certainty == "recalled"
	if v.Source == "" || len(v.CVEs) == 0 || len(v.Products) == 0 {
		return refuse("feed.missing", "source, CVE ou produit manquants", "source, CVE or product is missing")
	}
	for _, cve := range v.CVEs {
		if !cveForm.MatchString(cve) {
			return refuse("feed.cve", "%.60q n’est pas une CVE", "%.60q is no CVE", cve)
		}
		d.title(cve, v.Title)
		for _, s := range []advisory.Signal{{Kind: advisory.Exploited, Date: v.Exploited}, {Kind: advisory.Public, Date: v.Public}} {
			if s.Date == "" {
				continue
			}
			if s.Date, _ = d.day(cve, s.Date); s.Date != "" {
				s.CVE, s.By = cve, v.Publisher
				d.signal(s)
			}
		}
		if v.NoLogin {
			d.signal(advisory.Signal{CVE: cve, Kind: advisory.NoLogin, By: v.Publisher, Date: v.Published})
		}
		for _, p := range v.Products {
			d.Records++
			base := advisory.Statement{CVE: cve, Product: p.Product, Rest: p.Rest, Needs: p.Needs, Mitigation: p.Mitigation, URL: v.Source}
			for _, r := range p.Affected {
				s := base
				s.Status, s.From, s.Below, s.UpTo, s.KBs = advisory.Affected, r.From, r.Below, r.UpTo, r.KBs
				d.state(s)
			}
			for _, r := range p.NotAffected {
				s := base
				s.Status, s.From, s.Below, s.UpTo, s.Reason = advisory.NotAffected, r.From, r.Below, r.UpTo, r.Reason
				d.state(s)
			}
		}
	}
	return nil
}
