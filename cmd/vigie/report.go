package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/document"
	"vigie/internal/document/paper"
	"vigie/internal/document/plain"
	"vigie/internal/document/webpage"
	"vigie/internal/kb"
	"vigie/internal/report"
	"vigie/internal/seal"
)

// reportFlags are the options of report.
type reportFlags struct {
	audience, formats, output string
	tlp, logo, colour, before string
	draft                     bool
	key                       signKey
}

// maxLogo bounds the firm's picture, in bytes.
const maxLogo = 4 << 20

func reportCommand(t *terminal) *cobra.Command {
	var o reportFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"report AFFAIRE", "report CASE"}),
		Short: t.say(text{"écrit le compte rendu d’une affaire, en français et en anglais", "writes the report of a case, in French and in English"}),
		Long: t.say(text{
			`AFFAIRE est un dossier de « vigie check --case », ou un case.json seul. Le compte rendu dit ce que les éléments montrent et ce que les personnes ont fait.
Il est refusé (code de sortie 5) s’il ne peut pas être écrit honnêtement : phrase sans fait, période non couverte, auteur ou relecteur absent. --draft le marque alors BROUILLON.
--sign signe chaque fichier et le manifeste de ce sur quoi ils reposent ; « vigie verify » les vérifie.`,
			`CASE is a folder of "vigie check --case", or a bare case.json. The report says what the evidence shows and what people did.
It is refused (exit code 5) when it cannot be written honestly: a sentence without a fact, a period not covered, no author or reviewer. --draft then marks it DRAFT.
--sign signs each file and the manifest of what they rest on; "vigie verify" checks them.`}),
		Example: t.say(text{
			`  vigie report affaire --draft --format html,pdf -o comptes-rendus
  vigie report affaire --for manager --lang fr,en --format pdf -o envoi --sign cle`,
			`  vigie report mycase --draft --format html,pdf -o reports
  vigie report mycase --for manager --lang fr,en --format pdf -o out --sign key`}),
		Args:        t.arguments(1, 1),
		Annotations: map[string]string{severalLanguages: "true"},
		RunE:        func(cmd *cobra.Command, args []string) error { return runReport(cmd, t, &o, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.audience, "for", string(report.ForFull), t.say(text{"pour qui : `manager|technical|insurer|full|periodic`", "for whom: `manager|technical|insurer|full|periodic`"}))
	f.StringVar(&o.formats, "format", "html", t.say(text{"`html,pdf,json,csv,md`, un ou plusieurs", "`html,pdf,json,csv,md`, one or several"}))
	f.StringVarP(&o.output, "output", "o", ".", t.say(text{"`DOSSIER` où écrire, ou FICHIER s’il n’y en a qu’un (« - » : sortie standard)", "`DIR` to write to, or FILE when there is only one (\"-\": standard output)"}))
	f.StringVar(&o.tlp, "tlp", "", t.say(text{"`MARQUE` de partage sur chaque page (celle de l’affaire, sinon TLP:AMBER)", "sharing `MARK` on each page (that of the case, else TLP:AMBER)"}))
	f.StringVar(&o.logo, "logo", "", t.say(text{"`FICHIER` du logo, PNG ou JPEG (celui de l’affaire)", "`FILE` with the logo, PNG or JPEG (that of the case)"}))
	f.StringVar(&o.colour, "colour", "", t.say(text{"`COULEUR` du prestataire, RRVVBB (celle de l’affaire)", "`COLOUR` of the firm, RRGGBB (that of the case)"}))
	f.StringVar(&o.before, "before", "", t.say(text{"`AFFAIRE` plus ancienne à laquelle --for periodic compare", "older `CASE` that --for periodic compares with"}))
	f.BoolVar(&o.draft, "draft", false, t.say(text{"marqué BROUILLON, sans refus", "marked DRAFT, nothing refused"}))
	o.key.add(t, cmd, "sign")
	return cmd
}

// reportFormats are the formats in the order in which they are written.
var reportFormats = []string{"html", "pdf", "json", "csv", "md"}

