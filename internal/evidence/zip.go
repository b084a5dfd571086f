package evidence

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"

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
	written      Written
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
	names := make([]string, len(entries))
	for i, ent := range entries {
		names[i] = ent.name
	}
	w.listed(e, names)
	if err := z.deliver(entries); err != nil {
		return err
	}
	if !whole {
		return nil // the rest of the archive belongs to entries not looked at
	}
	return z.unlisted(entries, t)
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
	return content{kind: "zip", size: ent.usize, written: ent.written, again: z.b.reopen != nil, open: func(o opening) (io.ReadCloser, error) {
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
