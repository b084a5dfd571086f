package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func writeLog(f *File, text string) (*State, error) {
	return f.Change(func(tx *Tx) error { return tx.Append("A. Martin", KindLog, LogEntry{Text: text}) })
}

func newFile(t *testing.T, entries int) *File {
	t.Helper()
	f := &File{Dir: t.TempDir(), Now: func() time.Time { return time.Date(2021, 3, 5, 12, 0, 0, 999, time.UTC) }}
	for i := range entries {
		if _, err := writeLog(f, fmt.Sprint("line ", i)); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestLineIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	f := newFile(t, 1)
	data, err := os.ReadFile(filepath.Join(f.Dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"seq":1,"time":"2021-03-05T12:00:00Z","author":"A. Martin","kind":"log","body":{"text":"line 0"},"prev":"` + Genesis + `","hash":"`
	if !strings.HasPrefix(string(data), want) || !strings.HasSuffix(string(data), "\"}\n") {
		t.Errorf("line: %s", data)
	}
}

// Whatever a person or a log writes is one line of printable ASCII and letters, and comes back as it was.
func TestHostileTextComesBack(t *testing.T) {
	t.Parallel()
	f := newFile(t, 0)
	texts := []string{"\x1b[31mred\x1b[0m", "\u202eevil\u2066", "a\x00b", "line\nbreak\r\u2028", "</script><b>", `","hash":"0000"}`, strings.Repeat("\x01", MaxText), "=cmd()|'x'!A1", "é 😀"}
	for _, s := range texts {
		if _, err := writeLog(f, s); err != nil {
			t.Fatalf("%.20q: %v", s, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(f.Dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte("\n")); n != len(texts) {
		t.Errorf("%d lines, want %d", n, len(texts))
	}
	if i := bytes.IndexAny(data, "\x00\x01\x1b\r\u202e\u2066\u2028"); i >= 0 {
		t.Errorf("control character in the file @%d", i)
	}
	s, _, err := f.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range texts {
		if s.Log[i].Text != want {
			t.Errorf("text %d came back as %.40q", i, s.Log[i].Text)
		}
	}
	if _, err := writeLog(f, strings.Repeat("\x01", MaxLine)); err == nil {
		t.Error("a line over the limit was written")
	}
	if _, _, err := f.Load(); err != nil {
		t.Errorf("after a refused entry: %v", err)
	}
}

// A program that dies while it writes leaves a part of a line: every entry before is there, the part is told and then cut off.
func TestTornLastLine(t *testing.T) {
	t.Parallel()
	f := newFile(t, 3)
	name := filepath.Join(f.Dir, FileName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	head, _, err := Read(whole[:last], nil)
	if err != nil {
		t.Fatal(err)
	}
	for cut := last; cut < len(whole); cut++ {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(f.Dir, HeadName), head.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		s, tail, err := f.Load()
		if err != nil || len(s.Log) != 2 || (tail != nil) != (cut > last) {
			t.Fatalf("cut at %d: %d entries, tail %v, %v", cut, len(s.Log), tail, err)
		}
		if s, err = writeLog(f, "after"); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if cut > last && (len(s.Recoveries) != 1 || s.Recoveries[0].Size != int64(cut-last)) {
			t.Fatalf("cut at %d: recoveries %+v", cut, s.Recoveries)
		}
		if s, tail, err = f.Load(); err != nil || tail != nil || len(s.Log) != 3 {
			t.Fatalf("cut at %d, then written: %d entries, tail %v, %v", cut, len(s.Log), tail, err)
		}
	}
}

func TestChangedChainIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(data []byte) []byte
		want  error
	}{
		{"a letter", func(d []byte) []byte { return bytes.Replace(d, []byte("line 1"), []byte("line 7"), 1) }, errHash},
		{"a blank between tokens", func(d []byte) []byte { return bytes.Replace(d, []byte(`,"kind"`), []byte(`, "kind"`), 1) }, errHash},
		{"the last entry gone", func(d []byte) []byte { return d[:bytes.LastIndexByte(d[:len(d)-1], '\n')+1] }, ErrShort},
		{"the first entry gone", func(d []byte) []byte { return d[bytes.IndexByte(d, '\n')+1:] }, errChain},
		{"an entry twice", func(d []byte) []byte { return append(d[:bytes.IndexByte(d, '\n')+1:len(d)], d...) }, errChain},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFile(t, 3)
			name := filepath.Join(f.Dir, FileName)
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			data = c.spoil(data)
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := f.Load(); !errors.Is(err, c.want) {
				t.Errorf("read: %v, want %v", err, c.want)
			}
			if _, err := writeLog(f, "more"); !errors.Is(err, c.want) {
				t.Errorf("write: %v, want %v", err, c.want)
			}
			if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, data) {
				t.Error("the file was written to")
			}
		})
	}
}

// A head that stands behind the chain is what a crash leaves between the two writes.
func TestHeadBehindTheChain(t *testing.T) {
	t.Parallel()
	f := newFile(t, 2)
	old, err := os.ReadFile(filepath.Join(f.Dir, HeadName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writeLog(f, "more"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.Dir, HeadName), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, _, err := f.Load(); err != nil || len(s.Log) != 3 {
		t.Fatalf("%v", err)
	}
	if s, err := writeLog(f, "and more"); err != nil || len(s.Log) != 4 {
		t.Fatalf("%v", err)
	}
}

// Many writers at once: no entry is lost, and each sees the entries before it.
func TestWritersTakeTurns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			f := &File{Dir: dir}
			for range each {
				_, err := f.Change(func(tx *Tx) error {
					return tx.Append("w", KindWarning, WarningEvent{ID: fmt.Sprintf("N-%04d", len(tx.State.Warnings)+1), To: "x", Channel: "phone"})
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	s, tail, err := (&File{Dir: dir}).Load()
	if err != nil || tail != nil || len(s.Warnings) != writers*each {
		t.Fatalf("%d warnings, tail %v, %v", len(s.Warnings), tail, err)
	}
}

// TestMain lets the test binary be the program that is killed: see TestKilledWriterLosesNothing.
func TestMain(m *testing.M) {
	if dir := os.Getenv("VIGIE_TEST_APPEND"); dir != "" {
		f := &File{Dir: dir}
		for i := 0; ; i++ {
			if _, err := writeLog(f, fmt.Sprintf("%s %d %s", os.Getenv("VIGIE_TEST_RUN"), i, strings.Repeat("x", i%700))); err != nil {
				fmt.Println("error:", err)
				os.Exit(1)
			}
			fmt.Println(i) // acknowledged
		}
	}
	os.Exit(m.Run())
}

// A writer that is killed at any moment has lost nothing of what it acknowledged, and the next one goes on.
func TestKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signal to send")
	}
	kills := 12
	if s := os.Getenv("VIGIE_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	acknowledged := map[string]bool{}
	for run := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "VIGIE_TEST_APPEND="+dir, fmt.Sprintf("VIGIE_TEST_RUN=run%d", run))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		scan := bufio.NewScanner(out)
		after := 1 + r.IntN(12)
		var last string
		for n := 0; n < after && scan.Scan(); n++ {
			last = scan.Text()
			acknowledged[fmt.Sprintf("run%d %s", run, last)] = true
		}
		for range r.IntN(20000) { // somewhere in the next append, not right behind an acknowledgement
			runtime.Gosched()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for scan.Scan() { // what it acknowledged until it was dead
			last = scan.Text()
			acknowledged[fmt.Sprintf("run%d %s", run, last)] = true
		}
		_ = cmd.Wait() // it was killed
		if strings.HasPrefix(last, "error") {
			t.Fatal(last)
		}
	}
	f := &File{Dir: dir}
	if _, err := writeLog(f, "the next one"); err != nil {
		t.Fatal(err)
	}
	s, tail, err := f.Load()
	if err != nil || tail != nil {
		t.Fatalf("tail %v, %v", tail, err)
	}
	for _, e := range s.Log {
		key := strings.Join(strings.SplitN(e.Text, " ", 3)[:2], " ")
		delete(acknowledged, key)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged entries are lost: %v", len(acknowledged), acknowledged)
	}
}

func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	file := &File{Dir: dir}
	for i := range 3 {
		if _, err := writeLog(file, fmt.Sprint(i)); err != nil {
			f.Fatal(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-3])
	f.Add([]byte(`{"seq":1,"hash":"x"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewState()
		var back []byte
		head, tail, err := Read(data, func(e *Entry) error {
			again := *e
			line, err := again.encode()
			if err != nil {
				t.Fatalf("an entry that was read cannot be written: %v", err)
			}
			back = append(back, line...)
			_ = s.Add(e) // may refuse a body
			return nil
		})
		if err == nil {
			if tail != nil {
				back = append(back, tail.Bytes...)
			}
			if !bytes.Equal(back, data) {
				t.Fatalf("read and written again: %q, was %q", back, data)
			}
			if tail == nil && head.Size != int64(len(data)) {
				t.Fatalf("head ends at %d of %d", head.Size, len(data))
			}
		}
	})
}
