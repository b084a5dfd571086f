// Package evidence opens folders, archives and single files as a list of
// items, read-only and within budgets.
//
// Everything it reads may have been made by an attacker: the bytes, the
// structure of the archives and every name. It is made for that. No stored name
// is ever used as a path; links and devices are listed and left alone; what a
// file is says its content; every length is a claim until the bytes are there;
// every limit that is reached leaves a casefile.Gap. Bytes before a fault are
// delivered, then the fault: one bad entry costs one entry.
//
// Memory is flat: items are streams. An index is kept of one zip or 7z at a
// time, and nested archives up to Limits.MemoryBytes are held in memory. The
// only files ever written are temporary ones under Options.TempDir, for nested
// zip and 7z archives that are larger.
//
// Not covered: rar, cab and encrypted archives are named and not opened; a zip
// behind other data is found only at the end of a file on disk, or of an
// archive that can be read at random; a 7z whose header is lost yields nothing;
// before a cut, bzip2, zstd and LZMA2 (xz, 7z) deliver their whole blocks and
// not the part of the last one. LZMA and LZMA2 decode at about 90 MB/s.
package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"vigie/internal/casefile"
)

// Options are the few settings of Open.
type Options struct {
	Limits  Limits    // zero fields take their defaults
	Stdin   io.Reader // what the PATH "-" reads
	TempDir string    // where temporary files go; os.TempDir when empty
	// Whole tells by its logical name that a file is delivered as an item even when it is a container too: a page of a web server runs whatever its
	// first bytes look like. nil: none is.
	Whole func(logical string) bool
}

// Source is evidence that was opened.
type Source struct {
	limits  Limits
	tempDir string
	whole   func(logical string) bool // nil: none
	args    []argument

	gaps       gapBook
	read       atomic.Int64
	spooled    atomic.Int64
	walked     atomic.Bool
	mu         sync.Mutex
	containers []casefile.LedgerItem
	packages   []Package
	listings   []*sumList
	temps      []string // temporary files that could not be unlinked while open
	total      int64
	totalOnce  sync.Once
}

// argument is one PATH of the user.
type argument struct {
	path    string // as given; "-" is standard input
	base    string // escaped base name
	prefix  place  // in front of the names of this argument; empty when there is one PATH
	info    fs.FileInfo
	root    *os.Root // folders
	stdin   io.Reader
	special bool // named by the user, but neither file nor folder
}

// Item is one file of evidence.
type Item struct {
	// Path is for people: containers joined by "!", hostile characters escaped
	// (see Unescape). It is unique in a Source.
	Path string
	// Logical is Path without the names of containers, with "/" between its
	// parts: equal for the same evidence as folder, zip or tar.gz. Two
	// containers may give the same logical name; order by Logical, then Path.
	Logical string
	// Size is -1 when it is not known before reading. In archives it is a
	// claim; no more than that is ever delivered.
	Size    int64
	Written Written
	// Sequential items must be opened and read inside visit. Others may be
	// opened later and from another goroutine, until Source.Close.
	Sequential bool
	// Opaque names the kind of a container that is delivered as plain bytes
	// since it was not opened (rar, cab, nested too deep); a Gap says why.
	Opaque string

	open func() (io.ReadCloser, error)
	used atomic.Bool
}

// Open gives the content, once. Reading ends with io.EOF, with a *ReadError
// after the good bytes, or with the error of the context of Walk. Gaps are
// noted in the Source by the reader; callers must not add them again.
func (it *Item) Open() (io.ReadCloser, error) {
	if it.used.Swap(true) {
		return nil, errors.New("evidence: item opened twice, or after its turn: " + it.Path)
	}
	return it.open()
}

