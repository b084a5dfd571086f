package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Names in a case folder.
const (
	FileName = "ledger.jsonl"
	HeadName = "ledger.head" // the Head, as JSON: shows that lines at the end were cut off by accident
	LockName = "ledger.lock" // empty; held while somebody writes
)

// MaxFile bounds a ledger in bytes: it is read whole.
const MaxFile = 512 << 20

// ErrShort says that the file ends before its head: entries were cut off.
var ErrShort = errors.New("entries at the end are missing")

// File is the ledger in a case folder. It holds no open file: each call opens what it needs, so that many programs can use a case.
type File struct {
	Dir string
	// Now gives the time of entries; time.Now when nil.
	Now func() time.Time
}

// Load reads and checks the chain as it stands. The tail is a torn last line, nil when there is none; the next Append cuts it off.
// A folder without a ledger gives an empty state. A chain that does not fit gives a [BrokenError], one that ends before its head [ErrShort].
func (f *File) Load() (*State, *Tail, error) {
	s := NewState()
	tail, err := f.load(s)
	return s, tail, err
}

func (f *File) load(s *State) (*Tail, error) {
	// The head first: whoever writes puts the line before the head, so the file read afterwards holds at least that.
	noted, err := f.readHead()
	if err != nil {
		return nil, err
	}
	data, err := ReadFile(os.DirFS(f.Dir), FileName)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	head, tail, err := Read(data, s.Add)
	s.Head = head
	if err != nil {
		return nil, err
	}
	return tail, CheckHead(data, head, noted)
}

// CheckHead compares a chain that was read with the head that was noted. The noted one may lag behind, after a crash.
func CheckHead(data []byte, head, noted Head) error {
	switch {
	case noted.Seq > head.Seq:
		return fmt.Errorf("%s: %w: %d entries, and %s tells %d", FileName, ErrShort, head.Seq, HeadName, noted.Seq)
	case noted == (Head{}):
		return nil
	}
	// The head stands in the chain: its line ends at its size, with its hash.
	end := fmt.Sprintf("%s%s\"}\n", hashKey, noted.Hash)
	if noted.Size > int64(len(data)) || !strings.HasSuffix(string(data[max(0, noted.Size-int64(len(end))):max(0, noted.Size)]), end) {
		return fmt.Errorf("%s: entry %d is not the one that %s tells", FileName, noted.Seq, HeadName)
	}
	return nil
}

// ReadFile reads a file of a case of at most MaxFile bytes.
func ReadFile(fsys fs.FS, name string) ([]byte, error) {
	r, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err == nil && len(data) > MaxFile {
		err = fmt.Errorf("%s: over %d bytes", name, MaxFile)
	}
	return data, err
}

func (f *File) readHead() (Head, error) {
	data, err := os.ReadFile(filepath.Join(f.Dir, HeadName))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, err
	}
	return ParseHead(data)
}

// ParseHead reads what is in the file of the head; it must be exactly what is written there.
func ParseHead(data []byte) (Head, error) {
	var h Head
	if err := json.Unmarshal(data, &h); err != nil || string(h.bytes()) != string(data) || h.Seq < 1 || len(h.Hash) != len(Genesis) {
		return Head{}, fmt.Errorf("%s: not written as a head is", HeadName)
	}
	return h, nil
}

func (h Head) bytes() []byte {
	return fmt.Appendf(nil, `{"seq":%d,"hash":"%s","size":%d}`+"\n", h.Seq, h.Hash, h.Size)
}

// Tx is a change of a ledger that is being made. State is the chain with what was appended so far.
type Tx struct {
	State *State
	now   func() time.Time
	lines []byte
}

// Append adds an entry. It refuses what could not be read again.
func (tx *Tx) Append(author string, kind Kind, body any) error {
	raw, err := Marshal(body)
	if err != nil {
		return err
	}
	s := tx.State
	e := Entry{Seq: s.Head.Seq + 1, Time: tx.now().UTC().Truncate(time.Second), Author: strings.ToValidUTF8(author, "\ufffd"), Kind: kind, Body: raw, Prev: Genesis}
	if s.Head.Seq > 0 {
		e.Prev = s.Head.Hash
	}
	line, err := e.encode()
	if err != nil {
		return err
	}
	if s.Head.Size+int64(len(line)) > MaxFile {
		return fmt.Errorf("%s: over %d bytes", FileName, MaxFile)
	}
	if err := s.Add(&e); err != nil {
		return err
	}
	s.Head = Head{Seq: e.Seq, Hash: e.Hash, Size: s.Head.Size + int64(len(line))}
	tx.lines = append(tx.lines, line...)
	return nil
}

// Change appends what make appends, all of it or nothing, while no other program writes. make sees the state of the chain at that
// moment (ids that it chooses are free) and may write files that entries name. When Change returns without error, the entries are on
// the disk: a crash loses none of them.
//
// A chain that does not fit is not written to. A torn last line is cut off first, and an entry of kind recovery tells it.
func (f *File) Change(make func(*Tx) error) (*State, error) {
	unlock, err := lockedfile.MutexAt(filepath.Join(f.Dir, LockName)).Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	s, tail, err := f.Load()
	if err != nil {
		return nil, err
	}
	tx := &Tx{State: s, now: f.Now}
	if tx.now == nil {
		tx.now = time.Now
	}
	if tail != nil {
		sum := sha256.Sum256(tail.Bytes)
		err := tx.Append("vigie", KindRecovery, Recovery{Offset: tail.Offset, Size: int64(len(tail.Bytes)), SHA256: hex.EncodeToString(sum[:]),
			Text: strings.ToValidUTF8(string(tail.Bytes[:min(len(tail.Bytes), 4096)]), "\ufffd")})
		if err != nil {
			return nil, err
		}
	}
	if err := make(tx); err != nil {
		return nil, err
	}
	if len(tx.lines) == 0 {
		return s, nil
	}
	if tail != nil {
		if err := os.Truncate(filepath.Join(f.Dir, FileName), tail.Offset); err != nil {
			return nil, err
		}
	}
	if err := f.write(tx.lines); err != nil {
		return nil, err
	}
	return s, f.writeHead(s.Head)
}

func (f *File) write(lines []byte) error {
	name := filepath.Join(f.Dir, FileName)
	_, statErr := os.Lstat(name)
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err = w.Write(lines); err == nil {
		err = w.Sync()
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	if statErr != nil {
		return SyncDir(f.Dir)
	}
	return nil
}

func (f *File) writeHead(h Head) error {
	tmp, err := os.CreateTemp(f.Dir, ".ledger-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(h.bytes())
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(f.Dir, HeadName))
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

// SyncDir puts the name of a new file on the disk. Windows does so by itself and cannot be asked.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
