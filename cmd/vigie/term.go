package main

// Rules of messages: results go to standard output, all else to standard error.
// A message is lower case without a final period; an error says what to do
// next. Both languages are always written side by side.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// text is a message in both languages.
type text struct{ fr, en string }

// terminal is what every command shares: streams, language, zone, colour.
type terminal struct {
	out, err io.Writer
	in       io.Reader
	lang     string
	tz       string
	zone     *time.Location
	color    string
	quiet    bool
	verbose  bool
	folder   string // knowledge folder, "" for the one inside the program
}

// newTerm finds the language before anything is said: flags, VIGIE_LANG, LANG.
func newTerm(args []string) *terminal {
	t := &terminal{out: os.Stdout, err: os.Stderr, in: os.Stdin, lang: "en"}
	for _, k := range []string{"VIGIE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(k); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "fr") {
				t.lang = "fr"
			}
			break
		}
	}
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			t.lang, _, _ = strings.Cut(v, ",")
		} else if a == "--lang" && i+1 < len(args) {
			t.lang, _, _ = strings.Cut(args[i+1], ",")
		}
	}
	if t.lang != "fr" && t.lang != "en" {
		t.lang = "en"
	}
	return t
}

// say gives a message in the user's language.
func (t *terminal) say(m text, args ...any) string {
	s := m.en
	if t.lang == "fr" {
		s = m.fr
	}
	if len(args) > 0 {
		return fmt.Sprintf(s, args...)
	}
	return s
}

// note writes a message to standard error unless the user wants quiet.
func (t *terminal) note(m text, args ...any) {
	if !t.quiet {
		fmt.Fprintln(t.err, visible(t.say(m, args...), false))
	}
}

// fail writes an error and its hint.
func (t *terminal) fail(err error) {
	var u usageError
	if errors.As(err, &u) {
		fmt.Fprintf(t.err, "vigie: %s\n  %s\n", visible(u.msg, u.lines), u.hint)
		return
	}
	fmt.Fprintf(t.err, "vigie: %s\n", visible(err.Error(), true))
}

// visible writes what a terminal would act on or hide as an escape: names of
// files, which stand in messages, may come from an attacker.
func visible(s string, lines bool) string {
	var b strings.Builder
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsGraphic(r), r == '\n' && lines:
			b.WriteRune(r)
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// usage makes an error of the user's mistake.
func (t *terminal) usage(m, hint text, args ...any) error {
	return usageError{msg: t.say(m, args...), hint: t.say(hint)}
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is the number of columns of standard output, 100 when it is no terminal.
func (t *terminal) width() int {
	if f, ok := t.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return min(w, 120)
		}
	}
	return 100
}

// tableWidth is the width of the terminal that tables go to, 0 for a file or a pipe: nothing is cut off there.
func (t *terminal) tableWidth(out io.Writer) int {
	if f, ok := out.(*os.File); ok && isTerminal(f) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			return w
		}
	}
	return 0
}

// colored decides on colour: --color, then NO_COLOR, then the terminal.
func (t *terminal) colored() bool {
	switch t.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && isTerminal(t.out)
}

// severalLanguages marks the commands whose --lang takes fr,en: the first is the language of their messages.
const severalLanguages = "languages"

// prepare reads the shared flags once they are parsed.
func (t *terminal) prepare(cmd *cobra.Command, _ []string) error {
	if l, _ := cmd.Flags().GetString("lang"); l != "" && l != "fr" && l != "en" && (cmd.Annotations[severalLanguages] == "" || l != "fr,en" && l != "en,fr") {
		return t.usage(text{"langue inconnue : %q", "unknown language %q"}, text{"choisir fr ou en", "choose fr or en"}, l)
	}
	switch t.color {
	case "auto", "always", "never":
	default:
		return t.usage(text{"couleur inconnue : %q", "unknown colour mode %q"}, text{"choisir auto, always ou never", "choose auto, always or never"}, t.color)
	}
	if t.tz == "" {
		t.tz = os.Getenv("VIGIE_TZ")
	}
	if t.tz != "" {
		z, err := time.LoadLocation(t.tz)
		if err != nil {
			return t.usage(text{"fuseau horaire inconnu : %q", "unknown time zone %q"}, text{"par exemple Europe/Paris", "for example Europe/Paris"}, t.tz)
		}
		t.zone = z
	}
	return nil
}
