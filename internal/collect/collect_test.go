package collect

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"vigie/internal/vgz"
	"vigie/knowledge/profiles"
)

// testProfile takes logs, scripts and hashes below one folder.
func testProfile() *Profile {
	return &Profile{ID: "test", Items: []Item{
		{ID: "logs", Paths: []string{`C:\logs\**\*.log`}, Since: true},
		{ID: "web", Mode: Scripts, Scripts: []string{".aspx"}, Paths: []string{`C:\web\**`}, Exclude: []string{`**\cache\**`}, Max: 10_000},
		{ID: "drop", Mode: Hash, Paths: []string{`C:\drop\*`}},
		{ID: "events", Channels: []string{"Security"}},
		{ID: "all", Paths: []string{`C:\logs\*`, `C:\web\x.png`}},
		{ID: "said", Commands: []Command{{"a.txt", []string{"whoami"}}}, Registry: []string{`HKLM\SOFTWARE\A`}},
	}}
}

// image makes a mounted disk out of names and contents.
func image(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, body := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func options(t *testing.T, root string) Options {
	t.Helper()
	d, err := OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Profile: testProfile(), Disk: d, free: func(string) (uint64, uint64, error) { return 1, 1, nil }}
}

// collectInto runs a collection and gives the package.
func collectInto(t *testing.T, opt Options) (string, vgz.End) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "x.vgz")
	places := opt.Places()
	w, err := vgz.Create(out, vgz.Header{Places: places}, vgz.Options{Batch: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	end, err := Run(context.Background(), w, out, "", places, opt)
	if err != nil {
		t.Fatal(err)
	}
	return out, end
}

// records gives the manifest of a package, and holds the package to it.
func records(t *testing.T, name string) []vgz.Record {
	t.Helper()
	in, err := vgz.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rep, err := vgz.Check(in)
	if err != nil || rep.Count > 0 {
		t.Fatalf("%v %+v", err, rep)
	}
	in2, err := vgz.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in2.Close()
	zr, err := zstd.NewReader(in2)
	if err != nil {
		t.Fatal(err)
	}
	defer zr.Close()
	var list []vgz.Record
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".jsonl") {
			continue
		}
		lines := bufio.NewScanner(tr)
		for lines.Scan() {
			var rec vgz.Record
			if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
				t.Fatal(err)
			}
			if rec.Seq > 0 {
				list = append(list, rec)
			}
		}
	}
}

// brief says of each record what a table can compare.
func brief(list []vgz.Record) []string {
	var out []string
	for _, r := range list {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %d %s", r.Item, r.Path, r.How, r.Size, r.Error)))
	}
	return out
}

