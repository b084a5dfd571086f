// Package casedir is the folder of a case: what the engine concluded, what people did, and the files that prove it.
//
//	case.json        the newest conclusions of the engine (package casefile)
//	revisions/       older ones, named by number and hash
//	ledger.jsonl     what people did (package ledger), with ledger.head and ledger.lock
//	attachments/     files that entries name, each named by its SHA-256
//	manifest.json    what the case holds, made and signed by "vigie case sign" (package seal), with manifest.json.sig
//
// The folder is readable by its owner alone. Nothing in it is ever rewritten but case.json, the head and the manifest.
package casedir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// Names in a case folder.
const (
	CaseName    = "case.json"
	Revisions   = "revisions"
	Attachments = "attachments"
)

// Dir is a case folder that was read.
type Dir struct {
	Path string
	// Case is what the engine concluded. It is empty, and Checked false, while no evidence was judged.
	Case    *casefile.Case
	Checked bool
	// SHA256 is the hash of case.json, "" while there is none.
	SHA256 string
	// State is what people did, joined to Case.
	State *ledger.State
	// Changed is true when case.json is not the one that the chain names: somebody changed it.
	Changed bool
	// Torn is a last line that was being written when a program died; the next write cuts it off and tells it. Nil when there is none.
	Torn    *ledger.Tail
	size    int64 // of case.json
	pending bool  // the newest case.json still stands under nextName
	// Alone is true for a bare case.json outside a case folder: it has no ledgers.
	Alone bool
}

// ErrNoCase says that a folder is no case folder, or a file no case.
var ErrNoCase = errors.New("no case")

// Open reads a case folder, or a bare case.json. The chain of the ledger is checked and a broken one refused; that case.json is the one
// that the chain names is for package verify to say. The path in errors is the file's.
func Open(path string) (*Dir, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: path, State: ledger.NewState()}
	name := path
	if st.IsDir() {
		if !Is(path) {
			return nil, fmt.Errorf("%s: %w", path, ErrNoCase)
		}
		name = filepath.Join(path, CaseName)
		if d.State, d.Torn, err = d.file(nil).Load(); err != nil {
			return nil, err
		}
	} else {
		d.Path, d.Alone = filepath.Dir(path), true
	}
	return d, d.readCase(name)
}

// readCase reads case.json, or the one that is to take its place when the chain names that.
func (d *Dir) readCase(name string) error {
	d.Case = &casefile.Case{}
	dir := os.DirFS(filepath.Dir(name))
	data, err := ledger.ReadFile(dir, filepath.Base(name))
	if errors.Is(err, fs.ErrNotExist) && !d.Alone {
		data, err = nil, nil
	}
	if n := len(d.State.Revisions); err == nil && n > 0 && hash(data) != d.State.Revisions[n-1].SHA256 {
		if next, err := ledger.ReadFile(dir, nextName); err == nil && hash(next) == d.State.Revisions[n-1].SHA256 {
			data, d.pending = next, true
		}
	}
	switch {
	case err != nil:
		return err
	case data != nil:
		if err := json.Unmarshal(data, d.Case); err != nil {
			return fmt.Errorf("%s: %w: %w", name, ErrNoCase, err)
		}
		d.Checked, d.SHA256, d.size = true, hash(data), int64(len(data))
	}
	n := len(d.State.Revisions)
	d.Changed = n > 0 && d.State.Revisions[n-1].SHA256 != d.SHA256
	d.State.Join(d.Case)
	return nil
}

// Is tells whether a folder holds a case.
func Is(dir string) bool {
	for _, name := range []string{CaseName, ledger.FileName} {
		if st, err := os.Lstat(filepath.Join(dir, name)); err == nil && st.Mode().IsRegular() {
			return true
		}
	}
	return false
}

func (d *Dir) file(now func() time.Time) *ledger.File { return &ledger.File{Dir: d.Path, Now: now} }

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
