package kb

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// Check is one question about how a server is set up, as data: which settings answer it, and what to do when the answer is no.
type Check struct {
	ID       string        `yaml:"id"`
	Title    casefile.Text `yaml:"title"`
	Severity string        `yaml:"severity"` // critical, high, medium, low
	// Applies is the condition under which the check is asked at all; nothing means always.
	Applies []Expect `yaml:"applies"`
	// Holds is what must be true; all of it.
	Holds    []Expect      `yaml:"holds"`
	Expected casefile.Text `yaml:"expected"` // Holds in words
	Why      casefile.Text `yaml:"why"`
	Fix      casefile.Text `yaml:"fix"`
	Verify   casefile.Text `yaml:"verify"`
	Rollback casefile.Text `yaml:"rollback"`
	Breaks   casefile.Text `yaml:"breaks"` // side effects of the fix
	// Exports are the exports that show the settings, by their ids, the most useful first.
	Exports []string `yaml:"exports"`
	// Claims are the names under which other tools judge the same thing.
	Claims    []string `yaml:"claims"`
	Certainty string   `yaml:"certainty"` // sourced, recalled, inferred
	Source    string   `yaml:"source"`
	Date      string   `yaml:"date"`
}

// Expect is a condition on settings: all, any, none or the first known of other conditions, or one comparison. A comparison is about the settings of one key, of some
// of its subjects where these are named; every one of them must pass it, or one where Some is set.
type Expect struct {
	All  []Expect `yaml:"all"`
	Any  []Expect `yaml:"any"`
	None []Expect `yaml:"none"`
	// First are several ways of showing the same thing: the first that is known decides.
	First []Expect `yaml:"first"`

	Key      string   `yaml:"key"`
	Subjects []string `yaml:"subjects"` // without regard to case; a * at one end stands for anything
	Some     bool     `yaml:"some"`
	// In are the kinds of export in which the setting would stand: with one of them read and no such setting, Default counts as its value, and Absent
	// holds. Left out, it is the kind that begins the key.
	In []string `yaml:"in"`

	Is       []string `yaml:"is"`       // one of these, without regard to case
	IsNot    []string `yaml:"is_not"`   // none of these
	Match    string   `yaml:"match"`    // RE2, without regard to case
	NoMatch  string   `yaml:"no_match"` // RE2, without regard to case
	AtLeast  string   `yaml:"at_least"` // a number, or a version compared part by part
	AtMost   string   `yaml:"at_most"`
	Below    string   `yaml:"below"`
	DaysLeft int      `yaml:"days_left"` // a date at least so many days after the export or the evidence was made
	Present  bool     `yaml:"present"`   // there, and not empty
	Absent   bool     `yaml:"absent"`    // not there, or empty
	Default  string   `yaml:"default"`
}

// Export is one way of asking a server for settings, in one line.
type Export struct {
	ID      string        `yaml:"id"`
	Title   casefile.Text `yaml:"title"`
	Command string        `yaml:"command"` // one line, to be run on the server; it changes nothing
	Shows   []string      `yaml:"shows"`   // kinds of export, the words of doc/exports.md
	Source  string        `yaml:"source"`
	Date    string        `yaml:"date"`
}

// Hardening is the knowledge about settings.
type Hardening struct {
	Checks  []Check
	Exports []Export
	Words   HardeningWords
}

// HardeningWords are the words by which acts on accounts and mailboxes are told: the file words.yml. All are compared in lower case.
type HardeningWords struct {
	SensitiveRoles   []string `yaml:"sensitive_roles"`   // roles of Exchange that open other people's mailboxes
	PrivilegedGroups []string `yaml:"privileged_groups"` // groups whose members are dealt with first after an intrusion, in the languages of domains
	HidingFolders    []string `yaml:"hiding_folders"`    // beginnings of names of folders into which nobody looks
	MailScopes       []string `yaml:"mail_scopes"`       // beginnings of permissions by which an application reads or sends mail, or keeps access
	Certainty        string   `yaml:"certainty"`
	Source           string   `yaml:"source"`
	Date             string   `yaml:"date"`
}

// Export gives an export by its id.
func (h *Hardening) Export(id string) (*Export, bool) {
	i := slices.IndexFunc(h.Exports, func(e Export) bool { return e.ID == id })
	if i < 0 {
		return nil, false
	}
	return &h.Exports[i], true
}

// Comparison tells a condition that compares from one that joins others.
func (e *Expect) Comparison() bool { return e.Key != "" }

// Kinds are the kinds of export in which the setting would stand.
func (e *Expect) Kinds() []string {
	if len(e.In) > 0 {
		return e.In
	}
	if strings.HasPrefix(e.Key, "registry.") {
		return []string{e.Key}
	}
	if i := strings.LastIndexByte(e.Key, '.'); i > 0 && strings.Count(e.Key, ".") > 1 {
		return []string{e.Key[:i]}
	}
	return []string{e.Key[:max(0, strings.IndexByte(e.Key, '.'))]}
}

// Each calls f with every comparison of the condition.
func (e *Expect) Each(f func(*Expect)) {
	if e.Comparison() {
		f(e)
		return
	}
	for _, list := range [][]Expect{e.All, e.Any, e.None, e.First} {
		for i := range list {
			list[i].Each(f)
		}
	}
}
