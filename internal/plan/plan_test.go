package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/knowledge"
)

// step makes a step whose title is its id.
func step(id, phase, priority string, when kb.Condition) kb.Step {
	t := casefile.Text{FR: id, EN: id}
	return kb.Step{ID: id, Phase: phase, Priority: priority, Title: t, Why: t, Check: t, When: when}
}

// sight is a case with a compromised and an unharmed host.
func sight() *casefile.Case {
	at := time.Date(2021, 2, 1, 0, 0, 0, 0, time.UTC)
	source := func(kind string, seen bool, holes ...casefile.Span) casefile.SourceCoverage {
		s := casefile.SourceCoverage{Kind: kind, Required: true, Holes: holes}
		if seen {
			s.First, s.Last = &at, &at
		}
		return s
	}
	return &casefile.Case{
		Hosts: []casefile.Host{
			{Name: "MAIL", Flaws: []casefile.FlawResult{
				{ID: "door", Verdict: casefile.Confirmed, StateNow: casefile.ToRebuild, Reasons: []string{"F-0002", "F-0001"},
					Coverage: casefile.Coverage{Sources: []casefile.SourceCoverage{source("front", true), source("proxy", true, casefile.Span{From: at, To: at.Add(time.Hour)})}}},
				{ID: "side", Verdict: casefile.Undetermined, StateNow: casefile.Exposed, Reasons: []string{"F-0003"},
					Coverage: casefile.Coverage{Sources: []casefile.SourceCoverage{source("front", true), source("back", false)}}}}},
			{Name: "WEB", Flaws: []casefile.FlawResult{{ID: "door", Verdict: casefile.NoTrace, StateNow: casefile.Fixed, Reasons: []string{},
				Coverage: casefile.Coverage{Sources: []casefile.SourceCoverage{source("front", true)}}}}},
			{Name: "NONE"},
		},
		Findings: []casefile.Finding{
			{ID: "F-0001", Host: "MAIL", Flaw: "door", Act: "enter"}, {ID: "F-0002", Host: "MAIL", Flaw: "door", Act: "enter"},
			{ID: "F-0003", Host: "MAIL", Flaw: "side", Act: "try"}, {ID: "F-0004", Host: "NONE", Flaw: "side", Act: "try"}},
		Touched: casefile.Touched{Mailboxes: []casefile.TouchedItem{{Name: "box", Host: "mail"}}, Machines: []casefile.TouchedItem{{Name: "WEB", Host: "WEB"}}},
	}
}

