package main

import (
	"errors"

	"github.com/spf13/cobra"

	"vigie/internal/collect/collectcmd"
)

func collectCommand(t *terminal) *cobra.Command {
	var f collectcmd.Flags
	say := func(fr, en string) string { return t.say(text{fr, en}) }
	cmd := &cobra.Command{
		Use:   "collect",
		Short: t.say(text{"prend les éléments de preuve d’une machine, en lecture seule", "takes the evidence of a machine, read-only"}),
		Long: t.say(text{
			`Lit sur un serveur tout ce qu’une investigation demande, le plus volatil d’abord, et l’écrit dans un paquet avec
l’empreinte de chaque fichier. Rien n’est changé sur la machine ; ce qui n’a pas pu être lu est listé.
Le paquet s’ouvre sans Vigie (tar --zstd) et se juge avec « vigie check ».`,
			`Reads on a server all that an investigation needs, the most volatile first, and writes it into a package with the
hash of every file. Nothing on the machine is changed; what could not be read is listed.
The package opens without Vigie (tar --zstd) and is judged with "vigie check".`}),
		Example: t.say(text{
			`  vigie collect --plan
  vigie collect --by "A. Martin" --why "dossier 2021-14" -o srv-mail.vgz
  vigie collect --root /mnt/disque --machine SRV-MAIL -o srv-mail.vgz`,
			`  vigie collect --plan
  vigie collect --by "A. Martin" --why "case 2021-14" -o srv-mail.vgz
  vigie collect --root /mnt/disk --machine SRV-MAIL -o srv-mail.vgz`}),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := f.Run(cmd.Context(), collectcmd.Env{Out: t.out, Err: t.err, Say: say, Version: "vigie " + version,
				Visible: func(s string) string { return visible(s, false) }})
			var u collectcmd.UsageError
			switch {
			case errors.As(err, &u):
				return usageError{msg: u.Msg, hint: u.Hint}
			case cmd.Context().Err() != nil:
				return exitCode(stopped(cmd.Context()))
			case errors.Is(err, collectcmd.ErrPartly):
				return exitCode(exitPartly)
			}
			return err
		},
	}
	f.Bind(cmd.Flags(), say)
	return cmd
}
