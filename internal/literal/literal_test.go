package literal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// match is what Find yields.
type match struct{ id, pos int }

// naive finds every match by comparing every literal at every position.
func naive(literals [][]byte, fold bool, data []byte) []match {
	var all []match
	for pos := range data {
		for id, lit := range literals {
			if len(lit) > len(data)-pos {
				continue
			}
			equal := true
			for i, c := range lit {
				d := data[pos+i]
				if fold {
					c, d = lower(c), lower(d)
				}
				if c != d {
					equal = false
					break
				}
			}
			if equal {
				all = append(all, match{id, pos})
			}
		}
	}
	return all
}

// found collects what Find yields.
func found(s *Set, data []byte) []match {
	var all []match
	s.Find(data, func(id, pos int) bool {
		all = append(all, match{id, pos})
		return true
	})
	return all
}

// check compares every method of a Set, with each of the filters, with naive.
func check(t testing.TB, literals [][]byte, fold bool, data []byte) {
	t.Helper()
	want := naive(literals, fold, data)
	for name, s := range sets(t, literals, fold) {
		if got := found(s, data); !slices.Equal(got, want) {
			t.Fatalf("%s, fold %v: Find(%q) of %q\n got %v\nwant %v", name, fold, data, literals, got, want)
		}
		if got := s.Contains(data); got != (len(want) > 0) {
			t.Fatalf("%s, fold %v: Contains(%q) of %q = %v", name, fold, data, literals, got)
		}
		// Next from every position; the first match at it or later is the first in want that is not before it.
		rest := want
		for from := 0; from <= len(data)+1; from++ {
			for len(rest) > 0 && rest[0].pos < from {
				rest = rest[1:]
			}
			first := match{-1, -1}
			if len(rest) > 0 {
				first = rest[0]
			}
			if pos, id := s.Next(data, from); pos != first.pos || id != first.id {
				t.Fatalf("%s, fold %v: Next(%q, %d) of %q = %d, %d, want %d, %d",
					name, fold, data, from, literals, pos, id, first.pos, first.id)
			}
		}
	}
}

// sets compiles the literals for each filter that this build has. The vector filter is forced also where Compile would not choose it,
// with a single run and with three.
func sets(t testing.TB, literals [][]byte, fold bool) map[string]*Set {
	t.Helper()
	sets := make(map[string]*Set)
	scalar, err := compile(literals, Options{Fold: fold}, false)
	if err != nil {
		t.Fatal(err)
	}
	sets["scalar"] = scalar
	if Accelerated() {
		vector, err := compile(literals, Options{Fold: fold}, true)
		if err != nil {
			t.Fatal(err)
		}
		sets["chosen"] = vector
		for _, runs := range []int{1, 3} {
			forced := *vector
			model := newHalves()
			filled, _ := distribute(model.sorted(forced.windows(), fold), runs*buckets, model)
			forced.teddy = fillTeddy(filled)
			sets[fmt.Sprintf("vector, %d runs", runs)] = &forced
		}
	}
	return sets
}

