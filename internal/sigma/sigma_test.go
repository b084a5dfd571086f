package sigma

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

func mustSet(t testing.TB, text string) *Set {
	t.Helper()
	rules, problems := Parse("rule.yml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	set, problems := Compile(rules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

func oneRule(detection string) string {
	return "title: t\nlogsource: {category: test}\ndetection:\n" + detection + "\n"
}

func TestEscapes(t *testing.T) {
	t.Parallel()
	// In the wanted text, <*> and <?> are wildcards.
	for in, want := range map[string]string{
		``:              ``,
		`abc`:           `abc`,
		`a*b?c`:         `a<*>b<?>c`,
		`C:\Windows\x`:  `C:\Windows\x`,
		`\`:             `\`,
		`\\`:            `\`,
		`\\\`:           `\\`,
		`\\\\`:          `\\`,
		`\*`:            `*`,
		`\?`:            `?`,
		`\\*`:           `\<*>`,
		`\\?`:           `\<?>`,
		`\\\*`:          `\*`,
		`\\\?`:          `\?`,
		`\\\\*`:         `\\<*>`,
		`\\\\\*`:        `\\*`,
		`a\\\b`:         `a\\b`,
		`a\\\\b`:        `a\\b`,
		`*\cmd.exe`:     `<*>\cmd.exe`,
		`dir\`:          `dir\`,
		`dir\\`:         `dir\`,
		`\n\t\x41`:      `\n\t\x41`,
		`\%`:            `\%`,
		`é\*ü`:          `é*ü`,
		`\\server\c$\*`: `\server\c$*`,
	} {
		var b strings.Builder
		for _, c := range readText(in) {
			switch c {
			case symAny:
				b.WriteString("<*>")
			case symOne:
				b.WriteString("<?>")
			default:
				b.WriteRune(c)
			}
		}
		if b.String() != want {
			t.Errorf("%s is read as %s, want %s", in, b.String(), want)
		}
	}
}

// pieces are what random texts are made of: letters that meet, wildcards, all that folding and decoding can get wrong.
var pieces = []string{"a", "b", "A", "ab", "aab", "-", "/", "–", "k", "K", "\u212a", "s", "ſ", "S", "é", "É", "ß", "😀", "\xff", "\xe2\x82", "\xf0\x9f", "\x80", ".", "0", "1"}

func randomText(rng *rand.Rand, n int) string {
	var b strings.Builder
	for range rng.IntN(n) {
		b.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return b.String()
}

func TestWildcardsAgainstTable(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for range 300_000 {
		var syms []rune
		for range rng.IntN(8) {
			switch rng.IntN(6) {
			case 0, 1:
				syms = append(syms, symAny)
			case 2:
				syms = append(syms, symOne)
			case 3:
				syms = append(syms, symDash)
			default:
				if p := pieces[rng.IntN(len(pieces))]; utf8.ValidString(p) {
					syms = append(syms, []rune(p)...)
				}
			}
		}
		text, cased := randomText(rng, 12), rng.IntN(2) == 0
		hay := []byte(text)
		if !cased {
			hay = appendFold(nil, text)
		}
		got, want := newPattern(syms, cased).match(hay), naiveGlob(syms, naiveChars(text), cased)
		if got != want {
			t.Fatalf("pattern %q, text %q, cased %v: got %v", syms, text, cased, got)
		}
		if got {
			matched++
		}
	}
	if matched < 10_000 {
		t.Errorf("only %d of the texts matched: the test proves little", matched)
	}
}

func TestFoldingIsThatOfRegexp(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		f := foldRune(r)
		if foldRune(f) != f {
			t.Fatalf("%U folds to %U, which folds on to %U", r, f, foldRune(f))
		}
		for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
			if foldRune(s) != f {
				t.Fatalf("%U and %U fold differently", r, s)
			}
		}
		if f != r && !strings.EqualFold(string(f), string(r)) {
			t.Fatalf("%U folds to %U", r, f)
		}
		if r >= 0x80 && f < 0x80 && r != '\u212a' && r != 'ſ' {
			t.Fatalf("%U folds to ASCII: the documentation of Atoms names the characters that do", r)
		}
	}
	for _, c := range [][2]string{{"k", "\u212a"}, {"ſ", "S"}, {"ς", "Σ"}, {"ı", "i"}, {"İ", "i"}, {"ß", "ẞ"}, {"é", "É"}} {
		want := regexp.MustCompile("(?i)^" + c[0] + "$").MatchString(c[1])
		if got := bytes.Equal(appendFold(nil, c[0]), appendFold(nil, c[1])); got != want {
			t.Errorf("%q and %q: %v, regexp says %v", c[0], c[1], got, want)
		}
	}
}

func TestForTakesRulesOfTheSourceAndBroaderOnes(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, src := range []string{"{category: webserver}", "{product: windows}", "{product: windows, service: security}", "{product: windows, category: process_creation}", "{category: webserver, product: iis}"} {
		fmt.Fprintf(&text, "---\ntitle: '%s'\nlogsource: %s\ndetection: {s: {A: 1}, condition: s}\n", src, src)
	}
	set := mustSet(t, text.String())
	for _, c := range []struct {
		sources []LogSource
		want    []int
	}{
		{[]LogSource{{Category: "webserver", Product: "iis"}}, []int{0, 4}},
		{[]LogSource{{Category: "WebServer"}}, []int{0}},
		{[]LogSource{{Product: "windows", Service: "security"}}, []int{1, 2}},
		{[]LogSource{{Product: "windows", Service: "sysmon"}, {Product: "windows", Category: "process_creation"}}, []int{1, 3}},
		{[]LogSource{{}}, nil},
		{nil, nil},
	} {
		var got []int
		for _, r := range set.For(c.sources...).Rules() {
			got = append(got, slices.Index(set.Rules(), r))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: rules %v, want %v", c.sources, got, c.want)
		}
	}
	// A run of the whole set serves its parts.
	run, n := set.Start(), 0
	run.Event(set.For(LogSource{Category: "webserver"}), testEvent{{"A", []string{"1"}}}, func(Match) { n++ })
	run.Event(nil, testEvent{{"A", []string{"1"}}}, func(Match) { n++ })
	if n != 6 {
		t.Errorf("%d matches, want 6", n)
	}
}

func TestSameIDTwiceIsReported(t *testing.T) {
	t.Parallel()
	rule := "title: %s\nid: %s\nlogsource: {category: test}\ndetection: {s: {A: 1}, condition: s}\n---\n"
	rules, problems := Parse("a.yml", fmt.Appendf(nil, rule+rule+rule+rule, "a", "AB-1", "b", "ab-1", "c", "''", "d", "''"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	set, problems := Compile(rules)
	if set.Len() != 3 || len(problems) != 1 || problems[0].String() != `a.yml:6:1: rule has the id "ab-1" of the rule at a.yml:1:1` {
		t.Errorf("%d rules, %v", set.Len(), problems)
	}
}

func TestRuleKeepsWhatItSays(t *testing.T) {
	t.Parallel()
	rules, problems := Parse("full.yml", []byte(`title: Full
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
name: full
status: test
level: high
description: What it finds
author: A, B
license: MIT
date: 2024-01-02
modified: 2024/02/03
taxonomy: sigma
tags: [attack.t1059, 2024]
references: [https://example.org/a]
falsepositives: [Unlikely]
fields: [CommandLine]
scope: [server]
related: [{id: x, type: derived}]
logsource: {category: webserver, product: iis, definition: needs headers, other: 1}
detection: {s: {A: 1}, condition: [s, not s]}
vigie: {weight: 3, needs: [a, b]}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := *rules[0]
	r.root = nil
	got := fmt.Sprintf("%+v", r)
	want := `{Header:{ID:929a690e-bef0-4204-a928-ef5e620d6fcc Name:full Title:Full Status:test Level:high Description:What it finds Author:A, B License:MIT ` +
		`Date:2024-01-02 Modified:2024/02/03 Taxonomy:sigma Tags:[attack.t1059 2024] References:[https://example.org/a] FalsePositives:[Unlikely] ` +
		`Scope:[server] Related:[{ID:x Type:derived}] Fields:[CommandLine] Custom:map[vigie:map[needs:[a b] weight:3]] File:full.yml ` +
		`Pos:full.yml:1:1} LogSource:{Category:webserver Product:iis Service: Definition:needs headers} Conditions:[s not s] Filters:[] root:<nil>}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHostileDocumentsAreRefusedQuickly(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 9))
	}
	names := new(strings.Builder)
	for i := range 3000 {
		fmt.Fprintf(names, "    s%d: {A: %d}\n", i, i)
	}
	long := strings.Repeat("x", maxRule)
	for name, c := range map[string]struct{ text, want string }{
		"aliases":              {bomb, "anchors are not allowed"},
		"brackets":             {strings.Repeat("[", 100_000), "not valid YAML"},
		"balanced brackets":    {strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested deeper than 64 levels"},
		"maps":                 {"a: " + strings.Repeat("{a: ", 1000) + strings.Repeat("}", 1000), "nested deeper than 64 levels"},
		"too long":             {"title: " + long, "limit 524288"},
		"not UTF-8":            {"title: a\nb: \xff", "text is not UTF-8: byte 0xff"},
		"deep condition":       {oneRule("    s: {A: 1}\n    condition: " + strings.Repeat("(", 5000)), "condition is too long"},
		"nots":                 {oneRule("    s: {A: 1}\n    condition: " + strings.Repeat("not ", 4000)), "condition ends where"},
		"too many selected":    {oneRule(names.String() + "    condition: 1 of s* or 1 of s*0 or 1 of s*1* or 1 of s*2* or all of s* or all of s1* or 1 of *s* or 1 of **s* or 1 of ***s* or 1 of ****s*"), "condition selects more than 16384"},
		"too many values":      {oneRule("    s: {A: [" + strings.Repeat("a,", 17_000) + "a]}\n    condition: s"), "more than 16384 values"},
		"expressions":          {oneRule("    s: {A|re: '" + strings.Repeat("(x{1000})", 7000) + "'}\n    condition: s"), "expression too large"},
		"large class":          {oneRule("    s: {A|re: '" + strings.Repeat(`\pL`, 2000) + "'}\n    condition: s"), "regular expression is too large"},
		"many alternatives":    {oneRule("    s: {A|re: '" + strings.Repeat(`a|bc|`, 6000) + "x'}\n    condition: s"), ""},
		"long wildcard":        {oneRule("    s: {A|contains: '" + strings.Repeat("a?", 200) + "'}\n    condition: s"), "400 characters between two *"},
		"a million documents":  {strings.Repeat("---\na\n", 100_000), "a rule is a map"},
		"many empty documents": {strings.Repeat("---\n", 100_000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			rules, problems := Parse("x.yml", []byte(c.text))
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
			if len(problems) > maxProblems+1 {
				t.Errorf("%d problems", len(problems))
			}
			if c.want == "" {
				return
			}
			if len(rules) > 0 || len(problems) == 0 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("%d rules, problems %.300q", len(rules), problems.Error())
			}
		})
	}
}

func TestLongValuesAreCutForExpressionsOnly(t *testing.T) {
	t.Parallel()
	set := mustSet(t, oneRule("    s: {A|re: 'needle'}\n    condition: s")+"---\n"+oneRule("    s: {A|contains: needle}\n    condition: s")+"---\n"+oneRule("    s: {A|re: 'ne+dle'}\n    condition: s"))
	run := set.Start()
	hits := 0
	run.Event(nil, testEvent{{"A", []string{strings.Repeat("x", maxExamined) + "needle"}}}, func(Match) { hits++ })
	if hits != 1 || run.Cut() != 1 {
		t.Errorf("%d hits, %d cut", hits, run.Cut())
	}
}

func TestMemoryIsReusedWhereNothingMatches(t *testing.T) {
	// Not parallel: it counts allocations.
	set := mustSet(t, oneRule(`    a:
        Image|endswith: ['\x.exe', '\y.exe']
        User|contains: nobody
    b:
        Image: [a, b, c, d, e]
    c:
        Ip|cidr: [10.0.0.0/8, 'fe80::/10']
    d:
        Port|gt: 70000
    e:
        CommandLine|re: 'foo(bar|baz)[0-9]+qux'
    k: [mimikatz, 'sekur*lsa']
    n:
        Image|fieldref: User
    o:
        Missing|exists: true
    condition: 1 of them`))
	ev := reusedEvent{{"CommandLine", "powershell -enc é AAAA"}, {"Image", `C:\Windows\System32\cmd.exe`}, {"Ip", "192.168.1.1"}, {"Port", "443"}, {"User", "SYSTEM"}}
	run := set.Start()
	var boxed Event = ev
	none := func(m Match) { t.Errorf("match of %v", m) }
	run.Event(nil, boxed, none)
	if n := testing.AllocsPerRun(200, func() { run.Event(nil, boxed, none) }); n > 0 {
		t.Errorf("%v allocations for an event", n)
	}
}

type reusedEvent []struct{ name, value string }

func (e reusedEvent) Field(name string, dst []string) ([]string, bool) {
	for i := range e {
		if e[i].name == name {
			return append(dst, e[i].value), true
		}
	}
	return dst, false
}

func (e reusedEvent) Each(f func(name, value string) bool) {
	for i := range e {
		if !f(e[i].name, e[i].value) {
			return
		}
	}
}

func TestSetIsSharedByGoroutines(t *testing.T) {
	t.Parallel()
	set := mustSet(t, oneRule("    s: {A|contains: [x, y]}\n    r: {B|re: 'a+b'}\n    condition: s and not r"))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			run := set.Start()
			for i := range 500 {
				hit := false
				run.Event(set.For(LogSource{Category: "test"}), testEvent{{"A", []string{strings.Repeat("-", i%7) + "xz"[(i+g)%2:][:1]}}, {"B", []string{"ab"[i%2:]}}}, func(Match) { hit = true })
				if want := (i+g)%2 == 0 && i%2 == 1; hit != want {
					t.Errorf("event %d: %v", i, hit)
				}
			}
		})
	}
	wg.Wait()
}

// randomRule writes a rule about the fields A to D and keywords.
func randomRule(rng *rand.Rand, title string) string {
	words := []string{"a", "ab", "AB*", "*b", "k?s", "k", "K1", "é", "-a", "/b", "0", "1", "a-b", "owa/auth", "1.0", "a b", `\\*`, "", "ss", "kiss"}
	value := func() string { return "'" + words[rng.IntN(len(words))] + "'" }
	values := func() string {
		n := 2 + rng.IntN(6)
		vs := make([]string, n)
		for i := range vs {
			vs[i] = value()
		}
		return "[" + strings.Join(vs, ", ") + "]"
	}
	regexps := []string{"a+b", "^k", "(?i)KISS?$", "a(b|c)[01]", "(ab|k)s*", "a|b", "a.b", "x?", "[ab]k", "é", "(aa|ab)+1", "(a?b){2}", "s{2}", "(?i)[k-l]s"}
	item := func() string {
		field := string("ABCD"[rng.IntN(4)])
		switch rng.IntN(16) {
		case 0:
			return field + ": " + value()
		case 1:
			return field + ": " + values()
		case 2, 3:
			return field + "|" + []string{"contains", "startswith", "endswith", "contains|cased", "windash|contains", "endswith|windash"}[rng.IntN(6)] + ": " + value()
		case 4:
			return field + "|contains|all: " + values()
		case 5, 6:
			return field + "|contains: " + values()
		case 7:
			return field + "|re: '" + regexps[rng.IntN(len(regexps))] + "'"
		case 8:
			return field + "|re|i: ['" + regexps[rng.IntN(len(regexps))] + "', '" + regexps[rng.IntN(len(regexps))] + "']"
		case 9:
			return field + ": null"
		case 10:
			return field + "|exists: " + []string{"true", "false"}[rng.IntN(2)]
		case 11:
			return field + "|neq: " + value()
		case 12:
			return field + "|fieldref" + []string{"", "|contains", "|startswith", "|endswith", "|cased", "|neq"}[rng.IntN(6)] + ": " + string("ABCD"[rng.IntN(4)])
		case 13:
			return field + "|" + []string{"lt", "lte", "gt", "gte"}[rng.IntN(4)] + ": " + []string{"0", "1", "10", "1.5"}[rng.IntN(4)]
		case 14:
			return field + ": " + []string{"0", "1", "10"}[rng.IntN(3)]
		}
		return field + "|cased: " + value()
	}
	item2 := func() string {
		a, b := item(), item()
		if a == b || strings.Split(a, ":")[0] == strings.Split(b, ":")[0] {
			return "{" + a + "}"
		}
		return "{" + a + ", " + b + "}"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nlogsource: {category: test}\ndetection:\n", title)
	names := []string{"sel_a", "sel_b", "fil_a", "fil_b"}
	for _, n := range names {
		switch rng.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "    %s: [%s, %s]\n", n, item2(), item2())
		case 1:
			word := []string{"k*s", "ab", "owa", "K", "1", "é", "a?b"}
			switch rng.IntN(3) {
			case 0:
				fmt.Fprintf(&b, "    %s: ['%s', '%s']\n", n, word[rng.IntN(7)], word[rng.IntN(7)])
			case 1:
				fmt.Fprintf(&b, "    %s: {'|all': ['%s', '%s']}\n", n, word[rng.IntN(7)], word[rng.IntN(7)])
			case 2:
				fmt.Fprintf(&b, "    %s: {'|re': '%s'}\n", n, regexps[rng.IntN(len(regexps))])
			}
		default:
			fmt.Fprintf(&b, "    %s: %s\n", n, item2())
		}
	}
	var cond func(depth int) string
	cond = func(depth int) string {
		switch rng.IntN(8 - min(depth, 5)) {
		case 0, 1:
			return names[rng.IntN(4)]
		case 2:
			return []string{"1 of sel_*", "all of sel_*", "1 of them", "all of fil_*", "any of *_a"}[rng.IntN(5)]
		case 3:
			return "not " + names[rng.IntN(4)]
		case 4:
			return "(" + cond(depth+1) + ")"
		case 5:
			return "not (" + cond(depth+1) + ")"
		case 6:
			return cond(depth+1) + " and " + cond(depth+1)
		}
		return cond(depth+1) + " or " + cond(depth+1)
	}
	fmt.Fprintf(&b, "    condition: %s\n", cond(0))
	return b.String()
}

func randomEvent(rng *rand.Rand) testEvent {
	words := append([]string{"ab", "kiss", "KISS", "a-b", "–a", "/owa/auth", "1.0", "k1s", "\\", "10"}, pieces...)
	var ev testEvent
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		if rng.IntN(4) == 0 {
			continue
		}
		f := testField{name: name}
		for range []int{0, 1, 1, 1, 1, 2, 3}[rng.IntN(7)] {
			v := ""
			for range rng.IntN(4) {
				v += words[rng.IntN(len(words))]
			}
			f.values = append(f.values, v)
		}
		ev = append(ev, f)
	}
	return ev
}

// atomChoices are the ways Atoms is asked in tests. In the second, B and D are derived, and so keywords prove nothing.
var atomChoices = []AtomOptions{
	{},
	{MinLen: 2, Verbatim: func(f string) bool { return f == "A" || f == "C" || f == "E" }},
	{MinLen: 1, Keep: func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
	}},
}

// checkAtoms says what is wrong with the promise of Atoms, for an event and the rules that match it.
func checkAtoms(set *Set, ev testEvent, matched []*Rule) error {
	for i, opt := range atomChoices {
		atoms, unfiltered := set.Atoms(opt)
		var text strings.Builder
		for _, f := range ev {
			if opt.Verbatim == nil || opt.Verbatim(f.name) {
				for _, v := range f.values {
					text.WriteString(v)
					text.WriteByte('\n')
				}
			}
		}
		raw := text.String()
		if strings.Contains(raw, "\u212a") || strings.Contains(raw, "ſ") {
			continue // a candidate anyway
		}
		raw = strings.Map(func(r rune) rune {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, raw)
		for _, a := range atoms {
			if len(a) < opt.MinLen || a == "" || strings.ToLower(a) != a {
				return fmt.Errorf("options %d: bad atom %q", i, a)
			}
			for c := range []byte(a) {
				if opt.Keep != nil && !opt.Keep(a[c]) {
					return fmt.Errorf("options %d: atom %q holds %q", i, a, a[c])
				}
			}
		}
		for _, r := range matched {
			if !slices.Contains(unfiltered, r) && !slices.ContainsFunc(atoms, func(a string) bool { return strings.Contains(raw, a) }) {
				return fmt.Errorf("options %d: rule %s matches, but none of %q is in %q", i, r.Title, atoms, raw)
			}
		}
	}
	return nil
}

func TestRandomRulesAgainstNaiveEvaluation(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	hits, total, filtered := 0, 0, 0
	for round := range 300 {
		var text strings.Builder
		for i := range 1 + rng.IntN(6) {
			text.WriteString("---\n" + randomRule(rng, fmt.Sprintf("r%d", i)))
		}
		set := mustSet(t, text.String())
		singles := make(map[*Rule]*Set)
		for _, r := range set.Rules() {
			singles[r] = set.Where(func(o *Rule) bool { return o == r })
			if atoms, _ := singles[r].Atoms(AtomOptions{}); len(atoms) > 0 {
				filtered++
			}
		}
		run := set.Start()
		for range 60 {
			ev := randomEvent(rng)
			var got, want []*Rule
			run.Event(nil, ev, func(m Match) {
				got = append(got, m.Rule)
				for _, f := range m.Fields {
					if vals, _ := ev.Field(f.Field, nil); !slices.Contains(vals, f.Value) {
						t.Fatalf("round %d: %v is not of the event %q", round, f, ev)
					}
				}
			})
			for _, r := range set.Rules() {
				total++
				if naiveRule(r, ev) {
					want = append(want, r)
					if err := checkAtoms(singles[r], ev, []*Rule{r}); err != nil {
						t.Fatalf("round %d: %v\n%s", round, err, text.String())
					}
				}
			}
			hits += len(want)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: event %q\ngot  %v\nwant %v\n%s", round, ev, titles(got), titles(want), text.String())
			}
		}
	}
	t.Logf("%d matches of %d, %d rules with atoms", hits, total, filtered)
	if hits < total/20 || hits > total*19/20 || filtered < 200 {
		t.Errorf("%d matches of %d, %d rules with atoms: the test proves little", hits, total, filtered)
	}
}

func titles(rules []*Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Title)
	}
	return out
}

func TestAtomsChosen(t *testing.T) {
	t.Parallel()
	unreserved := atomChoices[2].Keep
	for name, c := range map[string]struct {
		detection string
		opt       AtomOptions
		atoms     []string
		without   bool
	}{
		"best part of and":          {`{s: {cs-method: POST, cs-uri-stem|endswith: '/owa/auth/Evil7.aspx'}, condition: s}`, AtomOptions{Keep: unreserved, MinLen: 3}, []string{"evil7.aspx"}, false},
		"all parts of or":           {`{s: {A|contains: [whoami, ipconfig]}, condition: s}`, AtomOptions{}, []string{"ipconfig", "whoami"}, false},
		"an or with a part without": {`{s: {A|contains: [whoami, '%']}, condition: s}`, AtomOptions{Keep: unreserved}, nil, true},
		"too short":                 {`{s: {A|contains: [whoami, 'ab']}, condition: s}`, AtomOptions{MinLen: 3}, nil, true},
		"nothing from not":          {`{s: {A: proxylogon}, f: {A|contains: zzzzzzzzzzzz}, condition: s and not f}`, AtomOptions{}, []string{"proxylogon"}, false},
		"only not":                  {`{s: {A: proxylogon}, condition: not s}`, AtomOptions{}, nil, true},
		"null":                      {`{s: {A: null}, condition: s}`, AtomOptions{}, nil, true},
		"derived field":             {`{s: {Host: proxylogon, A: xyz}, condition: s}`, AtomOptions{Verbatim: func(f string) bool { return f != "Host" }}, []string{"xyz"}, false},
		"keywords":                  {`{s: [proxylogon], condition: s}`, AtomOptions{}, []string{"proxylogon"}, false},
		"keywords with derived":     {`{s: [proxylogon], condition: s}`, AtomOptions{Verbatim: func(f string) bool { return f != "" }}, nil, true},
		"expression":                {`{s: {A|re: '(?:cmd|exec)=(whoami|dir)'}, condition: s}`, AtomOptions{}, []string{"cmd=dir", "cmd=whoami", "exec=dir", "exec=whoami"}, false},
		"expression with classes":   {`{s: {A|re: '[0-9]+shell_[a-f0-9]{8}\.aspx$'}, condition: s}`, AtomOptions{Keep: unreserved}, []string{"shell_"}, false},
		"expression without":        {`{s: {A|re: '[0-9]+'}, condition: s}`, AtomOptions{MinLen: 2}, nil, true},
		"one contains another":      {`{s: {A|contains: [shell, webshell, shells]}, condition: s}`, AtomOptions{}, []string{"shell"}, false},
		"not in ASCII":              {`{s: {A|contains: 'été-x9'}, condition: s}`, AtomOptions{}, []string{"-x9"}, false},
		"rare beats common":         {`{s: {A|contains|all: [autodiscover, 'zqxj']}, condition: s}`, AtomOptions{}, []string{"zqxj"}, false},
		"number":                    {`{s: {A: 4624, B|gt: 5}, condition: s}`, AtomOptions{}, []string{"4624"}, false},
		"all of one is enough":      {`{a: {A: aaaa}, b: {B: zzzzzz}, condition: all of them}`, AtomOptions{}, []string{"zzzzzz"}, false},
		"windash":                   {`{s: {A|windash|contains: ' -encode'}, condition: s}`, AtomOptions{}, []string{"encode"}, false},
		"cased text in capitals":    {`{s: {A|base64: Whoami}, condition: s}`, AtomOptions{}, []string{"v2hvyw1p"}, false},
		"very long":                 {`{s: {A|contains: ` + strings.Repeat("q", 200) + `}, condition: s}`, AtomOptions{}, []string{strings.Repeat("q", maxAtom)}, false},
	} {
		set := mustSet(t, "title: t\nlogsource: {category: test}\ndetection: "+c.detection)
		atoms, without := set.Atoms(c.opt)
		if !slices.Equal(atoms, c.atoms) || len(without) > 0 != c.without {
			t.Errorf("%s: atoms %q, %d without; want %q", name, atoms, len(without), c.atoms)
		}
	}
}

func FuzzParse(f *testing.F) {
	seed(f, func(text []byte) { f.Add(text) })
	for _, c := range []string{
		"title: c\ncorrelation:\n    type: temporal_ordered\n    rules: [login, logout]\n    group-by: [ip]\n    timespan: 10s\n    aliases: {ip: {login: A, logout: B}}\n",
		"title: c\nname: many\ncorrelation: {type: event_count, rules: [login], group-by: [A], timespan: 1h, condition: {gte: 1, lt: 9}, generate: true}\n---\n" +
			"title: d\ncorrelation: {type: value_percentile, rules: [many], timespan: 1d, condition: {field: B, percentile: 50, neq: 3}}\n",
		"title: f\nlogsource: {category: test}\nfilter: {rules: [login], sel: {A|expand: '%x%'}, condition: not sel}\n",
		"title: f\nlogsource: {category: test}\nfilter: {rules: any, sel: {A|hour|gte: 3}, condition: sel}\n",
	} {
		f.Add([]byte(c))
	}
	opt := Options{Placeholders: Placeholders{"x": {"a*", "b"}}}
	base, _ := ParseDocuments("base.yml", []byte(baseRules), Options{})
	ev := testEvent{{"A", []string{"a-b", "1"}}, {"B", []string{"7"}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, problems := ParseDocuments("f.yml", text, opt)
		again, problems2 := ParseDocuments("f.yml", text, opt)
		if len(docs.Rules) != len(again.Rules) || len(docs.Correlations) != len(again.Correlations) || problems.Error() != problems2.Error() {
			t.Fatal("two readings differ")
		}
		docs.Add(base)
		lib, more := Link(docs)
		for _, p := range append(problems, more...) {
			if p.Msg == "" || p.Code == "" || len(p.String()) > 2000 {
				t.Fatalf("vague problem %q", p)
			}
			if strings.ContainsFunc(p.String(), func(r rune) bool { return r < ' ' || r == utf8.RuneError || r == '\u202e' }) {
				t.Fatalf("problem not escaped: %q", p)
			}
		}
		set, _ := Compile(lib.Rules)
		c := lib.Correlate(CorrelationLimits{})
		for i, r := range lib.Rules {
			c.Add(r, epoch.Add(time.Duration(i)*time.Second), Ref{At: uint64(i)}, ev)
			r.Requires("A")
		}
		c.End()
		set.Start().Event(nil, ev, func(Match) {})
		set.Atoms(AtomOptions{MinLen: 3})
		ReadPlaceholders("f.yml", text)
	})
}

func FuzzMatch(f *testing.F) {
	seed(f, func(text []byte) { f.Add(text, "a-b", "x\x80y", "4624") })
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		f.Add([]byte(randomRule(rng, "r")), randomText(rng, 9), randomText(rng, 9), "1")
	}
	f.Fuzz(func(t *testing.T, text []byte, a, b, c string) {
		if len(text) > 8<<10 || len(a)+len(b)+len(c) > 4<<10 {
			return
		}
		rules, _ := Parse("f.yml", text)
		set, _ := Compile(rules)
		ev := testEvent{{"A", []string{a}}, {"B", []string{b, c}}, {"C", nil}}
		var got, want []*Rule
		run := set.Start()
		run.Event(nil, ev, func(m Match) { got = append(got, m.Rule) })
		if a, b := matches(run, indexed(set), ev), matches(run, unindexed(set), ev); a != b {
			t.Fatalf("with index %s, without %s", a, b)
		}
		for _, r := range set.Rules() {
			if naiveRule(r, ev) {
				want = append(want, r)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", titles(got), titles(want))
		}
		if err := checkAtoms(set, ev, want); err != nil {
			t.Fatal(err)
		}
	})
}

// seed gives the rules of the test files.
func seed(f *testing.F, add func([]byte)) {
	files, _ := filepath.Glob("testdata/*/*")
	for _, file := range files {
		if ext := filepath.Ext(file); ext != ".txtar" && ext != ".yml" {
			continue // what fuzzing found
		}
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		switch filepath.Ext(file) {
		case ".txtar":
			for _, doc := range split(txtar.Parse(text).Files[0].Data) {
				add(doc.text)
			}
		case ".yml":
			for _, doc := range split(text) {
				add(doc.text)
			}
		}
	}
}

func BenchmarkEvent(b *testing.B) {
	files := archive(b, "sigma-rules.tar.gz")
	var rules []*Rule
	for name, text := range files {
		if strings.HasPrefix(part(name), "rules") {
			rs, _ := Parse(name, text)
			rules = append(rules, rs...)
		}
	}
	slices.SortFunc(rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	set, _ := Compile(rules)
	for _, c := range []struct {
		name string
		src  LogSource
		ev   reusedEvent
	}{
		{"web", LogSource{Category: "webserver"}, reusedEvent{
			{"cs-method", "GET"}, {"cs-uri-stem", "/owa/auth/logon.aspx"}, {"cs-uri-query", "url=https%3a%2f%2fmail.example.org%2fowa%2f&reason=0"},
			{"sc-status", "200"}, {"c-ip", "192.0.2.7"}, {"cs-user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"}}},
		{"process_creation", LogSource{Product: "windows", Category: "process_creation"}, reusedEvent{
			{"Image", `C:\Windows\System32\cmd.exe`}, {"CommandLine", `cmd.exe /c "C:\Program Files\App\tool.exe" --run --quiet 1>nul`},
			{"ParentImage", `C:\Windows\explorer.exe`}, {"ParentCommandLine", `C:\Windows\Explorer.EXE`}, {"OriginalFileName", "Cmd.Exe"},
			{"User", `CORP\alice`}, {"IntegrityLevel", "Medium"}, {"CurrentDirectory", `C:\Users\alice\`}, {"Hashes", "MD5=0123,SHA256=4567"}}},
	} {
		sub := set.For(c.src)
		b.Run(fmt.Sprintf("%s/%d rules", c.name, sub.Len()), func(b *testing.B) {
			run := set.Start()
			var ev Event = c.ev
			b.ReportAllocs()
			for b.Loop() {
				run.Event(sub, ev, func(Match) {})
			}
		})
	}
}
