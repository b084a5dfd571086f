package kb

import (
	"path"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/diag"
)

func (l *linter) flaws(flaws []*Flaw, sources []Source, products []*Product) {
	acts, _ := actNames(flaws)
	kinds := make([]string, len(sources))
	for i, s := range sources {
		kinds[i] = s.ID
	}
	for _, f := range flaws {
		l.id("flaw", &f.ID, f)
		if f.ID != "" && path.Base(f.File) != f.ID+".yml" {
			l.add(l.at(&f.ID, f), "kb.file.name", "name the file "+f.ID+".yml", "flaw %s stands in %s", diag.Quote(f.ID), path.Base(f.File))
		}
		if strings.TrimSpace(f.Name) == "" {
			l.add(l.at(&f.Name, f), "kb.missing", "", "name of the flaw is missing")
		}
		if f.Label != (casefile.Text{}) {
			l.title("label", &f.Label, f)
		}
		l.sentence("summary", &f.Summary, f)
		l.word(l.at(&f.Listed, f), "listed", f.Listed, listedWords)
		l.flawExposure(f, products)
		l.flawSources(f, sources, kinds)
		for i := range f.CannotSee {
			l.sentence("cannot_see", &f.CannotSee[i], f)
		}
		for i := range f.WouldChange {
			l.sentence("would_change", &f.WouldChange[i], f)
		}
		if len(f.Acts) == 0 && !f.Unlogged {
			l.add(l.at(&f.Acts, f), "kb.missing", "", "flaw %s has no acts", f.ID)
		}
		seen := make(map[string]bool)
		for i := range f.Acts {
			l.twice(seen, "act", &f.Acts[i].ID, &f.Acts[i])
			l.act(f, &f.Acts[i])
		}
		others := slices.DeleteFunc(slices.Clone(acts), func(a string) bool { return strings.HasPrefix(a, f.ID+"/") })
		each(l, "act", f.Adopts, others, f)
		l.techniques(f.Attack, f)
		if len(f.References) == 0 {
			l.add(l.at(&f.References, f), "kb.source.missing", "name the documents that say so", "flaw %s has no references", f.ID)
		}
		for i := range f.References {
			r := &f.References[i]
			if strings.TrimSpace(r.Title) == "" {
				l.add(l.at(&r.Title, r), "kb.missing", "", "title of the reference is missing")
			}
			l.https(l.at(&r.URL, r), r.URL)
			l.date(l.at(&r.Date, r), "date of the reference", r.Date)
		}
	}
}

// flawExposure checks what the exposure window rests on. A flaw that is only
// listed when found may have none of it.
func (l *linter) flawExposure(f *Flaw, products []*Product) {
	i := slices.IndexFunc(products, func(p *Product) bool { return p.ID == f.Product })
	if i < 0 {
		ids := make([]string, len(products))
		for j, p := range products {
			ids[j] = p.ID
		}
		l.word(l.at(&f.Product, f), "product", f.Product, ids)
		return
	}
	known := make([]string, len(products[i].Fixes))
	for j, fix := range products[i].Fixes {
		known[j] = fix.CVE
	}
	each(l, "CVE", f.CVEs, known, f)
	each(l, "CVE", f.Key, f.CVEs, f)
	always := f.Listed != "when-found"
	others := !slices.ContainsFunc(products[i].Fixes, func(x Fix) bool { // no CVE of a line of the product: no build of it ends the exposure
		return slices.Contains(f.CVEs, x.CVE) && slices.ContainsFunc(x.Lines, func(s string) bool { return !slices.Contains(products[i].Others, s) })
	})
	if always && len(f.Key) == 0 && !others {
		l.add(l.at(&f.Key, f), "kb.missing", "name the CVEs whose fixes end the exposure", "key_cves of flaw %s are missing", f.ID)
	}
	for _, d := range []struct {
		what string
		fact *DatedFact
	}{{"first_used", &f.FirstUsed}, {"public", &f.Public}} {
		if !always && *d.fact == (DatedFact{}) {
			continue
		}
		l.fact(d.what, &d.fact.Source, &d.fact.Date, l.nearest(d.fact, f))
		l.word(l.at(&d.fact.Certainty, d.fact, f), "certainty", d.fact.Certainty, certainties)
	}
}

