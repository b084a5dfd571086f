package module

import (
	"vigie/internal/yara/decl"
)

// pe is what is known of a PE file. The zero value, without data, is that of a file that is none.
type pe struct {
	scan *decl.Scan
	data view
	opt  int64 // offset of the optional header, 24 behind that of the signature
	wide bool  // PE32+

	sections  []peSection
	truncated bool // a section header does not fit: then no address can be resolved, as in libyara

	imports, delayed lazy[importList]
	exports          lazy[exportTable]
	resources        lazy[resourceTable]
	rich             lazy[richSignature]
	signatures       lazy[[]peSignature]
	imphash, pdb     lazy[[]byte]
}

// lazy is a part of a file that is parsed when it is first asked for.
type lazy[T any] struct {
	done  bool
	value T
}

func (l *lazy[T]) get(parse func() T) *T {
	if !l.done {
		l.done = true
		l.value = parse()
	}
	return &l.value
}

// peSection is a section header.
type peSection struct {
	name                                            []byte // without the zeros behind it
	fullName                                        []byte // of a name in the string table; nil when it cannot be read
	virtualSize, virtualAddress, rawSize, rawOffset uint32
	relocations, lineNumbers                        uint32 // file offsets
	nRelocations, nLineNumbers                      uint16
	characteristics                                 uint32
}

const (
	// maxSections is how many sections are read (MAX_PE_SECTIONS of libyara); Windows loads no more.
	maxSections = 96

	sectionHeaderSize = 40
	optionalSize32    = 224
	optionalSize64    = 240
	magicPE32Plus     = 0x20b
)

// openPE reads the headers; everything else is read when it is asked for.
func openPE(s *decl.Scan) *pe {
	p := &pe{scan: s}
	v := view(s.Data)
	magic, _ := v.u16(0)
	lfanew, ok := v.u32(60)
	if magic != 'M'|'Z'<<8 || !ok || int32(lfanew) < 0 {
		return p
	}
	nt := int64(lfanew)
	if sig, ok := v.u32(nt); !ok || sig != 'P'|'E'<<8 || !v.fits(nt, 24+optionalSize32) {
		return p
	}
	machine, _ := v.u16(nt + 4)
	if _, known := machineNames[machine]; !known {
		return p
	}
	optMagic, _ := v.u16(nt + 24)
	if optMagic == magicPE32Plus && !v.fits(nt, 24+optionalSize64) {
		return p
	}
	p.data, p.opt, p.wide = v, nt+24, optMagic == magicPE32Plus
	p.readSections()
	return p
}

func (p *pe) readSections() {
	n := int(p.header16(2))
	at := p.opt + int64(p.header16(16))
	for range min(n, maxSections) {
		if !p.data.fits(at, sectionHeaderSize) {
			p.truncated = true
			return
		}
		u32 := func(offset int64) uint32 { v, _ := p.data.u32(at + offset); return v }
		u16 := func(offset int64) uint16 { v, _ := p.data.u16(at + offset); return v }
		name := p.data[at : at+8 : at+8]
		for len(name) > 0 && name[len(name)-1] == 0 {
			name = name[:len(name)-1]
		}
		p.sections = append(p.sections, peSection{name: name, fullName: p.sectionName(name), virtualSize: u32(8), virtualAddress: u32(12),
			rawSize: u32(16), rawOffset: u32(20), relocations: u32(24), lineNumbers: u32(28), nRelocations: u16(32), nLineNumbers: u16(34),
			characteristics: u32(36)})
		at += sectionHeaderSize
	}
}

// sectionName resolves a name like "/42", which is that of the text at 42 in the string table behind the symbols.
func (p *pe) sectionName(name []byte) []byte {
	symbols := int64(p.header32(8))
	if symbols == 0 || len(name) == 0 || name[0] != '/' {
		return name
	}
	index := int64(0)
	for _, c := range name[1:] {
		if c < '0' || c > '9' {
			break
		}
		index = index*10 + int64(c-'0')
	}
	const symbolSize = 18
	at := symbols + int64(p.header32(12))*symbolSize + index
	const longest = 4096
	full := p.data.cstring(at, longest)
	if full == nil || !p.data.fits(at, int64(len(full))+1) || len(full) == longest {
		return nil
	}
	for _, c := range full {
		if c < 0x20 || c > 0x7e {
			return nil
		}
	}
	return full
}

