//go:build unix

package evidence

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// B10: links, pipes and sockets in a folder are listed and left alone.
func TestFolderSpecials(t *testing.T) {
	t.Parallel()
	dir := put(t, map[string]string{"real.log": "real", "sub/x.log": "x"})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink("/etc/passwd", filepath.Join(dir, "out")))
	must(os.Symlink("real.log", filepath.Join(dir, "in")))
	must(os.Symlink(".", filepath.Join(dir, "loop")))
	must(os.Symlink("missing", filepath.Join(dir, "dangling")))
	must(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	got := walkAll(t, Options{}, dir)
	if !slices.Equal(got.order, []string{"real.log", "sub/x.log"}) {
		t.Errorf("%v", got.order)
	}
	wantCodes(t, got, CodeLinkNotFollowed, CodeSpecialNotRead)
	if len(got.gaps) != 5 {
		t.Errorf("%+v", got.gaps)
	}
	// A pipe or a link that the user names.
	got = walkAll(t, Options{}, filepath.Join(dir, "pipe"))
	wantCodes(t, got, CodeSpecialNotRead)
	got = walkAll(t, Options{}, filepath.Join(dir, "in"))
	if got.byLog["in"] != "real" || got.gaps != nil {
		t.Errorf("%v %+v", got.byLog, got.gaps)
	}
	must(os.Symlink("sub", filepath.Join(dir, "tosub")))
	if got = walkAll(t, Options{}, filepath.Join(dir, "tosub")); got.byLog["x.log"] != "x" {
		t.Errorf("%v", got.byLog)
	}
}

// B9: what is opened must be what was listed.
func TestSwappedFile(t *testing.T) {
	t.Parallel()
	for what, swap := range map[string]func(p string) error{
		"link out":     func(p string) error { return os.Symlink("/etc/passwd", p) },
		"link in":      func(p string) error { return os.Symlink("b.log", p) },
		"pipe":         func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"folder":       func(p string) error { return os.Mkdir(p, 0o700) },
		"another file": func(p string) error { return os.WriteFile(p, []byte("other"), 0o600) },
		"nothing":      func(string) error { return nil },
	} {
		dir := put(t, map[string]string{"a.log": "a", "a.zip": string(zipOf(map[string]string{"in": "in"})), "b.log": "b"})
		src, err := Open([]string{dir}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var items []*Item
		src.Walk(t.Context(), func(it *Item) error { items = append(items, it); return nil })
		for _, n := range []string{"a.log", "a.zip"} {
			p := filepath.Join(dir, n)
			os.Rename(p, p+".old")
			if err := swap(p); err != nil {
				t.Fatal(err)
			}
		}
		for _, it := range items[:2] {
			_, err := it.Open()
			re, ok := errors.AsType[*ReadError](err)
			if !ok || (re.Gap.Code != CodeFileChanged && re.Gap.Code != CodeFileUnreadable) {
				t.Errorf("%s: %s: %v", what, it.Path, err)
			}
			if err != nil && strings.Contains(err.Error(), dir) {
				t.Errorf("a path of this machine in %v", err)
			}
		}
		if len(src.Gaps()) != 2 {
			t.Errorf("%s: %+v", what, src.Gaps())
		}
		src.Close()
	}
}

// B10: files that change while they are read.
func TestChangingFiles(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, change func(p string)) (string, *Source, error) {
		dir := put(t, map[string]string{"a.log": strings.Repeat("0123456789", 1000)})
		p := filepath.Join(dir, "a.log")
		src, err := Open([]string{dir}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { src.Close() })
		var out []byte
		var rerr error
		src.Walk(t.Context(), func(it *Item) error {
			r, err := it.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			head := make([]byte, 100)
			io.ReadFull(r, head)
			change(p)
			out, rerr = io.ReadAll(r)
			out = append(head, out...)
			return nil
		})
		return string(out), src, rerr
	}
	out, src, err := read(t, func(p string) {
		f, _ := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
		f.WriteString("more")
		f.Close()
	})
	if len(out) != 10_000 || err != nil || len(src.Gaps()) != 1 || src.Gaps()[0].Code != CodeFileChanged || src.Gaps()[0].Where != "grew" {
		t.Errorf("grew: %d %v %+v", len(out), err, src.Gaps())
	}
	out, src, err = read(t, func(p string) { os.Truncate(p, 5000) })
	re, ok := errors.AsType[*ReadError](err)
	if len(out) != 5000 || !ok || re.Delivered != 5000 || re.Gap.Where != "shrank" || re.Gap.Length != 5000 || len(src.Gaps()) != 1 {
		t.Errorf("shrank: %d %v %+v", len(out), err, src.Gaps())
	}
	out, src, err = read(t, func(p string) { os.Chtimes(p, time.Time{}, time.Now().Add(time.Hour)) })
	if len(out) != 10_000 || err != nil || len(src.Gaps()) != 1 || src.Gaps()[0].Where != "rewritten" {
		t.Errorf("rewritten: %d %v %+v", len(out), err, src.Gaps())
	}
	// A zip that changes during the walk.
	dir := put(t, map[string]string{"a.zip": string(zipOf(map[string]string{"x": "1"}))})
	src, _ = Open([]string{dir}, Options{})
	defer src.Close()
	src.Walk(t.Context(), func(it *Item) error {
		return os.Chtimes(filepath.Join(dir, "a.zip"), time.Time{}, time.Now().Add(time.Hour))
	})
	if g := src.Gaps(); len(g) != 1 || g[0].Code != CodeFileChanged {
		t.Errorf("zip: %+v", g)
	}
}

