package module

import (
	"encoding/hex"

	"vigie/internal/yara/decl"
)

// dotnet is what is known of a .NET assembly: its streams, what they hold, and the tables of names and references. Classes, resources,
// constants and fields are not read, and the fields of libyara for them are left out.
type dotnet struct {
	pe       *pe
	metadata lazy[metadata]
}

// metadata is the root of the metadata, and the streams that it lists. The zero value is that of a file that is no assembly.
type metadata struct {
	root        int64
	version     []byte
	streams     []stream
	guids       [][]byte
	userStrings [][]byte
	tables      *tables // nil when there are none

	typelib      []byte
	assemblyRefs []tableRow
	moduleRefs   [][]byte
}

type stream struct {
	name         []byte
	root         int64
	offset, size uint32 // from the root
}

const (
	markBSJB       = 'B' | 'S'<<8 | 'J'<<16 | 'B'<<24
	clrHeaderSize  = 72
	maxStreams     = 64
	maxStreamName  = 32
	maxCLRVersion  = 255
	maxGUIDs       = 16
	maxUserStrings = 100_000
)

func openDotnet(s *decl.Scan) *dotnet { return &dotnet{pe: openPE(s)} }

// read finds the metadata: the directory of the CLR has the address of its header, and that the one of the root.
//
//	"BSJB" | u16 major | u16 minor | u32 | u32 length | version | u16 flags | u16 streams | for each: u32 offset, u32 size, name, padding
func (d *dotnet) read() *metadata {
	return d.metadata.get(func() (m metadata) {
		p := d.pe
		header, _, ok := p.directoryOffset(dirCLR)
		if !ok || !p.data.fits(header, clrHeaderSize) {
			return m
		}
		rva, _ := p.data.u32(header + 8)
		root := p.offset(uint64(rva))
		mark, ok := p.data.u32(root)
		length, ok2 := p.data.u32(root + 12)
		if root < 0 || !ok || !ok2 || mark != markBSJB || length == 0 || length > maxCLRVersion || !p.data.fits(root+16, int64(length)) {
			return m
		}
		m.root, m.version = root, p.data.cstring(root+16, int(length))
		at := root + 16 + (int64(length)+3)&^3
		n, _ := p.data.u16(at + 2)
		at += 4
		for range min(n, maxStreams) {
			s := stream{root: root, name: p.data.cstring(at+8, maxStreamName)}
			var fits bool
			s.offset, _ = p.data.u32(at)
			if s.size, fits = p.data.u32(at + 4); !fits || s.name == nil {
				break
			}
			m.streams = append(m.streams, s)
			at += 8 + (int64(len(s.name))+4)&^3
		}
		m.readStreams(p)
		return m
	})
}

// readStreams reads what the streams hold; of several of a name the first counts.
func (m *metadata) readStreams(p *pe) {
	first := make(map[string][]byte)
	for _, s := range m.streams {
		name := string(s.name)
		if name == "#-" {
			name = "#~"
		}
		if _, ok := first[name]; !ok {
			first[name] = m.body(p, s)
		}
	}
	m.readGUIDs(first["#GUID"])
	m.readUserStrings(first["#US"])
	m.tables = readTables(first["#~"], first["#Strings"], first["#Blob"])
	const perRow = 64
	if !p.scan.Work(perRow * int64(m.tables.count(tableCustomAttribute)+m.tables.count(tableAssemblyRef)+m.tables.count(tableModuleRef))) {
		return
	}
	m.typelib = m.tables.typelib()
	for i := range m.tables.count(tableModuleRef) {
		m.moduleRefs = append(m.moduleRefs, m.tables.text(tableModuleRef, i, 0))
	}
	for i := range m.tables.count(tableAssemblyRef) {
		m.assemblyRefs = append(m.assemblyRefs, tableRow{m.tables, tableAssemblyRef, i, 0, 6})
	}
}

// body gives the bytes of a stream; nil when they are not all there.
func (m *metadata) body(p *pe, s stream) []byte {
	at := m.root + int64(s.offset)
	if !p.data.fits(at, int64(s.size)) || !p.scan.Work(int64(s.size)) {
		return nil
	}
	return p.data[at : at+int64(s.size)]
}

func (m *metadata) readGUIDs(b []byte) {
	for ; len(b) >= 16 && len(m.guids) < maxGUIDs; b = b[16:] {
		// The first three parts are numbers in little-endian order.
		g := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
		g = append(g, b[8:16]...)
		h := hex.EncodeToString(g)
		m.guids = append(m.guids, []byte(h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:]))
	}
}

// readUserStrings reads the literals of the program: each has its length in one to four bytes, its text in UTF-16, and a byte behind it.
func (m *metadata) readUserStrings(b []byte) {
	if len(b) == 0 || b[0] != 0 {
		return
	}
	for b = b[1:]; len(b) > 0 && len(m.userStrings) < maxUserStrings; {
		n, head := blobLength(b)
		if head == 0 || n > len(b)-head {
			return
		}
		if text := b[head : head+n : head+n]; n > 0 && !(n == 1 && text[0] == 0) {
			m.userStrings = append(m.userStrings, text[:n-1:n-1])
		}
		b = b[head+n:]
	}
}

// blobLength reads a length of ECMA-335, II.24.2.4; head is how many bytes it takes, 0 when it is none.
func blobLength(b []byte) (n, head int) {
	switch {
	case b[0]&0x80 == 0:
		return int(b[0]), 1
	case b[0]&0xc0 == 0x80 && len(b) >= 2:
		return int(b[0]&0x3f)<<8 | int(b[1]), 2
	case b[0]&0xe0 == 0xc0 && len(b) >= 4:
		return int(b[0]&0x1f)<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]), 4
	}
	return 0, 0
}
