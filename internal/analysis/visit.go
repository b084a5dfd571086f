package analysis

import (
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/evidence"
	"vigie/internal/intake"
	"vigie/internal/record"
)

// visitor runs the rules over what is read.
type visitor struct {
	run  *detect.Run
	hits *hits
}

// hits are what the rules saw in one part of an item.
type hits struct {
	list   []detect.Hit
	births []birth // of processes
	events bool    // of Windows events, which bear numbers of their own
	file   *fileSeen
}

func (v *visitor) Start(int) {}

func (v *visitor) part() *hits {
	if v.hits == nil {
		v.hits = &hits{}
	}
	return v.hits
}

func (v *visitor) Record(rec *record.Record) (hangs bool) {
	p := v.part()
	p.list = v.run.Record(rec, rec.Host(), p.list)
	return rec.Unanswered() && v.run.Hangs(rec)
}

func (v *visitor) Event(ev *record.Event) {
	p := v.part()
	n := len(p.list)
	p.list, p.events = v.run.Event(ev, p.list), true
	if process, ok := ev.Process(); ok {
		process.ID, process.Parent = strings.Clone(process.ID), strings.Clone(process.Parent)
		p.births = append(p.births, birth{ev.Clone(), process, p.list[n:len(p.list):len(p.list)]})
	}
}

// File looks at a file that is no log.
func (v *visitor) File(f *intake.File) (kind string, gaps []casefile.Gap) {
	p := v.part()
	facts := v.run.File(f)
	p.list, p.file = append(p.list, facts.Hits...), &fileSeen{*f, facts}
	p.file.Data = nil
	return facts.Kind, facts.Gaps
}

func (v *visitor) Part() any {
	p := v.hits
	v.hits = nil
	if p == nil || len(p.list)+len(p.births) == 0 && p.file == nil {
		return nil
	}
	return p
}

// result is what one item gave.
type result struct {
	*intake.Result
	dets *tally
	file *fileSeen // nil for an item that was read as a log only
}

// taker counts what the rules saw and folds the items together.
type taker struct {
	fold  *folder
	after func() // tests: called after each item
}

func (t *taker) Begin(n int, it *evidence.Item) func(any, intake.At) {
	dets := newTally(maxKeysFile, maxRawFile)
	line := &lineage{}
	b := &begun{dets: dets, line: line}
	t.fold.begin(n, b)
	return func(part any, at intake.At) {
		p := part.(*hits)
		if p.file != nil {
			b.file = p.file
		}
		for _, born := range p.births {
			if h, ok := line.follow(born); ok {
				p.list = append(p.list, h)
			}
		}
		for _, h := range p.list {
			if h.Key.Host == "" { // a record that does not name its server is of the part's only one
				h.Key.Host = at.Host
			}
			if !p.events {
				h.Sample.Record += at.Before
			}
			h.Sample.Path = at.Path
			dets.add(h)
		}
	}
}

func (t *taker) End(n int, res *intake.Result) {
	t.fold.done(n, res)
	if t.after != nil {
		t.after()
	}
}
