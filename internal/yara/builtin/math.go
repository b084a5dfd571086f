package builtin

import (
	"math"
	"strconv"

	"vigie/internal/yara/decl"
)

// The module math. What is computed of a range of the file but for the order of its bytes comes from one count of them (histogram), which is
// kept. In a text, libyara on x86 takes bytes from 0x80 for negative numbers where it computes mean, deviation and correlation; so do we.

func math_() *decl.Module {
	return module("math",
		decl.Field{Name: "MEAN_BYTES", Type: float, Const: decl.FloatOf(127.5)},
		function("in_range", way("fff", integer, func(_ *decl.Scan, v []decl.Value) decl.Value {
			return decl.BoolOf(v[1].F <= v[0].F && v[0].F <= v[2].F)
		})),
		function("deviation",
			way("iif", float, ofHistogram(func(h *histogram, v []decl.Value) decl.Value { return decl.FloatOf(h.deviation(v[2].F)) })),
			way("sf", float, ofText(func(b []byte, v []decl.Value) decl.Value { return decl.FloatOf(textDeviation(b, v[1].F)) }))),
		function("mean",
			way("ii", float, ofHistogram(func(h *histogram, _ []decl.Value) decl.Value { return decl.FloatOf(h.mean()) })),
			way("s", float, ofText(func(b []byte, _ []decl.Value) decl.Value { return decl.FloatOf(textMean(b)) }))),
		function("serial_correlation",
			way("ii", float, ofRange("math.serial_correlation", func(b []byte) decl.Value {
				return decl.FloatOf(correlation(b, func(c byte) float64 { return float64(c) }))
			})),
			way("s", float, ofText(func(b []byte, _ []decl.Value) decl.Value {
				return decl.FloatOf(correlation(b, func(c byte) float64 { return float64(int8(c)) }))
			}))),
		function("monte_carlo_pi",
			way("ii", float, ofRange("math.monte_carlo_pi", monteCarloPi)),
			way("s", float, ofText(func(b []byte, _ []decl.Value) decl.Value { return monteCarloPi(b) }))),
		function("entropy",
			way("ii", float, ofHistogram(func(h *histogram, _ []decl.Value) decl.Value { return decl.FloatOf(h.entropy()) })),
			way("s", float, ofText(func(b []byte, _ []decl.Value) decl.Value { return decl.FloatOf(count(b).entropy()) }))),
		function("min", way("ii", integer, func(_ *decl.Scan, v []decl.Value) decl.Value {
			return decl.IntOf(int64(min(uint64(v[0].Int), uint64(v[1].Int)))) // without sign, as libyara compares them
		})),
		function("max", way("ii", integer, func(_ *decl.Scan, v []decl.Value) decl.Value {
			return decl.IntOf(int64(max(uint64(v[0].Int), uint64(v[1].Int))))
		})),
		function("to_number", way("b", integer, func(_ *decl.Scan, v []decl.Value) decl.Value { return decl.IntOf(v[0].Int) })),
		function("abs", way("i", integer, func(_ *decl.Scan, v []decl.Value) decl.Value { return decl.IntOf(max(v[0].Int, -v[0].Int)) })),
		function("count",
			way("iii", integer, ofByte(func(h *histogram, c byte) decl.Value { return decl.IntOf(h.n[c]) })),
			way("i", integer, ofByte(func(h *histogram, c byte) decl.Value { return decl.IntOf(h.n[c]) }))),
		function("percentage",
			way("iii", float, ofByte(func(h *histogram, c byte) decl.Value { return decl.FloatOf(float64(h.n[c]) / float64(h.total)) })),
			way("i", float, ofByte(func(h *histogram, c byte) decl.Value { return decl.FloatOf(float64(h.n[c]) / float64(h.total)) }))),
		function("mode",
			way("ii", integer, ofHistogram(func(h *histogram, _ []decl.Value) decl.Value { return decl.IntOf(h.mode()) })),
			way("", integer, ofHistogram(func(h *histogram, _ []decl.Value) decl.Value { return decl.IntOf(h.mode()) }))),
		function("to_string",
			way("i", text, func(_ *decl.Scan, v []decl.Value) decl.Value { return toString(v[0].Int, 10) }),
			way("ii", text, func(_ *decl.Scan, v []decl.Value) decl.Value { return toString(v[0].Int, v[1].Int) })),
	)
}

// histogram counts the bytes of a range.
type histogram struct {
	decl.None
	n     [256]int64
	total int64
}

func count(b []byte) *histogram {
	h := &histogram{total: int64(len(b))}
	for _, c := range b {
		h.n[c]++
	}
	return h
}

// rangeHistogram counts a range of the file; nil where it is undefined.
func rangeHistogram(s *decl.Scan, offset, length int64) *histogram {
	b, ok := part(s, offset, length)
	if !ok {
		return nil
	}
	v := remember(s, "math.histogram", offset, int64(len(b)), func() decl.Value {
		if !s.Work(int64(len(b))/8 + 64) {
			return undefined
		}
		return decl.ObjectOf(decl.Struct, count(b))
	})
	h, _ := v.Obj.(*histogram)
	return h
}

