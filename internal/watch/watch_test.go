package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/advisory"
	"vigie/internal/feed"
	"vigie/internal/kb"
	"vigie/internal/watch"
	"vigie/knowledge"
)

var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func shipped(t testing.TB) (*watch.Catalog, *kb.KB) {
	t.Helper()
	c, err := watch.LoadCatalog(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c, k
}

func index(t testing.TB) (*watch.Catalog, *watch.Index) {
	t.Helper()
	c, k := shipped(t)
	docs, err := feed.Shipped(knowledge.FS, now)
	if err != nil {
		t.Fatal(err)
	}
	return c, watch.NewIndex(c, k, docs, now.Format(time.DateOnly))
}

// TestMeasure: the labelled cases over at least 12 vendors reach what doc/watch.md promises.
func TestMeasure(t *testing.T) {
	t.Parallel()
	_, x := index(t)
	cases, err := watch.Cases(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	m := x.Measure(cases)
	for _, w := range m.Wrong {
		t.Log(w)
	}
	if len(x.Quarantine()) > 0 {
		t.Errorf("shipped advisories in quarantine: %v", x.Quarantine())
	}
	if m.Cases < 200 || len(m.Vendors) < 12 || m.Precision < 0.98 || m.Recall < 0.95 {
		t.Errorf("%d cases, %d vendors, precision %.3f, recall %.3f", m.Cases, len(m.Vendors), m.Precision, m.Recall)
	}
}

// document reads a feed that is written in a test.
func document(t testing.TB, text string) *advisory.Document {
	t.Helper()
	d, err := feed.Read("test", strings.NewReader(text), now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// record is a record of the CVE List on cumulative updates of Exchange Server: name of the update and the build given as its fix.
func record(cve string, fixes ...string) string {
	var affected []string
	for i := 0; i < len(fixes); i += 2 {
		affected = append(affected, fmt.Sprintf(`{"vendor":"Microsoft","product":"Microsoft Exchange Server %s","versions":[{"status":"affected","version":"15.02.0","lessThan":%q}]}`, fixes[i], fixes[i+1]))
	}
	return fmt.Sprintf(`{"dataType":"CVE_RECORD","cveMetadata":{"cveId":%q,"state":"PUBLISHED","assignerShortName":"microsoft","datePublished":"2024-03-12","dateUpdated":"2024-05-08"},
		"containers":{"cna":{"title":"x","affected":[%s]}}}`, cve, strings.Join(affected, ","))
}

// TestQuarantine: a build of another cumulative update, one that is no build, a reversed range: each is set aside and told, and what is right beside it is used.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	c, k := shipped(t)
	for _, tt := range []struct {
		name, doc string
		want      []string
	}{
		{"two updates swapped, as in CVE-2024-26198", record("CVE-2024-26198", "2019 Cumulative Update 14", "15.02.1258.034", "2019 Cumulative Update 13", "15.02.1544.011"),
			[]string{"watch.level 15.02.1258.034", "watch.level 15.02.1544.011"}},
		{"the build of another update, as in CVE-2021-42321", record("CVE-2021-42321", "2019 Cumulative Update 10", "15.02.0792.019", "2019 Cumulative Update 11", "15.02.0986.014"),
			[]string{"watch.level 15.02.0792.019"}},
		{"no build, as in CVE-2024-21410", record("CVE-2024-21410", "2016 Cumulative Update 23", "N/A", "2019 Cumulative Update 13", "15.2.1544.004", "2019 Cumulative Update 14", "15.2.1544.004"),
			[]string{"watch.version N/A", "watch.level 15.2.1544.004"}},
		{"publication", record("CVE-2021-0001", "2019 Cumulative Update 10", "publication"), []string{"watch.version publication"}},
		{"reversed", strings.ReplaceAll(strings.ReplaceAll(record("CVE-2024-0001", "x", "6"), "Microsoft Exchange Server x", "Veeam Backup & Replication"), "Microsoft", "Veeam"), []string{"watch.reversed 6"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := watch.NewIndex(c, k, []*advisory.Document{document(t, tt.doc)}, "2026-11-24")
			var got []string
			for _, q := range x.Quarantine() {
				got = append(got, q.Code+" "+q.Value)
				if q.Why.FR == "" || q.Why.EN == "" || q.Why.FR == q.Why.EN {
					t.Errorf("%s: %v", q.Code, q.Why)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("set aside %q, want %q", got, tt.want)
			}
		})
	}
}

// TestJudge: rules that the labelled cases do not reach.
func TestJudge(t *testing.T) {
	t.Parallel()
	c, x := index(t)
	fortios, _ := c.Product("fortinet/fortios")
	exchange, _ := c.Product("microsoft/exchange-server")
	for _, tt := range []struct {
		name   string
		seen   watch.Seen
		cve    string
		status watch.Status
		rule   string
	}{
		{"no version", watch.Seen{Product: fortios}, "CVE-2024-21762", watch.Unknown, "no-version"},
		{"words for a version", watch.Seen{Product: fortios, Version: "latest"}, "CVE-2024-21762", watch.Unknown, "version"},
		{"a line out of support that is not listed", watch.Seen{Product: fortios, Version: "5.6.14"}, "CVE-2024-21762", watch.Affected, "out-of-support"},
		{"an old update of Exchange that got no fix", watch.Seen{Product: exchange, Version: "15.1.1713.5"}, "CVE-2021-34473", watch.Affected, "table"},
		{"patched in April, published in July", watch.Seen{Product: exchange, Version: "15.1.2242.8"}, "CVE-2021-34473", watch.Fixed, "table"},
	} {
		v, ok := x.Judge(tt.seen, tt.cve)
		if !ok || v.Status != tt.status || v.Rule != tt.rule || v.Why.FR == "" || v.Why.EN == "" {
			t.Errorf("%s: %v %s %s %v", tt.name, ok, v.Status, v.Rule, v.Why)
		}
	}
	if p := c.Resolve("", "ESET Mail Security for Microsoft Exchange Server", ""); p != nil {
		t.Errorf("a product for Exchange becomes %s", p.ID)
	}
	if p := c.Resolve("ESET", "Exchange Server", ""); p != nil {
		t.Errorf("a product of another vendor becomes %s", p.ID)
	}
	if p := c.ResolveVersion("Microsoft", "Microsoft Windows 11 Enterprise", "", "10.0.22631"); p == nil || p.ID != "microsoft/windows-11-23h2" {
		t.Errorf("Windows 11 by its build: %v", p)
	}
}

// TestUpdateProves: an installed update, or one that holds it, proves a fix where no version does.
func TestUpdateProves(t *testing.T) {
	t.Parallel()
	c, k := shipped(t)
	month := `<cvrfdoc><DocumentTitle>t</DocumentTitle><DocumentTracking><Identification><ID>2024-Aug</ID></Identification><InitialReleaseDate>2024-08-13T07:00:00</InitialReleaseDate>
<CurrentReleaseDate>2024-08-13T07:00:00</CurrentReleaseDate></DocumentTracking><ProductTree><FullProductName ProductID="1">Windows Server 2012 R2</FullProductName></ProductTree>
<Vulnerability><Title>t</Title><CVE>CVE-2024-1111</CVE><ProductStatuses><Status Type="Known Affected"><ProductID>1</ProductID></Status></ProductStatuses>
<Remediations><Remediation Type="Vendor Fix"><Description>5041828</Description><Supercedence>5040456</Supercedence><ProductID>1</ProductID></Remediation></Remediations></Vulnerability>
<Vulnerability><Title>t</Title><CVE>CVE-2024-2222</CVE><ProductStatuses><Status Type="Known Affected"><ProductID>1</ProductID></Status></ProductStatuses>
<Remediations><Remediation Type="Vendor Fix"><Description>5040456</Description><ProductID>1</ProductID></Remediation></Remediations></Vulnerability></cvrfdoc>`
	x := watch.NewIndex(c, k, []*advisory.Document{document(t, month)}, "2026-11-24")
	p, _ := c.Product("microsoft/windows-server-2012-r2")
	for _, tt := range []struct {
		cve  string
		have []string
		want watch.Status
	}{
		{"CVE-2024-1111", []string{"KB5041828"}, watch.Fixed},
		{"CVE-2024-2222", []string{"KB5041828"}, watch.Fixed}, // holds the older one
		{"CVE-2024-1111", []string{"KB5040456"}, watch.Unknown},
		{"CVE-2024-1111", nil, watch.Unknown},
	} {
		if v, _ := x.Judge(watch.Seen{Product: p, Version: "6.3.9600", Updates: tt.have}, tt.cve); v.Status != tt.want {
			t.Errorf("%s with %v: %s (%s) %s", tt.cve, tt.have, v.Status, v.Rule, v.Why.EN)
		}
	}
}

// TestGrade: a model of EPSS that changes moves no level, a jump inside one does; nothing of the future counts.
func TestGrade(t *testing.T) {
	t.Parallel()
	c, k := shipped(t)
	p, _ := c.Product("veeam/backup-replication")
	hand := "vigie_advisory: a\ncves: [CVE-2024-1111]\ntitle: t\npublisher: Veeam\npublished: '2024-01-01'\nexploited: '2024-06-01'\ncertainty: sourced\nsource: s\ndate: '2024-06-02'\nproducts: [{product: veeam/backup-replication, affected: [{below: '12.2'}]}]\n"
	scores := func(model, day, score string) string {
		return "#model_version:" + model + ",score_date:" + day + "T00:00:00+0000\ncve,epss,percentile\nCVE-2024-1111," + score + ",0.5\n"
	}
	for _, tt := range []struct {
		name, at string
		docs     []string
		level    watch.Level
		reason   string
	}{
		{"before anybody said exploited", "2024-05-31", nil, watch.Window, ""},
		{"exploited", "2024-06-01", nil, watch.Now, "exploited"},
		{"a jump inside one model", "2024-05-31", []string{scores("v4", "2024-05-25", "0.02"), scores("v4", "2024-05-30", "0.3")}, watch.Week, "epss-jump"},
		{"the same between two models", "2024-05-31", []string{scores("v3", "2024-05-25", "0.02"), scores("v4", "2024-05-30", "0.09")}, watch.Window, ""},
		{"a slow rise", "2024-05-31", []string{scores("v4", "2024-05-01", "0.02"), scores("v4", "2024-05-30", "0.09")}, watch.Window, ""},
	} {
		docs := []*advisory.Document{document(t, hand)}
		for _, d := range tt.docs {
			docs = append(docs, document(t, d))
		}
		x := watch.NewIndex(c, k, docs, tt.at)
		v, _ := x.Judge(watch.Seen{Product: p, Version: "12.1.2.172"}, "CVE-2024-1111")
		level, reasons := x.Grade(v, p, watch.Internal)
		if level != tt.level || tt.reason != "" && !slices.ContainsFunc(reasons, func(r watch.Reason) bool { return r.Code == tt.reason }) {
			t.Errorf("%s: %s %v, verdict %s", tt.name, level, reasons, v.Status)
		}
	}
}

// TestReplay: on 2 March 2021 there is a target, no word of KEV, and nothing of the flaws of later years; the day before there is nothing.
func TestReplay(t *testing.T) {
	t.Parallel()
	c, k := shipped(t)
	p, _ := c.Product("microsoft/exchange-server")
	for _, tt := range []struct{ day, build, target string }{
		{"2021-03-02", "15.1.2176.2", "15.1.2176.9"},
		{"2021-03-09", "15.1.1979.3", "15.1.1979.8"},
		{"2021-03-09", "15.1.1713.5", "15.1.1713.10"},
	} {
		x := watch.NewIndex(c, k, nil, tt.day)
		v, ok := x.Judge(watch.Seen{Product: p, Version: tt.build}, "CVE-2021-26855")
		if !ok || v.Status != watch.Affected || v.Target != tt.target {
			t.Errorf("%s, %s: %v %s, target %q, want %q", tt.day, tt.build, ok, v.Status, v.Target, tt.target)
		}
		if v, ok := x.Judge(watch.Seen{Product: p, Version: tt.build}, "CVE-2022-41040"); ok {
			t.Errorf("%s: CVE-2022-41040 is known already: %s", tt.day, v.Why.EN)
		}
		if s := x.Signals("CVE-2021-26855"); len(s) > 0 {
			t.Errorf("%s: KEV is known already: %v", tt.day, s)
		}
	}
	if _, ok := watch.NewIndex(c, k, nil, "2021-03-01").Judge(watch.Seen{Product: p, Version: "15.1.2176.2"}, "CVE-2021-26855"); ok {
		t.Error("1 March: the flaw is known already")
	}
}
