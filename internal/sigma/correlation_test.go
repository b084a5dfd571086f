package sigma

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// baseRules are rules that the tests refer to; that they match is said by the test.
const baseRules = `title: login
name: login
logsource: {category: test}
detection: {s: {A: 1}, condition: s}
---
title: logout
name: logout
logsource: {category: test}
detection: {s: {A: 1}, condition: s}
---
title: change
name: change
logsource: {category: test}
detection: {s: {A: 1}, condition: s}
`

func library(t testing.TB, text string) *Library {
	t.Helper()
	docs, problems := ParseDocuments("c.yml", []byte(text), Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	lib, problems := Link(docs)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return lib
}

// happening is a match that a test adds: "12.5 login user=bob ip=1", at a second after a fixed time, or "? login" without a time.
type happening struct {
	rule string
	when time.Time
	ref  Ref
	ev   testEvent
}

var epoch = time.Date(2021, 3, 2, 0, 0, 0, 0, time.UTC)

func happenings(t testing.TB, lines string) []happening {
	t.Helper()
	var list []happening
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		h := happening{rule: f[1], ref: Ref{At: uint64(len(list) + 1)}}
		if f[0] != "?" {
			s, err := strconv.ParseFloat(f[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			h.when = epoch.Add(time.Duration(s * float64(time.Second)))
		}
		for _, kv := range f[2:] {
			name, val, _ := strings.Cut(kv, "=")
			h.ev = append(h.ev, testField{name, []string{val}})
		}
		list = append(list, h)
	}
	return list
}

func (l *Library) rule(name string) *Rule {
	i := slices.IndexFunc(l.Rules, func(r *Rule) bool { return r.Name == name })
	return l.Rules[i]
}

func correlate(lib *Library, limits CorrelationLimits, list []happening) ([]CorrelationMatch, []CorrelationSummary) {
	c := lib.Correlate(limits)
	for _, h := range list {
		c.Add(lib.rule(h.rule), h.when, h.ref, h.ev)
	}
	return c.End()
}

func lines(ms []CorrelationMatch) []string {
	var out []string
	for _, m := range ms {
		var refs []string
		for _, r := range m.Refs {
			refs = append(refs, fmt.Sprint(r.At))
		}
		group := ""
		for _, g := range m.Group {
			group += " " + g.Field + "=" + g.Value
		}
		out = append(out, fmt.Sprintf("%s %g-%g%s value=%g events=%d refs=%s", m.Correlation.Title, m.First.Sub(epoch).Seconds(), m.Last.Sub(epoch).Seconds(),
			group, m.Value, m.Events, strings.Join(refs, ",")))
	}
	return out
}

func TestCorrelations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules, events string
		want          []string
	}{
		"count in a span": {
			`title: c
correlation: {type: event_count, rules: [login], group-by: [user], timespan: 10s, condition: {gte: 3}}`,
			`0 login user=a
			4 login user=a
			6 login user=b
			9 login user=a
			12 login user=b`,
			[]string{"c 0-9 user=a value=3 events=3 refs=1,2,4"},
		},
		"a span holds both of its ends, and nothing beyond": {
			`title: c
correlation: {type: event_count, rules: [login], timespan: 10s, condition: {gte: 2}}`,
			`0 login
			10 login
			20.1 login
			40 login
			50.0000001 login`,
			[]string{"c 0-10 value=2 events=2 refs=1,2"},
		},
		"windows that share events are one result, others are not": {
			`title: c
correlation: {type: event_count, rules: [login], timespan: 10s, condition: {gte: 2}}`,
			`0 login
			8 login
			16 login
			100 login
			101 login`,
			[]string{"c 0-16 value=2 events=3 refs=1,2,3", "c 100-101 value=2 events=2 refs=4,5"},
		},
		"a count between bounds is of full windows": {
			`title: c
correlation: {type: event_count, rules: [login], group-by: user, timespan: 10s, condition: {gt: 1, lte: 3}}`,
			`0 login user=a
			1 login user=a
			2 login user=a
			3 login user=a
			0 login user=b
			1 login user=b
			0 login user=c`,
			[]string{"c 0-1 user=b value=2 events=2 refs=5,6"},
		},
		"fewer than": {
			`title: c
correlation: {type: event_count, rules: [login], group-by: user, timespan: 10s, condition: {lt: 2}}`,
			`0 login user=a
			1 login user=a
			5 login user=b
			50 login user=a`,
			[]string{"c 5-5 user=b value=1 events=1 refs=3", "c 50-50 user=a value=1 events=1 refs=4"},
		},
		"groups are equal without regard to case, and several fields must all be equal": {
			`title: c
correlation: {type: event_count, rules: [login], group-by: [user, host], timespan: 10s, condition: {gte: 2}}`,
			`0 login user=Bob host=x
			1 login user=BOB host=X
			1 login user=Bob host=y
			2 login user=bo host=bx`,
			[]string{"c 0-1 user=Bob host=x value=2 events=2 refs=1,2"},
		},
		"an event that two of the rules match is one event": {
			`title: c
correlation: {type: event_count, rules: [login, logout], timespan: 10s, condition: {gte: 2}}`,
			`0 login
			100 login
			101 logout`,
			[]string{"c 100-101 value=2 events=2 refs=2,3"},
		},
		"distinct values": {
			`title: c
correlation: {type: value_count, rules: [login], group-by: [ip], timespan: 10s, condition: {field: user, gte: 3}}`,
			`0 login ip=1 user=a
			1 login ip=1 user=b
			2 login ip=1 user=A
			3 login ip=2 user=c
			4 login ip=1
			9 login ip=1 user=c
			30 login ip=1 user=a
			31 login ip=1 user=a
			32 login ip=1 user=a`,
			[]string{"c 0-9 ip=1 value=3 events=4 refs=1,2,3,6"},
		},
		"a value that left the window counts no more": {
			`title: c
correlation: {type: value_count, rules: [login], timespan: 10s, condition: {field: user, gte: 3}}`,
			`0 login user=a
			6 login user=b
			12 login user=c
			18 login user=a`,
			nil,
		},
		"several fields count as one value": {
			`title: c
correlation: {type: value_count, rules: [login], timespan: 10s, condition: {field: [user, host], gte: 3}}`,
			`0 login user=a host=x
			1 login user=a host=y
			2 login user=b host=x`,
			[]string{"c 0-2 value=3 events=3 refs=1,2,3"},
		},
		"temporal, in any order, within a group": {
			`title: c
correlation: {type: temporal, rules: [login, logout, change], group-by: [user], timespan: 10s}`,
			`0 change user=a
			1 logout user=b
			3 login user=a
			5 logout user=a
			20 login user=b
			21 change user=b`,
			[]string{"c 0-5 user=a value=3 events=3 refs=1,3,4"},
		},
		"temporal with a condition": {
			`title: c
correlation: {type: temporal, rules: [login, logout, change], group-by: [user], timespan: 10s, condition: {gte: 2}}`,
			`0 change user=a
			9 login user=a
			0 change user=b
			11 login user=b`,
			[]string{"c 0-9 user=a value=2 events=2 refs=1,2"},
		},
		"the order is that of all rules": {
			`title: c
correlation: {type: temporal_ordered, rules: [login, change, logout], group-by: [user], timespan: 10s}`,
			`0 login user=a
			1 change user=a
			2 logout user=a
			0 login user=b
			1 logout user=b
			2 change user=b
			0 change user=c
			1 login user=c
			2 logout user=c`,
			[]string{"c 0-2 user=a value=3 events=3 refs=1,2,3"},
		},
		"an order may begin anew, and all of it is within the span": {
			`title: c
correlation: {type: temporal_ordered, rules: [login, change, logout], timespan: 10s}`,
			`0 login
			6 change
			11 logout
			12 login
			13 change
			14 logout`,
			[]string{"c 12-14 value=3 events=3 refs=4,5,6"},
		},
		"events of the same time are in order": {
			`title: c
correlation: {type: temporal_ordered, rules: [login, logout], timespan: 10s}`,
			`5 logout
			5 login`,
			[]string{"c 5-5 value=2 events=2 refs=1,2"},
		},
		"sum": {
			`title: c
correlation: {type: value_sum, rules: [login], group-by: [ip], timespan: 10s, condition: {field: bytes, gt: 100}}`,
			`0 login ip=1 bytes=60
			5 login ip=1 bytes=60
			6 login ip=2 bytes=100
			6 login ip=1 bytes=many
			11 login ip=1 bytes=30`,
			[]string{"c 0-5 ip=1 value=120 events=2 refs=1,2"},
		},
		"what was added leaves no error when it goes": {
			`title: c
correlation: {type: value_sum, rules: [login], timespan: 10s, condition: {field: bytes, eq: 1}}`,
			`0 login bytes=1e300
			8 login bytes=0.5
			15 login bytes=0.5`,
			[]string{"c 8-15 value=1 events=2 refs=2,3"},
		},
		"mean of full windows": {
			`title: c
correlation: {type: value_avg, rules: [login], group-by: [ip], timespan: 10s, condition: {field: bytes, gt: 500}}`,
			`0 login ip=1 bytes=900
			1 login ip=1 bytes=101
			2 login ip=2 bytes=900
			3 login ip=2 bytes=99`,
			[]string{"c 0-1 ip=1 value=500.5 events=2 refs=1,2"},
		},
		"percentile": {
			`title: c
correlation: {type: value_percentile, rules: [login], timespan: 10s, condition: {field: ms, percentile: 75, gte: 30}}`,
			`0 login ms=10
			1 login ms=20
			2 login ms=30
			3 login ms=40
			30 login ms=10
			31 login ms=20
			32 login ms=20
			33 login ms=40`,
			[]string{"c 0-3 value=30 events=4 refs=1,2,3,4"},
		},
		"median": {
			`title: c
correlation: {type: value_median, rules: [login], timespan: 10s, condition: {field: ms, lt: 3}}`,
			`0 login ms=1
			1 login ms=2
			2 login ms=9`,
			[]string{"c 0-2 value=2 events=3 refs=1,2,3"},
		},
		"percentage of a value, as in the specification's example": {
			`title: c
correlation: {type: value_percentile, rules: [login], group-by: [host], timespan: 1h, condition: {field: image, lte: 25}}`,
			`0 login host=x image=a
			1 login host=x image=A
			2 login host=x image=a
			3 login host=x image=b
			4 login host=x image=a
			5 login host=y image=b`,
			[]string{"c 3-3 host=x value=25 events=1 refs=4"},
		},
		"aliases name different fields of different rules": {
			`title: c
correlation:
    type: temporal
    rules: [login, logout]
    group-by: [ip]
    timespan: 10s
    aliases:
        ip: {login: src, logout: dst}`,
			`0 login src=1 dst=2
			1 logout src=1 dst=3
			2 logout src=9 dst=1`,
			[]string{"c 0-2 ip=1 value=2 events=2 refs=1,3"},
		},
		"a chain: many of one, then another, grouped by what the first does not group by": {
			`title: many then change
correlation: {type: temporal_ordered, rules: [many, change], group-by: [user], timespan: 10s}
---
title: many
name: many
correlation: {type: event_count, rules: [login], group-by: [host], timespan: 10s, condition: {gte: 3}}`,
			`0 login host=x user=a
			1 login host=x user=b
			2 change user=a
			3 login host=x user=c
			4 change user=b
			5 login host=x user=a
			6 change user=d`,
			[]string{"many then change 3-4 user=b value=2 events=2 refs=2,5"},
		},
		"a chain counts results, not their events": {
			`title: three bursts
correlation: {type: event_count, rules: [burst], group-by: [user], timespan: 1h, condition: {gte: 3}}
---
title: burst
name: burst
correlation: {type: event_count, rules: [login], group-by: [user], timespan: 10s, condition: {gte: 2}, generate: true}`,
			`0 login user=a
			1 login user=a
			100 login user=a
			101 login user=a
			102 login user=a
			0 login user=b
			1 login user=b
			200 login user=b
			201 login user=b
			300 login user=b
			301 login user=b`,
			[]string{"three bursts 1-301 user=b value=3 events=6 refs=6,7,8,9,10,11"},
		},
		"a chain asks for a field that the first does not group by": {
			`title: many of two
correlation: {type: value_count, rules: [many], group-by: [host], timespan: 1m, condition: {gte: 2, field: name}, aliases: {name: {many: user}}}
---
title: many
name: many
correlation: {type: event_count, rules: [login], group-by: [host], timespan: 10s, condition: {gte: 2}}`,
			`0 login host=x user=a
			1 login host=x user=b
			0 login host=y user=a
			1 login host=y user=a`,
			[]string{"many of two 1-1 host=x value=2 events=2 refs=1,2"},
		},
		"no field, no group; no time, no part": {
			`title: c
correlation: {type: event_count, rules: [login], group-by: [user], timespan: 10s, condition: {gte: 1}}`,
			`0 login
			? login user=a
			5 login user=a`,
			[]string{"c 5-5 user=a value=1 events=1 refs=3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lib := library(t, baseRules+"---\n"+c.rules)
			list := happenings(t, c.events)
			rng := rand.New(rand.NewPCG(1, 2))
			for range 5 {
				got, _ := correlate(lib, CorrelationLimits{}, list)
				if g := lines(got); !slices.Equal(g, c.want) {
					t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(g, "\n\t"), strings.Join(c.want, "\n\t"))
				}
				rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
		})
	}
}

