package kb

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/knowledge"
)

// good reads testdata/good, a small knowledge folder without a fault, into a
// file system that a test may change.
func good(t testing.TB) fstest.MapFS {
	t.Helper()
	out := make(fstest.MapFS)
	root := os.DirFS(filepath.Join("testdata", "good"))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		out[name] = &fstest.MapFile{Data: bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func mustLoad(t testing.TB, fsys fs.FS) *KB {
	t.Helper()
	k, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestLoad(t *testing.T) {
	t.Parallel()
	k := mustLoad(t, good(t))
	if k.Date != "2024-05-03" { // not the end of support in 2040
		t.Errorf("Date = %s", k.Date)
	}
	if s, ok := k.Source("web"); !ok || s.Ask.In("en") != "Copy the web folder." || time.Duration(s.MaxGap) != 2*time.Hour || s.NotRead {
		t.Errorf("Source(web) = %+v, %v", s, ok)
	}
	if s, ok := k.Source("events"); !ok || !s.NotRead {
		t.Errorf("Source(events) = %+v, %v", s, ok)
	}
	if _, ok := k.Source("none"); ok {
		t.Error("Source(none) exists")
	}
	f, ok := k.Flaw("open-door")
	if !ok || f.File != "flaws/open-door.yml" || f.Threshold != 0.9 || f.FirstUsed.Date != "2021-01-03" || f.CannotSee[0].FR != "Ce que l'attaquant a lu." {
		t.Errorf("Flaw(open-door) = %+v, %v", f, ok)
	}
	a, ok := k.Act("open-door", "enter")
	if !ok || a.Weight != casefile.Proof || a.Stage != casefile.Success || a.Conf != casefile.High || a.Touches[0].Certainty != casefile.Probable {
		t.Errorf("Act(open-door, enter) = %+v, %v", a, ok)
	}
	for _, miss := range [][2]string{{"open-door", "none"}, {"none", "enter"}} {
		if _, ok := k.Act(miss[0], miss[1]); ok {
			t.Errorf("Act(%s, %s) exists", miss[0], miss[1])
		}
	}
	if s := k.Playbook[0]; s.When.State[0] != casefile.Exposed || s.When.Verdict[0] != casefile.Confirmed || s.Phase != "preserve" {
		t.Errorf("Playbook[0] = %+v", s)
	}
	if len(k.Web.Folders) != 1 || k.Web.Folders[0].MissingStatus[0] != 404 || len(k.Web.Reported) != 2 || k.Web.ScriptExt[0] != ".aspx" {
		t.Errorf("Web = %+v", k.Web)
	}
	fix := k.Products[0].Fixes[0]
	if fix.Name != "OpenDoor" || fix.KEV != "2021-11-03" || fix.Used != "yes" || len(fix.KBs) != 2 || len(fix.FixedIn) != 4 || fix.Recalled {
		t.Errorf("Fixes[0] = %+v", fix)
	}
	if p := k.Products[0]; !p.Fixes[2].Recalled || p.BuildsDate != "2024-05-02" || p.FixesDate != "2024-05-03" {
		t.Errorf("recalled %v, dates %s %s", p.Fixes[2].Recalled, p.BuildsDate, p.FixesDate)
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	k := mustLoad(t, good(t))
	for _, c := range []struct {
		build, line, label string
		ok                 bool
	}{
		{"2.1.20.6", "Mailer 2", "CU2 Mar21SUv2", true},
		{"2.01.0020.006", "Mailer 2", "CU2 Mar21SUv2", true},
		{"3.0.1.0", "Mailer 3", "RTM", true},
		{"3.0.2.0", "Mailer 3", "", false},
		{"9.0.0.1", "", "", false},
	} {
		line, label, ok := k.Label(buildno.MustParse(c.build))
		if line != c.line || label != c.label || ok != c.ok {
			t.Errorf("Label(%s) = %q, %q, %v, want %q, %q, %v", c.build, line, label, ok, c.line, c.label, c.ok)
		}
	}
	if line, ok := k.ProductLine(buildno.MustParse("2.9.9.9")); !ok || line.Name != "Mailer 2" {
		t.Errorf("ProductLine(2.9.9.9) = %v, %v", line, ok)
	}
	if b, ok := k.Build(buildno.MustParse("2.1.10.5")); !ok || b.KB != "KB100002" || b.Confidence != "recalled" {
		t.Errorf("Build(2.1.10.5) = %+v, %v", b, ok)
	}
}

// The knowledge that ships must pass its own linter.
func TestShipped(t *testing.T) {
	t.Parallel()
	for _, p := range Lint(knowledge.FS) {
		t.Error(p)
	}
}

// FuzzLoad puts arbitrary bytes in place of one file: loading must end, with a
// KB or with problems that name a file, and the same twice.
func FuzzLoad(f *testing.F) {
	base := good(f)
	var names []string
	for _, name := range []string{"sources.yml", "products/mailer/product.yml", "products/mailer/builds.csv", "products/mailer/cves.csv",
		"products/mailer/web.yml", "flaws/open-door.yml", "playbooks/mailer.yml"} {
		f.Add(uint8(len(names)), base[name].Data)
		names = append(names, name)
	}
	f.Add(uint8(0), []byte("- &a [*a, *a]\n"))
	f.Add(uint8(2), []byte("\"\n\x00,,#"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		fsys := make(fstest.MapFS, len(base))
		for name, file := range base {
			fsys[name] = file
		}
		fsys[names[int(which)%len(names)]] = &fstest.MapFile{Data: data}
		k, err := Load(fsys)
		if (k == nil) == (err == nil) {
			t.Fatalf("Load gave %v and %v", k, err)
		}
		problems := Lint(fsys)
		if err == nil && len(problems) > 0 || err != nil && err.Error() != problems.Error() {
			t.Fatalf("Load: %v\nLint: %v", err, problems)
		}
		for _, p := range problems {
			if p.File == "" || p.Code == "" || p.Msg == "" || strings.ContainsAny(p.Msg, "\n\x1b") {
				t.Fatalf("problem %#v", p)
			}
		}
		if len(problems) > 3*(maxProblems+1)*len(base) {
			t.Fatalf("%d problems", len(problems))
		}
	})
}
