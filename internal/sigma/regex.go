package sigma

// Regular expressions, with package regexp: no pattern takes exponential time, but look-around and back-references do not exist, and a large
// program is slow in proportion to its size. So the size is bounded before a program is built, and a program is run only on values that hold
// one of the texts which every match must contain; these are found by walking the expression (compare the prefilters of RE2).

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/internal/diag"
)

const (
	// maxRegexSource bounds the text of an expression.
	maxRegexSource = 64 << 10
	// maxRegexProg bounds the instructions of its program, about one per character or class after repeats are written out. The largest of
	// SigmaHQ has about 600.
	maxRegexProg = 1024
	// maxExamined is how much of a value an expression sees.
	maxExamined = 64 << 10
)

type regex struct {
	src   string
	prog  *regexp.Regexp
	need  []string // folded texts, one of which every match contains; none if that is not known
	seek  [][]byte // the same
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
	prog, err := regexp.Compile(src)
	if err != nil {
		return nil, regexError(err)
	}
	re := &regex{src: src, prog: prog, steps: progSize(tree)}
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
		if re.Max < 0 || re.Max > re.Min {
			n += re.Max - re.Min + 1
		}
	default:
		n = 1 + len(re.Sub)
		for _, s := range re.Sub {
			n = min(n+progSize(s), most)
		}
	}
	return min(max(n, 1), most)
}

const (
	maxExact    = 16 // alternatives of a set of texts
	maxExactLen = 64 // bytes of each
	maxClass    = 10 // characters of a class that is written out
)

// literals says what every match of an expression contains, folded: exact, if not nil, is every text that the expression can match; need, if
// not nil, is a set of texts one of which every match contains.
func literals(re *syntax.Regexp) (exact, need []string) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, nil
	case syntax.OpLiteral:
		var b []byte
		for _, c := range re.Rune {
			if c == utf8.RuneError { // also an invalid byte, for package regexp
				return nil, nil
			}
			b = utf8.AppendRune(b, foldRune(c))
		}
		return usable([]string{string(b)})
	case syntax.OpCharClass:
		var set []string
		count := 0
		for i := 0; i+1 < len(re.Rune); i += 2 {
			lo, hi := re.Rune[i], re.Rune[i+1]
			if hi-lo >= 2*maxClass || lo <= utf8.RuneError && utf8.RuneError <= hi {
				return nil, nil
			}
			for c := lo; c <= hi; c++ {
				if count++; count > 4*maxClass || c > unicode.MaxRune {
					return nil, nil
				}
				if s := string(foldRune(c)); !slices.Contains(set, s) {
					set = append(set, s)
				}
			}
		}
		if len(set) == 0 || len(set) > maxClass {
			return nil, nil
		}
		return usable(set)
	case syntax.OpCapture:
		return literals(re.Sub[0])
	case syntax.OpQuest:
		if exact, _ := literals(re.Sub[0]); exact != nil && len(exact) < maxExact {
			return union(exact, []string{""}), nil
		}
		return nil, nil
	case syntax.OpPlus:
		_, need := literals(re.Sub[0])
		return nil, need
	case syntax.OpRepeat:
		if re.Min == 0 {
			return nil, nil
		}
		exact, need := literals(re.Sub[0])
		if len(exact) == 1 && re.Min == re.Max && len(exact[0])*re.Min <= maxExactLen {
			return usable([]string{strings.Repeat(exact[0], re.Min)})
		}
		return nil, need
	case syntax.OpAlternate:
		exact, need = []string{}, []string{}
		for _, s := range re.Sub {
			e, n := literals(s)
			if exact = union(exact, e); e == nil || len(exact) > maxExact {
				exact = nil
			}
			if need = union(need, n); n == nil || len(need) > 4*maxExact {
				need = nil
			}
			if exact == nil && need == nil {
				break
			}
		}
		return exact, need
	case syntax.OpConcat:
		run := []string{""} // every text that the parts since the last inexact one can match
		whole := true
		consider := func(set []string) {
			if better(set, need) {
				need = set
			}
		}
		for _, s := range re.Sub {
			e, n := literals(s)
			consider(n)
			if e != nil {
				if product := cross(run, e); product != nil {
					run = product
					_, n := usable(run)
					consider(n)
					continue
				}
			}
			whole = false
			run = []string{""}
			if e != nil {
				run = e
			}
		}
		if whole {
			return run, need
		}
		return nil, need
	}
	return nil, nil
}

// usable gives a set both as exact and, if all its texts say something, as needed.
func usable(set []string) (exact, need []string) {
	if slices.Contains(set, "") {
		return set, nil
	}
	return set, set
}

// union gives the texts of both; nil, which is "any text", stays nil.
func union(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	out := slices.Clip(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// cross gives each text of a followed by each of b, or nil if these are too many or too long.
func cross(a, b []string) []string {
	if len(a)*len(b) > maxExact {
		return nil
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxExactLen {
				return nil
			}
			if s := x + y; !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// better says whether set is a better filter than old: the shortest text counts, then the number.
func better(set, old []string) bool {
	if set == nil || old == nil {
		return set != nil
	}
	shortest := func(set []string) int {
		n := len(set[0])
		for _, s := range set {
			n = min(n, len(s))
		}
		return n
	}
	if a, b := shortest(set), shortest(old); a != b {
		return a > b
	}
	return len(set) < len(old)
}
