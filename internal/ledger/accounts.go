package ledger

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// joinAccounts puts the accounts of the plan in front, in its order, each with what people did for it. Accounts that only people named follow.
func (s *State) joinAccounts(c *casefile.Case) {
	s.Accounts = slices.DeleteFunc(s.Accounts, func(a Account) bool { return a.Added.Seq == 0 }) // of an earlier Join
	s.Steps = slices.DeleteFunc(s.Steps, func(n StepName) bool { return n.planned })
	for i := range s.Accounts {
		s.Accounts[i].Plan = nil
	}
	if c.Accounts != nil {
		s.planAccounts(c.Accounts)
	}
	s.byRow = map[string]int{}
	for i := range s.Accounts {
		s.byRow[s.Accounts[i].Name] = i
	}
}

// planAccounts joins the plan's accounts. People may write a name otherwise than the evidence does: case does not count.
func (s *State) planAccounts(p *casefile.AccountPlan) {
	rows := map[string]int{}
	for i := range s.Accounts {
		if low := strings.ToLower(s.Accounts[i].Name); rows[low] == 0 {
			rows[low] = i + 1
		}
	}
	var out []Account
	used := map[int]bool{}
	for i := range p.List {
		t := &p.List[i]
		row := Account{Name: t.Name(), Kind: t.Kind, Steps: map[string]AccountStep{}}
		if n := rows[strings.ToLower(t.Name())]; n > 0 && !used[n-1] {
			row, used[n-1] = s.Accounts[n-1], true
		}
		row.Plan = t
		out = append(out, row)
	}
	for i := range s.Accounts {
		if !used[i] {
			out = append(out, s.Accounts[i])
		}
	}
	s.Accounts = out
	for _, st := range p.Steps {
		if !slices.ContainsFunc(s.Steps, func(n StepName) bool { return n.ID == st.ID }) {
			s.Steps = append(s.Steps, StepName{ID: st.ID, Title: st.Title, planned: true})
		}
	}
}

// Row finds an account of the matrix by its name, case aside; nil when it is not there.
func (s *State) Row(name string) *Account {
	if i, ok := s.byRow[name]; ok {
		return &s.Accounts[i]
	}
	i := slices.IndexFunc(s.Accounts, func(a Account) bool { return strings.EqualFold(a.Name, name) })
	if i < 0 {
		return nil
	}
	return &s.Accounts[i]
}
