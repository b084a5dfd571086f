package analysis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/evidence"
	"vigie/internal/fieldlog"
	"vigie/internal/identify"
	"vigie/internal/record"
)

// pool surveys blocks on a fixed number of goroutines.
type pool struct {
	jobs chan func(*detect.Run)
	stop func()
}

func newPool(workers int, pack *detect.Pack) *pool {
	p := &pool{jobs: make(chan func(*detect.Run), workers)}
	done := make(chan struct{}, workers)
	for range workers {
		go func() {
			run := pack.Start()
			for job := range p.jobs {
				job(run)
			}
			done <- struct{}{}
		}()
	}
	p.stop = func() {
		close(p.jobs)
		for range workers {
			<-done
		}
	}
	return p
}

func (p *pool) close() { p.stop() }

// reader reads items.
type reader struct {
	opt  *Options
	pool *pool
	src  *evidence.Source
}

// result is what one item gave.
type result struct {
	item     casefile.LedgerItem
	logical  string
	covers   map[record.CoverKey]*record.Cover
	clues    []hostClue
	dets     *tally
	gaps     gapList
	jumps    []jump
	lost     int64 // bytes that could not be searched and were not the padding of a crash
	lostRuns []stretch
	product  bool // a record asks for a path of the product
	kindOf   record.Kind
	tail     time.Time // of the last record in order
	nonUTF8  bool
	complete bool
}

type hostClue struct {
	host string
	clue identify.Clue
}

type jump struct {
	record.Jump
	path string
}

func newResult(it *evidence.Item) *result {
	return &result{item: casefile.LedgerItem{Path: it.Path, Kind: string(record.Other)}, logical: it.Logical,
		covers: map[record.CoverKey]*record.Cover{}, dets: newTally(maxKeysFile, maxRawFile), gaps: gapList{path: it.Path}}
}

// unread is the result of an item that was not opened.
func unread(it *evidence.Item) *result {
	res := newResult(it)
	res.item.Size, res.item.Skipped = max(it.Size, 0), max(it.Size, 0)
	return res
}

// item reads one item to its end: hashes it, types it, surveys its records.
func (r *reader) item(ctx context.Context, it *evidence.Item) *result {
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
	res.kindOf = f.Kind
	res.item.Kind = string(f.Kind)
	switch f.Kind {
	case record.Other, record.EVTX:
		if err == nil || errors.Is(err, io.EOF) {
			if f.Kind == record.Other {
				var late record.Kind
				if late, err = in.drain(it.Logical); late != record.Other {
					res.kindOf = late
					res.lost = in.n
					res.gaps.add(casefile.Gap{Code: "kind.unrecognised", Length: in.n, Action: "file not searched", Detail: "a damaged log: " + string(late)})
				}
			} else {
				_, err = io.Copy(io.Discard, in)
			}
		}
		res.item.Skipped = in.n
		if f.Kind == record.EVTX {
			res.gaps.add(casefile.Gap{Code: "kind.not_supported", Length: in.n, Action: "file not searched", Detail: "Windows event log"})
			res.lost = in.n
		}
	default:
		res.item.Encoding = string(f.Encoding)
		err = r.log(ctx, in, f, res)
	}
	res.complete = err == nil || errors.Is(err, io.EOF)
	res.item.Size = in.n
	if !res.complete {
		res.fail(err, it)
	} else {
		res.item.SHA256 = hex.EncodeToString(in.sum.Sum(nil))
	}
	res.dets.sign(res.item.Path, res.item.SHA256)
	if res.nonUTF8 && f.Encoding == record.UTF8 {
		res.item.Encoding = string(record.ANSI)
	}
	res.balance()
	return res
}

// fail notes why an item could not be read to its end.
func (res *result) fail(err error, it *evidence.Item) {
	var re *evidence.ReadError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		res.gaps.add(casefile.Gap{Code: "run.interrupted", Offset: res.item.Size, Action: "rest of the file not read"})
	case errors.As(err, &re):
		// The source has listed it already.
	default:
		res.gaps.add(casefile.Gap{Code: evidence.CodeFileUnreadable, Offset: res.item.Size, Action: "rest of the file not read", Detail: quote(err.Error())})
	}
	if rest := it.Size - res.item.Size; it.Size > 0 && rest > 0 {
		res.item.Size = it.Size
		res.item.Skipped += rest
		res.lost += rest
	} else {
		res.lost++
	}
}

// balance makes the item's ledger add up.
func (res *result) balance() {
	i := &res.item
	i.Parsed = i.Size - i.Recovered - i.Skipped
	if i.Parsed < 0 { // an encoding whose lengths cannot be told back exactly
		i.Recovered = max(0, i.Recovered+i.Parsed)
		i.Parsed = i.Size - i.Recovered - i.Skipped
	}
}

