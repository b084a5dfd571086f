package module

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vigie/internal/yara/decl"
)

var steps = regexp.MustCompile(`\w+|\["[^"]*"\]|\[\d+\]`)

// ask follows a path such as "sections[0].name" from the root of a module, and gives what is there as text.
func ask(t *testing.T, m *decl.Module, root decl.Object, path string) string {
	t.Helper()
	v, typ := decl.ObjectOf(decl.Struct, root), m.Type
	for _, step := range steps.FindAllString(path, -1) {
		switch {
		case v.Obj == nil:
			return show(v)
		case typ.Kind == decl.Dict:
			v, typ = v.Obj.Lookup([]byte(strings.Trim(step, `[]"`))), typ.Elem
		case typ.Kind == decl.Array:
			i, _ := strconv.Atoi(strings.Trim(step, "[]"))
			if i >= v.Obj.Len() {
				return "beyond the end"
			}
			v, typ = v.Obj.Index(i), typ.Elem
		default:
			i := fieldIndex(typ, step)
			if i < 0 {
				t.Fatalf("%s: there is no field %s", path, step)
			}
			f := typ.Fields[i]
			if typ = f.Type; f.Const.Kind != decl.Undefined {
				v = f.Const
			} else {
				v = v.Obj.Field(i)
			}
		}
	}
	return show(v)
}

