package main

import (
	"fmt"
	"io/fs"
	"os"

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
	root.AddCommand(accountCommand(t), actionCommand(t), advisoryCommand(t), baselineCommand(t), caseCommand(t), checkCommand(t), clockCommand(t), collectCommand(t), demoCommand(t), diffCommand(t), dumpCommand(t), exportCommand(t), findingCommand(t), hardenCommand(t), huntCommand(t), keyCommand(t), probeCommand(t), knowledgeCommand(t), reportCommand(t), rulesCommand(t), timelineCommand(t), verifyCommand(t), versionCommand(t))
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

Rien n’est modifié. « probe » seul envoie quelque chose.`,
	`Vigie reads the logs of a mail server and answers three questions apart:
was it attacked? is it protected now? how far do we see?

Nothing is changed. Only "probe" sends anything.`,
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

// knowledgeFS is the folder of knowledge that the user wants: --knowledge, else
// that of the program with the newer tables that were imported.
func (t *terminal) knowledgeFS() (fs.FS, error) {
	if t.folder == "" {
		dir, err := userKnowledge()
		if err != nil { // no such folder on this machine: nothing was imported
			return knowledge.FS, nil
		}
		fsys, _ := kb.NewerTables(knowledge.FS, os.DirFS(dir))
		return fsys, nil
	}
	st, err := os.Stat(t.folder)
	if err != nil || !st.IsDir() {
		return nil, t.usage(text{"dossier de connaissances introuvable : %s", "no knowledge folder %s"}, text{"voir knowledge/README.md", "see knowledge/README.md"}, t.folder)
	}
	return os.DirFS(t.folder), nil
}

// read is load without a word about rules that are wrong.
func (t *terminal) read() (*knowledgeSet, diag.Problems, error) {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return nil, nil, err
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
		err:   err,
		msg:   t.say(text{"connaissances inutilisables", "unusable knowledge"}) + "\n" + err.Error(),
		hint:  t.say(text{"« vigie rules lint » les vérifie", `"vigie rules lint" checks it`}),
		lines: true,
	}
}
