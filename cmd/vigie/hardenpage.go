package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/casefile"
)

// maxHardenWidth keeps lines of prose readable on wide terminals.
const maxHardenWidth = 120

// hardenPage writes the answers to checks for a reader.
type hardenPage struct {
	t     *terminal
	w     *bufio.Writer
	width int
	all   bool
}

var severityWords = map[string]text{"critical": {"critique", "critical"}, "high": {"élevée", "high"}, "medium": {"moyenne", "medium"}, "low": {"faible", "low"}}

var resultHeads = map[casefile.CheckResult]text{
	casefile.NotMet: {"Non conforme", "Not met"}, casefile.CheckUnknown: {"Inconnu : aucun export ne le montre", "Unknown: no export shows it"},
	casefile.Met: {"Conforme", "Met"}, casefile.NotApplicable: {"Sans objet", "Not applicable"},
}

func (p *hardenPage) write(c *casefile.Case) {
	defer p.accounts(c.AccountFacts)
	for len(c.Checks) > 0 {
		n := 1
		for n < len(c.Checks) && c.Checks[n].Host == c.Checks[0].Host {
			n++
		}
		p.host(c, c.Checks[:n])
		rest := *c
		rest.Checks = c.Checks[n:]
		c = &rest
	}
}

func (p *hardenPage) host(c *casefile.Case, checks []casefile.Check) {
	name, what := checks[0].Host, ""
	for _, h := range c.Hosts {
		if h.Name == name && h.Product != "" {
			what = " — " + strings.TrimSpace(strings.Join([]string{h.Product, h.BuildLabel, h.Build}, " "))
		}
	}
	if name == casefile.UnnamedHost {
		name = p.t.say(text{"serveur sans nom", "server without a name"})
	}
	fmt.Fprintf(p.w, "%s%s\n", visible(name, false), visible(what, false))
	counts := map[casefile.CheckResult]int{}
	for _, k := range checks {
		counts[k.Result]++
	}
	fmt.Fprintln(p.w, p.t.say(text{"%d contrôles : %d non conformes, %d inconnus, %d conformes, %d sans objet", "%d checks: %d not met, %d unknown, %d met, %d not applicable"},
		len(checks), counts[casefile.NotMet], counts[casefile.CheckUnknown], counts[casefile.Met], counts[casefile.NotApplicable]))
	for _, r := range casefile.CheckResults {
		if counts[r] == 0 {
			continue
		}
		fmt.Fprintf(p.w, "\n%s\n", p.t.say(resultHeads[r]))
		for i := range checks {
			if checks[i].Result == r {
				p.check(&checks[i])
			}
		}
	}
	p.commands(checks)
	fmt.Fprintln(p.w)
}

// check writes one answer: a line, and its details where there is something to do.
func (p *hardenPage) check(k *casefile.Check) {
	fmt.Fprintf(p.w, "  %-9s %s  [%s]\n", p.t.say(severityWords[k.Severity]), visible(k.Title.In(p.t.lang), false), k.ID)
	if k.Result != casefile.NotMet && !p.all {
		return
	}
	p.found(k)
	for _, x := range []struct {
		label text
		text  casefile.Text
	}{{text{"attendu", "expected"}, k.Expected}, {text{"pourquoi", "why"}, k.Why}, {text{"corriger", "fix"}, k.Fix}, {text{"vérifier", "verify"}, k.Verify},
		{text{"défaire", "roll back"}, k.Rollback}, {text{"effets", "breaks"}, k.Breaks}} {
		p.field(p.t.say(x.label), x.text.In(p.t.lang))
	}
	for _, c := range k.Claims {
		p.field(p.t.say(text{"dit par", "claimed by"}), fmt.Sprintf("%s: %s: %s %s", c.Tool, c.Name, c.Text, c.Grade))
	}
	if k.Certainty != "sourced" {
		p.field(p.t.say(text{"source", "source"}), k.Source+p.t.say(text{" (à vérifier)", " (to be verified)"}))
	}
	fmt.Fprintln(p.w)
}

// mostFound is how many settings of one check the page shows; JSON has more.
const mostFound = 6

func (p *hardenPage) found(k *casefile.Check) {
	shown := k.Found
	if k.Result == casefile.NotMet { // what fails, not what goes well beside it
		if i := slices.IndexFunc(shown, func(f casefile.Found) bool { return !f.Fails }); i > 0 {
			shown = shown[:i]
		}
	}
	more := len(shown) - mostFound
	for _, f := range shown[:min(len(shown), mostFound)] {
		what := f.Key
		if f.Subject != "" {
			what += " (" + f.Subject + ")"
		}
		value := f.Value
		switch {
		case f.Absent && value == "":
			value = p.t.say(text{"absent", "not there"})
		case f.Absent:
			value += p.t.say(text{" (valeur sans réglage)", " (what holds without a setting)"})
		case value == "":
			value = p.t.say(text{"vide", "empty"})
		}
		p.field(p.t.say(text{"trouvé", "found"}), fmt.Sprintf("%s = %s  [%s]", what, value, f.Where))
	}
	if more += k.More; more > 0 {
		p.field("", p.t.say(text{"et %d autres", "and %d more"}, more))
	}
}

// field writes a label and a text, wrapped.
func (p *hardenPage) field(label, s string) {
	const indent = 24
	if utf8.RuneCountInString(label) > indent-13 { // a long label has a line of its own
		fmt.Fprintf(p.w, "%12s%s\n", "", label)
		label = ""
	}
	room := max(p.width-indent, 30)
	for _, line := range wrapWords(visible(s, false), room) {
		fmt.Fprintf(p.w, "%12s%-*s%s\n", "", indent-12, label, line)
		label = ""
	}
}

// wrapWords cuts a text into lines at its blanks; a word longer than a line has one of its own.
func wrapWords(s string, room int) []string {
	var out []string
	line := ""
	for _, w := range strings.Split(s, " ") {
		switch {
		case line == "":
			line = w
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > room:
			out = append(out, line)
			line = w
		default:
			line += " " + w
		}
	}
	return append(out, line)
}

// commands lists the exports that would answer what is not known, the one that answers most first.
func (p *hardenPage) commands(checks []casefile.Check) {
	var list []casefile.MissingExport
	count := map[string]int{}
	for _, k := range checks {
		for _, m := range k.Missing {
			if count[m.ID] == 0 {
				list = append(list, m)
			}
			count[m.ID]++
		}
	}
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b casefile.MissingExport) int { return count[b.ID] - count[a.ID] })
	fmt.Fprintf(p.w, "\n%s\n", p.t.say(text{"Pour répondre au reste, sur le serveur, dans la console Exchange (ces commandes lisent et ne changent rien) :",
		"To answer the rest, on the server, in the Exchange Management Shell (these commands read and change nothing):"}))
	for _, m := range list {
		fmt.Fprintf(p.w, "  # %s (%s)\n  %s\n", m.Title.In(p.t.lang), p.t.say(text{"contrôles : %d", "checks: %d"}, count[m.ID]), m.Command)
	}
}
