package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"vigie/knowledge"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vigie": main})
}

// TestScripts runs testdata/*.txtar, each in its own folder, at the same time.
// The commands that they have beside those of testscript are below.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"jsonget":   jsonGet,
			"jsonkeys":  jsonKeys,
			"knowledge": writeKnowledge,
			"replace":   replaceText,
			"join":      joinFiles,
			"zip":       zipFiles,
			"text":      setText,
			"hashes":    hashTree,
			"size":      sizeOf,
		},
	})
}

// exits CODE PROGRAM ARG… runs a program that must end with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// jsonGet FILE PATH VALUE compares one value of a JSON file. PATH has dots
// between names and numbers, and "len" for the length of a list or text; VALUE is
// the bare text of a string, else compact JSON. FILE may be stdout, and FILE:2
// is the second line of a file with one object a line.
func jsonGet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: jsonget FILE PATH VALUE")
	}
	v := walk(ts, decode(ts, args[0]), args[1])
	got, ok := v.(string)
	if !ok {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		ts.Check(enc.Encode(v))
		got = strings.TrimSpace(b.String())
	}
	if (got == args[2]) == neg {
		ts.Fatalf("%s: %s is %q, want %q (not: %v)", args[0], args[1], got, args[2], neg)
	}
}

// jsonKeys FILE PATH KEY… demands that an object has these keys; further keys
// are allowed, as in the contract.
func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: jsonkeys FILE PATH KEY…")
	}
	m, ok := walk(ts, decode(ts, args[0]), args[1]).(map[string]any)
	if !ok {
		ts.Fatalf("%s: %s is no object", args[0], args[1])
	}
	for _, k := range args[2:] {
		if _, ok := m[k]; !ok {
			ts.Fatalf("%s: %s has no %q", args[0], args[1], k)
		}
	}
}

func decode(ts *testscript.TestScript, name string) any {
	text := ""
	if file, line, ok := strings.Cut(name, ":"); ok {
		lines := strings.SplitAfter(ts.ReadFile(file), "\n")
		n, err := strconv.Atoi(line)
		if err != nil || n < 1 || n > len(lines) {
			ts.Fatalf("%s has no line %s", file, line)
		}
		text = lines[n-1]
	} else {
		text = ts.ReadFile(name)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		ts.Fatalf("%s: %v", name, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		ts.Fatalf("%s: more than one JSON value", name)
	}
	return v
}

func walk(ts *testscript.TestScript, v any, path string) any {
	if path == "." {
		return v
	}
	for _, step := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			next, ok := x[step]
			if !ok {
				ts.Fatalf("%s: no %q", path, step)
			}
			v = next
		case []any:
			if step == "len" {
				v = json.Number(strconv.Itoa(len(x)))
				continue
			}
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(x) {
				ts.Fatalf("%s: no element %s of %d", path, step, len(x))
			}
			v = x[n]
		case string:
			if step != "len" {
				ts.Fatalf("%s: %q is below a text", path, step)
			}
			v = json.Number(strconv.Itoa(len(x)))
		default:
			ts.Fatalf("%s: %q is below %v", path, step, v)
		}
	}
	return v
}

// writeKnowledge DIR writes the knowledge inside the program to a folder.
func writeKnowledge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: knowledge DIR")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), knowledge.FS))
}

// replaceText FILE OLD NEW replaces a text that must stand there exactly once.
func replaceText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	s := ts.ReadFile(args[0])
	if n := strings.Count(s, args[1]); n != 1 {
		ts.Fatalf("%s: %q stands there %d times", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(s, args[1], args[2], 1)), 0o666))
}

// joinFiles OUT FILE… writes files one after the other, and makes the folder of OUT.
func joinFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: join OUT FILE…")
	}
	var b bytes.Buffer
	for _, name := range args[1:] {
		b.WriteString(ts.ReadFile(name))
	}
	out := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(out), 0o777))
	ts.Check(os.WriteFile(out, b.Bytes(), 0o666))
}

