package hunt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"vigie/internal/evidence"
)

const shells = `rule Eval { meta: n = 1 n = 2 ok = true s = "x" strings: $a = "eval(" $b = "exec(" condition: any of them and filename endswith ".aspx" }
rule Big { condition: filesize > 60MB }
rule Who { condition: team == 7 }
`

func scanned(t *testing.T, workers int, define map[string]string, dir string) (*Summary, []byte) {
	t.Helper()
	rules := t.TempDir()
	write(t, filepath.Join(rules, "a.yar"), shells)
	write(t, filepath.Join(rules, "sub", "b.yara"), "rule Eval { condition: false }\nrule Two { condition: filepath contains \"sub/\" }\nrule Bad { condition: nothing }\n")
	write(t, filepath.Join(rules, "readme.txt"), "no rule")
	y, problems, err := LoadYARA([]string{rules}, define)
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), filepath.Join("sub", "b.yara")+":3:23:") || y.Loaded() != 5 || y.Skipped() != 1 {
		t.Errorf("%v, %d loaded", problems, y.Loaded())
	}
	var b []byte
	s, err := Scan(context.Background(), ScanOptions{Paths: []string{dir}, Rules: y, Workers: workers, Limits: evidence.DefaultLimits()}, func(m *FileMatch) error {
		b = append(m.AppendJSON(b), '\n')
		if r := m.Row(); len(r) != len(CSVHeader) {
			t.Errorf("%d cells", len(r))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

func TestScan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.aspx"), "<% eval(eval( %>")
	write(t, filepath.Join(dir, "a.txt"), "eval(")
	write(t, filepath.Join(dir, "sub", "b.aspx"), "exec(")
	write(t, filepath.Join(dir, "sub", "huge.bin"), strings.Repeat("\x00", maxScanned+10))
	for i := range 30 {
		write(t, filepath.Join(dir, "z", string(rune('a'+i%26))+strings.Repeat("x", i/26)+".aspx"), "exec(")
	}
	define := map[string]string{"team": "7"}
	s, text := scanned(t, 1, define, dir)
	if _, again := scanned(t, 8, define, dir); !bytes.Equal(text, again) {
		t.Error("the number of workers makes a difference")
	}
	want := `{"engine":"yara","rule":"Eval","namespace":"a","tags":[],"meta":{"n":[1,2],"ok":true,"s":"x"},"path":"a.aspx","strings":[{"id":"$a","offset":3,"length":5},{"id":"$a","offset":8,"length":5}]}`
	if !strings.HasPrefix(string(text), want+"\n") {
		t.Errorf("%.400s", text)
	}
	n := map[string]int{}
	for l := range bytes.Lines(text) {
		var m struct{ Rule string }
		if err := json.Unmarshal(l, &m); err != nil {
			t.Fatal(err)
		}
		n[m.Rule]++
	}
	if n["Eval"] != 32 || n["Two"] != 2 || n["Big"] != 1 || n["Who"] != 34 || s.Matches != 69 || s.Files != 34 {
		t.Errorf("%v %+v", n, s)
	}
	if len(s.Gaps) != 1 || s.Gaps[0].Code != "yara.file_too_large" || s.Gaps[0].What.FR == "" || !strings.HasSuffix(s.Gaps[0].Path, "huge.bin") {
		t.Errorf("%+v", s.Gaps)
	}
}

func TestScanStops(t *testing.T) {
	t.Parallel()
	dir, rules := t.TempDir(), t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		write(t, filepath.Join(dir, name), "x")
	}
	write(t, filepath.Join(rules, "a.yar"), "rule All { condition: true }")
	y, _, err := LoadYARA([]string{filepath.Join(rules, "a.yar")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	opt := ScanOptions{Paths: []string{dir}, Rules: y, Limits: evidence.DefaultLimits()}
	if _, err := Scan(context.Background(), opt, func(*FileMatch) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Scan(ctx, opt, func(*FileMatch) error { cancel(); return nil })
	if err != nil || !s.Partial && s.Files != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	cancel()
}
