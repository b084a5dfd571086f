package sigma

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
)

// script makes rules and an event from bytes, without YAML in between, so that a fuzzer sees what its bytes do and tries many per second.
type script struct{ data []byte }

// pick gives a number below n; 0 at the end of the bytes.
func (s *script) pick(n int) int {
	if len(s.data) == 0 {
		return 0
	}
	c := int(s.data[0])
	s.data = s.data[1:]
	return c % n
}

var (
	scriptFields = []string{"A", "B", "EventID", "D"}
	// scriptPieces are what values and rules share: long enough for the index, parts of one another, and what folding can get wrong.
	scriptPieces = []string{"a", "b", "ab", "abcd", "bcda", "ABCD", "power", "PowerShell", "shell", ".exe", `\cmd.exe`, "k", "\u212a", "ſ", "s", "é", "É", "été", "-", "–", "/",
		"1", "10", "\xff", "\xe2\x82", " ", "x", "10.0.0.1", "ab ab", "zzzz", "ß", "✨"}
	scriptRegexps = []string{"a+b", "^power", "(?i)KISS|shell$", "a(b|c)d", `\bcmd\b`, "(ab|cd){2}", "(?i)POWER.*exe", "é", "x?", "[a-c]{4}", `(?m)^ab$`, "(?i)k"}
	scriptExprs   = func() (list []*regex) {
		for _, src := range scriptRegexps {
			re, err := newRegex(src, "")
			if err != nil {
				panic(err)
			}
			list = append(list, re)
		}
		return list
	}()
)

func (s *script) text() string {
	var b strings.Builder
	for range s.pick(5) {
		b.WriteString(scriptPieces[s.pick(len(scriptPieces))])
	}
	return b.String()
}

func (s *script) pred() *pred {
	p := &pred{field: scriptFields[s.pick(len(scriptFields))]}
	switch s.pick(12) {
	default:
		if p.keyword = s.pick(8) == 7; p.keyword {
			p.field = ""
		}
		p.cased = s.pick(6) == 5
		var syms []rune
		ends := s.pick(4)
		if ends&1 != 0 || p.keyword {
			syms = append(syms, symAny)
		}
		for range 1 + s.pick(3) {
			if c := s.pick(16); c < 3 {
				syms = append(syms, -1-rune(c))
			}
			piece := scriptPieces[s.pick(len(scriptPieces))]
			syms = append(syms, []rune(strings.ToValidUTF8(piece, "�"))...)
		}
		if ends&2 != 0 || p.keyword {
			syms = append(syms, symAny)
		}
		p.pat = newPattern(syms, p.cased)
	case 6:
		p.kind, p.re = kindRegexp, scriptExprs[s.pick(len(scriptExprs))]
		if p.keyword = s.pick(8) == 7; p.keyword {
			p.field = ""
		}
	case 7:
		p.kind, p.prefix = kindCIDR, netip.MustParsePrefix([]string{"10.0.0.0/8", "10.0.0.1/32", "::/0"}[s.pick(3)])
	case 8:
		p.kind, p.rel = kindCompare, []string{"lt", "lte", "gt", "gte"}[s.pick(4)]
		p.cmp, p.num = p.rel, number{f: float64(s.pick(12)), exact: false}
	case 9:
		p.kind, p.want = kindExists, s.pick(2) == 0
	case 10:
		p.kind = kindNull
	case 11:
		p.kind, p.ref, p.where = kindRef, scriptFields[s.pick(len(scriptFields))], anchor(s.pick(4))
	}
	return p
}

