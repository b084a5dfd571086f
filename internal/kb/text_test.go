package kb

import (
	"strings"
	"testing"
)

func TestProse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("mot ", 31) + "fin."
	for _, c := range []struct{ name, lang, text, want string }{
		{"a sentence", "fr", "Le serveur a répondu.", ""},
		{"English too", "en", "The server answered; then it stopped: why?", ""},
		{"French blanks in place", "fr", "Voici\u00a0: 12\u00a0% du «\u202fjournal\u202f»\u202f; et après\u202f?", ""},
		{"no-break space inside quotes is borne", "fr", "Le «\u00a0journal\u00a0».", ""},
		{"colons that are no punctuation", "fr", "À 05:12, https://example.org et C:\\x, S:EX= et %SystemDrive%\\logs.", ""},
		{"code is left alone", "fr", "Tapez `a ; b: c%` ici.", ""},
		{"forbidden in English", "en", "The server is Clean.", `word "Clean" promises`},
		{"forbidden inside a compound", "en", "Run the clean-up now.", `word "clean"`},
		{"forbidden in French", "fr", "La machine est saine.", `word "saine"`},
		{"forbidden with an accent", "fr", "Le serveur est sûr.", `word "sûr"`},
		{"on, not sure", "fr", "Il est sur le serveur.", ""},
		{"part of a longer word", "en", "Cleanly securely unsafe healthiest.", ""},
		{"no period", "en", "The server answered", "no final period"},
		{"too long", "fr", long, "over 30 words"},
		{"two short sentences", "en", strings.Repeat("one ", 29) + "two. " + strings.Repeat("one ", 29) + "two.", ""},
		{"blank before a colon", "fr", "Voici : rien.", "U+00A0) before :"},
		{"no blank before a semicolon", "fr", "Rien; rien.", "U+202F) before ;"},
		{"wide blank before a question mark", "fr", "Rien\u00a0?", "U+202F) before ?"},
		{"exclamation", "fr", "Rien !", "U+202F) before !"},
		{"percent without blank", "fr", "Il reste 12% du temps.", "before %"},
		{"percent with a plain blank", "fr", "Il reste 12 % du temps.", "before %"},
		{"open quote", "fr", "Le « journal\u202f».", "after «"},
		{"close quote", "fr", "Le «\u202fjournal ».", "before »"},
		{"double blank", "en", "The  server.", "two together"},
		{"line break", "en", "The\nserver.", "line break"},
		{"reversed text", "en", "The \u202eserver.", "control character"},
	} {
		got := strings.Join(Prose(c.lang, c.text), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: Prose(%s, %q) = %q, want %q", c.name, c.lang, c.text, got, c.want)
		}
	}
}
