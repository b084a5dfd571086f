package report

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/document"
	"vigie/internal/draw"
)

// Bounds of section 4.
const (
	storyRows = 40 // rows of the attack; the CSV has all findings
	storyWork = 40 // rows of our work
)

// story holds two timelines that are never mixed: the attack, and our work.
func (b *builder) story(s *document.Section) {
	s.Add(para(document.Intro, b.say("Deux chronologies : ce que montrent les éléments, puis notre intervention. Elles ne sont pas mélangées.",
		"Two timelines: what the evidence shows, then our work. They are not mixed.")))
	s.Add(b.spans())
	if fig := b.lanesFigure(); fig != nil {
		s.Add(fig)
	}
	s.Add(b.attackTable())
	if t := b.pagesTable(); t != nil {
		s.Add(t)
	}
	s.Add(b.workTimeline())
}

// storyFindings are the findings that the timeline tells: those that carry a verdict first, then by time.
func (b *builder) storyFindings() []*casefile.Finding {
	fs := make([]*casefile.Finding, 0, len(b.c.Findings))
	for i := range b.c.Findings {
		fs = append(fs, &b.c.Findings[i])
	}
	rank := func(f *casefile.Finding) int {
		n := slices.Index([]casefile.Weight{casefile.Proof, casefile.Clue, casefile.Hint}, f.Weight)
		if n < 0 {
			n = 3
		}
		return n
	}
	slices.SortStableFunc(fs, func(x, y *casefile.Finding) int {
		if d := rank(x) - rank(y); d != 0 {
			return d
		}
		return x.Time.Compare(y.Time)
	})
	fs = fs[:min(len(fs), storyRows)]
	slices.SortStableFunc(fs, func(x, y *casefile.Finding) int { return x.Time.Compare(y.Time) })
	return fs
}

func (b *builder) attackTable() *document.Table {
	t := &document.Table{Key: "timeline", Caption: b.say("Ce que montrent les éléments", "What the evidence shows"), Total: len(b.c.Findings),
		Empty: document.Words(b.say("Aucun constat : les règles n'ont rien relevé dans ce qui a été lu.", "No finding: the rules saw nothing in what was read.")), Facts: []string{factReading},
		Columns: []document.Column{col("id", b.p.T("col.id")), col("time", b.p.T("col.time")), col("server", b.p.T("col.host")), col("fact", b.p.T("col.what")),
			col("sources", b.say("Sources", "Sources")), col("confidence", b.say("Confiance", "Confidence")), col("lane", b.say("Étape", "Stage"))}}
	row := func(f *casefile.Finding) document.Row {
		at := b.stamp(f.Time)
		if f.TimeEnd.After(f.Time) {
			at.Lines = append(at.Lines, document.Words("→ "+b.p.Stamp(f.TimeEnd)))
		}
		stage := word(b.p.Stage(f.Stage))
		stage.Sign = stageSign(f.Stage)
		what := b.tx(f.Title)
		if n := acts(f); n > 1 {
			what = join(what, soft(" ("+b.p.Int(n)+" ×)"))
		}
		return document.Row{Cells: []document.Cell{cell(b.refs(f.ID)), at, cell(b.vMax(b.p.Host(f.Host), 80)), cells(what, soft(visibleMax(strings.Join(f.Attack, ", "), 60))),
			cell(b.vMax(strings.Join(f.Sources, ", "), 120)), word(b.p.Confidence(f.Confidence)), stage}}
	}
	for _, f := range b.storyFindings() {
		t.Rows = append(t.Rows, row(f))
	}
	t.All = func(yield func(document.Row) bool) {
		for i := range b.c.Findings {
			if !yield(row(&b.c.Findings[i])) {
				return
			}
		}
	}
	return t
}

// deed is one thing that was done in the case, for the timeline of the investigation.
type deed struct {
	at     time.Time
	id     string
	who    string
	text   document.Inlines
	proved bool
}

// deeds are what people did, by time.
func (b *builder) deeds() []deed {
	var ds []deed
	for i := range b.w.Log {
		l := &b.w.Log[i]
		ds = append(ds, deed{*l.At, logID(i), l.Author, b.vMax(l.Text, 400), false})
	}
	for i := range b.w.Warnings {
		w := &b.w.Warnings[i]
		ds = append(ds, deed{w.At, w.ID, w.Author, join(document.Words(b.say("Alerte donnée : ", "Warning given: ")), b.vMax(w.Text, 200)), w.AckAt != nil})
	}
	for i := range b.w.Actions {
		a := &b.w.Actions[i]
		if a.DoneAt != nil {
			ds = append(ds, deed{*a.DoneAt, a.ID, a.By, b.tx(a.Title), a.Proved()})
		}
	}
	for i := range b.w.Revisions {
		r := &b.w.Revisions[i]
		ds = append(ds, deed{r.Time, "", r.Author, document.Words(b.n(r.Files, forms{"Éléments jugés par le programme : %s fichier.", "Éléments jugés par le programme : %s fichiers.",
			"Evidence judged by the program: %s file.", "Evidence judged by the program: %s files."})), true})
	}
	slices.SortStableFunc(ds, func(x, y deed) int { return x.at.Compare(y.at) })
	return ds
}

func (b *builder) workTimeline() *document.Table {
	ds := b.deeds()
	t := &document.Table{Key: "work-timeline", Caption: b.say("Notre intervention", "Our work"), Total: len(ds), Facts: []string{factWork},
		Empty:   document.Words(b.say("Aucune intervention n'est consignée dans l'affaire.", "No work is recorded in the case.")),
		Columns: []document.Column{col("id", b.p.T("col.id")), col("time", b.p.T("col.time")), col("who", b.say("Qui", "Who")), col("what", b.say("Quoi", "What"))}}
	row := func(d deed) document.Row {
		id := b.none()
		if d.id != "" {
			id = cell(b.refs(d.id))
		}
		return document.Row{Cells: []document.Cell{id, b.stamp(d.at), b.orNone(d.who), cell(d.text)}}
	}
	for i, d := range ds {
		if i == storyWork {
			break
		}
		t.Rows = append(t.Rows, row(d))
	}
	t.All = func(yield func(document.Row) bool) {
		for _, d := range ds {
			if !yield(row(d)) {
				return
			}
		}
	}
	return t
}

