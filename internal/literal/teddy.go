package literal

import (
	"cmp"
	"math/bits"
	"slices"
)

// teddy is the vector filter, after the algorithm of that name in Hyperscan and in the aho-corasick crate.
//
// The windows of a group are distributed over eight buckets. For each of the four places in a window there are two tables of sixteen
// bytes, one for the low and one for the high half of a byte of data; bit k of an entry says that some window of bucket k has that
// half there. A shuffle looks up 32 bytes of data at once, and where the eight lookups of a position have a bit in common, a
// window of that bucket may be there:
//
//	data            r    E    E    .
//	low half     t0[2] t1[5] t2[5] t3[e]
//	high half    u0[7] u1[4] u2[4] u3[2]    all and-ed: the buckets that survive
//
// Both cases of a letter have the same low half and two high halves, so folding costs one more bit in a table.
//
// False marks come from crossing: a bucket with "ab" and "cd" also accepts "ad", and halves of bytes cross too. Hence the
// distribution, which keeps the product of the probabilities of a bucket's four places small.
type teddy struct {
	groups []teddyGroup
}

// teddyGroup holds the tables of one run: for each place of a window the low and then the high halves. A table is stored twice because
// a shuffle works on two halves of a vector, each with its own table.
type teddyGroup [maxWindow][2][32]byte

const (
	buckets = 8

	// teddyReach is how many bytes one vector of positions reads. Shorter data is left to the other filter.
	teddyReach = 32 + maxWindow - 1

	// teddyLimit is the number of windows above which a vector filter is not tried. It still wins at this number, but the distribution
	// takes milliseconds and its advantage shrinks.
	teddyLimit = 1000

	// What a position costs, in nanoseconds on a server core of 2024: in a run of the vector filter, in the hashed filter, and when
	// it is marked in vain. A mark costs half of what is said here, but there are about twice as many as likelihood estimates.
	// Only the proportions matter.
	runCost, gramsCost, markCost = 0.09, 0.7, 6.0
)

// newTeddy makes as many runs as pay: each costs time at every position and leaves fewer false marks. It returns nil when the hashed
// filter would be as fast.
func newTeddy(windows []window, fold bool) *teddy {
	if len(windows) == 0 || len(windows) > teddyLimit {
		return nil
	}
	model := newHalves()
	sets := model.sorted(windows, fold)
	var best []halfSets
	limit := gramsCost
	for runs := 1; float64(runs)*runCost < limit; runs++ {
		filled, marks := distribute(sets, runs*buckets, model)
		if cost := float64(runs)*runCost + marks*markCost; cost < limit {
			limit = cost
			best = filled
		}
	}
	if best == nil {
		return nil
	}
	return fillTeddy(best)
}

// fillTeddy makes the tables for buckets, eight for each run.
func fillTeddy(filled []halfSets) *teddy {
	t := &teddy{groups: make([]teddyGroup, len(filled)/buckets)}
	for i := range filled {
		t.groups[i/buckets].add(&filled[i], i%buckets)
	}
	return t
}

// halfSets are the halves of bytes that a bucket accepts in each place, low and high, one bit for each value.
type halfSets [maxWindow][2]uint16

func (h *halfSets) add(w *window, fold bool) {
	for place := range h {
		if place >= int(w.n) {
			h[place] = [2]uint16{0xffff, 0xffff}
			continue
		}
		for _, b := range cases(w.bytes[place], fold) {
			h[place][0] |= 1 << (b & 15)
			h[place][1] |= 1 << (b >> 4)
		}
	}
}

func (h *halfSets) union(other *halfSets) halfSets {
	u := *h
	for place := range u {
		u[place][0] |= other[place][0]
		u[place][1] |= other[place][1]
	}
	return u
}

// sorted returns the sets of each window alone, the likeliest first: they have the fewest places where they do no harm, so the greedy
// distribution begins with them.
func (h *halves) sorted(windows []window, fold bool) []halfSets {
	sets := make([]halfSets, len(windows))
	for i := range windows {
		sets[i].add(&windows[i], fold)
	}
	slices.SortStableFunc(sets, func(a, b halfSets) int { return cmp.Compare(h.likelihood(&b), h.likelihood(&a)) })
	return sets
}

// distribute puts each of sets into the one of n buckets where it adds least to the likelihood of a mark, and returns the buckets and
// the sum of their likelihoods.
func distribute(sets []halfSets, n int, model *halves) (filled []halfSets, sum float64) {
	filled = make([]halfSets, n)
	likely := make([]float64, n)
	for i := range sets {
		var best int
		var bestUnion halfSets
		bestMore := 2.0
		for k := range filled {
			u := filled[k].union(&sets[i])
			if more := model.likelihood(&u) - likely[k]; more < bestMore {
				best, bestUnion, bestMore = k, u, more
			}
		}
		filled[best] = bestUnion
		likely[best] += bestMore
		sum += bestMore
	}
	return filled, sum
}

// halves answers how likely it is that a byte has its low half in a set, for each high half. The set is looked up in two parts of
// eight bits.
type halves [16][2][256]float64

func newHalves() *halves {
	model := exactRarity()
	h := new(halves)
	for high := range h {
		for part := range h[high] {
			for set := range h[high][part] {
				for s := uint(set); s != 0; s &= s - 1 {
					h[high][part][set] += float64(model.bytes[high<<4|part<<3|bits.TrailingZeros(s)])
				}
			}
		}
	}
	return h
}

// likelihood estimates how often a bucket is marked, as if neighbouring bytes were independent.
func (h *halves) likelihood(sets *halfSets) float64 {
	product := 1.0
	for place := range sets {
		low, high := sets[place][0], sets[place][1]
		sum := 0.0
		for ; high != 0; high &= high - 1 {
			row := &h[bits.TrailingZeros16(high)]
			sum += row[0][low&0xff] + row[1][low>>8]
		}
		product *= sum
	}
	return product
}

// add enters a bucket into the tables of a group.
func (g *teddyGroup) add(sets *halfSets, bucket int) {
	for place := range sets {
		for half, set := range sets[place] {
			for ; set != 0; set &= set - 1 {
				i := bits.TrailingZeros16(set)
				g[place][half][i] |= 1 << bucket
				g[place][half][i+16] |= 1 << bucket
			}
		}
	}
}
