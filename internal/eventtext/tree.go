package eventtext

import "strconv"

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// span is a part of the text of a tree.
type span struct{ from, to uint32 }

// node is one value; its children follow it in the tree.
type node struct {
	name  span // of an object's member
	value span // of a scalar: its text, of a number exactly as written
	end   int32
	kind  kind
}

// tree holds the values of one document in their order. Its rooms are used again for the next one.
type tree struct {
	nodes []node
	text  []byte // decoded names and values
	flags Flag
}

func (t *tree) reset() {
	const keep = 1 << 20
	if cap(t.text) > keep {
		t.text = nil
	}
	t.nodes, t.text, t.flags = t.nodes[:0], t.text[:0], 0
}

func (t *tree) str(s span) []byte   { return t.text[s.from:s.to] }
func (t *tree) name(i int32) []byte { return t.str(t.nodes[i].name) }
func (t *tree) val(i int32) []byte  { return t.str(t.nodes[i].value) }
func (t *tree) is(i int32, k kind) bool {
	return i >= 0 && t.nodes[i].kind == k
}

// scalar reports whether node i is text, a number or a boolean.
func (t *tree) scalar(i int32) bool {
	return i >= 0 && t.nodes[i].kind != kindNull && t.nodes[i].kind < kindArray
}

// member is the first member of object i with that name, or -1.
func (t *tree) member(i int32, name string) int32 {
	if !t.is(i, kindObject) {
		return -1
	}
	for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
		if string(t.name(c)) == name {
			return c
		}
	}
	return -1
}

// put appends text and gives its place.
func (t *tree) put(s []byte) span {
	from := len(t.text)
	t.text = append(t.text, s...)
	return span{uint32(from), uint32(len(t.text))}
}

func (t *tree) puts(s string) span {
	from := len(t.text)
	t.text = append(t.text, s...)
	return span{uint32(from), uint32(len(t.text))}
}

// begin starts an object without a name; close it with t.nodes[i].end.
func (t *tree) begin() int32 {
	t.nodes = append(t.nodes, node{kind: kindObject})
	return int32(len(t.nodes) - 1)
}

// add appends a member that is text.
func (t *tree) add(name string, value span) {
	n := t.puts(name)
	t.nodes = append(t.nodes, node{name: n, value: value, kind: kindString, end: int32(len(t.nodes) + 1)})
}

// integer is the number that scalar i is, if it is a whole one of 64 bits.
func (t *tree) integer(i int32) (int64, bool) {
	if !t.scalar(i) {
		return 0, false
	}
	v, err := strconv.ParseInt(string(t.val(i)), 10, 64)
	return v, err == nil
}

// maxElement is how many bytes a name adds to a name that is made of two: Windows has none above 100. A document can have MaxValues of them, and
// without a bound the length of one would count as often.
const maxElement = 256

// join appends a name made of two.
func (t *tree) join(a []byte, between byte, c []byte) span {
	if len(a) > maxElement {
		a = a[:maxElement]
		t.flags |= FlagCut
	}
	from := len(t.text)
	t.text = append(append(t.text, a...), between)
	t.text = append(t.text, c...)
	return span{uint32(from), uint32(len(t.text))}
}
