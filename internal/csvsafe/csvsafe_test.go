package csvsafe

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode"
)

func TestCell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"plain":                  {"cmd.exe /c whoami", "cmd.exe /c whoami"},
		"accents":                {"Boîte aux lettres « vide »", "Boîte aux lettres « vide »"},
		"a formula":              {"=HYPERLINK(\"http://192.0.2.1\")", "'=HYPERLINK(\"http://192.0.2.1\")"},
		"a formula behind blank": {"  =1+1", "  '=1+1"},
		"a sign":                 {"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
		"an at sign":             {"@SUM(A1)", "'@SUM(A1)"},
		"a wide sign":            {"＝1", "'＝1"},
		"a tabulator first":      {"\t=1", `'\t=1`},
		"a negative number":      {"-42", "-42"},
		"a minus and a formula":  {"-1+2", "'-1+2"},
		"line ends":              {"a\r\nb", `a\r\nb`},
		"C1 and escapes":         {"\x1b[2J\u009b2J", `\u001b[2J\u009b2J`},
		"directions":             {"gpj\u202eexe", `gpj\u202eexe`},
		"no UTF-8":               {"a\xffb", `a\xffb`},
		"nothing":                {"", ""},
	} {
		if got := Cell(c[0]); got != c[1] {
			t.Errorf("%s: %q, want %q", name, got, c[1])
		}
	}
}

func FuzzCell(f *testing.F) {
	f.Add("=1")
	f.Add(" \u200b=cmd\x00")
	f.Fuzz(func(t *testing.T, s string) {
		c := Cell(s)
		if i := strings.IndexFunc(c, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
			t.Fatalf("%q holds what cannot be seen", c)
		}
		if first := strings.TrimLeft(c, " \u00a0"); first != "" && strings.ContainsAny(first[:1], "=+@") || strings.HasPrefix(first, "-") && !number(first) {
			t.Fatalf("%q is a formula", c)
		}
		var b strings.Builder
		w, err := NewWriter(&b, "a")
		if err != nil || w.Row(s) != nil || w.Flush() != nil {
			t.Fatal("cannot write")
		}
		if s == "" {
			return
		}
		if rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll(); err != nil || len(rows) != 2 || rows[1][0] != c {
			t.Fatalf("%q reads back as %q, %v", c, rows, err)
		}
	})
}
