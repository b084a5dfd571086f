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
	opt    *Options
	pool   *pool
	wholes wholes
}

// item reads item n to its end: hashes it, types it, takes it apart. each is called with its parts in order. rest, where it is not nil, is what
// remains to be done without the item itself, and completes the result.
func (r *reader) item(ctx context.Context, n int, it *evidence.Item, each func(part any, at At)) (res *Result, rest func()) {
	res = newResult(it)
	rc, err := it.Open()
	if err != nil {
		res.fail(err, it)
		return res, nil
	}
	defer rc.Close()
	in := &source{r: rc, ctx: ctx}
	if !r.opt.NoHash {
		in.sum = sha256.New()
	}
	head, err := in.peek(sniffSize(it))
	f := record.Sniff(head, it.Logical)
	export := eventtext.Unknown
	if f.Kind == record.Other {
		if export = eventtext.Sniff(head); export != eventtext.Unknown {
			f.Kind = record.EventExport
		}
	}
	res.Kind = f.Kind
	res.Item.Kind = string(f.Kind)
	if f.Kind != record.Other && r.opt.Files && r.opt.Script != nil && r.opt.Script(it.Logical) {
		r.also(n, in, it, res, each)
	}
	switch f.Kind {
	case record.Other:
		if r.opt.Files {
			rest, err = r.file(n, in, it, res, each)
			break
		}
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
		if f.Extract {
			res.coversNothing()
		}
	}
	res.complete = err == nil || errors.Is(err, io.EOF)
	res.Item.Size = in.n
	if !res.complete {
		res.fail(err, it)
	} else if in.sum != nil {
		res.Item.SHA256 = hex.EncodeToString(in.sum.Sum(nil))
	}
	if res.NonUTF8 && f.Encoding == record.UTF8 && f.Kind != record.EventExport {
		res.Item.Encoding = string(record.ANSI)
	}
	res.balance()
	return res, rest
}

// sniffSize is how many first bytes of an item are looked at to tell what it is.
func sniffSize(it *evidence.Item) int {
	if it.Size >= 0 && it.Size < record.SniffSize {
		return int(it.Size) + 1 // one more tells that it ends
	}
	return record.SniffSize
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
