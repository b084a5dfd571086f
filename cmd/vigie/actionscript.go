package main

import (
	"io"
	"slices"

	"github.com/spf13/cobra"

	"vigie/internal/ledger"
	"vigie/internal/psscript"
)

// byteOrderMark tells Windows PowerShell that a file is UTF-8.
const byteOrderMark = "\ufeff"

func actionScriptCommand(t *terminal) *cobra.Command {
	var only []string
	var output string
	cmd := &cobra.Command{
		Use:   t.say(text{"script AFFAIRE", "script CASE"}),
		Short: t.say(text{"écrit le PowerShell des actions à faire, à relire", "writes the PowerShell of the actions to do, for review"}),
		Long: t.say(text{
			`Rien n’est exécuté. Chaque commande qui change quelque chose y figure d’abord en essai (-WhatIf), puis pour de bon et avec son
retour en arrière, en commentaire.`,
			`Nothing is run. Each command that changes something stands there as a try first (-WhatIf), then for real and with its way
back, as comments.`}),
		Example: t.say(text{"  vigie action script affaire -o actions.ps1\n  vigie action script affaire --action A-007", "  vigie action script case -o actions.ps1\n  vigie action script case --action A-007"}),
		Args:    t.arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := t.openCase(args[0])
			if err != nil {
				return err
			}
			for _, id := range only {
				if d.State.Action(id) == nil {
					return t.usage(text{"action inconnue : %q", "unknown action %q"}, text{"voir « vigie action list »", `see "vigie action list"`}, id)
				}
			}
			k, err := t.load()
			if err != nil {
				return err
			}
			var list []ledger.ActionRecord
			for _, a := range d.State.Actions {
				if len(only) == 0 && !a.Done() && a.State != "abandoned" || slices.Contains(only, a.ID) {
					list = append(list, a)
				}
			}
			o := psscript.Options{Lang: t.lang, Case: d.State.Subject.Number}
			return writeFile(output, t.out, func(w io.Writer) error {
				if output != "-" {
					if _, err := io.WriteString(w, byteOrderMark); err != nil {
						return err
					}
				}
				return psscript.Write(w, d.Case, list, k.kb, o)
			})
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&only, "action", nil, t.say(text{"seulement cette `ACTION` (A-001 ; plusieurs possibles)", "only this `ACTION` (A-001; may be repeated)"}))
	f.StringVarP(&output, "output", "o", "-", t.say(text{"`FICHIER` à écrire", "`FILE` to write"}))
	return cmd
}
