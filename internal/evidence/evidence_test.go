package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/casefile"
)

func TestSameEvidenceInEveryShape(t *testing.T) {
	t.Parallel()
	files := tree()
	tarball := tarOf(files)
	shapes := map[string][]byte{
		"t.zip":         zipOf(files),
		"t.tar":         tarball,
		"t.tar.gz":      gz(tarball),
		"t.tgz":         gz(tarball),
		"t.tar.zst":     zst(tarball),
		"t.tar.xz":      xzOf(tarball),
		"t.tar.bz2":     sample(t, "tree.tar.bz2"),
		"t.7z":          sample(t, "tree.7z"),
		"plain.7z":      sample(t, "plain.7z"),
		"named.log":     zipOf(files), // the name does not matter
		"nested.zip":    zipOf(map[string]string{"t.tar.gz": string(gz(tarball))}),
		"nested2.tar":   tarOf(map[string]string{"t.7z": string(sample(t, "tree.7z"))}),
		"nested3.zip":   zipOf(map[string]string{"a.tar.xz": string(xzOf(tarOf(map[string]string{"t.zip": string(zipOf(files))})))}),
		"t.zip.gz":      gz(zipOf(files)),
		"backslash.zip": zipRaw(backslashed(files), rawOpt{}),
		"dot.tar":       tarOf(dotted(files)),
	}
	want := walkAll(t, Options{}, put(t, files))
	if !maps.Equal(want.byLog, files) || want.gaps != nil {
		t.Fatalf("folder: %v %v", slices.Sorted(maps.Keys(want.byLog)), want.gaps)
	}
	if !slices.IsSorted(want.order) {
		t.Errorf("order of a folder: %v", want.order)
	}
	for name, b := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := one(t, Options{}, name, b)
			if !maps.Equal(got.byLog, files) {
				t.Errorf("items: %v", slices.Sorted(maps.Keys(got.byLog)))
			}
			if got.gaps != nil {
				t.Errorf("gaps: %+v", got.gaps)
			}
			for _, p := range got.order {
				if !strings.HasPrefix(p, name+"!") {
					t.Errorf("path %s", p)
				}
			}
			for _, c := range got.cont {
				if len(c.SHA256) != 64 || c.Size == 0 || c.Kind == "" {
					t.Errorf("container %+v", c)
				}
			}
			// The same through a stream, and from standard input.
			in := walkAll(t, Options{Stdin: bytes.NewReader(b)}, "-")
			if !maps.Equal(in.byLog, files) || in.gaps != nil {
				t.Errorf("standard input: %v %+v", slices.Sorted(maps.Keys(in.byLog)), in.gaps)
			}
			// And with everything that needs random access on disk.
			spool := Options{Limits: Limits{MemoryBytes: 16}, TempDir: t.TempDir()}
			sp := viaTar(t, spool, name, b)
			if !maps.Equal(sp.byLog, files) || sp.gaps != nil {
				t.Errorf("spooled: %v %+v", slices.Sorted(maps.Keys(sp.byLog)), sp.gaps)
			}
			if left, _ := os.ReadDir(spool.TempDir); len(left) != 0 {
				t.Errorf("temporary files left: %v", left)
			}
		})
	}
}

