package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/hunt"
	"vigie/internal/report"
)

// huntFlags are the options of hunt.
type huntFlags struct {
	yara, define                []string
	sigma, mapping, expand      []string
	jsonl, csv, table           bool
	output                      string
	level                       string
	statuses, tags, ids, notIDs []string
	since, until, logTZ         string
	most                        int
}

func huntCommand(t *terminal) *cobra.Command {
	var o huntFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"hunt [--sigma RÈGLES]… [--yara RÈGLES]… CHEMIN…", "hunt [--sigma RULES]… [--yara RULES]… PATH…"}),
		Short: t.say(text{"cherche avec vos propres règles Sigma et YARA", "searches with Sigma and YARA rules of your own"}),
		Long: t.say(text{
			`Lance des règles Sigma sur des journaux d’événements Windows (EVTX, ou leurs exports en JSON, XML et CSV) et sur des journaux web,
et des règles YARA sur tous les fichiers. Une règle qui ne se compile pas est signalée et laissée de côté. Sans --sigma ni --yara, les règles Sigma
livrées avec Vigie servent.`,
			`Runs Sigma rules over Windows event logs (EVTX, or their exports as JSON, XML and CSV) and over web logs,
and YARA rules over all files. A rule that does not compile is told and left out. Without --sigma and --yara the Sigma rules that come with Vigie
are used.`}),
		Example: t.say(text{
			`  vigie hunt --sigma ./sigma/rules --level high ./evtx
  vigie hunt --sigma regles.yml Security.evtx --jsonl > trouvailles.jsonl`,
			`  vigie hunt --sigma ./sigma/rules --level high ./evtx
  vigie hunt --sigma rules.yml Security.evtx --jsonl > hits.jsonl`}),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return runHunt(cmd.Context(), t, &o, args) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.sigma, "sigma", nil, t.say(text{"règles Sigma : `FICHIER` ou dossier (plusieurs possibles)", "Sigma rules: `FILE` or folder (may be repeated)"}))
	f.StringArrayVar(&o.yara, "yara", nil, t.say(text{"règles YARA : `FICHIER` ou dossier (plusieurs possibles)", "YARA rules: `FILE` or folder (may be repeated)"}))
	f.StringArrayVarP(&o.define, "define", "d", nil, t.say(text{"variable externe des règles YARA, `NOM=VALEUR`", "external variable of YARA rules, `NAME=VALUE`"}))
	f.StringArrayVar(&o.mapping, "mapping", nil, t.say(text{"`FICHIER` qui dit quels événements une source Sigma désigne", "`FILE` that says which events a Sigma log source means"}))
	f.StringArrayVar(&o.expand, "expand", nil, t.say(text{"`FICHIER` des valeurs des %marques% de |expand", "`FILE` of values for the %placeholders% of |expand"}))
	f.BoolVar(&o.jsonl, "jsonl", false, t.say(text{"une ligne JSON par correspondance", "one line of JSON a match"}))
	f.BoolVar(&o.csv, "csv", false, t.say(text{"CSV, lisible par Timesketch", "CSV that Timesketch reads"}))
	f.BoolVar(&o.table, "table", false, t.say(text{"tableaux (par défaut)", "tables (the default)"}))
	f.StringVarP(&o.output, "output", "o", "-", t.say(text{"écrire dans `FICHIER`", "write to `FILE`"}))
	f.StringVar(&o.level, "level", "", t.say(text{"règles de ce `NIVEAU` au moins : informational, low, medium, high, critical", "rules of this `LEVEL` at least: informational, low, medium, high, critical"}))
	f.StringSliceVar(&o.statuses, "status", nil, t.say(text{"règles de ce `STATUT` : stable, test, experimental, deprecated, unsupported", "rules of this `STATUS`: stable, test, experimental, deprecated, unsupported"}))
	f.StringSliceVar(&o.tags, "tag", nil, t.say(text{"règles qui portent cette `MARQUE`, * permis", "rules with this `TAG`, * allowed"}))
	f.StringSliceVar(&o.ids, "id", nil, t.say(text{"règle de cet `IDENTIFIANT`", "rule with this `ID`"}))
	f.StringSliceVar(&o.notIDs, "exclude-id", nil, t.say(text{"sans la règle de cet `IDENTIFIANT`", "without the rule with this `ID`"}))
	f.StringVar(&o.since, "since", "", t.say(text{"à partir de `DATE` (2021-01-03 ou 2021-01-03T12:00:00Z)", "from `TIME` on (2021-01-03 or 2021-01-03T12:00:00Z)"}))
	f.StringVar(&o.until, "until", "", t.say(text{"jusqu’à `DATE`, jour compris", "until `TIME`, a day included"}))
	f.StringVar(&o.logTZ, "log-tz", "", t.say(text{"`FUSEAU` des journaux tenus en heure locale", "`ZONE` of logs kept in local time"}))
	f.IntVar(&o.most, "most", 50, t.say(text{"`N` correspondances au plus dans la chronologie du tableau", "`N` matches at most in the table's timeline"}))
	return cmd
}

