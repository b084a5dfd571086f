package incident

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
)

// seenBy makes a detection with one record.
func seenBy(act, kind, client, when string, change ...func(*casefile.Detection)) casefile.Detection {
	flawID, actID, _ := strings.Cut(act, "/")
	d := casefile.Detection{Flaw: flawID, Act: actID, Rule: "rule-" + actID + "-" + kind, RuleVersion: "1", Kind: kind, Client: client, First: day(when), Last: day(when), Count: 1}
	at := int64(d.First.Sub(day("2021-01-01"))/time.Second) << 16
	for _, c := range client { // a place in the file for each record
		at += int64(c)
	}
	d.Samples = []casefile.Sample{{Ref: casefile.Ref{Path: kind + ".log", Line: 1, Offset: at}, Time: d.First, Raw: kind + when + client}}
	for _, f := range change {
		f(&d)
	}
	return d
}

func request(id string) func(*casefile.Detection) {
	return func(d *casefile.Detection) { d.Samples[0].RequestID = id }
}
func took(s string) func(*casefile.Detection) {
	v, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return func(d *casefile.Detection) { d.Samples[0].Took = v }
}
func object(o string) func(*casefile.Detection) {
	return func(d *casefile.Detection) { d.Samples[0].Object = o }
}
func file(p string) func(*casefile.Detection) {
	return func(d *casefile.Detection) {
		for i := range d.Samples {
			d.Samples[i].Path = p
		}
	}
}
func until(s string, n int64) func(*casefile.Detection) {
	return func(d *casefile.Detection) { d.Last, d.Count = day(s), n }
}
func rule(r string) func(*casefile.Detection) { return func(d *casefile.Detection) { d.Rule = r } }
func offset(n int64) func(*casefile.Detection) {
	return func(d *casefile.Detection) { d.Samples[0].Offset = n }
}

// sum says a finding in one line: act, clients, sources, records, acts.
func sum(f casefile.Finding) string {
	return fmt.Sprintf("%s/%s %s [%s] %d records %d acts", f.Flaw, f.Act, strings.Join(f.Clients, "+"), strings.Join(f.Sources, " "), f.Count, f.Acts)
}

const t1 = "2021-02-01 10:00:00"