func (s *script) node(depth int) *node {
	c := s.pick(8)
	if depth == 0 || c < 3 {
		return leaf(s.pred())
	}
	switch c {
	case 3:
		return negate(s.node(depth - 1))
	case 4:
		// Plain texts for one field become one look-up.
		field := scriptFields[s.pick(len(scriptFields))]
		var kids []*node
		for range minOneOf + s.pick(3) {
			kids = append(kids, leaf(&pred{field: field, pat: newPattern([]rune(strings.ToValidUTF8(s.text(), "�")), false)}))
		}
		return join(opOr, kids)
	}
	o := opAnd
	if c < 6 {
		o = opOr
	}
	var kids []*node
	for range 1 + s.pick(3) {
		kids = append(kids, s.node(depth-1))
	}
	if s.pick(8) == 7 {
		kids = append(kids, kids[0]) // shared, as names in a condition are
	}
	return join(o, kids)
}

func (s *script) rules() []*Rule {
	var rules []*Rule
	for i := range 1 + s.pick(6) {
		r := new(Rule)
		r.Title = fmt.Sprint("r", i)
		r.root = s.node(3)
		rules = append(rules, r)
	}
	return rules
}

func (s *script) event() *flatEvent {
	ev := flatEvent{}
	for range s.pick(7) {
		ev = append(ev, FieldValue{append(scriptFields, "unknown")[s.pick(len(scriptFields)+1)], s.text()})
	}
	return &ev
}

// checkIndex says where the ways to match rules differ: naive, without an index, with one, and with one for an event that is flat.
func checkIndex(rules []*Rule, events ...*flatEvent) (hits int, err error) {
	set, _ := Compile(rules)
	ix := indexed(set)
	run := set.Start()
	for _, ev := range events {
		want := matches(run, unindexed(set), ev)
		var got []*Rule
		run.Event(ix, ev, func(m Match) { got = append(got, m.Rule) })
		hits += len(got)
		if slow := naiveMatches(set, ev); !slices.Equal(got, slow) {
			return hits, fmt.Errorf("event %q: rules %v with index, %v by the slow twin", *ev, titles(got), titles(slow))
		}
		if flat := matches(run, ix, ev); flat != want {
			return hits, fmt.Errorf("event %q: with index %s, without %s", *ev, flat, want)
		}
		if lazy := matches(run, ix, lazyEvent{ev}); lazy != want {
			return hits, fmt.Errorf("event %q: with index and not flat %s, without %s", *ev, lazy, want)
		}
	}
	return hits, nil
}

func TestIndexChangesNothing(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(21, 22))
	hits, always, total := 0, 0, 0
	for range 2500 {
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		s := script{data: data}
		rules := s.rules()
		var events []*flatEvent
		for range 8 {
			s.data = data[rng.IntN(300):]
			events = append(events, s.event())
		}
		n, err := checkIndex(rules, events...)
		if err != nil {
			t.Fatal(err)
		}
		hits += n
		total += len(rules) * len(events)
		set, _ := Compile(rules)
		for i := range rules {
			always += int(indexed(set).ix.always[0] >> i & 1)
		}
	}
	t.Logf("%d matches of %d, %d rules without keys", hits, total, always)
	if hits < total/20 || hits > total*19/20 {
		t.Errorf("%d matches of %d: the test proves little", hits, total)
	}
}

func FuzzIndex(f *testing.F) {
	rng := rand.New(rand.NewPCG(23, 24))
	for range 100 {
		data := make([]byte, 200)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data[:120], data[120:])
	}
	f.Fuzz(func(t *testing.T, rules, event []byte) {
		if len(rules) > 1000 || len(event) > 300 {
			return
		}
		r, e := script{data: rules}, script{data: event}
		if _, err := checkIndex(r.rules(), e.event()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestGramTableFindsAllTexts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(25, 26))
	word := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc"[rng.IntN(3)]
		}
		return b
	}
	for range 300 {
		var texts []gramText
		for k := range 1 + rng.IntN(40) {
			text := word(gramSize + rng.IntN(5))
			texts = append(texts, gramText{text: text, where: []anchor{atStart, atEnd, within}[rng.IntN(3)], window: int32(rng.IntN(len(text) - gramSize + 1)), key: int32(k)})
		}
		table := newGramTable(slices.Clone(texts))
		for range 20 {
			value := word(rng.IntN(40))
			got := make([]int, len(texts))
			table.find(value, func(g *gramText) { got[g.key]++ })
			for k, g := range texts {
				want := 0
				for at := 0; at+len(g.text) <= len(value); at++ {
					if bytes.HasPrefix(value[at:], g.text) && (g.where != atStart || at == 0) && (g.where != atEnd || at+len(g.text) == len(value)) {
						want++
					}
				}
				if got[k] != want {
					t.Fatalf("%q in %q, %v: found %d times, want %d", g.text, value, g.where, got[k], want)
				}
			}
		}
	}
}

