package intake

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// Gaps keeps the first gaps of an item and counts the rest by code.
type Gaps struct {
	path  string
	gaps  []casefile.Gap
	extra map[string]*casefile.Gap
}

// GapsOf gives an empty list for the item at path.
func GapsOf(path string) Gaps { return Gaps{path: path} }

// Add adds one gap.
func (l *Gaps) Add(g casefile.Gap) { l.many(g, 1) }

// many adds a gap that stands for n, of which the first is placed.
func (l *Gaps) many(g casefile.Gap, n int64) {
	g.Path = l.path
	if n == 1 && len(l.gaps) < casefile.MaxGapsPerFile {
		l.gaps = append(l.gaps, g)
		return
	}
	if l.extra == nil {
		l.extra = map[string]*casefile.Gap{}
	}
	e := l.extra[g.Code]
	if e == nil {
		g.Count = 0
		g.Where, g.Detail = "", ""
		e = &g
		l.extra[g.Code] = e
	} else {
		e.Length += g.Length
	}
	e.Count += n
}

// All lists the gaps as they came, and behind them the counts.
func (l *Gaps) All() []casefile.Gap {
	out := l.gaps
	for _, c := range slices.Sorted(maps.Keys(l.extra)) {
		out = append(out, *l.extra[c])
	}
	return out
}

// SortGaps orders gaps by path, offset and code, as a case lists them.
func SortGaps(gaps []casefile.Gap) {
	slices.SortStableFunc(gaps, func(a, b casefile.Gap) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Code, b.Code), strings.Compare(a.Where, b.Where))
	})
}