// B10: a sparse file of 8 EiB, or as large as can be made here.
func TestSparseFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := filepath.Join(dir, "sparse.log")
	if err := os.WriteFile(p, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(p, 1<<40); err != nil {
		t.Skip(err)
	}
	got := walkAll(t, Options{Limits: Limits{FileBytes: mib}}, dir)
	re := got.errs["sparse.log"]
	if got.bytes != mib || re == nil || re.Gap.Code != CodeLimitFile || re.Gap.Length != 1<<40-mib {
		t.Errorf("%d %+v", got.bytes, re)
	}
}

func TestFolderLimits(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 50 {
		files[fmt.Sprintf("%02d.log", i)] = "x"
	}
	files[strings.Repeat("d/", 10)+"deep.log"] = "deep"
	dir := put(t, files)
	got := walkAll(t, Options{Limits: Limits{FolderFiles: 20}}, dir)
	if len(got.order) > 20 || !got.has(CodeLimitFolder) {
		t.Errorf("%d %v", len(got.order), got.codes())
	}
	got = walkAll(t, Options{Limits: Limits{NameParts: 5}}, dir)
	if len(got.order) != 50 || !got.has(CodeLimitFolder) {
		t.Errorf("%d %v", len(got.order), got.codes())
	}
}

// B: names on disk are shown escaped and are found again.
func TestNamesOnDisk(t *testing.T) {
	t.Parallel()
	names := []string{"a\nb", "esc\x1b[2J", "bang!", "bad\xff", "rtl\u202e", `back\slash`, "per%21", "web.aspx:stream", "CON", "dot.", "space "}
	files := map[string]string{}
	for _, n := range names {
		files[n] = n
	}
	got := walkAll(t, Options{}, put(t, files))
	if len(got.order) != len(names) || got.gaps != nil {
		t.Errorf("%q %+v", got.order, got.gaps)
	}
	for log, c := range got.byLog {
		if Unescape(log) != c {
			t.Errorf("%q: %q", log, c)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := put(t, map[string]string{"a.log": "a", "b.log": "b", "c/d.log": "d"})
	os.Chmod(filepath.Join(dir, "a.log"), 0)
	os.Chmod(filepath.Join(dir, "c"), 0)
	defer os.Chmod(filepath.Join(dir, "c"), 0o700)
	got := walkAll(t, Options{}, dir)
	wantCodes(t, got, CodeFileUnreadable, CodeFolderUnreadable)
	if _, err := Open([]string{filepath.Join(dir, "a.log")}, Options{}); err == nil {
		t.Error("opened")
	}
}
