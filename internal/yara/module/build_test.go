package module

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"

	"vigie/internal/yara/decl"
)

// scanOf gives what a module sees of a file, with a budget that counts.
func scanOf(data []byte) *decl.Scan {
	left := int64(1 << 26)
	return &decl.Scan{
		Data: data,
		Log:  func([]byte) {},
		Memo: make(map[decl.MemoKey]decl.Value),
		Work: func(n int64) bool { left -= n; return left >= 0 },
	}
}

// put writes numbers of two, four or eight bytes, and texts, at an offset of a file that grows as needed.
func put(b *[]byte, at int, values ...any) {
	var buf bytes.Buffer
	for _, v := range values {
		switch v := v.(type) {
		case string:
			buf.WriteString(v)
		case []byte:
			buf.Write(v)
		default:
			if err := binary.Write(&buf, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	if need := at + buf.Len(); need > len(*b) {
		*b = append(*b, make([]byte, need-len(*b))...)
	}
	copy((*b)[at:], buf.Bytes())
}

func wideText(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// buildPE makes a file of 32 bits with one section: its addresses are 0x1000 above 0x400, where it begins. It imports two functions by name
// and one by number, exports one by name and one that is another's, and has a version resource, a debug record, the record of its compilers
// and four bytes behind it all.
func buildPE() []byte {
	const base, nt, opt = 0x400, 0x100, 0x118
	rva := func(at int) uint32 { return uint32(at - base + 0x1000) }
	var b []byte
	put(&b, 0, "MZ")
	put(&b, 60, uint32(nt))
	key := uint32(0x12345678)
	put(&b, 0x80, uint32(markDanS)^key, key, key, key, uint32(0x00937809)^key, uint32(7)^key, "Rich", key)
	put(&b, nt, "PE\x00\x00", uint16(0x14c), uint16(1), uint32(1600000000), uint32(0), uint32(0), uint16(224), uint16(0x2102))
	put(&b, opt, uint16(0x10b), uint8(14), uint8(2), uint32(0x200), uint32(0), uint32(0), rva(0x500), uint32(0x1000), uint32(0x2000), uint32(0x400000),
		uint32(0x1000), uint32(0x200), uint16(6), uint16(1), uint16(0), uint16(0), uint16(5), uint16(1), uint32(0), uint32(0x3000), uint32(0x400),
		uint32(0), uint16(2), uint16(0x8140), uint32(0x100000), uint32(0x1000), uint32(0x100000), uint32(0x1000), uint32(0), uint32(16))
	directory := func(i, at, size int) { put(&b, opt+96+8*i, rva(at), uint32(size)) }
	put(&b, opt+224, ".text\x00\x00\x00", uint32(0x1000), uint32(0x1000), uint32(0x800), uint32(base), uint32(0), uint32(0), uint32(0), uint32(0x60000020))

	directory(dirImport, 0x520, 60)
	put(&b, 0x520, rva(0x560), uint32(0), uint32(0), rva(0x5a0), rva(0x580), rva(0x570), uint32(0), uint32(0), rva(0x5c0), rva(0x578))
	put(&b, 0x560, rva(0x5d0), rva(0x5e0), uint32(0))
	put(&b, 0x570, uint32(1<<31|115), uint32(0), uint32(1<<31|115), uint32(0))
	put(&b, 0x5a0, "KERNEL32.dll\x00")
	put(&b, 0x5c0, "WS2_32.dll\x00")
	put(&b, 0x5d0, uint16(0), "ExitProcess\x00")
	put(&b, 0x5e0, uint16(0), "GetLastError\x00")

	directory(dirExport, 0x600, 0x100)
	put(&b, 0x600, uint32(0), uint32(1500000000), uint32(0), rva(0x640), uint32(5), uint32(2), uint32(1), rva(0x650), rva(0x658), rva(0x660))
	put(&b, 0x640, "lib.dll\x00")
	put(&b, 0x650, rva(0x500), rva(0x670))
	put(&b, 0x658, rva(0x680))
	put(&b, 0x660, uint16(0), uint16(9))
	put(&b, 0x670, "other.Func\x00")
	put(&b, 0x680, "RunMe\x00")

	directory(dirResource, 0x700, 0x300)
	level := func(at int, id, target uint32) {
		put(&b, at, uint32(0), uint32(1400000000), uint16(4), uint16(1), uint16(0), uint16(1), id, target)
	}
	level(0x700, 16, 1<<31|0x20)
	level(0x720, 1, 1<<31|0x40)
	level(0x740, 0x409, 0x60)
	put(&b, 0x760, rva(0x780), uint32(0x180), uint32(0), uint32(0))
	put(&b, 0x780, uint16(0x180), uint16(52), uint16(0), wideText("VS_VERSION_INFO\x00"))
	at := 0x780 + 92
	put(&b, at, uint16(0x80), uint16(0), uint16(1), wideText("StringFileInfo\x00"))
	put(&b, at+36, uint16(0x5c), uint16(0), uint16(1), wideText("040904b0\x00"))
	put(&b, at+60, uint16(0x30), uint16(7), uint16(1), wideText("CompanyName\x00"), uint16(0), wideText("Contoso\x00"))

	directory(dirDebug, 0x960, 28)
	put(&b, 0x960, uint32(0), uint32(0), uint32(0), uint32(2), uint32(0x40), rva(0x980), uint32(0x980))
	put(&b, 0x980, "RSDS", make([]byte, 20), `C:\build\shell.pdb`, uint8(0))
	put(&b, 0xbff, uint8(0), "tail")
	return b
}

// buildELF makes a file of 64 bits with two segments, one of them for the dynamic linker, three sections and one symbol.
func buildELF() []byte {
	var b []byte
	put(&b, 0, "\x7fELF\x02\x01\x01", make([]byte, 9), uint16(2), uint16(62), uint32(1), uint64(0x400100), uint64(64), uint64(0x300), uint32(0),
		uint16(64), uint16(56), uint16(2), uint16(64), uint16(4), uint16(3))
	put(&b, 64, uint32(1), uint32(5), uint64(0), uint64(0x400000), uint64(0x400000), uint64(0x200), uint64(0x1000), uint64(0x1000))
	put(&b, 120, uint32(2), uint32(6), uint64(0x200), uint64(0x400200), uint64(0), uint64(32), uint64(32), uint64(8))
	put(&b, 0x200, uint64(1), uint64(77), uint64(0), uint64(0), uint64(9), uint64(9))
	put(&b, 0x240, "\x00.text\x00.symtab\x00main\x00")
	put(&b, 0x280, uint32(15), uint8(0x12), uint8(0), uint16(1), uint64(0x400100), uint64(33))
	section := func(i int, name, kind uint32, address, offset, size uint64, link uint32) {
		put(&b, 0x300+64*i, name, kind, uint64(6), address, offset, size, link, uint32(0), uint64(0), uint64(0))
	}
	section(0, 0, 0, 0, 0, 0, 0)
	section(1, 1, 1, 0x400100, 0x100, 0x100, 0)
	section(2, 7, 2, 0, 0x280, 24, 3)
	section(3, 0, 3, 0, 0x240, 20, 0)
	return b
}

// buildDotnet makes the PE file an assembly with two streams, and three more for its tables: it is called app, refers to one other, and has
// a GUID as an attribute.
func buildDotnet() []byte {
	b := buildPE()
	const base, opt = 0x400, 0x118
	put(&b, opt+96+8*dirCLR, uint32(0xa00-base+0x1000), uint32(72))
	put(&b, 0xa00, uint32(72), uint16(2), uint16(5), uint32(0xa80-base+0x1000), uint32(0x100))
	put(&b, 0xa80, "BSJB", uint16(1), uint16(1), uint32(0), uint32(12), "v4.0.30319\x00\x00", uint16(0), uint16(5),
		uint32(0x70), uint32(16), "#GUID\x00\x00\x00", uint32(0x80), uint32(12), "#US\x00", uint32(0x90), uint32(0x28), "#Strings\x00\x00\x00\x00",
		uint32(0xc0), uint32(0x30), "#Blob\x00\x00\x00", uint32(0x100), uint32(0x80), "#~\x00\x00")
	put(&b, 0xa80+0x90, "\x00app.exe\x00app\x00mscorlib\x00GuidAttribute\x00")
	put(&b, 0xa80+0xc0, uint8(0), uint8(39), uint16(1), uint8(36), "01234567-89ab-cdef-0123-456789abcdef")
	valid := uint64(1<<tableModule | 1<<tableTypeRef | 1<<tableMemberRef | 1<<tableCustomAttribute | 1<<tableAssembly | 1<<tableAssemblyRef)
	put(&b, 0xa80+0x100, uint32(0), uint8(2), uint8(0), uint8(0), uint8(1), valid, uint64(0),
		uint32(1), uint32(1), uint32(1), uint32(1), uint32(1), uint32(1),
		uint16(0), uint16(1), uint16(1), uint16(0), uint16(0), // module: its name
		uint16(6), uint16(22), uint16(0), // type
		uint16(1<<3|1), uint16(0), uint16(0), // member of the type
		uint16(1<<5|0x0e), uint16(1<<3|3), uint16(1), // attribute of the assembly
		uint32(0x8004), uint16(1), uint16(2), uint16(3), uint16(4), uint32(0), uint16(0), uint16(9), uint16(0),
		uint16(4), uint16(0), uint16(5), uint16(6), uint32(0), uint16(0), uint16(13), uint16(0), uint16(0))
	put(&b, 0xaf0, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	put(&b, 0xb00, uint8(0), uint8(7), wideText("abc"), uint8(0), uint8(1), uint8(0), uint8(0))
	return b
}
