package yara

import (
	"math/bits"
	"slices"

	"vigie/internal/yara/decl"
	"vigie/internal/yara/pattern"
)

// ScanOptions say what a scanner reports and how much it may do; the zero value is the default.
type ScanOptions struct {
	// Offsets reports where the strings of a matching rule were found. Without it a match has no Strings, and strings are searched
	// only as far as conditions need.
	Offsets bool

	// MaxOffsets is how many places of the strings of one rule are reported for a file, and a hundred times that of all rules; the others
	// are counted. The first place of each string is always reported. Zero is 10,000.
	MaxOffsets int

	// Excerpt is how many bytes of each place are reported. Zero is none.
	Excerpt int

	// First stops at the first rule that matches and is not private.
	First bool

	// Now is the time that the module time gives, in seconds since 1970.
	Now int64

	// Log takes the lines of console.log, if it is set.
	Log func(line []byte)

	// RuleSteps, FileSteps and StepsPerByte are the budgets of conditions, in steps of about ten nanoseconds: of one rule and of all
	// rules on one file, each increased by StepsPerByte for each byte of the file. Zero is 10 million, 200 million and 16.
	RuleSteps, FileSteps, StepsPerByte int64
}

// fileOffsets is how many rules of one file may report as many places as they want.
const fileOffsets = 100

func (o ScanOptions) withDefaults() ScanOptions {
	if o.MaxOffsets <= 0 {
		o.MaxOffsets = 10_000
	}
	if o.RuleSteps <= 0 {
		o.RuleSteps = 10_000_000
	}
	if o.FileSteps <= 0 {
		o.FileSteps = 200_000_000
	}
	if o.StepsPerByte <= 0 {
		o.StepsPerByte = 16
	}
	return o
}

// Match is a rule that matches a file. Everything in it but Strings is shared with other matches and must not be changed.
type Match struct {
	Rule      string
	Namespace string
	Tags      []string
	Meta      []Meta
	Strings   []StringMatches // in the order of the rule; without private strings and those not found
}

// StringMatches are the places of a string.
type StringMatches struct {
	Name   string // with its "$"
	Count  int    // how many there are, of which Places may have the first ones only
	Places []Place
}

// Place is a place of a string.
type Place struct {
	Offset, Length int
	Key            byte   // of a string with xor
	Excerpt        []byte // a copy
}

// Problem is something that a scan could not decide.
type Problem struct {
	Namespace, Rule string // of the rule; empty when it is of none
	Code            string // stable, such as "yara.budget.condition"
	Msg             string
}

// Scanner scans files one after the other. It is for one goroutine.
type Scanner struct {
	run        run
	candidates []uint64 // rules to evaluate, one bit each
	room       int      // places that may still be reported of this file
}

// NewScanner makes a scanner.
func (r *Rules) NewScanner(opt ScanOptions) *Scanner {
	s := &Scanner{
		run: run{
			rules:   r,
			opt:     opt.withDefaults(),
			strs:    r.set.NewState(),
			results: make([]ruleResult, len(r.rules)),
			alive:   make([]ruleAlive, len(r.rules)),
			opened:  make([]openModule, len(r.modules)),
		},
		candidates: make([]uint64, (len(r.rules)+63)/64),
	}
	s.run.scan = decl.Scan{Now: opt.Now, Log: opt.Log, Work: s.run.spend, Memo: make(map[decl.MemoKey]decl.Value)}
	if opt.Log == nil {
		s.run.scan.Log = func([]byte) {}
	}
	return s
}

// Scan gives the rules that match data, in the order of compilation, and what could not be decided. Variables that vars does not set have
// their declared value. data must not change during the scan; nothing of it is kept.
func (s *Scanner) Scan(data []byte, vars map[string]any) ([]Match, []Problem) {
	r := &s.run
	r.begin(data, vars)
	defer r.end()
	s.room = r.opt.MaxOffsets * fileOffsets
	clear(s.candidates)
	for _, i := range r.rules.always {
		s.candidates[i/64] |= 1 << (i % 64)
	}
	r.strs.Scan(data, s.wants)
	var out []Match
scan:
	for w := range s.candidates {
		for word := s.candidates[w]; word != 0; word &= word - 1 {
			i := int32(w*64 + bits.TrailingZeros64(word))
			if m, ok := s.match(i); ok {
				out = append(out, m)
				if r.opt.First {
					break scan
				}
			}
		}
	}
	return out, s.problems()
}

// wants is asked by the search about each string of which there is a trace: whether any rule can still match that has it. Those rules, and
// those that refer to them, are the ones to evaluate.
func (s *Scanner) wants(str int) bool {
	wanted := false
	for _, i := range s.run.rules.byString[str] {
		if s.run.holds(i) {
			wanted = true
			s.mark(i)
		}
	}
	return wanted
}

// mark has a rule evaluated, and those that refer to it, in chains of at most maxReferences.
func (s *Scanner) mark(i int32) {
	if bit := uint64(1) << (i % 64); s.candidates[i/64]&bit == 0 {
		s.candidates[i/64] |= bit
		for _, user := range s.run.rules.rules[i].users {
			s.mark(user)
		}
	}
}

// match evaluates a rule, and the global rules of its namespace.
func (s *Scanner) match(i int32) (Match, bool) {
	r := &s.run
	rule := &r.rules.rules[i]
	if rule.private || r.eval(i) != matched {
		return Match{}, false
	}
	ns := &r.rules.namespaces[rule.namespace]
	for _, g := range ns.globals {
		switch r.eval(g) {
		case unmatched:
			return Match{}, false
		case noDecision:
			r.problem(rule, "yara.budget.reference", "a global rule of its namespace is undecided")
			return Match{}, false
		}
	}
	m := Match{Rule: rule.name, Namespace: ns.name, Tags: rule.tags, Meta: rule.meta}
	if r.opt.Offsets {
		m.Strings = s.places(rule)
	}
	return m, true
}

// places gives where the strings of a rule are.
func (s *Scanner) places(rule *rule) []StringMatches {
	var out []StringMatches
	left := min(s.room, s.run.opt.MaxOffsets)
	for _, str := range rule.strings {
		if str.private {
			continue
		}
		ms := s.run.matches(str.ref)
		if str.fixed {
			ms = between(ms, str.fixedAt, str.fixedAt)
		}
		if len(ms) == 0 {
			continue
		}
		n := min(len(ms), max(left, 1))
		left -= n
		s.room -= n
		out = append(out, StringMatches{Name: str.name, Count: len(ms), Places: s.copyPlaces(ms[:n])})
	}
	return out
}

func (s *Scanner) copyPlaces(ms []pattern.Match) []Place {
	places := make([]Place, len(ms))
	for i, m := range ms {
		places[i] = Place{Offset: m.Offset, Length: m.Length, Key: m.Key}
		if n := min(m.Length, s.run.opt.Excerpt); n > 0 {
			places[i].Excerpt = append([]byte(nil), s.run.data[m.Offset:m.Offset+n]...)
		}
	}
	return places
}

// problems gives what could not be decided, one problem for each rule whose strings could not be searched to the end.
func (s *Scanner) problems() []Problem {
	r := &s.run
	exhausted := r.strs.Exhausted()
	if len(exhausted) == 0 {
		return r.problems
	}
	var rules []int32
	for _, str := range exhausted {
		rules = append(rules, r.rules.byString[str]...)
	}
	slices.Sort(rules)
	for _, i := range slices.Compact(rules) {
		r.problem(&r.rules.rules[i], "yara.budget.strings", "the search for strings does more than the budget of a file of this size")
	}
	return r.problems
}