// zipFiles OUT FILE… packs files under their own relative names.
func zipFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: zip OUT FILE…")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range args[1:] {
		w, err := z.Create(name)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(name))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666))
}

// setText VAR TEXT gives a variable a text that a script cannot write, in the
// form of a Go string without its quotes: u_ex\x1b[31m.log.
func setText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: text VAR TEXT")
	}
	s, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Setenv(args[0], s)
}

// hashTree DIR OUT lists the files of a folder with size, mode, time and hash.
func hashTree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hashes DIR OUT")
	}
	var b bytes.Buffer
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%q %v %d %d", p, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if d.Type().IsRegular() {
			raw, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(raw))
		}
		b.WriteByte('\n')
		return nil
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o666))
}

// sizeOf FILE MIN MAX bounds the size of a file.
func sizeOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: size FILE MIN MAX")
	}
	low, err := strconv.Atoi(args[1])
	ts.Check(err)
	high, err := strconv.Atoi(args[2])
	ts.Check(err)
	if n := len(ts.ReadFile(args[0])); n < low || n > high {
		ts.Fatalf("%s has %d bytes, want %d to %d", args[0], n, low, high)
	}
}

// TestStop sends the signals of a user and of a service manager to a check in
// the middle of a log without end: it stops by itself, and what was read until
// then comes out, marked as partial.
func TestStop(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	const head = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2021-03-03 06:40:00\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status time-taken\n"
	lines := []byte(strings.Repeat("2021-03-03 06:40:01 192.0.2.10 GET /owa/ - 443 - 198.51.100.25 Mozilla/5.0 200 4\n", 1000))
	for _, c := range []struct {
		name   string
		args   []string
		signal syscall.Signal
		want   int
		check  func(t *testing.T, out []byte)
	}{
		{"check interrupted", []string{"check", "--json", "-"}, syscall.SIGINT, exitInterrupted, partial},
		{"check terminated", []string{"check", "--json", "--exit-verdict", "-"}, syscall.SIGTERM, exitTerminated, partial},
		{"dump interrupted", []string{"dump", "-"}, syscall.SIGINT, exitInterrupted, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("vigie", c.args...)
			var out, msg bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &msg
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// Writes that a pipe cannot hold show that the program is reading;
			// the log goes on until the program is gone.
			written := 0
			for {
				part := lines
				if written == 0 {
					part = slices.Concat([]byte(head), lines)
				}
				n, err := in.Write(part)
				before := written
				written += n
				if before < 1<<20 && written >= 1<<20 {
					if err := cmd.Process.Signal(c.signal); err != nil {
						t.Fatal(err)
					}
				}
				if err != nil {
					break
				}
			}
			in.Close()
			err = cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != c.want {
				t.Fatalf("%v, want exit code %d; %s", err, c.want, msg.String())
			}
			if c.check != nil {
				c.check(t, out.Bytes())
			}
			if strings.Contains(msg.String(), "context") {
				t.Errorf("messages: %s", msg.String())
			}
		})
	}
}

// partial demands a case that is whole JSON and says that it is not complete.
func partial(t *testing.T, out []byte) {
	var c struct {
		Partial bool
		Gaps    []struct{ Code string }
		Ledger  struct{ Bytes, Parsed, Recovered, Skipped int64 }
	}
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatal(err)
	}
	if !c.Partial || c.Ledger.Parsed == 0 || c.Ledger.Parsed+c.Ledger.Recovered+c.Ledger.Skipped != c.Ledger.Bytes {
		t.Errorf("partial %v, ledger %+v", c.Partial, c.Ledger)
	}
	if !slices.ContainsFunc(c.Gaps, func(g struct{ Code string }) bool { return g.Code == "run.interrupted" }) {
		t.Errorf("no gap says that the run was stopped: %+v", c.Gaps)
	}
}
