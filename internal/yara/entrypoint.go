package yara

import (
	"encoding/binary"
	"math"
)

// The place in the file where execution begins, for the word entrypoint: of PE files for x86 and of ELF files, in the order of bytes of x86,
// computed as libyara does (yr_get_entry_point_offset). Sections may lie, so that the place need not be inside the file.
//
// PE/COFF: Microsoft, "PE Format". ELF: "System V Application Binary Interface", chapter 4.

func (r *run) entrypoint() (int64, bool) {
	e := &r.entry
	if e.epoch != r.epoch {
		e.epoch = r.epoch
		if e.at, e.ok = peEntry(r.data); !e.ok {
			e.at, e.ok = elfEntry(r.data)
		}
	}
	return e.at, e.ok
}

// image is a file whose numbers are read at places that need not be in it.
type image []byte

// u gives n bytes at a place as a number; ok is false outside the file.
func (b image) u(at uint64, n int) (v uint64, ok bool) {
	if at > uint64(len(b)) || uint64(len(b))-at < uint64(n) {
		return 0, false
	}
	switch p := b[at:]; n {
	case 2:
		return uint64(binary.LittleEndian.Uint16(p)), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(p)), true
	default:
		return binary.LittleEndian.Uint64(p), true
	}
}

const (
	maxPESections = 60 // as libyara
	sectionSize   = 40
)

func peEntry(data image) (int64, bool) {
	pe, ok := data.u(0x3C, 4)
	if !ok || data[0] != 'M' || data[1] != 'Z' || pe > math.MaxInt32 {
		return 0, false
	}
	magic, _ := data.u(pe, 4)
	machine, _ := data.u(pe+4, 2)
	sections, _ := data.u(pe+6, 2)
	optional, ok := data.u(pe+20, 2)
	if !ok || magic != 0x4550 || machine != 0x14C && machine != 0x8664 || uint64(len(data)) <= pe+24+optional {
		return 0, false
	}
	rva, ok := data.u(pe+40, 4)
	if !ok {
		return 0, false
	}
	var base, offset uint64
	for i := range min(sections, maxPESections) {
		section := pe + 24 + optional + i*sectionSize
		virtual, _ := data.u(section+12, 4)
		raw, _ := data.u(section+20, 4)
		if section+sectionSize >= uint64(len(data)) {
			return 0, true
		}
		if rva >= virtual && base <= virtual {
			base, offset = virtual, raw
		}
	}
	return int64(offset + rva - base), true
}

// elfLayout are the places of what is needed, in files of 32 or 64 bits.
type elfLayout struct {
	word                               int
	phoff, shoff, phnum, shnum         uint64
	phSize, phOffset, phAddr, phMem    uint64
	shSize, shOffset, shAddr, shLength uint64
}

var (
	elf32 = elfLayout{4, 28, 32, 44, 48, 32, 4, 8, 20, 40, 16, 12, 20}
	elf64 = elfLayout{8, 32, 40, 56, 60, 56, 8, 16, 40, 64, 24, 16, 32}
)

func elfEntry(data image) (int64, bool) {
	if len(data) < 64 || string(data[:4]) != "\x7fELF" {
		return 0, false
	}
	l := &elf32
	switch data[4] {
	case 1:
	case 2:
		l = &elf64
	default:
		return 0, false
	}
	kind, _ := data.u(16, 2)
	entry, _ := data.u(24, l.word)
	if kind == 2 { // ET_EXEC: by segment
		start, _ := data.u(l.phoff, l.word)
		n, _ := data.u(l.phnum, 2)
		for i := range n {
			h := start + i*l.phSize
			if at, ok := data.mapped(entry, l.word, h+l.phAddr, h+l.phMem, h+l.phOffset); ok && start != 0 {
				return at, true
			}
		}
		return 0, false
	}
	start, _ := data.u(l.shoff, l.word)
	n, _ := data.u(l.shnum, 2)
	for i := range n {
		h := start + i*l.shSize
		if kind, ok := data.u(h+4, 4); !ok || kind == 0 || kind == 8 { // none, or not in the file
			continue
		}
		if at, ok := data.mapped(entry, l.word, h+l.shAddr, h+l.shLength, h+l.shOffset); ok && start != 0 {
			return at, true
		}
	}
	return 0, false
}

// mapped gives the place in the file of an address, when it is in a part of which address, length and place are written at these places.
func (b image) mapped(address uint64, word int, addrAt, lengthAt, offsetAt uint64) (int64, bool) {
	from, ok1 := b.u(addrAt, word)
	length, ok2 := b.u(lengthAt, word)
	offset, ok3 := b.u(offsetAt, word)
	if !ok1 || !ok2 || !ok3 || address < from || address-from >= length || offset > math.MaxInt64-(address-from) {
		return 0, false
	}
	return int64(offset + address - from), true
}
