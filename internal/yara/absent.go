package yara

import "vigie/internal/yara/syntax"

// Which rules may match a file in which none of their strings is found? Their conditions are evaluated here without a file: each node gives the
// set of its possible results, on the assumption that no traced string is there (a string is traced when the search tells of every file that may
// have it). A rule that cannot be true then is left alone until one of its strings is found. The set may be too large, never too small.

// truthSet has a bit for each possible truth value.
type truthSet uint8

const anyTruth = truthSet(1<<isFalse | 1<<isTrue | 1<<isUndefined)

func setOf(t truth) truthSet        { return 1 << t }
func (s truthSet) has(t truth) bool { return s&(1<<t) != 0 }
func (s truthSet) onlyIf(b bool) truthSet {
	if b {
		return s
	}
	return 0
}

type absence struct {
	traced   func(string int) bool
	mayMatch []bool // of earlier rules
	current  bool   // the string of the loop around is traced, whichever it is
}

// truths gives the possible results of a condition.
func (a absence) truths(e boolExpr) truthSet {
	switch e := e.(type) {
	case boolConst:
		return setOf(truthOf(bool(e)))
	case *and:
		out := setOf(isTrue)
		for _, k := range e.kids {
			s := a.truths(k)
			out = out&setOf(isFalse) | setOf(isTrue).onlyIf(out.has(isTrue) && s.has(isTrue)) |
				setOf(isFalse).onlyIf(s.has(isFalse) || s.has(isUndefined))
		}
		return out
	case *or:
		out := setOf(isFalse)
		for _, k := range e.kids {
			s := a.truths(k)
			out = out&setOf(isTrue) | setOf(isTrue).onlyIf(s.has(isTrue)) |
				setOf(isFalse).onlyIf(out.has(isFalse) && (s.has(isFalse) || s.has(isUndefined)))
		}
		return out
	case *not:
		s := a.truths(e.x)
		return setOf(isTrue).onlyIf(s.has(isFalse)) | setOf(isFalse).onlyIf(s.has(isTrue)) | s&setOf(isUndefined)
	case *defined:
		s := a.truths(e.x)
		return setOf(isFalse).onlyIf(s.has(isUndefined)) | setOf(isTrue).onlyIf(s.has(isTrue) || s.has(isFalse))
	case intTruth:
		if n, known := a.number(e.x); known {
			return n.truth(func(n int64) bool { return n != 0 })
		}
	case *intCompare:
		return a.compare(e)
	case found:
		return a.found(e.s)
	case *foundAt:
		return a.found(e.s) | setOf(isUndefined)
	case *foundIn:
		return a.found(e.s) | setOf(isUndefined)
	case *ofStrings:
		return a.ofStrings(e)
	case *percentOf:
		if n, ok := e.n.(intConst); ok && n >= 1 && len(e.rules) == 0 && a.allTraced(e.set) {
			return setOf(isFalse)
		}
	case *forOf:
		a.current = a.allTraced(e.set)
		return a.loop(&e.loop)
	case *forRange:
		return a.loop(&e.loop)
	case *forList:
		return a.loop(&e.loop)
	case *forArray:
		return a.loop(&e.loop)
	case *forDict:
		return a.loop(&e.loop)
	case ruleRef:
		if int(e.rule) < len(a.mayMatch) && !a.mayMatch[e.rule] {
			return setOf(isFalse)
		}
		return setOf(isFalse) | setOf(isTrue)
	}
	return anyTruth
}

// found gives the results of $a.
func (a absence) found(s stringRef) truthSet {
	if a.gone(s) {
		return setOf(isFalse)
	}
	return setOf(isFalse) | setOf(isTrue)
}

// gone says that a string is assumed not to be there.
func (a absence) gone(s stringRef) bool {
	if s == currentString {
		return a.current
	}
	return a.traced(int(s))
}

func (a absence) allTraced(set []stringRef) bool {
	for _, s := range set {
		if !a.traced(int(s)) {
			return false
		}
	}
	return true
}

