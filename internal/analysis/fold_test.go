package analysis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/identify"
	"vigie/internal/intake"
	"vigie/internal/record"
)

var noon = time.Date(2021, 2, 1, 12, 0, 0, 0, time.UTC)

// read is the result of a file with an hour of records. host is what its
// records name, "" for IIS logs that do not.
func read(name, host, kind string, change ...func(*result)) *result {
	c := &record.Cover{First: noon, Last: noon.Add(time.Hour), Records: 6, Ticks: map[int64]struct{}{}}
	for i := range int64(6) {
		c.Ticks[noon.Unix()/600+i] = struct{}{}
	}
	r := &result{&intake.Result{Item: casefile.LedgerItem{Path: name, Kind: kind, SHA256: "sum of " + name, Size: 10, Parsed: 10}, Logical: name, Gaps: intake.GapsOf(name),
		Covers: map[record.CoverKey]*record.Cover{{Host: host, Kind: kind}: c}, Kind: record.Kind(kind)}, newTally(maxKeysFile, maxRawFile), nil}
	r.dets.add(hit("rule", host, kind, "192.0.2.1", noon))
	r.dets.sign(name, r.Item.SHA256)
	for _, f := range change {
		f(r)
	}
	return r
}

func hit(rule, host, kind, client string, at time.Time) detect.Hit {
	return detect.Hit{Key: detect.Key{Rule: rule, Host: host, Kind: kind, Client: client, Hour: at.Unix() / 3600}, Meta: detect.HitMeta{Flaw: "proxylogon", Act: "probe", Version: "1"},
		Sample: casefile.Sample{Time: at, Raw: "raw"}}
}

func sameBytes(sum string) func(*result) { return func(r *result) { r.Item.SHA256 = sum } }

// unreadable makes a file of which nothing but its kind could be told.
func unreadable(bytes int64) func(*result) {
	return func(r *result) { r.Covers, r.Lost, r.dets = nil, bytes, newTally(maxKeysFile, maxRawFile) }
}

// folded gives the hosts of results that arrive in some order.
func folded(t *testing.T, order []int, opt Options, rs ...*result) (*folder, []*host) {
	t.Helper()
	f := newFold()
	for _, i := range order {
		f.begin(i, &begun{dets: rs[i].dets, line: &lineage{}})
		f.done(i, rs[i].Result)
	}
	f.foldAll()
	opt.KB, opt.Sentences = known().KB, known().Sentences
	return f, f.hosts(&opt)
}

// summary says a host in one line: name, files by source, lost bytes, detections.
func summary(h *host) string {
	var kinds []string
	for k, c := range h.Covers {
		s := fmt.Sprintf("%s:%d", k, c.Files)
		if c.Lost > 0 {
			s += fmt.Sprintf("-%d", c.Lost)
		}
		kinds = append(kinds, s)
	}
	slices.Sort(kinds)
	n := int64(0)
	for _, d := range h.detections {
		n += d.Count
	}
	s := fmt.Sprintf("%s %s %d hits", h.Name, strings.Join(kinds, " "), n)
	if len(h.Notes) > 0 {
		s += " (name not told)"
	}
	return s
}

const iis, proxy = "iis-frontend", "httpproxy"

func TestHostsByFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opt  Options
		rs   []*result
		want []string
	}{
		{"no evidence", Options{}, nil, nil},
		{"logs that name their host", Options{}, []*result{read("a/p.log", "MAIL01", proxy), read("b/p.log", "MAIL02", proxy)},
			[]string{"MAIL01 httpproxy:1 1 hits", "MAIL02 httpproxy:1 1 hits"}},
		{"one named host in the whole tree takes what is nameless", Options{}, []*result{read("x/logs/p.log", "MAIL01", proxy), read("y/iis/u.log", "", iis), read("z.log", "", iis)},
			[]string{"MAIL01 httpproxy:1 iis-frontend:2 3 hits"}},
		{"a folder for each server", Options{}, []*result{read("a/HttpProxy/Ecp/p.log", "MAIL01", proxy), read("a/W3SVC1/u.log", "", iis), read("b/HttpProxy/Ecp/p.log", "MAIL02", proxy), read("b/W3SVC1/u.log", "", iis)},
			[]string{"MAIL01 httpproxy:1 iis-frontend:1 2 hits", "MAIL02 httpproxy:1 iis-frontend:1 2 hits"}},
		{"two named servers, and a nameless folder each", Options{}, []*result{read("a/p.log", "MAIL01", proxy), read("b/p.log", "MAIL02", proxy), read("third/W3SVC1/u.log", "", iis), read("the fourth/u.log", "", iis)},
			[]string{"MAIL01 httpproxy:1 1 hits", "MAIL02 httpproxy:1 1 hits", "THE-FOURTH iis-frontend:1 1 hits (name not told)", "THIRD iis-frontend:1 1 hits (name not told)"}},
		{"a nameless file beside two servers' logs", Options{}, []*result{read("all/p1.log", "MAIL01", proxy), read("all/p2.log", "MAIL02", proxy), read("all/u.log", "", iis)},
			[]string{"MAIL01 httpproxy:1 1 hits", "MAIL02 httpproxy:1 1 hits", "unknown iis-frontend:1 1 hits (name not told)"}},
		{"one file of two servers", Options{}, []*result{read("p.log", "MAIL01", proxy, func(r *result) {
			r.Covers[record.CoverKey{Host: "MAIL02", Kind: proxy}] = &record.Cover{First: noon, Last: noon, Records: 1}
		})},
			[]string{"MAIL01 httpproxy:1 1 hits", "MAIL02 httpproxy:1 0 hits"}},
		{"nothing is named", Options{}, []*result{read("a/u.log", "", iis), read("b/u.log", "", iis)}, []string{"unknown iis-frontend:2 2 hits (name not told)"}},
		{"nothing is named, but the user does", Options{Host: "mail09.example.org"}, []*result{read("a/u.log", "", iis), read("b/u.log", "", iis)}, []string{"MAIL09 iis-frontend:2 2 hits"}},
		{"the user's name gives way to the one that is named around", Options{Host: "mail09"}, []*result{read("a/p.log", "MAIL01", proxy), read("a/u.log", "", iis)},
			[]string{"MAIL01 httpproxy:1 iis-frontend:1 2 hits"}},
		{"the user's name for logs that nothing names", Options{Host: "mail09"}, []*result{read("a/u.log", "", iis), read("b/u.log", "", iis)},
			[]string{"MAIL09 iis-frontend:2 2 hits"}},
		{"two servers of which only the folders tell", Options{}, []*result{read("srv-a/inetpub/logs/LogFiles/W3SVC1/u.log", "", iis), read("srv-b/inetpub/logs/LogFiles/W3SVC1/u.log", "", iis)},
			[]string{"SRV-A iis-frontend:1 1 hits (name not told)", "SRV-B iis-frontend:1 1 hits (name not told)"}},
		{"folders of one server's disk and of its years", Options{}, []*result{read("inetpub/logs/LogFiles/W3SVC1/u.log", "", iis), read("2021/W3SVC1/u.log", "", iis)},
			[]string{"unknown iis-frontend:2 2 hits (name not told)"}},
		{"lost bytes weigh on the host of the file", Options{}, []*result{read("a/p.log", "MAIL01", proxy, func(r *result) { r.Lost = 7 }), read("b/p.log", "MAIL02", proxy)},
			[]string{"MAIL01 httpproxy:1-7 1 hits", "MAIL02 httpproxy:1 1 hits"}},
		{"a file without a record weighs on the host of its folder", Options{}, []*result{read("a/p.log", "MAIL01", proxy), read("a/q.log", "", proxy, unreadable(5)), read("b/p.log", "MAIL02", proxy)},
			[]string{"MAIL01 httpproxy:1-5 1 hits", "MAIL02 httpproxy:1 1 hits"}},
		{"event logs of another computer do not take the logs around them", Options{}, []*result{read("a/p.log", "MAIL01", proxy), read("a/Security.evtx", "PC-BOB", "evtx-security"), read("a/inetpub/u.log", "", iis)},
			[]string{"MAIL01 httpproxy:1 iis-frontend:1 2 hits", "PC-BOB evtx-security:1 1 hits"}},
		{"the user's word goes before the name in an event log", Options{Host: "MAIL01"}, []*result{read("a/u.log", "", iis), read("a/Security.evtx", "PC-BOB", "evtx-security")},
			[]string{"MAIL01 iis-frontend:1 1 hits", "PC-BOB evtx-security:1 1 hits"}},
		{"without a word, a lone event log names its server", Options{}, []*result{read("a/u.log", "", iis), read("a/Security.evtx", "MAIL01", "evtx-security")},
			[]string{"MAIL01 evtx-security:1 iis-frontend:1 2 hits"}},
		{"an IIS log without a record weighs on the front end", Options{}, []*result{read("a/p.log", "MAIL01", proxy), read("a/u.log", "", "iis", unreadable(5))},
			[]string{"MAIL01 httpproxy:1 iis-frontend:0-5 1 hits"}},
		{"a file without a record beside two servers' logs weighs on both", Options{}, []*result{read("all/p1.log", "MAIL01", proxy), read("all/p2.log", "MAIL02", proxy), read("all/q.log", "", proxy, unreadable(5))},
			[]string{"MAIL01 httpproxy:1-5 1 hits", "MAIL02 httpproxy:1-5 1 hits", "unknown httpproxy:0-5 0 hits (name not told)"}},
		{"in a third folder it weighs on none of them", Options{}, []*result{read("a/p.log", "MAIL01", proxy), read("b/p.log", "MAIL02", proxy), read("c/q.log", "", proxy, unreadable(5))},
			[]string{"C httpproxy:0-5 0 hits (name not told)", "MAIL01 httpproxy:1 1 hits", "MAIL02 httpproxy:1 1 hits"}},
		{"the same file twice", Options{}, []*result{read("a/p.log", "MAIL01", proxy, sameBytes("x"), func(r *result) { r.Lost = 7 }), read("b/p.log", "MAIL01", proxy, sameBytes("x"), func(r *result) { r.Lost = 7 })},
			[]string{"MAIL01 httpproxy:1-7 1 hits"}},
		{"files that were not read to their end are never the same", Options{}, []*result{read("a/p.log", "MAIL01", proxy, sameBytes("")), read("b/p.log", "MAIL01", proxy, sameBytes(""))},
			[]string{"MAIL01 httpproxy:2 2 hits"}},
		{"a file of no known kind stands for no log of the same bytes", Options{}, []*result{
			read("a/p.txt", "", string(record.Other), sameBytes("x"), func(r *result) { r.Covers, r.dets = nil, newTally(1, 1) }), read("b/p.log", "MAIL01", proxy, sameBytes("x"))},
			[]string{"MAIL01 httpproxy:1 1 hits"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(5, 6))
			for range 4 { // whatever the order in which files were read
				_, hosts := folded(t, rng.Perm(len(c.rs)), c.opt, c.rs...)
				var got []string
				for _, h := range hosts {
					got = append(got, summary(h))
					for _, d := range h.detections {
						if d.Host != h.Name {
							t.Errorf("%s has a detection of %s", h.Name, d.Host)
						}
					}
				}
				if !slices.Equal(got, c.want) {
					t.Fatalf("%q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestHostEvidence(t *testing.T) {
	t.Parallel()
	later := func(r *result) {
		for _, c := range r.Covers {
			c.First, c.Last = c.First.Add(24*time.Hour), c.Last.Add(24*time.Hour)
			c.Ticks = map[int64]struct{}{c.First.Unix() / 600: {}}
		}
	}
	built := func(r *result) {
		r.Clues = []intake.HostClue{{Host: "MAIL01", Clue: identify.Clue{Build: buildno.MustParse("15.1.2176.9"), First: noon, Last: noon, Source: proxy}}}
	}
	_, hosts := folded(t, []int{1, 0, 2}, Options{}, read("a/p.log", "MAIL01", proxy, built), read("a/u.log", "", iis, later), read("a/v.log", "", iis))
	h := hosts[0]
	if !h.Begin.Equal(noon) || !h.End.Equal(noon.Add(25*time.Hour)) {
		t.Errorf("evidence from %v to %v", h.Begin, h.End)
	}
	c := h.Covers[iis]
	if c.Files != 2 || c.Records != 12 || len(c.Ticks) != 7 || !slices.IsSorted(c.Ticks) || !c.First.Equal(noon) || !c.Last.Equal(h.End) {
		t.Errorf("%+v", c)
	}
	if !h.Product || len(h.Timeline.Seen) != 1 || h.Timeline.Seen[0].Build != "15.1.2176.9" {
		t.Errorf("product %v, builds %+v", h.Product, h.Timeline)
	}
	if _, hosts := folded(t, []int{0}, Options{}, read("u.log", "", iis)); hosts[0].Product {
		t.Error("a web server without a path of the product passes for it")
	}
}

// Every file is in the ledger, also the one that is a copy.
func TestLedgerOfCopies(t *testing.T) {
	t.Parallel()
	f, _ := folded(t, []int{0, 1, 2}, Options{}, read("a/p.log", "MAIL01", proxy, sameBytes("x")), read("b/p.log", "MAIL01", proxy, sameBytes("x")), read("c/p.log", "MAIL01", proxy))
	var got []string
	for _, it := range f.items {
		got = append(got, it.Path+" "+it.SameAs)
	}
	if want := []string{"a/p.log ", "b/p.log a/p.log", "c/p.log "}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// An archive lists its entries in any order: they are folded in the order of their paths, but for what would take too much memory to wait.
func TestFoldDisorder(t *testing.T) {
	t.Parallel()
	order := func(size int) string {
		var rs []*result
		for i := range 8 {
			rs = append(rs, read(fmt.Sprintf("%d.log", 7-i), "MAIL01", proxy, func(r *result) { r.dets.raw -= size }))
		}
		f, _ := folded(t, []int{3, 1, 0, 2, 7, 6, 4, 5}, Options{}, rs...)
		out := ""
		for _, it := range f.items {
			out += it.Path[:1]
		}
		return out
	}
	if got := order(0); got != "01234567" {
		t.Errorf("folded %s", got)
	}
	if got := order(maxHeld / 4); got != "45670123" { // in order as far as they can wait
		t.Errorf("heavy ones folded %s", got)
	}
}

// Results that come in any order are folded in the order of the evidence.
func TestFoldOrder(t *testing.T) {
	t.Parallel()
	var rs []*result
	for i := range 20 {
		rs = append(rs, read(fmt.Sprintf("%02d.log", i), "MAIL01", proxy, func(r *result) { r.Gaps.Add(casefile.Gap{Code: "x"}) }))
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range 3 {
		f, hosts := folded(t, rng.Perm(len(rs)), Options{}, rs...)
		for i, it := range f.items {
			if it.Path != rs[i].Item.Path || f.gaps[i].Path != it.Path {
				t.Fatalf("item %d is %s, gap of %s", i, it.Path, f.gaps[i].Path)
			}
		}
		d := hosts[0].detections
		if len(d) != 1 || d[0].Count != 20 || len(d[0].Samples) != maxSamples || d[0].Samples[0].Path != "00.log" {
			t.Fatalf("%+v", d)
		}
	}
}

func TestLostItems(t *testing.T) {
	t.Parallel()
	f := newFold()
	for _, c := range []struct {
		code  string
		count int64
		want  int64
	}{{"zip.entry.encrypted", 0, 1}, {"zip.entry.encrypted", 12, 12}, {"iis.fields.count", 5, 0}, {"link.not_followed", 3, 0}, {"no.such.code", 1, 0}} {
		if _, ok := evidenceCodes()[c.code]; !ok && c.want > 0 {
			t.Errorf("%s is no code of the evidence", c.code)
		}
		if got := f.lostItems([]casefile.Gap{{Code: c.code, Count: c.count}}); got != c.want {
			t.Errorf("%s, %d times: %d lost, want %d", c.code, c.count, got, c.want)
		}
	}
	for code := range harmlessGaps {
		if !evidenceCodes()[code] {
			t.Errorf("%s is no code of the evidence", code)
		}
	}
}

func TestShift(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		iis  time.Duration // after the proxy's record of the same request
		id   string
		want time.Duration
	}{
		{"the same clock", time.Second, "r", 0},
		{"local time, an hour ahead", time.Hour + time.Second, "r", time.Hour},
		{"local time, behind", -5 * time.Hour, "r", -5 * time.Hour},
		{"India", 5*time.Hour + 30*time.Minute, "r", 5*time.Hour + 30*time.Minute},
		{"a clock that is wrong", 47 * time.Minute, "r", 0},
		{"further than any zone", 15 * time.Hour, "r", 0},
		{"another request", time.Hour, "s", 0},
		{"no request id", time.Hour, "", 0},
	} {
		d := func(kind, id string, at time.Time) casefile.Detection {
			return casefile.Detection{Kind: kind, Samples: []casefile.Sample{{Time: at, RequestID: id}}}
		}
		if got := shift([]casefile.Detection{d(iis, c.id, noon.Add(c.iis)), d(proxy, "r", noon)}); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A file in an archive stands in the folders inside it.
func TestFolderInArchive(t *testing.T) {
	t.Parallel()
	inside := func(r *result) { r.Item.Path = "bundle.zip!" + r.Logical }
	_, hosts := folded(t, []int{0, 1}, Options{}, read("a/p.log", "MAIL01", proxy, inside), read("a/W3SVC1/u.log", "", iis, inside))
	if len(hosts) != 1 || summary(hosts[0]) != "MAIL01 httpproxy:1 iis-frontend:1 2 hits" {
		t.Errorf("%d hosts, %s", len(hosts), summary(hosts[0]))
	}
}
