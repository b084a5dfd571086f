package sigma

// What a rule asks of a field outside every alternative, so that a caller can keep it away from events that cannot match.

import "slices"

// Requires gives the values of a field, folded, one of which every event has that the rule matches; ok is false when no such list is known. The
// values are whole texts; compare with [Fold].
func (r *Rule) Requires(field string) (values []string, ok bool) {
	return r.root.requires(field, make(map[*node]required))
}

// Fold gives a text as it is compared when case does not matter: by Unicode simple folding.
func Fold(s string) string { return string(appendFold(nil, s)) }

type required struct {
	values []string
	ok     bool
}

// maxRequired bounds a list; rules that name more events than this are as well looked at always.
const maxRequired = 1024

// requires looks at each node once, since trees share nodes.
func (n *node) requires(field string, seen map[*node]required) ([]string, bool) {
	if r, ok := seen[n]; ok {
		return r.values, r.ok
	}
	var r required
	switch n.op {
	case opPred:
		if p := n.pred; p.kind == kindText && !p.keyword && p.field == field {
			if text, whole := p.pat.literal(); whole {
				r = required{[]string{Fold(string(text))}, true}
			}
		}
	case opAnd: // the shortest list of a part is the strictest
		for _, k := range n.kids {
			if v, ok := k.requires(field, seen); ok && (!r.ok || len(v) < len(r.values)) {
				r = required{v, true}
			}
		}
	case opOr:
		r.ok = true
		for _, k := range n.kids {
			v, ok := k.requires(field, seen)
			if !ok || len(r.values)+len(v) > maxRequired {
				r = required{}
				break
			}
			for _, s := range v {
				if !slices.Contains(r.values, s) {
					r.values = append(r.values, s)
				}
			}
		}
	}
	seen[n] = r
	return r.values, r.ok
}
