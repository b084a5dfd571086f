package yara

import (
	"strings"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/syntax"
)

// Strings in conditions, and what is said of several strings or rules.

// maxExpanded is how many items all sets of a compilation may have together: a thousand conditions may each name ten thousand strings.
const maxExpanded = 4_000_000

func (k *checker) stringExpr(e syntax.Expr) operand {
	switch e := e.(type) {
	case *syntax.Found:
		return k.found(e)
	case *syntax.Count:
		s := k.string(e.Name, e.At)
		if e.In == nil {
			return intOperand(count{s})
		}
		lo, hi := k.span(e.In)
		return intOperand(&countIn{s, lo, hi})
	case *syntax.MatchOffset:
		return intOperand(&matchOffset{k.string(e.Name, e.At), k.matchNumber(e.I)})
	case *syntax.MatchLength:
		return intOperand(&matchLength{k.string(e.Name, e.At), k.matchNumber(e.I)})
	case *syntax.Of:
		return boolOperand(k.of(e))
	case *syntax.ForOf:
		return boolOperand(k.forOf(e))
	default:
		return boolOperand(k.forIn(e.(*syntax.ForIn)))
	}
}

func (k *checker) matchNumber(e syntax.Expr) intExpr {
	if e == nil {
		return intConst(1)
	}
	x := k.intOperand(e, "the number of a match")
	if n, ok := x.constant(); ok && n < 1 {
		k.warn(e.Pos(), "yara.match.number", "the first match has number 1", "this is never defined: match number %d", n)
	}
	return x.i
}

func (k *checker) found(e *syntax.Found) operand {
	if e.AtX != nil {
		at := k.intOperand(e.AtX, `what follows "at"`)
		i, s := k.lookup(e.Name, e.At)
		if i >= 0 {
			n, constant := at.constant()
			u := &k.uses[i]
			u.fixed = constant && (!u.used || u.fixed && u.at == n)
			u.used, u.at = true, n
		}
		if n, ok := at.constant(); ok && n < 0 {
			k.warn(e.AtX.Pos(), "yara.at.negative", "", "this is never true: no file has an offset %d", n)
		}
		return boolOperand(&foundAt{s, at.i})
	}
	s := k.string(e.Name, e.At)
	if e.In != nil {
		lo, hi := k.span(e.In)
		return boolOperand(&foundIn{s, lo, hi})
	}
	return boolOperand(found{s})
}

// string resolves the name of a string that is used in any other way than "at".
func (k *checker) string(name string, at syntax.Offset) stringRef {
	i, s := k.lookup(name, at)
	if i >= 0 {
		k.uses[i] = use{used: true}
	}
	return s
}

// lookup resolves the name of a string: its place in uses, which is -1 for the string of the loop around, and its number.
func (k *checker) lookup(name string, at syntax.Offset) (int, stringRef) {
	if name == "$" {
		if !k.inOf {
			k.fail(at, "yara.string.anonymous", "give the string a name", `"$" alone only has a meaning inside "for … of"`)
		}
		return -1, currentString
	}
	at0, ok := k.byName[name]
	if !ok {
		k.fail(at, "yara.string.unknown", k.didYouMean(name, k.stringNames()), "the rule has no string %s", name)
	}
	return at0[0], k.st.refs[at0[0]]
}

// stringNames gives the names that a wrong one may stand for.
func (k *checker) stringNames() []string {
	var names []string
	for _, s := range k.st.rule.Strings[:min(len(k.st.rule.Strings), 100)] {
		names = append(names, s.Name)
	}
	return names
}

// span checks (lo..hi).
func (k *checker) span(e *syntax.Range) (lo, hi intExpr) {
	k.cost++
	x, y := k.intOperand(e.Lo, "the beginning of a range"), k.intOperand(e.Hi, "the end of a range")
	a, okA := x.constant()
	b, okB := y.constant()
	if okA && okB && a > b {
		k.fail(e.At, "yara.range", "", "the range is empty: %d is greater than %d", a, b)
	}
	if okA && okB && a < 0 {
		k.fail(e.At, "yara.range", "", "a range begins at 0 or later, found %d", a)
	}
	return x.i, y.i
}

// quantifier checks all, any, none, a number or a percentage of so many items; items is -1 where that is not known.
func (k *checker) quantifier(q syntax.Quantifier, items int) quantifier {
	switch q.Kind {
	case syntax.QuantExpr, syntax.QuantPercent:
	default:
		return quantifier{kind: q.Kind}
	}
	x := k.expr(q.X)
	n, constant := x.constant()
	switch {
	case x.kind != decl.Int:
		k.fail(q.At, "yara.quantifier", "write all, any, none, a number or a percentage", "the quantifier must be an integer, found %s", article(x.kind))
	case !constant:
	case q.Kind == syntax.QuantPercent && (n < 1 || n > 100):
		k.fail(q.At, "yara.quantifier", "", "a percentage is from 1 to 100, found %d", n)
	case n < 0:
		k.fail(q.At, "yara.quantifier", "", "the quantifier is negative: %d", n)
	case n == 0:
		k.warn(q.At, "yara.quantifier.zero", "write none, which says what is meant", "the quantifier is 0")
	case q.Kind == syntax.QuantExpr && items >= 0 && n > int64(items):
		k.warn(q.At, "yara.quantifier.never", "", "this is never true: %d of %d", n, items)
	}
	return quantifier{kind: q.Kind, n: x.i}
}

