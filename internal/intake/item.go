package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"vigie/internal/casefile"
	"vigie/internal/eventtext"
	"vigie/internal/evidence"
	"vigie/internal/record"
)

// reader reads items.
type reader struct {
	opt  *Options
	pool *pool
}

// item reads item n to its end: hashes it, types it, takes it apart. each is called with its parts in order.
func (r *reader) item(ctx context.Context, n int, it *evidence.Item, each func(part any, at At)) *Result {
	res := newResult(it)
	rc, err := it.Open()
	if err != nil {
		res.fail(err, it)
		return res
	}
	defer rc.Close()
	in := &source{r: rc, sum: sha256.New(), ctx: ctx}
	head, err := in.peek(record.SniffSize)
	f := record.Sniff(head, it.Logical)
	export := eventtext.Unknown
	if f.Kind == record.Other {
		if export = eventtext.Sniff(head); export != eventtext.Unknown {
			f.Kind = record.EventExport
		}
	}
	res.Kind = f.Kind
	res.Item.Kind = string(f.Kind)
	switch f.Kind {
	case record.Other:
		if err == nil || errors.Is(err, io.EOF) {
			err = res.unknown(in)
		}
		res.Item.Skipped = in.n
	case record.EVTX:
		err = r.evtx(n, in, res, each)
	case record.EventExport:
		err = r.export(n, in, export, res, each)
	default:
		res.Item.Encoding = string(f.Encoding)
		err = r.log(ctx, n, in, f, res, each)
	}
	res.complete = err == nil || errors.Is(err, io.EOF)
	res.Item.Size = in.n
	if !res.complete {
		res.fail(err, it)
	} else {
		res.Item.SHA256 = hex.EncodeToString(in.sum.Sum(nil))
	}
	if res.NonUTF8 && f.Encoding == record.UTF8 && f.Kind != record.EventExport {
		res.Item.Encoding = string(record.ANSI)
	}
	res.balance()
	return res
}

// unknown reads to its end what is no log by its first bytes.
func (res *Result) unknown(in *source) error {
	late, err := in.drain(res.Logical)
	if late != record.Other {
		res.Kind = late
		res.Lost = in.n
		res.Gaps.Add(casefile.Gap{Code: "kind.unrecognised", Length: in.n, Action: "file not searched", Detail: "a damaged log: " + string(late)})
	}
	return err
}
