package yara

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"vigie/internal/yara/pattern"
)

// rulesOf compiles rules that must be right.
func rulesOf(t testing.TB, src string) *Rules {
	t.Helper()
	rules, problems := Compile([]Source{{Name: "t.yar", Text: []byte(src)}}, Options{Externals: vectorVars, Modules: testModules()})
	if len(problems.Errors) > 0 {
		t.Fatalf("%v\n%s", problems.Errors, src)
	}
	return rules
}

// names gives the names of the rules that match.
func names(ms []Match) string {
	var out []string
	for _, m := range ms {
		out = append(out, m.Rule)
	}
	return strings.Join(out, " ")
}

func scan(t testing.TB, src, data string) string {
	t.Helper()
	found, undecided := rulesOf(t, src).NewScanner(ScanOptions{}).Scan([]byte(data), nil)
	if len(undecided) > 0 {
		t.Error(undecided)
	}
	return names(found)
}

func TestMistakesInConditionsAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	cond := func(c string) string {
		return "import \"math\"\nrule r { strings: $a = \"aa\" condition: $a and\n" + c + " }"
	}
	for src, want := range map[string]string{
		cond("$b"):           `t.yar:3:1: the rule has no string $b, did you mean "$a"?`,
		cond("any of ($b*)"): `t.yar:3:9: the rule has no string $b*, did you mean "$a"?`,
		cond("$"):            `t.yar:3:1: "$" alone only has a meaning inside "for … of", give the string a name`,
		cond("for any of them : ( for any of them : ( $ ) )"): `t.yar:3:21: "for … of" inside "for … of": "$" would stand for two strings`,
		cond("foo"):                         `t.yar:3:1: unknown name "foo": no variable, imported module or earlier rule has it`,
		cond("hash.md5(0, 1) == \"\""):      `t.yar:3:1: the module "hash" is not imported, add: import "hash"`,
		cond("math.entrpy(0, 1) > 1"):       `t.yar:3:6: "math" has no field "entrpy", did you mean "entropy"?`,
		cond("math.entropy(0) > 1"):         `t.yar:3:13: "math.entropy" does not take the arguments (integer), it takes (integer, integer) or (text)`,
		cond("math.entropy"):                `t.yar:3:6: "math.entropy" is a function, not a value, call it: math.entropy(…)`,
		cond("math"):                        `t.yar:3:1: "math" is a structure, not a value, name one of its fields`,
		cond("filesize.x == 1"):             `t.yar:3:9: expected an operator, or "}" to end the rule, found "."`,
		cond("var_one.x == 1"):              `t.yar:3:9: "var_one" has no fields, it is an integer`,
		cond("var_one[0] == 1"):             `t.yar:3:8: "var_one" has no elements, it is an integer`,
		cond("1 + \"a\" == 2"):              `t.yar:3:3: the operator "+" does not take an integer and a text`,
		cond("true == 1"):                   `t.yar:3:6: the operator "==" does not take a truth value and an integer`,
		cond("\"a\" contains 1"):            `t.yar:3:5: the operator "contains" does not take a text and an integer`,
		cond("\"a\" matches \"b\""):         `t.yar:3:13: the right side of "matches" must be a regular expression, write it between slashes: matches /…/`,
		cond("/x/"):                         `t.yar:3:1: a regular expression is no condition, write: text matches /…/; to look in the file, define a string`,
		cond("\"a\" matches /(x/"):          "",
		cond("uint8(\"x\") == 1"):           `t.yar:3:7: the offset must be an integer, found a text`,
		cond("$a in (5..1)"):                `t.yar:3:7: the range is empty: 5 is greater than 1`,
		cond("$a in (-1..1)"):               `t.yar:3:7: a range begins at 0 or later, found -1`,
		cond("-1 of them"):                  `t.yar:3:1: the quantifier is negative: -1`,
		cond("101% of them"):                `t.yar:3:1: a percentage is from 1 to 100, found 101`,
		cond("1.5 of them"):                 `t.yar:3:1: the quantifier must be an integer, found a float, write all, any, none, a number or a percentage`,
		cond("1 \\ 0 == 1"):                 `t.yar:3:3: division by zero`,
		cond("1 << -1 == 1"):                `t.yar:3:3: shift by a negative number of bits`,
		cond("9223372036854775807 + 1 > 0"): `t.yar:3:21: 9223372036854775807 + 1 is out of range, integers have 64 bits`,
		cond("for any i in (0..1) : ( for any i in (0..1) : ( true ) )"): `t.yar:3:33: the loop variable "i" is in use already, choose another name`,
		cond("for any i, k in (0..1) : ( true )"):                        `t.yar:3:12: the loop gives one value each time, and has 2 variables, only a dictionary gives two`,
		cond("for any i in math : ( true )"):                             `t.yar:3:14: a loop cannot go through a structure, write a range (0..9), a list (1, 2), an array or a dictionary`,
		cond("for any i in (1, \"a\") : ( true )"):                       `t.yar:3:18: the items of a list must be of one type`,
		cond("for any of them : (for any a in (0..1):(for any b in (0..1):(for any c in (0..1):(for any d in (0..1):(true)))))"): `t.yar:3:83: loops nest more than 4 levels deep`,
		"rule r { strings: $a = \"a\" $b = \"b\" condition: $a }":                                                                `t.yar:1:28: the condition does not use the string $b, use it, remove it, or begin its name with $_`,
		"rule r { condition: any of them }":                                                                                      `t.yar:1:28: "them" stands for the strings of the rule, which has none`,
		"rule r { condition: true } rule r { condition: true }":                                                                  `t.yar:1:33: the rule "r" is defined twice, first at t.yar:1:6, choose another name`,
		"rule r { condition: s } rule s { condition: true }":                                                                     `t.yar:1:21: the rule "s" comes later in the file, put it before this rule`,
		"rule r { condition: ] } rule s { condition: r }":                                                                        `t.yar:1:21: expected an operand, found "]"`,
		"rule var_one { condition: true }":                                                                                       `t.yar:1:6: the rule "var_one" has the name of an external variable, choose another name`,
		"rule a { condition: true } rule b { condition: any of (a*) } rule ac { condition: true }":                               `t.yar:1:67: the rule "ac" is matched by the set (a*) of an earlier rule, put it before that rule, or choose another name`,
		"rule a { condition: any of (x*) }":                                                                                      `t.yar:1:29: no earlier rule has a name that begins with "x", the rules of a set come before the rule that uses it`,
		"import \"mat\"":                                                                                                         `t.yar:1:8: unknown module "mat", did you mean "math"?`,
		"include \"x\"":                                                                                                          `t.yar:1:9: the file includes "x", and includes are not allowed here, compile the files together`,
	} {
		_, problems := Compile([]Source{{Name: "t.yar", Text: []byte(src)}}, Options{Externals: vectorVars, Modules: testModules()})
		if len(problems.Errors) == 0 {
			t.Errorf("%s: no problem", src)
			continue
		}
		if got := problems.Errors[0].String(); want != "" && got != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, got, want)
		}
	}
}

