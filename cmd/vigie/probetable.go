package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/report"
	"vigie/internal/survey"
)

// probeWriter writes results in the form that was asked for. The table keeps the worst hosts only, so that memory does not grow with the run.
type probeWriter struct {
	t      *terminal
	o      *probeFlags
	w      *bufio.Writer
	width  int
	csv    *csv.Writer
	worst  []*survey.Result
	more   int64
	counts map[string]int64 // hosts by what is open on them
	dates  map[string]bool  // of the tables
}

// probeColumns are the names of the columns of the CSV, which do not change.
var probeColumns = []string{"target", "time", "product", "build", "label", "precision", "worst", "open_flaws", "possibly_open_flaws", "open_cves", "support_end", "behind", "others",
	"conflicts", "error", "source", "permission", "table"}

func newProbeWriter(t *terminal, o *probeFlags, out io.Writer) *probeWriter {
	w := &probeWriter{t: t, o: o, w: bufio.NewWriterSize(out, 1<<16), width: t.tableWidth(out), counts: map[string]int64{}, dates: map[string]bool{}}
	if o.csv {
		w.csv = csv.NewWriter(w.w)
		_ = w.csv.Write(probeColumns) // an error comes again at the end
	}
	return w
}

func (w *probeWriter) result(r *survey.Result) error {
	switch {
	case w.o.jsonl:
		line, err := r.JSON()
		if err == nil {
			_, err = w.w.Write(line)
		}
		return cmp.Or(err, w.w.Flush()) // a visit takes seconds: whoever reads along waits for no buffer
	case w.csv != nil:
		return w.csv.Write(safeRow(probeRow(r)))
	}
	w.counts[standing(r)]++
	if r.Table != "" {
		w.dates[r.Table] = true
	}
	w.worst = append(w.worst, r)
	if len(w.worst) >= 2*w.o.most+64 {
		w.trim()
	}
	return nil
}

func (w *probeWriter) trim() {
	slices.SortStableFunc(w.worst, survey.Compare)
	if n := w.o.most; len(w.worst) > n {
		w.more += int64(len(w.worst) - n)
		clear(w.worst[n:])
		w.worst = w.worst[:n]
	}
}

// end writes what is left, unless there was an error before.
func (w *probeWriter) end(err error) error {
	if w.csv != nil {
		w.csv.Flush()
		err = cmp.Or(err, w.csv.Error())
	} else if !w.o.jsonl && err == nil {
		err = w.table()
	}
	return cmp.Or(err, w.w.Flush())
}

// The words for what is open on a host, worst first.
const (
	standsOpen     = "open"
	standsPossibly = "possibly-open"
	standsEnded    = "no-support" // no open flaw is known, and nobody looks any more
	standsSettings = "needs-configuration"
	standsUnknown  = "unknown" // no product, or no build
	standsNothing  = "nothing-in-table"
	standsNoTable  = "no-table"
)

// standing sums a result up in one word.
func standing(r *survey.Result) string {
	has := func(s kb.Openness, cves int) bool {
		return cves > 0 || slices.ContainsFunc(r.Flaws, func(f survey.Flaw) bool { return f.Status == s })
	}
	switch {
	case r.Product == "":
		return standsUnknown
	case r.CVEs == nil:
		return standsNoTable
	case has(kb.Open, len(r.CVEs.Open)):
		return standsOpen
	case has(kb.PossiblyOpen, len(r.CVEs.Possibly)):
		return standsPossibly
	case r.Build == "":
		return standsUnknown
	case r.SupportEnd != "" || r.CVEs.Unknown > 0:
		return standsEnded
	case has(kb.NeedsConfiguration, len(r.CVEs.Configuration)):
		return standsSettings
	}
	return standsNothing
}

func flawNames(r *survey.Result, status kb.Openness) (out []string) {
	for _, f := range r.Flaws {
		if f.Status == status {
			out = append(out, f.Name)
		}
	}
	return out
}

// probeRow is a result as a row of the CSV.
func probeRow(r *survey.Result) []string {
	var at string
	if !r.Time.IsZero() {
		at = r.Time.UTC().Format(time.RFC3339)
	}
	var cves, others, conflicts []string
	if r.CVEs != nil {
		cves = r.CVEs.Open
	}
	for _, o := range r.Others {
		others = append(others, strings.TrimSpace(o.Name+" "+o.Version))
	}
	for _, c := range r.Conflicts {
		conflicts = append(conflicts, c.Kind+" "+c.Value)
	}
	list := func(s []string) string { return strings.Join(s, "; ") }
	return []string{r.Target, at, r.Product, r.Build, r.Label, string(r.Precision), standing(r), list(flawNames(r, kb.Open)), list(flawNames(r, kb.PossiblyOpen)), list(cves),
		r.SupportEnd, list(r.Behind), list(others), list(conflicts), r.Error, r.Source, r.Permission, r.Table}
}

