package sigma

// The order in which correlations are evaluated, and what is kept of each match for them: the values of the fields that a correlation groups by
// and compares, and of those that the correlations over it ask for in turn.

import (
	"slices"
)

// sort orders the correlations so that each comes after those it refers to.
func (l *linker) sort() {
	lib := l.lib
	waits := make([]int, len(lib.linked))
	for i := range lib.linked {
		for _, b := range lib.linked[i].bases {
			if b.rule == nil {
				waits[i]++
			}
		}
		if waits[i] == 0 {
			lib.order = append(lib.order, i)
		}
	}
	for n := 0; n < len(lib.order); n++ {
		for _, u := range lib.linked[lib.order[n]].users {
			if waits[u.correlation]--; waits[u.correlation] == 0 {
				lib.order = append(lib.order, u.correlation)
			}
		}
	}
}

// columns decides what is kept of each match, from the outermost correlations inwards, since these ask the inner ones for their fields.
func (l *linker) columns() {
	lib := l.lib
	for _, i := range slices.Backward(lib.order) {
		c := &lib.linked[i]
		own := append(slices.Clone(c.GroupBy), c.Fields...)
		c.need = append(own, c.need...) // group-by first, then fields; what others need may repeat them
		if len(c.need) > maxColumns {
			l.problems.Add(c.Pos, CodeLimit, "", "the correlations that refer to this one need %d of its fields, limit %d: the others count as absent",
				len(c.need)-len(own), maxColumns-len(own))
			c.need = c.need[:maxColumns]
		}
		for j := range c.bases {
			b := &c.bases[j]
			for _, name := range c.need {
				b.from = append(b.from, c.fieldOf(j, name))
			}
			if b.rule != nil {
				continue
			}
			other := &lib.linked[b.other]
			for _, f := range b.from {
				b.index = append(b.index, other.column(f))
			}
		}
	}
	// The indexes count from the wanted columns; the inner correlation's own go before them.
	for _, i := range lib.order {
		for j := range lib.linked[i].bases {
			if b := &lib.linked[i].bases[j]; b.rule == nil {
				other := lib.linked[b.other]
				for k := range b.index {
					b.index[k] += len(other.GroupBy) + len(other.Fields)
				}
			}
		}
	}
}

// column gives the index of a column that another correlation wants, before this one's own are put in front.
func (c *linked) column(name string) int {
	if i := slices.Index(c.need, name); i >= 0 {
		return i
	}
	c.need = append(c.need, name)
	return len(c.need) - 1
}

// fieldOf gives the field that a name stands for in the matches of a base: through an alias, or itself.
func (c *linked) fieldOf(base int, name string) string {
	for _, a := range c.Aliases {
		if a.Name != name {
			continue
		}
		for _, f := range a.Fields {
			if f.Rule.Name == c.Rules[base].Name {
				return f.Field
			}
		}
	}
	return name
}
