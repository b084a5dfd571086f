package report

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"vigie/internal/casefile"
)

// The coverage chart: what the evidence shows of one flaw's exposure window on
// one host. Rows from top to bottom: a lane of marks for each stage, a bar for
// each source, the measured builds, the time axis (UTC). The geometry is made
// here, the drawing in chartdraw.go.

// Sizes in units of the picture; words of 10 units are still read where the chart is shrunk to a page's width.
const (
	chartW     = 740.0
	plotX0     = 186.0
	plotX1     = 690.0
	rowH       = 21.0
	tallRowH   = 26.0 // room for names of two lines
	laneH      = 25.0 // room for a count above a mark
	barH       = 11.0
	chartTop   = 30.0
	maxRows    = 40  // sources drawn; the table lists all
	maxRects   = 400 // pieces of one bar
	maxLanes   = 3   // rows of builds
	labelChars = 31
)

// px is a coordinate.
type px float64

type chart struct {
	ID          int
	H, AxisY    px
	BandH       px
	Title, Desc string
	Win         *rect // exposure window, nil when empty
	WinLabel    string
	WinX        px // where its label stands
	WinAnchor   string
	Ticks       []tick
	Contexts    []tick
	Lanes       []lane
	Rows        []barRow
	Builds      []buildLane
	BuildsLabel string
}

type rect struct {
	X, W px
	Tip  string
}

type tick struct {
	X     px
	Label string
}

type lane struct {
	Y     px
	Stage casefile.Stage
	Label string
	Empty string
	// Before and After count the findings left and right of what is drawn.
	Before, After int
	Marks         []mark
}

type mark struct {
	X, X2 px
	N     int // findings in one mark, 0 for one that began before the chart
	Tip   string
}

type barRow struct {
	Y, TextY    px
	Label, Full string
	Label2      string // second line of a long name
	Bold        bool
	Percent     string
	Solid, Hole []rect
	Note        string // when there is no record at all
}

type buildLane struct {
	Y, TextY px
	Segs     []buildSeg
}

type buildSeg struct {
	rect
	Label  string
	LabelX px
}

// newChart draws a flaw's window, or gives nil when nothing in it has a date.
func newChart(p *Printer, id int, h *casefile.Host, r *casefile.FlawResult, fs []*casefile.Finding) *chart {
	lo, hi, ok := chartRange(h, r, fs)
	if !ok {
		return nil
	}
	sc := scale{lo: lo, hi: hi}
	c := &chart{ID: id, Title: p.T("chart.title"), BuildsLabel: p.T("chart.builds")}
	y := chartTop
	for _, st := range []casefile.Stage{casefile.Attempt, casefile.Success, casefile.FollowUp} {
		c.Lanes = append(c.Lanes, newLane(p, sc, px(y+laneH/2+3), st, fs))
		y += laneH
	}
	y += 6
	height := rowH
	for i := range r.Coverage.Sources {
		if len(wrap(sourceName(p, &r.Coverage.Sources[i]), labelChars)) > 1 {
			height = tallRowH
		}
	}
	for i := range r.Coverage.Sources {
		if i == maxRows {
			break
		}
		c.Rows = append(c.Rows, newRow(p, sc, px(y+(height-rowH)/2), r, &r.Coverage.Sources[i], spansOf(h, r.Coverage.Sources[i].Kind)))
		y += height
	}
	if lanes := buildLanes(sc, h.Builds); len(lanes) > 0 {
		y += 6
		for i := range lanes {
			lanes[i].Y, lanes[i].TextY = px(y+3), px(y+16)
			y += rowH
		}
		c.Builds = lanes
	}
	c.AxisY = px(y + 4)
	c.BandH = c.AxisY - px(chartTop) + 4
	c.H = c.AxisY + 36
	c.Ticks, c.Contexts = ticks(p, sc)
	if !r.Window.Empty {
		x0, x1 := sc.x(r.Window.From), sc.x(r.Window.To)
		c.Win = &rect{X: px(x0), W: px(max(2, x1-x0))}
		c.WinLabel = p.T("chart.window")
		c.WinX, c.WinAnchor = px(x0), "start"
		if x0 > (plotX0+plotX1)/2 {
			c.WinX, c.WinAnchor = px(max(x1, x0+2)), "end"
		}
	}
	c.Desc = chartDesc(p, r, c)
	return c
}

