package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/casefile"
)

// Text writes the page for a terminal: for one host its answer and the way to
// the raw lines; for many a table, worst first, then the worst one.
func Text(w io.Writer, c *casefile.Case, opt Options) error {
	opt = opt.withDefaults()
	t := &textPage{c: c, opt: opt, p: Words(opt.Lang).In(opt.TZ), byID: byID(c)}
	switch len(c.Hosts) {
	case 0:
		t.para(0, t.bold(t.p.T("text.nohost")))
		t.reading()
	case 1:
		t.host(&c.Hosts[0])
		t.reading()
	default:
		t.fleet()
		t.reading()
		t.blank()
		t.heading(t.p.T("text.worst"))
		t.blank()
		t.host(&c.Hosts[0])
		t.blank()
		t.para(0, t.p.T("text.otherhosts"))
	}
	t.next()
	_, err := io.WriteString(w, t.b.String())
	return err
}

// Bounds of the terminal page; what they leave out is counted.
const (
	textReasons = 6
	textActions = 6
	textLines   = 6 // reasons, changes
	textSources = 24
	barWidth    = 30
)

type textPage struct {
	c    *casefile.Case
	opt  Options
	p    *Printer
	byID map[string]*casefile.Finding
	b    strings.Builder
}

func (t *textPage) line(s string) {
	t.b.WriteString(strings.TrimRight(s, " "))
	t.b.WriteByte('\n')
}

func (t *textPage) blank() { t.b.WriteByte('\n') }

// para writes s wrapped, each line indented.
func (t *textPage) para(indent int, s string) { t.hang(strings.Repeat(" ", indent), s) }

// hang writes s wrapped behind a first prefix; the following lines are indented
// as far as the prefix reaches.
func (t *textPage) hang(prefix, s string) {
	start, stop := "", ""
	if strings.HasPrefix(s, "\x1b[") { // our own colour: around each line, not counted
		i := strings.IndexByte(s, 'm') + 1
		start, s, stop = s[:i], strings.TrimSuffix(s[i:], sgrReset), sgrReset
	}
	in := columns(prefix)
	if in > t.opt.Width/2 { // a long name stands on its own line
		for _, l := range wrap(strings.TrimSpace(prefix), t.opt.Width-2) {
			t.line("  " + l)
		}
		prefix, in = "    ", 4
	}
	for i, l := range wrap(s, t.opt.Width-in) {
		if i == 0 {
			t.line(prefix + start + l + stop)
		} else {
			t.line(strings.Repeat(" ", in) + start + l + stop)
		}
	}
}

const sgrReset = "\x1b[0m"

func (t *textPage) paint(sgr, s string) string {
	if !t.opt.Color || sgr == "" {
		return s
	}
	return "\x1b[" + sgr + "m" + s + sgrReset
}

func (t *textPage) bold(s string) string { return t.paint("1", s) }

func (t *textPage) heading(s string) { t.line(t.bold(s)) }

// text is a sentence of the case, escaped.
func (t *textPage) text(x casefile.Text) string { return visible(t.p.Text(x)) }

// Colours of the answers. None is green: no word of this program says that a
// machine is well.
var verdictSGR = map[casefile.Verdict]string{
	casefile.Confirmed: "1;31", casefile.Suspected: "1;33", casefile.Undetermined: "1;35",
	casefile.Targeted: "1;36", casefile.NoTrace: "1", casefile.NotAffected: "1",
}

var stateSGR = map[casefile.State]string{
	casefile.Exposed: "1;31", casefile.ToRebuild: "1;31", casefile.StateUnknown: "1;35",
	casefile.Mitigated: "1;33", casefile.Fixed: "1;34",
}

func (t *textPage) host(h *casefile.Host) {
	id := []string{visibleMax(t.p.Host(h.Name), 200)}
	if h.Product != "" {
		id = append(id, visibleMax(h.Product, 100))
	}
	if h.Build != "" {
		b := visibleMax(h.Build, 60)
		if h.BuildLabel != "" {
			b += " (" + visibleMax(h.BuildLabel, 60) + ")"
		}
		id = append(id, b)
	}
	t.para(0, t.bold(strings.Join(id, " · ")))
	r := worst(h)
	if r == nil {
		t.blank()
		t.para(0, t.p.T("host.noflaw"))
		t.notExamined(h)
		return
	}
	t.para(0, t.flawName(r))
	t.blank()
	t.para(0, t.bold(t.text(r.Sentence)))
	for _, n := range h.Notes {
		t.blank()
		t.para(0, t.text(n))
	}
	t.blank()
	t.answers(h, r)
	t.why(r)
	t.actions(h)
	t.changes(r)
	t.others(h)
	t.notExamined(h)
}

func (t *textPage) flawName(r *casefile.FlawResult) string {
	name := visibleMax(t.p.Text(r.Title()), 120)
	if len(r.CVEs) > 0 && !named(r) {
		name += " (" + visibleMax(strings.Join(r.CVEs, ", "), 200) + ")"
	}
	return name
}

