package report

import (
	"fmt"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/draw"
	"vigie/internal/ledger"
)

// builder makes the tree of a document from facts. It judges nothing: what it says was decided when the case was made, or by a person
// whose name stands beside it.
type builder struct {
	p   *Printer
	c   *casefile.Case
	w   *ledger.State
	src Source
	opt Options
	// byID finds findings; hostAt the place of a host in the case; of each host its findings in the order of the case.
	byID   map[string]*casefile.Finding
	hostAt map[string]int
	ofHost map[string][]*casefile.Finding
	// anchors are the ids of facts in the document; a fact that is not printed in a technical part has none.
	anchors map[string]string
	codes   codePoints
	raw     int
}

// rawBudget bounds the quoted records of one document, in bytes. Beyond it a finding still gives path, line and hash.
const rawBudget = 2 << 20

func newBuilder(src Source, opt Options) *builder {
	src = src.withDefaults()
	b := &builder{p: Words(opt.Lang).In(opt.TZ), c: src.Case, w: src.Work, src: src, opt: opt, byID: byID(src.Case),
		hostAt: map[string]int{}, ofHost: map[string][]*casefile.Finding{}, anchors: map[string]string{}, codes: codePoints{}, raw: rawBudget}
	for i := range b.c.Hosts {
		if _, ok := b.hostAt[b.c.Hosts[i].Name]; !ok {
			b.hostAt[b.c.Hosts[i].Name] = i
		}
	}
	for i := range b.c.Findings {
		f := &b.c.Findings[i]
		b.ofHost[f.Host] = append(b.ofHost[f.Host], f)
	}
	return b
}

// colon is what stands between a name and its value, with the space of the language.
func (b *builder) colon() string { return b.say("\u00a0: ", ": ") }

// say gives our own words in the language of the document, with its typography. The arguments of a format are worded already.
func (b *builder) say(fr, en string, args ...any) string {
	s := en
	if b.p.lang == "fr" {
		s = fr
	}
	if len(args) > 0 {
		s = fmt.Sprintf(s, args...)
	}
	s = apostrophes(s)
	if b.p.lang == "fr" {
		s = frenchSpaces(s)
	}
	return s
}

// forms are the words for one and for several, in which %s is the number.
type forms struct{ frOne, frMany, enOne, enMany string }

// n says how many: French says "0 constat", English "0 findings".
func (b *builder) n(n int64, f forms) string {
	fr, en := f.frMany, f.enMany
	if n < 2 && n > -2 {
		fr = f.frOne
	}
	if n == 1 {
		en = f.enOne
	}
	return b.say(fr, en, b.p.Int(n))
}

// para makes a paragraph of our own words.
func para(role document.Role, s string, facts ...string) *document.Paragraph {
	return &document.Paragraph{Role: role, Text: document.Words(s), Facts: facts}
}

// v shows foreign words on one line.
func (b *builder) v(s string) document.Inlines { return b.inlines(segments(s, maxText, false)) }

// vMax is v for at most limit characters.
func (b *builder) vMax(s string, limit int) document.Inlines {
	return b.inlines(segments(s, limit, false))
}

// code is v in a fixed width.
func (b *builder) code(s string) document.Inlines {
	in := b.v(s)
	for i := range in {
		if in[i].Style == document.Foreign {
			in[i].Style = document.Code
		}
	}
	return in
}

// tx is a sentence of the case.
func (b *builder) tx(t casefile.Text) document.Inlines {
	in := b.v(b.p.Text(t))
	for i := range in {
		if in[i].Style == document.Foreign {
			in[i].Style = document.Normal
		}
	}
	return in
}

// lines shows a quoted record with its own lines, as long as the budget lasts.
func (b *builder) lines(s string) document.Inlines {
	if b.raw -= min(len(s), 4*maxRawRunes); b.raw < 0 {
		return document.Words(b.p.T("raw.budget"))
	}
	return b.inlines(segments(s, maxRawRunes, true))
}

func (b *builder) inlines(segs []segment, cut int) document.Inlines {
	out := make(document.Inlines, 0, len(segs)+1)
	for _, g := range segs {
		style := document.Foreign
		if g.Esc {
			b.codes.add(g.Text)
			style = document.Escaped
		}
		out = append(out, document.Inline{Text: g.Text, Style: style})
	}
	if cut > 0 {
		out = append(out, document.Inline{Text: " " + b.p.N("text.cut", int64(cut)), Style: document.Lesser})
	}
	return out
}