func (a absence) ofStrings(e *ofStrings) truthSet {
	undefined := setOf(isUndefined).onlyIf(e.lo != nil)
	n, constant := e.quant.n.(intConst)
	needsOne := e.quant.kind == syntax.QuantAll || e.quant.kind == syntax.QuantAny || e.quant.kind == syntax.QuantExpr && constant && n > 0
	if !needsOne {
		return anyTruth
	}
	if e.quant.kind == syntax.QuantAll && !a.allTraced(e.set) {
		// one string that is traced is enough to make it false
		for _, s := range e.set {
			if a.traced(int(s)) {
				return setOf(isFalse) | undefined
			}
		}
		return anyTruth
	}
	if a.allTraced(e.set) {
		return setOf(isFalse) | undefined
	}
	return anyTruth
}

// loop: a loop that needs a turn to be true is not, when its body cannot be.
func (a absence) loop(l *loop) truthSet {
	n, constant := l.quant.n.(intConst)
	needsOne := l.quant.kind == syntax.QuantAll || l.quant.kind == syntax.QuantAny || l.quant.kind == syntax.QuantExpr && constant && n > 0
	if needsOne && !a.truths(l.body).has(isTrue) {
		return setOf(isFalse) | setOf(isUndefined)
	}
	return anyTruth
}

// knownInt is a number that may be undefined.
type knownInt struct {
	n         int64
	undefined bool
}

func (n knownInt) truth(test func(int64) bool) truthSet {
	if n.undefined {
		return setOf(isUndefined)
	}
	return setOf(truthOf(test(n.n)))
}

// number gives an integer where it is the same for all files.
func (a absence) number(e intExpr) (knownInt, bool) {
	switch e := e.(type) {
	case intConst:
		return knownInt{n: int64(e)}, true
	case count:
		return knownInt{}, a.gone(e.s)
	case *matchOffset:
		return knownInt{undefined: true}, a.gone(e.s)
	case *matchLength:
		return knownInt{undefined: true}, a.gone(e.s)
	}
	return knownInt{}, false
}

func (a absence) compare(e *intCompare) truthSet {
	x, okX := a.number(e.x)
	y, okY := a.number(e.y)
	switch {
	case okX && x.undefined, okY && y.undefined:
		return setOf(isUndefined)
	case okX && okY:
		return setOf(truthOf(compareInts(e.op, x.n, y.n)))
	}
	return anyTruth
}

// factsOf gives the parts of a condition that must be true and need neither strings nor modules nor other rules: comparisons of the size, of
// bytes at fixed places and of external variables. They are cheap, and tell of most files that a rule is not for them.
func factsOf(e boolExpr) []boolExpr {
	a, ok := e.(*and)
	if !ok {
		return nil
	}
	var out []boolExpr
	for _, k := range a.kids {
		if nested, ok := k.(*and); ok {
			out = append(out, factsOf(nested)...)
		} else if isFact(k) {
			out = append(out, k)
		}
	}
	return out
}

func isFact(e boolExpr) bool {
	switch e := e.(type) {
	case boolConst:
		return true
	case *and:
		return all(e.kids, isFact)
	case *or:
		return all(e.kids, isFact)
	case *not:
		return isFact(e.x)
	case *intCompare:
		return isFactInt(e.x) && isFactInt(e.y)
	case intTruth:
		return isFactInt(e.x)
	case *textCompare:
		return isFactText(e.x) && isFactText(e.y)
	}
	return false
}

func all(kids []boolExpr, is func(boolExpr) bool) bool {
	for _, k := range kids {
		if !is(k) {
			return false
		}
	}
	return true
}

func isFactInt(e intExpr) bool {
	switch e := e.(type) {
	case intConst, filesize, external:
		return true
	case *reader:
		return isFactInt(e.arg)
	case *intBinary:
		return isFactInt(e.x) && isFactInt(e.y)
	case *intUnary:
		return isFactInt(e.x)
	}
	return false
}

func isFactText(e textExpr) bool {
	switch e.(type) {
	case textConst, external:
		return true
	}
	return false
}
