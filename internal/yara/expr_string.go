package yara

import (
	"sort"

	"vigie/internal/yara/pattern"
)

// Strings of the rule: found, counts, offsets and lengths. A stringRef is the number of a string among all of the program; currentString is
// the one that the loop around is at.

type stringRef int32

const currentString stringRef = -1

// found is $a.
type found struct{ s stringRef }

func (e found) truth(r *run) truth { return truthOf(r.found(e.s)) }

// foundAt is "$a at x".
type foundAt struct {
	s  stringRef
	at intExpr
}

func (e *foundAt) truth(r *run) truth {
	at, ok := e.at.int(r)
	if !ok {
		return isUndefined
	}
	return truthOf(r.foundIn(e.s, at, at))
}

// foundIn is "$a in (lo..hi)".
type foundIn struct {
	s      stringRef
	lo, hi intExpr
}

func (e *foundIn) truth(r *run) truth {
	lo, okLo := e.lo.int(r)
	hi, okHi := e.hi.int(r)
	if !okLo || !okHi {
		return isUndefined
	}
	return truthOf(r.foundIn(e.s, lo, hi))
}

// count is #a.
type count struct{ s stringRef }

func (e count) int(r *run) (int64, bool) { return int64(len(r.matches(e.s))), true }

// countIn is "#a in (lo..hi)".
type countIn struct {
	s      stringRef
	lo, hi intExpr
}

func (e *countIn) int(r *run) (int64, bool) {
	lo, okLo := e.lo.int(r)
	hi, okHi := e.hi.int(r)
	if !okLo || !okHi {
		return 0, false
	}
	return int64(len(between(r.matches(e.s), lo, hi))), true
}

// matchOffset is @a[i]; the first match has number 1.
type matchOffset struct {
	s stringRef
	i intExpr
}

func (e *matchOffset) int(r *run) (int64, bool) {
	m, ok := r.match(e.s, e.i)
	return int64(m.Offset), ok
}

// matchLength is !a[i].
type matchLength struct {
	s stringRef
	i intExpr
}

func (e *matchLength) int(r *run) (int64, bool) {
	m, ok := r.match(e.s, e.i)
	return int64(m.Length), ok
}

// match gives the match with a number, if there is one.
func (r *run) match(s stringRef, number intExpr) (pattern.Match, bool) {
	n, ok := number.int(r)
	if !ok || n < 1 {
		return pattern.Match{}, false
	}
	if ms := r.matches(s); n <= int64(len(ms)) {
		return ms[n-1], true
	}
	return pattern.Match{}, false
}

// foundIn says whether a match begins in [lo, hi].
func (r *run) foundIn(s stringRef, lo, hi int64) bool {
	if lo == hi {
		return lo >= 0 && lo < int64(len(r.data)) && r.strs.At(r.string(s), int(lo))
	}
	return r.found(s) && len(between(r.matches(s), lo, hi)) > 0
}

// between gives the matches that begin in [lo, hi]; ms is in the order of offsets.
func between(ms []pattern.Match, lo, hi int64) []pattern.Match {
	from := sort.Search(len(ms), func(i int) bool { return int64(ms[i].Offset) >= lo })
	ms = ms[from:]
	return ms[:sort.Search(len(ms), func(i int) bool { return int64(ms[i].Offset) > hi })]
}
