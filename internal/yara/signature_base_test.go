package yara

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const sharedData = "../../../shared/data/"

// publicFiles reads public evidence and rules, which are not part of the repository, by the names that the expected matches use.
func publicFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	add := func(name string, r io.Reader) {
		b, err := io.ReadAll(io.LimitReader(r, 1<<28))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	z, err := zip.OpenReader(sharedData + "evtx/evtx-dev.zip")
	if err != nil {
		t.Skipf("the public evidence is not here: %v", err)
	}
	defer z.Close()
	for _, f := range z.File {
		if r, err := f.Open(); err == nil && !f.FileInfo().IsDir() {
			add(f.Name, r)
			r.Close()
		}
	}
	for _, name := range []string{"sigma/sigma-rules.tar.gz", "sigma/hayabusa-rules.tar.gz", "ioc/ioc.tar.gz"} {
		f, err := os.Open(sharedData + name)
		if err != nil {
			t.Fatal(err)
		}
		gz, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for tr := tar.NewReader(gz); ; {
			h, err := tr.Next()
			if err != nil {
				break
			}
			if h.Typeflag == tar.TypeReg {
				add(h.Name, tr)
			}
		}
		f.Close()
	}
	for _, dir := range []string{"iis-logs", "exchange-logs", "nmap", "mmdb"} {
		err := filepath.WalkDir(sharedData+dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				f, err := os.Open(path)
				if err != nil {
					return err
				}
				defer f.Close()
				add(strings.TrimPrefix(filepath.ToSlash(path), sharedData), f)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// expectedMatch is a line of the list of what libyara 4.5.8 finds in those files.
type expectedMatch struct {
	File    string `json:"file"`
	Matches []struct {
		Rule    string `json:"rule"`
		Strings map[string]struct {
			N     int      `json:"n"`
			First [][2]int `json:"first"`
		} `json:"strings"`
	} `json:"matches"`
}

// lines gives the expected matches of a file, one a line.
func (e *expectedMatch) lines() []string {
	var out []string
	for _, m := range e.Matches {
		for _, name := range slices.Sorted(maps.Keys(m.Strings)) {
			s := m.Strings[name]
			out = append(out, fmt.Sprintf("%s %s %s %d %v", e.File, m.Rule, name, s.N, s.First))
		}
	}
	slices.Sort(out)
	return out
}

// linesOf gives what was found in the same form: anonymous strings together, the first five places.
func linesOf(file string, found []Match) []string {
	var out []string
	for _, m := range found {
		byName := make(map[string][][2]int)
		count := make(map[string]int)
		for _, s := range m.Strings {
			count[s.Name] += s.Count
			for _, p := range s.Places {
				byName[s.Name] = append(byName[s.Name], [2]int{p.Offset, p.Length})
			}
		}
		for name, places := range byName {
			slices.SortFunc(places, func(a, b [2]int) int { return a[0] - b[0] })
			out = append(out, fmt.Sprintf("%s %s:%s %s %d %v", file, m.Namespace, m.Rule, name, count[name], places[:min(5, len(places))]))
		}
	}
	slices.Sort(out)
	return out
}

func TestSignatureBaseFindsWhatLibyaraFinds(t *testing.T) {
	f, err := os.Open(sharedData + "yara/signature-base-expected-on-shared.jsonl")
	if err != nil {
		t.Skipf("the expected matches are not here: %v", err)
	}
	defer f.Close()
	expected := make(map[string][]string)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e expectedMatch
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		expected[e.File] = e.lines()
	}
	files := publicFiles(t)
	rules, _ := Compile(publicRules(t, "signature-base"), Options{Externals: corpusExternals, Modules: testModules()})
	s := rules.NewScanner(ScanOptions{Offsets: true})
	start := time.Now()
	size, compared := 0, 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		size += len(files[name])
		found, undecided := s.Scan(files[name], nil)
		for _, p := range undecided {
			t.Errorf("%s: %s", name, p.Msg)
		}
		if got, want := linesOf(name, found), expected[name]; !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		if expected[name] != nil {
			compared++
		}
	}
	t.Logf("%d files, %d MiB, %v; %d of %d files with matches compared", len(files), size>>20, time.Since(start).Round(time.Millisecond), compared,
		len(expected))
}
