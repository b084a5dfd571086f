package evidence

import (
	"bufio"
	"bytes"
	"cmp"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strconv"

	"vigie/internal/casefile"
)

// unlisted reads what stands in the archive and not in its directory: junk or
// another archive before it, removed entries, bytes behind the end.
func (z *zipWalk) unlisted(entries []*zipEntry, t zipTail) error {
	type span struct{ from, to int64 }
	var spans []span
	add := func(from, to int64) {
		if to = min(to, z.size); from < to {
			spans = append(spans, span{from, to})
		}
	}
	for _, ent := range entries {
		if ent.bad != nil && ent.bad.code != CodeZipOverlap {
			continue
		}
		add(ent.head, ent.data+min(ent.csize, z.size))
	}
	add(t.cd, t.after)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	end := int64(0)
	var holes []span
	for _, s := range append(spans, span{z.size, z.size}) {
		if s.from > end {
			holes = append(holes, span{end, s.from})
		}
		end = max(end, s.to)
	}
	for _, h := range holes {
		if err := z.w.ctx.Err(); err != nil {
			return err
		}
		switch {
		case h.from == 0 && h.to < z.size:
			if b := readAt(z.at, 0, 4); h.to == 4 && (string(b) == "PK00" || string(b) == "PK\x07\x08") {
				continue
			}
			z.w.gap(z.e, casefile.Gap{Code: CodeAmbiguous, Path: z.p.display, Offset: 0, Length: h.to, Where: "before the first entry", Action: "entries in it read too"})
		case h.from >= t.after:
			z.w.gap(z.e, casefile.Gap{Code: CodeAmbiguous, Path: z.p.display, Offset: h.from, Length: h.to - h.from, Where: "behind the end record", Action: "entries in it read too"})
		}
		if err := z.recover(h.from, h.to, false); err != nil {
			return err
		}
	}
	return nil
}

// recover walks local headers from one offset to another. lost is true when
// there is no directory, so that these are all the entries there are.
func (z *zipWalk) recover(from, to int64, lost bool) error {
	w := z.w
	for n, off := int64(1), from; ; n++ {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		at := z.search(off, to, "PK\x03\x04")
		next := at
		if at < 0 {
			next = to
		}
		if lost && next > off && off > from && !z.benign(off, next) {
			w.gap(z.e, casefile.Gap{Code: CodeZipRecovered, Path: z.p.display, Offset: off, Length: next - off, Where: "before recovered entry " + strconv.FormatInt(n, 10), Action: "bytes skipped"})
		}
		if at < 0 {
			return nil
		}
		ent, ok := z.localEntry(at, to)
		if !ok {
			off = at + 4
			n--
			continue
		}
		ent.n = n
		if !w.count(z.e, z.p, "recovered entry "+strconv.FormatInt(n, 10)) {
			return nil
		}
		if !lost {
			w.gap(z.e, casefile.Gap{Code: CodeZipUnlisted, Path: z.e.prefix.display + cleanStored(ent.name, &w.s.limits).display, Offset: at, Where: "not in the directory", Action: "entry read too"})
		}
		stop, err := z.recoverEntry(ent, to)
		if err != nil {
			return err
		}
		off = max(stop, at+4)
	}
}

// benign tells whether bytes between entries are what a whole zip has there: a
// descriptor, or the directory whose end is lost.
func (z *zipWalk) benign(from, to int64) bool {
	b := readAt(z.at, from, min(4, to-from))
	if len(b) < 4 {
		return to == z.size
	}
	sig := le.Uint32(b)
	return sig == zipCentral || sig == zipEnd || sig == zipEnd64 || (to-from <= 24 && (sig == zipDesc || to-from >= 12))
}

// search finds a signature, reading forward with little memory.
func (z *zipWalk) search(from, to int64, sig string) int64 {
	buf := make([]byte, 64*kib)
	for off := from; off < to; {
		if z.w.ctx.Err() != nil {
			return -1
		}
		n, _ := z.at.ReadAt(buf[:min(int64(len(buf)), to-off)], off)
		if i := bytes.Index(buf[:n], []byte(sig)); i >= 0 {
			return off + int64(i)
		}
		if n < len(sig) {
			return -1
		}
		off += int64(n - len(sig) + 1)
		if off+int64(len(sig)) > to {
			return -1
		}
	}
	return -1
}

// localEntry reads a local header, and refuses what only looks like one.
func (z *zipWalk) localEntry(at, to int64) (*zipEntry, bool) {
	h := readAt(z.at, at, min(zipLocalLen, to-at))
	if len(h) < zipLocalLen {
		return nil, false
	}
	nlen, elen := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
	ent := &zipEntry{
		head: at, data: at + zipLocalLen + nlen + elen, flags: le.Uint16(h[6:]), method: le.Uint16(h[8:]),
		crc: le.Uint32(h[14:]), csize: int64(le.Uint32(h[18:])), usize: int64(le.Uint32(h[22:])),
	}
	if nlen == 0 || h[4] > 63+20 || (ent.method > 20 && ent.method < 90) || ent.method > 99 || ent.data > to {
		return nil, false
	}
	rest := readAt(z.at, at+zipLocalLen, nlen+elen)
	if int64(len(rest)) < nlen+elen {
		return nil, false
	}
	ent.name = string(rest[:nlen])
	ent.written = zipWritten(le.Uint16(h[12:]), le.Uint16(h[10:]), rest[nlen:])
	if !zip64Extra(rest[nlen:], &ent.usize, &ent.csize) && ent.flags&8 == 0 {
		return nil, false
	}
	ent.unsized = ent.flags&8 != 0 && ent.csize == 0
	return ent, true
}

