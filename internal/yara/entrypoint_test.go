package yara

import (
	"encoding/binary"
	"testing"
)

// image32 makes a file of zeros with numbers at places.
func image32(size int, at map[int]uint32) []byte {
	b := make([]byte, size)
	for place, n := range at {
		binary.LittleEndian.PutUint32(b[place:], n)
	}
	return b
}

func TestEntrypoint(t *testing.T) {
	t.Parallel()
	pe := map[int]uint32{0: 'M' | 'Z'<<8, 0x3C: 0x40, 0x40: 0x4550, 0x44: 0x14C | 1<<16, 0x54: 0xE0,
		0x68: 0x1234, 0x40 + 24 + 0xE0 + 12: 0x1000, 0x40 + 24 + 0xE0 + 20: 0x400}
	elf32 := map[int]uint32{0: 0x464C457F, 4: 1, 16: 2, 24: 0x8048100, 28: 64, 44: 1, 64 + 4: 0x10, 64 + 8: 0x8048000, 64 + 20: 0x1000}
	elf64 := map[int]uint32{0: 0x464C457F, 4: 2, 16: 3, 24: 0x1010, 40: 64, 60: 1, 64 + 4: 1, 64 + 16: 0x1000, 64 + 24: 0x80, 64 + 32: 0x100}
	for name, c := range map[string]struct {
		data []byte
		want int64
		ok   bool
	}{
		"PE":                            {image32(0x1000, pe), 0x634, true},
		"PE without room for a section": {image32(0x1000, pe)[:0x40+24+0xE0+24], 0, true},
		"PE cut in its header":          {image32(0x1000, pe)[:0x60], 0, false},
		"ELF of 32 bits, by segment":    {image32(0x200, elf32), 0x110, true},
		"ELF of 64 bits, by section":    {image32(0x200, elf64), 0x90, true},
		"ELF cut before its sections":   {image32(0x200, elf64)[:100], 0, false},
		"text":                          {[]byte("hello"), 0, false},
		"nothing":                       {nil, 0, false},
	} {
		r := &run{data: c.data, epoch: 1}
		if at, ok := r.entrypoint(); at != c.want || ok != c.ok {
			t.Errorf("%s: %#x %v, want %#x %v", name, at, ok, c.want, c.ok)
		}
		for n := range c.data { // no cut of it may panic
			cut := &run{data: c.data[:n], epoch: 1}
			cut.entrypoint()
		}
	}
}