func list(literals ...string) [][]byte {
	list := make([][]byte, len(literals))
	for i, s := range literals {
		list[i] = []byte(s)
	}
	return list
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		situation string
		fold      bool
		literals  [][]byte
		data      string
		want      []match
	}{
		{"no literal", false, nil, "anything", nil},
		{"no data", false, list("a", "abcd"), "", nil},
		{"data shorter than the literal", false, list("abcd"), "abc", nil},
		{"the whole data", false, list("abcd"), "abcd", []match{{0, 0}}},
		{"case counts", false, list("abcd"), "ABCD abcd", []match{{0, 5}}},
		{"case does not count", true, list("aBcD"), "ABCD abcd", []match{{0, 0}, {0, 5}}},
		{"only letters fold", true, list("[ab@1"), "{ab@1 [ab`1 [ab\x001 [AB@1", []match{{0, 18}}},
		{"only letters fold, eight bytes", true, list("[abcdefg@"), "{abcdefg@ [ABCDEFG` [ABCDEFG@", []match{{0, 20}}},
		{"bytes from 0x80 match exactly", true, list("\xc3\x89t\xe9"), "\xc3\xa9t\xc9 \xc3\x89T\xe9", []match{{0, 5}}},
		{"one byte", false, list("a"), "banana", []match{{0, 1}, {0, 3}, {0, 5}}},
		{"one byte, folded, at both ends", true, list("a"), "A b a", []match{{0, 0}, {0, 4}}},
		{"one, two, three and four bytes", false, list("abcd", "abc", "ab", "a"), "abcd", []match{{0, 0}, {1, 0}, {2, 0}, {3, 0}}},
		{"short literals at the end", false, list("a", "ba", "bba"), "abba", []match{{0, 0}, {2, 1}, {1, 2}, {0, 3}}},
		{"a short literal and zero bytes", false, list("a", "a\x00", "a\x00\x00"), "a\x00", []match{{0, 0}, {1, 0}}},
		{"overlapping with itself", false, list("aaaa"), "aaaaaa", []match{{0, 0}, {0, 1}, {0, 2}}},
		{"one inside another", false, list("cdef", "abcdefgh"), "abcdefgh", []match{{1, 0}, {0, 2}}},
		{"duplicates", false, list("abcd", "xyz!", "abcd"), "xyz!abcd", []match{{1, 0}, {0, 4}, {2, 4}}},
		{"duplicates under folding, between others", true, list("ABCD", "abcde", "abcd"), "abcde", []match{{0, 0}, {1, 0}, {2, 0}}},
		{"same window, different literals", false, list("xxzqjvyy", "aazqjvbb"), "xxzqjvyy aazqjvbb aazqjvyy", []match{{0, 0}, {1, 9}}},
		{"the rare part lies deep", false, list("Mozilla/5.0+(zqjv", "5.0+"), "Mozilla/5.0+(zqjv", []match{{0, 0}, {1, 8}}},
	} {
		t.Run(test.situation, func(t *testing.T) {
			t.Parallel()
			for name, s := range sets(t, test.literals, test.fold) {
				if got := found(s, []byte(test.data)); !slices.Equal(got, test.want) {
					t.Errorf("%s: got %v, want %v", name, got, test.want)
				}
			}
			check(t, test.literals, test.fold, []byte(test.data))
		})
	}
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	if _, err := Compile(list("a", ""), Options{}); err == nil || err.Error() != "literal: literal 1 is empty" {
		t.Errorf("empty literal: %v", err)
	}
	if _, err := Compile(make([][]byte, MaxLiterals+1), Options{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	big := make([]byte, MaxTotal/4)
	if _, err := Compile([][]byte{big, big, big, big, {1}}, Options{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("too long together: %v", err)
	}
}

func TestFindStops(t *testing.T) {
	t.Parallel()
	for name, s := range sets(t, list("ab", "abcd"), false) {
		data := bytes.Repeat([]byte("abcd"), 1000)
		for stop := 1; stop < 200; stop += 7 {
			n := 0
			s.Find(data, func(int, int) bool { n++; return n < stop })
			if n != stop {
				t.Errorf("%s: yield called %d times, want %d", name, n, stop)
			}
		}
	}
}

// A match is put at every offset around the borders of vectors, words, the chunks of Next and the chunks of Find, in data that ends
// right behind it and in data that goes on.
func TestBorders(t *testing.T) {
	t.Parallel()
	literals := list("/owa/auth/zqjv.aspx", "powershell", "%00a", "zz", "\x01")
	for name, s := range sets(t, literals, true) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, border := range []int{0, 32, 64, 128, firstChunk, 3 * firstChunk, 7 * firstChunk, chunk, chunk + firstChunk, 2 * chunk} {
				for pos := max(0, border-70); pos <= border+70; pos++ {
					for id, lit := range literals {
						for _, tail := range []int{0, 1, 2, 3, 4, 31, 32, 35, 67, 100} {
							data := bytes.Repeat([]byte("-"), pos+len(lit)+tail)
							copy(data[pos:], lit)
							if p, i := s.Next(data, 0); p != pos || i != id {
								t.Fatalf("Next: literal %d at %d, tail %d: got %d at %d", id, pos, tail, i, p)
							}
							if p, i := s.Next(data, pos); p != pos || i != id {
								t.Fatalf("Next from the match: literal %d at %d, tail %d: got %d at %d", id, pos, tail, i, p)
							}
							if p, _ := s.Next(data, pos+len(lit)); p != -1 {
								t.Fatalf("Next after the match: literal %d at %d, tail %d: got %d", id, pos, tail, p)
							}
							if got := found(s, data); len(got) == 0 || got[0] != (match{id, pos}) {
								t.Fatalf("Find: literal %d at %d, tail %d: got %v", id, pos, tail, got)
							}
						}
					}
				}
			}
		})
	}
}

// Random data over a few letters gives many matches and more near misses.
func TestRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			alphabets := []string{"ab", "abAB", "aA@`[{", "abcdefghijklmnop", "\x00\xff\x80 a", "/.-0123456789abcdef"}
			alphabet := alphabets[r.IntN(len(alphabets))]
			text := func(n int) []byte {
				b := make([]byte, n)
				for i := range b {
					b[i] = alphabet[r.IntN(len(alphabet))]
				}
				return b
			}
			for range 20 {
				literals := make([][]byte, 1+r.IntN([]int{3, 30, 300}[r.IntN(3)]))
				shortest := 1 + r.IntN(6)
				for i := range literals {
					literals[i] = text(shortest + r.IntN(1+r.IntN(80)))
				}
				data := text(r.IntN(400))
				for range r.IntN(8) {
					lit := literals[r.IntN(len(literals))]
					if at := r.IntN(len(data) + 1); at+len(lit) <= len(data) {
						copy(data[at:], lit)
					}
				}
				check(t, literals, r.IntN(2) == 0, data)
			}
		})
	}
}

