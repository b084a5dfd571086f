package incident

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/kb"
)

// TestMain makes the property tests draw the same worlds in every run. To draw
// others: go test -rapid.seed N -rapid.checks 10000.
func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.seed": "20210302", "rapid.nofailfile": "true"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// scene is what worlds are drawn from: a knowledge folder and its words.
type scene struct {
	k      *kb.KB
	begins []string // days on which the evidence may begin
	kinds  []string // sources, with HttpProxy's protocols
	builds []string // ascending
	acts   []string // "flaw/act"
	knocks []string // those that are attempts
}

func sceneOf(k *kb.KB, builds, begins []string) scene {
	s := scene{k: k, builds: builds, begins: begins}
	add := func(l *[]string, v string) {
		if !slices.Contains(*l, v) {
			*l = append(*l, v)
		}
	}
	for _, f := range k.Flaws {
		for _, id := range slices.Concat(f.Required, f.Useful[:min(1, len(f.Useful))]) {
			add(&s.kinds, id)
			if id == "httpproxy" {
				for _, p := range f.Protocols {
					add(&s.kinds, id+"/"+p)
				}
			}
		}
		for _, a := range f.Acts {
			s.acts = append(s.acts, f.ID+"/"+a.ID)
			if a.Stage == casefile.Attempt {
				s.knocks = append(s.knocks, f.ID+"/"+a.ID)
			}
		}
	}
	return s
}

var scenes = sync.OnceValue(func() map[string]scene {
	return map[string]scene{
		"mailer":  sceneOf(mailer(), []string{open, lag, shut, again, shut2, other, odd}, []string{"2021-01-01", "2020-12-20", "2021-02-01"}),
		"shipped": sceneOf(shipped(), []string{"15.1.2176.2", "15.1.2176.9", "15.1.2242.4", "15.1.2308.8", "15.1.2507.6", "15.1.2507.61"}, []string{"2021-01-01", "2021-08-01", "2022-10-20"}),
	}
})

// world is a host with its findings, as drawn.
type world struct {
	scene
	host     *Host
	findings []casefile.Finding
	opt      Options
}

func (w *world) judge() casefile.Host {
	return Judge(w.host, numbered(slices.Clone(w.findings)...), w.k, sentences(), w.opt)
}

// chance is true once in n draws.
func chance(t *rapid.T, n int, label string) bool { return rapid.IntRange(1, n).Draw(t, label) == n }

// draw makes a world whose coverage is whole or spoilt, near the threshold often.
func draw(t *rapid.T, s scene) *world {
	begin := day(rapid.SampledFrom(s.begins).Draw(t, "begin"))
	days := rapid.IntRange(3, 60).Draw(t, "days")
	at := func(label string) time.Time {
		return begin.Add(time.Duration(rapid.IntRange(-144, days*144).Draw(t, label)) * Tick)
	}
	w := &world{scene: s, host: &Host{Name: "MAIL", Product: !chance(t, 8, "no product"), Begin: begin, End: begin.Add(time.Duration(days) * 24 * time.Hour), Covers: map[string]*Cover{}}}
	for _, kind := range s.kinds {
		if chance(t, 12, "without "+kind) {
			continue
		}
		c := ticks(begin, w.host.End)
		for range rapid.IntRange(0, 3).Draw(t, "holes of "+kind) {
			spoil(t, c, kind)
		}
		if !strings.Contains(kind, "/") && chance(t, 15, "loss in "+kind) { // bytes are lost of a log, whatever its protocol
			c.Lost = 1
		}
		w.host.Covers[kind] = c
	}
	var list []string
	for _, b := range s.builds {
		if chance(t, 5, "build "+b) {
			list = append(list, b)
		}
	}
	var times []time.Time
	for range list {
		times = append(times, at("measured"))
	}
	slices.SortFunc(times, time.Time.Compare)
	for i, b := range list {
		last := w.host.End
		if i+1 < len(times) {
			last = times[i+1]
		}
		w.host.Timeline.Seen = append(w.host.Timeline.Seen, identify.Build{Number: buildno.MustParse(b),
			BuildSeen: casefile.BuildSeen{Build: b, First: times[i], Last: last, Source: "proxy", AtLeast: chance(t, 2, "at least")}})
	}
	if len(list) > 0 && chance(t, 6, "install") {
		first := w.host.Timeline.Seen[0]
		w.host.Timeline.Install = &identify.Install{At: first.First, Build: first.Number}
	}
	for range rapid.IntRange(0, 4).Draw(t, "findings") {
		w.findings = append(w.findings, drawFinding(t, w))
	}
	if chance(t, 15, "lost item") {
		w.host.LostItems = 1
	}
	w.opt.Partial = chance(t, 15, "partial")
	if chance(t, 10, "since") {
		w.opt.Since = at("since")
	}
	if chance(t, 10, "until") {
		w.opt.Until = at("until")
	}
	return w
}

