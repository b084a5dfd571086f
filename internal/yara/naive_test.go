package yara

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"vigie/internal/yara/syntax"
)

// The slow twin of conditions: it walks the tree of package syntax, evaluates everything, knows no types before it meets a value, and searches
// texts byte by byte. It covers what has no module: the differential tests compare it with the program.

type naive struct {
	data  []byte
	ext   map[string]any // int64, float64 or []byte
	rules map[string]*naiveRule
	order []string // of the rules before the one in evaluation

	rule *syntax.Rule
	vars map[string]any
	cur  *syntax.String

	steps int
}

// tooMuch is the panic of a twin that has more to do than its test has time for.
type tooMuch struct{}

type naiveRule struct{ private, global, result bool }

// undef is the undefined value; the others are int64, float64, []byte and bool.
type undef struct{}

// scan gives the names of the rules that match.
func (n *naive) scan(rules []*syntax.Rule) []string {
	n.rules = make(map[string]*naiveRule)
	global := true
	for _, r := range rules {
		n.rule, n.vars, n.cur = r, map[string]any{}, nil
		n.rules[r.Name] = &naiveRule{private: r.Private, global: r.Global}
		n.order = append(n.order, r.Name)
		res := n.truth(n.eval(r.Cond)) == true
		n.rules[r.Name].result = res
		if r.Global && !res {
			global = false
		}
	}
	var out []string
	for _, r := range rules {
		if nr := n.rules[r.Name]; nr.result && global && !nr.private {
			out = append(out, r.Name)
		}
	}
	return out
}

// truth makes a bool or undef of any value.
func (n *naive) truth(v any) any {
	switch v := v.(type) {
	case int64:
		return v != 0
	case float64:
		return v != 0
	case []byte:
		return len(v) > 0
	}
	return v
}

// offsets finds a text string, whose only modifiers may be nocase and wide.
func (n *naive) offsets(s *syntax.String) []int {
	want := s.Body
	if s.Mod.Wide {
		want = nil
		for _, c := range s.Body {
			want = append(want, c, 0)
		}
	}
	var out []int
	for i := 0; i+len(want) <= len(n.data); i++ {
		got := n.data[i : i+len(want)]
		if bytes.Equal(got, want) || s.Mod.Nocase && strings.EqualFold(string(got), string(want)) {
			out = append(out, i)
		}
	}
	return out
}

func (n *naive) named(name string) *syntax.String {
	if name == "$" {
		return n.cur
	}
	for i := range n.rule.Strings {
		if n.rule.Strings[i].Name == name {
			return &n.rule.Strings[i]
		}
	}
	panic("no string " + name)
}

// inRange gives the offsets in a range, or undef.
func (n *naive) inRange(s *syntax.String, lo, hi any) (int64, any) {
	l, okL := lo.(int64)
	h, okH := hi.(int64)
	if !okL || !okH {
		return 0, undef{}
	}
	c := int64(0)
	for _, o := range n.offsets(s) {
		if int64(o) >= l && int64(o) <= h {
			c++
		}
	}
	return c, nil
}

func (n *naive) eval(e syntax.Expr) any {
	if n.steps++; n.steps > 200_000 {
		panic(tooMuch{})
	}
	switch e := e.(type) {
	case *syntax.Bool:
		return e.Value
	case *syntax.Int:
		return e.Value
	case *syntax.Float:
		return e.Value
	case *syntax.TextLit:
		return e.Value
	case *syntax.Filesize:
		return int64(len(n.data))
	case *syntax.Reader:
		return n.read(e)
	case *syntax.Name:
		if v, ok := n.vars[e.Name]; ok {
			return v
		}
		if v, ok := n.ext[e.Name]; ok {
			return v
		}
		return n.rules[e.Name].result
	case *syntax.And:
		out := true
		for _, k := range e.Kids {
			out = n.truth(n.eval(k)) == true && out
		}
		return out
	case *syntax.Or:
		out := false
		for _, k := range e.Kids {
			out = n.truth(n.eval(k)) == true || out
		}
		return out
	case *syntax.Unary:
		return n.unary(e)
	case *syntax.Binary:
		x, y := n.eval(e.X), n.eval(e.Y)
		if (x == any(undef{}) || y == any(undef{})) && e.Op == syntax.OpLT && (n.isFloat(e.X) || n.isFloat(e.Y)) {
			return false // the one comparison that is not undefined
		}
		return naiveBinary(e.Op, x, y)
	case *syntax.Found:
		s := n.named(e.Name)
		switch {
		case e.AtX != nil:
			at := n.eval(e.AtX)
			return positive(n.inRange(s, at, at))
		case e.In != nil:
			return positive(n.inRange(s, n.eval(e.In.Lo), n.eval(e.In.Hi)))
		}
		return len(n.offsets(s)) > 0
	case *syntax.Count:
		if e.In == nil {
			return int64(len(n.offsets(n.named(e.Name))))
		}
		c, undefined := n.inRange(n.named(e.Name), n.eval(e.In.Lo), n.eval(e.In.Hi))
		if undefined != nil {
			return undefined
		}
		return c
	case *syntax.MatchOffset:
		if i, s := n.nth(e.Name, e.I); i >= 0 {
			return int64(n.offsets(s)[i])
		}
		return undef{}
	case *syntax.MatchLength:
		if i, s := n.nth(e.Name, e.I); i >= 0 {
			if s.Mod.Wide {
				return int64(2 * len(s.Body))
			}
			return int64(len(s.Body))
		}
		return undef{}
	case *syntax.Of:
		return n.of(e)
	case *syntax.ForOf:
		var turns []func()
		for _, s := range n.set(e.Set) {
			turns = append(turns, func() { n.cur = s })
		}
		outer := n.cur
		defer func() { n.cur = outer }()
		return n.loop(e.Quant, turns, e.Body)
	case *syntax.ForIn:
		return n.forIn(e)
	}
	panic(fmt.Sprintf("%T", e))
}

