package sigma

// Collecting the matches that correlations are about. Files are read by several goroutines and their events are in no common order, so
// nothing is decided while matches come in: of each match the few fields that matter are kept, and [Correlator.End] sorts them by time and
// evaluates. The result depends on the set of matches only, never on the order in which they came. That holds at the limits too: what is
// kept of too many matches is the earliest part of them.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"
)

// Ref says which event a match is of, for the caller who can find it again. It orders events of the same time, and tells events apart: two
// matches with the same Ref are of one event.
type Ref struct {
	Source uint32 // such as the number of a file, in an order that does not depend on which is read first
	At     uint64 // the place in it
}

func (r Ref) compare(o Ref) int {
	return cmp.Or(cmp.Compare(r.Source, o.Source), cmp.Compare(r.At, o.At))
}

// CorrelationLimits bound the memory of a [Correlator]. Zero stands for the default.
type CorrelationLimits struct {
	Matches int // kept matches, shared out evenly among the correlations; default 1,000,000
	Bytes   int // their memory, about, in bytes, shared out likewise; default 64 MiB. A quarter more is in use for a time
	Refs    int // references given with one result; default 100
	Results int // results of one correlation; default 10,000
}

func (l CorrelationLimits) orDefault() CorrelationLimits {
	return CorrelationLimits{cmp.Or(l.Matches, 1_000_000), cmp.Or(l.Bytes, 64<<20), cmp.Or(l.Refs, 100), cmp.Or(l.Results, 10_000)}
}

// Correlator collects the matches of a run. It is safe for use by several goroutines.
type Correlator struct {
	lib     *Library
	limits  CorrelationLimits
	streams []stream // one for each correlation
}

// stream holds the matches that one correlation is about.
type stream struct {
	mu      sync.Mutex
	entries []entry
	bytes   int
	limit   struct{ matches, bytes int }
	cut     *entry // what is not before it is left out

	undated, ungrouped, unvalued, dropped int
}

// entry is one match. Its columns are those of linked.need.
type entry struct {
	tick int64 // time in units of 100 ns since 1970
	ref  Ref
	base int32
	unit int32  // for a match of a correlation the number of the result it is part of, from 1; 0 for an event
	have uint64 // bit i: column i is present
	cols []string
}

const (
	ticksPerSecond = 10_000_000
	// maxTick is some 20,000 years from 1970, so that sums with a timespan do not overflow.
	maxTick = 600_000_000_000 * ticksPerSecond
)

func tickOf(t time.Time) (int64, bool) {
	if s := t.Unix(); t.IsZero() || s > maxTick/ticksPerSecond || s < -maxTick/ticksPerSecond {
		return 0, false
	}
	return t.Unix()*ticksPerSecond + int64(t.Nanosecond())/100, true
}

func timeOf(tick int64) time.Time {
	s, rest := tick/ticksPerSecond, tick%ticksPerSecond
	return time.Unix(s, rest*100).UTC()
}

func (e *entry) compare(o *entry) int {
	return cmp.Or(cmp.Compare(e.tick, o.tick), e.ref.compare(o.ref), cmp.Compare(e.base, o.base), cmp.Compare(e.unit, o.unit),
		cmp.Compare(e.have, o.have), slices.Compare(e.cols, o.cols))
}

func (e *entry) size() int {
	n := 96
	for _, c := range e.cols {
		n += 16 + len(c)
	}
	return n
}

// Correlate starts the collection for a run. A library without correlations gives a Correlator that collects nothing.
func (l *Library) Correlate(limits CorrelationLimits) *Correlator {
	c := &Correlator{lib: l, limits: limits.orDefault(), streams: make([]stream, len(l.linked))}
	for i := range c.streams {
		c.streams[i].limit.matches = max(1, c.limits.Matches/len(c.streams))
		c.streams[i].limit.bytes = max(1, c.limits.Bytes/len(c.streams))
	}
	return c
}

// Wants says whether matches of a rule matter to a correlation.
func (c *Correlator) Wants(r *Rule) bool { return len(c.lib.bases[r]) > 0 }

// Add takes a match of a rule of the library. A zero time says that the time is not known; such a match takes no part and is counted. Of a
// field with several values the first counts. Nothing of the event is kept but copies.
func (c *Correlator) Add(r *Rule, when time.Time, ref Ref, ev Event) {
	var buf [8]string
	for _, place := range c.lib.bases[r] {
		k := &c.lib.linked[place.correlation]
		b := &k.bases[place.base]
		e := entry{ref: ref, base: int32(place.base), cols: make([]string, len(k.need))}
		for i, f := range b.from {
			if vals, ok := ev.Field(f, buf[:0]); ok && len(vals) > 0 {
				e.cols[i] = keep(vals[0])
				e.have |= 1 << i
			}
		}
		tick, dated := tickOf(when)
		e.tick = tick
		c.streams[place.correlation].add(k, e, dated)
	}
}

// add keeps an entry if it can take part, and counts it otherwise.
func (s *stream) add(k *linked, e entry, dated bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	group := uint64(1)<<len(k.GroupBy) - 1
	value := (uint64(1)<<len(k.Fields) - 1) << len(k.GroupBy)
	switch {
	case !dated:
		s.undated++
		return
	case e.have&group != group:
		s.ungrouped++
		return
	case e.have&value != value || k.numeric() && !isNumber(e.cols[len(k.GroupBy)]):
		s.unvalued++
		return
	case s.cut != nil && e.compare(s.cut) >= 0:
		s.dropped++
		return
	}
	s.entries = append(s.entries, e)
	s.bytes += e.size()
	if len(s.entries) > s.limit.matches+s.limit.matches/4+slack || s.bytes > s.limit.bytes+s.limit.bytes/4+slack*e.size() {
		s.trim()
	}
}

