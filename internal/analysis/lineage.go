package analysis

import (
	"vigie/internal/detect"
	"vigie/internal/record"
)

// lineage follows the processes of one item: what a process begins that a rule names (a shell under a web server) is the attacker's doing as well, whatever
// it looks like by itself. Events are seen in the order of the item, in which a parent comes before its children, but where a circular log
// begins anew.
type lineage struct {
	tainted map[processKey]detect.HitMeta // what the descendants of a process show
	left    int64                         // processes that were too many to be followed
}

type processKey struct{ host, source, id string }

// maxTainted bounds the processes followed in one item.
const maxTainted = 100_000

// birth is the creation of a process, with the hits of rules on it, if any.
type birth struct {
	ev      *record.Event
	process record.Process
	hits    []detect.Hit
}

// follow gives the hit of a birth that no rule named and that descends from one that a rule did.
func (l *lineage) follow(b birth) (hit detect.Hit, ok bool) {
	key := processKey{b.ev.Host, b.ev.Source, b.process.ID}
	parent, descends := l.tainted[processKey{b.ev.Host, b.ev.Source, b.process.Parent}]
	delete(l.tainted, key) // Windows gives numbers of processes again
	for _, h := range b.hits {
		if h.Descendants != (detect.HitMeta{}) {
			l.taint(key, h.Descendants)
			return hit, false
		}
	}
	if !descends {
		return hit, false
	}
	l.taint(key, parent)
	if len(b.hits) > 0 {
		return hit, false // named by a rule of its own
	}
	return detect.Descendant(b.ev, parent), true
}

func (l *lineage) taint(k processKey, shows detect.HitMeta) {
	if l.tainted == nil {
		l.tainted = map[processKey]detect.HitMeta{}
	}
	if len(l.tainted) >= maxTainted {
		l.left++
		return
	}
	l.tainted[k] = shows
}
