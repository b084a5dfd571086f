package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vigie/internal/analysis"
	"vigie/internal/collect/collectcmd"
	"vigie/internal/demo"
	"vigie/internal/evidence"
	"vigie/internal/report"
)

// maxLarge bounds a large log in bytes.
const maxLarge = 1 << 40

// demoSeed makes the same servers on every machine.
const demoSeed = 2021

func demoCommand(t *terminal) *cobra.Command {
	var large, size, output, reportFile, reports string
	var seed uint64
	var hits int
	var jsonOut, probed bool
	cmd := &cobra.Command{
		Use:   t.say(text{"demo [DOSSIER]", "demo [DIR]"}),
		Short: t.say(text{"fabrique des serveurs fictifs, un par verdict, et les juge", "makes fictitious servers, one per verdict, and judges them"}),
		Long: t.say(text{
			`Écrit dans DOSSIER (vigie-demo par défaut) les journaux de serveurs fictifs, puis les juge. Rien n’est ouvert, rien n’est envoyé.
--large écrit à la place un seul grand journal, pour mesurer la vitesse.`,
			`Writes the logs of fictitious servers to DIR (vigie-demo by default), then judges them. Nothing is opened, nothing is sent.
--large writes one large log instead, to measure speed.`}),
		Args: t.atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if probed {
				return runDemoProbe(cmd.Context(), t, jsonOut)
			}
			if large != "" {
				return demoLarge(cmd.Context(), t, large, size, output, seed, hits)
			}
			dir := "vigie-demo"
			if len(args) == 1 {
				dir = args[0]
			}
			return runDemo(cmd.Context(), t, dir, seed, reportFile, reports, jsonOut)
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&seed, "seed", demoSeed, t.say(text{"graine `N` : mêmes journaux pour la même graine", "seed `N`: the same logs for the same seed"}))
	f.StringVar(&reportFile, "report", "", t.say(text{"écrire le rapport HTML dans `FICHIER`", "write the HTML report to `FILE`"}))
	f.StringVar(&reports, "reports", "", t.say(text{"écrire le compte rendu de chaque serveur dans `DOSSIER`, en français et en anglais, HTML et PDF", "write the report of each server to `DIR`, in French and in English, HTML and PDF"}))
	f.BoolVar(&jsonOut, "json", false, t.say(text{"un objet JSON", "one JSON object"}))
	f.BoolVar(&probed, "probe", false, t.say(text{"à la place, jouer des serveurs vus de l’extérieur et les visiter (sur cette machine seule)", "play servers as seen from outside instead, and visit them (on this machine alone)"}))
	f.StringVar(&large, "large", "", t.say(text{"écrire un grand journal : `iis|httpproxy`", "write one large log: `iis|httpproxy`"}))
	f.StringVar(&size, "size", "1GiB", t.say(text{"`TAILLE` du grand journal", "`SIZE` of the large log"}))
	f.StringVar(&output, "output", "-", t.say(text{"`FICHIER` du grand journal", "`FILE` of the large log"}))
	f.IntVar(&hits, "hits", 0, t.say(text{"`N` traces d’attaque à y cacher", "`N` traces of attack to hide in it"}))
	return cmd
}

func demoLarge(ctx context.Context, t *terminal, kind, size, output string, seed uint64, hits int) error {
	n, ok := collectcmd.ParseSize(size)
	if !ok || n == 0 || n > maxLarge {
		return t.usage(text{"taille illisible : %q", "unreadable size %q"}, text{"par exemple 500MiB ou 1GiB", "for example 500MiB or 1GiB"}, size)
	}
	if kind != string(demo.IIS) && kind != string(demo.HTTPProxy) {
		return t.usage(text{"journal inconnu : %q", "unknown log %q"}, text{"choisir iis ou httpproxy", "choose iis or httpproxy"}, kind)
	}
	if hits < 0 {
		return t.usage(text{"nombre de traces refusé : %d", "bad number of traces: %d"}, text{"zéro ou plus", "zero or more"}, hits)
	}
	return writeFile(output, t.out, func(w io.Writer) error { return demo.LargeWith(stoppable{ctx, w}, demo.Kind(kind), n, seed, hits) })
}

// stoppable is a writer that fails once its context has ended.
type stoppable struct {
	ctx context.Context
	w   io.Writer
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

func runDemo(ctx context.Context, t *terminal, dir string, seed uint64, reportFile, reports string, jsonOut bool) error {
	k, err := t.load()
	if err != nil {
		return err
	}
	if err := t.prepareReport(reportFile, nil); err != nil {
		return err
	}
	servers, err := demo.Write(ctx, dir, seed)
	switch {
	case errors.Is(err, demo.ErrForeign):
		return t.usage(text{"%s n’est pas vide et n’est pas une démonstration", "%s is not empty and is no demo"}, text{"choisir un autre dossier", "choose another folder"}, dir)
	case err != nil:
		return err
	}
	t.note(text{"%d serveurs fictifs écrits dans %s", "%d fictitious servers written to %s"}, len(servers), dir)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c, err := examine(ctx, t, analysis.Options{Paths: []string{dir}, KB: k.kb, Pack: k.pack, Sentences: k.sentences, Version: version, Limits: evidence.DefaultLimits()})
	if err != nil {
		return err
	}
	first := servers[0].Folder
	ro := report.Options{Lang: t.lang, TZ: t.zone, Width: t.width(), Color: t.colored(),
		Next: []string{fmt.Sprintf("vigie check %s/%s --report %s.html", dir, first, strings.ToLower(first)), "vigie demo --report demo.html"}}
	if reportFile != "" {
		if err := writeFile(reportFile, t.out, func(w io.Writer) error { return report.HTML(w, c, ro) }); err != nil {
			return err
		}
		t.written(reportFile)
	}
	if reports != "" {
		if err := demoReports(ctx, t, k, dir, reports, servers); err != nil {
			return err
		}
	}
	if jsonOut {
		return writeJSON(t.out, c)
	}
	if err := report.Text(t.out, c, ro); err != nil {
		return err
	}
	fmt.Fprintln(t.out)
	fmt.Fprintln(t.out, t.say(text{"Ce que chaque serveur fictif montre :", "What each fictitious server shows:"}))
	for _, s := range servers {
		story := s.Story.EN
		if t.lang == "fr" {
			story = s.Story.FR
		}
		fmt.Fprintf(t.out, "  %-8s %s\n", s.Name, story)
	}
	return nil
}