func runReport(cmd *cobra.Command, t *terminal, o *reportFlags, path string) error {
	if !slices.Contains(report.Audiences, report.Audience(o.audience)) {
		return t.usage(text{"lecteur inconnu : %q", "unknown audience %q"}, text{"choisir manager, technical, insurer, full ou periodic", "choose manager, technical, insurer, full or periodic"}, o.audience)
	}
	formats := strings.Split(o.formats, ",")
	for _, f := range formats {
		if !slices.Contains(reportFormats, f) {
			return t.usage(text{"format inconnu : %q", "unknown format %q"}, text{"choisir parmi html, pdf, json, csv, md", "choose among html, pdf, json, csv, md"}, f)
		}
	}
	languages := []string{t.lang}
	if l, _ := cmd.Flags().GetString("lang"); l != "" {
		languages = strings.Split(l, ",")
	}
	slices.Sort(languages)
	languages = slices.Compact(languages)
	d, err := t.openCase(path)
	if err != nil {
		return err
	}
	var signer *seal.Signer
	if o.key.file != "" {
		switch {
		case d.Alone || d.State.Head.Seq == 0:
			return t.badCase(path, casedir.ErrAlone)
		case d.Changed:
			return exitCode(exitUnverified) // told when it was opened
		case o.output == "-":
			return t.usage(text{"la sortie standard ne se signe pas", "standard output cannot be signed"}, text{"donner un dossier à -o", "give -o a folder"})
		}
		if signer, err = t.signer(&o.key); err != nil {
			return err
		}
	}
	src, opt, err := t.reportSource(o, d)
	if err != nil {
		return err
	}
	var docs []*document.Document
	for _, lang := range languages {
		opt.Lang = lang
		docs = append(docs, report.Build(src, opt))
	}
	if err := t.lintReport(docs, src, opt); err != nil {
		return err
	}
	files, err := t.reportFiles(docs, formats, o, d, path)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range files {
		if err := writeFile(f.name, t.out, f.write); err != nil {
			return t.cannotOpen(err)
		}
		names = append(names, f.name)
		t.written(f.name)
	}
	if signer == nil {
		return nil
	}
	m, err := d.Manifest(time.Now(), version)
	if err != nil {
		return err
	}
	manifest, err := seal.SignReports(m, signer, names...)
	if err != nil {
		return err
	}
	t.note(text{"signé par %s : %s, tête du registre %s", "signed by %s: %s, ledger head %s"}, signer.Key.Fingerprint(), manifest, d.State.Head.Hash)
	return nil
}

