package report

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed messages/active.fr.yaml messages/active.en.yaml
var messageFiles embed.FS

// Printer says things in one language: the words of the contract, the messages
// of the catalogue, numbers, dates and lists. It is safe for concurrent use.
type Printer struct {
	lang string
	loc  *i18n.Localizer
	tz   *time.Location // nil: UTC alone
}

// Words gives the printer of a language, "fr" or anything else for English.
func Words(lang string) *Printer {
	if lang != "fr" {
		lang = "en"
	}
	return &Printer{lang: lang, loc: i18n.NewLocalizer(catalogue(), lang)}
}

// Lang is "fr" or "en".
func (p *Printer) Lang() string { return p.lang }

// In gives a printer that adds the local time of tz beside UTC.
func (p *Printer) In(tz *time.Location) *Printer {
	q := *p
	q.tz = tz
	if tz != nil && tz.String() == "UTC" {
		q.tz = nil
	}
	return &q
}

var catalogue = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	for _, lang := range []string{"fr", "en"} {
		msgs, err := loadMessages(lang)
		if err != nil {
			panic(err) // the catalogues are part of the program
		}
		if err := b.AddMessages(language.MustParse(lang), msgs...); err != nil {
			panic(err)
		}
	}
	return b
})

// loadMessages reads the catalogue of a language. A message is a string, or a
// map of plural forms. Apostrophes become typographic here, and French spaces
// before punctuation no-break ones, so that the catalogue is typed plainly.
func loadMessages(lang string) ([]*i18n.Message, error) {
	name := "messages/active." + lang + ".yaml"
	data, err := messageFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var raw map[string]any
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var msgs []*i18n.Message
	for id, v := range raw {
		m := &i18n.Message{ID: id}
		switch v := v.(type) {
		case string:
			m.Other = v
		case map[string]any:
			m.One, _ = v["one"].(string)
			m.Many, _ = v["many"].(string)
			m.Other, _ = v["other"].(string)
		}
		if m.Other == "" {
			return nil, fmt.Errorf("%s: message %q has no text", name, id)
		}
		m.One, m.Many, m.Other = apostrophes(m.One), apostrophes(m.Many), apostrophes(m.Other)
		if lang == "fr" {
			m.One, m.Many, m.Other = frenchSpaces(m.One), frenchSpaces(m.Many), frenchSpaces(m.Other)
			if m.Many == "" {
				m.Many = m.Other // "1 000 000 tentatives": digits take no "de"
			}
		}
		if m.One == "" {
			m.One = m.Other
		}
		msgs = append(msgs, m)
	}
	return msgs, nil
}

// T gives the message of a key; args are pairs of placeholder and value, the
// values already worded. An unknown key gives itself: a page with a flaw is
// better than none, and a test walks all keys.
func (p *Printer) T(key string, args ...any) string {
	return p.message(key, nil, args)
}

// N gives the form of a message that fits the number n, which {{.N}} prints.
func (p *Printer) N(key string, n int64, args ...any) string {
	return p.message(key, n, append(args, "N", p.Int(n)))
}

func (p *Printer) message(key string, count any, args []any) string {
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = args[i+1]
		}
	}
	s, err := p.loc.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
	if s == "" && err != nil {
		return key
	}
	return s
}

var (
	// narrow no-break space before ; ! ? and inside quotes, no-break space before : and %
	frNarrow = regexp.MustCompile(`[ \x{a0}]([;!?»])`)
	frOpen   = regexp.MustCompile(`«[ \x{a0}]`)
	frWide   = regexp.MustCompile(` ([:%])(\s|[.,;)\x{2019}']|$)`)
	frUnits  = regexp.MustCompile(`(\d) (h|min|s|o|ko|Mo|Go|To)\b`)
	frHour   = regexp.MustCompile(`\b(\d\d?)[ \x{a0}]h[ \x{a0}](\d\d)\b`)
)

const (
	nbsp  = "\u00a0"
	nnbsp = "\u202f"
)

var apostrophe = regexp.MustCompile(`(\pL)'(\pL|\{)`)

// apostrophes makes the typed apostrophes of a message typographic ones.
func apostrophes(s string) string { return apostrophe.ReplaceAllString(s, "$1’$2") }

// frenchSpaces makes the spaces of French typography no-break ones. It changes
// spaces only.
func frenchSpaces(s string) string {
	s = frNarrow.ReplaceAllString(s, nnbsp+"$1")
	s = frOpen.ReplaceAllString(s, "«"+nnbsp)
	for range 2 { // "12 % :": the second match begins where the first ends
		s = frWide.ReplaceAllString(s, nbsp+"$1$2")
	}
	s = frHour.ReplaceAllString(s, "$1"+nbsp+"h"+nbsp+"$2")
	return frUnits.ReplaceAllString(s, "$1"+nbsp+"$2")
}

// Text gives a sentence of the case in the printer's language, with its
// typography. It is still evidence to the sink: escape it there.
func (p *Printer) Text(t interface{ In(lang string) string }) string {
	s := strings.TrimSpace(t.In(p.lang))
	if p.lang == "fr" && len(s) <= 8*maxText { // longer is no sentence; it will be cut
		s = frenchSpaces(s)
	}
	return s
}
