package report

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"vigie/internal/casefile"
)

//go:embed page
var pageFiles embed.FS

// pageTemplate is parsed once and cloned for each document, whose functions
// speak its language.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs((&renderer{p: Words("en")}).funcs()).ParseFS(pageFiles, "page/*.tmpl"))
})

// rawBudget bounds the quoted records of one document, in bytes. Beyond it a
// finding still gives path, line and hash.
const rawBudget = 8 << 20

// HTML writes the report as one file that needs nothing else: no script, no
// remote reference, no evidence outside of text.
func HTML(w io.Writer, c *casefile.Case, opt Options) error {
	opt = opt.withDefaults()
	r := &renderer{p: Words(opt.Lang).In(opt.TZ), c: c, opt: opt, codes: codePoints{}, raw: rawBudget}
	r.byID = byID(c)
	r.anchors = make(map[string]int, len(c.Findings))
	for i := range c.Findings {
		if _, ok := r.anchors[c.Findings[i].ID]; !ok {
			r.anchors[c.Findings[i].ID] = i + 1
		}
	}
	t, err := pageTemplate().Clone()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Funcs(r.funcs()).ExecuteTemplate(&b, "document", r.page()); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// renderer holds what the making of one document needs.
type renderer struct {
	p       *Printer
	c       *casefile.Case
	opt     Options
	byID    map[string]*casefile.Finding
	anchors map[string]int // finding id → its place in the document
	shown   map[int]bool   // findings that have a row to link to
	codes   codePoints
	raw     int
}

func (r *renderer) funcs() template.FuncMap {
	p := r.p
	return template.FuncMap{
		"t":        p.T,
		"n":        func(key string, n any, args ...any) string { return p.N(key, toInt(n), args...) },
		"hostname": p.Host, "gapwhere": p.GapWhere, "gapaction": p.GapAction,
		"v": r.seg, "raw": r.rawSeg, "tx": func(x casefile.Text) string { return p.Text(x) },
		"has":   func(x casefile.Text) bool { return strings.TrimSpace(p.Text(x)) != "" },
		"int":   func(n any) string { return p.Int(toInt(n)) },
		"bytes": p.Bytes, "pct": p.Percent, "date": p.Date, "dt": p.DateTime,
		"stamp": p.Stamp, "local": p.LocalStamp, "iso": iso,
		"ptr":     func(t *time.Time) time.Time { return deref(t) },
		"between": func(s casefile.Span) string { return p.Duration(s.To.Sub(s.From)) },
		"verdict": p.Verdict, "state": p.State, "stage": p.Stage, "confident": p.Confident, "rests": restsOnSources, "confidence": p.Confidence,
		"certainty": p.Certainty, "weight": p.Weight, "priority": p.Priority, "phase": p.Phase,
		"class": class, "ref": r.ref, "refs": r.refs, "acts": acts,
		"source": func(s casefile.SourceCoverage) string { return sourceName(p, &s) },
		"holes":  func(hs []casefile.Span) []casefile.Span { return hs[:min(len(hs), maxHoles)] },
		"more":   func(n, shown int) int { return max(0, n-shown) },
		"width":  func(f float64) px { return px(100 * share(f)) },
		"join":   func(ss []string) string { return strings.Join(ss, ", ") },
		"first":  func(ss []string) []string { return ss[:min(len(ss), maxNames)] },
		"add":    func(a px, b float64) px { return a + px(b) },
		"or2":    or,
		// sharingMark left letters, digits and a few signs: it cannot end the string.
		"margin":   func(s string) template.CSS { return template.CSS(`"` + sharingMark(s) + `"`) },
		"codes":    func() []codePoint { return r.codes.list(200) },
		"chars":    func(key string) string { return p.T(key) },
		"moreThan": func(a int64, b int) bool { return a > int64(b) },
	}
}

// maxHoles is how many holes a source's row lists, maxNames how many clients,
// accounts or objects a finding names; further ones are counted.
const (
	maxHoles = 8
	maxNames = 12
)

func toInt(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// iso is a time for a datetime attribute: digits alone, "" when unknown.
func iso(t time.Time) string {
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// seg shows a string of the case on one line.
func (r *renderer) seg(s string) []segment { return r.count(segments(s, maxText, false)) }

// rawSeg shows a quoted record with its own lines, as long as the budget lasts.
func (r *renderer) rawSeg(s string) []segment {
	if r.raw -= min(len(s), 4*maxRawRunes); r.raw < 0 {
		return []segment{{Text: r.p.T("raw.budget")}}
	}
	return r.count(segments(s, maxRawRunes, true))
}

func (r *renderer) count(segs []segment, cut int) []segment {
	for _, g := range segs {
		if g.Esc {
			r.codes.add(g.Text)
		}
	}
	if cut > 0 {
		segs = append(segs, segment{Text: " " + r.p.N("text.cut", int64(cut))})
	}
	return segs
}

// reference leads to a finding; Anchor is 0 when there is no such row.
type reference struct {
	ID     string
	Anchor int
}

func (r *renderer) ref(id string) reference {
	n := r.anchors[id]
	if !r.shown[n] {
		n = 0
	}
	return reference{ID: visibleMax(id, 40), Anchor: n}
}

// maxRefs is how many finding ids stand behind one sentence.
const maxRefs = 12

func (r *renderer) refs(ids []string) []reference {
	var out []reference
	for i, id := range ids {
		if i == maxRefs {
			out = append(out, reference{ID: "+" + r.p.Int(int64(len(ids)-i))})
			break
		}
		out = append(out, r.ref(id))
	}
	return out
}

// class makes a CSS class from a word of the contract, "other" from anything else.
func class(w any) string {
	var s string
	switch w := w.(type) {
	case casefile.Verdict:
		s = "verdict." + string(w)
	case casefile.State:
		s = "state." + string(w)
	case casefile.Stage:
		s = "stage." + string(w)
	case casefile.Certainty:
		s = "certainty." + string(w)
	}
	if !known[s] {
		return "other"
	}
	_, name, _ := strings.Cut(s, ".")
	return name
}

// sharingMark is what may stand in the page margins, which CSS prints.
func sharingMark(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && r < 0x250 || r >= '0' && r <= '9' || strings.ContainsRune(" :+-.", r) {
			return r
		}
		return -1
	}, s)
	if s = clip(s, 40); strings.TrimSpace(s) == "" {
		return DefaultTLP
	}
	return s
}