// told lists actions: "host id [answers] flaws".
func told(as []casefile.Action) (out []string) {
	for _, a := range as {
		out = append(out, fmt.Sprintf("%s %s [%s]", a.Host, a.Title.EN, strings.Join(a.Answers, " ")))
	}
	return out
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		when  kb.Condition
		want  []string
		flaws string // of the first action
	}{
		{"a verdict", kb.Condition{Verdict: []casefile.Verdict{casefile.Confirmed}}, []string{"MAIL step [F-0001 F-0002]"}, "door"},
		{"one of two verdicts: one action, the findings of both", kb.Condition{Verdict: []casefile.Verdict{casefile.Confirmed, casefile.Undetermined}}, []string{"MAIL step [F-0001 F-0002 F-0003]"}, "door side"},
		{"a verdict that no flaw has", kb.Condition{Verdict: []casefile.Verdict{casefile.Suspected}}, nil, ""},
		{"a state", kb.Condition{State: []casefile.State{casefile.Exposed}}, []string{"MAIL step [F-0003]"}, "side"},
		{"verdict and state must be of one flaw", kb.Condition{Verdict: []casefile.Verdict{casefile.Confirmed}, State: []casefile.State{casefile.Exposed}}, nil, ""},
		{"verdict and state of one flaw", kb.Condition{Verdict: []casefile.Verdict{casefile.Undetermined}, State: []casefile.State{casefile.Exposed}}, []string{"MAIL step [F-0003]"}, "side"},
		{"a flaw, on each host that has it", kb.Condition{Flaw: []string{"door"}}, []string{"MAIL step [F-0001 F-0002]", "WEB step []"}, "door"},
		{"a flaw with a verdict", kb.Condition{Flaw: []string{"door"}, Verdict: []casefile.Verdict{casefile.NoTrace}}, []string{"WEB step []"}, "door"},
		{"an act answers with its own findings", kb.Condition{Act: []string{"side/try"}, Verdict: []casefile.Verdict{casefile.Confirmed}}, []string{"MAIL step [F-0003]"}, "door"},
		{"one of two acts", kb.Condition{Act: []string{"side/none", "door/enter"}, Flaw: []string{"door"}}, []string{"MAIL step [F-0001 F-0002]"}, "door"},
		{"an act that nobody did", kb.Condition{Act: []string{"door/none"}}, nil, ""},
		{"a source with a hole", kb.Condition{Missing: []string{"proxy"}}, []string{"MAIL step [F-0001 F-0002]"}, "door"},
		{"a source that is not there", kb.Condition{Missing: []string{"back"}}, []string{"MAIL step [F-0003]"}, "side"},
		{"a source that is whole", kb.Condition{Missing: []string{"front"}}, nil, ""},
		{"touched mailboxes, the host's name in small letters", kb.Condition{Touched: []string{"mailbox"}, Verdict: []casefile.Verdict{casefile.Confirmed}}, []string{"MAIL step [F-0001 F-0002]"}, "door"},
		{"touched on another host only", kb.Condition{Touched: []string{"machine"}, Verdict: []casefile.Verdict{casefile.Confirmed}}, nil, ""},
		{"one of two kinds touched", kb.Condition{Touched: []string{"account", "machine"}, Flaw: []string{"door"}}, []string{"WEB step []"}, "door"},
		{"nothing of that kind touched", kb.Condition{Touched: []string{"account", "data"}, Flaw: []string{"door"}}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := For(sight(), &kb.KB{Playbook: []kb.Step{step("step", "contain", "now", c.when)}})
			if !slices.Equal(told(got), c.want) {
				t.Errorf("%q, want %q", told(got), c.want)
			}
			if len(got) > 0 && strings.Join(got[0].Flaws, " ") != c.flaws {
				t.Errorf("for %v, want %s", got[0].Flaws, c.flaws)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	both := kb.Condition{Flaw: []string{"door"}}
	k := &kb.KB{Playbook: []kb.Step{
		step("later-harden", "harden", "later", both), step("now-restore", "restore", "now", both), step("month-preserve", "preserve", "30-days", both),
		step("now-preserve", "preserve", "now", both), step("now-preserve-too", "preserve", "now", both), step("now-contain", "contain", "now", both),
		step("quarter-evict", "evict", "90-days", both)}}
	got := For(sight(), k)
	var titles []string
	for i, a := range got {
		if want := fmt.Sprintf("A-%03d", i+1); a.ID != want {
			t.Errorf("action %d is %s", i, a.ID)
		}
		if a.Host == "MAIL" {
			titles = append(titles, a.Title.EN)
		}
	}
	want := []string{"now-preserve", "now-preserve-too", "now-contain", "now-restore", "month-preserve", "quarter-evict", "later-harden"}
	if !slices.Equal(titles, want) || len(got) != 2*len(want) {
		t.Errorf("%v, want %v", titles, want)
	}
	if got[0].Host != "MAIL" || got[2].Host != "WEB" { // in one phase the worse host comes first
		t.Errorf("%q", told(got)[:4])
	}
}

func TestEmptyPlan(t *testing.T) {
	t.Parallel()
	got := For(&casefile.Case{}, &kb.KB{Playbook: []kb.Step{step("s", "contain", "now", kb.Condition{Flaw: []string{"door"}})}})
	if b, _ := json.Marshal(got); string(b) != "[]" {
		t.Errorf("%s", b)
	}
}

// What ships: a compromised server gets every phase, one that shows nothing is
// told to preserve nothing; words of phases and priorities are those of the order.
func TestShippedPlaybook(t *testing.T) {
	t.Parallel()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range k.Playbook {
		if !slices.Contains(Phases, s.Phase) || !slices.Contains(Priorities, s.Priority) {
			t.Errorf("%s: phase %q, priority %q", s.ID, s.Phase, s.Priority)
		}
	}
	one := func(v casefile.Verdict, st casefile.State) []casefile.Action {
		return For(&casefile.Case{Hosts: []casefile.Host{{Name: "MAIL", Flaws: []casefile.FlawResult{{ID: "proxylogon", Verdict: v, StateNow: st, Reasons: []string{}}}}}}, k)
	}
	phases := map[string]bool{}
	got := one(casefile.Confirmed, casefile.ToRebuild)
	for i, a := range got {
		phases[a.Phase] = true
		if i > 0 && slices.Index(Priorities, a.Priority) < slices.Index(Priorities, got[i-1].Priority) {
			t.Errorf("%s (%s) comes after %s", a.ID, a.Priority, got[i-1].Priority)
		}
	}
	if len(phases) != len(Phases) || got[0].Phase != "preserve" || got[0].Priority != "now" {
		t.Errorf("phases %v, first %s %s", phases, got[0].Phase, got[0].Title.EN)
	}
	for _, a := range one(casefile.NoTrace, casefile.Fixed) {
		if a.Phase == "preserve" || a.Phase == "evict" {
			t.Errorf("nothing found, yet: %s", a.Title.EN)
		}
	}
}
