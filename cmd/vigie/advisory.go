package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigie/internal/advisory"
	"vigie/internal/diag"
	"vigie/internal/feed"
	"vigie/internal/watch"
)

func advisoryCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "advisory",
		Short: t.say(text{"tient les avis des éditeurs et les compare à un parc", "keeps the advisories of publishers and matches an estate with them"}),
		Long: t.say(text{`Tient un dossier d’avis de sécurité, pris de fichiers, et dit quelles failles concernent un parc, et pourquoi.
Ce que Vigie surveille, ses règles et ses limites : doc/watch.md. Rien n’est envoyé ni demandé au réseau.`,
			`Keeps a folder of advisories, taken from files, and says which flaws concern an estate, and why.
What Vigie watches, its rules and its limits: doc/watch.md. Nothing is sent to or asked of the network.`}),
	}
	cmd.AddCommand(advisoryUpdateCommand(t), advisoryListCommand(t), advisoryShowCommand(t), advisoryQuarantineCommand(t), advisoryMatchCommand(t), advisoryMeasureCommand(t), advisoryProductsCommand(t))
	return cmd
}

// advisoryFlags are the flags that all commands on advisories share.
type advisoryFlags struct {
	store  string
	day    string // --at
	asJSON bool
}

func (a *advisoryFlags) add(t *terminal, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.store, "store", "", t.say(text{"`DOSSIER` des avis (celui de l’utilisateur par défaut)", "`DIR` of advisories (default: the user's)"}))
	f.StringVar(&a.day, "at", "", t.say(text{"juge comme le `JOUR` donné (AAAA-MM-JJ), avec ce qui était connu alors", "judges as of a `DAY` (YYYY-MM-DD), with what was known then"}))
	f.BoolVar(&a.asJSON, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
}

// when is the time of judgement: now, or the end of the day that was asked for.
func (a *advisoryFlags) when(t *terminal) (time.Time, error) {
	if a.day == "" {
		return time.Now().UTC(), nil
	}
	day, err := time.Parse(time.DateOnly, a.day)
	if err != nil {
		return day, t.usage(text{"jour illisible : %q", "unreadable day %q"}, text{"par exemple 2021-03-02", "for example 2021-03-02"}, a.day)
	}
	return day.Add(24*time.Hour - time.Second), nil
}

func (a *advisoryFlags) open() (*advisory.Store, error) {
	if a.store == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, err
		}
		a.store = filepath.Join(dir, "vigie", "advisories")
	}
	return advisory.Open(a.store)
}

// watchSet is what judging an estate needs.
type watchSet struct {
	catalog *watch.Catalog
	index   *watch.Index
	store   *advisory.Store
	docs    []*advisory.Document
	now     time.Time
	know    *knowledgeSet
	fsys    fs.FS
}

func (t *terminal) watchSet(a *advisoryFlags) (*watchSet, error) {
	now, err := a.when(t)
	if err != nil {
		return nil, err
	}
	fsys, err := t.knowledgeFS()
	if err != nil {
		return nil, err
	}
	k, err := t.load()
	if err != nil {
		return nil, err
	}
	c, err := watch.LoadCatalog(fsys)
	if err != nil {
		return nil, t.badKnowledge(err)
	}
	docs, err := feed.Shipped(fsys, time.Now())
	if err != nil {
		return nil, t.badKnowledge(err)
	}
	s, err := a.open()
	if err != nil {
		return nil, err
	}
	docs = append(docs, s.Documents()...)
	return &watchSet{c, watch.NewIndex(c, k.kb, docs, now.Format(time.DateOnly)), s, docs, now, k, fsys}, nil
}

// feedAge is a feed with its age.
type feedAge struct {
	advisory.Feed
	Hours int  `json:"age_hours"` // since a file of it was last taken in
	Stale bool `json:"stale"`
}

// ages gives the state of each feed that is watched for, also of those that never came.
func (w *watchSet) ages() (have []feedAge, missing []string) {
	feeds := w.store.Feeds()
	for _, p := range w.catalog.Paces {
		i := slices.IndexFunc(feeds, func(f advisory.Feed) bool { return string(f.Kind) == p.Kind })
		if i < 0 {
			missing = append(missing, p.Kind)
			continue
		}
		since := feeds[i].Last
		if n := feeds[i].Newest; !n.IsZero() && n.Before(since) && feeds[i].Kind != advisory.CSAF && feeds[i].Kind != advisory.EUKEV {
			since = n // a feed that is frozen at its publisher is as old as what it says
		}
		hours := int(w.now.Sub(since).Hours())
		have = append(have, feedAge{feeds[i], hours, hours > 2*p.Hours})
	}
	return have, missing
}

