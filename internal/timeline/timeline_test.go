package timeline

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

var noon = time.Date(2021, 3, 3, 12, 0, 0, 0, time.UTC)

func both(s string) casefile.Text { return casefile.Text{FR: s, EN: s} }

func sample() (*casefile.Case, *ledger.State) {
	seen, paris := noon.Add(time.Hour), time.FixedZone("", 3600)
	c := &casefile.Case{
		Hosts: []casefile.Host{{Name: "EX01", Builds: []casefile.BuildSeen{{Build: "15.1.2176.2", First: noon.Add(-time.Hour), Source: "setup", Ref: casefile.Ref{Path: "setup.log", Line: 7}}}}},
		Findings: []casefile.Finding{{ID: "F-0001", Host: "EX01", Flaw: "proxylogon", Stage: casefile.Success, Title: both("SSRF"), Evidence: []casefile.Evidence{
			{Ref: casefile.Ref{Path: "undated.log", Line: 1}, Raw: "="},
			{Ref: casefile.Ref{Path: "b.log", Line: 9, Offset: 100}, Time: noon.In(paris), Raw: "second \u202e"},
			{Ref: casefile.Ref{Path: "a.evtx", Record: 3, Offset: 0x1000}, Time: noon, Raw: "{}"}},
			Pages: []casefile.Page{{Path: "x.aspx", URL: "/x.aspx", Written: &noon, Seen: &seen}}}},
	}
	s := ledger.NewState()
	at := noon.Add(30 * time.Minute)
	st := ledger.Stamp{Seq: 3, Time: noon.Add(24 * time.Hour), Author: "A. Martin"}
	s.Log = []ledger.LogEntry{{Stamp: st, At: &at, Text: "cut off", Hosts: []string{"EX01"}}, {Stamp: ledger.Stamp{Seq: 4, Time: noon.Add(25 * time.Hour)}, Text: "later"}}
	s.History = []ledger.FindingState{{Stamp: st, Finding: "F-0001", State: "false-positive", Reason: "an audit"}}
	s.Custody = []ledger.Custody{{Stamp: st, Act: "opened", Revision: 2}}
	return c, s
}

func TestOrder(t *testing.T) {
	t.Parallel()
	c, s := sample()
	var got []string
	for _, e := range Of(c, s) {
		ref := "#"
		if e.Ref != nil {
			ref = e.Ref.Path
		}
		got = append(got, string(e.Lane)[:3]+" "+e.Kind+" "+ref+" "+e.Text.EN)
	}
	want := []string{
		"inc build setup.log Build measured: 15.1.2176.2",
		"inc record b.log SSRF",
		"inc record a.evtx SSRF",
		"inc file-written x.aspx Date that the file bears: /x.aspx",
		"inv log # cut off",
		"inc file-seen x.aspx File written, by a log: /x.aspx",
		"inv finding # Finding F-0001: false positive – an audit",
		"inv custody # Evidence of analysis no. 2: opened",
		"inv log # later",
		"inc record undated.log SSRF",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEachEntryLeadsSomewhere(t *testing.T) {
	t.Parallel()
	c, s := sample()
	for _, e := range Of(c, s) {
		if (e.Lane == Incident) != (e.Ref != nil) || (e.Lane == Investigation) != (e.Seq > 0) || e.Text.FR == "" || e.Text.EN == "" {
			t.Errorf("%+v", e)
		}
		if e.Claim != (e.Kind == "file-written") {
			t.Errorf("%s: claim %v", e.Kind, e.Claim)
		}
	}
}

func TestWriting(t *testing.T) {
	t.Parallel()
	c, s := sample()
	list := Of(c, s)
	var j, k bytes.Buffer
	if err := WriteJSONL(&j, list, time.FixedZone("", 3600)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for l := range bytes.Lines(j.Bytes()) {
		var e struct{ Time, Local *string }
		if err := json.Unmarshal(l, &e); err != nil || (e.Time == nil) != (e.Local == nil) || e.Time != nil && !strings.HasSuffix(*e.Time, "Z") {
			t.Errorf("%s: %v", l, err)
		}
		n++
	}
	if err := WriteCSV(&k, list, nil, "fr"); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&k).ReadAll()
	if err != nil || len(rows) != n+1 || n != len(list) {
		t.Fatalf("%d rows, %d objects, %v", len(rows), n, err)
	}
	last := rows[len(rows)-1]
	if last[0] != "" || last[len(last)-1] != "'=" {
		t.Errorf("the undated entry: %q", last)
	}
	if strings.Contains(k.String()+j.String(), "\u202e") {
		t.Error("a control of writing direction is written as it is")
	}
	if !strings.Contains(k.String()+strings.Join(rows[7], " "), "faux positif") {
		t.Errorf("%q", rows[7])
	}
}
