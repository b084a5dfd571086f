package pattern

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// What cannot be compiled is refused with the place and a code; nothing panics.
func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		src  Source
		code string
		at   int
	}{
		{"empty text", Source{}, "string.empty", 0},
		{"empty regex alternative", Source{Kind: Regexp, Text: []byte("(|a)")}, "regex.empty", 1},
		{"range in the wrong order", Source{Kind: Regexp, Text: []byte("x[b-a]")}, "regex.class", 2},
		{"class without an end", Source{Kind: Regexp, Text: []byte("ab[cd")}, "regex.class", 2},
		{"parenthesis that is not open", Source{Kind: Regexp, Text: []byte("abc)")}, "regex.parenthesis", 3},
		{"parenthesis without an end", Source{Kind: Regexp, Text: []byte("ab(c")}, "regex.parenthesis", 2},
		{"nothing to repeat", Source{Kind: Regexp, Text: []byte("*a")}, "regex.repeat", 0},
		{"repetition of a repetition", Source{Kind: Regexp, Text: []byte("a{1000}{1000}")}, "regex.repeat", 7},
		{"interval too large", Source{Kind: Regexp, Text: []byte("a{99999999999999999999}")}, "regex.repeat", 1},
		{"interval in the wrong order", Source{Kind: Regexp, Text: []byte("a{3,2}")}, "regex.repeat", 1},
		{"reference", Source{Kind: Regexp, Text: []byte(`(a)\1`)}, "regex.reference", 3},
		{"group that only groups", Source{Kind: Regexp, Text: []byte(`(?:a)`)}, "regex.group", 1},
		{"escape without digits", Source{Kind: Regexp, Text: []byte(`a\xg0`)}, "regex.escape", 1},
		{"greedy and not", Source{Kind: Regexp, Text: []byte("a+b+?")}, "regex.greedy", 0},
		{"a program too large", Source{Kind: Regexp, Text: []byte("((a{1000}){1000}b)c")}, "regex.complex", 0},
		{"parentheses too deep", Source{Kind: Regexp, Text: bytes.Repeat([]byte("("), 10_000)}, "regex.nesting", maxNesting},
		{"hex that begins with a jump", Source{Kind: Hex, Text: []byte("[-] 01")}, "hex.jump.first", 0},
		{"hex that ends with a jump", Source{Kind: Hex, Text: []byte("01 [2]")}, "hex.jump.last", 6},
		{"jump of nothing", Source{Kind: Hex, Text: []byte("01 [0] 02")}, "hex.jump", 3},
		{"jump in the wrong order", Source{Kind: Hex, Text: []byte("01 [3-2] 02")}, "hex.jump", 3},
		{"jump too large", Source{Kind: Hex, Text: []byte("61 [0-2147483648] 62")}, "hex.jump", 6},
		{"unbounded jump in an alternative", Source{Kind: Hex, Text: []byte("01 (02 [-] 03 | 04)")}, "hex.jump", 7},
		{"half a byte", Source{Kind: Hex, Text: []byte("01 2")}, "hex.digit", 3},
		{"not anything", Source{Kind: Hex, Text: []byte("01 ~?? 02")}, "hex.not", 3},
		{"comment without an end", Source{Kind: Hex, Text: []byte("01 /* 02")}, "hex.comment", 3},
		{"hex parentheses too deep", Source{Kind: Hex, Text: bytes.Repeat([]byte("("), 10_000)}, "hex.nesting", maxNesting},
		{"hex too long", Source{Kind: Hex, Text: bytes.Repeat([]byte("01"), maxHexTokens+1)}, "hex.long", 2 * maxHexTokens},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			good := Source{Kind: Text, Text: []byte("good one")}
			set, errs := Compile([]Source{test.src, good}, Options{})
			if len(errs) != 1 || errs[0].Warning || errs[0].Index != 0 || errs[0].Code != test.code || errs[0].Offset != test.at {
				t.Fatalf("errors %+v, want %s at %d", errs, test.code, test.at)
			}
			st := set.NewState()
			st.Scan([]byte("a good one"), nil)
			if st.Any(0) || len(st.Matches(0)) > 0 || st.At(0, 0) || !st.Any(1) {
				t.Error("the string that is wrong matches, or the other does not")
			}
		})
	}
}

// A scan ends whatever the strings and the data, and says which strings it has given up.
func TestBudget(t *testing.T) {
	t.Parallel()
	letters := make([]byte, 1<<18)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range letters {
		letters[i] = "abcdefghijklmnopqrstuvwxyz"[r.IntN(26)]
	}
	var words strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&words, "%x|", i*7919)
	}
	tests := []struct {
		name  string
		regex string
	}{
		{"repetitions one behind the other", `.*[a-z]{0,1000}.{0,900}zz`},
		{"repetitions in repetitions", `((a*)*b*)*[a-z]{1,100}\b`},
		{"a border everywhere", `(\b|.)*.*\b`},
		{"twenty thousand alternatives", "x(" + words.String() + "q)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			srcs := []Source{{Kind: Regexp, Text: []byte(test.regex)}, {Kind: Text, Text: letters[1000:1020]}}
			set, _ := Compile(srcs, Options{Budget: 1 << 20})
			var first string
			for range 2 {
				st := set.NewState()
				st.Scan(letters, nil)
				st.Matches(0)
				got := fmt.Sprint(st.Exhausted(), list(st.Matches(0)), list(st.Matches(1)))
				if first == "" {
					first = got
				} else if got != first {
					t.Error("two scans give different results")
				}
				if !st.Any(1) {
					t.Error("the other string is lost")
				}
			}
		})
	}
}

