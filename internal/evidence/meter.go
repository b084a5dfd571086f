package evidence

import (
	"bufio"
	"context"
	"errors"
	"io"

	"vigie/internal/casefile"
)

// readCloser joins a reader and a way to close it.
type readCloser struct {
	io.Reader
	close func() error
}

func (r readCloser) Close() error { return r.close() }

// countReader counts what is taken from r.
type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countReader) count() int64 { return c.n }

// ctxReader ends with the context.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// guardReader ends with the context and keeps panics of r inside.
type guardReader struct {
	ctx context.Context
	r   io.Reader
}

func (g guardReader) Read(p []byte) (n int, err error) {
	if err := g.ctx.Err(); err != nil {
		return 0, err
	}
	err = guard(func() error {
		var err error
		n, err = g.r.Read(p)
		return err
	})
	return n, err
}

// bundle is the budget of one top-level container: how many bytes all that is
// inside may expand to.
type bundle struct {
	l    *Limits
	in   func() int64 // size of the container, or what was read of it so far
	used int64
}

func (b *bundle) limit() int64 {
	in := b.in()
	most := b.l.ExpandedBytes
	if in < most/b.l.ExpandedRatio {
		most = in * b.l.ExpandedRatio
	}
	return min(b.l.ExpandedBytes, max(most, b.l.ExpandedFloor))
}

func (b *bundle) room() int64 { return max(0, b.limit()-b.used) }

func (b *bundle) fresh() *bundle { return &bundle{l: b.l, in: b.in} }

func (b *bundle) fault() *fault {
	return &fault{code: CodeLimitExpanded, limit: b.limit(), got: b.used + 1}
}

// meter watches what comes out of a decoder against what went in.
type meter struct {
	r   io.Reader
	in  func() int64
	out int64
	l   *Limits
	b   *bundle // nil when the output is charged otherwise
	err error
}

func (m *meter) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	room := int64(len(p))
	if m.b != nil {
		// One byte more than there is room for tells whether there is more.
		room = m.b.room()
		p = p[:min(int64(len(p)), room+1)]
	}
	n, err := m.r.Read(p)
	if int64(n) > room {
		n, err = int(room), m.b.fault()
	}
	m.out += int64(n)
	if m.b != nil {
		m.b.used += int64(n)
	}
	if err == nil && m.out > m.l.EntryRatioAfter && m.out/m.l.EntryRatio > m.in() {
		err = &fault{code: CodeLimitRatio, limit: m.l.EntryRatio, got: m.out / max(1, m.in())}
	}
	m.err = err
	return n, err
}

// itemReader reads one item. It knows the place, notes the first fault in the
// Source, and gives it to the reader behind the good bytes.
type itemReader struct {
	w      *walker
	e      *env
	p      place
	kind   string
	raw    io.ReadCloser
	size   int64
	n      int64
	err    error
	quiet  bool // only looking: a fault is kept, not noted
	kept   []casefile.Gap
	closed bool
}

func (r *itemReader) Read(p []byte) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for range 100 {
		n, err = guardReader{r.w.ctx, r.raw}.Read(p)
		if n > 0 || err != nil {
			break
		}
	}
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	n = min(max(n, 0), len(p))
	r.n += int64(n)
	if err == nil {
		return n, nil
	}
	r.err = err
	if err != io.EOF {
		r.err = r.fail(err)
	}
	return n, r.err
}

// fail makes the error that the reader of the item sees.
func (r *itemReader) fail(err error) error {
	if ce := r.w.ctx.Err(); ce != nil && errors.Is(err, ce) {
		return ce
	}
	f := classify(r.kind, err)
	g := r.gap(f)
	switch {
	case r.n == 0 && r.size != 0:
		g.Action = "file skipped"
	case r.size >= 0 && r.n >= r.size:
		g.Action = "file read, not trusted"
	default:
		g.Action = "rest of the file skipped"
	}
	if r.size > r.n {
		g.Length = r.size - r.n
	}
	r.add(g)
	return &ReadError{Gap: g, Delivered: r.n}
}

func (r *itemReader) gap(f *fault) casefile.Gap {
	return casefile.Gap{
		Code: f.code, Path: r.p.display, Offset: r.n, Where: f.where,
		Limit: f.limit, Got: f.got, Detail: f.detail,
	}
}

// note takes what is worth noting and does not end the reading.
func (r *itemReader) note(f *fault) {
	g := r.gap(f)
	g.Action = "noted"
	r.add(g)
}

func (r *itemReader) add(g casefile.Gap) {
	if r.quiet {
		r.kept = append(r.kept, g)
		return
	}
	r.w.gap(r.e, g)
}

// loud notes what was kept back while only looking.
func (r *itemReader) loud() {
	r.quiet = false
	for _, g := range r.kept {
		r.w.gap(r.e, g)
	}
	r.kept = nil
}

func (r *itemReader) Close() error {
	if r.closed || r.raw == nil {
		return nil
	}
	r.closed = true
	if r.err == nil {
		r.err = errors.New("evidence: read after close: " + r.p.display)
	}
	return guard(r.raw.Close)
}

// bufioReader gives a decoder a buffered reader.
func bufioReader(r io.Reader) *bufio.Reader {
	if br, ok := r.(*bufio.Reader); ok {
		return br
	}
	return bufio.NewReaderSize(r, 32*kib)
}
