package main

import (
	"context"
	"os"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"vigie/internal/dump"
	"vigie/internal/evidence"
)

func dumpCommand(t *terminal) *cobra.Command {
	var jsonl bool
	var logTZ, original string
	cmd := &cobra.Command{
		Use:   t.say(text{"dump FICHIER…", "dump FILE…"}),
		Short: t.say(text{"montre un journal enregistrement par enregistrement", "prints a log record by record"}),
		Long: t.say(text{
			"Écrit chaque enregistrement des journaux reconnus sur une ligne JSON ; ce qui n’a pas pu être lu y figure comme lacune.",
			"Writes each record of the logs it knows as one line of JSON; what could not be read appears as a gap."}),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || slices.Contains(args, "") {
				return t.usage(text{"rien à montrer", "nothing to print"}, text{"donner un fichier", "give a file"})
			}
			opt := dump.Options{Paths: args, Stdin: t.in, Limits: evidence.DefaultLimits()}
			var err error
			if opt.Zone, err = t.logZone(logTZ); err != nil {
				return err
			}
			switch opt.Original = dump.Original(original); opt.Original {
			case dump.NoOriginal, dump.XML, dump.JSON:
			default:
				return t.usage(text{"forme inconnue : %q", "unknown form %q"}, text{"xml ou json", "xml or json"}, original)
			}
			return runDump(cmd.Context(), t, opt)
		},
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", true, t.say(text{"une ligne JSON par enregistrement (seul format)", "one line of JSON a record (the only format)"}))
	cmd.Flags().StringVar(&original, "original", "", t.say(text{"ajouter l’événement Windows d’origine, `FORME` : xml ou json", "add the original Windows event, `FORM`: xml or json"}))
	cmd.Flags().StringVar(&logTZ, "log-tz", "", t.say(text{"`FUSEAU` des journaux tenus en heure locale", "`ZONE` of logs kept in local time"}))
	return cmd
}

// dumpGC lets the heap of a dump grow to five times what it keeps, which is some megabytes, before it is collected. The memory limit of main holds.
const dumpGC = 400

func runDump(ctx context.Context, t *terminal, opt dump.Options) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(dumpGC)
	}
	gaps, err := dump.Run(ctx, opt, t.out)
	if ctx.Err() != nil {
		return exitCode(stopped(ctx))
	}
	if err != nil {
		return t.cannotOpen(err)
	}
	if gaps > 0 {
		return exitCode(exitPartly)
	}
	return nil
}
