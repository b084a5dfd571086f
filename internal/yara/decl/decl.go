// Package decl describes the modules of YARA rules: the names and types that a compiler checks, and the values that a scan reads.
//
// A module is a tree of [Type] fixed at compile time (what may be written: pe.sections[0].name, math.entropy(0, filesize)) and, for each file
// scanned, an [Object] that answers for the same tree. The compiler resolves names to positions once: field number 3 of a type is asked of
// the object as Field(3), so that no name is compared during a scan.
//
//	module.PE().Type ──package yara, at compile time──► positions
//	module.PE().Open(scan) ──at the first use in a file──► Object ──Field, Index, Lookup──► Value
//
// Every value may be undefined, which is how a module says "there is none" or "cannot be read": the zero [Value] is. A module never fails
// and never panics; what it cannot parse is undefined.
package decl

// Kind is the kind of a type or value. Modules have no truth values: is_dll is 0 or 1, as in libyara.
type Kind uint8

// The kinds. Undefined is only the kind of a value; Regex and Bool are only kinds of an argument.
const (
	Undefined Kind = iota
	Int
	Float
	String
	Struct
	Array
	Dict
	Func
	Regex
	Bool
)

var kindNames = [...]string{"undefined", "integer", "float", "text", "structure", "array", "dictionary", "function", "regular expression",
	"truth value"}

func (k Kind) String() string { return kindNames[k] }

// Type says what an expression over a module is.
type Type struct {
	Kind   Kind
	Fields []Field    // Struct; their positions are what Object.Field takes
	Elem   *Type      // Array, Dict: of one element
	Funcs  []Function // Func: the ways to call it, told apart by the kinds of their arguments

	// Withheld are fields of a Struct that libyara has and the module here leaves out on purpose, each with what a rule can ask instead.
	Withheld map[string]string
}

// Field is a named field of a structure. A constant has its value here and is never asked of an object.
type Field struct {
	Name  string
	Type  *Type
	Const Value
}

// Function is one way to call a function.
type Function struct {
	// Params has one letter for each parameter: i integer, f float, s text, r regular expression, b truth value.
	Params string
	Result *Type

	// Call computes the result; no argument is undefined (the result of a call with one is undefined, without a call). It may be called
	// by several goroutines at once, each with its own Scan.
	Call func(s *Scan, args []Value) Value

	// Slot, when Call is nil, is the number that Object.Call takes: a function that needs what the module parsed.
	Slot int
}

// Module is a module that rules can import.
type Module struct {
	Name string
	Type *Type // a Struct
	// Open gives the module's view of the file. It is called at most once a file, at the first use of a field that is neither a
	// constant nor a function with Call; nil for modules that have only those. It must be cheap: what is dear is done when asked for.
	Open func(s *Scan) Object
}

// Object answers for a Struct, an Array or a Dict of one file. Each method is only called for the kind that it is for; positions of fields
// are in range. Objects are used by one goroutine.
type Object interface {
	Field(i int) Value                 // Struct
	Call(slot int, v []Value) Value    // Struct: a function of this structure
	Len() int                          // Array, Dict
	Index(i int) Value                 // Array: 0 <= i < Len
	Entry(i int) (key []byte, v Value) // Dict, in the order of iteration
	Lookup(key []byte) Value           // Dict
}

// None is an Object with nothing in it, to be embedded by those that answer for one kind only.
type None struct{}

// Field gives an undefined value.
func (None) Field(int) Value { return Value{} }

// Call gives an undefined value.
func (None) Call(int, []Value) Value { return Value{} }

// Len gives 0.
func (None) Len() int { return 0 }

// Index gives an undefined value.
func (None) Index(int) Value { return Value{} }

// Entry gives nothing.
func (None) Entry(int) ([]byte, Value) { return nil, Value{} }

// Lookup gives an undefined value.
func (None) Lookup([]byte) Value { return Value{} }

// Value is a value of a scan; the zero Value is undefined.
type Value struct {
	Kind Kind
	Int  int64   // Int; Bool: 0 or 1
	F    float64 // Float
	S    []byte  // String; not to be changed, and valid until the end of the scan of the file
	Obj  Object  // Struct, Array, Dict
	Re   Matcher // Regex
}

// Matcher is a regular expression in an argument.
type Matcher interface {
	// Match says whether it matches anywhere in data.
	Match(data []byte) bool
}

// IntOf gives an integer.
func IntOf(n int64) Value { return Value{Kind: Int, Int: n} }

// BoolOf gives 1 or 0, the integers that modules use for truth.
func BoolOf(b bool) Value {
	if b {
		return IntOf(1)
	}
	return IntOf(0)
}

// FloatOf gives a float; NaN is undefined, as in libyara.
func FloatOf(f float64) Value {
	if f != f {
		return Value{}
	}
	return Value{Kind: Float, F: f}
}

// StringOf gives a text.
func StringOf(s []byte) Value { return Value{Kind: String, S: s} }

// ObjectOf gives a structure, an array or a dictionary.
func ObjectOf(kind Kind, o Object) Value { return Value{Kind: kind, Obj: o} }

// Scan is what a module knows of the file that is scanned.
type Scan struct {
	Data []byte
	Now  int64 // seconds since 1970, given by whoever scans: two runs over the same evidence give the same result

	// Log takes a line of console.log. It is never nil.
	Log func(line []byte)

	// Work counts what a module does, in steps of about ten nanoseconds each; false means that the budget of the rule is used up, and the
	// module should give an undefined value at once. It is never nil. Call it before the work, with what the work will cost.
	Work func(steps int64) bool

	// Memo keeps what functions computed for this file, such as digests and histograms, by a key that names the function and its
	// arguments. It is never nil, and emptied between files.
	Memo map[MemoKey]Value
}

// MemoKey names a result of a function over a part of the file.
type MemoKey struct {
	Func           string
	Offset, Length int64
}