// tellAges writes the age of the feeds: it stands beside every answer, so that silence means something.
func (t *terminal) tellAges(w *watchSet) {
	have, missing := w.ages()
	for _, f := range have {
		stale := ""
		if f.Stale {
			stale = t.say(text{" — PÉRIMÉ", " — STALE"})
		}
		fmt.Fprintln(t.out, t.say(text{"  %-12s %6d document(s), %d entrée(s), %d écartée(s), âge %s%s", "  %-12s %6d document(s), %d entries, %d set aside, age %s%s"},
			f.Kind, f.Documents, f.Records, f.Refused, t.hours(f.Hours), stale))
	}
	if len(missing) > 0 {
		fmt.Fprintln(t.out, t.say(text{"  jamais reçus : %s", "  never received: %s"}, strings.Join(missing, ", ")))
	}
}

func (t *terminal) hours(n int) string {
	switch {
	case n < 0:
		return t.say(text{"daté d’après le jour du jugement", "dated after the day of judgement"})
	case n < 48:
		return fmt.Sprintf("%d h", n)
	}
	return t.say(text{"%d jours", "%d days"}, n/24)
}

func advisoryListCommand(t *terminal) *cobra.Command {
	var a advisoryFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: t.say(text{"âge des sources et failles connues des produits surveillés", "age of the feeds, and the known flaws of watched products"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			w, err := t.watchSet(&a)
			if err != nil {
				return err
			}
			flaws := w.index.Flaws()
			if a.asJSON {
				have, missing := w.ages()
				return writeJSON(t.out, map[string]any{"feeds": have, "never_received": missing, "flaws": flaws, "watched": w.catalog.Date})
			}
			fmt.Fprintln(t.out, t.say(text{"Sources :", "Feeds:"}))
			t.tellAges(w)
			fmt.Fprintln(t.out, t.say(text{"\nFailles des produits surveillés :", "\nFlaws of watched products:"}))
			for _, f := range flaws {
				fmt.Fprintln(t.out, visible(fmt.Sprintf("  %-16s  %-40s  %s", f.CVE, strings.Join(f.Products, ", "), f.Title), false))
			}
			return nil
		},
	}
	a.add(t, cmd)
	return cmd
}

func advisoryShowCommand(t *terminal) *cobra.Command {
	var a advisoryFlags
	cmd := &cobra.Command{
		Use:   "show CVE",
		Short: t.say(text{"ce que les sources disent d’une faille", "what the sources say of a flaw"}),
		Args:  t.atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return t.usage(text{"aucune CVE donnée", "no CVE given"}, t.seeHelp(cmd))
			}
			w, err := t.watchSet(&a)
			if err != nil {
				return err
			}
			return t.showAdvisory(w, strings.ToUpper(strings.TrimSpace(args[0])), a.asJSON)
		},
	}
	a.add(t, cmd)
	return cmd
}

func (t *terminal) showAdvisory(w *watchSet, cve string, asJSON bool) error {
	type said struct {
		watch.Record
		Statements []advisory.Statement `json:"statements"`
	}
	var sources []said
	for _, d := range w.index.Claimed(cve) {
		s := said{Record: watch.Record{Kind: d.Kind, ID: d.ID, Publisher: d.Publisher, URL: d.URL, SHA256: d.SHA256}}
		for _, st := range d.Statements {
			if st.CVE == cve {
				s.Statements = append(s.Statements, st)
			}
		}
		sources = append(sources, s)
	}
	aside := []advisory.Refusal{}
	for _, r := range w.index.Quarantine() {
		if r.CVE == cve {
			aside = append(aside, r)
		}
	}
	signals := w.index.Signals(cve)
	if asJSON {
		return writeJSON(t.out, map[string]any{"cve": cve, "title": w.index.Title(cve), "sources": sources, "signals": signals, "set_aside": aside})
	}
	fmt.Fprintln(t.out, visible(cve+"  "+w.index.Title(cve), false))
	for _, s := range signals {
		fmt.Fprintln(t.out, visible(fmt.Sprintf("  %-14s %s  %s %s", s.Kind, cmp.Or(s.Date, "-"), s.By, s.Ref), false))
	}
	for _, s := range sources {
		fmt.Fprintln(t.out)
		fmt.Fprintln(t.out, visible(fmt.Sprintf("%s (%s %s) %s", s.Publisher, s.Kind, s.ID, s.URL), false))
		for _, st := range s.Statements {
			fmt.Fprintln(t.out, visible("  "+statementLine(st), false))
		}
	}
	if len(sources) == 0 {
		fmt.Fprintln(t.out, t.say(text{"\nAucune source n’en dit rien d’utilisable pour un produit surveillé ; ce n’est pas une preuve d’absence.", "\nNo source says anything usable of it for a watched product; that proves nothing."}))
	}
	for _, r := range aside {
		fmt.Fprintln(t.out, visible(t.say(text{"écarté : %s %s : %s", "set aside: %s %s: %s"}, r.Product, r.Value, r.Why.In(t.lang)), false))
	}
	fmt.Fprintln(t.out)
	t.tellAges(w)
	return nil
}

