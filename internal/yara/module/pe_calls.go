package module

import (
	"bytes"
	"math"

	"vigie/internal/yara/decl"
)

// The functions of pe, by slot. Those of rich_signature share the numbers, since they are called on the same file.
const (
	callChecksum = iota
	callImphash
	callSectionIndexName
	callSectionIndexAddress
	callExportsName
	callExportsRegex
	callExportsOrdinal
	callExportsIndexName
	callExportsIndexOrdinal
	callExportsIndexRegex
	callImports
	callImportsOrdinal
	callImportsLibrary
	callImportsRegex
	callImportsOf
	callImportsOrdinalOf
	callImportsLibraryOf
	callImportsRegexOf
	callImportRVA
	callImportRVAOrdinal
	callDelayedRVA
	callDelayedRVAOrdinal
	callLocale
	callLanguage
	callIsDLL
	callIs32
	callIs64
	callOffset
	callRichVersion
	callRichVersionTool
	callRichTool
	callRichToolVersion
)

// callPE calls a function; of a file that is no PE file all are undefined.
func callPE(p *pe, slot int, args []decl.Value) decl.Value {
	if p.data == nil {
		return decl.Value{}
	}
	switch slot {
	case callChecksum:
		return p.checksum()
	case callImphash:
		return textOf(p.importHash())
	case callSectionIndexName:
		return p.sectionIndex(func(s *peSection) bool { return bytes.Equal(s.name, args[0].S) })
	case callSectionIndexAddress:
		return p.sectionIndex(func(s *peSection) bool {
			return args[0].Int >= int64(s.rawOffset) && args[0].Int < int64(s.rawOffset)+int64(s.rawSize)
		})
	case callLocale:
		return p.hasLanguage(0xffff, args[0].Int)
	case callLanguage:
		return p.hasLanguage(0xff, args[0].Int)
	case callIsDLL:
		return decl.IntOf(int64(p.header16(18)) & isDLL)
	case callIs32:
		return decl.BoolOf(!p.wide)
	case callIs64:
		return decl.BoolOf(p.wide)
	case callOffset:
		if at := p.offset(uint64(args[0].Int)); at >= 0 {
			return decl.IntOf(at)
		}
		return decl.Value{}
	case callRichVersion:
		return p.richCount(args[0].Int, -1)
	case callRichVersionTool:
		return p.richCount(args[0].Int, args[1].Int)
	case callRichTool:
		return p.richCount(-1, args[0].Int)
	case callRichToolVersion:
		return p.richCount(args[1].Int, args[0].Int)
	}
	if slot <= callExportsIndexRegex {
		return p.callExports(slot, args[0])
	}
	return p.callImports(slot, args)
}

func (p *pe) sectionIndex(is func(s *peSection) bool) decl.Value {
	for i := range p.sections {
		if is(&p.sections[i]) {
			return decl.IntOf(int64(i))
		}
	}
	return decl.Value{}
}

// callExports answers exports, which is 0 or 1, and exports_index, which is undefined where there is none.
func (p *pe) callExports(slot int, arg decl.Value) decl.Value {
	var i int
	switch slot {
	case callExportsName, callExportsIndexName:
		i = p.exportIndex(func(f *exportedFunction) bool { return f.name != nil && equalFold(f.name, arg.S) })
	case callExportsRegex, callExportsIndexRegex:
		i = p.exportIndex(func(f *exportedFunction) bool { return f.name != nil && p.matches(arg, f.name) })
	default:
		// As in libyara an ordinal beyond the number of functions is not looked for, wherever the ordinals begin.
		i = -1
		if n := int64(len(p.exportTable().functions)); arg.Int > 0 && arg.Int <= n {
			i = p.exportIndex(func(f *exportedFunction) bool { return int64(f.ordinal) == arg.Int })
		}
	}
	if slot == callExportsName || slot == callExportsRegex || slot == callExportsOrdinal {
		return decl.BoolOf(i >= 0)
	}
	if i < 0 {
		return decl.Value{}
	}
	return decl.IntOf(int64(i))
}

// matches asks a regular expression about a name, and pays for it.
func (p *pe) matches(re decl.Value, name []byte) bool {
	return re.Re != nil && p.scan.Work(int64(len(name))) && re.Re.Match(name)
}

func (p *pe) callImports(slot int, args []decl.Value) decl.Value {
	flags := int64(importStandard)
	switch slot {
	case callImportsOf, callImportsOrdinalOf, callImportsLibraryOf, callImportsRegexOf:
		flags, args = args[0].Int, args[1:]
	}
	any := func(*importedFunction) bool { return true }
	library := func(name []byte) bool { return equalFold(name, args[0].S) }
	named := func(f *importedFunction) bool { return len(args) > 1 && equalFold(f.name, args[1].S) }
	numbered := func(f *importedFunction) bool {
		return len(args) > 1 && f.hasOrdinal && int64(f.ordinal) == args[1].Int
	}
	switch slot {
	case callImports, callImportsOf:
		return p.countImports(flags, 1, library, named)
	case callImportsOrdinal, callImportsOrdinalOf:
		return p.countImports(flags, 1, library, numbered)
	case callImportsLibrary, callImportsLibraryOf:
		return p.countImports(flags, math.MaxInt, library, any)
	case callImportsRegex, callImportsRegexOf:
		return p.countImports(flags, math.MaxInt, func(name []byte) bool { return p.matches(args[0], name) },
			func(f *importedFunction) bool { return p.matches(args[1], f.name) })
	case callImportRVA:
		return p.importAddress(importStandard, args[0].S, named)
	case callImportRVAOrdinal:
		return p.importAddress(importStandard, args[0].S, numbered)
	case callDelayedRVA:
		return p.importAddress(importDelayed, args[0].S, named)
	case callDelayedRVAOrdinal:
		return p.importAddress(importDelayed, args[0].S, numbered)
	}
	return decl.Value{}
}
