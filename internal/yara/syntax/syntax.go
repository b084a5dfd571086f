// Package syntax parses YARA rules into trees that keep positions.
//
// It reads the language of libyara 4.5: what is written, not what it means. The bodies of hexadecimal strings and regular expressions stay
// raw text with their place, for the package that compiles them; names and types are resolved by package yara.
//
//	source ─lex.go, literal.go─► tokens ─rule.go, strings.go, modifier.go─► [Rule] ─condition.go, primary.go, set.go─► [Expr]
//
// # Errors
//
// A problem costs the rule that it is in: parsing goes on at the next rule, import or include that begins a statement. Every [diag.Problem]
// has a line and a column.
//
// # Hostile input
//
// Rules come from outside. A file has at most [MaxFile] bytes, a rule [MaxRule] and [MaxStrings] strings, a literal [MaxLiteral], a name
// [MaxName]; a condition nests at most [MaxDepth] levels and has at most [MaxNodes] nodes. Time and memory are linear in the file: the lexer
// never looks back, the parser looks one token ahead. What small statements add up to is limited too ([MaxCost]), since a tree is many times
// as large as its text.
package syntax

import (
	"sort"
	"unicode/utf8"

	"vigie/internal/diag"
)

// Limits of what is parsed. The largest of 5,983 public rules has 64 KB.
const (
	MaxFile    = 16 << 20  // bytes of one file
	MaxRule    = 256 << 10 // bytes of one rule
	MaxLiteral = 64 << 10  // bytes of one text, hexadecimal string or regular expression (libyara: 8 KiB)
	MaxName    = 128       // bytes of an identifier, as in libyara
	MaxStrings = 10_000    // strings of one rule, as in libyara
	MaxDepth   = 200       // nesting of parentheses, operators and loops in a condition
	MaxChain   = 1_000     // arithmetic operators one after the other, such as 1+1+1; "and" and "or" are not limited by it
	MaxNodes   = 200_000   // nodes of one condition
	maxTags    = 1_000     // tags of one rule
	// MaxCost is the largest cost of the files of one compilation. The cost of a tree stands for the memory that it takes, in the end, as a
	// program too: some 100 bytes a unit. The 842 public files that are tested, with 5,983 rules, have half of it.
	MaxCost      = 2_000_000
	maxProblems  = 100    // problems told of one file
	keptProblems = 10_000 // problems counted of one file
)

// File is one parsed source file.
type File struct {
	Name     string
	Items    []Item // in the order of the file
	Problems diag.Problems
	Cost     int // of the rules that were kept

	// Refused names the rules that have a problem, so that a rule that refers to one of them can say so. A global rule among them is a
	// part of every rule of its namespace.
	Refused []RefusedRule

	src   []byte
	lines []int32 // offset of the first byte of each line
}

// RefusedRule is a rule with a problem. Name is empty when the problem is before it.
type RefusedRule struct {
	Name   string
	Global bool
}

// Item is one statement of a file: exactly one of its fields is set.
type Item struct {
	Import  *Import
	Include *Include
	Rule    *Rule
}

// Import is `import "module"`.
type Import struct {
	Module string
	At     Offset
}

// Include is `include "file"`.
type Include struct {
	Path string
	At   Offset
}

// Offset is a place in a file, in bytes.
type Offset int32

// Pos gives the line and column of a place.
func (f *File) Pos(at Offset) diag.Pos {
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > int32(at) })
	if line == 0 {
		return diag.Pos{File: f.Name}
	}
	start := f.lines[line-1]
	end := min(int(at), len(f.src))
	return diag.Pos{File: f.Name, Line: line, Col: utf8.RuneCount(f.src[start:end]) + 1}
}

// Parse parses a file by itself. The tree holds slices of src, which must not be changed afterwards.
func Parse(name string, src []byte) *File { return ParseWithin(name, src, MaxCost) }

// ParseWithin is Parse for one file of several, for which so much of [MaxCost] is left. The rule that goes beyond it is refused, and the rest of
// the file is not read.
func ParseWithin(name string, src []byte, budget int) *File {
	f := &File{Name: name, src: src, lines: []int32{0}}
	if len(src) > MaxFile {
		f.src = nil
		f.Problems.Add(diag.Pos{File: name}, "yara.file.size", "split it", "the file has %d bytes, the limit is %d", len(src), MaxFile)
		return f
	}
	for i, c := range src {
		if c == '\n' {
			f.lines = append(f.lines, int32(i+1))
		}
	}
	p := parser{file: f, lex: lexer{src: src}, budget: budget}
	if len(src) >= 3 && src[0] == 0xEF && src[1] == 0xBB && src[2] == 0xBF {
		p.lex.at = 3 // the byte order mark that Windows editors write
	}
	p.parseFile()
	f.Problems.Limit(maxProblems)
	return f
}
