package sigma

// The automaton of a regular expression, made while it runs. It answers one question: does the expression match anywhere in the text?
//
// A state is what can be known after some characters: the instructions that are to be followed next, and what kind of character came last, for
// assertions. What follows them (alternatives, assertions) is worked out when the next character is known, so that \b, ^ and $ need no states of
// their own. The state that results from a state and a class of characters is worked out once and kept in a table, so that a character usually
// costs two look-ups. The table is bounded: when it is full it is thrown away and begun anew. An expression whose states hardly ever come
// back, such as (a|b)*a(a|b){20}, would spend its time on that; it is then run without a table for the rest of the text, in time linear in
// the text and the program. Which of the two runs is decided by counting, never by a clock, and makes no difference to the result.

import (
	"encoding/binary"
	"math/bits"
	"regexp/syntax"
)

const (
	// maxCells bounds the table of one expression, in entries of four bytes.
	maxCells = 1 << 15
	// maxKeys bounds the sets of its states together, in bytes.
	maxKeys = 1 << 17
	// minStay is the number of characters, for each state of a full table, below which the table is not worth its making.
	minStay = 8
	// maxAutomata bounds what the automata of a run keep between events, in bytes. Those of all of SigmaHQ over real logs take less than 1 MiB.
	maxAutomata = 16 << 20
)

// Entries of the table that are not the offset of a state's row.
const (
	cellOpen int32 = -1 - iota // not worked out yet
	cellHit                    // the expression has matched
	cellDead                   // it cannot match any more
)

type automaton struct {
	prog   *reProg
	stride int              // of the table: the classes and the end of the text
	cells  []int32          // rows of stride entries; the first is that of the beginning
	states []string         // keys of the rows
	rows   map[string]int32 // and the other way
	bytes  int              // of the keys

	// For one step.
	stamp      uint32
	seen       []uint32 // stamps of instructions
	stack      []int32
	here, next rootSet
	key        []byte
}

// rootSet is a set of roots, one bit each.
type rootSet []uint64

func newAutomaton(p *reProg) *automaton {
	words := (len(p.roots) + 63) / 64
	a := &automaton{
		prog:   p,
		stride: len(p.kinds),
		rows:   make(map[string]int32),
		seen:   make([]uint32, len(p.insts)),
		here:   make(rootSet, words),
		next:   make(rootSet, words),
	}
	a.state(a.next, reEdge)
	return a
}

// match says whether the expression matches somewhere in the text.
func (a *automaton) match(text string) bool {
	p := a.prog
	row, begun := int32(0), 0
	for i := 0; i < len(text); {
		class, after := 0, i+1
		if c := text[i]; c < 0x80 {
			class = int(p.ascii[c])
		} else {
			class, after = p.next(text, i)
		}
		to := a.cells[int(row)+class]
		if to < 0 {
			switch to {
			case cellHit:
				return true
			case cellDead:
				return false
			}
			if a.full() {
				states := len(a.states)
				key := a.states[int(row)/a.stride]
				if i-begun < minStay*states {
					return a.simulate(key, text[i:])
				}
				row, begun = a.restart(key), i
			}
			if to = a.work(row, class); to < 0 {
				return to == cellHit
			}
		}
		row, i = to, after
	}
	end := a.cells[int(row)+a.stride-1]
	if end == cellOpen {
		end = a.work(row, a.stride-1)
	}
	return end == cellHit
}

func (a *automaton) full() bool {
	return len(a.cells)+a.stride > max(maxCells, 4*a.stride) || a.bytes > maxKeys
}

// restart empties the table but for the beginning and one state, whose row it gives.
func (a *automaton) restart(key string) int32 {
	a.cells, a.states, a.bytes = a.cells[:0], a.states[:0], 0
	clear(a.rows)
	clear(a.next)
	a.state(a.next, reEdge)
	return a.state(a.next, a.decode(key, a.next))
}

// work fills an entry of the table.
func (a *automaton) work(row int32, class int) int32 {
	last := a.decode(a.states[int(row)/a.stride], a.here)
	hit, alive := a.step(a.here, last, class)
	to := cellHit
	switch {
	case hit:
	case class == a.stride-1 || !alive && a.prog.anchored:
		to = cellDead
	default:
		to = a.state(a.next, a.prog.kinds[class])
	}
	a.cells[int(row)+class] = to
	return to
}