func TestCorrelate(t *testing.T) {
	t.Parallel()
	const a, b = "203.0.113.5", "198.51.100.7"
	crowd := func(n int, act string) (out []casefile.Detection) {
		for i := range n {
			out = append(out, seenBy(act, "front", fmt.Sprintf("203.0.113.%d", i+1), t1))
		}
		return out
	}
	for _, c := range []struct {
		name string
		dets []casefile.Detection
		want []string
	}{
		{"one request in three logs, one id", []casefile.Detection{
			seenBy("door/enter", "front", a, "2021-02-01 10:00:02", request("r1")),
			seenBy("door/enter", "proxy", a, "2021-02-01 10:00:01", request("r1")),
			seenBy("door/enter", "back", "::1", "2021-02-01 10:00:00", request("r1"))},
			[]string{"door/enter 203.0.113.5+::1 [back front proxy] 3 records 1 acts"}},
		{"one id, though the clients differ", []casefile.Detection{
			seenBy("door/enter", "front", "192.0.2.1", "2021-02-01 10:00:02", request("r1")),
			seenBy("door/enter", "proxy", a, "2021-02-01 10:00:01", request("r1"))},
			[]string{"door/enter 192.0.2.1+203.0.113.5 [front proxy] 2 records 1 acts"}},
		{"two ids, two clients", []casefile.Detection{
			seenBy("door/enter", "front", b, "2021-02-01 10:00:02", request("r1")),
			seenBy("door/enter", "proxy", a, "2021-02-01 10:00:01", request("r2"))},
			[]string{"door/enter 203.0.113.5 [proxy] 1 records 1 acts", "door/enter 198.51.100.7 [front] 1 records 1 acts"}},
		{"back end as ::1, seconds before", []casefile.Detection{
			seenBy("door/enter", "back", "::1", "2021-02-01 09:59:56"), seenBy("door/enter", "front", a, t1)},
			[]string{"door/enter 203.0.113.5+::1 [back front] 2 records 1 acts"}},
		{"back end without a client, at the same time", []casefile.Detection{
			seenBy("door/enter", "back", "", t1), seenBy("door/enter", "front", a, t1)},
			[]string{"door/enter 203.0.113.5 [back front] 2 records 1 acts"}},
		{"back end as ::1, out of the slack", []casefile.Detection{
			seenBy("door/enter", "back", "::1", "2021-02-01 09:59:54"), seenBy("door/enter", "front", a, t1)},
			[]string{"door/enter ::1 [back] 1 records 1 acts", "door/enter 203.0.113.5 [front] 1 records 1 acts"}},
		{"long request: back end written while it ran", []casefile.Detection{
			seenBy("door/enter", "back", "::1", "2021-02-01 09:59:30"), seenBy("door/enter", "front", a, t1, took("40s"))},
			[]string{"door/enter 203.0.113.5+::1 [back front] 2 records 1 acts"}},
		{"back end before the request began", []casefile.Detection{
			seenBy("door/enter", "back", "::1", "2021-02-01 09:59:30"), seenBy("door/enter", "front", a, t1, took("20s"))},
			[]string{"door/enter ::1 [back] 1 records 1 acts", "door/enter 203.0.113.5 [front] 1 records 1 acts"}},
		{"an address of the network is no back end", []casefile.Detection{
			seenBy("door/enter", "back", "10.0.0.8", t1), seenBy("door/enter", "front", a, t1)},
			[]string{"door/enter 10.0.0.8 [back] 1 records 1 acts", "door/enter 203.0.113.5 [front] 1 records 1 acts"}},
		{"the back end of one client draws no other client in", []casefile.Detection{
			seenBy("door/enter", "back", "::1", t1), seenBy("door/enter", "front", a, "2021-02-01 10:00:01"), seenBy("door/enter", "front", b, "2021-02-01 10:00:02")},
			[]string{"door/enter 203.0.113.5+::1 [back front] 2 records 1 acts", "door/enter 198.51.100.7 [front] 1 records 1 acts"}},
		{"two clients at once", []casefile.Detection{seenBy("door/enter", "front", a, t1), seenBy("door/enter", "front", b, t1)},
			[]string{"door/enter 198.51.100.7 [front] 1 records 1 acts", "door/enter 203.0.113.5 [front] 1 records 1 acts"}},
		{"half an hour of rest is one sitting", []casefile.Detection{
			seenBy("door/enter", "front", a, t1, until("2021-02-01 10:20:00", 7)), seenBy("door/enter", "front", a, "2021-02-01 10:50:00")},
			[]string{"door/enter 203.0.113.5 [front] 8 records 8 acts"}},
		{"a second more is two", []casefile.Detection{
			seenBy("door/enter", "front", a, t1, until("2021-02-01 10:20:00", 7)), seenBy("door/enter", "front", a, "2021-02-01 10:50:01")},
			[]string{"door/enter 203.0.113.5 [front] 7 records 7 acts", "door/enter 203.0.113.5 [front] 1 records 1 acts"}},
		{"two sittings of one client with another between", []casefile.Detection{
			seenBy("door/enter", "front", a, t1), seenBy("door/enter", "front", b, "2021-02-01 10:10:00"), seenBy("door/enter", "front", a, "2021-02-01 10:20:00")},
			[]string{"door/enter 203.0.113.5 [front] 2 records 2 acts", "door/enter 198.51.100.7 [front] 1 records 1 acts"}},
		{"by object: whoever asked, whenever", []casefile.Detection{
			seenBy("stray/used", "front", a, t1, object("/a.aspx")), seenBy("stray/used", "front", b, "2021-03-01 10:00:00", object("/A.ASPX")),
			seenBy("stray/used", "front", a, t1, object("/b.aspx"), offset(1<<40))},
			[]string{"stray/used 198.51.100.7+203.0.113.5 [front] 2 records 2 acts", "stray/used 203.0.113.5 [front] 1 records 1 acts"}},
		{"by object: summed up ones stay apart", []casefile.Detection{
			seenBy("stray/used", "front", a, t1, object("/a.aspx")), seenBy("stray/used", "front", "", "2021-02-01 11:00:00", object("/a.aspx"), func(d *casefile.Detection) { d.Overflow = true })},
			[]string{"stray/used 203.0.113.5 [front] 1 records 1 acts", "stray/used  [front] 1 records 1 acts"}},
		{"joined acts of one request", []casefile.Detection{
			seenBy("door/enter", "proxy", a, t1), seenBy("door/decoy", "front", a, "2021-02-01 10:00:03")},
			[]string{"door/enter 203.0.113.5 [front proxy] 2 records 1 acts"}},
		{"joined act of a long request", []casefile.Detection{
			seenBy("door/enter", "proxy", a, t1), seenBy("door/decoy", "front", a, "2021-02-01 10:00:50", took("55s"))},
			[]string{"door/enter 203.0.113.5 [front proxy] 2 records 1 acts"}},
		{"joined act of another time", []casefile.Detection{
			seenBy("door/enter", "proxy", a, t1), seenBy("door/decoy", "front", a, "2021-02-01 10:00:06")},
			[]string{"door/enter 203.0.113.5 [proxy] 1 records 1 acts", "door/decoy 203.0.113.5 [front] 1 records 1 acts"}},
		{"joined act of another client", []casefile.Detection{
			seenBy("door/enter", "proxy", a, t1), seenBy("door/decoy", "front", b, t1)},
			[]string{"door/enter 203.0.113.5 [proxy] 1 records 1 acts", "door/decoy 198.51.100.7 [front] 1 records 1 acts"}},
		{"joined act by its id, not by the first that fits in time", []casefile.Detection{
			seenBy("door/enter", "proxy", a, t1), seenBy("door/enter", "proxy", b, t1, request("r2")), seenBy("door/decoy", "front", "::1", t1, request("r2"))},
			[]string{"door/enter 198.51.100.7+::1 [front proxy] 2 records 1 acts", "door/enter 203.0.113.5 [proxy] 1 records 1 acts"}},
		{"joined across flaws, same page", []casefile.Detection{
			seenBy("door/page", "proxy", a, t1, object("/a.aspx")), seenBy("stray/used", "front", b, "2021-03-01 10:00:00", object("/A.aspx"))},
			[]string{"door/page 198.51.100.7+203.0.113.5 [front proxy] 2 records 1 acts"}},
		{"joined across flaws, another page", []casefile.Detection{
			seenBy("door/page", "proxy", a, t1, object("/a.aspx")), seenBy("stray/used", "front", a, t1, object("/b.aspx"))},
			[]string{"door/page 203.0.113.5 [proxy] 1 records 1 acts", "stray/used 203.0.113.5 [front] 1 records 1 acts"}},
		{"a chain: page takes used, used has taken nothing of another page", []casefile.Detection{
			seenBy("stray/used", "front", a, t1, object("/a.aspx")), seenBy("stray/seen", "front", b, "2021-02-05 10:00:00", object("/a.aspx")),
			seenBy("stray/seen", "front", b, "2021-02-05 10:00:01", object("/b.aspx"))},
			[]string{"stray/used 198.51.100.7+203.0.113.5 [front] 2 records 1 acts", "stray/seen 198.51.100.7 [front] 1 records 1 acts"}},
		{"eight sittings of attempts are told one by one", crowd(8, "door/knock"), slices.Repeat([]string{"*"}, 8)},
		{"nine are one", crowd(9, "door/knock"), []string{
			"door/knock 203.0.113.1+203.0.113.2+203.0.113.3+203.0.113.4+203.0.113.5+203.0.113.6+203.0.113.7+203.0.113.8+203.0.113.9 [front] 9 records 9 acts"}},
		{"successes are never summed up", crowd(9, "door/enter"), slices.Repeat([]string{"*"}, 9)},
		{"one record in copies of a file", []casefile.Detection{
			seenBy("door/enter", "front", a, t1), seenBy("door/enter", "front", a, t1, file("copy/front.log")), seenBy("door/enter", "front", a, t1, file("old/front.log"))},
			[]string{"door/enter 203.0.113.5 [front] 1 records 1 acts"}},
		{"a record twice in one file", []casefile.Detection{
			seenBy("door/enter", "front", a, t1), seenBy("door/enter", "front", a, t1, offset(900), rule("rule-enter-front"))},
			[]string{"door/enter 203.0.113.5 [front] 2 records 2 acts"}},
		{"a record twice in each of two copies", []casefile.Detection{
			seenBy("door/enter", "front", a, t1), seenBy("door/enter", "front", a, t1, offset(900)),
			seenBy("door/enter", "front", a, t1, file("z.log")), seenBy("door/enter", "front", a, t1, offset(900), file("z.log"))},
			[]string{"door/enter 203.0.113.5 [front] 2 records 2 acts"}},
		{"a later and longer copy of a file", []casefile.Detection{
			seenBy("door/enter", "front", a, t1, until("2021-02-01 10:10:00", 50)), seenBy("door/enter", "front", a, t1, file("later/front.log"), until("2021-02-01 10:20:00", 80)),
			seenBy("door/enter", "front", a, t1, file("latest/front.log"), until("2021-02-01 10:25:00", 90))},
			[]string{"door/enter 203.0.113.5 [front] 90 records 90 acts"}},
		{"the same line in the logs of two sources", []casefile.Detection{
			seenBy("door/enter", "front", a, t1, func(d *casefile.Detection) { d.Samples[0].Raw = "x" }),
			seenBy("door/enter", "proxy", a, t1, func(d *casefile.Detection) { d.Samples[0].Raw = "x" })},
			[]string{"door/enter 203.0.113.5 [front proxy] 2 records 1 acts"}},
		{"two rules on one record", []casefile.Detection{
			seenBy("door/knock", "front", a, t1, rule("r1")), seenBy("door/knock", "front", a, t1, rule("r2"))},
			[]string{"door/knock 203.0.113.5 [front] 1 records 1 acts"}},
		{"two rules, one of which sees more", []casefile.Detection{
			seenBy("door/knock", "front", a, t1, rule("r1"), until("2021-02-01 10:05:00", 3)), seenBy("door/knock", "front", a, t1, rule("r2"), until("2021-02-01 10:05:00", 5))},
			[]string{"door/knock 203.0.113.5 [front] 5 records 5 acts"}},
		{"an act that no flaw has", []casefile.Detection{seenBy("door/none", "front", a, t1), seenBy("none/enter", "front", a, t1)}, nil},
		{"no time at all", []casefile.Detection{
			seenBy("door/enter", "front", a, t1, func(d *casefile.Detection) { d.First, d.Last, d.Samples = time.Time{}, time.Time{}, nil })},
			[]string{"door/enter 203.0.113.5 [front] 1 records 1 acts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range 5 { // whatever the order
				dets := slices.Clone(c.dets)
				if i > 0 {
					rng.Shuffle(len(dets), func(i, j int) { dets[i], dets[j] = dets[j], dets[i] })
				}
				got = nil
				for j, f := range Correlate("MAIL", dets, mailer()) {
					if f.Host != "MAIL" {
						t.Errorf("host %q", f.Host)
					}
					got = append(got, sum(f))
					if j < len(c.want) && c.want[j] == "*" {
						got[j] = "*"
					}
				}
				if !slices.Equal(got, c.want) {
					t.Fatalf("order %d: %q, want %q", i, got, c.want)
				}
			}
		})
	}
}

