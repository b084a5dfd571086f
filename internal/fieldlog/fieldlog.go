// Package fieldlog reads logs whose #Fields line names the columns: the W3C
// logs of IIS and HTTP.sys (columns parted by blanks) and the diagnostic logs
// of Exchange (comma-separated, RFC 4180 quoting).
//
// The input is what an attacker could write into, cut short or damage: no
// length is trusted, a record that does not fit its header costs itself alone,
// and every byte of the file is given out in exactly one Block.
//
// The package is cut for speed on large files. Splitter does the little that
// must happen in order (find where records end, which header is in force) and
// hands out Blocks of whole records; Blocks can then be walked on any core with
// Walk, which finds the records of a block again by the same rules. The same
// input gives the same records whatever the block size and the number of cores.
package fieldlog

import (
	"bytes"
	"strings"
)

// Style is how columns are parted.
type Style uint8

const (
	Space Style = iota // W3C extended log: one blank; "-" is an empty value
	Comma              // Exchange: comma, RFC 4180 quoting; nothing is an empty value
)

// Limits on one record. A quoted field may hold line breaks (a folded exception
// text), so an unclosed quote must not swallow the rest of the file: past
// these, the first line stands alone as a damaged record and reading goes on
// with the second. 1 MiB is ten times the longest record seen in EWS and
// PowerShell logs.
const (
	MaxRecord      = 1 << 20
	MaxRecordLines = 100
)

// Header names the columns of the records that follow it.
type Header struct {
	Style Style
	Names []string // as written, blanks trimmed
	// Line and Offset tell where the header stands; Line is 0 when the header
	// was given by the caller because the file has none.
	Line   int64
	Offset int64
	// Damaged says why the header cannot be fully trusted ("" when it can): a
	// column named twice, a name over 128 bytes, more than 512 columns.
	Damaged string
	// Date is the day of the last #Date line before the records (YYYY-MM-DD),
	// for W3C logs that record the time alone.
	Date string

	index map[string]int
}

// NewHeader makes a header of given names.
func NewHeader(style Style, names []string) *Header {
	h := &Header{Style: style, Names: names, index: make(map[string]int, len(names))}
	for i, n := range names {
		k := strings.ToLower(n)
		if _, dup := h.index[k]; dup {
			h.Damaged = "a column is named twice"
			continue
		}
		if len(n) > 128 {
			h.Damaged = "a column name is longer than 128 bytes"
		}
		h.index[k] = i
	}
	return h
}

// maxColumns bounds a header: Exchange's longest has 92 columns.
const maxColumns = 512

// Index gives the column of a name without regard to case, -1 when absent. Of
// a column named twice the first counts.
func (h *Header) Index(name string) int {
	if i, ok := h.index[strings.ToLower(name)]; ok {
		return i
	}
	return -1
}

// ParseFields reads a "#Fields:" line (without line end). Commas make it an
// Exchange header, blanks a W3C one. ok is false for other lines.
func ParseFields(line []byte) (h *Header, ok bool) {
	rest, ok := cutPrefixFold(line, "#fields:")
	if !ok {
		return nil, false
	}
	text := strings.ToValidUTF8(string(bytes.TrimSpace(rest)), "\uFFFD")
	var names []string
	style := Space
	if strings.Contains(text, ",") {
		style = Comma
		names = strings.Split(text, ",")
		for i := range names {
			names[i] = strings.TrimSpace(strings.Trim(strings.TrimSpace(names[i]), `"`))
		}
	} else {
		names = strings.Fields(text)
	}
	damaged := ""
	if len(names) > maxColumns {
		names, damaged = names[:maxColumns], "more than 512 columns"
	}
	h = NewHeader(style, names)
	if damaged != "" {
		h.Damaged = damaged
	}
	return h, true
}

// ParsePlainHeader reads a header row written without "#Fields:", as Exchange
// puts beside or instead of it: at least four cells, each a bare column name.
func ParsePlainHeader(line []byte) (*Header, bool) {
	if len(line) == 0 || len(line) > 16<<10 || !isAlpha(line[0]) && line[0] != '"' {
		return nil, false
	}
	cells := strings.Split(string(line), ",")
	if len(cells) < 4 || len(cells) > maxColumns {
		return nil, false
	}
	for i, c := range cells {
		c = strings.TrimSpace(strings.Trim(c, `"`))
		if c == "" || !isAlpha(c[0]) {
			return nil, false
		}
		for j := range len(c) {
			if b := c[j]; !isAlpha(b) && b != '-' && b != '_' && (b < '0' || b > '9') {
				return nil, false
			}
		}
		cells[i] = c
	}
	// A data row of bare words is no header: the first column of every such log is its time.
	switch strings.ToLower(cells[0]) {
	case "datetime", "date-time", "timestamp", "time", "date":
		return NewHeader(Comma, cells), true
	}
	return nil, false
}

// Fits reports whether a record of n cells has the header's shape.
func (h *Header) Fits(n int) bool { return n == len(h.Names) }

func isAlpha(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func cutPrefixFold(b []byte, lower string) ([]byte, bool) {
	if len(b) < len(lower) {
		return nil, false
	}
	for i := range len(lower) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return nil, false
		}
	}
	return b[len(lower):], true
}
