package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vigie/internal/casedir"
	"vigie/internal/diag"
	"vigie/internal/ledger"
)

func caseCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "case",
		Short: t.say(text{"tient le dossier d’une affaire : client, main courante, preuves, signature", "keeps the folder of a case: client, logbook, evidence, signature"}),
		Long: t.say(text{
			`Chaque écriture s’ajoute à un registre où chaque ligne est liée à la précédente par son empreinte ; rien n’y est jamais modifié ni effacé.
« vigie check --case DOSSIER » crée l’affaire ou y ajoute une révision.`,
			`Each entry is added to a ledger in which each line is tied to the one before by its hash; nothing in it is ever changed or removed.
"vigie check --case DIR" makes the case or adds a revision to it.`}),
	}
	cmd.AddCommand(caseNewCommand(t), caseShowCommand(t), caseSetCommand(t), caseContactCommand(t), caseLogCommand(t), caseWarnCommand(t), caseAckCommand(t),
		caseVerdictCommand(t), caseEvidenceCommand(t), caseRegisterCommand(t), caseCustodyCommand(t), caseSignCommand(t), caseExportCommand(t), caseImportCommand(t))
	return cmd
}

// workFlags are the options of all commands that write to the ledgers of a case.
type workFlags struct {
	author string
	at     string
	json   bool
}

func (w *workFlags) add(t *terminal, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&w.author, "author", "", t.say(text{"`NOM` de qui écrit (VIGIE_AUTHOR, sinon le compte du système)", "`NAME` of who writes (VIGIE_AUTHOR, else the account of the system)"}))
	f.BoolVar(&w.json, "json", false, t.say(text{"un objet JSON sur la sortie standard", "one JSON object on standard output"}))
}

// addAt adds the option for what happened before it was written.
func (w *workFlags) addAt(t *terminal, cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.at, "at", "", t.say(text{"quand cela s’est passé, `DATE` avec fuseau (2021-03-03T05:12:00+01:00) ; maintenant par défaut",
		"when it happened, `TIME` with zone (2021-03-03T05:12:00+01:00); now by default"}))
}

// writer says who writes now.
func (t *terminal) writer(w *workFlags) casedir.Writer {
	name := cmp.Or(w.author, os.Getenv("VIGIE_AUTHOR"))
	if name == "" {
		if u, err := user.Current(); err == nil {
			name = cmp.Or(u.Name, u.Username)
		}
	}
	return casedir.Writer{Author: cmp.Or(strings.TrimSpace(name), "?")}
}

// happened reads --at; nil when it is now.
func (t *terminal) happened(w *workFlags) (*time.Time, error) { return t.optionalTime(w.at, false) }

func (t *terminal) optionalTime(s string, end bool) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	at, err := t.time(s, end)
	if err != nil {
		return nil, err
	}
	return &at, nil
}

// openCase reads a case folder; what is wrong with it becomes a message that says what to do.
func (t *terminal) openCase(path string) (*casedir.Dir, error) {
	d, err := casedir.Open(path)
	if err != nil {
		return nil, t.badCase(path, err)
	}
	if d.Torn != nil {
		t.note(text{"registre : une ligne inachevée de %d octets à la fin, jamais confirmée ; elle sera retirée et signalée", "ledger: an unfinished line of %d bytes at the end, never confirmed; it will be cut off and told"}, len(d.Torn.Bytes))
	}
	if d.Changed {
		t.note(text{"attention : case.json n’est pas celui que le registre nomme ; voir « vigie verify %s »", `warning: case.json is not the one that the ledger names; see "vigie verify %s"`}, path)
	}
	return d, nil
}

func (t *terminal) badCase(path string, err error) error {
	var broken *ledger.BrokenError
	switch {
	case errors.As(err, &broken), errors.Is(err, ledger.ErrShort):
		t.note(text{"le registre n’est plus ce qui a été écrit : %v", "the ledger is no longer what was written: %v"}, err)
		t.note(text{"rien n’y est ajouté ; voir « vigie verify %s »", `nothing is added to it; see "vigie verify %s"`}, path)
		return exitCode(exitUnverified)
	case errors.Is(err, casedir.ErrNoCase):
		return t.usage(text{"%s n’est pas une affaire", "%s is no case"}, text{"« vigie case new » ou « vigie check --case » en crée un", `"vigie case new" or "vigie check --case" makes one`}, path)
	case errors.Is(err, casedir.ErrAlone):
		return t.usage(text{"%s : un case.json seul n’a pas de registre", "%s: a case.json alone has no ledger"}, text{"donner le dossier de l’affaire", "give the case folder"}, path)
	}
	return t.cannotOpen(err)
}

