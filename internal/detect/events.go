package detect

import (
	"math"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/logsource"
	"vigie/internal/record"
	"vigie/internal/sigma"
)

// Channel gives the coverage id of a channel of Windows events, "" for one that nothing is known of, and whether only a server with the product
// writes it. Names of channels are compared without regard to case, as Windows does.
func (p *Pack) Channel(name string) (source string, product bool) {
	c := p.channels[strings.ToLower(name)]
	return c.source, c.product
}

type channel struct {
	source  string
	product bool
}

// otherEvents is the coverage id in hits on events of a channel that nothing is known of.
const otherEvents = "evtx"

// maxObject bounds in bytes what is kept of a command line as the thing that an event is about; the raw event has more.
const maxObject = 500

// Event matches one Windows event against the rules for its log source; hits are appended to dst.
func (r *Run) Event(ev *record.Event, dst []Hit) []Hit {
	k := logsource.Key{Channel: ev.Channel(), Provider: ev.Provider(), ID: ev.EventID()}
	r.events.Event(k, ev, func(m sigma.Match) { dst = append(dst, eventHit(ev, r.p.meta[m.Rule])) })
	return dst
}

// DescendantRule is the id under which processes are counted that no rule names, and that were begun by one which a rule does.
const DescendantRule = "vigie-process-tree"

// Descendant makes a hit of the creation of a process that descends from one which a rule named.
func Descendant(ev *record.Event, shows HitMeta) Hit {
	return eventHit(ev, meta{flaw: shows.Flaw, act: shows.Act, id: DescendantRule, version: shows.Version, descendants: shows})
}

func eventHit(ev *record.Event, m meta) Hit {
	kind := ev.Source
	if kind == "" {
		kind = otherEvents
	}
	id, _ := ev.ID()
	if id > math.MaxInt64 { // no log has so many
		id = 0
	}
	s := casefile.Sample{
		Ref:  casefile.Ref{Line: ev.Line, Offset: ev.Offset, Record: int64(id)},
		Time: ev.Time, Account: strings.Clone(ev.Account()), Mailbox: strings.Clone(ev.Mailbox()),
	}
	s.Object, _ = CutText(ev.Object(), maxObject)
	s.Raw, s.Cut = CutText(ev.Raw(), casefile.MaxRaw)
	h := Hit{
		Key:    Key{Rule: m.id, Host: ev.Host, Kind: kind, Client: strings.Clone(ev.Client())},
		Meta:   HitMeta{m.flaw, m.act, m.version},
		Sample: s, Descendants: m.descendants,
	}
	if !ev.Time.IsZero() {
		h.Key.Hour = ev.Time.Unix() / int64(time.Hour/time.Second)
	}
	if m.byObject {
		h.Key.Object = strings.ToLower(s.Object)
	}
	return h
}
