package logsource

// Which rules an event is given to. The selections of the mappings that a rule names are found once, when the router is built, together
// with the event ids and channels that the rule itself insists on. For the key of an event the selections that accept it give the rules, cut by
// what these insist on; rules that see the event under the same names form one part of the set. Keys repeat from event to event, so the
// parts of a key are kept.

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"vigie/internal/diag"
	"vigie/internal/sigma"
)

const (
	// maxRoutes bounds the keys whose parts are kept. Real machines write some hundreds of channels and some thousands of event ids; a file
	// may name as many as it likes.
	maxRoutes = 8192
	// maxParts bounds the different parts of the set that are kept.
	maxParts = 4096
)

// Router gives events to rules. It is shared by goroutines.
type Router struct {
	set        *sigma.Set
	rules      []*sigma.Rule
	selections []*Selection
	users      [][]user // of each selection
	unmapped   []Unmapped

	mu     sync.RWMutex
	routes map[Key]*route
	parts  map[string]*sigma.Set // by the numbers of its rules
}

// user is a rule of a selection, and what it insists on.
type user struct {
	rule                     int
	ids, channels, providers wanted
}

// wanted is a list of folded values, one of which an event must have; nil means that nothing is insisted on.
type wanted map[string]bool

func (w wanted) has(v string) bool { return w == nil || w[sigma.Fold(v)] }

// route is where the events of a key go.
type route struct {
	key   Key
	parts []part
	twice bool // a rule stands in several parts
}

// part is a part of the set and the selection through which it sees the event; nil when it sees the event as it is.
type part struct {
	sel *Selection
	set *sigma.Set
}

// Unmapped is a rule that is never run.
type Unmapped struct {
	Rule    *sigma.Rule
	Problem diag.Problem
}

// NewRouter makes a router of a set of rules and of mappings.
func NewRouter(set *sigma.Set, mappings []*Mapping) *Router {
	r := &Router{set: set, rules: set.Rules(), routes: make(map[Key]*route), parts: make(map[string]*sigma.Set)}
	t := table{mappings: mappings, found: make(map[sigma.LogSource][]*Selection)}
	number := make(map[*Selection]int)
	for i, rule := range r.rules {
		sels := t.find(rule.LogSource)
		if leadsElsewhere(rule, sels) {
			sels = []*Selection{anyWindows}
		}
		if len(sels) == 0 {
			r.unmapped = append(r.unmapped, Unmapped{rule, t.why(rule)})
			continue
		}
		for _, s := range sels {
			n, ok := number[s]
			if !ok {
				n = len(r.selections)
				number[s] = n
				r.selections = append(r.selections, s)
				r.users = append(r.users, nil)
			}
			u := user{rule: i}
			if len(s.Kinds) == 0 {
				u.ids, u.channels, u.providers = insists(rule, s, "EventID"), insists(rule, s, "Channel"), insists(rule, s, "Provider_Name")
			}
			r.users[n] = append(r.users[n], u)
		}
	}
	return r
}

// anyWindows accepts every Windows event.
var anyWindows = new(Selection)

// leadsElsewhere says whether a rule itself names the channels of its events, and they are not among those of its log source, or no mapping knows
// that: then the rule is the better witness.
func leadsElsewhere(rule *sigma.Rule, sels []*Selection) bool {
	if p := rule.LogSource.Product; p != "" && !strings.EqualFold(p, "windows") {
		return false
	}
	channels := insists(rule, anyWindows, "Channel")
	if len(channels) == 0 {
		return false
	}
	for _, s := range sels {
		for c := range channels {
			if len(s.Kinds) > 0 || fits(s.Channels, c) {
				return false
			}
		}
	}
	return true
}

// insists gives the values of a field of the key that a rule insists on, unless it sees another field under that name.
func insists(rule *sigma.Rule, s *Selection, field string) wanted {
	if s.field(field) != nil {
		return nil
	}
	vals, ok := rule.Requires(field)
	if !ok {
		return nil
	}
	w := make(wanted, len(vals))
	for _, v := range vals {
		w[v] = true
	}
	return w
}

// Unmapped lists the rules that are never run, in the order of the set, with the reason.
func (r *Router) Unmapped() []Unmapped { return r.unmapped }

// Rules lists the rules that may be run on the events of a key, in the order of the set.
func (r *Router) Rules(k Key) []*sigma.Rule {
	var all []*sigma.Rule
	for _, p := range r.route(k).parts {
		all = append(all, p.set.Rules()...)
	}
	return slices.DeleteFunc(slices.Clone(r.rules), func(rule *sigma.Rule) bool { return !slices.Contains(all, rule) })
}

