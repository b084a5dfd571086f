package yara

import (
	"bytes"

	"vigie/internal/yara/decl"
	"vigie/internal/yara/pattern"
	"vigie/internal/yara/syntax"
)

// Texts: sequences of bytes; those operators that take no account of case fold ASCII letters only.

type textConst []byte

func (e textConst) text(*run) ([]byte, bool) { return e, true }

// textCompare is == != < <= > >= and the operators that are words.
type textCompare struct {
	op   syntax.Op
	x, y textExpr
}

func (e *textCompare) truth(r *run) truth {
	x, okX := e.x.text(r)
	y, okY := e.y.text(r)
	if !okX || !okY {
		return isUndefined
	}
	if !r.spend(int64(len(x)+len(y))/textPerStep + 1) {
		return isUndefined
	}
	switch e.op {
	case syntax.OpContains:
		return truthOf(bytes.Contains(x, y))
	case syntax.OpIContains:
		return truthOf(containsFold(x, y))
	case syntax.OpStartsWith:
		return truthOf(bytes.HasPrefix(x, y))
	case syntax.OpIStartsWith:
		return truthOf(len(x) >= len(y) && equalFold(x[:len(y)], y))
	case syntax.OpEndsWith:
		return truthOf(bytes.HasSuffix(x, y))
	case syntax.OpIEndsWith:
		return truthOf(len(x) >= len(y) && equalFold(x[len(x)-len(y):], y))
	case syntax.OpIEquals:
		return truthOf(len(x) == len(y) && equalFold(x, y))
	}
	return truthOf(compareInts(e.op, int64(bytes.Compare(x, y)), 0))
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// equalFold compares texts of one length.
func equalFold(x, y []byte) bool {
	for i := range x {
		if lower(x[i]) != lower(y[i]) {
			return false
		}
	}
	return true
}

// containsFold looks for y in x by the places of its first byte, and by no better method when there are few of them. Its time is bounded by
// that of bytes.Contains over lowered copies, which it falls back to.
func containsFold(x, y []byte) bool {
	if len(y) == 0 {
		return true
	}
	first, tries := lower(y[0]), 64
	for i := 0; i+len(y) <= len(x); i++ {
		if lower(x[i]) != first {
			continue
		}
		if equalFold(x[i:i+len(y)], y) {
			return true
		}
		if tries--; tries == 0 {
			return bytes.Contains(lowered(x[i+1:]), lowered(y))
		}
	}
	return false
}

func lowered(x []byte) []byte {
	out := make([]byte, len(x))
	for i, c := range x {
		out[i] = lower(c)
	}
	return out
}

// matches is the operator of that name.
type matches struct {
	x      textExpr
	re     decl.Matcher
	weight int64 // of the expression, see regexWeight
}

func (e *matches) truth(r *run) truth {
	x, ok := e.x.text(r)
	if !ok || !r.spend(regexPrice(len(x), e.weight)) {
		return isUndefined
	}
	return truthOf(e.re.Match(x))
}

// maxRegexPrice is the price of the longest search that package pattern allows, of about a hundred million of its steps.
const maxRegexPrice = 1 << 23

// regexPrice estimates from above what a search in a text may cost: from each place of the text it may look at all that follows, with as many
// states as the expression has. It looks no further than pattern.DefaultRegexLimit.
func regexPrice(length int, weight int64) int64 {
	n := int64(min(length, pattern.DefaultRegexLimit)) + 1
	return min(n*n*(weight+1)/64, maxRegexPrice) + n
}

// external is a variable that is set for each scan.
type external struct{ i int }

func (e external) int(r *run) (int64, bool)     { return r.vars[e.i].Int, true }
func (e external) float(r *run) (float64, bool) { return r.vars[e.i].F, true }
func (e external) text(r *run) ([]byte, bool)   { return r.vars[e.i].S, true }
