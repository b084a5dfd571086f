package sigma

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// flatEvent is an event with its fields in order, as readers of Windows events make them.
type flatEvent []FieldValue

func (e flatEvent) Field(name string, dst []string) (values []string, ok bool) {
	for i := range e {
		if e[i].Field == name {
			dst, ok = append(dst, e[i].Value), true
		}
	}
	return dst, ok
}

func (e flatEvent) Each(f func(name, value string) bool) {
	for i := range e {
		if !f(e[i].Field, e[i].Value) {
			return
		}
	}
}

func (e flatEvent) Flat() bool { return true }

func (e flatEvent) get(name string) string {
	for i := range e {
		if e[i].Field == name {
			return e[i].Value
		}
	}
	return ""
}

// mordorFile is a recorded attack.
type mordorFile struct {
	name   string
	events []*flatEvent
}

// mordor reads the recorded attacks that are not part of the repository; of each file about perFile events, evenly spread, or all if that is 0.
// Lines without the text of need are left out first.
func mordor(t testing.TB, perFile int, need string) []mordorFile {
	t.Helper()
	root := "../../../shared/data/mordor"
	var names []string
	err := filepath.WalkDir(root+"/atomic", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".zip") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Skipf("the recorded attacks are not here: %v", err)
	}
	var files []mordorFile
	for _, name := range names {
		z, err := zip.OpenReader(name)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(root, name)
		file := mordorFile{name: filepath.ToSlash(rel)}
		for _, f := range z.File {
			rd, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			every := 1
			if perFile > 0 {
				every = max(1, int(f.UncompressedSize64)/2300/perFile) // an event has some 2,300 bytes
			}
			lines := bufio.NewScanner(rd)
			lines.Buffer(nil, 16<<20)
			for i := 0; lines.Scan(); i++ {
				if i%every == 0 && bytes.Contains(lines.Bytes(), []byte(need)) {
					if ev := readFlat(lines.Bytes()); ev != nil {
						file.events = append(file.events, ev)
					}
				}
			}
			if lines.Err() != nil {
				t.Fatal(lines.Err())
			}
		}
		z.Close()
		files = append(files, file)
	}
	return files
}

// shippersOwn are fields that the collector of the recordings added, which Windows events do not have.
var shippersOwn = []string{"@timestamp", "@version", "Message", "tags", "host", "port", "EventReceivedTime", "SourceModuleName", "SourceModuleType"}

// sameText makes equal texts one, since most of a hundred thousand events are the same few texts.
var sameText sync.Map

func readFlat(line []byte) *flatEvent {
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.UseNumber()
	var m map[string]any
	if d.Decode(&m) != nil {
		return nil
	}
	same := func(s string) string {
		v, _ := sameText.LoadOrStore(s, s)
		return v.(string)
	}
	ev := flatEvent{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] == nil || slices.Contains(shippersOwn, name) {
			continue
		}
		ev = append(ev, FieldValue{same(name), same(fmt.Sprint(m[name]))})
	}
	return &ev
}

// windowsSources are the log sources of the rules for some channels, and of Sysmon's events by number: enough to try rules on the events that they
// are for. The real mapping is package logsource's.
func windowsSources(channel, id string) []LogSource {
	source := func(service string, categories ...string) []LogSource {
		srcs := []LogSource{{Product: "windows", Service: service}}
		for _, c := range categories {
			srcs = append(srcs, LogSource{Product: "windows", Category: c})
		}
		return srcs
	}
	switch strings.ToLower(channel) {
	case "microsoft-windows-sysmon/operational":
		categories := map[string][]string{
			"1": {"process_creation"}, "2": {"file_change"}, "3": {"network_connection"}, "5": {"process_termination"}, "6": {"driver_load"}, "7": {"image_load"},
			"8": {"create_remote_thread"}, "9": {"raw_access_thread"}, "10": {"process_access"}, "11": {"file_event"}, "12": {"registry_event", "registry_add", "registry_delete"},
			"13": {"registry_event", "registry_set"}, "14": {"registry_event", "registry_rename"}, "15": {"create_stream_hash"}, "17": {"pipe_created"}, "18": {"pipe_created"},
			"19": {"wmi_event"}, "20": {"wmi_event"}, "21": {"wmi_event"}, "22": {"dns_query"}, "23": {"file_delete"}, "25": {"process_tampering"}, "26": {"file_delete"},
		}
		return source("sysmon", categories[id]...)
	case "security":
		return source("security")
	case "system":
		return source("system")
	case "windows powershell":
		if id == "400" {
			return source("powershell-classic", "ps_classic_start")
		}
		return source("powershell-classic", "ps_classic_provider_start")
	case "microsoft-windows-powershell/operational":
		switch id {
		case "4103":
			return source("powershell", "ps_module")
		case "4104":
			return source("powershell", "ps_script")
		}
		return source("powershell")
	case "microsoft-windows-wmi-activity/operational":
		return source("wmi")
	}
	return source(strings.ToLower(channel))
}

