package psscript

import (
	"regexp"
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/internal/ledger"
	"vigie/knowledge"
)

func shipped(t testing.TB) *kb.KB {
	t.Helper()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// named is a case in which every kind of command has something to be about, with one name for all.
func named(name, rule string) *casefile.Case {
	touched := []casefile.TouchedItem{{Name: name, Host: "EX01"}}
	c := &casefile.Case{Touched: casefile.Touched{Accounts: touched, Mailboxes: touched},
		Accounts: &casefile.AccountPlan{List: []casefile.AccountTask{{Account: name, Kind: "admin"}, {Account: "svc", Kind: "service"}}}}
	for _, k := range casefile.AccountFactKinds {
		c.AccountFacts = append(c.AccountFacts, casefile.AccountFact{Kind: k, Account: name, Detail: rule})
	}
	return c
}

func all(k *kb.KB) []ledger.ActionRecord {
	var out []ledger.ActionRecord
	for i := range k.Playbook {
		s := &k.Playbook[i]
		out = append(out, ledger.ActionRecord{ID: "A-001", Phase: s.Phase, Target: "EX01", Title: s.Title, Why: s.Why, Who: s.Who, Step: s.ID})
	}
	return out
}

func write(t testing.TB, c *casefile.Case, list []ledger.ActionRecord, k *kb.KB, lang string) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, c, list, k, Options{Lang: lang, Case: "2021-7"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestScript(t *testing.T) {
	t.Parallel()
	k := shipped(t)
	got := write(t, named(`CORP\bob`, "Move to RSS"), all(k), k, "en")
	for _, want := range []string{
		"\nDisable-ADAccount -Identity 'bob' -WhatIf\n",
		"\n# Disable-ADAccount -Identity 'bob'\n",
		"\n# Enable-ADAccount -Identity 'bob'\n",
		"\nDisable-InboxRule -Mailbox 'CORP\\bob' -Identity 'Move to RSS' -Confirm:$false -WhatIf\n",
		"\n# --- account CORP\\bob, host EX01\n",
		"\n# Who: Domain administrator\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
	if n := strings.Count(got, "\nDisable-InboxRule"); n != 1 {
		t.Errorf("the rule is disabled %d times: two actions ask for it", n)
	}
	if n := strings.Count(got, "\nSet-ADAccountPassword -Identity krbtgt"); n != 2 {
		t.Errorf("krbtgt is changed %d times", n)
	}
	if fr := write(t, named("bob", "r"), all(k), k, "fr"); !strings.Contains(fr, "\n# Essai\u00a0: ne change rien\n") || strings.Contains(fr, "Roll-back") {
		t.Error("not in French")
	}
}

// What runs when the file is run as it is: nothing that changes anything but records.
func TestNothingChanges(t *testing.T) {
	t.Parallel()
	k := shipped(t)
	reads := regexp.MustCompile(`^(Get|Export|Select|Where|Format)-`)
	lines := 0
	for l := range strings.Lines(write(t, named("bob", "r"), all(k), k, "en")) {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		lines++
		if strings.Contains(l, " -WhatIf") {
			continue
		}
		for part := range strings.SplitSeq(l, "|") {
			if !reads.MatchString(strings.TrimSpace(part)) {
				t.Errorf("this changes something: %s", l)
			}
		}
	}
	if lines < 20 {
		t.Errorf("only %d commands", lines)
	}
}

func TestOddNames(t *testing.T) {
	t.Parallel()
	k := shipped(t)
	for _, bad := range []string{"*", "adm*", "a[b]", strings.Repeat("x", maxName+1)} {
		got := write(t, named(bad, "r"), all(k), k, "en")
		if strings.Contains(got, "\nDisable-ADAccount") || strings.Contains(got, "\nDisable-InboxRule") {
			t.Errorf("%.20q stands in a command", bad)
		}
	}
	c := named("bob", "r")
	for i := range c.AccountFacts {
		c.AccountFacts[i].Detail = "rule [1]*" // rules may be called so
	}
	if !strings.Contains(write(t, c, all(k), k, "en"), "-Identity 'rule [1]*'") {
		t.Error("a rule with brackets was left out")
	}
}

// argument is what Quote writes.
var argument = regexp.MustCompile(`\('(?:[^']|'')*'(?: \+ (?:\[char\]0x[0-9A-F]{4}|'(?:[^']|'')*'))+\)|'(?:[^']|'')*'`)

// frames is the script with its arguments and comments taken out: what a name can never change.
func frames(script string) string {
	var out []string
	for l := range strings.Lines(script) {
		if l = strings.TrimSuffix(l, "\n"); strings.HasPrefix(l, "#") {
			l = "#"
		}
		out = append(out, argument.ReplaceAllString(l, "§"))
	}
	return strings.Join(out, "\n")
}

// A name changes nothing in the script but arguments and comments.
func FuzzScript(f *testing.F) {
	for _, s := range []string{"bob", "O'Brien", "x'; calc #", "x\u2019\ncalc", "{whatif}", "{sam} {host}", "$(calc)", "a\u202eb", "a@b", "CN=bob,DC=x", `x\y`, "#>", "\xff'"} {
		f.Add(s, s)
	}
	k := shipped(f)
	list := all(k)
	want := frames(write(f, named("bob", "r"), list, k, "en"))
	f.Fuzz(func(t *testing.T, name, rule string) {
		c := named(name, rule)
		odd := func(s string) bool {
			return s == "" || len(s) >= maxName-1 || strings.ContainsAny(s, "*?[]") || strings.HasSuffix(s, "$")
		}
		if odd(name) || odd(rule) || odd(withoutDomain(name)) {
			if got := write(t, c, list, k, "fr"); strings.Contains(frames(got), "calc") {
				t.Error("code")
			}
			return
		}
		if got := frames(write(t, c, list, k, "en")); got != want {
			t.Errorf("%q and %q changed the script:\n%s", name, rule, got)
		}
	})
}
