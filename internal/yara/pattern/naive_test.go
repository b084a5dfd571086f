package pattern

// The twin: the same meaning without atoms, filters, programs or states, by backtracking over the tree at each offset.

// naive returns the matches of one string.
func naive(src Source, data []byte) []Match {
	mod := src.Mod
	if src.Kind == Text {
		return naiveText(src.Text, mod, data)
	}
	var tree regexTree
	if src.Kind == Hex {
		tree.root, _ = parseHex(src.Text)
		mod = Modifiers{}
	} else {
		mod.Nocase = mod.Nocase || src.I
		tree, _ = parseRegex(src.Text, mod.Nocase, src.S)
	}
	var parts [][]Match
	links := splitChain(tree.root)
	for _, l := range links {
		parts = append(parts, naiveTree(l.root, mod, data))
	}
	for i := len(parts) - 2; i >= 0; i-- {
		var joined []Match
		for _, head := range parts[i] {
			end := head.Offset + head.Length
			for _, tail := range parts[i+1] {
				gap := tail.Offset - end
				if gap >= links[i+1].min && (gap <= links[i+1].max || links[i+1].max == unbounded) {
					joined = append(joined, Match{Offset: head.Offset, Length: tail.Offset + tail.Length - head.Offset})
					break
				}
			}
		}
		parts[i] = joined
	}
	return parts[0]
}

func naiveText(text []byte, mod Modifiers, data []byte) []Match {
	lo, hi := 0, 0
	if mod.Xor {
		lo, hi = int(mod.XorMin), int(mod.XorMax)
	}
	at := func(pos int, wide bool, key byte) (int, bool) {
		n := pos
		for _, c := range text {
			for i, want := range []byte{c, 0} {
				if i == 1 && !wide {
					continue
				}
				if n >= len(data) {
					return 0, false
				}
				got := data[n] ^ key
				if mod.Nocase && i == 0 {
					got, want = lower(got), lower(want)
				}
				if got != want {
					return 0, false
				}
				n++
			}
		}
		return n - pos, !mod.Fullword || naiveBorders(data, pos, n, wide)
	}
	var all []Match
	for pos := range data {
		found := false
		for _, wide := range []bool{false, true} {
			if wide && !mod.Wide || !wide && mod.Wide && !mod.ASCII {
				continue
			}
			for key := lo; key <= hi && !found; key++ {
				if n, ok := at(pos, wide, byte(key)); ok {
					all = append(all, Match{Offset: pos, Length: n, Key: byte(key)})
					found = true
				}
			}
		}
	}
	return all
}

func naiveBorders(data []byte, from, to int, wide bool) bool {
	letter := func(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }
	if wide {
		return !(from > 1 && letter(data[from-2]) && data[from-1] == 0) && !(to < len(data)-1 && letter(data[to]) && data[to+1] == 0)
	}
	return !(from > 0 && letter(data[from-1])) && !(to < len(data) && letter(data[to]))
}

// backtracker matches a tree in the order of preference: the first way that succeeds is the match.
type backtracker struct {
	data  []byte
	wide  bool
	limit int // no match goes beyond
	steps int // that may still be taken
}

// naiveSteps is what the twin may take at one offset. Backtracking can need time without end, and then there is nothing to compare.
const naiveSteps = 3_000

// errNaive is thrown when the twin gives up.
type errNaive struct{}

func naiveTree(root *node, mod Modifiers, data []byte) []Match {
	var all []Match
	for pos := range data {
		for _, wide := range []bool{false, true} {
			if wide && !mod.Wide || !wide && mod.Wide && !mod.ASCII {
				continue
			}
			b := backtracker{data, wide, pos + DefaultRegexLimit, naiveSteps}
			end := -1
			b.match(root, pos, func(e int) bool { end = e; return true })
			if end >= pos && (!mod.Fullword || naiveBorders(data, pos, end, wide)) {
				all = append(all, Match{Offset: pos, Length: end - pos})
				break
			}
		}
	}
	return all
}

func (b *backtracker) match(n *node, pos int, then func(int) bool) bool {
	if b.steps--; b.steps < 0 {
		panic(errNaive{})
	}
	switch n.kind {
	case nodeEmpty:
		return then(pos)
	case nodeSet:
		if pos >= len(b.data) || !n.set.has(b.data[pos]) {
			return false
		}
		pos++
		if b.wide {
			if pos >= len(b.data) || b.data[pos] != 0 {
				return false
			}
			pos++
		}
		return pos <= b.limit && then(pos)
	case nodeConcat:
		return b.sequence(n.subs, pos, then)
	case nodeAlt:
		for _, sub := range n.subs {
			if b.match(sub, pos, then) {
				return true
			}
		}
		return false
	case nodeRepeat:
		return b.repeat(n, 0, pos, then)
	}
	unit := 1
	if b.wide {
		unit = 2
	}
	word := func(at int) bool {
		return wordBytes.has(b.data[at]) && (unit == 1 || at+1 < len(b.data) && b.data[at+1] == 0)
	}
	var holds bool
	switch n.assert {
	case assertBegin:
		holds = pos == 0
	case assertEnd:
		holds = pos == len(b.data)
	default:
		// The end for wide text leaves out an odd byte: matching begins at an offset and goes in steps of two.
		end := len(b.data)
		if b.wide && (end-pos)%2 != 0 {
			end--
		}
		border := pos < unit || pos >= end || word(pos) != word(pos-unit)
		holds = border == (n.assert == assertBoundary)
	}
	return holds && then(pos)
}

func (b *backtracker) sequence(subs []*node, pos int, then func(int) bool) bool {
	if len(subs) == 0 {
		return then(pos)
	}
	return b.match(subs[0], pos, func(p int) bool { return b.sequence(subs[1:], p, then) })
}

func (b *backtracker) repeat(n *node, count, pos int, then func(int) bool) bool {
	again := func() bool {
		if n.max != unbounded && count >= n.max {
			return false
		}
		return b.match(n.subs[0], pos, func(p int) bool {
			if p == pos && count >= n.min && n.max == unbounded {
				return false // nothing was matched: that would go on without end
			}
			return b.repeat(n, count+1, p, then)
		})
	}
	if count < n.min {
		return again()
	}
	if n.greedy {
		return again() || then(pos)
	}
	return then(pos) || again()
}
