package pattern

import "strconv"

// Set is a compiled set of strings, numbered as they were given to Compile. It is immutable and may be used by any number of goroutines,
// each with its own State.
type Set struct {
	opt      Options
	patterns []patternParts
	parts    []part
	units    []unit
	atoms    []atom
	filter   filter
	pairs    pairs
}

// patternParts are the parts of one string: one, or where it is cut at long jumps several, which lie parts[first:first+n].
type patternParts struct {
	first, n int32
	dead     bool // refused by Compile: it never matches
}

// part is what is looked for in one piece.
type part struct {
	units, n       int32 // its forms, in the order in which they are preferred at one place
	gapMin, gapMax int   // the distance from the end of the part before to the beginning of this one
	fullword       bool
	greedy         bool // the longest of several matches at one place is reported, not the shortest
	onDemand       bool // its atoms are not in the filter
	pairs          bool // but they are among the pairs
	glance         bool // its units have needles
}

// unitKind tells how a unit is verified.
type unitKind uint8

const (
	unitLiteral unitKind = iota
	unitFixed            // a sequence of sets
	unitProgram
)

// unit is one form of a part: plain or wide, or one of the literals of base64.
type unit struct {
	kind    unitKind
	literal literal
	sets    []byteSet
	program *program
	limit   int // bytes of a match of the program
	wide    bool
	part    int32

	needle   []byte // that each match has at needleAt, where the part may be glanced at
	needleAt int
}

// atom says where in a match some bytes lie.
type atom struct {
	unit int32
	// back is the distance from the beginning of the match; where that varies it is -1 and prefix runs backwards from the atom.
	back   int32
	prefix *program
}

// Compile makes a Set. A string that is wrong, or would need too much, is reported and never matches; the others are not affected.
// Warnings are about strings that are slow to find.
func Compile(srcs []Source, opt Options) (*Set, []ErrorOf) {
	c := &setCompiler{set: &Set{opt: opt.withDefaults(), patterns: make([]patternParts, len(srcs))}, used: map[uint32]int{}}
	for i := range srcs {
		c.index = i
		p := &c.set.patterns[i]
		p.first = int32(len(c.set.parts))
		c.warned = false
		if err := c.source(&srcs[i]); err != nil {
			c.errs = append(c.errs, ErrorOf{Index: i, Error: *err})
			p.dead = true
		}
		p.n = int32(len(c.set.parts)) - p.first
	}
	c.set.filter.build()
	c.set.pairs.build()
	return c.set, c.errs
}

// Len returns the number of strings.
func (s *Set) Len() int { return len(s.patterns) }

// Traced reports whether State.Scan asks its want about string i wherever the string may match. It does not of strings whose atoms are too
// short or too common to be looked for in the pass.
func (s *Set) Traced(i int) bool {
	p := &s.patterns[i]
	for _, part := range s.parts[p.first : p.first+p.n] {
		if !part.onDemand {
			return true
		}
	}
	return p.dead
}

type setCompiler struct {
	set    *Set
	errs   []ErrorOf
	used   map[uint32]int // how often an atom is used
	index  int
	warned bool
	total  int // bytes of text so far

	instructions int // of all programs so far
}

// maxTotal is the largest sum of the lengths of all strings. Their programs are bounded by it too, since each takes at most maxProgram
// instructions, of which there are maxPrograms in all.
const (
	maxTotal    = 1 << 28
	maxPrograms = 1 << 21
)

func (c *setCompiler) source(src *Source) *Error {
	if len(src.Text) == 0 {
		return &Error{Code: "string.empty", Msg: "empty string", Hint: "write at least one byte"}
	}
	if c.total += len(src.Text); c.total > maxTotal {
		return &Error{Code: "string.total", Msg: "too much text in all strings together", Hint: "at most " + strconv.Itoa(maxTotal) + " bytes"}
	}
	if src.Kind == Text {
		c.literals(literals(src.Text, src.Mod), src.Mod.Fullword)
		return nil
	}
	var tree regexTree
	var err *Error
	mod := src.Mod
	if src.Kind == Hex {
		tree.root, err = parseHex(src.Text)
		mod = Modifiers{}
	} else {
		mod.Nocase = mod.Nocase || src.I
		tree, err = parseRegex(src.Text, mod.Nocase, src.S)
	}
	if err != nil {
		return err
	}
	if tree.greedy && tree.ungreedy {
		return &Error{Code: "regex.greedy", Msg: "greedy and ungreedy quantifiers can't be mixed in a regular expression",
			Hint: "write all with ? behind them or none"}
	}
	if text, ok := plainText(tree.root, mod.Nocase); ok {
		c.literals(literals(text, mod), mod.Fullword)
		return nil
	}
	for _, link := range splitChain(tree.root) {
		p := part{gapMin: link.min, gapMax: link.max, fullword: mod.Fullword, greedy: tree.greedy}
		if err := c.tree(p, link.root, mod, src.Kind == Hex); err != nil {
			return err
		}
	}
	return nil
}

// plainText returns the text of a tree that is nothing else, in which a letter in both cases is a letter where case is ignored.
func plainText(n *node, fold bool) ([]byte, bool) {
	if !fold {
		return n.literal()
	}
	sets, ok := n.sets()
	if !ok {
		return nil, false
	}
	text := make([]byte, 0, len(sets))
	for i := range sets {
		b, ok := sets[i].foldedSingle()
		if !ok {
			return nil, false
		}
		text = append(text, b)
	}
	return text, true
}

// foldedSingle returns the byte of a set that is one byte, or a letter in both cases.
func (s *byteSet) foldedSingle() (b byte, ok bool) {
	if b, ok = s.single(); ok {
		return b, true
	}
	if s.len() == 2 {
		for b := byte('a'); b <= 'z'; b++ {
			if s.has(b) && s.has(b&^caseBit) {
				return b, true
			}
		}
	}
	return 0, false
}