// named tells whether a flaw goes by the number of its only CVE.
func named(r *casefile.FlawResult) bool { return len(r.CVEs) == 1 && r.Name == r.CVEs[0] }

// answers prints the three answers apart, each with its own word and colour.
func (t *textPage) answers(h *casefile.Host, r *casefile.FlawResult) {
	q := []string{t.p.T("ask.attacked"), t.p.T("ask.protected"), t.p.T("ask.seen")}
	w := 0
	for _, s := range q {
		w = max(w, columns(s))
	}
	label := func(s string) string { return "  " + pad(s, w) + "  " }
	attacked := t.p.Verdict(r.Verdict) + " · " + t.p.Confident(r.Confidence)
	t.hang(label(q[0]), t.paint(verdictSGR[r.Verdict], attacked))
	protected := t.p.State(r.StateNow) + " · " + t.measured(r)
	t.hang(label(q[1]), t.paint(stateSGR[r.StateNow], protected))
	if s := t.text(r.StateWhy); s != "" {
		t.hang(label(""), s)
	}
	if r.Window.Empty {
		t.hang(label(q[2]), t.p.T("seen.empty"))
		return
	}
	overall := t.p.T("seen.overall", "Percent", t.p.Percent(r.Coverage.Overall))
	if !restsOnSources(r) {
		overall = t.p.T("seen.norequired")
	}
	t.hang(label(q[2]), t.paint("1;36", overall))
	if r.Window.From.IsZero() || r.Window.To.IsZero() {
		t.hang(label(""), t.p.T("seen.nodates"))
	} else {
		t.hang(label(""), t.p.T("seen.window", "From", t.p.DateTime(r.Window.From), "To", t.p.DateTime(r.Window.To)))
	}
	t.bars(r)
}

func (t *textPage) measured(r *casefile.FlawResult) string {
	if r.StateAt == nil || r.StateAt.IsZero() {
		return t.p.T("state.notmeasured")
	}
	return t.p.T("state.measured", "Time", t.p.DateTime(*r.StateAt))
}

// bars draws one bar per source over the exposure window. The required ones
// decide; a dot is a stretch without records.
func (t *textPage) bars(r *casefile.FlawResult) {
	if len(r.Coverage.Sources) == 0 {
		t.para(4, t.p.T("seen.nosources"))
		return
	}
	t.blank()
	nameW := 0
	for _, s := range r.Coverage.Sources {
		nameW = max(nameW, columns(sourceName(t.p, &s)))
	}
	// name, bar, percent, required: the name gives way first.
	nameW = min(nameW, max(10, t.opt.Width-4-barWidth-2-10-12))
	bw := max(8, min(barWidth, t.opt.Width-4-nameW-2-9-12))
	for i, s := range r.Coverage.Sources {
		if i == textSources {
			t.para(4, t.p.N("seen.moresources", int64(len(r.Coverage.Sources)-i)))
			break
		}
		need := t.p.T("source.useful")
		if s.Required {
			need = t.p.T("source.required")
		}
		bar := coverageBar(r.Window, &s, bw)
		t.line("    " + pad(sourceName(t.p, &s), nameW) + "  " + t.paint("36", bar) + " " + padLeft(t.p.shortPercent(s.Covered), 9) + "  " + need)
	}
	from, to := r.Window.From.UTC().Format("2006-01-02"), r.Window.To.UTC().Format("2006-01-02")
	if r.Window.To.Sub(r.Window.From) < 48*time.Hour {
		from, to = r.Window.From.UTC().Format("15:04"), r.Window.To.UTC().Format("15:04")
	}
	if !r.Window.From.IsZero() && bw >= len(from)+len(to)+1 {
		t.hang("    "+pad("", nameW)+"  ", from+strings.Repeat(nbsp, bw-len(from)-len(to))+to+" "+t.p.T("seen.axis"))
	}
}

func sourceName(p *Printer, s *casefile.SourceCoverage) string {
	return or(visibleMax(p.Text(s.Name), 80), visibleMax(s.Kind, 40))
}

// coverageBar draws the window as n cells: full, partly and not covered.
func coverageBar(win casefile.Window, s *casefile.SourceCoverage, n int) string {
	total := win.To.Sub(win.From)
	cells := make([]rune, n)
	for i := range cells {
		cells[i] = '█'
		if s.Covered <= 0 || s.First == nil {
			cells[i] = '·'
		}
	}
	if total <= 0 || s.First == nil {
		return string(cells)
	}
	missing := make([]float64, n)
	cell := float64(total) / float64(n)
	for _, h := range s.Holes {
		a := max(0, float64(h.From.Sub(win.From))/cell)
		b := min(float64(n), float64(h.To.Sub(win.From))/cell)
		for i := int(a); i < n && float64(i) < b; i++ {
			missing[i] += min(b, float64(i+1)) - max(a, float64(i))
		}
	}
	for i, m := range missing {
		switch {
		case m >= 0.95:
			cells[i] = '·'
		case m > 0.02:
			cells[i] = '▒'
		}
	}
	return string(cells)
}