func TestFindingDetails(t *testing.T) {
	t.Parallel()
	k := mailer()
	named := func(account, mailbox string) func(*casefile.Detection) {
		return func(d *casefile.Detection) { d.Samples[0].Account, d.Samples[0].Mailbox = account, mailbox }
	}
	fs := Correlate("MAIL", []casefile.Detection{
		seenBy("door/knock", "front", "192.0.2.1", "2021-01-05 00:00:00"),
		seenBy("door/decoy", "front", "192.0.2.1", "2021-02-01 09:59:58", named("ann", "")),
		seenBy("door/enter", "proxy", "192.0.2.1", t1, named("bob", "box@example.org"), until("2021-02-01 10:04:00", 3)),
		seenBy("door/mark", "back", "192.0.2.1", "2021-01-04 00:00:00"),
		seenBy("side/slip", "front", "192.0.2.1", "2021-03-01 00:00:00"),
	}, k)
	var order []string
	for _, f := range fs {
		order = append(order, f.Act)
	}
	if want := []string{"enter", "slip", "mark", "knock"}; !slices.Equal(order, want) { // successes, follow-ups, attempts, each by time
		t.Fatalf("order %v, want %v", order, want)
	}
	f := fs[0]
	if f.Rule != "rule-enter-proxy" || f.RuleVersion != "1" || !slices.Equal(f.Rules, []string{"rule-decoy-front", "rule-enter-proxy"}) {
		t.Errorf("rule %s %s of %v: the act's own rule names the finding", f.Rule, f.RuleVersion, f.Rules)
	}
	if !f.Time.Equal(day("2021-02-01 09:59:58")) || !f.TimeEnd.Equal(day("2021-02-01 10:04:00")) || f.Count != 4 || f.Acts != 3 {
		t.Errorf("from %v to %v, %d records, %d acts", f.Time, f.TimeEnd, f.Count, f.Acts)
	}
	if !slices.Equal(f.Accounts, []string{"ann", "bob"}) || !slices.Equal(f.Mailboxes, []string{"box@example.org"}) {
		t.Errorf("accounts %v, mailboxes %v", f.Accounts, f.Mailboxes)
	}
	if f.Confidence != casefile.High || fs[2].Confidence != casefile.Medium {
		t.Errorf("confidence %s of two sources, %s of one", f.Confidence, fs[2].Confidence)
	}
	if !slices.Equal(f.Attack, []string{"T1190"}) { // of the flaw, when the act has none
		t.Errorf("attack %v", f.Attack)
	}
	if len(f.Evidence) != 2 || f.Evidence[0].Kind != "front" || f.Evidence[1].Kind != "proxy" || f.Evidence[1].Raw == "" {
		t.Errorf("evidence %+v", f.Evidence)
	}
}

