package yara

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"vigie/internal/yara/decl"
)

func TestRulesOfANamespace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ src, data, want string }{
		"private rules are used, not told":        {"private rule a { condition: true } rule b { condition: a }", "", "b"},
		"a global rule that holds":                {"global rule g { condition: filesize < 10 } rule a { condition: true }", "x", "g a"},
		"a global rule that does not hold":        {"rule a { condition: true } global rule g { condition: filesize < 1 }", "x", ""},
		"a global rule does not change a result":  {"global rule g { condition: false } rule a { condition: true } rule b { condition: not a }", "", ""},
		"a rule found through another one":        {"rule a { strings: $a = \"needle\" condition: $a } rule b { condition: a } rule c { condition: b and not d_ } ", "", ""},
		"a set of rules counts the ones so far":   {"rule a1 { condition: true } rule a2 { condition: false } rule b { condition: 1 of (a*) and not all of (a*) }", "", "a1 b"},
		"a rule in its own set is not true yet":   {"rule a1 { condition: true } rule a2 { condition: all of (a*) }", "", "a1"},
		"a rule that refers to itself":            {"rule a { condition: not a }", "", "a"},
		"strings of a rule used by another one":   {"private rule a { strings: $a = \"needle\" condition: $a } rule b { condition: a }", "a needle", "b"},
		"no string is needed":                     {"rule a { strings: $a = \"needle\" condition: not $a } rule b { strings: $a = \"needle\" condition: #a == 0 }", "x", "a b"},
		"none of the strings":                     {"rule a { strings: $a = \"needle\" condition: none of them }", "x", "a"},
		"an undefined place is not found":         {"rule a { strings: $a = \"needle\" condition: not defined @a and not defined ($a at uint8(99)) }", "x", "a"},
		"a fact rules the strings out":            {"rule a { strings: $a = \"needle\" condition: filesize > 100 and $a }", "needle", ""},
		"one string, two rules, one ruled out":    {"rule a { strings: $a = \"needle\" condition: filesize > 100 and $a } rule b { strings: $x = \"needle\" condition: $x }", "needle", "b"},
		"an undefined number of strings is all":   {"rule a { strings: $a = \"ne\" $b = \"dle\" condition: uint8(99) of them }", "needle", "a"},
		"a loop over nothing is false":            {"rule a { condition: for all i in (1..uint8(99)) : ( true ) } rule b { condition: for none i in (uint8(99)..2) : ( false ) }", "", ""},
		"the empty text contains the empty text":  {"rule a { condition: \"\" contains \"\" and \"\" iequals \"\" and \"x\" endswith \"\" }", "", "a"},
		"module values of the same file are kept": {"import \"math\" rule a { condition: math.entropy(0, 4) == math.entropy(0, 99) }", "abcd", "a"},
	} {
		src := strings.ReplaceAll(c.src, "d_", "false")
		if got := scan(t, src, c.data); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestPlacesOfStrings(t *testing.T) {
	t.Parallel()
	rules := rulesOf(t, `rule r : t { meta: m = "x" strings: $a = "ab" $p = "b" private $x = "zz" $w = "ab" wide $f = "ab" xor(1)
		condition: any of them }`)
	found, _ := rules.NewScanner(ScanOptions{Offsets: true, Excerpt: 1, MaxOffsets: 2}).Scan([]byte("ab ab ab a\x00b\x00 `c"), nil)
	if len(found) != 1 {
		t.Fatal(found)
	}
	want := "[{$a 3 [{0 2 0 [97]} {3 2 0 [97]}]} {$w 1 [{9 4 0 [97]}]} {$f 1 [{14 2 1 [96]}]}]"
	if got := fmt.Sprint(found[0].Strings); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if m := found[0]; m.Namespace != "default" || m.Tags[0] != "t" || m.Meta[0] != (Meta{"m", "x"}) {
		t.Errorf("%+v", m)
	}
	if found, _ := rules.NewScanner(ScanOptions{}).Scan([]byte("ab"), nil); len(found) != 1 || found[0].Strings != nil {
		t.Errorf("without offsets: %v", found)
	}
}

func TestAStringAtOnePlaceIsOnlyToldThere(t *testing.T) {
	t.Parallel()
	for cond, want := range map[string]string{
		"$a at 3":                 "[{$a 1 [{3 2 0 []}]}]",
		"$a at 3 and $a at 3":     "[{$a 1 [{3 2 0 []}]}]",
		"$a at 3 and $a at 0":     "[{$a 2 [{0 2 0 []} {3 2 0 []}]}]",
		"$a at 3 and $a":          "[{$a 2 [{0 2 0 []} {3 2 0 []}]}]",
		"$a at 3 and #a > 1":      "[{$a 2 [{0 2 0 []} {3 2 0 []}]}]",
		"$a at (filesize - 2)":    "[{$a 2 [{0 2 0 []} {3 2 0 []}]}]",
		"any of them at 3":        "[{$a 2 [{0 2 0 []} {3 2 0 []}]}]",
		"any of them and $a at 3": "[{$a 2 [{0 2 0 []} {3 2 0 []}]}]",
	} {
		rules := rulesOf(t, `rule r { strings: $a = "ab" condition: `+cond+` }`)
		found, _ := rules.NewScanner(ScanOptions{Offsets: true}).Scan([]byte("ab ab"), nil)
		if len(found) != 1 || fmt.Sprint(found[0].Strings) != want {
			t.Errorf("%s: %v, want %s", cond, found, want)
		}
	}
}

func TestTheFirstMatchIsEnoughWhenAsked(t *testing.T) {
	t.Parallel()
	rules := rulesOf(t, `private rule p { condition: true } rule a { condition: false } rule b { condition: p } rule c { condition: true }`)
	if found, _ := rules.NewScanner(ScanOptions{First: true}).Scan(nil, nil); names(found) != "b" {
		t.Errorf("got %q", names(found))
	}
}

func TestExternalVariables(t *testing.T) {
	t.Parallel()
	rules, problems := Compile([]Source{{Text: []byte(`rule r { condition: name matches /\.aspx$/ and size + 1 == 3 and share > 0.5 and web }`)}},
		Options{Externals: map[string]any{"name": "", "size": 0, "share": 0.0, "web": false}})
	if len(problems.Errors) > 0 {
		t.Fatal(problems.Errors)
	}
	s := rules.NewScanner(ScanOptions{})
	set := map[string]any{"name": "shell.aspx", "size": int64(2), "share": 1.0, "web": true}
	if found, undecided := s.Scan(nil, set); names(found) != "r" || len(undecided) > 0 {
		t.Errorf("%v %v", found, undecided)
	}
	if found, _ := s.Scan(nil, nil); len(found) > 0 {
		t.Error("the values of a scan must not stay for the next one")
	}
	_, undecided := s.Scan(nil, map[string]any{"name": 1, "nme": "x", "size": []int{}})
	want := "[{  yara.external.type external variable \"name\" is declared as text and set to a value of type integer}" +
		" {  yara.external.type external variable \"size\": a variable is an integer, a float, a text or a truth value, not a []int}" +
		" {  yara.external.unknown external variable \"nme\" is set, but not declared}]"
	if fmt.Sprint(undecided) != want {
		t.Errorf("got %v\nwant %s", undecided, want)
	}
}

func TestARuleThatDoesTooMuchIsUndecided(t *testing.T) {
	t.Parallel()
	const nested = "for any a in (0..filesize*100000) : ( for any b in (0..filesize*100000) : ( a + b < 0 ) )"
	src := "import \"hash\" import \"math\" import \"console\" " +
		"rule slow { condition: " + nested + " } rule user { condition: not slow } rule fine { condition: true } rule other { condition: slow or true }" +
		"rule digests { condition: for all i in (0..filesize) : ( hash.md5(i, filesize) != \"\" ) }" +
		"rule ranges { condition: for all i in (0..filesize) : ( for all j in (1..filesize) : ( math.mean(i, j) >= 0.0 ) ) }" +
		"rule expressions { condition: for all i in (0..filesize) : ( not \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" matches /((a{0,9}){0,9}){0,9}b/ ) }" +
		"rule talks { condition: for all i in (0..filesize) : ( console.log(\"x\") ) }"
	rules := rulesOf(t, src)
	lines := 0
	opt := ScanOptions{RuleSteps: 100_000, StepsPerByte: 1, Log: func([]byte) { lines++ }}
	for range 2 { // the same for each file
		lines = 0
		found, undecided := rules.NewScanner(opt).Scan([]byte(strings.Repeat("x", 4_000)), nil)
		var told []string
		for _, p := range undecided {
			told = append(told, p.Rule+" "+p.Code)
		}
		want := "slow yara.budget.condition,user yara.budget.reference,other yara.budget.reference,digests yara.budget.condition," +
			"ranges yara.budget.condition,expressions yara.budget.condition,talks yara.budget.condition"
		if got := strings.Join(told, ","); names(found) != "fine" || got != want {
			t.Errorf("matches %q, undecided %s\nwant %s", names(found), got, want)
		}
		if lines > 200 {
			t.Errorf("%d lines were logged", lines)
		}
	}
	found, undecided := rules.NewScanner(ScanOptions{FileSteps: 1, StepsPerByte: 1, RuleSteps: 100}).Scan([]byte("x"), nil)
	if len(undecided) == 0 || !strings.Contains(undecided[0].Msg, "all rules together") {
		t.Errorf("%v %v", names(found), undecided)
	}
}

