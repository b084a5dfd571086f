package plain

import (
	"encoding/json"
	"io"
	"strconv"

	"vigie/internal/csvsafe"
	"vigie/internal/document"
)

// Schema names the form of the JSON that [JSON] writes.
const Schema = "vigie-report/1"

// Sheet is a table that is written as a CSV file of its own.
type Sheet struct {
	Name  string // no two are the same in a document
	Table *document.Table
}

// Sheets gives the tables of a document that have a key, in the order of reading; a key that comes again gets a number.
func Sheets(d *document.Document) []Sheet {
	var out []Sheet
	seen := map[string]int{}
	for _, t := range document.Tables(d) {
		name := t.Key
		if seen[t.Key]++; seen[t.Key] > 1 {
			name += "-" + strconv.Itoa(seen[t.Key])
		}
		out = append(out, Sheet{name, t})
	}
	return out
}

// CSV writes every row of a table, shown or not, under the keys of its columns, which are the same in every language. A cell of several
// lines keeps them.
func CSV(w io.Writer, t *document.Table) error {
	keys := make([]string, len(t.Columns))
	for i := range t.Columns {
		keys[i] = t.Columns[i].Key
	}
	out, err := csvsafe.NewWriter(w, keys...)
	if err != nil {
		return err
	}
	for r := range t.Each {
		if err := out.Row(cellsOf(t, &r)...); err != nil {
			return err
		}
	}
	return out.Flush()
}

func cellsOf(t *document.Table, r *document.Row) []string {
	cells := make([]string, len(t.Columns))
	for i := range cells {
		if i < len(r.Cells) {
			cells[i] = r.Cells[i].Plain()
		}
	}
	return cells
}

// The JSON of a document: words as they are read, with the ids of the facts they rest on. Pictures are told in words.
type jsonDocument struct {
	Schema    string        `json:"schema"`
	Lang      string        `json:"lang"`
	Title     string        `json:"title"`
	Subtitle  string        `json:"subtitle,omitempty"`
	Kind      string        `json:"kind"`
	Mark      string        `json:"mark"`
	Version   string        `json:"version"`
	Watermark string        `json:"watermark,omitempty"`
	Firm      string        `json:"firm,omitempty"`
	Sections  []jsonSection `json:"sections"`
}

type jsonSection struct {
	ID     string        `json:"id"`
	Number string        `json:"number,omitempty"`
	Title  string        `json:"title"`
	Annex  bool          `json:"annex,omitempty"`
	Blocks []jsonBlock   `json:"blocks"`
	Parts  []jsonSection `json:"parts,omitempty"`
}

type jsonBlock struct {
	Kind    string      `json:"kind"` // paragraph, item, pair, panel, table, figure, quote
	Role    string      `json:"role,omitempty"`
	Label   string      `json:"label,omitempty"`
	Text    string      `json:"text,omitempty"`
	Facts   []string    `json:"facts,omitempty"`
	Key     string      `json:"key,omitempty"`
	Columns []string    `json:"columns,omitempty"`
	Rows    [][]string  `json:"rows,omitempty"`
	Below   []jsonBlock `json:"below,omitempty"` // what stands below the rows, in their order
}

// JSON writes a document as one object; its tables have every row.
func JSON(w io.Writer, d *document.Document) error {
	out := jsonDocument{Schema: Schema, Lang: d.Lang, Title: d.Title, Subtitle: d.Subtitle, Kind: d.Kind, Mark: d.Mark, Version: d.Version,
		Watermark: d.Watermark, Firm: d.Firm.Name}
	for _, s := range d.Sections {
		if s.ID != document.ContentsID {
			out.Sections = append(out.Sections, jsonPart(s))
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}

func jsonPart(s *document.Section) jsonSection {
	out := jsonSection{ID: s.ID, Number: s.Number, Title: s.Title, Annex: s.Annex, Blocks: jsonBlocks([]jsonBlock{}, s.Blocks)}
	for _, p := range s.Parts {
		out.Parts = append(out.Parts, jsonPart(p))
	}
	return out
}

func jsonBlocks(out []jsonBlock, bs []document.Block) []jsonBlock {
	for _, b := range bs {
		switch b := b.(type) {
		case *document.Paragraph:
			out = append(out, jsonBlock{Kind: "paragraph", Role: string(b.Role), Text: b.Text.Plain(), Facts: b.Facts})
		case *document.List:
			for _, it := range b.Items {
				out = append(out, jsonBlock{Kind: "item", Text: it.Text.Plain(), Facts: it.Facts})
			}
		case *document.Pairs:
			for _, p := range b.Pairs {
				out = append(out, jsonBlock{Kind: "pair", Label: p.Label, Text: p.Value.Plain()})
			}
		case *document.Panels:
			for _, p := range b.Panels {
				out = append(out, jsonBlock{Kind: "panel", Label: p.Title, Text: p.Answer.Plain()})
				for _, l := range p.Lines {
					out = append(out, jsonBlock{Kind: "item", Text: l.Text.Plain(), Facts: l.Facts})
				}
			}
		case *document.Grid:
			for _, c := range b.Columns {
				out = jsonBlocks(out, c)
			}
		case *document.Figure:
			if b.Picture != nil {
				out = append(out, jsonBlock{Kind: "figure", Label: b.Picture.Title, Text: b.Picture.Desc})
			}
		case *document.Quote:
			out = append(out, jsonBlock{Kind: "quote", Label: b.Head.Plain(), Text: b.Raw.Plain()})
			if !b.Note.Empty() {
				out = append(out, jsonBlock{Kind: "paragraph", Role: string(document.Note), Text: b.Note.Plain()})
			}
		case *document.Table:
			out = append(out, jsonTable(b))
		}
	}
	return out
}

func jsonTable(t *document.Table) jsonBlock {
	j := jsonBlock{Kind: "table", Key: t.Key, Label: t.Caption, Text: t.Empty.Plain(), Facts: t.Facts}
	for i := range t.Columns {
		j.Columns = append(j.Columns, t.Columns[i].Key)
	}
	for r := range t.Each {
		j.Rows = append(j.Rows, cellsOf(t, &r))
		j.Below = jsonBlocks(j.Below, r.Below)
	}
	if len(j.Rows) > 0 {
		j.Text = "" // the sentence for no row
	}
	return j
}