// slack keeps a stream with a small limit from being sorted at each entry.
const slack = 64

// trim sorts the entries and leaves out the latest ones, beyond the limits. As entries that come later only push others further back, what
// is left out once would be left out at the end as well.
func (s *stream) trim() {
	slices.SortFunc(s.entries, func(a, b entry) int { return a.compare(&b) })
	bytes := 0
	for i := range s.entries {
		n := s.entries[i].size()
		if i < s.limit.matches && bytes+n <= s.limit.bytes {
			bytes += n
			continue
		}
		first := s.entries[i]
		s.cut = &first
		s.dropped += len(s.entries) - i
		clear(s.entries[i:])
		s.entries = s.entries[:i]
		break
	}
	s.bytes = bytes
}

const (
	// maxKeptValue is how much of a value is kept as it is; a longer one is known by its beginning and its hash.
	maxKeptValue = 512
	keptStart    = 128
	longMark     = "\x00sha256:" // separates them; the hash is of the folded value
)

// keep copies a value, so that it does not hold the event's buffer, and bounds it.
func keep(s string) string {
	if len(s) <= maxKeptValue {
		return strings.Clone(s)
	}
	sum := sha256.Sum256(appendFold(nil, s))
	return s[:keptStart] + longMark + hex.EncodeToString(sum[:])
}

// same gives a text that two kept values share if they are equal without regard to case.
func same(s string) string {
	if len(s) == keptStart+len(longMark)+2*sha256.Size && s[keptStart:keptStart+len(longMark)] == longMark {
		return s[keptStart:]
	}
	return string(appendFold(nil, s))
}

// shown gives a kept value for a reader.
func shown(s string) string {
	if len(s) == keptStart+len(longMark)+2*sha256.Size && s[keptStart:keptStart+len(longMark)] == longMark {
		return strings.ToValidUTF8(s[:keptStart], "") + "…"
	}
	return s
}

// CorrelationMatch is one result: a time in which the windows of a group overlap that satisfy the condition.
type CorrelationMatch struct {
	Correlation *Correlation
	Group       []FieldValue // the fields of group-by, as the earliest event has them; values of over 512 bytes are cut and end with …
	First, Last time.Time    // of the events, in UTC, to 100 ns
	Value       float64      // what the condition compared, the highest of the windows
	Events      int          // how many matches contributed
	Refs        []Ref        // of the earliest of them; each event once
}

// CorrelationSummary says what one correlation could not look at. All counts are of matches of the rules that it refers to.
type CorrelationSummary struct {
	Correlation *Correlation
	Matches     int // that took part
	Undated     int // without a possible time
	Ungrouped   int // without a field of group-by
	Unvalued    int // without the field of the condition, or it is no number where one is needed

	// Dropped counts the matches left out at a limit, the latest ones: then the correlation is incomplete from Until on.
	Dropped int
	Until   time.Time
	More    int // results beyond the limit
}

// Incomplete says whether a limit was reached.
func (s CorrelationSummary) Incomplete() bool { return s.Dropped > 0 || s.More > 0 }

// End evaluates. Results are in the order of the correlations, and within one by time, then by group. Results of correlations that are not
// reported by themselves (see [Library.Reported]) are left out. The Correlator must not be used afterwards.
func (c *Correlator) End() ([]CorrelationMatch, []CorrelationSummary) {
	results := make([][]CorrelationMatch, len(c.streams))
	sums := make([]CorrelationSummary, len(c.streams))
	for _, i := range c.lib.order {
		k, s := &c.lib.linked[i], &c.streams[i]
		s.trim()
		ev := evaluation{linked: k, limits: c.limits}
		ev.run(s.entries)
		for _, use := range k.users {
			c.pass(&ev, use)
		}
		if c.lib.Reported(&k.Header) {
			results[i] = ev.results
		}
		sums[i] = CorrelationSummary{Correlation: k.Correlation, Matches: len(s.entries), Undated: s.undated, Ungrouped: s.ungrouped,
			Unvalued: s.unvalued, Dropped: s.dropped, More: ev.more}
		if s.cut != nil {
			sums[i].Until = timeOf(s.cut.tick)
		}
		s.entries = nil
	}
	return slices.Concat(results...), sums
}

// pass gives the matches of a correlation to one that refers to it: each event that contributes, at the time at which the condition first
// held with it. So the outer correlation can ask for fields that the inner one does not group by.
func (c *Correlator) pass(ev *evaluation, use at) {
	outer := &c.lib.linked[use.correlation]
	b := &outer.bases[use.base]
	for _, o := range ev.passed {
		e := entry{tick: o.tick, ref: o.entry.ref, base: int32(use.base), unit: int32(o.result), cols: make([]string, len(outer.need))}
		for i, from := range b.index[:len(outer.need)] {
			if from < len(o.entry.cols) && o.entry.have&(1<<from) != 0 {
				e.cols[i] = o.entry.cols[from]
				e.have |= 1 << i
			}
		}
		c.streams[use.correlation].add(outer, e, true)
	}
}
