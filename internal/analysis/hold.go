package analysis

import (
	"slices"
	"strings"
)

// maxHeld bounds, in bytes, the results that wait to be folded in the order of their paths: those of some ten thousand hourly logs.
const maxHeld = 48 << 20

// held are results of items that wait to be folded in the order of their paths, since an archive lists its entries in any order, and where two files
// are one, or more is seen than is kept, the first counts.
//
// What waits is bounded: when it becomes too much it is folded, in order, before what comes later. Then an archive whose entries are in disorder may
// keep other samples of the same findings than the folder that it was packed from. This too depends on the evidence alone, never on the cores.
type held struct {
	results []*result
	size    int
}

// add takes the result of the next item and tells whether there is too much of them.
func (h *held) add(r *result) (full bool) {
	h.results = append(h.results, r)
	h.size += r.weight()
	return h.size > maxHeld
}

// take gives all that waits, in the order of the paths.
func (h *held) take() []*result {
	all := h.results
	*h = held{}
	slices.SortStableFunc(all, func(a, b *result) int { return strings.Compare(a.Item.Path, b.Item.Path) })
	return all
}

// About how many bytes parts of a result take.
const (
	resultBytes    = 1 << 10
	tickBytes      = 48
	gapBytes       = 256
	detectionBytes = 512
)

// weight is about how many bytes a result takes.
func (r *result) weight() int {
	n := resultBytes + gapBytes*(len(r.Gaps.All())+len(r.Clues))
	for _, c := range r.Covers {
		n += tickBytes * len(c.Ticks)
	}
	for _, d := range r.dets.keys {
		n += detectionBytes * (1 + len(d.Samples))
	}
	n += maxRawFile - r.dets.raw
	if r.file != nil {
		n += gapBytes * (len(r.file.facts.Settings) + len(r.file.facts.Clues) + len(r.file.facts.Claims))
	}
	return n
}
