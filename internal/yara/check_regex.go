package yara

import (
	"fmt"

	"vigie/internal/yara/pattern"
	"vigie/internal/yara/syntax"
)

// Regular expressions. A repetition is written out in the program of an expression, so that a short one may be large: what all of them need
// together is limited. In conditions equal ones are compiled once for all rules.

// maxRegexWeight limits the sum of the weights of all expressions of conditions, and of all those of strings. That of 680 public ones is less
// than a tenth of it.
const maxRegexWeight = 1 << 24

func (k *checker) regex(e *syntax.RegexLit) *pattern.Regex {
	key := fmt.Sprint(e.I, e.S, " ") + string(e.Body)
	if re, ok := k.c.regexes[key]; ok {
		return re
	}
	if k.c.regexWeight += regexWeight(e.Body); k.c.regexWeight > maxRegexWeight {
		k.fail(e.At, "yara.regex.many", "compile the rules in parts", "the regular expressions of all conditions together are too large")
	}
	re, err := pattern.CompileRegex(e.Body, e.I, e.S)
	if err != nil {
		k.fail(e.BodyAt+syntax.Offset(min(max(err.Offset, 0), len(e.Body))), "yara."+err.Code, err.Hint, "%s", err.Msg)
	}
	k.c.regexes[key] = re
	return re
}

// maxOneWeight is more than the largest program that package pattern makes.
const maxOneWeight = 1 << 17

// regexWeight estimates the number of instructions that an expression takes: two for each character or class, times the numbers of the
// repetitions around it. It need not be a right expression.
func regexWeight(body []byte) int {
	sums := []int{0} // of the groups that are open
	last := 0        // of the character, class or group that a repetition would repeat
	for i := 0; i < len(body); i++ {
		top := &sums[len(sums)-1]
		switch body[i] {
		case '(':
			sums = append(sums, 0)
		case ')':
			if last = *top; len(sums) > 1 {
				sums = sums[:len(sums)-1]
				sums[len(sums)-1] = min(sums[len(sums)-1]+last, maxOneWeight)
			}
		case '{':
			var n int
			if n, i = repetitions(body, i); n > 1 {
				*top = min(*top+last*(n-1), maxOneWeight)
				last = min(last*n, maxOneWeight)
			}
		case '[':
			i = classEnd(body, i)
			last = 2
			*top += last
		default:
			if body[i] == '\\' {
				i++
			}
			last = 2
			*top += last
		}
	}
	total := 0
	for _, sum := range sums {
		total = min(total+sum, maxOneWeight)
	}
	return total
}

// repetitions gives the largest number of the braces that begin at i, and the place of their end.
func repetitions(body []byte, i int) (largest, end int) {
	n := 0
	for i++; i < len(body) && body[i] != '}'; i++ {
		if c := body[i]; c >= '0' && c <= '9' {
			n = min(n*10+int(c-'0'), maxOneWeight)
			largest = max(largest, n)
		} else {
			n = 0
		}
	}
	return largest, i
}

// classEnd gives the place of the bracket that ends the class which begins at i.
func classEnd(body []byte, i int) int {
	for i++; i < len(body) && body[i] != ']'; i++ {
		if body[i] == '\\' {
			i++
		}
	}
	return i
}
