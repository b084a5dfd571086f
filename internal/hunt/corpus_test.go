package hunt

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vigie/internal/evidence"
	"vigie/knowledge"
)

// sharedFile finds a file of the real data beside the checkout, and skips the test where it is absent.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	for dir := "."; ; dir = filepath.Join(dir, "..") {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		abs, err := filepath.Abs(dir)
		if err != nil || abs == filepath.Dir(abs) {
			t.Skipf("shared/data/%s is not beside the checkout", name)
		}
	}
}

// found counts matches by item and rule id.
type found map[[2]string]int

// corpus runs all public rules over public data, once for all tests.
var corpus = sync.OnceValues(func() (found, error) {
	dir, err := os.MkdirTemp("", "rules")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := untar(corpusPaths[0], dir); err != nil {
		return nil, err
	}
	r, _, err := Load(knowledge.FS, LoadOptions{Sigma: []string{dir}})
	if err != nil {
		return nil, err
	}
	got := found{}
	_, err = Run(context.Background(), Options{Paths: corpusPaths[1:], Rules: r, Limits: evidence.DefaultLimits()}, func(m *Match) error {
		_, inside, _ := strings.Cut(filepath.ToSlash(m.Path), ".zip!")
		if i := strings.LastIndex(m.Path, "atomic/"); i >= 0 { // each recording is a zip of its own
			inside, _, _ = strings.Cut(m.Path[i:], "!")
		}
		got[[2]string{inside, m.Rule.ID}]++
		return nil
	})
	return got, err
})

var corpusPaths []string

func matches(t *testing.T) found {
	t.Helper()
	corpusOnce.Do(func() {
		corpusPaths = []string{sharedFile(t, "sigma/sigma-rules.tar.gz"), sharedFile(t, "evtx/evtx-dev.zip"), sharedFile(t, "sigma/sigma-regression-dev.zip"), sharedFile(t, "mordor/atomic")}
	})
	if corpusPaths == nil {
		t.Skip("the real data is not beside the checkout")
	}
	got, err := corpus()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

var corpusOnce sync.Once

func untar(name, dir string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(filepath.Clean("/"+h.Name)))
		if h.Typeflag != tar.TypeReg || filepath.Ext(to) != ".yml" || strings.Contains(to, "tests") {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			return err
		}
	}
}

func eachLine[T any](t *testing.T, name string, f func(T)) {
	t.Helper()
	file, err := os.Open(sharedFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var x T
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		f(x)
	}
}

// TestRegression: the cases that the authors of the rules recorded.
func TestRegression(t *testing.T) {
	t.Parallel()
	got := matches(t)
	n := 0
	eachLine(t, "sigma/sigma-regression-index.jsonl", func(c struct {
		ID    string `json:"rule_id"`
		File  string `json:"evtx"`
		Count *int   `json:"match_count"`
	}) {
		want := 1
		if c.Count != nil {
			want = *c.Count
		}
		n++
		if have := got[[2]string{c.File, c.ID}]; have < want {
			t.Errorf("%s: %d matches of %s, want %d", c.File, have, c.ID, want)
		}
	})
	if n < 90 {
		t.Errorf("%d cases", n)
	}
}

// peerDiffers are rules of which a peer counts other matches, with the reason; see doc/sigma.md.
var peerDiffers = map[string]string{
	"3a9b8c1e-5b2e-4f7a-9d1c-2a7f3b6e1c55": "the peer takes every event 12 of Sysmon for a deletion, these are creations",
	"cf349c4b-99af-40fa-a051-823aa2307a84": "unsupported rule with timeframe, which is refused",
	"64e8e417-c19a-475a-8d19-98ea705394cc": "the rule's own filter takes PowerShell in System32 out",
	"611eab06-a145-4dfa-a295-3ccc5c20f59a": "the peer's copy of the rule is older",
	"d7a63acb-1284-49bc-bfea-7771146c8b1c": "the rule's own filter takes the signed library out",
}

// TestPeer: what another engine finds in the same data with its conversion of the same rules.
func TestPeer(t *testing.T) {
	t.Parallel()
	got := matches(t)
	for _, list := range []string{"sigma/sigma-peer-hits-evtx.jsonl", "mordor/sigma-peer-hits.jsonl"} {
		pairs, equal := 0, 0
		eachLine(t, list, func(c struct {
			File string
			Hits []struct {
				ID    string `json:"rule_id"`
				Title string
				Count int
			}
		}) {
			for _, h := range c.Hits {
				pairs++
				have := got[[2]string{c.File, h.ID}]
				switch {
				case have >= h.Count:
					equal++
				case peerDiffers[h.ID] == "":
					t.Errorf("%s: %d matches of %s (%s), the peer has %d", c.File, have, h.ID, h.Title, h.Count)
				}
			}
		})
		t.Logf("%s: %d of %d pairs", list, equal, pairs)
		if pairs == 0 {
			t.Errorf("%s: no pairs", list)
		}
	}
}
