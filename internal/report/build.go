package report

import (
	"slices"
	"strings"

	"vigie/internal/document"
)

// part is one section of the table of contents and the audiences that get it.
type part struct {
	id     string
	number string
	annex  bool
	for_   []Audience
	make   func(*builder, *document.Section)
	fr, en string
}

var (
	everyone = []Audience{ForManager, ForTechnical, ForInsurer, ForFull}
	readers  = []Audience{ForTechnical, ForInsurer, ForFull}
	experts  = []Audience{ForTechnical, ForFull}
	deciders = []Audience{ForManager, ForInsurer, ForFull}
	checkers = []Audience{ForInsurer, ForFull}
)

// parts is the table of contents. Numbers are the same for every audience, so that two readers speak of the same section 4.
var parts = []part{
	{"identification", "0", false, everyone, (*builder).identification, "Identification", "Identification"},
	{document.ContentsID, "", false, readers, nil, "Sommaire", "Contents"},
	{"manager", "1", false, deciders, (*builder).manager, "L'essentiel", "In one page"},
	{"scope", "2", false, everyone, (*builder).scope, "Pourquoi nous sommes venus, périmètre et limites", "Why we came, scope and limits"},
	{"verdict", "3", false, readers, (*builder).verdicts, "Verdict, confiance, couverture", "Verdict, confidence, coverage"},
	{"story", "4", false, readers, (*builder).story, "Ce qui s'est passé", "What happened"},
	{"touched", "5", false, readers, (*builder).touched, "Ce qui a été touché", "What was touched"},
	{"work", "6", false, readers, (*builder).work, "Ce que nous avons fait", "What we did"},
	{"before-after", "7", false, readers, (*builder).beforeAfter, "Avant et après", "Before and after"},
	{"accounts", "8", false, experts, (*builder).accounts, "Comptes durcis", "Accounts hardened"},
	{"risk", "9", false, readers, (*builder).risk, "Risque résiduel", "Remaining risk"},
	{"advice", "10", false, readers, (*builder).advice, "Recommandations", "Recommendations"},
	{"duties", "11", false, deciders, (*builder).duties, "Vos obligations : aide à la décision", "Your obligations: help to decide"},
	{"method", "12", false, readers, (*builder).method, "Méthode et outils", "Method and tools"},
	{"annex-findings", "A", true, experts, (*builder).annexFindings, "Constats et lignes brutes", "Findings and raw lines"},
	{"annex-evidence", "B", true, readers, (*builder).annexEvidence, "Registre des preuves et traçabilité", "Evidence register and custody"},
	{"annex-indicators", "C", true, experts, (*builder).annexIndicators, "Indicateurs et techniques ATT&CK", "Indicators and ATT&CK techniques"},
	{"annex-logbook", "D", true, checkers, (*builder).annexLogbook, "Main courante", "Logbook"},
	{"annex-warnings", "E", true, checkers, (*builder).annexWarnings, "Registre des alertes données", "Register of warnings given"},
	{"annex-glossary", "F", true, everyone, (*builder).annexGlossary, "Glossaire", "Glossary"},
	{"annex-verify", "G", true, readers, (*builder).annexVerify, "Comment vérifier ce document", "How to verify this document"},
	{"annex-law", "H", true, checkers, (*builder).annexLaw, "Textes utilisés", "Legal texts used"},
}

func (p *part) is(a Audience) bool {
	for _, x := range p.for_ {
		if x == a {
			return true
		}
	}
	return false
}

// Build makes the document for an audience. The same source and options give the same tree.
func Build(src Source, opt Options) *document.Document {
	opt = opt.withDefaults()
	b := newBuilder(src, opt)
	d := b.frame()
	if opt.For == ForPeriodic {
		b.periodic(d)
		return d
	}
	var contents *document.Section
	for i := range parts {
		p := &parts[i]
		if !p.is(opt.For) {
			continue
		}
		s := &document.Section{ID: p.id, Number: p.number, Title: b.say(p.fr, p.en), Annex: p.annex}
		if p.make == nil {
			contents = s
		} else {
			p.make(b, s)
		}
		d.Sections = append(d.Sections, s)
	}
	if contents != nil {
		for _, s := range d.Sections {
			if s != contents {
				contents.Parts = append(contents.Parts, &document.Section{ID: s.ID, Number: s.Number, Title: s.Title})
			}
		}
	}
	b.settleLinks(d)
	return d
}

