package export

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

// nasty is text that an attacker may write into a log.
const nasty = "=cmd|' /C calc'!A0 <script>alert(1)</script> \x1b[2J\u009b2J gpj\u202eexe\u2066 {{7*7}} \\input{x} 😀 مرحبا \u200b\x00|'] OR [x"

func both(s string) casefile.Text { return casefile.Text{FR: s, EN: s} }

// whole is a case with something of everything, whose texts of evidence are s.
func whole(s string) *casefile.Case {
	at := time.Date(2021, 3, 3, 5, 12, 1, 123456700, time.UTC)
	end := at.Add(2 * time.Hour)
	ref := casefile.Ref{Path: "bundle.zip!logs/" + s + ".log", Line: 40118, Offset: 812345, Record: 40114}
	hash := strings.Repeat("ab", 32)
	return &casefile.Case{
		Vigie: casefile.Program{Version: "1", Knowledge: casefile.Knowledge{Date: "2026-08-01"}},
		Hosts: []casefile.Host{{Name: "EX01" + s, Product: "Exchange Server 2016", Build: "15.1.2176.2", Verdict: casefile.Confirmed, StateNow: casefile.ToRebuild,
			Builds: []casefile.BuildSeen{{Build: "15.1.2176.2", Label: "CU19", First: at, Last: end, Source: "httpproxy", Ref: ref}},
			Flaws: []casefile.FlawResult{{ID: "proxylogon", Name: "ProxyLogon", CVEs: []string{"CVE-2021-26855", "CVE-2021-27065"}, Verdict: casefile.Confirmed, Confidence: casefile.High,
				Reasons: []string{"F-0001"}, Sentence: both("compromised"), Window: casefile.Window{From: at.Add(-time.Hour), To: end},
				Coverage: casefile.Coverage{Overall: 0.93, Threshold: 0.9, Sources: []casefile.SourceCoverage{{Kind: "httpproxy", Name: both("HttpProxy"), Required: true, First: &at, Last: &end, Covered: 0.93,
					Holes: []casefile.Span{{From: at, To: end}}}}}}}}},
		Findings: []casefile.Finding{
			{ID: "F-0001", Host: "EX01" + s, Flaw: "proxylogon", Act: "ssrf", Stage: casefile.Success, Weight: casefile.Proof, Rule: "r1", RuleVersion: "1", Time: at, TimeEnd: end, Confidence: casefile.High,
				Count: 12, Acts: 4, Title: both("SSRF " + s), Harmless: both("none"), Attack: []string{"T1190", "T1505.003"}, Sources: []string{"httpproxy"},
				Clients: []string{"203.0.113.45", "2001:db8::7", "10.0.0.5", "::1", s}, Accounts: []string{s}, Objects: []string{s},
				Evidence: []casefile.Evidence{{Ref: ref, Kind: "httpproxy", Rule: "r1", Time: at, SHA256: hash, Raw: s}, {Ref: ref, Kind: "httpproxy", Rule: "r1", SHA256: hash, Raw: "undated " + s, Cut: true}},
				Pages:    []casefile.Page{{Path: `c:\inetpub\` + s, URL: "/aspnet_client/" + s, SHA256: hash, Size: 4096, Written: &at, Seen: &end, FirstRequest: &at, Requests: 3, Commands: 2}}},
			{ID: "F-0002", Host: "EX01" + s, Flaw: "proxylogon", Stage: casefile.Attempt, Weight: casefile.None, Rule: "r2", Confidence: casefile.Low, Title: both("probe"), Clients: []string{"203.0.113.45"},
				Evidence: []casefile.Evidence{{Ref: casefile.Ref{Path: "x"}, Kind: "iis", Rule: "r2", Raw: s}}},
			{ID: "F-0003", Host: "EX02", Flaw: "webshell", Stage: casefile.StateSeen, Rule: "r3", Time: at, TimeEnd: at, Confidence: casefile.Medium, Count: 1, Title: both("a state"), Attack: []string{"T1505.003"}},
		},
		Touched: casefile.Touched{Accounts: []casefile.TouchedItem{{Name: s, Host: "EX01", Certainty: casefile.Certain, Why: both("why"), Findings: []string{"F-0001"}}}},
		Actions: []casefile.Action{{ID: "A-001", Priority: "now", Phase: "contain", Host: "EX01", Title: both("cut it off"), Answers: []string{"F-0001"}}},
		Gaps:    []casefile.Gap{{Code: "iis.fields.count", Path: s, Offset: 7, Detail: s}},
		Checks:  []casefile.Check{{ID: "tls", Host: "EX01", Severity: "high", Result: casefile.NotMet, Title: both("TLS")}},
		Ledger:  casefile.Ledger{Items: []casefile.LedgerItem{{Path: s, Kind: "iis", Size: 10, SHA256: hash, First: &at, Last: &end, Parsed: 10}}},
	}
}

// inputs are the cases that every format must hold, with and without a ledger.
func inputs(t *testing.T) map[string]Input {
	t.Helper()
	state := ledger.NewState()
	c := whole(nasty)
	at := time.Date(2021, 3, 4, 9, 0, 0, 0, time.UTC)
	state.Subject = ledger.Subject{CaseID: "case-7", TLP: "TLP:AMBER+STRICT"}
	state.Log = []ledger.LogEntry{{Stamp: ledger.Stamp{Seq: 3, Time: at, Author: "A. Martin"}, Text: "server cut off " + nasty}}
	state.History = []ledger.FindingState{{Stamp: ledger.Stamp{Seq: 4, Time: at, Author: "A. Martin"}, Finding: "F-0002", Current: "F-0002", State: "false-positive", Reason: nasty}}
	state.Findings = state.History
	return map[string]Input{
		"plain":       {Case: whole("plain"), Lang: "fr"},
		"hostile":     {Case: whole(nasty), Lang: "en"},
		"with ledger": {Case: c, Ledger: state, Lang: "en"},
		"empty":       {Case: &casefile.Case{Vigie: casefile.Program{Version: "1", Knowledge: casefile.Knowledge{Date: "2026-08-01"}}}, Lang: "fr"},
		"large text":  {Case: whole(strings.Repeat("é=", 1<<15)), Lang: "fr"},
	}
}

// inert checks that nothing in an export acts on a screen.
func inert(t *testing.T, name string, data []byte) {
	t.Helper()
	if !utf8.Valid(data) {
		t.Errorf("%s is no UTF-8", name)
	}
	for _, r := range string(data) {
		if r != '\n' && r != '\r' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Errorf("%s holds %U", name, r)
			return
		}
	}
	for line := range bytes.Lines(data) {
		if strings.HasSuffix(name, ".csv") && bytes.HasPrefix(line, []byte("=")) {
			t.Errorf("%s: a formula: %.60s", name, line)
		}
	}
}

func TestPrivateAddressesAndDismissedFindingsStayInTheHouse(t *testing.T) {
	t.Parallel()
	in := inputs(t)["with ledger"]
	for _, f := range []Format{MISP, STIX} {
		out := string(exported(t, f, in))
		if !strings.Contains(out, "203.0.113.45") || !strings.Contains(out, "2001:db8::7") || strings.Contains(out, "10.0.0.5") || strings.Contains(out, "::1'") || strings.Contains(out, "F-0002") {
			t.Errorf("%s: %s", f, out)
		}
		if !strings.Contains(strings.ToUpper(out), "TLP:AMBER+STRICT") {
			t.Errorf("%s does not say the sharing mark", f)
		}
	}
}

func TestObservablesHaveTheNameThatOthersGiveThem(t *testing.T) {
	t.Parallel()
	// What the library stix2 3.0 of OASIS gives them.
	b := &bundle{j: newJob(Input{Case: &casefile.Case{}}), seen: map[string]bool{}}
	if id := b.sco("ipv4-addr", object{"value": "198.51.100.3"}, nil); id != "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" {
		t.Error(id)
	}
	if id := b.sco("file", object{"hashes": object{"SHA-256": strings.Repeat("ab", 32)}, "name": "x"}, nil); id != "file--0e6cbce5-d7b0-5cd7-b9ac-7d57d0c8ae89" {
		t.Error(id)
	}
}

func TestUnknownFormat(t *testing.T) {
	t.Parallel()
	if err := Write(&bytes.Buffer{}, "xls", Input{Case: &casefile.Case{}}); err == nil {
		t.Error("no error")
	}
}
