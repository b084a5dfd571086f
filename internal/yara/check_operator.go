package yara

import (
	"math"
	"math/bits"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/syntax"
)

// Operators: the types of their operands, and constants, which are computed here. An overflow or a division by zero that is known before any
// scan is an error, as in libyara.

func (k *checker) unary(e *syntax.Unary) operand {
	switch e.Op {
	case syntax.OpNot:
		return boolOperand(&not{k.truth(e.X)})
	case syntax.OpDefined:
		return boolOperand(&defined{k.truth(e.X)})
	case syntax.OpInvert:
		x := k.intOperand(e.X, `the operand of "~"`)
		if n, ok := x.constant(); ok {
			return intOperand(intConst(^n))
		}
		return intOperand(&intUnary{e.Op, x.i})
	}
	x := k.expr(e.X)
	switch x.kind {
	case decl.Int:
		if n, ok := x.constant(); ok {
			return intOperand(intConst(-n))
		}
		return intOperand(&intUnary{e.Op, x.i})
	case decl.Float:
		if f, ok := x.f.(floatConst); ok {
			return operand{kind: decl.Float, f: -f}
		}
		return operand{kind: decl.Float, f: floatMinus{x.f}}
	}
	k.fail(e.X.Pos(), "yara.type", "", `the operand of "-" must be a number, found %s`, article(x.kind))
	return operand{}
}

func (k *checker) binary(e *syntax.Binary) operand {
	switch e.Op {
	case syntax.OpMatches:
		return k.matches(e)
	case syntax.OpAdd, syntax.OpSub, syntax.OpMul, syntax.OpDiv:
		return k.arithmetic(e)
	case syntax.OpMod, syntax.OpShiftLeft, syntax.OpShiftRight, syntax.OpBitAnd, syntax.OpBitOr, syntax.OpBitXor:
		what := "an operand of " + diag.Quote(e.Op.String())
		return k.fold(e, k.intOperand(e.X, what), k.intOperand(e.Y, what))
	}
	return k.compare(e)
}

func (k *checker) matches(e *syntax.Binary) operand {
	x := k.expr(e.X)
	if x.kind != decl.String {
		k.fail(e.X.Pos(), "yara.type", "", `the left side of "matches" must be a text, found %s`, article(x.kind))
	}
	k.cost++
	re, ok := e.Y.(*syntax.RegexLit)
	if !ok {
		k.fail(e.Y.Pos(), "yara.type", "write it between slashes: matches /…/", `the right side of "matches" must be a regular expression`)
	}
	return boolOperand(&matches{x.t, k.regex(re), int64(regexWeight(re.Body))})
}

func (k *checker) arithmetic(e *syntax.Binary) operand {
	x, y := k.expr(e.X), k.expr(e.Y)
	if x.kind == decl.Int && y.kind == decl.Int {
		return k.fold(e, x, y)
	}
	fx, okX := x.float()
	fy, okY := y.float()
	if !okX || !okY {
		k.mismatch(e, x, y)
	}
	return operand{kind: decl.Float, f: &floatBinary{e.Op, fx, fy}}
}

// float gives a number as a float; ok is false for anything else.
func (o operand) float() (x floatExpr, ok bool) {
	switch o.kind {
	case decl.Float:
		return o.f, true
	case decl.Int:
		if n, ok := o.constant(); ok {
			return floatConst(n), true
		}
		return toFloat{o.i}, true
	}
	return nil, false
}

func (k *checker) mismatch(e *syntax.Binary, x, y operand) {
	k.fail(e.At, "yara.type", "", "the operator %s does not take %s and %s", diag.Quote(e.Op.String()), article(x.kind), article(y.kind))
}

// fold computes a constant, or gives the node that will.
func (k *checker) fold(e *syntax.Binary, x, y operand) operand {
	a, okA := x.constant()
	b, okB := y.constant()
	if okB {
		switch e.Op {
		case syntax.OpDiv, syntax.OpMod:
			if b == 0 {
				k.fail(e.At, "yara.constant.zero", "", "division by zero")
			}
		case syntax.OpShiftLeft, syntax.OpShiftRight:
			if b < 0 {
				k.fail(e.At, "yara.constant.shift", "", "shift by a negative number of bits")
			}
		}
	}
	if !okA || !okB {
		return intOperand(&intBinary{e.Op, x.i, y.i})
	}
	if overflows(e.Op, a, b) {
		k.fail(e.At, "yara.constant.overflow", "integers have 64 bits", "%d %s %d is out of range", a, e.Op, b)
	}
	n, ok := arithmetic(e.Op, a, b)
	if !ok { // the smallest integer divided by -1
		return intOperand(&intBinary{e.Op, x.i, y.i})
	}
	return intOperand(intConst(n))
}

// overflows says whether a sum, difference or product has more than 64 bits. Like libyara it says so of any product whose size is 1<<63.
func overflows(op syntax.Op, x, y int64) bool {
	switch op {
	case syntax.OpAdd:
		return y > 0 && x > math.MaxInt64-y || y < 0 && x < math.MinInt64-y
	case syntax.OpSub:
		return y < 0 && x > math.MaxInt64+y || y > 0 && x < math.MinInt64+y
	case syntax.OpMul:
		hi, lo := bits.Mul64(magnitude(x), magnitude(y))
		return hi != 0 || lo > math.MaxInt64
	}
	return false
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func (k *checker) compare(e *syntax.Binary) operand {
	x, y := k.expr(e.X), k.expr(e.Y)
	wordOperator := e.Op >= syntax.OpContains
	switch {
	case x.kind == decl.String && y.kind == decl.String:
		return boolOperand(&textCompare{e.Op, x.t, y.t})
	case wordOperator:
		k.mismatch(e, x, y)
	case x.kind == decl.Int && y.kind == decl.Int:
		return boolOperand(&intCompare{e.Op, x.i, y.i})
	}
	fx, okX := x.float()
	fy, okY := y.float()
	if !okX || !okY {
		k.mismatch(e, x, y)
	}
	return boolOperand(&floatCompare{e.Op, fx, fy})
}
