package yara

import (
	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/syntax"
)

// Loops.

// Types of loop variables over numbers and texts.
var (
	intType  = &decl.Type{Kind: decl.Int}
	textType = &decl.Type{Kind: decl.String}
)

func (k *checker) nest(at syntax.Offset) {
	if len(k.loops) == maxLoopNesting {
		k.fail(at, "yara.for.deep", "", "loops nest more than %d levels deep", maxLoopNesting)
	}
}

// body checks the body of a loop with its variables, and completes the loop.
func (k *checker) body(quant quantifier, body syntax.Expr, names loopNames) loop {
	names.slot = len(k.loops) * loopVariables
	k.loops = append(k.loops, names)
	before := k.cost
	l := loop{quant: quant, slot: names.slot, body: k.truth(body)}
	l.cost = k.cost - before + 1
	k.loops = k.loops[:len(k.loops)-1]
	return l
}

func (k *checker) forOf(e *syntax.ForOf) boolExpr {
	k.nest(e.At)
	if k.inOf {
		k.fail(e.At, "yara.for.nested", "", `"for … of" inside "for … of": "$" would stand for two strings`)
	}
	set := k.stringSet(e.Set)
	quant := k.quantifier(e.Quant, len(set))
	k.inOf = true
	defer func() { k.inOf = false }()
	return &forOf{loop: k.body(quant, e.Body, loopNames{}), set: set}
}

func (k *checker) forIn(e *syntax.ForIn) boolExpr {
	k.nest(e.At)
	names := loopNames{}
	for _, v := range e.Vars {
		for _, outer := range append(k.loops, names) {
			for _, n := range outer.names {
				if n == v.Name {
					k.fail(v.At, "yara.for.variable", "choose another name", "the loop variable %s is in use already", diag.Quote(v.Name))
				}
			}
		}
		names.names = append(names.names, v.Name)
	}
	quant := k.quantifier(e.Quant, -1)
	if e.X != nil {
		return k.forObject(e, quant, names)
	}
	if len(names.names) != 1 {
		k.fail(e.Vars[1].At, "yara.for.variables", "only a dictionary gives two", "the loop gives one value each time, and has %d variables",
			len(names.names))
	}
	if e.Range != nil {
		lo, hi := k.span(e.Range)
		names.types = []*decl.Type{intType}
		return &forRange{loop: k.body(quant, e.Body, names), lo: lo, hi: hi}
	}
	list := make([]valueExpr, len(e.List))
	var kind byte
	for i, x := range e.List {
		v, letter := k.argument(x)
		if letter != 'i' && letter != 's' {
			k.fail(x.Pos(), "yara.type", "", "a list is of integers or of texts, found %s", article(paramKinds[letter]))
		}
		if i > 0 && letter != kind {
			k.fail(x.Pos(), "yara.type", "", "the items of a list must be of one type")
		}
		list[i], kind = v, letter
	}
	names.types = []*decl.Type{intType}
	if kind == 's' {
		names.types[0] = textType
	}
	return &forList{loop: k.body(quant, e.Body, names), list: list}
}

// forObject is a loop over an array or a dictionary.
func (k *checker) forObject(e *syntax.ForIn, quant quantifier, names loopNames) boolExpr {
	x := k.expr(e.X)
	switch {
	case x.kind == decl.Array && len(names.names) == 1:
		names.types = []*decl.Type{x.typ.Elem}
		return &forArray{loop: k.body(quant, e.Body, names), x: x.v}
	case x.kind == decl.Dict && len(names.names) == 2:
		names.types = []*decl.Type{textType, x.typ.Elem}
		return &forDict{loop: k.body(quant, e.Body, names), x: x.v}
	case x.kind == decl.Array:
		k.fail(e.Vars[1].At, "yara.for.variables", "", "the array %s gives one value each time, and the loop has two variables", k.shown(x))
	case x.kind == decl.Dict:
		k.fail(e.Vars[0].At, "yara.for.variables", "write: for any key, value in …",
			"the dictionary %s gives two values each time, and the loop has one variable", k.shown(x))
	}
	k.fail(e.X.Pos(), "yara.for.iterator", "write a range (0..9), a list (1, 2), an array or a dictionary", "a loop cannot go through %s", article(x.kind))
	return nil
}