func backslashed(files map[string]string) (out []rawEntry) {
	for _, n := range slices.Sorted(maps.Keys(files)) {
		out = append(out, raw(strings.ReplaceAll(n, "/", `\`), files[n]))
	}
	return out
}

func dotted(files map[string]string) map[string]string {
	out := map[string]string{}
	for n, c := range files {
		out["./"+n] = c
	}
	return out
}

func TestCompressedSingleFile(t *testing.T) {
	t.Parallel()
	text := tree()["logs/u_ex210301.log"]
	for ending, b := range map[string][]byte{
		"gz": gz([]byte(text)), "zst": zst([]byte(text)), "xz": xzOf([]byte(text)), "bz2": sample(t, "u_ex210301.log.bz2"),
	} {
		name := "u_ex210301.log." + ending
		got := walkAll(t, Options{}, put(t, map[string]string{"logs/" + name: string(b)}))
		if got.byLog["logs/u_ex210301.log"] != text || got.gaps != nil || len(got.order) != 1 {
			t.Errorf("%s: %v %+v", ending, got.order, got.gaps)
		}
		if got.order[0] != "logs/"+name+"!u_ex210301.log" {
			t.Errorf("path %s", got.order[0])
		}
	}
}

func TestSeveralPaths(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.log": "a"}
	d1, d2 := put(t, map[string]string{"web/a.log": "1", "u.log": "x"}), put(t, map[string]string{"web/a.log": "2", "u.log": "y"})
	d3 := put(t, map[string]string{"web.zip": string(zipOf(files)), "v.log.gz": string(gz([]byte("v")))})
	paths := []string{filepath.Join(d1, "web"), filepath.Join(d2, "web"), filepath.Join(d3, "web.zip"), filepath.Join(d1, "u.log"), filepath.Join(d3, "v.log.gz"), filepath.Join(d1, "web") + "/"}
	a := walkAll(t, Options{}, paths...)
	slices.Reverse(paths)
	b := walkAll(t, Options{}, paths...)
	if !reflect.DeepEqual(a.order, b.order) || !maps.Equal(a.byLog, b.byLog) {
		t.Errorf("order of the arguments shows: %v %v", a.order, b.order)
	}
	want := []string{"u.log", "v.log.gz!v.log", "web.zip!a.log", "web/a.log", "web~2/a.log"}
	slices.Sort(a.order)
	if !slices.Equal(a.order, want) {
		t.Errorf("paths %v", a.order)
	}
	logs := slices.Sorted(maps.Keys(a.byLog))
	if !slices.Equal(logs, []string{"u.log", "v.log", "web/a.log", "web~2/a.log", "web~3/a.log"}) {
		t.Errorf("logical names %v", logs)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	dir := put(t, map[string]string{"a": "a"})
	for _, p := range [][]string{{filepath.Join(dir, "missing")}, {""}, {}, {"-"}, {dir, filepath.Join(dir, "a", "b")}} {
		if s, err := Open(p, Options{}); err == nil {
			s.Close()
			t.Errorf("%q opened", p)
		}
	}
}

// The bytes before a cut are delivered, and the cut is told, wherever it is.
func TestTruncatedAnywhere(t *testing.T) {
	t.Parallel()
	files := tree()
	rnd := make([]byte, 3000)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(rnd)
	files["logs/random.bin"] = string(rnd)
	tarball := tarOf(files)
	for name, b := range map[string][]byte{
		"t.zip": zipOf(files), "stored.zip": zipRaw(backslashed(files), rawOpt{}), "t.tar.gz": gz(tarball), "t.tar": tarball,
		"t.tar.xz": xzOf(tarball), "t.tar.zst": zst(tarball), "t.tar.bz2": sample(t, "tree.tar.bz2"),
		"t.7z": sample(t, "tree.7z"), "plain.7z": sample(t, "plain.7z"), "u.log.gz": gz([]byte(tree()["logs/u_ex210301.log"])),
		"deflate64.zip": sample(t, "deflate64.zip"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			best := int64(0)
			from := 12
			if name == "t.tar" {
				from = tarBlock // what is shorter is no tar
			}
			for cut := from; cut < len(b); cut += 97 {
				for _, walk := range []func(testing.TB, Options, string, []byte) *seen{one, viaTar} {
					got := walk(t, Options{}, name, b[:cut])
					if len(got.gaps) == 0 {
						t.Fatalf("cut at %d of %d: no gap", cut, len(b))
					}
					for log, c := range got.byLog {
						want, ok := files[log]
						if strings.HasPrefix(name, "u.log") {
							want, ok = tree()["logs/u_ex210301.log"], log == "u.log"
						}
						if !ok && got.opq != nil && !strings.Contains(strings.Join(got.order, " "), "!") {
							continue
						}
						if !ok || !strings.HasPrefix(want, c) {
							t.Fatalf("cut at %d: %s has %d bytes that were not there", cut, log, len(c))
						}
					}
					best = max(best, got.bytes)
				}
			}
			switch name[strings.LastIndexByte(name, '.')+1:] {
			case "7z", "bz2", "xz", "zst": // one block here; see TestTruncatedBlocks
			default:
				if best == 0 {
					t.Error("nothing was ever delivered")
				}
			}
		})
	}
}

// Decoders that work by blocks deliver every whole block before a cut.
func TestTruncatedBlocks(t *testing.T) {
	t.Parallel()
	data := make([]byte, 3*mib)
	rand.NewChaCha8([32]byte{3}).Read(data)
	for i := range data {
		data[i] &= 0x0f
	}
	for name, b := range map[string][]byte{"u.log.zst": zst(data), "u.log.xz": xzOf(data)} {
		got := one(t, Options{}, name, b[:len(b)*3/4])
		out := got.byLog["u.log"]
		if len(out) < mib || !strings.HasPrefix(string(data), out) {
			t.Errorf("%s: %d bytes", name, len(out))
		}
		if re := got.errs[name+"!u.log"]; re == nil || !strings.HasSuffix(re.Gap.Code, ".truncated") {
			t.Errorf("%s: %+v", name, re)
		}
	}
}

// A stored entry is delivered up to the exact byte of the cut.
func TestTruncatedExactly(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 100)
	z := zipRaw([]rawEntry{raw("a.log", text)}, rawOpt{})
	tr := tarOf(map[string]string{"a.log": text})
	for cut := 100; cut < 1000; cut += 31 {
		got := one(t, Options{}, "a.zip", z[:cut])
		if want := text[:cut-zipLocalLen-5]; got.byLog["a.log"] != want {
			t.Fatalf("zip cut at %d: %d bytes, want %d", cut, len(got.byLog["a.log"]), len(want))
		}
		if re := got.errs["a.zip!a.log"]; re == nil || re.Gap.Code != CodeZipEntryTruncated || re.Gap.Offset != re.Delivered {
			t.Fatalf("zip cut at %d: %+v", cut, re)
		}
	}
	for cut := 520; cut < 1500; cut += 31 {
		got := one(t, Options{}, "a.tar", tr[:cut])
		if want := text[:cut-512]; got.byLog["a.log"] != want {
			t.Fatalf("tar cut at %d: %d bytes, want %d", cut, len(got.byLog["a.log"]), len(want))
		}
		if re := got.errs["a.tar!a.log"]; re == nil || re.Gap.Code != CodeTarTruncated {
			t.Fatalf("tar cut at %d: %+v", cut, re)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	big := gz(tarOf(map[string]string{"big": strings.Repeat("abcdefgh", 8*mib), "z": "z"}))
	for name, b := range map[string][]byte{"b.tar.gz": big, "b.zip": zipOf(map[string]string{"b.tar.gz": string(big), "z": "z"})} {
		src, err := Open([]string{filepath.Join(put(t, map[string]string{name: string(b)}), name)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		n := int64(0)
		err = src.Walk(ctx, func(it *Item) error {
			r, err := it.Open()
			if err != nil {
				return err
			}
			buf := make([]byte, 4096)
			for {
				k, err := r.Read(buf)
				n += int64(k)
				if n > mib {
					cancel()
				}
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%s: %v", name, err)
					}
					return nil
				}
			}
		})
		if !errors.Is(err, context.Canceled) || n > 2*mib {
			t.Errorf("%s: %v after %d bytes", name, err, n)
		}
		if g := src.Gaps(); len(g) != 0 {
			t.Errorf("%s: a cancel is no gap: %v", name, g)
		}
		src.Close()
		cancel()
	}
	// An error of visit ends the walk and comes out as it is.
	stop := errors.New("stop")
	src, _ := Open([]string{put(t, tree())}, Options{})
	defer src.Close()
	calls := 0
	if err := src.Walk(t.Context(), func(*Item) error { calls++; return stop }); err != stop || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// Items that are not sequential are read by several goroutines after the walk,
// with the same gaps each time.
func TestParallelReading(t *testing.T) {
	t.Parallel()
	var entries []rawEntry
	for i := range 1500 {
		e := raw(fmt.Sprintf("e%04d", i), strings.Repeat("x", i%7+1))
		if i%3 != 0 {
			e.crc, e.crcSet = 1, true
		}
		entries = append(entries, e)
	}
	dir := put(t, map[string]string{"a.zip": string(zipRaw(entries, rawOpt{})), "b.log": "b", "c.log.gz": string(gz([]byte("c")))})
	var first []casefile.Gap
	for range 4 {
		src, err := Open([]string{dir}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var items []*Item
		if err := src.Walk(t.Context(), func(it *Item) error {
			if it.Sequential {
				t.Errorf("%s is sequential", it.Path)
			}
			items = append(items, it)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		ch := make(chan *Item)
		for range 4 {
			wg.Go(func() {
				for it := range ch {
					r, err := it.Open()
					if err != nil {
						t.Error(err)
						continue
					}
					io.Copy(io.Discard, r)
					r.Close()
				}
			})
		}
		rand.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		for _, it := range items {
			ch <- it
		}
		close(ch)
		wg.Wait()
		gaps := src.Gaps()
		if err := src.Close(); err != nil {
			t.Error(err)
		}
		if first == nil {
			first = gaps
		} else if !reflect.DeepEqual(first, gaps) {
			t.Fatal("gaps depend on who reads first")
		}
	}
	bad := int64(0)
	for _, g := range first {
		if g.Code == CodeZipCRC {
			bad += max(1, g.Count)
		}
	}
	if bad != 1000 {
		t.Errorf("%d entries with a wrong checksum told, want 1000", bad)
	}
}

func TestGapsAreCountedBeyondTheLimit(t *testing.T) {
	t.Parallel()
	var entries []rawEntry
	for i := range 2500 {
		e := raw(fmt.Sprintf("e%05d", i), "x")
		e.flags = 1
		entries = append(entries, e)
	}
	got := one(t, Options{}, "a.zip", zipRaw(entries, rawOpt{}))
	if len(got.gaps) != casefile.MaxGapsPerFile+1 {
		t.Fatalf("%d gaps", len(got.gaps))
	}
	g := got.gaps[0]
	if g.Path != "a.zip" || g.Code != CodeZipEncrypted || g.Count != 1500 {
		t.Errorf("%+v", g)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	files := tree()
	files["x.zip"] = string(zipOf(tree()))
	files["x.tar.gz"] = string(gz(tarOf(tree())))
	src, err := Open([]string{put(t, files)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	want := int64(0)
	for _, c := range files {
		want += int64(len(c))
	}
	if got := src.TotalBytes(); got != want {
		t.Errorf("total %d, want %d", got, want)
	}
	collect(t, src)
	if got := src.ReadBytes(); got > want+8192 || got < want*8/10 {
		t.Errorf("read %d of %d", got, want)
	}
}

// Memory does not follow the size of what is read.
func TestFlatMemory(t *testing.T) {
	var b bytes.Buffer
	w := &zeroTar{}
	io.Copy(&b, bytes.NewReader(gz(w.bytes(64*mib))))
	path := filepath.Join(put(t, map[string]string{"big.tar.gz": b.String()}), "big.tar.gz")
	b = bytes.Buffer{}
	runtime.GC()
	var before, peak runtime.MemStats
	runtime.ReadMemStats(&before)
	src, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	n := int64(0)
	if err := src.Walk(t.Context(), func(it *Item) error {
		r, err := it.Open()
		if err != nil {
			return err
		}
		k, err := io.Copy(io.Discard, r)
		n += k
		return err
	}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&peak)
	if n != 64*mib {
		t.Errorf("%d bytes", n)
	}
	if grew := int64(peak.TotalAlloc - before.TotalAlloc); grew > 4*mib {
		t.Errorf("%d bytes allocated for a stream of %d", grew, n)
	}
}

type zeroTar struct{}

// bytes is a tar with a file of n bytes that compress 20 times or so.
func (zeroTar) bytes(n int) []byte {
	line := []byte("2021-03-03 04:37:51 10.0.0.1 POST /owa/auth/Current/x.js - 443 - 192.0.2.7 Mozilla/5.0 - 200 0 0 12\n")
	b := bytes.Repeat(line, n/len(line)+1)[:n]
	r := rand.NewChaCha8([32]byte{2})
	for i := 0; i < n; i += 50 {
		b[i] = byte(r.Uint64())
	}
	return tarOf(map[string]string{"big.log": string(b)})
}

func TestDefaultsAndBudgets(t *testing.T) {
	t.Parallel()
	l := Limits{Entries: 5}.List()
	if len(l) != reflect.TypeFor[Limits]().NumField() {
		t.Errorf("%d budgets of %d limits", len(l), reflect.TypeFor[Limits]().NumField())
	}
	for _, b := range l {
		if b.Limit <= 0 || !strings.HasPrefix(b.Name, "evidence.") {
			t.Errorf("%+v", b)
		}
	}
	seen := map[string]bool{}
	for _, c := range Codes {
		if seen[c.Code] || c.Text.EN == "" || c.Text.FR == "" || c.Code != strings.ToLower(c.Code) {
			t.Errorf("code %+v", c)
		}
		seen[c.Code] = true
	}
}

// No walk may hang, whatever a test does.
func TestMain(m *testing.M) {
	time.AfterFunc(20*time.Minute, func() { panic("evidence tests hang") })
	os.Exit(m.Run())
}
