package main

import (
	"fmt"

	"vigie/internal/casefile"
)

var accountFactWords = map[casefile.AccountFactKind]text{
	casefile.RuleForwards:    {"règle de boîte qui transfère au dehors, supprime ou cache", "inbox rule that forwards outside, deletes or hides"},
	casefile.MailForwarded:   {"boîte transférée", "mailbox forwarded"},
	casefile.AppConsent:      {"application autorisée", "application consented to"},
	casefile.FullAccess:      {"boîte ouverte à un autre compte", "mailbox open to another account"},
	casefile.SensitiveRole:   {"rôle Exchange sensible", "sensitive Exchange role"},
	casefile.PrivilegedGroup: {"membre d’un groupe à privilèges", "member of a privileged group"},
	casefile.ServiceAccount:  {"compte de service", "service account"},
	casefile.NeverExpires:    {"mot de passe sans expiration", "password that never expires"},
	casefile.RemoteShell:     {"PowerShell à distance permis", "remote PowerShell allowed"},
	casefile.KerberosKey:     {"clé des tickets du domaine, datée du", "key of the domain's tickets, dated"},
}

// mostAccounts is how many facts of one kind the page shows; JSON has all.
const mostAccounts = 10

// accounts writes what exports show of accounts and mailboxes.
func (p *hardenPage) accounts(facts []casefile.AccountFact) {
	if len(facts) == 0 {
		return
	}
	fmt.Fprintln(p.w, p.t.say(text{"Comptes et boîtes à examiner", "Accounts and mailboxes to look at"}))
	for len(facts) > 0 {
		kind, n := facts[0].Kind, 1
		for n < len(facts) && facts[n].Kind == kind {
			n++
		}
		fmt.Fprintf(p.w, "  %s (%d)\n", p.t.say(accountFactWords[kind]), n)
		for _, f := range facts[:min(n, mostAccounts)] {
			p.field(visible(f.Account, false), fmt.Sprintf("%s  [%s]", f.Detail, f.Where))
		}
		if more := n - mostAccounts; more > 0 {
			p.field("", p.t.say(text{"et %d autres", "and %d more"}, more))
		}
		facts = facts[n:]
	}
	fmt.Fprintln(p.w)
}
