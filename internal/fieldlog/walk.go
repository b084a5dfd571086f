package fieldlog

import (
	"bytes"
)

// LineKind says what a line of a block is.
type LineKind uint8

const (
	Data      LineKind = iota // a record
	Directive                 // a line that starts with "#", header lines among them
	PlainHead                 // a header row without "#Fields:"
	Blank                     // nothing but white space
	NULs                      // a run of NUL bytes, as a crash leaves behind
)

// Line is one record or directive of a block.
type Line struct {
	Kind   LineKind
	Raw    []byte  // without line end; shares the block's memory
	Pos    int     // of Raw in the block's Data
	Size   int     // bytes of the block it takes, line end included
	Number int64   // physical line number of its first line
	Lines  int     // physical lines it takes
	Header *Header // in force for it (for a header line: the new one)
	// Ended tells whether a line end closes it; false only at the end of the file.
	Ended bool
}

// Walk calls f for each line of the block in order. The Line is reused.
func (b *Block) Walk(f func(l *Line)) {
	if b.Overlong {
		return
	}
	w := walker{data: b.Data, header: b.Header, fileStart: b.Offset == 0, base: b.Offset, line: b.Line, final: true}
	quotes := bytes.IndexByte(b.Data, '"') >= 0
	for w.pos < len(w.data) {
		// Nearly every line is a record on one line: take it without ceremony.
		if c := w.data[w.pos]; c >= '0' && c <= '9' && w.header != nil && (!quotes || w.header.Style == Space) {
			end := len(w.data)
			if i := bytes.IndexByte(w.data[w.pos:], '\n'); i >= 0 {
				end = w.pos + i + 1
			}
			l := &w.cur
			l.Kind, l.Pos, l.Size, l.Number, l.Lines, l.Header = Data, w.pos, end-w.pos, w.line, 1, w.header
			l.Raw = trimEOL(w.data[w.pos:end])
			l.Ended = w.data[end-1] == '\n'
			w.afterMark = false
			w.pos = end
			w.line++
			f(l)
			continue
		}
		if !w.next() {
			return
		}
		f(&w.cur)
	}
}

// walker finds records one after the other. headersOnly lets it jump from one
// "#" line to the next in data known to hold no quoted line breaks.
type walker struct {
	data        []byte
	header      *Header
	fileStart   bool
	final       bool
	headersOnly bool
	base        int64
	line        int64
	pos         int
	date        string
	afterMark   bool // the line before was a directive: a plain header may follow
	mark        int  // end of the last byte order mark
	cur         Line
}

func (w *walker) next() bool {
	if w.pos >= len(w.data) {
		return false
	}
	if w.headersOnly && !w.afterMark && !w.fresh() {
		if !w.skipToMark() {
			w.pos = len(w.data)
			return false
		}
	}
	start := w.pos
	if h := w.data[start:]; len(h) >= 3 && h[0] == 0xEF && h[1] == 0xBB && h[2] == 0xBF {
		// A byte order mark, at the start or where files were joined.
		w.cur = Line{Kind: Blank, Pos: start, Size: 3, Number: w.line, Header: w.header, Ended: true}
		w.mark = start + 3
		w.pos = w.mark
		return true
	}
	end, lines, more := recordEnd(w.data, start, w.header, w.final)
	if more {
		return false
	}
	raw := trimEOL(w.data[start:end])
	w.cur = Line{Raw: raw, Pos: start, Size: end - start, Number: w.line, Lines: lines, Header: w.header,
		Ended: w.data[end-1] == '\n'}
	w.classify(start)
	w.line += int64(lines)
	w.pos = end
	return true
}

// fresh tells whether the next line is the first of the file.
func (w *walker) fresh() bool {
	return w.fileStart && w.base == 0 && (w.pos == 0 || w.pos == 3 && w.mark == 3)
}

func (w *walker) classify(start int) {
	c := &w.cur
	raw := c.Raw
	first := w.fresh()
	switch {
	case len(raw) == 0 || raw[0] <= ' ' && len(bytes.TrimSpace(raw)) == 0:
		c.Kind = Blank
	case raw[0] == 0 && len(bytes.Trim(raw, "\x00\r")) == 0:
		c.Kind = NULs
	case raw[0] == '#':
		c.Kind = Directive
		w.afterMark = true
		if h, ok := ParseFields(raw); ok {
			h.Line, h.Offset, h.Date = w.line, w.base+int64(start), w.date
			if h.Date == "" && w.header != nil {
				h.Date = w.header.Date
			}
			w.header, c.Header = h, h
		} else if rest, ok := cutPrefixFold(raw, "#date:"); ok {
			rest = bytes.TrimSpace(rest)
			if len(rest) >= 10 {
				w.date = string(rest[:10])
				if w.header != nil && w.header.Date != w.date {
					h := *w.header
					h.Date = w.date
					w.header, c.Header = &h, &h
				}
			}
		}
		return
	case (first || w.afterMark || isHeaderAgain(raw, w.header)) && isAlpha(raw[0]), first && raw[0] == '"':
		if h, ok := ParsePlainHeader(raw); ok {
			c.Kind = PlainHead
			h.Line, h.Offset = w.line, w.base+int64(start)
			if w.header == nil || !sameNames(h, w.header) {
				w.header = h
			}
			c.Header = w.header
		}
	}
	w.afterMark = false
}

// isHeaderAgain tells cheaply whether a line may repeat the header's names.
func isHeaderAgain(raw []byte, h *Header) bool {
	return h != nil && h.Style == Comma && len(h.Names) > 0 && len(raw) > len(h.Names[0]) &&
		raw[len(h.Names[0])] == ',' && bytes.EqualFold(raw[:len(h.Names[0])], []byte(h.Names[0]))
}

func sameNames(a, b *Header) bool {
	if len(a.Names) != len(b.Names) {
		return false
	}
	for i := range a.Names {
		if !bytes.EqualFold([]byte(a.Names[i]), []byte(b.Names[i])) {
			return false
		}
	}
	return true
}

// skipToMark moves to the next line that starts with "#" (or the end).
func (w *walker) skipToMark() bool {
	for {
		i := bytes.IndexByte(w.data[w.pos:], '#')
		if i < 0 {
			return false
		}
		at := w.pos + i
		if at == w.pos || w.data[at-1] == '\n' {
			w.line += int64(bytes.Count(w.data[w.pos:at], newline))
			w.pos = at
			return true
		}
		// Not at a line start: go to the end of this line.
		j := bytes.IndexByte(w.data[at:], '\n')
		if j < 0 {
			return false
		}
		w.line += int64(bytes.Count(w.data[w.pos:at+j+1], newline))
		w.pos = at + j + 1
	}
}
