package builtin

import (
	"bytes"
	"math"
	"testing"

	"vigie/internal/yara/decl"
)

// run calls a function by its name and the letters of its parameters.
func run(t *testing.T, s *decl.Scan, module, name, params string, args ...decl.Value) decl.Value {
	t.Helper()
	for _, m := range Modules() {
		if m.Name != module {
			continue
		}
		for _, f := range m.Type.Fields {
			for _, w := range f.Type.Funcs {
				if f.Name == name && w.Params == params {
					return w.Call(s, args)
				}
			}
		}
	}
	t.Fatalf("no function %s.%s(%s)", module, name, params)
	return decl.Value{}
}

func scanOf(data string) (*decl.Scan, *bytes.Buffer) {
	var log bytes.Buffer
	return &decl.Scan{Data: []byte(data), Now: 1700000000, Memo: map[decl.MemoKey]decl.Value{}, Work: func(int64) bool { return true },
		Log: func(line []byte) { log.Write(line); log.WriteByte('\n') }}, &log
}

func i(n int64) decl.Value   { return decl.IntOf(n) }
func f(x float64) decl.Value { return decl.FloatOf(x) }
func s(x string) decl.Value  { return decl.StringOf([]byte(x)) }

func TestFunctions(t *testing.T) {
	t.Parallel()
	none := decl.Value{}
	for _, c := range []struct {
		situation, module, name, params string
		args                            []decl.Value
		want                            decl.Value
	}{
		{"entropy of one byte value", "math", "entropy", "s", []decl.Value{s("AAAA")}, f(0)},
		{"entropy of two", "math", "entropy", "s", []decl.Value{s("AABB")}, f(1)},
		{"entropy of nothing", "math", "entropy", "s", []decl.Value{s("")}, f(0)},
		{"entropy of a range that is cut", "math", "entropy", "ii", []decl.Value{i(4), i(1 << 40)}, f(1)},
		{"entropy past the end", "math", "entropy", "ii", []decl.Value{i(6), i(1)}, none},
		{"entropy before the beginning", "math", "entropy", "ii", []decl.Value{i(-1), i(1)}, none},
		{"entropy of a negative length", "math", "entropy", "ii", []decl.Value{i(0), i(-1)}, none},
		{"entropy of an empty range", "math", "entropy", "ii", []decl.Value{i(0), i(0)}, f(0)},
		{"mean of an empty range", "math", "mean", "ii", []decl.Value{i(0), i(0)}, none},
		{"mean of a range", "math", "mean", "ii", []decl.Value{i(0), i(4)}, f(65.5)},
		{"mean of a text with high bytes", "math", "mean", "s", []decl.Value{s("\xff\xff")}, f(-1)},
		{"deviation of a range", "math", "deviation", "iif", []decl.Value{i(0), i(4), f(65.5)}, f(0.5)},
		{"deviation of a text", "math", "deviation", "sf", []decl.Value{s("ABAB"), f(65)}, f(0.5)},
		{"correlation of a range", "math", "serial_correlation", "ii", []decl.Value{i(1), i(3)}, f(-0.5)},
		{"correlation of equal bytes", "math", "serial_correlation", "s", []decl.Value{s("aaa")}, f(-100000)},
		{"pi of too few bytes", "math", "monte_carlo_pi", "s", []decl.Value{s("abcde")}, none},
		{"pi of points at the origin", "math", "monte_carlo_pi", "s", []decl.Value{s("\x00\x00\x00\x00\x00\x00")}, f((4 - math.Pi) / math.Pi)},
		{"in range", "math", "in_range", "fff", []decl.Value{f(2), f(1), f(3)}, i(1)},
		{"not in range", "math", "in_range", "fff", []decl.Value{f(4), f(1), f(3)}, i(0)},
		{"min has no sign", "math", "min", "ii", []decl.Value{i(-1), i(1)}, i(1)},
		{"max has no sign", "math", "max", "ii", []decl.Value{i(-1), i(1)}, i(-1)},
		{"abs", "math", "abs", "i", []decl.Value{i(-5)}, i(5)},
		{"abs of the smallest integer", "math", "abs", "i", []decl.Value{i(math.MinInt64)}, i(math.MinInt64)},
		{"count in a range", "math", "count", "iii", []decl.Value{i('A'), i(0), i(3)}, i(1)},
		{"count in the file", "math", "count", "i", []decl.Value{i('C')}, i(1)},
		{"count of no byte", "math", "count", "i", []decl.Value{i(256)}, none},
		{"percentage", "math", "percentage", "i", []decl.Value{i('B')}, f(0.25)},
		{"mode is the smallest of the most frequent", "math", "mode", "", nil, i('A')},
		{"mode of a range", "math", "mode", "ii", []decl.Value{i(2), i(1)}, i('C')},
		{"number to text", "math", "to_string", "i", []decl.Value{i(-7)}, s("-7")},
		{"number to hexadecimal text", "math", "to_string", "ii", []decl.Value{i(-1), i(16)}, s("ffffffffffffffff")},
		{"number to text in no base", "math", "to_string", "ii", []decl.Value{i(1), i(9)}, none},
		{"md5", "hash", "md5", "s", []decl.Value{s("")}, s("d41d8cd98f00b204e9800998ecf8427e")},
		{"sha1 of a range", "hash", "sha1", "ii", []decl.Value{i(0), i(0)}, s("da39a3ee5e6b4b0d3255bfef95601890afd80709")},
		{"sha256", "hash", "sha256", "s", []decl.Value{s("abc")}, s("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")},
		{"sum of bytes", "hash", "checksum32", "s", []decl.Value{s("\xff\xff")}, i(510)},
		{"crc32", "hash", "crc32", "s", []decl.Value{s("123456789")}, i(0xcbf43926)},
		{"digest past the end", "hash", "md5", "ii", []decl.Value{i(4), i(1)}, none},
		{"text to number", "string", "to_int", "s", []decl.Value{s(" -0x1F")}, i(-31)},
		{"octal text", "string", "to_int", "s", []decl.Value{s("010")}, i(8)},
		{"text in a base", "string", "to_int", "si", []decl.Value{s("zz"), i(36)}, i(35*36 + 35)},
		{"hexadecimal mark in base 16", "string", "to_int", "si", []decl.Value{s("0x10"), i(16)}, i(16)},
		{"text with something after", "string", "to_int", "s", []decl.Value{s("12a")}, none},
		{"text with an underscore", "string", "to_int", "s", []decl.Value{s("1_2")}, none},
		{"two signs", "string", "to_int", "s", []decl.Value{s("+-1")}, none},
		{"no digits", "string", "to_int", "s", []decl.Value{s("-")}, none},
		{"text out of range", "string", "to_int", "s", []decl.Value{s("9223372036854775808")}, none},
		{"no base", "string", "to_int", "si", []decl.Value{s("1"), i(1)}, none},
		{"length", "string", "length", "s", []decl.Value{s("a\x00b")}, i(3)},
		{"the time is given", "time", "now", "", nil, i(1700000000)},
	} {
		data := "ABCA"
		if c.situation == "entropy of a range that is cut" || c.situation == "entropy past the end" {
			data = "AAAAAB"
		}
		if c.name == "mean" || c.name == "deviation" {
			data = "ABAB"
		}
		if c.name == "mode" && c.params == "" {
			data = "BABA"
		}
		sc, _ := scanOf(data)
		for range 2 { // the second from the memo
			got := run(t, sc, c.module, c.name, c.params, c.args...)
			if got.Kind != c.want.Kind || got.Int != c.want.Int || math.Abs(got.F-c.want.F) > 1e-12 || !bytes.Equal(got.S, c.want.S) {
				t.Errorf("%s: got %+v, want %+v", c.situation, got, c.want)
			}
		}
		sc.Work, sc.Memo = func(int64) bool { return false }, map[decl.MemoKey]decl.Value{}
		if c.module == "hash" || c.name == "entropy" {
			if got := run(t, sc, c.module, c.name, c.params, c.args...); got.Kind != decl.Undefined {
				t.Errorf("%s: a result without work: %+v", c.situation, got)
			}
		}
	}
}

func TestConsoleLinesAreHarmless(t *testing.T) {
	t.Parallel()
	sc, log := scanOf("")
	run(t, sc, "console", "log", "ss", s("a\x1b[2J\n"), s("é"))
	run(t, sc, "console", "log", "sf", s("x"), f(1.5))
	run(t, sc, "console", "log", "i", i(-3))
	run(t, sc, "console", "hex", "si", s("k"), i(255))
	if want := "a\\x1b[2J\\x0a\\xc3\\xa9\nx1.500000\n-3\nk0xff\n"; log.String() != want {
		t.Errorf("got %q, want %q", log, want)
	}
}

func TestTheMemoIsBounded(t *testing.T) {
	t.Parallel()
	sc, _ := scanOf(string(make([]byte, 4096)))
	for n := range int64(2000) {
		run(t, sc, "math", "entropy", "ii", i(n), i(10))
	}
	if len(sc.Memo) > maxMemo {
		t.Errorf("%d results are kept", len(sc.Memo))
	}
}
