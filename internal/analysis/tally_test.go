package analysis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigie/internal/casefile"
	"vigie/internal/detect"
)

func counted(t *tally) (n int64) {
	t.each(func(_ tallyKey, d *casefile.Detection) { n += d.Count })
	return n
}

func TestTally(t *testing.T) {
	t.Parallel()
	ta := newTally(10, 1000)
	for i := range 6 {
		ta.add(hit("r", "MAIL01", proxy, "192.0.2.1", noon.Add(time.Duration(5-i)*time.Minute)))
	}
	ta.add(hit("r", "MAIL01", proxy, "192.0.2.2", noon))
	ta.add(hit("r", "MAIL01", proxy, "192.0.2.1", noon.Add(time.Hour)))
	var got []string
	ta.each(func(k tallyKey, d *casefile.Detection) {
		got = append(got, fmt.Sprintf("%s %d %s–%s %d", d.Client, d.Count, d.First.Format("15:04"), d.Last.Format("15:04"), len(d.Samples)))
		if d.Overflow || d.Flaw != "proxylogon" || d.Act != "probe" || d.RuleVersion != "1" || d.Kind != proxy {
			t.Errorf("%+v", d)
		}
	})
	if want := []string{"192.0.2.1 6 12:00–12:05 6", "192.0.2.2 1 12:00–12:00 1", "192.0.2.1 1 13:00–13:00 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Past the limit hits are summed up by rule and source: all counted, none told apart.
func TestTallyOverflow(t *testing.T) {
	t.Parallel()
	ta := newTally(3, 1000)
	for i := range 100 {
		ta.add(hit([]string{"r1", "r2"}[i%2], "MAIL01", proxy, fmt.Sprintf("192.0.2.%d", i), noon.Add(time.Duration(i)*time.Hour)))
	}
	ta.add(hit("r1", "MAIL01", proxy, "192.0.2.0", noon)) // known before: still told apart
	if counted(ta) != 101 || len(ta.keys) != 5 {
		t.Errorf("%d hits in %d groups", counted(ta), len(ta.keys))
	}
	ta.each(func(k tallyKey, d *casefile.Detection) {
		switch {
		case d.Overflow != (d.Client == ""):
			t.Errorf("overflow %v, client %q", d.Overflow, d.Client)
		case d.Overflow && (k.Client != "" || k.Object != "" || k.Hour != 0 || k.Rule != d.Rule || d.Last.Sub(d.First) < 90*time.Hour):
			t.Errorf("%+v: %+v", k, d)
		case d.Client == "192.0.2.0" && d.Count != 2:
			t.Errorf("%+v", d)
		}
	})
}

// What was summed up in a file stays so in the whole.
func TestOverflowIsKept(t *testing.T) {
	t.Parallel()
	nameless, all := hit("r", "", iis, "", time.Time{}), newTally(10, 1000)
	nameless.Key.Hour = 0
	all.add(nameless)
	of := newTally(0, 1000)
	of.add(hit("r", "", iis, "192.0.2.1", noon))
	of.each(func(k tallyKey, d *casefile.Detection) { all.put(k, *d) })
	all.each(func(_ tallyKey, d *casefile.Detection) {
		if !d.Overflow || d.Count != 2 || !d.First.Equal(noon) {
			t.Errorf("%+v", d)
		}
	})
}

func TestTallyKeepsNoMoreTextThanAllowed(t *testing.T) {
	t.Parallel()
	ta := newTally(100, 10)
	for i := range 5 {
		ta.add(hit("r", "", iis, fmt.Sprint(i), noon)) // three bytes each
	}
	kept, cut := 0, 0
	ta.each(func(_ tallyKey, d *casefile.Detection) {
		s := d.Samples[0]
		kept += len(s.Raw)
		if s.Cut {
			cut++
		}
		if (s.Raw == "") != s.Cut {
			t.Errorf("%+v", s)
		}
	})
	if kept != 9 || cut != 2 {
		t.Errorf("%d bytes kept, %d cut", kept, cut)
	}
}

func TestTallySigns(t *testing.T) {
	t.Parallel()
	ta := newTally(10, 1000)
	ta.add(hit("r", "", iis, "a", noon))
	ta.add(hit("r", "", iis, "a", noon))
	ta.sign("u.log", "abc")
	ta.each(func(_ tallyKey, d *casefile.Detection) {
		for _, s := range d.Samples {
			if s.Path != "u.log" || s.SHA256 != "abc" {
				t.Errorf("%+v", s)
			}
		}
	})
}

// Whatever the hits and limits: none is lost, the same hits give the same
// tally, and folding the tallies of files loses none either.
func TestTallyCountsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var hits []detect.Hit
		for range rapid.IntRange(0, 60).Draw(t, "hits") {
			h := hit(rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "rule"), rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "host"), iis,
				rapid.SampledFrom([]string{"", "c1", "c2", "c3"}).Draw(t, "client"), noon.Add(time.Duration(rapid.IntRange(-300, 300).Draw(t, "minute"))*time.Minute))
			h.Key.Object = rapid.SampledFrom([]string{"", "/a"}).Draw(t, "object")
			h.Sample.Raw = strings.Repeat("x", rapid.IntRange(0, 20).Draw(t, "raw"))
			hits = append(hits, h)
		}
		keys, raw := rapid.IntRange(0, 12).Draw(t, "keys"), rapid.IntRange(0, 200).Draw(t, "bytes")
		run := func() (string, int64) {
			all := newTally(keys, raw)
			for chunk := range slices.Chunk(hits, 7) {
				of := newTally(max(1, keys/2), raw)
				for _, h := range chunk {
					of.add(h)
				}
				of.each(func(k tallyKey, d *casefile.Detection) { all.put(k, *d) })
			}
			var list []any
			text := 0
			all.each(func(k tallyKey, d *casefile.Detection) {
				if k.Host != d.Host || k.Rule != d.Rule || len(d.Samples) > maxSamples || int64(len(d.Samples)) > d.Count || d.Last.Before(d.First) {
					t.Fatalf("%+v: %+v", k, d)
				}
				for _, s := range d.Samples {
					text += len(s.Raw)
				}
				list = append(list, *d)
			})
			if text > raw || len(all.keys) > keys+6 { // one more group for each rule and host
				t.Fatalf("%d bytes of %d, %d groups of %d", text, raw, len(all.keys), keys)
			}
			b, _ := json.Marshal(list)
			return string(b), counted(all)
		}
		a, n := run()
		b, _ := run()
		if n != int64(len(hits)) || a != b {
			t.Fatalf("%d hits of %d, the same twice: %v", n, len(hits), a == b)
		}
	})
}