func TestWhatDependsOnABadRule(t *testing.T) {
	t.Parallel()
	rules, problems := Compile([]Source{
		{Name: "a", Namespace: "one", Text: []byte("rule bad { strings: $a = { G } condition: $a } rule user { condition: bad } rule good { condition: true }")},
		{Name: "b", Namespace: "two", Text: []byte("rule before { condition: true } global rule g { condition: nothing } rule after { condition: true }")},
		{Name: "c", Namespace: "two", Text: []byte("rule far { condition: true }")},
		{Name: "d", Namespace: "three", Text: []byte("rule sets { condition: any of (b*) or good }")},
		{Name: "e", Namespace: "four", Text: []byte("global rule g { condition: ] } rule x { condition: true }")},
	}, Options{})
	found, _ := rules.NewScanner(ScanOptions{}).Scan(nil, nil)
	if names(found) != "good" || rules.Len() != 1 {
		t.Errorf("matches %q of %v", names(found), rules.Names())
	}
	text := problems.Errors.Error()
	for _, want := range []string{
		`no rule of the namespace "two" is used: all depend on its global rule "g"`, `no rule of the namespace "four" is used`,
		`a:1:71: the rule "bad", which this one refers to, has a problem`, `d:1:32: no earlier rule has a name that begins with "b"`,
	} {
		if strings.Count(text, want) != 1 {
			t.Errorf("want once %s in\n%s", want, text)
		}
	}
}

func TestIncludesStayInTheirRoot(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"dir/main.yar": {Data: []byte(`include "sub/one.yar" include "two.yar" include "../top.yar" rule main { condition: one and two and top }`)},
	}
	for name, text := range map[string]string{"dir/sub/one.yar": "rule one { condition: true }", "two.yar": "rule two { condition: true }",
		"top.yar": "rule top { condition: true }", "loop.yar": `include "loop.yar"`, "bomb.yar": strings.Repeat("include \"two.yar\" ", 20_000)} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	compile := func(name, text string) (*Rules, Problems) {
		return Compile([]Source{{Name: name, Text: []byte(text)}}, Options{Includes: fs.FS(files)})
	}
	rules, problems := compile("dir/main.yar", string(files["dir/main.yar"].Data))
	if len(problems.Errors) > 0 || rules.Len() != 4 {
		t.Errorf("%v", problems.Errors)
	}
	for text, want := range map[string]string{
		`include "../../etc/passwd"`:  "the path leaves the folder of the rules",
		`include "/etc/passwd"`:       "the path leaves the folder of the rules",
		`include "nothing.yar"`:       "file does not exist",
		`include "loop.yar"`:          `the file "loop.yar" includes itself`,
		`include "bomb.yar"`:          "more than 10000 files",
		`include "..\\..\\x"`:         "file does not exist",
		`include "dir"`:               "cannot include",
		`include "top.yar` + "\x00\"": "cannot include",
	} {
		_, problems := compile("main.yar", text)
		if len(problems.Errors) == 0 || !strings.Contains(problems.Errors.Error(), want) {
			t.Errorf("%s: %.300v", text, problems.Errors)
		}
	}
	deep := fstest.MapFS{}
	for i := range 20 {
		deep[fmt.Sprint(i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "include \"%d\" rule r%d { condition: true }", i+1, i)}
	}
	rules, problems = Compile([]Source{{Name: "m", Text: []byte(`include "0"`)}}, Options{Includes: deep})
	if len(problems.Errors) != 1 || !strings.Contains(problems.Errors[0].Msg, "16 levels") || rules.Len() != 16 {
		t.Errorf("%d rules, %v", rules.Len(), problems.Errors)
	}
}