// Most rules of a part must be found by a key: a rule without one is evaluated for every event.
func TestPublicRulesHaveKeys(t *testing.T) {
	t.Parallel()
	set, _ := Compile(publicRules(t))
	ix := set.index(true)
	var without []string
	for i := range set.rules {
		if ix.always[i>>6]>>(i&63)&1 != 0 {
			without = append(without, set.rules[i].rule.Title)
		}
	}
	direct := 0
	for _, f := range ix.fields {
		direct += len(f.direct)
	}
	t.Logf("%d rules, %d keys, %d of them evaluated one by one, %d rules without: %q", set.Len(), len(ix.keys), direct, len(without), without)
	if len(without)*100 > 2*set.Len() {
		t.Errorf("%d of %d rules have no key", len(without), set.Len())
	}
}

// An event of many fields, and long values, must not take more than its size, and be forgotten.
func TestHugeEventsAreForgotten(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range minIndexed {
		fmt.Fprintf(&text, "---\n%s", strings.Replace(oneRule(fmt.Sprintf("    s: {'A|contains': 'needle%d', 'B|re': 'a+b%d'}\n    k: ['keyword%d']\n    condition: s or k", i, i, i)), "title: t", fmt.Sprint("title: t", i), 1))
	}
	set := mustSet(t, text.String())
	run := set.Start()
	huge := flatEvent{}
	long := strings.Repeat("needle aaab ", 64<<10/12)
	for i := range 10_000 {
		v := long[:i%100]
		if i%200 == 0 {
			v = long
		}
		huge = append(huge, FieldValue{[]string{"A", "B", "x"}[i%3], v})
	}
	huge = append(huge, FieldValue{"A", "xneedle7x"}, FieldValue{"B", "aab7"}, FieldValue{"y", "KEYWORD9"})
	for range 2 {
		got := matches(run, set, &huge)
		if want := "t7 [{\"A\" \"xneedle7x\"} {\"B\" \"aab7\"}]\nt9 [{\"y\" \"KEYWORD9\"}]\n"; got != want {
			t.Errorf("got %s", got)
		}
	}
	run.Event(nil, &flatEvent{{"A", "x"}}, func(Match) {})
	if n := cap(run.arena) + 64*cap(run.vals); n > 2*maxKept {
		t.Errorf("%d bytes are kept", n)
	}
}

func TestIndexIsSharedByGoroutines(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range minIndexed {
		fmt.Fprintf(&text, "---\n%s", oneRule(fmt.Sprintf("    s: {'A|contains': 'needle%d.', 'B|re': 'a+b%d$'}\n    condition: s", i, i)))
	}
	set := mustSet(t, text.String())
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			run := set.Start()
			for i := range 300 {
				hits := 0
				run.Event(nil, &flatEvent{{"A", fmt.Sprintf("x needle%d.", (i+g)%30)}, {"B", fmt.Sprintf("aab%d", i%30)}}, func(Match) { hits++ })
				// Of 30 numbers 24 have a rule.
				if want := g == 0 && i%30 < minIndexed; (hits == 1) != want {
					t.Errorf("goroutine %d, event %d: %d matches", g, i, hits)
				}
			}
		})
	}
	wg.Wait()
}
