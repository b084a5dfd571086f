package kb

import (
	"regexp"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/diag"
)

// Step is an action of the playbook, put in a plan when its condition holds or when a hardening check that it answers is not met.
type Step struct {
	ID       string        `yaml:"id"`
	Phase    string        `yaml:"phase"`    // preserve, contain, evict, restore, harden
	Priority string        `yaml:"priority"` // now, 30-days, 90-days, later
	Title    casefile.Text `yaml:"title"`    // action first
	Why      casefile.Text `yaml:"why"`
	Check    casefile.Text `yaml:"check"`
	Who      casefile.Text `yaml:"who"`    // who usually does it
	Effort   string        `yaml:"effort"` // one of Efforts
	Breaks   casefile.Text `yaml:"breaks"` // side effects of doing it
	When     Condition     `yaml:"when"`
	// Checks are hardening checks that measure the step: one that is not met asks for it, and when none is not met and one is met, it is
	// asked for no more, unless When names a state.
	Checks []string `yaml:"checks"`
	// Script are the PowerShell commands that carry it out, for a person to review.
	Script []Command `yaml:"script"`
	Source string    `yaml:"source"`
	Date   string    `yaml:"date"`
}

// Efforts are the words for how much work a step is, the least first.
var Efforts = []string{"minutes", "hours", "days", "weeks"}

// Command is one command of a step, once for each thing of its kind. In its texts {account}, {mailbox}, {rule}, {host} and {file} stand
// for names, which the program quotes, {role} for a role of Exchange, {sam} for an account without its domain, and {whatif} for the switch of a try.
type Command struct {
	Each   string        `yaml:"each"`   // one of CommandKinds
	Note   casefile.Text `yaml:"note"`   // what to know before; may be left out
	Before string        `yaml:"before"` // reads and changes nothing: keeps what the roll-back needs
	Do     string        `yaml:"do"`
	Undo   string        `yaml:"undo"`
	NoUndo casefile.Text `yaml:"no_undo"` // why there is no way back, when Undo is empty
	Verify string        `yaml:"verify"`  // reads and changes nothing
}

// CommandKinds say once for what a command is written, with the names that its texts may use.
var CommandKinds = map[string][]string{
	"host":    {"host", "file"}, // to be run for, or on, each server
	"domain":  {"file"},         // once for all servers
	"account": {"account", "sam", "file", "host"},
	"mailbox": {"mailbox", "file", "host"},
	"forward": {"mailbox", "file", "host"}, // mailboxes that an export shows as forwarded
	"rule":    {"mailbox", "rule", "file", "host"},
	"trustee": {"mailbox", "account", "sam", "file", "host"},
	"role":    {"account", "sam", "role", "file", "host"},
	"admin":   {"account", "sam", "file", "host"}, // accounts of the list to harden, by their kind
	"service": {"account", "sam", "file", "host"},
	"shell":   {"account", "sam", "file", "host"}, // accounts that may use remote PowerShell without need
}

// Condition holds when every non-empty list holds one of its words.
type Condition struct {
	Verdict []casefile.Verdict `yaml:"verdict"` // of the flaw on the host
	State   []casefile.State   `yaml:"state"`
	Flaw    []string           `yaml:"flaw"`
	Act     []string           `yaml:"act"`     // "proxylogon/ssrf-mail": the host has a finding of it
	Missing []string           `yaml:"missing"` // a required source below the threshold
	Touched []string           `yaml:"touched"` // account, mailbox
}

// Empty tells a condition that says nothing.
func (w *Condition) Empty() bool {
	return len(w.Verdict)+len(w.State)+len(w.Flaw)+len(w.Act)+len(w.Missing)+len(w.Touched) == 0
}

// StepByID finds a step of the playbook.
func (k *KB) StepByID(id string) (*Step, bool) {
	i := slices.IndexFunc(k.Playbook, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return nil, false
	}
	return &k.Playbook[i], true
}

