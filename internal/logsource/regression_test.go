package logsource_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"vigie/internal/logsource"
	"vigie/internal/sigma"
)

// flatten gives the fields of an event as the EVTX reader names them: a leaf by its own name, an attribute as Element_Attribute.
func flatten(e *multiEvent, name string, v any) {
	switch v := v.(type) {
	case nil:
		e.add(name, "")
	case map[string]any:
		if attrs, ok := v["#attributes"].(map[string]any); ok {
			for _, k := range slices.Sorted(maps.Keys(attrs)) {
				e.add(name+"_"+k, fmt.Sprint(attrs[k]))
			}
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			switch k {
			case "#attributes":
			case "#text":
				flatten(e, name, v[k])
			default:
				flatten(e, k, v[k])
			}
		}
	case []any:
		for _, x := range v {
			flatten(e, name, x)
		}
	default:
		e.add(name, fmt.Sprint(v))
	}
}

// multiEvent is an event whose fields may have several values.
type multiEvent struct{ fields []sigma.FieldValue }

func (e *multiEvent) add(name, value string) {
	e.fields = append(e.fields, sigma.FieldValue{Field: name, Value: value})
}

func (e *multiEvent) Field(name string, dst []string) ([]string, bool) {
	ok := false
	for _, f := range e.fields {
		if f.Field == name {
			dst, ok = append(dst, f.Value), true
		}
	}
	return dst, ok
}

func (e *multiEvent) Each(f func(name, value string) bool) {
	for _, fv := range e.fields {
		if !f(fv.Field, fv.Value) {
			return
		}
	}
}

// TestRegressionCasesOfSigmaHQ runs the rules on the events that their authors recorded for them, in the form of JSON.
func TestRegressionCasesOfSigmaHQ(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("../../../shared/data/sigma/sigma-regression-index.jsonl")
	if err != nil {
		t.Skipf("the regression cases are not here: %v", err)
	}
	z, err := zip.OpenReader("../../../shared/data/sigma/sigma-regression-dev.zip")
	if err != nil {
		t.Skipf("the regression cases are not here: %v", err)
	}
	defer z.Close()
	set := rulesOf(t, archive(t, "sigma-rules.tar.gz"), func(name string) bool {
		return live(name) && strings.Contains(name, "/windows/") || strings.Contains(name, "emerging")
	})
	router := logsource.NewRouter(set, mappings(t))
	run := router.Start()
	cases, failed := 0, 0
	for line := range strings.Lines(string(index)) {
		var c struct {
			RuleID   string `json:"rule_id"`
			RuleFile string `json:"rule_file"`
			JSON     string `json:"expected_json"`
			Count    *int   `json:"match_count"`
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if c.JSON == "" {
			continue
		}
		f, err := z.Open(c.JSON)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		got, events := 0, 0
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		for {
			var doc struct{ Event map[string]any }
			if d.Decode(&doc) != nil {
				break
			}
			e := new(multiEvent)
			delete(doc.Event, "#attributes")
			for _, part := range slices.Sorted(maps.Keys(doc.Event)) {
				flatten(e, part, doc.Event[part])
			}
			events++
			run.Event(logsource.KeyOf(e), e, func(m sigma.Match) {
				if m.Rule.ID == c.RuleID {
					got++
				}
			})
		}
		cases++
		want := 1
		if c.Count != nil {
			want = min(*c.Count, events)
		}
		if got < want {
			failed++
			t.Logf("%s: %d matches in %d events, want %d", c.RuleFile, got, events, want)
		}
	}
	t.Logf("%d cases, %d failed", cases, failed)
	if failed > 0 {
		t.Errorf("%d of %d cases failed", failed, cases)
	}
}
