package report

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed messages/gaps.fr.yaml
var gapWordsFile []byte

// gapWords are the French words for what gaps say in English: a case keeps one language for what scripts read.
type gapWords struct {
	Actions map[string]string `yaml:"actions"`
	Places  map[string]string `yaml:"places"`
	place   *regexp.Regexp
}

var frenchGaps = sync.OnceValue(func() *gapWords {
	w := new(gapWords)
	if err := yaml.Unmarshal(gapWordsFile, w); err != nil {
		panic(err) // part of the program
	}
	var words []string
	for en := range w.Places {
		words = append(words, regexp.QuoteMeta(en))
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // "before recovered entry" before "entry"
	w.place = regexp.MustCompile(`\b(` + strings.Join(words, "|") + `)\b`)
	return w
})

// GapAction says what was done about a gap.
func (p *Printer) GapAction(action string) string {
	if p.lang == "fr" {
		if fr := frenchGaps().Actions[action]; fr != "" {
			return fr
		}
	}
	return action
}

// GapWhere says the place of a gap inside its item.
func (p *Printer) GapWhere(where string) string {
	if p.lang != "fr" || strings.ContainsAny(where, "/\\!") { // a path is not made of words
		return where
	}
	w := frenchGaps()
	return w.place.ReplaceAllStringFunc(where, func(en string) string { return w.Places[en] })
}