// quote makes foreign text harmless and short.
func quote(s string) string {
	q := fmt.Sprintf("%q", s)
	if len(q) > 200 {
		q = strings.ToValidUTF8(q[:199], "") + "…"
	}
	return q
}

// log surveys a log.
func (r *reader) log(ctx context.Context, in *source, f record.Format, res *result) error {
	var stream io.Reader = in
	wide := f.Encoding == record.UTF16LE || f.Encoding == record.UTF16BE
	var dec *record.Decoder
	if wide {
		in.skip(f.BOM)
		dec = record.NewDecoder(in, f.Encoding)
		stream = dec
	}
	if f.Header != nil {
		res.gaps.add(casefile.Gap{Code: "header.missing", Action: "columns told by their shape", Where: "line 1"})
	}
	sp := fieldlog.NewSplitter(stream, f.Header)
	base := int64(f.BOM)
	var queue []chan *blockResult
	num := int64(0)
	merge := func(n int) {
		for len(queue) > n {
			b := <-queue[0]
			queue = queue[1:]
			res.merge(b, num)
			num += b.survey.Records
		}
	}
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
		out := make(chan *blockResult, 1)
		queue = append(queue, out)
		r.pool.jobs <- func(run *detect.Run) {
			out <- r.block(b, f, wide, run)
			b.Release()
		}
		merge(2 * r.opt.Workers)
	}
	merge(0)
	res.item.Records = num
	if dec != nil && dec.Odd > 0 {
		res.item.Skipped++
		res.gaps.add(casefile.Gap{Code: "utf16.odd", Offset: in.n - 1, Length: 1, Action: "byte skipped"})
	}
	res.finish(in.n)
	return err
}

// blockResult is what one block gave.
type blockResult struct {
	survey *record.Survey
	hits   []detect.Hit
	sample bool // a sampled record asks for a path of the product
	// hanging are requests of which the log does not say whether they succeeded.
	hanging []record.Flaw
}

func (r *reader) block(b *fieldlog.Block, f record.Format, wide bool, run *detect.Run) *blockResult {
	out := &blockResult{}
	s := record.Surveyor{Format: f, Zone: r.opt.LogZone, Filter: r.opt.Pack.Filter(f.Kind), FilterOf: r.opt.Pack.Filter, Wide: wide,
		Sample: func(rec *record.Record) { out.sample = out.sample || r.opt.Pack.Product(rec) }}
	out.survey = s.Block(b, func(rec *record.Record) {
		out.hits = run.Record(rec, rec.Host(), out.hits)
		if rec.Unanswered() && run.Hangs(rec) {
			out.hanging = append(out.hanging, record.Flaw{Code: "record.unanswered", Line: rec.Line, Offset: rec.Offset, Size: int64(len(rec.Raw)), Doubt: true})
		}
	})
	if len(out.survey.Covers) > 0 { // a record that does not name its server is of the block's only one
		var hosts []string
		for k := range out.survey.Covers {
			hosts = append(hosts, k.Host)
		}
		slices.Sort(hosts)
		if hosts = slices.Compact(hosts); len(hosts) == 1 {
			for i := range out.hits {
				if out.hits[i].Key.Host == "" {
					out.hits[i].Key.Host = hosts[0]
				}
			}
		}
	}
	return out
}

// merge adds the next block of the file.
func (res *result) merge(b *blockResult, num int64) {
	s := b.survey
	record.MergeCovers(res.covers, s.Covers)
	for _, x := range slices.Concat(s.Flaws, b.hanging) {
		res.flaw(x)
	}
	res.item.Recovered += s.Recovered
	res.item.Skipped += s.Skipped
	res.nonUTF8 = res.nonUTF8 || s.NonUTF8
	res.product = res.product || b.sample
	for _, j := range s.Jumps {
		res.jump(j)
	}
	if !s.Head.IsZero() {
		if !res.tail.IsZero() && s.Head.Before(res.tail.Add(-record.BackStep)) {
			res.jump(record.Jump{Line: s.HeadLine, From: res.tail, To: s.Head})
		}
		res.tail = s.Tail
		first, last := s.First, s.Last
		if res.item.First == nil || first.Before(*res.item.First) {
			res.item.First = &first
		}
		if res.item.Last == nil || last.After(*res.item.Last) {
			res.item.Last = &last
		}
	}
	for _, br := range s.Builds {
		res.clue(br)
	}
	for _, h := range b.hits {
		h.Sample.Record += num
		h.Sample.Path = res.item.Path
		res.dets.add(h)
	}
}

