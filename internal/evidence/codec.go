package evidence

import (
	"bufio"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// decode opens a compressed stream within the limits.
func decode(kind string, src io.Reader, l *Limits, b *bundle, note func(*fault)) (io.ReadCloser, error) {
	in := &countReader{r: src}
	br := bufio.NewReaderSize(in, 64*kib)
	consumed := func() int64 { return in.n - int64(br.Buffered()) }
	var (
		r     io.Reader
		close = func() error { return nil }
	)
	switch kind {
	case "gzip":
		r = &gzipReader{br: br, note: note}
	case "bzip2":
		r = bzip2.NewReader(br)
	case "xz":
		r = &xzReader{r: br, window: l.Window, first: true}
	case "zstd":
		z, err := newZstd(br, l.Window)
		if err != nil {
			return nil, err
		}
		r, close = z, func() error { z.Close(); return nil }
	default:
		return nil, errors.New("evidence: no decoder for " + kind)
	}
	m := &meter{r: &faultReader{r: r, kind: kind, at: consumed}, in: consumed, l: l, b: b}
	return readCloser{m, close}, nil
}

// faultReader names the errors of a decoder and says where they are in the
// compressed bytes.
type faultReader struct {
	r    io.Reader
	kind string
	at   func() int64
}

func (f *faultReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	c := *classify(f.kind, err)
	if c.where == "" {
		c.where = "compressed byte " + strconv.FormatInt(f.at(), 10)
	}
	return n, &c
}

// gzipReader reads the members of a gzip stream one by one, so that bytes that
// are not gzip behind the last one are told apart from damage.
type gzipReader struct {
	br   *bufio.Reader
	z    *gzip.Reader
	note func(*fault)
	err  error
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for g.err == nil {
		if g.z == nil {
			z, err := gzip.NewReader(g.br)
			if err != nil {
				g.err = gzipError(err)
				break
			}
			z.Multistream(false)
			g.z = z
		}
		n, err := g.z.Read(p)
		if err == nil {
			return n, nil
		}
		if err == io.EOF {
			err = g.next()
		}
		g.err = gzipError(err)
		if n > 0 {
			return n, nil
		}
	}
	return 0, g.err
}

func gzipError(err error) error {
	switch {
	case errors.Is(err, gzip.ErrChecksum):
		return &fault{code: CodeGzipCRC, detail: quoted(err.Error())}
	case errors.Is(err, gzip.ErrHeader):
		return &fault{code: CodeGzipDamaged, detail: quoted(err.Error())}
	}
	return err
}

// next goes to the next member. Zeros behind the last one are padding.
func (g *gzipReader) next() error {
	zeros := int64(0)
	for {
		b, err := g.br.Peek(2)
		if len(b) == 0 {
			if err == nil {
				err = io.EOF
			}
			return err
		}
		if b[0] == 0 {
			g.br.Discard(1)
			zeros++
			continue
		}
		if zeros == 0 && len(b) == 2 && b[0] == 0x1f && b[1] == 0x8b {
			if err := g.z.Reset(g.br); err != nil {
				return err
			}
			g.z.Multistream(false)
			return nil
		}
		g.note(&fault{code: CodeGzipTrailing})
		return io.EOF
	}
}

// zstdReader is a zstd decoder with the header of its first frame read first.
type zstdReader struct {
	d *zstd.Decoder
}

func newZstd(br *bufio.Reader, window int64) (*zstdReader, error) {
	if head, _ := br.Peek(18); len(head) >= 6 {
		if n := zstdWindow(head); n > window {
			return nil, &fault{code: CodeLimitWindow, limit: window, got: n}
		}
	}
	// One decoder, no read-ahead in the background: memory and the work of a
	// bomb stay with what is asked for. The caps hold for later frames too.
	d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(window)), zstd.WithDecoderMaxMemory(uint64(window)))
	if err != nil {
		return nil, err
	}
	return &zstdReader{d}, nil
}

func (z *zstdReader) Read(p []byte) (int, error) {
	n, err := z.d.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = &fault{code: CodeLimitWindow, detail: quoted(err.Error())}
	}
	return n, err
}

func (z *zstdReader) Close() error { z.d.Close(); return nil }

// zstdWindow is the window that a frame header asks for, 0 when there is no
// such header.
func zstdWindow(h []byte) int64 {
	if len(h) < 6 || binary.LittleEndian.Uint32(h) != 0xfd2fb528 {
		return 0
	}
	d := h[4]
	if d&(1<<5) == 0 {
		base := int64(1) << (10 + h[5]>>3)
		return base + base/8*int64(h[5]&7)
	}
	// A single segment: the window is the whole content.
	at := 5 + []int{0, 1, 2, 4}[d&3]
	size := []int{1, 2, 4, 8}[d>>6]
	if len(h) < at+size {
		return 0
	}
	var v uint64
	for i := size - 1; i >= 0; i-- {
		v = v<<8 | uint64(h[at+i])
	}
	if v > 1<<62 {
		v = 1 << 62
	}
	return int64(v)
}
