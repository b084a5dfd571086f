package intake

import (
	"context"
	"io"
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/fieldlog"
	"vigie/internal/record"
)

// log surveys a text log.
func (r *reader) log(ctx context.Context, n int, in *source, f record.Format, res *Result, each func(any, At)) error {
	var stream io.Reader = in
	wide := f.Encoding == record.UTF16LE || f.Encoding == record.UTF16BE
	var dec *record.Decoder
	if wide {
		in.skip(f.BOM)
		dec = record.NewDecoder(in, f.Encoding)
		stream = dec
	}
	if f.Header != nil {
		res.Gaps.Add(casefile.Gap{Code: "header.missing", Action: "columns told by their shape", Where: "line 1"})
	}
	sp := fieldlog.NewSplitter(stream, f.Header)
	base := int64(f.BOM)
	q := queue[*textPart]{most: 2 * r.opt.Workers, take: func(p *textPart) {
		res.merge(p.survey, p.hanging)
		res.Product = res.Product || p.product
		if p.part != nil {
			each(p.part, At{Path: res.Item.Path, Before: res.Item.Records, Host: p.host})
		}
		res.Item.Records += p.survey.Records
	}}
	var err error
	for {
		var b *fieldlog.Block
		if b, err = sp.Next(ctx); err != nil {
			break
		}
		if wide {
			b.Base = base
			base += record.WideLen(b.Data)
		}
		out := q.slot()
		r.pool.jobs <- func(w *worker) {
			w.v.Start(n)
			out <- r.block(b, f, wide, w.v)
			b.Release()
		}
		q.drain(q.most)
	}
	q.drain(0)
	if dec != nil && dec.Odd > 0 {
		res.Item.Skipped++
		res.Gaps.Add(casefile.Gap{Code: "utf16.odd", Offset: in.n - 1, Length: 1, Action: "byte skipped"})
	}
	res.finish(in.n)
	return err
}

// textPart is what one block gave.
type textPart struct {
	survey  *record.Survey
	part    any
	host    string
	product bool
	// hanging are requests of which the log does not say whether they succeeded.
	hanging []record.Flaw
}

func (r *reader) block(b *fieldlog.Block, f record.Format, wide bool, v Visitor) *textPart {
	out := &textPart{}
	s := record.Surveyor{Format: f, Zone: r.opt.Zone, Filter: record.Filter{All: true}, Wide: wide}
	if r.opt.Filter != nil {
		s.Filter, s.FilterOf = r.opt.Filter(f.Kind), r.opt.Filter
	}
	if r.opt.Product != nil {
		s.Sample = func(rec *record.Record) { out.product = out.product || r.opt.Product(rec) }
	}
	out.survey = s.Block(b, func(rec *record.Record) {
		if v.Record(rec) {
			out.hanging = append(out.hanging, record.Flaw{Code: codeUnanswered, Line: rec.Line, Offset: rec.Offset, Size: int64(len(rec.Raw))})
		}
	})
	out.part, out.host = v.Part(), onlyHost(out.survey.Covers)
	return out
}

// onlyHost is the one host that covers name.
func onlyHost(covers map[record.CoverKey]*record.Cover) string {
	if len(covers) == 0 {
		return ""
	}
	var hosts []string
	for k := range covers {
		hosts = append(hosts, k.Host)
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) == 1 {
		return hosts[0]
	}
	return ""
}

// queue takes results in the order in which their jobs were given out.
type queue[T any] struct {
	slots []chan T
	most  int // jobs given out at once
	take  func(T)
}

func (q *queue[T]) slot() chan<- T {
	c := make(chan T, 1)
	q.slots = append(q.slots, c)
	return c
}

// drain takes results until at most n jobs are out.
func (q *queue[T]) drain(n int) {
	for len(q.slots) > n {
		x := <-q.slots[0]
		q.slots = q.slots[1:]
		q.take(x)
	}
}
