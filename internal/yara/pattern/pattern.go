// Package pattern finds the strings of YARA rules in bytes: text, hexadecimal and regular-expression strings with all their modifiers,
// with the matches, offsets and lengths that libyara 4.5.8 reports.
//
// A search has three parts. At compile time each string is reduced to atoms: up to four bytes that must be there for the string to
// match, chosen for being rare in web content and executables (rarity.go, atom.go). At scan time one pass over the data finds all atoms
// of all strings with a hashed filter (filter.go) and keeps what survives a cheap exact check. The rest is done only for the strings that
// a condition asks about: [State.Any] stops at the first match, [State.Matches] finds them all. Strings whose atoms are too short or too
// common to be looked for in the pass are searched for on demand as well, since most conditions never reach them.
//
// Hexadecimal and regular-expression strings share a tree (tree.go) and an engine over bytes (program.go, machine.go). Where libyara
// cuts a string at a long jump, this package cuts it too and joins the parts by distance (chain.go), because the cut shows in the
// matches that are reported.
//
// Both sides may be hostile. A string that would need too large a program is refused by [Compile]; the work of a scan is counted in steps
// of the engine, never by a clock, and a string that uses up its budget is given up and named by [State.Exhausted].
//
// # Differences
//
// libyara counts the limit of DefaultRegexLimit bytes from the atom that it found, forwards and backwards; here it is counted from the
// beginning of the match. Where alternatives of different length begin at one place, libyara reports the one whose atom ends first; here
// it is the one that is written first. Neither shows in public rule sets.
package pattern

// Kind says how Source.Text is to be read.
type Kind uint8

const (
	Text   Kind = iota // the bytes themselves, escapes already resolved
	Hex                // what stands between the braces
	Regexp             // what stands between the slashes
)

// Modifiers are the modifiers of a string. Which may go together is the parser's to check.
type Modifiers struct {
	Nocase   bool // ASCII letters match without regard to case
	Wide     bool // each byte is followed by a zero byte
	ASCII    bool // the plain form too; implied where Wide is not set
	Fullword bool // no ASCII letter or digit beside the match
	Private  bool // not for this package: the match is never reported

	Xor            bool // each byte combined with one key
	XorMin, XorMax byte // the keys, both included

	Base64, Base64Wide bool
	Alphabet           string // 64 bytes; empty means the usual alphabet
}

// Source is a string as written in a rule.
type Source struct {
	Kind Kind
	Text []byte
	I, S bool // the flags of a regular expression: case is ignored, the dot matches a newline
	Mod  Modifiers
}

// Error says what is wrong with a string. It is a value for a compiler to give a place to.
type Error struct {
	Offset int    // in Source.Text
	Code   string // stable, such as "hex.jump"
	Msg    string // lower case, no final period
	Hint   string // what would be right; may be empty
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + ", " + e.Hint
}

// ErrorOf is the error, or the warning, about one of several strings.
type ErrorOf struct {
	Index   int  // of the Source
	Warning bool // the string is used all the same
	Error
}

// Match is a place where a string matches.
type Match struct {
	Offset, Length int
	Key            byte // of an xor string
}

const (
	// DefaultRegexLimit is how many bytes a match of a regular expression may have, as in libyara (YR_RE_SCAN_LIMIT). What would need
	// more is silently absent there, and a greedy repetition ends there.
	DefaultRegexLimit = 4096

	// DefaultMaxMatches is how many matches of one string are kept, the first ones, as in libyara (YR_MAX_STRING_MATCHES).
	DefaultMaxMatches = 1_000_000

	// DefaultBudget is how many steps a scan may take, of which a processor does some hundred million in a second. The data adds to it:
	// see budgetPerByte.
	DefaultBudget = 1 << 26
)

// Options are limits; a zero field means the default.
type Options struct {
	RegexLimit int
	MaxMatches int
	Budget     int64
}

func (o Options) withDefaults() Options {
	if o.RegexLimit <= 0 {
		o.RegexLimit = DefaultRegexLimit
	}
	if o.MaxMatches <= 0 {
		o.MaxMatches = DefaultMaxMatches
	}
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	return o
}
