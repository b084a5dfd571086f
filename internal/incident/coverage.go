package incident

import (
	"slices"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// Cover is how one kind of source of one host spreads over time.
type Cover struct {
	First, Last time.Time
	Records     int64
	Files       int
	Ticks       []int64 // stretches of Tick with records, ascending, unique
	// Lost counts bytes of this source that could not be searched.
	Lost int64
}

// Tick is the grain of Cover.Ticks.
const Tick = casefile.Tick

// stretch is a run of time without a silence longer than the source's MaxGap.
type stretch struct{ from, to time.Time }

// stretches turns ticks into runs of covered time. The first and last record
// bound the first and last run exactly.
func stretches(c *Cover, maxGap time.Duration) []stretch {
	var out []stretch
	at := func(t int64) time.Time { return time.Unix(t*int64(Tick/time.Second), 0).UTC() }
	for _, t := range c.Ticks {
		from, to := at(t), at(t+1)
		if n := len(out); n > 0 && from.Sub(out[n-1].to) <= maxGap {
			out[n-1].to = to
			continue
		}
		out = append(out, stretch{from, to})
	}
	if n := len(out); n > 0 {
		if c.First.After(out[0].from) {
			out[0].from = c.First
		}
		if c.Last.Before(out[n-1].to) {
			out[n-1].to = c.Last
		}
	}
	return out
}

// coverWindow measures a source against a window. An edge of the window is
// covered when the nearest record is no farther than MaxGap: a log cannot hold
// a record for every second.
func coverWindow(src *kb.Source, c *Cover, from, to time.Time, required bool) casefile.SourceCoverage {
	sc := casefile.SourceCoverage{Kind: src.ID, Name: src.Name, Required: required, Holes: []casefile.Span{}}
	total := to.Sub(from)
	if c == nil || len(c.Ticks) == 0 {
		if total > 0 {
			sc.Holes = append(sc.Holes, casefile.Span{From: from, To: to})
		}
		if c != nil {
			sc.Files = c.Files // files are there or not: no time is covered by them
		}
		return sc
	}
	first, last := c.First, c.Last
	sc.First, sc.Last, sc.Records, sc.Files = &first, &last, c.Records, c.Files
	gap := time.Duration(src.MaxGap)
	days := map[int64]bool{}
	for _, t := range c.Ticks {
		days[t/144] = true
	}
	sc.Days = len(days)
	if total <= 0 {
		return sc
	}
	at := from
	var holes time.Duration
	hole := func(a, b time.Time) {
		if b.After(a) {
			holes += b.Sub(a)
			sc.Holes = append(sc.Holes, casefile.Span{From: a, To: b})
		}
	}
	spans := stretches(c, gap)
	if gap == 0 { // a log that is written on occasion: silence means nothing, presence is all
		spans = []stretch{{from, to}}
	}
	for _, s := range spans {
		if s.to.Before(from) && from.Sub(s.to) > gap || s.from.After(to) && s.from.Sub(to) > gap {
			continue
		}
		a, b := s.from, s.to
		if a.Sub(at) <= gap {
			a = at // the start of the window, near enough
		}
		if to.Sub(b) <= gap {
			b = to // and its end; what stands beyond it makes no difference
		}
		a, b = clamp(a, from, to), clamp(b, from, to)
		if !b.After(a) {
			continue
		}
		hole(at, a)
		if b.After(at) {
			at = b
		}
		sc.Spans = append(sc.Spans, casefile.Span{From: a, To: b})
	}
	hole(at, to)
	sc.Covered = floor4(1 - float64(holes)/float64(total))
	return sc
}

func clamp(t, from, to time.Time) time.Time {
	if t.Before(from) {
		return from
	}
	if t.After(to) {
		return to
	}
	return t
}

// floor4 cuts to four decimals, never up: 99.996 % covered is not 100 %.
func floor4(f float64) float64 {
	if f < 0 {
		return 0
	}
	return float64(int64(f*10000+1e-9)) / 10000
}

// leastProtocol measures HttpProxy by the protocol of the flaw that is covered
// least: the logs of the others do not show its requests.
func leastProtocol(h *Host, f *kb.Flaw, src *kb.Source, all casefile.SourceCoverage, w casefile.Window, required bool) casefile.SourceCoverage {
	if all.First == nil {
		return all
	}
	least := all
	for _, p := range f.Protocols {
		sc := coverWindow(src, h.Covers[src.ID+"/"+p], w.From, w.To, required)
		if sc.Covered < least.Covered || sc.First == nil && least.First != nil {
			sc.Name = casefile.Text{FR: src.Name.FR + ", " + p, EN: src.Name.EN + ", " + p}
			sc.Records, sc.Files = all.Records, all.Files
			least = sc
		}
	}
	return least
}

// coverage measures all sources of a flaw on a host.
func coverage(h *Host, f *kb.Flaw, k *kb.KB, w casefile.Window) casefile.Coverage {
	c := casefile.Coverage{Overall: 1, Sources: []casefile.SourceCoverage{}}
	if len(f.Required) > 0 {
		c.Threshold = f.Threshold
	}
	for i, id := range slices.Concat(f.Required, f.Useful) {
		src, ok := k.Source(id)
		if !ok {
			continue
		}
		required := i < len(f.Required)
		sc := coverWindow(src, h.Covers[id], w.From, w.To, required)
		if id == "httpproxy" {
			sc = leastProtocol(h, f, src, sc, w, required)
		}
		if required && !w.Empty {
			c.Overall = min(c.Overall, sc.Covered)
		}
		c.Sources = append(c.Sources, sc)
	}
	if w.Empty {
		c.Overall = 0
	} else if len(f.Required) == 0 { // nothing is required of a kind of trace: the best source tells how far we see
		c.Overall = 0
		for _, s := range c.Sources {
			c.Overall = max(c.Overall, s.Covered)
		}
	}
	return c
}
