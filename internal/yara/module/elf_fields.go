package module

import "vigie/internal/yara/decl"

// elfModule declares elf. Of a file that is no ELF file all fields are undefined. The functions telfhash and import_md5 of libyara are not
// there.
func elfModule() *decl.Module {
	return &decl.Module{
		Name: "elf",
		Type: structType(elfFields, elfConstants),
		Open: func(s *decl.Scan) decl.Object { return &object[*elf]{v: openELF(s), fields: elfFields} },
	}
}

func ofELF(name string, get func(e *elf) int64) field[*elf] {
	return field[*elf]{name, intType, func(e *elf) decl.Value {
		if e.data == nil {
			return decl.Value{}
		}
		return decl.IntOf(get(e))
	}}
}

func elfList[T any](name string, fields []field[*T], get func(e *elf) []T) field[*elf] {
	return field[*elf]{name, arrayType(structType(fields, nil)), func(e *elf) decl.Value {
		if e.data == nil {
			return decl.Value{}
		}
		return arrayOf(get(e), fields)
	}}
}

// count gives the number of entries of a table that is there.
func count[T any](name string, get func(e *elf) []T) field[*elf] {
	return field[*elf]{name, intType, func(e *elf) decl.Value {
		if n := len(get(e)); n > 0 {
			return decl.IntOf(int64(n))
		}
		return decl.Value{}
	}}
}

func (e *elf) staticSymbols() []elfSymbol  { return e.symbolList(&e.symbols, sectionSymbols) }
func (e *elf) dynamicSymbols() []elfSymbol { return e.symbolList(&e.dyn, sectionDynSyms) }

var elfFields = []field[*elf]{
	ofELF("type", func(e *elf) int64 { return int64(e.kind) }),
	ofELF("machine", func(e *elf) int64 { return int64(e.machine) }),
	{"entry_point", intType, func(e *elf) decl.Value {
		if e.data == nil {
			return decl.Value{}
		}
		return e.entryPoint()
	}},
	ofELF("number_of_sections", func(e *elf) int64 { return int64(e.nSections) }),
	ofELF("sh_offset", func(e *elf) int64 { return int64(e.sectionsAt) }),
	ofELF("sh_entry_size", func(e *elf) int64 { return int64(e.sectionSize) }),
	ofELF("number_of_segments", func(e *elf) int64 { return int64(e.nSegments) }),
	ofELF("ph_offset", func(e *elf) int64 { return int64(e.segmentsAt) }),
	ofELF("ph_entry_size", func(e *elf) int64 { return int64(e.segmentSize) }),
	elfList("sections", []field[*elfSection]{
		integer("type", func(s *elfSection) int64 { return int64(s.kind) }),
		integer("flags", func(s *elfSection) int64 { return int64(s.flags) }),
		integer("address", func(s *elfSection) int64 { return int64(s.address) }),
		textIn("name", func(s *elfSection) []byte { return s.name }),
		integer("size", func(s *elfSection) int64 { return int64(s.size) }),
		integer("offset", func(s *elfSection) int64 { return int64(s.offset) }),
	}, (*elf).sectionList),
	elfList("segments", []field[*elfSegment]{
		integer("type", func(s *elfSegment) int64 { return int64(s.kind) }),
		integer("flags", func(s *elfSegment) int64 { return int64(s.flags) }),
		integer("offset", func(s *elfSegment) int64 { return int64(s.offset) }),
		integer("virtual_address", func(s *elfSegment) int64 { return int64(s.virtual) }),
		integer("physical_address", func(s *elfSegment) int64 { return int64(s.physical) }),
		integer("file_size", func(s *elfSegment) int64 { return int64(s.fileSize) }),
		integer("memory_size", func(s *elfSegment) int64 { return int64(s.memorySize) }),
		integer("alignment", func(s *elfSegment) int64 { return int64(s.alignment) }),
	}, (*elf).segmentList),
	count("dynamic_section_entries", (*elf).dynamicList),
	elfList("dynamic", []field[*elfDynamic]{
		integer("type", func(d *elfDynamic) int64 { return int64(d.tag) }),
		integer("val", func(d *elfDynamic) int64 { return int64(d.value) }),
	}, (*elf).dynamicList),
	count("symtab_entries", (*elf).staticSymbols),
	elfList("symtab", symbolFields, (*elf).staticSymbols),
	count("dynsym_entries", (*elf).dynamicSymbols),
	elfList("dynsym", symbolFields, (*elf).dynamicSymbols),
}

