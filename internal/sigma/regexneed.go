package sigma

// What an expression needs: texts, folded, one of which every match contains. They are found by walking the expression, and crossing small
// alternations such as (cmd|exec)=(whoami|dir) into full texts (compare the prefilters of RE2).

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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

// leastLen gives the least number of characters that an expression matches. A text of fewer bytes cannot match.
func leastLen(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return leastLen(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * leastLen(re.Sub[0])
	case syntax.OpConcat:
		n := 0
		for _, s := range re.Sub {
			n += leastLen(s)
		}
		return n
	case syntax.OpAlternate:
		n := leastLen(re.Sub[0])
		for _, s := range re.Sub[1:] {
			n = min(n, leastLen(s))
		}
		return n
	}
	return 0
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
