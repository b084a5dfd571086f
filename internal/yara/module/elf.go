package module

import (
	"bytes"
	"encoding/binary"

	"vigie/internal/yara/decl"
)

// elf is what is known of an ELF file, of 32 or 64 bits and either order of bytes. The zero value is that of a file that is none.
type elf struct {
	scan  *decl.Scan
	data  view
	order binary.ByteOrder
	wide  bool // 64 bits

	kind, machine                       uint16
	entry, sectionsAt, segmentsAt       uint64
	sectionSize, nSections, nameSection uint16
	segmentSize, nSegments              uint16

	sections     lazy[[]elfSection]
	segments     lazy[[]elfSegment]
	dynamic      lazy[[]elfDynamic]
	symbols, dyn lazy[[]elfSymbol]
}

type elfSection struct {
	name                         []byte // nil when it cannot be read
	kind, link                   uint32
	flags, address, offset, size uint64
}

type elfSegment struct {
	kind, flags                                                uint32
	offset, virtual, physical, fileSize, memorySize, alignment uint64
}

type elfDynamic struct{ tag, value uint64 }

type elfSymbol struct {
	name        []byte
	value, size uint64
	info        uint8
	section     uint16
}

const (
	elfExecutable  = 2 // e_type
	sectionNull    = 0
	sectionSymbols = 2
	sectionStrings = 3
	sectionNoBits  = 8
	sectionDynSyms = 11
	segmentDynamic = 2

	reservedSections = 0xff00 // numbers from here on are no sections (SHN_LORESERVE)
	manySegments     = 0xffff // the number is elsewhere (PN_XNUM)

	maxElfSymbols = 1 << 20
	maxDynamic    = 1 << 16
	maxElfName    = 4096
)

func openELF(s *decl.Scan) *elf {
	e := &elf{scan: s}
	v := view(s.Data)
	if len(v) < 64 || string(v[:4]) != "\x7fELF" || v[4] < 1 || v[4] > 2 || v[5] < 1 || v[5] > 2 {
		return e
	}
	e.data, e.wide, e.order = v, v[4] == 2, binary.LittleEndian
	if v[5] == 2 {
		e.order = binary.BigEndian
	}
	e.kind, e.machine = e.u16(16), e.u16(18)
	at := int64(24)
	next := func() uint64 { n := e.word(at); at += e.wordSize(); return n }
	e.entry, e.segmentsAt, e.sectionsAt = next(), next(), next()
	at += 6 // flags and the size of this header
	half := func() uint16 { n := e.u16(at); at += 2; return n }
	e.segmentSize, e.nSegments, e.sectionSize, e.nSections, e.nameSection = half(), half(), half(), half(), half()
	return e
}

func (e *elf) wordSize() int64 {
	if e.wide {
		return 8
	}
	return 4
}

// u16, u32 and word read numbers in the order of the file; beyond its end they are zero, where the caller has checked the bounds.
func (e *elf) u16(at int64) uint16 {
	if !e.data.fits(at, 2) {
		return 0
	}
	return e.order.Uint16(e.data[at:])
}

func (e *elf) u32(at int64) uint32 {
	if !e.data.fits(at, 4) {
		return 0
	}
	return e.order.Uint32(e.data[at:])
}

func (e *elf) word(at int64) uint64 {
	if !e.wide {
		return uint64(e.u32(at))
	}
	if !e.data.fits(at, 8) {
		return 0
	}
	return e.order.Uint64(e.data[at:])
}

// table checks that n entries of a table are in the file, and gives its offset.
func (e *elf) table(at uint64, n int, size int64) (int64, bool) {
	return int64(at), at < uint64(len(e.data)) && e.data.fits(int64(at), int64(n)*size)
}

// sectionList reads the section headers; none when one of them is beyond the end.
func (e *elf) sectionList() []elfSection {
	return *e.sections.get(func() (all []elfSection) {
		size := int64(40)
		if e.wide {
			size = 64
		}
		at, ok := e.table(e.sectionsAt, int(e.nSections), size)
		if e.data == nil || !ok || e.nSections >= reservedSections || e.nameSection >= e.nSections || !e.scan.Work(int64(e.nSections)*16) {
			return nil
		}
		w := e.wordSize()
		for range e.nSections {
			all = append(all, elfSection{kind: e.u32(at + 4), flags: e.word(at + 8), address: e.word(at + 8 + w), offset: e.word(at + 8 + 2*w),
				size: e.word(at + 8 + 3*w), link: e.u32(at + 8 + 4*w)})
			at += size
		}
		names := all[e.nameSection].offset
		at, _ = e.table(e.sectionsAt, 0, 0)
		for i := range all {
			all[i].name = e.name(names, uint64(len(e.data)), e.u32(at+int64(i)*size))
		}
		return all
	})
}

