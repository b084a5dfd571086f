package module

import (
	"encoding/hex"

	"vigie/internal/yara/decl"
)

// peModule declares pe and reads its fields. Of a file that is no PE file all are undefined, but is_pe.
func peModule() *decl.Module {
	return &decl.Module{
		Name: "pe",
		Type: withholding(structType(peFields, peConstants), withheldOfPE),
		Open: func(s *decl.Scan) decl.Object { return &object[*pe]{v: openPE(s), fields: peFields, call: callPE} },
	}
}

// number gives a field that only a PE file has.
func number[N uint16 | uint32 | uint64 | int64 | int](name string, get func(p *pe) N) field[*pe] {
	return field[*pe]{name, intType, func(p *pe) decl.Value {
		if p.data == nil {
			return decl.Value{}
		}
		return decl.IntOf(int64(get(p)))
	}}
}

// header is a number of two or four bytes in the file header, optional one in the optional header.
func header(name string, offset int64, size int) field[*pe] {
	return number(name, func(p *pe) uint32 {
		if size == 2 {
			return uint32(p.header16(offset))
		}
		return p.header32(offset)
	})
}

func optional(name string, offset int64, size int) field[*pe] {
	return number(name, func(p *pe) uint32 {
		switch size {
		case 1:
			return uint32(p.optional16(offset)) & 0xff
		case 2:
			return uint32(p.optional16(offset))
		}
		return p.optional32(offset)
	})
}

// version is a structure of two numbers in the optional header.
func version(name string, major, minor int64, size int) field[*pe] {
	fields := []field[*pe]{optional("major", major, size), optional("minor", minor, size)}
	return structure(name, fields)
}

func structure(name string, fields []field[*pe]) field[*pe] {
	return field[*pe]{name, structType(fields, nil), func(p *pe) decl.Value { return structOf(p, fields) }}
}

// wideNumber is a number that has eight bytes in PE32+.
func wideNumber(name string, offset32, offset64 int64) field[*pe] {
	return number(name, func(p *pe) uint64 { return p.optionalWord(offset32, offset64) })
}

// text is a text that may be missing.
func text(name string, get func(p *pe) []byte) field[*pe] {
	return field[*pe]{name, stringType, func(p *pe) decl.Value { return textOf(get(p)) }}
}

// list is an array of structures that a parser gives.
func list[T any](name string, fields []field[*T], get func(p *pe) []T) field[*pe] {
	return field[*pe]{name, arrayType(structType(fields, nil)), func(p *pe) decl.Value {
		if p.data == nil {
			return decl.Value{}
		}
		return arrayOf(get(p), fields)
	}}
}

func integer[T any](name string, get func(v T) int64) field[T] {
	return field[T]{name, intType, func(v T) decl.Value { return decl.IntOf(get(v)) }}
}

func textIn[T any](name string, get func(v T) []byte) field[T] {
	return field[T]{name, stringType, func(v T) decl.Value { return textOf(get(v)) }}
}

