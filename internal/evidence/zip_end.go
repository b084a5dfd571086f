package evidence

import (
	"bytes"
	"io"
)

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