// table writes the worst hosts, and what the others are.
func (w *probeWriter) table() error {
	w.trim()
	t := w.t
	if len(w.worst) == 0 && w.more == 0 {
		_, err := fmt.Fprintln(w.w, t.say(text{"Aucun hôte.", "No host."}))
		return err
	}
	rows := make([][]string, len(w.worst))
	for i, r := range w.worst {
		rows[i] = []string{r.Target, cmp.Or(r.Product, t.say(text{"inconnu", "unknown"})), r.Build + t.nearest(r), t.precision(r.Precision), t.openWords(r)}
	}
	err := report.Table(w.w, []report.Column{
		{Title: t.say(text{"HÔTE", "HOST"}), Min: 20}, {Title: t.say(text{"PRODUIT", "PRODUCT"}), Min: 14}, {Title: t.say(text{"VERSION", "BUILD"}), Min: 24},
		{Title: t.say(text{"PRÉCISION", "PRECISION"})}, {Title: t.say(text{"OUVERT", "OPEN"}), Min: 20}}, rows, w.width)
	if err != nil {
		return err
	}
	words := report.Words(t.lang)
	if w.more > 0 {
		fmt.Fprintln(w.w, t.say(text{"… et %s autres : --csv, --jsonl ou --most les donnent.", "… and %s more: --csv, --jsonl or --most give them."}, words.Int(w.more)))
	}
	fmt.Fprintln(w.w)
	if w.notes() {
		fmt.Fprintln(w.w)
	}
	for _, s := range []string{standsOpen, standsPossibly, standsEnded, standsSettings, standsUnknown, standsNoTable, standsNothing} {
		if n := w.counts[s]; n > 0 {
			fmt.Fprintf(w.w, "%8s  %s\n", words.Int(n), t.say(standingWords[s]))
		}
	}
	fmt.Fprintln(w.w)
	fmt.Fprintln(w.w, t.say(text{
		"Précision – ou après : cette version ou une suivante de la même mise à jour cumulative (CU) ; CU seule : mise à jour de sécurité inconnue.",
		"Precision – or later: this build or a later one of the same cumulative update (CU); CU only: the security update is not known."}))
	for _, d := range slices.Sorted(maps.Keys(w.dates)) {
		fmt.Fprintln(w.w, t.say(text{"La table des versions s’arrête au %s : ce qui a paru depuis n’est pas compté.", "The table of builds ends on %s: what came out since is not counted."}, d))
	}
	_, err = fmt.Fprintln(w.w, t.say(text{"Une version est ce que le serveur dit de lui-même.", "A build is what the server says of itself."}))
	return err
}

// notes writes what else the reader must know, host by host. It tells whether there was anything.
func (w *probeWriter) notes() (any bool) {
	for _, r := range w.worst {
		for i, note := range w.t.probeNotes(r) {
			name := r.Target
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w.w, "%-28s  %s\n", visible(name, false), visible(note, false))
			any = true
		}
	}
	return any
}

var standingWords = map[string]text{
	standsOpen:     {"hôtes avec une faille ouverte", "hosts with an open flaw"},
	standsPossibly: {"hôtes peut-être ouverts : la mise à jour exacte n’est pas connue", "hosts that may be open: the exact update is not known"},
	standsEnded:    {"hôtes sans mises à jour : personne ne dit ce qui y reste ouvert", "hosts without updates any more: nobody says what stays open there"},
	standsSettings: {"hôtes à jour, où un réglage décide", "hosts up to date, where a setting decides"},
	standsUnknown:  {"hôtes dont le produit ou la version n’est pas connu, ce qui ne prouve pas une absence", "hosts whose product or build is not known, which proves no absence"},
	standsNoTable:  {"hôtes d’un produit reconnu, sans table de versions", "hosts of a product that is recognised, without a table of builds"},
	standsNothing:  {"hôtes sans faille ouverte dans la table", "hosts without an open flaw in the table"},
}

func (t *terminal) nearest(r *survey.Result) string {
	if r.Label == "" {
		return ""
	}
	if r.Nearest {
		return " (≥ " + r.Label + ")"
	}
	return " (" + r.Label + ")"
}

