package syntax

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// condition parses one condition.
func condition(t *testing.T, text string) Expr {
	t.Helper()
	f := Parse("c.yar", []byte("rule r { condition: "+text+" }"))
	if len(f.Problems) > 0 {
		t.Fatalf("%s: %v", text, f.Problems)
	}
	return f.Items[0].Rule.Cond
}

func TestConditionsGroupAsInLibyara(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a or b and not c == d or e":                 `(or a (and b (not (== c d))) e)`,
		"not a and b":                                `(and (not a) b)`,
		"not defined a.b and c":                      `(and (not (defined (. a b))) c)`,
		"defined a == b":                             `(defined (== a b))`,
		"a and (b and c)":                            `(and a (and b c))`,
		"1 + 2 * 3 - 4 == 3":                         `(== (- (+ 1 (* 2 3)) 4) 3)`,
		`a \ b % c * d == 0`:                         `(== (* (% (\ a b) c) d) 0)`,
		"a | b ^ c & d << 1 + 2 == 0":                `(== (| a (^ b (& c (<< d (+ 1 2))))) 0)`,
		"a == b < c":                                 `(== a (< b c))`,
		"~-1 == 0":                                   `(== (~ (- 1)) 0)`,
		"- a + b == 0":                               `(== (+ (- a) b) 0)`,
		"a contains \"x\" and b":                     `(and (contains a "x") b)`,
		"a matches /x\\/y/is":                        `(matches a /x\/y/is)`,
		"a iequals \"x\" or a istartswith \"y\"":     `(or (iequals a "x") (istartswith a "y"))`,
		"uint16be(0) == 0x4D5A":                      `(== (uint16be 0) 19802)`,
		"int8(filesize-1) == -1":                     `(== (int8 (- filesize 1)) (- 1))`,
		"$a at 0 and $b in (0..10+1)":                `(and $a at 0 $b in 0..(+ 10 1))`,
		"$a at entrypoint + 1":                       `$a at (+ entrypoint 1)`,
		"#a in (0..5) > 1 and @a[1+1] < !a":          `(and (> #a in 0..5 1) (< @a[(+ 1 1)] !a))`,
		"any of them":                                `(any of them)`,
		"1 + 1 of ($a*, $b)":                         `((+ 1 1) of {$a* $b})`,
		"50% of them":                                `(50% of them)`,
		"#a % 2 == 0":                                `(== (% #a 2) 0)`,
		"(10 + 5)% of ($*)":                          `((+ 10 5)% of {$*})`,
		"all of them in (0..10) and x":               `(and (all of them in 0..10) x)`,
		"none of ($a) at 0":                          `(none of {$a} at 0)`,
		"2 of (rule_a, rule_b*)":                     `(2 of rules {rule_a rule_b*})`,
		"for any of them : ( $ at 0 and # > 1 )":     `(for any of them : (and $ at 0 (> # 1)))`,
		"for 2 i in (1..#a) : ( @a[i] > 0 )":         `(for 2 i in 1..#a : (> @a[i] 0))`,
		"for all i in (1, 2, 3) : ( i )":             `(for all i in [1 2 3] : i)`,
		"for any k, v in a.b : ( v == k )":           `(for any k,v in (. a b) : (== v k))`,
		"for any s in pe.sections : ( s.x[0] == 1 )": `(for any s in (. pe sections) : (== ([] (. s x) 0) 1))`,
		"math.entropy(0, filesize) >= 7.5":           `(>= (call (. math entropy) 0 filesize) 7.5)`,
		"f(a or b, /x/, \"t\")":                      `(call f (or a b) /x/ "t")`,
		"filesize < 2MB and filesize > 1KB":          `(and (< filesize 2097152) (> filesize 1024))`,
		"0o17 == 15 // comment\n and /* x */ true":   `(and (== 15 15) true)`,
		"not not a":                                  `(not (not a))`,
		"(a)":                                        `a`,
		"true or false":                              `(or true false)`,
		"for any i in (0..1) : ( i ) and b":          `(and (for any i in 0..1 : i) b)`,
	} {
		if got := dump(condition(t, text)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestStringsKeepBytesAndPlaces(t *testing.T) {
	t.Parallel()
	src := "rule r : tag1 tag2 {\n meta:\n  a = \"x\\n\"\n  b = -5\n  c = true\n  c = 0x10\n strings:\n" +
		"  $a = \"q\\\"\\\\\\t\\x00\\xff\xe9\" wide ascii nocase private\n" +
		"  $b = { 4D 5A [2-4] ( 41 | ?B ) // note }\n /* } */ ~00 } private\n" +
		"  $c = /ab\\/c\"{2}/is fullword\n" +
		"  $ = \"anon\" xor(1-0x10)\n  $d = \"b\" base64 base64wide wide\n  $e = \"plain\"\n" +
		" condition: all of them }"
	f := Parse("s.yar", []byte(src))
	if len(f.Problems) > 0 {
		t.Fatal(f.Problems)
	}
	r := f.Items[0].Rule
	if !reflect.DeepEqual(r.Tags, []string{"tag1", "tag2"}) {
		t.Errorf("tags %v", r.Tags)
	}
	wantMeta := []MetaValue{{MetaText, "x\n", 0}, {MetaInt, "", -5}, {MetaBool, "", 1}, {MetaInt, "", 16}}
	for i, m := range r.Meta {
		if m.Value != wantMeta[i] {
			t.Errorf("meta %d: %v", i, m)
		}
	}
	want := []struct {
		name, body string
		kind       StringKind
		mod        Modifiers
	}{
		{"$a", "q\"\\\t\x00\xff\xe9", Text, Modifiers{Wide: true, ASCII: true, Nocase: true, Private: true}},
		{"$b", " 4D 5A [2-4] ( 41 | ?B ) // note }\n /* } */ ~00 ", Hex, Modifiers{ASCII: true, Private: true}},
		{"$c", `ab\/c"{2}`, Regex, Modifiers{ASCII: true, Fullword: true}},
		{"$", "anon", Text, Modifiers{ASCII: true, Xor: true, XorMin: 1, XorMax: 16}},
		{"$d", "b", Text, Modifiers{Base64: true, Base64Wide: true, Wide: true}},
		{"$e", "plain", Text, Modifiers{ASCII: true}},
	}
	for i, w := range want {
		s := r.Strings[i]
		if s.Name != w.name || string(s.Body) != w.body || s.Kind != w.kind || s.Mod != w.mod {
			t.Errorf("got %+v, body %q, want %+v", s, s.Body, w)
		}
	}
	if c := r.Strings[2]; !c.I || !c.S || src[c.BodyAt:c.BodyAt+2] != "ab" || f.Pos(c.BodyAt).String() != "s.yar:11:9" {
		t.Errorf("the place of a regular expression: %v", f.Pos(c.BodyAt))
	}
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	in := func(strings, cond string) string {
		return "rule r { strings: " + strings + " condition: " + cond + " }"
	}
	for src, want := range map[string]string{
		"rule":                                           `1:5: expected the name of the rule, found the end of the file`,
		"rule for { condition: true }":                   `1:6: expected the name of the rule, found "for", which is a word of the language, choose another name`,
		"rule r condition: true }":                       `1:8: expected "{" to begin the rule, found "condition"`,
		"rule r { }":                                     `1:10: the rule has no condition, write "condition: true" if it always matches`,
		"rule r { condition: }":                          `1:21: expected an operand, found "}"`,
		"rule r { condition: true":                       `1:25: expected an operator, or "}" to end the rule, found the end of the file`,
		"rule r { condition: true true }":                `1:26: expected an operator, or "}" to end the rule, found "true"`,
		"rule r : a b a { condition: true }":             `1:14: the tag "a" appears twice, write it once`,
		"rule r { meta: a = }":                           `1:20: expected a text in quotes, a number, true or false, found "}"`,
		"rule r { strings: condition: true }":            `1:19: expected a string, such as $a = "text", found "condition"`,
		"import pe":                                      `1:8: expected the name of a module in quotes, such as import "pe", found "pe"`,
		"foo":                                            `1:1: expected "rule", "import" or "include", found "foo"`,
		"rule r { condition: 1 == é }":                   `1:26: unexpected character "é", outside texts and comments only ASCII is allowed`,
		"/* open":                                        `1:1: the comment does not end, end it with "*/"`,
		in(`$a = "x`, "$a"):                              `1:24: the text does not end, end it with a quote; write a quote inside as \"`,
		in("$a = \"x\n\"", "$a"):                         `1:24: the text does not end on its line, end it with a quote; write a line feed inside as \n`,
		in(`$a = "a\q"`, "$a"):                           `1:26: unknown escape in the text, the escapes are \" \\ \t \n \r and \x with two digits`,
		in(`$a = "a\x4"`, "$a"):                          `1:26: unknown escape in the text, the escapes are \" \\ \t \n \r and \x with two digits`,
		in(`$a = ""`, "$a"):                              `1:24: the string $a is empty`,
		in(`$a = //`, "$a"):                              `1:42: expected a text in quotes, a hexadecimal string { … } or a regular expression /…/, found the end of the file`,
		in(`$a = /x`, "$a"):                              `1:24: the regular expression does not end on its line, end it with "/"; write a slash inside as \/`,
		in(`$a = /x/iq`, "$a"):                           `1:27: unknown flags after the regular expression, the flags are i (any case) and s (the dot takes line feeds too)`,
		in(`$a = { 4D`, "$a"):                            `1:30: unexpected 'o' in the hexadecimal string, it is made of hexadecimal digits, ?, ~, [jumps], (alternatives | …) and comments`,
		in(`$a = { 4D 5G }`, "$a"):                       `1:30: unexpected 'G' in the hexadecimal string, it is made of hexadecimal digits, ?, ~, [jumps], (alternatives | …) and comments`,
		in(`$a = "x" $a = "y"`, "$a"):                    `1:28: the string $a is defined twice, choose another name`,
		in(`$a = "x" xor nocase`, "$a"):                  `1:19: the modifiers xor and nocase do not go together, remove one, or make two strings of it`,
		in(`$a = "x" base64 fullword`, "$a"):             `1:19: the modifiers base64 and fullword do not go together, remove one, or make two strings of it`,
		in(`$a = "x" wide wide`, "$a"):                   `1:33: the modifier "wide" appears twice, write it once`,
		in(`$a = "x" widee`, "$a"):                       `1:28: unknown modifier "widee", did you mean "wide"?`,
		in(`$a = { 41 } nocase`, "$a"):                   `1:31: a hexadecimal string takes no modifier but private, found "nocase"`,
		in(`$a = /x/ xor`, "$a"):                         `1:28: a regular expression does not take the modifier "xor"`,
		in(`$a = "x" xor(5-3)`, "$a"):                    `1:34: the range of keys is empty, write the smaller key first`,
		in(`$a = "x" xor(256)`, "$a"):                    `1:32: the key of xor is one byte: expected 0 to 255, found "256"`,
		in(`$a = "x" base64("abc")`, "$a"):               `1:35: the alphabet of base64 must have 64 bytes, this one has 3`,
		"rule r { condition: 0x8000000000000000 }":       `1:21: the number is out of range, the largest integer is 9223372036854775807`,
		"rule r { condition: 8796093022208MB }":          `1:21: the number is out of range, the largest integer is 9223372036854775807`,
		"rule r { condition: 12ab }":                     `1:21: not a number, write it as 10, 10KB, 10MB, 0x1F, 0o17 or 1.5`,
		"rule r { condition: them }":                     `1:21: unexpected "them" without a quantifier, write: any of them`,
		"rule r { condition: $a* }":                      `1:21: unexpected "$a*", several strings need a quantifier: any of ($a*)`,
		"rule r { condition: for any a,b,c in d : (a) }": `1:33: a loop has at most two variables, a dictionary gives two, everything else one`,
		"rule r { condition: any of (true) }":            `1:29: expected the name of a string, such as $a or $a*, found "true"`,
		"rule r { condition: with a = 1 : (a) }":         `1:21: "with" is a statement of YARA-X, which libyara 4.5 does not have, write the expression in place of the name`,
	} {
		f := Parse("", []byte(src))
		if len(f.Problems) == 0 {
			t.Errorf("%s: no problem", src)
			continue
		}
		if got := f.Problems[0].String(); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, got, want)
		}
	}
}