// peFields is all that can be asked, in the order of libyara.
var peFields = []field[*pe]{
	{"is_pe", intType, func(p *pe) decl.Value { return decl.BoolOf(p.data != nil) }},
	header("machine", 0, 2),
	header("number_of_sections", 2, 2),
	header("timestamp", 4, 4),
	header("pointer_to_symbol_table", 8, 4),
	header("number_of_symbols", 12, 4),
	header("size_of_optional_header", 16, 2),
	header("characteristics", 18, 2),
	number("entry_point", func(p *pe) int64 { return p.offset(uint64(p.optional32(16))) }),
	optional("entry_point_raw", 16, 4),
	number("image_base", (*pe).imageBase),
	wideDirectoryCount,
	number("number_of_version_infos", func(p *pe) int { return len(p.resourceTable().versionList) }),
	{"version_info", &decl.Type{Kind: decl.Dict, Elem: stringType}, func(p *pe) decl.Value {
		return decl.ObjectOf(decl.Dict, &p.resourceTable().versions)
	}},
	list("version_info_list", []field[*versionEntry]{
		textIn("key", func(e *versionEntry) []byte { return e.key }),
		textIn("value", func(e *versionEntry) []byte { return e.value }),
	}, func(p *pe) []versionEntry { return p.resourceTable().versionList }),
	optional("opthdr_magic", 0, 2),
	optional("size_of_code", 4, 4),
	optional("size_of_initialized_data", 8, 4),
	optional("size_of_uninitialized_data", 12, 4),
	optional("base_of_code", 20, 4),
	{"base_of_data", intType, func(p *pe) decl.Value {
		if p.data == nil || p.wide {
			return decl.Value{}
		}
		return decl.IntOf(int64(p.optional32(24)))
	}},
	optional("section_alignment", 32, 4),
	optional("file_alignment", 36, 4),
	version("linker_version", 2, 3, 1),
	version("os_version", 40, 42, 2),
	version("image_version", 44, 46, 2),
	version("subsystem_version", 48, 50, 2),
	optional("win32_version_value", 52, 4),
	optional("size_of_image", 56, 4),
	optional("size_of_headers", 60, 4),
	optional("checksum", 64, 4),
	{"calculate_checksum", funcType(way("", callChecksum)), nil},
	optional("subsystem", 68, 2),
	optional("dll_characteristics", 70, 2),
	wideNumber("size_of_stack_reserve", 72, 72),
	wideNumber("size_of_stack_commit", 76, 80),
	wideNumber("size_of_heap_reserve", 80, 88),
	wideNumber("size_of_heap_commit", 84, 96),
	number("loader_flags", func(p *pe) uint32 { v, _ := p.data.u32(p.directoriesAt() - 8); return v }),
	list("data_directories", directoryFields, (*pe).directories),
	list("sections", sectionFields, func(p *pe) []peSection { return p.sections }),
	structure("overlay", []field[*pe]{
		number("offset", func(p *pe) int64 { offset, _ := p.overlay(); return offset }),
		number("size", func(p *pe) int64 { _, size := p.overlay(); return size }),
	}),
	{"rich_signature", structType(richFields, nil), func(p *pe) decl.Value {
		return decl.ObjectOf(decl.Struct, &object[*pe]{v: p, fields: richFields, call: callPE})
	}},
	{"imphash", &decl.Type{Kind: decl.Func, Funcs: []decl.Function{{Result: stringType, Slot: callImphash}}}, nil},
	{"section_index", funcType(way("s", callSectionIndexName), way("i", callSectionIndexAddress)), nil},
	{"exports", funcType(way("s", callExportsName), way("r", callExportsRegex), way("i", callExportsOrdinal)), nil},
	{"exports_index", funcType(way("s", callExportsIndexName), way("i", callExportsIndexOrdinal), way("r", callExportsIndexRegex)), nil},
	{"imports", funcType(way("ss", callImports), way("si", callImportsOrdinal), way("s", callImportsLibrary), way("rr", callImportsRegex),
		way("iss", callImportsOf), way("isi", callImportsOrdinalOf), way("is", callImportsLibraryOf), way("irr", callImportsRegexOf)), nil},
	{"import_rva", funcType(way("ss", callImportRVA), way("si", callImportRVAOrdinal)), nil},
	{"delayed_import_rva", funcType(way("ss", callDelayedRVA), way("si", callDelayedRVAOrdinal)), nil},
	{"locale", funcType(way("i", callLocale)), nil},
	{"language", funcType(way("i", callLanguage)), nil},
	{"is_dll", funcType(way("", callIsDLL)), nil},
	{"is_32bit", funcType(way("", callIs32)), nil},
	{"is_64bit", funcType(way("", callIs64)), nil},
	number("number_of_imports", func(p *pe) int { return len(p.standardImports().libraries) }),
	number("number_of_imported_functions", func(p *pe) int { return p.standardImports().functions }),
	number("number_of_delayed_imports", func(p *pe) int { return len(p.delayedImports().libraries) }),
	number("number_of_delayed_imported_functions", func(p *pe) int { return p.delayedImports().functions }),
	number("number_of_exports", func(p *pe) int { return len(p.exportTable().functions) }),
	text("dll_name", func(p *pe) []byte { return p.exportTable().library }),
	{"export_timestamp", intType, func(p *pe) decl.Value { return p.exportTable().timestamp }},
	list("export_details", exportFields, func(p *pe) []exportedFunction { return p.exportTable().functions }),
	list("import_details", libraryFields, func(p *pe) []importedLibrary { return p.standardImports().libraries }),
	list("delayed_import_details", libraryFields, func(p *pe) []importedLibrary { return p.delayedImports().libraries }),
	{"resource_timestamp", intType, func(p *pe) decl.Value { return p.resourceTable().timestamp }},
	structure("resource_version", []field[*pe]{
		{"major", intType, func(p *pe) decl.Value { return p.resourceTable().major }},
		{"minor", intType, func(p *pe) decl.Value { return p.resourceTable().minor }},
	}),
	list("resources", resourceFields, func(p *pe) []resource { return p.resourceTable().items }),
	number("number_of_resources", func(p *pe) int { return len(p.resourceTable().items) }),
	text("pdb_path", (*pe).pdbPath),
	signaturesField,
	number("number_of_signatures", func(p *pe) int { return len(p.signatureList()) }),
	{"rva_to_offset", funcType(way("i", callOffset)), nil},
}

