package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"vigie/internal/detect"
	"vigie/internal/diag"
	"vigie/internal/kb"
	"vigie/knowledge"
)

// rootCommand is the table of commands.
func rootCommand(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:               "vigie",
		Short:             t.say(text{"juge les traces laissées sur un serveur de messagerie", "judges the traces left on a mail server"}),
		Long:              t.say(aboutText),
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: t.prepare,
	}
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SetFlagErrorFunc(t.flagError)
	f := root.PersistentFlags()
	f.String("lang", "", t.say(text{"langue : `fr|en` (selon LANG)", "language: `fr|en` (from LANG)"}))
	f.StringVar(&t.tz, "tz", "", t.say(text{"`FUSEAU` horaire montré à côté de l’UTC, par exemple Europe/Paris", "time `ZONE` shown beside UTC, for example Europe/Paris"}))
	f.StringVar(&t.color, "color", "auto", t.say(text{"couleur, `QUAND` : auto, always ou never", "colour, `WHEN`: auto, always or never"}))
	f.BoolVarP(&t.quiet, "quiet", "q", false, t.say(text{"rien d’autre que les résultats", "nothing but results"}))
	f.BoolVarP(&t.verbose, "verbose", "v", false, t.say(text{"chaque passage illisible, sur la sortie d’erreur", "each passage that could not be read, on standard error"}))
	f.StringVar(&t.folder, "knowledge", os.Getenv("VIGIE_KNOWLEDGE"), t.say(text{"`DOSSIER` de connaissances à la place de celui du programme", "knowledge `DIR` instead of the one in the program"}))
	root.AddCommand(checkCommand(t), demoCommand(t), dumpCommand(t), rulesCommand(t), versionCommand(t))
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { fmt.Fprint(t.out, t.page(c)) })
	root.SetHelpCommand(helpCommand(t))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	t.translate(root)
	return root
}

var aboutText = text{
	`Vigie lit les journaux d’un serveur de messagerie et répond à trois questions séparées :
a-t-il été attaqué ? est-il protégé maintenant ? jusqu’où voyons-nous ?

Rien n’est modifié, rien n’est envoyé.`,
	`Vigie reads the logs of a mail server and answers three questions apart:
was it attacked? is it protected now? how far do we see?

Nothing is changed, nothing is sent.`,
}

// knowledgeSet is what a command needs to judge.
type knowledgeSet struct {
	kb        *kb.KB
	pack      *detect.Pack
	sentences kb.Sentences
}

// load reads the knowledge folder and compiles its rules; rules that are wrong
// are told and left out.
func (t *terminal) load() (*knowledgeSet, error) {
	k, problems, err := t.read()
	for _, p := range problems {
		t.note(text{"règle écartée : %s", "rule left out: %s"}, p.Error())
	}
	return k, err
}

// read is load without a word about rules that are wrong.
func (t *terminal) read() (*knowledgeSet, diag.Problems, error) {
	var fsys fs.FS = knowledge.FS
	if t.folder != "" {
		st, err := os.Stat(t.folder)
		if err != nil || !st.IsDir() {
			return nil, nil, t.usage(text{"dossier de connaissances introuvable : %s", "no knowledge folder %s"}, text{"voir knowledge/README.md", "see knowledge/README.md"}, t.folder)
		}
		fsys = os.DirFS(t.folder)
	}
	k, err := kb.Load(fsys)
	if err != nil {
		return nil, nil, t.badKnowledge(err)
	}
	s, err := kb.LoadSentences(fsys)
	if err != nil {
		return nil, nil, t.badKnowledge(err)
	}
	pack, problems, err := detect.Load(fsys, k)
	if err != nil {
		return nil, nil, t.badKnowledge(err)
	}
	problems.Sort()
	return &knowledgeSet{k, pack, s}, problems, nil
}

// badKnowledge tells everything that is wrong in a knowledge folder.
func (t *terminal) badKnowledge(err error) error {
	return usageError{
		msg:   t.say(text{"connaissances inutilisables", "unusable knowledge"}) + "\n" + err.Error(),
		hint:  t.say(text{"« vigie rules lint » les vérifie", `"vigie rules lint" checks it`}),
		lines: true,
	}
}

func versionCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: t.say(text{"version du programme, des règles et des connaissances", "version of the program, the rules and the knowledge"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			k, err := t.load()
			if err != nil {
				return err
			}
			fmt.Fprintf(t.out, "vigie %s (%s %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(t.out, "%s %s: %d, sha256 %s\n", t.say(text{"règles", "rules"}), k.pack.Info.Version, k.pack.Info.Count, k.pack.Info.SHA256)
			fmt.Fprintf(t.out, "%s %s\n", t.say(text{"connaissances du", "knowledge of"}), k.kb.Date)
			return nil
		},
	}
}

func rulesCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: t.say(text{"liste et vérifie les règles et les connaissances", "lists and checks the rules and the knowledge"}),
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: t.say(text{"liste les règles", "lists the rules"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			k, err := t.load()
			if err != nil {
				return err
			}
			for _, r := range k.pack.Rules() {
				v, _ := r.Custom["vigie"].(map[string]any)
				fmt.Fprintf(t.out, "%s  %-8s  %v/%v  %s\n", r.ID, r.Level, v["flaw"], v["act"], r.Title)
			}
			return nil
		},
	}, &cobra.Command{
		Use:   "lint",
		Short: t.say(text{"vérifie le dossier de connaissances", "checks the knowledge folder"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			k, problems, err := t.read()
			if err != nil {
				t.fail(errors.New(err.Error())) // without the hint to come here
				return exitCode(exitRefused)
			}
			for _, p := range problems {
				fmt.Fprintln(t.err, visible(p.Error(), false))
			}
			if len(problems) > 0 {
				return exitCode(exitRefused)
			}
			t.note(text{"%d règles, %d failles : rien à signaler", "%d rules, %d flaws: nothing to report"}, k.pack.Info.Count, len(k.kb.Flaws))
			return nil
		},
	})
	return cmd
}
