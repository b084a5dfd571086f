package sigma

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

// Each expression is run on texts by the automaton, which is used again for each, and by package regexp.
func checkRegexp(re *regex, a *automaton, text string) error {
	want := regexp.MustCompile(re.src).MatchString(text)
	if got := a.match(text); got != want {
		return fmt.Errorf("%q on %q: %v, regexp says %v", re.src, text, got, want)
	}
	if want && len(text) < re.least {
		return fmt.Errorf("%q matches %q, which has less than %d bytes", re.src, text, re.least)
	}
	if got := a.simulate(a.states[0], text); got != want {
		return fmt.Errorf("%q on %q without a table: %v, regexp says %v", re.src, text, got, want)
	}
	if folded := fold(text); want && len(re.seek) > 0 && !containsAny(folded, re.seek) {
		return fmt.Errorf("%q matches %q, which holds none of %q", re.src, text, re.need)
	}
	return nil
}

func TestAutomatonIsRegexp(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "a", "b", "ab", "aab", "abc", "xaby", "a b", "a\nb", "\n", "a\n", "\na", "a_b", "é", "É", "aé", "k", "K", "\u212a", "ſ", "s", "S", "ß", "ẞ", "\xff", "a\xffb",
		"\xe2\x82", "\ufffd", "😀", "0", "10", "a1", "-", "a-b", "aaaaaaaaaaaaaaaaaaaa", "abababababababababab", "foo bar", "foo", "FOO", "línea", "x y\tz", strings.Repeat("ab ", 50),
	}
	for _, src := range []string{
		"a", "ab", "a|b", "a*", "a+b", "^a", "a$", "^a$", "^$", "(?m)^a$", "(?m)^b", "(?m)a$", "(?m)^$", `\Aa`, `a\z`, `\bab\b`, `\Bb`, `a\b`, `\b`, `\B`, `^\b`, "(?s)a.b", "a.b", ".", "(?i)k", "(?i)s+",
		"(?i)É", "(?i)ss", `\w+`, `\W`, `\d{2}`, `\s\S`, `[^a]`, `[^\n]`, `\pL`, `\PL`, "(a|ab)(c|bcd)?", "(a?){3}b", "a{2,3}", "a{3}", "x{0}", "a??b", "(?:a|b)*abb", ".*a.*b", `\x{fffd}`, "é",
		`(a|b)*a(a|b){3}`, `(?i)(foo|bar)\s*(foo|bar)`, "[a-c]+[^a-z]", "()", "a|", "(?:)", "(^a|b$)", `(?m)(^|\s)b`, `^.{1,5}$`, `.{20,}`, `(\bfoo\b|^x).*z`, `[[:word:]]-`,
	} {
		re, err := newRegex(src, "")
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		a := newAutomaton(re.prog)
		for _, text := range texts {
			if err := checkRegexp(re, a, text); err != nil {
				t.Error(err)
			}
		}
	}
}

// randomRegexp writes an expression of few characters, so that texts of few characters often match.
func randomRegexp(rng *rand.Rand, depth int) string {
	atoms := []string{"a", "b", "k", "s", "é", ".", `\b`, `\B`, "^", "$", `\w`, `\W`, `\s`, "[ab]", "[^a]", "[^b-k]", `\d`, "-", "\\n", `\x{fffd}`, "ß", `\pL`, "😀"}
	if depth <= 0 {
		return atoms[rng.IntN(len(atoms))]
	}
	sub := func() string { return randomRegexp(rng, depth-1-rng.IntN(2)) }
	switch rng.IntN(10) {
	case 0, 1, 2, 3:
		return sub() + sub()
	case 4, 5:
		return "(" + sub() + "|" + sub() + ")"
	case 6:
		return "(?:" + sub() + ")" + []string{"*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"}[rng.IntN(7)]
	case 7:
		return "(?" + []string{"i", "m", "s", "im", "is"}[rng.IntN(5)] + ":" + sub() + ")"
	}
	return sub()
}

