package analysis

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/demo"
	"vigie/internal/detect"
	"vigie/internal/evidence"
	"vigie/internal/kb"
	"vigie/internal/report"
	"vigie/knowledge"
)

// known is the shipped knowledge, loaded once.
var known = sync.OnceValue(func() Options {
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		panic(err)
	}
	p, problems, err := detect.Load(knowledge.FS, k)
	if err != nil || len(problems) > 0 {
		panic(fmt.Sprint(err, problems))
	}
	s, err := kb.LoadSentences(knowledge.FS)
	if err != nil {
		panic(err)
	}
	return Options{KB: k, Pack: p, Sentences: s, Version: "test", Limits: evidence.DefaultLimits()}
})

// servers writes the demo once for all tests of the package.
var servers = sync.OnceValues(func() (string, []demo.Server) {
	dir, err := os.MkdirTemp("", "vigie-demo-*")
	if err != nil {
		panic(err)
	}
	list, err := demo.Write(context.Background(), dir, 7)
	if err != nil {
		panic(err)
	}
	return dir, list
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := servers(); dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func check(t testing.TB, workers int, paths ...string) *casefile.Case {
	t.Helper()
	opt := known()
	opt.Paths, opt.Workers, opt.TempDir = paths, workers, t.TempDir()
	c, err := Run(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	balanced(t, c)
	return c
}

// balanced checks what holds for every case: the ledger adds up, for the whole
// and for each item; every reason leads to a finding and every finding to a raw
// line; no word promises what logs cannot show.
func balanced(t testing.TB, c *casefile.Case) {
	t.Helper()
	var sum casefile.Ledger
	for _, it := range c.Ledger.Items {
		if it.Parsed < 0 || it.Recovered < 0 || it.Skipped < 0 || it.Parsed+it.Recovered+it.Skipped != it.Size {
			t.Errorf("%s: %d + %d + %d is not %d", it.Path, it.Parsed, it.Recovered, it.Skipped, it.Size)
		}
		sum.Bytes += it.Size
		sum.Parsed += it.Parsed
		sum.Recovered += it.Recovered
		sum.Skipped += it.Skipped
	}
	l := c.Ledger
	if int(l.Files) != len(l.Items) || l.Bytes != sum.Bytes || l.Parsed != sum.Parsed || l.Recovered != sum.Recovered || l.Skipped != sum.Skipped || l.Parsed+l.Recovered+l.Skipped != l.Bytes {
		t.Errorf("the ledger does not add up: %d files, %d = %d + %d + %d", l.Files, l.Bytes, l.Parsed, l.Recovered, l.Skipped)
	}
	ids := map[string]bool{}
	for _, f := range c.Findings {
		if ids[f.ID] {
			t.Errorf("finding %s twice", f.ID)
		}
		ids[f.ID] = true
		if len(f.Evidence) == 0 || f.Title.FR == "" || f.Title.EN == "" || f.Rule == "" {
			t.Errorf("%s: no evidence, title or rule", f.ID)
		}
		for _, e := range f.Evidence {
			cut := slices.ContainsFunc(c.Gaps, func(g casefile.Gap) bool { return g.Path == e.Path }) // a file that could not be read to its end has no hash
			if e.Path == "" || e.SHA256 == "" && !c.Partial && !cut {
				t.Errorf("%s: evidence without a place: %+v", f.ID, e.Ref)
			}
		}
	}
	for _, h := range c.Hosts {
		for _, f := range h.Flaws {
			for _, r := range f.Reasons {
				if !ids[r] {
					t.Errorf("%s %s: no finding %s", h.Name, f.ID, r)
				}
			}
			if f.Verdict == casefile.NoTrace || f.Verdict == casefile.Targeted {
				kf, _ := known().KB.Flaw(f.ID)
				for _, s := range f.Coverage.Sources {
					if s.Required && s.Covered < kf.Threshold {
						t.Errorf("%s %s: %s with %s covered to %v", h.Name, f.ID, f.Verdict, s.Kind, s.Covered)
					}
				}
			}
		}
	}
	if err := report.Lint(c); err != nil {
		t.Errorf("report lint: %v", err)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	dir, list := servers()
	c := check(t, 0, dir)
	hosts := map[string]casefile.Host{}
	for _, h := range c.Hosts {
		hosts[h.Name] = h
	}
	for _, s := range list {
		h, ok := hosts[s.Name]
		if !ok {
			t.Errorf("%s: not found", s.Name)
			continue
		}
		if string(h.Verdict) != s.Verdict || string(h.StateNow) != s.State {
			t.Errorf("%s: %s, %s; want %s, %s", s.Name, h.Verdict, h.StateNow, s.Verdict, s.State)
		}
		for flaw, want := range s.FlawVerdicts {
			got := "not judged"
			for _, f := range h.Flaws {
				if f.ID == flaw {
					got = string(f.Verdict)
				}
			}
			if got != want {
				t.Errorf("%s: %s is %s, want %s", s.Name, flaw, got, want)
			}
		}
	}
	if len(hosts) != len(list) {
		t.Errorf("%d hosts, want %d", len(hosts), len(list))
	}
}

// TestAlone judges each server by itself: the others must not weigh on it.
func TestAlone(t *testing.T) {
	t.Parallel()
	dir, list := servers()
	if raced {
		list = list[7:9]
	}
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			c := check(t, 2, filepath.Join(dir, s.Folder))
			if len(c.Hosts) != 1 || string(c.Hosts[0].Verdict) != s.Verdict {
				t.Errorf("%d hosts, %s; want one, %s", len(c.Hosts), c.Hosts[0].Verdict, s.Verdict)
			}
		})
	}
}

// TestSameCase packs one server in several ways and reads it on one core and on
// several: the JSON is the same, byte for byte, but for the names of the
// containers, which paths go through by contract.
func TestSameCase(t *testing.T) {
	t.Parallel()
	dir, _ := servers()
	root := dayOf(t, filepath.Join(dir, "MAIL01"), "210228")
	names := tree(t, root)
	out := t.TempDir()

	shuffled := slices.Clone(names)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })

	packZip(t, filepath.Join(out, "bundle.zip"), root, shuffled)
	packTar(t, filepath.Join(out, "inner.tar.gz"), root, shuffled)
	packZip(t, filepath.Join(out, "nested.zip"), out, []string{"inner.tar.gz"})

	want := plain(t, check(t, 1, root))
	for name, c := range map[string]*casefile.Case{
		"folder, many cores": check(t, 2*runtime.GOMAXPROCS(0), root),
		"zip, shuffled":      check(t, 2, filepath.Join(out, "bundle.zip")),
		"tar.gz, shuffled":   check(t, 1, filepath.Join(out, "inner.tar.gz")),
		"tar.gz in a zip":    check(t, 2, filepath.Join(out, "nested.zip")),
	} {
		if got := plain(t, c); got != want {
			i := 0
			for i < len(got) && i < len(want) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: differs at %d: %.200q, want %.200q", name, i, got[max(0, i-60):], want[max(0, i-60):])
		}
	}
}

