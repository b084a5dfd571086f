// Package document is a report as a tree: sections of paragraphs, tables, figures and callouts, built once and rendered
// by others as HTML, PDF, Markdown, JSON and CSV.
//
// The tree holds words that are ready to be read, in one language. Every word of foreign origin has been made visible
// before it comes here (no control, bidirectional or hidden characters); renderers escape for their own syntax and never
// interpret. Sentences carry the ids of the facts they rest on, so that a linter can ask for them.
package document

import "vigie/internal/draw"

// Document is one report for one audience in one language.
type Document struct {
	Lang     string // fr or en
	Title    string
	Subtitle string
	Kind     string // what sort of document it is, in few words
	Mark     string // sharing mark, printed on every page
	Version  string // version and date of the document, printed on every page
	// Watermark lies across every page: a draft says so. Empty for a final document.
	Watermark string
	Firm      Firm
	Labels    Labels
	Sections  []*Section
}

// Firm is who signs the report.
type Firm struct {
	Name   string
	Logo   []byte // PNG or JPEG, nil for none
	Colour string // RRGGBB, "" for the ordinary one
}

// Labels are the few words that renderers say by themselves.
type Labels struct {
	Contents string // title of the list of sections
	Page     string // "page"
	Skip     string // link for readers without a mouse
	Left     func(n int) string
	Legal    string // last words of the document
	Raw      string // "show the raw lines"
}

// Section is a part with a heading. Number is "4" or "A", empty for a part below a numbered one.
type Section struct {
	ID     string
	Number string
	Title  string
	// OnePage parts are shrunk to stand on a page of their own.
	OnePage bool
	// NewPage parts begin a page.
	NewPage bool
	Annex   bool
	Blocks  []Block
	Parts   []*Section
}

// Add appends blocks.
func (s *Section) Add(b ...Block) { s.Blocks = append(s.Blocks, b...) }

// Part appends a part and gives it.
func (s *Section) Part(id, title string) *Section {
	p := &Section{ID: id, Title: title}
	s.Parts = append(s.Parts, p)
	return p
}

// Block is one of Paragraph, List, Table, Pairs, Figure, Panels, Grid and Quote.
type Block interface{ block() }

// Role says what a paragraph is for.
type Role string

// The roles.
const (
	Plain   Role = ""
	Lead    Role = "lead"    // the sentence of the manager's page
	Said    Role = "said"    // a verdict sentence
	Intro   Role = "intro"   // what a part is about
	Note    Role = "note"    // remark in small print
	Warning Role = "warn"    // what must not be overlooked
	Minor   Role = "heading" // small heading that is not listed
)

// Paragraph is one or several sentences, with the facts they rest on.
type Paragraph struct {
	Role  Role
	Text  Inlines
	Facts []string
}

// List has one level.
type List struct {
	Ordered bool
	Items   []Item
}

// Item is a line of a list.
type Item struct {
	Text  Inlines
	Facts []string
}

// Panels stand beside each other where there is room: short answers.
type Panels struct{ Panels []Panel }

// Panel is one short answer.
type Panel struct {
	Title  string
	Answer Inlines
	Ink    draw.Ink // of the answer
	Big    bool     // the answer is a number
	Lines  []Item
}

// Grid sets columns of blocks beside each other.
type Grid struct{ Columns [][]Block }

// Pairs are labels with values.
type Pairs struct{ Pairs []Pair }

// Pair is a label with its value.
type Pair struct {
	Label string
	Value Inlines
}

// Quote is a record as the evidence holds it.
type Quote struct {
	Head Inlines // where it stands
	Raw  Inlines // lines of it
	Note Inlines
}

// Figure is a picture with its legend.
type Figure struct {
	ID      string
	Picture *draw.Picture
	Legend  []Sign
}

// Sign is one line of a legend.
type Sign struct {
	Picture *draw.Picture // small
	Label   string
}

func (*Paragraph) block() {}
func (*List) block()      {}
func (*Table) block()     {}
func (*Pairs) block()     {}
func (*Figure) block()    {}
func (*Panels) block()    {}
func (*Grid) block()      {}
func (*Quote) block()     {}

// ContentsID is the id of the section that lists the others: its parts are the sections, named for their titles and ids only.
const ContentsID = "contents"
