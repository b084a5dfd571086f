package psscript

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// name is what a place of a template stands for.
type name struct{ key, value string }

// odd tells what no account, mailbox or server can be called: nothing, over maxName bytes, or with characters by which cmdlets find several.
func (n name) odd() bool {
	if n.value == "" || len(n.value) > maxName {
		return n.key != "host" || n.value != ""
	}
	return n.key != "rule" && strings.ContainsAny(n.value, "*?[]")
}

// things gives the names for which a command of an action is written: one list of names for each time.
func things(c *casefile.Case, host, kind string) [][]name {
	t := &gatherer{host: host, seen: map[string]bool{}}
	switch kind {
	case "host":
		if host != casefile.UnnamedHost && host != "" {
			t.out = append(t.out, []name{{"host", host}})
		}
	case "domain":
		t.out = append(t.out, nil)
	case "account":
		t.touched(c.Touched.Accounts, "account")
	case "mailbox":
		t.touched(c.Touched.Mailboxes, "mailbox")
	case "admin", "service":
		if c.Accounts != nil {
			for i := range c.Accounts.List {
				if a := &c.Accounts.List[i]; a.Kind == kind {
					t.add(name{"account", a.Account})
				}
			}
		}
	default:
		for i := range c.AccountFacts {
			t.fact(&c.AccountFacts[i], kind)
		}
	}
	return t.out
}

type gatherer struct {
	host string
	seen map[string]bool
	out  [][]name
}

// add adds one thing, once.
func (t *gatherer) add(names ...name) {
	key := ""
	for _, n := range names {
		key += n.key + "\x00" + n.value + "\x00"
	}
	if t.seen[key] {
		return
	}
	t.seen[key] = true
	if i := slices.IndexFunc(names, func(n name) bool { return n.key == "account" }); i >= 0 {
		names = append(names, name{"sam", withoutDomain(names[i].value)})
	}
	t.out = append(t.out, append(names, name{"host", t.host}))
}

// touched adds what was touched on the host of the action; computer accounts are not the business of a command on accounts of people.
func (t *gatherer) touched(list []casefile.TouchedItem, key string) {
	for i := range list {
		it := &list[i]
		if strings.EqualFold(it.Host, t.host) && it.Name != "*" && it.Name != "" && !strings.HasSuffix(it.Name, "$") {
			t.add(name{key, it.Name})
		}
	}
}

// fact adds what an export shows, when it is of the kind.
func (t *gatherer) fact(f *casefile.AccountFact, kind string) {
	if f.Account == "*" {
		return
	}
	switch {
	case kind == "forward" && f.Kind == casefile.MailForwarded:
		t.add(name{"mailbox", f.Account})
	case kind == "rule" && f.Kind == casefile.RuleForwards:
		t.add(name{"mailbox", f.Account}, name{"rule", ruleName(f.Detail)})
	case kind == "trustee" && f.Kind == casefile.FullAccess:
		t.add(name{"mailbox", f.Account}, name{"account", f.Detail})
	case kind == "role" && f.Kind == casefile.SensitiveRole:
		t.add(name{"account", f.Account}, name{"role", f.Detail})
	case kind == "shell" && f.Kind == casefile.RemoteShell:
		t.add(name{"account", f.Account})
	}
}

// withoutDomain gives the name by which the directory's cmdlets know an account: of CORP\name and of name@example.org. A distinguished name stays.
func withoutDomain(account string) string {
	if strings.HasPrefix(strings.ToLower(account), "cn=") {
		return account
	}
	if _, n, ok := strings.Cut(account, `\`); ok && n != "" {
		return n
	}
	if n, _, ok := strings.Cut(account, "@"); ok && n != "" {
		return n
	}
	return account
}

// ruleName gives the name of an inbox rule without what package harden says of it: "name (forwards to …, deletes, hides in …)".
func ruleName(detail string) string {
	at := -1
	for _, said := range []string{" (forwards to ", " (deletes", " (hides in "} {
		at = max(at, strings.LastIndex(detail, said))
	}
	if at < 0 || !strings.HasSuffix(detail, ")") {
		return detail
	}
	return detail[:at]
}