// The work that is counted does not depend on what the State has seen before.
func TestBudgetIsTheSameForEachScan(t *testing.T) {
	t.Parallel()
	st := compileOne(t, Source{Kind: Regexp, Text: []byte(`[a-c]+(ab|ba){2,}c`)})
	data := bytes.Repeat([]byte("abcabbacabab"), 200)
	var left []int64
	for range 3 {
		st.Scan(data, nil)
		st.Matches(0)
		left = append(left, st.machine.left)
	}
	if left[0] != left[1] || left[1] != left[2] {
		t.Errorf("left over: %v", left)
	}
}

// Strings that match everywhere are bounded by their number of matches, and do not keep the others from being found.
func TestEverywhere(t *testing.T) {
	t.Parallel()
	srcs := []Source{
		{Kind: Text, Text: []byte{0}}, {Kind: Text, Text: []byte{0, 0, 0, 0}}, {Kind: Hex, Text: []byte("00 ?? 00 [1-4] 00")},
		{Kind: Hex, Text: []byte("00 00 00 00 [-] 00 00 00 00")}, {Kind: Regexp, Text: []byte("x*")}, {Kind: Text, Text: []byte("needle")},
		{Kind: Text, Text: []byte{0, 0}, Mod: Modifiers{Xor: true, XorMax: 255}},
	}
	data := append(make([]byte, 300_000), "needle"...)
	set, _ := Compile(srcs, Options{MaxMatches: 1000})
	st := set.NewState()
	st.Scan(data, nil)
	for i := range srcs {
		all := st.Matches(i)
		want := 1000
		switch i {
		case 3:
			want = 996 // each part is cut off at 1,000, so the last beginnings have no end
		case 5:
			want = 1
		}
		if len(all) != want || !st.Any(i) {
			t.Errorf("string %d: %d matches, want %d", i, len(all), want)
		}
		for j, m := range all {
			if i != 5 && m.Offset != j {
				t.Fatalf("string %d: match %d at %d", i, j, m.Offset)
			}
		}
	}
	if len(st.kept) > maxKeptAll {
		t.Errorf("%d atoms are kept", len(st.kept))
	}
}

// What would make a compiler work without end, or fill the memory, is compiled in a moment or refused.
func TestHostileRuleSets(t *testing.T) {
	t.Parallel()
	nothing := strings.Repeat("(", 20) + "a{0}" + strings.Repeat("){4000}", 20)
	var alternatives strings.Builder
	alternatives.WriteString("(q")
	for i := range 1500 {
		fmt.Fprintf(&alternatives, "|%c%c%c", 'a'+i%26, 'a'+i/26%26, 'A'+i/676)
	}
	alternatives.WriteString(")")
	srcs := []Source{{Kind: Regexp, Text: []byte(nothing)}}
	for range 40 {
		srcs = append(srcs, Source{Kind: Regexp, Text: []byte(alternatives.String())},
			Source{Kind: Regexp, Text: []byte("[^a][^b]" + strings.Repeat("(x|[^c][^d])", 20))},
			Source{Kind: Text, Text: []byte("xy"), Mod: Modifiers{Xor: true, XorMax: 255, Wide: true, ASCII: true}})
	}
	set, _ := Compile(srcs, Options{})
	if len(set.filter.entries) > maxEntries || set.pairs.total > maxPairEntries {
		t.Errorf("%d entries, %d pairs", len(set.filter.entries), set.pairs.total)
	}
	st := set.NewState()
	st.Scan([]byte("some text with abA and xy in it"), nil)
	for i := range srcs[1:] {
		if i%3 != 1 && !st.Any(i+1) {
			t.Errorf("string %d is not found", i+1)
		}
	}
}

func TestWantIsAskedOnceAndObeyed(t *testing.T) {
	t.Parallel()
	srcs := []Source{{Kind: Text, Text: []byte("wanted text")}, {Kind: Text, Text: []byte("other text")}, {Kind: Text, Text: []byte("absent")}}
	set, _ := Compile(srcs, Options{})
	st := set.NewState()
	var asked []int
	st.Scan([]byte("wanted text, other text, wanted text, other text"), func(i int) bool {
		asked = append(asked, i)
		return i == 0
	})
	if fmt.Sprint(asked) != "[0 1]" {
		t.Errorf("asked about %v", asked)
	}
	if !st.Any(0) || st.Any(1) || st.Any(2) || len(st.Matches(1)) > 0 || !st.At(0, 0) || st.At(1, 13) {
		t.Error("what is not wanted is found, or what is wanted is not")
	}
	for i := range srcs {
		if !set.Traced(i) {
			t.Errorf("string %d is not traced", i)
		}
	}
}

func TestRegexOperator(t *testing.T) {
	t.Parallel()
	tests := []struct {
		regex, data string
		want        bool
	}{
		{"b+", "abc", true}, {"^b", "abc", false}, {"c$", "abc", true}, {"x*", "", true}, {"x", "", false}, {"a+?b+", "aab", true},
	}
	for _, test := range tests {
		re, err := CompileRegex([]byte(test.regex), false, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := re.Match([]byte(test.data)); got != test.want {
			t.Errorf("%q matches %q: %v", test.data, test.regex, got)
		}
	}
	if _, err := CompileRegex([]byte("("), false, false); err == nil {
		t.Error("compiled")
	}
}
