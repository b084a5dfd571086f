package hunt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/evidence"
	"vigie/knowledge"
)

const whoami = `title: Whoami
id: 11111111-1111-4111-8111-111111111111
name: whoami
level: medium
status: test
tags: [attack.discovery, attack.t1033]
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\whoami.exe'}
  condition: selection
`

const logons = `title: Failed logon
id: 22222222-2222-4222-8222-222222222222
name: failed
level: low
status: stable
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4625}
  condition: selection
---
title: Many failed logons
id: 33333333-3333-4333-8333-333333333333
level: high
tags: [attack.credential_access]
correlation:
  type: event_count
  rules: [failed]
  group-by: [IpAddress]
  timespan: 5m
  condition: {gte: 3}
`

const web = `title: Hidden folder
id: 44444444-4444-4444-8444-444444444444
level: informational
logsource: {category: webserver}
detection:
  selection: {cs-uri-stem|startswith: /secret}
  condition: selection
`

// folders writes rules and evidence.
func folders(t *testing.T) (rules, logs string) {
	t.Helper()
	rules, logs = t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"a/whoami.yml": whoami, "b/logons.yaml": logons, "web.yml": web, "readme.txt": "no rule",
		"broken.yml": "title: Broken\nlogsource: {product: windows}\ndetection:\n  selection: {Image|contain: x}\n  condition: selection\n",
		"linux.yml":  "title: Elsewhere\nid: 55555555-5555-4555-8555-555555555555\nlogsource: {product: nowhere}\ndetection:\n  selection: {a: b}\n  condition: selection\n",
	} {
		write(t, filepath.Join(rules, name), text)
	}
	var events strings.Builder
	for i := range 5 {
		fmt.Fprintf(&events, `{"Channel":"Security","EventID":4625,"Computer":"DC1","EventRecordID":%d,"TimeCreated_SystemTime":"2021-03-03T05:0%d:00Z","IpAddress":"192.0.2.%d"}`+"\n", 10+i, i, i/4)
	}
	events.WriteString(`{"Channel":"Security","EventID":4688,"Computer":"WEB1","EventRecordID":90,"TimeCreated_SystemTime":"2021-03-03T06:00:00Z","NewProcessName":"C:\\Windows\\System32\\WHOAMI.EXE","ParentProcessName":"cmd.exe"}` + "\n")
	write(t, filepath.Join(logs, "x", "security.jsonl"), events.String())
	write(t, filepath.Join(logs, "sysmon.jsonl"), `{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Provider_Name":"Microsoft-Windows-Sysmon","Computer":"WEB1","EventRecordID":7,"TimeCreated_SystemTime":"2021-03-03T06:00:00Z","Image":"C:\\Windows\\System32\\whoami.exe"}`+"\n")
	write(t, filepath.Join(logs, "u_ex210303.log"), "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query s-port sc-status\r\n2021-03-03 05:12:01 192.0.2.7 GET / - 443 200\r\n2021-03-03 05:12:02 192.0.2.7 GET /secret/\u202ex - 443 200\r\n")
	return rules, logs
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, opt LoadOptions) *Rules {
	t.Helper()
	r, _, err := Load(knowledge.FS, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hunt(t *testing.T, r *Rules, workers int, paths ...string) (*Summary, []byte) {
	t.Helper()
	var b []byte
	s, err := Run(context.Background(), Options{Paths: paths, Rules: r, Workers: workers, Limits: evidence.DefaultLimits()}, func(m *Match) error {
		b = append(m.AppendJSON(b), '\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

type line struct {
	Engine, Title, Level, Path, Channel, Computer, Time, Message, Datetime string
	Rule                                                                   string `json:"rule_id"`
	Record, Line, Offset                                                   *int64
	EventID                                                                *int64 `json:"event_id"`
	Fields                                                                 map[string]any
	Count                                                                  int
	Events                                                                 []Ref
}

func TestRun(t *testing.T) {
	t.Parallel()
	rules, logs := folders(t)
	r, problems, err := Load(knowledge.FS, LoadOptions{Sigma: []string{rules}})
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), `broken.yml:4:21: unknown modifier "contain"`) {
		t.Errorf("problems: %v", problems)
	}
	if r.Loaded() != 5 || r.Skipped() != 1 || len(r.Unmapped()) != 1 {
		t.Errorf("%d loaded, %d skipped, %d unmapped", r.Loaded(), r.Skipped(), len(r.Unmapped()))
	}
	s, text := hunt(t, r, 1, logs)
	if _, again := hunt(t, load(t, LoadOptions{Sigma: []string{rules}}), 8, logs); !bytes.Equal(text, again) {
		t.Error("the number of workers makes a difference")
	}
	var got []string
	for l := range bytes.Lines(text) {
		var m line
		if err := json.Unmarshal(l, &m); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if m.Engine != "sigma" || m.Time != m.Datetime || m.Time == "" || m.Message == "" || m.Count == 0 && (m.Record == nil || m.Offset == nil || m.Path == "") {
			t.Errorf("%s", l)
		}
		place := "-"
		if m.Record != nil {
			place = fmt.Sprint(filepath.Base(m.Path), " ", *m.Record)
		}
		got = append(got, fmt.Sprint(m.Title, " ", place, " ", m.Computer, " ", m.Count))
		if m.Count > 0 && (len(m.Events) != m.Count || !strings.HasSuffix(m.Events[0].Path, "security.jsonl") || m.Fields["IpAddress"] != "192.0.2.0") {
			t.Errorf("%s", l)
		}
		if m.Title == "Hidden folder" && (m.EventID != nil || m.Channel != "" || *m.Line != 3) {
			t.Errorf("%s", l)
		}
	}
	want := []string{"Whoami sysmon.jsonl 7 WEB1 0", "Hidden folder u_ex210303.log 2  0", "Whoami security.jsonl 90 WEB1 0", "Many failed logons -  4"}
	if !slices.Equal(got, want) { // "failed" serves the correlation only
		t.Errorf("%q, want %q", got, want)
	}
	if s.Matches != 4 || s.Records != 9 || s.Files != 3 || len(s.Gaps) != 0 || fmt.Sprint(s.Levels) != "[{high 1} {medium 2} {informational 1}]" ||
		fmt.Sprint(s.Tactics) != "[{credential-access 1} {discovery 2}]" || s.Rules[0].Rule.Title != "Many failed logons" || s.Rules[1].N != 2 || len(s.Rules[1].Computers) != 1 {
		t.Errorf("%+v", s)
	}
	if bytes.Contains(text, []byte("\u202e")) {
		t.Error("a control of writing direction is written as it is")
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	rules, logs := folders(t)
	for name, c := range map[string]struct {
		keep Choice
		want int64
	}{
		"all":               {Choice{}, 4},
		"level":             {Choice{Level: "medium"}, 3},
		"the worst":         {Choice{Level: "critical"}, 0},
		"status":            {Choice{Statuses: []string{"test"}}, 2},
		"tag":               {Choice{Tags: []string{"attack.t10*"}}, 2},
		"id":                {Choice{IDs: []string{"44444444-4444-4444-8444-444444444444"}}, 1},
		"but one":           {Choice{NotIDs: []string{"11111111-1111-4111-8111-111111111111"}}, 2},
		"correlation alone": {Choice{Level: "high"}, 1},
	} {
		if s, _ := hunt(t, load(t, LoadOptions{Sigma: []string{rules}, Keep: c.keep}), 2, logs); s.Matches != c.want {
			t.Errorf("%s: %d matches, want %d", name, s.Matches, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	rules, logs := folders(t)
	if _, _, err := Load(knowledge.FS, LoadOptions{Sigma: []string{filepath.Join(rules, "none")}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	stop := errors.New("stop")
	opt := Options{Paths: []string{logs}, Rules: load(t, LoadOptions{Sigma: []string{rules}}), Limits: evidence.DefaultLimits()}
	if _, err := Run(context.Background(), opt, func(*Match) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
}

// TestBuiltIn: without rules of their own, people hunt with those that come with the program.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	if r := load(t, LoadOptions{}); r.Loaded() < 100 {
		t.Errorf("%d rules", r.Loaded())
	}
}

func TestMatchText(t *testing.T) {
	t.Parallel()
	_, logs := folders(t)
	rules, _ := folders(t)
	var rows [][]string
	_, err := Run(context.Background(), Options{Paths: []string{logs}, Rules: load(t, LoadOptions{Sigma: []string{rules}}), Limits: evidence.DefaultLimits()}, func(m *Match) error {
		rows = append(rows, m.Row())
		return nil
	})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		if len(r) != len(CSVHeader) {
			t.Errorf("%d cells, %d columns", len(r), len(CSVHeader))
		}
	}
}
