package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"vigie/internal/casefile"
)

// LeastNoTrace is the coverage under which no flaw file may speak of "no
// trace". A flaw's own threshold may be higher; the case does not carry it.
const LeastNoTrace = 0.9

// Problem is one sentence or fact of a case that a report must not print.
type Problem struct {
	Rule  string // R1 to R8, as the report's rules are numbered
	Where string // place in the case, as a JSON path
	What  string
}

func (p *Problem) Error() string { return p.Rule + ": " + p.Where + ": " + p.What }

// Lint refuses a case that a report could not render honestly: reasons that
// lead to no raw line (R1), words that absolve a machine (R2), a "no trace"
// over evidence that does not cover the window (R3), times without a zone (R4),
// languages that do not say the same (R5), required sentences that are missing
// (R8). The error joins one *Problem each.
func Lint(c *casefile.Case) error {
	l := &linter{names: namesOf(c), passed: map[sentence]bool{}}
	l.findings(c)
	for i := range c.Hosts {
		l.host(c, &c.Hosts[i], fmt.Sprintf("hosts[%d]", i))
	}
	l.touched(c)
	for i := range c.Actions {
		a, at := &c.Actions[i], fmt.Sprintf("actions[%d]", i)
		l.text(at+".title", a.Title, required|loose)
		l.text(at+".why", a.Why, loose)
		l.text(at+".check", a.Check, loose)
		l.known(at+".answers", a.Answers)
	}
	return errors.Join(l.problems...)
}

type linter struct {
	problems []error
	names    []string // names that evidence brought into sentences, longest first
	ids      map[string]bool
	passed   map[sentence]bool // sentences that were read already
}

// sentence is a text of the case and how it is judged.
type sentence struct {
	fr, en string
	how    int
}

func (l *linter) add(rule, where, format string, args ...any) {
	if len(l.problems) < 200 {
		l.problems = append(l.problems, &Problem{rule, where, fmt.Sprintf(format, args...)})
	}
}

func (l *linter) findings(c *casefile.Case) {
	l.ids = make(map[string]bool, len(c.Findings))
	hosts := make(map[string]bool, len(c.Hosts))
	for i := range c.Hosts {
		hosts[c.Hosts[i].Name] = true
	}
	for i := range c.Findings {
		f, at := &c.Findings[i], fmt.Sprintf("findings[%d]", i)
		switch {
		case f.ID == "":
			l.add("R1", at, "has no id")
		case l.ids[f.ID]:
			l.add("R1", at, "id %.40q is used twice", f.ID)
		}
		l.ids[f.ID] = true
		if len(f.Evidence) == 0 || f.Evidence[0].Path == "" {
			l.add("R1", at, "leads to no raw line")
		}
		if !hosts[f.Host] {
			l.add("R1", at+".host", "host %.80q is not in the case", f.Host)
		}
		l.text(at+".title", f.Title, required|loose)
		l.text(at+".harmless", f.Harmless, loose)
	}
}

func (l *linter) host(c *casefile.Case, h *casefile.Host, at string) {
	for i := range h.Flaws {
		l.flaw(&h.Flaws[i], fmt.Sprintf("%s.flaws[%d]", at, i))
	}
	for i, x := range h.NotExamined {
		l.text(fmt.Sprintf("%s.not_examined[%d].reason", at, i), x.Reason, required)
	}
	for i, x := range h.Notes {
		l.text(fmt.Sprintf("%s.notes[%d]", at, i), x, required)
	}
	if len(h.Flaws) > 0 {
		w := h.Verdict
		for i := range h.Flaws {
			if h.Flaws[i].Verdict.Rank() < w.Rank() {
				w = h.Flaws[i].Verdict
			}
		}
		if w != h.Verdict {
			l.add("R1", at+".verdict", "is %q, but a flaw of the host is %q", h.Verdict, w)
		}
	}
}

