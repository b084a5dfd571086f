package evidence

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/ulikunitz/xz/lzma"

	"vigie/internal/casefile"
)

// A zip says everything twice: in a local header before the data of each entry,
// and in the central directory at the end. Programs differ in which of the two
// they believe, so an archive that disagrees with itself shows one thing to the
// owner and another to the analyst. Here both are read: entries come from the
// directory, in bounds and without overlap; what the local headers say
// otherwise is noted as ambiguous; and what stands in the archive without being
// in the directory is read too, as are all entries when the directory is lost.
//
//	local   PK 3 4  version flags method time date crc csize usize nlen elen | name extra | data [descriptor]
//	central PK 1 2  made version flags method time date crc csize usize nlen elen clen disk iattr eattr offset | …
//	end     PK 5 6  disk cddisk n ntotal cdsize cdoffset clen | comment
const (
	zipLocal   = 0x04034b50
	zipCentral = 0x02014b50
	zipEnd     = 0x06054b50
	zipEnd64   = 0x06064b50
	zipLoc64   = 0x07064b50
	zipDesc    = 0x08074b50

	zipLocalLen   = 30
	zipCentralLen = 46
	zipEndLen     = 22
)

var le = binary.LittleEndian

// zipEntry is one entry as the directory, or else its local header, tells it.
type zipEntry struct {
	name         string
	method       uint16
	flags        uint16
	crc          uint32
	mode         uint32 // unix mode, 0 when the archive has none
	dir          bool
	csize, usize int64
	head         int64 // offset of the local header
	data         int64 // offset of the data
	n            int64 // number in the directory, from 1
	bad          *fault
	unsized      bool // sizes stand behind the data (recovery only)
}

func (z *zipEntry) encrypted() bool { return z.flags&(1|1<<6) != 0 || z.method == 99 }

// zipTail is what the end records say.
type zipTail struct {
	end     int64 // offset of the end record
	after   int64 // offset behind its comment
	base    int64 // bytes before the archive proper
	cd      int64 // offset of the directory
	cdSize  int64
	entries int64
	spanned bool
	twice   bool // there is a second end record
}

func readAt(at io.ReaderAt, off int64, n int64) []byte {
	b := make([]byte, n)
	k, _ := at.ReadAt(b, off)
	return b[:k]
}

// findZipEnd looks for the end record in the last 64 KiB.
func findZipEnd(at io.ReaderAt, size int64) (t zipTail, ok bool) {
	n := min(size, 0xffff+zipEndLen)
	buf := readAt(at, size-n, n)
	var found []int
	for i := len(buf) - zipEndLen; i >= 0; i-- {
		if le.Uint32(buf[i:]) == zipEnd && i+zipEndLen+int(le.Uint16(buf[i+20:])) <= len(buf) {
			found = append(found, i)
			if len(found) == 16 {
				break
			}
		}
	}
	// The last one that reaches exactly to the end, else the last one.
	for _, exact := range []bool{true, false} {
		for _, i := range found {
			if exact && i+zipEndLen+int(le.Uint16(buf[i+20:])) != len(buf) {
				continue
			}
			if t, ok = parseZipEnd(at, buf[i:], size-int64(len(buf))+int64(i)); ok {
				for _, j := range found {
					// Another one that holds this one in its comment, or
					// stands in the comment of this one.
					other := size - int64(len(buf)) + int64(j)
					reach := other + zipEndLen + int64(le.Uint16(buf[j+20:]))
					if other != t.end && (reach >= t.after || (other > t.end && other < t.after)) {
						t.twice = true
					}
				}
				return t, true
			}
		}
	}
	return zipTail{}, false
}

