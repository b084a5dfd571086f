package module

import "vigie/internal/yara/decl"

func dotnetModule() *decl.Module {
	return &decl.Module{
		Name: "dotnet",
		Type: structType(dotnetFields, nil),
		Open: func(s *decl.Scan) decl.Object { return &object[*dotnet]{v: openDotnet(s), fields: dotnetFields} },
	}
}

// ofAssembly gives a field that only an assembly has.
func ofAssembly(name string, typ *decl.Type, get func(m *metadata) decl.Value) field[*dotnet] {
	return field[*dotnet]{name, typ, func(d *dotnet) decl.Value {
		if m := d.read(); m.root > 0 {
			return get(m)
		}
		return decl.Value{}
	}}
}

// tableRow is an assembly, this one or one that it refers to: a row with four numbers of its version from a column on, and a name.
type tableRow struct {
	tables        *tables
	table, row    int
	version, name int // columns
}

// number reads a part of the version; -1 is the row of a table that has none.
func (r *tableRow) number(part int) decl.Value {
	if r.row < 0 {
		return decl.Value{}
	}
	return decl.IntOf(int64(r.tables.cell(r.table, r.row, r.version+part)))
}

func (r *tableRow) text(column int) decl.Value {
	if r.row < 0 {
		return decl.Value{}
	}
	return textOf(r.tables.text(r.table, r.row, column))
}

var (
	versionFields = []field[*tableRow]{
		{"major", intType, func(r *tableRow) decl.Value { return r.number(0) }},
		{"minor", intType, func(r *tableRow) decl.Value { return r.number(1) }},
		{"build_number", intType, func(r *tableRow) decl.Value { return r.number(2) }},
		{"revision_number", intType, func(r *tableRow) decl.Value { return r.number(3) }},
	}
	assemblyRefFields = []field[*tableRow]{
		{"version", structType(versionFields, nil), func(r *tableRow) decl.Value { return structOf(r, versionFields) }},
		{"name", stringType, func(r *tableRow) decl.Value { return r.text(r.name) }},
	}
	assemblyFields = append(assemblyRefFields[:len(assemblyRefFields):len(assemblyRefFields)],
		// An empty culture is that of no language in particular, and undefined in libyara.
		field[*tableRow]{"culture", stringType, func(r *tableRow) decl.Value {
			if v := r.text(r.name + 1); len(v.S) > 0 {
				return v
			}
			return decl.Value{}
		}})
)

var streamFields = []field[*stream]{
	textIn("name", func(s *stream) []byte { return s.name }),
	integer("offset", func(s *stream) int64 { return s.root + int64(s.offset) }),
	integer("size", func(s *stream) int64 { return int64(s.size) }),
}

var dotnetFields = []field[*dotnet]{
	{"is_dotnet", intType, func(d *dotnet) decl.Value { return decl.BoolOf(d.read().root > 0) }},
	ofAssembly("module_name", stringType, func(m *metadata) decl.Value {
		if m.tables.count(tableModule) == 0 {
			return decl.Value{}
		}
		return textOf(m.tables.text(tableModule, 0, 1))
	}),
	ofAssembly("typelib", stringType, func(m *metadata) decl.Value { return textOf(m.typelib) }),
	{"assembly", structType(assemblyFields, nil), func(d *dotnet) decl.Value {
		m := d.read()
		return structOf(&tableRow{m.tables, tableAssembly, m.tables.count(tableAssembly) - 1, 1, 7}, assemblyFields)
	}},
	ofAssembly("number_of_assembly_refs", intType, func(m *metadata) decl.Value {
		return decl.IntOf(int64(m.tables.count(tableAssemblyRef)))
	}),
	{"assembly_refs", arrayType(structType(assemblyRefFields, nil)), func(d *dotnet) decl.Value {
		return arrayOf(d.read().assemblyRefs, assemblyRefFields)
	}},
	ofAssembly("number_of_modulerefs", intType, func(m *metadata) decl.Value { return decl.IntOf(int64(m.tables.count(tableModuleRef))) }),
	ofAssembly("modulerefs", arrayType(stringType), func(m *metadata) decl.Value {
		return decl.ObjectOf(decl.Array, &texts{items: m.moduleRefs})
	}),
	ofAssembly("version", stringType, func(m *metadata) decl.Value { return textOf(m.version) }),
	ofAssembly("number_of_streams", intType, func(m *metadata) decl.Value { return decl.IntOf(int64(len(m.streams))) }),
	{"streams", arrayType(structType(streamFields, nil)), func(d *dotnet) decl.Value { return arrayOf(d.read().streams, streamFields) }},
	ofAssembly("number_of_guids", intType, func(m *metadata) decl.Value { return decl.IntOf(int64(len(m.guids))) }),
	ofAssembly("guids", arrayType(stringType), func(m *metadata) decl.Value { return decl.ObjectOf(decl.Array, &texts{items: m.guids}) }),
	ofAssembly("number_of_user_strings", intType, func(m *metadata) decl.Value { return decl.IntOf(int64(len(m.userStrings))) }),
	ofAssembly("user_strings", arrayType(stringType), func(m *metadata) decl.Value {
		return decl.ObjectOf(decl.Array, &texts{items: m.userStrings})
	}),
}
