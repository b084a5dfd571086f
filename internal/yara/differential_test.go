package yara

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vigie/internal/yara/syntax"
)

// generator writes random rules over a small alphabet, so that strings are often found and numbers often meet.
type generator struct {
	*rand.Rand
	rules  []string // names so far
	ints   []string // loop variables in scope
	texts  []string
	inOf   bool
	nested int
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) file() string {
	var b strings.Builder
	for i := range 1 + g.IntN(4) {
		name := fmt.Sprintf("r%d", i)
		cond := g.truth(3)
		fmt.Fprintf(&b, "%s%srule %s { strings: $a = %q $b = %q%s $c = %q condition: %s and ($a or $b or not $c) }\n",
			g.pick("", "", "", "private "), g.pick("", "", "", "", "", "global "), name,
			g.pick("a", "ab", "aba", "bb"), g.pick("b", "abb", "baa"), g.pick("", " nocase", " wide"), g.pick("zzz", "abab", "aab"), cond)
		g.rules = append(g.rules, name)
	}
	return b.String()
}

func (g *generator) name() string {
	if g.inOf && g.IntN(2) == 0 {
		return ""
	}
	return g.pick("a", "b", "c")
}

func (g *generator) truth(depth int) string {
	if depth <= 0 {
		switch g.IntN(4) {
		case 0:
			return g.pick("true", "false")
		case 1:
			if len(g.rules) > 0 {
				return g.rules[g.IntN(len(g.rules))]
			}
		case 2:
			return "uint8(9) == 1"
		}
		return "$" + g.name()
	}
	d := depth - 1
	switch g.IntN(16) {
	case 0:
		return "(" + g.truth(d) + " and " + g.truth(d) + ")"
	case 1:
		return "(" + g.truth(d) + " or " + g.truth(d) + " or " + g.truth(d) + ")"
	case 2:
		return "not " + g.truth(d)
	case 3:
		return "defined " + g.pick(g.truth(d), g.int(d), "("+g.truth(d)+")")
	case 4:
		return "$" + g.name() + " at " + g.int(d)
	case 5:
		return "$" + g.name() + " in " + g.span(d)
	case 6, 7:
		return g.int(d) + " " + g.pick("==", "!=", "<", "<=", ">", ">=") + " " + g.int(d)
	case 8:
		return g.quantifier(d) + " of " + g.set() + g.pick("", "", " at "+g.int(d), " in "+g.span(d))
	case 9:
		return g.pick("1", "34", "50", "100", "filesize") + "% of " + g.set()
	case 10:
		if len(g.rules) > 0 {
			return g.quantifier(d) + " of (" + g.pick("r*", g.rules[g.IntN(len(g.rules))]) + ")"
		}
	case 11:
		if !g.inOf && g.nested < maxLoopNesting {
			q := g.quantifier(d)
			set := g.set()
			g.inOf = true
			g.nested++
			body := g.truth(d)
			g.inOf = false
			g.nested--
			return "for " + q + " of " + set + " : ( " + body + " )"
		}
	case 12, 13:
		if g.nested < maxLoopNesting {
			return g.forIn(d)
		}
	case 14:
		return g.text() + " " + g.pick("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iequals", "==", "!=", "<", ">=") +
			" " + g.text()
	case 15:
		return g.pick("1.5", "ext_float", "(0.5 + "+g.int(d)+")") + " " + g.pick("<", ">", "<=", ">=", "==", "!=") + " " + g.int(d)
	}
	return g.int(d)
}

func (g *generator) forIn(d int) string {
	q := g.quantifier(d)
	v := fmt.Sprintf("v%d", g.nested)
	over := ""
	isText := g.IntN(4) == 0
	switch {
	case isText:
		over = "(" + g.text() + ", " + g.text() + ")"
	case g.IntN(2) == 0:
		over = g.span(d)
	default:
		over = "(" + g.int(d) + ", " + g.int(d) + ", " + g.int(d) + ")"
	}
	ints, texts := g.ints, g.texts
	if isText {
		g.texts = append(slices.Clone(texts), v)
	} else {
		g.ints = append(slices.Clone(ints), v)
	}
	g.nested++
	body := g.truth(d)
	g.nested--
	g.ints, g.texts = ints, texts
	return "for " + q + " " + v + " in " + over + " : ( " + body + " )"
}

