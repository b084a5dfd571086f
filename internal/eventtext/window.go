package eventtext

import (
	"bytes"
	"io"
)

// block is how much is read from the source at least; several hundred usual events.
const block = 256 << 10

// window is the part of the stream that is held, as UTF-8. Its offsets are of the original stream.
type window struct {
	src        io.Reader
	wide       *wideReader // set: the stream is UTF-16 and src of buf is its decoded text
	buf        []byte
	start, end int
	off        int64 // of buf[start] in the stream
	line       int   // of buf[start], from 1
	eof        bool
	err        error // other than io.EOF
	odd        int   // bytes at the end of UTF-16 that make no unit
}

// open reads what Sniff wants to see, finds the encoding, takes the byte order mark away and gives what is held.
func (w *window) open(l *Ledger) []byte {
	w.line = 1
	w.fill(SniffLen)
	head := w.bytes()
	enc, mark := encodingOf(head)
	w.skipMark(mark, l)
	if enc != utf8Text {
		rest := io.Reader(bytes.NewReader(bytes.Clone(w.bytes())))
		if !w.eof {
			rest = io.MultiReader(rest, w.src)
		} else if w.err != nil {
			rest = io.MultiReader(rest, failing{w.err})
		}
		w.wide = &wideReader{r: rest, big: enc == utf16BE}
		w.start, w.end, w.eof, w.err = 0, 0, false, nil
		w.fill(SniffLen)
	}
	return w.bytes()
}

func (w *window) skipMark(n int, l *Ledger) {
	w.start += n
	w.off += int64(n)
	l.Between += int64(n)
}

// failing is a source that only has an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// bytes is what is held and not passed.
func (w *window) bytes() []byte { return w.buf[w.start:w.end] }

// more brings at least one further byte, as long as less than limit is held. It doubles what is held, so that what is looked at anew after each
// call adds up to no more than twice the whole.
func (w *window) more(limit int) bool {
	n := w.end - w.start
	if w.eof || n >= limit {
		return false
	}
	w.fill(min(limit, max(block, 2*n)))
	return w.end-w.start > n
}

// fill reads until want bytes are held or the source ends.
func (w *window) fill(want int) {
	if w.start > 0 {
		w.end = copy(w.buf, w.buf[w.start:w.end])
		w.start = 0
	}
	if len(w.buf) < want {
		w.buf = append(make([]byte, 0, want), w.buf[:w.end]...)[:want]
	}
	src := w.src
	if w.wide != nil {
		src = w.wide
	}
	for idle := 0; w.end < want && !w.eof; {
		n, err := src.Read(w.buf[w.end:want])
		w.end += n
		if idle++; n > 0 {
			idle = 0
		}
		if err == nil && idle >= 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			w.eof = true
			if err != io.EOF {
				w.err = err
			}
			if w.wide != nil {
				w.odd = w.wide.odd
			}
		}
	}
}

// advance passes n bytes and adds their width in the stream to count.
func (w *window) advance(n int, count *int64) {
	p := w.buf[w.start : w.start+n]
	width := w.width(p)
	w.line += lines(p)
	w.off += width
	w.start += n
	*count += width
	// A single large document must not cost its room for the rest of the stream.
	if w.start == w.end && len(w.buf) > 4*block {
		w.buf, w.start, w.end = nil, 0, 0
	}
}

// width is how many bytes of the stream p stands for.
func (w *window) width(p []byte) int64 {
	if w.wide == nil {
		return int64(len(p))
	}
	return wideLen(p)
}

func lines(p []byte) int { return bytes.Count(p, []byte{'\n'}) }