// join puts runs of words after each other.
func join(parts ...document.Inlines) document.Inlines {
	var out document.Inlines
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func strong(in document.Inlines) document.Inlines {
	out := make(document.Inlines, len(in))
	for i := range in {
		out[i] = in[i]
		if in[i].Style != document.Escaped {
			out[i].Style = document.Strong
		}
	}
	return out
}

func soft(s string) document.Inlines { return document.Inlines{{Text: s, Style: document.Lesser}} }

func inked(s string, ink draw.Ink) document.Inlines {
	return document.Inlines{{Text: s, Style: document.Strong, Ink: ink}}
}

// fact notes that a fact is printed here and gives its anchor.
func (b *builder) fact(id string) string {
	if a, ok := b.anchors[id]; ok {
		return a
	}
	a := "x" + fmt.Sprint(len(b.anchors)+1)
	if plainID(id) {
		a = "f-" + id
	}
	b.anchors[id] = a
	return a
}

func plainID(s string) bool {
	return s != "" && len(s) < 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == ""
}

// maxRefs is how many facts are named behind one sentence.
const maxRefs = 8

// refs names facts, each leading to where it is printed.
func (b *builder) refs(ids ...string) document.Inlines {
	var out document.Inlines
	for i, id := range ids {
		if i == maxRefs {
			return append(out, document.Inline{Text: " +" + b.p.Int(int64(len(ids)-i)), Style: document.Lesser})
		}
		if i > 0 {
			out = append(out, document.Inline{Text: " "})
		}
		out = append(out, document.Inline{Text: visibleMax(id, 40), Style: document.Lesser, To: b.fact(id)})
	}
	return out
}

// Ids of facts that the case does not number itself. They follow the order of the case, the same in every language.
func verdictFact(h, f int) string   { return fmt.Sprintf("V-%d.%d", h+1, f+1) }
func sourceFact(h, f, s int) string { return fmt.Sprintf("C-%d.%d.%d", h+1, f+1, s+1) }
func stateFact(h, f int) string     { return fmt.Sprintf("S-%d.%d", h+1, f+1) }
func hostFact(h int) string         { return fmt.Sprintf("H-%d", h+1) }
func touchedFact(key string, i int) string {
	return fmt.Sprintf("T-%s%d", strings.ToUpper(key[:3]), i+1)
}

// Facts about the reading of evidence and about work as a whole.
const (
	factReading = "R-1" // the sums of the register
	factGaps    = "R-2" // what could not be read
	factTouched = "T-0" // the tables of what was touched
	factStory   = "N-0" // the chronology
	factWork    = "W-0" // the table of work
	factAdvice  = "P-0" // the plan
	factClocks  = "K-0" // the table of clocks
	factFirm    = "Q-1" // who to call
	factSubject = "Q-2" // client, mission
)

// cell makes a cell of one line.
func cell(in document.Inlines) document.Cell {
	return document.Cell{Lines: []document.Inlines{in}}
}

// word makes a cell of our own words.
func word(s string) document.Cell { return cell(document.Words(s)) }

// cells makes a cell of several lines; empty ones are left out.
func cells(lines ...document.Inlines) document.Cell {
	var c document.Cell
	for _, l := range lines {
		if !l.Empty() {
			c.Lines = append(c.Lines, l)
		}
	}
	return c
}

// head marks a cell that names its row.
func head(c document.Cell) document.Cell {
	c.Head = true
	return c
}

// stamp is a cell with a time in UTC, and the local one below.
func (b *builder) stamp(t time.Time) document.Cell {
	c := cells(document.Words(b.p.Stamp(t)), document.Words(b.p.LocalStamp(t)))
	if !t.IsZero() {
		c.Value = t.UTC().Format(time.RFC3339)
	}
	return c
}

func (b *builder) stampPtr(t *time.Time) document.Cell {
	if t == nil {
		return word(b.p.T("cell.none"))
	}
	return b.stamp(*t)
}

// none is the cell of what is not known or does not exist.
func (b *builder) none() document.Cell { return word(b.p.T("cell.none")) }

// orNone shows foreign words, or that there are none.
func (b *builder) orNone(s string) document.Cell {
	if strings.TrimSpace(s) == "" {
		return b.none()
	}
	return cell(b.v(s))
}

func col(key, title string) document.Column { return document.Column{Key: key, Title: title} }

func colRight(key, title string) document.Column {
	return document.Column{Key: key, Title: title, Right: true}
}

func colMono(key, title string) document.Column {
	return document.Column{Key: key, Title: title, Mono: true}
}

// verdictInk and stateInk colour the answers. None is green.
var verdictInk = map[casefile.Verdict]draw.Ink{
	casefile.Confirmed: draw.Red, casefile.Suspected: draw.Amber, casefile.Undetermined: draw.Violet,
	casefile.Targeted: draw.Blue, casefile.NoTrace: draw.Slate, casefile.NotAffected: draw.Slate,
}

var stateInk = map[casefile.State]draw.Ink{
	casefile.Exposed: draw.Red, casefile.ToRebuild: draw.Red, casefile.StateUnknown: draw.Violet,
	casefile.Mitigated: draw.Amber, casefile.Fixed: draw.Teal,
}

func inkOf[K comparable](m map[K]draw.Ink, k K) draw.Ink {
	if i, ok := m[k]; ok {
		return i
	}
	return draw.Slate
}

// verdictWord is a verdict with its sign.
func (b *builder) verdictCell(v casefile.Verdict) document.Cell {
	c := cell(inked(b.p.Verdict(v), inkOf(verdictInk, v)))
	c.Sign = verdictSign(v)
	c.Value = string(v)
	return c
}

func (b *builder) stateCell(s casefile.State) document.Cell {
	c := cell(inked(b.p.State(s), inkOf(stateInk, s)))
	c.Value = string(s)
	return c
}