// header16 and header32 read the file header, at an offset behind the signature.
func (p *pe) header16(offset int64) uint16 { v, _ := p.data.u16(p.opt - 20 + offset); return v }
func (p *pe) header32(offset int64) uint32 { v, _ := p.data.u32(p.opt - 20 + offset); return v }

// optional16 and the like read the optional header.
func (p *pe) optional16(offset int64) uint16 { v, _ := p.data.u16(p.opt + offset); return v }
func (p *pe) optional32(offset int64) uint32 { v, _ := p.data.u32(p.opt + offset); return v }

// optionalWord reads a number that has eight bytes in PE32+, at the offsets of the two forms.
func (p *pe) optionalWord(offset32, offset64 int64) uint64 {
	if p.wide {
		v, _ := p.data.u64(p.opt + offset64)
		return v
	}
	return uint64(p.optional32(offset32))
}

func (p *pe) imageBase() uint64 { return p.optionalWord(28, 24) }

// The data directories.
const (
	dirExport   = 0
	dirImport   = 1
	dirResource = 2
	dirSecurity = 4
	dirDebug    = 6
	dirDelay    = 13
	dirCLR      = 14
	numDirs     = 16
)

func (p *pe) directoriesAt() int64 {
	if p.wide {
		return p.opt + 112
	}
	return p.opt + 96
}

// directory reads a data directory. How many there are is not believed; those within the optional header count.
func (p *pe) directory(i int) (rva, size uint32, ok bool) {
	at := p.directoriesAt() + 8*int64(i)
	if p.data == nil || at > p.opt+int64(p.header16(16)) {
		return 0, 0, false
	}
	rva, _ = p.data.u32(at)
	size, ok = p.data.u32(at + 4)
	return rva, size, ok
}

// directoryOffset gives the file offset of a directory that is there.
func (p *pe) directoryOffset(i int) (offset int64, size uint32, ok bool) {
	rva, size, ok := p.directory(i)
	if !ok || rva == 0 {
		return 0, 0, false
	}
	offset = p.offset(uint64(rva))
	return offset, size, offset >= 0
}

// offset gives the file offset of an address, -1 where it has none.
func (p *pe) offset(rva uint64) int64 {
	if p.truncated {
		return -1
	}
	lowest := uint32(0xffffffff)
	var base, raw, size uint32
	for i := range p.sections {
		s := &p.sections[i]
		lowest = min(lowest, s.virtualAddress)
		if rva >= uint64(s.virtualAddress) && rva-uint64(s.virtualAddress) < uint64(s.virtualSize) && base <= s.virtualAddress {
			base, raw, size = s.virtualAddress, s.rawOffset, s.rawSize
			// Windows rounds down to sectors, but for files of a smaller alignment.
			if alignment := min(p.optional32(36), 0x200); alignment > 0 {
				raw -= raw % alignment
			}
		}
	}
	if rva < uint64(lowest) {
		// What is before the first section is where it is in the file.
		base, raw, size = 0, 0, uint32(min(int64(len(p.data)), 0xffffffff))
	}
	if rva-uint64(base) >= uint64(size) {
		return -1
	}
	if at := int64(raw) + int64(rva-uint64(base)); at < int64(len(p.data)) {
		return at
	}
	return -1
}

// overlay gives what is behind the last section.
func (p *pe) overlay() (offset, size int64) {
	var end int64
	for i := range p.sections {
		end = max(end, int64(p.sections[i].rawOffset)+int64(p.sections[i].rawSize))
	}
	if end == 0 || end >= int64(len(p.data)) {
		return 0, 0
	}
	return end, int64(len(p.data)) - end
}

// checksum is what the field of that name should have.
func (p *pe) checksum() decl.Value {
	n := int64(len(p.data))
	if !p.scan.Work(n) {
		return decl.Value{}
	}
	var sum uint64
	skip := p.opt + 64
	for at := int64(0); at <= n; at += 4 {
		if at == skip {
			continue
		}
		if v, ok := p.data.u32(at); ok {
			sum += uint64(v)
		} else {
			for i, b := range p.data[min(at, n):] {
				sum += uint64(b) << (8 * i)
			}
		}
		sum = sum&0xffffffff + sum>>32
	}
	sum = sum&0xffff + sum>>16
	sum += sum >> 16
	return decl.IntOf(int64(sum&0xffff) + n)
}
