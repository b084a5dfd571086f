package sigma

// The tallies of windows: what each type of correlation keeps of the matches inside a window, so that one more or one less is a small step.

import (
	"cmp"
	"math"
	"math/big"
	"slices"
)

// tally is what is known of a window. compare and value are asked only while the window holds a match.
type tally interface {
	add(*entry)
	remove(*entry)
	compare(Bound) int // of the value with that of the bound: -1, 0, 1
	value() float64
}

// tally makes the empty tally of a group, all of whose entries are given.
func (ev *evaluation) tally(list []*entry) tally {
	from := len(ev.GroupBy)
	field := func(e *entry) string { return e.cols[from] }
	switch {
	case ev.Type == ValueCount:
		return &distinct[string]{of: make(map[string]int), key: func(e *entry) string { return key(e.cols[from : from+len(ev.Fields)]) }}
	case ev.Type == Temporal:
		return &distinct[int32]{of: make(map[int32]int), key: func(e *entry) int32 { return e.base }}
	case ev.Type == TemporalOrdered:
		return newChains(len(ev.bases), int64(ev.Timespan/100))
	case ev.Type == ValueSum || ev.Type == ValueAvg:
		return &sum{field: field, mean: ev.Type == ValueAvg, total: new(big.Float).SetPrec(sumPrecision)}
	case ev.share():
		return &shares{counts: make(map[string]int), field: field}
	case ev.Type.metric():
		return newRanks(list, field, ev.Percentile)
	}
	return &distinct[unit]{of: make(map[unit]int), key: func(e *entry) unit { return unit{e.base, e.unit} }}
}

// unit is a result of another correlation.
type unit struct{ base, result int32 }

// distinct counts different keys. Matches of events are each a key of their own when they are counted as units.
type distinct[K comparable] struct {
	of     map[K]int
	key    func(*entry) K
	events int
}

func (d *distinct[K]) add(e *entry) {
	if d.single(e) {
		d.events++
		return
	}
	d.of[d.key(e)]++
}

func (d *distinct[K]) remove(e *entry) {
	if d.single(e) {
		d.events--
		return
	}
	k := d.key(e)
	if d.of[k]--; d.of[k] == 0 {
		delete(d.of, k)
	}
}

// single says whether the entry is an event where units are counted.
func (d *distinct[K]) single(e *entry) bool {
	_, units := any(d).(*distinct[unit])
	return units && e.unit == 0
}

func (d *distinct[K]) count() int64        { return int64(len(d.of) + d.events) }
func (d *distinct[K]) value() float64      { return float64(d.count()) }
func (d *distinct[K]) compare(b Bound) int { return whole64(d.count()).compare(b.num) }

func whole64(n int64) number { return number{f: float64(n), i: n, exact: true} }

// sumPrecision holds the sum of any few million floating-point numbers exactly: their exponents span 2,098 bits. So taking out what was added
// leaves no error behind.
const sumPrecision = 2304

type sum struct {
	field func(*entry) string
	mean  bool
	total *big.Float
	n     int64
}

func (s *sum) add(e *entry) {
	n, _ := parseNumber(s.field(e))
	s.total.Add(s.total, n.big())
	s.n++
}

func (s *sum) remove(e *entry) {
	n, _ := parseNumber(s.field(e))
	s.total.Sub(s.total, n.big())
	s.n--
}

func (s *sum) compare(b Bound) int {
	limit := new(big.Float).SetPrec(sumPrecision).Set(b.num.big())
	if s.mean {
		limit.Mul(limit, new(big.Float).SetInt64(s.n))
	}
	return s.total.Cmp(limit)
}

func (s *sum) value() float64 {
	v := new(big.Float).SetPrec(64).Set(s.total)
	if s.mean {
		v.Quo(v, new(big.Float).SetInt64(s.n))
	}
	f, _ := v.Float64()
	return f
}