func (t *terminal) precision(p inventory.Precision) string {
	switch p {
	case inventory.Exact:
		return t.say(text{"exacte", "exact"})
	case inventory.Update:
		return t.say(text{"ou après", "or later"})
	case inventory.CumulativeUpdate:
		return t.say(text{"CU seule", "CU only"})
	case inventory.ProductOnly:
		return t.say(text{"produit", "product"})
	}
	return "–"
}

// maxNamed is how many flaws a cell names.
const maxNamed = 3

// openWords says what is open.
func (t *terminal) openWords(r *survey.Result) string {
	list := func(names []string, cves int) string { // the number first: a narrow terminal cuts names off, not it
		s := strings.Join(names[:min(len(names), maxNamed)], ", ")
		if n := len(names) - maxNamed; n > 0 {
			s += fmt.Sprintf(" +%d", n)
		}
		return strings.TrimSuffix(fmt.Sprintf("%d CVE · %s", cves, s), " · ")
	}
	switch standing(r) {
	case standsOpen:
		return list(flawNames(r, kb.Open), len(r.CVEs.Open))
	case standsPossibly:
		return t.say(text{"peut-être : %s", "maybe: %s"}, list(flawNames(r, kb.PossiblyOpen), len(r.CVEs.Possibly)))
	case standsSettings:
		return t.say(text{"selon réglages : %s", "depends on settings: %s"}, list(flawNames(r, kb.NeedsConfiguration), len(r.CVEs.Configuration)))
	case standsEnded:
		return t.say(text{"personne ne le dit (%d CVE)", "nobody says (%d CVE)"}, r.CVEs.Unknown)
	case standsUnknown:
		return t.say(text{"inconnu", "unknown"})
	case standsNoTable:
		return t.say(text{"pas de table", "no table"})
	}
	return t.say(text{"rien dans la table", "nothing in the table"})
}

// probeNotes are what else the reader must know of a host.
func (t *terminal) probeNotes(r *survey.Result) (out []string) {
	if r.SupportEnd != "" {
		out = append(out, t.say(text{"plus de mises à jour depuis le %s", "no updates since %s"}, r.SupportEnd))
	}
	if len(r.Conflicts) > 0 {
		out = append(out, t.say(text{"plusieurs versions sous ce nom", "several builds under this name"}))
	}
	if len(r.Behind) > 0 {
		out = append(out, t.say(text{"derrière %s", "behind %s"}, strings.Join(r.Behind, ", ")))
	}
	for _, o := range r.Others {
		out = append(out, t.say(text{"aussi %s", "also %s"}, strings.TrimSpace(o.Name+" "+o.Version)))
	}
	for _, f := range r.TLS {
		if f.Old {
			out = append(out, t.say(text{"TLS ancien accepté", "old TLS accepted"}))
			break
		}
	}
	if r.Stopped != "" {
		out = append(out, t.say(text{"a demandé qu’on le laisse (%s)", "asked to be left alone (%s)"}, r.Stopped))
	}
	if w, ok := codeWords[r.Code]; ok {
		out = append(out, t.say(w))
	}
	for _, s := range r.Services {
		if w, ok := stateWords[s.State]; ok {
			out = append(out, t.say(text{"%s : %s", "%s: %s"}, s.Service, t.say(w)))
		}
	}
	return out
}

// codeWords and stateWords tell the failures of package probe.
var codeWords = map[string]text{
	"scope":       {"hors du périmètre", "outside of the scope"},
	"internal":    {"le nom mène à une adresse interne", "the name points to an internal address"},
	"unresolved":  {"nom introuvable", "name cannot be resolved"},
	"silent":      {"aucun service ne répond", "no service answers"},
	"interrupted": {"visite interrompue", "visit interrupted"},
	"fault":       {"défaut de Vigie, à signaler", "fault of Vigie, please report it"},
}

var stateWords = map[string]text{
	"timeout":     {"délai dépassé", "timed out"},
	"reset":       {"connexion coupée", "connection reset"},
	"closed":      {"connexion fermée trop tôt", "connection closed early"},
	"unreachable": {"injoignable", "unreachable"},
	"tls":         {"TLS impossible", "no TLS possible"},
	"limit":       {"réponse démesurée", "answer beyond all bounds"},
	"protocol":    {"réponse d’un autre protocole", "answer of another protocol"},
	"failed":      {"échec", "failed"},
}
