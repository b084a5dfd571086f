// Package literal finds many byte strings in one pass.
//
// A search has two halves. A filter runs over every position of the data and marks the few where a literal may be; it is allowed
// to mark too many and never too few. A verifier then looks at the marked positions and decides exactly. All speed is in the filter,
// all truth in the verifier.
//
// The filter does not look for the beginning of a literal but for its window: the four bytes in it that are rarest in web logs (see
// rarity.go). A log is full of "/owa/auth/", "GET " and ".aspx"; a filter keyed on the beginning of "/owa/auth/errorEE.aspx" would
// stop at every line, one keyed on "rEE." at none. There are two filters with the same result up to false marks:
//
//   - grams.go looks up the hash of the four bytes at each position in a table. It is plain Go, is always built, costs nearly the same
//     for ten literals as for ten thousand, and is what tests hold the other against.
//   - teddy.go distributes the windows over eight buckets and finds with vector shuffles, 32 positions at a time, where a bucket could
//     be present. A run carries up to about a hundred windows; a larger set takes several runs over the same piece of data, which is
//     then in the first-level cache. It needs GOEXPERIMENT=simd, amd64 and AVX2, and is five to eight times as fast.
//
// Either way the data is taken in chunks of at most 4,096 positions, one bit for each, and bits are visited in order. Since windows
// sit at different depths of their literals (at most maxOffset), a literal that begins earlier may be seen later; Next looks
// maxOffset further before it answers, and Find holds matches back until no earlier one can come.
//
// Literals of one to three bytes have no window of four. In the vector filter the missing bytes match everything; beside the
// hashes they have a table of their own, indexed by their first two bytes (pairs.go).
//
// Case is folded in the tables, never in the data, so a search without regard to case costs the same.
//
// The data may be hostile. No data makes a search lose a match; Next never allocates, and Find holds back no more matches than begin
// within some hundred positions. What an attacker can do is to fill the data with windows, each of which must be verified, and so bring
// the speed down to that of the verifier (tens of MB/s). The literals are trusted: a thousand that share all their rare bytes are
// compared one by one wherever those occur.
package literal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
)

const (
	// MaxLiterals is the largest number of literals in a Set. A pending match is a position and a number packed into 64 bits; 20
	// bits for the number leave 44 for the position (16 TiB), and public rule sets stay below 100,000 strings.
	MaxLiterals = 1 << idBits

	// MaxTotal is the largest sum of the lengths of the literals of a Set, so that every offset fits 32 bits.
	MaxTotal = 1 << 28

	idBits = 20
)

// ErrTooMany is wrapped by the error of Compile when a limit is exceeded.
var ErrTooMany = errors.New("too many literals")

// Options say how literals are compared.
type Options struct {
	// Fold makes ASCII letters equal without regard to case. All other bytes, those from 0x80 included, still match exactly.
	Fold bool
}

// Set is a compiled set of literals. It is immutable and may be used by any number of goroutines.
type Set struct {
	fold bool
	n    int // literals as given, duplicates included

	// The distinct literals, numbered by the lowest id that each was given under, so that the order of numbers is the order of
	// ids. Text is in lower case when fold is set.
	text  []byte
	start []uint32 // literal d is text[start[d]:start[d+1]]
	ids   []uint32 // the ids of all literals, grouped by distinct literal, ascending in each group
	first []uint32 // the ids of literal d are ids[first[d]:first[d+1]]

	table     table
	grams     *grams // nil when all literals are shorter than four bytes
	pairs     *pairs // nil when none is
	teddy     *teddy // nil when the vector filter cannot be used, or would be slower
	maxOffset int    // the deepest window
}

// Compile makes a Set of literals; the id of a literal is its index. Duplicates are allowed and each is reported under its own id.
// The literals are copied. An empty literal is an error, since it would match everywhere; so is a set beyond MaxLiterals or MaxTotal.
// No literal at all is a Set that finds nothing.
func Compile(literals [][]byte, opt Options) (*Set, error) {
	return compile(literals, opt, Accelerated())
}

// Accelerated reports whether this build can use the vector filter on this processor. A Set of more than a thousand literals, or of
// literals that every text is full of, does without it even so.
func Accelerated() bool { return accelerated }

// Len returns the number of literals, duplicates included.
func (s *Set) Len() int { return s.n }

// compile is Compile with the choice of filters, for tests.
func compile(literals [][]byte, opt Options, vector bool) (*Set, error) {
	if len(literals) > MaxLiterals {
		return nil, fmt.Errorf("literal: %w: %d, limit %d", ErrTooMany, len(literals), MaxLiterals)
	}
	total := 0
	for id, lit := range literals {
		if len(lit) == 0 {
			return nil, fmt.Errorf("literal: literal %d is empty", id)
		}
		// The comparison is written so that a sum cannot overflow where int has 32 bits.
		if len(lit) > MaxTotal-total {
			return nil, fmt.Errorf("literal: %w: more than %d bytes at literal %d", ErrTooMany, MaxTotal, id)
		}
		total += len(lit)
	}
	s := &Set{fold: opt.Fold, n: len(literals)}
	s.addText(literals, total)
	windows := s.windows()
	s.table = newTable(windows, opt.Fold)
	s.grams = newGrams(windows, opt.Fold)
	s.pairs = newPairs(windows, opt.Fold)
	if vector {
		s.teddy = newTeddy(windows, opt.Fold)
	}
	return s, nil
}

// addText stores the distinct literals and their ids. Equal literals are brought together by sorting, which for thousands of them
// is quicker and smaller than a map of strings.
func (s *Set) addText(literals [][]byte, total int) {
	text := make([]byte, 0, total)
	folded := make([][]byte, len(literals))
	for id, lit := range literals {
		at := len(text)
		text = append(text, lit...)
		folded[id] = text[at:len(text):len(text)]
		if s.fold {
			toLower(folded[id])
		}
	}
	order := make([]uint32, len(literals))
	for id := range order {
		order[id] = uint32(id)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(bytes.Compare(folded[a], folded[b]), cmp.Compare(a, b))
	})
	type group struct{ from, to int } // a range of order holding equal literals
	var groups []group
	for i, id := range order {
		if i > 0 && bytes.Equal(folded[id], folded[order[i-1]]) {
			groups[len(groups)-1].to++
		} else {
			groups = append(groups, group{i, i + 1})
		}
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(order[a.from], order[b.from]) })

	s.text = make([]byte, 0, total)
	s.start = make([]uint32, 0, len(groups)+1)
	s.ids = make([]uint32, 0, len(literals))
	s.first = make([]uint32, 0, len(groups)+1)
	for _, g := range groups {
		s.start = append(s.start, uint32(len(s.text)))
		s.first = append(s.first, uint32(len(s.ids)))
		s.text = append(s.text, folded[order[g.from]]...)
		s.ids = append(s.ids, order[g.from:g.to]...)
	}
	s.start = append(s.start, uint32(len(s.text)))
	s.first = append(s.first, uint32(len(s.ids)))
}

// literal returns distinct literal d.
func (s *Set) literal(d int) []byte { return s.text[s.start[d]:s.start[d+1]] }
