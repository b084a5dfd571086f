package plan

import (
	"cmp"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// Accounts makes the list of accounts to harden, in the order of work, from what was touched and from what exports of accounts and
// mailboxes show. It is nil when nothing asks for it.
func Accounts(c *casefile.Case, k *kb.KB) *casefile.AccountPlan {
	l := accountList{places: map[string][]int{}, wanted: map[string]bool{}}
	for i := range k.Tiers {
		l.tier(c, &k.Tiers[i], i)
	}
	if len(l.tasks)+len(l.wanted) == 0 {
		return nil
	}
	return l.plan(k)
}

// accountList gathers accounts, each once.
type accountList struct {
	tasks  []task
	places map[string][]int // by the account's name without domain
	wanted map[string]bool  // tiers that the case asks for
}

type task struct {
	casefile.AccountTask
	tier int
}

// tier adds the accounts of one tier.
func (l *accountList) tier(c *casefile.Case, t *kb.Tier, n int) {
	var hosts []string
	if !t.When.Empty() {
		for i := range c.Hosts {
			if slices.ContainsFunc(c.Hosts[i].Flaws, func(f casefile.FlawResult) bool { return holds(f, t.When) }) {
				hosts = append(hosts, c.Hosts[i].Name)
			}
		}
		if len(hosts) == 0 {
			return
		}
		l.wanted[t.ID] = len(t.Exports) > 0
	}
	touched := map[string][]casefile.TouchedItem{"account": c.Touched.Accounts, "mailbox": c.Touched.Mailboxes}
	for _, kind := range t.From.Touched {
		for _, item := range touched[kind] {
			if item.Name == "" || item.Name == "*" {
				continue
			}
			a := l.add(item.Name, item.Host, t, n)
			a.Answers = append(a.Answers, item.Findings...)
			if a.Certainty == "" || certainty(item.Certainty) < certainty(a.Certainty) {
				a.Certainty = item.Certainty
			}
		}
	}
	for i := range c.AccountFacts {
		f := &c.AccountFacts[i]
		if !t.From.Is(f) {
			continue
		}
		name := f.Account
		if name == "*" { // an application that acts for everybody
			name, _, _ = strings.Cut(f.Detail, ":")
		}
		if a := l.add(name, "", t, n); len(a.Facts) < casefile.MaxTaskFacts {
			a.Facts = append(a.Facts, *f)
		}
	}
	for _, name := range t.From.Named {
		l.add(name, "", t, n)
	}
	for _, host := range hosts {
		if host == casefile.UnnamedHost {
			continue
		}
		if t.From.Hosts {
			name, _, _ := strings.Cut(host, ".")
			l.add(strings.ToUpper(name)+"$", host, t, n)
		}
		if t.From.All {
			l.addAll(host, t, n)
		}
	}
}

// add gives the task of an account, with the steps of the tier.
func (l *accountList) add(name, host string, t *kb.Tier, n int) *casefile.AccountTask {
	domain, bare := split(name)
	for _, i := range l.places[bare] {
		a := &l.tasks[i]
		if d, _ := split(a.Account); d == "" || domain == "" || d == domain {
			a.join(t)
			return &a.AccountTask
		}
	}
	kind := t.Kind
	if strings.HasSuffix(bare, "$") {
		kind = "machine"
	}
	l.places[bare] = append(l.places[bare], len(l.tasks))
	l.tasks = append(l.tasks, task{casefile.AccountTask{Account: name, Kind: kind, Host: host, Answers: []string{}}, n})
	a := &l.tasks[len(l.tasks)-1]
	a.join(t)
	return &a.AccountTask
}

// addAll adds everybody who uses a server.
func (l *accountList) addAll(host string, t *kb.Tier, n int) {
	l.tasks = append(l.tasks, task{casefile.AccountTask{Account: "*", Kind: t.Kind, Host: host, Answers: []string{}}, n})
	l.tasks[len(l.tasks)-1].join(t)
}

func (a *task) join(t *kb.Tier) {
	if !slices.Contains(a.Tiers, t.ID) {
		a.Tiers = append(a.Tiers, t.ID)
	}
	for _, s := range t.Steps {
		if !slices.Contains(a.Steps, s) {
			a.Steps = append(a.Steps, s)
		}
	}
}

// split parts CORP\name, name@example.org and distinguished names into what tells two accounts of one name apart, and the name; in lower case.
func split(account string) (domain, name string) {
	s := strings.ToLower(strings.TrimSpace(account))
	if cn, ok := strings.CutPrefix(s, "cn="); ok {
		cn, _, _ = strings.Cut(cn, ",")
		return "", cn
	}
	if d, n, ok := strings.Cut(s, `\`); ok && n != "" {
		return d, n
	}
	if n, d, ok := strings.Cut(s, "@"); ok && n != "" {
		return d, n
	}
	return "", s
}

func certainty(c casefile.Certainty) int {
	return slices.Index([]casefile.Certainty{casefile.Certain, casefile.Probable, casefile.Possible}, c)
}

// plan orders what was gathered.
func (l *accountList) plan(k *kb.KB) *casefile.AccountPlan {
	slices.SortStableFunc(l.tasks, func(a, b task) int {
		sure := func(t *task) int {
			if t.Certainty == "" {
				return 3
			}
			return certainty(t.Certainty)
		}
		return cmp.Or(a.tier-b.tier, sure(&a)-sure(&b), strings.Compare(strings.ToLower(a.Account), strings.ToLower(b.Account)), strings.Compare(a.Account, b.Account), strings.Compare(a.Host, b.Host))
	})
	p := &casefile.AccountPlan{Tiers: []casefile.AccountTier{}, Steps: []casefile.AccountPlanStep{}, List: []casefile.AccountTask{}, More: max(0, len(l.tasks)-casefile.MaxAccountTasks)}
	tiers, steps := map[string]bool{}, map[string]bool{}
	order, kinds := map[string]int{}, map[string][]string{}
	for i, s := range k.AccountSteps {
		order[s.ID], kinds[s.ID] = i, s.For
	}
	for i := range l.tasks[:len(l.tasks)-p.More] {
		a := l.tasks[i].AccountTask
		a.Rank = i + 1
		slices.Sort(a.Answers)
		a.Answers = slices.Compact(a.Answers)
		a.Steps = slices.DeleteFunc(a.Steps, func(s string) bool { return len(kinds[s]) > 0 && !slices.Contains(kinds[s], a.Kind) })
		slices.SortStableFunc(a.Steps, func(x, y string) int { return order[x] - order[y] })
		for _, s := range a.Tiers {
			tiers[s] = true
		}
		for _, s := range a.Steps {
			steps[s] = true
		}
		p.List = append(p.List, a)
	}
	for i := range k.Tiers {
		t := &k.Tiers[i]
		tier := casefile.AccountTier{ID: t.ID, Title: t.Title, Why: t.Why}
		for _, id := range t.Exports {
			if e, ok := k.Hardening.Export(id); ok && !tiers[t.ID] {
				tier.Missing = append(tier.Missing, casefile.MissingExport{ID: e.ID, Title: e.Title, Command: e.Command})
			}
		}
		if tiers[t.ID] || l.wanted[t.ID] {
			p.Tiers = append(p.Tiers, tier)
		}
	}
	for _, s := range k.AccountSteps {
		if steps[s.ID] {
			p.Steps = append(p.Steps, casefile.AccountPlanStep{ID: s.ID, Title: s.Title, Why: s.Why, After: s.After, WaitHours: s.WaitHours})
		}
	}
	return p
}
