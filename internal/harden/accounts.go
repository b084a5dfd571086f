package harden

import (
	"cmp"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

// accountKeys are the keys from which facts about accounts are made, besides those of derivedFrom.
var accountKeys = []string{
	"exchange.mailbox.forwardingsmtpaddress", "exchange.mailbox.forwardingaddress",
	"exchange.mailbox-permission.user", "exchange.mailbox-permission.accessrights", "exchange.mailbox-permission.deny",
	"ad.user.enabled", "ad.user.passwordneverexpires", "ad.user.serviceprincipalname", "ad.user.passwordlastset",
	"entra.consent.scope", "entra.consent.consenttype", "entra.consent.principalid",
}

// Accounts says what the settings of an organisation, with those that Derive added, tell about accounts and mailboxes: by kind, account, detail.
func (r *Rules) Accounts(list []inventory.Setting) []casefile.AccountFact {
	d := deriver{words: &r.h.Words, list: list, byKey: map[string][]inventory.Setting{}}
	for _, s := range list {
		d.byKey[s.Key] = append(d.byKey[s.Key], s)
	}
	counts := map[casefile.AccountFactKind]int{}
	seen := map[casefile.AccountFact]bool{}
	var out []casefile.AccountFact
	add := func(kind casefile.AccountFactKind, account, detail, where string) {
		f := casefile.AccountFact{Kind: kind, Account: account, Detail: detail, Where: where}
		if account == "" || seen[f] || counts[kind] >= casefile.MaxAccountFacts {
			return
		}
		seen[f] = true
		counts[kind]++
		out = append(out, f)
	}
	for _, s := range d.byKey["exchange.inbox-rule.suspicious"] {
		if s.Value == "1" {
			mailbox, rule, _ := strings.Cut(s.Subject, ": ")
			add(casefile.RuleForwards, mailbox, rule, s.Where)
		}
	}
	for _, key := range []string{"exchange.mailbox.forwardingsmtpaddress", "exchange.mailbox.forwardingaddress"} {
		for _, s := range d.byKey[key] {
			if s.Value != "" {
				add(casefile.MailForwarded, s.Subject, s.Value, s.Where)
			}
		}
	}
	d.consents(add)
	d.fullAccess(add)
	for _, s := range d.byKey["exchange.role-assignment.direct-sensitive"] {
		if s.Value == "1" {
			who, role, _ := strings.Cut(s.Subject, ": ")
			add(casefile.SensitiveRole, who, role, s.Where)
		}
	}
	for _, s := range d.byKey["ad.group-member.member"] {
		if is(d.words.PrivilegedGroups, s.Subject) {
			add(casefile.PrivilegedGroup, s.Value, s.Subject, s.Where)
		}
	}
	d.directory(add)
	for _, s := range d.byKey["exchange.user.nonadmin-remotepowershell"] {
		if s.Value == "1" {
			add(casefile.RemoteShell, s.Subject, "", s.Where)
		}
	}
	slices.SortStableFunc(out, func(a, b casefile.AccountFact) int {
		return cmp.Or(cmp.Compare(slices.Index(casefile.AccountFactKinds, a.Kind), slices.Index(casefile.AccountFactKinds, b.Kind)), strings.Compare(a.Account, b.Account),
			strings.Compare(a.Detail, b.Detail), strings.Compare(a.Where, b.Where))
	})
	return out
}

type adder func(kind casefile.AccountFactKind, account, detail, where string)

// consents finds applications that may read mail or files, or that an administrator let act for everybody.
func (d *deriver) consents(add adder) {
	kind, who := byPlace(d.byKey["entra.consent.consenttype"]), byPlace(d.byKey["entra.consent.principalid"])
	for _, s := range d.byKey["entra.consent.scope"] {
		all := strings.EqualFold(kind[s.Where], "AllPrincipals")
		mail := slices.ContainsFunc(strings.Fields(strings.ToLower(s.Value)), func(scope string) bool {
			return slices.ContainsFunc(d.words.MailScopes, func(m string) bool { return strings.HasPrefix(scope, m) })
		})
		if !mail && !all {
			continue
		}
		account := who[s.Where]
		if all || account == "" {
			account = "*"
		}
		add(casefile.AppConsent, account, s.Subject+": "+strings.TrimSpace(s.Value), s.Where)
	}
}

// fullAccess finds who may open the mailbox of somebody else. Entries of the system and of Exchange's own groups are how the product works.
func (d *deriver) fullAccess(add adder) {
	who, deny := byPlace(d.byKey["exchange.mailbox-permission.user"]), byPlace(d.byKey["exchange.mailbox-permission.deny"])
	for _, s := range d.byKey["exchange.mailbox-permission.accessrights"] {
		user := who[s.Where]
		low := strings.ToLower(user)
		if !strings.Contains(s.Value, "FullAccess") || strings.EqualFold(deny[s.Where], "true") || strings.HasPrefix(low, `nt authority\`) || strings.HasPrefix(low, "s-1-5-18") ||
			strings.HasSuffix(low, `\exchange trusted subsystem`) || strings.HasSuffix(low, `\exchange servers`) {
			continue
		}
		add(casefile.FullAccess, s.Subject, user, s.Where)
	}
}

// directory finds accounts that an intruder keeps or attacks: with a service principal name, with a password that never expires, and krbtgt.
func (d *deriver) directory(add adder) {
	enabled, set := byPlace(d.byKey["ad.user.enabled"]), byPlace(d.byKey["ad.user.passwordlastset"])
	for _, s := range d.byKey["ad.user.serviceprincipalname"] {
		if s.Value != "" && !strings.EqualFold(s.Subject, "krbtgt") && !strings.EqualFold(enabled[s.Where], "false") {
			add(casefile.ServiceAccount, s.Subject, s.Value, s.Where)
		}
	}
	for _, s := range d.byKey["ad.user.passwordneverexpires"] {
		if strings.EqualFold(s.Value, "true") && !strings.EqualFold(enabled[s.Where], "false") {
			add(casefile.NeverExpires, s.Subject, set[s.Where], s.Where)
		}
	}
	for _, s := range d.byKey["ad.user.passwordlastset"] {
		if strings.HasPrefix(strings.ToLower(s.Subject), "krbtgt") {
			add(casefile.KerberosKey, s.Subject, s.Value, s.Where)
		}
	}
}