func parseZipEnd(at io.ReaderAt, b []byte, off int64) (t zipTail, ok bool) {
	t.end = off
	t.after = off + zipEndLen + int64(le.Uint16(b[20:]))
	disk, cdDisk := uint32(le.Uint16(b[4:])), uint32(le.Uint16(b[6:]))
	here, total := uint64(le.Uint16(b[8:])), uint64(le.Uint16(b[10:]))
	cdSize, cdOff := uint64(le.Uint32(b[12:])), uint64(le.Uint32(b[16:]))
	start := off
	if loc := readAt(at, max(0, off-20), 20); off >= 20 && len(loc) == 20 && le.Uint32(loc) == zipLoc64 {
		for _, at64 := range []int64{int64(le.Uint64(loc[8:])), off - 20 - 56} {
			if at64 < 0 || at64 > off-20-56 {
				continue
			}
			e := readAt(at, at64, 56)
			if len(e) < 56 || le.Uint32(e) != zipEnd64 {
				continue
			}
			if here == 0xffff || total == 0xffff || cdSize == 0xffffffff || cdOff == 0xffffffff || disk == 0xffff {
				disk, cdDisk = le.Uint32(e[16:]), le.Uint32(e[20:])
				here, total = le.Uint64(e[24:]), le.Uint64(e[32:])
				cdSize, cdOff = le.Uint64(e[40:]), le.Uint64(e[48:])
				start = at64
			} else if total != le.Uint64(e[32:]) || cdOff != le.Uint64(e[48:]) {
				t.twice = true
				start = at64
			} else {
				start = at64
			}
			break
		}
	}
	t.spanned = disk != 0 || cdDisk != 0 || here != total
	if cdSize > uint64(start) || cdOff > 1<<62 || total > 1<<40 {
		return t, t.spanned
	}
	t.entries, t.cdSize = int64(total), int64(cdSize)
	t.base = start - t.cdSize - int64(cdOff)
	t.cd = start - t.cdSize
	isCD := func(o int64) bool {
		h := readAt(at, o, 4)
		return len(h) == 4 && (le.Uint32(h) == zipCentral || total == 0)
	}
	if t.base != 0 && !isCD(t.cd) && int64(cdOff) < start && isCD(int64(cdOff)) {
		t.base, t.cd = 0, int64(cdOff)
		t.cdSize = min(t.cdSize, start-t.cd)
		return t, true
	}
	return t, t.base >= 0 && isCD(t.cd) || t.spanned
}

// zipAtEnd tells whether a zip ends here, whatever the content begins with.
func zipAtEnd(at io.ReaderAt, size int64) bool {
	if size < zipEndLen+zipCentralLen {
		return false
	}
	// Most files end without a comment behind a zip: look at 22 bytes first,
	// and at a bit more for a short comment.
	n := min(size, 1024)
	if !bytes.Contains(readAt(at, size-n, n), []byte("PK\x05\x06")) {
		return false
	}
	t, ok := findZipEnd(at, size)
	return ok && t.after == size && t.entries > 0
}

// zipWalk is one zip being walked.
type zipWalk struct {
	w    *walker
	e    *env
	p    place
	b    *blob
	at   io.ReaderAt
	size int64
}

// zip walks a zip archive.
func (w *walker) zip(e *env, p place, b *blob) error {
	z := &zipWalk{w: w, e: e, p: p, b: b, at: b.at, size: b.size}
	t, ok := findZipEnd(z.at, z.size)
	if !ok {
		w.gap(e, casefile.Gap{Code: CodeZipTruncated, Path: p.display, Offset: z.size, Action: "entries recovered from local headers"})
		return z.recover(0, z.size, true)
	}
	if t.spanned {
		w.gap(e, casefile.Gap{Code: CodeZipSpanned, Path: p.display, Offset: t.end, Action: "entries recovered from local headers"})
		return z.recover(0, z.size, true)
	}
	if t.twice {
		w.gap(e, casefile.Gap{Code: CodeAmbiguous, Path: p.display, Offset: t.end, Where: "end record", Action: "last one used", Detail: "more than one end record"})
	}
	entries, whole := z.directory(&t)
	z.locate(entries, t)
	z.overlaps(entries)
	if err := z.deliver(entries); err != nil {
		return err
	}
	if !whole {
		return nil // the rest of the archive belongs to entries not looked at
	}
	return z.unlisted(entries, t)
}

