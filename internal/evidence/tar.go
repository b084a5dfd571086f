package evidence

import (
	"archive/tar"
	"errors"
	"io"
	"strconv"
	"strings"

	"vigie/internal/casefile"
)

// The tar reader of the standard library stops at the first bad header. Here
// reading goes on at the next 512-byte block that has a good checksum; what
// lies between is noted. The same holds behind the end marker, where a second
// archive may hide.

const tarBlock = 512

// tarInput counts blocks, remembers the last one and the first error that is
// not the end.
type tarInput struct {
	r    io.Reader
	n    int64
	err  error // other than io.EOF
	last [2 * tarBlock]byte
}

func (t *tarInput) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if n > 0 {
		t.n += int64(n)
		if n >= len(t.last) {
			copy(t.last[:], p[n-len(t.last):n])
		} else {
			copy(t.last[:], t.last[n:])
			copy(t.last[len(t.last)-n:], p[:n])
		}
	}
	if err != nil && err != io.EOF && t.err == nil {
		t.err = err
	}
	return n, err
}

// ended tells whether the end marker was the last thing read.
func (t *tarInput) ended() bool { return t.n >= tarBlock && allZero(t.last[tarBlock:]) }

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// tar walks a tar that stands by itself.
func (w *walker) tar(e *env, p place, r io.Reader) error { return w.tarIn(e, p, r, "tar") }

// tarIn walks a tar inside a compressed stream of a kind.
func (w *walker) tarIn(e *env, p place, r io.Reader, kind string) error {
	defer func() { w.unpacked(e, p) }()
	in := &tarInput{r: ctxReader{w.ctx, r}}
	tr := tar.NewReader(in)
	entry := int64(0)
	for {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		start := in.n
		var h *tar.Header
		err := guard(func() (err error) {
			h, err = tr.Next()
			return err
		})
		if err == nil {
			entry++
			where := "entry " + strconv.FormatInt(entry, 10)
			if !w.count(e, place{e.prefix.display + escape(cutText(h.Name, 200), false), ""}, where) {
				return nil
			}
			if err := w.tarEntry(e, h, tr, in, entry, where); err != nil {
				return err
			}
			continue
		}
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		if in.err != nil {
			// The stream around the tar broke. A ReadError was noted where it
			// was made; a fault of a decoder has its place here.
			if _, ok := errors.AsType[*ReadError](in.err); !ok {
				w.faultGap(e, p, classify(kind, in.err), in.n, 0, "rest of the container skipped")
			}
			return nil
		}
		switch {
		case err == io.EOF && in.ended():
			// Only zeros should follow.
		case err == io.EOF:
			w.gap(e, casefile.Gap{Code: CodeTarEnd, Path: p.display, Offset: in.n, Where: "after entry " + strconv.FormatInt(entry, 10), Action: "noted"})
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			w.gap(e, casefile.Gap{Code: CodeTarTruncated, Path: p.display, Offset: in.n, Where: "after entry " + strconv.FormatInt(entry, 10), Action: "rest of the container skipped"})
			return nil
		}
		damaged := err != io.EOF
		if damaged {
			start = max(start, in.n-tarBlock)
		} else {
			start = in.n
		}
		block, nonzero := nextTarHeader(in)
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		end := in.n
		if block != nil {
			end -= tarBlock
		}
		code, where := CodeTarDamaged, "after entry "+strconv.FormatInt(entry, 10)
		if !damaged {
			code = CodeTarTrailing
		}
		if damaged || nonzero || block != nil {
			g := casefile.Gap{Code: code, Path: p.display, Offset: start, Length: end - start, Where: where, Action: "bytes skipped"}
			if damaged {
				g.Detail = quoted(err.Error())
			}
			if block != nil && !damaged {
				g.Code, g.Action = CodeAmbiguous, "second archive behind the first, read too"
			}
			w.gap(e, g)
		}
		if block == nil {
			if in.err != nil {
				if _, ok := errors.AsType[*ReadError](in.err); !ok {
					w.faultGap(e, p, classify(kind, in.err), in.n, 0, "rest of the container skipped")
				}
			}
			return nil
		}
		tr = tar.NewReader(io.MultiReader(strings.NewReader(string(block)), in))
	}
}

// nextTarHeader looks for a block with a good checksum from the next block
// boundary on. nonzero tells whether anything but zeros went by.
func nextTarHeader(in *tarInput) (block []byte, nonzero bool) {
	if odd := in.n % tarBlock; odd != 0 {
		if _, err := io.CopyN(io.Discard, in, tarBlock-odd); err != nil {
			return nil, true
		}
	}
	b := make([]byte, tarBlock)
	for {
		n, err := io.ReadFull(in, b)
		if err != nil {
			return nil, nonzero || !allZero(b[:n])
		}
		if isTarHeader(b) {
			return b, nonzero
		}
		nonzero = nonzero || !allZero(b)
	}
}

func (w *walker) tarEntry(e *env, h *tar.Header, tr *tar.Reader, in *tarInput, entry int64, where string) error {
	skip := func(code, what, detail string) error {
		n := cleanStored(h.Name, &w.s.limits)
		w.gap(e, casefile.Gap{Code: code, Path: e.prefix.display + n.display, Length: max(0, h.Size), Where: where + ", " + what, Action: "not read", Detail: detail})
		return nil
	}
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeCont:
		for k := range h.PAXRecords {
			if strings.HasPrefix(k, "GNU.sparse.") {
				return skip(CodeTarSparse, "sparse", "")
			}
		}
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return nil
	case tar.TypeGNUSparse:
		return skip(CodeTarSparse, "sparse", "")
	case tar.TypeLink:
		return skip(CodeLinkNotFollowed, "hard link", quoted(h.Linkname))
	case tar.TypeSymlink:
		return skip(CodeLinkNotFollowed, "symbolic link", quoted(h.Linkname))
	case tar.TypeChar, tar.TypeBlock:
		return skip(CodeSpecialNotRead, "device", "")
	case tar.TypeFifo:
		return skip(CodeSpecialNotRead, "pipe", "")
	default:
		return skip(CodeSpecialNotRead, "type "+quoted(string(h.Typeflag)), "")
	}
	if done, err := w.packed(e, h, tarData{tr, in}, entry); done {
		return err
	}
	p := w.stored(e, h.Name, entry)
	return w.offer(e, p, content{kind: "tar", size: h.Size, written: writtenUnix(h.ModTime.Unix()), open: func(opening) (io.ReadCloser, error) {
		return io.NopCloser(tarData{tr, in}), nil
	}})
}

// tarData reads the data of an entry; the error of the stream around the tar
// goes before what the tar reader makes of it.
type tarData struct {
	tr *tar.Reader
	in *tarInput
}

func (t tarData) Read(p []byte) (int, error) {
	n, err := t.tr.Read(p)
	if err != nil && err != io.EOF && t.in.err != nil {
		err = t.in.err
	}
	return n, err
}