// ofHistogram makes a function whose first two arguments are a range; without arguments the range is the file.
func ofHistogram(f func(*histogram, []decl.Value) decl.Value) func(*decl.Scan, []decl.Value) decl.Value {
	return func(s *decl.Scan, v []decl.Value) decl.Value {
		offset, length := int64(0), int64(len(s.Data))
		if len(v) >= 2 {
			offset, length = v[0].Int, v[1].Int
		}
		h := rangeHistogram(s, offset, length)
		if h == nil || !s.Work(64) {
			return undefined
		}
		return f(h, v)
	}
}

// ofByte makes a function of a byte value and a range.
func ofByte(f func(*histogram, byte) decl.Value) func(*decl.Scan, []decl.Value) decl.Value {
	return func(s *decl.Scan, v []decl.Value) decl.Value {
		if v[0].Int < 0 || v[0].Int > 255 {
			return undefined
		}
		return ofHistogram(func(h *histogram, _ []decl.Value) decl.Value { return f(h, byte(v[0].Int)) })(s, v[1:])
	}
}

// ofRange makes a function of the bytes of a range.
func ofRange(name string, f func([]byte) decl.Value) func(*decl.Scan, []decl.Value) decl.Value {
	return func(s *decl.Scan, v []decl.Value) decl.Value {
		b, ok := part(s, v[0].Int, v[1].Int)
		if !ok {
			return undefined
		}
		return remember(s, name, v[0].Int, int64(len(b)), func() decl.Value {
			if !s.Work(int64(len(b))/4 + 16) {
				return undefined
			}
			return f(b)
		})
	}
}

// ofText makes a function whose first argument is a text.
func ofText(f func([]byte, []decl.Value) decl.Value) func(*decl.Scan, []decl.Value) decl.Value {
	return func(s *decl.Scan, v []decl.Value) decl.Value {
		if !s.Work(int64(len(v[0].S))/4 + 64) {
			return undefined
		}
		return f(v[0].S, v)
	}
}

// entropy is Shannon's, in bits for each byte; that of nothing is 0.
func (h *histogram) entropy() float64 {
	sum := 0.0
	for _, n := range h.n {
		if n > 0 {
			x := float64(n) / float64(h.total)
			sum -= x * math.Log2(x)
		}
	}
	return sum
}

func (h *histogram) mean() float64 {
	sum := 0.0
	for c, n := range h.n {
		sum += float64(c) * float64(n)
	}
	return sum / float64(h.total)
}

// deviation is the mean distance from a value.
func (h *histogram) deviation(from float64) float64 {
	sum := 0.0
	for c, n := range h.n {
		sum += math.Abs(float64(c)-from) * float64(n)
	}
	return sum / float64(h.total)
}

// mode is the most frequent byte, the smallest of equally frequent ones.
func (h *histogram) mode() int64 {
	best := 0
	for c, n := range h.n {
		if n > h.n[best] {
			best = c
		}
	}
	return int64(best)
}

func textMean(b []byte) float64 {
	sum := 0.0
	for _, c := range b {
		sum += float64(int8(c))
	}
	return sum / float64(len(b))
}

func textDeviation(b []byte, from float64) float64 {
	sum := 0.0
	for _, c := range b {
		sum += math.Abs(float64(int8(c)) - from)
	}
	return sum / float64(len(b))
}

// correlation says how much each byte depends on the one before, the first on the last (ent by J. Walker); -100000 where it is not defined.
func correlation(b []byte, value func(byte) float64) float64 {
	var last, products, sum, squares float64
	for _, c := range b {
		x := value(c)
		products += last * x
		sum += x
		squares += x * x
		last = x
	}
	if len(b) > 0 {
		products += last * value(b[0])
	}
	n := float64(len(b))
	sum *= sum
	d := n*squares - sum
	if d == 0 {
		return -100000
	}
	return (n*products - sum) / d
}

// monteCarloPi says how far from pi the estimate is that six bytes at a time give, as points in a square of which some are in the circle (ent).
func monteCarloPi(b []byte) decl.Value {
	const radius = 256*256*256 - 1
	in, points := 0, 0
	for ; len(b) >= 6; b = b[6:] {
		x := float64(uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]))
		y := float64(uint32(b[3])<<16 | uint32(b[4])<<8 | uint32(b[5]))
		points++
		if x*x+y*y <= radius*radius {
			in++
		}
	}
	if points == 0 {
		return undefined
	}
	return decl.FloatOf(math.Abs((4*float64(in)/float64(points) - math.Pi) / math.Pi))
}

func toString(n, base int64) decl.Value {
	switch base {
	case 10:
		return decl.StringOf(strconv.AppendInt(nil, n, 10))
	case 8, 16:
		return decl.StringOf(strconv.AppendUint(nil, uint64(n), int(base)))
	}
	return undefined
}
