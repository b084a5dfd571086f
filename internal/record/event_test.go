package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigie/internal/evtx"
)

func TestEventRaw(t *testing.T) {
	t.Parallel()
	for want, fields := range map[string][]evtx.Field{
		`{}`:                          nil,
		`{"a":"1"}`:                   {{Name: "a", Value: "1"}},
		`{"a":["1","2","3"],"b":"x"}`: {{Name: "a", Value: "1"}, {Name: "b", Value: "x"}, {Name: "a", Value: "2"}, {Name: "a", Value: "3"}},
		`{"b":"\u202e","a":["",""]}`:  {{Name: "b", Value: "\u202e"}, {Name: "a"}, {Name: "a"}},
	} {
		e := &Event{Event: &evtx.Event{Fields: fields}}
		if got := e.Raw(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestEventRawKeepsAll: every value of every name is there, in order, whatever the names.
func TestEventRawKeepsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var fields []evtx.Field
		want := map[string][]string{}
		for i := range rapid.IntRange(0, 40).Draw(t, "fields") {
			f := evtx.Field{Name: rapid.SampledFrom([]string{"a", "b", "ab", "ba", "cab", "", "Data"}).Draw(t, "name"), Value: fmt.Sprint(i)}
			fields = append(fields, f)
			want[f.Name] = append(want[f.Name], f.Value)
		}
		text := (&Event{Event: &evtx.Event{Fields: fields}}).Raw()
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s", text)
		}
		for name, values := range want {
			w := "[" + strings.Join(values, " ") + "]"
			if len(values) == 1 {
				w = values[0]
			}
			if fmt.Sprint(got[name]) != w {
				t.Fatalf("%s: %v, want %v", name, got[name], w)
			}
		}
	})
}

func TestEventSays(t *testing.T) {
	t.Parallel()
	ev := func(pairs ...string) *Event {
		e := &Event{Event: &evtx.Event{RecordID: 5, Written: time.Unix(0, 0)}}
		for i := 0; i < len(pairs); i += 2 {
			e.Fields = append(e.Fields, evtx.Field{Name: pairs[i], Value: pairs[i+1]})
		}
		return e
	}
	logon := ev("EventID", "4624", "IpAddress", "::ffff:192.0.2.7", "SubjectUserName", "-", "TargetUserName", "bob", "EventRecordID", "77")
	if id, ok := logon.ID(); logon.Client() != "192.0.2.7" || logon.Account() != "bob" || id != 77 || !ok {
		t.Errorf("%s %s %v", logon.Client(), logon.Account(), id)
	}
	if id, ok := ev().ID(); id != 5 || !ok {
		t.Errorf("%d %v", id, ok)
	}
	exported := ev()
	exported.Line = 3
	if _, ok := exported.ID(); ok {
		t.Error("an export without a number has one")
	}
	if p, ok := ev("EventID", "1", "ProcessGuid", "{a}", "ParentProcessGuid", "{b}").Process(); !ok || p.ID != "{a}" || p.Parent != "{b}" {
		t.Errorf("%+v", p)
	}
	if p, ok := ev("EventID", "4688", "NewProcessId", "0x10", "ProcessId", "0x4").Process(); !ok || p.ID != "0x10" || p.Parent != "0x4" {
		t.Errorf("%+v", p)
	}
	if _, ok := ev("EventID", "4624", "ProcessId", "0x4").Process(); ok {
		t.Error("a logon begins no process")
	}
	cmdlet := ev("Provider_Name", "MSExchange CmdletLogs", "Data", "Set-Mailbox", "Data", "-Identity \"bob@example.org\" -ForwardingSmtpAddress \"x@example.net\"", "Data", "example.org/Users/admin")
	if cmdlet.Account() != "example.org/Users/admin" || cmdlet.Mailbox() != "bob@example.org" || !strings.HasPrefix(cmdlet.Object(), "Set-Mailbox -Identity") {
		t.Errorf("%q %q %q", cmdlet.Account(), cmdlet.Mailbox(), cmdlet.Object())
	}
}