// flaw turns a record that does not fit into a gap.
func (res *result) flaw(x record.Flaw) {
	offset, size := x.Offset, x.Size
	g := casefile.Gap{Code: string(res.kindOf) + "." + x.Code, Offset: offset, Length: size, Where: fmt.Sprintf("line %d", x.Line), Limit: x.Limit, Got: x.Got,
		Action: "record kept raw, searched as text"}
	if x.Code == "header.damaged" {
		g.Action = "columns taken by their place"
	}
	switch {
	case x.Code == "line.nul" && x.Count <= 1:
		g.Action = "bytes skipped"
		res.pending(offset, size)
	case x.Lost:
		g.Action = "bytes skipped"
		res.lost += size
	case x.Doubt:
		g.Action = "record kept raw, searched as text; it may hide an attack"
		if x.Code == "record.unanswered" {
			g.Action = "record read; it has no status, so nothing says whether the request succeeded"
		}
		res.lost += size
	}
	res.gaps.many(g, max(x.Count, 1))
}

// pending counts lost bytes; NUL bytes at the very end of a file are the padding
// of a crash and hide nothing, which is only known at the end.
func (res *result) pending(offset, size int64) {
	res.lostRuns = append(res.lostRuns, stretch{offset, size})
	if n := len(res.lostRuns); n > 1 && res.lostRuns[n-2].offset+res.lostRuns[n-2].size == offset {
		res.lostRuns[n-2].size += size
		res.lostRuns = res.lostRuns[:n-1]
	}
}

// maxPadding is how many NUL bytes at the end of a file are taken for space that
// was set aside and never written: IIS grows its files by 64 KiB.
const maxPadding = 64 << 10

// stretch is a run of bytes of the file.
type stretch struct{ offset, size int64 }

func (res *result) finish(size int64) {
	for _, r := range res.lostRuns {
		if r.offset+r.size < size || r.size > maxPadding {
			res.lost += r.size
		}
	}
	res.lostRuns = nil
	slices.SortStableFunc(res.clues, func(a, b hostClue) int { return strings.Compare(a.host, b.host) })
}

func (res *result) jump(j record.Jump) {
	if len(res.jumps) < maxJumpsFile {
		res.jumps = append(res.jumps, jump{j, res.item.Path})
	}
}

// maxJumpsFile bounds remarks on one file's clock.
const maxJumpsFile = 20

// maxCluesFile bounds build clues of one file: a forged log may change its build
// at every line.
const maxCluesFile = 1000

// clue adds a sight of a build, merging it with the one before.
func (res *result) clue(br record.BuildRun) {
	src := string(res.kindOf)
	for i := range slices.Backward(res.clues) {
		c := &res.clues[i]
		if c.host == br.Host && c.clue.Build == br.Build && c.clue.Setup == br.Setup && br.Setup == "" {
			if br.Last.After(c.clue.Last) {
				c.clue.Last = br.Last
			}
			if br.First.Before(c.clue.First) {
				c.clue.First = br.First
			}
			return
		}
	}
	if len(res.clues) < maxCluesFile {
		res.clues = append(res.clues, hostClue{br.Host, identify.Clue{Build: br.Build, First: br.First, Last: br.Last, Source: src, AtLeast: br.AtLeast, Setup: br.Setup,
			Ref: casefile.Ref{Path: res.item.Path, Line: br.Line, Offset: br.Offset}}})
	}
}

// source hashes and counts what is read, and watches for the end of the run.
type source struct {
	r     io.Reader
	sum   hash.Hash
	ctx   context.Context
	n     int64
	ahead []byte
	err   error
}

// peek reads up to n first bytes, which Read then gives again.
func (s *source) peek(n int) ([]byte, error) {
	buf := make([]byte, n)
	m, err := io.ReadFull(s.r, buf)
	s.sum.Write(buf[:m])
	s.n += int64(m)
	s.ahead = buf[:m]
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	s.err = err
	return s.ahead, err
}

// drain reads to the end what is no log by its start, and tells which log it is
// all the same when its name or a later part of it says so: zeros or rubbish
// before the first record must not make a log vanish. Other when nothing does.
func (s *source) drain(name string) (record.Kind, error) {
	kind := record.NamedKind(name)
	look := record.LogName(name)
	buf := make([]byte, record.SniffSize)
	read := false
	for {
		n, err := io.ReadFull(s, buf)
		read = read || n > 0
		if look && kind == record.Other {
			part := buf[:n]
			if i := bytes.IndexByte(part, '\n'); i >= 0 {
				part = part[i+1:]
			}
			if k := record.Sniff(part, "").Kind; k != record.EVTX && k != record.Exchange {
				kind = k
			}
		}
		if err != nil {
			if err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			if !read {
				kind = record.Other
			}
			return kind, err
		}
	}
}

func (s *source) skip(n int) { s.ahead = s.ahead[min(n, len(s.ahead)):] }

func (s *source) Read(p []byte) (int, error) {
	if len(s.ahead) > 0 {
		n := copy(p, s.ahead)
		s.ahead = s.ahead[n:]
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.r.Read(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	s.err = err
	return n, err
}