func (r *Router) route(k Key) *route {
	r.mu.RLock()
	rt := r.routes[k]
	r.mu.RUnlock()
	if rt != nil {
		return rt
	}
	rt = r.find(k)
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept := r.routes[k]; kept != nil {
		return kept
	}
	if len(r.routes) < maxRoutes {
		r.routes[rt.key] = rt
	}
	return rt
}

func (r *Router) find(k Key) *route {
	// The texts of a key may be parts of a large buffer.
	rt := &route{key: Key{strings.Clone(k.Kind), strings.Clone(k.Channel), strings.Clone(k.Provider), strings.Clone(k.ID)}}
	times := make([]uint8, len(r.rules))
	var plain []int
	type seen struct {
		sel   *Selection
		rules []int
	}
	var others []seen
	for i, s := range r.selections {
		if !s.accepts(k) {
			continue
		}
		var rules []int
		for _, u := range r.users[i] {
			if !u.ids.has(k.ID) || !u.channels.has(k.Channel) || !u.providers.has(k.Provider) {
				continue
			}
			if s.plain() && times[u.rule] == 1 && slices.Contains(plain, u.rule) {
				continue // by two plain selections
			}
			times[u.rule] = min(times[u.rule]+1, 2)
			rt.twice = rt.twice || times[u.rule] > 1
			rules = append(rules, u.rule)
		}
		switch {
		case len(rules) == 0:
		case s.plain():
			plain = append(plain, rules...)
		default:
			others = append(others, seen{s, rules})
		}
	}
	if len(plain) > 0 {
		rt.parts = append(rt.parts, part{set: r.part(plain)})
	}
	for _, o := range others {
		rt.parts = append(rt.parts, part{o.sel, r.part(o.rules)})
	}
	return rt
}

// part gives the part of the set that has some rules.
func (r *Router) part(rules []int) *sigma.Set {
	slices.Sort(rules)
	var b []byte
	for _, n := range rules {
		b = binary.AppendUvarint(b, uint64(n))
	}
	key := string(b)
	r.mu.RLock()
	s := r.parts[key]
	r.mu.RUnlock()
	if s != nil {
		return s
	}
	in := make(map[*sigma.Rule]bool, len(rules))
	for _, n := range rules {
		in[r.rules[n]] = true
	}
	s = r.set.Where(func(rule *sigma.Rule) bool { return in[rule] })
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept := r.parts[key]; kept != nil {
		return kept
	}
	if len(r.parts) < maxParts {
		r.parts[key] = s
	}
	return s
}

// Run is the state of one goroutine.
type Run struct {
	router *Router
	run    *sigma.Run
	route  *route // of the last event: neighbours often have the same key
	view   view
	seen   sigma.Event // the event at hand or the view of it
	done   map[*sigma.Rule]bool
	buf    []string // given to Event.Field
}

// Start gives a Run.
func (r *Router) Start() *Run {
	return &Run{router: r, run: r.set.Start(), done: make(map[*sigma.Rule]bool)}
}

// Sigma is the run of the engine, for what it counts.
func (r *Run) Sigma() *sigma.Run { return r.run }

// Windows runs the rules for a Windows event, whose key it reads out of the fields; see [Run.Event].
func (r *Run) Windows(ev sigma.Event, yield func(sigma.Match)) {
	var k Key
	k, r.buf = keyOf(ev, r.buf[:0])
	r.Event(k, ev, yield)
}

// Event runs the rules for an event and calls yield for each that matches, once. The fields of a match have the names that the rule uses. Rules
// come in the order of the set within each part; the rules that see the event as it is come first.
func (r *Run) Event(k Key, ev sigma.Event, yield func(sigma.Match)) {
	if r.route == nil || r.route.key != k {
		r.route = r.router.route(k)
	}
	rt := r.route
	if rt.twice {
		clear(r.done)
		out := yield
		yield = func(m sigma.Match) {
			if !r.done[m.Rule] {
				r.done[m.Rule] = true
				out(m)
			}
		}
	}
	for _, p := range rt.parts {
		switch {
		case p.sel != nil && !p.sel.holds(ev):
			continue
		case p.sel != nil && p.sel.renames():
			r.view.sel, r.view.ev = p.sel, ev
			r.seen = &r.view
		default:
			r.seen = ev
		}
		r.run.Event(p.set, r.seen, yield)
	}
	r.view.ev, r.seen = nil, nil
}

// Seen gives the event as the rule of the match at hand sees it, with the names that rules use, for a [sigma.Correlator]. It is only valid
// inside yield.
func (r *Run) Seen() sigma.Event { return r.seen }
