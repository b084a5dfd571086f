package logsource_test

import (
	"path/filepath"
	"strings"
	"testing"

	"vigie/internal/logsource"
	"vigie/internal/sigma"
)

// BenchmarkRoute is what finding the rules of an event costs beside matching: the rules here are few and do not match.
func BenchmarkRoute(b *testing.B) {
	set := compile(b, rule("process", "product: windows, category: process_creation", `Image: no`)+rule("logon", "product: windows, service: security", "EventID: 4624, A: b"))
	router := logsource.NewRouter(set, mappings(b))
	for name, text := range map[string]string{
		"as it is":    sysmon + `EventID=1 Image=C:\x\cmd.exe CommandLine=x`,
		"renamed":     security + `EventID=4688 NewProcessName=C:\x\cmd.exe CommandLine=x`,
		"no rule":     security + `EventID=4634 SubjectUserName=x`,
		"two in turn": "",
	} {
		b.Run(name, func(b *testing.B) {
			run := router.Start()
			evs := []*jsonEvent{event(text)}
			if text == "" {
				evs = []*jsonEvent{event(sysmon + "EventID=1 Image=x"), event(security + "EventID=4624")}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ev := evs[i%len(evs)]
				run.Windows(ev, func(sigma.Match) {})
			}
		})
	}
}

// BenchmarkNewRouter builds the router of all public rules.
func BenchmarkNewRouter(b *testing.B) {
	set := rulesOf(b, archive(b, "sigma-rules.tar.gz"), func(name string) bool { return live(name) && strings.Contains(name, "/windows/") })
	ms := mappings(b)
	b.ReportAllocs()
	for b.Loop() {
		logsource.NewRouter(set, ms)
	}
	b.ReportMetric(float64(set.Len()), "rules")
}

// BenchmarkRecordedAttacks gives the events of recorded attacks, in memory, to all public rules for Windows.
func BenchmarkRecordedAttacks(b *testing.B) {
	files, _ := filepath.Glob("../../../shared/data/mordor/atomic/windows/*/host/*.zip")
	if len(files) == 0 {
		b.Skip("the recorded attacks are not here")
	}
	var events []*jsonEvent
	for _, file := range files {
		if eachEvent(b, file, func(e *jsonEvent) { events = append(events, e) }); len(events) > 40_000 {
			break
		}
	}
	set := rulesOf(b, archive(b, "sigma-rules.tar.gz"), func(name string) bool { return live(name) && strings.Contains(name, "/windows/") })
	run := logsource.NewRouter(set, mappings(b)).Start()
	n := 0
	for _, ev := range events { // the routes and the parts of the set are made once
		run.Windows(ev, func(sigma.Match) { n++ })
	}
	b.ReportMetric(float64(n), "matches")
	for b.Loop() {
		for _, ev := range events {
			run.Windows(ev, func(sigma.Match) {})
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(events))/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(set.Len()), "rules")
}
