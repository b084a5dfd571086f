package ledger

import (
	"testing"

	"vigie/internal/casefile"
)

func TestPlannedAccounts(t *testing.T) {
	t.Parallel()
	c := &casefile.Case{Accounts: &casefile.AccountPlan{Steps: []casefile.AccountPlanStep{{ID: "password"}, {ID: "rules"}},
		List: []casefile.AccountTask{{Account: "Eve", Kind: "admin", Steps: []string{"password"}}, {Account: "*", Host: "EX01", Kind: "all", Steps: []string{"password"}}}}}
	s := NewState()
	for _, v := range []AccountEvent{{Account: "bob"}, {Account: "eve", Step: "password", State: "done"}} {
		if err := s.addAccount(Stamp{Seq: 1, Author: "A"}, v); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // joining again changes nothing
		s.Join(c)
		if len(s.Accounts) != 3 || s.Accounts[0].Name != "eve" || s.Accounts[1].Name != "*@EX01" || s.Accounts[2].Name != "bob" || len(s.Steps) != 2 {
			t.Fatalf("%+v, steps %v", s.Accounts, s.Steps)
		}
	}
	if s.Accounts[0].Steps["password"].State != "done" || s.Row("EVE") == nil || s.Row("EVE").Asked("rules") || !s.Row("bob").Asked("rules") {
		t.Errorf("%+v", s.Accounts)
	}
	if err := s.addAccount(Stamp{Seq: 2, Author: "A"}, AccountEvent{Account: "*@EX01", Step: "rules", State: "done"}); err != nil {
		t.Fatal(err)
	}
	s.Join(&casefile.Case{}) // the plan names nobody any more: what people recorded stays
	if len(s.Accounts) != 3 || s.Accounts[1].Added.Seq != 2 || s.Accounts[1].Plan != nil || len(s.Steps) != 2 {
		t.Errorf("%+v, steps %v", s.Accounts, s.Steps)
	}
}

// An action keeps its record when the words of its title change: the step of the playbook names it.
func TestActionKeepsItsRecord(t *testing.T) {
	t.Parallel()
	action := func(id, title, step string) *casefile.Case {
		return &casefile.Case{Actions: []casefile.Action{{ID: id, Host: "EX01", Title: casefile.Text{FR: title, EN: title}, Step: step}}}
	}
	for _, c := range []struct {
		name string
		ref  PlanRef
		now  *casefile.Case
		kept bool
	}{
		{"another title, the same step", PlanRef{"EX01", "Old words", "s"}, action("A-009", "New words", "s"), true},
		{"an entry without a step", PlanRef{Host: "EX01", Title: "Old words"}, action("A-009", "Old words", "s"), true},
		{"another step with the same title", PlanRef{"EX01", "Old words", "s"}, action("A-009", "Old words", "other"), false},
		{"another host", PlanRef{"EX02", "Old words", "s"}, action("A-009", "Old words", "s"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := NewState()
			if err := s.addAction(Stamp{Seq: 1}, ActionEvent{ID: "A-001", State: "done", Plan: &c.ref, Target: c.ref.Host}); err != nil {
				t.Fatal(err)
			}
			s.Join(c.now)
			if kept := s.Actions[0].ID == "A-001" && s.Actions[0].PlanID == "A-009"; kept != c.kept {
				t.Errorf("%+v", s.Actions)
			}
		})
	}
}
