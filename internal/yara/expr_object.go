package yara

import "vigie/internal/yara/decl"

// Values of modules and loop variables.

// moduleRoot is the root of an imported module.
type moduleRoot struct{ i int }

func (e moduleRoot) value(r *run) decl.Value { return r.module(e.i) }

type field struct {
	x valueExpr
	i int
}

func (e *field) value(r *run) decl.Value {
	x := e.x.value(r)
	if x.Kind != decl.Struct || x.Obj == nil {
		return decl.Value{}
	}
	return x.Obj.Field(e.i)
}

type element struct {
	x valueExpr
	i intExpr
}

func (e *element) value(r *run) decl.Value {
	i, ok := e.i.int(r)
	x := e.x.value(r)
	if !ok || x.Kind != decl.Array || x.Obj == nil || i < 0 || i >= int64(x.Obj.Len()) {
		return decl.Value{}
	}
	return x.Obj.Index(int(i))
}

type lookup struct {
	x   valueExpr
	key textExpr
}

func (e *lookup) value(r *run) decl.Value {
	key, ok := e.key.text(r)
	x := e.x.value(r)
	if !ok || x.Kind != decl.Dict || x.Obj == nil {
		return decl.Value{}
	}
	return x.Obj.Lookup(key)
}

// call is undefined when an argument is.
type call struct {
	x    valueExpr // the structure that has the function
	fn   *decl.Function
	args []valueExpr
}

func (e *call) value(r *run) decl.Value {
	var room [4]decl.Value
	args := room[:0]
	for _, a := range e.args {
		v := a.value(r)
		if v.Kind == decl.Undefined {
			return decl.Value{}
		}
		args = append(args, v)
	}
	if !r.spend(callSteps) {
		return decl.Value{}
	}
	if e.fn.Call != nil {
		return e.fn.Call(&r.scan, args)
	}
	x := e.x.value(r)
	if x.Kind != decl.Struct || x.Obj == nil {
		return decl.Value{}
	}
	return x.Obj.Call(e.fn.Slot, args)
}

// loopVar is a variable of a loop around.
type loopVar struct{ slot int }

func (e loopVar) value(r *run) decl.Value { return r.slots[e.slot] }

// The values of modules and loops as typed nodes.
type (
	valueInt   struct{ x valueExpr }
	valueFloat struct{ x valueExpr }
	valueText  struct{ x valueExpr }
)

func (e valueInt) int(r *run) (int64, bool) {
	v := e.x.value(r)
	return v.Int, v.Kind == decl.Int
}

func (e valueFloat) float(r *run) (float64, bool) {
	v := e.x.value(r)
	return v.F, v.Kind == decl.Float
}

func (e valueText) text(r *run) ([]byte, bool) {
	v := e.x.value(r)
	return v.S, v.Kind == decl.String
}

// The typed nodes as arguments of functions.
type (
	argInt   struct{ x intExpr }
	argFloat struct{ x floatExpr }
	argText  struct{ x textExpr }
	argBool  struct{ x boolExpr }
	argRegex struct{ re decl.Matcher }
)

func (e argInt) value(r *run) decl.Value {
	if n, ok := e.x.int(r); ok {
		return decl.IntOf(n)
	}
	return decl.Value{}
}

func (e argFloat) value(r *run) decl.Value {
	if f, ok := e.x.float(r); ok {
		return decl.FloatOf(f)
	}
	return decl.Value{}
}

func (e argText) value(r *run) decl.Value {
	if s, ok := e.x.text(r); ok {
		return decl.StringOf(s)
	}
	return decl.Value{}
}

func (e argBool) value(r *run) decl.Value {
	switch e.x.truth(r) {
	case isTrue:
		return decl.Value{Kind: decl.Bool, Int: 1}
	case isFalse:
		return decl.Value{Kind: decl.Bool}
	}
	return decl.Value{}
}

func (e argRegex) value(*run) decl.Value { return decl.Value{Kind: decl.Regex, Re: e.re} }
