// Package sigma matches Sigma rules against events.
//
// It implements the detection language of the Sigma specification 2.1 for single events. Text becomes a checked tree that keeps positions
// ([Parse]), trees become one immutable program shared by goroutines ([Compile]), and each goroutine runs it with a state of its own
// ([Set.Start]). The package knows nothing of logs: it asks an [Event] for its fields.
//
//	YAML ─rule.go─► Rule ─lex.go, parse.go─► condition ─check.go, modifier.go─► tree ─compile.go─► Set ─match.go─► Match
//	                                                                                         └─atoms.go─► literals for a prefilter
//
// # Meaning
//
// Values are compared as whole text without regard to case. Case is Unicode simple folding everywhere, as in (?i) of RE2: the Kelvin sign
// equals k, the long s equals s, but sharp s does not equal ss and the Turkish dotless i does not equal i.
//
// Numbers are compared by value, as text: the rule value 4624 (or 0x1210, unquoted) is the text "4624". Quoted '0x17' is text.
//
// The empty text stands for a field that is present and empty. null is a field that is absent, or present with no value at all; the empty
// text is not null. exists: true is a field that is present.
//
// A field with several values satisfies an item if one of them does; under |all each listed value may be satisfied by another one. neq is
// the negation of the item without it, so that it holds for an absent field.
//
// A keyword is looked for in each value of the event, anywhere in it; '|all' may find its keywords in different values.
//
// Regular expressions are RE2 (package regexp), case-sensitive unless |i, unanchored; they see the first 64 KiB of a value, and [Run.Cut]
// counts the longer ones. $ is the very end of the value, also before a final line feed.
//
// windash covers the dashes that begin a word (the character before is no letter, digit or _, the one after is), in all five forms, each
// independently.
//
// # Not supported, and refused by name
//
// Correlation and filter documents, rule collections (action), aggregations after a pipe, timeframe, placeholders under expand, the time
// modifiers, look-around in regular expressions, YAML anchors, aliases and tags.
//
// # Hostile input
//
// Rules and events are hostile. A document has at most 256 KiB and 64 levels; a bad one costs itself, never its neighbours. Searching is
// linear in the value but for the parts of a pattern that hold ?, which are limited to 256 characters, and for regular expressions, whose
// programs are limited. An event may hold invalid UTF-8: each invalid byte is one character that equals only itself, and that no
// rule names.
package sigma

import (
	"net/netip"

	"vigie/internal/diag"
)

// Event is what rules are matched against. The texts it gives must not change while [Run.Event] runs, and may be kept by a [Match].
type Event interface {
	// Field appends the values of the named field to dst. A field may have several values (a rule matches if any of them does). ok is
	// false when the event has no such field (not the same as an empty value).
	Field(name string, dst []string) (values []string, ok bool)
	// Each calls f for every value of the event, for keyword searches, until f gives false.
	Each(f func(name, value string) bool)
}

// Match says that a rule matched an event.
type Match struct {
	Rule *Rule
	// Fields are the fields and values that made the selections true which the condition asks for, each once, in the order of the rule.
	// It is empty for a rule that only asks for absence.
	Fields []FieldValue
}

// FieldValue is one value of a field of an event.
type FieldValue struct{ Field, Value string }

// Set is a program of compiled rules, or a part of one. It never changes and is shared by goroutines.
type Set struct {
	prog  *program
	rules []compiled
}

// Rules lists the rules of the set, in the order given to [Compile].
func (s *Set) Rules() []*Rule {
	rules := make([]*Rule, len(s.rules))
	for i := range s.rules {
		rules[i] = s.rules[i].rule
	}
	return rules
}

// Len is the number of rules in the set.
func (s *Set) Len() int { return len(s.rules) }

// For gives the part of the set that applies to events of a log source; of several, to events that belong to all of them at once, as a
// Sysmon event is both of a service and of a category. A rule applies when each of category, product and service that it names is that of
// one of the sources, without regard to case. Get it once per log source, not once per event.
func (s *Set) For(sources ...LogSource) *Set {
	return s.Where(func(r *Rule) bool {
		for _, src := range sources {
			if r.LogSource.covers(src) {
				return true
			}
		}
		return false
	})
}