func fieldIndex(t *decl.Type, name string) int {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

func show(v decl.Value) string {
	switch v.Kind {
	case decl.Int:
		return strconv.FormatInt(v.Int, 10)
	case decl.String:
		return strconv.Quote(string(v.S))
	}
	return v.Kind.String()
}

func TestFields(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{"pe": buildPE(), "elf": buildELF(), "dotnet": buildDotnet()}
	tests := map[string]string{
		"pe.is_pe": "1", "pe.machine": "332", "pe.MACHINE_I386": "332", "pe.number_of_sections": "1", "pe.timestamp": "1600000000",
		"pe.entry_point": "1280", "pe.entry_point_raw": "4352", "pe.image_base": "4194304", "pe.linker_version.major": "14",
		"pe.linker_version.minor": "2", "pe.subsystem": "2", "pe.subsystem_version.major": "5", "pe.size_of_stack_reserve": "1048576",
		"pe.number_of_rva_and_sizes": "16", "pe.data_directories[1].size": "60", "pe.sections[0].name": `".text"`,
		"pe.sections[0].raw_data_size": "2048", "pe.sections[0].characteristics": "1610612768", "pe.sections[1].name": "beyond the end",
		"pe.overlay.offset": "3072", "pe.overlay.size": "4", "pe.rich_signature.offset": "128", "pe.rich_signature.length": "24",
		"pe.rich_signature.key": "305419896", "pe.rich_signature.version_data": `"\tx\x93\x00"`,
		"pe.number_of_imports": "2", "pe.number_of_imported_functions": "3", "pe.import_details[0].library_name": `"KERNEL32.dll"`,
		"pe.import_details[0].functions[1].name": `"GetLastError"`, "pe.import_details[1].functions[0].name": `"WSAStartup"`,
		"pe.import_details[1].functions[0].ordinal": "115", "pe.import_details[0].functions[0].ordinal": "undefined",
		"pe.number_of_exports": "2", "pe.dll_name": `"lib.dll"`, "pe.export_timestamp": "1500000000", "pe.export_details[0].name": `"RunMe"`,
		"pe.export_details[0].ordinal": "5", "pe.export_details[0].offset": "1280", "pe.export_details[1].forward_name": `"other.Func"`,
		"pe.export_details[1].name": "undefined", "pe.export_details[1].offset": "undefined",
		"pe.number_of_resources": "1", "pe.resource_timestamp": "1400000000", "pe.resources[0].type": "16", "pe.resources[0].language": "1033",
		"pe.resources[0].offset": "1920", "pe.resources[0].type_string": "undefined", "pe.resource_version.major": "4",
		`pe.version_info["CompanyName"]`: `"Contoso"`, `pe.version_info["Missing"]`: "undefined", "pe.number_of_version_infos": "1",
		"pe.version_info_list[0].key": `"CompanyName"`, "pe.pdb_path": `"C:\\build\\shell.pdb"`, "pe.number_of_signatures": "0",
		"pe.number_of_delayed_imports": "0", "pe.base_of_data": "8192",

		"elf.type": "2", "elf.machine": "62", "elf.EM_X86_64": "62", "elf.entry_point": "256", "elf.number_of_sections": "4",
		"elf.sections[1].name": `".text"`, "elf.sections[1].address": "4194560", "elf.segments[0].memory_size": "4096",
		"elf.dynamic_section_entries": "2", "elf.dynamic[0].val": "77", "elf.symtab_entries": "1", "elf.symtab[0].name": `"main"`,
		"elf.symtab[0].type": "2", "elf.symtab[0].bind": "1", "elf.dynsym_entries": "undefined",

		"dotnet.is_dotnet": "1", "dotnet.version": `"v4.0.30319"`, "dotnet.number_of_streams": "5", "dotnet.module_name": `"app.exe"`,
		"dotnet.typelib": `"01234567-89ab-cdef-0123-456789abcdef"`, "dotnet.assembly.name": `"app"`, "dotnet.assembly.version.major": "1",
		"dotnet.assembly.version.revision_number": "4", "dotnet.number_of_assembly_refs": "1", "dotnet.assembly_refs[0].name": `"mscorlib"`,
		"dotnet.assembly_refs[0].version.major": "4", "dotnet.number_of_modulerefs": "0", "dotnet.assembly.culture": "undefined",
		"dotnet.streams[0].name":   `"#GUID"`,
		"dotnet.streams[0].offset": "2800", "dotnet.number_of_guids": "1", "dotnet.guids[0]": `"04030201-0605-0807-090a-0b0c0d0e0f10"`,
		"dotnet.number_of_user_strings": "1", "dotnet.user_strings[0]": `"a\x00b\x00c\x00"`,
	}
	for _, m := range Modules() {
		root := m.Open(scanOf(files[m.Name]))
		none := m.Open(scanOf([]byte("MZ, but no executable at all, and long enough to hold the first header of one")))
		for path, want := range tests {
			name, path, _ := strings.Cut(path, ".")
			if name != m.Name {
				continue
			}
			if got := ask(t, m, root, path); got != want {
				t.Errorf("%s.%s is %s, want %s", name, path, got, want)
			}
			if strings.ToUpper(path) == path {
				continue
			}
			want := "undefined"
			if path == "is_pe" || path == "is_dotnet" {
				want = "0"
			}
			if got := ask(t, m, none, path); got != want && got != "beyond the end" {
				t.Errorf("%s.%s of another file is %s, want %s", name, path, got, want)
			}
		}
	}
}

// matcher is a regular expression of the compiler.
type matcher struct{ *regexp.Regexp }

func (m matcher) Match(data []byte) bool { return m.Regexp.Match(data) }

func TestFunctionsOfPE(t *testing.T) {
	t.Parallel()
	p := openPE(scanOf(buildPE()))
	s := func(s string) decl.Value { return decl.StringOf([]byte(s)) }
	n := decl.IntOf
	r := func(s string) decl.Value { return decl.Value{Kind: decl.Regex, Re: matcher{regexp.MustCompile(s)}} }
	tests := []struct {
		name string
		slot int
		args []decl.Value
		want string
	}{
		{"imphash", callImphash, nil, `"174de3840530b443eaada4019b4da4b3"`},
		{"checksum", callChecksum, nil, ""},
		{"section by name", callSectionIndexName, []decl.Value{s(".text")}, "0"},
		{"section that is not there", callSectionIndexName, []decl.Value{s(".data")}, "undefined"},
		{"section by offset", callSectionIndexAddress, []decl.Value{n(0x500)}, "0"},
		{"export in other case", callExportsName, []decl.Value{s("RUNME")}, "1"},
		{"export that is not there", callExportsName, []decl.Value{s("Run")}, "0"},
		{"export by pattern", callExportsRegex, []decl.Value{r("^Run")}, "1"},
		{"export by number beyond how many there are", callExportsOrdinal, []decl.Value{n(5)}, "0"},
		{"index of an export", callExportsIndexName, []decl.Value{s("RunMe")}, "0"},
		{"index of an export that is not there", callExportsIndexName, []decl.Value{s("x")}, "undefined"},
		{"import", callImports, []decl.Value{s("kernel32.DLL"), s("exitprocess")}, "1"},
		{"import of another library", callImports, []decl.Value{s("ws2_32.dll"), s("ExitProcess")}, "0"},
		{"import by number", callImportsOrdinal, []decl.Value{s("WS2_32.dll"), n(115)}, "1"},
		{"all of a library", callImportsLibrary, []decl.Value{s("kernel32.dll")}, "2"},
		{"imports by pattern", callImportsRegex, []decl.Value{r("(?i)kernel"), r("^(Exit|Get)")}, "2"},
		{"delayed imports only", callImportsOf, []decl.Value{n(importDelayed), s("kernel32.dll"), s("ExitProcess")}, "0"},
		{"any import", callImportsOf, []decl.Value{n(importAny), s("kernel32.dll"), s("ExitProcess")}, "1"},
		{"address of an import", callImportRVA, []decl.Value{s("kernel32.dll"), s("GetLastError")}, "4484"},
		{"language", callLanguage, []decl.Value{n(9)}, "1"},
		{"locale", callLocale, []decl.Value{n(0x409)}, "1"},
		{"another locale", callLocale, []decl.Value{n(0x407)}, "0"},
		{"is_dll", callIsDLL, nil, "8192"},
		{"is_32bit", callIs32, nil, "1"},
		{"is_64bit", callIs64, nil, "0"},
		{"rva_to_offset", callOffset, []decl.Value{n(0x1100)}, "1280"},
		{"rva_to_offset beyond", callOffset, []decl.Value{n(0x9000)}, "undefined"},
		{"toolid", callRichTool, []decl.Value{n(0x93)}, "7"},
		{"version and toolid", callRichVersionTool, []decl.Value{n(0x7809), n(0x93)}, "7"},
		{"version of another tool", callRichVersionTool, []decl.Value{n(0x7809), n(1)}, "0"},
	}
	for _, test := range tests {
		got := show(callPE(p, test.slot, test.args))
		if test.want != "" && got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		if got := callPE(&pe{}, test.slot, test.args); got.Kind != decl.Undefined {
			t.Errorf("%s of another file: %s", test.name, show(got))
		}
	}
}

// walk asks for everything that there is: all fields, the first items of all arrays and all functions.
func walk(t *decl.Type, v decl.Value, depth int) {
	if v.Obj == nil || depth > 8 {
		return
	}
	switch t.Kind {
	case decl.Struct:
		for i, f := range t.Fields {
			switch {
			case f.Type.Kind == decl.Func:
				for _, way := range f.Type.Funcs {
					var args []decl.Value
					for _, p := range way.Params {
						args = append(args, map[rune]decl.Value{'i': decl.IntOf(1), 's': decl.StringOf([]byte("kernel32.dll")),
							'r': {Kind: decl.Regex, Re: matcher{regexp.MustCompile("e")}}}[p])
					}
					v.Obj.Call(way.Slot, args)
				}
			case f.Const.Kind == decl.Undefined:
				walk(f.Type, v.Obj.Field(i), depth+1)
			}
		}
	case decl.Array:
		for i := range min(v.Obj.Len(), 50) {
			walk(t.Elem, v.Obj.Index(i), depth+1)
		}
	case decl.Dict:
		for i := range min(v.Obj.Len(), 50) {
			key, _ := v.Obj.Entry(i)
			v.Obj.Lookup(key)
		}
	}
}

func walkAll(data []byte) {
	for _, m := range Modules() {
		walk(m.Type, decl.ObjectOf(decl.Struct, m.Open(scanOf(data))), 0)
	}
}

// Every truncation, and every word of the files set to what breaks readers, is read without a panic.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, whole := range [][]byte{buildDotnet(), buildELF()} {
		for n := 0; n < len(whole); n += 3 {
			walkAll(whole[:n])
		}
		for at := 0; at+4 <= len(whole); at += 2 {
			for _, bad := range [][]byte{{0, 0, 0, 0}, {1, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0x7f}, {0, 0, 0, 0x80},
				{0, 0x10, 0, 0}} {
				b := bytes.Clone(whole)
				copy(b[at:], bad)
				walkAll(b)
			}
		}
	}
}

func FuzzModules(f *testing.F) {
	f.Add(buildPE())
	f.Add(buildELF())
	f.Add(buildDotnet())
	f.Fuzz(func(t *testing.T, data []byte) { walkAll(data) })
}

func FuzzSignatures(f *testing.F) {
	f.Add([]byte{0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02})
	f.Fuzz(func(t *testing.T, data []byte) {
		all := readSignatures(data, nil)
		for i := range all {
			walk(structType(signatureFields, nil), structOf(&all[i], signatureFields), 0)
		}
	})
}
