package export

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
)

// mispDocument is an event as MISP exchanges it. Numbers are texts there.
type mispDocument struct {
	Event mispEvent `json:"Event"`
}

type mispEvent struct {
	UUID         string          `json:"uuid"`
	Info         string          `json:"info"`
	Date         string          `json:"date"`
	ThreatLevel  string          `json:"threat_level_id"` // 1 high … 4 undefined
	Analysis     string          `json:"analysis"`        // 2: completed
	Distribution string          `json:"distribution"`    // 0: only the organisation that imports it, which decides
	Published    bool            `json:"published"`
	Timestamp    string          `json:"timestamp"`
	Orgc         mispOrg         `json:"Orgc"`
	Tag          []mispTag       `json:"Tag"`
	Attribute    []mispAttribute `json:"Attribute"`
}

type mispOrg struct {
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

type mispTag struct {
	Name string `json:"name"`
}

type mispAttribute struct {
	UUID         string    `json:"uuid"`
	Type         string    `json:"type"`
	Category     string    `json:"category"`
	Value        string    `json:"value"`
	ToIDS        bool      `json:"to_ids"`
	Distribution string    `json:"distribution"` // 5: as the event
	Timestamp    string    `json:"timestamp"`
	Comment      string    `json:"comment"`
	Tag          []mispTag `json:"Tag,omitempty"`
}

func (j *job) misp() mispDocument {
	at := decimal(j.at.Unix())
	e := mispEvent{UUID: j.id("misp"), Info: j.title(), Date: j.at.Format(time.DateOnly), ThreatLevel: j.threat(), Analysis: "2", Distribution: "0", Timestamp: at,
		Orgc: mispOrg{Name: "Vigie", UUID: uuid5(space, []byte("misp-org"))}, Tag: []mispTag{{"tlp:" + strings.ToLower(j.tlp())}}, Attribute: []mispAttribute{}}
	seen := map[[2]string]bool{} // MISP refuses the same value twice
	add := func(a mispAttribute) {
		if k := [2]string{a.Type, a.Value}; a.Value != "" && !seen[k] {
			seen[k] = true
			a.UUID, a.Distribution, a.Timestamp = j.id("misp", a.Type, a.Value), "5", at
			e.Attribute = append(e.Attribute, a)
		}
	}
	for _, x := range j.indicators() {
		why := j.because(x.findings)
		if x.sha256 == "" {
			add(mispAttribute{Type: "ip-src", Category: "Network activity", Value: x.addr.String(), ToIDS: succeeded(x.findings), Comment: why})
			continue
		}
		if name := strings.ReplaceAll(x.name, "|", "_"); name != "" {
			add(mispAttribute{Type: "filename|sha256", Category: "Payload installation", Value: name + "|" + x.sha256, ToIDS: true, Comment: why})
		} else {
			add(mispAttribute{Type: "sha256", Category: "Payload installation", Value: x.sha256, ToIDS: true, Comment: why})
		}
		add(mispAttribute{Type: "uri", Category: "Network activity", Value: x.url, Comment: why})
	}
	for _, cve := range j.cves() {
		add(mispAttribute{Type: "vulnerability", Category: "External analysis", Value: cve})
	}
	for i := range j.Case.Findings {
		f := &j.Case.Findings[i]
		if !hostile(f) || j.dismissed(f) {
			continue
		}
		var tags []mispTag
		for _, t := range f.Attack {
			tags = append(tags, mispTag{`vigie:attack="` + t + `"`})
		}
		add(mispAttribute{Type: "text", Category: "Other", Value: strings.TrimSpace(f.ID + " " + utc(f.Time) + " " + string(f.Stage) + " (" + string(f.Confidence) + "): " + j.say(f.Title)), Tag: tags,
			Comment: f.Flaw})
	}
	return mispDocument{e}
}

// title names the case without naming the client: what is exported leaves the house.
func (j *job) title() string {
	worst, flaws := casefile.NotAffected, []string{}
	for i := range j.Case.Hosts {
		h := &j.Case.Hosts[i]
		if h.Verdict.Rank() < worst.Rank() {
			worst = h.Verdict
		}
		for k := range h.Flaws {
			if f := &h.Flaws[k]; f.Verdict.Rank() <= casefile.Targeted.Rank() && f.Verdict != casefile.Undetermined && !slices.Contains(flaws, f.ID) {
				flaws = append(flaws, f.ID)
			}
		}
	}
	slices.Sort(flaws)
	return strings.TrimSuffix("Vigie: "+string(worst)+", "+strings.Join(flaws, " "), ", ")
}

// threat is the level of MISP for the worst verdict.
func (j *job) threat() string {
	level := "4"
	for i := range j.Case.Hosts {
		switch j.Case.Hosts[i].Verdict {
		case casefile.Confirmed:
			return "1"
		case casefile.Suspected:
			level = "2"
		case casefile.Targeted:
			level = min(level, "3")
		}
	}
	return level
}

// tlp is the sharing mark of the case, AMBER where nobody set one: what is found at a client is his.
func (j *job) tlp() string {
	mark := "AMBER"
	if j.Ledger != nil {
		mark = cmp.Or(strings.TrimPrefix(strings.ToUpper(j.Ledger.Subject.TLP), "TLP:"), mark)
	}
	return mark
}

// because names the findings that show an indicator, the first ones.
func (j *job) because(list []*casefile.Finding) string {
	const most = 5
	var b strings.Builder
	for i, f := range list {
		if i == most {
			b.WriteString(" (+" + decimal(int64(len(list)-most)) + ")")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.ID + " " + j.say(f.Title))
	}
	return b.String()
}

// succeeded tells whether one of the findings shows more than an attempt: only then is an address worth an alarm elsewhere.
func succeeded(list []*casefile.Finding) bool {
	return slices.ContainsFunc(list, func(f *casefile.Finding) bool { return f.Stage == casefile.Success || f.Stage == casefile.FollowUp })
}

// cves are those of the flaws that were used or tried, sorted.
func (j *job) cves() (list []string) {
	for i := range j.Case.Hosts {
		for k := range j.Case.Hosts[i].Flaws {
			f := &j.Case.Hosts[i].Flaws[k]
			if len(f.Reasons) > 0 && f.Verdict.Rank() <= casefile.Targeted.Rank() {
				list = append(list, f.CVEs...)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