// Where gives the part of the set whose rules satisfy keep. Get it once, not once per event.
func (s *Set) Where(keep func(*Rule) bool) *Set {
	part := &Set{prog: s.prog}
	for _, c := range s.rules {
		if keep(c.rule) {
			part.rules = append(part.rules, c)
		}
	}
	return part
}

// Start gives the state of a run. It serves the set and all parts of the set it is a part of, and belongs to one goroutine.
func (s *Set) Start() *Run {
	r := &Run{
		prog:   s.prog,
		all:    s,
		known:  make([]uint32, s.prog.slots),
		fields: make([]fieldState, len(s.prog.fields)),
	}
	r.collect = func(name, text string) bool {
		r.vals = append(r.vals, value{text: text})
		r.names = append(r.names, name)
		return true
	}
	return r
}

// Run is the state of one goroutine that matches events: what is known about the event at hand, and buffers that are used again.
type Run struct {
	prog *program
	all  *Set
	ev   Event

	// Each event is an epoch: known[p] is epoch<<1 | result of predicate p, so that nothing is cleared between events.
	epoch  uint32
	known  []uint32
	fields []fieldState

	vals  []value  // the values of the fields asked for, and then of the whole event
	every span     // the whole event's values in vals
	names []string // names[i] is the field of vals[every.from+i]
	strs  []string // given to Event.Field
	arena []byte   // folded values
	cut   int

	collect func(name, text string) bool // given to Event.Each; made once
}

type span struct{ from, to int32 }

type fieldState struct {
	epoch uint32
	ok    bool
	vals  span
}

// value is one value of the event and what was derived from it so far.
type value struct {
	text   string
	folded []byte // valid if has&hasFolded
	raw    []byte // text as bytes, if has&hasRaw
	addr   netip.Addr
	has    uint8
}

const (
	hasFolded = 1 << iota
	hasRaw
	hasAddr
	hasCut
)

// maxKept bounds the memory that a run keeps between events: one event of many megabytes must not pin as much for ever.
const maxKept = 4 << 20

// Event matches an event against sub, a part of the set that the run was started from, or against all of it when sub is nil. It calls yield
// for each rule that matches, in the order of the rules.
func (r *Run) Event(sub *Set, ev Event, yield func(Match)) {
	if sub == nil {
		sub = r.all
	}
	if sub.prog != r.prog {
		panic("sigma: the set is not part of the one the run was started from")
	}
	r.begin(ev)
	for i := range sub.rules {
		c := &sub.rules[i]
		if r.eval(c.root) {
			yield(Match{Rule: c.rule, Fields: r.explain(c.root)})
		}
	}
	r.ev = nil
}

// Cut is the number of values so far of which regular expressions saw only the first 64 KiB.
func (r *Run) Cut() int { return r.cut }

func (r *Run) begin(ev Event) {
	r.epoch++
	if r.epoch == 1<<31 {
		clear(r.known)
		clear(r.fields)
		r.epoch = 1
	}
	if cap(r.arena) > maxKept {
		r.arena = nil
	}
	if cap(r.vals) > maxKept/64 {
		r.vals, r.names, r.strs = nil, nil, nil
	}
	r.ev, r.vals, r.names, r.arena = ev, r.vals[:0], r.names[:0], r.arena[:0]
	r.every.from = -1
}

// Problem codes, for callers that decide by them.
const (
	CodeYAML        = "sigma.yaml"              // not YAML, or YAML that rules may not use
	CodeLimit       = "sigma.limit"             // too large, too deep, too many
	CodeType        = "sigma.type"              // a value of the wrong type
	CodeMissing     = "sigma.missing"           // a part that every rule must have
	CodeValue       = "sigma.value"             // a value that the place or a modifier does not allow
	CodeModifier    = "sigma.modifier"          // an unknown modifier, or modifiers that do not go together
	CodeRegexp      = "sigma.regexp"            // a bad regular expression
	CodeCondition   = "sigma.condition"         // a condition that does not parse or resolve
	CodePlaceholder = "sigma.placeholder"       // a placeholder nobody filled
	CodeUnsupported = "sigma.unsupported"       // part of Sigma that this engine does not know yet
	CodeObsolete    = "sigma.obsolete"          // part of Sigma that was withdrawn
	CodeDuplicate   = "sigma.duplicate"         // a second rule with the same id
	CodeLookaround  = "sigma.regexp.lookaround" // a regular expression beyond RE2
)

var _ error = diag.Problems(nil)