// statementLine writes a statement with marks that need no language.
func statementLine(s advisory.Statement) string {
	span := ""
	switch {
	case s.Exact != "":
		span = "= " + s.Exact
	case s.Below != "":
		span = ">= " + cmp.Or(s.From, "0") + ", < " + s.Below
	case s.UpTo != "":
		span = ">= " + cmp.Or(s.From, "0") + ", <= " + s.UpTo
	case s.From != "":
		span = ">= " + s.From
	}
	return strings.TrimSpace(fmt.Sprintf("%-12s %s  %s  %s", s.Status, s.Product, span, strings.Join(s.KBs, " ")))
}

func advisoryQuarantineCommand(t *terminal) *cobra.Command {
	var a advisoryFlags
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: t.say(text{"les entrées et les fichiers écartés, et pourquoi", "the records and files that are set aside, and why"}),
		Args:  t.atMost(0),
		RunE: func(*cobra.Command, []string) error {
			w, err := t.watchSet(&a)
			if err != nil {
				return err
			}
			records := slices.Clone(w.index.Quarantine())
			for _, q := range w.know.kb.Quarantine() {
				records = append(records, advisory.Refusal{Kind: "table", Source: q.Source, CVE: q.CVE, Product: q.Line + " " + q.CU, Value: q.Below, Code: "kb.record", Why: q.Why})
			}
			files := w.store.Unused()
			if a.asJSON {
				return writeJSON(t.out, map[string]any{"records": records, "files": files})
			}
			for _, r := range records {
				fmt.Fprintln(t.out, visible(fmt.Sprintf("%-16s %s  %q  %s  [%s, %s]", cmp.Or(r.CVE, "-"), r.Product, r.Value, r.Why.In(t.lang), r.Kind, r.Source), false))
			}
			for _, f := range files {
				fmt.Fprintln(t.out, visible(t.say(text{"fichier %s, le %s : %s", "file %s, on %s: %s"}, f.Source, f.At.Format(time.DateOnly), f.Why.In(t.lang)), false))
			}
			fmt.Fprintln(t.out, t.say(text{"%d entrée(s) et %d fichier(s) écartés", "%d record(s) and %d file(s) set aside"}, len(records), len(files)))
			return nil
		},
	}
	a.add(t, cmd)
	return cmd
}

// lintWatched checks the watched products, the advisories of the program and the labelled cases of a folder of knowledge. The error is nil or a
// [diag.Problems].
func (t *terminal) lintWatched() error {
	fsys, err := t.knowledgeFS()
	if err != nil {
		return err
	}
	c, err := watch.LoadCatalog(fsys)
	if err != nil {
		return err
	}
	var problems diag.Problems
	docs, err := feed.Shipped(fsys, time.Now())
	if err != nil {
		problems.Add(diag.Pos{File: feed.ShippedFolder}, "watched.advisory", "", "%v", err)
	}
	x := watch.NewIndex(c, nil, docs, time.Now().Format(time.DateOnly))
	for _, r := range x.Quarantine() {
		problems.Add(diag.Pos{File: feed.ShippedFolder}, r.Code, "", "%s, %s: %s", r.Source, r.CVE, r.Why.EN)
	}
	if x.Unwatched() > 0 {
		problems.Add(diag.Pos{File: feed.ShippedFolder}, "watched.product", "", "%d statements are on products that are not watched", x.Unwatched())
	}
	if _, err := watch.Cases(fsys); err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems.Add(diag.Pos{File: watch.Folder + "/" + watch.CasesFile}, "watched.cases", "", "%v", err)
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}
