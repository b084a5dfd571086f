package module

import "vigie/internal/yara/decl"

const (
	maxExports    = 8192 // MAX_PE_EXPORTS of libyara
	maxExportName = 512
	exportDirSize = 40
)

// exportTable is what a file exports.
type exportTable struct {
	library   []byte
	timestamp decl.Value
	functions []exportedFunction
}

type exportedFunction struct {
	name, forward []byte
	rva, ordinal  uint32
	offset        int64 // -1 where there is none
}

func (p *pe) exportTable() *exportTable {
	return p.exports.get(func() (t exportTable) {
		start, size, ok := p.directoryOffset(dirExport)
		if !ok || !p.data.fits(start, exportDirSize) {
			return t
		}
		u32 := func(offset int64) uint32 { v, _ := p.data.u32(start + offset); return v }
		t.timestamp = decl.IntOf(int64(u32(4)))
		if at := p.offset(uint64(u32(12))); at > 0 {
			t.library = p.data.cstring(at, maxLibraryName)
		}
		n := int64(min(u32(20), maxExports))
		names := int64(-1)
		if u32(24) > 0 {
			if names = p.offset(uint64(u32(32))); names < 0 || !p.data.fits(names, 4*int64(u32(24))) {
				return t
			}
		}
		ordinals, addresses := p.offset(uint64(u32(36))), p.offset(uint64(u32(28)))
		if !p.data.fits(ordinals, 2*n) || !p.data.fits(addresses, 4*n) || !p.scan.Work(32*n) {
			return t
		}
		// nameOf[i] is the index of the name of function i, plus one: the first that says so.
		nameOf := make([]int32, n)
		for j := range min(n, int64(u32(24))) {
			if i, _ := p.data.u16(ordinals + 2*j); int64(i) < n && nameOf[i] == 0 {
				nameOf[i] = int32(j + 1)
			}
		}
		for i := range n {
			f := exportedFunction{ordinal: u32(16) + uint32(i)}
			f.rva, _ = p.data.u32(addresses + 4*i)
			f.offset = p.offset(uint64(f.rva))
			// An address within the table is that of a text, which names a function of another library.
			if f.offset > start && f.offset < start+int64(size) {
				f.forward = p.data.cstring(f.offset, maxExportName)
			}
			if names >= 0 && nameOf[i] > 0 {
				rva, _ := p.data.u32(names + 4*int64(nameOf[i]-1))
				if at := p.offset(uint64(rva)); at > 0 {
					f.name = p.data.cstring(at, maxExportName)
				}
			}
			t.functions = append(t.functions, f)
		}
		return t
	})
}

// exportIndex gives the index of the first exported function for which is holds, -1 when there is none.
func (p *pe) exportIndex(is func(f *exportedFunction) bool) int {
	functions := p.exportTable().functions
	if !p.scan.Work(int64(len(functions))) {
		return -1
	}
	for i := range functions {
		if is(&functions[i]) {
			return i
		}
	}
	return -1
}