// change appends to the ledgers of a case.
func (t *terminal) change(d *casedir.Dir, w casedir.Writer, make func(*ledger.Tx) error) error {
	if err := d.Change(w, make); err != nil {
		return t.badCase(d.Path, err)
	}
	return nil
}

// arguments refuses fewer or more arguments than a command has.
func (t *terminal) arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || slices.Contains(args[:least], "") {
			return t.usage(text{"il manque un argument : %s", "an argument is missing: %s"}, t.seeHelp(c), c.Use)
		}
		if most >= 0 {
			return t.atMost(most)(c, args)
		}
		return nil
	}
}

// words reads a text that a person enters: the argument, or standard input for "-".
func (t *terminal) words(arg string) (string, error) {
	if arg == "-" {
		data, err := io.ReadAll(io.LimitReader(t.in, ledger.MaxText+1))
		if err != nil {
			return "", err
		}
		arg = strings.TrimRight(string(data), "\r\n")
	}
	if len(arg) > ledger.MaxText {
		return "", t.usage(text{"texte de plus de %d octets", "text of over %d bytes"}, text{"joindre un fichier comme preuve", "attach a file as proof"}, ledger.MaxText)
	}
	if strings.TrimSpace(arg) == "" {
		return "", t.usage(text{"texte vide", "empty text"}, text{"dire ce qui s’est passé", "say what happened"})
	}
	return arg, nil
}

// oneOf refuses a word that is not in a list.
func (t *terminal) oneOf(what text, word string, list []string) error {
	if slices.Contains(list, word) {
		return nil
	}
	hint := text{strings.Join(list, ", "), strings.Join(list, ", ")}
	if near := diag.Nearest(word, list); near != "" {
		hint = text{near + " ?", near + "?"}
	}
	return t.usage(text{what.fr + " : %q inconnu", "unknown " + what.en + " %q"}, hint, word)
}

// attach copies files into the case.
func (t *terminal) attach(d *casedir.Dir, names []string) ([]ledger.Attachment, error) {
	var out []ledger.Attachment
	for _, n := range names {
		a, err := d.Attach(n)
		if err != nil {
			return nil, t.cannotOpen(err)
		}
		out = append(out, a)
	}
	return out, nil
}

// maxShown is how many characters of a text are shown on a line; the whole stands in the ledger.
const maxShown = 600

// shown writes text of a ledger on one line, harmless and bounded.
func shown(s string) string {
	rest := ""
	if n := utf8.RuneCountInString(s); n > maxShown {
		cut := 0
		for range maxShown {
			_, size := utf8.DecodeRuneInString(s[cut:])
			cut += size
		}
		s, rest = s[:cut], fmt.Sprintf("… (+%d)", n-maxShown)
	}
	return visible(s, false) + rest
}

// stamp writes a time with its zone: in UTC, and in the zone that the user asked for.
func (t *terminal) stamp(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	s := at.UTC().Format("2006-01-02 15:04 UTC")
	if t.zone != nil && t.zone != time.UTC {
		s += at.In(t.zone).Format(" (2006-01-02 15:04 -07:00)")
	}
	return s
}

// table writes rows under each other; cells were made harmless. The last column is as long as it is.
func (t *terminal) table(rows [][]string) {
	var width []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			if i < len(r)-1 {
				width[i] = max(width[i], min(utf8.RuneCountInString(c), 60))
			}
		}
	}
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r {
			b.WriteString(c)
			if i < len(r)-1 {
				b.WriteString(strings.Repeat(" ", max(width[i]-utf8.RuneCountInString(c), 0)+2))
			}
		}
		fmt.Fprintln(t.out, strings.TrimRight(b.String(), " "))
	}
}
