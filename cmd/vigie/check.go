package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/analysis"
	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/incident"
	"vigie/internal/jsonline"
	"vigie/internal/report"
)

// checkFlags are the options of check.
type checkFlags struct {
	flaws       []string
	host        string
	since       string
	until       string
	logTZ       string
	caseDir     string
	report      string
	baseline    string
	json        bool
	jsonl       bool
	exitVerdict bool
}

func checkCommand(t *terminal) *cobra.Command {
	var o checkFlags
	cmd := &cobra.Command{
		Use:   t.say(text{"check CHEMIN…", "check PATH…"}),
		Short: t.say(text{"juge des éléments de preuve : dossiers, archives, fichiers", "judges evidence: folders, archives, files"}),
		Long: t.say(text{
			`Lit des dossiers, des archives (zip, tar, tar.gz, tar.zst, 7z…) ou des fichiers, et juge chaque serveur qui s’y trouve.
Les éléments ne sont jamais modifiés. « - » lit l’entrée standard.`,
			`Reads folders, archives (zip, tar, tar.gz, tar.zst, 7z…) or files, and judges each server found there.
The evidence is never changed. "-" reads standard input.`}),
		Example: t.say(text{
			`  vigie check ./journaux --report rapport.html
  vigie check collecte.zip --for proxylogon --json`,
			`  vigie check ./logs --report report.html
  vigie check bundle.zip --for proxylogon --json`}),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return runCheck(cmd.Context(), t, &o, args) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.flaws, "for", nil, t.say(text{"se limiter à cette `FAILLE` (identifiant, nom ou CVE ; plusieurs possibles)", "only this `FLAW` (id, name or CVE; may be repeated)"}))
	f.StringVar(&o.host, "host", "", t.say(text{"`NOM` du serveur, pour les journaux qui ne le disent pas", "`NAME` of the server, for logs that do not tell"}))
	f.StringVar(&o.since, "since", "", t.say(text{"à partir de `DATE` (2021-01-03 ou 2021-01-03T12:00:00Z)", "from `TIME` on (2021-01-03 or 2021-01-03T12:00:00Z)"}))
	f.StringVar(&o.until, "until", "", t.say(text{"jusqu’à `DATE`, jour compris", "until `TIME`, a day included"}))
	f.StringVar(&o.logTZ, "log-tz", "", t.say(text{"`FUSEAU` des journaux tenus en heure locale", "`ZONE` of logs kept in local time"}))
	f.StringVar(&o.caseDir, "case", "", t.say(text{"garder l’affaire dans `DOSSIER`", "keep the case in the folder `DIR`"}))
	f.StringVar(&o.baseline, "baseline", "", t.say(text{"comparer les dossiers web à ceux du serveur de référence de `FICHIER` (vigie baseline make)", "compare the web folders with those of the reference server in `FILE` (vigie baseline make)"}))
	f.StringVar(&o.report, "report", "", t.say(text{"écrire le rapport HTML dans `FICHIER`", "write the HTML report to `FILE`"}))
	f.BoolVar(&o.json, "json", false, t.say(text{"un objet JSON", "one JSON object"}))
	f.BoolVar(&o.jsonl, "jsonl", false, t.say(text{"un constat JSON par ligne", "one JSON finding a line"}))
	f.BoolVar(&o.exitVerdict, "exit-verdict", false, t.say(text{"code de sortie selon le verdict (10 à 14)", "exit code from the verdict (10 to 14)"}))
	return cmd
}