func (k *checker) of(e *syntax.Of) boolExpr {
	var set []stringRef
	var rules []int32
	items := 0
	if e.Set.Rules {
		rules = k.ruleSet(e.Set)
		items = len(rules)
	} else {
		set = k.stringSet(e.Set)
		items = len(set)
	}
	q := k.quantifier(e.Quant, items)
	k.cost += int64(items)
	switch {
	case q.kind == syntax.QuantPercent:
		return &percentOf{n: q.n, set: set, rules: rules}
	case e.Set.Rules:
		return &ofRules{q, rules}
	}
	out := &ofStrings{quant: q, set: set}
	switch {
	case e.In != nil:
		out.lo, out.hi = k.span(e.In)
	case e.AtX != nil:
		at := k.int(e.AtX, `what follows "at"`)
		out.lo, out.hi = at, at
		n, constant := operand{kind: decl.Int, i: q.n}.constant()
		if constant && n > 1 || q.kind == syntax.QuantAll && len(set) > 1 {
			k.warn(e.At, "yara.of.at", "", "several strings at one place are rarely true")
		}
	}
	return out
}

// stringSet gives the strings of a set, in the order of the set. A string that is named twice is there twice.
func (k *checker) stringSet(set syntax.Set) []stringRef {
	if set.Them {
		if len(k.uses) == 0 {
			k.fail(set.At, "yara.string.unknown", "", `"them" stands for the strings of the rule, which has none`)
		}
		k.expand(set.At, len(k.uses))
		for i := range k.uses {
			k.uses[i] = use{used: true}
		}
		return k.st.refs
	}
	var out []stringRef
	for _, item := range set.Items {
		before := len(out)
		if !item.Any {
			for _, i := range k.byName[item.Name] {
				k.uses[i] = use{used: true}
				out = append(out, k.st.refs[i])
			}
		} else {
			for i := range k.st.rule.Strings {
				if strings.HasPrefix(k.st.rule.Strings[i].Name, item.Name) {
					k.uses[i] = use{used: true}
					out = append(out, k.st.refs[i])
				}
			}
			k.expand(item.At, len(k.uses)/64) // looking at the names is work too
		}
		if len(out) == before {
			name := item.Name
			if item.Any {
				name += "*"
			}
			k.fail(item.At, "yara.string.unknown", k.didYouMean(item.Name, k.stringNames()), "the rule has no string %s", name)
		}
		k.expand(item.At, len(out)-before)
	}
	return out
}

// expand counts the items of sets.
func (k *checker) expand(at syntax.Offset, n int) {
	if k.c.expanded += n; k.c.expanded > maxExpanded {
		k.fail(at, "yara.set.large", "", "all sets together have more than %d items", maxExpanded)
	}
}

// ruleSet gives the rules of a set. A prefix stands for the rules of the namespace so far, this one included (which is not true yet).
func (k *checker) ruleSet(set syntax.Set) []int32 {
	var out []int32
	for _, item := range set.Items {
		if !item.Any {
			k.expand(item.At, 1)
			out = append(out, k.reference(item.At, item.Name))
			continue
		}
		out = append(out, k.rulesWith(item)...)
	}
	return out
}

func (k *checker) rulesWith(item syntax.SetItem) []int32 {
	sc := k.st.scope
	sc.prefixes = append(sc.prefixes, item.Name)
	var out []int32
	ns := k.st.scope.index
	k.expand(item.At, len(sc.rules)/64+1)
	for i := range k.c.rules.rules {
		if r := &k.c.rules.rules[i]; r.namespace == ns && strings.HasPrefix(r.name, item.Name) {
			out = append(out, int32(i))
		}
	}
	for name, i := range sc.rules {
		if i == refusedRule && strings.HasPrefix(name, item.Name) {
			k.fail(item.At, "yara.rule.refused", "", "a rule of the set (%s*) has a problem", item.Name)
		}
	}
	if strings.HasPrefix(k.st.rule.Name, item.Name) {
		out = append(out, k.index)
	}
	if len(out) == 0 {
		k.fail(item.At, "yara.name.unknown", "the rules of a set come before the rule that uses it", "no earlier rule has a name that begins with %s",
			diag.Quote(item.Name))
	}
	k.expand(item.At, len(out))
	k.refs = append(k.refs, out...)
	return out
}
