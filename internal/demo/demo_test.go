package demo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testSeed = 7

// demo is one written demo for all tests that only read; TestMain removes it.
var demo = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "vigie-demo-test-")
	if err != nil {
		return "", err
	}
	demoDir = dir
	_, err = Write(context.Background(), dir, testSeed)
	return dir, err
})

var demoDir string // set by demo

func TestMain(m *testing.M) {
	code := m.Run()
	if demoDir != "" {
		os.RemoveAll(demoDir)
	}
	os.Exit(code)
}

func written(t *testing.T) string {
	t.Helper()
	dir, err := demo()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// hashes gives the hash of every file below dir, by relative path.
func hashes(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	sums := map[string][32]byte{}
	walk(t, dir, func(name string, b []byte) { sums[name] = sha256.Sum256(b) })
	return sums
}

func walk(t *testing.T, dir string, visit func(name string, b []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		visit(filepath.ToSlash(name), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	first := written(t)
	again, other := t.TempDir(), t.TempDir()
	// Some servers alone: neither order nor company may change their bytes.
	some := []*plan{plans()[8], plans()[3], plans()[7]}
	if err := write(t.Context(), again, testSeed, some); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), other, testSeed+1, some[1:2]); err != nil {
		t.Fatal(err)
	}
	for _, p := range some {
		want, got := hashes(t, filepath.Join(first, p.Name)), hashes(t, filepath.Join(again, p.Name))
		if len(want) == 0 || len(want) != len(got) {
			t.Fatalf("%s: %d files, then %d", p.Name, len(want), len(got))
		}
		for name, sum := range want {
			if got[name] != sum {
				t.Errorf("%s/%s differs", p.Name, name)
			}
		}
	}
	one := "inetpub/logs/LogFiles/W3SVC1/u_ex210318.log"
	if hashes(t, filepath.Join(first, some[1].Name))[one] == hashes(t, filepath.Join(other, some[1].Name))[one] {
		t.Error("another seed gives the same bytes")
	}
}

func TestServersAreWhatIsWritten(t *testing.T) {
	t.Parallel()
	dir := written(t)
	list := Servers()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(list)+1 { // and the marker
		t.Errorf("%d entries for %d servers", len(entries), len(list))
	}
	seen := map[string]bool{}
	for _, s := range list {
		seen[s.Verdict] = true
		if s.Story.FR == "" || s.Story.EN == "" || s.State == "" || len(s.FlawVerdicts) == 0 {
			t.Errorf("%s: incomplete: %+v", s.Name, s)
		}
		for _, name := range []string{"ExchangeSetupLogs/ExchangeSetup.log", "inetpub/logs/LogFiles/W3SVC1", "inetpub/logs/LogFiles/W3SVC2",
			"Logging/HttpProxy/Ecp", "Logging/ECP/Server", "Logging/Ews", "TransportRoles/Logs/MessageTracking"} {
			if _, err := os.Stat(filepath.Join(dir, s.Folder, filepath.FromSlash(name))); err != nil {
				t.Error(err)
			}
		}
	}
	for _, v := range []string{"confirmed", "suspected", "undetermined", "targeted", "no-trace", "not-affected"} {
		if !seen[v] {
			t.Errorf("no server shows %s", v)
		}
	}
	size := 0
	walk(t, dir, func(_ string, b []byte) { size += len(b) })
	if size < 60<<20 || size > 180<<20 {
		t.Errorf("demo has %d MiB, want 60 to 180", size>>20)
	}
	// A caller may change what it was given.
	list[0].FlawVerdicts["proxylogon"] = "changed"
	if Servers()[0].FlawVerdicts["proxylogon"] == "changed" {
		t.Error("Servers shares its maps")
	}
}

// line is one data line of a log, with its fields.
type line struct {
	at     time.Time
	fields []string
	column map[string]int
}

func (l line) get(name string) string { return l.fields[l.column[name]] }

// parse reads a log written here and fails on any line that does not have the
// columns of its header or is earlier than the one before.
func parse(t *testing.T, name string, b []byte, visit func(line)) {
	t.Helper()
	b = bytes.TrimPrefix(b, []byte(bom))
	iis := strings.Contains(name, "/W3SVC")
	column, width := map[string]int{}, 0
	var last time.Time
	scan := bufio.NewScanner(bytes.NewReader(b))
	scan.Buffer(nil, 1<<20)
	for n := 1; scan.Scan(); n++ {
		text := strings.TrimSuffix(scan.Text(), "\r")
		if list, ok := strings.CutPrefix(text, "#Fields: "); ok {
			names := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
			column, width = map[string]int{}, len(names)
			for i, name := range names {
				column[name] = i
			}
			continue
		}
		if text == "" || text[0] == '#' || strings.HasPrefix(text, "DateTime,") {
			continue
		}
		var fields []string
		var at time.Time
		var err error
		if iis {
			fields = strings.Split(text, " ")
			if len(fields) > 2 {
				at, err = time.Parse(time.DateTime, fields[0]+" "+fields[1])
			}
		} else {
			if fields = strings.Split(text, ","); strings.Contains(text, `"`) {
				fields, err = csv.NewReader(strings.NewReader(text)).Read()
			}
			if err == nil {
				at, err = time.Parse(time.RFC3339, fields[0])
			}
		}
		if err != nil || len(fields) != width || at.Before(last) {
			t.Errorf("%s:%d: %d fields of %d, time %v after %v, error %v\n%s", name, n, len(fields), width, at, last, err, text)
			return
		}
		last = at
		visit(line{at, fields, column})
	}
	if scan.Err() != nil {
		t.Errorf("%s: %v", name, scan.Err())
	}
}

// damaged tells whether a file is broken on purpose.
func damaged(p *plan, name string) bool {
	return slices.ContainsFunc(p.Damage, func(d damage) bool { return d.File == name })
}

func TestLinesHaveTheirColumnsAndRequiredLogsAreNeverSilent(t *testing.T) {
	t.Parallel()
	dir := written(t)
	for _, p := range plans() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			seen := map[string][]int64{}
			walk(t, filepath.Join(dir, p.Name), func(name string, b []byte) {
				if damaged(p, name) || strings.HasPrefix(name, "ExchangeSetupLogs/") || strings.HasPrefix(name, "FrontEnd/") {
					return
				}
				kind := filepath.Dir(name)
				if strings.HasPrefix(name, "Logging/HttpProxy/") {
					kind = "httpproxy"
				}
				parse(t, name, b, func(l line) { seen[kind] = append(seen[kind], l.at.UnixMilli()) })
			})
			if len(p.Damage) > 0 {
				return
			}
			for _, kind := range []string{"inetpub/logs/LogFiles/W3SVC1", "inetpub/logs/LogFiles/W3SVC2", "httpproxy"} {
				times := append(seen[kind], int64(p.From), int64(p.To))
				slices.Sort(times)
				for i := 1; i < len(times); i++ {
					from, to := times[i-1], times[i]
					if limit := explained(p, kind, from, to); to-from > limit+10*minute {
						t.Errorf("%s is silent from %v to %v", kind, time.UnixMilli(from).UTC(), time.UnixMilli(to).UTC())
					}
				}
			}
		})
	}
}