// Data of several chunks, with matches in it, gives the same with both filters and naively.
func TestLongData(t *testing.T) {
	t.Parallel()
	data := logBlock(5 * chunk)
	r := rand.New(rand.NewPCG(7, 7))
	for _, n := range []int{1, 5, 40, 250, 1000} {
		literals := attackLiterals(n)
		for range 30 {
			lit := literals[r.IntN(n)]
			copy(data[r.IntN(len(data)-len(lit)):], lit)
		}
		literals = append(literals, list("GET ", "mozilla", "-")...)
		for _, fold := range []bool{false, true} {
			want := naive(literals, fold, data)
			for name, s := range sets(t, literals, fold) {
				if got := found(s, data); !slices.Equal(got, want) {
					t.Errorf("%d literals, %s, fold %v: %d matches, want %d", n, name, fold, len(got), len(want))
				}
				i := 0
				for from := 0; ; {
					pos, id := s.Next(data, from)
					for i < len(want) && want[i].pos < from {
						i++
					}
					if pos < 0 {
						if i != len(want) {
							t.Errorf("%d literals, %s, fold %v: Next ends at %d", n, name, fold, from)
						}
						break
					}
					if want[i] != (match{id, pos}) {
						t.Fatalf("%d literals, %s, fold %v: Next from %d: %d at %d, want %v", n, name, fold, from, id, pos, want[i])
					}
					from = pos + 1 + r.IntN(100)
				}
			}
		}
	}
}

// The bits of the two filters are supersets of the windows that are there; where they differ, the verifier has the last word.
func TestFiltersMarkEveryWindow(t *testing.T) {
	t.Parallel()
	literals := attackLiterals(60)
	data := logBlock(3000)
	for i, lit := range literals {
		copy(data[i*50:], lit)
	}
	for name, s := range sets(t, literals, true) {
		marked := make(map[int]bool)
		var m marks
		end := s.positions(data)
		for at := 0; at < end; at += 150 {
			to := min(at+150, end)
			n := s.mark(data, at, to, &m)
			for w := range n * word {
				if m[w/word]>>(w%word)&1 != 0 {
					if at+w >= to {
						t.Fatalf("%s: position %d marked beyond %d", name, at+w, to)
					}
					marked[at+w] = true
				}
			}
		}
		windows := s.windows()
		for w := range end {
			for i := range windows {
				if lower(data[w]) == windows[i].bytes[0] && lower(data[w+1]) == windows[i].bytes[1] &&
					lower(data[w+2]) == windows[i].bytes[2] && lower(data[w+3]) == windows[i].bytes[3] && !marked[w] {
					t.Errorf("%s: window of literal %d at %d is not marked", name, i, w)
				}
			}
		}
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	data := logBlock(64 << 10)
	for name, s := range sets(t, append(attackLiterals(40), list("GET ", "o")...), true) {
		allocs := testing.AllocsPerRun(10, func() {
			for from := 0; ; {
				pos, _ := s.Next(data, from)
				if pos < 0 {
					break
				}
				from = pos + 50
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// Literals chosen so that one position begins many matches, which all wait for the deepest window.
func TestManyMatchesWait(t *testing.T) {
	t.Parallel()
	var literals [][]byte
	for n := 1; n <= 90; n++ {
		literals = append(literals, bytes.Repeat([]byte("a"), n), bytes.Repeat([]byte("A"), n))
	}
	literals = append(literals, append(bytes.Repeat([]byte("a"), deepest), "zqjv"...))
	data := append(bytes.Repeat([]byte("a"), 300), "zqjv"...)
	check(t, literals, true, data)
	check(t, literals, false, data)
}

func FuzzFind(f *testing.F) {
	f.Add([]byte("abcd\nxyz\na"), []byte("xyzabcdABCD"), true)
	f.Add([]byte("/owa/auth/\n.aspx\n%"), []byte("GET /owa/auth/x.aspx - 443"), false)
	f.Add([]byte("aaaa\naa\naaaaaaaaaaaaaaaa"), bytes.Repeat([]byte("a"), 80), true)
	f.Add([]byte("\x00\x00\x00\x00\n\xff\xfe"), bytes.Repeat([]byte{0, 0xff, 0xfe, 'A'}, 30), true)
	f.Fuzz(func(t *testing.T, lines, data []byte, fold bool) {
		var literals [][]byte
		for line := range bytes.SplitSeq(lines, []byte("\n")) {
			if len(line) > 0 && len(literals) < 300 {
				literals = append(literals, line)
			}
		}
		check(t, literals, fold, data[:min(len(data), 600)])
	})
}
