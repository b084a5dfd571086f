package kb

import (
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/diag"
)

// linter checks what was decoded. Every check is here, in table.go (rows) or in
// text.go (sentences); nothing is checked while decoding but the form.
type linter struct {
	fsys     fs.FS
	pos      positions
	problems *diag.Problems
	newest   string // newest date of any fact
}

// at gives the place of the first value that was in the file: a missing field is
// told at the thing that lacks it.
func (l *linter) at(values ...any) diag.Pos {
	for _, v := range values {
		if p, ok := l.pos[v]; ok {
			return p
		}
	}
	return diag.Pos{}
}

func (l *linter) add(pos diag.Pos, code, hint, format string, args ...any) {
	l.problems.Add(pos, code, hint, format, args...)
}

// The words that fields may hold.
var (
	buildTypes    = []string{"RTM", "CU", "SU", "HU", "RU", "Preview"}
	listedWords   = []string{"always", "when-found"}
	showsWords    = []string{"mitigated", "unmitigated"}
	certainties   = []string{"sourced", "recalled", "inferred"}
	stages        = []casefile.Stage{casefile.Attempt, casefile.Success, casefile.FollowUp, casefile.StateSeen}
	weights       = []casefile.Weight{casefile.Proof, casefile.Clue, casefile.Hint, casefile.None}
	confidences   = []casefile.Confidence{casefile.Low, casefile.Medium, casefile.High}
	touchedWords  = []string{"account", "mailbox", "machine", "data"}
	touchGrades   = []casefile.Certainty{casefile.Certain, casefile.Probable, casefile.Possible}
	effects       = []string{"needed", "reopens"}
	phases        = []string{"preserve", "contain", "evict", "restore", "harden"}
	priorities    = []string{"now", "30-days", "90-days", "later"}
	idForm        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	cveForm       = regexp.MustCompile(`^(CVE-[0-9]{4}-[0-9]{4,7}|ADV[0-9]{6,8})$`)
	techniqueForm = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	kbForm        = regexp.MustCompile(`^KB[0-9]{6,8}$`)
)

func hintIf(ok bool, hint string) string {
	if ok {
		return hint
	}
	return ""
}

// date checks the date of a fact, which counts for the date of the knowledge.
func (l *linter) date(pos diag.Pos, what, s string) {
	if l.day(pos, what, s) {
		l.newest = max(l.newest, s)
	}
}

// day checks a date that is itself the fact, and may lie in the future.
func (l *linter) day(pos diag.Pos, what, s string) bool {
	if s == "" {
		l.add(pos, "kb.date.missing", "write it YYYY-MM-DD", "%s is missing", what)
		return false
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		l.add(pos, "kb.date", "write it YYYY-MM-DD", "%s %s is no date", what, diag.Quote(s))
		return false
	}
	return true
}

// dayOrMonth is date for facts of which the day is not known.
func (l *linter) dayOrMonth(pos diag.Pos, s string) {
	if _, err := time.Parse("2006-01", s); err != nil {
		l.date(pos, "date", s)
	}
}

// fact checks the source and the date of a fact.
func (l *linter) fact(what string, source, date *string, parent any) {
	if strings.TrimSpace(*source) == "" {
		l.add(l.at(source, parent), "kb.source.missing", "name the document that says so", "source of %s is missing", what)
	}
	l.date(l.at(date, parent), "date of "+what, *date)
}

func (l *linter) id(what string, id *string, parent any) {
	switch {
	case *id == "":
		l.add(l.at(parent), "kb.id.missing", "", "id of %s is missing", what)
	case !idForm.MatchString(*id) || len(*id) > 64:
		l.add(l.at(id, parent), "kb.id", "use a to z, 0 to 9 and single hyphens, 64 at most", "id %s of %s is not well formed", diag.Quote(*id), what)
	}
}

func (l *linter) word(pos diag.Pos, what, w string, known []string) {
	if slices.Contains(known, w) {
		return
	}
	hint := diag.DidYouMean(w, known)
	if hint == "" {
		hint = hintIf(len(known) > 0 && len(known) < 30, "want one of "+strings.TrimPrefix(strings.Join(known, ", "), ", "))
	}
	l.add(pos, "kb.word", hint, "%s %s is not known", what, diag.Quote(w))
}

