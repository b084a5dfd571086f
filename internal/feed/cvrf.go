package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"vigie/internal/advisory"
)

type cvrfBranch struct {
	Names    []cvrfName   `xml:"FullProductName"`
	Branches []cvrfBranch `xml:"Branch"`
}

type cvrfName struct {
	ID   string `xml:"ProductID,attr"`
	Name string `xml:",chardata"`
}

type cvrfVulnerability struct {
	Title    string `xml:"Title"`
	CVE      string `xml:"CVE"`
	Statuses []struct {
		Type string   `xml:"Type,attr"`
		IDs  []string `xml:"ProductID"`
	} `xml:"ProductStatuses>Status"`
	Threats []struct {
		Type string `xml:"Type,attr"`
		Text string `xml:"Description"`
	} `xml:"Threats>Threat"`
	Scores []struct {
		Score  float64 `xml:"BaseScore"`
		Vector string  `xml:"Vector"`
	} `xml:"CVSSScoreSets>ScoreSet"`
	Remediations []struct {
		Type       string   `xml:"Type,attr"`
		Text       string   `xml:"Description"`
		URL        string   `xml:"URL"`
		Supersedes string   `xml:"Supercedence"`
		FixedBuild string   `xml:"FixedBuild"`
		IDs        []string `xml:"ProductID"`
	} `xml:"Remediations>Remediation"`
}

// cvrf reads a month of Microsoft (CVRF 1.1 as XML). Rows for the same product repeat; those of Monthly Rollup and Security Only end the same flaw, so
// that each update of a product is enough. A fixed build that is missing leaves the update number.
func (d *draft) cvrf(data []byte) error {
	var v struct {
		XMLName xml.Name
		Title   string `xml:"DocumentTitle"`
		ID      string `xml:"DocumentTracking>Identification>ID"`
		Initial string `xml:"DocumentTracking>InitialReleaseDate"`
		Current string `xml:"DocumentTracking>CurrentReleaseDate"`
		Tree    struct {
			cvrfBranch
		} `xml:"ProductTree"`
		Vulnerabilities []cvrfVulnerability `xml:"Vulnerability"`
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&v); err != nil {
		var s *xml.SyntaxError
		if errors.As(err, &s) && strings.Contains(s.Msg, "unexpected EOF") || errors.Is(err, io.ErrUnexpectedEOF) {
			return refuse("feed.truncated", "fichier coupé", "file is cut off")
		}
		return refuse("feed.xml", "XML illisible", "XML cannot be read")
	}
	if v.XMLName.Local != "cvrfdoc" {
		return errKind
	}
	d.Kind, d.ID, d.Publisher, d.Rank, d.Title = advisory.CVRF, strings.TrimSpace(v.ID), "Microsoft", 1, strings.TrimSpace(v.Title)
	d.Published, d.Updated = at(strings.TrimSpace(v.Initial)), at(strings.TrimSpace(v.Current))
	if d.Updated.IsZero() {
		return errDate
	}
	names := map[string]string{}
	cvrfNames(v.Tree.cvrfBranch, names, csafDepth)
	for _, vu := range v.Vulnerabilities {
		d.Records++
		if d.cve(strings.TrimSpace(vu.CVE)) {
			d.cvrfFlaw(&vu, names)
		}
	}
	return nil
}

func cvrfNames(b cvrfBranch, out map[string]string, depth int) {
	for _, n := range b.Names {
		out[n.ID] = strings.Join(strings.Fields(n.Name), " ")
	}
	if depth > 0 {
		for _, c := range b.Branches {
			cvrfNames(c, out, depth-1)
		}
	}
}

var (
	kbOnly    = regexp.MustCompile(`^\d{6,8}$`)
	buildOnly = regexp.MustCompile(`^\d+(?:\.\d+){2,3}$`)
)

func (d *draft) cvrfFlaw(v *cvrfVulnerability, names map[string]string) {
	cve := strings.TrimSpace(v.CVE)
	url := "https://msrc.microsoft.com/update-guide/vulnerability/" + cve
	d.title(cve, v.Title)
	for _, t := range v.Threats {
		if t.Type == "Exploit Status" && strings.Contains(t.Text, "Exploited:Yes") {
			d.signal(advisory.Signal{CVE: cve, Kind: advisory.Exploited, By: "Microsoft", Date: d.Published.Format("2006-01-02")})
		}
	}
	if len(v.Scores) > 0 {
		d.score(cve, cvss{v.Scores[0].Score, v.Scores[0].Vector})
	}
	for _, st := range v.Statuses {
		if st.Type != "Known Affected" {
			continue
		}
		for _, id := range st.IDs {
			if names[id] == "" {
				continue
			}
			s := advisory.Statement{CVE: cve, Vendor: "Microsoft", Product: names[id], Status: advisory.Affected, URL: url}
			for _, r := range v.Remediations {
				if !slices.Contains(r.IDs, id) {
					continue
				}
				switch r.Type {
				case "Vendor Fix":
					if kb := strings.TrimSpace(r.Text); kbOnly.MatchString(kb) && !slices.Contains(s.KBs, "KB"+kb) {
						s.KBs = append(s.KBs, "KB"+kb)
					}
					for old := range strings.SplitSeq(r.Supersedes, ",") {
						old = strings.TrimPrefix(strings.TrimSpace(old), "KB")
						if kbOnly.MatchString(old) && !slices.Contains(s.Supersedes, "KB"+old) {
							s.Supersedes = append(s.Supersedes, "KB"+old)
						}
					}
					// A KB number, an address or "1.000" stand there too; what has the form of a build is checked against the product by watch.
					if b := strings.Trim(strings.TrimSpace(r.FixedBuild), "\u200b"); b != "" && (s.Below == "" || !buildOnly.MatchString(s.Below)) {
						s.Below = b
					}
				case "Workaround", "Mitigation":
					s.Mitigation = strings.TrimSpace(r.Text)
				}
			}
			d.state(s)
		}
	}
}
