package harden

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/settings"
)

// Some facts join several settings, or the settings with the table of builds. They are made settings of their own, so that a check is a comparison
// all the same: each says in its place from which export it was made.

// derivedFrom are the keys that the derived settings need besides those that checks name.
var derivedFrom = []string{
	"exchange.auth-config.currentcertificatethumbprint", "exchange.certificate.notafter",
	"exchange.user.remotepowershellenabled", "exchange.user.samaccountname", "ad.group-member.member",
	"exchange.receive-connector.permissiongroups", "exchange.receive-connector.remoteipranges", "exchange.receive-connector.transportrole",
	"exchange.role-assignment.role", "exchange.role-assignment.roleassigneetype", "exchange.role-assignment.roleassigneename", "exchange.role-assignment.roleassignmentdelegationtype",
	"exchange.accepted-domain.domainname",
	"ad.domain-acl.activedirectoryrights", "ad.domain-acl.accesscontroltype", "ad.domain-acl.propagationflags",
	"exchange.inbox-rule.enabled", "exchange.inbox-rule.forwardto", "exchange.inbox-rule.forwardasattachmentto", "exchange.inbox-rule.redirectto",
	"exchange.inbox-rule.deletemessage", "exchange.inbox-rule.movetofolder", "exchange.inbox-rule.markasread", "exchange.inbox-rule.name", "exchange.inbox-rule.mailbox",
}

// derivedKinds are kinds of export whose presence the derived settings need.
var derivedKinds = []string{"exchange.user", "ad.group-member", "exchange.receive-connector", "exchange.role-assignment", "exchange.inbox-rule", "exchange.auth-config",
	"exchange.certificate", "ad.domain-acl"}

// Derive adds to the settings of a server what they show together.
func (r *Rules) Derive(list []inventory.Setting, host string) []inventory.Setting {
	d := deriver{words: &r.h.Words, list: list, host: host, kinds: map[string]string{}, byKey: map[string][]inventory.Setting{}}
	for _, s := range list {
		if kind, ok := strings.CutPrefix(s.Key, settings.ExportPrefix); ok && d.kinds[kind] == "" {
			d.kinds[kind] = s.Where
		}
		d.byKey[s.Key] = append(d.byKey[s.Key], s)
	}
	d.authCertificate()
	d.remotePowerShell()
	d.openConnectors()
	d.sensitiveRoles()
	d.inboxRules()
	d.domainRights()
	return d.list
}

type deriver struct {
	words *kb.HardeningWords
	list  []inventory.Setting
	host  string
	kinds map[string]string
	byKey map[string][]inventory.Setting
}

func (d *deriver) add(key, subject, value, where string, at time.Time) {
	d.list = append(d.list, inventory.Setting{Key: key, Subject: subject, Value: value, Where: where, Host: d.host, Time: at})
}

// authCertificate finds the certificate that the organisation authenticates with.
func (d *deriver) authCertificate() {
	for _, s := range d.byKey["exchange.auth-config.currentcertificatethumbprint"] {
		for _, c := range d.byKey["exchange.certificate.notafter"] {
			if s.Value != "" && strings.EqualFold(c.Subject, s.Value) {
				d.add("exchange.auth-certificate.notafter", c.Subject, c.Value, c.Where, c.Time)
				return
			}
		}
	}
}

// remotePowerShell finds accounts that may use remote PowerShell and are in no group of administrators. Without an export of the groups nothing is
// said, since nobody could tell the two apart.
func (d *deriver) remotePowerShell() {
	where, ok := d.kinds["exchange.user"]
	if _, groups := d.kinds["ad.group-member"]; !ok || !groups {
		return
	}
	members := map[string]bool{}
	for _, s := range d.byKey["ad.group-member.member"] {
		name := strings.ToLower(s.Value)
		members[name] = true
		if cn, ok := strings.CutPrefix(name, "cn="); ok { // a distinguished name
			cn, _, _ = strings.Cut(cn, ",")
			members[cn] = true
		}
	}
	sam := map[string]string{}
	for _, s := range d.byKey["exchange.user.samaccountname"] {
		sam[s.Subject] = strings.ToLower(s.Value)
	}
	found := false
	for _, s := range d.byKey["exchange.user.remotepowershellenabled"] {
		user, _, _ := strings.Cut(strings.ToLower(s.Subject), "@")
		if !strings.EqualFold(s.Value, "true") || members[user] || members[sam[s.Subject]] || strings.HasPrefix(user, "healthmailbox") || strings.HasPrefix(user, "systemmailbox") {
			continue
		}
		found = true
		d.add("exchange.user.nonadmin-remotepowershell", s.Subject, "1", s.Where, s.Time)
	}
	if !found {
		d.add("exchange.user.nonadmin-remotepowershell", "", "0", where, time.Time{})
	}
}

