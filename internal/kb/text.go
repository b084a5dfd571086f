package kb

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/internal/casefile"
	"vigie/internal/diag"
)

// maxWords is how long a sentence may be for a reader who is in a hurry.
const maxWords = 30

// forbidden are words that never describe a machine in an output of Vigie: they
// promise more than any log can show. They are refused everywhere, in both
// languages, since no rule can tell what a sentence is about.
var forbidden = map[string]bool{
	"sain": true, "saine": true, "sains": true, "saines": true, "propre": true, "propres": true,
	"sûr": true, "sûre": true, "sûrs": true, "sûres": true,
	"clean": true, "safe": true, "secure": true, "healthy": true,
}

const (
	noBreak       = '\u00a0' // before : and %
	narrowNoBreak = '\u202f' // before ; ! ? and inside « »
)

// Prose says what is wrong with a sentence or several in one language ("fr" or
// "en"): forbidden words, sentences of over 30 words or without a final period,
// and in French the blanks that its typography wants. It is the check that the
// linter makes on every text, for packages that build sentences of their own.
func Prose(lang, s string) []string {
	out := phrases(lang, s)
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "!") && !strings.HasSuffix(s, "?") {
		out = append(out, "sentence has no final period")
	}
	return out
}

// phrases are the checks of Prose for what may be a part of a sentence.
func phrases(lang, s string) []string {
	out := words(lang, s)
	for _, sentence := range sentences(s) {
		if n := countWords(sentence); n > maxWords {
			out = append(out, "sentence has over 30 words: "+diag.Quote(firstWords(sentence, 5)))
		}
	}
	return out
}

// words are the checks that hold for titles as well as for sentences.
func words(lang, s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if forbidden[strings.ToLower(w)] {
			out = append(out, "word "+diag.Quote(w)+" promises what no log can show")
		}
	}
	if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		out = append(out, "blanks at the edge, or two together")
	}
	if strings.ContainsFunc(s, isControl) {
		out = append(out, "line break or control character")
	}
	if lang == "fr" {
		out = append(out, typography(s)...)
	}
	return out
}

func isControl(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

// typography checks the blanks of French. A mark counts as punctuation when a
// blank, the end or a closing mark follows: https://, 05:12, C:\ and S:EX= do
// not. What stands between backticks is code and is left alone.
func typography(s string) []string {
	var out []string
	rs := []rune(s)
	at := func(i int) rune {
		if i < 0 || i >= len(rs) {
			return 0
		}
		return rs[i]
	}
	ends := func(r rune) bool { return r == 0 || unicode.IsSpace(r) || strings.ContainsRune(`»").,;`, r) }
	code := false
	for i, r := range rs {
		if r == '`' {
			code = !code
		}
		if code {
			continue
		}
		prev, next := at(i-1), at(i+1)
		switch r {
		case ';', '!', '?':
			if ends(next) && prev != narrowNoBreak && !strings.ContainsRune("!?", prev) {
				out = append(out, "want a narrow no-break space (U+202F) before "+string(r))
			}
		case ':':
			if ends(next) && prev != noBreak {
				out = append(out, "want a no-break space (U+00A0) before :")
			}
		case '%':
			if ends(next) && (unicode.IsDigit(prev) || unicode.IsSpace(prev) && prev != noBreak && unicode.IsDigit(at(i-2))) {
				out = append(out, "want a no-break space (U+00A0) before %")
			}
		case '«':
			if next != narrowNoBreak && next != noBreak {
				out = append(out, "want a narrow no-break space (U+202F) after «")
			}
		case '»':
			if prev != narrowNoBreak && prev != noBreak {
				out = append(out, "want a narrow no-break space (U+202F) before »")
			}
		}
	}
	return out
}

// sentences cuts at a period, ! or ? that a blank follows.
func sentences(s string) []string {
	var out []string
	start := 0
	rs := []rune(s)
	for i, r := range rs {
		if (r == '.' || r == '!' || r == '?') && i+1 < len(rs) && unicode.IsSpace(rs[i+1]) {
			out = append(out, string(rs[start:i+1]))
			start = i + 1
		}
	}
	return append(out, string(rs[start:]))
}

func countWords(s string) int {
	n := 0
	for _, w := range strings.Fields(s) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}

func firstWords(s string, n int) string {
	w := strings.Fields(s)
	if len(w) > n {
		return strings.Join(w[:n], " ") + "…"
	}
	return strings.Join(w, " ")
}

// patterns checks the file of sentences that other packages fill in, which
// [LoadSentences] reads: the same slots in both languages, and the same words.
func (l *linter) patterns(file string) {
	var f struct {
		Source    string                    `yaml:"source"`
		Date      string                    `yaml:"date"`
		Sentences map[string]*casefile.Text `yaml:"sentences"`
	}
	l.yaml(file, &f)
	l.fact("the sentences", &f.Source, &f.Date, &f)
	for key, t := range f.Sentences {
		l.text(key, t, phrases)
		if fr, en := slots(t.FR), slots(t.EN); fr != en {
			l.add(l.at(t), "kb.text.slots", "name the same in both", "%s has the slots %s in \"fr\", %s in \"en\"", key, fr, en)
		}
	}
}

// title checks a name or title in both languages: filled, no final period.
func (l *linter) title(what string, t *casefile.Text, parents ...any) {
	l.text(what, t, words, parents...)
	for _, s := range []*string{&t.FR, &t.EN} {
		if strings.HasSuffix(*s, ".") && !strings.HasSuffix(*s, "…") {
			l.add(l.at(append([]any{s, t}, parents...)...), "kb.text.title", "remove it", "%s ends with a period", what)
		}
	}
}

// sentence checks a text of one or several sentences in both languages.
func (l *linter) sentence(what string, t *casefile.Text, parents ...any) {
	l.text(what, t, Prose, parents...)
}

// optional is sentence for a text that may be left out, but not in one language alone.
func (l *linter) optional(what string, t *casefile.Text, parents ...any) {
	if *t != (casefile.Text{}) {
		l.sentence(what, t, parents...)
	}
}

func (l *linter) text(what string, t *casefile.Text, check func(lang, s string) []string, parents ...any) {
	for _, in := range []struct {
		lang string
		s    *string
	}{{"fr", &t.FR}, {"en", &t.EN}} {
		pos := l.at(append([]any{in.s, t}, parents...)...)
		if strings.TrimSpace(*in.s) == "" {
			l.add(pos, "kb.text.missing", "", "%s is missing in %q", what, in.lang)
			continue
		}
		for _, wrong := range check(in.lang, *in.s) {
			l.add(pos, "kb.text", "", "%s in %q: %s", what, in.lang, wrong)
		}
	}
}
