package main

import (
	"cmp"
	"fmt"
	"slices"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// shownBuild is a row of the table of builds as JSON.
type shownBuild struct {
	Build      buildno.Number `json:"build"`
	Line       string         `json:"line"`
	Label      string         `json:"label"`
	Released   string         `json:"released"`
	KB         string         `json:"kb,omitempty"`
	Confidence string         `json:"confidence,omitempty"` // of the KB number
}

func rowOf(b kb.Build) shownBuild {
	return shownBuild{b.Number, b.Product, b.Label(), b.Released, b.KB, b.Confidence}
}

// showTables tells what the tables hold, and what was set aside.
func (t *terminal) showTables(k *kb.KB, p *kb.Product, asJSON bool) error {
	newest := map[string]kb.Build{}
	recalled := 0
	for _, b := range p.Builds {
		newest[b.Product] = b
		if b.Confidence == "recalled" {
			recalled++
		}
	}
	quarantine := k.Quarantine()
	if asJSON {
		out := struct {
			Product    string           `json:"product"`
			Tables     tables           `json:"tables"`
			Builds     int              `json:"builds"`
			CVEs       int              `json:"cves"`
			Newest     []shownBuild     `json:"newest"`
			Quarantine []kb.Quarantined `json:"quarantine"`
		}{p.ID, tablesOf(p), len(p.Builds), len(p.Fixes), []shownBuild{}, append([]kb.Quarantined{}, quarantine...)}
		for _, l := range p.Lines {
			if b, ok := newest[l.Name]; ok {
				out.Newest = append(out.Newest, rowOf(b))
			}
		}
		return writeJSON(t.out, out)
	}
	fmt.Fprintln(t.out, t.say(text{"%s : %d versions, %d CVE, %d numéros de mise à jour cités de mémoire", "%s: %d builds, %d CVEs, %d update numbers from memory"}, p.Name, len(p.Builds), len(p.Fixes), recalled))
	t.tellTables(t.out, p)
	fmt.Fprintln(t.out)
	fmt.Fprintln(t.out, t.say(text{"Dernière version connue de chaque gamme :", "Newest known build of each line:"}))
	for _, l := range p.Lines {
		if b, ok := newest[l.Name]; ok {
			fmt.Fprintf(t.out, "  %-22s  %-14s  %-16s  %s  %s\n", l.Name, b.Number, b.Label(), b.Released, t.kbNumber(b))
		}
	}
	fmt.Fprintln(t.out)
	t.tellQuarantine(quarantine)
	return nil
}

// tellQuarantine lists records of publishers that are not used.
func (t *terminal) tellQuarantine(list []kb.Quarantined) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(t.out, t.say(text{"Mis en quarantaine : ce que l’éditeur écrit et qui ne peut pas servir", "Quarantined: what the publisher writes and cannot be used"}))
	for _, q := range list {
		fmt.Fprintf(t.out, "  %s  %s %s\n      %s\n", q.CVE, q.Line, q.CU, q.Why.In(t.lang))
		for _, n := range q.Used {
			fmt.Fprintln(t.out, t.say(text{"      Retenu à la place : %s. Source : %s, %s", "      Used instead: %s. Source: %s, %s"}, n, q.URL, q.Date))
		}
	}
}

func (t *terminal) showCVE(k *kb.KB, p *kb.Product, f *kb.Fix, asJSON bool) error {
	var fixed []shownBuild
	for _, n := range f.FixedIn {
		if b, ok := k.Build(n); ok {
			fixed = append(fixed, rowOf(b))
		}
	}
	var provisos []casefile.Text
	for _, v := range p.Provisos {
		if slices.Contains(v.CVEs, f.CVE) {
			provisos = append(provisos, v.Text)
		}
	}
	quarantine := slices.DeleteFunc(k.Quarantine(), func(q kb.Quarantined) bool { return q.CVE != f.CVE })
	if asJSON {
		return writeJSON(t.out, struct {
			Tables      tables           `json:"tables"`
			CVE         string           `json:"cve"`
			Name        string           `json:"name,omitempty"`
			Title       string           `json:"title"`
			Score       string           `json:"score,omitempty"`
			ScoreSource string           `json:"score_source,omitempty"`
			Lines       []string         `json:"lines"`
			FixedIn     []shownBuild     `json:"fixed_in"`
			Recalled    bool             `json:"recalled,omitempty"`
			KEV         string           `json:"kev,omitempty"`
			Used        string           `json:"used,omitempty"`
			Needs       []casefile.Text  `json:"needs"`
			Quarantine  []kb.Quarantined `json:"quarantine"`
			Source      string           `json:"source"`
			Note        string           `json:"note,omitempty"`
		}{tablesOf(p), f.CVE, f.Name, f.Title, f.Score, f.ScoreSource, f.Lines, append([]shownBuild{}, fixed...), f.Recalled, f.KEV, f.Used,
			append([]casefile.Text{}, provisos...), append([]kb.Quarantined{}, quarantine...), f.Source, f.Note})
	}
	fmt.Fprintf(t.out, "%s  %s\n", f.CVE, t.aboutCVE(f))
	t.tellTables(t.out, p)
	fmt.Fprintln(t.out)
	fmt.Fprintln(t.out, t.say(text{"Corrigée par :", "Fixed by:"}))
	for _, b := range fixed {
		fmt.Fprintf(t.out, "  %-22s  %-20s  %-14s  %s\n", b.Line, b.Label, b.Build, cmp.Or(b.KB, "-"))
	}
	if len(fixed) == 0 {
		fmt.Fprintln(t.out, "  "+t.say(text{"aucune version de la table", "no build of the table"}))
	}
	for _, v := range provisos {
		fmt.Fprintln(t.out, v.In(t.lang))
	}
	fmt.Fprintln(t.out, t.say(text{"Source : %s", "Source: %s"}, f.Source))
	if f.Note != "" {
		fmt.Fprintln(t.out, t.say(text{"Note : %s", "Note: %s"}, f.Note))
	}
	t.tellQuarantine(quarantine)
	return nil
}

func (t *terminal) showUpdate(p *kb.Product, update string, list []kb.Build, asJSON bool) error {
	if asJSON {
		rows := []shownBuild{}
		for _, b := range list {
			rows = append(rows, rowOf(b))
		}
		return writeJSON(t.out, struct {
			Tables tables       `json:"tables"`
			Update string       `json:"update"`
			Builds []shownBuild `json:"builds"`
		}{tablesOf(p), update, rows})
	}
	fmt.Fprintln(t.out, t.say(text{"%s donne ces versions :", "%s gives these builds:"}, update))
	for _, b := range list {
		fmt.Fprintf(t.out, "  %-22s  %-20s  %-14s  %s  %s\n", b.Product, b.Label(), b.Number, b.Released, b.Confidence)
	}
	t.tellTables(t.out, p)
	return nil
}
