package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"vigie/internal/casediff"
	"vigie/internal/casefile"
	"vigie/internal/jsonline"
	"vigie/internal/report"
)

func diffCommand(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   t.say(text{"diff AFFAIRE AFFAIRE", "diff CASE CASE"}),
		Short: t.say(text{"montre ce qui a changé entre deux affaires, la plus ancienne d’abord", "prints what changed between two cases, the older one first"}),
		Long: t.say(text{
			`Compare verdicts, états, versions, couvertures, constats, vérifications, actions et preuves. Chaque AFFAIRE est un dossier ou un case.json :
une révision gardée dans « revisions » convient aussi.`,
			`Compares verdicts, states, builds, coverage, findings, checks, actions and evidence. Each CASE is a folder or a case.json:
a revision kept in "revisions" will do as well.`}),
		Args: t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			var sides [2]casediff.Side
			for i, name := range args {
				d, err := t.openCase(name)
				if err != nil {
					return err
				}
				sides[i] = casediff.Side{Case: d.Case, Ledger: ledgerOf(d), Name: name, SHA256: d.SHA256}
			}
			list := casediff.Of(sides[0], sides[1])
			if asJSON {
				return t.diffJSON(sides, list)
			}
			return t.diffLines(list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

func (t *terminal) diffJSON(sides [2]casediff.Side, list []casediff.Change) error {
	type side struct {
		Case   string `json:"case"`
		SHA256 string `json:"sha256"`
	}
	enc := json.NewEncoder(jsonline.NewWriter(t.out))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Before  side              `json:"before"`
		After   side              `json:"after"`
		Changes []casediff.Change `json:"changes"`
	}{side{sides[0].Name, sides[0].SHA256}, side{sides[1].Name, sides[1].SHA256}, list})
}

// diffWords name the kinds of change.
var diffWords = map[string]text{
	"program": {"version de Vigie", "version of Vigie"}, "rules": {"règles", "rules"}, "knowledge": {"connaissances du", "knowledge of"},
	"host-new": {"serveur nouveau", "new server"}, "host-gone": {"serveur absent", "server gone"}, "build": {"version", "build"},
	"verdict": {"verdict", "verdict"}, "human-verdict": {"verdict d’une personne", "a person's verdict"}, "confidence": {"confiance", "confidence"}, "state": {"état", "state"},
	"coverage": {"couverture", "coverage"}, "finding-new": {"constat nouveau", "new finding"}, "finding-gone": {"constat disparu", "finding gone"},
	"finding-state": {"constat", "finding"}, "check": {"vérification", "check"}, "action-new": {"action nouvelle", "new action"}, "action-gone": {"action retirée", "action dropped"},
	"action-state": {"action", "action"}, "evidence-new": {"fichiers de preuve en plus", "files of evidence more"}, "evidence-gone": {"fichiers de preuve en moins", "files of evidence fewer"},
}

// diffLines writes one line a change.
func (t *terminal) diffLines(list []casediff.Change) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(t.out, t.say(text{"aucune différence", "no difference"}))
		return err
	}
	p := report.Words(t.lang)
	rows := make([][]string, 0, len(list))
	for i := range list {
		c := &list[i]
		what := t.say(text{c.What, c.What})
		if w, ok := diffWords[c.What]; ok {
			what = t.say(w)
		}
		subject := c.Flaw
		if c.ID != "" {
			subject = c.ID
		}
		values := t.diffValue(p, c.What, c.From) + " → " + t.diffValue(p, c.What, c.To)
		switch c.What {
		case "finding-new", "finding-gone":
			values = c.Flaw
		case "action-new", "action-gone":
			values = ""
		case "evidence-new":
			values = c.To
		case "evidence-gone":
			values = c.From
		case "host-new":
			values = t.diffValue(p, "verdict", c.To)
		case "host-gone":
			values = t.diffValue(p, "verdict", c.From)
		}
		row := []string{visible(what, false), visible(cmp.Or(c.Host, "–"), false), visible(cmp.Or(subject, "–"), false), visible(values, false)}
		if title := c.Title.In(t.lang); title != "" {
			row = append(row, visible(title, false))
		}
		rows = append(rows, row)
	}
	t.table(rows)
	return nil
}

// diffValue words one side of a change; what was not there is a dash.
func (t *terminal) diffValue(p *report.Printer, what, v string) string {
	if v == "" {
		return "–"
	}
	switch what {
	case "verdict", "human-verdict":
		return p.Verdict(casefile.Verdict(v))
	case "state":
		return p.State(casefile.State(v))
	case "confidence":
		return p.Confidence(casefile.Confidence(v))
	case "coverage":
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return p.Percent(f)
		}
	case "rules":
		return v[:min(len(v), 12)]
	}
	return v
}