func runHunt(ctx context.Context, t *terminal, o *huntFlags, args []string) error {
	if len(args) == 0 || slices.Contains(args, "") {
		return t.usage(text{"rien où chercher", "nothing to search"}, text{"donner un dossier, une archive ou un fichier", "give a folder, an archive or a file"})
	}
	if b2i(o.jsonl)+b2i(o.csv)+b2i(o.table) > 1 {
		return t.usage(text{"--jsonl, --csv et --table s’excluent", "--jsonl, --csv and --table exclude each other"}, text{"en choisir un", "choose one"})
	}
	if o.most < 0 {
		return t.usage(text{"--most est négatif", "--most is negative"}, text{"0 ne montre aucune chronologie", "0 shows no timeline"})
	}
	if o.level != "" && !slices.Contains(hunt.Levels, o.level) {
		return t.usage(text{"niveau inconnu : %q", "unknown level %q"}, text{"informational, low, medium, high ou critical", "informational, low, medium, high or critical"}, o.level)
	}
	opt := hunt.Options{Paths: args, Stdin: t.in, Limits: evidence.DefaultLimits()}
	var err error
	if opt.Since, err = t.time(o.since, false); err != nil {
		return err
	}
	if opt.Until, err = t.time(o.until, true); err != nil {
		return err
	}
	if err := t.period(opt.Since, opt.Until); err != nil {
		return err
	}
	if opt.Zone, err = t.logZone(o.logTZ); err != nil {
		return err
	}
	scan, err := t.yaraRules(o)
	if err != nil {
		return err
	}
	began := time.Now()
	if len(o.sigma) > 0 || scan == nil {
		if opt.Rules, err = t.huntRules(o); err != nil {
			return err
		}
	}
	if opt.Rules != nil && scan != nil && slices.Contains(args, "-") {
		return t.usage(text{"l’entrée standard ne se lit qu’une fois", "standard input is read once"}, text{"--sigma ou --yara, ou un fichier", "--sigma or --yara, or a file"})
	}
	out, done, err := t.output(o.output, args)
	if err != nil {
		return err
	}
	w := newHuntWriter(t, o, out)
	bar := newBar(t)
	if bar.on {
		opt.Progress = bar.show
	}
	sum := &hunt.Summary{}
	if opt.Rules != nil {
		if sum, err = hunt.Run(ctx, opt, w.match); err == nil {
			err = w.tables(sum)
		}
	}
	files := &hunt.Summary{}
	if err == nil && scan != nil && !sum.Partial {
		if files, err = hunt.Scan(ctx, hunt.ScanOptions{Paths: args, Rules: scan, Now: began.Unix(), Stdin: t.in, Limits: opt.Limits, Progress: opt.Progress}, w.file); err == nil {
			err = w.fileTable()
		}
	}
	bar.end()
	if err = done(w.end(err)); err != nil {
		return t.cannotOpen(err)
	}
	if opt.Rules != nil {
		t.huntSummary(opt.Rules, sum, time.Since(began))
	}
	if scan != nil {
		t.scanSummary(scan, files, time.Since(began))
	}
	switch {
	case sum.Partial || files.Partial:
		return exitCode(stopped(ctx))
	case len(sum.Gaps)+len(files.Gaps) > 0:
		return exitCode(exitPartly)
	}
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// huntRules loads the rules and tells those that are wrong.
func (t *terminal) huntRules(o *huntFlags) (*hunt.Rules, error) {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return nil, err
	}
	rules, problems, err := hunt.Load(fsys, hunt.LoadOptions{Sigma: o.sigma, Mapping: o.mapping, Expand: o.expand,
		Keep: hunt.Choice{Level: o.level, Statuses: o.statuses, Tags: o.tags, IDs: o.ids, NotIDs: o.notIDs}})
	if err != nil {
		return nil, t.cannotOpen(err)
	}
	for _, p := range problems {
		fmt.Fprintln(t.err, visible(p.Error(), false))
	}
	if rules.Loaded() == 0 && rules.Found() > 0 {
		return nil, t.usage(text{"aucune règle ne répond au choix", "no rule fits the selection"}, text{"revoir --level, --status, --tag, --id et --exclude-id", "look again at --level, --status, --tag, --id and --exclude-id"})
	}
	if t.verbose && !t.quiet {
		for _, u := range rules.Unmapped() {
			fmt.Fprintln(t.err, visible(u.Problem.Error(), false))
		}
	}
	if rules.Loaded() == 0 {
		return nil, t.usage(text{"aucune règle utilisable", "no rule that can be used"}, text{"les raisons sont au-dessus ; --sigma prend un fichier ou un dossier de règles", "the reasons are above; --sigma takes a file or a folder of rules"})
	}
	return rules, nil
}