func drawFinding(t *rapid.T, w *world) casefile.Finding {
	when := w.host.Begin.Add(time.Duration(rapid.IntRange(0, int(w.host.End.Sub(w.host.Begin)/Tick)).Draw(t, "time")) * Tick)
	kinds := rapid.SliceOfNDistinct(rapid.SampledFrom(w.kinds), 1, 2, rapid.ID).Draw(t, "seen by")
	acts := w.acts
	if chance(t, 2, "attempt") {
		acts = w.knocks
	}
	return found(w.k, rapid.SampledFrom(acts).Draw(t, "act"), when.Format(time.DateTime), kinds...)
}

// spoil takes a run of ticks out, or nothing when there is none.
func spoil(t *rapid.T, c *Cover, label string) {
	n := len(c.Ticks)
	if n == 0 {
		return
	}
	from := rapid.IntRange(0, n-1).Draw(t, "from "+label)
	length := rapid.IntRange(1, max(1, n/8)).Draw(t, "ticks "+label)
	lost := c.Lost
	c.Ticks = slices.Delete(slices.Clone(c.Ticks), from, min(n, from+length))
	*c = *bounded(c)
	c.Lost = lost
}

func (w *world) clone() *world {
	o := *w
	h := *w.host
	h.Covers = map[string]*Cover{}
	for k, c := range w.host.Covers {
		d := *c
		h.Covers[k] = &d
	}
	o.host = &h
	o.findings = slices.Clone(w.findings)
	return &o
}

func clears(v casefile.Verdict) bool {
	return v == casefile.NoTrace || v == casefile.Targeted || v == casefile.NotAffected
}

func eachScene(t *testing.T, check func(*rapid.T, scene)) {
	t.Helper()
	for name, s := range scenes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { check(rt, s) })
		})
	}
}

