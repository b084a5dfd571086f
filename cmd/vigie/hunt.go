package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vigie/internal/evidence"
	"vigie/internal/hunt"
	"vigie/internal/report"
)

// huntFlags are the options of hunt.
type huntFlags struct {
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
		Use:   t.say(text{"hunt [--sigma RÈGLES]… CHEMIN…", "hunt [--sigma RULES]… PATH…"}),
		Short: t.say(text{"cherche avec vos propres règles Sigma", "searches with Sigma rules of your own"}),
		Long: t.say(text{
			`Lance des règles Sigma sur des journaux d’événements Windows (EVTX, ou leurs exports en JSON, XML et CSV) et sur des journaux web.
Une règle qui ne se compile pas est signalée et laissée de côté. Sans --sigma, les règles livrées avec Vigie servent.`,
			`Runs Sigma rules over Windows event logs (EVTX, or their exports as JSON, XML and CSV) and over web logs.
A rule that does not compile is told and left out. Without --sigma the rules that come with Vigie are used.`}),
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
	began := time.Now()
	rules, err := t.huntRules(o)
	if err != nil {
		return err
	}
	opt.Rules = rules
	out, done, err := t.output(o.output, args)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<16)
	var rows timeline
	var table *csv.Writer
	emit := func(m *hunt.Match) error { rows.add(m, o.most); return nil }
	switch {
	case o.jsonl:
		var line []byte
		emit = func(m *hunt.Match) error {
			line = append(m.AppendJSON(line[:0]), '\n')
			_, err := w.Write(line)
			return err
		}
	case o.csv:
		table = csv.NewWriter(w)
		if err := table.Write(hunt.CSVHeader); err != nil {
			return done(err)
		}
		emit = func(m *hunt.Match) error { return table.Write(safeRow(m.Row())) }
	}
	bar := newBar(t)
	if bar.on {
		opt.Progress = bar.show
	}
	sum, err := hunt.Run(ctx, opt, emit)
	bar.end()
	if table != nil {
		table.Flush()
		err = cmp.Or(err, table.Error())
	}
	if err == nil && !o.jsonl && !o.csv {
		rows.trim(o.most)
		err = t.huntTables(w, t.tableWidth(out), sum, &rows)
	}
	if ferr := w.Flush(); err == nil {
		err = ferr
	}
	if err = done(err); err != nil {
		return t.cannotOpen(err)
	}
	t.huntSummary(rules, sum, time.Since(began))
	switch {
	case sum.Partial:
		return exitCode(stopped(ctx))
	case len(sum.Gaps) > 0:
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

// timeline keeps the matches that the table shows: of the worst levels, and of those the earliest.
type timeline struct {
	kept []*hunt.Match
	more int64
}

func (l *timeline) add(m *hunt.Match, most int) {
	l.kept = append(l.kept, m)
	if len(l.kept) >= 2*max(most, 1)+64 {
		l.trim(most)
	}
}

func (l *timeline) trim(most int) {
	slices.SortStableFunc(l.kept, func(a, b *hunt.Match) int {
		return cmp.Or(slices.Index(hunt.Levels, a.Rule.Level)-slices.Index(hunt.Levels, b.Rule.Level), a.Time.Compare(b.Time))
	})
	if n := max(most, 0); len(l.kept) > n {
		l.more += int64(len(l.kept) - n)
		clear(l.kept[n:])
		l.kept = l.kept[:n]
	}
}

// huntTables writes what was found by rule, and then in order of time.
func (t *terminal) huntTables(w *bufio.Writer, width int, s *hunt.Summary, rows *timeline) error {
	if len(s.Rules) == 0 {
		fmt.Fprintln(w, t.say(text{"Aucune correspondance.", "No match."}))
		return nil
	}
	p := report.Words(t.lang)
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return "–"
		}
		return at.UTC().Format("2006-01-02 15:04:05")
	}
	var byRule [][]string
	for _, r := range s.Rules {
		host := strings.Join(r.Computers[:min(1, len(r.Computers))], "")
		if n := int64(len(r.Computers)); n > 1 {
			host += " +" + p.Int(n-1)
			if r.More {
				host += "…"
			}
		}
		byRule = append(byRule, []string{t.level(r.Rule.Level), p.Int(r.N), r.Rule.Title, host, stamp(r.First), stamp(r.Last)})
	}
	err := report.Table(w, []report.Column{{Title: t.say(text{"NIVEAU", "LEVEL"})}, {Title: t.say(text{"NOMBRE", "MATCHES"}), Right: true}, {Title: t.say(text{"RÈGLE", "RULE"}), Min: 24},
		{Title: t.say(text{"ORDINATEUR", "COMPUTER"}), Min: 12}, {Title: t.say(text{"PREMIÈRE (UTC)", "FIRST (UTC)"})}, {Title: t.say(text{"DERNIÈRE", "LAST"})}}, byRule, width)
	if err != nil {
		return err
	}
	if err := t.huntComputers(w, width, s); err != nil {
		return err
	}
	slices.SortStableFunc(rows.kept, func(a, b *hunt.Match) int { return a.Time.Compare(b.Time) })
	if len(rows.kept) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	var list [][]string
	for _, m := range rows.kept {
		what := m.Rule.Title
		for _, f := range m.Fields[:min(2, len(m.Fields))] {
			what += " · " + f.Field + "=" + f.Value
		}
		where := m.Channel
		if where == "" {
			where = m.Kind
		}
		if m.EventID != "" {
			where += " " + m.EventID
		}
		number := ""
		if m.HasRecord {
			number = strconv.FormatUint(m.Record, 10)
		}
		list = append(list, []string{stamp(m.Time), t.level(m.Rule.Level), m.Computer, where, number, what})
	}
	err = report.Table(w, []report.Column{{Title: t.say(text{"DATE (UTC)", "TIME (UTC)"})}, {Title: t.say(text{"NIVEAU", "LEVEL"})}, {Title: t.say(text{"ORDINATEUR", "COMPUTER"}), Min: 10},
		{Title: t.say(text{"ÉVÉNEMENT", "EVENT"}), Min: 14}, {Title: t.say(text{"N°", "RECORD"}), Right: true}, {Title: t.say(text{"RÈGLE ET CHAMPS", "RULE AND FIELDS"}), Min: 24}}, list, width)
	if err != nil {
		return err
	}
	if rows.more > 0 {
		fmt.Fprintln(w, t.say(text{"… et %s autres : --most, --csv ou --jsonl les donnent.", "… and %s more: --most, --csv or --jsonl give them."}, p.Int(rows.more)))
	}
	return nil
}