func plain[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

// each checks that the words of a list are known and stand once.
func each[T ~string](l *linter, what string, list []T, known []string, parent any) {
	for i := range list {
		l.word(l.at(&list[i], parent), what, string(list[i]), known)
		if slices.Contains(list[:i], list[i]) {
			l.add(l.at(&list[i], parent), "kb.twice", "", "%s %s stands twice", what, diag.Quote(string(list[i])))
		}
	}
}

func (l *linter) cve(pos diag.Pos, s string) {
	if !cveForm.MatchString(s) {
		l.add(pos, "kb.cve", "write it CVE-2021-26855", "%s is no CVE", diag.Quote(s))
	}
}

func (l *linter) kbNumber(pos diag.Pos, s string) {
	if s != "" && !kbForm.MatchString(s) {
		l.add(pos, "kb.kb", "write it KB5000871", "%s is no KB number", diag.Quote(s))
	}
}

func (l *linter) techniques(list []string, parent any) {
	for i := range list {
		if !techniqueForm.MatchString(list[i]) {
			l.add(l.at(&list[i], parent), "kb.attack", "write it T1190 or T1505.003", "%s is no ATT&CK technique", diag.Quote(list[i]))
		}
	}
}

func (l *linter) https(pos diag.Pos, s string) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		l.add(pos, "kb.url", "want https://…", "%s is no https address", diag.Quote(s))
	}
}

func (l *linter) sources(list []Source) {
	seen := make(map[string]bool)
	if len(list) == 0 {
		l.add(diag.Pos{File: "sources.yml"}, "kb.sources", "", "no kinds of source")
	}
	for i := range list {
		s := &list[i]
		l.id("source", &s.ID, s)
		l.twice(seen, "source", &s.ID, s)
		l.title("name", &s.Name, s)
		if strings.TrimSpace(s.Path) == "" {
			l.add(l.at(&s.Path, s), "kb.missing", "", "path of source %s is missing", s.ID)
		}
		if d := time.Duration(s.MaxGap); d > 366*24*time.Hour {
			l.add(l.at(&s.MaxGap, s), "kb.gap", "0 means that a silence is never a hole", "max_gap %s is over a year", d)
		}
		l.sentence("retention", &s.Retention, s)
		l.sentence("ask", &s.Ask, s)
		l.fact("source "+s.ID, &s.Source, &s.Date, s)
	}
}

func (l *linter) twice(seen map[string]bool, what string, id *string, parent any) {
	if *id != "" && seen[*id] {
		l.add(l.at(id, parent), "kb.id.twice", "", "%s %s stands twice", what, diag.Quote(*id))
	}
	seen[*id] = true
}

func (l *linter) product(p *Product, dir, file string) {
	l.id("product", &p.ID, p)
	if p.ID != "" && p.ID != dir {
		l.add(l.at(&p.ID, p), "kb.file.name", "", "product %s stands in folder %s", diag.Quote(p.ID), diag.Quote(dir))
	}
	if p.Name == "" {
		l.add(l.at(&p.Name, p), "kb.missing", "", "name of the product is missing")
	}
	for i := range p.Lines {
		line := &p.Lines[i]
		if line.Name == "" || slices.Contains(p.lineNames()[:i], line.Name) {
			l.add(l.at(&line.Name, line), "kb.line", "", "name of the line is missing or stands twice")
		}
		if buildno.Compare(line.From, line.To) >= 0 {
			l.add(l.at(&line.To, line), "kb.line", "", "line ends at %s, not after its start %s", line.To, line.From)
		}
		for j := range p.Lines[:i] {
			if o := &p.Lines[j]; buildno.Compare(line.From, o.To) < 0 && buildno.Compare(o.From, line.To) < 0 {
				l.add(l.at(&line.From, line), "kb.line", "", "builds of %s are those of %s too", line.Name, o.Name)
			}
		}
		l.day(l.at(&line.SupportEnd, line), "end of support", line.SupportEnd)
		if line.ExtendedEnd != "" {
			l.day(l.at(&line.ExtendedEnd, line), "end of extended support", line.ExtendedEnd)
		}
		l.fact("line "+line.Name, &line.Source, &line.Date, line)
	}
	seen := make(map[string]bool)
	for i := range p.Cited {
		c := &p.Cited[i]
		if c.ID == "" || c.Name == "" || strings.Contains(c.ID, ";") {
			l.add(l.at(c), "kb.missing", "", "id or name of the publication is missing")
		}
		l.twice(seen, "publication", &c.ID, c)
		l.https(l.at(&c.URL, c), c.URL)
		l.dayOrMonth(l.at(&c.Date, c), c.Date)
	}
	seen = make(map[string]bool)
	for i := range p.Provisos {
		v := &p.Provisos[i]
		l.id("proviso", &v.ID, v)
		l.twice(seen, "proviso", &v.ID, v)
		l.word(l.at(&v.Effect, v), "effect", v.Effect, effects)
		l.sentence("text", &v.Text, v)
		for j := range v.Holds {
			l.expect(&v.Holds[j], v)
		}
		l.fact("proviso "+v.ID, &v.Source, &v.Date, v)
	}
	for i := range p.NotCumulative {
		n := &p.NotCumulative[i]
		l.fact("not_cumulative "+n.From.String(), &n.Source, &n.Date, n)
	}
}

