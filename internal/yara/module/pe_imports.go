package module

import (
	"crypto/md5"
	"encoding/hex"
	"strings"

	"vigie/internal/yara/decl"
)

const (
	maxLibraries       = 16384   // MAX_PE_IMPORTS of libyara
	maxFunctions       = 1 << 17 // of all libraries together; real files have some thousand
	maxFunctionName    = 512
	maxLibraryName     = 4096 // bytes up to its end; libyara looks through the whole file for it
	importSize         = 20
	delayedImportSize  = 32
	ordinalFlag32      = 1 << 31
	ordinalFlag64      = 1 << 63
	firstUsableAddress = 64 // of a delayed import: the size of the DOS header
)

// importList is the libraries that a file imports.
type importList struct {
	libraries []importedLibrary
	functions int
}

type importedLibrary struct {
	name      []byte
	functions []importedFunction
}

// importedFunction is a function that is imported by name, or by number and then named by it.
type importedFunction struct {
	name       []byte
	rva        uint64
	ordinal    uint16
	hasOrdinal bool
}

func (p *pe) standardImports() *importList {
	return p.imports.get(func() (list importList) {
		at, _, ok := p.directoryOffset(dirImport)
		for range maxLibraries {
			nameRVA, fits := p.data.u32(at + 12)
			if !ok || !fits || !p.data.fits(at, importSize) || nameRVA == 0 || !p.scan.Work(64) {
				break
			}
			if name := p.libraryName(uint64(nameRVA)); name != nil {
				if functions := p.importedFunctions(at, name, &list.functions); len(functions) > 0 {
					list.libraries = append(list.libraries, importedLibrary{name, functions})
				}
			}
			at += importSize
		}
		return list
	})
}

// libraryName reads the name of a library; nil when it is not one that Windows could load.
func (p *pe) libraryName(rva uint64) []byte {
	at := p.offset(rva)
	if at < 0 {
		return nil
	}
	name := p.data.cstring(at, maxLibraryName)
	if len(name) == 0 || !p.data.fits(at, int64(len(name))+1) || len(name) == maxLibraryName {
		return nil
	}
	for _, c := range name {
		if c < ' ' || strings.IndexByte(`"*<>?|`, c) >= 0 {
			return nil
		}
	}
	return name
}

// addressCost is what it costs to find the place of an address, for which all sections are looked at.
func addressCost(p *pe) int64 { return 32 + 8*int64(len(p.sections)) }

// thunk reads an address or ordinal of the size that the file has.
func (p *pe) thunk(at int64) (value uint64, ordinal, ok bool) {
	if p.wide {
		v, ok := p.data.u64(at)
		return v, v&ordinalFlag64 != 0, ok
	}
	v, ok := p.data.u32(at)
	return uint64(v), v&ordinalFlag32 != 0, ok
}

func (p *pe) thunkSize() int64 {
	if p.wide {
		return 8
	}
	return 4
}

// importedFunctions reads the functions of the descriptor at at.
func (p *pe) importedFunctions(at int64, library []byte, total *int) (functions []importedFunction) {
	original, _ := p.data.u32(at)
	first, _ := p.data.u32(at + 16)
	thunks := p.offset(uint64(original))
	if thunks <= 0 {
		thunks = p.offset(uint64(first))
	}
	if thunks < 0 {
		return nil
	}
	for i := range int64(maxLibraries) {
		value, ordinal, ok := p.thunk(thunks + i*p.thunkSize())
		if !ok || value == 0 || *total >= maxFunctions || !p.scan.Work(addressCost(p)) {
			break
		}
		f := importedFunction{rva: uint64(first) + uint64(i*p.thunkSize())}
		if ordinal {
			f.ordinal, f.hasOrdinal = uint16(value), true
			f.name = []byte(ordinalName(string(library), f.ordinal))
		} else if at := p.offset(value); at >= 0 && p.data.fits(at, 3) {
			f.name = p.data.cstring(at+2, maxFunctionName)
		}
		if f.name != nil && validFunctionName(f.name) {
			functions = append(functions, f)
			*total++
		}
	}
	return functions
}

// validFunctionName leaves out what a damaged table gives. The same bytes are allowed as in other tools, for the hash to be the same.
func validFunctionName(name []byte) bool {
	for _, c := range name {
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("._?@$()<>", c) >= 0) {
			return false
		}
	}
	return len(name) > 0
}

