package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
	"vigie/internal/report"
)

func caseVerdictCommand(t *terminal) *cobra.Command {
	var w workFlags
	var reason string
	cmd := &cobra.Command{
		Use:   t.say(text{"verdict AFFAIRE [SERVEUR FAILLE MOT]", "verdict CASE [HOST FLAW WORD]"}),
		Short: t.say(text{"pose le verdict d’une personne à côté de celui du moteur", "puts a person's verdict beside the engine's"}),
		Long: t.say(text{
			"Les deux restent montrés, avec l’auteur, la raison et la date. Sans serveur, montre les verdicts.\nMOT : " + verdictWords() + ".",
			"Both stay shown, with author, reason and date. Without a host, shows the verdicts.\nWORD: " + verdictWords() + "."}),
		Args: t.arguments(1, 4),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return t.listVerdicts(&w, d)
			}
			if len(args) != 4 {
				return t.arguments(4, 4)(cmd, args)
			}
			if err := t.oneOf(text{"verdict", "verdict"}, args[3], strings.Split(verdictWords(), ", ")); err != nil {
				return err
			}
			if reason, err = t.reason(reason); err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				v := ledger.Verdict{Host: args[1], Flaw: args[2], Verdict: casefile.Verdict(args[3]), Reason: reason, Revision: len(tx.State.Revisions)}
				_, f := flawOf(d.Case, args[1], args[2])
				if f == nil {
					return t.usage(text{"le moteur n’a pas jugé %q sur %q", "the engine did not judge %q on %q"}, text{"voir « vigie case show »", `see "vigie case show"`}, args[2], args[1])
				}
				v.Engine = f.Verdict
				return tx.Append(who.Author, ledger.KindVerdict, v)
			})
			if err != nil {
				return err
			}
			return t.listVerdicts(&w, d)
		},
	}
	w.add(t, cmd)
	cmd.Flags().StringVar(&reason, "reason", "", t.say(text{"`RAISON` (« - » : entrée standard)", "`REASON` (\"-\": standard input)"}))
	return cmd
}

func verdictWords() string {
	var words []string
	for _, v := range casefile.Verdicts {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}

// reason reads why a person decided; there is no decision without one.
func (t *terminal) reason(s string) (string, error) {
	if s == "" {
		return "", t.usage(text{"pas de décision sans raison", "no decision without a reason"}, text{"donner --reason", "give --reason"})
	}
	return t.words(s)
}

func flawOf(c *casefile.Case, host, flaw string) (*casefile.Host, *casefile.FlawResult) {
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for j := range h.Flaws {
			if strings.EqualFold(h.Name, host) && h.Flaws[j].ID == flaw {
				return h, &h.Flaws[j]
			}
		}
	}
	return nil, nil
}

func (t *terminal) listVerdicts(w *workFlags, d *casedir.Dir) error {
	if w.json {
		type both struct {
			Host   string                    `json:"host"`
			Flaw   string                    `json:"flaw"`
			Engine casefile.Verdict          `json:"engine"`
			Person *stamped[*ledger.Verdict] `json:"person"`
		}
		list := []both{}
		for i := range d.Case.Hosts {
			for j := range d.Case.Hosts[i].Flaws {
				b := both{d.Case.Hosts[i].Name, d.Case.Hosts[i].Flaws[j].ID, d.Case.Hosts[i].Flaws[j].Verdict, nil}
				if v := d.State.VerdictOn(b.Host, b.Flaw); v != nil {
					b.Person = &stamped[*ledger.Verdict]{v.Stamp, v}
				}
				list = append(list, b)
			}
		}
		return writeJSON(t.out, map[string]any{"verdicts": list})
	}
	words := report.Words(t.lang)
	rows := [][]string{}
	for i := range d.Case.Hosts {
		h := &d.Case.Hosts[i]
		for j := range h.Flaws {
			f := &h.Flaws[j]
			row := []string{shown(h.Name), shown(f.ID), t.say(text{"moteur : ", "engine: "}) + words.Verdict(f.Verdict)}
			if v := d.State.VerdictOn(h.Name, f.ID); v != nil {
				row = append(row, t.say(text{"%s : %s (%s) %s", "%s: %s (%s) %s"}, shown(v.Author), words.Verdict(v.Verdict), t.stamp(v.Time), shown(v.Reason)))
			}
			rows = append(rows, row)
		}
	}
	t.table(rows)
	return nil
}

func caseShowCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"show AFFAIRE", "show CASE"}),
		Short: t.say(text{"montre l’affaire et ses registres", "shows the case and its ledgers"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			s := d.State
			if w.json {
				return writeJSON(t.out, map[string]any{"head": s.Head, "subject": s.Subject, "case_sha256": d.SHA256, "changed": d.Changed,
					"revisions": withStamps(s.Revisions, func(r *ledger.Revision) ledger.Stamp { return r.Stamp }), "hours": s.Hours()})
			}
			t.showSubject(&s.Subject)
			done := 0
			for i := range s.Actions {
				if s.Actions[i].Done() {
					done++
				}
			}
			rows := [][]string{
				{t.say(text{"registre", "ledger"}), t.say(text{"%d écritures, tête %s", "%d entries, head %s"}, s.Head.Seq, s.Head.Hash)},
				{t.say(text{"main courante", "logbook"}), t.say(text{"%d lignes, %s heures", "%d lines, %s hours"}, len(s.Log), strconv.FormatFloat(s.Hours(), 'f', -1, 64))},
				{t.say(text{"constats décidés", "findings decided"}), t.say(text{"%d sur %d", "%d of %d"}, len(s.Findings), len(d.Case.Findings))},
				{t.say(text{"actions", "actions"}), t.say(text{"%d faites sur %d", "%d done of %d"}, done, len(s.Actions))},
				{t.say(text{"comptes", "accounts"}), t.say(text{"%d", "%d"}, len(s.Accounts))},
				{t.say(text{"preuves", "evidence"}), t.say(text{"%d pièces, %d mouvements", "%d items, %d movements"}, len(s.Evidence), len(s.Custody))},
				{t.say(text{"alertes", "warnings"}), t.say(text{"%d", "%d"}, len(s.Warnings))},
				{t.say(text{"délais", "clocks"}), t.say(text{"%d", "%d"}, len(s.Clocks))},
			}
			for i := range s.Revisions {
				r := &s.Revisions[i]
				rows = append(rows, []string{t.say(text{"révision %d", "revision %d"}, r.N), t.say(text{"%s, %d fichiers, %d changements, %s", "%s, %d files, %d changes, %s"},
					t.stamp(r.Time), r.Files, len(r.Changes)+r.Dropped, r.SHA256)})
			}
			t.table(rows)
			return t.listVerdicts(&w, d)
		},
	}
	cmd.Flags().BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}
