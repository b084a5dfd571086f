// Package module has the modules of YARA rules that read the structure of executables: pe, elf and dotnet.
//
// Names, types and values are those of libyara 4.5.8; where a field of libyara is missing here, a rule that uses it does not compile and
// is named, rather than never match. Every module is a table of fields (pe_fields.go) and some parsers, each for one part of the
// format, which run when a field of theirs is first asked for and at most once for a file.
//
// The files are hostile. A parser reads through a view that knows the bounds, counts what it takes against a limit named beside it,
// pays for its work through [decl.Scan.Work], and goes no deeper than its format does. What cannot be read is undefined; nothing panics.
package module

import "vigie/internal/yara/decl"

// Modules gives the modules, in the order of their names.
func Modules() []*decl.Module {
	return []*decl.Module{dotnetModule(), elfModule(), peModule()}
}
