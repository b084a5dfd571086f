package module

import (
	"encoding/binary"

	"vigie/internal/yara/decl"
)

// richSignature is the record of the compilers that made a file, which the linker of Microsoft puts between the two headers, combined with a
// key. It is found from its end: "Rich" and the key.
type richSignature struct {
	offset     int64 // 0 when there is none
	key        uint32
	raw, clear []byte
}

const (
	markRich = 'R' | 'i'<<8 | 'c'<<16 | 'h'<<24
	markDanS = 'D' | 'a'<<8 | 'n'<<16 | 'S'<<24

	dosHeaderSize = 64
	richHeader    = 16 // "DanS" and three times the key
)

func (p *pe) richSignature() *richSignature {
	return p.rich.get(func() (r richSignature) {
		nt := p.opt - 24
		if p.data == nil || nt < 4 || !p.scan.Work(nt/4) {
			return r
		}
		end, at := int64(-1), nt-4
		for ; at >= dosHeaderSize; at -= 4 {
			if v, ok := p.data.u32(at); ok && v == markRich {
				r.key, _ = p.data.u32(at + 4)
				end = at
				at -= 4
				break
			}
		}
		if end < 0 || r.key == 0 {
			return richSignature{}
		}
		for ; at >= dosHeaderSize; at -= 4 {
			if v, _ := p.data.u32(at); v^r.key == markDanS {
				break
			}
		}
		if at < dosHeaderSize || end-at < richHeader {
			return richSignature{}
		}
		for i := int64(4); i < richHeader; i += 4 {
			if v, _ := p.data.u32(at + i); v != r.key {
				return richSignature{}
			}
		}
		r.offset, r.raw = at, p.data[at:end:end]
		r.clear = make([]byte, len(r.raw))
		for i := 0; i+4 <= len(r.raw); i += 4 {
			binary.LittleEndian.PutUint32(r.clear[i:], binary.LittleEndian.Uint32(r.raw[i:])^r.key)
		}
		return r
	})
}

// tools calls visit with each tool of the record: its version, its number and how many objects are its own.
func (r *richSignature) tools(visit func(entry []byte)) {
	for at := richHeader; at+8 <= len(r.clear); at += 8 {
		visit(r.clear[at : at+8 : at+8])
	}
}

// versionData is the versions and numbers alone, without the counts.
func (r *richSignature) versionData() (all []byte) {
	all = []byte{}
	r.tools(func(entry []byte) { all = append(all, entry[:4]...) })
	return all
}

// richCount counts the objects of the tools with this version and number, of which one may be any: -1.
func (p *pe) richCount(version, tool int64) decl.Value {
	r := p.richSignature()
	if r.offset == 0 {
		return decl.Value{}
	}
	var n int64
	r.tools(func(entry []byte) {
		v, t := int64(binary.LittleEndian.Uint16(entry)), int64(binary.LittleEndian.Uint16(entry[2:]))
		if (version < 0 || version == v) && (tool < 0 || tool == t) {
			n += int64(binary.LittleEndian.Uint32(entry[4:]))
		}
	})
	return decl.IntOf(n)
}
