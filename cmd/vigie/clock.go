package main

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/internal/ledger"
)

func clockCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clock",
		Short: t.say(text{"suit les délais légaux : CNIL, plainte, NIS2", "follows legal deadlines: data protection, complaint, NIS2"}),
		Long: t.say(text{
			"Vigie calcule les échéances ; une personne décide si un délai court, depuis quand et pourquoi. Ceci n’est pas un conseil juridique.",
			"Vigie computes the due times; a person decides whether a clock runs, since when and why. This is no legal advice."}),
	}
	cmd.AddCommand(clockListCommand(t), clockEventCommand(t, "start"), clockEventCommand(t, "stop"), clockEventCommand(t, "done"))
	return cmd
}

func (t *terminal) obligations() ([]casefile.Obligation, error) {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return nil, err
	}
	list, err := kb.LoadObligations(fsys)
	if err != nil {
		return nil, t.badKnowledge(err)
	}
	return list, nil
}

func clockEventCommand(t *terminal, name string) *cobra.Command {
	var w workFlags
	var e ledger.ClockEvent
	var proof []string
	states := map[string]string{"start": "running", "stop": "stopped", "done": "done"}
	shorts := map[string]text{
		"start": {"fait courir un délai, sur décision d’une personne", "starts a clock, by a person's decision"},
		"stop":  {"arrête un délai qui ne s’applique pas", "stops a clock that does not apply"},
		"done":  {"note qu’une échéance est tenue", "records that a deadline was met"},
	}
	cmd := &cobra.Command{
		Use:   name + t.say(text{" AFFAIRE DÉLAI", " CASE CLOCK"}),
		Short: t.say(shorts[name]),
		Args:  t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := t.obligations()
			if err != nil {
				return err
			}
			e.Clock, e.State = args[1], states[name]
			if e.Reason, err = t.reason(e.Reason); err != nil {
				return err
			}
			if e.DecidedBy == "" {
				return t.usage(text{"qui a décidé ?", "who decided?"}, text{"donner --decided-by", "give --decided-by"})
			}
			if e.At, err = t.happened(&w); err != nil {
				return err
			}
			if name == "start" && e.At == nil {
				return t.usage(text{"depuis quand ?", "since when?"}, text{"donner --at : le moment où la personne a su", "give --at: the time when the person knew"})
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if name == "start" {
				var ids []string
				for i := range rules {
					if ids = append(ids, rules[i].ID); rules[i].ID == e.Clock {
						e.Rule = &rules[i]
					}
				}
				if err := t.oneOf(text{"délai", "clock"}, e.Clock, ids); err != nil {
					return err
				}
			} else if err := t.runs(d, &e); err != nil {
				return err
			}
			if e.Proof, err = t.attach(d, proof); err != nil {
				return err
			}
			who := t.writer(&w)
			if err := t.change(d, who, func(tx *ledger.Tx) error { return tx.Append(who.Author, ledger.KindClock, e) }); err != nil {
				return err
			}
			return t.listClocks(&w, d, nil)
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	f := cmd.Flags()
	f.StringVar(&e.Reason, "reason", "", t.say(text{"`RAISON` (« - » : entrée standard)", "`REASON` (\"-\": standard input)"}))
	f.StringVar(&e.DecidedBy, "decided-by", "", t.say(text{"`PERSONNE` qui a décidé", "`PERSON` who decided"}))
	if name == "done" {
		f.StringVar(&e.Deadline, "deadline", "", t.say(text{"`ÉCHÉANCE` tenue ; toutes par défaut", "`DEADLINE` that was met; all by default"}))
		f.StringArrayVar(&proof, "proof", nil, t.say(text{"`FICHIER` de preuve (plusieurs possibles)", "`FILE` that proves it (may be repeated)"}))
	}
	return cmd
}

// runs refuses an event of a clock that was never started, or of a deadline that it has not.
func (t *terminal) runs(d *casedir.Dir, e *ledger.ClockEvent) error {
	i := slices.IndexFunc(d.State.Clocks, func(c ledger.Clock) bool { return c.ID == e.Clock })
	if i < 0 {
		return t.usage(text{"le délai %q ne court pas", "clock %q does not run"}, text{"voir « vigie clock list »", `see "vigie clock list"`}, e.Clock)
	}
	if e.Deadline == "" {
		return nil
	}
	var ids []string
	for _, due := range d.State.Clocks[i].Due {
		ids = append(ids, due.Deadline.ID)
	}
	return t.oneOf(text{"échéance", "deadline"}, e.Deadline, ids)
}

func clockListCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"list AFFAIRE", "list CASE"}),
		Short: t.say(text{"montre les délais, leurs échéances et leur source", "shows the clocks, their due times and their source"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := t.obligations()
			if err != nil {
				return err
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			return t.listClocks(&w, d, rules)
		},
	}
	cmd.Flags().BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

var clockWords = map[string]text{"running": {"court", "running"}, "stopped": {"arrêté", "stopped"}, "done": {"tenu", "done"}}

// listClocks shows the clocks that were started, then the rules whose clock was not.
func (t *terminal) listClocks(w *workFlags, d *casedir.Dir, rules []casefile.Obligation) error {
	idle := []casefile.Obligation{}
	for _, r := range rules {
		if !slices.ContainsFunc(d.State.Clocks, func(c ledger.Clock) bool { return c.ID == r.ID }) {
			idle = append(idle, r)
		}
	}
	if w.json {
		return writeJSON(t.out, map[string]any{"clocks": append([]ledger.Clock{}, d.State.Clocks...), "not_started": idle})
	}
	now := time.Now()
	var rows [][]string
	for i := range d.State.Clocks {
		c := &d.State.Clocks[i]
		rows = append(rows, []string{shown(c.ID), t.say(clockWords[c.State]), t.say(text{"depuis %s, décidé par %s : %s", "since %s, decided by %s: %s"}, t.stamp(c.Start), shown(c.DecidedBy), shown(c.Reason))})
		for j := range c.Due {
			rows = append(rows, []string{"  " + shown(c.Due[j].Deadline.ID), t.stamp(c.Due[j].At), t.dueText(c, &c.Due[j], now)})
		}
		rows = append(rows, []string{"  " + t.say(text{"source", "source"}), shown(c.Rule.CheckedOn), shown(c.Rule.Law)})
	}
	for i := range idle {
		r := &idle[i]
		rows = append(rows, []string{r.ID, t.say(text{"non lancé", "not started"}), r.Title.In(t.lang)},
			[]string{"  " + t.say(text{"source", "source"}), r.CheckedOn, r.Law})
	}
	t.table(rows)
	return nil
}

func (t *terminal) dueText(c *ledger.Clock, d *ledger.Due, now time.Time) string {
	title := shown(d.Deadline.Title.In(t.lang))
	switch {
	case d.Met != nil && d.Late(now):
		return t.say(text{"%s : faite en retard, %s, %s", "%s: done late, %s, %s"}, title, t.stamp(*d.Met), shown(d.MetBy))
	case d.Met != nil:
		return t.say(text{"%s : faite, %s, %s", "%s: done, %s, %s"}, title, t.stamp(*d.Met), shown(d.MetBy))
	case c.State == "stopped":
		return t.say(text{"%s : arrêté, %s : %s", "%s: stopped, %s: %s"}, title, shown(c.Ended.DecidedBy), shown(c.Ended.Reason))
	case d.Late(now):
		return t.say(text{"%s : dépassée", "%s: overdue"}, title)
	}
	return t.say(text{"%s : reste %d h", "%s: %d h left"}, title, int(d.At.Sub(now).Hours()))
}
