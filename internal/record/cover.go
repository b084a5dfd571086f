package record

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// CoverKey names what coverage is counted for.
type CoverKey struct {
	Host string // "" when the record does not say
	// Kind is the coverage id: the kind, with its tier for IIS. HttpProxy counts
	// a second time for each protocol: "httpproxy/ecp".
	Kind string
}

// Cover counts records in time.
type Cover struct {
	First, Last time.Time
	Records     int64
	Ticks       map[int64]struct{} // Unix seconds / 600
	// Full is set when the times are so scattered that not all ticks were kept:
	// coverage is then told too low, never too high.
	Full bool
}

// MaxTicks bounds the memory of one Cover: eleven years without a break.
const MaxTicks = 600_000

// Add counts n records at a time.
func (c *Cover) Add(t time.Time, n int64) {
	if c.Ticks == nil {
		c.Ticks = map[int64]struct{}{}
	}
	if c.First.IsZero() || t.Before(c.First) {
		c.First = t
	}
	if t.After(c.Last) {
		c.Last = t
	}
	c.tick(t.Unix() / int64(Tick/time.Second))
	c.Records += n
}

func (c *Cover) tick(t int64) {
	if len(c.Ticks) >= MaxTicks {
		if _, ok := c.Ticks[t]; !ok {
			c.Full = true
		}
		return
	}
	c.Ticks[t] = struct{}{}
}

// Merge adds another count.
func (c *Cover) Merge(o *Cover) {
	if c.Ticks == nil {
		c.Ticks = make(map[int64]struct{}, len(o.Ticks))
	}
	if !o.First.IsZero() && (c.First.IsZero() || o.First.Before(c.First)) {
		c.First = o.First
	}
	if o.Last.After(c.Last) {
		c.Last = o.Last
	}
	c.Records += o.Records
	c.Full = c.Full || o.Full
	if len(c.Ticks)+len(o.Ticks) > MaxTicks { // which ticks are left out must not depend on map order
		for _, t := range slices.Sorted(maps.Keys(o.Ticks)) {
			c.tick(t)
		}
		return
	}
	for t := range o.Ticks {
		c.Ticks[t] = struct{}{}
	}
}

// MaxCovers bounds the hosts and protocols told apart in one file: past it,
// records that name yet another host count for the file's nameless host. A
// merged log of a large firm names some tens.
const MaxCovers = 1024

// CoverOf gives the cover of a key, made when there is none yet; past some
// hundreds it is that of the nameless host.
func CoverOf(covers map[CoverKey]*Cover, k CoverKey) *Cover {
	c := covers[k]
	if c == nil && len(covers) >= MaxCovers {
		kind, _, _ := strings.Cut(k.Kind, "/")
		k = CoverKey{Kind: kind}
		c = covers[k]
	}
	if c == nil {
		c = &Cover{}
		covers[k] = c
	}
	return c
}

// MergeCovers adds the covers of a further block of the same file.
func MergeCovers(dst, src map[CoverKey]*Cover) {
	keys := slices.SortedFunc(maps.Keys(src), func(a, b CoverKey) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Kind, b.Kind))
	})
	for _, k := range keys { // in order: which hosts are kept apart must not vary
		CoverOf(dst, k).Merge(src[k])
	}
}
