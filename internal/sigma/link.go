package sigma

// From documents to a library: the rules and correlations that hold together. Documents refer to each other by id or by name, over files;
// here each reference becomes the thing it names, filters become part of the rules they are for, and what refers to nothing, or to itself,
// is left out and reported.

import (
	"slices"
	"strings"

	"vigie/internal/diag"
)

// Library is a set of rules and the correlations over them. It never changes.
type Library struct {
	Rules        []*Rule        // with their filters; give these to [Compile]
	Correlations []*Correlation // in the order given

	linked []linked         // one for each correlation
	order  []int            // indexes of linked, each after those it refers to
	silent map[*Header]bool // rules and correlations that only serve a correlation
	bases  map[*Rule][]at   // where matches of a rule go
}

// at is a place among the rules of a correlation.
type at struct{ correlation, base int }

// linked is a correlation whose references are found.
type linked struct {
	*Correlation
	bases  []base
	bounds []Bound  // of the condition, or that all rules must be there
	need   []string // the columns kept of each match: group-by, the condition's fields, what other correlations need
	users  []at     // the correlations that refer to this one
}

// base is one of the rules of a correlation.
type base struct {
	rule  *Rule
	other int      // index of a correlation, if rule is nil
	from  []string // for each column the field of the rule's events
	index []int    // for each column that of the other correlation
}

// maxColumns bounds what is kept of one match.
const maxColumns = 64

// Link makes a library. Of documents with the same id only the first is in it; a filter applies as far as it can; a correlation with a
// reference that leads nowhere is left out, and so are those that refer to it.
func Link(docs Documents) (*Library, diag.Problems) {
	l := linker{lib: &Library{silent: make(map[*Header]bool), bases: make(map[*Rule][]at)}, ids: make(map[string]diag.Pos)}
	for _, r := range docs.Rules {
		if l.fresh(&r.Header, "rule") {
			l.lib.Rules = append(l.lib.Rules, r)
		}
	}
	for _, c := range docs.Correlations {
		if l.fresh(&c.Header, "correlation") {
			l.correlations = append(l.correlations, c)
		}
	}
	l.index()
	for _, f := range docs.Filters {
		if l.fresh(&f.Header, "filter") {
			l.apply(f)
		}
	}
	l.index() // anew: the rules with a filter are copies
	l.resolve()
	l.sort()
	l.columns()
	l.problems.Sort()
	return l.lib, l.problems
}

// Reported says whether matches of a rule or a correlation are results of their own: not if it is only there for a correlation, one that
// refers to it and does not say "generate: true".
func (l *Library) Reported(h *Header) bool { return !l.silent[h] }

type linker struct {
	lib          *Library
	ids          map[string]diag.Pos
	correlations []*Correlation
	targets      map[string][]target // by name and by lower-case id
	names        []string            // of all rules and correlations, for hints
	problems     diag.Problems
}

type target struct {
	header      *Header
	rule        *Rule
	index       int // of the rule
	correlation int // index, if rule is nil
}

func (l *linker) fresh(h *Header, what string) bool {
	if h.ID == "" {
		return true
	}
	id := strings.ToLower(h.ID)
	if first, ok := l.ids[id]; ok {
		l.problems.Add(h.Pos, CodeDuplicate, "", "%s has the id %s of the document at %s", what, diag.Quote(h.ID), first)
		return false
	}
	l.ids[id] = h.Pos
	return true
}

// apply adds a filter to the rules it is for, which are copied, since the caller's do not change.
func (l *linker) apply(f *Filter) {
	if f.Any {
		for i, r := range l.lib.Rules {
			if f.LogSource.covers(r.LogSource) {
				l.lib.Rules[i] = r.with(f)
			}
		}
		return
	}
	done := make(map[int]bool)
	for _, ref := range f.Rules {
		msg := "filter names %s, which is not among the rules"
		for _, t := range l.all(ref) {
			switch {
			case t.rule == nil:
				msg = "filter names %s, which is a correlation; filters are for rules"
				continue
			case !f.LogSource.covers(t.rule.LogSource):
				l.problems.Add(ref.Pos, CodeReference, "", "filter is not applied to %s: the rule has another log source", diag.Quote(ref.Name))
			case !done[t.index]:
				done[t.index] = true
				l.lib.Rules[t.index] = l.lib.Rules[t.index].with(f)
			}
			msg = ""
		}
		if msg != "" {
			l.problems.Add(ref.Pos, CodeReference, diag.DidYouMean(ref.Name, l.names), msg, diag.Quote(ref.Name))
		}
	}
}

// with gives a copy of a rule that matches when the filter's condition holds too.
func (r *Rule) with(f *Filter) *Rule {
	out := *r
	out.root = join(opAnd, []*node{r.root, f.root})
	out.Filters = append(slices.Clip(r.Filters), f)
	return &out
}

