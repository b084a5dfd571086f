package fieldlog

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// BlockSize is how much a Splitter reads at a time: large enough to amortise
// hand-over between cores, small enough to stay in the second-level cache.
const BlockSize = 1 << 20

// maxBlock bounds a block that cannot end because one line or record is long.
// Past it the line is cut: what is left of it is given as a block of its own,
// marked Overlong.
const maxBlock = BlockSize + MaxRecord + 64<<10

// Block is a run of whole records.
type Block struct {
	Seq    int
	Data   []byte
	Offset int64   // of Data[0] in the stream
	Base   int64   // of Data[0] in the file: Offset, unless the reader decoded the stream and says otherwise
	Line   int64   // 1-based line number of Data[0]
	Header *Header // in force at Data[0]; nil before any
	// Overlong marks bytes of a line past MaxRecord: not a record, to be skipped.
	Overlong bool

	pool *sync.Pool
	buf  *[]byte
}

// Release gives the block's memory back: Data must not be used after it.
func (b *Block) Release() {
	if b.buf != nil {
		b.pool.Put(b.buf)
		b.buf, b.Data = nil, nil
	}
}

var buffers = sync.Pool{New: func() any { b := make([]byte, maxBlock); return &b }}

// Splitter cuts a stream into blocks of whole records.
type Splitter struct {
	r       io.Reader
	header  *Header
	pending []byte // start of the next block: its buffer is next
	next    *[]byte
	seq     int
	offset  int64
	line    int64
	eof     error
	long    bool // inside a line past MaxRecord
}

// NewSplitter reads r, whose first records have header h (nil: the stream's
// own lines tell).
func NewSplitter(r io.Reader, h *Header) *Splitter {
	return &Splitter{r: r, header: h, line: 1}
}

// Next gives the next block, io.EOF after the last. Another error is the
// reader's; the bytes read before it have been given out.
func (s *Splitter) Next(ctx context.Context) (*Block, error) {
	buf := s.next
	n := len(s.pending)
	if buf == nil {
		buf = buffers.Get().(*[]byte)
		n = 0
	}
	s.next, s.pending = nil, nil
	b := *buf
	want := BlockSize
	for {
		for n < want && s.eof == nil {
			if err := ctx.Err(); err != nil {
				s.eof = err
				break
			}
			m, err := s.r.Read(b[n:want])
			n += m
			if err != nil {
				s.eof = err
			}
		}
		if n == 0 {
			buffers.Put(buf)
			return nil, s.eof
		}
		final := s.eof != nil
		cut, header := s.cut(b[:n], final)
		if cut == 0 {
			if n >= maxBlock { // cannot happen past recordEnd's limits; never loop
				cut = n
			} else {
				want = min(want+BlockSize/2, maxBlock)
				continue
			}
		}
		return s.emit(buf, n, cut, header), nil
	}
}

func (s *Splitter) emit(buf *[]byte, n, cut int, header *Header) *Block {
	b := *buf
	blk := &Block{Seq: s.seq, Data: b[:cut:cut], Offset: s.offset, Base: s.offset, Line: s.line, Header: s.header, pool: &buffers, buf: buf}
	blk.Overlong = s.long
	s.seq++
	s.offset += int64(cut)
	s.line += int64(bytes.Count(b[:cut], newline))
	s.header = header
	s.long = b[cut-1] != '\n' && (s.eof == nil || cut < n)
	if n > cut {
		s.next = buffers.Get().(*[]byte)
		m := copy(*s.next, b[cut:n])
		s.pending = (*s.next)[:m]
	}
	return blk
}

var newline = []byte{'\n'}

// cut gives the length of the whole records at the start of data, and the
// header in force after them. 0 asks for more bytes.
func (s *Splitter) cut(data []byte, final bool) (int, *Header) {
	if s.long { // give out the rest of the long line alone
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, s.header
		}
		return len(data), s.header
	}
	h := s.header
	end := bytes.LastIndexByte(data, '\n') + 1
	if end == 0 {
		if final || len(data) >= MaxRecord {
			return len(data), scanHeaders(data, h, s.offset == 0, s.offset, s.line)
		}
		return 0, h
	}
	if final {
		end = len(data)
	}
	hasQuotes := bytes.IndexByte(data[:end], '"') >= 0
	if !hasQuotes || !mayBeComma(data[:end], h) {
		return end, scanHeaders(data[:end], h, s.offset == 0, s.offset, s.line)
	}
	// Quoted fields may hold line breaks: walk the records in order.
	w := walker{data: data, header: h, fileStart: s.offset == 0, base: s.offset, line: s.line, final: final}
	for w.next() {
	}
	return w.pos, w.header
}

// mayBeComma tells whether any record of data can be comma-separated.
func mayBeComma(data []byte, h *Header) bool {
	if h != nil && h.Style == Comma {
		return true
	}
	// Any "#" line may bring a header of commas: "#Fields:" in any case, or a plain one after it.
	return h == nil || data[0] == '#' || bytes.Contains(data, directiveMark)
}

var directiveMark = []byte("\n#")

// scanHeaders finds the header in force after data, which holds whole records
// without line breaks inside fields.
func scanHeaders(data []byte, h *Header, fileStart bool, base, line int64) *Header {
	if h != nil && !fileStart && bytes.IndexByte(data, '#') < 0 {
		return h
	}
	w := walker{data: data, header: h, fileStart: fileStart, base: base, line: line, final: true, headersOnly: true}
	for w.next() {
	}
	return w.header
}
