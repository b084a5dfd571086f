package syntax

// The tree of a rule.

// Rule is one rule as written.
type Rule struct {
	Name    string
	At      Offset // of the name
	Private bool
	Global  bool
	Tags    []string
	Meta    []Meta
	Strings []String
	Cond    Expr
}

// Meta is one line of the meta section. A key may appear more than once.
type Meta struct {
	Key   string
	At    Offset
	Value MetaValue
}

// MetaKind is the type of a meta value.
type MetaKind uint8

// The types of meta values.
const (
	MetaText MetaKind = iota
	MetaInt
	MetaBool
)

// MetaValue is a text, an integer or a truth value.
type MetaValue struct {
	Kind MetaKind
	Text string // MetaText; bytes as in the file, which need not be UTF-8
	Int  int64  // MetaInt; MetaBool: 0 or 1
}

// StringKind says how a string is written.
type StringKind uint8

// The kinds of strings.
const (
	Text StringKind = iota
	Hex
	Regex
)

// String is one line of the strings section.
type String struct {
	Name string // with its "$"; "$" alone is an anonymous string
	At   Offset // of the name
	Kind StringKind

	// Body is the text with escapes replaced, what is between the braces of a hexadecimal string, or what is between the slashes of a
	// regular expression; BodyAt is its place. In a text with escapes, an offset in Body is not one in the file.
	Body   []byte
	BodyAt Offset

	I, S bool // the flags of a regular expression
	Mod  Modifiers
}

// Modifiers are the modifiers of a string, checked for which may go together. ASCII is set when nothing says otherwise.
type Modifiers struct {
	Nocase, Wide, ASCII, Fullword, Private bool
	Xor                                    bool
	XorMin, XorMax                         byte
	Base64, Base64Wide                     bool
	Alphabet                               string // of 64 bytes; empty is the usual one
}

// Expr is a node of a condition.
type Expr interface {
	Pos() Offset
}

// Base is the place of a node: of its first token, or of its operator.
type Base struct{ At Offset }

// Pos gives the place.
func (b Base) Pos() Offset { return b.At }

// Op is an operator.
type Op uint8

// The operators. OpNot and OpDefined are written as words, OpMinus and OpInvert as signs; all others stand between two operands.
const (
	OpNot Op = iota
	OpDefined
	OpMinus
	OpInvert
	OpMul
	OpDiv
	OpMod
	OpAdd
	OpSub
	OpShiftLeft
	OpShiftRight
	OpBitAnd
	OpBitXor
	OpBitOr
	OpLT
	OpLE
	OpGT
	OpGE
	OpEQ
	OpNE
	OpContains
	OpIContains
	OpStartsWith
	OpIStartsWith
	OpEndsWith
	OpIEndsWith
	OpIEquals
	OpMatches
)

var opNames = [...]string{"not", "defined", "-", "~", "*", `\`, "%", "+", "-", "<<", ">>", "&", "^", "|", "<", "<=", ">", ">=", "==", "!=",
	"contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iequals", "matches"}

func (o Op) String() string { return opNames[o] }

// Nodes of conditions. A string name keeps its "$", also where the rule wrote #a, @a or !a; "$" alone is the string of the loop around it.
type (
	// Bool is true or false.
	Bool struct {
		Base
		Value bool
	}
	// Int is an integer.
	Int struct {
		Base
		Value int64
	}
	// Float is a number with a point.
	Float struct {
		Base
		Value float64
	}
	// TextLit is a text, escapes replaced.
	TextLit struct {
		Base
		Value []byte
	}
	// RegexLit is a regular expression, raw.
	RegexLit struct {
		Base
		Body   []byte
		BodyAt Offset
		I, S   bool
	}
	// Filesize is the word filesize.
	Filesize struct{ Base }
	// Entrypoint is the word entrypoint.
	Entrypoint struct{ Base }
	// Reader is int8(x) … uint32be(x).
	Reader struct {
		Base
		Bits      int // 8, 16, 32
		Signed    bool
		BigEndian bool
		Arg       Expr
	}
	// Name is an identifier.
	Name struct {
		Base
		Name string
	}
	// Field is x.name.
	Field struct {
		Base
		X    Expr
		Name string
	}
	// Index is x[i].
	Index struct {
		Base
		X, I Expr
	}
	// Call is x(args).
	Call struct {
		Base
		X    Expr
		Args []Expr
	}
	// Found is $a, "$a at x" or "$a in (x..y)".
	Found struct {
		Base
		Name string
		AtX  Expr   // nil unless "at"
		In   *Range // nil unless "in"
	}
	// Count is #a or "#a in (x..y)".
	Count struct {
		Base
		Name string
		In   *Range
	}
	// MatchOffset is @a or @a[i].
	MatchOffset struct {
		Base
		Name string
		I    Expr // nil is the first
	}
	// MatchLength is !a or !a[i].
	MatchLength struct {
		Base
		Name string
		I    Expr // nil is the first
	}
	// Unary is an operator before its operand.
	Unary struct {
		Base
		Op Op
		X  Expr
	}
	// Binary is an operator between its operands.
	Binary struct {
		Base
		Op   Op
		X, Y Expr
	}
	// And is a and b and …; it has two or more kids.
	And struct {
		Base
		Kids []Expr
	}
	// Or is a or b or …; it has two or more kids.
	Or struct {
		Base
		Kids []Expr
	}
	// Of is "n of ($a, $b*)" or "n of (rule, rules*)", perhaps with "at" or "in" (strings only).
	Of struct {
		Base
		Quant Quantifier
		Set   Set
		AtX   Expr
		In    *Range
	}
	// ForOf is "for n of (…) : ( body )".
	ForOf struct {
		Base
		Quant Quantifier
		Set   Set
		Body  Expr
	}
	// ForIn is "for n i in iterator : ( body )".
	ForIn struct {
		Base
		Quant Quantifier
		Vars  []Name
		// one of these is set
		Range *Range
		List  []Expr
		X     Expr // an array or a dictionary
		Body  Expr
	}
)

// Range is (x..y), both ends included.
type Range struct {
	Base
	Lo, Hi Expr
}

// QuantKind says how a quantifier is written.
type QuantKind uint8

// The kinds of quantifiers.
const (
	QuantExpr QuantKind = iota
	QuantPercent
	QuantAll
	QuantAny
	QuantNone
)

// Quantifier is all, any, none, a number or a percentage.
type Quantifier struct {
	Base
	Kind QuantKind
	X    Expr // QuantExpr, QuantPercent
}

// Set is the set of strings or rules of an "of".
type Set struct {
	Base
	Them  bool
	Rules bool // of rules, not strings
	Items []SetItem
}

// SetItem is one name in a set; with Any every name that begins with it.
type SetItem struct {
	Base
	Name string // strings with their "$"
	Any  bool
}
