// Package logsource says which events each log source of Sigma means, and runs rules on the events that they are for.
//
// A Sigma rule names its log source by category, product and service ("process creation on Windows"). Which events that is, and under which
// names these have the fields that rules use, are facts about the world: they are data, in the folder logsources of the knowledge and in the
// file of a user ([Read]). A mapping ties one log source to selections of events (channel, provider, event id, values of fields; or the kind
// of a text log) with the fields that have another name there. A [Router], made of a set of rules and of mappings, gives each event to the
// rules that are for it. It looks at each event by itself: a file may hold the events of several channels.
//
//	mappings ─┐
//	rules ────┴─► Router ──► Run.Event(event) ──► the parts of the set, each with its view of the event
//
// A rule is run on the events of the mappings whose log source it names. A rule that names both a category and a service is run on the events
// that belong to both. A rule of "product: windows" alone is run on every Windows event. A rule whose detection itself insists on a channel, one
// that is not of its log source, is run on the events of that channel. Any other rule whose log source no mapping covers is never run;
// [Router.Unmapped] names it and says why.
//
// The package knows no format of logs: an event is a [sigma.Event] and a [Key].
package logsource

import (
	"strings"

	"vigie/internal/diag"
	"vigie/internal/sigma"
)

// Mapping ties a log source to events. It never changes after [Read].
type Mapping struct {
	LogSource sigma.LogSource
	Events    []*Selection
	Uncovered string // why there are no events; then Events is empty
	Source    string // who says so
	Date      string // YYYY-MM-DD: the state of that document
	Pos       diag.Pos

	extend bool // adds its events to those of the mapping that it meets in [Merge]
}

// Selection says which events are meant, and how they are to be seen. Of each list one value must be that of the event, without regard to
// case; an empty list means any.
type Selection struct {
	Kinds     []string // of a text log, as in doc/records.md; empty for Windows events
	Channels  []string
	Providers []string
	IDs       []string
	Where     []Condition // on fields of the event, all of which must hold
	Fields    []*Field    // under other names than rules use
	Blanks    bool        // names of fields hold blanks, which rules leave out
}

// Condition asks that a field of the event has one of the values, without regard to case.
type Condition struct {
	Field  string
	Values []string
}

// Key is what an event says of where it comes from.
type Key struct {
	Kind                  string // of a text log; empty for a Windows event
	Channel, Provider, ID string // of a Windows event
}

// KeyOf reads the key of a Windows event out of its fields. Of a field with several values, which no sound event has here, the first counts.
func KeyOf(ev sigma.Event) Key {
	k, _ := keyOf(ev, nil)
	return k
}

func keyOf(ev sigma.Event, buf []string) (Key, []string) {
	first := func(name string) string {
		vals, ok := ev.Field(name, buf[:0])
		buf = vals[:0]
		if ok && len(vals) > 0 {
			return vals[0]
		}
		return ""
	}
	return Key{Channel: first("Channel"), Provider: first("Provider_Name"), ID: first("EventID")}, buf
}

// accepts says whether events of a key may be meant; Where is left to be asked of the event.
func (s *Selection) accepts(k Key) bool {
	if len(s.Kinds) > 0 || k.Kind != "" {
		return len(s.Kinds) > 0 && has(s.Kinds, k.Kind)
	}
	return fits(s.Channels, k.Channel) && fits(s.Providers, k.Provider) && fits(s.IDs, k.ID)
}

// holds says whether the conditions on fields hold.
func (s *Selection) holds(ev sigma.Event) bool {
	var buf [4]string
	for _, c := range s.Where {
		vals, _ := ev.Field(c.Field, buf[:0])
		ok := false
		for _, v := range vals {
			ok = ok || has(c.Values, v)
		}
		if !ok {
			return false
		}
	}
	return true
}

// plain says whether the selection adds nothing to what the key says.
func (s *Selection) plain() bool { return len(s.Where) == 0 && !s.renames() }

// renames says whether rules see the event otherwise than it is.
func (s *Selection) renames() bool { return len(s.Fields) > 0 || s.Blanks }

func (s *Selection) field(name string) *Field {
	for _, f := range s.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func fits(list []string, v string) bool { return len(list) == 0 || has(list, v) }

func has(list []string, v string) bool {
	for _, s := range list {
		if strings.EqualFold(s, v) {
			return true
		}
	}
	return false
}

// both gives the events that two selections mean, or nil when there are none. The first one's names of fields go before the second's.
func both(a, b *Selection) *Selection {
	out := new(Selection)
	ok := true
	meet := func(x, y []string) []string {
		switch {
		case len(x) == 0:
			return y
		case len(y) == 0:
			return x
		}
		var common []string
		for _, s := range x {
			if has(y, s) {
				common = append(common, s)
			}
		}
		ok = ok && len(common) > 0
		return common
	}
	if (len(a.Kinds) == 0) != (len(b.Kinds) == 0) {
		return nil
	}
	out.Kinds, out.Channels = meet(a.Kinds, b.Kinds), meet(a.Channels, b.Channels)
	out.Providers, out.IDs = meet(a.Providers, b.Providers), meet(a.IDs, b.IDs)
	if !ok {
		return nil
	}
	out.Where = append(append(out.Where, a.Where...), b.Where...)
	out.Fields = append(out.Fields, a.Fields...)
	out.Blanks = a.Blanks || b.Blanks
	for _, f := range b.Fields {
		if a.field(f.Name) == nil {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}