func positive(c int64, undefined any) any {
	if undefined != nil {
		return undefined
	}
	return c > 0
}

func (n *naive) nth(name string, e syntax.Expr) (int, *syntax.String) {
	s := n.named(name)
	i := int64(1)
	if e != nil {
		v, ok := n.eval(e).(int64)
		if !ok {
			return -1, nil
		}
		i = v
	}
	if i < 1 || i > int64(len(n.offsets(s))) {
		return -1, nil
	}
	return int(i - 1), s
}

func (n *naive) read(e *syntax.Reader) any {
	at, ok := n.eval(e.Arg).(int64)
	size := int64(e.Bits / 8)
	if !ok || at < 0 || at > int64(len(n.data)) || at+size > int64(len(n.data)) {
		return undef{}
	}
	v := uint64(0)
	for i := range size {
		k := i
		if !e.BigEndian {
			k = size - 1 - i
		}
		v = v<<8 | uint64(n.data[at+k])
	}
	if e.Signed && v>>(e.Bits-1) == 1 {
		return int64(v) - 1<<e.Bits
	}
	return int64(v)
}

func (n *naive) unary(e *syntax.Unary) any {
	x := n.eval(e.X)
	if e.Op == syntax.OpDefined {
		return x != any(undef{})
	}
	if _, is := x.(undef); is {
		return x
	}
	switch e.Op {
	case syntax.OpNot:
		return n.truth(x) != true
	case syntax.OpInvert:
		return ^x.(int64)
	}
	if f, ok := x.(float64); ok {
		return -f
	}
	return -x.(int64)
}

// isFloat says whether an expression is a float even where it is undefined.
func (n *naive) isFloat(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Float:
		return true
	case *syntax.Name:
		_, is := n.ext[e.Name].(float64)
		return is
	case *syntax.Unary:
		return e.Op == syntax.OpMinus && n.isFloat(e.X)
	case *syntax.Binary:
		return e.Op >= syntax.OpMul && e.Op <= syntax.OpSub && (n.isFloat(e.X) || n.isFloat(e.Y))
	}
	return false
}

func naiveBinary(op syntax.Op, x, y any) any {
	_, ux := x.(undef)
	_, uy := y.(undef)
	if ux || uy {
		return undef{}
	}
	if a, ok := x.([]byte); ok {
		return naiveText(op, string(a), string(y.([]byte)))
	}
	a, okA := x.(int64)
	b, okB := y.(int64)
	if okA && okB {
		return naiveInt(op, a, b)
	}
	f, g := naiveFloat(x), naiveFloat(y)
	return map[syntax.Op]any{syntax.OpAdd: f + g, syntax.OpSub: f - g, syntax.OpMul: f * g, syntax.OpDiv: f / g, syntax.OpLT: f < g,
		syntax.OpLE: f <= g, syntax.OpGT: f > g, syntax.OpGE: f >= g, syntax.OpEQ: math.Abs(f-g) < floatEpsilon,
		syntax.OpNE: math.Abs(f-g) >= floatEpsilon}[op]
}

func naiveFloat(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}

func naiveInt(op syntax.Op, a, b int64) any {
	switch op {
	case syntax.OpDiv, syntax.OpMod:
		if b == 0 || a == math.MinInt64 && b == -1 {
			return undef{}
		}
		if op == syntax.OpDiv {
			return a / b
		}
		return a % b
	case syntax.OpShiftLeft, syntax.OpShiftRight:
		if b < 0 {
			return undef{}
		}
		if b >= 64 {
			return int64(0)
		}
		if op == syntax.OpShiftLeft {
			return a << b
		}
		return a >> b
	}
	return map[syntax.Op]any{syntax.OpAdd: a + b, syntax.OpSub: a - b, syntax.OpMul: a * b, syntax.OpBitAnd: a & b, syntax.OpBitOr: a | b,
		syntax.OpBitXor: a ^ b, syntax.OpLT: a < b, syntax.OpLE: a <= b, syntax.OpGT: a > b, syntax.OpGE: a >= b, syntax.OpEQ: a == b,
		syntax.OpNE: a != b}[op]
}

