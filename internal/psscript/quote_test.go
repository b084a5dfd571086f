package psscript

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// evaluate reads an argument as PowerShell does, by a grammar of its own: literals in single quotes and [char]0x…, joined by +, in parentheses when
// there are several. It refuses all else, and every byte beyond printable ASCII.
func evaluate(s string) (string, bool) {
	if s, ok := strings.CutPrefix(s, "("); ok {
		if s, ok = strings.CutSuffix(s, ")"); !ok {
			return "", false
		}
		return terms(s)
	}
	value, rest, ok := term(s)
	return string(utf16.Decode(value)), ok && rest == "" && strings.HasPrefix(s, "'")
}

func terms(s string) (string, bool) {
	var units []uint16
	for {
		value, rest, ok := term(s)
		if !ok {
			return "", false
		}
		units = append(units, value...)
		if rest == "" {
			return string(utf16.Decode(units)), true
		}
		if s, ok = strings.CutPrefix(rest, " + "); !ok {
			return "", false
		}
	}
}

func term(s string) (units []uint16, rest string, ok bool) {
	if hex, ok := strings.CutPrefix(s, "[char]0x"); ok && len(hex) >= 4 {
		n, err := strconv.ParseUint(hex[:4], 16, 16)
		return []uint16{uint16(n)}, hex[4:], err == nil
	}
	if !strings.HasPrefix(s, "'") {
		return nil, "", false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return nil, "", false
		case c == '\'' && i+1 < len(s) && s[i+1] == '\'':
			units = append(units, '\'')
			i++
		case c == '\'':
			return units, s[i+1:], true
		default:
			units = append(units, uint16(c))
		}
	}
	return nil, "", false
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a plain name", `CORP\bob`, `'CORP\bob'`},
		{"nothing", "", "''"},
		{"an apostrophe", "O'Brien", "'O''Brien'"},
		{"a way out of the quotes", "x'; Remove-Item C:\\ #", `'x''; Remove-Item C:\ #'`},
		{"a quote that PowerShell takes for one", "x\u2019; calc", "('x' + [char]0x2019 + '; calc')"},
		{"a variable and a subexpression", "$(calc) $env:x `n", "'$(calc) $env:x `n'"},
		{"a new line", "a\r\ncalc", "('a' + [char]0x000D + [char]0x000A + 'calc')"},
		{"writing direction", "a\u202Eb", "('a' + [char]0x202E + 'b')"},
		{"a letter of its own at the start", "É", "('' + [char]0x00C9)"},
		{"beyond 16 bits", "\U0001F600", "('' + [char]0xD83D + [char]0xDE00)"},
		{"bytes that are no text", "a\xffb", "('a' + [char]0xFFFD + 'b')"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Quote(c.in); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	if got := Comment("a\ncalc\u2028\u202Eé"); got != `a\u000Acalc\u2028\u202E\u00E9` {
		t.Error(got)
	}
	if got := Comment(strings.Repeat("x", 10000)); len(got) != maxComment+3 {
		t.Error(len(got))
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "bob", "O'Brien", "'", "''", "\u2018\u2019\u201a\u201b", "a\nb", "\x00", "\xe2\x80", "\u202e", "\U0010ffff", "')+(calc)#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := Quote(s)
		got, ok := evaluate(q)
		if !ok || got != strings.ToValidUTF8(s, "\uFFFD") {
			t.Errorf("%q became %s, which is %q", s, q, got)
		}
		if strings.ContainsFunc(Comment(s), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q became the comment %q", s, Comment(s))
		}
	})
}
