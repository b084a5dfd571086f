package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

func spans(ss []casefile.Span) string {
	var out []string
	for _, s := range ss {
		out = append(out, s.From.Format("02T15:04:05")+"/"+s.To.Format("02T15:04:05"))
	}
	return strings.Join(out, " ")
}

// both puts the ticks of several covers together.
func both(cs ...*Cover) *Cover {
	out := &Cover{}
	for _, c := range cs {
		out.Ticks = append(out.Ticks, c.Ticks...)
	}
	slices.Sort(out.Ticks)
	out.Ticks = slices.Compact(out.Ticks)
	return bounded(out)
}

func TestCoverWindow(t *testing.T) {
	t.Parallel()
	const from, to = "2021-02-01 00:00", "2021-02-03 00:00" // 48 hours
	for _, c := range []struct {
		name         string
		gap          time.Duration
		cover        *Cover
		holes, spans string
		covered      float64
	}{
		{"all of it", 2 * time.Hour, filled("2021-01-01", "2021-03-01"), "", "01T00:00:00/03T00:00:00", 1},
		{"no record of the kind", 2 * time.Hour, nil, "01T00:00:00/03T00:00:00", "", 0},
		{"bytes lost and no record", 2 * time.Hour, &Cover{Lost: 10}, "01T00:00:00/03T00:00:00", "", 0},
		{"from the first second to the last", 2 * time.Hour, filled(from, to), "", "01T00:00:00/03T00:00:00", 1},
		{"starts MaxGap late, ends MaxGap early", 2 * time.Hour, filled("2021-02-01 02:00", "2021-02-02 22:10"), "", "01T00:00:00/03T00:00:00", 1},
		{"starts ten minutes later still", 2 * time.Hour, filled("2021-02-01 02:10", to), "01T00:00:00/01T02:10:00", "01T02:10:00/03T00:00:00", 0.9548},
		{"ends ten minutes sooner still", 2 * time.Hour, filled(from, "2021-02-02 22:00"), "02T21:59:59/03T00:00:00", "01T00:00:00/02T21:59:59", 0.9583},
		{"a silence of MaxGap", 2 * time.Hour, filled(from, to).hole("2021-02-01 10:00", "2021-02-01 12:00"), "", "01T00:00:00/03T00:00:00", 1},
		{"a silence ten minutes longer", 2 * time.Hour, filled(from, to).hole("2021-02-01 10:00", "2021-02-01 12:10"), "01T10:00:00/01T12:10:00", "01T00:00:00/01T10:00:00 01T12:10:00/03T00:00:00", 0.9548},
		{"two holes", 2 * time.Hour, filled(from, to).hole("2021-02-01 06:00", "2021-02-01 18:00").hole("2021-02-02 06:00", "2021-02-02 18:00"),
			"01T06:00:00/01T18:00:00 02T06:00:00/02T18:00:00", "01T00:00:00/01T06:00:00 01T18:00:00/02T06:00:00 02T18:00:00/03T00:00:00", 0.5},
		{"one tick in the middle", 2 * time.Hour, filled("2021-02-02 00:00", "2021-02-02 00:10"), "01T00:00:00/02T00:00:00 02T00:09:59/03T00:00:00", "02T00:00:00/02T00:09:59", 0.0034},
		{"all before, far", 2 * time.Hour, filled("2021-01-01", "2021-01-31 20:00"), "01T00:00:00/03T00:00:00", "", 0},
		{"all before, up to an hour", 2 * time.Hour, filled("2021-01-01", "2021-01-31 23:00"), "01T00:00:00/03T00:00:00", "", 0},
		{"all after, far", 2 * time.Hour, filled("2021-02-03 04:00", "2021-03-01"), "01T00:00:00/03T00:00:00", "", 0},
		{"all after, from an hour on", 2 * time.Hour, filled("2021-02-03 01:00", "2021-03-01"), "01T00:00:00/03T00:00:00", "", 0},
		{"before and after, nothing inside", 2 * time.Hour, both(filled("2021-01-30", "2021-01-31"), filled("2021-02-04", "2021-02-05")), "01T00:00:00/03T00:00:00", "", 0},
		{"a record near the end, then a silence past it", 2 * time.Hour, both(filled(from, "2021-02-02 23:00"), filled("2021-02-03 02:00", "2021-02-04")), "", "01T00:00:00/03T00:00:00", 1},
		{"a record near the start, after a silence before it", 2 * time.Hour, both(filled("2021-01-30", "2021-01-31 22:00"), filled("2021-02-01 01:00", to)), "", "01T00:00:00/03T00:00:00", 1},
		{"no gap: present is all", 0, filled("2021-02-02 00:00", "2021-02-02 00:10"), "", "01T00:00:00/03T00:00:00", 1},
		{"no gap, absent", 0, nil, "01T00:00:00/03T00:00:00", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := &kb.Source{ID: "front", Name: text2("front"), MaxGap: kb.Duration(c.gap)}
			got := coverWindow(src, c.cover, day(from), day(to), true)
			if spans(got.Holes) != c.holes || spans(got.Spans) != c.spans || got.Covered != c.covered {
				t.Errorf("covered %v, holes %s, spans %s\nwant %v, %s, %s", got.Covered, spans(got.Holes), spans(got.Spans), c.covered, c.holes, c.spans)
			}
			if got.Holes == nil {
				t.Error("holes are null in JSON")
			}
			if (got.First == nil) != (c.cover == nil || len(c.cover.Ticks) == 0) || got.Kind != "front" || !got.Required {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestCoverWindowOfNoLength(t *testing.T) {
	t.Parallel()
	src := &kb.Source{ID: "front", MaxGap: kb.Duration(time.Hour)}
	for _, to := range []string{"2021-02-01", "2021-01-31"} {
		got := coverWindow(src, filled("2021-01-01", "2021-03-01"), day("2021-02-01"), day(to), true)
		if got.Covered != 0 || len(got.Holes) != 0 || got.Records == 0 || got.Days != 59 {
			t.Errorf("to %s: %+v", to, got)
		}
	}
}

// A record counts to the second at both ends of what was read, not to its tick.
func TestCoverFirstAndLast(t *testing.T) {
	t.Parallel()
	c := filled("2021-02-01 10:00", "2021-02-01 20:00")
	c.First, c.Last = day("2021-02-01 10:07:03"), day("2021-02-01 19:51:01")
	got := coverWindow(&kb.Source{MaxGap: kb.Duration(time.Minute)}, c, day("2021-02-01 10:00"), day("2021-02-01 20:00"), true)
	if spans(got.Holes) != "01T10:00:00/01T10:07:03 01T19:51:01/01T20:00:00" {
		t.Errorf("holes %s", spans(got.Holes))
	}
}

func TestShareIsNeverRoundedUp(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]float64{0.99996: 0.9999, 0.9999: 0.9999, 0.95: 0.95, 0.94999: 0.9499, 1: 1, 0: 0, -0.1: 0} {
		if got := floor4(share); got != want {
			t.Errorf("floor4(%v) = %v, want %v", share, got, want)
		}
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	k := mailer()
	w := casefile.Window{From: day("2021-02-01"), To: day("2021-02-11")}
	half := func(h *Host) { h.Covers["proxy"] = filled("2021-02-01", "2021-02-06 00:10") }
	for _, c := range []struct {
		name, flaw string
		change     func(*Host)
		empty      bool
		overall    float64
		kinds      string
	}{
		{"the least covered required source tells", "door", half, false, 0.5006, "front proxy back"},
		{"a useful source does not", "door", func(h *Host) { delete(h.Covers, "back") }, false, 1, "front proxy back"},
		{"a required source that is missing", "door", func(h *Host) { delete(h.Covers, "front") }, false, 0, "front proxy back"},
		{"an empty window is not seen", "door", nil, true, 0, "front proxy back"},
		{"nothing required: the best source tells", "stray", func(h *Host) { h.Covers["front"] = filled("2021-02-01", "2021-02-06 00:10") }, false, 0.5006, "front rare"},
		{"nothing required and nothing there", "stray", func(h *Host) { clear(h.Covers) }, false, 0, "front rare"},
	} {
		f, _ := k.Flaw(c.flaw)
		w := w
		w.Empty = c.empty
		got := coverage(server(c.change), f, k, w)
		var kinds []string
		for _, s := range got.Sources {
			kinds = append(kinds, s.Kind)
		}
		if got.Overall != c.overall || strings.Join(kinds, " ") != c.kinds || got.Threshold != f.Threshold {
			t.Errorf("%s: %v of %v, threshold %v; want %v of %s", c.name, got.Overall, kinds, got.Threshold, c.overall, c.kinds)
		}
	}
}

// Exchange keeps an HttpProxy log for each protocol: the least covered one that
// the flaw goes through tells how far is seen.
func TestCoverageByProtocol(t *testing.T) {
	t.Parallel()
	k := mailer()
	k.Sources = append(k.Sources, kb.Source{ID: "httpproxy", Name: text2("HttpProxy"), MaxGap: kb.Duration(2 * time.Hour)})
	f := &kb.Flaw{ID: "x", Required: []string{"httpproxy"}, Threshold: 0.9, Protocols: []string{"ecp", "ews"}}
	w := casefile.Window{From: day("2021-02-01"), To: day("2021-02-11")}
	long, short := filled("2021-02-01", "2021-02-11"), filled("2021-02-01", "2021-02-06 00:10")
	for _, c := range []struct {
		name   string
		covers map[string]*Cover
		want   float64
		source string
	}{
		{"both throughout", map[string]*Cover{"httpproxy": long, "httpproxy/ecp": long, "httpproxy/ews": long}, 1, "HttpProxy"},
		{"one ends sooner", map[string]*Cover{"httpproxy": long, "httpproxy/ecp": long, "httpproxy/ews": short}, 0.5006, "HttpProxy, ews"},
		{"one is missing", map[string]*Cover{"httpproxy": long, "httpproxy/ecp": long}, 0, "HttpProxy, ews"},
		{"one that the flaw does not use", map[string]*Cover{"httpproxy": long, "httpproxy/ecp": long, "httpproxy/ews": long, "httpproxy/owa": short}, 1, "HttpProxy"},
		{"no log at all", nil, 0, "HttpProxy"},
	} {
		got := coverage(&Host{Covers: c.covers}, f, k, w)
		if got.Overall != c.want || len(got.Sources) != 1 || got.Sources[0].Name.EN != c.source || got.Sources[0].Kind != "httpproxy" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
