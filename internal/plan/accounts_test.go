package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/knowledge"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	host := func(v casefile.Verdict, s casefile.State) []casefile.Host {
		return []casefile.Host{{Name: "EX01.corp.example", Verdict: v, Flaws: []casefile.FlawResult{{ID: "proxylogon", Verdict: v, StateNow: s}}}}
	}
	fact := func(kind casefile.AccountFactKind, account, detail string) casefile.AccountFact {
		return casefile.AccountFact{Kind: kind, Account: account, Detail: detail}
	}
	touched := func(name string, sure casefile.Certainty) casefile.TouchedItem {
		return casefile.TouchedItem{Name: name, Host: "EX01.corp.example", Certainty: sure, Findings: []string{"F-0001"}}
	}
	for _, c := range []struct {
		name string
		c    casefile.Case
		want []string // account kind: steps
	}{
		{"nothing found, nothing exported", casefile.Case{Hosts: host(casefile.NoTrace, casefile.Fixed)}, nil},
		{"administrators wait for a reason", casefile.Case{Hosts: host(casefile.NoTrace, casefile.Fixed), AccountFacts: []casefile.AccountFact{fact(casefile.PrivilegedGroup, "eve", "Domain Admins")}}, nil},
		{"a rule needs no incident", casefile.Case{Hosts: host(casefile.NoTrace, casefile.Fixed), AccountFacts: []casefile.AccountFact{fact(casefile.RuleForwards, "a@corp.example", "out")}},
			[]string{"a@corp.example mailbox: password sessions rules"}},
		{"privileged first, then the key, machines, services, those touched by certainty, everybody", casefile.Case{Hosts: host(casefile.Confirmed, casefile.ToRebuild),
			Touched: casefile.Touched{Accounts: []casefile.TouchedItem{touched("zoe", casefile.Certain), touched("al", casefile.Possible), touched("*", casefile.Certain), touched("EX01$", casefile.Certain)}},
			AccountFacts: []casefile.AccountFact{fact(casefile.PrivilegedGroup, "eve", "Domain Admins"), fact(casefile.PrivilegedGroup, "org", "organization management"),
				fact(casefile.ServiceAccount, "svc", "MSSQL/x"), fact(casefile.AppConsent, "*", "app-3: Mail.Read")}},
			[]string{"org admin: password sessions mfa groups", "eve admin: password sessions mfa groups", "krbtgt key: krbtgt-first krbtgt-second", "EX01$ machine: machine-secret",
				"svc service: groups service-secret", "app-3 application: consents", "zoe user: password sessions mfa rules forwarding delegates consents devices",
				"al user: password sessions mfa rules forwarding delegates consents devices", "*@EX01.corp.example all: password mfa"}},
		{"one account under two names", casefile.Case{Hosts: host(casefile.Suspected, casefile.Exposed), Touched: casefile.Touched{Accounts: []casefile.TouchedItem{touched(`CORP\eve`, casefile.Probable)}},
			AccountFacts: []casefile.AccountFact{fact(casefile.PrivilegedGroup, "CN=Eve,OU=x,DC=corp", "Domain Admins")}},
			[]string{"CN=Eve,OU=x,DC=corp admin: password sessions mfa rules forwarding delegates consents devices groups"}},
		{"two domains are two accounts", casefile.Case{Hosts: host(casefile.Suspected, casefile.Exposed),
			Touched: casefile.Touched{Mailboxes: []casefile.TouchedItem{touched("a@one.example", casefile.Certain), touched("a@two.example", casefile.Certain)}}},
			[]string{"a@one.example user: password sessions mfa rules forwarding delegates consents devices", "a@two.example user: password sessions mfa rules forwarding delegates consents devices"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			p := Accounts(&c.c, k)
			if p != nil {
				for i, a := range p.List {
					if a.Rank != i+1 || a.Answers == nil {
						t.Errorf("%+v", a)
					}
					got = append(got, fmt.Sprintf("%s %s: %s", a.Name(), a.Kind, strings.Join(a.Steps, " ")))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
		})
	}
	p := Accounts(&casefile.Case{Hosts: host(casefile.Confirmed, casefile.ToRebuild)}, k)
	if p.Tiers[0].ID != "exchange-admins" || len(p.Tiers[0].Missing) == 0 {
		t.Errorf("no export of administrators, and it is not told: %+v", p.Tiers[0])
	}
	if i := slices.IndexFunc(p.Steps, func(s casefile.AccountPlanStep) bool { return s.ID == "krbtgt-second" }); p.Steps[i].WaitHours < 10 || p.Steps[i].After != "krbtgt-first" {
		t.Errorf("%+v", p.Steps[i])
	}
}

func TestAccountsBound(t *testing.T) {
	t.Parallel()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	c := casefile.Case{}
	for i := range casefile.MaxAccountTasks + 7 {
		c.Touched.Accounts = append(c.Touched.Accounts, casefile.TouchedItem{Name: fmt.Sprint("u", i), Host: "H"})
	}
	if p := Accounts(&c, k); len(p.List) != casefile.MaxAccountTasks || p.More != 7 {
		t.Errorf("%d and %d more", len(p.List), p.More)
	}
}
