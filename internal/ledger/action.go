package ledger

import (
	"fmt"
	"slices"

	"vigie/internal/casefile"
)

func (s *State) addAction(st Stamp, v ActionEvent) error {
	s.keep(v.Proof...)
	i, ok := s.byAction[v.ID]
	if !ok {
		i = len(s.Actions)
		s.byAction[v.ID] = i
		s.Actions = append(s.Actions, ActionRecord{ID: v.ID, Planned: st})
	}
	a := &s.Actions[i]
	a.Events = append(a.Events, ActionStamp{st, v})
	at := v.At
	if at == nil {
		at = &st.Time
	}
	by := v.By
	if by == "" && v.Measured == nil {
		by = st.Author
	}
	switch v.State {
	case "planned":
	case "checked":
		a.CheckedAt, a.CheckedBy = at, by
		if a.DoneAt == nil {
			a.DoneAt, a.By = at, by
		}
	case "done", "failed", "abandoned":
		if v.Measured == nil || !a.Done() { // a measurement proves what a person did, and takes nothing of it
			a.DoneAt, a.By = at, by
		}
	default:
		return fmt.Errorf("unknown state %.40q", v.State)
	}
	if v.Measured == nil || a.State != "checked" {
		a.State = v.State
	}
	if v.Title != (casefile.Text{}) {
		a.Title = v.Title
	}
	if v.Why != "" {
		a.Why = casefile.Text{FR: v.Why, EN: v.Why}
	}
	set(&a.Phase, v.Phase)
	set(&a.Target, v.Target)
	set(&a.ApprovedBy, v.ApprovedBy)
	set(&a.Result, v.Result)
	set(&a.Before, v.Before)
	set(&a.After, v.After)
	if v.Answers != nil {
		a.Answers = v.Answers
	}
	if v.Reversible != nil {
		a.Reversible = v.Reversible
	}
	a.Proof = append(a.Proof, v.Proof...)
	a.Hours += v.Hours
	if v.Measured != nil {
		a.Measured = append(a.Measured, *v.Measured)
	}
	return nil
}

func set(to *string, v string) {
	if v != "" {
		*to = v
	}
}

// plan is the plan's action that the record is about, nil for a person's own.
func (a *ActionRecord) plan() *PlanRef {
	for i := range a.Events {
		if p := a.Events[i].Plan; p != nil {
			return p
		}
	}
	return nil
}

// joinPlan puts the plan of the case in front, each action with what people did about it. The order and the words are the plan's.
func (s *State) joinPlan(c *casefile.Case) {
	s.Actions = slices.DeleteFunc(s.Actions, func(a ActionRecord) bool { return len(a.Events) == 0 }) // of an earlier Join
	touched := map[PlanRef]int{}
	for i := range s.Actions {
		if p := s.Actions[i].plan(); p != nil {
			touched[p.key()] = i
		}
	}
	s.byAction = map[string]int{}
	for i := range s.Actions {
		s.byAction[s.Actions[i].ID] = i
	}
	var out []ActionRecord
	used := map[int]bool{}
	for i := range c.Actions {
		p := &c.Actions[i]
		r := ActionRecord{ID: p.ID, State: "planned"}
		j, ok := touched[RefTo(p).key()]
		if !ok {
			j, ok = touched[PlanRef{Host: p.Host, Title: p.Title.EN}]
		}
		if ok && !used[j] {
			r, used[j] = s.Actions[j], true
		} else if _, taken := s.byAction[p.ID]; taken {
			r.ID = s.freeID(p.ID, c)
		}
		r.PlanID, r.Priority, r.Phase, r.Target, r.Title, r.Why, r.Check = p.ID, p.Priority, p.Phase, p.Host, p.Title, p.Why, p.Check
		r.Answers = p.Answers
		r.Step, r.Who, r.Effort, r.Breaks, r.Checks = p.Step, p.Who, p.Effort, p.Breaks, p.Checks
		out = append(out, r)
	}
	for i := range s.Actions {
		if !used[i] {
			out = append(out, s.Actions[i])
		}
	}
	s.Actions = out
	s.byAction = map[string]int{}
	for i := range out {
		s.byAction[out[i].ID] = i
	}
}

// freeID gives a plan's action an id when a record of an older plan has taken its own: A-003b.
func (s *State) freeID(id string, c *casefile.Case) string {
	for l := 'b'; ; l++ {
		free := id + string(l)
		if _, taken := s.byAction[free]; !taken || l == 'z' {
			return free
		}
	}
}

// Action finds a record of a joined state by its id, nil when there is none.
func (s *State) Action(id string) *ActionRecord {
	if i, ok := s.byAction[id]; ok {
		return &s.Actions[i]
	}
	return nil
}