// spans are the lengths of time that insurers ask for.
func (b *builder) spans() *document.Pairs {
	var first, last, won time.Time
	for i := range b.c.Findings {
		f := &b.c.Findings[i]
		if f.Weight == casefile.None && f.Stage != casefile.Attempt || f.Time.IsZero() || f.Stage == casefile.StateSeen {
			continue
		}
		if first.IsZero() || f.Time.Before(first) {
			first = f.Time
		}
		last = latest(last, latest(f.Time, f.TimeEnd))
		if (f.Stage == casefile.Success || f.Stage == casefile.FollowUp) && f.Weight != casefile.None && (won.IsZero() || f.Time.Before(won)) {
			won = f.Time
		}
	}
	var judged, warned, contained time.Time
	if len(b.w.Revisions) > 0 {
		judged = b.w.Revisions[0].Time
	}
	if len(b.w.Log) > 0 && (judged.IsZero() || b.w.Log[0].At.Before(judged)) {
		judged = *b.w.Log[0].At
	}
	for i := range b.w.Warnings {
		if warned.IsZero() || b.w.Warnings[i].At.Before(warned) {
			warned = b.w.Warnings[i].At
		}
	}
	for i := range b.w.Actions {
		if a := &b.w.Actions[i]; a.Phase == "contain" && a.Done() && a.DoneAt != nil && (contained.IsZero() || a.DoneAt.Before(contained)) {
			contained = *a.DoneAt
		}
	}
	unknown := b.say("pas mesuré", "not measured")
	moment := func(t time.Time) document.Inlines {
		if t.IsZero() {
			return soft(b.say("aucune", "none"))
		}
		return document.Words(b.p.DateTime(t))
	}
	length := func(from, to time.Time) document.Inlines {
		if from.IsZero() || to.IsZero() || to.Before(from) {
			return soft(unknown)
		}
		return document.Words(b.p.Duration(to.Sub(from)))
	}
	return &document.Pairs{Pairs: []document.Pair{
		{Label: b.say("Première action hostile connue", "First known hostile act"), Value: moment(first)},
		{Label: b.say("Dernière action hostile connue", "Last known hostile act"), Value: moment(last)},
		{Label: b.say("Premier signe d'un succès", "First sign of a success"), Value: moment(won)},
		{Label: b.say("Temps de présence, du premier signe d'un succès au dernier acte", "Dwell time, from the first sign of a success to the last act"), Value: length(won, last)},
		{Label: b.say("Temps avant détection", "Time to detect"), Value: length(won, judged)},
		{Label: b.say("Temps avant alerte, depuis la détection", "Time to warn, from detection"), Value: length(judged, warned)},
		{Label: b.say("Temps avant endiguement, depuis la détection", "Time to contain, from detection"), Value: length(judged, contained)},
	}}
}

// stageSign is the small mark of a stage, the same as in the charts.
func stageSign(st casefile.Stage) *draw.Picture {
	p := &draw.Picture{W: 9, H: 9}
	p.Add(stageMark(st, 4.5, 4.5)...)
	return p
}

func stageMark(st casefile.Stage, x, y float64) []draw.Shape {
	switch st {
	case casefile.Attempt:
		return []draw.Shape{draw.Circle{X: x, Y: y, R: 3.6, Stroke: draw.Amber, Fill: draw.Paper, Width: 1.7}}
	case casefile.Success:
		return []draw.Shape{draw.Diamond(x, y, 4.5, draw.Red, "")}
	case casefile.FollowUp:
		return []draw.Shape{draw.Rect{X: x - 3.6, Y: y - 3.6, W: 7.2, H: 7.2, Fill: draw.Violet}}
	}
	return []draw.Shape{draw.Line{X1: x - 4, Y1: y, X2: x + 4, Y2: y, Stroke: draw.Slate, Width: 2}}
}

// verdictSign is the small mark of a verdict.
func verdictSign(v casefile.Verdict) *draw.Picture {
	p := &draw.Picture{W: 9, H: 9}
	const c = 4.5
	switch v {
	case casefile.Confirmed:
		p.Add(draw.Diamond(c, c, 4.4, draw.Red, ""))
	case casefile.Suspected:
		d := draw.Diamond(c, c, 3.9, draw.Paper, draw.Amber)
		d.Width = 1.3
		p.Add(d, draw.Polygon{Points: []draw.Point{{X: c, Y: .6}, {X: c, Y: 8.4}, {X: .6, Y: c}}, Fill: draw.Amber})
	case casefile.Undetermined:
		p.Add(draw.Circle{X: c, Y: c, R: 3.7, Stroke: draw.Violet, Width: 1.4, Dashed: true})
	case casefile.Targeted:
		p.Add(draw.Circle{X: c, Y: c, R: 3.7, Stroke: draw.Blue, Width: 1.3}, draw.Circle{X: c, Y: c, R: 1.5, Fill: draw.Blue})
	case casefile.NoTrace:
		p.Add(draw.Circle{X: c, Y: c, R: 3.7, Stroke: draw.Slate, Width: 1.3})
	default:
		p.Add(draw.Line{X1: .8, Y1: c, X2: 8.2, Y2: c, Stroke: draw.Slate, Width: 1.5})
	}
	return p
}
