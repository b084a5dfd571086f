package fieldlog

import "bytes"

// Cell is a column of a record as a window [From, To) of the record's bytes.
// Quoted cells exclude their outer quotes; doubled quotes inside stay doubled
// until Value.
type Cell struct {
	From, To int32
	Quoted   bool
}

// Split cuts a record (without its line end) into cells, appended to dst. For
// Space style, a run of blanks is first read as blanks around empty values;
// when that does not fit the header and reading the run as one separator does,
// the latter is taken (logs exist in which an empty value is written as
// nothing). fits tells whether the number of cells is the header's; quoting
// that never closes or has text after its end makes it false.
func Split(dst []Cell, rec []byte, h *Header) (cells []Cell, fits bool) {
	if h.Style == Comma {
		cells, ok := splitComma(dst, rec)
		return cells, ok && h.Fits(len(cells))
	}
	cells = splitSpace(dst, rec, false)
	if h.Fits(len(cells)) {
		return cells, true
	}
	if again := splitSpace(dst, rec, true); h.Fits(len(again)) {
		return again, true
	}
	return splitSpace(dst, rec, false), false
}

func splitSpace(dst []Cell, rec []byte, runs bool) []Cell {
	for len(rec) > 0 && rec[len(rec)-1] == ' ' {
		rec = rec[:len(rec)-1] // IIS 6 ends its lines and its header with a blank
	}
	pos := 0
	for {
		i := bytes.IndexByte(rec[pos:], ' ')
		if i < 0 {
			return append(dst, Cell{From: int32(pos), To: int32(len(rec))})
		}
		if i > 0 || !runs {
			dst = append(dst, Cell{From: int32(pos), To: int32(pos + i)})
		}
		pos += i + 1
	}
}

func splitComma(dst []Cell, rec []byte) ([]Cell, bool) {
	pos, ok := 0, true
	for {
		if pos < len(rec) && rec[pos] == '"' {
			end := closingQuote(rec, pos+1)
			if end < 0 {
				return append(dst, Cell{int32(pos + 1), int32(len(rec)), true}), false
			}
			dst = append(dst, Cell{int32(pos + 1), int32(end), true})
			pos = end + 1
			if pos >= len(rec) {
				return dst, ok
			}
			if rec[pos] != ',' { // text after the closing quote: keep it out, say so
				ok = false
				i := bytes.IndexByte(rec[pos:], ',')
				if i < 0 {
					return dst, false
				}
				pos += i
			}
			pos++
			continue
		}
		i := bytes.IndexByte(rec[pos:], ',')
		if i < 0 {
			return append(dst, Cell{int32(pos), int32(len(rec)), false}), ok
		}
		dst = append(dst, Cell{int32(pos), int32(pos + i), false})
		pos += i + 1
	}
}

// closingQuote finds the quote that closes a field opened before from; doubled
// quotes do not close. -1 when there is none.
func closingQuote(rec []byte, from int) int {
	for {
		i := bytes.IndexByte(rec[from:], '"')
		if i < 0 {
			return -1
		}
		from += i
		if from+1 >= len(rec) || rec[from+1] != '"' {
			return from
		}
		from += 2
	}
}

// Value gives a cell's text: doubled quotes undone. The result shares rec's
// memory unless something was undone.
func Value(rec []byte, c Cell) []byte {
	v := rec[c.From:c.To]
	if c.Quoted && bytes.IndexByte(v, '"') >= 0 {
		return bytes.ReplaceAll(v, []byte(`""`), []byte(`"`))
	}
	return v
}

// recordEnd finds the end of the record that starts at data[pos]: the offset
// just after its line end. lines is how many physical lines it takes. A record
// over several lines is accepted only when its quotes close within the limits
// and (with a header) its cells fit; otherwise the record is its first line.
// more is true when the end depends on bytes beyond data and final is false.
func recordEnd(data []byte, pos int, h *Header, final bool) (end, lines int, more bool) {
	i := bytes.IndexByte(data[pos:], '\n')
	if i < 0 {
		return len(data), 1, !final
	}
	first := pos + i + 1
	if h == nil || h.Style != Comma || data[pos] == '#' {
		return first, 1, false
	}
	quotes := bytes.Count(data[pos:first], quote)
	if quotes&1 == 0 {
		return first, 1, false
	}
	end, lines = first, 1
	for lines < MaxRecordLines && end-pos < MaxRecord {
		i := bytes.IndexByte(data[end:], '\n')
		next := end + i + 1
		if i < 0 {
			if !final {
				return 0, 0, true
			}
			if next = len(data); next == end {
				break
			}
		}
		quotes += bytes.Count(data[end:next], quote)
		end, lines = next, lines+1
		if quotes&1 == 0 {
			var buf [96]Cell
			if _, fits := Split(buf[:0], trimEOL(data[pos:end]), h); fits {
				return end, lines, false
			}
			break
		}
	}
	return first, 1, false
}

var quote = []byte{'"'}

func trimEOL(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
		if n > 1 && b[n-2] == '\r' {
			b = b[:n-2]
		}
	}
	return b
}
