package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The layout of a log file, after libyal's "Windows XML Event Log (EVTX)
// format":
//
//	0      file header, 4,096 bytes: ElfFile\0 …
//	4096   chunk 0, 65,536 bytes: ElfChnk\0 …
//	69632  chunk 1 …
//
// Chunks do not depend on each other. The file header counts them, but in a
// log that was not closed, or is being written, the count, the dirty flag and
// even a right checksum of the header mean nothing: only the bytes count.
const (
	chunkSize      = 65536
	fileHeaderSize = 4096
	magicSize      = 8
)

var (
	fileMagic  = []byte("ElfFile\x00")
	chunkMagic = []byte("ElfChnk\x00")
	zeroes     [chunkSize]byte
)

// Chunk is a piece of a log that can be decoded by itself: a chunk of the
// format, or, where there should be one and none can be seen, the bytes up to
// the next (Bare).
type Chunk struct {
	Index  int    // the number of the piece in the file, from 0
	Offset int64  // of the piece in the file, in bytes
	Data   []byte // up to 65,536 bytes; its array is used again by Scanner.Next
	Bare   bool   // there is no chunk header
}

// Header is what the header of a log says. It is told for the record, nothing
// relies on it: in logs that were not closed it is wrong.
type Header struct {
	FirstChunk, LastChunk uint64
	NextRecord            uint64
	Major, Minor          uint16
	Chunks                uint16 // counts modulo 65,536
	Dirty, Full           bool
}

// Scanner cuts a log that is read from its beginning into chunks. It holds
// 128 KiB and no more, whatever the log. It finds its way again where bytes
// were lost or added: at the end of what it takes for a chunk there must be
// another, or zeroes, or the end; else the next chunk header counts. Zeroed
// chunks are passed over. Logs one behind the other are read as one.
type Scanner struct {
	r      io.Reader
	buf    []byte
	lo, hi int   // what of buf is not used yet
	off    int64 // of buf[lo] in the file
	eof    bool
	err    error
	next   int // the number of the next piece
	begun  bool
	header Header
	found  bool // a header was read
	errs   []*Error
	ledger Ledger
}

// NewScanner makes a Scanner for a log that r gives from its first byte.
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: r, buf: make([]byte, 2*chunkSize)}
}

// Next copies the next piece into c, using c.Data again, and gives false at
// the end of the log or of what can be read of it (Err).
func (s *Scanner) Next(c *Chunk) bool {
	for {
		s.fill()
		w := s.buf[s.lo:s.hi]
		if !s.begun {
			s.begun = true
			if !bytes.HasPrefix(w, fileMagic) {
				s.report(&Error{Code: CodeFileMagic, What: "no event log header", Action: ActionRead})
			}
		}
		if len(w) == 0 {
			return false
		}
		switch {
		case bytes.HasPrefix(w, fileMagic):
			s.fileHeader(w[:min(len(w), fileHeaderSize)])
		case bytes.HasPrefix(w, chunkMagic):
			s.give(c, w[:chunkEnd(w)], false)
			return true
		case bytes.Equal(w[:min(len(w), chunkSize)], zeroes[:min(len(w), chunkSize)]):
			n := min(len(w), chunkSize)
			s.ledger.Unused += int64(n)
			s.advance(n)
		default:
			s.give(c, w[:bareEnd(w)], true)
			return true
		}
	}
}

// Err gives the error that ended the input early, nil at its end. It is in
// Errors too.
func (s *Scanner) Err() error { return s.err }

// Errors gives what is wrong outside of chunks: the file header, the input.
func (s *Scanner) Errors() []*Error { return s.errs }

// Ledger counts the bytes outside of chunks: headers and zeroed chunks.
func (s *Scanner) Ledger() Ledger { return s.ledger }

// Size is how many bytes were passed to the caller or accounted for.
func (s *Scanner) Size() int64 { return s.off }

// fill gets the buffer full, or as full as the input can make it.
func (s *Scanner) fill() {
	if s.eof || s.hi-s.lo > chunkSize+fileHeaderSize {
		return
	}
	copy(s.buf, s.buf[s.lo:s.hi])
	s.lo, s.hi = 0, s.hi-s.lo
	idle := 0
	for s.hi < len(s.buf) {
		n, err := s.r.Read(s.buf[s.hi:])
		s.hi += n
		if n > 0 {
			idle = 0
		} else if idle++; err == nil && idle == 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			s.eof = true
			if !errors.Is(err, io.EOF) {
				s.err = err
				s.errs = append(s.errs, &Error{Code: CodeRead, Offset: s.off + int64(s.hi), Chunk: -1, What: "the input failed", Action: ActionStopped, Cause: err})
			}
			return
		}
	}
}

