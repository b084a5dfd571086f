package main

import (
	"fmt"
	"slices"
	"time"

	"vigie/internal/casedir"
	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/internal/ledger"
)

// matrixColumns are the steps that an account of the case is asked for or that somebody recorded; all steps while there is no account.
func matrixColumns(steps []kb.AccountStep, d *casedir.Dir) []ledger.StepName {
	columns := []ledger.StepName{}
	for _, s := range steps {
		wanted := len(d.State.Accounts) == 0 || slices.ContainsFunc(d.State.Accounts, func(a ledger.Account) bool {
			_, done := a.Steps[s.ID]
			return done || a.Asked(s.ID)
		})
		if wanted {
			columns = append(columns, ledger.StepName{ID: s.ID, Title: s.Title})
		}
	}
	for _, s := range d.State.Steps { // of another knowledge
		if !slices.ContainsFunc(columns, func(c ledger.StepName) bool { return c.ID == s.ID }) {
			columns = append(columns, s)
		}
	}
	return columns
}

func tiersOf(d *casedir.Dir) []casefile.AccountTier {
	if d.Case.Accounts == nil {
		return []casefile.AccountTier{}
	}
	return d.Case.Accounts.Tiers
}

// mostReasons is how many accounts of one tier are named; the matrix above has all.
const mostReasons = 8

// accountReasons says why the accounts stand in this order.
func (t *terminal) accountReasons(d *casedir.Dir) {
	p := d.Case.Accounts
	if p == nil {
		return
	}
	fmt.Fprintln(t.out)
	for i, tier := range p.Tiers {
		fmt.Fprintf(t.out, "%d. %s. %s\n", i+1, shown(tier.Title.In(t.lang)), shown(tier.Why.In(t.lang)))
		var rows [][]string
		for _, m := range tier.Missing {
			rows = append(rows, []string{"   " + t.say(text{"aucun export ne les nomme", "no export names them"}), shown(m.Command)})
		}
		more := 0
		for j := range p.List {
			a := &p.List[j]
			if a.Tiers[0] != tier.ID {
				continue
			}
			if len(rows) == mostReasons {
				more++
				continue
			}
			rows = append(rows, []string{"   " + shown(a.Name()), t.accountReason(a)})
		}
		if more > 0 {
			rows = append(rows, []string{"   " + t.say(text{"et %d autres", "and %d more"}, more)})
		}
		t.table(rows)
	}
	for _, s := range p.Steps {
		if s.WaitHours > 0 {
			fmt.Fprintln(t.out, t.say(text{"%s : au moins %d h après %s. %s", "%s: at least %d h after %s. %s"}, shown(s.ID), s.WaitHours, shown(s.After), shown(s.Why.In(t.lang))))
		}
	}
}

var certaintyWords = map[casefile.Certainty]text{
	casefile.Certain: {"touché : certain", "touched: certain"}, casefile.Probable: {"touché : probable", "touched: probable"}, casefile.Possible: {"touché : possible", "touched: possible"},
}

// accountReason says in one line what speaks for an account.
func (t *terminal) accountReason(a *casefile.AccountTask) string {
	reason := ""
	if a.Certainty != "" {
		reason = t.say(certaintyWords[a.Certainty])
		if len(a.Answers) > 0 {
			reason += " (" + shown(a.Answers[0]) + ")"
		}
	}
	for _, f := range a.Facts {
		if reason != "" {
			reason += t.say(text{" ; ", "; "})
		}
		reason += t.say(accountFactWords[f.Kind])
		if f.Detail != "" {
			reason += " " + shown(f.Detail)
		}
	}
	return reason
}

// warnOfWait tells when a step is recorded before the time that it asks for after another one has passed. It is for people to know why.
func (t *terminal) warnOfWait(steps []kb.AccountStep, row *ledger.Account, e *ledger.AccountEvent) {
	i := slices.IndexFunc(steps, func(s kb.AccountStep) bool { return s.ID == e.Step })
	if i < 0 || steps[i].WaitHours == 0 || e.State != "done" {
		return
	}
	s := &steps[i]
	at := time.Now()
	if e.At != nil {
		at = *e.At
	}
	first, ok := row.Steps[s.After]
	if ok && first.State == "done" && first.At != nil && at.Sub(*first.At) >= time.Duration(s.WaitHours)*time.Hour {
		return
	}
	t.note(text{"attention : %s demande au moins %d h après %s. %s", "note: %s wants at least %d h after %s. %s"}, s.ID, s.WaitHours, s.After, s.Why.In(t.lang))
}
