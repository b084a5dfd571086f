package logsource_test

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/logsource"
	"vigie/internal/sigma"
)

// jsonEvent is an event of the recorded attacks: one flat JSON object.
type jsonEvent struct {
	names  []string
	values map[string]string
}

func (e *jsonEvent) Field(name string, dst []string) ([]string, bool) {
	v, ok := e.values[name]
	if !ok {
		return dst, false
	}
	return append(dst, v), true
}

// Flat: Each gives what Field does.
func (e *jsonEvent) Flat() bool { return true }

func (e *jsonEvent) Each(f func(name, value string) bool) {
	for _, n := range e.names {
		if !f(n, e.values[n]) {
			return
		}
	}
}

func readJSONEvent(line []byte) (*jsonEvent, error) {
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	e := &jsonEvent{values: make(map[string]string, len(m))}
	for k, v := range m {
		if k == "SourceName" {
			k = "Provider_Name"
		}
		e.values[k] = fmt.Sprint(v)
		e.names = append(e.names, k)
	}
	slices.Sort(e.names)
	return e, nil
}

// TestRecordedAttacksAreFoundAsByAPeer compares what the rules find in recorded attacks with what another engine found, with its own mapping.
// Without VIGIE_SLOW only the small recordings are looked at.
func TestRecordedAttacksAreFoundAsByAPeer(t *testing.T) {
	t.Parallel()
	const dir = "../../../shared/data/mordor/"
	text, err := os.ReadFile(dir + "sigma-peer-hits.jsonl")
	if err != nil {
		t.Skipf("the recorded attacks are not here: %v", err)
	}
	set := rulesOf(t, archive(t, "sigma-rules.tar.gz"), func(name string) bool { return live(name) && strings.Contains(name, "/windows/") })
	router := logsource.NewRouter(set, mappings(t))
	run := router.Start()
	pairs, missing, more, events := 0, 0, 0, 0
	for line := range strings.Lines(string(text)) {
		var want struct {
			File  string
			Bytes int64
			Hits  []struct {
				RuleID string `json:"rule_id"`
				Title  string
				Count  int
			}
		}
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		if os.Getenv("VIGIE_SLOW") == "" && want.Bytes > 60_000 {
			continue
		}
		got := make(map[string]int)
		eachEvent(t, filepath.Join(dir, want.File), func(e *jsonEvent) {
			events++
			run.Windows(e, func(m sigma.Match) { got[m.Rule.ID]++ })
		})
		known := make(map[string]bool)
		for _, h := range want.Hits {
			known[h.RuleID] = true
			if !slices.ContainsFunc(set.Rules(), func(r *sigma.Rule) bool { return r.ID == h.RuleID }) {
				continue // a rule that was not loaded
			}
			pairs++
			if got[h.RuleID] < h.Count {
				missing++
				t.Logf("%s: %s %q: %d times, peer %d", want.File, h.RuleID, h.Title, got[h.RuleID], h.Count)
			}
		}
		for id, n := range got {
			if !known[id] {
				more++
				t.Logf("%s: %s found %d times, not by the peer", want.File, id, n)
			}
		}
	}
	if missing*50 > pairs || more*20 > pairs { // the peer had earlier versions of a few rules
		t.Errorf("%d of %d pairs of file and rule with fewer matches, %d that the peer has not", missing, pairs, more)
	}
	t.Logf("%d events, %d pairs of file and rule, %d with fewer matches than the peer's, %d that the peer has not", events, pairs, missing, more)
}

func eachEvent(t testing.TB, file string, f func(*jsonEvent)) {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, m := range z.File {
		if !strings.HasSuffix(m.Name, ".json") {
			continue
		}
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		b := bufio.NewReaderSize(r, 1<<20)
		for {
			line, err := b.ReadBytes('\n')
			if len(strings.TrimSpace(string(line))) > 0 {
				if e, err := readJSONEvent(line); err == nil { // a few recordings hold a damaged line
					f(e)
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
	}
}