// nearest gives the first value with a known place.
func (l *linter) nearest(values ...any) any {
	for _, v := range values {
		if _, ok := l.pos[v]; ok {
			return v
		}
	}
	return nil
}

func (l *linter) flawSources(f *Flaw, sources []Source, kinds []string) {
	each(l, "source", f.Required, kinds, f)
	each(l, "source", f.Useful, kinds, f)
	for i, id := range f.Required {
		if slices.Contains(f.Useful, id) {
			l.add(l.at(&f.Required[i], f), "kb.twice", "", "source %s is required and useful", diag.Quote(id))
		}
		if j := slices.IndexFunc(sources, func(s Source) bool { return s.ID == id }); j >= 0 && sources[j].NotRead {
			l.add(l.at(&f.Required[i], f), "kb.source.unread", "make it useful", "required source %s is not read by this version", diag.Quote(id))
		}
	}
	if f.Unlogged {
		if len(f.Required) > 0 {
			l.add(l.at(&f.Required, f), "kb.unlogged", "make them useful", "flaw %s that no log shows requires sources", f.ID)
		}
		if len(f.CannotSee) == 0 || len(f.WouldChange) == 0 {
			l.add(l.at(&f.Unlogged, f), "kb.missing", "say why, and what would settle it", "cannot_see or would_change of flaw %s, which no log shows, is missing", f.ID)
		}
	}
	if f.Listed != "when-found" && len(f.Required) == 0 && !f.Unlogged {
		l.add(l.at(&f.Required, f), "kb.missing", "", "required sources of flaw %s are missing", f.ID)
	}
	// The negation catches what is no number at all.
	if inside := f.Threshold > 0 && f.Threshold <= 1; !inside && (f.Threshold != 0 || len(f.Required) > 0) {
		l.add(l.at(&f.Threshold, f), "kb.threshold", "want over 0, at most 1", "threshold %g of flaw %s", f.Threshold, f.ID)
	}
	for i, m := range f.Mitigations {
		if strings.TrimSpace(m) == "" {
			l.add(l.at(&f.Mitigations[i], f), "kb.missing", "", "empty mitigation")
		}
	}
}

func (l *linter) act(f *Flaw, a *Act) {
	l.id("act", &a.ID, a)
	l.word(l.at(&a.Stage, a), "stage", string(a.Stage), plain(stages))
	l.word(l.at(&a.Weight, a), "weight", string(a.Weight), plain(weights))
	l.word(l.at(&a.Conf, a), "confidence", string(a.Conf), plain(confidences))
	if a.Stage == casefile.Attempt && (a.Weight == casefile.Proof || a.Weight == casefile.Clue) {
		l.add(l.at(&a.Weight, a), "kb.act.weight", "want hint or none", "attempt %s weighs %q", diag.Quote(a.ID), a.Weight)
	}
	switch {
	case a.Shows == "":
	case a.Stage != casefile.StateSeen || a.Weight != casefile.None:
		l.add(l.at(&a.Shows, a), "kb.act.shows", "stage state, weight none", "act %s shows a state of the flaw but is none itself", diag.Quote(a.ID))
	case len(f.Mitigations) == 0:
		l.add(l.at(&a.Shows, a), "kb.act.shows", "name them in mitigations", "act %s shows a mitigation, and flaw %s has none", diag.Quote(a.ID), f.ID)
	default:
		l.word(l.at(&a.Shows, a), "shows", a.Shows, showsWords)
	}
	l.title("title", &a.Title, a)
	l.sentence("harmless", &a.Harmless, a)
	l.techniques(a.Attack, a)
	var others []string
	for _, o := range f.Acts {
		if o.ID != a.ID {
			others = append(others, o.ID)
		}
	}
	// What the flaw adopts may be another view of its own acts.
	each(l, "act", a.Joins, append(others, f.Adopts...), a)
	for i := range a.Touches {
		t := &a.Touches[i]
		l.word(l.at(&t.What, t), "touched", t.What, touchedWords)
		l.word(l.at(&t.Certainty, t), "certainty", string(t.Certainty), plain(touchGrades))
		if t.What == "data" || t.What == "machine" || t.Name != (casefile.Text{}) {
			l.title("name", &t.Name, t)
		}
		l.sentence("why", &t.Why, t)
		l.optional("cannot_know", &t.CannotKnow, t)
	}
}