func TestCompilingIsBounded(t *testing.T) {
	t.Parallel()
	var chain, sets, wide strings.Builder
	chain.WriteString("rule r0 { condition: true }\n")
	for i := range 300 {
		fmt.Fprintf(&chain, "rule r%d { condition: r%d }\n", i+1, i)
	}
	for i := range 3_000 {
		fmt.Fprintf(&sets, "rule a%d { condition: any of (a*) }\n", i)
	}
	wide.WriteString("rule r { strings: " + strings.Repeat("$a = \"abc\" ", 1))
	for i := range 5_000 {
		fmt.Fprintf(&wide, "$a%d = \"abc\" ", i)
	}
	wide.WriteString("condition: " + strings.Repeat("any of ($a*) or ", 2_000) + "true }")
	for name, c := range map[string]struct{ src, want string }{
		"a chain of rules": {chain.String(), "in a chain"},
		"sets of rules":    {sets.String(), "is matched by the set"},
		"sets of strings":  {wide.String(), "all sets together"},
	} {
		_, problems := Compile([]Source{{Name: "t", Text: []byte(c.src)}}, Options{})
		if !strings.Contains(problems.Errors.Error(), c.want) {
			t.Errorf("%s: %.300v", name, problems.Errors)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"import \"math\" rule a { strings: $a = \"ab\" $b = { 41 [2-4] ?? } $c = /a.{1,3}b/ condition: any of them and math.entropy(0, filesize) > 1.0 }",
		"rule a { condition: true } rule b { condition: any of (a*) and not a } global private rule c { condition: filesize < 2KB }",
		"rule a { strings: $ = \"x\" condition: for all of them : ( # > 1 and @[1] < !  ) or for any i in (1..3) : ( uint8(i) == i \\ 2 ) }",
	} {
		f.Add([]byte(seed), []byte("xaxbAB"))
	}
	f.Fuzz(func(t *testing.T, src, data []byte) {
		if len(src) > 4<<10 || len(data) > 4<<10 {
			return
		}
		opt := Options{Externals: vectorVars, Modules: testModules(), Strings: pattern.Options{Budget: 1 << 20}}
		rules, problems := Compile([]Source{{Name: "f", Text: src}}, opt)
		again, same := Compile([]Source{{Name: "f", Text: src}}, opt)
		if problems.Errors.Error() != same.Errors.Error() || rules.Len() != again.Len() {
			t.Fatal("two runs differ")
		}
		limits := ScanOptions{RuleSteps: 10_000, FileSteps: 100_000, StepsPerByte: 1, Offsets: true}
		first, _ := rules.NewScanner(limits).Scan(data, nil)
		s := again.NewScanner(limits)
		s.Scan([]byte("something else"), nil)
		if second, _ := s.Scan(data, nil); fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("%v, and on another run %v", first, second)
		}
	})
}

// Files share what one compilation may cost: of the second, only what fits is read.
func TestFilesShareTheCost(t *testing.T) {
	t.Parallel()
	var half strings.Builder
	for i := range 800 {
		fmt.Fprintf(&half, "rule r%d { meta: %s condition: true }\n", i, strings.Repeat("a=1 ", 1000))
	}
	rules, problems := Compile([]Source{{Name: "a.yar", Namespace: "a", Text: []byte(half.String())}, {Name: "b.yar", Namespace: "b", Text: []byte(half.String())}}, Options{})
	if n := rules.Len(); n <= 800 || n >= 1600 || len(problems.Errors) != 1 || problems.Errors[0].File != "b.yar" || problems.Errors[0].Code != "yara.rules.large" {
		t.Errorf("%d rules, %v", n, problems.Errors)
	}
}

// What would need trust in a certificate is refused by name, with what can be asked.
func TestSignaturesAreNotJudged(t *testing.T) {
	t.Parallel()
	for cond, want := range map[string]string{
		"pe.is_signed": `2:24: "pe" has no field "is_signed" here, on purpose, signatures are read, not verified: ask issuer`,
		"for any s in pe.signatures : (s.verified)":                                                        `"s" has no field "verified" here, on purpose`,
		"pe.signatures[0].signer_info.program_name == \"\"":                                                "ask number_of_certificates",
		"pe.number_of_signatures > 0 and pe.signatures[0].not_before < 5":                                  "",
		"for any s in pe.signatures : (s.serial == \"\" or s.thumbprint == \"\" or s.subject == s.issuer)": "",
	} {
		_, problems := Compile([]Source{{Text: []byte("import \"pe\"\nrule r { condition: " + cond + " }")}}, Options{Modules: testModules()})
		if got := problems.Errors.Error(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", cond, got, want)
		}
	}
}
