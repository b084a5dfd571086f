package pattern

import "math/bits"

// byteSet is a set of byte values.
type byteSet [4]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

func (s *byteSet) addRange(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s.add(byte(b))
	}
}

func (s *byteSet) union(t *byteSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *byteSet) negate() {
	for i := range s {
		s[i] = ^s[i]
	}
}

func (s *byteSet) len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// single returns the only member of a set of one.
func (s *byteSet) single() (b byte, ok bool) {
	if s.len() != 1 {
		return 0, false
	}
	for i, w := range s {
		if w != 0 {
			return byte(i<<6 + bits.TrailingZeros64(w)), true
		}
	}
	return 0, false
}

// fold adds the other case of each letter.
func (s *byteSet) fold() {
	// In words one (0x40 to 0x7f) the two cases lie 32 bits apart.
	const letters = 0x07fffffe
	w := s[1]
	s[1] |= (w&letters)<<32 | (w>>32)&letters
}

func (s *byteSet) full() bool { return s[0]&s[1]&s[2]&s[3] == ^uint64(0) }

// nodeKind tells the nodes of the tree apart.
type nodeKind uint8

const (
	nodeEmpty  nodeKind = iota
	nodeSet             // one byte out of set
	nodeConcat          // subs, one after the other
	nodeAlt             // one of subs, the earlier ones preferred
	nodeRepeat          // subs[0], min to max times
	nodeAssert          // a place: assert
)

// assertKind is a condition on a place between two bytes.
type assertKind uint8

const (
	assertBegin       assertKind = iota // the beginning of the data
	assertEnd                           // the end of the data
	assertBoundary                      // \b
	assertNotBoundary                   // \B
)

// unbounded is the max of a repetition without an upper end.
const unbounded = -1

// node is a node of the tree of a hexadecimal string or a regular expression.
type node struct {
	kind     nodeKind
	assert   assertKind
	greedy   bool
	jump     bool // a repetition of any byte, where a string may be cut: see splitChain
	set      byteSet
	subs     []*node
	min, max int // of a repetition
}

func setNode(s byteSet) *node { return &node{kind: nodeSet, set: s} }

func concatNode(subs []*node) *node {
	switch len(subs) {
	case 0:
		return &node{kind: nodeEmpty}
	case 1:
		return subs[0]
	}
	return &node{kind: nodeConcat, subs: subs}
}

// altNode joins alternatives. Alternatives of one byte each are a set, which is smaller and has atoms.
func altNode(subs []*node) *node {
	if len(subs) == 1 {
		return subs[0]
	}
	var set byteSet
	for _, sub := range subs {
		if sub.kind != nodeSet {
			return &node{kind: nodeAlt, subs: subs}
		}
		set.union(&sub.set)
	}
	return setNode(set)
}

// literal returns the bytes of a tree that is nothing but bytes.
func (n *node) literal() ([]byte, bool) {
	subs := n.subs
	switch n.kind {
	case nodeSet:
		subs = []*node{n}
	case nodeConcat:
	default:
		return nil, false
	}
	text := make([]byte, 0, len(subs))
	for _, sub := range subs {
		if sub.kind != nodeSet {
			return nil, false
		}
		b, ok := sub.set.single()
		if !ok {
			return nil, false
		}
		text = append(text, b)
	}
	return text, true
}

// sets returns the sets of a tree that is a sequence of single bytes out of sets, of fixed length.
func (n *node) sets() ([]byteSet, bool) {
	switch n.kind {
	case nodeSet:
		return []byteSet{n.set}, true
	case nodeConcat:
		all := make([]byteSet, 0, len(n.subs))
		for _, sub := range n.subs {
			switch {
			case sub.kind == nodeSet:
				all = append(all, sub.set)
			case sub.kind == nodeRepeat && sub.min == sub.max && sub.subs[0].kind == nodeSet && len(all)+sub.min <= maxFixed:
				for range sub.min {
					all = append(all, sub.subs[0].set)
				}
			default:
				return nil, false
			}
		}
		return all, true
	}
	return nil, false
}

// maxFixed is how long a string of fixed length may be to be compared set by set; a longer one goes to the engine.
const maxFixed = 1 << 16

// reversed returns the tree that matches the same bytes backwards.
func (n *node) reversed() *node {
	if len(n.subs) == 0 {
		return n
	}
	r := *n
	r.subs = make([]*node, len(n.subs))
	for i, sub := range n.subs {
		if n.kind == nodeConcat {
			r.subs[len(n.subs)-1-i] = sub.reversed()
		} else {
			r.subs[i] = sub.reversed()
		}
	}
	return &r
}

// widened returns the tree in which each byte is followed by a zero byte.
func (n *node) widened() *node {
	if n.kind == nodeSet {
		return &node{kind: nodeConcat, subs: []*node{n, setNode(byteSet{1})}}
	}
	if len(n.subs) == 0 {
		return n
	}
	w := *n
	w.subs = nil
	for _, sub := range n.subs {
		s := sub.widened()
		if n.kind == nodeConcat && s.kind == nodeConcat {
			w.subs = append(w.subs, s.subs...)
		} else {
			w.subs = append(w.subs, s)
		}
	}
	return &w
}

// width returns the least and the greatest number of bytes that a tree matches; max is unbounded where there is none.
func (n *node) width() (lo, hi int) {
	switch n.kind {
	case nodeSet:
		return 1, 1
	case nodeConcat:
		for _, sub := range n.subs {
			l, h := sub.width()
			lo += l
			if hi != unbounded {
				hi += h
			}
			if h == unbounded {
				hi = unbounded
			}
		}
		return capWidth(lo), capWidth(hi)
	case nodeAlt:
		lo = int(^uint(0) >> 1)
		for _, sub := range n.subs {
			l, h := sub.width()
			lo = min(lo, l)
			if h == unbounded || hi == unbounded {
				hi = unbounded
			} else {
				hi = max(hi, h)
			}
		}
		return lo, hi
	case nodeRepeat:
		l, h := n.subs[0].width()
		lo = capWidth(l * n.min)
		switch {
		case h == 0 || n.max == 0:
			return lo, 0
		case h == unbounded || n.max == unbounded:
			return lo, unbounded
		}
		return lo, capWidth(h * n.max)
	}
	return 0, 0
}

// capWidth keeps products of nested repetitions from overflowing; no limit of this package is near it.
func capWidth(n int) int { return min(n, 1<<30) }
