// Package hunt runs rules that people bring over evidence, and gives each match. It judges nothing.
//
// It reads as a check does (package intake), gives every event and record to the rules for its log source (package logsource), and brings the
// matches into the order of the evidence; what correlations make of them comes at the end.
package hunt

import (
	"context"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"vigie/internal/evidence"
	"vigie/internal/evtx"
	"vigie/internal/intake"
	"vigie/internal/logsource"
	"vigie/internal/record"
	"vigie/internal/sigma"
)

// Options say where to look and for what.
type Options struct {
	Paths        []string
	Rules        *Rules
	Since, Until time.Time      // of the events; zero: no bound. An event without a time is always looked at.
	Zone         *time.Location // zone of logs whose times bear none; nil: UTC
	Stdin        io.Reader      // for the path "-"
	Limits       evidence.Limits
	Workers      int // 0: one for each core
	TempDir      string
	Correlations sigma.CorrelationLimits
	Progress     func(intake.Progress) // nil: none is told
}

// Run gives every match to emit, from one goroutine: in the order of the evidence, matches of one record in the order of the rules, and at last those
// of correlations. It ends early with the error of emit.
func Run(ctx context.Context, opt Options, emit func(*Match) error) (*Summary, error) {
	src, err := evidence.Open(opt.Paths, evidence.Options{Limits: opt.Limits, Stdin: opt.Stdin, TempDir: opt.TempDir})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	outer := ctx
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := &hunter{opt: &opt, corr: opt.Rules.lib.Correlate(opt.Correlations), open: map[int]chan<- any{}, paths: map[int]string{}}
	var failed error
	var count counter
	give := func(m *Match) {
		if failed != nil {
			return
		}
		count.add(m)
		if failed = emit(m); failed != nil {
			stop()
		}
	}
	h.lanes = intake.NewLanes(func(part any) {
		for _, m := range part.([]*Match) {
			give(m)
		}
	})
	err = intake.Run(ctx, src, intake.Options{NoHash: true, Workers: opt.Workers, Zone: opt.Zone, Tick: opt.Progress,
		Visitor: func() intake.Visitor { return &visitor{h: h, run: opt.Rules.router.Start()} }}, h)
	h.lanes.Close()
	switch {
	case failed != nil:
		return nil, failed
	case err != nil && outer.Err() == nil:
		return nil, err
	}
	h.sum.Partial = outer.Err() != nil
	found, sums := h.corr.End()
	for i := range found {
		if opt.Rules.chosen(&found[i].Correlation.Header) {
			give(h.correlation(&found[i]))
		}
	}
	if failed != nil {
		return nil, failed
	}
	s := &h.sum
	for _, c := range sums {
		s.LeftOut += int64(c.Dropped + c.More)
	}
	s.Gaps = append(s.Gaps, src.Gaps()...)
	intake.SortGaps(s.Gaps)
	count.fill(s)
	return s, nil
}

// hunter takes what items give.
type hunter struct {
	opt   *Options
	lanes *intake.Lanes
	corr  *sigma.Correlator

	mu    sync.Mutex
	open  map[int]chan<- any
	paths map[int]string // of items that hold a match of a correlation, for its references
	sum   Summary
}

func (h *hunter) Begin(n int, it *evidence.Item) func(any, intake.At) {
	lane := h.lanes.Open()
	h.mu.Lock()
	h.open[n] = lane
	if len(h.opt.Rules.lib.Correlations) > 0 {
		h.paths[n] = it.Path
	}
	h.mu.Unlock()
	return func(part any, at intake.At) {
		ms := part.([]*Match)
		for _, m := range ms {
			m.Path = at.Path
			if m.Channel == "" && m.HasRecord && m.Kind != string(record.EventExport) && m.Kind != string(record.EVTX) {
				m.Record += uint64(at.Before)
			}
		}
		lane <- ms
	}
}

func (h *hunter) End(n int, res *intake.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.open[n])
	delete(h.open, n)
	h.sum.Files++
	h.sum.Bytes += res.Item.Size
	h.sum.Records += res.Item.Records
	h.sum.Gaps = append(h.sum.Gaps, res.Gaps.All()...)
}

