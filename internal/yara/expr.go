package yara

import "vigie/internal/yara/decl"

// Compiled conditions are trees of typed nodes: one interface for each type of the language, so that no type is looked at during a scan.
// Every node may give an undefined value, which is a third truth value and an absent number, and stays exact: "and", "or" and loops take it for
// false, "defined" asks for it, everything else hands it on.
//
// A run evaluates them. Nodes never change, so that goroutines share them; what a scan remembers is in the run.

// truth is a truth value that may be undefined.
type truth uint8

const (
	isFalse truth = iota
	isTrue
	isUndefined
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

type (
	boolExpr  interface{ truth(*run) truth }
	intExpr   interface{ int(*run) (int64, bool) }     // false: undefined
	floatExpr interface{ float(*run) (float64, bool) } // false: undefined
	textExpr  interface{ text(*run) ([]byte, bool) }   // false: undefined
	valueExpr interface{ value(*run) decl.Value }      // of a module or a loop
)

// and is false at the first kid that is not true.
type and struct{ kids []boolExpr }

func (e *and) truth(r *run) truth {
	for _, k := range e.kids {
		if k.truth(r) != isTrue {
			return isFalse
		}
	}
	return isTrue
}

// or is true at the first kid that is true.
type or struct{ kids []boolExpr }

func (e *or) truth(r *run) truth {
	for _, k := range e.kids {
		if k.truth(r) == isTrue {
			return isTrue
		}
	}
	return isFalse
}

type not struct{ x boolExpr }

func (e *not) truth(r *run) truth {
	switch e.x.truth(r) {
	case isFalse:
		return isTrue
	case isTrue:
		return isFalse
	}
	return isUndefined
}

type defined struct{ x boolExpr }

func (e *defined) truth(r *run) truth { return truthOf(e.x.truth(r) != isUndefined) }

type boolConst bool

func (e boolConst) truth(*run) truth { return truthOf(bool(e)) }

// The other types as truth values: a number is true unless it is 0, a text unless it is empty.
type (
	intTruth   struct{ x intExpr }
	floatTruth struct{ x floatExpr }
	textTruth  struct{ x textExpr }
)

func (e intTruth) truth(r *run) truth {
	if n, ok := e.x.int(r); ok {
		return truthOf(n != 0)
	}
	return isUndefined
}

func (e floatTruth) truth(r *run) truth {
	if f, ok := e.x.float(r); ok {
		return truthOf(f != 0)
	}
	return isUndefined
}

func (e textTruth) truth(r *run) truth {
	if s, ok := e.x.text(r); ok {
		return truthOf(len(s) > 0)
	}
	return isUndefined
}

// ruleRef is the result of an earlier rule.
type ruleRef struct{ rule int32 }

func (e ruleRef) truth(r *run) truth { return truthOf(r.refer(e.rule)) }