func runCheck(ctx context.Context, t *terminal, o *checkFlags, args []string) error {
	if len(args) == 0 || slices.Contains(args, "") {
		return t.usage(text{"rien à examiner", "nothing to examine"}, text{"donner un dossier, une archive ou un fichier", "give a folder, an archive or a file"})
	}
	if o.json && o.jsonl {
		return t.usage(text{"--json et --jsonl s’excluent", "--json and --jsonl exclude each other"}, text{"en choisir un", "choose one"})
	}
	k, err := t.load()
	if err != nil {
		return err
	}
	opt := analysis.Options{Paths: args, KB: k.kb, Pack: k.pack, Sentences: k.sentences, Version: version, For: o.flaws, Host: o.host, Stdin: t.in,
		Limits: evidence.DefaultLimits()}
	for _, f := range o.flaws {
		if !incident.Known(k.kb, f) {
			return t.usage(text{"faille inconnue : %q", "unknown flaw %q"}, text{"« vigie rules list » les montre", `"vigie rules list" shows them`}, f)
		}
	}
	if o.host != "" && !validHost(o.host) {
		return t.usage(text{"nom de serveur invalide : %q", "bad host name %q"}, text{"lettres, chiffres, tirets et points", "letters, digits, dashes and dots"}, o.host)
	}
	if opt.Pack, err = t.compare(opt.Pack, o.baseline); err != nil {
		return err
	}
	if opt.Since, err = t.time(o.since, false); err != nil {
		return err
	}
	if opt.Until, err = t.time(o.until, true); err != nil {
		return err
	}
	if opt.LogZone, err = t.logZone(o.logTZ); err != nil {
		return err
	}
	if err := t.period(opt.Since, opt.Until); err != nil {
		return err
	}
	if o.report == "-" && (o.json || o.jsonl) {
		return t.usage(text{"--report - et le JSON vont tous deux sur la sortie standard", "--report - and JSON both go to standard output"}, text{"donner un fichier à --report", "give --report a file"})
	}
	if err := t.prepareReport(o.report, args); err != nil {
		return err
	}
	if o.caseDir != "" {
		if err := t.readyCase(o.caseDir); err != nil {
			return err
		}
	}
	c, err := examine(ctx, t, opt)
	if err != nil {
		return err
	}
	if t.verbose && !t.quiet {
		for _, g := range c.Gaps {
			fmt.Fprintln(t.err, visible(t.gapLine(g), false))
		}
	}
	if o.caseDir != "" {
		if err := t.writeCase(o.caseDir, c, args); err != nil {
			return err
		}
	}
	next := nextCommands(t, o, args)
	if len(c.Hosts) == 0 {
		next = nil
		t.note(text{"aucun journal reconnu : copier inetpub\\logs\\LogFiles et le dossier Logging d’Exchange (voir doc/operation.md)",
			"no log recognised: copy inetpub\\logs\\LogFiles and Exchange's Logging folder (see doc/operation.md)"})
	}
	ro := report.Options{Lang: t.lang, TZ: t.zone, Width: t.width(), Color: t.colored(), Next: next}
	if o.report != "" {
		if err := writeFile(o.report, t.out, func(w io.Writer) error { return report.HTML(w, c, ro) }); err != nil {
			return err
		}
		t.written(o.report)
	}
	switch {
	case o.json:
		err = writeJSON(t.out, c)
	case o.jsonl:
		enc := json.NewEncoder(jsonline.NewWriter(t.out))
		enc.SetEscapeHTML(false)
		for i := range c.Findings {
			if err = enc.Encode(&c.Findings[i]); err != nil {
				break
			}
		}
	case o.report == "-":
	default:
		err = report.Text(t.out, c, ro)
	}
	if err != nil {
		return err
	}
	if code := checkExit(ctx, c, o.exitVerdict); code != exitDone {
		return exitCode(code)
	}
	return nil
}

// examine runs the analysis with a progress bar where there is a terminal.
func examine(ctx context.Context, t *terminal, opt analysis.Options) (*casefile.Case, error) {
	bar := newBar(t)
	opt.Progress = bar.show
	if !bar.on {
		opt.Progress = nil
	}
	c, err := analysis.Run(ctx, opt)
	bar.end()
	return c, t.cannotOpen(err)
}

