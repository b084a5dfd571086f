// Package yara compiles YARA rules and scans bytes with them.
//
// It implements the language and the results of libyara 4.5 for files. Text becomes trees that keep positions (package syntax), trees become
// one immutable program shared by goroutines ([Compile]), and each goroutine scans with a state of its own ([Rules.NewScanner]).
//
//	source ─syntax─► trees ─compile.go─► strings ─pattern─► one search
//	                           └─check*.go─► typed conditions (expr*.go) ─absent.go─► which rules need which strings
//	file ─scan.go─► search ─► rules that may match ─run.go─► conditions ─► [Match]
//
// # Meaning
//
// The meaning is that of libyara 4.5.8, to the undefined value and the order of matches; doc/yara.md lists the few deliberate differences. A
// variable declared at compile time ([Options.Externals]) is set for each scan.
//
// # Speed
//
// One pass over the file finds where strings may begin (package pattern). A rule whose condition cannot hold without one of its strings is not
// looked at unless one of them may be there, and the strings of a rule that the size or the first bytes of the file rule out are not verified.
// Conditions stop as soon as they are decided; modules parse the file when a condition first asks them.
//
// # Hostile input
//
// Rules and files are hostile. A bad rule costs itself and the rules that refer to it, and is told with its place. What a condition may do is
// counted in steps, never measured by a clock ([ScanOptions]): a rule that goes beyond its budget is undecided for that file and told as a
// problem, the same on every machine. A file never makes a scan fail.
package yara

import (
	"io/fs"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/pattern"
	"vigie/internal/yara/syntax"
)

// Source is a file of rules.
type Source struct {
	Name      string // for problems, and what the path of an include is relative to
	Namespace string // rules of one namespace see each other, and have different names; empty is "default"
	Text      []byte
}

// Options say what rules may use.
type Options struct {
	// Externals declares variables: the type of each is that of its value, which holds for scans that do not set it. Allowed are int,
	// int64, float64, string and bool (which is the integer 0 or 1, as in libyara).
	Externals map[string]any

	// Modules can be imported by rules.
	Modules []*decl.Module

	// Includes is where included files are looked for; nil refuses every include. A path is relative to the including file, or to the
	// root, and cannot leave it.
	Includes fs.FS

	// Strings limits the search for strings; zero fields are the defaults.
	Strings pattern.Options
}

// Limits of what is compiled.
const (
	maxIncludeDepth = 16  // as in libyara
	maxLoopNesting  = 4   // as in libyara
	maxReferences   = 100 // rules that refer to one another in a chain: each level is one of the stack
	loopVariables   = 2
	maxRules        = 200_000 // of one program; syntax.MaxCost allows fewer, whatever they are
	maxStrings      = 500_000 // of one program, equal ones counted once
	maxProblems     = 1_000   // problems told of one compilation, and warnings
)

// Problems are what [Compile] found: each error costs at least the rule that it is in, warnings cost nothing.
type Problems struct {
	Errors   diag.Problems
	Warnings diag.Problems
}

// Rules is an immutable program for any number of goroutines.
type Rules struct {
	rules      []rule
	namespaces []namespace
	externals  []variable
	modules    []*decl.Module
	set        *pattern.Set

	byString [][]int32 // string to the rules that have it, ascending
	always   []int32   // rules that may match although no string is found, ascending
}

// rule is a compiled rule.
type rule struct {
	name      string
	namespace int32
	tags      []string
	meta      []Meta
	private   bool
	global    bool
	at        diag.Pos
	strings   []ruleString
	cond      boolExpr
	facts     []boolExpr // parts of the condition that must hold and need neither strings nor modules; for rules with strings
	chain     int        // how many rules refer to one another from here
	users     []int32    // the rules that refer to it: they may match when it does
}

// ruleString is a string of a rule.
type ruleString struct {
	name    string
	ref     stringRef
	private bool
	// fixed says that the condition uses the string only as "$a at n" with one number, fixedAt. libyara then keeps only a match there.
	fixed   bool
	fixedAt int64
}

// namespace is a set of rules that see each other.
type namespace struct {
	name    string
	globals []int32
}

// Meta is a line of the meta section of a rule.
type Meta struct {
	Key   string
	Value any // string (bytes as in the rule file), int64 or bool
}

// Len gives the number of rules.
func (r *Rules) Len() int { return len(r.rules) }

// Names gives each rule as namespace and name, in the order of compilation.
func (r *Rules) Names() [][2]string {
	names := make([][2]string, len(r.rules))
	for i := range r.rules {
		names[i] = [2]string{r.namespaces[r.rules[i].namespace].name, r.rules[i].name}
	}
	return names
}

func metaOf(ms []syntax.Meta) []Meta {
	out := make([]Meta, len(ms))
	for i, m := range ms {
		out[i].Key = m.Key
		switch m.Value.Kind {
		case syntax.MetaText:
			out[i].Value = m.Value.Text
		case syntax.MetaInt:
			out[i].Value = m.Value.Int
		default:
			out[i].Value = m.Value.Int != 0
		}
	}
	return out
}