var wideDirectoryCount = number("number_of_rva_and_sizes", func(p *pe) uint32 { v, _ := p.data.u32(p.directoriesAt() - 4); return v })

// dataDirectory is an address and a size.
type dataDirectory struct{ rva, size uint32 }

func (p *pe) directories() (all []dataDirectory) {
	n, _ := p.data.u32(p.directoriesAt() - 4)
	for i := range int64(min(n, numDirs)) {
		rva, _ := p.data.u32(p.directoriesAt() + 8*i)
		size, ok := p.data.u32(p.directoriesAt() + 8*i + 4)
		if !ok {
			break
		}
		all = append(all, dataDirectory{rva, size})
	}
	return all
}

var directoryFields = []field[*dataDirectory]{
	integer("virtual_address", func(d *dataDirectory) int64 { return int64(d.rva) }),
	integer("size", func(d *dataDirectory) int64 { return int64(d.size) }),
}

var sectionFields = []field[*peSection]{
	textIn("name", func(s *peSection) []byte { return s.name }),
	textIn("full_name", func(s *peSection) []byte { return s.fullName }),
	integer("characteristics", func(s *peSection) int64 { return int64(s.characteristics) }),
	integer("virtual_address", func(s *peSection) int64 { return int64(s.virtualAddress) }),
	integer("virtual_size", func(s *peSection) int64 { return int64(s.virtualSize) }),
	integer("raw_data_offset", func(s *peSection) int64 { return int64(s.rawOffset) }),
	integer("raw_data_size", func(s *peSection) int64 { return int64(s.rawSize) }),
	integer("pointer_to_relocations", func(s *peSection) int64 { return int64(s.relocations) }),
	integer("pointer_to_line_numbers", func(s *peSection) int64 { return int64(s.lineNumbers) }),
	integer("number_of_relocations", func(s *peSection) int64 { return int64(s.nRelocations) }),
	integer("number_of_line_numbers", func(s *peSection) int64 { return int64(s.nLineNumbers) }),
}

// ofRich gives a field that a file has only with the record of its compilers.
func ofRich(name string, typ *decl.Type, get func(r *richSignature) decl.Value) field[*pe] {
	return field[*pe]{name, typ, func(p *pe) decl.Value {
		if r := p.richSignature(); r.offset != 0 {
			return get(r)
		}
		return decl.Value{}
	}}
}

var richFields = []field[*pe]{
	ofRich("offset", intType, func(r *richSignature) decl.Value { return decl.IntOf(r.offset) }),
	ofRich("length", intType, func(r *richSignature) decl.Value { return decl.IntOf(int64(len(r.raw))) }),
	ofRich("key", intType, func(r *richSignature) decl.Value { return decl.IntOf(int64(r.key)) }),
	ofRich("raw_data", stringType, func(r *richSignature) decl.Value { return textOf(r.raw) }),
	ofRich("clear_data", stringType, func(r *richSignature) decl.Value { return textOf(r.clear) }),
	ofRich("version_data", stringType, func(r *richSignature) decl.Value { return textOf(r.versionData()) }),
	{"version", funcType(way("i", callRichVersion), way("ii", callRichVersionTool)), nil},
	{"toolid", funcType(way("i", callRichTool), way("ii", callRichToolVersion)), nil},
}

var exportFields = []field[*exportedFunction]{
	{"offset", intType, func(f *exportedFunction) decl.Value {
		if f.offset < 0 || f.forward != nil {
			return decl.Value{}
		}
		return decl.IntOf(f.offset)
	}},
	textIn("name", func(f *exportedFunction) []byte { return f.name }),
	textIn("forward_name", func(f *exportedFunction) []byte { return f.forward }),
	integer("ordinal", func(f *exportedFunction) int64 { return int64(f.ordinal) }),
	integer("rva", func(f *exportedFunction) int64 { return int64(f.rva) }),
}

var functionFields = []field[*importedFunction]{
	textIn("name", func(f *importedFunction) []byte { return f.name }),
	{"ordinal", intType, func(f *importedFunction) decl.Value {
		if !f.hasOrdinal {
			return decl.Value{}
		}
		return decl.IntOf(int64(f.ordinal))
	}},
	{"rva", intType, func(f *importedFunction) decl.Value {
		if f.rva == 0 {
			return decl.Value{}
		}
		return decl.IntOf(int64(f.rva))
	}},
}

var libraryFields = []field[*importedLibrary]{
	textIn("library_name", func(l *importedLibrary) []byte { return l.name }),
	integer("number_of_functions", func(l *importedLibrary) int64 { return int64(len(l.functions)) }),
	{"functions", arrayType(structType(functionFields, nil)), func(l *importedLibrary) decl.Value {
		return arrayOf(l.functions, functionFields)
	}},
}