func TestRandomExpressionsAgainstRegexp(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	matched, total := 0, 0
	for range 4000 {
		src := randomRegexp(rng, 5)
		re, err := newRegex(src, "")
		if err != nil {
			continue // (…*)* nested too deeply, for example
		}
		a := newAutomaton(re.prog)
		for range 8 {
			text := randomText(rng, 12)
			if rng.IntN(3) == 0 {
				text += "\n" + randomText(rng, 5)
			}
			if err := checkRegexp(re, a, text); err != nil {
				t.Fatal(err)
			}
			total++
			if a.match(text) {
				matched++
			}
		}
	}
	if matched < total/10 || matched > total*9/10 {
		t.Errorf("%d matches of %d: the test proves little", matched, total)
	}
}

// What is bounded is work, counted in steps that fill the table or go without one.
func TestHostileExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("abcdefghij klmno", maxExamined/16)
	rng := rand.New(rand.NewPCG(9, 10))
	var two strings.Builder
	for range maxExamined {
		two.WriteByte("ab"[rng.IntN(2)])
	}
	for _, c := range []struct{ name, src, text string }{
		{"states that never come back", `(a|b)*a(a|b){200}c`, two.String()},
		{"nested repeats", `(?:(?:(?:a?){10}b?){10}){2}zz`, two.String()},
		{"long gap", `a.{900}zz`, long},
		{"many characters", `.{1000,}zz`, long},
		{"classes of Unicode", `(?i)\pL{200}\pN{200}\PL{200}zz`, long},
	} {
		re, err := newRegex(c.src, "")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		a := newAutomaton(re.prog)
		if a.match(c.text) {
			t.Errorf("%s: a match", c.name)
		}
		if n := a.size(); n > 1<<20 {
			t.Errorf("%s: %d bytes", c.name, n)
		}
		if int(a.stamp) > 2*len(c.text) {
			t.Errorf("%s: %d steps for %d bytes", c.name, a.stamp, len(c.text))
		}
		if n := len(re.prog.insts); n > 4*maxRegexProg {
			t.Errorf("%s: %d instructions", c.name, n)
		}
	}
	for _, src := range []string{`.*[a-z]{0,1000}.{0,900}zz`, `(x{1000}){1000}`, `x{1000,}y{1000,}`, `(?:\pL\pN){600}`, `(((((x{10}){10}){10}){10}){10})`} {
		if _, err := newRegex(src, ""); err == nil {
			t.Errorf("%s is not refused", src)
		}
	}
}

func TestManyAutomataAreForgotten(t *testing.T) {
	t.Parallel()
	as := newAutomata(300)
	re, err := newRegex(`(?i)\pL{100}zz|(a|b)*a(a|b){9}c`, "")
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for id := range int32(300) {
		as.match(re.prog, id, strings.Repeat("ababbaaab"[rng.IntN(5):], 2000))
		as.trim()
		if as.size > maxAutomata {
			t.Fatalf("%d bytes kept", as.size)
		}
	}
}

func FuzzRegex(f *testing.F) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		f.Add(randomRegexp(rng, 4), randomText(rng, 9))
	}
	f.Add(`^(?:cmd|powershell).*\s[-/]e(nc)?\b`, `powershell.exe -Enc AAAA`)
	f.Fuzz(func(t *testing.T, src, text string) {
		if len(src) > 200 || len(text) > 500 {
			return
		}
		re, err := newRegex(src, "")
		if err != nil {
			return
		}
		if err := checkRegexp(re, newAutomaton(re.prog), text); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkAutomaton(b *testing.B) {
	for _, src := range []string{`cmd.{0,5}(?:/c|/r).+powershell.+(?:\$\{?input\}?|noexit).+\"`, `\w+\x60(?:\w+|-|.)\x60[\w+|\s]`, `\s[a-fA-F0-9]{64}\s[a-fA-F0-9]{16}`} {
		tree, _ := syntax.Parse(src, syntax.Perl)
		p, err := newReProg(tree)
		if err != nil {
			b.Fatal(err)
		}
		text := `"C:\Windows\System32\cmd.exe" /c C:\Users\alice\AppData\Local\Temp\install.bat --quiet --path "D:\Program Files\App" 1>nul`
		a := newAutomaton(p)
		b.Run(src[:8], func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				a.match(text)
			}
		})
		std := regexp.MustCompile(src)
		b.Run(src[:8]+"/regexp", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				std.MatchString(text)
			}
		})
	}
}
