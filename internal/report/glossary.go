package report

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigie/internal/casefile"
)

// term is a line of the glossary.
type term struct{ Word, Meaning string }

// terms are the technical words that the glossary can explain, each with what
// shows in the case's sentences that it is used; without such words the report
// itself uses it. Messages: glossary.<id>.word and glossary.<id>.
var terms = []struct {
	id    string
	words []string
}{
	{"attck", nil}, {"hash", nil}, {"build", nil}, {"window", nil}, {"coverage", nil}, {"log", nil}, {"gap", nil},
	{"harmless", nil}, {"tlp", nil}, {"utc", nil}, {"rule", nil},
	{"webshell", []string{"webshell", "web shell", "webshells", "web shells"}},
	{"backdoor", []string{"backdoor", "porte dérobée", "portes dérobées", "backdoors"}},
	{"ssrf", []string{"ssrf"}},
	{"rce", []string{"rce", "remote code execution", "exécution de code"}},
	{"cve", []string{"cve"}},
	{"iis", []string{"iis"}}, {"ecp", []string{"ecp"}}, {"ews", []string{"ews"}}, {"oab", []string{"oab"}},
	{"owa", []string{"owa"}}, {"mapi", []string{"mapi"}},
	{"httpproxy", []string{"httpproxy", "http proxy"}},
	{"powershell", []string{"powershell", "cmdlet", "cmdlets"}},
	{"persistence", []string{"persistance", "persistence"}},
	{"exfiltration", []string{"exfiltration"}},
	{"lateral", []string{"latéralisation", "lateral movement"}},
	{"edr", []string{"edr"}}, {"mfa", []string{"mfa", "multifacteur", "multifactor"}},
	{"krbtgt", []string{"krbtgt"}},
	{"ad", []string{"active directory"}},
	{"machinekey", []string{"machinekey", "machine key", "machine keys", "clé de machine", "clés de machine"}},
}

// glossary explains the words that this report uses.
func glossary(p *Printer, c *casefile.Case) []term {
	used := haystack(p, c)
	var out []term
	for _, t := range terms {
		in := len(t.words) == 0
		for _, w := range t.words {
			in = in || strings.Contains(used, " "+w+" ")
		}
		if in {
			out = append(out, term{p.T("glossary." + t.id + ".word"), p.T("glossary." + t.id)})
		}
	}
	return out
}

// haystack is the case's sentences as words with spaces between them, bounded.
func haystack(p *Printer, c *casefile.Case) string {
	var b strings.Builder
	b.WriteByte(' ')
	add := func(s string) {
		if b.Len() > 1<<20 || len(s) > 4*maxText || !utf8.ValidString(s) {
			return
		}
		for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	texts := func(ts ...casefile.Text) {
		for _, t := range ts {
			add(p.Text(t))
		}
	}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		texts(h.Notes...)
		for j := range h.Flaws {
			f := &h.Flaws[j]
			texts(f.Title())
			add(strings.Join(f.CVEs, " "))
			texts(f.Sentence, f.StateWhy, f.Window.FromWhy, f.Window.ToWhy)
			texts(f.Why...)
			texts(f.WouldChange...)
			for k := range f.Coverage.Sources {
				texts(f.Coverage.Sources[k].Name)
			}
		}
	}
	for i := range c.Findings {
		texts(c.Findings[i].Title, c.Findings[i].Harmless)
	}
	for i := range c.Actions {
		texts(c.Actions[i].Title, c.Actions[i].Why, c.Actions[i].Check)
	}
	for _, g := range [][]casefile.TouchedItem{c.Touched.Accounts, c.Touched.Mailboxes, c.Touched.Machines, c.Touched.Data} {
		for i := range g {
			texts(g[i].Why, g[i].CannotKnow)
		}
	}
	return b.String()
}

// wordTable explains one scale of words.
type wordTable struct {
	Title string
	Rows  []pair
}

// wordTables are the scales of the report: what each word asserts at least.
func wordTables(p *Printer) []wordTable {
	table := func(title string, keys ...string) wordTable {
		t := wordTable{Title: p.T(title)}
		for _, k := range keys {
			t.Rows = append(t.Rows, pair{p.T(k), p.T("means." + k)})
		}
		return t
	}
	return []wordTable{
		table("words.verdict", "verdict.confirmed", "verdict.suspected", "verdict.undetermined", "verdict.targeted", "verdict.no-trace", "verdict.not-affected"),
		table("words.state", "state.exposed", "state.mitigated", "state.fixed", "state.to-rebuild", "state.unknown"),
		table("words.confidence", "confidence.high", "confidence.medium", "confidence.low"),
		table("words.weight", "weight.proof", "weight.clue", "weight.hint", "weight.none"),
		table("words.certainty", "certainty.certain", "certainty.probable", "certainty.possible"),
	}
}

func parseDay(s string) (time.Time, bool) {
	t, err := time.Parse("2006-01-02", s)
	return t, err == nil
}
