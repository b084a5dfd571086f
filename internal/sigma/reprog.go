package sigma

// Programs of regular expressions: those of package regexp/syntax, with characters replaced by classes. Two characters are of one class if
// no instruction and no assertion tells them apart, so that a step of the automaton is a look-up by class. Few expressions have more than
// some dozens of classes. As in package regexp, a byte that is not UTF-8 is one character, U+FFFD.

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// maxRegexCuts bounds the places where classes of characters begin or end, over all of an expression. \pL has about 1,300.
const maxRegexCuts = 1 << 14

type reProg struct {
	insts    []reInst
	roots    []int32 // the instructions that can come after a character; states are sets of these
	start    int32
	anchored bool // a match can only begin where the text does
	looks    bool // there are assertions about the characters beside a place

	ascii [utf8.RuneSelf]uint16 // classes
	cuts  []rune                // the first characters of the intervals of equal class, from 0
	class []uint16              // of each interval
	kinds []reKind              // of each class, and last of the end of the text
	sets  [][]uint64            // sets of classes, one bit each
}

type reInst struct {
	op       syntax.InstOp
	out, arg int32 // arg: the other way of an alternative, the assertions, or the set of a character
	root     int32 // of a character: the number of out in roots
}

// reKind is what assertions can say of a character.
type reKind uint8

const (
	reOther reKind = iota
	reWord
	reNewline
	reEdge // the beginning or the end of the text
)

// assertions gives the assertions that hold between two characters.
func assertions(before, after reKind) syntax.EmptyOp {
	var ops syntax.EmptyOp
	switch before {
	case reEdge:
		ops |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	case reNewline:
		ops |= syntax.EmptyBeginLine
	}
	switch after {
	case reEdge:
		ops |= syntax.EmptyEndText | syntax.EmptyEndLine
	case reNewline:
		ops |= syntax.EmptyEndLine
	}
	if (before == reWord) != (after == reWord) {
		return ops | syntax.EmptyWordBoundary
	}
	return ops | syntax.EmptyNoWordBoundary
}

// newReProg compiles an expression, whose size was checked.
func newReProg(tree *syntax.Regexp) (*reProg, error) {
	from, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, regexError(err)
	}
	p := &reProg{insts: make([]reInst, len(from.Inst))}
	var ranges [][]rune // of each set
	number, rootOf := make(map[string]int32), make(map[int32]int32)
	for i := range from.Inst {
		in := &from.Inst[i]
		to := &p.insts[i]
		*to = reInst{op: in.Op, out: skip(from, in.Out), arg: int32(in.Arg)}
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			to.op, to.arg = syntax.InstAlt, skip(from, in.Arg)
		case syntax.InstEmptyWidth:
			p.looks = p.looks || syntax.EmptyOp(in.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			r := runeRanges(in)
			id, ok := number[string(r)]
			if !ok {
				id = int32(len(ranges))
				number[string(r)] = id
				ranges = append(ranges, r)
			}
			to.op, to.arg = syntax.InstRune, id
			root, ok := rootOf[to.out]
			if !ok {
				root = int32(len(p.roots))
				rootOf[to.out] = root
				p.roots = append(p.roots, to.out)
			}
			to.root = root
		}
	}
	p.start = skip(from, uint32(from.Start))
	first := p.insts[p.start]
	p.anchored = first.op == syntax.InstEmptyWidth && syntax.EmptyOp(first.arg)&syntax.EmptyBeginText != 0
	if !p.classify(ranges) {
		return nil, &valueError{CodeLimit, "use fewer and simpler classes of characters", fmt.Sprintf("classes of the regular expression have more than %d ranges", maxRegexCuts)}
	}
	return p, nil
}

// skip leaves out instructions that do nothing here.
func skip(p *syntax.Prog, pc uint32) int32 {
	for p.Inst[pc].Op == syntax.InstCapture || p.Inst[pc].Op == syntax.InstNop {
		pc = p.Inst[pc].Out
	}
	return int32(pc)
}

// runeRanges gives the characters of an instruction as pairs of the first and the last.
func runeRanges(in *syntax.Inst) []rune {
	switch in.Op {
	case syntax.InstRuneAny:
		return []rune{0, unicode.MaxRune}
	case syntax.InstRuneAnyNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	}
	if len(in.Rune) != 1 {
		return in.Rune
	}
	r := in.Rune[0]
	out := []rune{r, r}
	if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
		for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
			out = append(out, s, s)
		}
	}
	return out
}

// classify makes the classes from the sets of characters that instructions accept. It gives false when there are too many ranges.
func (p *reProg) classify(sets [][]rune) bool {
	if p.looks {
		sets = append(sets, []rune{'\n', '\n'}, []rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'})
	}
	cuts := []rune{0, utf8.RuneSelf}
	for _, ranges := range sets {
		for i := 0; i+1 < len(ranges); i += 2 {
			cuts = append(cuts, ranges[i], ranges[i+1]+1)
		}
		if len(cuts) > 4*maxRegexCuts {
			return false
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	if len(cuts) > maxRegexCuts {
		return false
	}
	// The signature of an interval is the sets it is in.
	words := (len(sets) + 7) / 8
	sigs := make([]byte, words*len(cuts))
	for s, ranges := range sets {
		for i := 0; i+1 < len(ranges); i += 2 {
			at, _ := slices.BinarySearch(cuts, ranges[i])
			for ; at < len(cuts) && cuts[at] <= ranges[i+1]; at++ {
				sigs[at*words+s/8] |= 1 << (s % 8)
			}
		}
	}
	p.cuts, p.class = cuts, make([]uint16, len(cuts))
	var of [][]byte // signatures of classes
	number := make(map[string]uint16)
	for i := range cuts {
		sig := sigs[i*words : (i+1)*words]
		id, ok := number[string(sig)]
		if !ok {
			id = uint16(len(of))
			number[string(sig)] = id
			of = append(of, sig)
		}
		p.class[i] = id
	}
	for c := range p.ascii {
		p.ascii[c] = p.classOf(rune(c))
	}
	has := func(class, set int) bool { return of[class][set/8]>>(set%8)&1 != 0 }
	p.kinds = make([]reKind, len(of)+1)
	p.kinds[len(of)] = reEdge
	if p.looks {
		for class := range of {
			switch {
			case has(class, len(sets)-2):
				p.kinds[class] = reNewline
			case has(class, len(sets)-1):
				p.kinds[class] = reWord
			}
		}
		sets = sets[:len(sets)-2]
	}
	p.sets = make([][]uint64, len(sets))
	for s := range sets {
		p.sets[s] = make([]uint64, (len(of)+63)/64)
		for class := range of {
			if has(class, s) {
				p.sets[s][class>>6] |= 1 << (class & 63)
			}
		}
	}
	return true
}

// classOf gives the class of any character.
func (p *reProg) classOf(r rune) uint16 {
	return p.class[sort.Search(len(p.cuts), func(i int) bool { return p.cuts[i] > r })-1]
}

// next gives the class of the character at i, and where the next one begins.
func (p *reProg) next(text string, i int) (class, after int) {
	if c := text[i]; c < utf8.RuneSelf {
		return int(p.ascii[c]), i + 1
	}
	r, n := utf8.DecodeRuneInString(text[i:])
	return int(p.classOf(r)), i + n
}