// reportSource gathers what a report is made from: the case, what people did, the legal clocks, and who signs.
func (t *terminal) reportSource(o *reportFlags, d *casedir.Dir) (report.Source, report.Options, error) {
	sub := &d.State.Subject
	src := report.Source{Case: d.Case, Work: d.State, SHA256: d.SHA256}
	opt := report.Options{TZ: t.zone, For: report.Audience(o.audience), TLP: firstOf(o.tlp, sub.TLP), Draft: o.draft, Colour: firstOf(o.colour, sub.Colour),
		Identity: report.Identity{Date: time.Now().UTC(), Version: sub.Version, Author: sub.Author, Reviewer: sub.Reviewer, Final: sub.Status == "final" && !o.draft}}
	fsys, err := t.knowledgeFS()
	if err != nil {
		return src, opt, err
	}
	if src.Obligations, err = kb.LoadObligations(fsys); err != nil {
		return src, opt, t.badKnowledge(err)
	}
	logo := o.logo
	if logo == "" && sub.Logo != nil {
		logo = filepath.Join(d.Path, filepath.FromSlash(sub.Logo.File))
	}
	if logo != "" {
		st, err := os.Stat(logo)
		if err == nil && (!st.Mode().IsRegular() || st.Size() > maxLogo) {
			return src, opt, t.usage(text{"%s n’est pas un logo de moins de 4 Mio", "%s is no logo of less than 4 MiB"}, text{"donner un PNG ou un JPEG", "give a PNG or a JPEG"}, logo)
		}
		if opt.Logo, err = os.ReadFile(logo); err != nil {
			return src, opt, t.cannotOpen(err)
		}
	}
	if o.before != "" {
		old, err := t.openCase(o.before)
		if err != nil {
			return src, opt, err
		}
		src.Before = old.Case
	}
	return src, opt, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// lintReport refuses what cannot be written honestly, naming each sentence and the fact it lacks; a draft is marked instead.
func (t *terminal) lintReport(docs []*document.Document, src report.Source, opt report.Options) error {
	var errs []error
	errs = append(errs, report.Lint(src.Case))
	for i, doc := range docs {
		if i == 0 {
			errs = append(errs, report.LintDocument(doc, src, opt))
			continue
		}
		errs = append(errs, report.LintPair(docs[0], doc))
	}
	err := errors.Join(errs...)
	if err == nil || opt.Draft {
		return nil
	}
	tell := func(m text, args ...any) { fmt.Fprintln(t.err, visible(t.say(m, args...), false)) } // even when quiet: it says why
	tell(text{"compte rendu refusé :", "report refused:"})
	for line := range strings.SplitSeq(err.Error(), "\n") {
		rule, _, _ := strings.Cut(line, ":")
		if t.lang == "fr" && lintRules[rule] != "" {
			line = fmt.Sprintf("%s (%s)", line, lintRules[rule])
		}
		tell(text{"  %s", "  %s"}, line)
	}
	tell(text{"  compléter l’affaire (« vigie case set »), ou écrire un brouillon : --draft", `  complete the case ("vigie case set"), or write a draft: --draft`})
	return exitCode(exitRefused)
}

// lintRules say in French what each rule of the report asks for; the place of a refusal is a path in the case, the same in both languages.
var lintRules = map[string]string{
	"R1":  "chaque phrase repose sur un fait",
	"R2":  "aucun mot n’innocente une machine",
	"R3":  "«\u202faucune trace\u202f» demande que les éléments couvrent la période",
	"R4":  "chaque heure a son fuseau",
	"R5":  "les deux langues disent la même chose",
	"R8":  "aucune section vide sans sa raison",
	"R10": "le verdict d’une personne a un auteur, une raison et une date",
	"R11": "marque de partage, version, date, auteur et relecteur",
	"R12": "chaque délai donne sa source et le jour de sa vérification",
}

func sameFolder(st os.FileInfo, path string) bool {
	other, err := os.Stat(path)
	return err == nil && os.SameFile(st, other)
}

// reportFile is one file to write.
type reportFile struct {
	name  string
	write func(io.Writer) error
}

// reportFiles names the files: NAME.AUDIENCE.LANG.FORMAT in a folder, or the one that -o names.
func (t *terminal) reportFiles(docs []*document.Document, formats []string, o *reportFlags, d *casedir.Dir, path string) ([]reportFile, error) {
	var files []reportFile
	for _, doc := range docs {
		base := "report." + o.audience + "." + doc.Lang
		for _, f := range formats {
			switch f {
			case "html":
				files = append(files, reportFile{base + ".html", func(w io.Writer) error { return webpage.Write(w, doc) }})
			case "pdf":
				files = append(files, reportFile{base + ".pdf", func(w io.Writer) error { return paper.Write(w, doc, paper.Options{Date: time.Now()}) }})
			case "json":
				files = append(files, reportFile{base + ".json", func(w io.Writer) error { return plain.JSON(w, doc) }})
			case "md":
				files = append(files, reportFile{base + ".md", func(w io.Writer) error { return plain.Markdown(w, doc) }})
			case "csv":
				for _, s := range plain.Sheets(doc) {
					files = append(files, reportFile{base + "." + s.Name + ".csv", func(w io.Writer) error { return plain.CSV(w, s.Table) }})
				}
			}
		}
	}
	single := o.output == "-" || len(formats) == 1 && formats[0] != "csv" && strings.HasSuffix(o.output, "."+formats[0])
	switch {
	case single && len(files) != 1:
		return nil, t.usage(text{"un seul fichier ne peut pas en tenir %d", "one file cannot hold %d"}, text{"donner un dossier à -o", "give -o a folder"}, len(files))
	case single:
		files[0].name = o.output
		return files, t.prepareReport(o.output, []string{path})
	}
	if st, err := os.Stat(o.output); err == nil && !d.Alone && sameFolder(st, d.Path) {
		return nil, t.usage(text{"%s est un dossier d’affaire", "%s is a case folder"}, text{"donner un autre dossier à -o", "give -o another folder"}, o.output)
	}
	if err := os.MkdirAll(o.output, 0o755); err != nil {
		return nil, t.cannotOpen(err)
	}
	for i := range files {
		files[i].name = filepath.Join(o.output, files[i].name)
	}
	return files, nil
}
