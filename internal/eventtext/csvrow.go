package eventtext

import "bytes"

// Limits on one row of CSV. A message with a whole PowerShell script block (event 4104) has hundreds of lines, a quote that is never closed
// takes all there are.
const (
	maxRow      = 1 << 20 // bytes
	maxRowLines = 4096
	maxCells    = 1024
)

// parseRow reads one row (RFC 4180) into cells over the text of t. n is its length with the line end, or where the failure was seen; code is
// empty on success and when the row goes on after data.
func parseRow(t *tree, cells []span, data []byte, delim byte, last bool) (row []span, n int, code string, ok bool) {
	for i := 0; ; {
		if len(cells) == maxCells {
			return cells, i, CodeCSVColumns, false
		}
		var cell span
		cell, i, code = parseCell(t, data, i, delim, last)
		if code != "" {
			return cells, i, code, false
		}
		if i == len(data) && !last { // the cell, or the line end, may go on
			return cells, i, "", false
		}
		cells = append(cells, cell)
		switch {
		case i == len(data):
			return cells, i, "", true
		case data[i] == delim:
			i++
			continue
		case data[i] == '\n':
			return cells, i + 1, "", true
		case i+1 < len(data) && data[i+1] == '\n': // the \r of a line end
			return cells, i + 2, "", true
		case i+1 == len(data) && !last:
			return cells, i, "", false
		}
		return cells, i + 1, "", true
	}
}

// parseCell reads the cell at i and gives the index of the delimiter or line end after it; a quoted one that does not
// end within data ends with them unless they are the last.
func parseCell(t *tree, data []byte, i int, delim byte, last bool) (cell span, next int, code string) {
	from := len(t.text)
	done := func(next int) (span, int, string) {
		return span{uint32(from), uint32(len(t.text))}, next, ""
	}
	if i == len(data) || data[i] != '"' {
		end := i
		for end < len(data) && data[end] != delim && data[end] != '\n' && data[end] != '\r' {
			end++
		}
		t.valid(data[i:end])
		return done(end)
	}
	for lines := 0; ; {
		i++
		k := bytes.IndexByte(data[i:], '"')
		if k < 0 && last {
			return cell, i, CodeCSVQuote
		}
		if k < 0 {
			return done(len(data))
		}
		if lines += bytes.Count(data[i:i+k], []byte{'\n'}); lines > maxRowLines {
			return cell, i, CodeCSVQuote
		}
		t.valid(data[i : i+k])
		if i += k + 1; i == len(data) {
			return done(i)
		}
		switch data[i] {
		case '"':
			t.text = append(t.text, '"')
		case delim, '\n', '\r':
			return done(i)
		default:
			return cell, i, CodeCSVQuote
		}
	}
}