func chartDesc(p *Printer, r *casefile.FlawResult, c *chart) string {
	s := p.T("seen.empty")
	if !r.Window.Empty {
		s = p.T("chart.desc.window", "From", p.DateTime(r.Window.From), "To", p.DateTime(r.Window.To), "Percent", p.Percent(r.Coverage.Overall))
	}
	for _, row := range c.Rows {
		s += " " + p.T("chart.desc.row", "Name", row.Full, "Percent", row.Percent)
	}
	return s
}

// chartRange chooses the time that is drawn: the window, the findings up to
// twice its length on each side, and what the sources hold up to once its
// length. What lies outside is counted at the edges, so that a window of three
// hours stays readable whatever happened a year before.
func chartRange(h *casefile.Host, r *casefile.FlawResult, fs []*casefile.Finding) (lo, hi time.Time, ok bool) {
	see := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if lo.IsZero() || t.Before(lo) {
			lo = t
		}
		if hi.IsZero() || t.After(hi) {
			hi = t
		}
	}
	if !r.Window.Empty {
		see(r.Window.From)
		see(r.Window.To)
	}
	if lo.IsZero() {
		for _, f := range fs {
			see(f.Time)
		}
	}
	var first, last time.Time
	for i := range r.Coverage.Sources {
		s := &r.Coverage.Sources[i]
		if s.First != nil && !s.First.IsZero() && (first.IsZero() || s.First.Before(first)) {
			first = *s.First
		}
		if s.Last != nil && s.Last.After(last) {
			last = *s.Last
		}
	}
	if lo.IsZero() {
		see(first)
		see(last)
	}
	if lo.IsZero() {
		return lo, hi, false
	}
	span := max(hi.Sub(lo), time.Hour)
	from, to := lo.Add(-2*span), hi.Add(2*span)
	for _, f := range fs {
		if !f.Time.Before(from) && !f.Time.After(to) {
			see(f.Time)
		}
	}
	from, to = earliest(lo, from.Add(span)), latest(hi, to.Add(-span))
	if !first.IsZero() && first.Before(lo) {
		lo = latest(first, from)
	}
	if last.After(hi) {
		hi = earliest(last, to)
	}
	if d := hi.Sub(lo); d < time.Hour {
		lo, hi = lo.Add(-(time.Hour-d)/2), hi.Add((time.Hour-d)/2)
	}
	margin := hi.Sub(lo) / 50
	return lo.Add(-margin), hi.Add(margin), true
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

type scale struct{ lo, hi time.Time }

// x is the place of a time, clamped to the plot.
func (s scale) x(t time.Time) float64 {
	f := float64(t.Sub(s.lo)) / float64(s.hi.Sub(s.lo))
	return plotX0 + (plotX1-plotX0)*min(1, max(0, f))
}

func newLane(p *Printer, sc scale, y px, st casefile.Stage, fs []*casefile.Finding) lane {
	l := lane{Y: y, Stage: st, Label: p.T("lane." + string(st))}
	var in []*casefile.Finding
	for _, f := range fs {
		switch {
		case f.Stage != st || f.Time.IsZero():
		case f.Time.After(sc.hi):
			l.After++
		case f.Time.Before(sc.lo):
			l.Before++
			if f.TimeEnd.After(sc.lo) { // it goes on into what is drawn
				l.Marks = append(l.Marks, mark{X: px(plotX0), X2: px(sc.x(f.TimeEnd)), Tip: findingTip(p, f)})
			}
		default:
			in = append(in, f)
		}
	}
	if len(in)+l.Before+l.After == 0 {
		l.Empty = p.T("lane.empty")
		return l
	}
	sort.SliceStable(in, func(i, j int) bool { return in[i].Time.Before(in[j].Time) })
	const near = 14 // marks closer than this would cover each other
	for _, f := range in {
		x := sc.x(f.Time)
		x2 := x
		if f.TimeEnd.After(f.Time) {
			x2 = sc.x(f.TimeEnd)
		}
		if n := len(l.Marks); n > 0 && l.Marks[n-1].N > 0 && x-float64(l.Marks[n-1].X) < near {
			m := &l.Marks[n-1]
			m.N++
			m.X2 = max(m.X2, px(x2))
			m.Tip = p.N("chart.marks", int64(m.N))
			continue
		}
		l.Marks = append(l.Marks, mark{X: px(x), X2: px(x2), N: 1, Tip: findingTip(p, f)})
	}
	return l
}

func findingTip(p *Printer, f *casefile.Finding) string {
	return visibleMax(f.ID, 40) + " · " + p.Stamp(f.Time) + " · " + visibleMax(p.Text(f.Title), 160)
}