func (g *generator) quantifier(d int) string {
	return g.pick("all", "any", "none", "0", "1", "2", "3", "#a", "uint8(0) % 3", "uint8(99)")
}

func (g *generator) set() string {
	return g.pick("them", "($a, $b)", "($c)", "($*)", "($a*, $a)")
}

func (g *generator) span(d int) string {
	return "(" + g.pick("0", "1", g.int(d-1)) + ".." + g.pick("3", "9", "filesize", "(2 + "+g.int(d-1)+")") + ")"
}

func (g *generator) text() string {
	choices := append([]string{`"a"`, `"AB"`, `""`, `"aba"`, "ext_text"}, g.texts...)
	return g.pick(choices...)
}

func (g *generator) int(depth int) string {
	if depth <= 0 || g.IntN(3) == 0 {
		choices := append([]string{"0", "1", "2", "5", "filesize", "#" + g.name(), "@" + g.name(), "!" + g.name(), "ext_int", "uint8(1)"}, g.ints...)
		return g.pick(choices...)
	}
	d := depth - 1
	switch g.IntN(7) {
	case 0:
		return "#" + g.name() + " in " + g.span(d)
	case 1:
		return "@" + g.name() + "[" + g.int(d) + "]"
	case 2:
		return "!" + g.name() + "[" + g.int(d) + "]"
	case 3:
		return g.pick("uint8", "int8", "uint16", "int16be", "uint32be", "int32") + "(" + g.int(d) + ")"
	case 4:
		return g.pick("-", "~") + g.int(d)
	}
	return "(" + g.int(d) + " " + g.pick("+", "-", "*", `\`, "%", "&", "|", "^", "<<", ">>") + " " + g.int(d) + ")"
}

// compareWithTwin generates rules and a file from a seed, and compares the program with its twin. It says whether the rules were right.
func compareWithTwin(t *testing.T, seed uint64) bool {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	src := g.file()
	data := make([]byte, g.IntN(24))
	for i := range data {
		data[i] = "aaabbbAB\x00\x01z"[g.IntN(11)]
	}
	externals := map[string]any{"ext_int": g.IntN(4), "ext_float": float64(g.IntN(4)), "ext_text": g.pick("", "a", "ABa", "xaby")}
	rules, problems := Compile([]Source{{Name: "t", Text: []byte(src)}},
		Options{Externals: map[string]any{"ext_int": 0, "ext_float": 0.0, "ext_text": ""}})
	if len(problems.Errors) > 0 {
		for _, p := range problems.Errors {
			switch p.Code {
			case "yara.constant.overflow", "yara.constant.zero", "yara.constant.shift", "yara.range", "yara.quantifier", "yara.rule.refused", "yara.type",
				"yara.rule.late", "yara.global":
			default:
				t.Fatalf("seed %d: %v\n%s", seed, p, src)
			}
		}
		return false
	}
	got, undecided := rules.NewScanner(ScanOptions{RuleSteps: 100_000}).Scan(data, externals)
	if len(undecided) > 0 {
		return false
	}
	var names []string
	for _, m := range got {
		names = append(names, m.Rule)
	}
	var trees []*syntax.Rule
	for _, item := range syntax.Parse("t", []byte(src)).Items {
		trees = append(trees, item.Rule)
	}
	n := &naive{data: data, ext: map[string]any{"ext_int": int64(externals["ext_int"].(int)), "ext_float": externals["ext_float"],
		"ext_text": []byte(externals["ext_text"].(string))}}
	want, ok := n.within(trees)
	if !ok {
		return false
	}
	if !slices.Equal(names, want) {
		t.Fatalf("seed %d: the program finds %v, its twin %v\n%s\ndata %q, variables %v", seed, names, want, src, data, externals)
	}
	return true
}

// within is scan, unless it takes too long.
func (n *naive) within(rules []*syntax.Rule) (names []string, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(tooMuch); !is {
				panic(r)
			}
		}
	}()
	return n.scan(rules), true
}

func TestConditionsGiveWhatTheirTwinGives(t *testing.T) {
	t.Parallel()
	right := 0
	for seed := range uint64(3000) {
		if compareWithTwin(t, seed) {
			right++
		}
	}
	if right < 1000 {
		t.Errorf("only %d of 3000 generated files were right", right)
	}
	t.Logf("%d of 3000 generated files compared", right)
}

func FuzzConditions(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { compareWithTwin(t, seed) })
}