func naiveText(op syntax.Op, a, b string) any {
	la, lb := strings.ToLower(a), strings.ToLower(b)
	return map[syntax.Op]any{syntax.OpContains: strings.Contains(a, b), syntax.OpIContains: strings.Contains(la, lb),
		syntax.OpStartsWith: strings.HasPrefix(a, b), syntax.OpIStartsWith: strings.HasPrefix(la, lb), syntax.OpEndsWith: strings.HasSuffix(a, b),
		syntax.OpIEndsWith: strings.HasSuffix(la, lb), syntax.OpIEquals: la == lb, syntax.OpEQ: a == b, syntax.OpNE: a != b, syntax.OpLT: a < b,
		syntax.OpLE: a <= b, syntax.OpGT: a > b, syntax.OpGE: a >= b}[op]
}

func (n *naive) set(set syntax.Set) []*syntax.String {
	var out []*syntax.String
	items := set.Items
	if set.Them {
		items = []syntax.SetItem{{Name: "$", Any: true}}
	}
	for _, item := range items {
		for i := range n.rule.Strings {
			s := &n.rule.Strings[i]
			if s.Name == item.Name || item.Any && strings.HasPrefix(s.Name, item.Name) {
				out = append(out, s)
			}
		}
	}
	return out
}

// reached judges a quantifier over so many items.
func (n *naive) reached(q syntax.Quantifier, hits, items int64) any {
	switch q.Kind {
	case syntax.QuantAll:
		return hits == items
	case syntax.QuantAny:
		return hits >= 1
	case syntax.QuantNone:
		return hits == 0
	}
	v, ok := n.eval(q.X).(int64)
	switch {
	case q.Kind == syntax.QuantPercent && !ok:
		return undef{}
	case q.Kind == syntax.QuantPercent:
		return float64(hits)/float64(items)*100 >= float64(v)
	case !ok:
		return hits == items
	case v == 0:
		return hits == 0
	}
	return hits >= v
}

func (n *naive) of(e *syntax.Of) any {
	var hits, items int64
	if e.Set.Rules {
		for _, item := range e.Set.Items {
			for _, name := range n.order {
				if name == item.Name || item.Any && strings.HasPrefix(name, item.Name) {
					items++
					if n.rules[name].result {
						hits++
					}
				}
			}
		}
		return n.reached(e.Quant, hits, items)
	}
	var lo, hi any
	switch {
	case e.AtX != nil:
		lo = n.eval(e.AtX)
		hi = lo
	case e.In != nil:
		lo, hi = n.eval(e.In.Lo), n.eval(e.In.Hi)
	}
	for _, s := range n.set(e.Set) {
		items++
		if lo == nil {
			if len(n.offsets(s)) > 0 {
				hits++
			}
			continue
		}
		c, undefined := n.inRange(s, lo, hi)
		if undefined != nil {
			return undefined
		}
		if c > 0 {
			hits++
		}
	}
	return n.reached(e.Quant, hits, items)
}

// loop runs every turn, and judges at the end.
func (n *naive) loop(q syntax.Quantifier, turns []func(), body syntax.Expr) any {
	var hits int64
	for _, turn := range turns {
		turn()
		if n.truth(n.eval(body)) == true {
			hits++
		}
	}
	if len(turns) == 0 {
		return false
	}
	return n.reached(q, hits, int64(len(turns)))
}

func (n *naive) forIn(e *syntax.ForIn) any {
	name := e.Vars[0].Name
	var turns []func()
	if e.Range != nil {
		lo, okL := n.eval(e.Range.Lo).(int64)
		hi, okH := n.eval(e.Range.Hi).(int64)
		for i := lo; okL && okH && i <= hi; i++ {
			if len(turns) > 10_000 {
				panic(tooMuch{})
			}
			turns = append(turns, func() { n.vars[name] = i })
		}
	} else {
		for _, x := range e.List {
			v := n.eval(x)
			turns = append(turns, func() { n.vars[name] = v })
		}
	}
	defer delete(n.vars, name)
	// the quantifier must not see the variable, and is the same at every turn
	if q := e.Quant; q.X != nil {
		switch v := n.eval(q.X).(type) {
		case int64:
			e.Quant.X = &syntax.Int{Value: v}
		default:
			e.Quant = syntax.Quantifier{Kind: syntax.QuantAll}
		}
		defer func() { e.Quant = q }()
	}
	return n.loop(e.Quant, turns, e.Body)
}
