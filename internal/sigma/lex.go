package sigma

// The words of a condition: names of search identifiers (with * in patterns), the words and, or, not, of, them, all, any, 1, and
// parentheses. Whether "all" is a quantifier or the name of a search identifier is decided by the parser, by the "of" after it. A pipe ends
// the condition language of today: what follows is an aggregation of the language before 2021, refused as a whole.

import "strings"

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokOpen
	tokClose
	tokPipe
	tokBad
)

type token struct {
	kind tokenKind
	text string
	at   int // byte offset in the condition
}

// is says whether the token is one of the language's words. They may be written in capitals.
func (t token) is(word string) bool { return t.kind == tokWord && strings.EqualFold(t.text, word) }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '*' || c >= 0x80
}

// lex cuts a condition into tokens, the last of which is tokEnd.
func lex(s string) []token {
	var toks []token
	for i := 0; i < len(s); {
		start := i
		kind := tokBad
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '(':
			kind = tokOpen
			i++
		case c == ')':
			kind = tokClose
			i++
		case c == '|':
			kind = tokPipe
			i++
		case isNameByte(c):
			kind = tokWord
			for i < len(s) && isNameByte(s[i]) {
				i++
			}
		default:
			i++
		}
		toks = append(toks, token{kind, s[start:i], start})
	}
	return append(toks, token{kind: tokEnd, at: len(s)})
}