// recoverEntry delivers an entry found by its local header, and tells where it
// ends.
func (z *zipWalk) recoverEntry(ent *zipEntry, to int64) (stop int64, err error) {
	w := z.w
	stop = ent.data + min(ent.csize, to-ent.data)
	if z.folder(ent) {
		return stop, nil
	}
	p, skip := z.place(ent)
	if skip {
		return stop, nil
	}
	if !ent.unsized {
		// The claim is read through the budget, as a stream.
		c := z.content(ent)
		open := c.open
		c.again = false
		c.open = func(o opening) (io.ReadCloser, error) {
			r, err := open(o)
			if err != nil {
				return nil, err
			}
			return readCloser{&charged{r: r, b: z.e.bundle}, r.Close}, nil
		}
		return stop, w.offer(z.e, p, c)
	}
	if ent.method == 0 {
		// Stored without a size: it ends at its descriptor, or at what follows.
		end := z.search(ent.data, to, "PK\x07\x08")
		for end >= 0 {
			d := readAt(z.at, end, min(24, to-end))
			n := end - ent.data
			if len(d) >= 16 && int64(le.Uint32(d[8:])) == n&0xffffffff {
				ent.crc = le.Uint32(d[4:])
				break
			}
			end = z.search(end+4, to, "PK\x07\x08")
		}
		known := end >= 0
		if !known {
			if end = z.search(ent.data, to, "PK\x03\x04"); end < 0 {
				end = to
			}
		}
		r := io.Reader(io.NewSectionReader(z.at, ent.data, end-ent.data))
		if known {
			e := *ent
			e.usize = end - ent.data
			r = &zipEntryReader{r: r, ent: &e, crc: crc32.NewIEEE(), left: e.usize}
		} else {
			r = io.MultiReader(r, errorReader{&fault{code: CodeZipEntryTruncated, where: "end not known"}})
		}
		return end, w.offer(z.e, p, content{kind: "zip", size: -1, written: ent.written, open: func(opening) (io.ReadCloser, error) {
			return io.NopCloser(&charged{r: r, b: z.e.bundle}), nil
		}})
	}
	in := &countReader{r: io.NewSectionReader(z.b.counted(&w.s.read), ent.data, to-ent.data)}
	br := bufio.NewReaderSize(in, 32*kib)
	used := func() int64 { return in.n - int64(br.Buffered()) }
	ent.usize = -1
	dec, closeDec, err := zipDecoder(ent, br, &w.s.limits)
	if err != nil {
		w.faultGap(z.e, p, classify("zip", err), 0, 0, "entry skipped")
		return ent.data, nil
	}
	defer closeDec()
	un := &unsizedReader{
		r:  &meter{r: dec, in: used, l: &w.s.limits, b: z.e.bundle},
		br: br, crc: crc32.NewIEEE(),
	}
	err = w.offer(z.e, p, content{kind: "zip", size: -1, written: ent.written, open: func(opening) (io.ReadCloser, error) {
		return io.NopCloser(un), nil
	}})
	if err != nil {
		return 0, err
	}
	// What the visitor left is read over, to find where the entry ends.
	if un.err == nil {
		io.Copy(io.Discard, guardReader{w.ctx, un})
	}
	if f, ok := un.err.(*fault); un.err == io.EOF || (ok && f.code == CodeZipCRC) {
		return ent.data + used(), w.ctx.Err()
	}
	return ent.data, w.ctx.Err()
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// charged takes what it reads from the budget of the bundle.
type charged struct {
	r io.Reader
	b *bundle
}

func (c *charged) Read(p []byte) (int, error) {
	room := c.b.room()
	if room == 0 {
		var b [1]byte
		if n, err := c.r.Read(b[:]); n == 0 {
			return 0, err
		}
		return 0, c.b.fault()
	}
	n, err := c.r.Read(p[:min(int64(len(p)), room)])
	c.b.used += int64(n)
	return n, err
}

// unsizedReader reads an entry whose sizes stand behind it, and then checks
// its descriptor.
type unsizedReader struct {
	r   io.Reader
	br  *bufio.Reader
	crc hash.Hash32
	n   int64
	err error
}

func (u *unsizedReader) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.r.Read(p)
	u.crc.Write(p[:n])
	u.n += int64(n)
	if err == io.EOF {
		err = u.descriptor()
	}
	u.err = err
	return n, err
}

// descriptor reads [signature] crc csize usize, with sizes of 4 or 8 bytes.
func (u *unsizedReader) descriptor() error {
	d, _ := u.br.Peek(24)
	off := 0
	if len(d) >= 4 && le.Uint32(d) == zipDesc {
		off = 4
	}
	if len(d) < off+12 {
		return &fault{code: CodeZipEntryTruncated, where: "descriptor"}
	}
	sum := le.Uint32(d[off:])
	size := off + 12
	if int64(le.Uint32(d[off+8:])) != u.n&0xffffffff && len(d) >= off+20 && int64(le.Uint64(d[off+12:])) == u.n {
		size = off + 20
	}
	if sum != u.crc.Sum32() {
		return &fault{code: CodeZipCRC, limit: int64(sum), got: int64(u.crc.Sum32())}
	}
	u.br.Discard(size)
	return io.EOF
}