func TestABadRuleCostsItselfAlone(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"open text":            "rule bad { strings: $a = \"x\n condition: $a }",
		"open hexadecimal":     "rule bad { strings: $a = { 4D 5A\n condition: $a }",
		"no closing brace":     "rule bad { condition: true\n",
		"too many braces":      "}",
		"private string first": "rule bad { strings: $a = \"x\" private private condition: $a }",
		"unknown words":        "rule bad { condition: foo bar baz rule_x }",
		"word as a name":       "global rule global { condition: true }",
		"odd characters":       "rule bad { condition: ` }",
		"no name":              "rule { condition: true }",
		"nothing at all":       "rule",
	} {
		src := "rule one { condition: true }\n" + bad + "\nprivate rule two { condition: one }"
		f := Parse("", []byte(src))
		var names []string
		for _, i := range f.Items {
			names = append(names, i.Rule.Name)
		}
		if fmt.Sprint(names) != "[one two]" || len(f.Problems) == 0 {
			t.Errorf("%s: rules %v, problems %v", name, names, f.Problems)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	rule := func(cond string) string { return "rule r { condition: " + cond + " }" }
	for name, c := range map[string]struct{ src, want string }{
		"parentheses":     {rule(strings.Repeat("(", 100_000) + "true" + strings.Repeat(")", 100_000)), "nests deeper"},
		"not":             {rule(strings.Repeat("not ", 100_000) + "true"), "nests deeper"},
		"minus":           {rule(strings.Repeat("-", 100_000) + "1 == 1"), "nests deeper"},
		"sum":             {rule(strings.Repeat("1+", 100_000) + "1 == 1"), "operators one after the other"},
		"fields":          {rule("a" + strings.Repeat(".b", 100_000)), "fields one in the other"},
		"loops":           {rule(strings.Repeat("for any i in (0..1) : (", 100_000)), "nests deeper"},
		"many operands":   {rule(strings.Repeat("a or ", 300_000) + "a"), "nodes"},
		"long name":       {"rule " + strings.Repeat("a", 129) + " { condition: true }", "longer than 128"},
		"long text":       {rule(`"` + strings.Repeat("a", MaxLiteral+1) + `" == ""`), "longer than"},
		"many strings":    {"rule r { strings: " + strings.Repeat("$ = \"a\" ", MaxStrings+1) + " condition: true }", "more than"},
		"a long rule":     {rule(strings.Repeat(" ", MaxRule) + "true"), "the limit is"},
		"a file too long": {strings.Repeat(" ", MaxFile+1), "the limit is"},
	} {
		f := Parse("", []byte(c.src))
		if len(f.Problems) == 0 || !strings.Contains(f.Problems[0].Msg, c.want) {
			t.Errorf("%s: %.200v", name, f.Problems)
		}
	}
	if f := Parse("", []byte(rule(strings.Repeat("a and ", 20_000)+"a"))); len(f.Problems) > 0 {
		t.Errorf("a long chain of and: %v", f.Problems)
	}
	if f := Parse("", []byte(strings.Repeat("rule { } ", 5_000))); len(f.Problems) != maxProblems+1 {
		t.Errorf("%d problems", len(f.Problems))
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"import \"pe\" include \"x\" rule a : t { meta: k = \"v\" strings: $a = \"x\" xor(1-2) $b = { 41 [2-] ?? } $c = /a\\/b/is condition: any of them }",
		"private global rule b { condition: for any i in (1..#a) : ( @a[i] == uint16be(0) ) and 50% of ($a*) in (0..10) }",
		"rule c { condition: for all k,v in pe.x[\"y\"] : ( v.z(1.5, /r/) contains \"\\x00\" ) or not defined a or -1 % 2 == ~0o17 }",
		"rule d { strings: $ = \"\\", "/*", "rule e { condition: \"\xff", "\xef\xbb\xbfrule f { condition: 1MB..2 }",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file := Parse("f.yar", src)
		for _, i := range file.Items {
			if r := i.Rule; r != nil {
				dump(r.Cond)
				for _, s := range r.Strings {
					file.Pos(s.At)
				}
			}
		}
		for _, p := range file.Problems {
			if len(src) > 0 && p.Line < 1 && p.Code != "diag.more" {
				t.Errorf("a problem without a place: %v", p)
			}
		}
		if again := Parse("f.yar", src); fmt.Sprint(again.Problems) != fmt.Sprint(file.Problems) || len(again.Items) != len(file.Items) {
			t.Error("two runs differ")
		}
	})
}

// Small statements that add up to too much are cut off, with what follows.
func TestTooLargeTogether(t *testing.T) {
	t.Parallel()
	metas := strings.Repeat("a=1 ", 1000)
	var src strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&src, "rule r%d { meta: %s condition: true }\n", i, metas)
	}
	for _, budget := range []int{MaxCost, 5_000} {
		f := ParseWithin("big.yar", []byte(src.String()), budget)
		kept := len(f.Items)
		if f.Cost < budget || f.Cost > budget+3000 || kept != budget/(costStatement+1000*costMeta+1) {
			t.Errorf("budget %d: cost %d, %d rules kept", budget, f.Cost, kept)
		}
		if len(f.Problems) != 1 || f.Problems[0].Code != "yara.rules.large" || f.Problems[0].Line != kept+1 {
			t.Errorf("%v", f.Problems)
		}
		if len(f.Refused) != 1 || f.Refused[0].Name != fmt.Sprintf("r%d", kept) {
			t.Errorf("%v", f.Refused)
		}
	}
}