// cannotOpen gives an error about a PATH the form of a user's mistake.
func (t *terminal) cannotOpen(err error) error {
	var missing *os.PathError
	if errors.As(err, &missing) && missing.Op != "write" {
		return t.usage(text{"impossible d’ouvrir %s : %v", "cannot open %s: %v"}, text{"vérifier le chemin et les droits", "check the path and the rights"}, missing.Path, missing.Err)
	}
	return err
}

// prepareReport refuses a file that cannot be written before hours of reading,
// and one that is part of the evidence at any time.
func (t *terminal) prepareReport(name string, evidence []string) error {
	if name == "" || name == "-" {
		return nil
	}
	dir, err := os.Stat(filepath.Dir(name))
	if err != nil || !dir.IsDir() {
		return t.usage(text{"pas de dossier pour le rapport %s", "no folder for the report %s"}, text{"créer le dossier ou choisir un autre fichier", "create the folder or choose another file"}, name)
	}
	file, err := os.Stat(name)
	if err != nil {
		return nil // new
	}
	if file.IsDir() {
		return t.usage(text{"%s est un dossier", "%s is a folder"}, text{"donner un fichier à --report", "give --report a file"}, name)
	}
	full, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return err
	}
	if full, err = filepath.Abs(full); err != nil {
		return err
	}
	for _, e := range evidence {
		there, err := os.Stat(e)
		if err != nil {
			continue // told when it is opened
		}
		inside := os.SameFile(file, there)
		for d := full; there.IsDir() && !inside; d = filepath.Dir(d) {
			if up, err := os.Stat(d); err == nil {
				inside = os.SameFile(up, there)
			}
			if d == filepath.Dir(d) {
				break
			}
		}
		if inside {
			return t.usage(text{"%s fait partie des éléments à examiner", "%s is part of the evidence"}, text{"écrire le rapport ailleurs", "write the report elsewhere"}, name)
		}
	}
	return nil
}

// written tells where the report is.
func (t *terminal) written(name string) {
	if name != "-" {
		t.note(text{"rapport écrit : %s", "report written: %s"}, name)
	}
}

// gapLine writes a gap on one line, as errors about input are written. Paths and
// details were made harmless where the gap was made.
func (t *terminal) gapLine(g casefile.Gap) string {
	p := report.Words(t.lang)
	line := fmt.Sprintf("%s @%#x", g.Path, g.Offset)
	if g.Where != "" {
		line += " (" + p.GapWhere(g.Where) + ")"
	}
	line += ": " + g.Code
	if g.Detail != "" {
		line += " " + g.Detail
	}
	if g.Limit != 0 || g.Got != 0 {
		line += t.say(text{", %d, limite %d", ", %d, limit %d"}, g.Got, g.Limit)
	}
	if g.Count > 1 {
		line += t.say(text{", %d fois", ", %d times"}, g.Count)
	}
	return line + "; " + p.GapAction(g.Action)
}

// validHost tells whether a name can be a server's.
func validHost(s string) bool {
	return len(s) <= 253 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// period refuses one that ends before it starts.
func (t *terminal) period(since, until time.Time) error {
	if since.IsZero() || until.IsZero() || since.Before(until) {
		return nil
	}
	return t.usage(text{"la période finit avant de commencer", "the period ends before it starts"}, text{"--since vient avant --until", "--since comes before --until"})
}

// logZone reads the zone of logs whose times bear none; nil when the user says nothing.
func (t *terminal) logZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, t.usage(text{"fuseau horaire inconnu : %q", "unknown time zone %q"}, text{"par exemple Europe/Paris", "for example Europe/Paris"}, name)
	}
	return z, nil
}

// time reads a day or an instant; the end of a day when it closes a period.
func (t *terminal) time(s string, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	zone := time.UTC
	if t.zone != nil {
		zone = t.zone
	}
	if d, err := time.ParseInLocation("2006-01-02", s, zone); err == nil {
		if end {
			d = d.AddDate(0, 0, 1)
		}
		return d.UTC(), nil
	}
	d, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return d, t.usage(text{"date illisible : %q", "unreadable time %q"}, text{"écrire 2021-01-03 ou 2021-01-03T12:00:00Z", "write 2021-01-03 or 2021-01-03T12:00:00Z"}, s)
	}
	return d.UTC(), nil
}