func (l *linter) flaw(r *casefile.FlawResult, at string) {
	l.text(at+".sentence", r.Sentence, required)
	l.text(at+".state_why", r.StateWhy, 0)
	l.text(at+".window.from_why", r.Window.FromWhy, 0)
	l.text(at+".window.to_why", r.Window.ToWhy, 0)
	for i, x := range r.Why {
		l.text(fmt.Sprintf("%s.why[%d]", at, i), x, required)
	}
	for i, x := range r.WouldChange {
		l.text(fmt.Sprintf("%s.would_change[%d]", at, i), x, required)
	}
	if len(r.Why) == 0 {
		l.add("R8", at+".why", "no reason is given")
	}
	l.known(at+".reasons", r.Reasons)
	switch r.Verdict {
	case casefile.Confirmed, casefile.Suspected, casefile.Targeted:
		if len(r.Reasons) == 0 {
			l.add("R1", at+".reasons", "verdict %s rests on no finding", r.Verdict)
		}
	case casefile.NoTrace:
		l.noTrace(r, at)
	}
	if !slices.Contains(casefile.Verdicts, r.Verdict) {
		l.add("R2", at+".verdict", "%.40q is none of the six words", r.Verdict)
	}
	if r.StateAt != nil && r.StateAt.IsZero() {
		l.add("R4", at+".state_at", "is the zero time")
	}
}

// noTrace holds only when every required source covers the window.
func (l *linter) noTrace(r *casefile.FlawResult, at string) {
	if r.Window.Empty {
		return
	}
	least, any := 1.0, false
	for i := range r.Coverage.Sources {
		s := &r.Coverage.Sources[i]
		if !s.Required {
			continue
		}
		any = true
		least = min(least, share(s.Covered))
		if s.Covered < max(LeastNoTrace, r.Coverage.Threshold) {
			l.add("R3", at+".verdict", "no-trace, but the required source %.40q covers %.3f of the window", s.Kind, s.Covered)
		}
	}
	if !any {
		l.add("R3", at+".verdict", "no-trace without a required source")
	} else if r.Coverage.Overall > least+1e-9 {
		l.add("R3", at+".coverage.overall", "is %.3f, more than its least covered required source (%.3f)", r.Coverage.Overall, least)
	}
}

func (l *linter) touched(c *casefile.Case) {
	for _, g := range []struct {
		name  string
		items []casefile.TouchedItem
	}{{"accounts", c.Touched.Accounts}, {"mailboxes", c.Touched.Mailboxes}, {"machines", c.Touched.Machines}, {"data", c.Touched.Data}} {
		for i := range g.items {
			at := fmt.Sprintf("touched.%s[%d]", g.name, i)
			l.text(at+".why", g.items[i].Why, required)
			l.text(at+".cannot_know", g.items[i].CannotKnow, 0)
			l.known(at+".findings", g.items[i].Findings)
		}
	}
}

func (l *linter) known(at string, ids []string) {
	for _, id := range ids {
		if !l.ids[id] {
			l.add("R1", at, "finding %.40q does not exist", id)
		}
	}
}

const (
	required = 1 << iota // must not be empty
	loose                // advice may use the words, unless it speaks of a machine's state
)

func (l *linter) text(at string, t casefile.Text, how int) {
	fr, en := strings.TrimSpace(t.FR), strings.TrimSpace(t.EN)
	switch {
	case fr == "" && en == "":
		if how&required != 0 {
			l.add("R8", at, "is empty")
		}
		return
	case fr == "":
		l.add("R5", at, "is missing in French")
		return
	case en == "":
		l.add("R5", at, "is missing in English")
		return
	}
	said := sentence{fr, en, how}
	if l.passed[said] {
		return // many findings share a title
	}
	if l.words(at, fr, en, how, false) {
		if len(l.passed) < 20000 {
			l.passed[said] = true
		}
	} else {
		l.words(at, l.strip(fr), l.strip(en), how, true) // names put aside, is it still wrong?
	}
}

// words checks the words of a sentence; it reports whether they pass, and adds
// the problems when told to.
func (l *linter) words(at, fr, en string, how int, add bool) bool {
	before := len(l.problems)
	for _, s := range []string{fr, en} {
		if w := absolving(s); w != "" && (how&loose == 0 || ofMachine(s)) {
			l.add("R2", at, "the word %q absolves a machine", w)
		}
		if w := unzoned(s); w != "" {
			l.add("R4", at, "the time %q has no zone", w)
		}
	}
	if a, b := numbers(fr, true), numbers(en, false); !slices.Equal(a, b) && !slices.Equal(numbers(plainThousands.ReplaceAllString(fr, "$1$2"), true), b) {
		l.add("R5", at, "the numbers differ: %v in French, %v in English", a, b)
	}
	ok := len(l.problems) == before
	if !add {
		l.problems = l.problems[:before]
	}
	return ok
}

