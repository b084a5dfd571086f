package analysis

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/fieldlog"
	"vigie/internal/record"
)

// Dump gives every record of every known log, in the order of the evidence, and
// then what could not be read. The record is only valid during the call.
func Dump(ctx context.Context, opt Options, onRecord func(path string, r *record.Record) error, onGap func(casefile.Gap) error) error {
	src, err := evidence.Open(opt.Paths, evidence.Options{Limits: opt.Limits, Stdin: opt.Stdin, TempDir: opt.TempDir})
	if err != nil {
		return err
	}
	defer src.Close()
	var mu sync.Mutex
	var gaps []casefile.Gap
	err = src.Walk(ctx, func(it *evidence.Item) error {
		g, err := dumpItem(ctx, &opt, it, onRecord)
		mu.Lock()
		gaps = append(gaps, g...)
		mu.Unlock()
		return err
	})
	if err != nil {
		return err
	}
	gaps = append(gaps, src.Gaps()...)
	sortGaps(gaps)
	for _, g := range gaps {
		if err := onGap(g); err != nil {
			return err
		}
	}
	return nil
}

func dumpItem(ctx context.Context, opt *Options, it *evidence.Item, onRecord func(path string, r *record.Record) error) ([]casefile.Gap, error) {
	rc, err := it.Open()
	if err != nil {
		return nil, nil // listed by the source
	}
	defer rc.Close()
	in := &source{r: rc, sum: sha256.New(), ctx: ctx}
	head, _ := in.peek(record.SniffSize)
	f := record.Sniff(head, it.Logical)
	res := &result{item: casefile.LedgerItem{Path: it.Path}, kindOf: f.Kind}
	res.gaps.path = it.Path
	if f.Kind == record.Other || f.Kind == record.EVTX {
		res.gaps.add(casefile.Gap{Code: "kind.not_supported", Length: max(it.Size, 0), Action: "file not read", Detail: "no log that this version knows"})
		return res.gaps.all(), nil
	}
	var stream io.Reader = in
	wide := f.Encoding == record.UTF16LE || f.Encoding == record.UTF16BE
	if wide {
		in.skip(f.BOM)
		stream = record.NewDecoder(in, f.Encoding)
	}
	sp := fieldlog.NewSplitter(stream, f.Header)
	base, num := int64(f.BOM), int64(0)
	var failed error
	s := record.Surveyor{Format: f, Zone: opt.LogZone, Wide: wide, Filter: record.Filter{All: true}}
	for {
		b, err := sp.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() != nil {
				failed = err
			}
			break
		}
		if wide {
			b.Base = base
			base += record.WideLen(b.Data)
		}
		survey := s.Block(b, func(r *record.Record) {
			if failed == nil {
				r.Num += num
				failed = onRecord(it.Path, r)
			}
		})
		num += survey.Records
		for _, x := range survey.Flaws {
			res.flaw(x)
		}
		b.Release()
		if failed != nil {
			break
		}
	}
	return res.gaps.all(), failed
}