// yaraRules compiles YARA rules and tells those that are wrong; nil when none are asked for.
func (t *terminal) yaraRules(o *huntFlags) (*hunt.YARA, error) {
	if len(o.yara) == 0 {
		return nil, nil
	}
	define := map[string]string{}
	for _, d := range o.define {
		name, value, ok := strings.Cut(d, "=")
		if !ok || name == "" {
			return nil, t.usage(text{"variable sans valeur : %q", "variable without a value: %q"}, text{"-d nom=valeur", "-d name=value"}, d)
		}
		define[name] = value
	}
	rules, problems, err := hunt.LoadYARA(o.yara, define)
	if err != nil {
		return nil, t.cannotOpen(err)
	}
	for _, p := range problems {
		fmt.Fprintln(t.err, visible(p.Error(), false))
	}
	if rules.Loaded() == 0 {
		return nil, t.usage(text{"aucune règle YARA utilisable", "no YARA rule that can be used"}, text{"les raisons sont au-dessus ; --yara prend un fichier, ou un dossier de .yar et .yara", "the reasons are above; --yara takes a file, or a folder of .yar and .yara"})
	}
	return rules, nil
}

// output gives where results go. A file appears when done is called, whole: what was there before stays until then, a link is replaced and not followed,
// and results that grow inside the folder of the evidence are not read as evidence.
func (t *terminal) output(name string, evidence []string) (out io.Writer, done func(error) error, err error) {
	if name == "" || name == "-" {
		return t.out, func(err error) error { return err }, nil
	}
	if err := t.prepareReport(name, evidence); err != nil {
		return nil, nil, err
	}
	spool, err := os.CreateTemp("", "vigie-*")
	if err != nil {
		return nil, nil, err
	}
	return spool, func(err error) error {
		defer os.Remove(spool.Name())
		defer spool.Close()
		if err != nil {
			return err
		}
		if _, err := spool.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return writeFile(name, t.out, func(w io.Writer) error {
			_, err := io.Copy(w, spool)
			return err
		})
	}, nil
}

