package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
	"vigie/internal/plan"
)

func actionCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "action",
		Short: t.say(text{"tient le registre des actions : faites, par qui, avec quelle preuve", "keeps the ledger of actions: done, by whom, with which proof"}),
	}
	cmd.AddCommand(actionAddCommand(t), actionEventCommand(t, "done"), actionEventCommand(t, "check"), actionEventCommand(t, "fail"), actionEventCommand(t, "abandon"), actionListCommand(t), actionScriptCommand(t))
	return cmd
}

func actionAddCommand(t *terminal) *cobra.Command {
	var w workFlags
	var e ledger.ActionEvent
	cmd := &cobra.Command{
		Use:   t.say(text{"add AFFAIRE TITRE", "add CASE TITLE"}),
		Short: t.say(text{"ajoute une action que le plan ne demande pas", "adds an action that the plan does not ask for"}),
		Args:  t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := t.oneOf(text{"phase", "phase"}, e.Phase, plan.Phases); err != nil {
				return err
			}
			title, err := t.words(args[1])
			if err != nil {
				return err
			}
			e.State, e.Title = "planned", casefile.Text{FR: title, EN: title}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			for _, id := range e.Answers {
				if findingOf(d.Case, id) == nil {
					return t.usage(text{"constat inconnu : %q", "unknown finding %q"}, text{"voir « vigie finding list »", `see "vigie finding list"`}, id)
				}
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				for n := 1; ; n++ {
					if e.ID = fmt.Sprintf("W-%03d", n); tx.State.Action(e.ID) == nil {
						break
					}
				}
				return tx.Append(who.Author, ledger.KindAction, e)
			})
			if err != nil {
				return err
			}
			return t.listActions(&w, d, e.ID)
		},
	}
	w.add(t, cmd)
	f := cmd.Flags()
	f.StringVar(&e.Phase, "phase", "", t.say(text{"`PHASE` : preserve, contain, evict, restore, harden", "`PHASE`: preserve, contain, evict, restore, harden"}))
	f.StringVar(&e.Target, "on", "", t.say(text{"`CIBLE` : serveur, compte…", "`TARGET`: host, account…"}))
	f.StringVar(&e.Why, "why", "", t.say(text{"`RAISON`", "`REASON`"}))
	f.StringSliceVar(&e.Answers, "answers", nil, t.say(text{"`CONSTAT` auquel elle répond (plusieurs possibles)", "`FINDING` that it answers (may be repeated)"}))
	return cmd
}

// actionEvents are what can happen to an action: the state that follows, and the help.
var actionEvents = map[string]struct {
	state string
	short text
}{
	"done":    {"done", text{"note qu’une action est faite, avec ses preuves", "records that an action is done, with its proofs"}},
	"check":   {"checked", text{"note qu’une action faite a été contrôlée", "records that an action was checked"}},
	"fail":    {"failed", text{"note qu’un essai a échoué", "records that a try failed"}},
	"abandon": {"abandoned", text{"note qu’une action est abandonnée", "records that an action is abandoned"}},
}

func actionEventCommand(t *terminal, name string) *cobra.Command {
	var w workFlags
	var e ledger.ActionEvent
	var proof []string
	var reversible string
	kind := actionEvents[name]
	cmd := &cobra.Command{
		Use:   name + t.say(text{" AFFAIRE A-001", " CASE A-001"}),
		Short: t.say(kind.short),
		Long: t.say(text{
			"Les fichiers de --proof sont copiés dans l’affaire sous leur empreinte. Sans preuve, l’action reste « déclarée, non prouvée ».",
			"The files of --proof are copied into the case under their hash. Without proof, the action stays \"declared, not proved\"."}),
		Args: t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if e.At, err = t.happened(&w); err != nil {
				return err
			}
			if reversible != "" {
				if err := t.oneOf(text{"réversible", "reversible"}, reversible, []string{"yes", "no"}); err != nil {
					return err
				}
				yes := reversible == "yes"
				e.Reversible = &yes
			}
			if (name == "fail" || name == "abandon") && e.Result == "" {
				return t.usage(text{"pourquoi ?", "why?"}, text{"donner --result", "give --result"})
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if d.State.Action(args[1]) == nil {
				return t.usage(text{"action inconnue : %q", "unknown action %q"}, text{"voir « vigie action list »", `see "vigie action list"`}, args[1])
			}
			if e.Proof, err = t.attach(d, proof); err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				a := tx.State.Action(args[1])
				if a == nil {
					return t.usage(text{"action inconnue : %q", "unknown action %q"}, text{"voir « vigie action list »", `see "vigie action list"`}, args[1])
				}
				if name == "check" && !a.Done() {
					return t.usage(text{"%s n’est pas faite", "%s is not done"}, text{"d’abord « vigie action done »", `first "vigie action done"`}, a.ID)
				}
				e.ID, e.State = a.ID, kind.state
				if a.PlanID != "" && len(a.Events) == 0 {
					// What the plan says is kept: its ids change with newer evidence, and the step may leave it.
					e.Plan = &ledger.PlanRef{Host: a.Target, Title: a.Title.EN, Step: a.Step}
					e.Title, e.Phase, e.Target, e.Answers = a.Title, a.Phase, a.Target, a.Answers
				}
				return tx.Append(who.Author, ledger.KindAction, e)
			})
			if err != nil {
				return err
			}
			return t.listActions(&w, d, args[1])
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	f := cmd.Flags()
	f.StringVar(&e.By, "by", "", t.say(text{"`PERSONNE` qui l’a fait ; qui écrit, par défaut", "`PERSON` who did it; who writes, by default"}))
	f.StringVar(&e.ApprovedBy, "approved-by", "", t.say(text{"`PERSONNE` qui l’a approuvée", "`PERSON` who approved it"}))
	f.StringVar(&e.Result, "result", "", t.say(text{"`RÉSULTAT`", "`RESULT`"}))
	f.StringVar(&e.Before, "before", "", t.say(text{"`MESURE` avant", "`MEASUREMENT` before"}))
	f.StringVar(&e.After, "after", "", t.say(text{"`MESURE` après", "`MEASUREMENT` after"}))
	f.StringVar(&reversible, "reversible", "", t.say(text{"`RÉPONSE` : yes ou no", "`ANSWER`: yes or no"}))
	f.StringArrayVar(&proof, "proof", nil, t.say(text{"`FICHIER` de preuve (plusieurs possibles)", "`FILE` that proves it (may be repeated)"}))
	f.Float64Var(&e.Hours, "hours", 0, t.say(text{"`HEURES` de travail", "`HOURS` of work"}))
	return cmd
}

func actionListCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"list AFFAIRE", "list CASE"}),
		Short: t.say(text{"liste les actions du plan et celles qui ont été ajoutées", "lists the actions of the plan and those that were added"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			return t.listActions(&w, d, "")
		},
	}
	cmd.Flags().BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

var actionWords = map[string]text{
	"planned": {"à faire", "to do"}, "done": {"faite", "done"}, "failed": {"échec", "failed"}, "abandoned": {"abandonnée", "abandoned"}, "checked": {"contrôlée", "checked"},
}

func (t *terminal) listActions(w *workFlags, d *casedir.Dir, only string) error {
	list := []ledger.ActionRecord{}
	for _, a := range d.State.Actions {
		if only == "" || a.ID == only {
			list = append(list, a)
		}
	}
	if w.json {
		type proved struct {
			ledger.ActionRecord
			Proved bool `json:"proved"`
		}
		out := []proved{}
		for i := range list {
			out = append(out, proved{list[i], list[i].Proved()})
		}
		return writeJSON(t.out, map[string]any{"actions": out})
	}
	var rows [][]string
	for i := range list {
		a := &list[i]
		state := t.say(actionWords[a.State])
		if a.State == "done" && !a.Proved() {
			state = t.say(text{"déclarée, non prouvée", "declared, not proved"})
		}
		when := ""
		if a.DoneAt != nil {
			when = t.say(text{"%s par %s", "%s by %s"}, t.stamp(*a.DoneAt), shown(a.By))
			if a.By == "" {
				when = t.say(text{"%s, mesurée", "%s, measured"}, t.stamp(*a.DoneAt))
			}
		}
		rows = append(rows, []string{a.ID, shown(a.Phase), shown(a.Target), state, when, shown(a.Title.In(t.lang))})
	}
	t.table(rows)
	if only == "" {
		return nil
	}
	for i := range list {
		t.actionDetails(&list[i])
	}
	return nil
}

// effortWords are the plan's words for how much work an action is.
var effortWords = map[string]text{"minutes": {"quelques minutes", "minutes"}, "hours": {"quelques heures", "hours"}, "days": {"quelques jours", "days"}, "weeks": {"quelques semaines", "weeks"}}

// actionDetails shows what one action rests on.
func (t *terminal) actionDetails(a *ledger.ActionRecord) {
	var rows [][]string
	effort := t.say(effortWords[a.Effort])
	for _, r := range [][2]string{{t.say(text{"pourquoi", "why"}), a.Why.In(t.lang)}, {t.say(text{"qui", "who"}), a.Who.In(t.lang)}, {t.say(text{"effort", "effort"}), effort},
		{t.say(text{"effets", "side effects"}), a.Breaks.In(t.lang)}, {t.say(text{"vérification", "how checked"}), a.Check.In(t.lang)},
		{t.say(text{"contrôles", "checks"}), strings.Join(a.Checks, " ")}, {t.say(text{"résultat", "result"}), a.Result}, {t.say(text{"avant", "before"}), a.Before}, {t.say(text{"après", "after"}), a.After},
		{t.say(text{"approuvée par", "approved by"}), a.ApprovedBy}, {t.say(text{"répond à", "answers"}), strings.Join(a.Answers, " ")}} {
		if r[1] != "" {
			rows = append(rows, []string{"  " + r[0], shown(r[1])})
		}
	}
	for _, p := range a.Proof {
		rows = append(rows, []string{"  " + t.say(text{"preuve", "proof"}), p.SHA256 + " " + shown(p.Name)})
	}
	for i := range a.Measured {
		m := &a.Measured[i]
		rows = append(rows, []string{"  " + t.say(text{"mesuré", "measured"}), t.say(text{"%s sur %s : %s → %s (révision %d)", "%s on %s: %s → %s (revision %d)"},
			shown(cmp.Or(m.Flaw, m.Check)), shown(m.Host), t.sighting(&m.Before), t.sighting(&m.After), m.Revision)})
	}
	t.table(rows)
}

var checkWords = map[casefile.CheckResult]text{casefile.NotMet: {"non conforme", "not met"}, casefile.Met: {"conforme", "met"}}

func (t *terminal) sighting(s *ledger.Sighting) string {
	if s.Result != "" {
		words := t.say(checkWords[s.Result])
		if s.Found != "" {
			words += " (" + shown(s.Found) + ")"
		}
		return words
	}
	return strings.TrimSpace(string(cmp.Or(s.State, casefile.StateUnknown)) + " " + shown(s.Build))
}