func (s *Scanner) advance(n int) {
	s.lo += n
	s.off += int64(n)
}

func (s *Scanner) report(e *Error) {
	e.Offset, e.Chunk = s.off, -1
	s.errs = append(s.errs, e)
}

func (s *Scanner) give(c *Chunk, data []byte, bare bool) {
	c.Index, c.Offset, c.Bare = s.next, s.off, bare
	c.Data = append(c.Data[:0], data...)
	s.next++
	s.advance(len(data))
}

// fileHeader reads a file header for the record and passes over its block.
func (s *Scanner) fileHeader(b []byte) {
	if len(b) < 128 {
		s.report(&Error{Code: CodeFileTruncated, Length: int64(len(b)), What: "file header cut", Action: ActionBytesSkipped})
		s.ledger.Skipped += int64(len(b))
		s.advance(len(b))
		return
	}
	h := Header{
		FirstChunk: binary.LittleEndian.Uint64(b[8:]), LastChunk: binary.LittleEndian.Uint64(b[16:]),
		NextRecord: binary.LittleEndian.Uint64(b[24:]),
		Minor:      binary.LittleEndian.Uint16(b[36:]), Major: binary.LittleEndian.Uint16(b[38:]),
		Chunks: binary.LittleEndian.Uint16(b[42:]),
	}
	flags := binary.LittleEndian.Uint32(b[120:])
	h.Dirty, h.Full = flags&1 != 0, flags&2 != 0
	if h.Major != 3 {
		s.report(&Error{Code: CodeFileVersion, What: fmt.Sprintf("unknown version %d.%d of the format", h.Major, h.Minor), Action: ActionRead})
	}
	if flags&noChecksum == 0 && crc32.ChecksumIEEE(b[:120]) != binary.LittleEndian.Uint32(b[124:]) {
		s.report(&Error{Code: CodeFileChecksum, Length: 128, What: "wrong checksum of the file header", Action: ActionRead})
	}
	if len(b) < fileHeaderSize {
		s.report(&Error{Code: CodeFileTruncated, Length: int64(len(b)), What: "file header block cut", Action: ActionRead})
	}
	if !s.found {
		s.header, s.found = h, true
	}
	// Some writers put the first chunk behind a shorter block: what counts is where it is.
	n := len(b)
	if at := bytes.Index(b[128:], chunkMagic); at >= 0 && validChunkHeader(b[128+at:]) {
		n = 128 + at
	}
	s.ledger.Parsed += int64(n)
	s.advance(n)
}

// chunkEnd says where the chunk that begins w ends. That is 65,536 bytes on,
// or at the end of the input, unless bytes of the chunk were lost and another
// header stands before: one is looked for only behind the records that hang
// together, so that nothing written into an event can cut a chunk.
func chunkEnd(w []byte) int {
	n := min(len(w), chunkSize)
	if rest := w[n:]; bytes.HasPrefix(rest, chunkMagic) || bytes.HasPrefix(rest, fileMagic) {
		return n
	}
	from := recordArea
	for from < n {
		size, _ := recordAt(w[:n], from)
		if size == 0 {
			break
		}
		from += size
	}
	return nextHeader(w, from, n)
}

// bareEnd says where bytes that begin with no magic end: at the next header,
// or where a chunk would end.
func bareEnd(w []byte) int { return nextHeader(w, 1, min(len(w), chunkSize)) }

// nextHeader gives the position of the first header of a file or a chunk in
// w[from:to], to when there is none.
func nextHeader(w []byte, from, to int) int {
	for from < to {
		at := bytes.Index(w[from:min(len(w), to+magicSize-1)], chunkMagic[:3])
		if at < 0 || from+at >= to {
			return to
		}
		from += at
		if validChunkHeader(w[from:]) || validFileHeader(w[from:]) {
			return from
		}
		from++
	}
	return to
}

// validChunkHeader says if b begins as a chunk: the magic alone may stand in
// any value. A header cut by the end of the input counts with what there is.
func validChunkHeader(b []byte) bool {
	return bytes.HasPrefix(b, chunkMagic) && (len(b) < 44 || binary.LittleEndian.Uint32(b[40:]) == chunkHeaderSize)
}

func validFileHeader(b []byte) bool {
	return bytes.HasPrefix(b, fileMagic) && (len(b) < 36 || binary.LittleEndian.Uint32(b[32:]) == chunkHeaderSize)
}
