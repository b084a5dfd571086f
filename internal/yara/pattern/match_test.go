package pattern

import (
	"fmt"
	"strings"
	"testing"
)

// compileOne compiles one string and fails the test on an error.
func compileOne(t testing.TB, src Source) *State {
	t.Helper()
	set, errs := Compile([]Source{src}, Options{})
	for _, e := range errs {
		if !e.Warning {
			t.Fatalf("compile %q: at %d: %s", src.Text, e.Offset, e.Error.Error())
		}
	}
	return set.NewState()
}

// list writes matches as "offset:length", with the key of xor strings.
func list(all []Match) string {
	var b strings.Builder
	for i, m := range all {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d:%d", m.Offset, m.Length)
		if m.Key != 0 {
			fmt.Fprintf(&b, "^%02x", m.Key)
		}
	}
	return b.String()
}

func TestMatches(t *testing.T) {
	t.Parallel()
	text := func(s string, m Modifiers) Source { return Source{Kind: Text, Text: []byte(s), Mod: m} }
	hex := func(s string) Source { return Source{Kind: Hex, Text: []byte(s)} }
	re := func(s string) Source { return Source{Kind: Regexp, Text: []byte(s)} }
	tests := []struct {
		name string
		src  Source
		data string
		want string
	}{
		{"text", text("abcd", Modifiers{}), "xabcdabcd", "1:4 5:4"},
		{"text overlapping itself", text("aaa", Modifiers{}), "aaaaa", "0:3 1:3 2:3"},
		{"text, case", text("abcd", Modifiers{}), "ABCD", ""},
		{"nocase", text("aBcD", Modifiers{Nocase: true}), "AbCdabcd", "0:4 4:4"},
		{"nocase is for letters only", text("a@bc", Modifiers{Nocase: true}), "a`bcA@BC", "4:4"},
		{"one byte", text("a", Modifiers{}), "banana", "1:1 3:1 5:1"},
		{"three bytes at the end", text("abc", Modifiers{}), "xxabc", "2:3"},
		{"wide", text("abc", Modifiers{Wide: true}), "abc a\x00b\x00c\x00", "4:6"},
		{"wide and ascii", text("abc", Modifiers{Wide: true, ASCII: true}), "abc a\x00b\x00c\x00", "0:3 4:6"},
		{"fullword", text("abcd", Modifiers{Fullword: true}), "abcd xabcd abcdx _abcd_ abcd", "0:4 18:4 24:4"},
		{"fullword wide", text("ab", Modifiers{Fullword: true, Wide: true}), "x\x00a\x00b\x00 a\x00b\x00xa\x00b\x00x\x00", "7:4"},
		{"xor", text("abcd", Modifiers{Xor: true, XorMax: 255}), "abcd `cbe", "0:4 5:4^01"},
		{"xor from 1", text("abcd", Modifiers{Xor: true, XorMin: 1, XorMax: 255}), "abcd `cbe", "5:4^01"},
		{"xor fullword sees the bytes as they are", text("abcd", Modifiers{Xor: true, XorMin: 1, XorMax: 255, Fullword: true}), "!`cbe a`cbe", "1:4^01"},
		{"xor wide", text("ab", Modifiers{Xor: true, XorMax: 255, Wide: true}), "c\x02`\x02", "0:4^02"},
		{"base64", text("This program cannot", Modifiers{Base64: true}),
			"VGhpcyBwcm9ncmFtIGNhbm5vdA== AVGhpcyBwcm9ncmFtIGNhbm5vdA AAVGhpcyBwcm9ncmFtIGNhbm5vdA", "0:25 30:25 59:25"},
		{"base64 shifted", text("This program cannot", Modifiers{Base64: true}), "QUFUaGlzIHByb2dyYW0gY2Fubm90", "3:25"},
		{"base64wide", text("foobar", Modifiers{Base64Wide: true}), "Z\x00m\x009\x00v\x00Y\x00m\x00F\x00y\x00", "0:16"},

		{"hex", hex("61 62 ?? 64"), "abxd", "0:4"},
		{"hex nibbles", hex("6? ?1 61"), "baa", "0:3"},
		{"hex not", hex("61 ~62 63 ~?4"), "abcdaxcdaxce", "8:4"},
		{"hex jump", hex("61 [1-3] 62"), "axb axxxb axxxxb abb", "0:3 4:5 17:3"},
		{"hex jump takes the shortest", hex("61 62 [0-4] 63"), "abxccc", "0:4"},
		{"hex alternatives", hex("61 (62 63 | 64) 65"), "abce ade abde", "0:4 5:3"},
		{"hex nested alternatives", hex("61 (62 (63 | 64) | 65 ) 66"), "abcf abdf aef", "0:4 5:4 10:3"},
		{"hex with comments", hex("61 // one\n62 /* two */ 63"), "abc", "0:3"},
		{"hex unbounded jump", hex("61 62 [-] 63 64"), "ab ab cd cd", "0:8 3:5"},
		{"hex long jump", hex("61 62 [201-300] 63 64"), "ab" +
			strings.Repeat(".", 200) + "cd" + strings.Repeat(".", 201) + "ab" + strings.Repeat(".", 201) + "cd", "405:205"},
		{"hex chain of three", hex("61 [-] 62 [-] 63"), "a b a c b c", "0:7 4:7"},
		{"hex exact", hex("( 61 | 62 ) 63"), "acbc", "0:2 2:2"},

		{"regex literal", re("abc"), "abcabc", "0:3 3:3"},
		{"regex greedy", re("ab+c*"), "abbbcc abc", "0:6 7:3"},
		{"regex ungreedy", re("ab+?"), "abbbcc abc", "0:2 7:2"},
		{"regex star at the front", re("x*abcd"), "xxabcd", "0:6 1:5 2:4"},
		{"regex dot", re("a.c"), "abc a\nc", "0:3"},
		{"regex begin", re("^abc"), "abcabc", "0:3"},
		{"regex end", re("abc$"), "abcabc", "3:3"},
		{"regex class", re("[a-c]+x"), "abcx", "0:4 1:3 2:2"},
		{"regex alternatives", re("(one|three)x"), "onex threex", "0:4 5:6"},
		{"regex repeat", re("a{2,3}b"), "aaaab", "1:4 2:3"},
		{"regex up to", re("a{,2}b"), "aaab", "1:3 2:2 3:1"},
		{"regex border", re(`\bab\b`), "ab abc ab", "0:2 7:2"},
		{"regex no border", re(`\Bab`), "ab xab", "4:2"},
		{"regex brace", re(`a{b`), "a{b", "0:3"},
		{"regex nothing", re(`x?`), "abx", "0:0 1:0 2:1"},
		{"regex group that prefers nothing", re(`a(\B|b)?`), "ab", "0:1"},
		{"regex interval with blanks", re(`ab{1 , 2}c`), "abbc", "0:4"},
		{"regex wide", Source{Kind: Regexp, Text: []byte("ab+"), Mod: Modifiers{Wide: true}}, "abb a\x00b\x00b\x00", "4:6"},
		{"regex nocase", Source{Kind: Regexp, Text: []byte("ab[c-d]"), I: true}, "ABC aBD", "0:3 4:3"},
		{"regex dot all", Source{Kind: Regexp, Text: []byte("a.b"), S: true}, "a\nb", "0:3"},
		{"regex fullword", Source{Kind: Regexp, Text: []byte("ab+"), Mod: Modifiers{Fullword: true}}, "abb abbx", "0:3"},
		{"regex long jump crosses a newline", re("ab.{0,300}?cd"), "ab\ncd", "0:5"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			st := compileOne(t, test.src)
			for range 2 { // a State is good for many scans
				st.Scan([]byte(test.data), nil)
				if got := st.Any(0); got != (test.want != "") {
					t.Errorf("Any = %v", got)
				}
				if got := list(st.Matches(0)); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}
