package document

import (
	"strings"

	"vigie/internal/draw"
)

// Style of a run of words.
type Style int

// The styles.
const (
	Normal  Style = iota
	Strong        // bold
	Lesser        // soft
	Code          // fixed width
	Escaped       // what replaces a character that cannot be shown
	Foreign       // words that came from evidence
)

// Inline is a run of words in one style.
type Inline struct {
	Text  string
	Style Style
	Ink   draw.Ink // "" for that of the words around
	To    string   // id that it leads to, "" for none
}

// Inlines are runs of words that follow each other.
type Inlines []Inline

// Words makes runs of plain words.
func Words(s string) Inlines { return Inlines{{Text: s}} }

// Plain is the text without its styles.
func (in Inlines) Plain() string {
	if len(in) == 1 {
		return in[0].Text
	}
	var b strings.Builder
	for _, i := range in {
		b.WriteString(i.Text)
	}
	return b.String()
}

// Empty says whether there is nothing to read.
func (in Inlines) Empty() bool {
	for _, i := range in {
		if strings.TrimSpace(i.Text) != "" {
			return false
		}
	}
	return true
}
