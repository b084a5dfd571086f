package intake

import (
	"fmt"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/eventtext"
	"vigie/internal/evtx"
	"vigie/internal/record"
)

// eventPart is what one chunk of an event log gave, or some hundred documents of an export.
type eventPart struct {
	part        any
	covers      map[record.CoverKey]*record.Cover
	records     int64
	product     bool
	first, last time.Time
	gaps        []casefile.Gap
	ledger      evtx.Ledger
}

func (res *Result) events(p *eventPart, each func(any, At)) {
	record.MergeCovers(res.Covers, p.covers)
	res.Product = res.Product || p.product
	res.span(p.first, p.last)
	for _, g := range p.gaps {
		res.Gaps.many(g, max(g.Count, 1))
	}
	if p.part != nil {
		each(p.part, At{Path: res.Item.Path, Before: res.Item.Records, Host: onlyHost(p.covers)})
	}
	res.Item.Records += p.records
	res.Item.Recovered += p.ledger.Recovered
	res.Item.Skipped += p.ledger.Skipped
	res.Lost += p.ledger.Skipped
}

// evtx reads a Windows event log. Its chunks do not depend on each other, so each is a job.
func (r *reader) evtx(n int, in *source, res *Result, each func(any, At)) error {
	q := queue[*eventPart]{most: 2 * r.opt.Workers, take: func(p *eventPart) { res.events(p, each) }}
	sc := evtx.NewScanner(in)
	free := make(chan *evtx.Chunk, q.most+1) // chunks are used again
	for range cap(free) {
		free <- &evtx.Chunk{}
	}
	for {
		q.drain(q.most)
		c := <-free
		if !sc.Next(c) {
			break
		}
		out := q.slot()
		r.pool.jobs <- func(w *worker) {
			w.v.Start(n)
			p := r.chunk(c, w)
			free <- c
			out <- p
		}
	}
	q.drain(0)
	for _, e := range sc.Errors() {
		if e.Cause == nil { // what ended the input is told by the item
			res.Gaps.Add(gapOf(e))
		}
	}
	l := sc.Ledger()
	res.Item.Skipped += l.Skipped
	res.Lost += l.Skipped
	return sc.Err()
}

func gapOf(e *evtx.Error) casefile.Gap {
	g := casefile.Gap{Code: e.Code, Offset: e.Offset, Length: e.Length, Action: e.Action, Detail: e.What}
	switch {
	case e.Chunk >= 0 && e.HasID:
		g.Where = fmt.Sprintf("chunk %d, record %d", e.Chunk, e.Record)
	case e.Chunk >= 0:
		g.Where = fmt.Sprintf("chunk %d", e.Chunk)
	}
	if e.Limited {
		g.Limit, g.Got = e.Limit, e.Got
	}
	return g
}

// chunk gives the events of one chunk to a worker's visitor.
func (r *reader) chunk(c *evtx.Chunk, w *worker) *eventPart {
	p := &eventPart{covers: map[record.CoverKey]*record.Cover{}}
	w.dec.Start(c)
	var one evtx.Event
	ev := record.Event{Event: &one, Decoder: w.dec}
	for w.dec.Next(&one) {
		r.event(p, &ev, w)
	}
	for _, e := range w.dec.Errors() {
		p.gaps = append(p.gaps, gapOf(e))
	}
	p.ledger = w.dec.Ledger()
	p.part = w.v.Part()
	return p
}

// event counts one event of a part and gives it to the worker's visitor.
func (r *reader) event(p *eventPart, ev *record.Event, w *worker) {
	p.records++
	ev.Num = p.records
	ev.Time = ev.When()
	r.known(ev, w)
	ev.Source, ev.Host = w.source, w.host
	p.product = p.product || w.product
	if !ev.Time.IsZero() {
		// A record found in free space was left by chance: it shows that its neighbours are gone, not that they were looked at. The time of one under
		// a wrong checksum may be damage.
		sound := !ev.Recovered && !ev.Suspect
		if sound && (p.first.IsZero() || ev.Time.Before(p.first)) {
			p.first = ev.Time
		}
		if sound && ev.Time.After(p.last) {
			p.last = ev.Time
		}
		if ev.Source != "" && sound {
			record.CoverOf(p.covers, record.CoverKey{Host: ev.Host, Kind: ev.Source}).Add(ev.Time, 1)
		}
	}
	w.v.Event(ev)
}

// known makes the worker know the channel and the computer of an event.
func (r *reader) known(ev *record.Event, w *worker) {
	channel, _ := ev.Get("Channel")
	computer, _ := ev.Get("Computer")
	if channel != w.channel {
		w.channel = strings.Clone(channel)
		w.source, w.product = "", false
		if r.opt.Channel != nil {
			w.source, w.product = r.opt.Channel(w.channel)
		}
	}
	if computer != w.computer {
		w.computer = strings.Clone(computer)
		w.host = record.HostName(w.computer)
	}
}

// A part of an export has at most so many events, and ends with the one that brings its documents to so many bytes: a document may have 16 MiB.
const (
	exportBatch = 512
	exportBytes = 1 << 20
)

// export reads events that a tool wrote as text. Taking the text apart is the work, and is done here in order; what visitors do runs beside it.
func (r *reader) export(n int, in *source, f eventtext.Format, res *Result, each func(any, At)) error {
	q := queue[*eventPart]{most: 2 * r.opt.Workers, take: func(p *eventPart) { res.events(p, each) }}
	rd := eventtext.NewReader(in, eventtext.Options{Format: f, Zone: r.opt.Zone})
	var batch []*eventtext.Record
	var gaps []casefile.Gap
	size := 0
	flush := func() {
		recs, told := batch, gaps
		batch, gaps, size = nil, nil, 0
		out := q.slot()
		r.pool.jobs <- func(w *worker) {
			w.v.Start(n)
			p := &eventPart{covers: map[record.CoverKey]*record.Cover{}, gaps: told}
			for _, rec := range recs {
				r.event(p, &record.Event{Event: &rec.Event, Line: int64(rec.Line)}, w)
			}
			p.part = w.v.Part()
			out <- p
		}
		q.drain(q.most)
	}
	var failed error
	for rec, e := range rd.Records() {
		switch {
		case e == nil:
			batch = append(batch, rec)
			size += rec.Length
		case e.Err != nil:
			failed = e.Err
		default:
			gaps = append(gaps, casefile.Gap{Code: e.Code, Offset: e.Offset, Where: fmt.Sprintf("line %d", e.Line), Limit: e.Limit, Got: e.Got, Action: e.Action,
				Detail: e.Detail, Count: int64(e.Count)})
		}
		if len(batch)+len(gaps) >= exportBatch || size >= exportBytes {
			flush()
		}
	}
	flush()
	q.drain(0)
	if failed == nil && res.Item.Records == 0 { // JSON or XML of something else
		res.Kind, res.Gaps = record.Other, GapsOf(res.Item.Path)
		res.Item.Kind, res.Item.Skipped = string(record.Other), in.n
		return nil
	}
	l := rd.Ledger()
	res.Item.Skipped += l.Skipped
	res.Lost += l.Skipped
	return failed
}