// frame is the document without its sections.
func (b *builder) frame() *document.Document {
	sub := &b.w.Subject
	d := &document.Document{Lang: b.p.lang, Title: b.title(), Mark: sharingMark(b.opt.TLP), Kind: b.kind(), Subtitle: b.subtitle(),
		Firm: document.Firm{Name: visibleMax(sub.Firm.Name, 80), Logo: b.opt.Logo, Colour: strings.TrimPrefix(b.opt.Colour, "#")}}
	d.Version = b.version()
	if b.opt.Draft {
		d.Watermark = b.say("BROUILLON", "DRAFT")
	}
	d.Labels = document.Labels{
		Contents: b.p.T("doc.contents"), Page: b.say("page", "page"), Skip: b.p.T("doc.skip"), Legal: b.p.T("doc.legal"),
		Raw: b.say("Lignes brutes", "Raw lines"),
		Left: func(n int) string {
			return b.n(int64(n), forms{"%s autre ligne : elle est dans le tableau complet (CSV).", "%s autres lignes : elles sont dans le tableau complet (CSV).",
				"%s more row: it is in the complete table (CSV).", "%s more rows: they are in the complete table (CSV)."})
		},
	}
	return d
}

func (b *builder) title() string {
	switch {
	case b.opt.Title != "":
		return visibleMax(b.opt.Title, 200)
	case b.w.Subject.Title != "":
		return visibleMax(b.w.Subject.Title, 200)
	case len(b.c.Hosts) == 1:
		return b.p.T("doc.title.one", "Host", visibleMax(b.p.Host(b.c.Hosts[0].Name), 120))
	}
	return b.p.T("doc.title.many")
}

func (b *builder) kind() string {
	switch b.opt.For {
	case ForManager:
		return b.say("Compte rendu d'intervention : synthèse managériale", "Report of work done: executive summary")
	case ForTechnical:
		return b.say("Compte rendu d'intervention : partie technique", "Report of work done: technical part")
	case ForInsurer:
		return b.say("Compte rendu d'intervention : dossier pour l'assureur", "Report of work done: file for the insurer")
	case ForPeriodic:
		return b.say("Bilan de veille", "Watch report")
	}
	return b.say("Compte rendu d'intervention", "Report of work done")
}

func (b *builder) subtitle() string {
	var s []string
	if n := b.w.Subject.Client.Name; n != "" {
		s = append(s, visibleMax(n, 80))
	}
	if !b.opt.Identity.Date.IsZero() {
		s = append(s, b.p.Date(b.opt.Identity.Date))
	}
	return strings.Join(s, " · ")
}

// version stands at the foot of every page.
func (b *builder) version() string {
	id := b.opt.Identity
	var s []string
	if n := b.w.Subject.Number; n != "" {
		s = append(s, visibleMax(n, 40))
	}
	if id.Version != "" {
		s = append(s, b.say("version %s", "version %s", visibleMax(id.Version, 20)))
	}
	switch {
	case b.opt.Automatic:
		s = append(s, b.say("établi par le programme, non relu", "made by the program, not reviewed"))
	case id.Final:
		s = append(s, b.say("définitif", "final"))
	default:
		s = append(s, b.say("projet", "draft"))
	}
	if !id.Date.IsZero() {
		s = append(s, b.p.Date(id.Date))
	}
	return strings.Join(s, " · ")
}

// settleLinks lets every link lead to one place: where a fact is printed first. Links to facts that this audience's document does not
// print are taken away.
func (b *builder) settleLinks(d *document.Document) {
	document.EachBlock(d, func(_ *document.Section, block document.Block) {
		switch x := block.(type) {
		case *document.Paragraph:
			x.Facts = visibleIDs(x.Facts)
		case *document.Table:
			x.Facts = visibleIDs(x.Facts)
		case *document.List:
			for i := range x.Items {
				x.Items[i].Facts = visibleIDs(x.Items[i].Facts)
			}
		case *document.Panels:
			for i := range x.Panels {
				for j := range x.Panels[i].Lines {
					x.Panels[i].Lines[j].Facts = visibleIDs(x.Panels[i].Lines[j].Facts)
				}
			}
		}
	})
	taken := map[string]bool{}
	document.EachSection(d, func(s *document.Section) { taken[s.ID] = true })
	document.EachBlock(d, func(_ *document.Section, block document.Block) {
		if t, ok := block.(*document.Table); ok {
			for i := range t.Rows {
				if r := &t.Rows[i]; taken[r.Anchor] {
					r.Anchor = ""
				} else if r.Anchor != "" {
					taken[r.Anchor] = true
				}
			}
		}
	})
	printed := document.Anchors(d)
	document.EachInlines(d, func(in document.Inlines) {
		for i := range in {
			if in[i].To != "" && !printed[in[i].To] {
				in[i].To = ""
			}
		}
	})
}

// visibleIDs shows ids as they are printed: a case that was tampered with can hold anything where an id belongs. The slice may be that
// of the case, which stays as it is.
func visibleIDs(ids []string) []string {
	if !slices.ContainsFunc(ids, func(id string) bool { return !plainID(id) }) {
		return ids
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = visibleMax(id, 40)
	}
	return out
}
