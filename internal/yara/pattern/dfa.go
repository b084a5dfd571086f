package pattern

import "encoding/binary"

// dfa remembers what the machine does with a program: the ordered set of paths after some bytes is a state, and the state that follows it
// on a byte is computed once. It gives what the machine gives, in a load or two for each byte. Programs with assertions have none.
//
// States are made when they are first reached, and all are thrown away when there are too many; a hostile program can make each byte
// lead to a new one, and then costs what the machine costs.
type dfa struct {
	p       *program
	back    bool // all matches are wanted, not the preferred one
	class   [256]uint8
	rep     []byte  // a byte of each class
	trans   []int32 // state*len(rep)+class; 0 where not known yet
	lists   [][]int32
	cost    []int32 // of one byte in a state, see charge
	match   []bool
	index   map[string]int32
	key     []byte
	started int32 // the state at the beginning
	size    int   // of trans and lists, in numbers
}

const (
	dfaDead = 1 // the state from which nothing matches

	// maxStates bounds the states of one program, in numbers that their tables hold: 64 Ki have 256 KiB.
	maxStates = 1 << 16

	// maxDFA bounds those of all programs of a State, at 32 MiB.
	maxDFA = 1 << 23
)

func newDFA(p *program, back bool, m *machine) *dfa {
	d := &dfa{p: p, back: back}
	d.classes()
	d.clear(m)
	return d
}

// classes sorts the bytes into classes of which all bytes are in the same sets.
func (d *dfa) classes() {
	n := 1
	for i := range d.p.sets {
		set := &d.p.sets[i]
		// split[c] is the class of the members of c that are in the set, once one is seen that is not alone.
		var split [256]int16
		var inside, outside [256]bool
		for b := range 256 {
			if c := d.class[b]; set.has(byte(b)) {
				inside[c] = true
			} else {
				outside[c] = true
			}
		}
		for c := range n {
			if inside[c] && outside[c] {
				split[c] = int16(n)
				n++
			}
		}
		for b := range 256 {
			if c := d.class[b]; split[c] > 0 && set.has(byte(b)) {
				d.class[b] = uint8(split[c])
			}
		}
	}
	d.rep = make([]byte, n)
	for b := range 256 {
		d.rep[d.class[b]] = byte(b)
	}
}

// clear throws all states away but the dead one and the first.
func (d *dfa) clear(m *machine) {
	m.size -= d.size
	d.size = 0
	d.trans, d.lists, d.cost, d.match = d.trans[:0], d.lists[:0], d.cost[:0], d.match[:0]
	d.index = make(map[string]int32)
	d.state(nil, m) // number 0 is not a state
	clear(d.index)
	d.state(nil, m)
	for i := range d.trans {
		d.trans[i] = dfaDead
	}
	m.now.reset(len(d.p.insts))
	m.follow(d.p, &m.now, 0, &place{}, 0)
	d.started = d.state(m.now.list, m)
}

// state returns the number of the state with these paths.
func (d *dfa) state(list []int32, m *machine) int32 {
	d.key = d.key[:0]
	kept := make([]int32, 0, 16)
	match := false
	for _, pc := range list {
		op := d.p.insts[pc].op
		if op != opSet && op != opMatch {
			continue
		}
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(pc))
		kept = append(kept, pc)
		if op == opMatch {
			match = true
			if !d.back {
				break // what follows is less preferred
			}
		}
	}
	if s, ok := d.index[string(d.key)]; ok {
		return s
	}
	s := int32(len(d.lists))
	d.index[string(d.key)] = s
	d.lists = append(d.lists, kept)
	d.cost = append(d.cost, charge(len(kept)))
	d.match = append(d.match, match)
	d.trans = append(d.trans, make([]int32, len(d.rep))...)
	d.size += len(d.rep) + len(kept)
	m.size += len(d.rep) + len(kept)
	return s
}

// charge is what a byte costs of the budget with n paths, the same whether the state is known or not: a scan must not depend on the
// scans before it. With few paths most states are soon known, and a byte costs a load or two. With many, as repetitions side by side
// have, each byte may lead to a new state, and costs what following all paths costs.
func charge(n int) int32 {
	const few, perPath = 64, 16
	if n <= few {
		return int32(1 + n>>1)
	}
	return perPath * int32(n)
}

// next computes the state that follows s on a class.
func (d *dfa) next(s int32, class uint8, m *machine) int32 {
	b := d.rep[class]
	m.next.reset(len(d.p.insts))
	for _, pc := range d.lists[s] {
		in := &d.p.insts[pc]
		if in.op == opSet && d.p.sets[in.a].has(b) {
			m.follow(d.p, &m.next, pc+1, &place{}, 0)
		}
	}
	if d.size > maxStates && len(d.lists) > 3 || m.size > maxDFA {
		if m.size > maxDFA {
			m.forget(d)
		}
		m.now.list = append(m.now.list[:0], m.next.list...)
		list := m.now.list
		m.now.list = nil
		d.clear(m)
		s = d.state(list, m)
		return s
	}
	t := d.state(m.next.list, m)
	d.trans[int(s)*len(d.rep)+int(class)] = t
	return t
}

// forward returns the length of the preferred match that begins at data[at] and ends at end or before, -1 when there is none.
func (d *dfa) forward(m *machine, data []byte, at, end int) int {
	s := d.started
	best := -1
	if d.match[s] {
		best = 0
	}
	left := m.left
	n := len(d.rep)
	for pos := at; pos < end; pos++ {
		if left -= int64(d.cost[s]); left < 0 {
			best = -1
			break
		}
		class := d.class[data[pos]]
		t := d.trans[int(s)*n+int(class)]
		if t == 0 {
			t = d.next(s, class, m)
		}
		if s = t; s == dfaDead {
			break
		}
		if d.match[s] {
			best = pos + 1 - at
		}
	}
	m.left = left
	return best
}

// backward calls yield with each position where a match begins that ends at data[at], from begin on.
func (d *dfa) backward(m *machine, data []byte, at, begin int, yield func(start int)) {
	s := d.started
	if d.match[s] {
		yield(at)
	}
	n := len(d.rep)
	for pos := at - 1; pos >= begin; pos-- {
		if m.left -= int64(d.cost[s]); m.left < 0 {
			return
		}
		class := d.class[data[pos]]
		t := d.trans[int(s)*n+int(class)]
		if t == 0 {
			t = d.next(s, class, m)
		}
		if s = t; s == dfaDead {
			return
		}
		if d.match[s] {
			yield(pos)
		}
	}
}

// dfa returns the one of a program, made on first use.
func (m *machine) dfa(p *program, back bool) *dfa {
	d := m.dfas[p]
	if d == nil {
		if m.dfas == nil {
			m.dfas = make(map[*program]*dfa)
		}
		d = newDFA(p, back, m)
		m.dfas[p] = d
	}
	return d
}

// forget throws away the states of all other programs.
func (m *machine) forget(keep *dfa) {
	for p, d := range m.dfas {
		if d != keep {
			m.size -= d.size
			delete(m.dfas, p)
		}
	}
}
