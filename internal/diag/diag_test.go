package diag

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestProblemText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    Problem
		want string
	}{
		"place and hint": {Problem{Pos{"web.yml", 14, 9}, "x", `unknown modifier "contain"`, `did you mean "contains"?`},
			`web.yml:14:9: unknown modifier "contain", did you mean "contains"?`},
		"no column":              {Problem{Pos: Pos{File: "web.yml", Line: 3}, Msg: "no title"}, "web.yml:3: no title"},
		"no file":                {Problem{Pos: Pos{Line: 3, Col: 1}, Msg: "no title"}, "3:1: no title"},
		"no place":               {Problem{Msg: "no title"}, "no title"},
		"file name with escapes": {Problem{Pos: Pos{File: "a\x1b[2J\u202eb.yml", Line: 1}, Msg: "m"}, `a\x1b[2J\u202eb.yml:1: m`},
		"file name not UTF-8":    {Problem{Pos: Pos{File: "a\xff", Line: 1}, Msg: "m"}, `a\xff:1: m`},
		"file name in French":    {Problem{Pos: Pos{File: "règles/été.yml", Line: 1}, Msg: "m"}, "règles/été.yml:1: m"},
	} {
		if got := c.p.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestProblemsAreAnError(t *testing.T) {
	t.Parallel()
	var ps Problems
	if ps.Err() != nil {
		t.Error("no problems must be no error")
	}
	ps.Add(Pos{"b.yml", 1, 1}, "c", "", "second")
	ps.Add(Pos{"a.yml", 9, 1}, "c", "", "first %d", 1)
	ps.Add(Pos{"b.yml", 1, 1}, "c", "", "second")
	ps.Sort()
	err := ps.Err()
	if want := "a.yml:9:1: first 1\nb.yml:1:1: second"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var back Problems
	if !errors.As(err, &back) || len(back) != 2 {
		t.Errorf("errors.As gave %v", back)
	}
	out, _ := json.Marshal(ps[0])
	if want := `{"file":"a.yml","line":9,"col":1,"code":"c","msg":"first 1"}`; string(out) != want {
		t.Errorf("JSON %s, want %s", out, want)
	}
}

func TestLimitCountsTheRest(t *testing.T) {
	t.Parallel()
	var ps Problems
	for range 10 {
		ps.Add(Pos{File: "f"}, "c", "", "m")
	}
	ps.Limit(10)
	if len(ps) != 10 {
		t.Fatal("nothing to cut")
	}
	ps.Limit(3)
	if len(ps) != 4 || ps[3].String() != "f: 7 more problems" {
		t.Errorf("got %v", ps)
	}
}

func TestQuoteCutsAndEscapes(t *testing.T) {
	t.Parallel()
	if got := Quote("a\nb\u202e\xff"); got != `"a\nb\u202e\xff"` {
		t.Error(got)
	}
	for n := range 8 {
		got := Quote(strings.Repeat("x", n) + strings.Repeat("é€😀", 100))
		if len(got) > maxQuoted+6 || !strings.HasSuffix(got, "…") || !utf8.ValidString(got) || strings.Contains(got, `\x`) {
			t.Error(got)
		}
	}
	Quote(strings.Repeat("\x80", 500)) // no start of a character to cut at
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"contains", "startswith", "endswith", "re", "lt", "lte", "windash"}
	for word, want := range map[string]string{
		"contain": "contains", "Contains": "contains", "contians": "contains", "startwith": "startswith", "end_with": "endswith", "r": "re",
		"ltee": "lte", "winddash": "windash", "foobar": "", "": "", "contains": "", strings.Repeat("c", 1000): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("contain", known); got != `did you mean "contains"?` {
		t.Error(got)
	}
	if got := DidYouMean("foobar", known); got != "" {
		t.Error(got)
	}
}