// resolve finds what the correlations refer to and leaves out those that refer to nothing, and then those that refer to these.
func (l *linker) resolve() {
	dead := make([]bool, len(l.correlations))
	found := make([][]target, len(l.correlations))
	for i, c := range l.correlations {
		for _, ref := range c.Rules {
			t, ok := l.find(ref, c.File)
			if !ok {
				dead[i] = true
				continue
			}
			if slices.Contains(found[i], t) {
				l.problems.Add(ref.Pos, CodeReference, "name it once", "correlation refers twice to the rule %s", diag.Quote(ref.Name))
				dead[i] = true
			}
			found[i] = append(found[i], t)
		}
	}
	l.spread(found, dead)
	l.cycles(found, dead)
	moved := make([]int, len(l.correlations))
	for i, c := range l.correlations {
		if !dead[i] {
			moved[i] = len(l.lib.linked)
			l.lib.Correlations = append(l.lib.Correlations, c)
			k := linked{Correlation: c, bounds: c.Bounds}
			if len(k.bounds) == 0 {
				n := whole64(int64(len(c.Rules)))
				k.bounds = []Bound{{Op: "gte", Value: n.f, num: n}}
			}
			l.lib.linked = append(l.lib.linked, k)
		}
	}
	for i := range l.correlations {
		if dead[i] {
			continue
		}
		me := &l.lib.linked[moved[i]]
		for j, t := range found[i] {
			b := base{rule: t.rule, other: -1}
			place := at{moved[i], j}
			if t.rule == nil {
				b.other = moved[t.correlation]
				other := &l.lib.linked[b.other]
				other.users = append(other.users, place)
			} else {
				l.lib.bases[t.rule] = append(l.lib.bases[t.rule], place)
			}
			me.bases = append(me.bases, b)
		}
	}
	l.silence(found, dead)
}

// spread leaves out the correlations that refer to one that is left out, at once or through others.
func (l *linker) spread(found [][]target, dead []bool) {
	users := make([][]at, len(l.correlations))
	var left []int
	for i := range l.correlations {
		if dead[i] {
			left = append(left, i)
			continue
		}
		for j, t := range found[i] {
			if t.rule == nil {
				users[t.correlation] = append(users[t.correlation], at{i, j})
			}
		}
	}
	for len(left) > 0 {
		i := left[len(left)-1]
		left = left[:len(left)-1]
		for _, u := range users[i] {
			if dead[u.correlation] {
				continue
			}
			dead[u.correlation] = true
			left = append(left, u.correlation)
			ref := l.correlations[u.correlation].Rules[u.base]
			l.problems.Add(ref.Pos, CodeReference, "", "correlation refers to %s, which is left out", diag.Quote(ref.Name))
		}
	}
}

// silence finds what only serves correlations.
func (l *linker) silence(found [][]target, dead []bool) {
	kept := make(map[*Header]bool)
	for i, c := range l.correlations {
		for _, t := range found[i] {
			if !dead[i] {
				l.lib.silent[t.header] = true
				if c.Generate {
					kept[t.header] = true
				}
			}
		}
	}
	for h := range kept {
		delete(l.lib.silent, h)
	}
}

func (l *linker) index() {
	l.targets, l.names = make(map[string][]target), nil
	put := func(t target) {
		for _, key := range []string{t.header.Name, strings.ToLower(t.header.ID)} {
			if key != "" && !slices.Contains(l.targets[key], t) {
				l.targets[key] = append(l.targets[key], t)
			}
		}
		if t.header.Name != "" && !strings.HasPrefix(t.header.Name, hiddenName) {
			l.names = append(l.names, t.header.Name)
		}
	}
	for i, r := range l.lib.Rules {
		put(target{header: &r.Header, rule: r, index: i})
	}
	for i, c := range l.correlations {
		put(target{header: &c.Header, correlation: i})
	}
}

// all gives everything that a reference names.
func (l *linker) all(ref Reference) []target {
	if list := l.targets[ref.Name]; list != nil {
		return list
	}
	return l.targets[strings.ToLower(ref.Name)]
}

// find gives what a reference names. Names need to be unique only within a file: one of the same file goes before others.
func (l *linker) find(ref Reference, file string) (target, bool) {
	list := l.all(ref)
	if len(list) > 1 {
		if near := slices.DeleteFunc(slices.Clone(list), func(t target) bool { return t.header.File != file }); len(near) > 0 {
			list = near
		}
	}
	switch len(list) {
	case 1:
		return list[0], true
	case 0:
		l.problems.Add(ref.Pos, CodeReference, diag.DidYouMean(ref.Name, l.names), "correlation refers to %s, which is not among the rules",
			diag.Quote(ref.Name))
	default:
		l.problems.Add(ref.Pos, CodeReference, "refer to it by its id", "correlation refers to %s, the name of %d rules: at %s and %s",
			diag.Quote(ref.Name), len(list), list[0].header.Pos, list[1].header.Pos)
	}
	return target{}, false
}

// cycles marks the correlations that refer to themselves, at once or through others, and those that depend on them.
func (l *linker) cycles(found [][]target, dead []bool) {
	waits := make([]int, len(l.correlations)) // references not yet settled
	users := make([][]int, len(l.correlations))
	var ready []int
	for i := range l.correlations {
		for _, t := range found[i] {
			if t.rule == nil && !dead[i] {
				waits[i]++
				users[t.correlation] = append(users[t.correlation], i)
			}
		}
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, u := range users[i] {
			if waits[u]--; waits[u] == 0 {
				ready = append(ready, u)
			}
		}
	}
	for i, c := range l.correlations {
		if waits[i] == 0 || dead[i] {
			continue
		}
		dead[i] = true
		for j, t := range found[i] {
			if t.rule == nil && waits[t.correlation] > 0 {
				msg := "correlation is part of a circle of references, or depends on one, through %s"
				if t.correlation == i {
					msg = "correlation refers to itself: %s"
				}
				l.problems.Add(c.Rules[j].Pos, CodeReference, "", msg, diag.Quote(c.Rules[j].Name))
				break
			}
		}
	}
}
