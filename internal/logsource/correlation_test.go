package logsource_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigie/internal/logsource"
	"vigie/internal/sigma"
)

// A correlation groups by the names that its rules use, whichever event they were found in.
func TestCorrelationsGroupByTheNamesOfRules(t *testing.T) {
	t.Parallel()
	docs, problems := sigma.ParseDocuments("c.yml", []byte(`title: shell
name: shell
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: \cmd.exe}, condition: s}
---
title: logon
name: logon
logsource: {product: windows, service: security}
detection: {s: {EventID: 4624}, condition: s}
---
title: shells after a logon
correlation:
    type: temporal_ordered
    rules: [logon, shell]
    group-by: [who]
    timespan: 5m
    aliases: {who: {logon: TargetUserName, shell: User}}
level: high
`), sigma.Options{})
	lib, more := sigma.Link(docs)
	set, twice := sigma.Compile(lib.Rules)
	if ps := slices.Concat(problems, more, twice); len(ps) > 0 {
		t.Fatal(ps)
	}
	c := lib.Correlate(sigma.CorrelationLimits{})
	run := logsource.NewRouter(set, mappings(t)).Start()
	start := time.Date(2021, 3, 3, 0, 0, 0, 0, time.UTC)
	var single []string
	for i, text := range []string{
		security + `minute=1 EventID=4688 NewProcessName=C:\cmd.exe SubjectUserName=bob SubjectDomainName=-`,
		sysmon + `minute=2 EventID=1 Image=C:\cmd.exe User=eve`,
		security + `minute=0 EventID=4624 TargetUserName=BOB`,
		security + `minute=9 EventID=4624 TargetUserName=eve`,
	} {
		ev := event(text)
		minute, err := strconv.Atoi(ev.values["minute"])
		if err != nil {
			t.Fatal(err)
		}
		run.Windows(ev, func(m sigma.Match) {
			if lib.Reported(&m.Rule.Header) {
				single = append(single, m.Rule.Title)
			}
			if c.Wants(m.Rule) {
				c.Add(m.Rule, start.Add(time.Duration(minute)*time.Minute), sigma.Ref{At: uint64(i)}, run.Seen())
			}
		})
	}
	ms, sums := c.End()
	if len(ms) != 1 || len(single) > 0 || sums[0].Incomplete() {
		t.Fatalf("%+v, %v, %+v", ms, single, sums)
	}
	m := ms[0]
	if m.Correlation.Title != "shells after a logon" || !strings.EqualFold(m.Group[0].Value, "bob") || m.Group[0].Field != "who" ||
		!slices.Equal(m.Refs, []sigma.Ref{{At: 2}, {At: 0}}) || !m.First.Equal(start) {
		t.Errorf("%+v", m)
	}
}