// correlation makes a match of what a correlation found.
func (h *hunter) correlation(c *sigma.CorrelationMatch) *Match {
	m := &Match{Rule: &c.Correlation.Header, Time: c.First, Until: c.Last, Count: c.Events, Fields: c.Group, Kind: string(c.Correlation.Type)}
	for _, r := range c.Refs {
		m.Refs = append(m.Refs, Ref{h.paths[int(r.Source)], int64(r.At)})
	}
	return m
}

// visitor runs the rules in one goroutine.
type visitor struct {
	h    *hunter
	run  *logsource.Run
	item int
	out  []*Match
	// kept are copies of texts of the event at hand: a hundred rules may match by the same one.
	kept []string
}

func (v *visitor) Start(item int) { v.item = item }

func (v *visitor) Part() any {
	out := v.out
	v.out = nil
	if len(out) == 0 {
		return nil
	}
	return out
}

func (v *visitor) within(t time.Time) bool {
	o := v.h.opt
	return t.IsZero() || (o.Since.IsZero() || !t.Before(o.Since)) && (o.Until.IsZero() || !t.After(o.Until))
}

// Record runs the rules for the kind of log over one record.
func (v *visitor) Record(rec *record.Record) (hangs bool) {
	v.kept = v.kept[:0]
	if !v.within(rec.Time) {
		return false
	}
	v.run.Event(logsource.Key{Kind: string(rec.Kind())}, rec, func(m sigma.Match) {
		v.match(m, rec, rec.Time, rec.Offset, func() *Match {
			return &Match{Record: uint64(rec.Num), HasRecord: true, Line: rec.Line, Kind: string(rec.Kind()), Computer: rec.Host()}
		})
	})
	return false
}

// Event runs the rules for its channel over one Windows event.
func (v *visitor) Event(ev *record.Event) {
	v.kept = v.kept[:0]
	if !v.within(ev.Time) {
		return
	}
	v.run.Event(keyOf(ev.Event), ev, func(m sigma.Match) {
		v.match(m, ev, ev.Time, ev.Offset, func() *Match {
			id, ok := ev.ID()
			kind := record.EVTX
			if ev.Line > 0 {
				kind = record.EventExport
			}
			computer, _ := ev.Get("Computer")
			return &Match{Record: id, HasRecord: ok, Line: ev.Line, Kind: string(kind), Channel: strings.Clone(ev.Channel()), EventID: strings.Clone(ev.EventID()),
				Computer: strings.Clone(computer), Recovered: ev.Recovered, Suspect: ev.Suspect}
		})
	})
}

func keyOf(ev *evtx.Event) (k logsource.Key) {
	k.Channel, _ = ev.Get("Channel")
	k.Provider, _ = ev.Get("Provider_Name")
	k.ID, _ = ev.Get("EventID")
	return k
}

// keep copies a text of the event at hand, once.
func (v *visitor) keep(s string) string {
	for _, k := range v.kept {
		if k == s {
			return k
		}
	}
	k := strings.Clone(s)
	v.kept = append(v.kept, k)
	return k
}

// match keeps a match of a rule of its own, and gives the correlations what they want.
func (v *visitor) match(m sigma.Match, ev sigma.Event, at time.Time, offset int64, describe func() *Match) {
	rules := v.h.opt.Rules
	if v.h.corr.Wants(m.Rule) && v.item <= math.MaxUint32 {
		v.h.corr.Add(m.Rule, at, sigma.Ref{Source: uint32(v.item), At: uint64(offset)}, v.run.Seen())
	}
	if !rules.chosen(&m.Rule.Header) || !rules.lib.Reported(&m.Rule.Header) {
		return
	}
	out := describe()
	out.Rule, out.Time, out.Offset, out.Fields = &m.Rule.Header, at, offset, m.Fields
	for i := range out.Fields { // the event's texts do not outlive it
		out.Fields[i].Value = v.keep(out.Fields[i].Value)
	}
	v.out = append(v.out, out)
}
