package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"vigie/internal/vgz"
)

// The target's disk fills up: collecting ends at the reserve with a package that says so, and goes on from there later.
func TestDiskThatFillsUp(t *testing.T) {
	t.Parallel()
	opt := options(t, image(t, tree(60)))
	left := uint64(4) // batches
	opt.Reserve = 0.1
	opt.free = func(string) (uint64, uint64, error) {
		if left > 0 {
			left--
		}
		return left, 20, nil
	}
	out, end := collectInto(t, opt)
	list := records(t, out)
	if end.Complete || end.Stopped != StoppedDisk || len(list) == 0 {
		t.Fatalf("%+v, %d records", end, len(list))
	}
	whole, _ := collectInto(t, options(t, image(t, tree(60))))
	if all := records(t, whole); len(list) >= len(all) || !slices.Equal(brief(list), brief(all)[:len(list)]) {
		t.Fatalf("%d records of %d, not its first part", len(list), len(all))
	}
}

// Memory does not grow with the number of files. bench/collect/run.sh does the same with a million.
func TestManySmallFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 20,000 files")
	}
	root := t.TempDir() // not parallel: the heap is everybody's
	dir := filepath.Join(root, "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const files = 20_000
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("u%05d.log", i)), []byte("line"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opt := options(t, root)
	opt.Profile.Items = opt.Profile.Items[:1]
	var early, late uint64
	opt.Tick = func(p Progress) {
		if p.Files != files/4 && p.Files != files-1 {
			return
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if late = m.HeapAlloc; early == 0 {
			early = late
		}
	}
	out, end := collectInto(t, opt)
	if end.Files != files || len(records(t, out)) != files {
		t.Fatalf("%+v", end)
	}
	if late > early+8<<20 {
		t.Errorf("the heap grew from %d to %d bytes", early, late)
	}
}

// Names that no program likes: each is listed under its own name, and read where the system lets anybody read it.
func TestNames(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("names that NTFS has and this Windows API refuses")
	}
	root := image(t, map[string]string{"logs/a.log:Zone.Identifier.log": "ads", "logs/con.log": "device", "logs/ends in a dot..log": "dot", "logs/\x1b[31m.log": "red",
		"logs/\xff\xfe.log": "bytes", "logs/%41.log": "percent", "logs/A.log": "A", "logs/a.log": "a"})
	opt := options(t, root)
	opt.Profile.Items = opt.Profile.Items[:1]
	out, end := collectInto(t, opt)
	entries := map[string]bool{}
	for _, r := range records(t, out) {
		if entries[r.Entry] {
			t.Errorf("%q twice", r.Entry)
		}
		entries[r.Entry] = true
		parts, ok := vgz.OriginalParts(r.Entry)
		if got := strings.Replace(strings.Join(parts, `\`), "C", "C:", 1); !ok || got != r.Path && r.PathHex == "" {
			t.Errorf("%q gives %q, want %q", r.Entry, got, r.Path)
		}
	}
	if end.Files != 8 || end.Failed != 0 || !entries["files/C/logs/a.log%3AZone.Identifier.log"] {
		t.Fatalf("%+v %v", end, entries)
	}
}

// Paths of 30,000 characters are read, though this system takes 4,096 bytes; beyond 128 folders they are listed as not read.
func TestPathOf32000Characters(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("made through handles of folders")
	}
	root := image(t, map[string]string{"logs/a.log": "a", "logs/z.log": "z"})
	deep, err := os.OpenRoot(filepath.Join(root, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("n", 250)
	for i := range 130 {
		if i == 121 {
			if err := deep.WriteFile("read.log", []byte("deep"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := deep.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		next, err := deep.OpenRoot(name)
		deep.Close()
		if err != nil {
			t.Fatal(err)
		}
		deep = next
	}
	defer deep.Close()
	if err := deep.WriteFile("deep.log", []byte("deep"), 0o600); err != nil {
		t.Fatal(err)
	}
	opt := options(t, root)
	opt.Profile.Items = opt.Profile.Items[:1]
	out, end := collectInto(t, opt)
	list := records(t, out)
	if len(list) != 4 || list[0].Path != `C:\logs\a.log` || list[3].Path != `C:\logs\z.log` || end.Files != 3 || end.Failed != 1 {
		t.Fatalf("%q %+v", brief(list), end)
	}
	slices.SortFunc(list, func(a, b vgz.Record) int { return len(a.Path) - len(b.Path) })
	if r := list[2]; len(r.Path) < 30_000 || !strings.HasSuffix(r.Path, `\read.log`) || r.How != vgz.HowRead || !strings.HasPrefix(r.Entry, vgz.FilesDir+"long/") {
		t.Errorf("%d characters, %s %s %q", len(r.Path), r.How, r.Error, r.Entry)
	}
	if r := list[3]; r.How != vgz.HowNotRead || r.Error != vgz.Failed || r.Detail != "too deep" {
		t.Errorf("%s %s %s", r.How, r.Error, r.Detail)
	}
}