// Open opens the evidence that the user named. It fails only when a PATH does
// not exist or cannot be opened at all; whatever is wrong inside is a Gap. The
// order of the paths does not matter, and a path given twice counts once.
func Open(paths []string, opt Options) (_ *Source, err error) {
	s := &Source{limits: opt.Limits.orDefault(), tempDir: opt.TempDir, whole: opt.Whole}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	seen := map[string]bool{}
	for _, p := range paths {
		clean := p
		if p != "-" {
			clean = filepath.Clean(p)
		}
		if seen[clean] {
			continue
		}
		seen[clean] = true
		a := argument{path: clean}
		if p == "" {
			return nil, errors.New("open: empty path")
		}
		if p == "-" {
			if opt.Stdin == nil {
				return nil, errors.New("open -: no standard input")
			}
			a.stdin, a.base = opt.Stdin, "stdin"
		} else if err := a.openPath(); err != nil {
			return nil, err
		}
		s.args = append(s.args, a)
	}
	if len(s.args) == 0 {
		return nil, errors.New("open: no path given")
	}
	slices.SortFunc(s.args, func(a, b argument) int {
		if c := strings.Compare(a.base, b.base); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	s.prefix()
	return s, nil
}

// openPath looks at a PATH. A link given as PATH is followed: the user named
// it; no other link ever is.
func (a *argument) openPath() error {
	info, err := os.Stat(a.path)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	a.info = info
	base := filepath.Base(a.path)
	if base == "." || base == ".." || base == string(filepath.Separator) {
		if abs, err := filepath.Abs(a.path); err == nil {
			base = filepath.Base(abs)
		}
	}
	a.base = escape(strings.Trim(base, `/\`), true)
	if a.base == "" {
		a.base = "root"
	}
	switch {
	case info.IsDir():
		if a.root, err = os.OpenRoot(a.path); err != nil {
			return fmt.Errorf("open: %w", err)
		}
		d, err := a.root.Open(".")
		if err == nil {
			_, err = d.ReadDir(1)
			d.Close()
		}
		if err != nil && err != io.EOF {
			a.root.Close()
			return fmt.Errorf("open: %w", err)
		}
	case info.Mode().IsRegular():
		f, err := os.OpenFile(a.path, os.O_RDONLY|openFlags, 0)
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		f.Close()
	default:
		a.special = true
	}
	return nil
}

// prefix names the arguments when there are several. The display name is the
// base name; the logical one also drops the ending of an archive, so that web
// and web.zip give the same names.
func (s *Source) prefix() {
	several := len(s.args) > 1
	shown, logical := map[string]bool{}, map[string]bool{}
	for i := range s.args {
		a := &s.args[i]
		if !several {
			continue
		}
		a.prefix.display = number(a.base, shown)
		name := a.base
		if a.root == nil {
			name = bareName(name)
		}
		a.prefix.logical = number(name, logical)
	}
}

// number makes a name new by ~2, ~3… behind it.
func number(name string, seen map[string]bool) string {
	n := name
	for i := 2; seen[n]; i++ {
		n = name + "~" + strconv.Itoa(i)
	}
	seen[n] = true
	return n
}

// Walk visits every item in a fixed order: folders and zip archives by logical
// name, tar and 7z in the order of the archive, each container where its name
// stands. It ends early with the error of visit or of the context. It can be
// called once.
func (s *Source) Walk(ctx context.Context, visit func(*Item) error) error {
	if s.walked.Swap(true) {
		return errors.New("evidence: walked twice")
	}
	w := &walker{s: s, ctx: ctx, visit: visit}
	for i := range s.args {
		if err := w.argument(&s.args[i]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Gaps lists what could not be read, by path, offset and code. It is complete
// when Walk is done and the items are read.
func (s *Source) Gaps() []casefile.Gap {
	s.mu.Lock()
	lists := s.listings
	s.listings = nil
	s.mu.Unlock()
	for _, l := range lists {
		l.compare()
	}
	return s.gaps.list()
}

// Containers lists the archives that were opened, by path, with their hashes.
// The hash of one that could not be read to its end is empty.
func (s *Source) Containers() []casefile.LedgerItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.containers)
	slices.SortFunc(out, func(a, b casefile.LedgerItem) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Packages lists what collectors say of the machines, by folder: all of it claims. It is complete when Walk is done.
func (s *Source) Packages() []Package {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.packages)
	slices.SortFunc(out, func(a, b Package) int { return cmp.Or(strings.Compare(a.Dir, b.Dir), strings.Compare(a.Path, b.Path)) })
	return out
}

// TotalBytes is the sum of the sizes of the files that were named or stand in
// named folders, as they are now; standard input counts nothing. For progress.
func (s *Source) TotalBytes() int64 {
	s.totalOnce.Do(func() {
		for i := range s.args {
			a := &s.args[i]
			switch {
			case a.root != nil:
				s.total += s.folderBytes(a, ".", 0)
			case a.info != nil && !a.special:
				s.total += a.info.Size()
			}
		}
	})
	return s.total
}

// ReadBytes is about how much of TotalBytes was read so far; hashing a container
// before it is opened does not count. Indexes are left out and what decoders
// read ahead is in, so it may end a little below or above.
func (s *Source) ReadBytes() int64 { return s.read.Load() }

// Close removes temporary files. Items cannot be opened afterwards.
func (s *Source) Close() error {
	var errs []error
	for i := range s.args {
		if r := s.args[i].root; r != nil {
			errs = append(errs, r.Close())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.temps {
		if err := os.Remove(t); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	s.temps = nil
	return errors.Join(errs...)
}