func (l *linter) playbook(steps []*Step, flaws []*Flaw, sources []Source, checks []Check) {
	acts, ids := actNames(flaws)
	kinds := make([]string, len(sources))
	for i, s := range sources {
		kinds[i] = s.ID
	}
	measured := make([]string, len(checks))
	for i := range checks {
		measured[i] = checks[i].ID
	}
	seen := make(map[string]bool)
	for _, s := range steps {
		l.id("step", &s.ID, s)
		l.twice(seen, "step", &s.ID, s)
		l.word(l.at(&s.Phase, s), "phase", s.Phase, phases)
		l.word(l.at(&s.Priority, s), "priority", s.Priority, priorities)
		l.title("title", &s.Title, s)
		l.sentence("why", &s.Why, s)
		l.sentence("check", &s.Check, s)
		if s.Who != (casefile.Text{}) {
			l.title("who", &s.Who, s)
		}
		if s.Effort != "" {
			l.word(l.at(&s.Effort, s), "effort", s.Effort, Efforts)
		}
		if s.Breaks != (casefile.Text{}) {
			l.sentence("breaks", &s.Breaks, s)
		}
		each(l, "verdict", s.When.Verdict, plain(casefile.Verdicts), s)
		each(l, "state", s.When.State, plain(casefile.States), s)
		each(l, "flaw", s.When.Flaw, ids, s)
		each(l, "act", s.When.Act, acts, s)
		each(l, "source", s.When.Missing, kinds, s)
		each(l, "touched", s.When.Touched, touchedWords, s)
		each(l, "check", s.Checks, measured, s)
		if s.When.Empty() && len(s.Checks) == 0 {
			l.add(l.at(&s.When, s), "kb.step.when", "", "step %s has no condition", s.ID)
		}
		for i := range s.Script {
			l.command(&s.Script[i], s)
		}
		l.fact("step "+s.ID, &s.Source, &s.Date, s)
	}
}

var (
	placeholder = regexp.MustCompile(`\{([a-z]+)\}`)
	// reading are the verbs of commands that change nothing but the file that they are told to write.
	reading = regexp.MustCompile(`^(Get|Export|Search|Test|Select|Where|Sort|Format|Resolve|Compare|Measure)-[A-Za-z]+`)
)

// command checks that the texts of a command can only become what they seem: names stand as whole arguments, what changes something has
// the switch of a try, what only reads does.
func (l *linter) command(c *Command, s *Step) {
	kinds := make([]string, 0, len(CommandKinds))
	for k := range CommandKinds {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	l.word(l.at(&c.Each, c), "each", c.Each, kinds)
	if c.Do == "" {
		l.add(l.at(&c.Do, c), "kb.script", "", "do of step %s is missing", s.ID)
	}
	if (c.Undo == "") == (c.NoUndo == casefile.Text{}) {
		l.add(l.at(&c.Undo, c), "kb.script.undo", "give undo, or no_undo that says why there is none", "step %s: want one of undo and no_undo", s.ID)
	}
	if c.Note != (casefile.Text{}) {
		l.sentence("note", &c.Note, c)
	}
	if c.NoUndo != (casefile.Text{}) {
		l.sentence("no_undo", &c.NoUndo, c)
	}
	for _, p := range []struct {
		text    *string
		changes bool
	}{{&c.Before, false}, {&c.Do, true}, {&c.Undo, true}, {&c.Verify, false}} {
		l.commandText(*p.text, p.changes, l.at(p.text, c), s, CommandKinds[c.Each])
	}
}

func (l *linter) commandText(text string, changes bool, pos diag.Pos, s *Step, names []string) {
	if text == "" {
		return
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		l.add(pos, "kb.script.text", "one line of ASCII", "step %s: a command holds a line break or a character beyond ASCII", s.ID)
	}
	whatif := false
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		before, after := " ", " "
		if m[0] > 0 {
			before = text[m[0]-1 : m[0]]
		}
		if m[1] < len(text) {
			after = text[m[1] : m[1]+1]
		}
		switch {
		case name == "whatif":
			whatif = true
		case !slices.Contains(names, name):
			l.add(pos, "kb.script.name", "", "step %s: {%s} is not known there", s.ID, name)
		case !strings.ContainsAny(before, " (,") || !strings.ContainsAny(after, " ),;.{"):
			l.add(pos, "kb.script.name", "leave blanks around it", "step %s: {%s} is no argument of its own", s.ID, name)
		}
	}
	if strings.Count(strings.ReplaceAll(text, "''", ""), "'")%2 != 0 || strings.Contains(text, `"`) {
		l.add(pos, "kb.script.text", "", "step %s: a command has a quote that is not closed, or a double one", s.ID)
	}
	switch {
	case changes && !whatif:
		l.add(pos, "kb.script.whatif", "put {whatif} where -WhatIf belongs", "step %s: a command that changes something cannot be tried", s.ID)
	case !changes && (whatif || slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == ';' }), func(part string) bool {
		return !reading.MatchString(strings.TrimSpace(part))
	})):
		l.add(pos, "kb.script.reads", "begin with Get-, Test-, Export-, Search-…", "step %s: a command that should only read does more", s.ID)
	}
}
