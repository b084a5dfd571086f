package ledger

import (
	"testing"
	"time"

	"vigie/internal/casefile"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

var rule = casefile.Obligation{ID: "x", Deadlines: []casefile.Deadline{{ID: "early", Hours: 24}, {ID: "notice", Hours: 72}, {ID: "final", Months: 1, After: "notice"}}}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, start, early, notice, final string }{
		{"a working day", "2021-03-05T09:00:00+01:00", "2021-03-06T08:00:00Z", "2021-03-08T08:00:00Z", "2021-04-08T08:00:00Z"},
		{"over the change of clocks", "2021-03-27T12:00:00+01:00", "2021-03-28T11:00:00Z", "2021-03-30T11:00:00Z", "2021-04-30T11:00:00Z"},
		{"end of a long month before a short one", "2021-01-28T10:00:00Z", "2021-01-29T10:00:00Z", "2021-01-31T10:00:00Z", "2021-02-28T10:00:00Z"},
		{"before a leap day", "2024-01-27T10:00:00Z", "2024-01-28T10:00:00Z", "2024-01-30T10:00:00Z", "2024-02-29T10:00:00Z"},
		{"end of the year", "2021-12-28T23:30:00Z", "2021-12-29T23:30:00Z", "2021-12-31T23:30:00Z", "2022-01-31T23:30:00Z"},
	} {
		due := Deadlines(&rule, at(c.start))
		for i, want := range []string{c.early, c.notice, c.final} {
			if got := due[i].At.Format(time.RFC3339); got != want {
				t.Errorf("%s: %s due %s, want %s", c.name, due[i].Deadline.ID, got, want)
			}
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	f := newFile(t, 0)
	event := func(e ClockEvent) (*State, error) {
		return f.Change(func(tx *Tx) error { return tx.Append("a", KindClock, e) })
	}
	start, sent := at("2021-03-05T08:00:00Z"), at("2021-03-06T10:00:00Z")
	if _, err := event(ClockEvent{Clock: "x", State: "done"}); err == nil {
		t.Error("a clock that was never started is done")
	}
	if _, err := event(ClockEvent{Clock: "x", State: "running", At: &start}); err == nil {
		t.Error("a clock starts without its rule")
	}
	if _, err := event(ClockEvent{Clock: "x", State: "running", At: &start, Rule: &rule, DecidedBy: "d"}); err != nil {
		t.Fatal(err)
	}
	s, err := event(ClockEvent{Clock: "x", State: "done", At: &sent, Deadline: "notice", DecidedBy: "d"})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Clocks[0]
	if c.State != "running" || c.Due[1].Met == nil || c.Due[0].Met != nil || !c.Due[2].At.Equal(at("2021-04-06T10:00:00Z")) {
		t.Errorf("the month runs from when the notice was really sent: %+v", c.Due)
	}
	if !c.Due[0].Late(at("2021-03-06T08:00:01Z")) || c.Due[0].Late(at("2021-03-06T08:00:00Z")) || c.Due[1].Late(at("2022-01-01T00:00:00Z")) {
		t.Error("late, or not")
	}
	if s, err = event(ClockEvent{Clock: "x", State: "done", At: &sent, DecidedBy: "d"}); err != nil || s.Clocks[0].State != "done" || s.Clocks[0].Ended == nil {
		t.Errorf("%+v, %v", s.Clocks, err)
	}
	if s, err = event(ClockEvent{Clock: "x", State: "running", At: &sent, Rule: &rule}); err != nil || s.Clocks[0].State != "running" || s.Clocks[0].Due[1].Met != nil {
		t.Errorf("started again: %+v, %v", s.Clocks, err)
	}
}