// directory reads the central directory. whole is false when a budget cut it.
func (z *zipWalk) directory(t *zipTail) (out []*zipEntry, whole bool) {
	w, l := z.w, &z.w.s.limits
	damaged := func(off int64, detail string) {
		w.gap(z.e, casefile.Gap{Code: CodeZipDirectory, Path: z.p.display, Offset: off, Length: t.cd + t.cdSize - off, Where: "entry " + strconv.Itoa(len(out)+1), Action: "rest recovered from local headers", Detail: detail})
	}
	r := &countReader{r: io.NewSectionReader(z.at, t.cd, t.cdSize)}
	br := bufio.NewReaderSize(r, 32*kib)
	names := int64(0)
	for n := int64(1); ; n++ {
		off := t.cd + r.n - int64(br.Buffered())
		if z.w.ctx.Err() != nil {
			return out, false
		}
		h, err := br.Peek(zipCentralLen)
		if len(h) == 0 && err == io.EOF {
			break
		}
		if len(h) < zipCentralLen || le.Uint32(h) != zipCentral {
			if len(h) >= 4 && le.Uint32(h) == 0x05054b50 && int64(len(out)) == t.entries {
				break // digital signature of the directory
			}
			damaged(off, "no entry header")
			return out, true
		}
		if !w.count(z.e, z.p, "entry "+strconv.FormatInt(n, 10)) {
			return out, false
		}
		ent := &zipEntry{
			flags: le.Uint16(h[8:]), method: le.Uint16(h[10:]), crc: le.Uint32(h[16:]),
			csize: int64(le.Uint32(h[20:])), usize: int64(le.Uint32(h[24:])),
			head: int64(le.Uint32(h[42:])), n: n,
		}
		if made := h[5]; made == 3 || made == 19 {
			ent.mode = le.Uint32(h[38:]) >> 16
		} else {
			ent.dir = h[38]&0x10 != 0
		}
		nlen, elen, clen := int(le.Uint16(h[28:])), int(le.Uint16(h[30:])), int(le.Uint16(h[32:]))
		br.Discard(zipCentralLen)
		rest := make([]byte, nlen+elen)
		if _, err := io.ReadFull(br, rest); err != nil {
			damaged(off, "entry cut")
			return out, true
		}
		if k, _ := br.Discard(clen); k < clen {
			damaged(off, "comment cut")
			clen = k
		}
		if names += int64(nlen); names > l.IndexBytes {
			w.gap(z.e, casefile.Gap{Code: CodeLimitIndex, Path: z.p.display, Offset: off, Where: "entry " + strconv.FormatInt(n, 10), Limit: l.IndexBytes, Got: names, Action: "rest of the container skipped"})
			return out, false
		}
		ent.name = string(rest[:nlen])
		if ok := zip64Extra(rest[nlen:], &ent.usize, &ent.csize, &ent.head); !ok || ent.usize < 0 || ent.csize < 0 || ent.head < 0 {
			ent.bad = &fault{code: CodeZipDirectory, detail: "zip64 sizes"}
			ent.usize, ent.csize, ent.head = 0, 0, 0
		}
		out = append(out, ent)
	}
	if int64(len(out)) != t.entries {
		w.gap(z.e, casefile.Gap{Code: CodeAmbiguous, Path: z.p.display, Offset: t.end, Where: "end record", Limit: t.entries, Got: int64(len(out)), Action: "all entries of the directory read", Detail: "number of entries"})
	}
	return out, true
}

