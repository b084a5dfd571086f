// Package intake reads the items of evidence: it hashes and types each of them, takes it apart into records or events on all cores, and gives
// what was made of them in the order of the evidence.
//
// It knows the containers below it (package evidence) and the formats (packages record, evtx, eventtext), and nothing of rules: a [Visitor] sees
// each record and event, and what it makes of a part comes back in order, whoever read it first. So checking, hunting and dumping
// read in the same way, and tell the same gaps.
package intake

import (
	"context"
	"runtime"
	"sync"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/evtx"
	"vigie/internal/record"
)

// Visitor sees what is read. Each goroutine has one; its calls come from that goroutine alone.
type Visitor interface {
	// Start begins a part of the item that Taker.Begin was told the number of.
	Start(item int)
	// Record sees one record of a text log; it is valid during the call. hangs says that the log lacks what would tell an attack in the record
	// from a success.
	Record(rec *record.Record) (hangs bool)
	// Event sees one Windows event. Its texts are valid during the call, but for Source and Host; its Clone may be kept.
	Event(ev *record.Event)
	// Part gives what was made of what it saw since the last call.
	Part() any
}

// At is where a part stands in its item.
type At struct {
	Path   string
	Before int64 // records of the item before the part
	// Host is the only host that the records of the part name, "" when there is none or several.
	Host string
}

// Options say how to read.
type Options struct {
	Workers int                             // 0: one for each core
	Zone    *time.Location                  // zone of logs whose times bear none; nil: UTC for text logs, and exported events whose time bears none are undated
	Filter  func(record.Kind) record.Filter // the records that visitors want; nil: all
	Product func(*record.Record) bool       // tells a record that only the product writes; nil: none
	// Channel gives the coverage id of a channel of Windows events, "" for one that nothing is known of, and whether only a server with the product
	// writes it. nil: no channel is known.
	Channel func(name string) (source string, product bool)
	Visitor func() Visitor
	// Files gives what is no log to the visitors, which must be [FileVisitor]s; else such items are only hashed.
	Files bool
	// Script tells by the name of an item that a web server runs it: it is given to the visitors as a file even when it looks like a log. nil: none is.
	Script func(name string) bool
	// NoHash leaves the SHA-256 of the items out, where nothing is said about the evidence that would rest on it.
	NoHash bool
	// EventJSON makes events of EVTX files bring their fields as JSON where it can be done at once (evtx.Options.JSON); visitors then use nothing else
	// of an event but which one it is.
	EventJSON bool
	Tick      func(Progress) // called now and then from one goroutine; nil: never
}

// Progress is how far the reading is.
type Progress struct {
	Read, Total int64 // bytes; Total is 0 when not known
	Files       int64
	Path        string // the item being read
}

// Taker takes what items give. Begin is called in the order of the evidence, from one goroutine; what it returns is called with the parts of the
// item in their order, and End when the item is read, both from any goroutine.
type Taker interface {
	Begin(n int, it *evidence.Item) func(part any, at At)
	End(n int, res *Result)
}

// Run reads all items of the evidence. When ctx ends early it returns its error; the item at hand is then told as read in part, and items that
// were not opened as unread.
func Run(ctx context.Context, src *evidence.Source, opt Options, t Taker) error {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	pool := newPool(&opt)
	defer pool.close()
	r := reader{opt: &opt, pool: pool}
	tick := newTicker(opt.Tick, src)
	defer tick.end()

	var wg sync.WaitGroup
	defer wg.Wait()
	open := make(chan struct{}, opt.Workers) // items read at once
	seq := 0
	return src.Walk(ctx, func(it *evidence.Item) error {
		n := seq
		seq++
		tick.step(it.Path)
		each := t.Begin(n, it)
		if it.Sequential {
			res, rest := r.item(ctx, n, it, each)
			if rest == nil {
				t.End(n, res)
				return ctx.Err()
			}
			open <- struct{}{} // whoever holds a place gives it back, interrupted or not
			wg.Go(func() {
				defer func() { <-open }()
				rest()
				t.End(n, res)
			})
			return ctx.Err()
		}
		select {
		case open <- struct{}{}:
		case <-ctx.Done():
			t.End(n, unread(it))
			return ctx.Err()
		}
		wg.Go(func() {
			defer func() { <-open }()
			res, rest := r.item(ctx, n, it, each)
			if rest != nil {
				rest()
			}
			t.End(n, res)
		})
		return nil
	})
}

// unread is the result of an item that was not opened.
func unread(it *evidence.Item) *Result {
	res := newResult(it)
	res.Item.Size, res.Item.Skipped = max(it.Size, 0), max(it.Size, 0)
	return res
}

// worker is what one goroutine has for its own.
type worker struct {
	v   Visitor
	dec *evtx.Decoder // keeps the templates that chunks share
	// The channel and the computer of the last event, which are those of the next one as a rule, and what is known of them.
	channel, computer string
	source, host      string
	product           bool
}

// pool runs jobs on a fixed number of goroutines.
type pool struct {
	jobs chan func(*worker)
	wg   sync.WaitGroup
}

func newPool(opt *Options) *pool {
	p := &pool{jobs: make(chan func(*worker), opt.Workers)}
	for range opt.Workers {
		p.wg.Go(func() {
			w := &worker{v: opt.Visitor(), dec: evtx.NewDecoder(evtx.Options{Borrow: true, JSON: opt.EventJSON})}
			for job := range p.jobs {
				job(w)
			}
		})
	}
	return p
}

func (p *pool) close() {
	close(p.jobs)
	p.wg.Wait()
}

// newResult is the result of an item of which nothing is read yet.
func newResult(it *evidence.Item) *Result {
	return &Result{Item: casefile.LedgerItem{Path: it.Path, Kind: string(record.Other)}, Logical: it.Logical,
		Covers: map[record.CoverKey]*record.Cover{}, Gaps: Gaps{path: it.Path}}
}
