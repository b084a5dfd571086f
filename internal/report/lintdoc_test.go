package report

import (
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/ledger"
)

func signedOptions(lang string, a Audience) Options {
	o := options(lang)
	o.For = a
	o.Identity = Identity{Date: at("2021-03-21 10:00:00"), Version: "1.0", Author: "A. Martin", Reviewer: "B. Petit"}
	return o
}

func TestLintDocumentAccepts(t *testing.T) {
	t.Parallel()
	for _, g := range append(goldens, golden{"many", manyCase, false}) {
		for _, a := range Audiences {
			src := Source{Case: g.make()}
			var docs []*document.Document
			for _, lang := range []string{"fr", "en"} {
				d := Build(src, signedOptions(lang, a))
				if err := LintDocument(d, src, signedOptions(lang, a)); err != nil {
					t.Errorf("%s %s %s: %v", g.name, a, lang, err)
				}
				docs = append(docs, d)
			}
			if err := LintPair(docs[0], docs[1]); err != nil {
				t.Errorf("%s %s: %v", g.name, a, err)
			}
		}
	}
}

func TestLintDocumentRefuses(t *testing.T) {
	t.Parallel()
	section := func(d *document.Document, id string) *document.Section {
		for _, s := range d.Sections {
			if s.ID == id {
				return s
			}
		}
		return nil
	}
	for name, x := range map[string]struct {
		rule   string
		change func(d *document.Document, src *Source, o *Options)
	}{
		"a sentence of the manager's page without a fact": {"R1: manager", func(d *document.Document, _ *Source, _ *Options) {
			section(d, "manager").Add(para(document.Plain, "Everything is under control."))
		}},
		"a verdict without a fact": {"R1: verdict", func(d *document.Document, _ *Source, _ *Options) {
			section(d, "verdict").Add(&document.List{Items: []document.Item{{Text: document.Words("It was them.")}}})
		}},
		"an empty section": {"R8: story", func(d *document.Document, _ *Source, _ *Options) { section(d, "story").Blocks = nil }},
		"an empty table without a sentence": {"R8: work", func(d *document.Document, _ *Source, _ *Options) {
			section(d, "work").Add(&document.Table{Key: "nothing"})
		}},
		"a person's verdict without a reason": {"R10: verdicts[0].reason", func(_ *document.Document, src *Source, _ *Options) {
			src.Work = ledger.NewState()
			src.Work.Verdicts = []ledger.Verdict{{Stamp: ledger.Stamp{Author: "A. Martin", Time: time.Unix(1, 0)}, Verdict: casefile.NoTrace}}
		}},
		"no mark":     {"R11: mark", func(d *document.Document, _ *Source, _ *Options) { d.Mark = "" }},
		"no author":   {"R11: author", func(_ *document.Document, _ *Source, o *Options) { o.Identity.Author = " " }},
		"no reviewer": {"R11: reviewer", func(_ *document.Document, _ *Source, o *Options) { o.Identity.Reviewer = "" }},
		"no version":  {"R11: version", func(_ *document.Document, _ *Source, o *Options) { o.Identity.Version = "" }},
		"no date":     {"R11: date", func(_ *document.Document, _ *Source, o *Options) { o.Identity.Date = time.Time{} }},
		"a deadline without a source": {"R12: obligations[0].source", func(_ *document.Document, src *Source, _ *Options) {
			src.Obligations = []casefile.Obligation{{ID: "x", CheckedOn: "2026-11-01"}}
		}},
		"a deadline that nobody checked": {"R12: obligations[0].checked_on", func(_ *document.Document, src *Source, _ *Options) {
			src.Obligations = []casefile.Obligation{{ID: "x", Source: "a text"}}
		}},
	} {
		src, o := Source{Case: confirmedCase()}, signedOptions("en", ForFull)
		d := Build(src, o)
		x.change(d, &src, &o)
		if err := LintDocument(d, src, o); err == nil || !strings.Contains(err.Error(), x.rule+": ") {
			t.Errorf("%s: %v, want %s", name, err, x.rule)
		}
	}
}

func TestLintPairRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(d *document.Document){
		"a row less": func(d *document.Document) { document.Tables(d)[0].Rows = nil },
		"another fact": func(d *document.Document) {
			document.EachBlock(d, func(_ *document.Section, b document.Block) {
				if p, ok := b.(*document.Paragraph); ok && p.Role == document.Lead {
					p.Facts = []string{"V-9.9"}
				}
			})
		},
		"a section less": func(d *document.Document) { d.Sections = d.Sections[:3] },
	} {
		src := Source{Case: confirmedCase()}
		fr, en := Build(src, signedOptions("fr", ForFull)), Build(src, signedOptions("en", ForFull))
		change(en)
		if err := LintPair(fr, en); err == nil || !strings.Contains(err.Error(), "R5: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
