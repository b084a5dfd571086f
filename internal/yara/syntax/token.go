package syntax

// The words and marks of the language.

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokBad           // the lexer has recorded why
	tokIdent
	tokNumber    // token.value
	tokFloat     // token.float
	tokText      // token.text
	tokRegex     // token.text, token.i, token.s
	tokString    // $name, $
	tokStringAny // $name*, $*
	tokCount     // #name
	tokOffset    // @name
	tokLength    // !name
	tokReader    // int8 … uint32be
	tokDotDot
	tokLT
	tokLE
	tokGT
	tokGE
	tokEQ
	tokNE
	tokShiftLeft
	tokShiftRight
	tokMark // one character: token.mark

	// words
	tokAll
	tokAnd
	tokAny
	tokASCII
	tokAt
	tokBase64
	tokBase64Wide
	tokCondition
	tokContains
	tokDefined
	tokEndsWith
	tokEntrypoint
	tokFalse
	tokFilesize
	tokFor
	tokFullword
	tokGlobal
	tokIContains
	tokIEndsWith
	tokIEquals
	tokImport
	tokIn
	tokInclude
	tokIStartsWith
	tokMatches
	tokMeta
	tokNocase
	tokNone
	tokNot
	tokOf
	tokOr
	tokPrivate
	tokRule
	tokStartsWith
	tokStrings
	tokThem
	tokTrue
	tokWide
	tokXor
)

var words = map[string]tokenKind{
	"all": tokAll, "and": tokAnd, "any": tokAny, "ascii": tokASCII, "at": tokAt, "base64": tokBase64, "base64wide": tokBase64Wide,
	"condition": tokCondition, "contains": tokContains, "defined": tokDefined, "endswith": tokEndsWith, "entrypoint": tokEntrypoint,
	"false": tokFalse, "filesize": tokFilesize, "for": tokFor, "fullword": tokFullword, "global": tokGlobal, "icontains": tokIContains,
	"iendswith": tokIEndsWith, "iequals": tokIEquals, "import": tokImport, "in": tokIn, "include": tokInclude,
	"istartswith": tokIStartsWith, "matches": tokMatches, "meta": tokMeta, "nocase": tokNocase, "none": tokNone, "not": tokNot,
	"of": tokOf, "or": tokOr, "private": tokPrivate, "rule": tokRule, "startswith": tokStartsWith, "strings": tokStrings,
	"them": tokThem, "true": tokTrue, "wide": tokWide, "xor": tokXor,
	"int8": tokReader, "int16": tokReader, "int32": tokReader, "uint8": tokReader, "uint16": tokReader, "uint32": tokReader,
	"int8be": tokReader, "int16be": tokReader, "int32be": tokReader, "uint8be": tokReader, "uint16be": tokReader, "uint32be": tokReader,
}

// longestWord is the length of the longest word of the language; a longer name is not looked up.
const longestWord = len("istartswith")

type token struct {
	kind  tokenKind
	mark  byte // tokMark
	i, s  bool // tokRegex: the flags
	at    Offset
	end   Offset
	body  Offset // tokText, tokRegex: the first byte of what is between the marks
	value int64
	float float64
	text  []byte // tokText: with escapes replaced; tokRegex: raw
}

func (t token) is(c byte) bool { return t.kind == tokMark && t.mark == c }
