package incident

import (
	"testing"

	"vigie/internal/buildno"
	"vigie/internal/identify"
	"vigie/internal/kb"
)

func installed(build, when string) *identify.Install {
	return &identify.Install{At: day(when), Build: buildno.MustParse(build)}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	builds := func(bs ...identify.Build) func(*Host) { return func(h *Host) { h.Timeline.Seen = bs } }
	for _, c := range []struct {
		name           string
		flaw           string // "" is door
		change         func(*Host)
		since, until   string
		from, fromWhat string
		to, toWhat     string
		empty, proved  bool
		status         kb.Status
	}{
		{name: "vulnerable throughout", from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},
		{name: "no build known: the widest", change: builds(), from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end"},
		{name: "a build of no known line closes nothing", change: builds(seen(odd, "2021-01-01", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end", status: kb.Unknown},
		{name: "fixed in the middle", change: builds(seen(open, "2021-01-01", "2021-03-09"), seen(shut, "2021-03-10", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-03-10", toWhat: "build:proxy", status: kb.Fixed},
		{name: "first measured fixed, in the middle: before that nobody knows", change: builds(seen(shut, "2021-03-10", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-03-10", toWhat: "build:proxy", status: kb.Fixed},
		{name: "fixed, then a later fixed build", change: builds(seen(shut, "2021-03-10", "2021-03-12"), seen(shut2, "2021-03-20", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-03-10", toWhat: "build:proxy", status: kb.Fixed},
		{name: "fixed before the first use", change: builds(seen(shut, "2021-01-01", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "build:proxy", empty: true, proved: true, status: kb.Fixed},
		{name: "fixed on the day of the first use", change: builds(seen(shut, "2021-01-03", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "build:proxy", empty: true, proved: true, status: kb.Fixed},
		{name: "fixed a second after the first use", change: builds(seen(shut, "2021-01-03 00:00:01", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03 00:00:01", toWhat: "build:proxy", status: kb.Fixed},
		{name: "patched before the first use", change: builds(seen(open, "2021-01-01", "2021-01-01 12:00"), seen(shut, "2021-01-02", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "build:proxy", empty: true, proved: true, status: kb.Fixed},
		{name: "a line that is not concerned", change: builds(seen(other, "2021-01-01", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "build:proxy", empty: true, proved: true, status: kb.NotConcerned},
		{name: "fixed before the first use, then a branch without the fix", change: builds(seen(shut, "2021-01-01", "2021-02-01"), seen(again, "2021-02-02", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},
		{name: "fixed, then open again", change: builds(seen(open, "2021-01-01", "2021-02-01"), seen(shut, "2021-02-02", "2021-03-01"), seen(again, "2021-03-02", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},
		{name: "fixed, open again, fixed again", change: builds(seen(shut, "2021-01-01", "2021-02-01"), seen(again, "2021-02-02", "2021-03-01"), seen(shut2, "2021-03-02", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-03-02", toWhat: "build:proxy", status: kb.Fixed},
		{name: "fixed again before the first use", flaw: "side",
			change: builds(seen(shut, "2021-01-01", "2021-01-10"), seen(again, "2021-01-11", "2021-01-20"), seen(shut2, "2021-01-21", "2021-04-01")),
			from:   "2021-02-10", fromWhat: "flaw-first-use", to: "2021-02-10", toWhat: "build:proxy", empty: true, proved: true, status: kb.Fixed},

		{name: "installed after the first use", change: func(h *Host) { h.Timeline.Install = installed(open, "2021-02-01") },
			from: "2021-02-01", fromWhat: "setup", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},
		{name: "installed before the first use", change: func(h *Host) { h.Timeline.Install = installed(open, "2020-02-01") },
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},
		{name: "installed fixed, after the first use", change: func(h *Host) {
			h.Timeline.Install, h.Timeline.Seen = installed(shut, "2021-02-01"), []identify.Build{seen(shut, "2021-02-01", "2021-04-01")}
		}, from: "2021-02-01", fromWhat: "setup", to: "2021-02-01", toWhat: "build:proxy", empty: true, proved: true, status: kb.Fixed},
		{name: "installed fixed, then a branch without the fix, then fixed", change: func(h *Host) {
			h.Timeline.Install = installed(shut, "2021-02-01")
			h.Timeline.Seen = []identify.Build{seen(shut, "2021-02-01", "2021-02-20"), seen(again, "2021-02-21", "2021-02-28"), seen(shut2, "2021-03-01", "2021-04-01")}
		}, from: "2021-02-01", fromWhat: "setup", to: "2021-03-01", toWhat: "build:proxy", status: kb.Fixed},
		{name: "installed vulnerable, then fixed", change: func(h *Host) {
			h.Timeline.Install = installed(open, "2021-02-01")
			h.Timeline.Seen = []identify.Build{seen(open, "2021-02-01", "2021-02-20"), seen(shut, "2021-02-21", "2021-04-01")}
		}, from: "2021-02-01", fromWhat: "setup", to: "2021-02-21", toWhat: "build:proxy", status: kb.Fixed},
		{name: "an asked start before the installation", since: "2021-01-10", change: func(h *Host) { h.Timeline.Install = installed(open, "2021-02-01") },
			from: "2021-02-01", fromWhat: "setup", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},

		{name: "the evidence ends before the first use", change: func(h *Host) { h.End = day("2020-12-31") },
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "evidence-end", empty: true, status: kb.Vulnerable},
		{name: "no evidence", change: func(h *Host) { *h = Host{Name: "MAIL"} },
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "evidence-end", empty: true},
		{name: "asked", since: "2021-02-01", until: "2021-03-01", from: "2021-02-01", fromWhat: "asked", to: "2021-03-01", toWhat: "asked", status: kb.Vulnerable},
		{name: "asked for more than there is", since: "2020-01-01", until: "2022-01-01", from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-04-01", toWhat: "evidence-end", status: kb.Vulnerable},
		{name: "asked up to a day before the fix", until: "2021-03-09", change: builds(seen(shut, "2021-03-10", "2021-04-01")),
			from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-03-09", toWhat: "asked", status: kb.Fixed},
		{name: "asked from after the fix: nothing is left to see", since: "2021-03-20", change: builds(seen(shut, "2021-03-10", "2021-04-01")),
			from: "2021-03-20", fromWhat: "asked", to: "2021-03-20", toWhat: "build:proxy", empty: true, status: kb.Fixed},
		{name: "asked up to before the first use", until: "2021-01-02", from: "2021-01-03", fromWhat: "flaw-first-use", to: "2021-01-03", toWhat: "asked", empty: true, status: kb.Vulnerable},
		{name: "a kind of trace has the evidence for its window", flaw: "stray", from: "2021-01-01", fromWhat: "evidence-start", to: "2021-04-01", toWhat: "evidence-end", status: kb.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := mailer()
			if c.flaw == "" {
				c.flaw = "door"
			}
			f, _ := k.Flaw(c.flaw)
			j := &judge{speaker: newSpeaker(sentences()), kb: k}
			if c.since != "" {
				j.opt.Since = day(c.since)
			}
			if c.until != "" {
				j.opt.Until = day(c.until)
			}
			e := j.expose(server(c.change), f)
			if !e.From.Equal(day(c.from)) || e.FromSource != c.fromWhat || !e.To.Equal(day(c.to)) || e.ToSource != c.toWhat || e.Empty != c.empty {
				t.Errorf("%v (%s) to %v (%s), empty %v\nwant %s (%s) to %s (%s), %v", e.From, e.FromSource, e.To, e.ToSource, e.Empty, c.from, c.fromWhat, c.to, c.toWhat, c.empty)
			}
			if (e.neverProved != nil) != c.proved || e.status != c.status {
				t.Errorf("proved %v, status %s; want %v, %s", e.neverProved != nil, e.status, c.proved, c.status)
			}
			if e.FromWhy.FR == "" || e.FromWhy.EN == "" || e.ToWhy.FR == "" || e.ToWhy.EN == "" {
				t.Errorf("a bound without its reason: %+v", e.Window)
			}
		})
	}
}
