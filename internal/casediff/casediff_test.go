package casediff

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/ledger"
)

func both(s string) casefile.Text { return casefile.Text{FR: s, EN: s} }

func sample() *casefile.Case {
	at := time.Date(2021, 3, 3, 5, 0, 0, 0, time.UTC)
	return &casefile.Case{
		Vigie: casefile.Program{Version: "1", Rules: casefile.RulePack{SHA256: "r1"}, Knowledge: casefile.Knowledge{Date: "2026-08-01"}},
		Hosts: []casefile.Host{{Name: "EX01", Build: "15.1.1", Verdict: casefile.Undetermined, Flaws: []casefile.FlawResult{
			{ID: "proxylogon", Verdict: casefile.Undetermined, Confidence: casefile.Low, StateNow: casefile.Exposed, Coverage: casefile.Coverage{Overall: 0.42}}}}},
		Findings: []casefile.Finding{{ID: "F-0001", Host: "EX01", Flaw: "proxylogon", Act: "ssrf", Time: at, TimeEnd: at, Title: both("probe")}},
		Actions:  []casefile.Action{{ID: "A-001", Host: "EX01", Title: both("ask for logs")}},
		Checks:   []casefile.Check{{ID: "tls", Host: "EX01", Result: casefile.NotMet, Title: both("TLS")}},
		Ledger:   casefile.Ledger{Items: []casefile.LedgerItem{{Path: "a", SHA256: "h1"}, {Path: "b", SHA256: "h2"}}},
	}
}

func lines(list []Change) (out []string) {
	for _, c := range list {
		out = append(out, strings.Join([]string{c.What, c.Host, c.Flaw, c.ID, c.Title.EN, c.From, c.To}, "|"))
	}
	return out
}

func TestSameCaseHasNoChange(t *testing.T) {
	t.Parallel()
	if list := Of(Side{Case: sample()}, Side{Case: sample()}); len(list) != 0 || list == nil {
		t.Errorf("%q", lines(list))
	}
}

func TestWhatChanged(t *testing.T) {
	t.Parallel()
	after := sample()
	h := &after.Hosts[0]
	h.Build = "15.1.2"
	h.Flaws[0].Verdict, h.Flaws[0].Confidence, h.Flaws[0].StateNow, h.Flaws[0].Coverage.Overall = casefile.Confirmed, casefile.High, casefile.Fixed, 0.93
	after.Hosts = append(after.Hosts, casefile.Host{Name: "EX02", Verdict: casefile.NoTrace})
	later := after.Findings[0].Time.Add(48 * time.Hour)
	after.Findings = append([]casefile.Finding{{ID: "F-0001", Host: "EX01", Flaw: "proxylogon", Act: "shell", Time: later, TimeEnd: later, Title: both("web shell")}}, after.Findings...)
	after.Findings[1].ID = "F-0002"
	after.Actions = []casefile.Action{{ID: "A-001", Host: "EX01", Title: both("rebuild")}}
	after.Checks[0].Result = casefile.Met
	after.Ledger.Items[0].SHA256 = "h3"
	after.Vigie.Rules.SHA256 = "r2"
	want := []string{
		"verdict|EX01|proxylogon|||undetermined|confirmed",
		"state|EX01|proxylogon|||exposed|fixed",
		"confidence|EX01|proxylogon|||low|high",
		"host-new|EX02|||||no-trace",
		"build|EX01||||15.1.1|15.1.2",
		"coverage|EX01|proxylogon|||0.42|0.93",
		"finding-new|EX01|proxylogon|F-0001|web shell||shell",
		"check|EX01||tls|TLS|not-met|met",
		"action-new|EX01||A-001|rebuild||planned",
		"action-gone|EX01||A-001|ask for logs|planned|",
		"evidence-new||||||1",
		"evidence-gone|||||1|",
		"rules|||||r1|r2",
	}
	if got := lines(Of(Side{Case: sample()}, Side{Case: after})); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	back := lines(Of(Side{Case: after}, Side{Case: sample()}))
	if !slices.Contains(back, "finding-gone|EX01|proxylogon|F-0001|web shell|shell|") || !slices.Contains(back, "host-gone|EX02||||no-trace|") {
		t.Errorf("the other way round: %q", back)
	}
}

func TestWhatPeopleDecided(t *testing.T) {
	t.Parallel()
	state := ledger.NewState()
	state.Findings = []ledger.FindingState{{Current: "F-0001", State: "false-positive"}}
	state.Verdicts = []ledger.Verdict{{Host: "EX01", Flaw: "proxylogon", Verdict: casefile.NoTrace}}
	state.Actions = []ledger.ActionRecord{{ID: "A-001", Target: "EX01", State: "done", Title: both("ask for logs")}}
	want := []string{"human-verdict|EX01|proxylogon||||no-trace", "finding-state|EX01|proxylogon|F-0001|probe||false-positive", "action-state|EX01||A-001|ask for logs|planned|done"}
	if got := lines(Of(Side{Case: sample()}, Side{Case: sample(), Ledger: state})); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
