package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/document"
)

// LintDocument refuses a document that must not leave the house: a sentence of the manager's page or of the verdict without a fact (R1),
// an empty section (R8), a person's verdict without who, why and when (R10), a document without mark, version, date, author and
// reviewer (R11), a deadline without the source of its rule and the day on which it was checked (R12). What a case itself must not say
// is for [Lint]. The error joins one *Problem each.
func LintDocument(d *document.Document, src Source, opt Options) error {
	src = src.withDefaults()
	l := &linter{}
	document.EachSection(d, func(s *document.Section) { l.section(s) })
	for _, s := range d.Sections {
		if s.ID == "manager" || s.ID == "verdict" {
			l.sentences(s)
		}
	}
	for i := range src.Work.Verdicts {
		v := &src.Work.Verdicts[i]
		at := fmt.Sprintf("verdicts[%d]", i)
		for _, x := range []struct{ what, value string }{{"author", v.Author}, {"reason", v.Reason}} {
			if strings.TrimSpace(x.value) == "" {
				l.add("R10", at+"."+x.what, "is empty: a person's verdict is shown with who gave it and why")
			}
		}
		if v.Time.IsZero() {
			l.add("R10", at+".time", "is empty: a person's verdict is shown with its date")
		}
	}
	l.identity(d, opt)
	for i := range src.Obligations {
		l.obligation(fmt.Sprintf("obligations[%d]", i), &src.Obligations[i])
	}
	for i := range src.Work.Clocks {
		l.obligation(fmt.Sprintf("clocks[%d]", i), &src.Work.Clocks[i].Rule)
	}
	return errors.Join(l.problems...)
}

func (l *linter) section(s *document.Section) {
	if len(s.Blocks) == 0 && len(s.Parts) == 0 {
		l.add("R8", s.ID, "the section is empty")
	}
	for _, b := range s.Blocks {
		if t, ok := b.(*document.Table); ok && len(t.Rows) == 0 && t.Empty.Empty() {
			l.add("R8", s.ID, "the table %q has neither rows nor the sentence that says why", t.Key)
		}
	}
}

// sentences asks for the facts of each sentence of a section and its parts.
func (l *linter) sentences(s *document.Section) {
	for _, b := range s.Blocks {
		l.sentence(s.ID, b)
	}
	for _, p := range s.Parts {
		l.sentences(p)
	}
}

func (l *linter) sentence(at string, b document.Block) {
	ask := func(text document.Inlines, facts []string) {
		if len(facts) == 0 && !text.Empty() {
			l.add("R1", at, "%.120q rests on no fact", text.Plain())
		}
	}
	switch b := b.(type) {
	case *document.Paragraph:
		if b.Role != document.Minor {
			ask(b.Text, b.Facts)
		}
	case *document.List:
		for _, it := range b.Items {
			ask(it.Text, it.Facts)
		}
	case *document.Panels:
		for _, p := range b.Panels {
			for _, it := range p.Lines {
				ask(it.Text, it.Facts)
			}
		}
	case *document.Grid:
		for _, c := range b.Columns {
			for _, x := range c {
				l.sentence(at, x)
			}
		}
	case *document.Table:
		if len(b.Rows) == 0 {
			ask(b.Empty, b.Facts)
		}
	}
}

func (l *linter) identity(d *document.Document, opt Options) {
	if strings.TrimSpace(d.Mark) == "" {
		l.add("R11", "mark", "is empty")
	}
	if opt.Automatic {
		return // each page says that nobody answers for it
	}
	id := opt.Identity
	for _, x := range []struct{ what, value string }{{"author", id.Author}, {"reviewer", id.Reviewer}, {"version", id.Version}} {
		if strings.TrimSpace(x.value) == "" {
			l.add("R11", x.what, "is empty")
		}
	}
	if id.Date.IsZero() {
		l.add("R11", "date", "is empty")
	}
}

func (l *linter) obligation(at string, o *casefile.Obligation) {
	if strings.TrimSpace(o.Source) == "" {
		l.add("R12", at+".source", "is empty")
	}
	if _, ok := parseDay(o.CheckedOn); !ok {
		l.add("R12", at+".checked_on", "%.40q is no day", o.CheckedOn)
	}
}

// LintPair refuses two languages of a document that do not say the same (R5): other sections, other facts, other rows.
func LintPair(a, b *document.Document) error {
	l := &linter{}
	sa, sb := shapeOf(a), shapeOf(b)
	for i := range max(len(sa), len(sb)) {
		switch {
		case i >= len(sa) || i >= len(sb):
			l.add("R5", "document", "%d parts in %s, %d in %s", len(sa), a.Lang, len(sb), b.Lang)
			return errors.Join(l.problems...)
		case sa[i].what != sb[i].what || !slices.Equal(sa[i].facts, sb[i].facts):
			l.add("R5", sa[i].section, "%s in %s, %s in %s", sa[i], a.Lang, sb[i], b.Lang)
		}
	}
	return errors.Join(l.problems...)
}

// shape is one block as it is in every language.
type shape struct {
	section, what string
	facts         []string
}

func (s shape) String() string { return fmt.Sprintf("%.200s %.10q", s.what, s.facts) }

func shapeOf(d *document.Document) []shape {
	var out []shape
	document.EachBlock(d, func(s *document.Section, b document.Block) {
		x := shape{section: s.ID, what: fmt.Sprintf("%s %T", s.ID, b)}
		switch b := b.(type) {
		case *document.Paragraph:
			x.facts = b.Facts
		case *document.List:
			x.what += fmt.Sprint(len(b.Items))
			for _, it := range b.Items {
				x.facts = append(x.facts, it.Facts...)
			}
		case *document.Pairs:
			x.what += fmt.Sprint(len(b.Pairs))
		case *document.Table:
			x.what += fmt.Sprint(b.Key, len(b.Rows), b.Total)
			for i := range b.Columns {
				x.what += " " + b.Columns[i].Key
			}
			x.facts = b.Facts
		}
		out = append(out, x)
	})
	return out
}
