package pattern

// machine runs programs: it follows all paths at once, in their order of preference, and keeps one path for each instruction. The work is
// at most the size of the program for each byte.
type machine struct {
	now, next threads
	stack     []int32
	left      int64 // steps that may still be taken

	dfas map[*program]*dfa
	size int // of all dfas
}

// chargePath is what a path costs of the budget for a byte, in steps of a dfa.
const chargePath = 4

// threads is an ordered set of instructions.
type threads struct {
	list   []int32
	sparse []uint32
}

func (t *threads) reset(n int) {
	if cap(t.sparse) < n {
		t.sparse = make([]uint32, n)
	}
	t.sparse = t.sparse[:cap(t.sparse)]
	t.list = t.list[:0]
}

// add adds an instruction and reports whether it was new.
func (t *threads) add(pc int32) bool {
	if i := t.sparse[pc]; int(i) < len(t.list) && t.list[i] == pc {
		return false
	}
	t.sparse[pc] = uint32(len(t.list))
	t.list = append(t.list, pc)
	return true
}

// place is where assertions are judged.
type place struct {
	data []byte
	end  int // where matching ends, at most len(data)
	unit int // bytes of a character: 2 in a wide program
}

func (p *place) word(at int) bool {
	return wordBytes.has(p.data[at]) && (p.unit == 1 || at+1 < len(p.data) && p.data[at+1] == 0)
}

// holds judges an assertion as libyara does: at both ends of the data there is a word boundary, whatever is beside it.
func (p *place) holds(kind assertKind, at int) bool {
	switch kind {
	case assertBegin:
		return at == 0
	case assertEnd:
		return at == len(p.data)
	}
	boundary := at < p.unit || at >= p.end || p.word(at) != p.word(at-p.unit)
	return boundary == (kind == assertBoundary)
}

// unit returns the bytes of a character.
func (p *program) unit() int {
	if p.wide {
		return 2
	}
	return 1
}

// match runs p from data[at] on and returns the length of the match that is preferred, -1 when there is none. A match has at most limit
// bytes. When the budget runs out there is no match, and m.left is negative.
func (m *machine) match(p *program, data []byte, at, limit int) int {
	end := min(len(data), at+limit)
	if p.wide {
		end -= (end - at) % 2
	}
	if !p.empty && (at >= end || !p.first.has(data[at])) {
		return -1
	}
	if !p.asserts {
		return m.dfa(p, false).forward(m, data, at, end)
	}
	pl := place{data: data, end: end, unit: p.unit()}
	m.now.reset(len(p.insts))
	m.next.reset(len(p.insts))
	m.follow(p, &m.now, 0, &pl, at)
	best := -1
	for pos := at; len(m.now.list) > 0; pos++ {
		if m.left -= chargePath * int64(len(m.now.list)); m.left < 0 {
			return -1
		}
		m.next.list = m.next.list[:0]
		for _, pc := range m.now.list {
			in := &p.insts[pc]
			if in.op == opMatch {
				best = pos - at
				break // what follows is less preferred
			}
			if in.op == opSet && pos < end && p.sets[in.a].has(data[pos]) {
				m.follow(p, &m.next, pc+1, &pl, pos+1)
			}
		}
		m.now, m.next = m.next, m.now
	}
	return best
}

// matchBack runs p, the program of a reversed tree, backwards from data[at-1] on, and calls yield with each position where a match ends,
// which is where the unreversed one begins, in descending order.
func (m *machine) matchBack(p *program, data []byte, at, limit int, yield func(start int)) {
	begin := max(0, at-limit)
	if !p.asserts {
		m.dfa(p, true).backward(m, data, at, begin, yield)
		return
	}
	pl := place{data: data, end: len(data), unit: p.unit()}
	m.now.reset(len(p.insts))
	m.next.reset(len(p.insts))
	m.follow(p, &m.now, 0, &pl, at)
	for pos := at; len(m.now.list) > 0; pos-- {
		if m.left -= chargePath * int64(len(m.now.list)); m.left < 0 {
			return
		}
		m.next.list = m.next.list[:0]
		matched := false
		for _, pc := range m.now.list {
			in := &p.insts[pc]
			if in.op == opMatch {
				matched = true
			} else if in.op == opSet && pos > begin && p.sets[in.a].has(data[pos-1]) {
				m.follow(p, &m.next, pc+1, &pl, pos-1)
			}
		}
		if matched {
			yield(pos)
		}
		m.now, m.next = m.next, m.now
	}
}

// follow adds to t what is reached from pc without taking a byte.
func (m *machine) follow(p *program, t *threads, pc int32, pl *place, at int) {
	if p.insts[pc].op == opSet {
		t.add(pc)
		return
	}
	m.stack = append(m.stack[:0], pc)
	for len(m.stack) > 0 {
		pc := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		if !t.add(pc) {
			continue
		}
		switch in := &p.insts[pc]; in.op {
		case opSplit:
			m.stack = append(m.stack, in.b, in.a)
		case opJump:
			m.stack = append(m.stack, in.a)
		case opAssert:
			if pl.holds(assertKind(in.a), at) {
				m.stack = append(m.stack, pc+1)
			}
		}
	}
}
