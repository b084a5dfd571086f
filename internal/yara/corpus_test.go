package yara

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// publicRules reads the public rule files, which are not part of the repository: 842 files of two collections. Each is a namespace, named after
// the file without its extension, with _ for -.
func publicRules(t testing.TB, collection string) []Source {
	t.Helper()
	f, err := os.Open("../../../shared/data/yara/yara-rules.tar.gz")
	if err != nil {
		t.Skipf("the public rules are not here: %v", err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && strings.Contains(h.Name, collection) && strings.HasPrefix(path.Ext(h.Name), ".yar") {
			if files[h.Name], err = io.ReadAll(io.LimitReader(tr, 16<<20)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out []Source
	for _, name := range slices.Sorted(maps.Keys(files)) {
		ns := strings.ReplaceAll(strings.TrimSuffix(path.Base(name), path.Ext(name)), "-", "_")
		out = append(out, Source{Name: name, Namespace: ns, Text: files[name]})
	}
	return out
}

var corpusExternals = map[string]any{"filename": "x", "filepath": "x", "extension": "x", "filetype": "x", "owner": "x"}

func TestPublicRulesCompile(t *testing.T) {
	sources := publicRules(t, "")
	if len(sources) != 842 {
		t.Errorf("%d files, want 842", len(sources))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	rules, problems := Compile(sources, Options{Externals: corpusExternals, Modules: testModules()})
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	for _, p := range problems.Errors {
		t.Error(p)
	}
	t.Logf("%d rules, %d strings, %d evaluated on every file, %d warnings; %v, %d MiB kept, %d MiB allocated", rules.Len(), rules.set.Len(),
		len(rules.always), len(problems.Warnings), took.Round(time.Millisecond), (after.HeapAlloc-before.HeapAlloc)>>20,
		(after.TotalAlloc-before.TotalAlloc)>>20)
	runtime.KeepAlive(rules)
}