// begin opens a part; the units that are added from here on belong to it.
func (c *setCompiler) begin(p part) *part {
	p.units = int32(len(c.set.units))
	c.set.parts = append(c.set.parts, p)
	return &c.set.parts[len(c.set.parts)-1]
}

func (c *setCompiler) end(p *part) {
	p.n = int32(len(c.set.units)) - p.units
	if p.pairs {
		c.needles(p)
	}
}

func (c *setCompiler) addUnit(u unit) int32 {
	u.part = int32(len(c.set.parts) - 1)
	c.set.units = append(c.set.units, u)
	return int32(len(c.set.units) - 1)
}

// literals adds a part of literals.
func (c *setCompiler) literals(all []literal, fullword bool) {
	p := c.begin(part{fullword: fullword})
	var windows []textWindow
	for i := range all {
		w := all[i].bestWindow(c.used)
		windows = append(windows, w)
		if w.cost >= commonAtom {
			p.onDemand = true
		}
	}
	// A literal has at most 256 keys, each with as many values as a free place.
	p.onDemand = p.onDemand || len(c.set.filter.entries)+len(all)*256*maxExpansion/2 > maxEntries
	p.pairs = p.onDemand && c.set.pairs.total+len(all)<<16 <= maxPairEntries
	for i := range all {
		l := &all[i]
		u := c.addUnit(unit{kind: unitLiteral, literal: *l, wide: l.wide})
		c.set.atoms = append(c.set.atoms, atom{unit: u, back: int32(windows[i].at)})
		id := int32(len(c.set.atoms) - 1)
		lo, hi := 0, 0
		if l.xor {
			lo, hi = int(l.lo), int(l.hi)
		}
		for key := lo; key <= hi; key++ {
			var raw rawAtom
			raw.fromText(l, windows[i].at, byte(key))
			if p.onDemand {
				if p.pairs {
					c.set.pairs.add(&raw, id)
				}
				continue
			}
			if key == lo {
				c.used[raw.value()]++
			}
			c.set.filter.add(&raw, id)
		}
	}
	if p.onDemand {
		c.slow()
	}
	c.end(p)
}

// tree adds a part that is a tree.
func (c *setCompiler) tree(p part, root *node, mod Modifiers, hex bool) *Error {
	open := c.begin(p)
	forms := []bool{false}
	if mod.Wide {
		forms = []bool{true}
		if mod.ASCII {
			forms = []bool{false, true}
		}
	}
	type form struct {
		unit   int32
		choice atomChoice
		wide   bool
		limit  int
	}
	var all []form
	for _, wide := range forms {
		n := root
		if wide {
			n = root.widened()
		}
		u := unit{kind: unitProgram, wide: wide, limit: c.set.opt.RegexLimit}
		if hex && !hasAlt(n) {
			// libyara does not limit hexadecimal strings without alternatives.
			_, hi := n.width()
			u.limit = hi
		}
		if sets, ok := n.sets(); ok && len(sets) <= u.limit {
			u.kind, u.sets = unitFixed, sets
		} else if u.program = compileTree(n, wide, u.limit); u.program == nil || c.programs(u.program) {
			return tooComplex
		}
		choice := chooseAtoms(n, c.used)
		entries := len(c.set.filter.entries)
		for i := range choice.atoms {
			entries += choice.atoms[i].expansions()
		}
		if len(choice.atoms) == 0 || choice.cost >= commonAtom || entries > maxEntries {
			open.onDemand = true
		}
		u.treeNeedle(n)
		all = append(all, form{c.addUnit(u), choice, wide, u.limit})
	}
	open.pairs = open.onDemand
	for _, f := range all {
		open.pairs = open.pairs && len(f.choice.atoms) > 0 && c.set.pairs.take(f.choice.atoms)
	}
	for _, f := range all {
		for i := range f.choice.atoms {
			raw := &f.choice.atoms[i]
			a := atom{unit: f.unit}
			prefix := concatNode(raw.prefix)
			if lo, hi := prefix.width(); lo == hi {
				a.back = int32(lo)
			} else if a.back, a.prefix = -1, compileTree(prefix.reversed(), f.wide, f.limit); a.prefix == nil || c.programs(a.prefix) {
				return tooComplex
			}
			c.set.atoms = append(c.set.atoms, a)
			if open.onDemand {
				if open.pairs {
					c.set.pairs.add(raw, int32(len(c.set.atoms)-1))
				}
				continue
			}
			if raw.expansions() == 1 {
				c.used[raw.value()]++
			}
			c.set.filter.add(raw, int32(len(c.set.atoms)-1))
		}
	}
	if open.onDemand {
		c.slow()
	}
	c.end(open)
	return nil
}

var tooComplex = &Error{Code: "regex.complex", Msg: "the string needs too large a program",
	Hint: "make its repetitions smaller: they are written out as often as they may happen"}

// programs counts the instructions of all programs and reports whether they are too many.
func (c *setCompiler) programs(p *program) bool {
	c.instructions += len(p.insts)
	return c.instructions > maxPrograms
}

// slow warns about a string that is searched for on demand.
func (c *setCompiler) slow() {
	if c.warned {
		return
	}
	c.warned = true
	c.errs = append(c.errs, ErrorOf{Index: c.index, Warning: true, Error: Error{Code: "string.slow", Msg: "string may slow down scanning",
		Hint: "give it four bytes in a row that are rare"}})
}

func hasAlt(n *node) bool {
	if n.kind == nodeAlt {
		return true
	}
	for _, sub := range n.subs {
		if hasAlt(sub) {
			return true
		}
	}
	return false
}
