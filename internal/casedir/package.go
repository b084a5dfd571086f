package casedir

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"vigie/internal/ledger"
	"vigie/internal/seal"
)

// A package is a case folder in one zip file: its files by name, stored as they are, without times, rights or comments. The same case gives
// the same bytes, and a package whose bytes are not those that its files give was changed.

// Export writes a case folder, checked or not, as a package. Files that nothing in the case names are left out.
func Export(w io.Writer, d *Dir) error {
	if d.Alone {
		return ErrAlone
	}
	names := d.Files()
	return WritePackage(w, os.DirFS(d.Path), names)
}

// Files are the files of the case that stand in its folder, by path: those that the ledgers name, and the signature.
func (d *Dir) Files() []string {
	names := []string{ledger.FileName, ledger.HeadName}
	for i := range d.State.Revisions {
		names = append(names, RevisionFile(d.State, &d.State.Revisions[i]))
	}
	if d.Checked {
		names = append(names, CaseName)
	}
	for _, a := range d.State.Attachments() {
		names = append(names, a.File)
	}
	for _, n := range []string{"", seal.Ending, seal.Ending + seal.StampEnding, seal.Ending + seal.StampEnding + seal.Ending} {
		if _, err := os.Lstat(filepath.Join(d.Path, seal.ManifestName+n)); err == nil {
			names = append(names, seal.ManifestName+n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// WritePackage writes files of a case as a package, in the order of their names.
func WritePackage(w io.Writer, fsys fs.FS, names []string) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(slices.Values(names)) {
		if err := pack(z, fsys, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return z.Close()
}

func pack(z *zip.Writer, fsys fs.FS, name string) error {
	// The sum and the size stand in front of the bytes, so that no descriptor follows them: the file is read twice.
	sum := crc32.NewIEEE()
	size, err := copyFile(sum, fsys, name)
	if err != nil {
		return err
	}
	out, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: sum.Sum32(), CompressedSize64: uint64(size), UncompressedSize64: uint64(size)})
	if err != nil {
		return err
	}
	n, err := copyFile(out, fsys, name)
	if err == nil && n != size {
		err = errors.New("file changed while it was read")
	}
	return err
}

func copyFile(w io.Writer, fsys fs.FS, name string) (int64, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}

// Limits of a package that is read: it comes from a stranger.
const (
	maxPackageFiles = 100_000
	maxPackage      = 64 << 30
)

// PackageNames checks the names in a package and gives them. Only those that a case folder has are accepted.
func PackageNames(z *zip.Reader) ([]string, error) {
	if len(z.File) > maxPackageFiles {
		return nil, fmt.Errorf("%d files, limit %d", len(z.File), maxPackageFiles)
	}
	var names []string
	var total uint64
	for _, f := range z.File {
		if f.Method != zip.Store || !packageName(f.Name) {
			return nil, fmt.Errorf("%.80q is no file of a case", f.Name)
		}
		if total += f.UncompressedSize64; total > maxPackage || f.UncompressedSize64 > maxPackage {
			return nil, fmt.Errorf("over %d bytes", int64(maxPackage))
		}
		names = append(names, f.Name)
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(names))); !slices.Equal(sorted, names) {
		return nil, errors.New("files are not in order, or stand twice")
	}
	return names, nil
}

// packageName tells a name that a case folder can have: one of its own files, or one part below a folder of its own.
func packageName(name string) bool {
	if !fs.ValidPath(name) || strings.ContainsAny(name, `\:`) {
		return false
	}
	dir, file := path.Split(name)
	switch dir {
	case "":
		return slices.Contains([]string{ledger.FileName, ledger.HeadName, CaseName, seal.ManifestName, seal.ManifestName + seal.Ending,
			seal.ManifestName + seal.Ending + seal.StampEnding, seal.ManifestName + seal.Ending + seal.StampEnding + seal.Ending}, file)
	case Revisions + "/", Attachments + "/":
		return strings.Trim(file, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && !strings.HasPrefix(file, ".")
	}
	return false
}

// SamePackage tells whether a package has exactly the bytes that its files give, so that no byte between them was changed either.
func SamePackage(r io.ReaderAt, size int64, z *zip.Reader, names []string) error {
	same := &comparer{r: io.NewSectionReader(r, 0, size)}
	if err := WritePackage(same, z, names); err != nil {
		return err
	}
	if same.n != size {
		return errDiffers
	}
	return nil
}

var errDiffers = errors.New("its bytes are not those that its files give")

// comparer is a writer that accepts only what a reader gives.
type comparer struct {
	r   io.Reader
	n   int64
	buf []byte
}

func (c *comparer) Write(p []byte) (int, error) {
	if len(c.buf) < len(p) {
		c.buf = make([]byte, len(p))
	}
	if _, err := io.ReadFull(c.r, c.buf[:len(p)]); err != nil || !bytes.Equal(c.buf[:len(p)], p) {
		return 0, errDiffers
	}
	c.n += int64(len(p))
	return len(p), nil
}

// Import unpacks a package into a new case folder.
func Import(dir string, r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return err
	}
	names, err := PackageNames(z)
	if err != nil {
		return err
	}
	if err := SamePackage(r, size, z, names); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range names {
		if d := path.Dir(name); d != "." {
			if err := root.MkdirAll(d, 0o700); err != nil {
				return err
			}
		}
		out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = copyFile(out, z, name)
		if err == nil {
			err = out.Sync()
		}
		if err = errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	return nil
}