// dayOf copies the logs of one day, and the setup log, to a folder of their own.
func dayOf(t testing.TB, root, day string) string {
	t.Helper()
	out := t.TempDir()
	for _, name := range tree(t, root) {
		if !strings.Contains(name, day) && !strings.Contains(name, "ExchangeSetup") {
			continue
		}
		to := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(root, name), to); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// plain is the JSON of a case without what packing adds: containers and their
// names in paths.
func plain(t testing.TB, c *casefile.Case) string {
	t.Helper()
	c.Ledger.Containers = nil
	b, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for _, box := range []string{"nested.zip!inner.tar.gz!", "bundle.zip!", "inner.tar.gz!"} {
		s = strings.ReplaceAll(s, box, "")
	}
	return s
}

func tree(t testing.TB, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel(root, p)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// dated is when a file was written.
func dated(t testing.TB, name string) time.Time {
	t.Helper()
	st, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return st.ModTime().Truncate(time.Second)
}

func packZip(t testing.TB, to, root string, names []string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Deflate, Modified: dated(t, filepath.Join(root, n))})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(root, n))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func packTar(t testing.TB, to, root string, names []string) {
	t.Helper()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	w := tar.NewWriter(gz)
	for _, n := range names {
		raw, err := os.ReadFile(filepath.Join(root, n))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteHeader(&tar.Header{Name: "./" + n, Mode: 0o600, Size: int64(len(raw)), ModTime: dated(t, filepath.Join(root, n))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamageNeverClears damages one file at a time, in ways that disks, copies
// and attackers do. The damage shows in the gaps, the rest is still judged, and
// the verdict moves toward undetermined or not at all.
func TestDamageNeverClears(t *testing.T) {
	t.Parallel()
	dir, list := servers()
	before := map[string]string{}
	for _, s := range list {
		before[s.Folder] = s.Verdict
	}
	rng := rand.New(rand.NewPCG(11, 12))
	n := 24
	if testing.Short() || raced {
		n = 6
	}
	for i := range n {
		folder := []string{"MAIL07", "MAIL06", "MAIL01"}[i%3]
		root := filepath.Join(dir, folder)
		names := tree(t, root)
		name := names[rng.IntN(len(names))]
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(raw)
		at := len(bad)/4 + rng.IntN(len(bad)/2)
		how := []string{"cut", "random bytes", "zeros", "header gone", "line joined", "all gone"}[i%6]
		switch how {
		case "cut":
			bad = bad[:at]
			for len(bad) > 0 && bad[len(bad)-1] == '\n' {
				bad = bad[:len(bad)-1]
			}
		case "random bytes":
			for k := range min(200, len(bad)-at) {
				bad[at+k] = byte(rng.IntN(256))
			}
		case "zeros":
			clear(bad[at:min(at+5000, len(bad)-1)])
		case "header gone":
			bad = bytes.Replace(bad, []byte("#Fields:"), []byte("#F\x00elds:"), 1)
			if strings.Contains(name, "Setup") {
				continue
			}
		case "line joined":
			k := bytes.IndexByte(bad[at:], '\n')
			if k < 0 {
				continue
			}
			bad = slices.Delete(bad, at+k, at+k+1)
		case "all gone":
			bad = bytes.Repeat([]byte{0xA7, 0x00, 0x1b}, len(bad)/3+1)
		}
		t.Run(fmt.Sprintf("%s %s %s", folder, how, filepath.Base(name)), func(t *testing.T) {
			t.Parallel()
			copyDir := t.TempDir()
			for _, other := range names {
				to := filepath.Join(copyDir, other)
				if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
					t.Fatal(err)
				}
				if other == name {
					err = os.WriteFile(to, bad, 0o600)
				} else {
					err = os.Link(filepath.Join(root, other), to)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c := check(t, 2, copyDir)
			shown := slices.ContainsFunc(c.Gaps, func(g casefile.Gap) bool { return g.Path == name })
			untyped := slices.ContainsFunc(c.Ledger.Items, func(it casefile.LedgerItem) bool {
				return it.Path == name && it.Kind == "other" && it.Skipped == it.Size
			})
			if !shown && !untyped {
				t.Errorf("the damage of %s does not show", name)
			}
			got, want := c.Hosts[0].Verdict, casefile.Verdict(before[folder])
			if got == want || got == casefile.Undetermined {
				return
			}
			if want == casefile.Confirmed && got == casefile.Suspected {
				return // a proof was in the damaged file
			}
			t.Errorf("verdict %s became %s", want, got)
		})
	}
}

// TestReal judges the real logs of other projects: what is an attack is found,
// what is not raises no suspicion.
func TestReal(t *testing.T) {
	t.Parallel()
	const data = "../../../shared/data/"
	for _, tc := range []struct {
		path    string
		attack  bool
		atLeast []casefile.Verdict
	}{
		{"exchange-logs", false, nil},
		{"exchange-logs/artefacts-help", false, nil},
		{"exchange-logs/elastic", false, nil},
		{"exchange-logs/kinesis-agent", false, nil},
		{"exchange-logs/velociraptor", false, nil},
		{"iis-logs/plaso", false, nil},
		{"iis-logs/elastic", false, nil},
		{"css-exchange/css-exchange.tar.gz", false, nil},
		{"iis-logs/velociraptor", true, []casefile.Verdict{casefile.Confirmed, casefile.Suspected}},
		{"iis-logs/evtx-attack-samples", true, []casefile.Verdict{casefile.Confirmed}},
		{"iis-logs", true, []casefile.Verdict{casefile.Confirmed}},
	} {
		t.Run(tc.path, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(data + tc.path); err != nil {
				t.Skip("no shared/data beside the checkout: ", err)
			}
			c := check(t, 2, data+tc.path)
			if len(c.Hosts) == 0 {
				t.Fatal("no host")
			}
			worst := c.Hosts[0].Verdict
			if tc.attack && !slices.Contains(tc.atLeast, worst) {
				t.Errorf("verdict %s, want one of %v", worst, tc.atLeast)
			}
			if !tc.attack && (worst == casefile.Confirmed || worst == casefile.Suspected) {
				t.Errorf("verdict %s on logs without an attack: %+v", worst, c.Hosts[0].Flaws[0].Why)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir, _ := servers()
	ctx, cancel := context.WithCancel(context.Background())
	opt := known()
	n := 0
	opt.Paths, opt.Workers = []string{filepath.Join(dir, "MAIL07")}, 1
	opt.after = func() {
		if n++; n == 100 {
			cancel()
		}
	}
	c, err := Run(ctx, opt)
	if err != nil || !c.Partial {
		t.Fatalf("partial %v, %v", c != nil && c.Partial, err)
	}
	balanced(t, c)
	for _, h := range c.Hosts {
		if h.Verdict == casefile.NoTrace || h.Verdict == casefile.Targeted || h.Verdict == casefile.NotAffected {
			t.Errorf("%s after half the reading", h.Verdict)
		}
	}
}

func TestMissingPath(t *testing.T) {
	t.Parallel()
	opt := known()
	opt.Paths = []string{filepath.Join(t.TempDir(), "nothing")}
	if _, err := Run(context.Background(), opt); err == nil {
		t.Error("no error for a path that does not exist")
	}
}

// TestLocalLogs reads IIS logs kept in local time: the difference to HttpProxy
// is told.
func TestLocalLogs(t *testing.T) {
	t.Parallel()
	dir, _ := servers()
	root := filepath.Join(dir, "MAIL01")
	out := t.TempDir()
	for _, name := range tree(t, root) {
		if !strings.Contains(name, "210228") && !strings.Contains(name, "20210228") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(name, "W3SVC") {
			raw = bytes.ReplaceAll(raw, []byte("\n2021-02-28 04:"), []byte("\n2021-02-28 06:"))
		}
		to := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := check(t, 2, out)
	if !slices.ContainsFunc(c.Hosts[0].Notes, func(n casefile.Text) bool { return strings.Contains(n.EN, "local time") }) {
		t.Errorf("notes %+v do not tell of local time", c.Hosts[0].Notes)
	}
}
