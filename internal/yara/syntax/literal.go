package syntax

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// Numbers, texts, regular expressions and hexadecimal strings.

// number reads 10, 10KB, 10MB, 0x1F, 0o17 and 1.5. Integers are 64 bits with a sign; a larger one is an error, never cut.
func (l *lexer) number(t *token) tokenKind {
	start := l.at
	base, unit := 10, int64(1)
	var digits []byte
	switch {
	case l.src[l.at] == '0' && l.peek(1) == 'x':
		base = 16
		l.at += 2
		digits = l.run(isHex)
	case l.src[l.at] == '0' && l.peek(1) == 'o':
		base = 8
		l.at += 2
		digits = l.run(func(c byte) bool { return c >= '0' && c <= '7' })
	default:
		digits = l.run(isDigit)
		if l.peek(0) == '.' && isDigit(l.peek(1)) {
			l.at++
			l.run(isDigit)
			if l.follows() {
				return l.badNumber(start)
			}
			var err error
			if t.float, err = strconv.ParseFloat(string(l.src[start:l.at]), 64); err != nil {
				return l.bad(start, "yara.number.range", "", "the number is out of range")
			}
			return tokFloat
		}
		switch {
		case l.peek(0) == 'K' && l.peek(1) == 'B':
			unit = 1 << 10
			l.at += 2
		case l.peek(0) == 'M' && l.peek(1) == 'B':
			unit = 1 << 20
			l.at += 2
		}
	}
	if len(digits) == 0 || l.follows() {
		return l.badNumber(start)
	}
	n, err := strconv.ParseInt(string(digits), base, 64)
	if err != nil || n > math.MaxInt64/unit {
		return l.bad(start, "yara.number.range", "the largest integer is 9223372036854775807", "the number is out of range")
	}
	t.value = n * unit
	return tokNumber
}

// follows says whether a letter or digit stands where a number ended, and skips the rest of that word.
func (l *lexer) follows() bool {
	return len(l.name()) > 0
}

func (l *lexer) badNumber(start int) tokenKind {
	l.name()
	return l.bad(start, "yara.number", "write it as 10, 10KB, 10MB, 0x1F, 0o17 or 1.5", "not a number")
}

func (l *lexer) run(in func(byte) bool) []byte {
	start := l.at
	for l.at < len(l.src) && in(l.src[l.at]) {
		l.at++
	}
	return l.src[start:l.at]
}

// quoted reads a text in quotes. Texts are bytes: what is not ASCII stays as it is in the file.
func (l *lexer) quoted(t *token) tokenKind {
	start := l.at
	l.at++
	t.body = Offset(l.at)
	escaped := false
	for {
		n := bytes.IndexAny(l.src[l.at:], "\"\\\n")
		if n < 0 {
			l.at = len(l.src)
			return l.bad(start, "yara.text.open", `end it with a quote; write a quote inside as \"`, "the text does not end")
		}
		l.at += n
		switch l.src[l.at] {
		case '\n':
			return l.bad(start, "yara.text.open", `end it with a quote; write a line feed inside as \n`, "the text does not end on its line")
		case '\\':
			escaped = true
			l.at = min(l.at+2, len(l.src))
			continue
		}
		break
	}
	raw := l.src[t.body:l.at]
	l.at++
	if len(raw) > MaxLiteral {
		return l.bad(start, "yara.text.long", "", "the text is longer than 65536 bytes")
	}
	t.text = raw
	if escaped {
		return l.unescape(t, raw)
	}
	return tokText
}

// unescape replaces the escapes of a text: \" \\ \t \n \r and \x with two digits.
func (l *lexer) unescape(t *token, raw []byte) tokenKind {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		at := int(t.body) + i
		i++ // quoted never ends a text right after a backslash
		switch c := raw[i]; {
		case c == '"' || c == '\\':
			out = append(out, c)
		case c == 't':
			out = append(out, '\t')
		case c == 'n':
			out = append(out, '\n')
		case c == 'r':
			out = append(out, '\r')
		case c == 'x' && i+2 < len(raw) && isHex(raw[i+1]) && isHex(raw[i+2]):
			n, _ := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8)
			out = append(out, byte(n))
			i += 2
		default:
			return l.bad(at, "yara.text.escape", `the escapes are \" \\ \t \n \r and \x with two digits`, "unknown escape in the text")
		}
	}
	t.text = out
	return tokText
}

// regex reads /body/ and the flags i and s. The body stays raw, \/ included.
func (l *lexer) regex(t *token) tokenKind {
	start := l.at
	l.at++
	t.body = Offset(l.at)
	for {
		n := bytes.IndexAny(l.src[l.at:], "/\\\n")
		if n < 0 || l.src[l.at+n] == '\n' || l.src[l.at+n] == '\\' && l.at+n+1 >= len(l.src) {
			if l.at += n; n < 0 {
				l.at = len(l.src)
			}
			return l.bad(start, "yara.regex.open", `end it with "/"; write a slash inside as \/`, "the regular expression does not end on its line")
		}
		l.at += n
		if l.src[l.at] == '\\' && l.src[l.at+1] != '\n' {
			l.at += 2
			continue
		}
		if l.src[l.at] == '\\' {
			l.at++
			continue
		}
		break
	}
	t.text = l.src[t.body:l.at]
	l.at++
	flagsAt := l.at
	switch flags := string(l.name()); flags {
	case "", "i", "s", "is", "si":
		t.i, t.s = strings.Contains(flags, "i"), strings.Contains(flags, "s")
	default:
		if _, ok := words[flags]; !ok {
			return l.bad(flagsAt, "yara.regex.flag", "the flags are i (any case) and s (the dot takes line feeds too)",
				"unknown flags after the regular expression")
		}
		l.at = flagsAt // a word of the language may follow without a space: /a/wide
	}
	switch {
	case len(t.text) == 0:
		return l.bad(start, "yara.regex.empty", "", "the regular expression is empty")
	case len(t.text) > MaxLiteral:
		return l.bad(start, "yara.regex.long", "", "the regular expression is longer than 65536 bytes")
	}
	return tokRegex
}

// hexString reads { … } at the current place, comments and all; the body is what is between the braces, raw.
func (l *lexer) hexString() token {
	t := token{at: Offset(l.at), kind: tokText}
	l.at++
	t.body = Offset(l.at)
	for l.at < len(l.src) {
		switch c := l.src[l.at]; {
		case c == '}':
			t.text = l.src[t.body:l.at]
			l.at++
			t.end = Offset(l.at)
			if len(t.text) > MaxLiteral {
				t.kind = l.bad(int(t.at), "yara.hex.long", "", "the hexadecimal string is longer than 65536 bytes")
			}
			return t
		case c == '/' && (l.peek(1) == '/' || l.peek(1) == '*'):
			if !l.space() {
				t.kind, t.end = tokBad, Offset(l.at)
				return t
			}
		case isHex(c) || strings.IndexByte(" \t\r\n-|~?[]()", c) >= 0 || c == 'x' || c == 'X':
			l.at++ // x for 0x1F, which stands in jumps of YARA-X; package pattern says no to it elsewhere
		default:
			t.kind = l.bad(l.at, "yara.hex.character", "it is made of hexadecimal digits, ?, ~, [jumps], (alternatives | …) and comments",
				"unexpected "+strconv.QuoteRune(rune(c))+" in the hexadecimal string")
			t.end = Offset(l.at)
			return t
		}
	}
	t.kind, t.end = l.bad(int(t.at), "yara.hex.open", `end it with "}"`, "the hexadecimal string does not end"), Offset(l.at)
	return t
}
