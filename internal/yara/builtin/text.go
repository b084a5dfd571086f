package builtin

import (
	"strconv"
	"strings"

	"vigie/internal/yara/decl"
)

// The modules string, time and console.

func string_() *decl.Module {
	return module("string",
		function("to_int",
			way("s", integer, func(_ *decl.Scan, v []decl.Value) decl.Value { return toInt(v[0].S, 0) }),
			way("si", integer, func(_ *decl.Scan, v []decl.Value) decl.Value { return toInt(v[0].S, v[1].Int) })),
		function("length",
			way("s", integer, func(_ *decl.Scan, v []decl.Value) decl.Value { return decl.IntOf(int64(len(v[0].S))) })))
}

// toInt reads a number as strtoll of C does: white space, a sign, 0x before hexadecimal and 0 before octal digits where the base is 0 (or 16),
// and nothing after it.
func toInt(text []byte, base int64) decl.Value {
	if base != 0 && (base < 2 || base > 36) || len(text) > 128 {
		return undefined
	}
	s := strings.TrimLeft(string(text), " \t\n\v\f\r")
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	hex := len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x'
	switch {
	case hex && (base == 0 || base == 16):
		s, base = s[2:], 16
	case base == 0 && len(s) > 1 && s[0] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	if s == "" || s[0] == '-' || s[0] == '+' { // ParseInt would take a second sign
		return undefined
	}
	n, err := strconv.ParseInt(sign+s, int(base), 64)
	if err != nil || strings.Contains(s, "_") {
		return undefined
	}
	return decl.IntOf(n)
}

func time_() *decl.Module {
	return module("time",
		function("now", way("", integer, func(s *decl.Scan, _ []decl.Value) decl.Value { return decl.IntOf(s.Now) })))
}

func console() *decl.Module {
	plain := func(v decl.Value) string {
		switch v.Kind {
		case decl.Int:
			return strconv.FormatInt(v.Int, 10)
		case decl.Float:
			return strconv.FormatFloat(v.F, 'f', 6, 64)
		}
		return escaped(v.S)
	}
	hex := func(v decl.Value) string {
		if v.Kind == decl.Int {
			return "0x" + strconv.FormatUint(uint64(v.Int), 16)
		}
		return escaped(v.S)
	}
	logger := func(show func(decl.Value) string) func(*decl.Scan, []decl.Value) decl.Value {
		return func(s *decl.Scan, values []decl.Value) decl.Value {
			size := int64(0)
			for _, v := range values {
				size += int64(len(v.S))
			}
			if !s.Work(lineSteps + size) {
				return undefined
			}
			line := ""
			for _, v := range values {
				line += show(v)
			}
			s.Log([]byte(line))
			return decl.IntOf(1)
		}
	}
	log, logHex := logger(plain), logger(hex)
	return module("console",
		function("log", way("s", integer, log), way("ss", integer, log), way("i", integer, log), way("si", integer, log),
			way("f", integer, log), way("sf", integer, log)),
		function("hex", way("i", integer, logHex), way("si", integer, logHex)))
}

// lineSteps is the price of a line: ten thousand of them are the budget of a rule.
const lineSteps = 1_000

// maxLine is how much of a text a line shows.
const maxLine = 1_024

// escaped gives a text with everything but printable ASCII as \xNN.
func escaped(b []byte) string {
	var out strings.Builder
	for _, c := range b[:min(len(b), maxLine)] {
		if c >= ' ' && c <= '~' {
			out.WriteByte(c)
		} else {
			out.WriteString(`\x`)
			out.WriteByte("0123456789abcdef"[c>>4])
			out.WriteByte("0123456789abcdef"[c&15])
		}
	}
	return out.String()
}
