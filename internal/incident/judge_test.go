package incident

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/kb"
)

func lose(kind string) func(*Host) {
	return func(h *Host) {
		c := *h.Covers[kind]
		c.Lost = 1
		h.Covers[kind] = &c
	}
}

func blind(kind string) func(*Host) {
	return func(h *Host) { h.Covers[kind] = h.Covers[kind].hole("2021-02-01", "2021-02-20") }
}

func fixedFrom(when string) func(*Host) {
	return func(h *Host) { h.Timeline.Seen = []identify.Build{seen(shut, when, "2021-04-01")} }
}

func all(fs ...func(*Host)) func(*Host) {
	return func(h *Host) {
		for _, f := range fs {
			f(h)
		}
	}
}

func noBuild(h *Host)  { h.Timeline = identify.Timeline{} }
func noBack(h *Host)   { delete(h.Covers, "back") }
func lostItem(h *Host) { h.LostItems = 1 }

const inside, later = "2021-02-15 10:00", "2021-02-15 11:00"

// TestVerdict judges the flaw "door". A finding is written "act@time sources".
func TestVerdict(t *testing.T) {
	t.Parallel()
	partial := Options{Partial: true}
	for _, c := range []struct {
		name     string
		change   func(*Host)
		opt      Options
		findings []string
		want     casefile.Verdict
		conf     casefile.Confidence
		state    casefile.State
		why      string // part of a reason or of the sentence, in English
	}{
		// confirmed
		{"one proof in one log", nil, Options{}, []string{"door/enter front"}, casefile.Confirmed, casefile.Medium, casefile.ToRebuild, "Only one log shows it"},
		{"one proof in two logs", nil, Options{}, []string{"door/enter front proxy"}, casefile.Confirmed, casefile.High, casefile.ToRebuild, "independent logs"},
		{"one proof without any coverage", func(h *Host) { clear(h.Covers) }, Options{}, []string{"door/enter front"}, casefile.Confirmed, casefile.Medium, casefile.ToRebuild, "direct proof"},
		{"one proof on a host that never was vulnerable", fixedFrom("2021-01-01"), Options{}, []string{"door/enter front"}, casefile.Confirmed, casefile.Medium, casefile.ToRebuild, "direct proof"},
		{"one proof, reading interrupted", nil, partial, []string{"door/enter front"}, casefile.Confirmed, casefile.Medium, casefile.ToRebuild, "interrupted"},
		{"two different clues in two logs", nil, Options{}, []string{"door/peek front", "door/lift proxy"}, casefile.Confirmed, casefile.High, casefile.ToRebuild, "2 direct clues that agree"},
		{"a proof and a clue", nil, Options{}, []string{"door/enter front", "door/peek front"}, casefile.Confirmed, casefile.Medium, casefile.ToRebuild, "one direct proof"},
		// suspected
		{"one clue", nil, Options{}, []string{"door/peek front"}, casefile.Suspected, casefile.Medium, casefile.Exposed, "direct clue"},
		{"one clue in two logs", nil, Options{}, []string{"door/peek front proxy"}, casefile.Suspected, casefile.Medium, casefile.Exposed, "direct clue"},
		{"the same act twice, in two logs", nil, Options{}, []string{"door/peek front", "door/peek@2021-03-01 proxy"}, casefile.Suspected, casefile.Medium, casefile.Exposed, "direct clue"},
		{"two different clues in one log", nil, Options{}, []string{"door/peek front", "door/lift front"}, casefile.Suspected, casefile.Medium, casefile.Exposed, "direct clue"},
		{"two different clues in the same two logs", nil, Options{}, []string{"door/peek front proxy", "door/lift front proxy"}, casefile.Suspected, casefile.Medium, casefile.Exposed, "direct clue"},
		{"two different hints", nil, Options{}, []string{"door/dust front", "door/mark front"}, casefile.Suspected, casefile.Low, casefile.Exposed, "indirect clue"},
		{"two hints where no build ever was vulnerable", fixedFrom("2021-01-01"), Options{}, []string{"door/dust@2021-01-02 front", "door/mark@2021-01-02 front"}, casefile.Suspected, casefile.Low, casefile.Fixed, ""},
		{"a clue and many attempts", nil, Options{}, []string{"door/peek front", "door/knock front"}, casefile.Suspected, casefile.Medium, casefile.Exposed, "One attempt was seen"},
		// hints that do not suffice
		{"one hint, all covered", nil, Options{}, []string{"door/dust front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "one indirect clue calls for a check"},
		{"one hint twice", nil, Options{}, []string{"door/dust front", "door/dust@2021-03-01 proxy"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "indirect clue"},
		{"one hint, not covered", blind("proxy"), Options{}, []string{"door/dust front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "covers only"},
		{"a hint after the fix", fixedFrom("2021-03-01"), Options{}, []string{"door/dust@2021-03-02 front"}, casefile.NoTrace, casefile.High, casefile.Fixed, ""},
		{"two hints, one after the fix", fixedFrom("2021-03-01"), Options{}, []string{"door/mark front", "door/dust@2021-03-02 front"}, casefile.Undetermined, casefile.Low, casefile.Fixed, ""},
		{"a clue after the fix still counts", fixedFrom("2021-03-01"), Options{}, []string{"door/peek@2021-03-02 front"}, casefile.Suspected, casefile.Medium, casefile.Fixed, ""},
		// targeted
		{"an attempt, covered", nil, Options{}, []string{"door/knock front"}, casefile.Targeted, casefile.High, casefile.Exposed, "one attempt"},
		{"two attempts, covered", nil, Options{}, []string{"door/knock front", "door/knock@2021-03-01 front"}, casefile.Targeted, casefile.High, casefile.Exposed, "(2 attempts)"},
		{"an attempt, no useful source", noBack, Options{}, []string{"door/knock front"}, casefile.Targeted, casefile.Medium, casefile.Exposed, "log back"},
		{"an attempt, build not known", noBuild, Options{}, []string{"door/knock front"}, casefile.Targeted, casefile.Medium, casefile.StateUnknown, "build is not known"},
		{"an attempt, front not covered", blind("front"), Options{}, []string{"door/knock front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "One attempt was seen"},
		{"an attempt, proxy not covered", blind("proxy"), Options{}, []string{"door/knock front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "log proxy: nothing from"},
		{"an attempt, proxy not there", func(h *Host) { delete(h.Covers, "proxy") }, Options{}, []string{"door/knock front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "Missing source: log proxy"},
		{"an attempt, a byte lost", lose("front"), Options{}, []string{"door/knock front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "part of the evidence could not be read"},
		{"an attempt, an item lost", lostItem, Options{}, []string{"door/knock front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "part of the evidence could not be read"},
		{"an attempt, interrupted", nil, partial, []string{"door/knock front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, "interrupted"},
		// no trace
		{"nothing, covered", nil, Options{}, nil, casefile.NoTrace, casefile.High, casefile.Exposed, "No trace of intrusion"},
		{"nothing, useful source not covered", blind("back"), Options{}, nil, casefile.NoTrace, casefile.High, casefile.Exposed, ""},
		{"nothing, no useful source", noBack, Options{}, nil, casefile.NoTrace, casefile.Medium, casefile.Exposed, ""},
		{"nothing, covered just enough", func(h *Host) { h.Covers["proxy"] = h.Covers["proxy"].hole("2021-02-01", "2021-02-05") }, Options{}, nil, casefile.NoTrace, casefile.Medium, casefile.Exposed, "95.4"},
		{"nothing, covered just not enough", func(h *Host) { h.Covers["proxy"] = h.Covers["proxy"].hole("2021-02-01", "2021-02-06") }, Options{}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "94.3"},
		{"nothing, the hole after the fix", all(fixedFrom("2021-01-20"), blind("proxy")), Options{}, nil, casefile.NoTrace, casefile.High, casefile.Fixed, ""},
		{"nothing, a byte of a required source lost", lose("proxy"), Options{}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "1 B of log proxy"},
		{"nothing, a byte of a useful source lost", lose("back"), Options{}, nil, casefile.NoTrace, casefile.High, casefile.Exposed, ""},
		{"nothing, an item lost", lostItem, Options{}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "One item of evidence could not be read"},
		{"nothing, interrupted", nil, partial, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "interrupted"},
		{"nothing, no log at all", func(h *Host) { clear(h.Covers) }, Options{}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "log front and log proxy cover only"},
		{"the state of the host is no act", nil, Options{}, []string{"door/window front"}, casefile.NoTrace, casefile.High, casefile.Exposed, ""},
		// not affected
		{"fixed from the start", fixedFrom("2021-01-01"), Options{}, nil, casefile.NotAffected, casefile.Medium, casefile.Fixed, "from the start of the period"},
		{"fixed from the start, no log at all", all(fixedFrom("2021-01-01"), func(h *Host) { clear(h.Covers) }), Options{}, nil, casefile.NotAffected, casefile.Medium, casefile.Fixed, ""},
		{"fixed from the start, knocked at", fixedFrom("2021-01-01"), Options{}, []string{"door/knock front"}, casefile.NotAffected, casefile.Medium, casefile.Fixed, "One attempt was seen"},
		{"fixed from the start, interrupted", fixedFrom("2021-01-01"), partial, nil, casefile.Undetermined, casefile.Low, casefile.Fixed, "part of the evidence could not be read"},
		{"installed fixed, says the setup log", func(h *Host) {
			h.Timeline = identify.Timeline{Install: installed(shut, "2021-02-01"), Seen: []identify.Build{seen(shut, "2021-02-01", "2021-04-01")}}
		}, Options{}, nil, casefile.NotAffected, casefile.High, casefile.Fixed, "proves a first installation on 1 February 2021"},
		{"fixed from the start, then open again", func(h *Host) {
			h.Timeline.Seen = []identify.Build{seen(shut, "2021-01-01", "2021-02-01"), seen(again, "2021-02-02", "2021-04-01")}
		}, Options{}, nil, casefile.NoTrace, casefile.High, casefile.Exposed, ""},
		{"fixed from the start, then open again, unseen", all(blind("front"), func(h *Host) {
			h.Timeline.Seen = []identify.Build{seen(shut, "2021-01-01", "2021-02-01"), seen(again, "2021-02-02", "2021-04-01")}
		}), Options{}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		{"a build of no known line proves nothing", func(h *Host) { h.Timeline.Seen = []identify.Build{seen(odd, "2021-01-01", "2021-04-01")} }, Options{}, nil,
			casefile.NoTrace, casefile.Medium, casefile.StateUnknown, "build is not known"},
		// a page whose way in is not known
		{"a stray page, all covered", nil, Options{}, []string{"stray/used front"}, casefile.NoTrace, casefile.Low, casefile.Exposed, "show no attempt through this flaw"},
		{"a stray page, not covered", blind("proxy"), Options{}, []string{"stray/used front"}, casefile.Suspected, casefile.Low, casefile.Exposed, "nothing shows through which flaw"},
		{"a stray page answered, not covered", blind("proxy"), Options{}, []string{"stray/seen front"}, casefile.Suspected, casefile.Low, casefile.Exposed, "nothing shows through which flaw"},
		{"a stray hint, not covered", blind("proxy"), Options{}, []string{"stray/trace front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		{"a stray page that the flaw does not adopt", blind("proxy"), Options{}, []string{"stray/dirt front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		{"a stray page before the window", blind("proxy"), Options{}, []string{"stray/used@2021-01-02 front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		{"a stray page on a host never vulnerable", all(fixedFrom("2021-01-01"), blind("proxy")), Options{}, []string{"stray/used front"}, casefile.NotAffected, casefile.Medium, casefile.Fixed, ""},
		{"a stray page and attempts, covered", nil, Options{}, []string{"stray/used front", "door/knock front"}, casefile.Targeted, casefile.Low, casefile.Exposed, ""},
		{"a stray page after a success of the flaw", nil, Options{}, []string{"door/peek front", "stray/used@2021-02-16 front"}, casefile.Confirmed, casefile.Medium, casefile.ToRebuild, ""},
		{"a stray page of which another flaw knows", blind("proxy"), Options{}, []string{"side/slip front", "stray/used@2021-02-16 front"}, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		// asked periods
		{"asked for the part that is covered", blind("proxy"), Options{Since: day("2021-02-25"), Until: day("2021-03-25")}, nil, casefile.NoTrace, casefile.Low, casefile.Exposed, "from 25 February 2021 to 25 March 2021"},
		{"flagged records outside the asked period", nil, Options{Since: day("2021-02-25"), LeftOut: 3}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "3 flagged records"},
		{"asked for the part that is not", blind("proxy"), Options{Since: day("2021-02-02"), Until: day("2021-02-25")}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		{"asked for a time before the first use", nil, Options{For: []string{"door"}, Until: day("2021-01-02")}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, ""},
		{"evidence ends before the first use, asked for", func(h *Host) { h.End = day("2021-01-02") }, Options{For: []string{"OPENDOOR"}}, nil, casefile.Undetermined, casefile.Low, casefile.Exposed, "the logs end before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := mailer()
			h := Judge(server(c.change), numbered(parse(k, c.findings)...), k, sentences(), c.opt)
			f := flawOf(h, "door")
			if f == nil {
				t.Fatalf("not judged: %+v", h.NotExamined)
			}
			if f.Verdict != c.want || f.Confidence != c.conf || f.StateNow != c.state {
				t.Errorf("%s, confidence %s, %s; want %s, %s, %s\n%s", f.Verdict, f.Confidence, f.StateNow, c.want, c.conf, c.state, says(f))
			}
			if !strings.Contains(says(f), c.why) {
				t.Errorf("does not say %q:\n%s", c.why, says(f))
			}
			whole(t, h)
		})
	}
}

// parse reads findings written "act@time sources".
func parse(k *kb.KB, list []string) (out []casefile.Finding) {
	for _, s := range list {
		w := strings.Fields(s)
		act, when, ok := strings.Cut(w[0], "@")
		if !ok {
			when = inside
		}
		out = append(out, found(k, act, when, w[1:]...))
	}
	return out
}

// says is all that a result tells, in English.
func says(f *casefile.FlawResult) string {
	lines := []string{f.Sentence.EN}
	for _, w := range f.Why {
		lines = append(lines, "- "+w.EN)
	}
	return plain(strings.Join(lines, "\n"))
}

// plain writes no-break spaces as spaces.
func plain(s string) string { return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s) }

// Two acts raised from one and the same record are one clue, even when one of
// them was joined with another log.
func TestOneRecordIsOneClue(t *testing.T) {
	t.Parallel()
	k := mailer()
	a, b := found(k, "door/peek", inside, "proxy"), found(k, "door/lift", inside, "front", "proxy")
	b.Evidence[1].Ref = a.Evidence[0].Ref
	if f := flawOf(Judge(server(nil), numbered(a, b), k, sentences(), Options{}), "door"); f.Verdict != casefile.Suspected {
		t.Errorf("%s on one record", f.Verdict)
	}
	b.Evidence[1].Ref.Offset++
	if f := flawOf(Judge(server(nil), numbered(a, b), k, sentences(), Options{}), "door"); f.Verdict != casefile.Confirmed {
		t.Errorf("%s on two records of two logs", f.Verdict)
	}
}

func TestReasonsLeadToFindings(t *testing.T) {
	t.Parallel()
	k := mailer()
	fs := numbered(parse(k, []string{"door/knock@2021-02-01 front", "door/dust front", "door/peek front", "door/enter front", "stray/used@2021-02-20 front", "side/try front"})...)
	h := Judge(server(nil), fs, k, sentences(), Options{})
	if f := flawOf(h, "door"); !slices.Equal(f.Reasons, []string{"F-0004", "F-0005", "F-0003", "F-0002", "F-0001"}) { // proofs, clues, hints, attempts
		t.Errorf("reasons %v", f.Reasons)
	}
	if f := flawOf(h, "side"); !slices.Equal(f.Reasons, []string{"F-0006"}) || f.Verdict != casefile.Targeted {
		t.Errorf("side: %s for %v: the page is explained by the other flaw", f.Verdict, f.Reasons)
	}
	h = Judge(server(blind("proxy")), fs[4:5], k, sentences(), Options{})
	if f := flawOf(h, "door"); !slices.Equal(f.Reasons, []string{"F-0005"}) {
		t.Errorf("suspected for %v", f.Reasons)
	}
}

func TestWhichFlawsAreListed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		change   func(*Host)
		opt      Options
		findings []string
		want     string // flaw:verdict, worst first
		skipped  string
		host     casefile.Verdict
		state    casefile.State
	}{
		{"nothing found", nil, Options{}, nil, "side:no-trace door:no-trace", "", casefile.NoTrace, casefile.Exposed},
		{"a stray page used", nil, Options{}, []string{"stray/used front"}, "stray:confirmed side:no-trace door:no-trace", "", casefile.Confirmed, casefile.ToRebuild},
		{"a stray page answered", nil, Options{}, []string{"stray/seen front"}, "stray:suspected side:no-trace door:no-trace", "", casefile.Suspected, casefile.Exposed},
		{"one stray hint is no news", nil, Options{}, []string{"stray/trace front"}, "side:no-trace door:no-trace", "", casefile.NoTrace, casefile.Exposed},
		{"one stray hint twice neither", nil, Options{}, []string{"stray/trace front", "stray/trace@2021-03-01 front"}, "side:no-trace door:no-trace", "", casefile.NoTrace, casefile.Exposed},
		{"two stray hints are", nil, Options{}, []string{"stray/trace front", "stray/dirt front"}, "stray:suspected side:no-trace door:no-trace", "", casefile.Suspected, casefile.Exposed},
		{"people look for stray pages everywhere", nil, Options{}, []string{"stray/sought front"}, "side:no-trace door:no-trace", "", casefile.NoTrace, casefile.Exposed},
		{"a stray page that a flaw explains is told there", nil, Options{}, []string{"door/enter front", "stray/used@2021-02-16 front"}, "door:confirmed side:no-trace", "", casefile.Confirmed, casefile.ToRebuild},
		{"the page stood there before the flaw", nil, Options{}, []string{"door/enter front", "stray/used@2021-01-02 front"}, "door:confirmed stray:confirmed side:no-trace", "", casefile.Confirmed, casefile.ToRebuild},
		{"hints after the fix explain no stray hints", func(h *Host) {
			h.Timeline.Seen = []identify.Build{seen(open, "2021-01-01", "2021-02-11"), seen(shut, "2021-02-12", "2021-04-01")}
		}, Options{}, []string{"door/mark@2021-03-02 front", "stray/trace@2021-03-01 front", "stray/dirt@2021-03-01 front"}, "stray:suspected side:no-trace door:no-trace", "", casefile.Suspected, casefile.Fixed},
		{"asked for by id, nothing found", nil, Options{For: []string{"stray"}}, nil, "stray:undetermined", "", casefile.Undetermined, casefile.StateUnknown},
		{"asked for by CVE", nil, Options{For: []string{"cve-2021-0002"}}, nil, "side:no-trace", "", casefile.NoTrace, casefile.Exposed},
		{"evidence of January only", func(h *Host) { h.End = day("2021-02-01") }, Options{}, nil, "door:no-trace", "side", casefile.NoTrace, casefile.Exposed},
		{"evidence of 2020", func(h *Host) { h.End = day("2020-12-31") }, Options{}, nil, "", "door side", casefile.Undetermined, casefile.StateUnknown},
		{"evidence of January, and a try all the same", func(h *Host) { h.End = day("2021-02-01") }, Options{}, []string{"side/try@2021-01-20 front"}, "side:undetermined door:no-trace", "", casefile.Undetermined, casefile.Exposed},
		{"nothing shows the product", func(h *Host) { h.Product, h.Timeline = false, identify.Timeline{} }, Options{}, nil, "", "door side", casefile.Undetermined, casefile.StateUnknown},
		{"nothing shows the product, but it was asked for", func(h *Host) { h.Product, h.Timeline = false, identify.Timeline{} }, Options{For: []string{"door"}}, nil, "door:no-trace", "", casefile.NoTrace, casefile.StateUnknown},
		{"nothing shows the product, but it was tried", func(h *Host) { h.Product, h.Timeline = false, identify.Timeline{} }, Options{}, []string{"door/knock front"}, "door:targeted", "side", casefile.Targeted, casefile.StateUnknown},
		{"the worst state of all flaws", func(h *Host) {
			h.Timeline.Seen = []identify.Build{seen(open, "2021-01-01", "2021-02-01"), seen(shut, "2021-02-02", "2021-04-01")}
		}, Options{}, nil, "door:no-trace side:not-affected", "", casefile.NoTrace, casefile.Fixed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := mailer()
			h := Judge(server(c.change), numbered(parse(k, c.findings)...), k, sentences(), c.opt)
			var got, skipped []string
			for _, f := range h.Flaws {
				got = append(got, f.ID+":"+string(f.Verdict))
			}
			for _, n := range h.NotExamined {
				skipped = append(skipped, n.ID)
			}
			if strings.Join(got, " ") != c.want || strings.Join(skipped, " ") != c.skipped {
				t.Errorf("%v, without %v; want %s, without %s", got, skipped, c.want, c.skipped)
			}
			if h.Verdict != c.host || h.StateNow != c.state {
				t.Errorf("host %s, %s; want %s, %s", h.Verdict, h.StateNow, c.host, c.state)
			}
			whole(t, h)
		})
	}
}

func TestStateNow(t *testing.T) {
	t.Parallel()
	k := mailer()
	lagging := seen(open, "2021-01-01", "2021-04-01")
	lagging.AtLeast = true
	for _, c := range []struct {
		name  string
		seen  []identify.Build
		want  casefile.State
		at    string
		words string
	}{
		{"no build", nil, casefile.StateUnknown, "", "No log tells"},
		{"vulnerable", []identify.Build{seen(open, "2021-01-01", "2021-03-30")}, casefile.Exposed, "2021-03-30", "Build 2.1.10.0, measured on"},
		{"vulnerable or later", []identify.Build{lagging}, casefile.Exposed, "2021-04-01", "Build 2.1.10.0 or later"},
		{"fixed at the end", []identify.Build{seen(open, "2021-01-01", "2021-02-01"), seen(shut, "2021-03-10", "2021-03-20")}, casefile.Fixed, "2021-03-20", "Build 2.1.10.5, measured on"},
		{"open again at the end", []identify.Build{seen(shut, "2021-01-01", "2021-02-01"), seen(again, "2021-03-10", "2021-03-20")}, casefile.Exposed, "2021-03-20", "Build 2.1.20.0"},
		{"another line", []identify.Build{seen(other, "2021-01-01", "2021-02-01")}, casefile.Fixed, "2021-02-01", "3.0.1.0"},
		{"of no known line", []identify.Build{seen(odd, "2021-01-01", "2021-02-01")}, casefile.StateUnknown, "2021-02-01", "of no known product line"},
	} {
		h := Judge(server(func(h *Host) { h.Timeline.Seen = c.seen }), nil, k, sentences(), Options{})
		f := flawOf(h, "door")
		if f.StateNow != c.want || (f.StateAt == nil) != (c.at == "") || f.StateAt != nil && !f.StateAt.Equal(day(c.at)) || !strings.Contains(plain(f.StateWhy.EN), c.words) {
			t.Errorf("%s: %s at %v: %s", c.name, f.StateNow, f.StateAt, f.StateWhy.EN)
		}
		if h.StateNow != c.want {
			t.Errorf("%s: host %s", c.name, h.StateNow)
		}
		if n := len(c.seen); n > 0 && (h.Build != c.seen[n-1].Build || len(h.Builds) != n) {
			t.Errorf("%s: build %s of %v", c.name, h.Build, h.Builds)
		}
	}
}

func TestWhatWouldChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		change   func(*Host)
		yes, not []string
	}{
		{"all is there", nil, []string{"Bring the disk."}, []string{"Copy", "ExchangeSetupLogs", "new copy"}},
		{"a hole", blind("proxy"), []string{"log proxy, from 1 February 2021 to 20 February 2021: Copy proxy."}, []string{"Copy front"}},
		{"no proxy", func(h *Host) { delete(h.Covers, "proxy") }, []string{"log proxy, from 3 January 2021 to 1 April 2021"}, nil},
		{"something was lost", lose("front"), []string{"new copy"}, nil},
		{"no build", noBuild, []string{"ExchangeSetupLogs"}, nil},
		{"never vulnerable", all(fixedFrom("2021-01-01"), blind("proxy")), nil, []string{"Copy", "Bring the disk."}},
	} {
		k := mailer()
		f := flawOf(Judge(server(c.change), nil, k, sentences(), Options{}), "door")
		var all []string
		for _, w := range f.WouldChange {
			all = append(all, w.EN)
		}
		got := plain(strings.Join(all, "\n"))
		for _, y := range c.yes {
			if !strings.Contains(got, y) {
				t.Errorf("%s: %q is missing in\n%s", c.name, y, got)
			}
		}
		for _, n := range c.not {
			if strings.Contains(got, n) {
				t.Errorf("%s: %q is in\n%s", c.name, n, got)
			}
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	k := mailer()
	for word, want := range map[string]bool{"door": true, "DOOR": true, "opendoor": true, "cve-2021-0001": true, "doo": false, "": false} {
		if Known(k, word) != want {
			t.Errorf("Known(%q) = %v", word, !want)
		}
	}
}

// A list that is null in JSON breaks its readers.
func TestNoNull(t *testing.T) {
	t.Parallel()
	k := mailer()
	for _, h := range []*Host{server(nil), server(func(h *Host) { *h = Host{Name: "MAIL"} })} {
		got, err := json.Marshal(Judge(h, nil, k, sentences(), Options{For: []string{"door", "stray"}}))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"flaws", "cves", "why", "reasons", "would_change", "holes", "sources"} {
			if strings.Contains(string(got), `"`+key+`":null`) {
				t.Errorf("%s is null", key)
			}
		}
	}
}

// ProxyLogon with the knowledge that ships, at the dates people know.
func TestJudgeShipped(t *testing.T) {
	t.Parallel()
	k := shipped()
	cu19 := func(first, last, build string) identify.Build { return seen(build, first, last) }
	flaw, _ := k.Flaw("proxylogon")
	proxy := func(from string) func(*Host) { // all protocols alike
		return func(h *Host) {
			for _, p := range flaw.Protocols {
				h.Covers["httpproxy/"+p] = filled(from, "2021-04-01")
			}
			h.Covers["httpproxy"] = filled(from, "2021-04-01")
		}
	}
	host := func(change func(*Host)) *Host {
		h := &Host{Name: "MAIL", Product: true, Begin: day("2020-12-01"), End: day("2021-04-01"), Covers: map[string]*Cover{"iis-frontend": filled("2020-12-01", "2021-04-01")}}
		proxy("2020-12-01")(h)
		h.Timeline.Seen = []identify.Build{cu19("2020-12-01", "2021-03-04", "15.1.2176.2"), cu19("2021-03-05", "2021-04-01", "15.1.2176.9")}
		if change != nil {
			change(h)
		}
		return h
	}
	proof, page, knock := found(k, "proxylogon/ssrf-mail", "2021-03-01", "httpproxy"), found(k, "webshell/used", "2021-03-03", "iis-frontend"), found(k, "proxylogon/probe", "2021-03-12", "iis-frontend")
	for _, c := range []struct {
		name   string
		change func(*Host)
		fs     []casefile.Finding
		want   casefile.Verdict
		window string
	}{
		{"patched on 5 March, nothing seen", nil, nil, casefile.NoTrace, "2021-01-03 2021-03-05"},
		{"patched on 5 March, scanned after", nil, []casefile.Finding{knock}, casefile.Targeted, "2021-01-03 2021-03-05"},
		{"HttpProxy logs of thirty days only", proxy("2021-03-02"), nil, casefile.Undetermined, "2021-01-03 2021-03-05"},
		{"HttpProxy logs of thirty days, scanned", proxy("2021-03-02"), []casefile.Finding{knock}, casefile.Undetermined, "2021-01-03 2021-03-05"},
		{"HttpProxy logs of one protocol only", func(h *Host) { delete(h.Covers, "httpproxy/"+flaw.Protocols[0]) }, nil, casefile.Undetermined, "2021-01-03 2021-03-05"},
		{"mail read by SSRF", nil, []casefile.Finding{proof}, casefile.Confirmed, "2021-01-03 2021-03-05"},
		{"a page, nothing else, HttpProxy of thirty days", proxy("2021-03-02"), []casefile.Finding{page}, casefile.Suspected, "2021-01-03 2021-03-05"},
		{"installed as CU20 in April", func(h *Host) {
			h.Timeline = identify.Timeline{Install: installed("15.1.2242.4", "2021-03-20"), Seen: []identify.Build{cu19("2021-03-20", "2021-04-01", "15.1.2242.4")}}
		}, nil, casefile.NotAffected, "2021-03-20 2021-03-20"},
	} {
		f := flawOf(Judge(host(c.change), numbered(c.fs...), k, sentences(), Options{}), "proxylogon")
		if got := f.Window.From.Format("2006-01-02 ") + f.Window.To.Format("2006-01-02"); f.Verdict != c.want || got != c.window {
			t.Errorf("%s: %s, window %s; want %s, %s\n%s", c.name, f.Verdict, got, c.want, c.window, says(f))
		}
	}
}