// The contract: "no trace" below the threshold is impossible, and so is
// "targeted"; "not affected" needs a proof.
func TestNeverClearedUnseen(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *rapid.T, s scene) {
		w := draw(t, s)
		out := w.judge()
		for _, r := range out.Flaws {
			f, _ := w.k.Flaw(r.ID)
			switch r.Verdict {
			case casefile.NoTrace, casefile.Targeted:
				for _, id := range f.Required {
					ids := []string{id}
					if id == "httpproxy" {
						for _, p := range f.Protocols {
							ids = append(ids, id+"/"+p)
						}
					}
					for _, x := range ids {
						src, _ := w.k.Source(id)
						c := w.host.Covers[x]
						if share := seenShare(src, c, r.Window); share < f.Threshold-0.005 {
							t.Fatalf("%s is %s with %s seen for %v of the window, threshold %v", r.ID, r.Verdict, x, share, f.Threshold)
						}
						if c.Lost > 0 {
							t.Fatalf("%s is %s though bytes of %s were lost", r.ID, r.Verdict, x)
						}
					}
				}
				if len(f.Required) == 0 || r.Window.Empty || w.host.LostItems > 0 || w.opt.Partial {
					t.Fatalf("%s is %s: %+v, lost items %d, partial %v", r.ID, r.Verdict, r.Window, w.host.LostItems, w.opt.Partial)
				}
			case casefile.NotAffected:
				for _, b := range w.host.Timeline.Seen {
					if s, _ := w.k.Vulnerable(f, b.Number); s == kb.Vulnerable && !b.Last.Before(r.Window.From) && b.First.Before(w.host.End) && !b.Last.Equal(b.First) && b.Last.After(r.Window.From) {
						t.Fatalf("%s is not affected, but build %s was there from %v to %v, window from %v", r.ID, b.Build, b.First, b.Last, r.Window.From)
					}
				}
				if w.opt.Partial || !r.Window.Empty {
					t.Fatalf("%s is not affected: %+v, partial %v", r.ID, r.Window, w.opt.Partial)
				}
			}
			if r.Verdict != casefile.Confirmed && slices.ContainsFunc(w.findings, func(x casefile.Finding) bool { return x.Flaw == r.ID && x.Weight == casefile.Proof }) {
				t.Fatalf("%s is %s in spite of a proof", r.ID, r.Verdict)
			}
		}
		for _, r := range out.Flaws {
			if r.Verdict.Rank() < out.Verdict.Rank() {
				t.Fatalf("host is %s, %s is %s", out.Verdict, r.ID, r.Verdict)
			}
		}
	})
}

// seenShare measures coverage the slow way: a tick of the window is seen when
// no silence around it is longer than the source's MaxGap.
func seenShare(src *kb.Source, c *Cover, w casefile.Window) float64 {
	if c == nil || len(c.Ticks) == 0 {
		return 0
	}
	gap := time.Duration(src.MaxGap)
	if gap == 0 {
		return 1
	}
	step := w.To.Sub(w.From)/5000 + time.Second
	var n, covered int
	i := 0
	for at := w.From; at.Before(w.To); at = at.Add(step) {
		n++
		tick := at.Unix() / 600
		for i < len(c.Ticks) && c.Ticks[i] < tick {
			i++
		}
		// The nearest ticks at or after, and before; the window's edges stand for records.
		before, after := w.From, w.To
		if i > 0 {
			if t := time.Unix((c.Ticks[i-1]+1)*600, 0); t.After(before) {
				before = t
			}
		}
		if i < len(c.Ticks) {
			if c.Ticks[i] == tick {
				covered++
				continue
			}
			if t := time.Unix(c.Ticks[i]*600, 0); t.Before(after) {
				after = t
			}
		}
		if after.Sub(before) <= gap {
			covered++
		}
	}
	return float64(covered) / float64(n)
}

// Less evidence never clears: with ticks taken out, bytes or items lost or the
// reading interrupted, a verdict stays or becomes undetermined (or suspected,
// for a page whose way in is then not known).
func TestLessEvidenceNeverClears(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *rapid.T, s scene) {
		w := draw(t, s)
		before := w.judge()
		less := w.clone()
		for range rapid.IntRange(1, 3).Draw(t, "damages") {
			kind := rapid.SampledFrom(w.kinds).Draw(t, "damaged")
			c := less.host.Covers[kind]
			switch how := rapid.SampledFrom([]string{"hole", "cut before", "cut after", "every other tick", "gone", "lost", "item", "partial"}).Draw(t, "how"); {
			case how == "item":
				less.host.LostItems++
			case how == "partial":
				less.opt.Partial = true
			case how == "gone":
				delete(less.host.Covers, kind)
			case c == nil || len(c.Ticks) == 0:
			case how == "hole":
				spoil(t, c, kind)
			case how == "lost" && !strings.Contains(kind, "/"):
				c.Lost++
			default:
				lost, n := c.Lost, len(c.Ticks)
				cut := rapid.IntRange(0, n-1).Draw(t, "cut")
				switch how {
				case "cut before":
					c.Ticks = c.Ticks[cut:]
				case "cut after":
					c.Ticks = c.Ticks[:cut]
				case "every other tick":
					var half []int64
					for i, x := range c.Ticks {
						if i%2 == 0 {
							half = append(half, x)
						}
					}
					c.Ticks = half
				}
				*c = *bounded(c)
				c.Lost = lost
			}
		}
		after := less.judge()
		for _, a := range after.Flaws {
			b := flawOf(before, a.ID)
			if b == nil {
				t.Fatalf("%s is judged on less evidence only", a.ID)
			}
			if clears(a.Verdict) && a.Verdict != b.Verdict {
				t.Fatalf("%s: %s became %s", a.ID, b.Verdict, a.Verdict)
			}
			if a.Verdict.Rank() > b.Verdict.Rank() {
				t.Fatalf("%s: %s became %s, which is better", a.ID, b.Verdict, a.Verdict)
			}
			for i := range a.Coverage.Sources {
				if x, y := a.Coverage.Sources[i], b.Coverage.Sources[i]; x.Covered > y.Covered {
					t.Fatalf("%s: %s covered for %v, with more evidence for %v", a.ID, x.Kind, x.Covered, y.Covered)
				}
			}
		}
		if clears(after.Verdict) && !clears(before.Verdict) {
			t.Fatalf("host: %s became %s", before.Verdict, after.Verdict)
		}
	})
}

