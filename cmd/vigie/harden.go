package main

import (
	"bufio"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"vigie/internal/analysis"
	"vigie/internal/casefile"
	"vigie/internal/evidence"
)

func hardenCommand(t *terminal) *cobra.Command {
	var asJSON, all bool
	var host string
	cmd := &cobra.Command{
		Use:   t.say(text{"harden CHEMIN…", "harden PATH…"}),
		Short: t.say(text{"contrôle les réglages d’un serveur d’après ses exports", "checks a server's settings from its exports"}),
		Long: t.say(text{
			`Lit les exports de configuration (Export-Clixml, CSV, registre, applicationHost.config, HealthChecker…) et dit, réglage
par réglage, ce qui est attendu, ce qui est trouvé et comment corriger. Ce qu’aucun export ne montre reste inconnu, avec la
commande qui le montrerait. Les exports sont décrits dans doc/exports.md.`,
			`Reads exports of configuration (Export-Clixml, CSV, registry, applicationHost.config, HealthChecker…) and tells, setting by
setting, what is expected, what is found and how to mend it. What no export shows stays unknown, with the command that
would show it. doc/exports.md describes the exports.`}),
		Example: t.say(text{"  vigie harden ./exports\n  vigie harden exports.zip --json", "  vigie harden ./exports\n  vigie harden exports.zip --json"}),
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runHarden(cmd.Context(), t, args, host, asJSON, all)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, t.say(text{"un objet JSON", "one JSON object"}))
	f.BoolVar(&all, "all", false, t.say(text{"détailler aussi ce qui est conforme ou inconnu", "details of what is met or unknown as well"}))
	f.StringVar(&host, "host", "", t.say(text{"`NOM` du serveur, pour les exports qui ne le disent pas", "`NAME` of the server, for exports that do not tell"}))
	return cmd
}

// hardened is the JSON of the command.
type hardened struct {
	Vigie  casefile.Program `json:"vigie"`
	Checks []casefile.Check `json:"checks"` // hosts by name, worst first within each
	// Accounts are facts about accounts and mailboxes, by kind.
	Accounts []casefile.AccountFact `json:"account_facts"`
	Gaps     []casefile.Gap         `json:"gaps"`
}

func runHarden(ctx context.Context, t *terminal, args []string, host string, asJSON, all bool) error {
	if len(args) == 0 || slices.Contains(args, "") {
		return t.usage(text{"rien à examiner", "nothing to examine"}, text{"donner un dossier, une archive ou un fichier d’exports", "give a folder, an archive or a file of exports"})
	}
	if host != "" && !validHost(host) {
		return t.usage(text{"nom de serveur invalide : %q", "bad host name %q"}, text{"lettres, chiffres, tirets et points", "letters, digits, dashes and dots"}, host)
	}
	k, err := t.load()
	if err != nil {
		return err
	}
	c, err := examine(ctx, t, analysis.Options{Paths: args, KB: k.kb, Pack: k.pack, Sentences: k.sentences, Version: version, Host: host, Stdin: t.in, Limits: evidence.DefaultLimits()})
	if err != nil {
		return err
	}
	if t.verbose && !t.quiet {
		for _, g := range c.Gaps {
			t.note(text{"%s", "%s"}, visible(t.gapLine(g), false))
		}
	}
	if asJSON {
		out := hardened{c.Vigie, c.Checks, c.AccountFacts, c.Gaps}
		if out.Checks == nil {
			out.Checks = []casefile.Check{}
		}
		if out.Accounts == nil {
			out.Accounts = []casefile.AccountFact{}
		}
		err = writeJSON(t.out, out)
	} else {
		w := bufio.NewWriter(t.out)
		h := hardenPage{t: t, w: w, width: min(t.width(), maxHardenWidth), all: all}
		h.write(c)
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	if len(c.Checks)+len(c.AccountFacts) == 0 {
		t.note(text{"aucun export de configuration reconnu : voir doc/exports.md pour les commandes", "no export of configuration recognised: doc/exports.md has the commands"})
	}
	if code := checkExit(ctx, c, false); code != exitDone {
		return exitCode(code)
	}
	return nil
}
