package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCutAggregation(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"s":                                  "",
		"s | count() > 10":                   "s | event_count  by  gt 10 ok",
		"s and not f | count() by A >= 3":    "s and not f | event_count  by A gte 3 ok",
		"s | Count(B) by A < 5":              "s | value_count B by A lt 5 ok",
		"s | count( B )  by  A  =  5":        "s | value_count B by A eq 5 ok",
		"s | sum(Bytes) by Host == 1.5":      "s | value_sum Bytes by Host eq 1.5 ok",
		"s | avg(Bytes) <= 2":                "s | value_avg Bytes by  lte 2 ok",
		"s | sum() > 2":                      "",
		"s | min(B) > 2":                     "",
		"s | near x and y":                   "",
		"s | count() by A":                   "",
		"s | count() by A > many":            "",
		"s | count() > 1 | count() > 2":      "",
		"s | count() > 99999999999999999999": "",
	} {
		before, a, ok := cutAggregation(in)
		got := ""
		if ok {
			got = fmt.Sprint(strings.TrimSpace(before), " | ", a.typ, " ", a.field, " by ", a.by, " ", a.bound.Op, " ", a.bound.Value, " ok")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestAggregation: the rule of old counts as the correlation that replaced it.
func TestAggregation(t *testing.T) {
	t.Parallel()
	docs, problems := ParseDocuments("r.yml", []byte(`title: Many
id: 5a8b5c1e-0000-4000-8000-000000000001
level: high
logsource: {category: test}
detection:
  s: {A: x}
  timeframe: 5m
  condition: s | count() by B > 2
---
title: Kinds
logsource: {category: test}
detection:
  s: {A: x}
  condition: s | count(C) by B >= 2
`), Options{})
	if len(problems) > 0 || len(docs.Rules) != 2 || len(docs.Correlations) != 2 {
		t.Fatalf("%v %+v", problems, docs)
	}
	lib, problems := Link(docs)
	if len(problems) > 0 || len(lib.Correlations) != 2 || lib.Correlations[0].ID == "" || lib.Reported(&lib.Rules[0].Header) || !lib.Reported(&lib.Correlations[0].Header) {
		t.Fatalf("%v %+v", problems, lib)
	}
	set, _ := Compile(lib.Rules)
	run, c := set.Start(), lib.Correlate(CorrelationLimits{})
	begin := time.Date(2021, 3, 3, 5, 0, 0, 0, time.UTC)
	events := readEvents(t, []byte(`{"A":"x","B":"1","C":"p"}
{"A":"x","B":"1","C":"p"}
{"A":"y","B":"1","C":"q"}
{"A":"x","B":"1","C":"p"}
{"A":"x","B":"2","C":"p"}
{"A":"x","B":"2","C":"q"}
`))
	for i, ev := range events {
		at := begin.Add(time.Duration(i) * time.Minute)
		run.Event(nil, ev, func(m Match) { c.Add(m.Rule, at, Ref{At: uint64(i)}, ev) })
	}
	found, _ := c.End()
	var got []string
	for _, m := range found {
		got = append(got, fmt.Sprint(m.Correlation.Title, " ", m.Group[0].Value, " ", m.Events))
	}
	if fmt.Sprint(got) != "[Many 1 3 Kinds 2 2]" {
		t.Errorf("%q", got)
	}
}