// A further finding never makes a verdict better. Of one flaw it may take what
// another flaw then explains; the host's verdict never gains.
func TestMoreFindingsNeverImprove(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *rapid.T, s scene) {
		w := draw(t, s)
		before := w.judge()
		more := w.clone()
		extra := drawFinding(t, w)
		more.findings = slices.Insert(more.findings, rapid.IntRange(0, len(w.findings)).Draw(t, "place"), extra)
		after := more.judge()
		if len(before.Flaws) > 0 && after.Verdict.Rank() > before.Verdict.Rank() {
			t.Fatalf("host: %s became %s with %s/%s", before.Verdict, after.Verdict, extra.Flaw, extra.Act)
		}
		if b, a := flawOf(before, extra.Flaw), flawOf(after, extra.Flaw); b != nil && (a == nil && !clears(b.Verdict) || a != nil && a.Verdict.Rank() > b.Verdict.Rank()) {
			t.Fatalf("%s: %s became %+v with %s", extra.Flaw, b.Verdict, a, extra.Act)
		}
	})
}

func TestJudgeIsDeterministic(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *rapid.T, s scene) {
		w := draw(t, s)
		var want string
		for i := range 3 {
			b, err := json.Marshal(w.clone().judge())
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && string(b) != want {
				t.Fatalf("differs:\n%s\n%s", b, want)
			}
			want = string(b)
		}
	})
}