// explained is how much of a silence the story gives a reason for.
func explained(p *plan, kind string, from, to int64) int64 {
	for _, l := range p.Lost {
		if slices.Contains(l.What, kind) && int64(l.From) <= to && int64(l.To) >= from {
			return int64(l.To - l.From)
		}
	}
	for _, in := range p.Builds {
		if int64(in.At) > from && int64(in.At) <= to {
			return outage + 10*minute
		}
	}
	return 0
}

// The front end's IIS log, the HttpProxy log and the back end's IIS log show
// the same requests under the same identifier, in the order of a real server.
func TestRequestsJoinAcrossLogs(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(written(t), "MAIL01")
	type seenAt struct{ front, proxy, back time.Time }
	all := map[string]*seenAt{}
	at := func(id string) *seenAt {
		if all[id] == nil {
			all[id] = &seenAt{}
		}
		return all[id]
	}
	walk(t, dir, func(name string, b []byte) {
		if !strings.Contains(name, "210228") {
			return
		}
		parse(t, name, b, func(l line) {
			switch {
			case strings.HasPrefix(name, "Logging/HttpProxy/"):
				at(l.get("RequestId")).proxy = l.at
			case strings.Contains(name, "/W3SVC"):
				_, rest, ok := strings.Cut(l.get("cs-uri-query"), "cafeReqId=")
				if !ok {
					return
				}
				id, _, _ := strings.Cut(rest, ";")
				if strings.Contains(name, "/W3SVC1/") {
					at(id).front = l.at
				} else {
					at(id).back = l.at
				}
			}
		})
	})
	passed := 0
	for id, s := range all {
		if s.front.IsZero() || s.proxy.IsZero() {
			t.Fatalf("%s: front %v, proxy %v, back %v", id, s.front, s.proxy, s.back)
		}
		if d := s.front.Sub(s.proxy.Truncate(time.Second)); d < 0 || d > time.Second {
			t.Errorf("%s: front end %v after the proxy", id, d)
		}
		if !s.back.IsZero() {
			passed++
			if s.back.After(s.proxy) || s.proxy.Sub(s.back) > 2*time.Second {
				t.Errorf("%s: back end at %v, proxy at %v", id, s.back, s.proxy)
			}
		}
	}
	if passed < 20 {
		t.Errorf("%d requests reached the back end", passed)
	}
}

func TestWriteRefusesForeignFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(kept, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), dir, 1); !errors.Is(err, ErrForeign) {
		t.Fatalf("got %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("folder was touched: %v", entries)
	}
}

func TestPreviousDemoIsReplaced(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "demo")
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "MAIL01", "stale.log")
	for _, name := range []string{stale, filepath.Join(dir, "notes.txt")} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stale file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.txt")); err != nil {
		t.Error("a file that the demo does not make is gone:", err)
	}
}

func TestInterruptedWriteSaysSo(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Write(ctx, filepath.Join(t.TempDir(), "demo"), 1); !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v", err)
	}
}

func TestCivil(t *testing.T) {
	t.Parallel()
	for days := int64(0); days < 40_000; days++ {
		y, m, d := civil(days)
		if want := time.Unix(days*86400, 0).UTC(); want.Format(time.DateOnly) != fmt.Sprintf("%04d-%02d-%02d", y, m, d) {
			t.Fatalf("day %d: %d-%d-%d, want %v", days, y, m, d, want)
		}
	}
}
