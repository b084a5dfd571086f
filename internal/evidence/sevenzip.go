package evidence

import (
	"bytes"
	"hash"
	"hash/crc32"
	"io"
	"strconv"

	"vigie/internal/casefile"
)

// A 7z keeps its header at the end, usually compressed, and its files in
// "folders": chains of coders that unpack one stream, which is then cut into
// files.
//
// The header is read here, with every count checked against the bytes that are
// there. The library unpacks the folders only: for each one it is shown a small
// archive of our own making that holds that folder and nothing else. So its
// header parser never sees hostile counts, the sizes of dictionaries are known
// before it allocates them, and the compressed header is unpacked in the same
// way and within the same limits as everything else.

const sz7Start = 32

// szHeaderOf reads the header of an archive, unpacking it first when it is
// packed.
func szHeaderOf(w *walker, at io.ReaderAt, size int64) (folders []*szFolderT, files []szFileT, err error) {
	l := &w.s.limits
	s := readAt(at, 0, sz7Start)
	if len(s) < sz7Start {
		return nil, nil, &fault{code: Code7zTruncated, limit: sz7Start, got: size}
	}
	if crc32.ChecksumIEEE(s[12:]) != le.Uint32(s[8:]) {
		return nil, nil, &fault{code: Code7zDamaged, where: "start header"}
	}
	off, n, sum := le.Uint64(s[12:]), le.Uint64(s[20:]), le.Uint32(s[28:])
	if n == 0 {
		return nil, nil, nil
	}
	if off > 1<<62 || n > 1<<62 || int64(off+n) > size-sz7Start {
		return nil, nil, &fault{code: Code7zTruncated, where: "header at the end", limit: size, got: int64(min(off+n, 1<<62))}
	}
	if int64(n) > l.IndexBytes {
		return nil, nil, &fault{code: CodeLimitIndex, limit: l.IndexBytes, got: int64(n)}
	}
	b := readAt(at, sz7Start+int64(off), int64(n))
	if int64(len(b)) < int64(n) {
		return nil, nil, &fault{code: CodeFileUnreadable}
	}
	if crc32.ChecksumIEEE(b) != sum {
		return nil, nil, &fault{code: Code7zDamaged, where: "header", detail: "checksum"}
	}
	for range 4 {
		c := &szCursor{b: b}
		switch c.byte("header") {
		case szHeader:
			return szParse(c, l)
		case szEncodedHeader:
			fs := c.streams(4)
			if c.err != nil {
				return nil, nil, c.err
			}
			if len(fs) != 1 {
				return nil, nil, &fault{code: Code7zDamaged, where: "packed header"}
			}
			if b, err = szUnpackHeader(w, fs[0], at, size); err != nil {
				return nil, nil, err
			}
		default:
			return nil, nil, &fault{code: Code7zDamaged, where: "header"}
		}
	}
	return nil, nil, &fault{code: Code7zDamaged, where: "header", detail: "packed too often"}
}

func szUnpackHeader(w *walker, f *szFolderT, at io.ReaderAt, size int64) ([]byte, error) {
	l := &w.s.limits
	if flt := f.check(l, size); flt != nil {
		flt.where = "header"
		return nil, flt
	}
	if f.size() > l.IndexBytes {
		return nil, &fault{code: CodeLimitIndex, limit: l.IndexBytes, got: f.size()}
	}
	rc, err := f.unpack(at)
	if err != nil {
		return nil, szError(err)
	}
	defer guard(rc.Close)
	b, err := io.ReadAll(io.LimitReader(guardReader{w.ctx, rc}, f.size()))
	if err != nil {
		if w.ctx.Err() != nil {
			return nil, w.ctx.Err()
		}
		return nil, szError(err)
	}
	if int64(len(b)) != f.size() || (f.crc != nil && crc32.ChecksumIEEE(b) != *f.crc) {
		return nil, &fault{code: Code7zDamaged, where: "packed header", detail: "checksum"}
	}
	return b, nil
}

