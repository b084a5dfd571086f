package sigma

import (
	"fmt"
	"maps"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// benchEvents matches events in turn and reports what an event costs.
func benchEvents(b *testing.B, set *Set, sub func(*flatEvent) *Set, events []*flatEvent) {
	b.Helper()
	run := set.Start()
	subs := make([]*Set, len(events))
	called, hits := 0, 0
	for i, ev := range events { // also warms up: indexes are made at the first event
		subs[i] = sub(ev)
		run.Event(subs[i], ev, func(Match) { hits++ })
		for _, w := range run.called {
			called += bits.OnesCount64(w)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		run.Event(subs[i], events[i], func(Match) {})
		if i++; i == len(events) {
			i = 0
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(called)/float64(len(events)), "called/event")
	b.ReportMetric(float64(hits)/float64(len(events)), "hits/event")
}

// BenchmarkMatchRecorded: the rules of SigmaHQ for Windows on recorded events, each event with the rules for its source.
func BenchmarkMatchRecorded(b *testing.B) {
	set, _ := Compile(publicRules(b))
	set = set.Where(func(r *Rule) bool { return r.LogSource.Product == "windows" || r.LogSource.Product == "" })
	var all, starts []*flatEvent
	for _, f := range mordor(b, 500, "") {
		all = append(all, f.events...)
	}
	for _, f := range mordor(b, 0, `"ParentImage"`) {
		for _, ev := range f.events {
			if ev.get("EventID") == "1" && strings.Contains(ev.get("Channel"), "Sysmon") {
				starts = append(starts, ev)
			}
		}
	}
	p := parts{set, make(map[[2]string]*Set)}
	b.Run("all", func(b *testing.B) { benchEvents(b, set, p.get, all) })
	b.Run("process_creation", func(b *testing.B) { benchEvents(b, set, p.get, starts) })
	b.Run("no sources", func(b *testing.B) { benchEvents(b, set, func(*flatEvent) *Set { return set }, all) })
}

// generatedRules writes rules in the forms that most public rules have, mostly about programs that do not exist.
func generatedRules(b *testing.B, n int) *Set {
	b.Helper()
	rng := rand.New(rand.NewPCG(31, 32))
	known := []string{"powershell", "svchost", "tool", "quiet", "mode", "session", "netsvcs", "output", "updater", "conhost"}
	word := func() string {
		if rng.IntN(250) == 0 {
			return known[rng.IntN(len(known))]
		}
		w := make([]byte, 4+rng.IntN(8))
		for i := range w {
			w[i] = "etaoinshrdlucmfwypvbgkjqxz"[min(rng.IntN(26), rng.IntN(26))]
		}
		return string(w)
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "---\ntitle: r%d\nlogsource: {category: test}\ndetection:\n", i)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&text, "    a: {'Image|endswith': '\\%s.exe', 'CommandLine|contains': [' -%s', '/%s ']}\n", word(), word()[:2], word())
			fmt.Fprintf(&text, "    f: {'ParentImage|startswith': 'C:\\Program Files\\%s\\'}\n    condition: a and not f\n", word())
		case 1:
			fmt.Fprintf(&text, "    a:\n        - 'Image|endswith': ['\\%s.exe', '\\%s.exe']\n        - OriginalFileName: [%s.exe, %s.exe]\n", word(), word(), word(), word())
			fmt.Fprintf(&text, "    b: {'CommandLine|contains|all': ['%s', '\\%s\\', http]}\n    condition: a and b\n", word(), word())
		case 2:
			fmt.Fprintf(&text, "    a: {'CommandLine|contains': ['%s', '%s=', '%s.dll', '-%s ']}\n    condition: a\n", word(), word(), word(), word())
		case 3:
			fmt.Fprintf(&text, "    a: {'CommandLine|re': '%s\\s+(-|/)%s[0-9a-f]{4,16}', User|contains: [AUTHORI, AUTORI]}\n    condition: a\n", word(), word()[:3])
		}
	}
	return mustSet(b, text.String())
}

