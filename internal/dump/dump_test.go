package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/internal/evidence"
	"vigie/internal/evtx/evtxtest"
)

const iisLog = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query s-port sc-status\r\n" +
	"2021-03-03 05:12:01 192.0.2.7 GET /owa/\u202egpj.exe - 443 200\r\n" +
	"2021-03-03 05:12:02 192.0.2.7 GET /owa/b - 443 404\r\n"

const exportLog = `{"EventID":4688,"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"MAIL01.example.org","EventRecordID":812,` +
	`"TimeCreated_SystemTime":"2021-03-03T05:12:03.0000001Z","CommandLine":"cmd /c whoami"}` + "\n{broken\n" +
	`{"EventID":4624,"Channel":"Security","Computer":"MAIL01.example.org","IpAddress":"192.0.2.9"}` + "\n"

func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"u_ex210303.log": iisLog, "z.jsonl": exportLog, "note.txt": "hello"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 { // enough for lanes to wait for each other
		name := filepath.Join(dir, "many", string(rune('a'+i/26))+string(rune('a'+i%26))+".log")
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(iisLog+strings.Repeat("2021-03-03 05:12:02 192.0.2.7 GET /owa/b - 443 404\r\n", i*100)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func dumped(t *testing.T, workers int, dir string) (text []byte, gaps int) {
	t.Helper()
	var b bytes.Buffer
	gaps, err := Run(context.Background(), Options{Paths: []string{dir}, Limits: evidence.DefaultLimits(), Workers: workers}, &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), gaps
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	text, gaps := dumped(t, 1, dir)
	if again, _ := dumped(t, 8, dir); !bytes.Equal(text, again) {
		t.Error("the number of workers makes a difference")
	}
	if gaps != 2 { // a broken document, a file that is no log
		t.Errorf("%d gaps", gaps)
	}
	type line struct {
		Path, Kind, Channel, Computer, Time string
		Offset, Line, Record                *int64
		EventID                             *int64 `json:"event_id"`
		Fields                              map[string]string
		Gap                                 *struct{ Code string }
	}
	var all []line
	for l := range bytes.Lines(text) {
		var x line
		if err := json.Unmarshal(l, &x); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if x.Gap == nil && len(all) > 0 && all[len(all)-1].Path == x.Path && x.Kind == "iis" && *x.Record != *all[len(all)-1].Record+1 {
			t.Fatalf("records out of order: %s", l)
		}
		all = append(all, x)
	}
	if want := 2*41 + 100*40*39/2 + 2 + 2; len(all) != want {
		t.Errorf("%d lines, want %d", len(all), want)
	}
	var events []line
	for _, x := range all {
		if x.Kind == "events" {
			events = append(events, x)
		}
	}
	if len(events) != 2 || *events[0].Record != 812 || *events[0].EventID != 4688 || events[0].Channel != "Security" || events[0].Fields["CommandLine"] != "cmd /c whoami" ||
		events[0].Time != "2021-03-03T05:12:03.0000001Z" || events[1].Record != nil || events[1].Time != "" || *events[1].Line != 3 {
		t.Errorf("%+v", events)
	}
	if bytes.Contains(text, []byte("\u202e")) {
		t.Error("a control of writing direction is written as it is")
	}
}

type full struct{ after int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	t.Parallel()
	if _, err := Run(context.Background(), Options{Paths: []string{folder(t)}, Limits: evidence.DefaultLimits()}, &full{100_000}); !errors.Is(err, errFull) {
		t.Errorf("%v", err)
	}
}

func TestOriginal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log := evtxtest.Build([]evtxtest.Event{{Provider: "P", ID: 7, Channel: "Application", Computer: "PC1", RecordID: 41,
		Time: time.Date(2021, 3, 3, 5, 12, 1, 0, time.UTC), Data: []evtxtest.Pair{{Name: "A", Value: evtxtest.Text("x<y")}}}})
	if err := os.WriteFile(filepath.Join(dir, "a.evtx"), log, 0o600); err != nil {
		t.Fatal(err)
	}
	for form, want := range map[Original]string{
		NoOriginal: `"A":"x<y"}}`,
		XML:        `<Data Name=\"A\">x&lt;y</Data>`,
		JSON:       `"EventData":{"A":"x\u003cy"}`,
	} {
		var b bytes.Buffer
		if gaps, err := Run(context.Background(), Options{Paths: []string{dir}, Limits: evidence.DefaultLimits(), Original: form}, &b); err != nil || gaps != 0 {
			t.Fatalf("%d gaps, %v", gaps, err)
		}
		if !strings.Contains(b.String(), want) || !json.Valid(b.Bytes()) || !strings.Contains(b.String(), `"record":41,`) {
			t.Errorf("%s: %s", form, b.String())
		}
	}
}