// sevenZip walks a 7z archive in its own order: files of one folder can only be
// read one after the other.
func (w *walker) sevenZip(e *env, p place, b *blob) error {
	folders, files, err := szHeaderOf(w, b.at, b.size)
	if err != nil {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		w.faultGap(e, p, classify("7z", err), 0, b.size, "container skipped")
		return nil
	}
	names := make([]string, len(files))
	for i := range files {
		names[i] = utf16Name(files[i].name)
	}
	w.listed(e, names)
	run := &szRun{w: w, e: e, at: b.counted(&w.s.read), folders: folders}
	defer run.close()
	for i := range files {
		f := &files[i]
		where := "entry " + strconv.Itoa(i+1)
		name := utf16Name(f.name)
		if !w.count(e, place{e.prefix.display + escape(cutText(name, 200), false), ""}, where) {
			return nil
		}
		var sub *szSub
		if !f.empty {
			if sub = run.next(); sub == nil {
				w.gap(e, casefile.Gap{Code: Code7zDamaged, Path: p.display, Where: where, Action: "rest of the container skipped", Detail: "more files than streams"})
				return nil
			}
		}
		skip := func(flt *fault, action string) {
			if flt.where == "" {
				flt.where = where
			}
			size := int64(0)
			if sub != nil {
				size = sub.size
			}
			w.faultGap(e, place{display: e.prefix.display + cleanStored(name, &w.s.limits).display}, flt, 0, size, action)
		}
		mode := uint32(0)
		if f.attr&0x8000 != 0 {
			mode = f.attr >> 16 & 0xf000
		}
		switch {
		case f.anti:
			skip(&fault{code: Code7zAnti}, "not done")
			continue
		case f.empty && !f.file, mode == 0x4000:
			continue // a folder
		case mode == 0xa000 || f.attr&0x400 != 0:
			skip(&fault{code: CodeLinkNotFollowed, where: where + ", symbolic link"}, "not followed")
			continue
		case mode != 0 && mode != 0x8000:
			skip(&fault{code: CodeSpecialNotRead, where: where + ", special file"}, "not read")
			continue
		}
		if f.empty {
			pl := w.stored(e, name, int64(i+1))
			if err := w.offer(e, pl, content{kind: "7z", written: f.written, open: func(opening) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(nil)), nil
			}}); err != nil {
				return err
			}
			continue
		}
		if flt := run.folder().check(&w.s.limits, b.size); flt != nil {
			skip(flt, "entry skipped")
			continue
		}
		pl := w.stored(e, name, int64(i+1))
		if err := w.offer(e, pl, content{kind: "7z", size: sub.size, written: f.written, open: func(opening) (io.ReadCloser, error) {
			r, err := run.open(sub)
			return io.NopCloser(r), err
		}}); err != nil {
			return err
		}
	}
	return nil
}

// szRun is the state of the walk over the folders of one 7z.
type szRun struct {
	w       *walker
	e       *env
	at      io.ReaderAt
	folders []*szFolderT
	f, s    int   // current folder, number of the current file in it plus one
	from    int64 // where the current file begins in the unpacked stream
	rc      io.ReadCloser
	m       *meter
	pos     int64
	err     error // of the current folder
}

// next goes to the next file that has a stream.
func (r *szRun) next() *szSub {
	if r.f < len(r.folders) && r.s > 0 {
		r.from += r.folders[r.f].subs[r.s-1].size
	}
	for r.f < len(r.folders) && r.s >= len(r.folders[r.f].subs) {
		r.close()
		r.f, r.s, r.from = r.f+1, 0, 0
	}
	if r.f >= len(r.folders) {
		return nil
	}
	r.s++
	return &r.folders[r.f].subs[r.s-1]
}

func (r *szRun) folder() *szFolderT { return r.folders[r.f] }

func (r *szRun) close() {
	if r.rc != nil {
		guard(r.rc.Close)
	}
	r.rc, r.m, r.pos, r.err = nil, nil, 0, nil
}

// open gives the current file, reading over what was left of those before.
func (r *szRun) open(sub *szSub) (io.Reader, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.m == nil {
		f := r.folder()
		in := &countAtOnce{at: r.at}
		rc, err := f.unpack(in)
		if err != nil {
			r.err = szError(err)
			return nil, r.err
		}
		r.rc = rc
		r.m = &meter{r: rc, in: in.count, l: &r.w.s.limits, b: r.e.bundle}
	}
	if skip := r.from - r.pos; skip > 0 {
		n, err := io.CopyN(io.Discard, guardReader{r.w.ctx, r.m}, skip)
		r.pos += n
		if err != nil {
			if r.w.ctx.Err() != nil {
				return nil, r.w.ctx.Err()
			}
			if err == io.EOF {
				err = &fault{code: Code7zDamaged, detail: "stream ends early"}
			}
			r.err = szError(err)
			return nil, r.err
		}
	}
	return &szReader{run: r, left: sub.size, sub: sub, crc: crc32.NewIEEE()}, nil
}

// szReader reads one file out of the unpacked stream of its folder.
type szReader struct {
	run  *szRun
	sub  *szSub
	left int64
	crc  hash.Hash32
}

func (s *szReader) Read(p []byte) (int, error) {
	if s.left == 0 {
		if s.sub.crc != nil && s.crc.Sum32() != *s.sub.crc {
			return 0, &fault{code: Code7zCRC, limit: int64(*s.sub.crc), got: int64(s.crc.Sum32())}
		}
		return 0, io.EOF
	}
	if s.run.err != nil {
		return 0, s.run.err
	}
	n := 0
	err := guard(func() (err error) {
		n, err = s.run.m.Read(p[:min(int64(len(p)), s.left)])
		return err
	})
	s.crc.Write(p[:n])
	s.left -= int64(n)
	s.run.pos += int64(n)
	if err == io.EOF && s.left > 0 {
		err = &fault{code: Code7zDamaged, detail: "stream ends early"}
	}
	if err != nil && err != io.EOF {
		s.run.err = szError(err)
		return n, s.run.err
	}
	return n, nil
}

// countAtOnce counts what is read at random.
type countAtOnce struct {
	at io.ReaderAt
	n  int64
}

func (c *countAtOnce) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.at.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

func (c *countAtOnce) count() int64 { return c.n }