func generatedEvents(n int) []*flatEvent {
	rng := rand.New(rand.NewPCG(33, 34))
	dirs := []string{`C:\Windows\System32\`, `C:\Program Files\Vendor\Product\bin\`, `C:\Users\alice\AppData\Local\Temp\`}
	programs := []string{"cmd.exe", "powershell.exe", "svchost.exe", "tool.exe", "updater.exe", "conhost.exe"}
	var events []*flatEvent
	for i := range n {
		image := dirs[rng.IntN(3)] + programs[rng.IntN(6)]
		parent := dirs[rng.IntN(3)] + programs[rng.IntN(6)]
		command := fmt.Sprintf(`"%s" -k netsvcs --session %d --path "%soutput\%d.log" /quiet -mode:%x`, image, i, dirs[rng.IntN(3)], rng.IntN(1e6), rng.Uint64())
		events = append(events, &flatEvent{
			{"Channel", "Microsoft-Windows-Sysmon/Operational"}, {"EventID", "1"}, {"Provider_Name", "Microsoft-Windows-Sysmon"}, {"Computer", "EX01.example.org"},
			{"EventRecordID", fmt.Sprint(i)}, {"UtcTime", "2021-03-03 06:14:11.124"}, {"ProcessGuid", fmt.Sprintf("{%016X}", rng.Uint64())}, {"ProcessId", fmt.Sprint(rng.IntN(9999))},
			{"Image", image}, {"FileVersion", "10.0.17763.1"}, {"Description", "Tool of a product"}, {"Product", "Product"}, {"Company", "Vendor"}, {"OriginalFileName", "tool.exe"},
			{"CommandLine", command}, {"CurrentDirectory", dirs[rng.IntN(3)]}, {"User", `NT AUTHORITY\SYSTEM`}, {"LogonId", "0x3e7"}, {"TerminalSessionId", "0"},
			{"IntegrityLevel", "System"}, {"Hashes", fmt.Sprintf("SHA256=%032X%032X,IMPHASH=%032X", rng.Uint64(), rng.Uint64(), rng.Uint64())},
			{"ParentImage", parent}, {"ParentCommandLine", parent + " -p -s Service"}, {"ParentProcessId", fmt.Sprint(rng.IntN(9999))},
		})
	}
	return events
}

// BenchmarkMatchGenerated needs no public data.
func BenchmarkMatchGenerated(b *testing.B) {
	events := generatedEvents(1000)
	for _, n := range []int{300, 3000} {
		set := generatedRules(b, n)
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) { benchEvents(b, set, func(*flatEvent) *Set { return set }, events) })
	}
}

// BenchmarkMatchScaling: the same events against more and more rules.
func BenchmarkMatchScaling(b *testing.B) {
	rules := publicRules(b)
	rules = slices.DeleteFunc(rules, func(r *Rule) bool { return r.LogSource.Product != "windows" && r.LogSource.Product != "" })
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
	var events []*flatEvent
	for _, f := range mordor(b, 200, "") {
		events = append(events, f.events...)
	}
	for _, n := range []int{300, 1000, len(rules)} {
		set, _ := Compile(rules[:n])
		b.Run(fmt.Sprintf("no sources/%d rules", n), func(b *testing.B) { benchEvents(b, set, func(*flatEvent) *Set { return set }, events) })
		p := parts{set, make(map[[2]string]*Set)}
		b.Run(fmt.Sprintf("by source/%d rules", n), func(b *testing.B) { benchEvents(b, set, p.get, events) })
	}
}

// BenchmarkLoad: from the YAML of all public rule files to a set, and to its index.
func BenchmarkLoad(b *testing.B) {
	files := archive(b, "sigma-rules.tar.gz")
	names := slices.Sorted(maps.Keys(files))
	var rules []*Rule
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rules = rules[:0]
			for _, name := range names {
				rs, _ := Parse(name, files[name])
				rules = append(rules, rs...)
			}
		}
		b.ReportMetric(float64(len(names)), "files")
	})
	var set *Set
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			set, _ = Compile(rules)
		}
	})
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			newIndex(set)
		}
	})
}