// ranks is a multiset of numbers that gives the one at a place of their order: a Fenwick tree over the values of the whole group. Numbers are
// taken as floating point. The percentile P of n numbers is the one at place ⌈P·n/100⌉, the nearest rank.
type ranks struct {
	field  func(*entry) string
	p      float64
	values []float64
	tree   []int32 // tree[i] counts the values of the i&-i places that end at i
	n      int
}

func newRanks(list []*entry, field func(*entry) string, p float64) *ranks {
	r := &ranks{field: field, p: p}
	for _, e := range list {
		n, _ := parseNumber(field(e))
		r.values = append(r.values, n.f)
	}
	slices.Sort(r.values)
	r.values = slices.Compact(r.values)
	r.tree = make([]int32, len(r.values)+1)
	return r
}

func (r *ranks) change(e *entry, by int32) {
	n, _ := parseNumber(r.field(e))
	i, _ := slices.BinarySearch(r.values, n.f)
	for i++; i < len(r.tree); i += i & -i {
		r.tree[i] += by
	}
	r.n += int(by)
}

func (r *ranks) add(e *entry)    { r.change(e, 1) }
func (r *ranks) remove(e *entry) { r.change(e, -1) }

func (r *ranks) value() float64 {
	left := int32(max(1, math.Ceil(r.p*float64(r.n)/100)))
	at, step := 0, 1
	for step*2 < len(r.tree) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(r.tree) && r.tree[next] < left {
			at = next
			left -= r.tree[next]
		}
	}
	return r.values[at]
}

func (r *ranks) compare(b Bound) int { return cmp.Compare(r.value(), b.Value) }

// shares counts how often each value occurs.
type shares struct {
	counts map[string]int
	field  func(*entry) string
}

func (s *shares) add(e *entry)    { s.counts[same(s.field(e))]++ }
func (s *shares) remove(e *entry) { s.counts[same(s.field(e))]-- }

// of gives the share of an entry's value among n, in percent.
func (s *shares) of(e *entry, n int) float64 {
	return 100 * float64(s.counts[same(s.field(e))]) / float64(n)
}

func (s *shares) compare(Bound) int { return 0 } // asked of entries, not of windows
func (s *shares) value() float64    { return 0 }

// chains finds the longest series of rules in their order. start[k][m] is the latest beginning of a series of m+1 rules that ends with a match
// of rule k; a later beginning is always as good. So each match is looked at once, and nothing is taken out: what began before the window is
// too early. Matches of the same time count as being in order.
type chains struct {
	span    int64
	starts  [][]int64
	top     []int64  // top[m]: the latest of starts[k][m] over k
	pending []*entry // of the time at hand
	now     int64
}

const never = math.MinInt64

func newChains(rules int, span int64) *chains {
	c := &chains{span: span, top: make([]int64, rules)}
	for k := range rules {
		c.starts = append(c.starts, slices.Repeat([]int64{never}, k+1))
		c.top[k] = never
	}
	return c
}

func (c *chains) add(e *entry) {
	if e.tick != c.now {
		c.settle()
	}
	c.now = e.tick
	c.pending = append(c.pending, e)
}

func (c *chains) remove(*entry) {}

func (c *chains) settle() {
	slices.SortFunc(c.pending, func(a, b *entry) int { return cmp.Compare(a.base, b.base) })
	for _, e := range c.pending {
		mine := c.starts[e.base]
		mine[0] = e.tick
		for m := 1; m < len(mine); m++ {
			for k := m - 1; k < int(e.base); k++ {
				mine[m] = max(mine[m], c.starts[k][m-1])
			}
		}
		for m, s := range mine {
			c.top[m] = max(c.top[m], s)
		}
	}
	c.pending = c.pending[:0]
}

// count is the length of the longest series inside the window.
func (c *chains) count() int {
	c.settle()
	n := 0
	for m, s := range c.top {
		if s != never && c.now-s <= c.span {
			n = m + 1
		}
	}
	return n
}

// start is the beginning of the longest series.
func (c *chains) start() int64 { return c.top[c.count()-1] }

func (c *chains) value() float64      { return float64(c.count()) }
func (c *chains) compare(b Bound) int { return whole64(int64(c.count())).compare(b.num) }
