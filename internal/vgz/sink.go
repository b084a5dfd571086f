package vgz

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// sink writes one stream of bytes to a file, or to numbered files of at most part bytes each (x.vgz.001, x.vgz.002, joined by `cat`).
type sink struct {
	base string
	part int64 // 0: one file
	off  int64 // bytes of the whole stream so far
	f    *os.File
}

// partName is the file that holds the byte at off.
func (s *sink) partName(off int64) string {
	if s.part == 0 {
		return s.base
	}
	return fmt.Sprintf("%s.%03d", s.base, off/s.part+1)
}

// createSink makes the first file; one that exists is never written over.
func createSink(base string, part int64) (*sink, error) {
	s := &sink{base: base, part: part}
	f, err := os.OpenFile(s.partName(0), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	s.f = f
	return s, nil
}

// reopenSink goes on at off: later bytes are cut off, later files removed.
func reopenSink(base string, part, off int64) (*sink, error) {
	s := &sink{base: base, part: part, off: off}
	at := off
	if part > 0 {
		if at = off % part; at == 0 && off > 0 {
			at, off = part, off-1 // the part before is full; the next is made by the next write
		}
	}
	name := s.partName(off)
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < at {
		err = fmt.Errorf("%s: %d bytes, the journal says %d", filepath.Base(name), info.Size(), at)
	}
	if err == nil {
		err = f.Truncate(at)
	}
	if err == nil {
		_, err = f.Seek(at, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	s.f = f
	if part > 0 {
		for n := off + part; ; n += part {
			if err := os.Remove(s.partName(n)); err != nil {
				break
			}
		}
	}
	return s, nil
}

func (s *sink) Write(p []byte) (int, error) {
	done := 0
	for len(p) > 0 {
		n := int64(len(p))
		if s.part > 0 {
			room := s.part - s.off%s.part
			if s.off > 0 && s.off%s.part == 0 {
				if err := s.next(); err != nil {
					return done, err
				}
			}
			n = min(n, room)
		}
		w, err := s.f.Write(p[:n])
		s.off += int64(w)
		done += w
		if err != nil {
			return done, err
		}
		p = p[n:]
	}
	return done, nil
}

// next opens the file for the byte at s.off, when it is not open.
func (s *sink) next() error {
	name := s.partName(s.off)
	if s.f.Name() == name {
		return nil
	}
	if err := errors.Join(s.f.Sync(), s.f.Close()); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	s.f = f
	return nil
}

// cut takes back what was written after off.
func (s *sink) cut(off int64) error {
	if err := s.f.Close(); err != nil {
		return err
	}
	t, err := reopenSink(s.base, s.part, off)
	if err != nil {
		return err
	}
	*s = *t
	return nil
}

func (s *sink) Sync() error  { return s.f.Sync() }
func (s *sink) Close() error { return errors.Join(s.f.Sync(), s.f.Close()) }
