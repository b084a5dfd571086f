package pattern

import "slices"

// opcode is what an instruction of the engine does.
type opcode uint8

const (
	opSet    opcode = iota // one byte out of sets[a], then the next instruction
	opSplit                // on at a, or failing that at b
	opJump                 // on at a
	opAssert               // on at the next instruction if assertKind(a) holds here
	opMatch
)

type inst struct {
	op   opcode
	a, b int32
}

// maxProgram is the largest number of instructions. A repetition is written out as often as it may happen, so .{0,900} has 1,800.
const maxProgram = 1 << 16

// program is a tree as instructions for the machine.
type program struct {
	insts   []inst
	sets    []byteSet
	wide    bool    // of a widened tree: a character has two bytes
	asserts bool    // has opAssert
	first   byteSet // the bytes with which a match can begin
	empty   bool    // may match nothing at all
}

// compiler turns trees into programs.
type compiler struct {
	program
	index map[byteSet]int32
	limit int // repetitions of more than this many bytes never match and are not written out
	full  bool
}

// compileTree makes the program of a tree, which has been widened already where wide is set. It returns nil when the program would be
// too large.
func compileTree(n *node, wide bool, limit int) *program {
	c := &compiler{program: program{wide: wide}, index: map[byteSet]int32{}, limit: limit}
	c.emit(n)
	c.add(inst{op: opMatch})
	if c.full {
		return nil
	}
	c.findFirst()
	p := c.program
	p.insts = slices.Clip(p.insts)
	return &p
}

func (c *compiler) add(i inst) int32 {
	if len(c.insts) >= maxProgram {
		c.full = true
		return 0
	}
	c.insts = append(c.insts, i)
	return int32(len(c.insts) - 1)
}

func (c *compiler) here() int32 { return int32(len(c.insts)) }

func (c *compiler) set(s byteSet) {
	i, ok := c.index[s]
	if !ok {
		i = int32(len(c.sets))
		c.sets = append(c.sets, s)
		c.index[s] = i
	}
	c.add(inst{op: opSet, a: i})
}

func (c *compiler) emit(n *node) {
	if c.full {
		return
	}
	switch n.kind {
	case nodeSet:
		c.set(n.set)
	case nodeConcat:
		for _, sub := range n.subs {
			c.emit(sub)
		}
	case nodeAlt:
		var ends []int32
		for i, sub := range n.subs {
			if i == len(n.subs)-1 {
				c.emit(sub)
				break
			}
			split := c.add(inst{op: opSplit})
			c.insts[split].a = c.here()
			c.emit(sub)
			ends = append(ends, c.add(inst{op: opJump}))
			c.insts[split].b = c.here()
			if c.full {
				return
			}
		}
		for _, end := range ends {
			c.insts[end].a = c.here()
		}
	case nodeRepeat:
		c.repeat(n)
	case nodeAssert:
		c.asserts = true
		c.add(inst{op: opAssert, a: int32(n.assert)})
	}
}

// repeat writes a repetition out: first what must happen, then what may.
func (c *compiler) repeat(n *node) {
	sub := n.subs[0]
	lo, hi := n.min, n.max
	// Beyond the limit in bytes nothing matches, so as many of what takes a byte or more are as good as all.
	if width, _ := sub.width(); width > 0 {
		lo = min(lo, c.limit+1)
		if hi > c.limit {
			hi = unbounded
		}
	} else {
		// What may be empty need not happen a second time if it is empty, and cannot match otherwise more than limit times.
		lo = min(lo, 1+c.limit)
	}
	for range lo {
		before := c.here()
		c.emit(sub)
		if c.full {
			return
		}
		if c.here() == before {
			break // what has no instructions is not repeated: repetitions of it in one another would never end
		}
	}
	if hi == unbounded {
		split := c.add(inst{op: opSplit})
		c.emit(sub)
		c.add(inst{op: opJump, a: split})
		c.branch(split, n.greedy)
		return
	}
	var splits []int32
	for range hi - lo {
		splits = append(splits, c.add(inst{op: opSplit}))
		c.emit(sub)
		if c.full {
			return
		}
	}
	for _, split := range splits {
		c.branch(split, n.greedy)
	}
}

// branch sets the targets of a split before a repetition that ends here.
func (c *compiler) branch(split int32, greedy bool) {
	if c.full {
		return
	}
	in, out := split+1, c.here()
	if !greedy {
		in, out = out, in
	}
	c.insts[split].a, c.insts[split].b = in, out
}

// findFirst collects the bytes with which a match can begin.
func (c *compiler) findFirst() {
	seen := make([]bool, len(c.insts))
	stack := []int32{0}
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := &c.insts[pc]; in.op {
		case opSet:
			c.first.union(&c.sets[in.a])
		case opSplit:
			stack = append(stack, in.a, in.b)
		case opJump:
			stack = append(stack, in.a)
		case opAssert:
			stack = append(stack, pc+1)
		case opMatch:
			c.empty = true
		}
	}
}