// zip64Extra replaces the fields that are all ones by those of the zip64 extra.
func zip64Extra(extra []byte, fields ...*int64) bool {
	need := false
	for _, f := range fields {
		need = need || *f == 0xffffffff
	}
	if !need {
		return true
	}
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return false
		}
		if id == 1 {
			b := extra[:n]
			for _, f := range fields {
				if *f != 0xffffffff {
					continue
				}
				if len(b) < 8 {
					return false
				}
				v := le.Uint64(b)
				if v > 1<<62 {
					return false
				}
				*f, b = int64(v), b[8:]
			}
			return true
		}
		extra = extra[n:]
	}
	return false
}

// locate reads the local headers and compares them with the directory.
func (z *zipWalk) locate(entries []*zipEntry, t zipTail) {
	for _, ent := range entries {
		if z.w.ctx.Err() != nil {
			return
		}
		if ent.bad != nil {
			continue
		}
		ent.head += t.base
		h := readAt(z.at, ent.head, zipLocalLen)
		if ent.head >= z.size || len(h) < zipLocalLen || le.Uint32(h) != zipLocal {
			ent.bad = &fault{code: CodeZipRange, where: "offset " + strconv.FormatInt(ent.head, 10), limit: z.size, got: ent.head}
			ent.data = ent.head
			continue
		}
		nlen, elen := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
		ent.data = ent.head + zipLocalLen + nlen + elen
		var diff []string
		name := string(readAt(z.at, ent.head+zipLocalLen, nlen))
		if name != ent.name {
			diff = append(diff, "name "+quoted(cutText(name, 80)))
		}
		if m := le.Uint16(h[8:]); m != ent.method {
			diff = append(diff, fmt.Sprintf("method %d", m))
		}
		if f := le.Uint16(h[6:]); (f^ent.flags)&1 != 0 {
			diff = append(diff, "encryption flag")
		}
		if le.Uint16(h[6:])&8 == 0 {
			usize, csize := int64(le.Uint32(h[22:])), int64(le.Uint32(h[18:]))
			if usize == 0xffffffff || csize == 0xffffffff {
				zip64Extra(readAt(z.at, ent.head+zipLocalLen+nlen, elen), &usize, &csize)
			}
			if usize != ent.usize {
				diff = append(diff, fmt.Sprintf("size %d", usize))
			}
			if csize != ent.csize {
				diff = append(diff, fmt.Sprintf("compressed size %d", csize))
			}
			if c := le.Uint32(h[14:]); c != ent.crc {
				diff = append(diff, fmt.Sprintf("checksum %08x", c))
			}
		}
		if diff != nil {
			z.w.gap(z.e, casefile.Gap{
				Code: CodeAmbiguous, Path: z.e.prefix.display + cleanStored(ent.name, &z.w.s.limits).display, Offset: ent.head,
				Where: "entry " + strconv.FormatInt(ent.n, 10), Action: "read as the directory says",
				Detail: cutText("local header differs: "+strings.Join(diff, ", "), 200),
			})
		}
	}
}

// overlaps refuses every entry that shares bytes with another one: that is how
// a few megabytes claim petabytes, and no honest program writes it.
func (z *zipWalk) overlaps(entries []*zipEntry) {
	byHead := slices.Clone(entries)
	byHead = slices.DeleteFunc(byHead, func(e *zipEntry) bool { return e.bad != nil })
	slices.SortFunc(byHead, func(a, b *zipEntry) int {
		return cmp.Or(cmp.Compare(a.head, b.head), cmp.Compare(a.n, b.n))
	})
	end, last := int64(-1), (*zipEntry)(nil)
	for _, ent := range byHead {
		stop := ent.data + min(ent.csize, 1<<62-ent.data)
		if last != nil && ent.head < end {
			for _, x := range []*zipEntry{last, ent} {
				if x.bad == nil {
					x.bad = &fault{code: CodeZipOverlap, where: "offset " + strconv.FormatInt(x.head, 10)}
				}
			}
		}
		if stop > end {
			end, last = stop, ent
		}
	}
}

