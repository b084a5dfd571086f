package syntax

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"
)

// publicRules reads the public rule files, which are not part of the repository: 842 files of two collections.
func publicRules(t testing.TB) map[string][]byte {
	t.Helper()
	f, err := os.Open("../../../../shared/data/yara/yara-rules.tar.gz")
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
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && (strings.HasSuffix(h.Name, ".yar") || strings.HasSuffix(h.Name, ".yara")) {
			if files[h.Name], err = io.ReadAll(io.LimitReader(tr, MaxFile)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPublicRulesParse(t *testing.T) {
	t.Parallel()
	files := publicRules(t)
	rules, strs := 0, 0
	for name, src := range files {
		f := Parse(name, src)
		for _, p := range f.Problems {
			t.Error(p)
		}
		for _, item := range f.Items {
			if item.Rule != nil {
				rules++
				strs += len(item.Rule.Strings)
			}
		}
	}
	t.Logf("%d files, %d rules, %d strings", len(files), rules, strs)
	if len(files) != 842 {
		t.Errorf("%d files, want 842", len(files))
	}
}

func BenchmarkParsePublicRules(b *testing.B) {
	files := publicRules(b)
	size := 0
	for _, src := range files {
		size += len(src)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for name, src := range files {
			Parse(name, src)
		}
	}
}
