package harden

import (
	"regexp"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/settings"
)

// truth is one of three values.
type truth int8

const (
	unknown truth = iota
	no
	yes
)

// answer is a truth with what it rests on.
type answer struct {
	value truth
	found []casefile.Found
	lacks []string // kinds of export that would tell what is not known
}

// facts are the settings of a server by key.
type facts struct {
	host    string
	at      time.Time
	byKey   map[string][]inventory.Setting
	kinds   map[string]string // kinds of export that were read, with the place of one
	claims  []settings.Claim
	regexps map[string]*regexp.Regexp
}

func newFacts(h Host, r *Rules) *facts {
	f := &facts{host: h.Name, at: h.At, byKey: map[string][]inventory.Setting{}, kinds: map[string]string{}, claims: h.Claims, regexps: r.regexps}
	for _, s := range h.Settings {
		if kind, ok := strings.CutPrefix(s.Key, settings.ExportPrefix); ok {
			if f.kinds[kind] == "" {
				f.kinds[kind] = s.Where
			}
			continue
		}
		f.byKey[s.Key] = append(f.byKey[s.Key], s)
	}
	return f
}

// read tells whether an export was read in which a kind of setting would stand, and where.
func (f *facts) read(kinds []string) (where string, ok bool) {
	for _, kind := range kinds {
		for {
			if w, ok := f.kinds[kind]; ok {
				return w, true
			}
			i := strings.LastIndexByte(kind, '\\')
			if i < 0 || !strings.HasPrefix(kind, "registry.") {
				break
			}
			kind = kind[:i]
		}
	}
	return "", false
}

// all joins conditions that must all hold: false as soon as one is false.
func (f *facts) all(list []kb.Expect) answer {
	out := answer{value: yes}
	for i := range list {
		a := f.expect(&list[i])
		out.found = append(out.found, a.found...)
		out.lacks = append(out.lacks, a.lacks...)
		switch {
		case a.value == no:
			out.value = no
		case a.value == unknown && out.value == yes:
			out.value = unknown
		}
	}
	return out
}

// expect answers one condition.
func (f *facts) expect(e *kb.Expect) answer {
	switch {
	case len(e.All) > 0:
		return f.all(e.All)
	case len(e.Any) > 0:
		out := answer{value: no}
		for i := range e.Any {
			a := f.expect(&e.Any[i])
			out.found = append(out.found, a.found...)
			out.lacks = append(out.lacks, a.lacks...)
			switch {
			case a.value == yes:
				out.value = yes
			case a.value == unknown && out.value == no:
				out.value = unknown
			}
		}
		return out
	case len(e.First) > 0:
		var out answer
		for i := range e.First {
			a := f.expect(&e.First[i])
			if a.value != unknown {
				return a
			}
			out.found, out.lacks = append(out.found, a.found...), append(out.lacks, a.lacks...)
		}
		return out
	case len(e.None) > 0:
		out := answer{value: yes}
		for i := range e.None {
			a := f.expect(&e.None[i])
			for _, x := range a.found {
				x.Fails = a.value == yes && !x.Fails
				out.found = append(out.found, x)
			}
			out.lacks = append(out.lacks, a.lacks...)
			switch {
			case a.value == yes:
				out.value = no
			case a.value == unknown && out.value == yes:
				out.value = unknown
			}
		}
		return out
	}
	return f.compare(e)
}

// compare answers a comparison: for every setting of the key and the subjects, or for one of them.
func (f *facts) compare(e *kb.Expect) answer {
	var out answer
	passed, failed := 0, 0
	for _, s := range f.byKey[e.Key] {
		if !about(e, s.Subject) {
			continue
		}
		ok := f.passes(e, s.Value, s.Time)
		if ok == unknown {
			out.lacks = append(out.lacks, e.Kinds()...)
		}
		if ok == yes {
			passed++
		} else if ok == no {
			failed++
		}
		out.found = append(out.found, casefile.Found{Key: s.Key, Subject: s.Subject, Value: s.Value, Where: s.Where, Fails: ok == no})
	}
	if len(out.found) == 0 {
		return f.nothing(e)
	}
	switch {
	case e.Some && passed > 0, !e.Some && failed == 0 && passed == len(out.found):
		out.value = yes
	case e.Some && failed == len(out.found), !e.Some && failed > 0:
		out.value = no
	}
	return out
}

// nothing answers a comparison for which no setting stands in the evidence.
func (f *facts) nothing(e *kb.Expect) answer {
	where, read := f.read(e.Kinds())
	if !read || !e.Absent && e.Default == "" && !e.Present {
		return answer{value: unknown, lacks: e.Kinds()}
	}
	x := casefile.Found{Key: e.Key, Subject: strings.Join(e.Subjects, ", "), Value: e.Default, Absent: true, Where: where}
	ok := f.passes(e, e.Default, time.Time{})
	x.Fails = ok == no
	return answer{value: ok, found: []casefile.Found{x}}
}

// about tells whether a comparison is about a subject. A * stands for any beginning or any end.
func about(e *kb.Expect, subject string) bool {
	if len(e.Subjects) == 0 {
		return true
	}
	for _, s := range e.Subjects {
		begin, open := strings.CutSuffix(s, "*")
		end, late := strings.CutPrefix(s, "*")
		switch {
		case open && len(subject) >= len(begin) && strings.EqualFold(subject[:len(begin)], begin),
			late && len(subject) >= len(end) && strings.EqualFold(subject[len(subject)-len(end):], end),
			strings.EqualFold(s, subject):
			return true
		}
	}
	return false
}