func TestAtALimitTheEarliestMatchesCountAndTheRestIsTold(t *testing.T) {
	t.Parallel()
	lib := library(t, baseRules+`---
title: c
correlation: {type: event_count, rules: [login], group-by: [user], timespan: 1s, condition: {gte: 1}}`)
	var list []happening
	for i := range 1000 {
		list = append(list, happening{"login", epoch.Add(time.Duration(i) * time.Minute), Ref{At: uint64(i)}, testEvent{{"user", []string{"a"}}}})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, limits := range []CorrelationLimits{{Matches: 100}, {Bytes: 100 * (96 + 16 + 1)}} {
		for range 3 {
			rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			ms, sums := correlate(lib, limits, list)
			s := sums[0]
			if len(ms) != 100 || ms[99].Refs[0].At != 99 || s.Matches != 100 || s.Dropped != 900 || !s.Until.Equal(epoch.Add(100*time.Minute)) || !s.Incomplete() {
				t.Errorf("%+v: %d results, %+v", limits, len(ms), s)
			}
		}
	}
	ms, sums := correlate(lib, CorrelationLimits{Results: 10, Refs: 1}, list)
	if len(ms) != 10 || ms[9].Refs[0].At != 9 || sums[0].More != 990 || !sums[0].Incomplete() {
		t.Errorf("%d results, %+v", len(ms), sums[0])
	}
}

func TestWhatTakesNoPartIsCounted(t *testing.T) {
	t.Parallel()
	lib := library(t, baseRules+`---
title: c
correlation: {type: value_sum, rules: [login], group-by: [user], timespan: 1s, condition: {gte: 1, field: n}}`)
	list := happenings(t, `0 login user=a n=1
		? login user=a n=1
		1 login n=1
		2 login user=a
		3 login user=a n=x`)
	list = append(list, happening{"login", time.Unix(1<<62, 0), Ref{At: 9}, list[0].ev})
	_, sums := correlate(lib, CorrelationLimits{}, list)
	want := CorrelationSummary{Correlation: lib.Correlations[0], Matches: 1, Undated: 2, Ungrouped: 1, Unvalued: 2}
	if sums[0] != want {
		t.Errorf("%+v", sums[0])
	}
}

func TestLongValuesAreToldApart(t *testing.T) {
	t.Parallel()
	lib := library(t, baseRules+`---
title: c
correlation: {type: event_count, rules: [login], group-by: [user], timespan: 1s, condition: {gte: 2}}`)
	long := strings.Repeat("é", 5000)
	list := happenings(t, "0 login user="+long+"a\n0 login user="+long+"b\n0 login user="+strings.ToUpper(long)+"B")
	ms, _ := correlate(lib, CorrelationLimits{}, list)
	if len(ms) != 1 || ms[0].Events != 2 || ms[0].Refs[0].At != 2 || len(ms[0].Group[0].Value) > 200 || !strings.HasSuffix(ms[0].Group[0].Value, "…") {
		t.Errorf("%+v", ms)
	}
}

func TestMatchesAreAddedByManyGoroutines(t *testing.T) {
	t.Parallel()
	lib := library(t, baseRules+`---
title: c
correlation: {type: event_count, rules: [login], timespan: 1h, condition: {gte: 1}}`)
	c := lib.Correlate(CorrelationLimits{})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				c.Add(lib.rule("login"), epoch.Add(time.Duration(i)*time.Second), Ref{Source: uint32(g), At: uint64(i)}, testEvent{})
			}
		})
	}
	wg.Wait()
	if ms, _ := c.End(); len(ms) != 1 || ms[0].Events != 800 || ms[0].Refs[1] != (Ref{Source: 1}) {
		t.Errorf("%+v", ms)
	}
}
