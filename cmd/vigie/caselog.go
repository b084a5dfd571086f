package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/ledger"
)

func caseLogCommand(t *terminal) *cobra.Command {
	var w workFlags
	var hours float64
	var hosts []string
	cmd := &cobra.Command{
		Use:   t.say(text{"log AFFAIRE [TEXTE]", "log CASE [TEXT]"}),
		Short: t.say(text{"écrit dans la main courante, ou la montre", "writes to the logbook, or shows it"}),
		Long:  t.say(text{"Sans TEXTE, montre la main courante. « - » lit le texte sur l’entrée standard.", `Without TEXT, shows the logbook. "-" reads the text from standard input.`}),
		Args:  t.arguments(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if len(args) == 2 {
				e := ledger.LogEntry{Hosts: hosts, Hours: hours}
				if e.Text, err = t.words(args[1]); err != nil {
					return err
				}
				if e.At, err = t.happened(&w); err != nil {
					return err
				}
				if hours < 0 || hours > 10000 {
					return t.usage(text{"nombre d’heures refusé : %v", "bad number of hours %v"}, text{"par exemple 1.5", "for example 1.5"}, hours)
				}
				who := t.writer(&w)
				if err := t.change(d, who, func(tx *ledger.Tx) error { return tx.Append(who.Author, ledger.KindLog, e) }); err != nil {
					return err
				}
				t.note(text{"écrit, ligne %d du registre", "written, line %d of the ledger"}, d.State.Head.Seq)
				return nil
			}
			if w.json {
				return writeJSON(t.out, map[string]any{"log": withStamps(d.State.Log, func(e *ledger.LogEntry) ledger.Stamp { return e.Stamp })})
			}
			var rows [][]string
			for _, e := range d.State.Log {
				rows = append(rows, []string{t.stamp(*e.At), shown(e.Author), hoursText(e.Hours), shown(e.Text)})
			}
			t.table(rows)
			return nil
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	cmd.Flags().Float64Var(&hours, "hours", 0, t.say(text{"`HEURES` de travail", "`HOURS` of work"}))
	cmd.Flags().StringSliceVar(&hosts, "host", nil, t.say(text{"`SERVEUR` concerné (plusieurs possibles)", "`HOST` that it is about (may be repeated)"}))
	return cmd
}

func hoursText(h float64) string {
	if h == 0 {
		return ""
	}
	return strconv.FormatFloat(h, 'f', -1, 64) + " h"
}

// stamped is a noun with its place in the chain, for JSON.
type stamped[T any] struct {
	ledger.Stamp
	Entry T `json:"entry"`
}

func withStamps[T any](list []T, of func(*T) ledger.Stamp) []stamped[T] {
	out := make([]stamped[T], len(list))
	for i := range list {
		out[i] = stamped[T]{of(&list[i]), list[i]}
	}
	return out
}

func caseWarnCommand(t *terminal) *cobra.Command {
	var w workFlags
	var e ledger.WarningEvent
	cmd := &cobra.Command{
		Use:   t.say(text{"warn AFFAIRE [TEXTE]", "warn CASE [TEXT]"}),
		Short: t.say(text{"note une alerte donnée : à qui, par quel moyen, quand", "records a warning that was given: to whom, how, when"}),
		Long: t.say(text{"Vigie n’envoie rien : la commande note ce qu’une personne a dit. Sans TEXTE, montre les alertes.",
			"Vigie sends nothing: the command records what a person said. Without TEXT, shows the warnings."}),
		Args: t.arguments(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return t.listWarnings(&w, d.State.Warnings)
			}
			if e.Text, err = t.words(args[1]); err != nil {
				return err
			}
			if e.At, err = t.happened(&w); err != nil {
				return err
			}
			if e.To == "" || e.Channel == "" {
				return t.usage(text{"à qui, et par quel moyen ?", "to whom, and how?"}, text{"donner --to et --channel", "give --to and --channel"})
			}
			if e.Detail != "" {
				if err := t.oneOf(text{"niveau de détail", "level of detail"}, e.Detail, []string{"none", "summary", "full"}); err != nil {
					return err
				}
			}
			sum := sha256.Sum256([]byte(e.Text))
			e.SHA256 = hex.EncodeToString(sum[:])
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				e.ID = fmt.Sprintf("N-%04d", len(tx.State.Warnings)+1)
				return tx.Append(who.Author, ledger.KindWarning, e)
			})
			if err != nil {
				return err
			}
			return t.listWarnings(&w, d.State.Warnings[len(d.State.Warnings)-1:])
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	f := cmd.Flags()
	f.StringVar(&e.To, "to", "", t.say(text{"`PERSONNE` prévenue", "`PERSON` who was warned"}))
	f.StringVar(&e.Channel, "channel", "", t.say(text{"`MOYEN` : téléphone, courriel, réunion…", "`MEANS`: phone, mail, meeting…"}))
	f.StringVar(&e.Kind, "kind", "", t.say(text{"`SUJET`", "`SUBJECT`"}))
	f.StringVar(&e.Detail, "detail", "", t.say(text{"`NIVEAU` de détail donné : none, summary, full", "`LEVEL` of detail given: none, summary, full"}))
	return cmd
}

func (t *terminal) listWarnings(w *workFlags, list []ledger.Warning) error {
	if w.json {
		if list == nil {
			list = []ledger.Warning{}
		}
		return writeJSON(t.out, map[string]any{"warnings": list})
	}
	var rows [][]string
	for _, n := range list {
		ack := t.say(text{"sans accusé de réception", "not acknowledged"})
		if n.AckAt != nil {
			ack = t.say(text{"reçue par %s, %s", "acknowledged by %s, %s"}, shown(n.AckBy), t.stamp(*n.AckAt))
		}
		rows = append(rows, []string{n.ID, t.stamp(n.At), shown(n.To), shown(n.Channel), ack, shown(n.Text)})
	}
	t.table(rows)
	return nil
}

func caseAckCommand(t *terminal) *cobra.Command {
	var w workFlags
	var by, escalated string
	cmd := &cobra.Command{
		Use:   t.say(text{"ack AFFAIRE N-0001", "ack CASE N-0001"}),
		Short: t.say(text{"note l’accusé de réception d’une alerte, ou sa remontée", "records that a warning was acknowledged, or taken higher"}),
		Args:  t.arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if by == "" && escalated == "" {
				return t.usage(text{"qui a reçu l’alerte ?", "who acknowledged the warning?"}, text{"donner --by ou --escalated-to", "give --by or --escalated-to"})
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			var at *time.Time
			if at, err = t.happened(&w); err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				for i := range tx.State.Warnings {
					if tx.State.Warnings[i].ID == args[1] {
						return tx.Append(who.Author, ledger.KindWarning, ledger.WarningEvent{ID: args[1], At: at, AckBy: by, Escalated: escalated})
					}
				}
				return t.usage(text{"alerte inconnue : %q", "unknown warning %q"}, text{"voir « vigie case warn AFFAIRE »", `see "vigie case warn CASE"`}, args[1])
			})
			if err != nil {
				return err
			}
			for i := range d.State.Warnings {
				if d.State.Warnings[i].ID == args[1] {
					return t.listWarnings(&w, d.State.Warnings[i:i+1])
				}
			}
			return nil
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	cmd.Flags().StringVar(&by, "by", "", t.say(text{"`PERSONNE` qui l’a reçue", "`PERSON` who acknowledged it"}))
	cmd.Flags().StringVar(&escalated, "escalated-to", "", t.say(text{"`PERSONNE` vers qui elle est remontée", "`PERSON` to whom it was taken"}))
	return cmd
}