// checkExit gives the exit code of a case.
func checkExit(ctx context.Context, c *casefile.Case, byVerdict bool) int {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if byVerdict {
		codes := map[int]bool{10: len(c.Hosts) == 0} // no server recognised is no answer
		for _, h := range c.Hosts {
			for _, f := range h.Flaws {
				switch f.Verdict {
				case casefile.Confirmed:
					codes[13] = true
				case casefile.Suspected:
					codes[12] = true
				case casefile.Targeted:
					codes[11] = true
				case casefile.Undetermined:
					codes[10] = true
				}
				if f.StateNow == casefile.Exposed {
					codes[14] = true
				}
			}
			if h.Verdict == casefile.Undetermined {
				codes[10] = true
			}
		}
		for _, n := range []int{13, 12, 14, 11, 10} { // the worst wins
			if codes[n] {
				return n
			}
		}
	}
	if len(c.Gaps) > 0 {
		return exitPartly
	}
	return exitDone
}

// nextCommands proposes what to do after reading the page.
func nextCommands(t *terminal, o *checkFlags, args []string) []string {
	if o.report != "" {
		return nil
	}
	name := "report.html"
	if t.lang == "fr" {
		name = "rapport.html"
	}
	var quoted []string
	for _, a := range args {
		if strings.Trim(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,@+%") != "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		quoted = append(quoted, a)
	}
	return []string{fmt.Sprintf("vigie check %s --report %s", strings.Join(quoted, " "), name)}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(jsonline.NewWriter(w))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// prepareCase refuses a folder that holds something else than a case: it may be the evidence.
func prepareCase(t *terminal, dir string) error {
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return t.usage(text{"%s n’est pas un dossier", "%s is no folder"}, text{"donner un dossier vide ou nouveau", "give an empty or a new folder"}, dir)
	}
	names, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return err
	}
	if len(names) > 0 && !casedir.Is(dir) {
		return t.usage(text{"%s n’est pas vide et n’est pas un dossier d’affaire", "%s is not empty and is no case folder"}, text{"choisir un autre dossier", "choose another folder"}, dir)
	}
	return nil
}

// readyCase refuses a folder that could not take the case, before hours of reading.
func (t *terminal) readyCase(dir string) error {
	if err := prepareCase(t, dir); err != nil || !casedir.Is(dir) {
		return err
	}
	d, err := t.openCase(dir)
	if err == nil && d.Changed {
		return t.caseChanged(dir)
	}
	return err
}

func (t *terminal) caseChanged(dir string) error {
	return t.usage(text{"%s : case.json n’est pas celui que le registre nomme", "%s: case.json is not the one that the ledger names"}, text{"voir « vigie verify », ou choisir un autre dossier", `see "vigie verify", or choose another folder`}, dir)
}

// writeCase makes c the newest revision of the case in a folder.
func (t *terminal) writeCase(dir string, c *casefile.Case, paths []string) error {
	var b bytes.Buffer
	if err := writeJSON(&b, c); err != nil {
		return err
	}
	_, err := casedir.Revise(dir, c, b.Bytes(), casedir.Checked{Version: version, Paths: paths}, t.writer(&workFlags{}))
	if errors.Is(err, casedir.ErrChanged) {
		return t.caseChanged(dir)
	}
	if err != nil {
		return t.badCase(dir, err)
	}
	return nil
}

// writeFile writes a whole file or nothing: beside it first, then renamed. "-"
// is standard output.
func writeFile(name string, stdout io.Writer, write func(io.Writer) error) (err error) {
	if name == "-" {
		return write(stdout)
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".vigie-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err = write(tmp); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
