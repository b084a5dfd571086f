package analysis

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"vigie/internal/casefile"
)

// codes lists the codes of gaps about a path.
func codes(c *casefile.Case, path string) (out []string) {
	for _, g := range c.Gaps {
		if strings.Contains(g.Path, path) {
			out = append(out, g.Code)
		}
	}
	return out
}

// TestPageLikeContainer has web shells that begin as containers do: a web server runs them all the same.
func TestPageLikeContainer(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"zip": "PK\x03\x04\r\n", "empty zip": "PK\x05\x06" + strings.Repeat("\x00", 18), "gzip": "\x1f\x8b\x08\x00\r\n", "7z": "7z\xbc\xaf\x27\x1c\r\n",
		"xz": "\xfd7zXZ\x00\r\n", "zstd": "\x28\xb5\x2f\xfd\r\n", "rar": "Rar!\x1a\x07\r\n", "cab": "MSCF\x00\x00\x00\x00\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, out := t.TempDir(), t.TempDir()
			lay(t, root, dropped, map[string]string{client + "discover.aspx": head + trapped, owaAuth + "logon.aspx": page})
			names := tree(t, root)
			packZip(t, filepath.Join(out, "bundle.zip"), root, names)
			packTar(t, filepath.Join(out, "inner.tar.gz"), root, names)
			for _, path := range []string{root, filepath.Join(out, "bundle.zip"), filepath.Join(out, "inner.tar.gz")} {
				c := check(t, 2, path)
				f := finding(t, c, "file-dump")
				if len(f.Pages) != 1 || f.Pages[0].Written == nil || !f.Pages[0].Written.Equal(dropped) {
					t.Errorf("%s: pages %+v", path, f.Pages)
				}
				if len(codes(c, "discover.aspx")) == 0 {
					t.Errorf("%s: nothing told of the two readings", path)
				}
			}
		})
	}
}

// TestContainerLikePage has an archive under the name of a page: what is in it is looked at as well.
func TestContainerLikePage(t *testing.T) {
	t.Parallel()
	root, in := t.TempDir(), t.TempDir()
	lay(t, in, dropped, map[string]string{client + "discover.aspx": trapped})
	if err := os.MkdirAll(filepath.Join(root, filepath.FromSlash(client)), 0o700); err != nil {
		t.Fatal(err)
	}
	packZip(t, filepath.Join(root, filepath.FromSlash(client), "box.aspx"), in, tree(t, in))
	c := check(t, 2, root)
	f := finding(t, c, "file-dump")
	if !strings.Contains(f.Evidence[0].Path, "box.aspx!") {
		t.Errorf("found at %s", f.Evidence[0].Path)
	}
}

// TestBombPage has a page in an archive that unpacks to far more than it takes: its beginning is looked at, the rest is told.
func TestBombPage(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "bundle.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create(client + "discover.aspx")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, trapped); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 300 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c := check(t, 2, name)
	finding(t, c, "file-dump")
	if len(codes(c, "discover.aspx")) == 0 || c.Ledger.Skipped == 0 {
		t.Errorf("gaps %+v, %d skipped", c.Gaps, c.Ledger.Skipped)
	}
}

// TestStrangeNames has web shells whose names hold control characters and signs of other languages.
func TestStrangeNames(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows allows no such names")
	}
	root := t.TempDir()
	strange := []string{"a\n.aspx", "b\x1b[31m.aspx", "c\u202excod.aspx", "d\xff\xfe.aspx", "e!f.aspx", "<script>.aspx"}
	files := map[string]string{}
	for _, n := range strange {
		files[client+n] = trapped
	}
	lay(t, root, dropped, files)
	c := check(t, 2, root)
	if f := finding(t, c, "file-dump"); f.Count != int64(len(strange)) || len(f.Pages) != len(strange) {
		t.Errorf("%d files, %d pages", f.Count, len(f.Pages))
	}
	for _, r := range plain(t, c) {
		if r < ' ' && r != '\n' || r == 0x202e || r == '\ufffd' {
			t.Fatalf("%U in the case", r)
		}
	}
}

// TestFilesThatChange takes files away, and lets others grow, while the evidence is read.
func TestFilesThatChange(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	files := map[string]string{}
	for i := range 30 {
		files[fmt.Sprintf("%sp%02d.aspx", client, i)] = trapped
	}
	lay(t, root, dropped, files)
	at := func(n string) string { return filepath.Join(root, filepath.FromSlash(client), n) }
	var once sync.Once
	opt := known()
	opt.Paths, opt.Workers, opt.TempDir = []string{root}, 1, t.TempDir()
	opt.after = func() {
		once.Do(func() {
			if err := os.Remove(at("p28.aspx")); err != nil {
				t.Error(err)
			}
			if err := os.Truncate(at("p29.aspx"), 10<<20); err != nil {
				t.Error(err)
			}
		})
	}
	c, err := Run(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	balanced(t, c)
	if f := finding(t, c, "file-dump"); f.Count < 28 {
		t.Errorf("%d copies", f.Count)
	}
	if got := codes(c, "p28.aspx"); len(got) == 0 {
		t.Errorf("nothing told of the file that is gone: %+v", c.Gaps)
	}
}

// TestUnreadablePage has a web shell that may not be opened.
func TestUnreadablePage(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lay(t, root, dropped, map[string]string{client + "discover.aspx": trapped, owaAuth + "logon.aspx": page})
	name := filepath.Join(root, filepath.FromSlash(client), "discover.aspx")
	if err := os.Chmod(name, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(name); err == nil {
		f.Close()
		t.Skip("this user may open any file")
	}
	c := check(t, 2, root)
	if got := codes(c, "discover.aspx"); !slices.Contains(got, "file.unreadable") {
		t.Errorf("gaps %q", got)
	}
	for _, h := range c.Hosts {
		if h.Verdict == casefile.NoTrace || h.Verdict == casefile.Targeted {
			t.Errorf("%s: %s", h.Name, h.Verdict)
		}
	}
}
