package collect

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// Disk gives the files of a Windows machine under the names that it gives them
// itself: the machine on which we run, or a mounted image of one.
type Disk struct {
	// drives maps a lower-case letter to the folder that stands for it.
	drives map[byte]string
	// fold is true when names must be looked for without regard to case, since the system that mounts the image regards it.
	fold bool
}

// ErrNoSystem says that there is no Windows disk to read.
var ErrNoSystem = errors.New("no Windows disk")

// OpenDisk gives the disks of the machine itself when root is empty (on Windows),
// else those of an image: root is the system drive, or a folder of drives named C, D…
func OpenDisk(root string) (*Disk, error) {
	d := &Disk{drives: map[byte]string{}, fold: runtime.GOOS != "windows"}
	if root == "" {
		if runtime.GOOS != "windows" {
			return nil, ErrNoSystem
		}
		for c := byte('a'); c <= 'z'; c++ {
			if name := string(c&^0x20) + `:\`; exists(name) {
				d.drives[c] = name
			}
		}
		return d, nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ":")
		if e.IsDir() && len(name) == 1 && name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z' {
			d.drives[name[0]|0x20] = filepath.Join(root, e.Name())
		}
		if e.IsDir() && strings.EqualFold(name, "Windows") {
			d.drives = map[byte]string{'c': root}
			break
		}
	}
	if len(d.drives) == 0 {
		d.drives['c'] = root
	}
	return d, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// Drives lists the letters, lower case, sorted.
func (d *Disk) Drives() []byte {
	var list []byte
	for c := range d.drives {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}

// host finds the folder or file that the parts of a Windows path name. The
// names that the disk gives the parts come back as well.
func (d *Disk) host(parts []string) (host string, names []string, ok bool) {
	if len(parts) == 0 || len(parts[0]) != 2 || parts[0][1] != ':' {
		return "", nil, false
	}
	host, ok = d.drives[parts[0][0]|0x20]
	if !ok {
		return "", nil, false
	}
	names = append(names, strings.ToUpper(parts[0]))
	for _, part := range parts[1:] {
		name, ok := d.look(host, part)
		if !ok {
			return "", nil, false
		}
		host = filepath.Join(host, name)
		names = append(names, name)
	}
	return host, names, true
}

// look finds a name in a folder; the exact one goes before one of other case. Links are not followed.
func (d *Disk) look(dir, name string) (string, bool) {
	if name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return "", false
	}
	if info, err := os.Lstat(filepath.Join(dir, name)); err == nil {
		return name, info.Mode()&fs.ModeSymlink == 0
	}
	if !d.fold {
		return "", false
	}
	names, err := namesOf(dir)
	if err != nil {
		return "", false
	}
	for _, n := range names {
		if strings.EqualFold(n, name) {
			info, err := os.Lstat(filepath.Join(dir, n))
			return n, err == nil && info.Mode()&fs.ModeSymlink == 0
		}
	}
	return "", false
}

// namesOf lists a folder by name. Only names are held, since a folder may have a million.
func namesOf(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	sort.Strings(names)
	return names, err
}

// ReadFile reads a small file by its Windows path.
func (d *Disk) ReadFile(path string, limit int64) ([]byte, error) {
	host, _, ok := d.host(splitPath(path))
	if !ok {
		return nil, fs.ErrNotExist
	}
	f, err := openShared(host)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit)
}

// found is one thing that a walk comes upon.
type found struct {
	names []string // parts of its path, as the disk has them
	host  string
	info  fs.FileInfo // nil when err is not
	err   error       // a folder that cannot be listed, a file that cannot be looked at
}

// path is the name that the machine itself gives it.
func (f *found) path() string { return strings.Join(f.names, `\`) }

// maxDepth ends a walk into folders that have no end; no Windows path of 32,767 characters is that deep by honest work.
const maxDepth = 128

// walk goes through what fits one of the patterns below base, in the order of
// names, and gives it to yield; links are given and not followed. What comes
// before or at after is left out.
func (d *Disk) walk(base []string, pats []pattern, after []string, yield func(*found) error) error {
	host, names, ok := d.host(base)
	if !ok {
		return nil
	}
	info, err := os.Lstat(host)
	f := &found{names, host, info, err}
	if err != nil || !info.IsDir() {
		if fits(pats, lower(names)) && comparePath(names, after) > 0 {
			return yield(f)
		}
		return nil
	}
	return d.walkDir(f, pats, after, yield)
}

func (d *Disk) walkDir(dir *found, pats []pattern, after []string, yield func(*found) error) error {
	list, err := namesOf(dir.host)
	if err != nil {
		if comparePath(dir.names, after) > 0 {
			if err := yield(&found{names: dir.names, host: dir.host, err: err}); err != nil {
				return err
			}
		}
	}
	host, release := shortPath(dir.host)
	defer release()
	for _, name := range list {
		f := &found{names: append(dir.names[:len(dir.names):len(dir.names)], name), host: filepath.Join(host, name)}
		if before(f.names, after) {
			continue
		}
		parts := lower(f.names)
		f.info, f.err = os.Lstat(f.host)
		switch {
		case f.err == nil && f.info.IsDir():
			if !mayHold(pats, parts) {
				continue
			}
			if len(f.names) > maxDepth {
				f.info, f.err = nil, errors.New("too deep")
				if err := yield(f); err != nil {
					return err
				}
				continue
			}
			if err := d.walkDir(f, pats, after, yield); err != nil {
				return err
			}
		case (fits(pats, parts) || f.err != nil && mayHold(pats, parts)) && comparePath(f.names, after) > 0: // what cannot be looked at may be a folder
			if err := yield(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func mayHold(pats []pattern, parts []string) bool {
	return slices.ContainsFunc(pats, func(p pattern) bool { return p.mayHold(parts) })
}

func fits(pats []pattern, parts []string) bool {
	return slices.ContainsFunc(pats, func(p pattern) bool { return p.match(parts) })
}

func lower(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if !utf8.ValidString(n) {
			out[i] = n // ToLower would make different bytes alike
			continue
		}
		out[i] = strings.ToLower(n)
	}
	return out
}

// comparePath orders paths as a walk meets them.
func comparePath(a, b []string) int { return slices.Compare(a, b) }

// before tells whether a thing and all that may stand below it come before or at the mark.
func before(names, mark []string) bool {
	n := min(len(names), len(mark))
	return slices.Compare(names[:n], mark[:n]) < 0
}