// namesOf collects what evidence can bring into a sentence. A server may be
// called "safe-01" and a mailbox "clean@": names are not statements.
func namesOf(c *casefile.Case) []string {
	seen := map[string]bool{}
	add := func(ss ...string) {
		for _, s := range ss {
			if len(s) > 2 && len(s) < 500 && len(seen) < 20000 {
				seen[s] = true
			}
		}
	}
	for i := range c.Hosts {
		add(c.Hosts[i].Name)
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		add(f.Accounts...)
		add(f.Objects...)
		add(f.Clients...)
	}
	for _, g := range [][]casefile.TouchedItem{c.Touched.Accounts, c.Touched.Mailboxes, c.Touched.Machines, c.Touched.Data} {
		for i := range g {
			add(g[i].Name)
		}
	}
	names := make([]string, 0, len(seen))
	for s := range seen {
		names = append(names, s)
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return names
}

func (l *linter) strip(s string) string {
	for _, n := range l.names {
		if strings.Contains(s, n) {
			s = strings.ReplaceAll(s, n, "X")
		}
	}
	return s
}

var absolve = map[string]bool{
	"clean": true, "safe": true, "secure": true, "healthy": true,
	"sain": true, "saine": true, "sains": true, "saines": true,
	"propre": true, "propres": true, "sûr": true, "sûre": true, "sûrs": true, "sûres": true,
}

var possessive = map[string]bool{
	"mon": true, "ma": true, "mes": true, "ton": true, "ta": true, "tes": true, "son": true, "sa": true, "ses": true,
	"notre": true, "nos": true, "votre": true, "vos": true, "leur": true, "leurs": true,
}

// absolving finds a forbidden word that stands alone: not part of a name, and
// not "propre" in the sense of "own".
func absolving(s string) string {
	prev := ""
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()«»\"“”’'/", r) }) {
		w = strings.ToLower(strings.Trim(w, ".,;:!?…"))
		if absolve[w] && !(strings.HasPrefix(w, "propre") && possessive[prev]) {
			return w
		}
		prev = w
	}
	return ""
}

var machine = regexp.MustCompile(`(?i)\b(servers?|machines?|hosts?|systems?|serveurs?|hôtes?|systèmes?|exchange|X)\b[^.;]{0,40}\b(is|are|was|were|be|est|sont|était|être)\b`)

func ofMachine(s string) bool { return machine.MatchString(s) }

var (
	clockTime = regexp.MustCompile(`(?:^|[\s(])((?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-5]\d)?|[\s\x{a0}\x{202f}]h[\s\x{a0}\x{202f}][0-5]\d))(?:[\s.,;)]|$)`)
	zoneWord  = regexp.MustCompile(`UTC|\bZ\b|heure d|time`)
)

// unzoned finds a clock time in a sentence that names no zone at all.
func unzoned(s string) string {
	if zoneWord.MatchString(s) {
		return ""
	}
	if m := clockTime.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

var (
	frThousands    = regexp.MustCompile(`(\d)[\x{a0}\x{202f}\x{2009}](\d{3})\b`)
	plainThousands = regexp.MustCompile(`\b(\d{1,3}) (\d{3})\b`)
	enThousands    = regexp.MustCompile(`(\d),(\d{3})\b`)
	frDecimal      = regexp.MustCompile(`(\d),(\d)`)
	numberRE       = regexp.MustCompile(`\d+(?:\.\d+)*`)
)

// numbers lists the numbers of a sentence, sorted, written the same way in both languages.
func numbers(s string, french bool) []string {
	if french {
		for range 3 {
			s = frThousands.ReplaceAllString(s, "$1$2")
		}
		s = frDecimal.ReplaceAllString(s, "$1.$2")
	} else {
		for range 3 {
			s = enThousands.ReplaceAllString(s, "$1$2")
		}
	}
	ns := numberRE.FindAllString(s, -1)
	for i, n := range ns {
		if t := strings.TrimLeft(n, "0"); t != "" && t[0] != '.' {
			ns[i] = t
		}
	}
	slices.Sort(ns)
	return ns
}
