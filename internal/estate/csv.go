package estate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// columns are the names that a column may have, in the two languages; the first is the one in doc/watch.md.
var columns = map[string][]string{
	"organisation": {"organisation", "organization", "client", "tenant", "société", "societe"},
	"asset":        {"asset", "host", "hostname", "machine", "serveur", "server", "poste", "équipement", "equipement"},
	"exposed":      {"exposed", "exposé", "expose", "internet"},
	"vendor":       {"vendor", "publisher", "éditeur", "editeur", "constructeur", "manufacturer"},
	"product":      {"product", "software", "name", "produit", "logiciel", "nom"},
	"version":      {"version", "build", "displayversion"},
	"updates":      {"updates", "kb", "kbs", "hotfixes", "correctifs"},
	"mitigated":    {"mitigated", "contourné", "contourne", "contournement"},
	"seen":         {"seen", "date", "vu", "relevé"},
}

// form is how a CSV file is cut.
type form struct {
	comma rune
	at    map[string]int // column by name
}

// csvForm finds the separator and the columns by the first line.
func csvForm(data []byte) (form, bool) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	for _, comma := range []rune{',', ';', '\t'} {
		r := csv.NewReader(bytes.NewReader(line))
		r.Comma = comma
		head, err := r.Read()
		if err != nil {
			continue
		}
		f := form{comma, map[string]int{}}
		for i, h := range head {
			h = strings.ToLower(strings.TrimSpace(h))
			for name, words := range columns {
				if _, ok := f.at[name]; !ok && slices.Contains(words, h) {
					f.at[name] = i
				}
			}
		}
		_, asset := f.at["asset"]
		_, product := f.at["product"]
		if asset && product {
			return f, true
		}
	}
	return form{}, false
}

var (
	cveForm  = regexp.MustCompile(`^CVE-(?:19|20)\d\d-\d{4,8}$`)
	dateForm = regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`)
	kbForm   = regexp.MustCompile(`(?i)\bKB ?(\d{6,8})\b`)
)

// csv reads a table with a row for each product of each machine.
func (l *List) csv(data []byte, f form) error {
	l.Form = "csv"
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = f.comma, -1, true, true
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := r.FieldPos(0)
		where := fmt.Sprintf("csv %d", line)
		if err != nil {
			var p *csv.ParseError
			if !errors.As(err, &p) {
				return err
			}
			l.gap(fmt.Sprintf("csv %d", p.Line), "ligne illisible", "row cannot be read")
			continue
		}
		if first || len(row) == 1 && strings.TrimSpace(row[0]) == "" {
			continue
		}
		get := func(name string) string {
			i, ok := f.at[name]
			if !ok || i >= len(row) {
				return ""
			}
			return strings.Clone(row[i])
		}
		i := Item{Organisation: get("organisation"), Asset: get("asset"), Vendor: get("vendor"), Product: get("product"), Version: get("version"), Source: where}
		if strings.TrimSpace(i.Asset) == "" || strings.TrimSpace(i.Product) == "" {
			l.gap(where, "machine ou produit manquant", "asset or product is missing")
			continue
		}
		switch strings.ToLower(strings.TrimSpace(get("exposed"))) {
		case "yes", "oui", "1", "true", "x":
			i.Exposed = "yes"
		case "no", "non", "0", "false":
			i.Exposed = "no"
		}
		for _, m := range kbForm.FindAllStringSubmatch(get("updates"), 2000) {
			i.Updates = append(i.Updates, "KB"+m[1])
		}
		for word := range strings.FieldsFuncSeq(get("mitigated"), func(r rune) bool { return strings.ContainsRune(" ,;|", r) }) {
			cve, until, _ := strings.Cut(word, "@")
			if !cveForm.MatchString(cve) || !dateForm.MatchString(until) {
				l.gap(where, "contournement à écrire CVE-2021-1234@2026-12-31", "mitigation is not written CVE-2021-1234@2026-12-31")
				continue
			}
			i.Words = append(i.Words, Word{CVE: cve, State: "mitigated", Until: until})
		}
		if s := strings.TrimSpace(get("seen")); s != "" {
			at, err := time.Parse(time.DateOnly, s[:min(len(s), 10)])
			if err != nil {
				l.gap(where, "date à écrire 2026-12-31, ligne gardée sans elle", "date is not written 2026-12-31, row kept without it")
			}
			i.Seen = at
		}
		if !l.add(i) {
			return fmt.Errorf("over %d items", maxItems)
		}
	}
}
