package module

const (
	debugEntrySize    = 28
	maxDebugEntries   = 1024
	debugTypeCodeView = 2
	maxPath           = 260

	markNB10 = 'N' | 'B'<<8 | '1'<<16 | '0'<<24
	markRSDS = 'R' | 'S'<<8 | 'D'<<16 | 'S'<<24
	markMTOC = 'M' | 'T'<<8 | 'O'<<16 | 'C'<<24
)

// pdbPath gives the name of the file with the symbols, as the linker left it; nil when there is none.
func (p *pe) pdbPath() []byte {
	return *p.pdb.get(func() []byte {
		at, size, ok := p.directoryOffset(dirDebug)
		if !ok || size%debugEntrySize != 0 {
			return nil
		}
		for i := range int64(min(size/debugEntrySize, maxDebugEntries)) {
			entry := at + i*debugEntrySize
			if !p.data.fits(entry, debugEntrySize) {
				return nil
			}
			kind, _ := p.data.u32(entry + 12)
			rva, _ := p.data.u32(entry + 20)
			raw, _ := p.data.u32(entry + 24)
			if kind != debugTypeCodeView {
				continue
			}
			info := int64(-1)
			if rva != 0 {
				info = p.offset(uint64(rva))
			}
			if info <= 0 && raw != 0 {
				info = int64(raw)
			}
			if info <= 0 {
				continue
			}
			// The path is behind the mark and the identity of the build, which has three forms.
			behind := map[uint32]int64{markNB10: 16, markRSDS: 24, markMTOC: 20}
			mark, _ := p.data.u32(info)
			if offset, ok := behind[mark]; ok {
				if path := p.data.cstring(info+offset, maxPath); len(path) > 0 && len(path) < maxPath {
					return path
				}
			}
		}
		return nil
	})
}
