package vgz

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// JournalSuffix names the file beside a package that says how to go on.
const JournalSuffix = ".journal"

// journal is a file of JSON lines: what the package is, then the state after
// each batch. A line is written after its batch is on disk, so the last whole
// line is always true.
type journal struct {
	f    *os.File
	good state
}

// journalHead is the first line.
type journalHead struct {
	Header    Header `json:"header"`
	Part      int64  `json:"part,omitempty"`
	Encrypted bool   `json:"encrypted,omitempty"`
}

func createJournal(name string, h *Header, part int64, encrypted bool) (*journal, error) {
	f, err := os.OpenFile(name+JournalSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.line(journalHead{*h, part, encrypted}); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func (j *journal) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(append(b, '\n')); err != nil {
		return err
	}
	return j.f.Sync()
}

func (j *journal) add(s state) error {
	if err := j.line(s); err != nil {
		return err
	}
	j.good = s
	return nil
}

// last is the state of the last batch on disk.
func (j *journal) last() (state, error) {
	if j.good.Offset == 0 {
		return state{}, errors.New("nothing is on disk yet")
	}
	return j.good, nil
}

func (j *journal) close() error { return j.f.Close() }

func (j *journal) remove() error {
	return errors.Join(j.f.Close(), os.Remove(j.f.Name()))
}

// maxJournalLine bounds a line of a journal, which has a path in it.
const maxJournalLine = 1 << 20

// readJournal gives the first line, the last good one, and where that one ends. A line that was cut by a kill is the end.
func readJournal(name string) (head journalHead, last state, end int64, err error) {
	f, err := os.Open(name + JournalSuffix)
	if err != nil {
		return head, last, 0, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 64<<10)
	line, err := readLine(in)
	if err == nil {
		err = json.Unmarshal(line, &head)
	}
	if err != nil {
		return head, last, 0, fmt.Errorf("%s: line 1: %w", name+JournalSuffix, err)
	}
	end = int64(len(line)) + 1
	for {
		line, err := readLine(in)
		if err != nil {
			break
		}
		var s state
		if json.Unmarshal(line, &s) != nil {
			break
		}
		last = s
		end += int64(len(line)) + 1
	}
	if last.Offset == 0 {
		return head, last, end, fmt.Errorf("%s: nothing is on disk yet", name+JournalSuffix)
	}
	return head, last, end, nil
}

// readLine gives a whole line without its end.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			return bytes.TrimSuffix(line, []byte("\n")), nil
		}
		if err != bufio.ErrBufferFull || len(line) > maxJournalLine {
			return nil, io.ErrUnexpectedEOF
		}
	}
}

// Resume goes on with a package that was interrupted: after its last batch that
// is on disk. mark is what the last Commit was given. What was written of an
// encrypted package cannot be appended to: a second one is begun, named by next,
// whose header points to the first.
func Resume(name, next string, opt Options) (w *Writer, mark string, err error) {
	head, s, end, err := readJournal(name)
	if err != nil {
		return nil, "", err
	}
	if head.Encrypted != (len(opt.To) > 0) {
		return nil, "", errors.New("the package was begun with other recipients")
	}
	h := head.Header
	if head.Encrypted {
		h.Continues = &Continues{ID: h.ID, Batch: s.Batch, Head: s.Head}
		now := opt.Now
		if now == nil {
			now = time.Now
		}
		h.Started = now().UTC()
		w, err = Create(next, h, opt)
		return w, s.Mark, err
	}
	opt.Part = head.Part
	if w, err = newWriter(h, opt); err != nil {
		return nil, "", err
	}
	if w.sink, err = reopenSink(name, head.Part, s.Offset); err != nil {
		return nil, "", err
	}
	f, err := os.OpenFile(name+JournalSuffix, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		w.sink.Close()
		return nil, "", err
	}
	s.Resumed++
	w.journal, w.state = &journal{f: f}, s
	err = f.Truncate(end) // a line that was cut off must not run into the next one
	if err == nil {
		err = w.journal.add(s)
	}
	if err != nil {
		w.abandon()
		return nil, "", err
	}
	return w, s.Mark, nil
}