// why prints the reasons, then the findings that carry them down to path:line.
func (t *textPage) why(r *casefile.FlawResult) {
	t.blank()
	t.heading(t.p.T("h.why"))
	for i, x := range r.Why {
		if i == textLines {
			t.para(2, t.p.N("more.reasons", int64(len(r.Why)-i)))
			break
		}
		t.hang("  - ", t.text(x))
	}
	if len(r.Reasons) == 0 {
		t.para(2, t.p.T("why.nofinding"))
	}
	// What is still on the disk goes first: it can be acted upon now.
	reasons := slices.Clone(r.Reasons)
	left := func(id string) int {
		if f := t.byID[id]; f != nil && len(f.Pages) > 0 {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return left(a) - left(b) })
	for i, id := range reasons {
		if i == textReasons {
			t.para(2, t.p.N("more.findings", int64(len(r.Reasons)-i)))
			break
		}
		t.finding(id)
	}
}

func (t *textPage) finding(id string) {
	f := t.byID[id]
	if f == nil {
		t.hang("  "+visibleMax(id, 40)+"  ", t.p.T("why.unknown"))
		return
	}
	head := t.p.DateTime(f.Time) + " · " + t.p.Stage(f.Stage) + " · " + t.text(f.Title)
	prefix := "  " + visibleMax(f.ID, 40) + "  "
	t.hang(prefix, head)
	if len(f.Evidence) == 0 {
		t.para(columns(prefix), t.p.T("evidence.none"))
		return
	}
	place := refLine(f.Evidence[0].Ref)
	if n := max(f.Count, int64(len(f.Evidence))) - 1; n > 0 {
		place += "  " + t.p.N("more.records", n)
	}
	t.line(strings.Repeat(" ", min(columns(prefix), 8)) + place) // not wrapped: it is there to be copied
	for i := range f.Pages {
		if i == textPages {
			break
		}
		t.page(&f.Pages[i], columns(prefix))
	}
}

// textPages is how many files of a finding the terminal tells; the report has all.
const textPages = 2

// page tells who asked for a suspicious file, from when to when.
func (t *textPage) page(p *casefile.Page, indent int) {
	if p.FirstRequest == nil || p.LastRequest == nil {
		t.para(indent, t.p.T("page.silent"))
		return
	}
	clients := ""
	for i, c := range p.Clients {
		if i == 4 {
			clients += ", …"
			break
		}
		if i > 0 {
			clients += ", "
		}
		clients += visibleMax(c, 60)
	}
	t.para(indent, t.p.N("page.asked", p.Requests, "Posts", t.p.Int(p.Commands), "From", t.p.DateTime(*p.FirstRequest), "To", t.p.DateTime(*p.LastRequest), "Clients", clients))
}

// refLine is a place as tools print it: path:line, or path@offset.
func refLine(r casefile.Ref) string {
	path := visibleMax(r.Path, 400)
	if r.Line > 0 {
		return path + ":" + strconv.FormatInt(r.Line, 10)
	}
	return path + "@" + strconv.FormatInt(r.Offset, 10)
}

func (t *textPage) actions(h *casefile.Host) {
	t.blank()
	t.heading(t.p.T("h.now"))
	n, later := 0, map[string]int64{}
	for i := range t.c.Actions {
		a := &t.c.Actions[i]
		if a.Host != h.Name && a.Host != "" {
			continue
		}
		if a.Priority != "now" {
			later[a.Priority]++
			continue
		}
		if n++; n > textActions {
			continue
		}
		t.hang("  "+strconv.Itoa(n)+". ", t.text(a.Title)+" ["+visibleMax(a.ID, 60)+"]")
		if why := t.text(a.Why); why != "" {
			t.para(5, why)
		}
	}
	if n == 0 {
		t.para(2, t.p.T("now.none"))
	}
	if n > textActions {
		t.para(2, t.p.N("more.actionsnow", int64(n-textActions)))
	}
	for _, prio := range priorities[1:] {
		if k := later[prio]; k > 0 {
			t.para(2, t.p.N("more.actions", k, "When", t.p.Priority(prio)))
		}
	}
}

func (t *textPage) changes(r *casefile.FlawResult) {
	t.blank()
	t.heading(t.p.T("h.change"))
	if len(r.WouldChange) == 0 {
		t.para(2, t.p.T("change.none"))
	}
	for i, x := range r.WouldChange {
		if i == textLines {
			t.para(2, t.p.N("more.changes", int64(len(r.WouldChange)-i)))
			break
		}
		t.hang("  - ", t.text(x))
	}
}