func (p *pe) delayedImports() *importList {
	return p.delayed.get(func() (list importList) {
		at, _, ok := p.directoryOffset(dirDelay)
		for range maxLibraries {
			if !ok || !p.data.fits(at, delayedImportSize) || !p.scan.Work(64) {
				break
			}
			var d [8]uint32 // attributes, name, module handle, addresses, names, bound addresses, unload information, time
			empty := true
			for i := range d {
				d[i], _ = p.data.u32(at + 4*int64(i))
				empty = empty && d[i] == 0
			}
			at += delayedImportSize
			if empty || d[0] > 1 {
				break
			}
			if !p.wide && d[0] == 0 {
				for i := 1; i <= 6; i++ {
					d[i] = uint32(p.fromVirtual(uint64(d[i])))
				}
			}
			image := p.optional32(56)
			if d[4] >= image || d[3] >= image || d[1] < firstUsableAddress || d[4] < firstUsableAddress {
				break
			}
			if name := p.libraryName(uint64(d[1])); name != nil {
				list.libraries = append(list.libraries, importedLibrary{name, p.delayedFunctions(name, uint64(d[4]), uint64(d[3]), d[0] == 0, &list.functions)})
			}
		}
		return list
	})
}

// fromVirtual makes an address relative to the image, which that of old compilers is not.
func (p *pe) fromVirtual(address uint64) uint64 {
	if base := p.imageBase(); address > base {
		return address - base
	}
	return address
}

func (p *pe) delayedFunctions(library []byte, names, addresses uint64, virtual bool, total *int) (functions []importedFunction) {
	for range maxLibraries {
		nameAt, addressAt := p.offset(names), p.offset(addresses)
		name, ordinal, ok1 := p.thunk(nameAt)
		address, _, ok2 := p.thunk(addressAt)
		if !ok1 || !ok2 || name == 0 || address == 0 || *total >= maxFunctions || !p.scan.Work(addressCost(p)) {
			break
		}
		f := importedFunction{rva: addresses}
		if ordinal {
			f.ordinal, f.hasOrdinal = uint16(name), true
			f.name = []byte(ordinalName(string(library), f.ordinal))
		} else {
			if virtual {
				name = p.fromVirtual(name)
			}
			f.name = p.data.cstring(p.offset(name+2), maxFunctionName)
		}
		functions = append(functions, f)
		*total++
		names += uint64(p.thunkSize())
		addresses += uint64(p.thunkSize())
	}
	return functions
}

// importHash is the MD5 of all imported names, as Mandiant defined it.
func (p *pe) importHash() []byte {
	return *p.imphash.get(func() []byte {
		h := md5.New()
		var line []byte
		first := true
		for _, l := range p.standardImports().libraries {
			library := string(l.name)
			if i := strings.IndexByte(library, '.'); i >= 0 {
				if ext := library[i:]; hasPrefixFold(ext, ".ocx") || hasPrefixFold(ext, ".sys") || hasPrefixFold(ext, ".dll") {
					library = library[:i]
				}
			}
			for _, f := range l.functions {
				line = line[:0]
				if !first {
					line = append(line, ',')
				}
				first = false
				line = append(append(append(line, library...), '.'), f.name...)
				for i, c := range line {
					if 'A' <= c && c <= 'Z' {
						line[i] = c | 0x20
					}
				}
				h.Write(line)
			}
		}
		return []byte(hex.EncodeToString(h.Sum(nil)))
	})
}

// each calls visit with each function of the lists that flags ask for, until it returns false.
func (p *pe) eachImport(flags int64, visit func(l *importedLibrary, f *importedFunction) bool) {
	for _, list := range []struct {
		flag int64
		get  func() *importList
	}{{importStandard, p.standardImports}, {importDelayed, p.delayedImports}} {
		if flags&list.flag == 0 {
			continue
		}
		libraries := list.get().libraries
		for i := range libraries {
			l := &libraries[i]
			if !p.scan.Work(int64(1 + len(l.functions))) {
				return
			}
			for j := range l.functions {
				if !visit(l, &l.functions[j]) {
					return
				}
			}
		}
	}
}

// countImports counts the functions for which both hold, up to most.
func (p *pe) countImports(flags int64, most int, library func([]byte) bool, function func(*importedFunction) bool) decl.Value {
	n := 0
	var last *importedLibrary
	wanted := false
	p.eachImport(flags, func(l *importedLibrary, f *importedFunction) bool {
		if l != last {
			last, wanted = l, library(l.name)
		}
		if wanted && function(f) {
			n++
		}
		return n < most
	})
	return decl.IntOf(int64(n))
}

// importAddress gives the address of the first function for which both hold.
func (p *pe) importAddress(flag int64, library []byte, function func(*importedFunction) bool) (v decl.Value) {
	p.eachImport(flag, func(l *importedLibrary, f *importedFunction) bool {
		if equalFold(l.name, library) && function(f) {
			v = decl.Value{}
			if f.rva != 0 {
				v = decl.IntOf(int64(f.rva))
			}
			return false
		}
		return true
	})
	return v
}

// equalFold compares without regard to the case of ASCII letters.
func equalFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		d := b[i]
		if c != d && (c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
