package sigma

// Evaluating a correlation. The matches of a group are walked in the order of time. At each time a window holds those of the timespan before
// it, both ends included; matches of the same time enter together, since nothing says which came first. A window is never computed anew: what
// enters is added to a tally and what leaves is taken out of it.
//
// Which windows the condition is asked of depends on what could make it true. "At least ten" is asked of each window as its last event
// arrives, so that a correlation over this one can ask what came after the tenth. Any other condition ("at most", "exactly", a mean) would hold
// for a part of what belongs together: it is asked of full windows only, those to which the next event of the group cannot be added.
//
// Windows that satisfy the condition and share events are one result.

import (
	"cmp"
	"slices"
	"strings"
)

type evaluation struct {
	*linked
	limits  CorrelationLimits
	results []CorrelationMatch
	more    int
	found   int // results so far, the dropped ones too
	passed  []passed
}

// passed is an entry that contributed, for other correlations.
type passed struct {
	entry  *entry
	tick   int64 // when the condition first held with it
	result int   // from 1
}

func (k *linked) numeric() bool {
	return k.Type.metric() && (k.Type != ValuePercentile || k.Percentile == k.Percentile)
}

// share says whether the correlation asks for the share of the event's own value.
func (k *linked) share() bool { return k.Type == ValuePercentile && k.Percentile != k.Percentile }

// growing says whether a window that satisfies the condition still does when events are added to it.
func (k *linked) growing() bool {
	for _, b := range k.bounds {
		if b.Op != "gt" && b.Op != "gte" {
			return false
		}
	}
	return k.Type == EventCount || k.Type == ValueCount || k.Type == ValueSum || k.Type.temporal()
}

func (k *linked) holds(compare func(Bound) int) bool {
	for _, b := range k.bounds {
		if !b.holds(compare(b)) {
			return false
		}
	}
	return true
}

func (ev *evaluation) run(entries []entry) {
	groups := make(map[string][]*entry)
	var keys []string
	for i := range entries {
		e := &entries[i]
		key := ev.groupKey(e)
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], e)
	}
	for _, key := range keys { // in the order of their first events
		ev.group(ev.events(groups[key]))
	}
	ev.earliest(ev.limits.Results)
}

// earliest sorts the results and keeps the first n.
func (ev *evaluation) earliest(n int) {
	slices.SortStableFunc(ev.results, func(a, b CorrelationMatch) int {
		return cmp.Or(a.First.Compare(b.First), a.Last.Compare(b.Last), slices.CompareFunc(a.Group, b.Group, func(x, y FieldValue) int {
			return cmp.Compare(x.Value, y.Value)
		}))
	})
	if more := len(ev.results) - n; more > 0 {
		ev.more += more
		clear(ev.results[n:])
		ev.results = ev.results[:n]
	}
}

// groupKey is a text that the entries of a group share.
func (ev *evaluation) groupKey(e *entry) string { return key(e.cols[:len(ev.GroupBy)]) }

// key joins values so that different lists give different keys.
func key(vals []string) string {
	if len(vals) == 1 {
		return same(vals[0])
	}
	var b strings.Builder
	for _, v := range vals {
		f := same(v)
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(f, "\x01", "\x01\x01"), "\x02", "\x01\x03"))
		b.WriteByte(2)
	}
	return b.String()
}

// events leaves one entry for each event, where it does not matter which of the rules the event matched.
func (ev *evaluation) events(list []*entry) []*entry {
	if ev.Type.temporal() {
		return list
	}
	out := list[:0]
	var (
		tick int64
		ref  Ref
	)
	event := false // of those that share tick and ref, an event is already in out
	for i, e := range list {
		if e.tick != tick || e.ref != ref || i == 0 {
			tick, ref, event = e.tick, e.ref, false
		}
		if e.unit == 0 && event {
			continue
		}
		event = event || e.unit == 0
		out = append(out, e)
	}
	return out
}

// group walks the entries of one group, which are in the order of time.
func (ev *evaluation) group(list []*entry) {
	var (
		t       = ev.tally(list)
		span    = int64(ev.Timespan / 100)
		growing = ev.growing()
		out     = collector{evaluation: ev, list: list}
	)
	for lo, at := 0, 0; at < len(list); {
		now := list[at].tick
		end := at
		for ; end < len(list) && list[end].tick == now; end++ {
			t.add(list[end])
		}
		for ; now-list[lo].tick > span; lo++ {
			t.remove(list[lo])
		}
		switch {
		case ev.share():
			for i := at; i < end; i++ {
				if share := t.(*shares).of(list[i], end-lo); ev.holds(func(b Bound) int { return cmp.Compare(share, b.Value) }) {
					out.add(i, i, now, share)
				}
			}
		case (growing || end == len(list) || list[end].tick-list[lo].tick > span) && ev.holds(t.compare):
			first := lo
			if c, ok := t.(*chains); ok {
				i, _ := slices.BinarySearchFunc(list[lo:end], c.start(), func(e *entry, t int64) int { return cmp.Compare(e.tick, t) })
				first += i
			}
			out.add(first, end-1, now, t.value())
		}
		at = end
	}
	out.flush()
}

// collector makes results of windows, which come in the order of time.
type collector struct {
	*evaluation
	list   []*entry
	lo, hi int // of the result at hand, as indexes of list
	open   bool
	value  float64
	passed int // entries before it were passed on
}

func (c *collector) add(lo, hi int, now int64, value float64) {
	if c.open && lo <= c.hi {
		c.hi = hi
		c.value = max(c.value, value)
	} else {
		c.flush()
		c.lo, c.hi, c.value, c.open = lo, hi, value, true
		c.found++
	}
	if len(c.users) == 0 {
		return
	}
	for i := max(lo, c.passed); i <= hi; i++ {
		c.evaluation.passed = append(c.evaluation.passed, passed{c.list[i], now, c.found})
	}
	c.passed = max(c.passed, hi+1)
}

func (c *collector) flush() {
	if !c.open {
		return
	}
	c.open = false
	if len(c.results) >= 2*c.limits.Results { // those of the next groups may be earlier
		c.earliest(c.limits.Results)
	}
	first := c.list[c.lo]
	m := CorrelationMatch{Correlation: c.Correlation, First: timeOf(first.tick), Last: timeOf(c.list[c.hi].tick), Value: c.value}
	for i, name := range c.GroupBy {
		m.Group = append(m.Group, FieldValue{name, shown(first.cols[i])})
	}
	seen := make(map[Ref]bool)
	for _, e := range c.list[c.lo : c.hi+1] {
		if seen[e.ref] {
			continue
		}
		m.Events++
		seen[e.ref] = true
		if len(m.Refs) < c.limits.Refs {
			m.Refs = append(m.Refs, e.ref)
		}
	}
	c.results = append(c.results, m)
}