var symbolFields = []field[*elfSymbol]{
	textIn("name", func(s *elfSymbol) []byte { return s.name }),
	integer("value", func(s *elfSymbol) int64 { return int64(s.value) }),
	integer("size", func(s *elfSymbol) int64 { return int64(s.size) }),
	integer("type", func(s *elfSymbol) int64 { return int64(s.info & 0xf) }),
	integer("bind", func(s *elfSymbol) int64 { return int64(s.info >> 4) }),
	integer("shndx", func(s *elfSymbol) int64 { return int64(s.section) }),
}

// elfConstants are those of the System V ABI.
var elfConstants = []constant{
	{"ET_NONE", 0}, {"ET_REL", 1}, {"ET_EXEC", elfExecutable}, {"ET_DYN", 3}, {"ET_CORE", 4},

	{"EM_NONE", 0}, {"EM_M32", 1}, {"EM_SPARC", 2}, {"EM_386", 3}, {"EM_68K", 4}, {"EM_88K", 5}, {"EM_860", 7}, {"EM_MIPS", 8},
	{"EM_MIPS_RS3_LE", 10}, {"EM_PPC", 20}, {"EM_PPC64", 21}, {"EM_ARM", 40}, {"EM_X86_64", 62}, {"EM_AARCH64", 183},

	{"SHT_NULL", sectionNull}, {"SHT_PROGBITS", 1}, {"SHT_SYMTAB", sectionSymbols}, {"SHT_STRTAB", sectionStrings}, {"SHT_RELA", 4},
	{"SHT_HASH", 5}, {"SHT_DYNAMIC", 6}, {"SHT_NOTE", 7}, {"SHT_NOBITS", sectionNoBits}, {"SHT_REL", 9}, {"SHT_SHLIB", 10},
	{"SHT_DYNSYM", sectionDynSyms},

	{"SHF_WRITE", 1}, {"SHF_ALLOC", 2}, {"SHF_EXECINSTR", 4},

	{"PT_NULL", 0}, {"PT_LOAD", 1}, {"PT_DYNAMIC", segmentDynamic}, {"PT_INTERP", 3}, {"PT_NOTE", 4}, {"PT_SHLIB", 5}, {"PT_PHDR", 6},
	{"PT_TLS", 7}, {"PT_GNU_EH_FRAME", 0x6474e550}, {"PT_GNU_STACK", 0x6474e551},

	{"PF_X", 1}, {"PF_W", 2}, {"PF_R", 4},

	{"DT_NULL", 0}, {"DT_NEEDED", 1}, {"DT_PLTRELSZ", 2}, {"DT_PLTGOT", 3}, {"DT_HASH", 4}, {"DT_STRTAB", 5}, {"DT_SYMTAB", 6},
	{"DT_RELA", 7}, {"DT_RELASZ", 8}, {"DT_RELAENT", 9}, {"DT_STRSZ", 10}, {"DT_SYMENT", 11}, {"DT_INIT", 12}, {"DT_FINI", 13},
	{"DT_SONAME", 14}, {"DT_RPATH", 15}, {"DT_SYMBOLIC", 16}, {"DT_REL", 17}, {"DT_RELSZ", 18}, {"DT_RELENT", 19}, {"DT_PLTREL", 20},
	{"DT_DEBUG", 21}, {"DT_TEXTREL", 22}, {"DT_JMPREL", 23}, {"DT_BIND_NOW", 24}, {"DT_INIT_ARRAY", 25}, {"DT_FINI_ARRAY", 26},
	{"DT_INIT_ARRAYSZ", 27}, {"DT_FINI_ARRAYSZ", 28}, {"DT_RUNPATH", 29}, {"DT_FLAGS", 30}, {"DT_ENCODING", 32},

	{"STT_NOTYPE", 0}, {"STT_OBJECT", 1}, {"STT_FUNC", 2}, {"STT_SECTION", 3}, {"STT_FILE", 4}, {"STT_COMMON", 5}, {"STT_TLS", 6},

	{"STB_LOCAL", 0}, {"STB_GLOBAL", 1}, {"STB_WEAK", 2},
}
