package module

import (
	"bytes"
	"encoding/binary"
)

// view reads numbers at offsets of a file. A read that does not fit gives false, and then a zero.
type view []byte

func (v view) fits(offset, n int64) bool {
	return offset >= 0 && n >= 0 && offset <= int64(len(v)) && n <= int64(len(v))-offset
}

func (v view) u16(offset int64) (uint16, bool) {
	if !v.fits(offset, 2) {
		return 0, false
	}
	return binary.LittleEndian.Uint16(v[offset:]), true
}

func (v view) u32(offset int64) (uint32, bool) {
	if !v.fits(offset, 4) {
		return 0, false
	}
	return binary.LittleEndian.Uint32(v[offset:]), true
}

func (v view) u64(offset int64) (uint64, bool) {
	if !v.fits(offset, 8) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(v[offset:]), true
}

// cstring gives the text at offset up to a zero byte, at most n bytes of it or to the end of the file; nil beyond the end.
func (v view) cstring(offset int64, n int) []byte {
	if offset < 0 || offset >= int64(len(v)) {
		return nil
	}
	s := v[offset:min(int64(len(v)), offset+int64(n))]
	if i := bytes.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return s[:len(s):len(s)]
}