// openConnectors tells for each receive connector whether anybody may send through it from anywhere. The connector of port 25 towards the Internet
// is so by design.
func (d *deriver) openConnectors() {
	ranges, roles := map[string][]string{}, map[string]string{}
	for _, s := range d.byKey["exchange.receive-connector.remoteipranges"] {
		ranges[s.Subject] = append(ranges[s.Subject], s.Value)
	}
	for _, s := range d.byKey["exchange.receive-connector.transportrole"] {
		roles[s.Subject] = s.Value
	}
	for _, s := range d.byKey["exchange.receive-connector.permissiongroups"] {
		everywhere := slices.ContainsFunc(ranges[s.Subject], func(r string) bool {
			return strings.HasPrefix(r, "0.0.0.0-255.255.255.255") || r == "0.0.0.0/0" || r == "::/0"
		})
		byDesign := strings.EqualFold(roles[s.Subject], "FrontendTransport") && strings.Contains(s.Subject, "Default Frontend ")
		open := strings.Contains(s.Value, "AnonymousUsers") && everywhere && !byDesign
		d.add("exchange.receive-connector.open-anonymous", s.Subject, map[bool]string{true: "True", false: "False"}[open], s.Where, s.Time)
	}
}

// sensitiveRoles finds sensitive roles that are assigned to a person and not to a group.
func (d *deriver) sensitiveRoles() {
	where, ok := d.kinds["exchange.role-assignment"]
	if !ok {
		return
	}
	kind, who, delegating := byPlace(d.byKey["exchange.role-assignment.roleassigneetype"]), byPlace(d.byKey["exchange.role-assignment.roleassigneename"]),
		byPlace(d.byKey["exchange.role-assignment.roleassignmentdelegationtype"])
	seen := map[string]bool{}
	for _, s := range d.byKey["exchange.role-assignment.role"] {
		if !is(d.words.SensitiveRoles, s.Value) || !strings.Contains(kind[s.Where], "User") || strings.HasPrefix(delegating[s.Where], "Delegating") {
			continue
		}
		subject := fmt.Sprintf("%s: %s", who[s.Where], s.Value)
		if !seen[subject] {
			seen[subject] = true
			d.add("exchange.role-assignment.direct-sensitive", subject, "1", s.Where, s.Time)
		}
	}
	if len(seen) == 0 {
		d.add("exchange.role-assignment.direct-sensitive", "", "0", where, time.Time{})
	}
}

// domainRights finds groups of Exchange that may write the rights of the domain itself. An entry that only descendants inherit does not let them:
// Exchange needs such entries, and the fix of PrivExchange made it one.
func (d *deriver) domainRights() {
	where, ok := d.kinds["ad.domain-acl"]
	if !ok {
		return
	}
	allow, spread := byPlace(d.byKey["ad.domain-acl.accesscontroltype"]), byPlace(d.byKey["ad.domain-acl.propagationflags"])
	found, told := false, true
	for _, s := range d.byKey["ad.domain-acl.activedirectoryrights"] {
		writes := strings.Contains(s.Value, "WriteDacl") || strings.Contains(s.Value, "GenericAll")
		if !writes || !strings.Contains(s.Subject, `\Exchange `) || strings.EqualFold(allow[s.Where], "Deny") {
			continue
		}
		flags, ok := spread[s.Where]
		switch {
		case !ok:
			told = false // nothing says whether the entry is one for descendants
		case !strings.Contains(flags, "InheritOnly"):
			found = true
			d.add("ad.domain-acl.exchange-writes", s.Subject, s.Value, s.Where, s.Time)
		}
	}
	if !found && told {
		d.add("ad.domain-acl.exchange-writes", "", "", where, time.Time{})
	}
}

// byPlace gives the values of a key by where they stand: the settings of one object stand in one place.
func byPlace(list []inventory.Setting) map[string]string {
	m := make(map[string]string, len(list))
	for _, s := range list {
		m[s.Where] = s.Value
	}
	return m
}

// Build gives what the table of builds says about a product that was identified: the settings "product.…". at is the time of the evidence.
func Build(p inventory.Product, k *kb.KB, at time.Time, host string) []inventory.Setting {
	n, err := buildno.Parse(p.Build)
	if err != nil {
		return nil
	}
	where := ""
	if len(p.From) > 0 {
		where = p.From[0].Where
	}
	var out []inventory.Setting
	add := func(key, value string) {
		out = append(out, inventory.Setting{Key: key, Subject: p.Label, Value: value, Where: where, Host: host, Time: at})
	}
	out = append(out, inventory.Setting{Key: settings.ExportPrefix + "product", Value: "1", Where: where, Host: host})
	line, ok := k.ProductLine(n)
	if !ok {
		return out
	}
	add("product.line", line.Name)
	if !at.IsZero() {
		day := at.Format(time.DateOnly)
		switch {
		case day <= line.SupportEnd:
			add("product.support", "public")
		case day <= line.ExtendedEnd:
			add("product.support", "extended")
		default:
			add("product.support", "ended")
		}
	}
	if p.Precision != inventory.Exact && p.Precision != inventory.Update {
		return out // the security update is not known
	}
	add("product.build", p.Build)
	newer := 0
	special := false
	for i := range k.Products {
		if k.Products[i].ID != p.ID {
			continue
		}
		for _, b := range k.Products[i].Builds {
			if buildno.SameBranch(b.Number, n) && buildno.Compare(b.Number, n) > 0 && (b.Type == "SU" || b.Type == "RU") {
				newer++
			}
		}
		for _, c := range k.Products[i].NotCumulative {
			special = special || buildno.SameBranch(c.From, n) && buildno.Compare(n, c.From) >= 0
		}
	}
	add("product.newer-updates", fmt.Sprint(newer))
	add("product.not-cumulative", map[bool]string{true: "True", false: "False"}[special])
	return out
}
