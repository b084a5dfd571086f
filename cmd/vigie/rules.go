package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/diag"
)

func rulesCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: t.say(text{"liste et vérifie les règles et les connaissances", "lists and checks the rules and the knowledge"}),
	}
	cmd.AddCommand(rulesListCommand(t), rulesLintCommand(t))
	return cmd
}

// listedRule is a built-in rule as "rules list --json" tells it.
type listedRule struct {
	ID     string   `json:"id"`
	Engine string   `json:"engine"` // sigma, yara
	Title  string   `json:"title"`
	Level  string   `json:"level"` // empty for YARA, which has none
	Weight string   `json:"weight"`
	Flaw   string   `json:"flaw"`
	Act    string   `json:"act"`
	Tags   []string `json:"tags"`
}

// listRules gives the rules on records, then those on files.
func (t *terminal) listRules(k *knowledgeSet) []listedRule {
	list := []listedRule{}
	for _, r := range k.pack.Rules() {
		v, _ := r.Custom["vigie"].(map[string]any)
		l := listedRule{ID: r.ID, Engine: "sigma", Title: r.Title, Level: r.Level, Flaw: fmt.Sprint(v["flaw"]), Act: fmt.Sprint(v["act"]), Tags: append([]string{}, r.Tags...)}
		if a, ok := k.kb.Act(l.Flaw, l.Act); ok {
			l.Weight = string(a.Weight)
			if t.lang == "fr" { // Sigma has titles in one language; what the rule shows has a name in both
				l.Title = a.Title.FR
			}
		}
		list = append(list, l)
	}
	for _, m := range k.pack.FileRules() {
		l := listedRule{ID: m.ID, Engine: "yara", Title: m.Title.In(t.lang), Weight: string(m.Weight), Flaw: m.Flaw, Act: m.Act, Tags: []string{}}
		for _, technique := range m.Attack {
			l.Tags = append(l.Tags, "attack."+strings.ToLower(technique))
		}
		list = append(list, l)
	}
	return list
}

func rulesListCommand(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: t.say(text{"liste les règles", "lists the rules"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			k, err := t.load()
			if err != nil {
				return err
			}
			list := t.listRules(k)
			if asJSON {
				return writeJSON(t.out, map[string]any{"rules": list})
			}
			for _, r := range list {
				fmt.Fprintf(t.out, "%-36s  %-8s  %s/%s  %s\n", r.ID, cmp.Or(r.Level, r.Weight), r.Flaw, r.Act, r.Title)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

func rulesLintCommand(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "lint",
		Short: t.say(text{"vérifie le dossier de connaissances", "checks the knowledge folder"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			k, problems, err := t.read()
			_, prints := t.fingerprints()
			for _, bad := range []error{prints, t.lintWatched()} {
				if list, ok := errors.AsType[diag.Problems](bad); ok {
					problems = append(problems, list...)
				} else if err == nil {
					err = bad
				}
			}
			if asJSON {
				list, ok := errors.AsType[diag.Problems](err)
				if err != nil && !ok {
					return err
				}
				list = append(append(diag.Problems{}, list...), problems...)
				if err := writeJSON(t.out, map[string]any{"problems": list}); err != nil {
					return err
				}
				if len(list) > 0 {
					return exitCode(exitRefused)
				}
				return nil
			}
			if err != nil {
				t.fail(errors.New(err.Error())) // without the hint to come here
				return exitCode(exitRefused)
			}
			for _, p := range problems {
				fmt.Fprintln(t.err, visible(p.Error(), false))
			}
			if len(problems) > 0 {
				return exitCode(exitRefused)
			}
			t.note(text{"%d règles, %d failles : rien à signaler", "%d rules, %d flaws: nothing to report"}, k.pack.Info.Count, len(k.kb.Flaws))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}
