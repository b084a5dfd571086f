package pattern

// search finds the first matches of a part by going through the data for it alone.
func (st *State) search(p *part, limit int) []Match {
	var first [256]bool // the bytes with which a match can begin
	for u := p.units; u < p.units+p.n; u++ {
		st.set.units[u].addFirst(&first)
	}
	var all []Match
	for pos, b := range st.data {
		if !first[b] {
			continue
		}
		for u := p.units; u < p.units+p.n; u++ {
			if m, ok := st.verify(p, u, pos); ok {
				if all = append(all, m); len(all) >= limit {
					return all
				}
				break
			}
		}
		if st.machine.left < 0 {
			break
		}
	}
	return all
}

// addFirst adds the bytes with which a match of u can begin.
func (u *unit) addFirst(first *[256]bool) {
	l := &u.literal
	for b := range 256 {
		c := byte(b)
		switch u.kind {
		case unitLiteral:
			switch {
			case l.fold:
				c = lower(c)
			case l.xor:
				if key := c ^ l.text[0]; l.lo <= key && key <= l.hi {
					c = l.text[0]
				}
			}
			first[b] = first[b] || c == l.text[0]
		case unitFixed:
			first[b] = first[b] || u.sets[0].has(c)
		case unitProgram:
			first[b] = first[b] || u.program.empty || u.program.first.has(c)
		}
	}
}
