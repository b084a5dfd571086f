package sigma

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// archive reads the text files of an archive of public rules, by name. They are not part of the repository.
func archive(t testing.TB, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open("../../../shared/data/sigma/" + name)
	if err != nil {
		t.Skipf("the public rules are not here: %v", err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	tr := tar.NewReader(gz)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg && strings.HasSuffix(h.Name, ".yml") {
			if files[h.Name], err = io.ReadAll(io.LimitReader(tr, 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// part gives the folder below the archive's own that a file is in.
func part(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

func TestSigmaHQRulesLoadOrSayWhy(t *testing.T) {
	files := archive(t, "sigma-rules.tar.gz")
	names := slices.Sorted(maps.Keys(files))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	var all []*Rule
	loaded, refused := make(map[string]int), make(map[string]int)
	reasons := make(map[string]int)
	var listed []string
	for _, name := range names {
		dir := part(name)
		if !strings.HasPrefix(dir, "rules") && dir != "deprecated" && dir != "unsupported" {
			continue
		}
		rules, problems := Parse(name, files[name])
		if len(rules) == 0 && len(problems) == 0 {
			t.Errorf("%s: neither a rule nor a problem", name)
		}
		for _, p := range problems {
			reasons[dir+" "+p.Code]++
			if p.Line == 0 || p.Msg == "" || p.Code == "" {
				t.Errorf("%s: vague problem %q", name, p)
			}
			if strings.HasPrefix(dir, "rules") && p.Code != CodePlaceholder && p.Code != CodeLimit {
				t.Errorf("refused: %s", p)
			}
			listed = append(listed, p.String())
		}
		if len(problems) > 0 {
			refused[dir]++
		}
		loaded[dir] += len(rules)
		if strings.HasPrefix(dir, "rules") {
			all = append(all, rules...)
		}
	}
	parsed := time.Since(start)
	set, problems := Compile(all)
	compiled := time.Since(start) - parsed
	runtime.GC()
	runtime.ReadMemStats(&after)
	for _, p := range problems {
		t.Error(p)
	}
	if set.Len() != len(all) || len(all) < 3000 {
		t.Errorf("%d rules of %d in the set", set.Len(), len(all))
	}
	for dir, n := range refused {
		share := float64(n) / float64(n+loaded[dir])
		t.Logf("%-24s %4d loaded %3d refused (%.2f %%)", dir, loaded[dir], n, 100*share)
		if dir != "rules-placeholder" && strings.HasPrefix(dir, "rules") && share >= 0.01 {
			t.Errorf("%s: %d refused", dir, n)
		}
	}
	t.Logf("loaded %v, reasons %v", loaded, reasons)
	t.Logf("parse %v, compile %v, %d predicates, %d fields, %d MiB kept", parsed, compiled, len(set.prog.preds), len(set.prog.fields),
		(int64(after.HeapAlloc)-int64(before.HeapAlloc))>>20)
	if testing.Verbose() {
		for _, l := range listed {
			t.Log(l)
		}
	}
	most, steps := 0, 0
	for _, r := range all {
		n := 0
		r.root.each(func(p *pred) {
			n++
			if p.kind == kindRegexp {
				steps = max(steps, p.re.steps)
			}
		})
		most = max(most, n)
	}
	t.Logf("largest rule %d predicates, largest expression %d steps", most, steps)

	unreserved := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
	}
	for _, src := range []LogSource{{Category: "webserver"}, {Product: "windows", Category: "process_creation"}, {Product: "windows", Service: "security"}} {
		sub := set.For(src)
		start := time.Now()
		atoms, rest := sub.Atoms(AtomOptions{Keep: unreserved, MinLen: 3})
		t.Logf("%v: %d rules, %d atoms, %d without, in %v", src, sub.Len(), len(atoms), len(rest), time.Since(start))
		if sub.Len() < 20 || len(rest)*4 > sub.Len() && src.Service == "" {
			t.Errorf("%v: %d of %d rules have no atom", src, len(rest), sub.Len())
		}
	}
}

// each calls f for every predicate of a tree, once for each place it is used.
func (n *node) each(f func(*pred)) {
	if n.op == opPred {
		f(n.pred)
	}
	for _, k := range n.kids {
		k.each(f)
	}
}
