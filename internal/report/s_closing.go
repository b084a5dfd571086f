package report

import (
	"vigie/internal/document"
)

// annexGlossary explains the words, the scales, and the characters that were made visible.
func (b *builder) annexGlossary(s *document.Section) {
	if b.opt.For != ForManager {
		for _, t := range wordTables(b.p) {
			s.Add(para(document.Minor, t.Title), pairsOf(t.Rows))
		}
		s.Add(para(document.Minor, b.p.T("words.terms")))
	}
	var ps []pair
	for _, t := range glossary(b.p, b.c) {
		ps = append(ps, pair{t.Word, t.Meaning})
	}
	s.Add(pairsOf(ps))
	if b.opt.For == ForManager {
		return
	}
	codes := b.codes.list(60)
	if len(codes) == 0 {
		s.Add(para(document.Note, b.p.T("chars.none"), factReading))
		return
	}
	t := &document.Table{Caption: b.p.T("h.chars"), Compact: true, Columns: []document.Column{col("shown", b.p.T("col.shown")), col("code", b.p.T("col.code")), col("kind", b.p.T("col.kindchar")), colRight("times", b.p.T("col.times"))}}
	for _, c := range codes {
		t.Rows = append(t.Rows, document.Row{Cells: []document.Cell{cell(document.Inlines{{Text: c.Shown, Style: document.Escaped}}), word(c.Code), word(b.p.T(c.Name)), word(b.p.Int(c.Count))}})
	}
	s.Add(para(document.Plain, b.p.T("chars.intro"), factReading), t)
}

func pairsOf(rows []pair) *document.Pairs {
	p := &document.Pairs{}
	for _, r := range rows {
		p.Pairs = append(p.Pairs, document.Pair{Label: r.Label, Value: document.Words(r.Value)})
	}
	return p
}

// annexVerify says how anyone can check the document without us.
func (b *builder) annexVerify(s *document.Section) {
	l := &document.List{Ordered: true}
	add := func(in document.Inlines) { l.Items = append(l.Items, document.Item{Text: in}) }
	add(join(document.Words(b.say("Ce document et l'affaire, hors ligne : ", "This document and the case, offline: ")), document.Inlines{{Text: b.say("vigie verify DOSSIER", "vigie verify DIR"), Style: document.Code}}))
	add(join(document.Words(b.say("Les éléments de preuve, dont l'empreinte est en annexe B : ", "The evidence, whose hashes are in annex B: ")), document.Inlines{{Text: b.say("vigie verify DOSSIER --evidence CHEMIN", "vigie verify DIR --evidence PATH"), Style: document.Code}}))
	add(join(document.Words(b.say("Sans Vigie, une empreinte se recalcule ainsi : ", "Without Vigie, a hash is computed so: ")), document.Inlines{{Text: "sha256sum", Style: document.Code}}, document.Words(b.say(" sous Linux, ", " on Linux, ")), document.Inlines{{Text: "Get-FileHash", Style: document.Code}}, document.Words(b.say(" sous Windows.", " on Windows."))))
	s.Add(l)
	var ps []document.Pair
	if b.src.SHA256 != "" {
		ps = append(ps, document.Pair{Label: "case.json", Value: join(document.Words("SHA-256 "), b.code(b.src.SHA256))})
	}
	if h := b.w.Head; h.Seq > 0 {
		ps = append(ps, document.Pair{Label: b.say("Tête de la chaîne des registres", "Head of the chain of ledgers"), Value: join(document.Words(b.n(h.Seq, forms{"%s entrée, ", "%s entrées, ", "%s entry, ", "%s entries, "})+"SHA-256 "), b.code(h.Hash))})
	}
	for i := range b.w.Signatures {
		if i == 10 {
			break
		}
		g := &b.w.Signatures[i]
		ps = append(ps, document.Pair{Label: b.say("Signature", "Signature"), Value: join(b.code(g.Fingerprint), document.Words(" "), b.vMax(g.Name, 60), document.Words(", "+b.p.DateTime(g.Time)))})
	}
	if len(ps) > 0 {
		s.Add(&document.Pairs{Pairs: ps})
	}
	if b.w.Head.Seq == 0 && len(b.w.Signatures) == 0 {
		s.Add(para(document.Plain, b.say("Cette affaire n'a ni registre ni signature : rien ne prouve qu'elle n'a pas été modifiée depuis.", "This case has neither ledger nor signature: nothing proves that it was not changed since."), factReading))
		return
	}
	if len(b.w.Signatures) == 0 {
		s.Add(para(document.Note, b.say("L'affaire n'était pas signée quand ce document a été fait.", "The case was not signed when this document was made."), factReading))
	}
}
