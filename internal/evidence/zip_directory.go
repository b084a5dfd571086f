package evidence

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/casefile"
)

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
		clock, date := le.Uint16(h[12:]), le.Uint16(h[14:])
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
		ent.written = zipWritten(date, clock, rest[nlen:])
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
