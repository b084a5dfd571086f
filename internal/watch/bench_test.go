package watch_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"vigie/internal/advisory"
	"vigie/internal/feed"
	"vigie/internal/watch"
	"vigie/knowledge"
)

// estateOf registers organisations of 50 items each, over the watched products, with versions as the labelled cases have them.
func estateOf(t testing.TB, c *watch.Catalog, organisations int) *watch.Register {
	t.Helper()
	cases, err := watch.Cases(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	var seen []watch.Seen
	for _, k := range cases {
		if p := c.Resolve(k.Vendor, k.Product, ""); p != nil {
			seen = append(seen, watch.Seen{Product: p, Version: k.Version})
		}
	}
	r := watch.NewRegister()
	for n := range organisations * 50 {
		s := seen[(n*7919)%len(seen)]
		if n%3 == 0 { // many more versions of the most common products than a list of cases has
			fortios, _ := c.Product("fortinet/fortios")
			s = watch.Seen{Product: fortios, Version: fmt.Sprintf("7.%d.%d build %d", n%4*2, n%17, 1000+n%900)}
		}
		r.Add(int32(n), s)
	}
	return r
}

// BenchmarkNewAdvisory: the verdicts of one new advisory over 30,000 organisations of 50 items, from the document to the items concerned.
func BenchmarkNewAdvisory(b *testing.B) {
	c, k := shipped(b)
	docs, err := feed.Shipped(knowledge.FS, now)
	if err != nil {
		b.Fatal(err)
	}
	var doc *advisory.Document
	for _, d := range docs {
		if d.ID == "fg-ir-24-015" {
			doc = d
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := estateOf(b, c, 30_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	affected := 0
	for b.Loop() {
		x := watch.NewIndex(c, k, []*advisory.Document{doc}, now.Format(time.DateOnly))
		affected = 0
		for _, h := range r.Flaw(x, "CVE-2024-21762") {
			if h.Status == watch.Affected {
				affected += len(h.Items)
			}
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "estate-MiB")
	b.ReportMetric(float64(r.Pairs()), "pairs")
	b.ReportMetric(float64(affected), "affected")
	if affected == 0 {
		b.Fatal("nothing is affected")
	}
	runtime.KeepAlive(r)
}

// TestRegisterIsSame: the verdicts by distinct version are those of judging each item by itself.
func TestRegisterIsSame(t *testing.T) {
	t.Parallel()
	c, x := index(t)
	cases, err := watch.Cases(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	r := watch.NewRegister()
	want := map[string]watch.Status{}
	for n, k := range cases {
		s := watch.Seen{Product: c.Resolve(k.Vendor, k.Product, ""), Version: k.Version}
		r.Add(int32(n), s)
		for _, f := range x.Flaws() {
			if v, ok := x.Judge(s, f.CVE); ok {
				want[fmt.Sprint(n, " ", f.CVE)] = v.Status
			}
		}
	}
	got := 0
	for _, h := range r.All(x) {
		for _, n := range h.Items {
			key := fmt.Sprint(n, " ", h.CVE)
			if want[key] != h.Status {
				t.Errorf("case %s: %s, alone %s", key, h.Status, want[key])
			}
			got++
		}
	}
	if got != len(want) || r.Items() != len(cases) {
		t.Errorf("%d verdicts, want %d; %d items of %d", got, len(want), r.Items(), len(cases))
	}
}