// spansOf finds when a source has records on the host, as far as the case says.
func spansOf(h *casefile.Host, kind string) []casefile.Span {
	for i := range h.Sources {
		if h.Sources[i].Kind == kind {
			return h.Sources[i].Spans
		}
	}
	return nil
}

func newRow(p *Printer, sc scale, y px, r *casefile.FlawResult, s *casefile.SourceCoverage, spans []casefile.Span) barRow {
	full := sourceName(p, s)
	name := wrap(full, labelChars)
	b := barRow{Y: y + (rowH-barH)/2, TextY: y + 16, Full: full, Label: name[0], Bold: s.Required, Percent: p.Percent(s.Covered)}
	if len(name) > 1 {
		b.Label2 = clip(strings.Join(name[1:], " "), labelChars)
	}
	if r.Window.Empty {
		b.Percent = p.T("cell.none")
	}
	holes := s.Holes
	if s.First == nil {
		b.Note = p.T("source.norecord")
		if len(holes) == 0 && !r.Window.Empty {
			holes = []casefile.Span{{From: r.Window.From, To: r.Window.To}}
		}
	} else {
		if len(spans) == 0 { // the host's reach beyond the window, a flaw's do not
			spans = s.Spans
		}
		if len(spans) == 0 && s.Last != nil {
			spans = []casefile.Span{{From: *s.First, To: *s.Last}}
		}
		b.Solid = rects(sc, subtract(spans, holes), 1, nil)
	}
	b.Hole = rects(sc, holes, 2, func(h casefile.Span) string {
		return p.T("chart.hole", "From", p.Stamp(h.From), "To", p.Stamp(h.To), "Length", p.Duration(h.To.Sub(h.From)))
	})
	return b
}

// subtract cuts holes out of spans. Both are by time; a case that says
// otherwise is drawn as well as it can be.
func subtract(spans, holes []casefile.Span) []casefile.Span {
	var out []casefile.Span
	for _, s := range spans {
		from := s.From
		for _, h := range holes {
			if !h.To.After(from) || !h.From.Before(s.To) {
				continue
			}
			if h.From.After(from) {
				out = append(out, casefile.Span{From: from, To: h.From})
			}
			from = latest(from, h.To)
		}
		if from.Before(s.To) || from.Equal(s.To) && s.From.Equal(s.To) {
			out = append(out, casefile.Span{From: from, To: s.To})
		}
		if len(out) > 20000 {
			break
		}
	}
	return out
}

// rects places spans on the plot; those that would touch are drawn as one.
func rects(sc scale, spans []casefile.Span, least float64, tip func(casefile.Span) string) []rect {
	var out []rect
	for _, s := range spans {
		if s.To.Before(sc.lo) || s.From.After(sc.hi) {
			continue
		}
		x0, x1 := sc.x(s.From), sc.x(s.To)
		x1 = max(x1, x0+least)
		if n := len(out); n > 0 && x0 <= float64(out[n-1].X+out[n-1].W)+0.4 {
			out[n-1].W = max(out[n-1].W, px(x1)-out[n-1].X)
			continue
		}
		if len(out) == maxRects {
			break
		}
		t := ""
		if tip != nil {
			t = tip(s)
		}
		out = append(out, rect{X: px(x0), W: px(x1 - x0), Tip: t})
	}
	return out
}

// buildLanes sets the measured builds in as few rows as do not overlap.
func buildLanes(sc scale, bs []casefile.BuildSeen) []buildLane {
	var lanes []buildLane
	for i := range bs {
		b := &bs[i]
		if b.First.IsZero() || b.Last.Before(sc.lo) || b.First.After(sc.hi) {
			continue
		}
		x0, x1 := sc.x(b.First), sc.x(b.Last)
		x1 = max(x1, x0+3)
		name := visibleMax(or(b.Label, b.Build), 60)
		seg := buildSeg{rect: rect{X: px(x0), W: px(x1 - x0), Tip: fmt.Sprintf("%s %s", visibleMax(b.Build, 60), visibleMax(b.Label, 60))}, LabelX: px(x0 + 4)}
		if need := float64(columns(name))*5.4 + 8; need <= x1-x0 {
			seg.Label = name
		}
		k := 0
		for k < len(lanes) {
			last := lanes[k].Segs[len(lanes[k].Segs)-1]
			if float64(last.X+last.W) <= x0 {
				break
			}
			k++
		}
		switch {
		case k < len(lanes) && len(lanes[k].Segs) < 200:
			lanes[k].Segs = append(lanes[k].Segs, seg)
		case k == len(lanes) && k < maxLanes:
			lanes = append(lanes, buildLane{Segs: []buildSeg{seg}})
		}
	}
	return lanes
}
