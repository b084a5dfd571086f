package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/kb"
	"vigie/internal/ledger"
)

func accountCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: t.say(text{"tient la matrice des comptes durcis : mot de passe, sessions, MFA, règles…", "keeps the matrix of hardened accounts: password, sessions, MFA, rules…"}),
	}
	cmd.AddCommand(accountAddCommand(t), accountStepCommand(t), accountListCommand(t))
	return cmd
}

// accountSteps reads the columns of the matrix.
func (t *terminal) accountSteps() ([]kb.AccountStep, error) {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return nil, err
	}
	steps, err := kb.LoadAccountSteps(fsys)
	if err != nil {
		return nil, t.badKnowledge(err)
	}
	return steps, nil
}

func accountAddCommand(t *terminal) *cobra.Command {
	var w workFlags
	var kind string
	var touched, planned bool
	cmd := &cobra.Command{
		Use:   t.say(text{"add AFFAIRE [COMPTE…]", "add CASE [ACCOUNT…]"}),
		Short: t.say(text{"ajoute des comptes à la matrice", "adds accounts to the matrix"}),
		Args:  t.arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			names := args[1:]
			if touched {
				for _, a := range d.Case.Touched.Accounts {
					if a.Name != "*" && a.Name != "" {
						names = append(names, a.Name)
					}
				}
			}
			if planned && d.Case.Accounts != nil {
				for i := range d.Case.Accounts.List {
					names = append(names, d.Case.Accounts.List[i].Name())
				}
			}
			if len(names) == 0 || slices.Contains(names, "") {
				return t.usage(text{"aucun compte", "no account"}, text{"donner un nom, --touched ou --planned", "give a name, --touched or --planned"})
			}
			who := t.writer(&w)
			err = t.change(d, who, func(tx *ledger.Tx) error {
				for _, n := range names {
					e := ledger.AccountEvent{Account: n, Kind: kind}
					if row := tx.State.Row(n); row != nil {
						if row.Added.Seq != 0 {
							continue
						}
						e.Account, e.Kind = row.Name, cmp.Or(kind, row.Kind)
					}
					if err := tx.Append(who.Author, ledger.KindAccount, e); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			return t.listAccounts(&w, d)
		},
	}
	w.add(t, cmd)
	cmd.Flags().StringVar(&kind, "kind", "", t.say(text{"`GENRE` : boîte, administrateur, service…", "`KIND`: mailbox, administrator, service…"}))
	cmd.Flags().BoolVar(&planned, "planned", false, t.say(text{"tous les comptes que le plan veut durcir", "all accounts that the plan wants hardened"}))
	cmd.Flags().BoolVar(&touched, "touched", false, t.say(text{"tous les comptes que l’affaire dit touchés", "all accounts that the case says were touched"}))
	return cmd
}

func accountStepCommand(t *terminal) *cobra.Command {
	var w workFlags
	e := ledger.AccountEvent{}
	var proof []string
	cmd := &cobra.Command{
		Use:   t.say(text{"step AFFAIRE COMPTE ÉTAPE [ÉTAT]", "step CASE ACCOUNT STEP [STATE]"}),
		Short: t.say(text{"note une étape d’un compte", "records a step of an account"}),
		Long: t.say(text{"ÉTAT : " + strings.Join(ledger.AccountStates, ", ") + " ; done par défaut. ÉTAPE : voir « vigie account list ».",
			"STATE: " + strings.Join(ledger.AccountStates, ", ") + "; done by default. STEP: see \"vigie account list\"."}),
		Args: t.arguments(3, 4),
		RunE: func(_ *cobra.Command, args []string) error {
			steps, err := t.accountSteps()
			if err != nil {
				return err
			}
			var ids []string
			for _, s := range steps {
				if ids = append(ids, s.ID); s.ID == args[2] {
					e.Title = s.Title
				}
			}
			if err := t.oneOf(text{"étape", "step"}, args[2], ids); err != nil {
				return err
			}
			e.Account, e.Step, e.State = args[1], args[2], "done"
			if len(args) == 4 {
				e.State = args[3]
			}
			if err := t.oneOf(text{"état", "state"}, e.State, ledger.AccountStates); err != nil {
				return err
			}
			if e.State == "refused" && e.Note == "" {
				return t.usage(text{"qui a refusé, et pourquoi ?", "who refused, and why?"}, text{"donner --note", "give --note"})
			}
			if e.At, err = t.happened(&w); err != nil {
				return err
			}
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			row := d.State.Row(e.Account)
			if row == nil {
				return t.usage(text{"compte inconnu : %q", "unknown account %q"}, text{"d’abord « vigie account add »", `first "vigie account add"`}, e.Account)
			}
			e.Account = row.Name
			if row.Added.Seq == 0 {
				e.Kind = row.Kind
			}
			if e.Proof, err = t.attach(d, proof); err != nil {
				return err
			}
			t.warnOfWait(steps, row, &e)
			who := t.writer(&w)
			if err := t.change(d, who, func(tx *ledger.Tx) error { return tx.Append(who.Author, ledger.KindAccount, e) }); err != nil {
				return err
			}
			return t.listAccounts(&w, d)
		},
	}
	w.add(t, cmd)
	w.addAt(t, cmd)
	f := cmd.Flags()
	f.StringVar(&e.By, "by", "", t.say(text{"`PERSONNE` qui l’a fait ; qui écrit, par défaut", "`PERSON` who did it; who writes, by default"}))
	f.StringVar(&e.Note, "note", "", t.say(text{"`REMARQUE`", "`REMARK`"}))
	f.StringArrayVar(&proof, "proof", nil, t.say(text{"`FICHIER` de preuve (plusieurs possibles)", "`FILE` that proves it (may be repeated)"}))
	return cmd
}

func accountListCommand(t *terminal) *cobra.Command {
	var w workFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"list AFFAIRE", "list CASE"}),
		Short: t.say(text{"montre la matrice des comptes et des étapes", "shows the matrix of accounts and steps"}),
		Args:  t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			return t.listAccounts(&w, d)
		},
	}
	cmd.Flags().BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
	return cmd
}

// cellWords are the states of a cell, short enough for a matrix.
var cellWords = map[string]text{"todo": {"à faire", "to do"}, "done": {"fait", "done"}, "not-applicable": {"–", "–"}, "refused": {"refusé", "refused"}}

func (t *terminal) listAccounts(w *workFlags, d *casedir.Dir) error {
	steps, err := t.accountSteps()
	if err != nil {
		return err
	}
	columns := matrixColumns(steps, d)
	if w.json {
		return writeJSON(t.out, map[string]any{"steps": columns, "tiers": tiersOf(d), "accounts": append([]ledger.Account{}, d.State.Accounts...)})
	}
	head := []string{""}
	for _, c := range columns {
		head = append(head, shown(c.ID))
	}
	rows := [][]string{head}
	for i := range d.State.Accounts {
		a := &d.State.Accounts[i]
		row := []string{shown(a.Name)}
		for _, c := range columns {
			cell, ok := a.Steps[c.ID]
			if !ok && !a.Asked(c.ID) {
				row = append(row, "")
				continue
			}
			word := t.say(cellWords[cmp.Or(cell.State, "todo")])
			if len(cell.Proof) > 0 {
				word += "+"
			}
			row = append(row, word)
		}
		rows = append(rows, row)
	}
	t.table(rows)
	t.accountReasons(d)
	for _, c := range columns {
		t.note(text{"%s : %s", "%s: %s"}, c.ID, c.Title.In(t.lang))
	}
	return nil
}
