package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

func findingCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "finding",
		Short: t.say(text{"décide des constats : confirmé, faux positif, accepté…", "decides on findings: confirmed, false positive, accepted…"}),
	}
	cmd.AddCommand(findingSetCommand(t), findingListCommand(t))
	return cmd
}

func findingSetCommand(t *terminal) *cobra.Command {
	var w workFlags
	var reason, until string
	cmd := &cobra.Command{
		Use:   t.say(text{"set AFFAIRE F-0001 ÉTAT", "set CASE F-0001 STATE"}),
		Short: t.say(text{"change l’état d’un constat", "changes the state of a finding"}),
		Long: t.say(text{
			"ÉTAT : " + strings.Join(ledger.FindingStates, ", ") + ".\nUn risque accepté l’est jusqu’à une date. Le verdict du moteur ne change pas : voir « vigie case verdict ».",
			"STATE: " + strings.Join(ledger.FindingStates, ", ") + ".\nA risk is accepted until a date. The engine's verdict does not change: see \"vigie case verdict\"."}),
		Args: t.arguments(3, 3),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := t.oneOf(text{"état", "state"}, args[2], ledger.FindingStates); err != nil {
				return err
			}
			var err error
			if reason, err = t.reason(reason); err != nil {
				return err
			}
			end, err := t.optionalTime(until, true)
			if err != nil {
				return err
			}
			if args[2] == "accepted" && end == nil {
				return t.usage(text{"un risque est accepté jusqu’à une date", "a risk is accepted until a date"}, text{"donner --until", "give --until"})
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				f := findingOf(d.Case, args[1])
				if f == nil {
					return t.usage(text{"constat inconnu : %q", "unknown finding %q"}, text{"voir « vigie finding list »", `see "vigie finding list"`}, args[1])
				}
				s := ledger.StateFor(f, len(tx.State.Revisions))
				s.State, s.Reason, s.Until = args[2], reason, end
				return tx.Append(who.Author, ledger.KindFinding, s)
			})
			if err != nil {
				return err
			}
			return t.listFindings(&w, d, args[1])
		},
	}
	w.add(t, cmd)
	cmd.Flags().StringVar(&reason, "reason", "", t.say(text{"`RAISON` (« - » : entrée standard)", "`REASON` (\"-\": standard input)"}))
	cmd.Flags().StringVar(&until, "until", "", t.say(text{"`DATE` à laquelle la décision prend fin", "`TIME` when the decision ends"}))
	return cmd
}

func findingOf(c *casefile.Case, id string) *casefile.Finding {
	for i := range c.Findings {
		if c.Findings[i].ID == id {
			return &c.Findings[i]
		}
	}
	return nil
}

func findingListCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"list AFFAIRE", "list CASE"}),
		Short: t.say(text{"liste les constats et leur état", "lists the findings and their states"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			return t.listFindings(&w, d, "")
		},
	}
	cmd.Flags().BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

// decided is a finding with what a person decided, for JSON.
type decided struct {
	ID      string        `json:"id"`
	Host    string        `json:"host"`
	Flaw    string        `json:"flaw"`
	Stage   string        `json:"stage"`
	Title   casefile.Text `json:"title"`
	State   string        `json:"state"` // open when nobody decided, or when the decision ended
	Ended   bool          `json:"ended,omitempty"`
	Author  string        `json:"author,omitempty"`
	Decided *time.Time    `json:"decided,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Until   *time.Time    `json:"until,omitempty"`
}

func (t *terminal) listFindings(w *workFlags, d *casedir.Dir, only string) error {
	list := []decided{}
	byID := map[string]*ledger.FindingState{}
	for i := range d.State.Findings {
		if f := &d.State.Findings[i]; f.Current != "" {
			byID[f.Current] = f
		}
	}
	now := time.Now()
	for i := range d.Case.Findings {
		f := &d.Case.Findings[i]
		if only != "" && f.ID != only {
			continue
		}
		r := decided{ID: f.ID, Host: f.Host, Flaw: f.Flaw, Stage: string(f.Stage), Title: f.Title, State: "open"}
		if s := byID[f.ID]; s != nil {
			at := s.Time
			r.State, r.Author, r.Decided, r.Reason, r.Until = s.State, s.Author, &at, s.Reason, s.Until
			if s.Until != nil && now.After(*s.Until) {
				r.State, r.Ended = "open", true
			}
		}
		list = append(list, r)
	}
	gone := []ledger.FindingState{}
	for _, s := range d.State.Findings {
		if s.Current == "" && only == "" {
			gone = append(gone, s)
		}
	}
	if w.json {
		return writeJSON(t.out, map[string]any{"findings": list, "gone": gone})
	}
	var rows [][]string
	for _, r := range list {
		row := []string{shown(r.ID), shown(r.Host), shown(r.Flaw), shown(r.Stage), r.State, shown(r.Title.In(t.lang))}
		if r.Author != "" {
			why := t.say(text{"%s, %s : %s", "%s, %s: %s"}, shown(r.Author), t.stamp(*r.Decided), shown(r.Reason))
			if r.Until != nil {
				why += t.say(text{" (jusqu’au %s)", " (until %s)"}, t.stamp(*r.Until))
			}
			if r.Ended {
				why += t.say(text{" – décision échue", " – decision ended"})
			}
			row = append(row, why)
		}
		rows = append(rows, row)
	}
	t.table(rows)
	for _, s := range gone {
		t.note(text{"décision sur un constat que les éléments ne montrent plus : %s, %s, %s", "decision on a finding that the evidence shows no more: %s, %s, %s"}, s.Finding, s.Host, s.Act)
	}
	return nil
}