// safeRow keeps a terminal from acting on text of the evidence, and a spreadsheet from taking it for a formula.
func safeRow(row []string) []string {
	for i, c := range row {
		c = visible(c, false)
		if first, _ := utf8.DecodeRuneInString(c); strings.ContainsRune("=+-@＝＋－＠", first) {
			c = "'" + c
		}
		row[i] = c
	}
	return row
}

// huntSummary tells on standard error what was read and found.
func (t *terminal) huntSummary(rules *hunt.Rules, s *hunt.Summary, took time.Duration) {
	if t.quiet {
		return
	}
	p := report.Words(t.lang)
	t.note(text{"règles : chargées %s, écartées %s, sans source connue %s", "rules: %s loaded, %s left out, %s of no known log source"},
		p.Int(int64(rules.Loaded())), p.Int(int64(rules.Skipped())), p.Int(int64(len(rules.Unmapped()))))
	t.note(text{"lu : fichiers %s, enregistrements %s, %s en %.1f s", "read: files %s, records %s, %s in %.1f s"}, p.Int(s.Files), p.Int(s.Records), p.Bytes(s.Bytes), took.Seconds())
	var levels, tactics []string
	for _, l := range s.Levels {
		levels = append(levels, t.level(l.Name)+" "+p.Int(l.N))
	}
	for _, c := range s.Tactics {
		tactics = append(tactics, c.Name+" "+p.Int(c.N))
	}
	if s.Partial {
		t.note(text{"interrompu : ce qui précède est partiel", "interrupted: what stands above is partial"})
	}
	if s.Records == 0 {
		t.note(text{"aucun événement ni enregistrement que Vigie connaisse : rien n’a été cherché", "no event and no record that Vigie knows: nothing was searched"})
	}
	found := p.Int(s.Matches)
	if len(levels) > 0 {
		found += " (" + strings.Join(levels, ", ") + ")"
	}
	t.note(text{"correspondances : %s", "matches: %s"}, found)
	if len(tactics) > 0 {
		t.note(text{"tactiques ATT&CK : %s", "ATT&CK tactics: %s"}, strings.Join(tactics, ", "))
	}
	if s.LeftOut > 0 {
		t.note(text{"corrélations incomplètes, correspondances laissées de côté : %s", "correlations incomplete, matches left out: %s"}, p.Int(s.LeftOut))
	}
	t.tellGaps(s.Gaps)
}

// scanSummary tells on standard error what YARA rules looked at.
func (t *terminal) scanSummary(rules *hunt.YARA, s *hunt.Summary, took time.Duration) {
	if t.quiet {
		return
	}
	p := report.Words(t.lang)
	t.note(text{"règles YARA : chargées %s, problèmes %s", "YARA rules: %s loaded, %s problems"}, p.Int(int64(rules.Loaded())), p.Int(int64(rules.Skipped())))
	t.note(text{"lu : fichiers %s, %s en %.1f s", "read: files %s, %s in %.1f s"}, p.Int(s.Files), p.Bytes(s.Bytes), took.Seconds())
	t.note(text{"correspondances YARA : %s", "YARA matches: %s"}, p.Int(s.Matches))
	if s.Partial {
		t.note(text{"interrompu : ce qui précède est partiel", "interrupted: what stands above is partial"})
	}
	t.tellGaps(s.Gaps)
}

// tellGaps tells how much could not be read, and with -v what.
func (t *terminal) tellGaps(gaps []casefile.Gap) {
	if len(gaps) == 0 {
		return
	}
	t.note(text{"lacunes : %s (-v les montre)", "gaps: %s (-v shows them)"}, report.Words(t.lang).Int(int64(len(gaps))))
	if t.verbose {
		for _, g := range gaps {
			fmt.Fprintln(t.err, visible(t.gapLine(g), false))
		}
	}
}
