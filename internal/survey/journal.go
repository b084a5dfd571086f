package survey

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"vigie/internal/jsonline"
	"vigie/internal/probe"
)

// Journal keeps results as they come, one JSON object a line, after a first line that says what run it is of. A run that was ended in any way
// is resumed from it: a line that was cut off is dropped, and its target visited again.
type Journal struct {
	file *os.File
	n    int
	done map[string]bool // keys of the targets that are done
}

// journalHead is the first line.
type journalHead struct {
	Journal    int    `json:"vigie_probe_journal"` // version of the form
	Permission string `json:"permission"`
}

const journalVersion = 1

// maxJournalLine is over the longest result: 200 clues of a kilobyte, escaped.
const maxJournalLine = 4 << 20

// syncEvery is after how many results the journal is written to the disk: what a power cut takes is visited again.
const syncEvery = 100

// Errors of journals that the user can do something about.
var (
	ErrNotJournal = errors.New("not a journal of vigie probe")
	ErrPermission = errors.New("the journal is of a run under another permission")
)

// OpenJournal opens or begins a journal, and gives each result that it holds.
func OpenJournal(name, permission string, each func(*Result) error) (*Journal, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f, done: map[string]bool{}}
	if err := j.replay(permission, each); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

// replay reads what is there and puts the file's end behind the last whole line.
func (j *Journal) replay(permission string, each func(*Result) error) error {
	in := bufio.NewReaderSize(j.file, 64<<10)
	var end int64
	for first := true; ; first = false {
		line, err := readJournalLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if errors.Is(err, io.EOF) { // with a line that was cut off, or none
			if first && len(line) > 0 {
				return ErrNotJournal
			}
			break
		}
		if first {
			var head journalHead
			if json.Unmarshal(line, &head) != nil || head.Journal != journalVersion {
				return ErrNotJournal
			}
			if head.Permission != permission {
				return ErrPermission
			}
			end += int64(len(line))
			continue
		}
		var r Result
		if err := json.Unmarshal(line, &r); err != nil {
			break // what follows a damaged line is visited again
		}
		end += int64(len(line))
		if t, err := probe.ParseTarget(r.Target); err == nil {
			j.done[t.Key()] = true
		}
		if err := each(&r); err != nil {
			return err
		}
	}
	if err := j.file.Truncate(end); err != nil {
		return err
	}
	if _, err := j.file.Seek(end, io.SeekStart); err != nil {
		return err
	}
	if end > 0 {
		return nil
	}
	head, err := json.Marshal(journalHead{journalVersion, permission})
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(head, '\n'))
	return err
}

// readJournalLine reads a line with its end; io.EOF comes with one that has none.
func readJournalLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxJournalLine {
			return nil, fmt.Errorf("%w: a line of over %d bytes", ErrNotJournal, maxJournalLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// Done tells whether a target needs no visit.
func (j *Journal) Done(t probe.Target) bool { return j.done[t.Key()] }

// Len is how many targets the journal had when it was opened.
func (j *Journal) Len() int { return len(j.done) }

// Add writes a result. Partial ones are left out: their targets are visited again.
func (j *Journal) Add(r *Result) error {
	if r.Partial {
		return nil
	}
	line, err := r.JSON()
	if err != nil {
		return err
	}
	if _, err := j.file.Write(line); err != nil {
		return err
	}
	if j.n++; j.n%syncEvery == 0 {
		return j.file.Sync()
	}
	return nil
}

// Close writes what is left.
func (j *Journal) Close() error {
	return errors.Join(j.file.Sync(), j.file.Close())
}

// JSON gives the result as one line, with its end, that is safe to look at.
func (r *Result) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(jsonline.NewWriter(&b))
	enc.SetEscapeHTML(false)
	err := enc.Encode(r)
	return b.Bytes(), err
}
