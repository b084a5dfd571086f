package settings

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// csvHeader reads the first line of a table. The separator is the comma, the semicolon of European settings, or the tabulator.
func csvHeader(line string) (cells []string, ok bool) {
	sep := separator(line)
	if sep == 0 {
		return nil, false
	}
	c := csv.NewReader(strings.NewReader(line))
	c.Comma = sep
	cells, err := c.Read()
	if err != nil || len(cells) < 2 {
		return nil, false
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells, true
}

// typeLine reads the line in which Export-Csv names the type of the objects; the kind is nil for one that is not known.
func typeLine(line string) (k *kind, ok bool) {
	name, ok := strings.CutPrefix(line, "#TYPE ")
	if !ok {
		return nil, false
	}
	return kindOfTypes([]string{strings.TrimPrefix(strings.TrimPrefix(name, "Selected."), "Deserialized.")}), true
}

// separator is the one that stands most often outside of quotes, 0 when none does.
func separator(line string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range line {
		switch c {
		case '"':
			quoted = !quoted
		case ',', ';', '\t':
			if !quoted {
				counts[c]++
			}
		}
	}
	best := rune(0)
	for _, c := range []rune{',', ';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// csv reads a table: each row is an object, its kind that of the #TYPE line of Export-Csv, else that of the columns.
func (r *reader) csv(text []byte) {
	var typed *kind
	var header []string
	sep, at, rest := ',', 1, string(text)
	for header == nil && rest != "" {
		line, more, _ := strings.Cut(rest, "\n")
		line = strings.TrimSpace(line)
		if k, ok := typeLine(line); ok {
			typed = k
		} else if cells, ok := csvHeader(line); ok && (typed != nil || known(cells)) {
			header, sep = cells, separator(line)
		}
		rest, at = more, at+1
	}
	k := kindOfColumns(header)
	if typed != nil {
		k = typed
	}
	c := csv.NewReader(strings.NewReader(rest))
	c.Comma = sep
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	for {
		row, err := c.Read()
		if err == io.EOF {
			return
		}
		line, _ := c.FieldPos(0)
		line += at - 1
		var pe *csv.ParseError
		if errors.As(err, &pe) || len(row) > len(header) || len(row) < min(len(header), 2) {
			r.gap("export.csv.row", line, int64(len(header)), int64(len(row)), "record skipped", "")
			continue
		}
		if err != nil {
			return
		}
		if k == nil {
			r.systemInfoRow(header, row, line)
			continue
		}
		o := &object{kind: k, line: line}
		for i, cell := range row {
			if notTold(cell) {
				continue
			}
			o.props = append(o.props, prop{strings.Clone(header[i]), values(strings.Clone(cell))})
		}
		r.object(o)
	}
}

// values takes a cell apart that holds a list in braces, as Format-List writes it, or with blanks as select with -join does not: other cells are
// one value. An empty cell is an empty value.
func values(cell string) []string {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return nil
	}
	inner, ok := strings.CutPrefix(cell, "{")
	if !ok || !strings.HasSuffix(inner, "}") {
		return []string{cell}
	}
	inner = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(inner, "}"), "..."), "…")
	var out []string
	for part := range strings.SplitSeq(inner, ", ") {
		if part = strings.TrimSpace(part); part != "" && len(out) <= maxValues {
			out = append(out, part)
		}
	}
	return out
}
