package baseline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/internal/evidence"
	"vigie/internal/kb"
	"vigie/internal/webfolder"
)

const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of nothing

func TestWriteRead(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Write(&b, About{Product: "mailer", Build: "1.2", Date: "2026-01-02"}, []File{{"b/y.aspx", 1, sum}, {"a/x.aspx", 0, sum}, {"a/x.aspx", 0, sum}}); err != nil {
		t.Fatal(err)
	}
	k, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if k.Len() != 2 || k.Build != "1.2" {
		t.Errorf("%d files of %q", k.Len(), k.Build)
	}
	other := strings.Replace(sum, "e3", "e4", 1)
	for _, c := range []struct {
		key, sum string
		want     State
	}{{"a/x.aspx", sum, Original}, {"a/x.aspx", other, Changed}, {"a/z.aspx", sum, Unlisted}} {
		if got := k.State(c.key, c.sum); got != c.want {
			t.Errorf("%s: %s, want %s", c.key, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	head := `{"vigie_baseline":1,"product":"p","build":"","source":"","date":"2026-01-02","files":1}` + "\n"
	file := func(path string) string { return `{"path":"` + path + `","size":1,"sha256":"` + sum + `"}` + "\n" }
	for name, c := range map[string]struct{ text, want string }{
		"nothing":        {"", "empty"},
		"of the future":  {strings.Replace(head, ":1,", ":2,", 1), "version 2"},
		"no date":        {strings.Replace(head, "2026-01-02", "today", 1), "no date"},
		"cut":            {head, "cut"},
		"unknown field":  {head + `{"path":"a","size":1,"sha256":"` + sum + `","x":1}`, "line 2"},
		"capitals":       {head + file("A"), "lower case"},
		"out of order":   {strings.Replace(head, `"files":1`, `"files":2`, 1) + file("b") + file("a"), "not in order"},
		"no hash":        {head + `{"path":"a","size":1,"sha256":"00"}`, "no SHA-256"},
		"two in a line":  {head + strings.TrimSpace(file("a")) + file("b"), "more than one"},
		"line too long":  {head + strings.Repeat("x", 1<<20), "line 2"},
		"not a baseline": {"hello\n", "line 1"},
	} {
		if _, err := Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"D/Mail/V15/FrontEnd/HttpProxy/owa/auth/Logon.aspx", "C/inetpub/wwwroot/iisstart.htm", "C/notes.txt"} {
		to := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := webfolder.New(&kb.WebFolders{Roots: []kb.WebRoot{{Path: "frontend/httpproxy", URL: "/"}, {Path: "inetpub/wwwroot", URL: "/"}}})
	files, left, err := Collect(context.Background(), []string{root}, x, evidence.DefaultLimits())
	if err != nil || left != 0 || len(files) != 2 {
		t.Fatalf("%v, %d left, %v", files, left, err)
	}
	if files[0].Path != "inetpub/wwwroot/iisstart.htm" || files[1].Path != "frontend/httpproxy/owa/auth/logon.aspx" || files[1].SHA256 != sum {
		t.Errorf("%v", files)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"vigie_baseline":1,"product":"p","build":"","source":"","date":"2026-01-02","files":1}` + "\n" + `{"path":"a","size":1,"sha256":"` + sum + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := Read(bytes.NewReader(b))
		if err == nil && k.Len() != k.Files {
			t.Errorf("%d files, %d announced", k.Len(), k.Files)
		}
	})
}