func TestObjectsOfModules(t *testing.T) {
	t.Parallel()
	rules, problems := Compile([]Source{{Text: []byte(`import "toy"
		rule field { condition: toy.n == 7 and toy.name == "toy" and not defined toy.missing and toy.CONST == 9 }
		rule element { condition: toy.list[1].n == 1 and not defined toy.list[5].n and not defined toy.list[-1].n and toy.dict["k"] == 4 and
			not defined toy.dict["z"] }
		rule loops { condition: for any x in toy.list : ( x.n == 2 ) and for all k, v in toy.dict : ( k == "k" and v == 4 ) and
			for none x in toy.list : ( x.n > 2 ) }
		rule calls { condition: toy.twice(21) == 42 and toy.has(/t.y/) and not toy.has(/q/) and not defined toy.twice(toy.missing) and toy.list[2].plus(1) == 3 }`)}},
		Options{Modules: []*decl.Module{toy()}})
	if len(problems.Errors) > 0 {
		t.Fatal(problems.Errors)
	}
	found, undecided := rules.NewScanner(ScanOptions{}).Scan([]byte("1234567"), nil)
	if names(found) != "field element loops calls" || len(undecided) > 0 {
		t.Errorf("matches %q, %v", names(found), undecided)
	}
}

// toy is a module with one of everything.
func toy() *decl.Module {
	integer, text := &decl.Type{Kind: decl.Int}, &decl.Type{Kind: decl.String}
	item := &decl.Type{Kind: decl.Struct, Fields: []decl.Field{{Name: "n", Type: integer},
		{Name: "plus", Type: &decl.Type{Kind: decl.Func, Funcs: []decl.Function{{Params: "i", Result: integer}}}}}}
	return &decl.Module{
		Name: "toy",
		Type: &decl.Type{Kind: decl.Struct, Fields: []decl.Field{
			{Name: "n", Type: integer}, {Name: "name", Type: text}, {Name: "missing", Type: integer},
			{Name: "CONST", Type: integer, Const: decl.IntOf(9)},
			{Name: "list", Type: &decl.Type{Kind: decl.Array, Elem: item}}, {Name: "dict", Type: &decl.Type{Kind: decl.Dict, Elem: integer}},
			{Name: "twice", Type: &decl.Type{Kind: decl.Func, Funcs: []decl.Function{{Params: "i", Result: integer,
				Call: func(_ *decl.Scan, v []decl.Value) decl.Value { return decl.IntOf(2 * v[0].Int) }}}}},
			{Name: "has", Type: &decl.Type{Kind: decl.Func, Funcs: []decl.Function{{Params: "r", Result: integer,
				Call: func(_ *decl.Scan, v []decl.Value) decl.Value { return decl.BoolOf(v[0].Re.Match([]byte("toy"))) }}}}},
		}},
		Open: func(s *decl.Scan) decl.Object { return &toyFile{size: len(s.Data)} },
	}
}

