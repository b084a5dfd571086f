package yara

import (
	"strings"
	"testing"
)

func TestWeightsOfRegularExpressions(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		"abc":                      6,
		"a{10}":                    20,
		"(ab){10}c":                42,
		"((a{10}){10}){10}":        2000,
		"[a-z\\]]{3,5}b":           12,
		"a{1000}{1000}{1000}":      maxOneWeight,
		"((((a{99}){99}){99}){99}": maxOneWeight,
		")(":                       0,
		"a{":                       2,
		"\\":                       2,
		"[":                        2,
		"":                         0,
	} {
		if got := regexWeight([]byte(body)); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
	var b strings.Builder
	for i := range 1000 {
		b.WriteString("rule r" + strings.Repeat("x", i%100) + strings.Repeat("y", i/100) + " { condition: \"a\" matches /.{30000}" + strings.Repeat("a", i) + "/ }\n")
	}
	_, problems := Compile([]Source{{Text: []byte(b.String())}}, Options{})
	if len(problems.Errors) == 0 || !strings.Contains(problems.Errors.Error(), "too large") && !strings.Contains(problems.Errors.Error(), "complex") {
		t.Errorf("%.300v", problems.Errors)
	}
}