func TestCollectTakesWhatTheProfileSays(t *testing.T) {
	t.Parallel()
	root := image(t, map[string]string{
		"Logs/W3SVC1/u_ex1.LOG": "one", "Logs/W3SVC1/notes.txt": "no", "Logs/readme.md": "taken by a later item", "Web/a.aspx": "<%", "web2/b.aspx": "no",
		"Web/x.png": "picture", "Web/cache/c.aspx": "excluded", "Web/big.aspx": strings.Repeat("x", 10_001), "drop/lsass.dmp": "memory", "drop/sub/deep": "not by *",
	})
	opt := options(t, root)
	out, end := collectInto(t, opt)
	want := []string{
		`logs C:\Logs\W3SVC1\u_ex1.LOG read 3`,
		`web C:\Web\a.aspx read 2`,
		`web C:\Web\big.aspx hash-only 10001`,
		`web C:\Web\x.png hash-only 7`,
		`drop C:\drop\lsass.dmp hash-only 6`,
		`events C:\Windows\System32\winevt\Logs\Security.evtx not-read 0 absent`,
		`all C:\Logs\readme.md read 21`,
		`said exports/a.txt not-read 0 offline`,
		`said exports/hklm-software-a.reg not-read 0 offline`,
	}
	if got := brief(records(t, out)); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if end.Failed != 0 || end.Absent != 3 || !end.Complete || end.Files != 3 {
		t.Fatalf("%+v", end)
	}
	plan, err := Plan(context.Background(), opt.Places(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if p := plan[1]; p.Files != 1 || p.Bytes != 2 || p.Hashed != 2 || p.HashedB != 10_008 {
		t.Fatalf("%+v", p)
	}
}

func TestSinceAndMaxSize(t *testing.T) {
	t.Parallel()
	root := image(t, map[string]string{"logs/old.log": "old", "logs/new.log": "new!", "web/a.aspx": "12345", "web/b.aspx": "1"})
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(root, "logs/old.log"), old, old); err != nil {
		t.Fatal(err)
	}
	opt := options(t, root)
	opt.Profile.Items = opt.Profile.Items[:2]
	opt.Since, opt.MaxBytes = old.AddDate(1, 0, 0), 6
	out, _ := collectInto(t, opt)
	want := []string{`logs C:\logs\new.log read 4`, `web C:\web\a.aspx hash-only 5`, `web C:\web\b.aspx read 1`}
	if got := brief(records(t, out)); !slices.Equal(got, want) {
		t.Fatalf("%q", got)
	}
}

// What cannot be read is listed, and what is no file is not opened.
func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	root := image(t, map[string]string{"logs/a.log": "a", "logs/sub/b.log": "b"})
	if err := os.Symlink("/", filepath.Join(root, "logs/loop")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("..", filepath.Join(root, "logs/sub/up.log")); err != nil {
		t.Skip(err)
	}
	opt := options(t, root)
	opt.Profile.Items = opt.Profile.Items[:1]
	out, end := collectInto(t, opt)
	want := []string{`logs C:\logs\a.log read 1`, `logs C:\logs\sub\b.log read 1`, `logs C:\logs\sub\up.log not-read 2 link`}
	if got := brief(records(t, out)); !slices.Equal(got, want) || end.Absent != 1 {
		t.Fatalf("%q %+v", got, end)
	}
	for err, word := range map[error]string{
		&fs.PathError{Err: fs.ErrPermission}: vgz.Denied, &fs.PathError{Err: fs.ErrNotExist}: vgz.Vanished, errors.New("bad sector"): vgz.Failed,
	} {
		if got := errorWord(err); got != word {
			t.Errorf("%v: %s", err, got)
		}
	}
}

// A file that vanishes, shrinks or grows between listing and reading costs nothing else.
func TestFilesThatChange(t *testing.T) {
	t.Parallel()
	root := image(t, map[string]string{"logs/a.log": "aaaa", "logs/b.log": "bbbb", "logs/c.log": "cccc", "logs/d.log": "dd"})
	opt := options(t, root)
	opt.Profile.Items = opt.Profile.Items[:1]
	opt.Tick = func(p Progress) {
		switch filepath.Base(filepath.ToSlash(strings.ReplaceAll(p.Path, `\`, "/"))) {
		case ".": // while the first is read
			f, _ := os.OpenFile(filepath.Join(root, "logs/a.log"), os.O_APPEND|os.O_WRONLY, 0)
			f.WriteString("later")
			f.Close()
			os.Remove(filepath.Join(root, "logs/b.log"))
		}
	}
	out, end := collectInto(t, opt)
	list := records(t, out)
	want := []string{`logs C:\logs\a.log read 4`, `logs C:\logs\b.log not-read 0 vanished`, `logs C:\logs\c.log read 4`, `logs C:\logs\d.log read 2`}
	if got := brief(list); !slices.Equal(got, want) || !list[0].Grew || list[2].Grew || end.Failed != 1 {
		t.Fatalf("%q %+v %+v", got, list[0], end)
	}
}

// tree is enough files for many small batches.
func tree(n int) map[string]string {
	r := rand.New(rand.NewPCG(4, 4))
	files := map[string]string{}
	for i := range n {
		b := make([]byte, 500+r.IntN(3000))
		for k := range b {
			b[k] = byte(r.Uint32())
		}
		files[fmt.Sprintf("logs/%c/u%03d.log", 'a'+i%7, i)] = string(b)
		files[fmt.Sprintf("web/p%03d.aspx", i)] = string(b[:100])
	}
	return files
}

// Kill at any point: the package on disk is any first part that holds what its
// journal says, the journal any first part. What is resumed holds every file once.
func TestKilledAnywhereGoesOn(t *testing.T) {
	t.Parallel()
	root := image(t, tree(60))
	opt := options(t, root)
	places := opt.Places()
	full, _ := collectInto(t, opt)
	want := brief(records(t, full))

	// One run whose journal is kept, by an end that is not one.
	dir := t.TempDir()
	out := filepath.Join(dir, "x.vgz")
	w, err := vgz.Create(out, vgz.Header{Places: places}, vgz.Options{Batch: 4000})
	if err != nil {
		t.Fatal(err)
	}
	late := opt
	calls := 0
	late.free = func(string) (uint64, uint64, error) {
		if calls++; calls == 20 {
			return 0, 1, nil
		}
		return 1, 1, nil
	}
	late.Reserve = 0.1
	end, err := Run(context.Background(), w, out, "", places, late)
	if err != nil || end.Stopped != StoppedDisk {
		t.Fatal(err, end)
	}
	pack, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := os.ReadFile(out + vgz.JournalSuffix)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(journal), "\n"), "\n")
	offset := func(i int) int64 {
		var s struct{ Offset int64 }
		if err := json.Unmarshal([]byte(lines[i]), &s); err != nil {
			t.Fatal(err)
		}
		return s.Offset
	}
	r := rand.New(rand.NewPCG(5, 5))
	for n := range 100 {
		last := 1 + r.IntN(len(lines)-1)
		keep := strings.Join(lines[:last+1], "")
		limit := int64(len(pack))
		if last+1 < len(lines) {
			limit = offset(last + 1)
			keep += lines[last+1][:r.IntN(len(lines[last+1])-1)]
		}
		cut := offset(last) + r.Int64N(limit-offset(last)+1)
		name := filepath.Join(dir, fmt.Sprintf("k%d.vgz", n))
		if err := errors.Join(os.WriteFile(name, pack[:cut], 0o600), os.WriteFile(name+vgz.JournalSuffix, []byte(keep), 0o600)); err != nil {
			t.Fatal(err)
		}
		w, from, err := vgz.Resume(name, "", vgz.Options{Batch: 20_000})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(context.Background(), w, name, from, w.Header().Places, opt); err != nil {
			t.Fatal(err)
		}
		if got := brief(records(t, name)); !slices.Equal(got, want) {
			t.Fatalf("kill %d (batch %d): %d records, want %d", n, last, len(got), len(want))
		}
		os.Remove(name)
	}
}

// An interruption in the middle of a large file leaves it out whole; going on takes it.
func TestInterruptedInAFile(t *testing.T) {
	t.Parallel()
	root := image(t, tree(20))
	opt := options(t, root)
	places := opt.Places()
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	cut := opt
	cut.Tick = func(Progress) {
		if n++; n == 15 {
			cancel()
		}
	}
	out := filepath.Join(t.TempDir(), "x.vgz")
	w, err := vgz.Create(out, vgz.Header{}, vgz.Options{Batch: 5000})
	if err != nil {
		t.Fatal(err)
	}
	end, err := Run(ctx, w, out, "", places, cut)
	if err != nil || end.Stopped != StoppedInterrupted || end.Complete {
		t.Fatalf("%v %+v", err, end)
	}
	some := records(t, out)
	w, from, err := vgz.Resume(out, "", vgz.Options{Batch: 5000})
	if err != nil {
		t.Fatal(err)
	}
	if end, err = Run(context.Background(), w, out, from, places, opt); err != nil || !end.Complete {
		t.Fatalf("%v %+v", err, end)
	}
	full, _ := collectInto(t, opt)
	if got, want := brief(records(t, out)), brief(records(t, full)); len(some) == 0 || !slices.Equal(got, want) {
		t.Fatalf("%d then %d records, want %d", len(some), len(got), len(want))
	}
}

// The package and its journal are not collected when they lie in a folder that is.
func TestOwnPackageIsLeftOut(t *testing.T) {
	t.Parallel()
	root := image(t, map[string]string{"logs/a.log": "a", "logs/other.vgz.txt": "b"})
	opt := options(t, root)
	opt.Profile.Items = []Item{{ID: "all", Paths: []string{`C:\logs\*`}}}
	out := filepath.Join(root, "logs", "x.vgz")
	w, err := vgz.Create(out, vgz.Header{}, vgz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), w, out, "", opt.Places(), opt); err != nil {
		t.Fatal(err)
	}
	if got := brief(records(t, out)); len(got) != 2 {
		t.Fatalf("%q", got)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	var now, cpu, slept time.Duration
	base := time.Unix(0, 0)
	p := &pacer{share: 0.1, cpu: func() time.Duration { return cpu }, now: func() time.Time { return base.Add(now) }, sleep: func(d time.Duration) { slept += d; now += d }}
	for range 1000 {
		p.pause()
		now += 10 * time.Millisecond
		cpu += 10 * time.Millisecond
	}
	if share := float64(cpu) / float64(now); share > 0.105 || share < 0.09 {
		t.Fatalf("share %.3f, slept %v", share, slept)
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		fits, holds   bool
	}{
		{`C:\logs\**\*.log`, `c:\logs\a.log`, true, false},
		{`C:\logs\**\*.log`, `c:\logs\x\y\a.log`, true, true},
		{`C:\logs\**\*.log`, `c:\logs`, false, true},
		{`C:\logs\**\*.log`, `c:\log\a.log`, false, false},
		{`C:\a\**`, `c:\a\b`, true, true},
		{`C:\a\**`, `c:\a`, true, true},
		{`C:\a\*`, `c:\a\b\c`, false, false},
		{`C:\a\*`, `c:\a`, false, true},
		{`C:\W3SVC*\u_ex??.log`, `c:\w3svc12\u_ex01.log`, true, false},
		{`C:\W3SVC*\u_ex??.log`, `c:\w3svc12\u_ex1.log`, false, false},
		{`**\cache\**`, `c:\x\cache\y`, true, true},
	} {
		p, parts := newPattern(c.pattern), splitPath(c.path)
		if got := p.match(parts); got != c.fits {
			t.Errorf("%s on %s: %v", c.pattern, c.path, got)
		}
		if got := p.mayHold(parts); c.holds && !got {
			t.Errorf("%s below %s: %v", c.pattern, c.path, got)
		}
	}
	long := strings.Repeat("a", 3000)
	if matchPart(strings.Repeat("*a", 1000)+"b", long) {
		t.Error("matches what is not there")
	}
}

func TestBuiltInProfiles(t *testing.T) {
	t.Parallel()
	ids := Profiles(profiles.FS)
	if len(ids) == 0 {
		t.Fatal("no profile")
	}
	for _, id := range ids {
		if _, err := LoadProfile(profiles.FS, id); err != nil {
			t.Error(err)
		}
	}
}

// A profile can only read.
func TestProfilesThatAreRefused(t *testing.T) {
	t.Parallel()
	good, err := LoadProfile(profiles.FS, "exchange")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Profile){
		"a cmdlet that changes": func(p *Profile) { p.Items[0].ExchangeShell = []string{"Set-Mailbox"} },
		"a second command":      func(p *Profile) { p.Items[0].ExchangeShell = []string{"Get-Mailbox;calc"} },
		"an output elsewhere":   func(p *Profile) { p.Items[0].Commands = []Command{{"../x.txt", []string{"whoami"}}} },
		"an unknown variable":   func(p *Profile) { p.Items[0].Paths = []string{`%Nowhere%\*`} },
		"no source":             func(p *Profile) { p.Source = "" },
		"an item twice":         func(p *Profile) { p.Items = append(p.Items, p.Items[0]) },
	} {
		p := *good
		p.Items = slices.Clone(good.Items)
		p.Variables = maps.Clone(good.Variables)
		change(&p)
		if p.check("exchange") == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestPlacesOfIIS(t *testing.T) {
	t.Parallel()
	root := image(t, map[string]string{
		"Windows/System32/inetsrv/config/applicationHost.config": `<?xml version="1.0" encoding="UTF-8"?><configuration><system.applicationHost><sites>
<site name="x"><application><virtualDirectory path="/" physicalPath="%SystemDrive%\sites\mail"/><virtualDirectory path="/y" physicalPath="E:\gone"/></application><logFile directory="c:\MyLogs"/></site>
<siteDefaults><logFile directory="%SystemDrive%\inetpub\logs\LogFiles"/></siteDefaults></sites></system.applicationHost></configuration`,
		"sites/mail/default.aspx": "x", "mylogs/W3SVC1/u.log": "x", "inetpub/logs/LogFiles/W3SVC2/u.log": "x", "Exchange/bin/ExSetup.exe": "MZ", "Exchange Server/readme": "no ExSetup",
	})
	p, err := LoadProfile(profiles.FS, "exchange")
	if err != nil {
		t.Fatal(err)
	}
	d, err := OpenDisk(root)
	if err != nil {
		t.Fatal(err)
	}
	at := resolve(p, d, nil)
	for name, want := range map[string][]string{
		"IISLogs":             {`c:\MyLogs`, `C:\inetpub\logs\LogFiles`},
		"WebRoots":            {`C:\sites\mail`},
		"ExchangeInstallPath": {`C:\Exchange`},
		"SystemRoot":          {`C:\Windows`},
	} {
		if !slices.Equal(at[name], want) {
			t.Errorf("%s: %q, want %q", name, at[name], want)
		}
	}
}

func FuzzIISPlaces(f *testing.F) {
	f.Add([]byte(`<a><logFile directory="x"/><virtualDirectory physicalPath="y"/></a>`))
	f.Fuzz(func(t *testing.T, text []byte) { readIIS(text) })
}
