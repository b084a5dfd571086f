package yara

import (
	"cmp"
	"slices"
)

// Operands of "and" and "or" may be evaluated in any order: they change nothing, and an undefined one counts as false. Strings whose atoms are too
// short for the search through the file are looked for only when a condition asks, in a pass of their own, so what is known without them goes
// first and often decides. Operands of other kinds (modules, which may log, loops, other rules) stay where they are, and nothing passes them.

// inOrder reorders the operands within a condition, in place.
func inOrder(e boolExpr, traced func(string int) bool) {
	switch e := e.(type) {
	case *and:
		kidsInOrder(e.kids, traced)
	case *or:
		kidsInOrder(e.kids, traced)
	case *not:
		inOrder(e.x, traced)
	}
}

func kidsInOrder(kids []boolExpr, traced func(string int) bool) {
	from := 0
	for i := 0; i <= len(kids); i++ {
		if i < len(kids) {
			inOrder(kids[i], traced)
			if costOf(kids[i], traced) != costOther {
				continue
			}
		}
		slices.SortStableFunc(kids[from:i], func(a, b boolExpr) int { return cmp.Compare(costOf(a, traced), costOf(b, traced)) })
		from = i + 1
	}
}

// cost says how an operand is decided.
type cost uint8

const (
	costKnown  cost = iota // of the search through the file, and of its size and first bytes
	costSearch             // by a search for its strings alone
	costOther
)

func costOf(e boolExpr, traced func(string int) bool) cost {
	of := func(s stringRef) cost {
		switch {
		case s == currentString:
			return costOther
		case traced(int(s)):
			return costKnown
		}
		return costSearch
	}
	switch e := e.(type) {
	case found:
		return of(e.s)
	case *foundAt:
		if isFactInt(e.at) {
			return of(e.s)
		}
	case *foundIn:
		if isFactInt(e.lo) && isFactInt(e.hi) {
			return of(e.s)
		}
	case *intCompare:
		c, ok := e.x.(count)
		if ok && isFactInt(e.y) {
			return of(c.s)
		}
	case *ofStrings:
		if e.lo != nil || e.quant.n != nil && !isFactInt(e.quant.n) {
			return costOther
		}
		worst := costKnown
		for _, s := range e.set {
			worst = max(worst, of(s))
		}
		return worst
	case *and:
		return worstOf(e.kids, traced)
	case *or:
		return worstOf(e.kids, traced)
	case *not:
		return costOf(e.x, traced)
	}
	if isFact(e) {
		return costKnown
	}
	return costOther
}

func worstOf(kids []boolExpr, traced func(string int) bool) cost {
	worst := costKnown
	for _, k := range kids {
		worst = max(worst, costOf(k, traced))
	}
	return worst
}
