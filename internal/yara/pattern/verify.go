package pattern

import (
	"cmp"
	"slices"
)

// verifier turns places of atoms into matches. Places where a match may begin are gathered first, since several atoms give the same.
type verifier struct {
	st    *State
	part  *part
	limit int
	found []start
}

// start is a place where a unit may begin to match.
type start struct {
	pos  int
	unit int32
}

// candidate takes an atom; pos is that of the match where the distance is fixed.
func (v *verifier) candidate(id int32, pos int) {
	a := &v.st.set.atoms[id]
	if a.back >= 0 {
		v.found = append(v.found, start{pos, a.unit})
		return
	}
	v.st.machine.matchBack(a.prefix, v.st.data, pos, v.st.set.units[a.unit].limit, func(begin int) {
		v.found = append(v.found, start{begin, a.unit})
	})
}

// matches verifies what was gathered.
func (v *verifier) matches() []Match {
	slices.SortFunc(v.found, func(a, b start) int { return cmp.Or(cmp.Compare(a.pos, b.pos), cmp.Compare(a.unit, b.unit)) })
	v.found = slices.Compact(v.found)
	var all []Match
	for _, s := range v.found {
		if len(all) > 0 && all[len(all)-1].Offset == s.pos {
			continue // the form that is preferred has matched here
		}
		if m, ok := v.st.verify(v.part, s.unit, s.pos); ok {
			if all = append(all, m); len(all) >= v.limit {
				break
			}
		}
	}
	return all
}

// verify judges one place.
func (st *State) verify(p *part, id int32, pos int) (Match, bool) {
	u := &st.set.units[id]
	m := Match{Offset: pos}
	switch u.kind {
	case unitLiteral:
		var ok bool
		if m.Key, ok = u.literal.equal(st.data, pos); !ok {
			return m, false
		}
		m.Length = len(u.literal.text)
	case unitFixed:
		if !st.matchesAt(u, pos) {
			return m, false
		}
		m.Length = len(u.sets)
	case unitProgram:
		if m.Length = st.machine.match(u.program, st.data, pos, u.limit); m.Length < 0 {
			return m, false
		}
	}
	return m, !p.fullword || st.wordBorders(m, u.wide)
}

// wordBorders reports that there is no letter or digit beside a match. Beside a wide one a letter is one that a zero byte follows.
func (st *State) wordBorders(m Match, wide bool) bool {
	end := m.Offset + m.Length
	if wide {
		return !(m.Offset >= 2 && st.data[m.Offset-1] == 0 && alphanumeric(st.data[m.Offset-2])) &&
			!(end+1 < len(st.data) && st.data[end+1] == 0 && alphanumeric(st.data[end]))
	}
	return !(m.Offset >= 1 && alphanumeric(st.data[m.Offset-1])) && !(end < len(st.data) && alphanumeric(st.data[end]))
}

func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|caseBit && b|caseBit <= 'z'
}