// name reads a text of a table that goes from offset to end; nil when it is not there.
func (e *elf) name(offset, end uint64, index uint32) []byte {
	if offset == 0 || offset >= uint64(len(e.data)) || end > uint64(len(e.data)) || e.data[offset] != 0 || offset+uint64(index) >= end {
		return nil
	}
	text := e.data[offset+uint64(index) : end]
	n := bytes.IndexByte(text[:min(len(text), maxElfName)], 0)
	if n < 0 {
		return nil
	}
	return text[:n:n]
}

func (e *elf) segmentList() []elfSegment {
	return *e.segments.get(func() (all []elfSegment) {
		size := int64(32)
		if e.wide {
			size = 56
		}
		at, ok := e.table(e.segmentsAt, int(e.nSegments), size)
		if e.data == nil || !ok || e.nSegments == 0 || e.nSegments == manySegments || !e.scan.Work(int64(e.nSegments)*16) {
			return nil
		}
		for range e.nSegments {
			if e.wide {
				all = append(all, elfSegment{e.u32(at), e.u32(at + 4), e.word(at + 8), e.word(at + 16), e.word(at + 24), e.word(at + 32),
					e.word(at + 40), e.word(at + 48)})
			} else {
				all = append(all, elfSegment{e.u32(at), e.u32(at + 24), e.word(at + 4), e.word(at + 8), e.word(at + 12), e.word(at + 16),
					e.word(at + 20), e.word(at + 28)})
			}
			at += size
		}
		return all
	})
}

// dynamicList reads the entries for the dynamic linker, up to the one of zeros, which counts.
func (e *elf) dynamicList() []elfDynamic {
	return *e.dynamic.get(func() (all []elfDynamic) {
		for _, s := range e.segmentList() {
			if s.kind != segmentDynamic || s.offset >= uint64(len(e.data)) {
				continue
			}
			all = nil // of several segments the last counts, as in libyara
			w := e.wordSize()
			for at := int64(s.offset); e.data.fits(at, 2*w) && len(all) < maxDynamic && e.scan.Work(16); at += 2 * w {
				d := elfDynamic{e.word(at), e.word(at + w)}
				all = append(all, d)
				if d.tag == 0 {
					break
				}
			}
		}
		return all
	})
}

// symbolList reads the symbols of the last section of a kind.
func (e *elf) symbolList(cached *lazy[[]elfSymbol], kind uint32) []elfSymbol {
	return *cached.get(func() (all []elfSymbol) {
		sections := e.sectionList()
		var table, names *elfSection
		for i := range sections {
			if s := &sections[i]; s.kind == kind && int(s.link) < len(sections) && sections[s.link].kind == sectionStrings {
				table, names = s, &sections[s.link]
			}
		}
		size := int64(16)
		if e.wide {
			size = 24
		}
		if table == nil || !e.inside(table) || !e.inside(names) {
			return nil
		}
		n := min(int64(table.size)/size, maxElfSymbols)
		if !e.scan.Work(n * 32) {
			return nil
		}
		for i := range n {
			at := int64(table.offset) + i*size
			s := elfSymbol{name: e.name(names.offset, names.offset+names.size, e.u32(at))}
			if e.wide {
				s.info, s.section, s.value, s.size = e.data[at+4], e.u16(at+6), e.word(at+8), e.word(at+16)
			} else {
				s.value, s.size, s.info, s.section = e.word(at+4), e.word(at+8), e.data[at+12], e.u16(at+14)
			}
			all = append(all, s)
		}
		return all
	})
}

func (e *elf) inside(s *elfSection) bool {
	n := uint64(len(e.data))
	return s.offset <= n && s.size <= n-s.offset
}

// entryPoint gives the file offset of the entry; undefined when there is none.
func (e *elf) entryPoint() decl.Value {
	if e.entry == 0 {
		return decl.Value{}
	}
	if e.kind == elfExecutable {
		for _, s := range e.segmentList() {
			if e.entry >= s.virtual && e.entry-s.virtual < s.memorySize {
				return decl.IntOf(int64(s.offset + e.entry - s.virtual))
			}
		}
		return decl.Value{}
	}
	for _, s := range e.sectionList() {
		if s.kind != sectionNull && s.kind != sectionNoBits && e.entry >= s.address && e.entry-s.address < s.size {
			return decl.IntOf(int64(s.offset + e.entry - s.address))
		}
	}
	return decl.Value{}
}
