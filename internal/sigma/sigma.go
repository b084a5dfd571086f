// Package sigma matches Sigma rules against events.
//
// It implements the Sigma specification 2.1. What follows is about single events; correlations are in correlation.go and link.go. Text
// becomes a checked tree that keeps positions ([Parse]), trees become one immutable program shared by goroutines ([Compile]), and each
// goroutine runs it with a state of its own ([Set.Start]). The package knows nothing of logs: it asks an [Event] for its fields.
//
//	YAML ─rule.go─► Rule ─lex.go, parse.go─► condition ─check.go, modifier.go─► tree ─compile.go─► Set ─search.go, match.go─► Match
//	                                                                                         ├─index.go─► what each part is searched by
//	                                                                                         └─atoms.go─► literals for a prefilter
//
// # Meaning
//
// Values are compared as whole text without regard to case. Case is Unicode simple folding everywhere, as in (?i) of RE2: the Kelvin sign
// equals k, the long s equals s, but sharp s does not equal ss and the Turkish dotless i does not equal i.
//
// Numbers are compared by value, as text: the rule value 4624 (or 0x1210, unquoted) is the text "4624". Quoted '0x17' is text.
//
// The empty text stands for a field that is present and empty. null is a field that is absent, or has no text: Windows writes an element for
// a value that is not there, and the authors of rules mean both. exists: true is a field that is present.
//
// A field with several values satisfies an item if one of them does; under |all each listed value may be satisfied by another one. neq is
// the negation of the item without it, so that it holds for an absent field.
//
// A keyword is looked for in each value of the event, anywhere in it; '|all' may find its keywords in different values.
//
// Regular expressions have the syntax and the meaning of package regexp, and are run by an automaton of our own: case-sensitive unless |i,
// unanchored. They see the first 64 KiB of a value, and [Run.Cut] counts the longer ones. $ is the very end of the value, also before a
// final line feed.
//
// windash covers the dashes that begin a word (the character before is no letter, digit or _, the one after is), in all five forms, each
// independently.
//
// # Not supported, and refused by name
//
// Rule collections (action), the aggregations min, max and near after a pipe (the others become correlations), placeholders that nothing fills,
// look-around in regular expressions, YAML anchors, aliases and tags.
//
// # Hostile input
//
// Rules and events are hostile. A document has at most 512 KiB and 64 levels; a bad one costs itself, never its neighbours. Searching is
// linear in the value but for the parts of a pattern that hold ?, which are limited to 256 characters, and for regular expressions, whose
// programs are limited. An event may hold invalid UTF-8: each invalid byte is one character that equals only itself, and that no
// rule names.
package sigma

import (
	"net/netip"
	"sync"

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

// Flat is implemented by events whose Each gives precisely what Field would: Field(name) gives the values that Each gives under that name, in
// that order, and a name that Each never gives is no field. Such an event is read in one pass, which is much cheaper than asking for one
// field after another where many rules ask for many fields. An event that makes its fields only when they are asked for should not be flat.
type Flat interface {
	Event
	// Flat says whether this event is one; if not, its fields are asked for as of any event.
	Flat() bool
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

	once sync.Once // makes ix, when an event is first matched against this part
	ix   *index    // nil for a part of few rules
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
		prog:     s.prog,
		all:      s,
		known:    make([]uint32, s.prog.slots),
		fields:   make([]fieldState, len(s.prog.fields)),
		automata: newAutomata(int(s.prog.autos)),
	}
	r.collect, r.collectFlat = r.addValue, r.addFlat
	r.foundGram = func(g *gramText) {
		if !g.any || r.read { // else a value of a field need not be one of the event
			r.found(g.key, g.sure)
		}
	}
	return r
}

// Run is the state of one goroutine that matches events: what is known about the event at hand, and buffers that are used again.
type Run struct {
	prog *program
	all  *Set
	ev   Event
	ix   *index // of the part at hand, or nil
	read bool   // all fields of the event are, in one pass

	// Each event is an epoch: known[p] is epoch<<2 | what is known of predicate p, so that nothing is cleared between events.
	epoch   uint32
	known   []uint32
	fields  []fieldState
	present []int32  // the fields of a flat event that rules ask for
	called  []uint64 // one bit for each rule of the part that is to be evaluated

	vals      []value      // the values of the fields asked for, and of the whole event
	every     span         // the whole event's values in vals
	names     []string     // names[i] is the field of vals[every.from+i]
	addrs     []netip.Addr // of values that were read as an address
	strs      []string     // given to Event.Field
	arena     []byte       // folded values
	automata  automata
	explainer explainer
	cut       int

	// Made once, since making one allocates.
	collect, collectFlat func(name, text string) bool // given to Event.Each
	foundGram            func(*gramText)
}

type span struct{ from, to int32 }

// Cut is the number of values so far of which regular expressions saw only the first 64 KiB. A value that does not hold the texts which every
// match of an expression needs is not cut, since no part of it could match.
func (r *Run) Cut() int { return r.cut }

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
	CodeReference   = "sigma.reference"         // a reference to a rule that is not there, or to itself
	CodeDuplicate   = "sigma.duplicate"         // a second rule with the same id
	CodeLookaround  = "sigma.regexp.lookaround" // a regular expression beyond RE2
)

var _ error = diag.Problems(nil)