type toyFile struct {
	decl.None
	size int
}

func (f *toyFile) Field(i int) decl.Value {
	switch i {
	case 0:
		return decl.IntOf(int64(f.size))
	case 1:
		return decl.StringOf([]byte("toy"))
	case 4:
		return decl.ObjectOf(decl.Array, toyList{})
	case 5:
		return decl.ObjectOf(decl.Dict, toyDict{})
	}
	return decl.Value{}
}

type toyList struct{ decl.None }

func (toyList) Len() int               { return 3 }
func (toyList) Index(i int) decl.Value { return decl.ObjectOf(decl.Struct, toyItem{n: int64(i)}) }

type toyItem struct {
	decl.None
	n int64
}

func (i toyItem) Field(int) decl.Value                  { return decl.IntOf(i.n) }
func (i toyItem) Call(_ int, v []decl.Value) decl.Value { return decl.IntOf(i.n + v[0].Int) }

type toyDict struct{ decl.None }

func (toyDict) Len() int                       { return 1 }
func (toyDict) Entry(int) ([]byte, decl.Value) { return []byte("k"), decl.IntOf(4) }
func (toyDict) Lookup(key []byte) decl.Value {
	if string(key) == "k" {
		return decl.IntOf(4)
	}
	return decl.Value{}
}