// ofLevel gives the number, or the text, of a level of the tree of resources.
func ofLevel(name string, level int) field[*resource] {
	return field[*resource]{name, intType, func(r *resource) decl.Value {
		if r.level[level].isText {
			return decl.Value{}
		}
		return decl.IntOf(int64(int32(r.level[level].number)))
	}}
}

func textOfLevel(name string, level int) field[*resource] {
	return textIn(name, func(r *resource) []byte { return r.level[level].text })
}

var resourceFields = []field[*resource]{
	integer("rva", func(r *resource) int64 { return int64(r.rva) }),
	{"offset", intType, func(r *resource) decl.Value {
		if r.offset < 0 {
			return decl.Value{}
		}
		return decl.IntOf(r.offset)
	}},
	integer("length", func(r *resource) int64 { return int64(r.size) }),
	ofLevel("type", 0), ofLevel("id", 1), ofLevel("language", 2),
	textOfLevel("type_string", 0), textOfLevel("name_string", 1), textOfLevel("language_string", 2),
}

// ofCertificate are the fields of a certificate, read out of T.
func ofCertificate[T any](get func(T) *certificate) []field[T] {
	textField := func(name string, text func(c *certificate) string) field[T] {
		return field[T]{name, stringType, func(v T) decl.Value {
			if c := get(v); c != nil {
				return decl.StringOf([]byte(text(c)))
			}
			return decl.Value{}
		}}
	}
	valueField := func(name string, value func(c *certificate) decl.Value) field[T] {
		return field[T]{name, intType, func(v T) decl.Value {
			if c := get(v); c != nil {
				return value(c)
			}
			return decl.Value{}
		}}
	}
	return []field[T]{
		textField("thumbprint", func(c *certificate) string { return c.thumbprint }),
		textField("issuer", func(c *certificate) string { return c.issuer }),
		textField("subject", func(c *certificate) string { return c.subject }),
		valueField("version", func(c *certificate) decl.Value { return decl.IntOf(c.version) }),
		textField("algorithm", func(c *certificate) string { return c.algorithm }),
		textField("algorithm_oid", func(c *certificate) string { return c.algorithmOID }),
		textField("serial", func(c *certificate) string { return c.serial }),
		valueField("not_before", func(c *certificate) decl.Value { return c.notBefore }),
		valueField("not_after", func(c *certificate) decl.Value { return c.notAfter }),
	}
}

var certificateFields = ofCertificate(func(c **certificate) *certificate { return *c })

var signatureFields = append(ofCertificate(func(s *peSignature) *certificate { return s.signer }),
	textIn("digest_alg", func(s *peSignature) []byte {
		if s.digestAlg == "" {
			return nil
		}
		return []byte(s.digestAlg)
	}),
	textIn("digest", func(s *peSignature) []byte {
		if s.digest == nil {
			return nil
		}
		return []byte(hex.EncodeToString(s.digest))
	}),
	integer("number_of_certificates", func(s *peSignature) int64 { return int64(len(s.certificates)) }),
	field[*peSignature]{"certificates", arrayType(structType(certificateFields, nil)), func(s *peSignature) decl.Value {
		return arrayOf(s.certificates, certificateFields)
	}},
	field[*peSignature]{"valid_on", funcType(way("i", 0)), nil},
)

// What libyara judges of a signature. A certificate in a file is a claim, and whether to trust it is for people and a time; a rule that asks would
// be answered by the machine that scans. It is refused when the rules are compiled.
const (
	noTrust  = "signatures are read, not verified: ask issuer, subject, thumbprint, serial, not_before, not_after or valid_on, which are what the file claims"
	noSigner = "ask number_of_certificates and certificates, which have every certificate of the signature"
)

var (
	withheldOfSignature = map[string]string{"verified": noTrust, "file_digest": noTrust, "countersignatures": noTrust,
		"number_of_countersignatures": noTrust, "signer_info": noSigner}
	withheldOfPE = map[string]string{"is_signed": noTrust}
)

func withholding(t *decl.Type, names map[string]string) *decl.Type {
	t.Withheld = names
	return t
}

var signaturesField = field[*pe]{"signatures", arrayType(withholding(structType(signatureFields, nil), withheldOfSignature)), func(p *pe) decl.Value {
	if p.data == nil {
		return decl.Value{}
	}
	return decl.ObjectOf(decl.Array, &array[peSignature]{items: p.signatureList(), fields: signatureFields,
		call: func(s *peSignature, _ int, args []decl.Value) decl.Value { return s.validOn(args[0].Int) }})
}}
