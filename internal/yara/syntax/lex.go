package syntax

import (
	"bytes"

	"vigie/internal/diag"
)

// The lexer cuts the source into tokens as they are asked for. A slash always begins a regular expression or a comment (the language divides
// with a backslash), and an opening brace never begins a hexadecimal string by itself: the parser asks for one with hexString where one may
// stand.

type lexer struct {
	src []byte
	at  int

	// problem says what is wrong with the last tokBad; at is its place.
	problem struct {
		at              Offset
		code, msg, hint string
	}
}

func (l *lexer) bad(at int, code, hint, msg string) tokenKind {
	l.problem.at, l.problem.code, l.problem.msg, l.problem.hint = Offset(at), code, msg, hint
	return tokBad
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// peek gives the byte n after the current one, or 0 at the end.
func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.src) {
		return l.src[l.at+n]
	}
	return 0
}

// space skips white space and comments; ok is false when a comment does not end.
func (l *lexer) space() (ok bool) {
	for l.at < len(l.src) {
		switch c := l.src[l.at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.at++
		case c == '/' && l.peek(1) == '/':
			n := bytes.IndexByte(l.src[l.at:], '\n')
			if n < 0 {
				n = len(l.src) - l.at
			}
			l.at += n
		case c == '/' && l.peek(1) == '*':
			n := bytes.Index(l.src[l.at+2:], []byte("*/"))
			if n < 0 {
				l.bad(l.at, "yara.comment.open", `end it with "*/"`, "the comment does not end")
				l.at = len(l.src)
				return false
			}
			l.at += 2 + n + 2
		default:
			return true
		}
	}
	return true
}

// next gives the next token; it always moves forward, except at the end.
func (l *lexer) next() token {
	if !l.space() {
		return token{kind: tokBad, at: l.problem.at, end: Offset(l.at)}
	}
	t := token{at: Offset(l.at)}
	if l.at >= len(l.src) {
		t.end = t.at
		return t
	}
	switch c := l.src[l.at]; {
	case isLetter(c):
		t.kind = l.word()
	case isDigit(c):
		t.kind = l.number(&t)
	case c == '"':
		t.kind = l.quoted(&t)
	case c == '/':
		t.kind = l.regex(&t)
	case c == '$' || c == '#' || c == '@' || c == '!' && l.peek(1) != '=':
		t.kind = l.stringName(c)
	default:
		t.kind = l.markOrOperator(&t, c)
	}
	t.end = Offset(l.at)
	return t
}

func (l *lexer) name() []byte {
	start := l.at
	for l.at < len(l.src) && (isLetter(l.src[l.at]) || isDigit(l.src[l.at])) {
		l.at++
	}
	return l.src[start:l.at]
}

func (l *lexer) word() tokenKind {
	start := l.at
	w := l.name()
	if len(w) <= longestWord {
		if k, ok := words[string(w)]; ok {
			return k
		}
	}
	if len(w) > MaxName {
		return l.bad(start, "yara.name.long", "", "the name is longer than 128 bytes")
	}
	return tokIdent
}

func (l *lexer) stringName(c byte) tokenKind {
	start := l.at
	l.at++
	if len(l.name()) > MaxName {
		return l.bad(start, "yara.name.long", "", "the name is longer than 128 bytes")
	}
	switch c {
	case '#':
		return tokCount
	case '@':
		return tokOffset
	case '!':
		return tokLength
	}
	if l.peek(0) == '*' {
		l.at++
		return tokStringAny
	}
	return tokString
}

func (l *lexer) markOrOperator(t *token, c byte) tokenKind {
	two := func(k tokenKind) tokenKind { l.at += 2; return k }
	switch d := l.peek(1); {
	case c == '.' && d == '.':
		return two(tokDotDot)
	case c == '<' && d == '=':
		return two(tokLE)
	case c == '<' && d == '<':
		return two(tokShiftLeft)
	case c == '>' && d == '=':
		return two(tokGE)
	case c == '>' && d == '>':
		return two(tokShiftRight)
	case c == '=' && d == '=':
		return two(tokEQ)
	case c == '!' && d == '=':
		return two(tokNE)
	}
	start := l.at
	l.at++
	switch {
	case c == '<':
		return tokLT
	case c == '>':
		return tokGT
	case c < ' ' || c > '~':
		for l.at < len(l.src) && l.src[l.at] >= 0x80 { // one problem for one foreign word
			l.at++
		}
		return l.bad(start, "yara.character", "outside texts and comments only ASCII is allowed",
			"unexpected character "+diag.Quote(string(l.src[start:l.at])))
	}
	t.mark = c
	return tokMark
}
