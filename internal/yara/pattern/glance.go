package pattern

import "bytes"

// A string whose atoms are too short for the filter often has two bytes or more that never vary all the same: "<%", or F3 A4 in the middle of a
// hexadecimal string. Looking for those alone is many times faster than the pass for the pairs of all strings. So the first few questions about a
// file are answered by a glance, where one decides; what more is asked is left to the pass.

const (
	// maxGlances is how many looks through one file are cheaper together than the pass for the pairs.
	maxGlances = 12

	// maxTries is how many places a glance may verify before it gives up.
	maxTries = 64

	minNeedle = 2 // bytes; one alone is everywhere
)

// findNeedle gives the longest run of bytes that each match of the unit has, and its place in the match; nil when there is none of two bytes.
func (u *unit) findNeedle() (text []byte, at int) {
	switch u.kind {
	case unitLiteral:
		if !u.literal.fold && !u.literal.xor && len(u.literal.text) >= minNeedle {
			return u.literal.text, 0
		}
	case unitFixed:
		return longestRun(u.sets)
	case unitProgram:
		return u.needle, u.needleAt // of its tree
	}
	return nil, 0
}

// somewhere is the place of a needle that varies from match to match.
const somewhere = -1

// treeNeedle notes the longest run of bytes that stands in the tree of a program, outside of what may be left out: each match has it.
func (u *unit) treeNeedle(n *node) {
	if u.kind != unitProgram || n.kind != nodeConcat {
		return
	}
	sets := make([]byteSet, len(n.subs)) // an empty one ends a run
	for i, sub := range n.subs {
		if sub.kind == nodeSet {
			sets[i] = sub.set
		}
	}
	u.needle, _ = longestRun(sets)
	u.needleAt = somewhere
}

// longestRun gives the longest run of sets of one byte, and where it begins; nil when it has not two.
func longestRun(sets []byteSet) (text []byte, at int) {
	var run []byte
	for i := range sets {
		b, one := sets[i].single()
		if !one {
			run = nil
			continue
		}
		if run = append(run, b); len(run) > len(text) {
			text, at = run, i+1-len(run)
		}
	}
	if len(text) < minNeedle {
		return nil, 0
	}
	return text, at
}

// needles sets the needles of the units of a part.
func (c *setCompiler) needles(p *part) {
	for i := p.units; i < p.units+p.n; i++ {
		u := &c.set.units[i]
		if u.needle, u.needleAt = u.findNeedle(); u.needle == nil {
			return
		}
	}
	p.glance = true
}

// glances reports whether one more look through the data is worth while for a part.
func (st *State) glances(p *part) bool {
	return p.glance && st.paired != st.epoch && st.looks < maxGlances
}

// glance reports whether the part matches anywhere, or that it has not found out.
func (st *State) glance(p *part) (any, known bool) {
	tries := 0
	for id := p.units; id < p.units+p.n; id++ {
		u := &st.set.units[id]
		st.looks++
		for at := 0; ; {
			i := bytes.Index(st.data[at:], u.needle)
			if i < 0 {
				break
			}
			if u.needleAt == somewhere {
				return false, false
			}
			if pos := at + i - u.needleAt; pos >= 0 {
				if _, ok := st.verify(p, id, pos); ok {
					return true, true
				}
			}
			if tries++; tries > maxTries {
				return false, false
			}
			at += i + 1
		}
	}
	return false, true
}

// lacks reports whether a string cannot match because a needle of one of its parts is nowhere.
func (st *State) lacks(p *patternParts) bool {
parts:
	for id := p.first; id < p.first+p.n; id++ {
		part := &st.set.parts[id]
		if !st.glances(part) {
			continue
		}
		for u := part.units; u < part.units+part.n; u++ {
			st.looks++
			if bytes.Contains(st.data, st.set.units[u].needle) {
				continue parts
			}
		}
		return true
	}
	return false
}
