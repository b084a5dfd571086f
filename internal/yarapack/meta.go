package yarapack

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/kb"
	"vigie/internal/yara"
)

// The forms of meta lines.
var (
	idForm        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	techniqueForm = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	weights       = []string{string(casefile.Proof), string(casefile.Clue), string(casefile.Hint), string(casefile.None)}
)

// metaKeys are the meta lines that each rule has exactly once.
var metaKeys = []string{"id", "flaw", "act", "weight", "title_fr", "title_en", "harmless_fr", "harmless_en", "attack", "date", "source", "version"}

// metaOf reads the meta lines of a rule; problems are nil when all are right.
func metaOf(r yara.RuleInfo) (*Meta, diag.Problems) {
	var problems diag.Problems
	wrong := func(hint, format string, args ...any) { problems.Add(r.Pos, "yara.meta", hint, format, args...) }
	values := map[string]string{}
	for _, line := range r.Meta {
		text, isText := line.Value.(string)
		if n, ok := line.Value.(int64); ok && line.Key == "version" {
			text, isText = strconv.FormatInt(n, 10), true
		}
		_, twice := values[line.Key]
		switch {
		case !slices.Contains(metaKeys, line.Key):
			wrong(diag.DidYouMean(line.Key, metaKeys), "rule %s has a meta line %s that is not known", diag.Quote(r.Name), diag.Quote(line.Key))
		case twice:
			wrong("", "rule %s has the meta line %s twice", diag.Quote(r.Name), line.Key)
		case !isText:
			wrong("write it as a text", "meta line %s of rule %s is no text", line.Key, diag.Quote(r.Name))
		}
		values[line.Key] = text
	}
	missing := slices.DeleteFunc(slices.Clone(metaKeys), func(key string) bool { return strings.TrimSpace(values[key]) != "" })
	if len(missing) > 0 {
		wrong("see doc/yara.md", "rule %s has no meta line %s", diag.Quote(r.Name), strings.Join(missing, ", "))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	m := &Meta{
		ID: values["id"], Rule: r.Name, Flaw: values["flaw"], Act: values["act"], Weight: casefile.Weight(values["weight"]),
		Title:    casefile.Text{FR: values["title_fr"], EN: values["title_en"]},
		Harmless: casefile.Text{FR: values["harmless_fr"], EN: values["harmless_en"]},
		Attack:   strings.Fields(values["attack"]),
		Date:     values["date"], Source: values["source"], Version: values["version"], Pos: r.Pos,
	}
	for _, id := range []string{m.ID, m.Flaw, m.Act} {
		if !idForm.MatchString(id) || len(id) > 64 {
			wrong("use a to z, 0 to 9 and single hyphens, 64 at most", "%s of rule %s is no id", diag.Quote(id), diag.Quote(r.Name))
		}
	}
	if !slices.Contains(weights, string(m.Weight)) {
		wrong("want one of "+strings.Join(weights, ", "), "weight %s of rule %s is not known", diag.Quote(string(m.Weight)), diag.Quote(r.Name))
	}
	for _, a := range m.Attack {
		if !techniqueForm.MatchString(a) {
			wrong("write it T1505.003", "%s of rule %s is no ATT&CK technique", diag.Quote(a), diag.Quote(r.Name))
		}
	}
	if _, err := time.Parse(time.DateOnly, m.Date); err != nil {
		wrong("write it YYYY-MM-DD", "date %s of rule %s is no date", diag.Quote(m.Date), diag.Quote(r.Name))
	}
	for _, lang := range []string{"fr", "en"} {
		title := m.Title.In(lang)
		if strings.HasSuffix(title, ".") {
			wrong("remove it", "title_%s of rule %s ends with a period", lang, diag.Quote(r.Name))
		}
		for _, w := range append(kb.Prose(lang, title+"."), kb.Prose(lang, m.Harmless.In(lang))...) {
			wrong("", "texts of rule %s in %q: %s", diag.Quote(r.Name), lang, w)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return m, nil
}