// Holes and covered stretches tile the window, and the share is theirs.
func TestHolesAndSpansTile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := day("2021-02-01")
		minute := func(lo, hi int, label string) time.Time {
			return base.Add(time.Duration(rapid.IntRange(lo, hi).Draw(t, label)) * time.Minute)
		}
		from := minute(0, 3000, "from")
		to := from.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "length")) * time.Minute)
		gap := time.Duration(rapid.IntRange(0, 300).Draw(t, "gap")) * time.Minute
		c := &Cover{}
		for range rapid.IntRange(0, 6).Draw(t, "runs") {
			start := minute(-600, 6600, "run").Unix() / 600
			for i := range rapid.IntRange(1, 60).Draw(t, "ticks") {
				c.Ticks = append(c.Ticks, start+int64(i))
			}
		}
		slices.Sort(c.Ticks)
		c.Ticks = slices.Compact(c.Ticks)
		bounded(c)
		if len(c.Ticks) > 0 {
			c.First = c.First.Add(time.Duration(rapid.IntRange(0, 599).Draw(t, "first")) * time.Second)
			c.Last = c.Last.Add(-time.Duration(rapid.IntRange(0, 599).Draw(t, "last")) * time.Second)
			if c.Last.Before(c.First) {
				c.Last = c.First
			}
		}
		got := coverWindow(&kb.Source{MaxGap: kb.Duration(gap)}, c, from, to, true)
		all := slices.Concat(got.Holes, got.Spans)
		slices.SortFunc(all, func(a, b casefile.Span) int { return a.From.Compare(b.From) })
		at := from
		for _, s := range all {
			if !s.From.Equal(at) || !s.To.After(s.From) {
				t.Fatalf("%v to %v after %v: holes %v, spans %v", s.From, s.To, at, got.Holes, got.Spans)
			}
			at = s.To
		}
		if !at.Equal(to) {
			t.Fatalf("ends at %v, not %v", at, to)
		}
		var holes time.Duration
		for _, h := range got.Holes {
			holes += h.To.Sub(h.From)
			for _, x := range c.Ticks { // no record of a hole but at its edges
				if a := time.Unix(x*600, 0); !a.Before(h.From) && !a.Add(Tick).After(h.To) && a.Add(Tick).After(c.First) && !a.After(c.Last) && !(a.Before(c.First) || a.Add(Tick).After(c.Last)) {
					t.Fatalf("tick %v in the hole %v", a, h)
				}
			}
		}
		if share := 1 - float64(holes)/float64(to.Sub(from)); got.Covered > share+1e-9 || got.Covered < share-1.01e-4 {
			t.Fatalf("covered %v, holes leave %v", got.Covered, share)
		}
		if len(c.Ticks) > 0 && gap > 0 {
			if share := seenShare(&kb.Source{MaxGap: kb.Duration(gap)}, c, casefile.Window{From: from, To: to}); got.Covered > share+0.0004*float64(len(all)+1) {
				t.Fatalf("covered %v, measured step by step %v", got.Covered, share)
			}
		}
	})
}

// Findings do not depend on the order of detections, and each record counts.
func TestCorrelateIgnoresOrder(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *rapid.T, s scene) {
		acts := rapid.SliceOfNDistinct(rapid.SampledFrom(s.acts), 1, 5, rapid.ID).Draw(t, "acts")
		var dets []casefile.Detection
		var records int64
		for i := range rapid.IntRange(1, 25).Draw(t, "detections") {
			from := day("2021-02-01").Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "second")) * time.Second)
			d := seenBy(rapid.SampledFrom(acts).Draw(t, "act"), rapid.SampledFrom([]string{"front", "proxy", "back"}).Draw(t, "kind"),
				rapid.SampledFrom([]string{"", "::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}).Draw(t, "client"), from.Format(time.DateTime), rule(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "rule")))
			smp := &d.Samples[0]
			smp.Raw, smp.Offset = fmt.Sprintf("record %d", i), int64(i)
			smp.RequestID = rapid.SampledFrom([]string{"", "", "r1", "r2", "r3"}).Draw(t, "request")
			smp.Object = rapid.SampledFrom([]string{"", "/a", "/A", "/b"}).Draw(t, "object")
			smp.Took = time.Duration(rapid.IntRange(0, 60).Draw(t, "took")) * time.Second
			d.Last = d.First.Add(time.Duration(rapid.IntRange(0, 1800).Draw(t, "lasts")) * time.Second)
			d.Count = int64(rapid.IntRange(1, 9).Draw(t, "count"))
			d.Overflow = chance(t, 12, "overflow")
			records += d.Count
			dets = append(dets, d)
		}
		want := Correlate("MAIL", slices.Clone(dets), s.k)
		got := Correlate("MAIL", rapid.Permutation(dets).Draw(t, "shuffled"), s.k)
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Fatalf("order matters:\n%s\n%s", a, b)
		}
		var n int64
		for _, f := range want {
			n += f.Count
			if f.Acts < 1 || f.Acts > f.Count || len(f.Evidence) == 0 || f.TimeEnd.Before(f.Time) || !slices.Contains(s.acts, f.Flaw+"/"+f.Act) {
				t.Fatalf("finding %+v", f)
			}
		}
		if n != records {
			t.Fatalf("%d records of %d", n, records)
		}
	})
}
