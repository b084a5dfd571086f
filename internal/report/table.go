package report

import (
	"bufio"
	"io"
	"strings"
)

// Column is one of a Table.
type Column struct {
	Title string
	Right bool // numbers
	// Min is the fewest terminal columns that it may be shortened to where the table is too wide; 0: it is never shortened.
	Min int
}

// Table writes rows of text for a terminal of a width, 0 for no limit. Text is foreign: what is not graphic is escaped. Columns that may be shortened
// give way, the widest first; what is cut off ends in an ellipsis.
func Table(w io.Writer, cols []Column, rows [][]string, width int) error {
	sizes := make([]int, len(cols))
	for i, c := range cols {
		sizes[i] = columns(c.Title)
	}
	clean := make([][]string, len(rows))
	for i, row := range rows {
		clean[i] = make([]string, len(cols))
		for j := range cols {
			clean[i][j] = visible(row[j])
			sizes[j] = max(sizes[j], columns(clean[i][j]))
		}
	}
	total := 2 * (len(cols) - 1)
	for _, n := range sizes {
		total += n
	}
	for width > 0 && total > width {
		widest := -1
		for i, c := range cols {
			if c.Min > 0 && sizes[i] > c.Min && (widest < 0 || sizes[i] > sizes[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		sizes[widest]--
		total--
	}
	b := bufio.NewWriter(w)
	line := func(cell func(i int) string) {
		var l strings.Builder
		for i, c := range cols {
			if i > 0 {
				l.WriteString("  ")
			}
			if c.Right {
				l.WriteString(padLeft(cell(i), sizes[i]))
			} else {
				l.WriteString(pad(cell(i), sizes[i]))
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " "))
		b.WriteByte('\n')
	}
	line(func(i int) string { return cols[i].Title })
	for _, row := range clean {
		line(func(i int) string { return row[i] })
	}
	return b.Flush()
}
