package intake

import (
	"bytes"
	"context"
	"hash"
	"io"

	"vigie/internal/record"
)

// source hashes and counts what is read, and watches for the end of the run.
type source struct {
	r     io.Reader
	sum   hash.Hash // nil: not wanted
	ctx   context.Context
	n     int64
	ahead []byte
	err   error
}

// peek reads up to n first bytes, which Read then gives again.
func (s *source) peek(n int) ([]byte, error) {
	buf := make([]byte, n)
	m, err := io.ReadFull(s.r, buf)
	s.hash(buf[:m])
	s.n += int64(m)
	s.ahead = buf[:m]
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	s.err = err
	return s.ahead, err
}

// drain reads to the end what is no log by its start, and tells which log it is
// all the same when its name or a later part of it says so: zeros or rubbish
// before the first record must not make a log vanish. Other when nothing does.
func (s *source) drain(name string) (record.Kind, error) {
	kind := record.NamedKind(name)
	look := record.LogName(name)
	buf := make([]byte, record.SniffSize)
	read := false
	for {
		n, err := io.ReadFull(s, buf)
		read = read || n > 0
		if look && kind == record.Other {
			part := buf[:n]
			if i := bytes.IndexByte(part, '\n'); i >= 0 {
				part = part[i+1:]
			}
			if k := record.Sniff(part, "").Kind; k != record.EVTX && k != record.Exchange {
				kind = k
			}
		}
		if err != nil {
			if err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			if !read {
				kind = record.Other
			}
			return kind, err
		}
	}
}

func (s *source) hash(b []byte) {
	if s.sum != nil {
		s.sum.Write(b)
	}
}

func (s *source) skip(n int) { s.ahead = s.ahead[min(n, len(s.ahead)):] }

func (s *source) Read(p []byte) (int, error) {
	if len(s.ahead) > 0 {
		n := copy(p, s.ahead)
		s.ahead = s.ahead[n:]
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.r.Read(p)
	s.hash(p[:n])
	s.n += int64(n)
	s.err = err
	return n, err
}
