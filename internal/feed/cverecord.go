package feed

import (
	"encoding/json"
	"strings"

	"vigie/internal/advisory"
)

// cveMetric is what is used of a score: CVSS vectors and what CISA's Vulnrichment adds (SSVC).
type cveMetric struct {
	V31   *cvss `json:"cvssV3_1"`
	V40   *cvss `json:"cvssV4_0"`
	Other *struct {
		Type    string          `json:"type"`
		Content json.RawMessage `json:"content"`
	} `json:"other"`
}

type cvss struct {
	Score  float64 `json:"baseScore"`
	Vector string  `json:"vectorString"`
}

type cveAffected struct {
	Vendor   string   `json:"vendor"`
	Product  string   `json:"product"`
	Default  string   `json:"defaultStatus"`
	CPEs     []string `json:"cpes"`
	Versions []struct {
		Version     string `json:"version"`
		Status      string `json:"status"`
		LessThan    string `json:"lessThan"`
		LessOrEqual string `json:"lessThanOrEqual"`
		Changes     []struct {
			At     string `json:"at"`
			Status string `json:"status"`
		} `json:"changes"`
	} `json:"versions"`
}

// cveRecord reads a record of the CVE List (CVE JSON 5) with the container of CISA's Vulnrichment. Versions are read by the schema's rules: entries that
// hold the version, their changes in order, else the default of the product.
func (d *draft) cveRecord(data []byte) error {
	var v struct {
		DataType string `json:"dataType"`
		Meta     struct {
			ID        string `json:"cveId"`
			State     string `json:"state"`
			Assigner  string `json:"assignerShortName"`
			Published string `json:"datePublished"`
			Updated   string `json:"dateUpdated"`
		} `json:"cveMetadata"`
		Containers struct {
			CNA struct {
				Title    string        `json:"title"`
				Public   string        `json:"datePublic"`
				Affected []cveAffected `json:"affected"`
				Metrics  []cveMetric   `json:"metrics"`
			} `json:"cna"`
			ADP []struct {
				Title   string      `json:"title"`
				Metrics []cveMetric `json:"metrics"`
			} `json:"adp"`
		} `json:"containers"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return jsonError(err)
	}
	id := v.Meta.ID
	if v.DataType != "CVE_RECORD" || !cveForm.MatchString(id) {
		return errKind
	}
	d.Kind, d.ID, d.Publisher, d.Rank = advisory.CVE5, id, v.Meta.Assigner, 2
	d.URL, d.Title = "https://www.cve.org/CVERecord?id="+id, v.Containers.CNA.Title
	d.Published, d.Updated = at(v.Meta.Published), at(v.Meta.Updated)
	if public := at(v.Containers.CNA.Public); !public.IsZero() && public.Before(d.Published) {
		d.Published = public
	}
	if d.Updated.IsZero() {
		return errDate
	}
	d.Records = 1
	if v.Meta.State == "REJECTED" {
		return nil // says that there is no such flaw: takes the place of what was said before
	}
	d.title(id, v.Containers.CNA.Title)
	d.metrics(id, v.Containers.CNA.Metrics)
	for _, a := range v.Containers.CNA.Affected {
		d.Records++
		d.affected(id, a)
	}
	for _, p := range v.Containers.ADP {
		d.metrics(id, p.Metrics)
	}
	return nil
}

func (d *draft) affected(id string, a cveAffected) {
	s := advisory.Statement{CVE: id, Vendor: a.Vendor, Product: a.Product, Rest: status(a.Default), URL: d.URL}
	if a.Default == "" {
		s.Rest = "" // the schema's default is "unknown", which says nothing
	}
	if len(a.CPEs) > 0 {
		s.CPE = cpeName(a.CPEs[0])
	}
	if len(a.Versions) == 0 {
		s.Status, s.Rest = status(a.Default), ""
		if s.Status == advisory.Affected || s.Status == advisory.NotAffected {
			d.state(s)
		}
		return
	}
	for _, r := range a.Versions {
		one := s
		one.Status = status(r.Status)
		switch {
		case r.LessThan != "":
			one.From, one.Below = r.Version, r.LessThan
		case r.LessOrEqual != "":
			one.From, one.UpTo = r.Version, r.LessOrEqual
		default:
			one.Exact = r.Version
		}
		// A change ends the range at a fix in the middle of it; what comes after has the status of the change.
		for _, c := range r.Changes {
			if one.Status == advisory.Affected && status(c.Status) == advisory.NotAffected {
				before := one
				before.Below, before.UpTo, before.Exact = c.At, "", ""
				before.From = r.Version
				d.state(before)
				one.Status = ""
				break
			}
		}
		if one.Status != "" {
			d.state(one)
		}
	}
}

func status(s string) advisory.Status {
	switch s {
	case "affected":
		return advisory.Affected
	case "unaffected":
		return advisory.NotAffected
	}
	return advisory.Unknown
}

// metrics takes signals from scores. The case of the words of SSVC varies.
func (d *draft) metrics(id string, list []cveMetric) {
	for _, m := range list {
		for _, c := range []*cvss{m.V31, m.V40} {
			if c != nil {
				d.score(id, *c)
			}
		}
		if m.Other == nil || m.Other.Type != "ssvc" {
			continue
		}
		var ssvc struct {
			Options   []map[string]string `json:"options"`
			Timestamp string              `json:"timestamp"`
		}
		if json.Unmarshal(m.Other.Content, &ssvc) != nil {
			continue // a form of its own of another publisher
		}
		for _, o := range ssvc.Options {
			for k, word := range o {
				s := advisory.Signal{CVE: id, By: "CISA SSVC"}
				switch strings.ToLower(k + "=" + word) {
				case "exploitation=active":
					s.Kind = advisory.Exploited
				case "exploitation=poc":
					s.Kind = advisory.Public
				case "automatable=yes":
					s.Kind = advisory.Automatable
				case "technical impact=total":
					s.Kind = advisory.Total
				default:
					continue
				}
				if s.Date, _ = d.day(id, ssvc.Timestamp); s.Date != "" {
					d.signal(s)
				}
			}
		}
	}
}

// score takes from a CVSS score what raises a level.
func (d *draft) score(id string, c cvss) {
	day := d.Published
	if day.IsZero() {
		day = d.Updated
	}
	s := advisory.Signal{CVE: id, By: d.Publisher, Date: day.Format("2006-01-02")}
	if c.Score >= 9 && c.Score <= 10 {
		s.Kind = advisory.Severe
		d.signal(s)
	}
	if strings.Contains(c.Vector, "/AV:N") && strings.Contains(c.Vector, "/PR:N") && strings.Contains(c.Vector, "/UI:N") {
		s.Kind = advisory.NoLogin
		d.signal(s)
	}
}

// cpeName gives vendor:product of a CPE 2.2 or 2.3 name, "" when it is none.
func cpeName(cpe string) string {
	cpe, ok := strings.CutPrefix(cpe, "cpe:2.3:")
	if !ok {
		if cpe, ok = strings.CutPrefix(cpe, "cpe:/"); !ok {
			return ""
		}
	}
	f := strings.Split(strings.ReplaceAll(cpe, `\`, ""), ":")
	if len(f) < 3 {
		return ""
	}
	return strings.ToLower(f[1] + ":" + f[2])
}