// state gives the row of a state, which is made if it is new.
//
// The key of a state is the kind of its last character and its roots as pairs, how many to pass over and how many to take: counted repeats
// have long runs of them.
func (a *automaton) state(roots rootSet, last reKind) int32 {
	a.key = append(a.key[:0], byte(last))
	for at, end := 0, 64*len(roots); ; {
		from := roots.scan(at, end, 1)
		if from == end {
			break
		}
		to := roots.scan(from, end, 0)
		a.key = binary.AppendUvarint(a.key, uint64(from-at))
		a.key = binary.AppendUvarint(a.key, uint64(to-from))
		at = to
	}
	if row, ok := a.rows[string(a.key)]; ok {
		return row
	}
	row := int32(len(a.cells))
	for range a.stride {
		a.cells = append(a.cells, cellOpen)
	}
	key := string(a.key)
	a.states = append(a.states, key)
	a.rows[key] = row
	a.bytes += len(key)
	return row
}

// scan gives the first place from at whose bit is want, or end.
func (s rootSet) scan(at, end int, want uint64) int {
	for at < end {
		word := s[at>>6]
		if want == 0 {
			word = ^word
		}
		if word >>= at & 63; word != 0 {
			return at + bits.TrailingZeros64(word)
		}
		at = at&^63 + 64
	}
	return end
}

// decode writes the roots of a state to a set, and gives the kind of its last character.
func (a *automaton) decode(key string, roots rootSet) reKind {
	clear(roots)
	at := 0
	for i := 1; i < len(key); {
		var pair [2]int
		for j := range pair {
			for shift := 0; ; shift += 7 {
				c := key[i]
				i++
				pair[j] |= int(c&0x7f) << shift
				if c < 0x80 {
					break
				}
			}
		}
		at += pair[0]
		for range pair[1] {
			roots[at>>6] |= 1 << (at & 63)
			at++
		}
	}
	return reKind(key[0])
}

// step follows instructions up to the next character. It says whether the expression matches before it; if not, next is what follows the
// character, and alive says whether that is anything.
func (a *automaton) step(roots rootSet, last reKind, class int) (hit, alive bool) {
	p := a.prog
	if a.stamp++; a.stamp == 0 {
		clear(a.seen)
		a.stamp = 1
	}
	ops := assertions(last, p.kinds[class])
	clear(a.next)
	a.stack = a.stack[:0]
	for w, word := range roots {
		for ; word != 0; word &= word - 1 {
			a.stack = append(a.stack, p.roots[w<<6|bits.TrailingZeros64(word)])
		}
	}
	if !p.anchored || last == reEdge {
		a.stack = append(a.stack, p.start)
	}
	for len(a.stack) > 0 {
		pc := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		for a.seen[pc] != a.stamp {
			a.seen[pc] = a.stamp
			in := &p.insts[pc]
			switch in.op {
			case syntax.InstAlt:
				a.stack = append(a.stack, in.arg)
				pc = in.out
			case syntax.InstEmptyWidth:
				if syntax.EmptyOp(in.arg)&^ops == 0 {
					pc = in.out
				}
			case syntax.InstMatch:
				return true, true
			case syntax.InstRune:
				if class < len(p.kinds)-1 && p.sets[in.arg][class>>6]>>(class&63)&1 != 0 {
					a.next[in.root>>6] |= 1 << (in.root & 63)
					alive = true
				}
			}
		}
	}
	return false, alive
}

// simulate goes on from a state without a table.
func (a *automaton) simulate(key, text string) bool {
	last := a.decode(key, a.here)
	for i := 0; i < len(text); {
		class, after := a.prog.next(text, i)
		hit, alive := a.step(a.here, last, class)
		if hit {
			return true
		}
		if !alive && a.prog.anchored {
			return false
		}
		a.here, a.next = a.next, a.here
		last, i = a.prog.kinds[class], after
	}
	hit, _ := a.step(a.here, last, a.stride-1)
	return hit
}

// size is about the memory of an automaton, in bytes.
func (a *automaton) size() int {
	const perState = 80 // of the key, twice its header, and the entry of the map
	return 4*cap(a.cells) + a.bytes + perState*cap(a.states) + 8*len(a.seen)
}

// automata are the automata of a run, one for each expression it has met.
type automata struct {
	of   []*automaton
	size int
}

func newAutomata(n int) automata { return automata{of: make([]*automaton, n)} }

// match says whether expression number id, which is p, matches somewhere in the text.
func (as *automata) match(p *reProg, id int32, text string) bool {
	a := as.of[id]
	if a == nil {
		a = newAutomaton(p)
		as.of[id] = a
	} else {
		as.size -= a.size()
	}
	hit := a.match(text)
	as.size += a.size()
	return hit
}

// trim forgets all automata if they take too much memory.
func (as *automata) trim() {
	if as.size > maxAutomata {
		clear(as.of)
		as.size = 0
	}
}
