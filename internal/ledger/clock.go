package ledger

import (
	"fmt"
	"time"

	"vigie/internal/casefile"
)

func (s *State) addClock(st Stamp, v ClockEvent) error {
	s.keep(v.Proof...)
	at := st.Time
	if v.At != nil {
		at = v.At.UTC()
	}
	i := -1
	for j := range s.Clocks {
		if s.Clocks[j].ID == v.Clock {
			i = j
		}
	}
	if v.State == "running" {
		if v.Rule == nil {
			return fmt.Errorf("clock %.40q starts without its rule", v.Clock)
		}
		c := Clock{ID: v.Clock, Rule: *v.Rule, State: "running", Started: st, Start: at, Reason: v.Reason, DecidedBy: v.DecidedBy}
		c.Due = Deadlines(&c.Rule, at)
		if i < 0 {
			s.Clocks = append(s.Clocks, c)
		} else {
			s.Clocks[i] = c // started again: a person corrected its beginning
		}
		return nil
	}
	if i < 0 {
		return fmt.Errorf("clock %.40q was never started", v.Clock)
	}
	c := &s.Clocks[i]
	switch v.State {
	case "stopped":
		c.State, c.Ended = "stopped", &ClockEnd{st, at, v.Reason, v.DecidedBy}
	case "done":
		open := 0
		for j := range c.Due {
			d := &c.Due[j]
			if d.Met == nil && (v.Deadline == "" || v.Deadline == d.Deadline.ID) {
				d.Met, d.MetBy, d.Reason, d.Proof = &at, v.DecidedBy, v.Reason, v.Proof
				c.follow(d)
			}
			if d.Met == nil {
				open++
			}
		}
		if open == 0 {
			c.State, c.Ended = "done", &ClockEnd{st, at, v.Reason, v.DecidedBy}
		}
	default:
		return fmt.Errorf("unknown state %.40q", v.State)
	}
	return nil
}

// follow moves the deadlines that run from one that was met: they count from the real time.
func (c *Clock) follow(met *Due) {
	for i := range c.Due {
		if d := &c.Due[i]; d.Deadline.After == met.Deadline.ID && d.Deadline.After != "" && d.Met == nil {
			d.At = after(*met.Met, d.Deadline)
		}
	}
}

// Deadlines computes when the deadlines of a rule are due. Hours are hours of the clock, weekends included, counted from the start to
// the minute: never later than a rule that leaves out the first hour that has begun. One that runs from another deadline counts from that
// one's own due time until it is met.
func Deadlines(rule *casefile.Obligation, start time.Time) []Due {
	due := make([]Due, 0, len(rule.Deadlines))
	at := map[string]time.Time{}
	for _, d := range rule.Deadlines {
		from := start
		if t, ok := at[d.After]; ok && d.After != "" {
			from = t
		}
		t := after(from, d)
		at[d.ID] = t
		due = append(due, Due{Deadline: d, At: t})
	}
	return due
}

// after adds the time of a deadline. A month ends on the same day of the next, or on its last day: 31 January gives 28 February.
func after(t time.Time, d casefile.Deadline) time.Time {
	t = t.UTC().Add(time.Duration(d.Hours) * time.Hour)
	if d.Months == 0 {
		return t
	}
	day := t.Day()
	first := t.AddDate(0, 0, 1-day).AddDate(0, d.Months, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last)-1)
}

// Late tells whether a deadline passed without being met.
func (d *Due) Late(now time.Time) bool {
	if d.Met != nil {
		return d.Met.After(d.At)
	}
	return now.After(d.At)
}
