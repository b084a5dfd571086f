// Package baseline keeps what the web folders of a known-good server hold, and tells which files of another server are the same.
//
// A baseline is a text of JSON lines: the first says what it is of, each further one names a file.
//
//	{"vigie_baseline":1,"product":"exchange","build":"15.1.2507.9","source":"EX01, installed from the ISO","date":"2026-11-23","files":2}
//	{"path":"frontend/httpproxy/owa/auth/logon.aspx","size":31337,"sha256":"…"}
//
// Paths begin with the folder that a site serves, in lower case and with slashes (webfolder.Place.Key), so neither the drive nor the folder of
// installation matters. Lines are ordered by path, each once.
package baseline

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Version is the form that is written, and the only one that is read.
const Version = 1

// Limits on what is read. An Exchange server has some ten thousand files in its web folders.
const (
	maxFiles = 1_000_000
	maxLine  = 16 << 10 // bytes: paths of Windows have at most 32,767 characters, those of web folders some hundred
)

// About says what a baseline is of.
type About struct {
	Version int    `json:"vigie_baseline"`
	Product string `json:"product"`
	Build   string `json:"build"`  // as the maker gave it; "" when he did not
	Source  string `json:"source"` // where the server came from
	Date    string `json:"date"`   // on which it was made, YYYY-MM-DD
	Files   int    `json:"files"`
}

// File is one file of a baseline.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Baseline is what a known-good server holds. It is immutable, for any number of goroutines.
type Baseline struct {
	About
	sums map[string][32]byte
}

// State is what a baseline says of a file.
type State string

// The states.
const (
	Original State = "original" // the same content at the same place
	Changed  State = "changed"  // another content at the same place
	Unlisted State = "unlisted" // no file at this place
)

// State compares a file with the one at its place. key is a webfolder.Place.Key, sum a SHA-256 in hexadecimal.
func (b *Baseline) State(key, sum string) State {
	want, ok := b.sums[key]
	switch {
	case !ok:
		return Unlisted
	case hex.EncodeToString(want[:]) == sum:
		return Original
	}
	return Changed
}

// Len is the number of files.
func (b *Baseline) Len() int { return len(b.sums) }

// Write writes a baseline. The files are put in order; of two with one path, which a file system without regard to case cannot have, the first counts.
func Write(w io.Writer, a About, files []File) error {
	slices.SortStableFunc(files, func(x, y File) int { return strings.Compare(x.Path, y.Path) })
	files = slices.CompactFunc(files, func(x, y File) bool { return x.Path == y.Path })
	a.Version, a.Files = Version, len(files)
	bw := bufio.NewWriter(w)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		return err
	}
	for i := range files {
		if err := enc.Encode(&files[i]); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// Read reads a baseline. One wrong line refuses the whole: what is compared with half of a list is told to be foreign.
func Read(r io.Reader) (*Baseline, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), maxLine)
	b := &Baseline{sums: map[string][32]byte{}}
	last := ""
	n := 0
	for sc.Scan() {
		n++
		line := bytes.TrimSpace(sc.Bytes())
		if n == 1 {
			if err := b.readAbout(line); err != nil {
				return nil, err
			}
			continue
		}
		var f File
		if err := strict(line, &f); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		sum, err := hex.DecodeString(f.SHA256)
		switch {
		case err != nil || len(sum) != 32:
			return nil, fmt.Errorf("line %d: %.80q is no SHA-256", n, f.SHA256)
		case f.Path == "" || f.Path != strings.ToLower(f.Path) || strings.Contains(f.Path, `\`):
			return nil, fmt.Errorf("line %d: path %.80q wants lower case and slashes", n, f.Path)
		case f.Path <= last && n > 2:
			return nil, fmt.Errorf("line %d: path %.80q is not in order", n, f.Path)
		case len(b.sums) >= maxFiles:
			return nil, fmt.Errorf("line %d: over %d files", n, maxFiles)
		}
		last = f.Path
		b.sums[f.Path] = [32]byte(sum)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	switch {
	case n == 0:
		return nil, fmt.Errorf("empty: want a first line with vigie_baseline")
	case len(b.sums) != b.Files:
		return nil, fmt.Errorf("%d files, the first line says %d: the baseline is cut", len(b.sums), b.Files)
	}
	return b, nil
}

func (b *Baseline) readAbout(line []byte) error {
	if err := strict(line, &b.About); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	if b.Version != Version {
		return fmt.Errorf("line 1: baseline of version %d, want %d", b.Version, Version)
	}
	if _, err := time.Parse(time.DateOnly, b.Date); err != nil {
		return fmt.Errorf("line 1: %.40q is no date YYYY-MM-DD", b.Date)
	}
	return nil
}

// strict reads one object without unknown fields and nothing behind it.
func strict(line []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more than one object")
	}
	return nil
}
