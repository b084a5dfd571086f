package yara

import (
	"vigie/internal/yara/decl"
	"vigie/internal/yara/syntax"
)

// Quantifiers: "n of" sets of strings and rules, and loops.
//
// As in libyara, a number that is undefined means all, 0 means none, and a loop over nothing is false whatever its quantifier.

// quantifier is compiled: n is nil for the words.
type quantifier struct {
	kind syntax.QuantKind
	n    intExpr
}

// goal is a quantifier's value in one evaluation.
type goal struct {
	all bool
	n   int64 // none: 0
}

func (q quantifier) goal(r *run) goal {
	switch q.kind {
	case syntax.QuantAll:
		return goal{all: true}
	case syntax.QuantAny:
		return goal{n: 1}
	case syntax.QuantNone:
		return goal{}
	}
	n, ok := q.n.int(r)
	return goal{all: !ok, n: n}
}

// decided says whether the outcome is known before the end, after the last of some items was hit or not.
func (g goal) decided(hits int64, hit bool) bool {
	switch {
	case g.all:
		return !hit
	case g.n == 0:
		return hit
	}
	return hits >= g.n
}

// reached gives the outcome after the end or once decided.
func (g goal) reached(hits, items int64) bool {
	switch {
	case g.all:
		return hits == items
	case g.n == 0:
		return hits == 0
	}
	return hits >= g.n
}

// ofStrings is "n of ($a, $b)", with "in" when lo is set, with "at" when lo and hi are one.
type ofStrings struct {
	quant  quantifier
	set    []stringRef
	lo, hi intExpr
}

func (e *ofStrings) truth(r *run) truth {
	if !r.spend(int64(len(e.set))) {
		return isUndefined
	}
	var lo, hi int64
	if e.lo != nil {
		var okLo, okHi bool
		lo, okLo = e.lo.int(r)
		if hi, okHi = e.hi.int(r); !okLo || !okHi {
			return isUndefined
		}
	}
	g := e.quant.goal(r)
	var hits, items int64
	for _, s := range e.set {
		hit := false
		if e.lo == nil {
			hit = r.found(s)
		} else {
			hit = r.foundIn(s, lo, hi)
		}
		items++
		if hit {
			hits++
		}
		if g.decided(hits, hit) {
			break
		}
	}
	return truthOf(g.reached(hits, items))
}

// percentOf is "n% of" strings or rules.
type percentOf struct {
	n     intExpr
	set   []stringRef
	rules []int32
}

func (e *percentOf) truth(r *run) truth {
	n, ok := e.n.int(r)
	if !ok || !r.spend(int64(len(e.set)+len(e.rules))) {
		return isUndefined
	}
	hits, total := 0, len(e.set)+len(e.rules)
	for _, s := range e.set {
		if r.found(s) {
			hits++
		}
	}
	for _, rule := range e.rules {
		if r.refer(rule) {
			hits++
		}
	}
	return truthOf(float64(hits)/float64(total)*100 >= float64(n))
}

// ofRules is "n of (rule, rules*)".
type ofRules struct {
	quant quantifier
	set   []int32
}

func (e *ofRules) truth(r *run) truth {
	if !r.spend(int64(len(e.set))) {
		return isUndefined
	}
	g := e.quant.goal(r)
	var hits, items int64
	for _, rule := range e.set {
		hit := r.refer(rule)
		items++
		if hit {
			hits++
		}
		if g.decided(hits, hit) {
			break
		}
	}
	return truthOf(g.reached(hits, items))
}

// loop is what all loops have in common. cost is the size of the body: what one turn spends.
type loop struct {
	quant quantifier
	slot  int // of the first variable
	body  boolExpr
	cost  int64
}

// turns counts a loop: turn runs the body once and says whether to go on.
type turns struct {
	loop        *loop
	goal        goal
	hits, items int64
}

func (l *loop) start(r *run) turns { return turns{loop: l, goal: l.quant.goal(r)} }

func (t *turns) turn(r *run) (more bool) {
	if !r.spend(t.loop.cost) {
		return false
	}
	hit := t.loop.body.truth(r) == isTrue
	t.items++
	if hit {
		t.hits++
	}
	return !t.goal.decided(t.hits, hit)
}

func (t *turns) result(r *run) truth {
	if r.spent() {
		return isUndefined
	}
	return truthOf(t.items > 0 && t.goal.reached(t.hits, t.items))
}

// forOf is "for n of ($a, $b) : (body)".
type forOf struct {
	loop
	set []stringRef
}

func (e *forOf) truth(r *run) truth {
	t := e.start(r)
	outer := r.current
	for _, s := range e.set {
		r.current = s
		if !t.turn(r) {
			break
		}
	}
	r.current = outer
	return t.result(r)
}

// forRange is "for n i in (lo..hi) : (body)"; a range with an undefined end is empty.
type forRange struct {
	loop
	lo, hi intExpr
}

func (e *forRange) truth(r *run) truth {
	lo, okLo := e.lo.int(r)
	hi, okHi := e.hi.int(r)
	t := e.start(r)
	if okLo && okHi {
		for i := lo; i <= hi; i++ {
			r.slots[e.slot] = decl.IntOf(i)
			if !t.turn(r) || i == hi { // hi may be the largest integer
				break
			}
		}
	}
	return t.result(r)
}

// forList is "for n i in (x, y, …) : (body)" over integers or texts. All are evaluated first, as in libyara.
type forList struct {
	loop
	list []valueExpr
}

func (e *forList) truth(r *run) truth {
	if !r.spend(int64(len(e.list))) {
		return isUndefined
	}
	values := make([]decl.Value, len(e.list))
	for i, x := range e.list {
		values[i] = x.value(r)
	}
	t := e.start(r)
	for _, v := range values {
		r.slots[e.slot] = v
		if !t.turn(r) {
			break
		}
	}
	return t.result(r)
}

// forArray is "for n x in array : (body)".
type forArray struct {
	loop
	x valueExpr
}

func (e *forArray) truth(r *run) truth {
	x := e.x.value(r)
	t := e.start(r)
	if x.Kind == decl.Array && x.Obj != nil {
		for i := range x.Obj.Len() {
			r.slots[e.slot] = x.Obj.Index(i)
			if !t.turn(r) {
				break
			}
		}
	}
	return t.result(r)
}

// forDict is "for n key, value in dictionary : (body)".
type forDict struct {
	loop
	x valueExpr
}

func (e *forDict) truth(r *run) truth {
	x := e.x.value(r)
	t := e.start(r)
	if x.Kind == decl.Dict && x.Obj != nil {
		for i := range x.Obj.Len() {
			key, v := x.Obj.Entry(i)
			r.slots[e.slot], r.slots[e.slot+1] = decl.StringOf(key), v
			if !t.turn(r) {
				break
			}
		}
	}
	return t.result(r)
}
