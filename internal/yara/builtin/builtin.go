// Package builtin has the modules of YARA that need nothing but bytes: math, hash, string, time and console.
//
// Results are those of libyara 4.5.8 for files. A range of the file that begins outside it gives an undefined value; one that ends outside it is
// cut. Every function says what it costs before it does its work, and what was computed of a range is kept for the file.
package builtin

import "vigie/internal/yara/decl"

// Modules gives the modules, in the order of their names.
func Modules() []*decl.Module {
	return []*decl.Module{console(), hash(), math_(), string_(), time_()}
}

// The types of results.
var (
	integer = &decl.Type{Kind: decl.Int}
	float   = &decl.Type{Kind: decl.Float}
	text    = &decl.Type{Kind: decl.String}
)

func module(name string, fields ...decl.Field) *decl.Module {
	return &decl.Module{Name: name, Type: &decl.Type{Kind: decl.Struct, Fields: fields}}
}

func function(name string, ways ...decl.Function) decl.Field {
	return decl.Field{Name: name, Type: &decl.Type{Kind: decl.Func, Funcs: ways}}
}

func way(params string, result *decl.Type, call func(*decl.Scan, []decl.Value) decl.Value) decl.Function {
	return decl.Function{Params: params, Result: result, Call: call}
}

var undefined = decl.Value{}

// part gives a range of the file, cut at its end; ok is false when it does not begin in the file.
func part(s *decl.Scan, offset, length int64) (data []byte, ok bool) {
	size := int64(len(s.Data))
	if offset < 0 || length < 0 || offset >= size {
		return nil, false
	}
	return s.Data[offset : offset+min(length, size-offset)], true
}

// maxMemo is how many results are kept for a file. A rule may ask about every range of it.
const maxMemo = 256

// remember gives what was computed of a range of the file, or computes and keeps it.
func remember(s *decl.Scan, name string, offset, length int64, compute func() decl.Value) decl.Value {
	key := decl.MemoKey{Func: name, Offset: offset, Length: length}
	if v, ok := s.Memo[key]; ok {
		return v
	}
	v := compute()
	if v.Kind != decl.Undefined && len(s.Memo) < maxMemo {
		s.Memo[key] = v
	}
	return v
}
