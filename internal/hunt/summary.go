package hunt

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/sigma"
)

// Summary is what a hunt came to.
type Summary struct {
	Files, Records, Bytes, Matches int64
	Rules                          []RuleCount // those that matched, worst level first, then most matches
	Levels                         []Count     // matches by level, worst first
	Tactics                        []Count     // matches by ATT&CK tactic as the rules' tags name it, by name
	Computers                      []ComputerCount
	Gaps                           []casefile.Gap
	Partial                        bool // the run was interrupted: it is about what was read until then
	// LeftOut counts matches of correlations that could not be kept, see sigma.CorrelationLimits.
	LeftOut int64
}

// Count is a number of matches.
type Count struct {
	Name string
	N    int64
}

// RuleCount is what one rule found.
type RuleCount struct {
	Rule        *sigma.Header
	N           int64
	First, Last time.Time // zero when no match bears a time
	Computers   []string  // at most maxComputers, sorted
	More        bool      // there are further computers
}

// ComputerCount is what was found on one computer.
type ComputerCount struct {
	Name   string
	Levels []int64 // matches, by the index of Levels
	Rules  int64   // different rules
}

// maxCounted bounds the computers that are counted apart; further ones are counted under the empty name.
const maxCounted = 10_000

// maxComputers bounds the computers listed with a rule.
const maxComputers = 100

// Levels are the levels of rules, worst first.
var Levels = []string{"critical", "high", "medium", "low", "informational", ""}

// counter counts matches by rule.
type counter struct {
	byRule     map[*sigma.Header]*ruleCounter
	byComputer map[string]*computerCounter
}

type computerCounter struct {
	ComputerCount
	rules map[*sigma.Header]bool
}

func (c *counter) computer(m *Match) {
	if m.Computer == "" {
		return
	}
	name := m.Computer
	if c.byComputer[name] == nil && len(c.byComputer) >= maxCounted {
		name = ""
	}
	k := c.byComputer[name]
	if k == nil {
		k = &computerCounter{ComputerCount{Name: name, Levels: make([]int64, len(Levels))}, map[*sigma.Header]bool{}}
		c.byComputer[name] = k
	}
	level := slices.Index(Levels, m.Rule.Level)
	if level < 0 {
		level = len(Levels) - 1
	}
	k.Levels[level]++
	k.rules[m.Rule] = true
}

type ruleCounter struct {
	RuleCount
	seen map[string]bool
}

func (c *counter) add(m *Match) {
	if c.byRule == nil {
		c.byRule, c.byComputer = map[*sigma.Header]*ruleCounter{}, map[string]*computerCounter{}
	}
	c.computer(m)
	r := c.byRule[m.Rule]
	if r == nil {
		r = &ruleCounter{RuleCount: RuleCount{Rule: m.Rule}, seen: map[string]bool{}}
		c.byRule[m.Rule] = r
	}
	r.N++
	if t := m.Time; !t.IsZero() {
		if r.First.IsZero() || t.Before(r.First) {
			r.First = t
		}
		if t.After(r.Last) {
			r.Last = t
		}
	}
	if m.Computer != "" && !r.seen[m.Computer] {
		if len(r.seen) < maxComputers {
			r.seen[m.Computer] = true
		} else {
			r.More = true
		}
	}
}

// notTactic are tags of ATT&CK that name a technique, a group, a tool, a campaign, a mitigation or a data source.
var notTactic = regexp.MustCompile(`^(t|ta|g|s|c|m|ds|dc)\d{4}`)

// tactics gives the ATT&CK tactics among tags: attack.initial-access, in old rules attack.initial_access.
func tactics(tags []string) (out []string) {
	for _, t := range tags {
		name, ok := strings.CutPrefix(strings.ToLower(t), "attack.")
		if ok && !notTactic.MatchString(name) {
			out = append(out, strings.ReplaceAll(name, "_", "-"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *counter) fill(s *Summary) {
	levels, tac := map[string]int64{}, map[string]int64{}
	for _, r := range c.byRule {
		s.Matches += r.N
		levels[r.Rule.Level] += r.N
		for _, t := range tactics(r.Rule.Tags) {
			tac[t] += r.N
		}
		r.Computers = slices.Sorted(maps.Keys(r.seen))
		s.Rules = append(s.Rules, r.RuleCount)
	}
	slices.SortFunc(s.Rules, func(a, b RuleCount) int {
		return cmp.Or(slices.Index(Levels, a.Rule.Level)-slices.Index(Levels, b.Rule.Level), cmp.Compare(b.N, a.N), strings.Compare(a.Rule.Title, b.Rule.Title), strings.Compare(a.Rule.ID, b.Rule.ID))
	})
	for _, k := range c.byComputer {
		k.Rules = int64(len(k.rules))
		s.Computers = append(s.Computers, k.ComputerCount)
	}
	slices.SortFunc(s.Computers, func(a, b ComputerCount) int {
		return cmp.Or(slices.Compare(b.Levels, a.Levels), strings.Compare(a.Name, b.Name))
	})
	for _, l := range Levels {
		if levels[l] > 0 {
			s.Levels = append(s.Levels, Count{l, levels[l]})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(tac)) {
		s.Tactics = append(s.Tactics, Count{t, tac[t]})
	}
}
