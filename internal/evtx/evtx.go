// Package evtx reads Windows event logs, damaged ones too.
//
// It is made for evidence that an attacker may have written, cut or changed:
//
//   - The natural input is a stream. A Scanner cuts it into chunks of 64 KiB, a
//     Decoder gives the events of one chunk after the other. Chunks do not
//     depend on each other: several goroutines, each with a Decoder, may work
//     on the chunks of one log. File is the simple way, in one goroutine.
//   - A bad record costs one record, a bad template the names of its values,
//     a bad chunk header nothing. Bytes lost or added cost the chunk they were
//     in what they held. Records left in unused space are recovered.
//   - Every size, count and position is checked before it is used; nothing is
//     allocated on the word of the file. Depth, memory and work have bounds,
//     named constants here, that no real log meets: a record is at most 64 KiB,
//     with 1,024 values, 64 templates and 512 elements deep; a chunk may cost
//     maxChunkWork.
//   - What is wrong is an *Error with its place, and a Ledger says of each byte
//     if it was parsed, recovered, unused or skipped. A Report gathers both over
//     the chunks of a log.
//
// Templates are compiled to programs that make the flat fields of an Event in
// one pass over its values, or write them as JSON at once. The XML and JSON of the event at hand are made on
// demand, by a walk over the same templates.
//
// Sources of the format: libyal/libevtx, "Windows XML Event Log (EVTX)
// format"; Microsoft, [MS-EVEN6] 2.2.12 and 3.1.4.7; checked against the
// output of libevtx, Velocidex/evtx and omerbenamram/evtx.
package evtx

import (
	"io"
	"iter"
)

// File is an event log of known size.
type File struct {
	r      io.ReaderAt
	size   int64
	opt    Options
	ledger Ledger
	header Header
	ok     bool
}

// Open makes a File of size bytes. It reads only the header; the error is that
// of the input. A file that does not begin as an event log is no error here:
// its chunks may still be there, and Events tells.
func Open(r io.ReaderAt, size int64, opt Options) (*File, error) {
	f := &File{r: r, size: size, opt: opt}
	head := make([]byte, min(size, fileHeaderSize))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, err
	}
	if validFileHeader(head) {
		s := Scanner{}
		s.fileHeader(head)
		f.header, f.ok = s.header, s.found
	}
	return f, nil
}

// Header gives the header of the log; ok is false when there is none.
func (f *File) Header() (h Header, ok bool) { return f.header, f.ok }

// Events gives the events of the log in the order of the file, and what is
// wrong with it, as *Error, where it is met. With Options.Borrow an event is
// valid until the next.
func (f *File) Events() iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		f.ledger = Ledger{}
		s := NewScanner(io.NewSectionReader(f.r, 0, f.size))
		d := NewDecoder(f.opt)
		told := 0
		tell := func(errs []*Error) bool {
			for _, e := range errs {
				if !yield(nil, e) {
					return false
				}
			}
			return true
		}
		var c Chunk
		for s.Next(&c) {
			if !tell(s.Errors()[told:]) {
				return
			}
			told = len(s.Errors())
			if !events(d, &c, yield, tell) {
				return
			}
			f.ledger.Add(d.Ledger())
		}
		f.ledger.Add(s.Ledger())
		tell(s.Errors()[told:])
	}
}

// events gives the events and errors of one chunk.
func events(d *Decoder, c *Chunk, yield func(*Event, error) bool, tell func([]*Error) bool) bool {
	d.Start(c)
	told := 0
	for {
		ev := new(Event)
		more := d.Next(ev)
		if !tell(d.Errors()[told:]) {
			return false
		}
		told = len(d.Errors())
		if !more {
			return true
		}
		if !yield(ev, nil) {
			return false
		}
	}
}

// Ledger says what became of the bytes of the log, after Events ran to its end.
func (f *File) Ledger() Ledger { return f.ledger }
