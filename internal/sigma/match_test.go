package sigma

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected problems in testdata/errors")

// testEvent is an event with its fields in the order of their names.
type testEvent []testField

type testField struct {
	name   string
	values []string
}

func (e testEvent) Field(name string, dst []string) ([]string, bool) {
	for _, f := range e {
		if f.name == name {
			return append(dst, f.values...), true
		}
	}
	return dst, false
}

func (e testEvent) Each(f func(name, value string) bool) {
	for _, fd := range e {
		for _, v := range fd.values {
			if !f(fd.name, v) {
				return
			}
		}
	}
}

// readEvents reads JSON lines. A list is a field with several values, null is a field that is absent, numbers are taken as they are written.
func readEvents(t testing.TB, text []byte) []testEvent {
	t.Helper()
	var events []testEvent
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var m map[string]any
		if err := d.Decode(&m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		e := testEvent{}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			f := testField{name: name}
			switch v := m[name].(type) {
			case nil:
				continue
			case []any:
				for _, x := range v {
					f.values = append(f.values, fmt.Sprint(x))
				}
			default:
				f.values = []string{fmt.Sprint(v)}
			}
			e = append(e, f)
		}
		events = append(events, e)
	}
	return events
}

// Each archive holds rules, events, and the numbers of the events that each rule matches: "title: 1 3". With a file "fields", the fields of
// the matches are compared too: "title 1: Field=value …".
func TestMatch(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/match/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := make(map[string][]byte)
			for _, f := range ar.Files {
				parts[f.Name] = f.Data
			}
			rules, problems := Parse("rule.yml", parts["rule.yml"])
			if got, want := strings.TrimSpace(problems.Error()), strings.TrimSpace(string(parts["problems"])); got != want {
				t.Fatalf("problems:\n%s\nwant:\n%s", got, want)
			}
			set, problems := Compile(rules)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			run := set.Start()
			hits := make(map[*Rule][]string)
			var fields strings.Builder
			for i, ev := range readEvents(t, parts["events.jsonl"]) {
				matched := make(map[*Rule]bool)
				run.Event(nil, ev, func(m Match) {
					matched[m.Rule] = true
					hits[m.Rule] = append(hits[m.Rule], strconv.Itoa(i+1))
					fmt.Fprintf(&fields, "%s %d:", m.Rule.Title, i+1)
					for _, f := range m.Fields {
						fmt.Fprintf(&fields, " %s=%s", f.Field, f.Value)
					}
					fields.WriteString("\n")
				})
				for _, r := range rules {
					if slow := naiveRule(r, ev); slow != matched[r] {
						t.Errorf("%s: event %d: naive evaluation says %v", r.Title, i+1, slow)
					}
				}
			}
			var got strings.Builder
			for _, r := range rules {
				fmt.Fprintf(&got, "%s: %s\n", r.Title, strings.Join(hits[r], " "))
			}
			compareLines(t, "matches", got.String(), string(parts["want"]))
			if want, ok := parts["fields"]; ok {
				compareLines(t, "fields", fields.String(), string(want))
			}
		})
	}
}

func compareLines(t *testing.T, what, got, want string) {
	t.Helper()
	clean := func(s string) []string {
		var out []string
		for l := range strings.Lines(s) {
			if l = strings.TrimSpace(l); l != "" {
				out = append(out, l)
			}
		}
		return out
	}
	g, w := clean(got), clean(want)
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("%s: got  %q\n\twant %q", what, a, b)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/errors/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			rules, problems := Parse(filepath.Base(file), text)
			var got strings.Builder
			for _, p := range problems {
				fmt.Fprintf(&got, "%s [%s]\n", p, p.Code)
			}
			for _, r := range rules {
				fmt.Fprintf(&got, "loaded: %s\n", r.Title)
			}
			golden := strings.TrimSuffix(file, ".yml") + ".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			compareLines(t, "problems", got.String(), string(want))
		})
	}
}
