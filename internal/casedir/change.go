package casedir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vigie/internal/ledger"
	"vigie/internal/seal"
)

// Writer says who writes and when.
type Writer struct {
	Author string
	Now    func() time.Time // time.Now when nil
}

// Create makes the folder of a new case, with whose case it is as first entry. It refuses a folder that holds anything.
func Create(path string, w Writer, subject ledger.Subject) (*Dir, error) {
	if names, err := os.ReadDir(path); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	d := &Dir{Path: path, State: ledger.NewState()}
	subject.CaseID = newID()
	_, err := d.file(w.Now).Change(func(tx *ledger.Tx) error { return tx.Append(w.Author, ledger.KindSubject, subject) })
	if err != nil {
		return nil, err
	}
	return Open(path)
}

// newID makes a case's own number: 16 random bytes in hex.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// ErrAlone says that a bare case.json has no ledgers to write to.
var ErrAlone = errors.New("a case.json alone has no ledgers: give the case folder")

// Change appends to the ledgers of the case: see [ledger.File.Change]. The state of the change is joined to the case. A case that has no ledger
// yet gets one, with its case number and its first revision.
func (d *Dir) Change(w Writer, make func(*ledger.Tx) error) error {
	if d.Alone {
		return ErrAlone
	}
	return d.change(w, make)
}

func (d *Dir) change(w Writer, make func(*ledger.Tx) error) error {
	s, err := d.file(w.Now).Change(func(tx *ledger.Tx) error {
		s := tx.State
		if n := len(s.Revisions); n > 0 && s.Revisions[n-1].SHA256 != d.SHA256 || n == 0 && !d.Checked {
			// Another program has revised the case since it was opened, or one died while doing so.
			d.State = s
			if err := d.readCase(filepath.Join(d.Path, CaseName)); err != nil {
				return err
			}
		}
		if d.pending {
			if err := d.settle(); err != nil {
				return err
			}
		}
		if s.Subject.CaseID == "" {
			if err := tx.Append(w.Author, ledger.KindSubject, ledger.Subject{CaseID: newID()}); err != nil {
				return err
			}
		}
		if d.Checked && len(s.Revisions) == 0 {
			if err := d.revision(tx, d.Case, d.SHA256, d.size, w); err != nil {
				return err
			}
		}
		s.Join(d.Case)
		return make(tx)
	})
	if err != nil {
		return err
	}
	s.Join(d.Case)
	d.State, d.Torn = s, nil
	return nil
}

// Append is Change for entries that depend on nothing.
func (d *Dir) Append(w Writer, kind ledger.Kind, body any) error {
	return d.Change(w, func(tx *ledger.Tx) error { return tx.Append(w.Author, kind, body) })
}

// Manifest lists what a report of the case rests on: the case, the chain up to its head, older revisions, attachments, rules, knowledge
// and evidence. version is the program's.
func (d *Dir) Manifest(now time.Time, version string) (*seal.Manifest, error) {
	m := seal.NewManifest(d.Case, now, version)
	m.CaseID, m.Ledger = d.State.Subject.CaseID, d.State.Head
	files := []string{}
	if d.Checked {
		files = append(files, CaseName)
	}
	for i := range d.State.Revisions {
		r := &d.State.Revisions[i]
		if r.SHA256 != d.SHA256 {
			files = append(files, revisionName(r.N, r.SHA256))
		}
	}
	for _, a := range d.State.Attachments() {
		files = append(files, a.File)
	}
	for _, f := range files {
		h, err := seal.HashFile(filepath.Join(d.Path, filepath.FromSlash(f)), f)
		if err != nil {
			return nil, err
		}
		if f == CaseName {
			c := h
			m.Case = &c
		}
		m.Rests = append(m.Rests, h)
	}
	return m, nil
}