// huntComputers writes the table of computers, where there are several.
func (t *terminal) huntComputers(w *bufio.Writer, width int, s *hunt.Summary) error {
	if len(s.Computers) < 2 {
		return nil
	}
	const most = 30
	p := report.Words(t.lang)
	cols := []report.Column{{Title: t.say(text{"ORDINATEUR", "COMPUTER"}), Min: 12}}
	for _, l := range hunt.Levels[:len(hunt.Levels)-1] {
		cols = append(cols, report.Column{Title: strings.ToUpper(t.level(l)), Right: true})
	}
	cols = append(cols, report.Column{Title: t.say(text{"RÈGLES", "RULES"}), Right: true})
	var rows [][]string
	for _, c := range s.Computers[:min(most, len(s.Computers))] {
		row := []string{c.Name}
		for _, n := range c.Levels[:len(hunt.Levels)-1] {
			row = append(row, p.Int(n))
		}
		rows = append(rows, append(row, p.Int(c.Rules)))
	}
	fmt.Fprintln(w)
	if err := report.Table(w, cols, rows, width); err != nil {
		return err
	}
	if n := int64(len(s.Computers) - most); n > 0 {
		fmt.Fprintln(w, t.say(text{"… et %s autres ordinateurs", "… and %s more computers"}, p.Int(n)))
	}
	return nil
}

// level is the level of a rule in the reader's language.
func (t *terminal) level(l string) string {
	switch l {
	case "critical":
		return t.say(text{"critique", "critical"})
	case "high":
		return t.say(text{"élevé", "high"})
	case "medium":
		return t.say(text{"moyen", "medium"})
	case "low":
		return t.say(text{"faible", "low"})
	case "informational":
		return t.say(text{"information", "informational"})
	}
	return "–"
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
	if n := len(s.Gaps); n > 0 {
		t.note(text{"lacunes : %s (-v les montre)", "gaps: %s (-v shows them)"}, p.Int(int64(n)))
		if t.verbose {
			for _, g := range s.Gaps {
				fmt.Fprintln(t.err, visible(t.gapLine(g), false))
			}
		}
	}
}
