package yara

import (
	"encoding/binary"
	"math"

	"vigie/internal/yara/syntax"
)

// Numbers. Integers have 64 bits and a sign, and wrap around.

type intConst int64

func (e intConst) int(*run) (int64, bool) { return int64(e), true }

type floatConst float64

func (e floatConst) float(*run) (float64, bool) { return float64(e), true }

type filesize struct{}

func (filesize) int(r *run) (int64, bool) { return int64(len(r.data)), true }

type entrypoint struct{}

func (entrypoint) int(r *run) (int64, bool) { return r.entrypoint() }

// reader is int8(x) … uint32be(x): undefined unless all its bytes are in the file.
type reader struct {
	arg               intExpr
	size              int64 // in bytes
	signed, bigEndian bool
}

func (e *reader) int(r *run) (int64, bool) {
	at, ok := e.arg.int(r)
	if !ok || at < 0 || at > int64(len(r.data))-e.size {
		return 0, false
	}
	b := r.data[at : at+e.size]
	var order binary.ByteOrder = binary.LittleEndian
	if e.bigEndian {
		order = binary.BigEndian
	}
	switch e.size {
	case 1:
		if e.signed {
			return int64(int8(b[0])), true
		}
		return int64(b[0]), true
	case 2:
		n := order.Uint16(b)
		if e.signed {
			return int64(int16(n)), true
		}
		return int64(n), true
	}
	n := order.Uint32(b)
	if e.signed {
		return int64(int32(n)), true
	}
	return int64(n), true
}

type intUnary struct {
	op syntax.Op
	x  intExpr
}

func (e *intUnary) int(r *run) (int64, bool) {
	n, ok := e.x.int(r)
	if e.op == syntax.OpInvert {
		return ^n, ok
	}
	return -n, ok
}

type intBinary struct {
	op   syntax.Op
	x, y intExpr
}

func (e *intBinary) int(r *run) (int64, bool) {
	x, okX := e.x.int(r)
	y, okY := e.y.int(r)
	if !okX || !okY {
		return 0, false
	}
	return arithmetic(e.op, x, y)
}

// arithmetic gives x op y; it is undefined for a division by zero or of the smallest integer by -1, and for a shift by a negative number.
func arithmetic(op syntax.Op, x, y int64) (int64, bool) {
	switch op {
	case syntax.OpAdd:
		return x + y, true
	case syntax.OpSub:
		return x - y, true
	case syntax.OpMul:
		return x * y, true
	case syntax.OpDiv, syntax.OpMod:
		if y == 0 || x == math.MinInt64 && y == -1 {
			return 0, false
		}
		if op == syntax.OpDiv {
			return x / y, true
		}
		return x % y, true
	case syntax.OpShiftLeft, syntax.OpShiftRight:
		switch {
		case y < 0:
			return 0, false
		case y > 63:
			return 0, true
		case op == syntax.OpShiftLeft:
			return x << uint(y), true
		}
		return x >> uint(y), true
	case syntax.OpBitAnd:
		return x & y, true
	case syntax.OpBitOr:
		return x | y, true
	default: // syntax.OpBitXor: check gives no other
		return x ^ y, true
	}
}

// toFloat makes a float of an integer, where the other operand is one.
type toFloat struct{ x intExpr }

func (e toFloat) float(r *run) (float64, bool) {
	n, ok := e.x.int(r)
	return float64(n), ok
}

type floatMinus struct{ x floatExpr }

func (e floatMinus) float(r *run) (float64, bool) {
	f, ok := e.x.float(r)
	return -f, ok
}

type floatBinary struct {
	op   syntax.Op
	x, y floatExpr
}

func (e *floatBinary) float(r *run) (float64, bool) {
	x, okX := e.x.float(r)
	y, okY := e.y.float(r)
	if !okX || !okY {
		return 0, false
	}
	switch e.op {
	case syntax.OpAdd:
		return x + y, true
	case syntax.OpSub:
		return x - y, true
	case syntax.OpMul:
		return x * y, true
	}
	return x / y, true
}

// intCompare compares integers.
type intCompare struct {
	op   syntax.Op
	x, y intExpr
}

func (e *intCompare) truth(r *run) truth {
	x, okX := e.x.int(r)
	if !okX {
		return isUndefined
	}
	y, okY := e.y.int(r)
	if !okY {
		return isUndefined
	}
	return truthOf(compareInts(e.op, x, y))
}

func compareInts(op syntax.Op, x, y int64) bool {
	switch op {
	case syntax.OpEQ:
		return x == y
	case syntax.OpNE:
		return x != y
	case syntax.OpLT:
		return x < y
	case syntax.OpLE:
		return x <= y
	case syntax.OpGT:
		return x > y
	}
	return x >= y
}

// floatCompare compares floats. Two of them are equal when they differ by less than the precision of 1.0, as in libyara; "<" with an undefined
// side is false there, where the other comparisons are undefined.
type floatCompare struct {
	op   syntax.Op
	x, y floatExpr
}

const floatEpsilon = 2.220446049250313e-16

func (e *floatCompare) truth(r *run) truth {
	x, okX := e.x.float(r)
	y, okY := e.y.float(r)
	if !okX || !okY {
		if e.op == syntax.OpLT {
			return isFalse
		}
		return isUndefined
	}
	switch e.op {
	case syntax.OpEQ:
		return truthOf(math.Abs(x-y) < floatEpsilon)
	case syntax.OpNE:
		return truthOf(math.Abs(x-y) >= floatEpsilon)
	case syntax.OpLT:
		return truthOf(x < y)
	case syntax.OpLE:
		return truthOf(x <= y)
	case syntax.OpGT:
		return truthOf(x > y)
	}
	return truthOf(x >= y)
}
