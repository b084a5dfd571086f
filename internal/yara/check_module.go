package yara

import (
	"strings"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/syntax"
)

// Fields, elements and functions of modules.

func (k *checker) field(e *syntax.Field) operand {
	x := k.expr(e.X)
	if x.kind != decl.Struct {
		k.fail(e.At, "yara.field.none", "", "%s has no fields, it is %s", k.shown(x), article(x.kind))
	}
	for i := range x.typ.Fields {
		f := &x.typ.Fields[i]
		if f.Name != e.Name {
			continue
		}
		switch {
		case f.Type.Kind == decl.Func:
			return operand{kind: decl.Func, v: x.v, typ: f.Type, name: x.name + "." + f.Name}
		case f.Const.Kind == decl.Int:
			return intOperand(intConst(f.Const.Int))
		case f.Const.Kind == decl.Float:
			return operand{kind: decl.Float, f: floatConst(f.Const.F)}
		case f.Const.Kind == decl.String:
			return operand{kind: decl.String, t: textConst(f.Const.S)}
		}
		return ofType(&field{x.v, i}, f.Type, x.name+"."+f.Name)
	}
	if instead, ok := x.typ.Withheld[e.Name]; ok {
		k.fail(e.At, "yara.field.withheld", instead, "%s has no field %s here, on purpose", k.shown(x), diag.Quote(e.Name))
	}
	names := make([]string, len(x.typ.Fields))
	for i, f := range x.typ.Fields {
		names[i] = f.Name
	}
	k.fail(e.At, "yara.field.unknown", k.didYouMean(e.Name, names), "%s has no field %s", k.shown(x), diag.Quote(e.Name))
	return operand{}
}

// shown gives the name of an operand for a message.
func (k *checker) shown(o operand) string {
	if o.name == "" {
		return "this"
	}
	return diag.Quote(o.name)
}

func (k *checker) element(e *syntax.Index) operand {
	x := k.expr(e.X)
	switch x.kind {
	case decl.Array:
		return ofType(&element{x.v, k.int(e.I, "the index of an array")}, x.typ.Elem, x.name+"[…]")
	case decl.Dict:
		key := k.expr(e.I)
		if key.kind != decl.String {
			k.fail(e.I.Pos(), "yara.type", "", "the key of a dictionary must be a text, found %s", article(key.kind))
		}
		return ofType(&lookup{x.v, key.t}, x.typ.Elem, x.name+"[…]")
	}
	k.fail(e.At, "yara.index.none", "", "%s has no elements, it is %s", k.shown(x), article(x.kind))
	return operand{}
}

// maxArgs is how many arguments a call may have, as in libyara.
const maxArgs = 128

func (k *checker) call(e *syntax.Call) operand {
	x := k.expr(e.X)
	if x.kind != decl.Func {
		k.fail(e.At, "yara.call.none", "", "%s cannot be called, it is %s", k.shown(x), article(x.kind))
	}
	if len(e.Args) > maxArgs {
		k.fail(e.At, "yara.call.arguments", "", "more than %d arguments", maxArgs)
	}
	args := make([]valueExpr, len(e.Args))
	params := make([]byte, len(e.Args))
	for i, a := range e.Args {
		args[i], params[i] = k.argument(a)
	}
	for i := range x.typ.Funcs {
		if f := &x.typ.Funcs[i]; f.Params == string(params) {
			return ofType(&call{x.v, f, args}, f.Result, x.name+"(…)")
		}
	}
	ways := make([]string, len(x.typ.Funcs))
	for i, f := range x.typ.Funcs {
		ways[i] = signature(f.Params)
	}
	k.fail(e.At, "yara.call.arguments", "it takes "+strings.Join(ways, " or "), "%s does not take the arguments %s", diag.Quote(x.name),
		signature(string(params)))
	return operand{}
}

var paramKinds = map[byte]decl.Kind{'i': decl.Int, 'f': decl.Float, 's': decl.String, 'r': decl.Regex, 'b': decl.Bool}

// signature spells the parameters of a function: "is" is (integer, text).
func signature(params string) string {
	names := make([]string, len(params))
	for i := range len(params) {
		names[i] = paramKinds[params[i]].String()
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// argument checks an argument and gives the letter of its type.
func (k *checker) argument(e syntax.Expr) (valueExpr, byte) {
	o := k.expr(e)
	switch o.kind {
	case decl.Int:
		return argInt{o.i}, 'i'
	case decl.Float:
		return argFloat{o.f}, 'f'
	case decl.String:
		return argText{o.t}, 's'
	case decl.Regex:
		return argRegex{o.re}, 'r'
	case decl.Bool:
		return argBool{o.b}, 'b'
	}
	k.wrongUse(e, o)
	return nil, 0
}
