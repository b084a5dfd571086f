package sigma

// Regular expressions. They are read by package regexp/syntax, so look-around and back-references do not exist and no pattern takes exponential
// time; they are run by an automaton of our own (automaton.go), on values that hold one of the texts which every match must contain
// (regexneed.go). Time is linear in the value and in the size of the program, so the size is bounded before a program is built.

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"vigie/internal/diag"
)

const (
	// maxRegexSource bounds the text of an expression.
	maxRegexSource = 64 << 10
	// maxRegexProg bounds the instructions of its program, about one per character or class after repeats are written out. The largest of
	// SigmaHQ has about 600. The worst case, all of them alive at each of the characters that an expression sees, is 64 Mi steps.
	maxRegexProg = 1024
	// maxExamined is how much of a value an expression sees.
	maxExamined = 64 << 10
)

type regex struct {
	src   string
	prog  *reProg
	need  []string // folded texts, one of which every match contains; none if that is not known
	seek  [][]byte // the same
	least int      // bytes of a match
	steps int      // of the program, about
}

func newRegex(src, flags string) (*regex, error) {
	if src == "" {
		return nil, &valueError{CodeRegexp, "", "regular expression is empty: every value would match"}
	}
	if len(src) > maxRegexSource {
		return nil, &valueError{CodeLimit, "", fmt.Sprintf("regular expression has %d bytes, limit %d", len(src), maxRegexSource)}
	}
	if flags != "" {
		src = "(?" + flags + ")" + src
	}
	tree, err := syntax.Parse(src, syntax.Perl)
	if err != nil {
		return nil, regexError(err)
	}
	if n := progSize(tree); n > maxRegexProg {
		return nil, &valueError{CodeLimit, "shorten its counted repeats",
			fmt.Sprintf("regular expression is too large: about %d steps, limit %d", n, maxRegexProg)}
	}
	prog, err := newReProg(tree)
	if err != nil {
		return nil, err
	}
	re := &regex{src: src, prog: prog, least: leastLen(tree), steps: progSize(tree)}
	_, re.need = literals(tree)
	for _, s := range re.need {
		re.seek = append(re.seek, []byte(s))
	}
	return re, nil
}

func regexError(err error) error {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return &valueError{CodeRegexp, "", "bad regular expression: " + diag.Quote(err.Error())}
	}
	has := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(e.Expr, p) })
	}
	switch {
	case has("(?=", "(?!", "(?<=", "(?<!"):
		return &valueError{CodeLookaround, "say it with a second search identifier and \"not\"",
			"regular expression uses look-around, which RE2 does not have: " + diag.Quote(e.Expr)}
	case has("(?>") || e.Code == syntax.ErrInvalidRepeatOp && strings.HasSuffix(e.Expr, "+"):
		return &valueError{CodeRegexp, "leave it out: RE2 never backtracks",
			"regular expression uses an atomic group or possessive repeat, which RE2 does not have: " + diag.Quote(e.Expr)}
	case e.Code == syntax.ErrInvalidEscape && len(e.Expr) == 2 && e.Expr[1] >= '1' && e.Expr[1] <= '9':
		return &valueError{CodeRegexp, "", "regular expression uses a back-reference, which RE2 does not have: " + diag.Quote(e.Expr)}
	case e.Code == syntax.ErrLarge, e.Code == syntax.ErrNestingDepth:
		return &valueError{CodeLimit, "", "bad regular expression: " + e.Code.String() + ": " + diag.Quote(e.Expr)}
	case e.Code == syntax.ErrInvalidRepeatSize:
		return &valueError{CodeLimit, "", "regular expression repeats more than 1000 times: " + diag.Quote(e.Expr)}
	}
	return &valueError{CodeRegexp, "", "bad regular expression: " + e.Code.String() + ": " + diag.Quote(e.Expr)}
}

// progSize estimates the instructions of an expression before its repeats are written out, so that a short text cannot cost much memory.
func progSize(re *syntax.Regexp) int {
	const most = 1 << 24
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpRepeat:
		n = progSize(re.Sub[0]) * max(re.Min, re.Max, 1)
		if re.Max < 0 {
			n++
		} else {
			n += re.Max - re.Min
		}
	default:
		n = 1 + len(re.Sub)
		for _, s := range re.Sub {
			n = min(n+progSize(s), most)
		}
	}
	return min(max(n, 1), most)
}