// publicRules are the rules of SigmaHQ, in the order of their names.
func publicRules(t testing.TB) []*Rule {
	files := archive(t, "sigma-rules.tar.gz")
	var rules []*Rule
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(part(name), "rules") {
			rs, _ := Parse(name, files[name])
			rules = append(rules, rs...)
		}
	}
	return rules
}

// parts are the parts of a set by channel and event number.
type parts struct {
	set *Set
	of  map[[2]string]*Set
}

func (p *parts) get(ev *flatEvent) *Set {
	k := [2]string{ev.get("Channel"), ev.get("EventID")}
	sub := p.of[k]
	if sub == nil {
		sub = p.set.For(windowsSources(k[0], k[1])...)
		p.of[k] = sub
	}
	return sub
}

// naiveMatches are the rules of a part that match an event, after the slow twin, which remembers nothing but the expressions.
func naiveMatches(sub *Set, ev Event) []*Rule {
	var want []*Rule
	for _, r := range sub.Rules() {
		if naiveRule(r, ev) {
			want = append(want, r)
		}
	}
	return want
}

// unindexed gives the same part without an index.
func unindexed(s *Set) *Set {
	u := &Set{prog: s.prog, rules: s.rules}
	u.once.Do(func() {})
	return u
}

// indexed gives the same part with an index, however few rules it has.
func indexed(s *Set) *Set {
	x := &Set{prog: s.prog, rules: s.rules}
	x.once.Do(func() { x.ix = newIndex(x) })
	return x
}

// matches runs one event and gives what matched as text, with the fields.
func matches(run *Run, sub *Set, ev Event) string {
	var b strings.Builder
	run.Event(sub, ev, func(m Match) { fmt.Fprintf(&b, "%s %q\n", m.Rule.Title, m.Fields) })
	return b.String()
}

// lazyEvent hides that an event is flat.
type lazyEvent struct{ Event }

// All rules on recorded events: with the index, flat or not, and without it the same rules match for the same reasons. The slow twin sees some of
// the events, since it takes milliseconds for one. With VIGIE_SIGMA_ALL set, all events are taken, which takes minutes.
func TestPublicRulesOnRecordedEvents(t *testing.T) {
	t.Parallel()
	perFile, slowEvery := 15, 30
	if os.Getenv("VIGIE_SIGMA_ALL") != "" {
		perFile, slowEvery = 0, 50
	}
	set, _ := Compile(publicRules(t))
	plain := unindexed(set)
	p := parts{set, make(map[[2]string]*Set)}
	plains := make(map[*Set]*Set)
	run, other := set.Start(), set.Start()
	n, hits, slow := 0, 0, 0
	for _, file := range mordor(t, perFile, "") {
		for _, ev := range file.events {
			sub := p.get(ev)
			if plains[sub] == nil {
				plains[sub] = unindexed(sub)
			}
			got := matches(run, sub, ev)
			if want := matches(other, plains[sub], ev); got != want {
				t.Fatalf("%s: event %q\nwith index:\n%s\nwithout:\n%s", file.name, *ev, got, want)
			}
			if lazy := matches(other, sub, lazyEvent{ev}); lazy != got {
				t.Fatalf("%s: event %q\nflat:\n%s\nnot flat:\n%s", file.name, *ev, got, lazy)
			}
			if n%20 == 0 {
				if got, want := matches(run, set, ev), matches(other, plain, ev); got != want {
					t.Fatalf("%s: event %q, all rules\nwith index:\n%s\nwithout:\n%s", file.name, *ev, got, want)
				}
			}
			if n%slowEvery == 0 {
				slow++
				var rules []*Rule
				run.Event(sub, ev, func(m Match) { rules = append(rules, m.Rule) })
				if want := naiveMatches(sub, ev); !slices.Equal(rules, want) {
					t.Fatalf("%s: event %q\ngot  %v\nwant %v", file.name, *ev, titles(rules), titles(want))
				}
			}
			n++
			hits += strings.Count(got, "\n")
		}
	}
	t.Logf("%d events, %d matches, %d events seen by the slow twin", n, hits, slow)
	if hits == 0 {
		t.Error("no rule matched: the test proves nothing")
	}
}