// A busy source must not push the others out of the evidence.
func TestEvidenceOfEachSource(t *testing.T) {
	t.Parallel()
	var dets []casefile.Detection
	for i := range 60 {
		dets = append(dets, seenBy("door/enter", "front", "192.0.2.1", day(t1).Add(time.Duration(i)*time.Minute).Format(time.DateTime)))
	}
	dets = append(dets, seenBy("door/enter", "proxy", "192.0.2.1", "2021-02-01 10:58:00"))
	fs := Correlate("MAIL", dets, mailer())
	if len(fs) != 1 || len(fs[0].Evidence) != casefile.MaxEvidence || fs[0].Count != 61 {
		t.Fatalf("%d findings, %d lines of evidence, %d records", len(fs), len(fs[0].Evidence), fs[0].Count)
	}
	e := fs[0].Evidence
	if !slices.ContainsFunc(e, func(e casefile.Evidence) bool { return e.Kind == "proxy" }) {
		t.Error("the proxy's line is not in the evidence")
	}
	if !slices.IsSortedFunc(e, func(a, b casefile.Evidence) int { return a.Time.Compare(b.Time) }) || !e[0].Time.Equal(day(t1)) {
		t.Error("evidence is not by time from the earliest")
	}
}

// The client that a finding of the shipped knowledge names, with the logs of a
// real request: front-end and back-end IIS, HttpProxy.
func TestCorrelateShipped(t *testing.T) {
	t.Parallel()
	const a = "203.0.113.5"
	fs := Correlate("MAIL", []casefile.Detection{
		seenBy("proxylogon/ssrf-config-read", "httpproxy", a, "2021-03-03 04:15:02", request("6f2c"), took("900ms")),
		seenBy("proxylogon/decoy-post", "iis-frontend", a, "2021-03-03 04:15:02", request("6f2c")),
		seenBy("proxylogon/backend-ecp", "ecp-server", "::1", "2021-03-03 04:15:01"),
		seenBy("proxylogon/named-shell", "iis-frontend", a, "2021-03-03 05:00:00", object("/aspnet_client/discover.aspx")),
		seenBy("webshell/used", "iis-frontend", "198.51.100.9", "2021-03-09 05:00:00", object("/aspnet_client/Discover.aspx")),
	}, shipped())
	var got []string
	for _, f := range fs {
		got = append(got, sum(f))
	}
	want := []string{
		"proxylogon/ssrf-config-read 203.0.113.5+::1 [ecp-server httpproxy iis-frontend] 3 records 1 acts",
		"proxylogon/named-shell 198.51.100.9+203.0.113.5 [iis-frontend] 2 records 1 acts",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Which of two rules names a finding must not depend on which was read first.
func TestRuleOfOneRecord(t *testing.T) {
	t.Parallel()
	a, b := seenBy("door/enter", "front", "192.0.2.1", t1, rule("rule-a")), seenBy("door/enter", "front", "192.0.2.1", t1, rule("rule-b"))
	x, y := Correlate("MAIL", []casefile.Detection{a, b}, mailer()), Correlate("MAIL", []casefile.Detection{b, a}, mailer())
	if !reflect.DeepEqual(x, y) || x[0].Rule != "rule-a" || len(x[0].Evidence) != 1 {
		t.Errorf("%+v\n%+v", x, y)
	}
}