func FuzzScan(f *testing.F) {
	rules := rulesOf(f, `import "math" import "hash"
		rule a { strings: $a = "ab" nocase wide ascii $b = { 61 [1-3] ( 62 | 6? ) } $c = /a.{0,5}b\b/s condition: 2 of them or #a > @b[2] }
		rule b { condition: math.entropy(0, filesize) > 3.5 and hash.crc32(0, filesize) & 1 == 1 }
		rule c { condition: entrypoint > 0 or uint32be(filesize - 4) == 0 } rule d { condition: for any i in (0..filesize) : ( uint16(i) == i ) }`)
	s := rules.NewScanner(ScanOptions{Offsets: true})
	f.Add([]byte("abAB a\x00b\x00"), []byte("MZ"))
	f.Add([]byte("\x7fELF\x02\x01"), []byte{})
	f.Fuzz(func(t *testing.T, one, two []byte) {
		first, p1 := s.Scan(one, nil)
		kept := fmt.Sprint(first, p1)
		s.Scan(two, nil)
		again, p2 := rules.NewScanner(ScanOptions{Offsets: true}).Scan(one, nil)
		if got := fmt.Sprint(again, p2); got != kept {
			t.Errorf("a used scanner gives %s, a new one %s", kept, got)
		}
	})
}

func TestScannersOfSharedRulesRunAtOnce(t *testing.T) {
	t.Parallel()
	rules := rulesOf(t, `import "math" rule a { strings: $a = /ab+c/ condition: $a and math.count(0x61) > 0 and "x" matches /x/ } rule b { condition: filesize == 4 }`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s := rules.NewScanner(ScanOptions{Offsets: true})
			for range 50 {
				if found, _ := s.Scan([]byte("abbc"), nil); names(found) != "a b" {
					t.Errorf("got %q", names(found))
				}
			}
		})
	}
	wg.Wait()
}
