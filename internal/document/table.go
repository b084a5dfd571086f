package document

import (
	"strings"

	"vigie/internal/draw"
)

// Table has named columns. Rows are what is shown; where a case has more, Total counts all of them and All gives each, for
// those who want the whole as CSV.
type Table struct {
	Key     string // name of its CSV file: letters, digits, hyphens
	Caption string
	Columns []Column
	Rows    []Row
	Total   int                        // of rows; 0: as many as there are
	All     func(yield func(Row) bool) // nil: Rows are all
	Empty   Inlines                    // the sentence that stands where there is no row
	Facts   []string                   // of Empty
	Compact bool                       // no wider than its words
}

// Column of a table.
type Column struct {
	Key    string // name in CSV and JSON, the same in every language
	Title  string
	Weight float64 // share of the width, 1 when 0
	Right  bool    // numbers
	Mono   bool    // paths and hashes
	Centre bool    // marks
}

// Row of a table. Below is what stands under its cells, over the whole width.
type Row struct {
	Anchor string
	Cells  []Cell
	Below  []Block
	Group  bool // a heading inside of the table; only its first cell counts
}

// Cell is lines of words, the first the most important.
type Cell struct {
	Lines []Inlines
	Sign  *draw.Picture // small mark before the words
	Head  bool          // names the row
	Value string        // what CSV and JSON hold where it is not the words; "" otherwise
}

// Left is how many rows are not shown.
func (t *Table) Left() int { return max(0, t.Total-t.count()) }

func (t *Table) count() int {
	n := 0
	for i := range t.Rows {
		if !t.Rows[i].Group {
			n++
		}
	}
	return n
}

// Each gives every row that is not a heading, shown or not.
func (t *Table) Each(yield func(Row) bool) {
	if t.All != nil {
		t.All(yield)
		return
	}
	for _, r := range t.Rows {
		if !r.Group && !yield(r) {
			return
		}
	}
}

// Plain is the text of a cell, its lines one after another; its Value instead when that is a time or a word of the contract. A case
// that was tampered with can hold anything where such a word belongs: then only the words, which were made visible, are given.
func (c *Cell) Plain() string {
	if c.Value != "" && strings.Trim(c.Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:+.") == "" {
		return c.Value
	}
	s := ""
	for i, l := range c.Lines {
		if i > 0 {
			s += "\n"
		}
		s += l.Plain()
	}
	return s
}