// productTables checks what product.yml says about the tables, once they are read.
func (l *linter) productTables(p *Product) {
	known := make([]string, len(p.Fixes))
	for i, f := range p.Fixes {
		known[i] = f.CVE
	}
	for i := range p.Provisos {
		each(l, "CVE", p.Provisos[i].CVEs, known, &p.Provisos[i])
	}
	for i := range p.NotCumulative {
		n := &p.NotCumulative[i]
		if len(n.Updates) == 0 {
			l.add(l.at(n), "kb.missing", "", "updates that %s does not hold are missing", n.From)
		}
		for j := range n.Updates {
			u := &n.Updates[j]
			if !kbForm.MatchString(u.KB) {
				l.add(l.at(&u.KB, u), "kb.kb", "write it KB5000871", "%s is no KB number", diag.Quote(u.KB))
			}
			each(l, "CVE", u.CVEs, known, u)
		}
		if _, ok := p.build(n.From); !ok {
			l.add(l.at(&n.From, n), "kb.fix.build", "", "build %s is not in the table of builds", n.From)
		}
	}
}

// cited checks the source cell of a row.
func (l *linter) cited(p *Product, r row) {
	list := r.list("source")
	if len(list) == 0 {
		l.add(r.at("source"), "kb.source.missing", "name the document that says so", "source of the row is missing")
	}
	known := make([]string, len(p.Cited))
	for i, c := range p.Cited {
		known[i] = c.ID
	}
	for _, s := range list {
		l.word(r.at("source"), "source", s, known)
	}
}

func (l *linter) web(w *WebFolders) {
	l.fact("script_ext", &w.Source, &w.Date, w)
	for i := range w.ScriptExt {
		if s := w.ScriptExt[i]; len(s) < 2 || s[0] != '.' || s != strings.ToLower(s) {
			l.add(l.at(&w.ScriptExt[i], w), "kb.web.ext", "write it .aspx", "ending %s has no dot or capitals", diag.Quote(s))
		}
	}
	seen := make(map[string]bool)
	for i := range w.Folders {
		f := &w.Folders[i]
		if u := f.URL; !strings.HasPrefix(u, "/") || !strings.HasSuffix(u, "/") || u != strings.ToLower(u) {
			l.add(l.at(&f.URL, f), "kb.web.folder", "write it /owa/auth/", "URL folder %s wants a slash at both ends and no capitals", diag.Quote(u))
		}
		l.twice(seen, "folder", &f.URL, f)
		for j := range f.Known {
			if n := f.Known[j]; n == "" || n != strings.ToLower(n) || strings.Contains(n, "/") {
				l.add(l.at(&f.Known[j], f), "kb.web.name", "", "file name %s is empty or has capitals or a slash", diag.Quote(n))
			}
		}
		for j := range f.MissingStatus {
			if s := f.MissingStatus[j]; s < 100 || s > 599 {
				l.add(l.at(&f.MissingStatus[j], f), "kb.web.status", "", "%d is no HTTP status", s)
			}
		}
		if len(f.MissingStatus) == 0 {
			l.add(l.at(&f.MissingStatus, f), "kb.missing", "", "missing_status of %s is missing", diag.Quote(f.URL))
		}
		l.fact("folder "+f.URL, &f.Source, &f.Date, f)
	}
	for i := range w.Reported {
		n := &w.Reported[i]
		switch {
		case (n.Name == "") == (n.Regexp == ""):
			l.add(l.at(n), "kb.web.name", "", "want a name or a regexp")
		case n.Name != "" && (n.Name != strings.ToLower(n.Name) || !strings.Contains(n.Name, ".") || strings.Contains(n.Name, "/")):
			l.add(l.at(&n.Name, n), "kb.web.name", "", "file name %s has capitals, a slash or no ending", diag.Quote(n.Name))
		case n.Regexp != "":
			if _, err := regexp.Compile(n.Regexp); err != nil {
				l.add(l.at(&n.Regexp, n), "kb.web.regexp", "", "%v", err)
			}
		}
		l.twice(seen, "name", &n.Name, n)
		l.fact("name "+n.Name+n.Regexp, &n.Source, &n.Date, n)
	}
}

// actNames gives "flaw/act" of every act, and the ids of the flaws.
func actNames(flaws []*Flaw) (acts, ids []string) {
	for _, f := range flaws {
		ids = append(ids, f.ID)
		for _, a := range f.Acts {
			acts = append(acts, fmt.Sprintf("%s/%s", f.ID, a.ID))
		}
	}
	return acts, ids
}