// deliver offers the entries by logical name.
func (z *zipWalk) deliver(entries []*zipEntry) error {
	w, l := z.w, &z.w.s.limits
	logical := make(map[*zipEntry]string, len(entries))
	for _, ent := range entries {
		logical[ent] = cleanStored(ent.name, l).logical
	}
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b *zipEntry) int {
		return cmp.Or(strings.Compare(logical[a], logical[b]), cmp.Compare(a.n, b.n))
	})
	logical = nil
	for _, ent := range sorted {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if z.folder(ent) {
			continue
		}
		p, skip := z.place(ent)
		if skip {
			continue
		}
		// What the entry can deliver at most is charged now, so that the budget
		// does not depend on who reads first.
		charge := min(ent.usize, max(l.EntryRatioAfter, ent.csize*min(l.EntryRatio, 1<<62/max(1, ent.csize))))
		if z.e.bundle.used+charge > z.e.bundle.limit() {
			f := z.e.bundle.fault()
			f.got = z.e.bundle.used + charge
			w.faultGap(z.e, p, f, 0, ent.usize, "entry skipped")
			continue
		}
		z.e.bundle.used += charge
		if err := w.offer(z.e, p, z.content(ent)); err != nil {
			return err
		}
	}
	return nil
}

// folder tells whether an entry only names a folder.
func (z *zipWalk) folder(ent *zipEntry) bool {
	slash := strings.HasSuffix(ent.name, "/") || strings.HasSuffix(ent.name, `\`)
	return ent.usize == 0 && ent.csize <= 2 && !ent.unsized && (slash || ent.dir || ent.mode&0xf000 == 0x4000)
}

// place names an entry, and notes why it cannot be read when that is so.
func (z *zipWalk) place(ent *zipEntry) (p place, skip bool) {
	where := "entry " + strconv.FormatInt(ent.n, 10)
	not := func(f *fault, action string) (place, bool) {
		if f.where == "" {
			f.where = where
		}
		p := place{display: z.e.prefix.display + cleanStored(ent.name, &z.w.s.limits).display}
		z.w.faultGap(z.e, p, f, 0, ent.usize, action)
		return p, true
	}
	switch ent.mode & 0xf000 {
	case 0, 0x8000, 0x4000:
	case 0xa000:
		target := ""
		if ent.bad == nil && ent.method == 0 && !ent.encrypted() {
			target = quoted(string(readAt(z.at, ent.data, min(ent.csize, 200))))
		}
		return not(&fault{code: CodeLinkNotFollowed, where: where + ", symbolic link", detail: target}, "not followed")
	default:
		return not(&fault{code: CodeSpecialNotRead, where: where + ", special file"}, "not read")
	}
	switch {
	case ent.bad != nil:
		return not(ent.bad, "entry skipped")
	case ent.encrypted():
		return not(&fault{code: CodeZipEncrypted, where: where}, "entry skipped")
	case !zipMethodKnown(ent.method):
		return not(&fault{code: CodeZipMethod, where: where, got: int64(ent.method)}, "entry skipped")
	}
	return z.w.stored(z.e, ent.name, ent.n), false
}

func zipMethodKnown(m uint16) bool {
	switch m {
	case 0, 8, 9, 12, 14, 93, 95:
		return true
	}
	return false
}

// content is the data of an entry of the directory.
func (z *zipWalk) content(ent *zipEntry) content {
	return content{kind: "zip", size: ent.usize, again: z.b.reopen != nil, open: func(o opening) (io.ReadCloser, error) {
		at, closer, err := z.b.again(o)
		if err != nil {
			return nil, err
		}
		have := max(0, min(ent.csize, z.size-ent.data))
		in := &countReader{r: io.NewSectionReader(at, ent.data, have)}
		br := bufio.NewReaderSize(in, int(min(32*kib, max(have, 16))))
		r, closeDec, err := zipDecoder(ent, br, &z.w.s.limits)
		if err != nil {
			closer.Close()
			return nil, err
		}
		m := &meter{r: r, in: func() int64 { return in.n - int64(br.Buffered()) }, l: &z.w.s.limits}
		er := &zipEntryReader{r: m, ent: ent, crc: crc32.NewIEEE(), left: ent.usize, cut: have < ent.csize}
		return readCloser{er, func() error { closeDec(); return closer.Close() }}, nil
	}}
}

// zipDecoder undoes the method of an entry.
func zipDecoder(ent *zipEntry, br *bufio.Reader, l *Limits) (r io.Reader, close func(), err error) {
	close = func() {}
	switch ent.method {
	case 0:
		return br, close, nil
	case 8:
		// Never one that was used before: an empty table keeps the codes of the
		// last one, so what it makes of damaged data would depend on the entry
		// before it.
		return flate.NewReader(br), close, nil
	case 9:
		return newInflate64(br), close, nil
	case 12:
		return bzip2.NewReader(br), close, nil
	case 93:
		z, err := newZstd(br, l.Window)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { z.Close() }, nil
	case 95:
		return &xzReader{r: br, window: l.Window, first: true}, close, nil
	case 14:
		// Two bytes of version, two of length, then the properties of LZMA.
		var h [9]byte
		if _, err := io.ReadFull(br, h[:]); err != nil {
			return nil, nil, err
		}
		if le.Uint16(h[2:]) != 5 {
			return nil, nil, &fault{code: CodeZipDamaged, detail: "LZMA properties"}
		}
		if d := int64(le.Uint32(h[5:])); d > l.Window {
			return nil, nil, &fault{code: CodeLimitWindow, limit: l.Window, got: d}
		}
		size := ent.usize
		if ent.flags&2 != 0 {
			size = -1 // ends with a marker
		}
		head := append(append([]byte(nil), h[4:]...), make([]byte, 8)...)
		le.PutUint64(head[5:], uint64(size))
		lr, err := lzma.ReaderConfig{DictCap: int(l.Window)}.NewReader(io.MultiReader(bytes.NewReader(head), br))
		return lr, close, err
	}
	return nil, nil, &fault{code: CodeZipMethod, got: int64(ent.method)}
}

// zipEntryReader delivers at most the declared size, and checks it and the
// checksum at the end.
type zipEntryReader struct {
	r    io.Reader
	ent  *zipEntry
	crc  hash.Hash32
	left int64
	cut  bool // the archive ends before the entry
	err  error
}

func (z *zipEntryReader) Read(p []byte) (int, error) {
	if z.err != nil {
		return 0, z.err
	}
	if z.left == 0 {
		z.err = z.finish()
		return 0, z.err
	}
	if int64(len(p)) > z.left {
		p = p[:z.left]
	}
	n, err := z.r.Read(p)
	z.crc.Write(p[:n])
	z.left -= int64(n)
	switch {
	case err == nil:
	case z.cut && (err == io.EOF || err == io.ErrUnexpectedEOF):
		z.err = &fault{code: CodeZipEntryTruncated, limit: z.ent.usize, got: z.ent.usize - z.left}
	case err == io.EOF && z.left > 0:
		z.err = &fault{code: CodeZipSize, limit: z.ent.usize, got: z.ent.usize - z.left}
	case err == io.EOF:
		z.err = z.finish()
	default:
		z.err = err
	}
	return n, z.err
}

func (z *zipEntryReader) finish() error {
	var b [1]byte
	for range 4 {
		n, err := z.r.Read(b[:])
		if n > 0 {
			return &fault{code: CodeZipSize, limit: z.ent.usize, got: z.ent.usize + 1}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if got := z.crc.Sum32(); got != z.ent.crc {
		return &fault{code: CodeZipCRC, limit: int64(z.ent.crc), got: int64(got)}
	}
	return io.EOF
}

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
		return end, w.offer(z.e, p, content{kind: "zip", size: -1, open: func(opening) (io.ReadCloser, error) {
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
	err = w.offer(z.e, p, content{kind: "zip", size: -1, open: func(opening) (io.ReadCloser, error) {
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
