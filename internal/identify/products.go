package identify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/inventory"
	"vigie/internal/kb"
)

// Products says which products a set of clues of one machine points to, and how
// exactly. It is the one place that does so, for what a probe saw and for what
// files show alike:
//
//   - a build seen before a newer one is history; a build that only clues
//     without time disagree on is a conflict;
//   - where the branches disagree, the lowest counts, since what is open must not
//     be called fixed: the others are kept as conflicts;
//   - within the branch, a clue that tells what runs outweighs components, which
//     may lag behind; of components the highest counts, and two different ones
//     that agree are exact; two values of one and the same component are two
//     servers behind one name, or a forgery: the lowest counts;
//   - the number of an installed update tells the revision where the branch is known.
//
// Clues of unknown kinds are left aside. The order of the clues does not matter.
func Products(clues []inventory.Clue, k *kb.KB) []inventory.Product {
	var out []inventory.Product
	for i := range k.Products {
		p := &k.Products[i]
		var sights []sight
		for _, c := range clues {
			owner, kind, ok := k.ClueKind(c.Kind)
			if !ok || owner != p {
				continue
			}
			if s, ok := read(p, kind, c); ok {
				sights = append(sights, s)
			}
		}
		if len(sights) > 0 {
			out = append(out, decide(p, sights))
		}
	}
	return out
}

// decision is one product in the making.
type decision struct {
	product  *kb.Product
	sights   []sight // by rank
	conflict map[int]bool
	history  map[int]bool // true of an earlier time
}

func decide(p *kb.Product, sights []sight) inventory.Product {
	slices.SortStableFunc(sights, func(a, b sight) int {
		return cmp.Or(cmp.Compare(a.kind.Rank, b.kind.Rank), strings.Compare(a.clue.Kind, b.clue.Kind), b.clue.Time.Compare(a.clue.Time),
			strings.Compare(a.clue.Value, b.clue.Value), strings.Compare(a.clue.Where, b.clue.Where))
	})
	d := decision{product: p, sights: sights, conflict: map[int]bool{}, history: map[int]bool{}}
	d.past()
	out := inventory.Product{ID: p.ID, Name: p.Name, Precision: inventory.ProductOnly}
	if branch, ok := d.branch(); ok {
		d.revision(branch, &out)
	} else {
		d.lineOnly(&out)
	}
	for i, s := range d.sights {
		switch {
		case d.conflict[i]:
			out.Conflicts = append(out.Conflicts, s.clue)
		case !d.history[i]:
			out.From = append(out.From, s.clue)
		}
		if s.update != "" {
			out.Updates = append(out.Updates, s.update)
		}
	}
	slices.Sort(out.Updates)
	out.Updates = slices.Compact(out.Updates)
	return out
}

// past sets aside what was true before: a build seen at a time before a newer
// build was, and of folders that stay, all but the newest.
func (d *decision) past() {
	for i, a := range d.sights {
		for j, b := range d.sights {
			if i == j || a.parts < 3 || b.parts < 3 || compareTold(a, b) >= 0 {
				continue
			}
			kept := a.kind.Lag == kb.LagKept && a.kind == b.kind
			earlier := !a.clue.Time.IsZero() && a.clue.Time.Before(b.clue.Time)
			if kept || earlier {
				d.history[i] = true
			}
		}
	}
}

// compareTold compares as many parts as both tell.
func compareTold(a, b sight) int {
	x, y := a.n, b.n
	if min(a.parts, b.parts) < 4 {
		x.Revision, y.Revision = 0, 0
	}
	return buildno.Compare(x, y)
}

func (d *decision) live(i int) bool { return !d.history[i] && !d.conflict[i] }

// branch finds the branch: the lowest of those that are told; an update alone
// tells it when it exists for one branch only.
func (d *decision) branch() (buildno.Number, bool) {
	var low buildno.Number
	for i, s := range d.sights {
		if d.live(i) && s.parts >= 3 && (low.IsZero() || buildno.Compare(s.n, low) < 0) {
			low = s.n
		}
	}
	if low.IsZero() {
		for i, s := range d.sights {
			if !d.live(i) || len(s.rows) == 0 {
				continue
			}
			for _, b := range s.rows {
				if !buildno.SameBranch(b.Number, s.rows[0].Number) {
					return low, false
				}
			}
			if low.IsZero() || buildno.Compare(s.rows[0].Number, low) > 0 { // older updates stay listed
				low = s.rows[0].Number
			}
		}
		if low.IsZero() {
			return low, false
		}
	}
	low.Revision = 0
	for i, s := range d.sights {
		if d.live(i) && s.parts >= 3 && !buildno.SameBranch(s.n, low) {
			d.conflict[i] = true
		}
	}
	return low, true
}

// told is a revision with what tells it.
type told struct {
	revision  uint32
	component string
	sure      bool
}

// revision fills in the build within its branch.
func (d *decision) revision(branch buildno.Number, out *inventory.Product) {
	var all []told
	lowest := map[string]uint32{} // by kind: one component says one thing
	for i, s := range d.sights {
		if !d.live(i) || s.parts != 4 {
			continue
		}
		if low, ok := lowest[s.clue.Kind]; !ok || s.n.Revision < low {
			lowest[s.clue.Kind] = s.n.Revision
		}
	}
	torn := false
	for i, s := range d.sights {
		switch {
		case !d.live(i):
		case s.parts == 4 && s.n.Revision > lowest[s.clue.Kind]:
			d.conflict[i], torn = true, true
		case s.parts == 4:
			all = append(all, told{s.n.Revision, s.kind.Component, s.kind.Precision == inventory.Exact})
		case s.update != "":
			for _, b := range s.rows {
				if buildno.SameBranch(b.Number, branch) {
					all = append(all, told{b.Number.Revision, s.kind.Component, false})
				}
			}
		}
	}
	for i := range d.conflict {
		torn = torn || d.conflict[i]
	}
	out.Precision = inventory.CumulativeUpdate
	if len(all) > 0 {
		branch.Revision, out.Precision = settle(all)
		d.above(branch)
		torn = torn || len(d.conflict) > 0
		if torn && out.Precision == inventory.Exact {
			out.Precision = inventory.Update
		}
	}
	d.name(branch, out)
}

// settle picks the revision: the lowest of those that say what runs, else the
// highest of components, exact when two of them agree.
func settle(all []told) (uint32, inventory.Precision) {
	best, sure := uint32(0), false
	for _, t := range all {
		if t.sure && (!sure || t.revision < best) {
			best, sure = t.revision, true
		}
	}
	if sure {
		return best, inventory.Exact
	}
	agree := map[string]bool{}
	for _, t := range all {
		if t.revision > best {
			best = t.revision
			clear(agree)
		}
		if t.revision == best {
			agree[t.component] = true
		}
	}
	if len(agree) > 1 {
		return best, inventory.Exact
	}
	return best, inventory.Update
}

// above marks clues of a newer revision than the one that was settled on: an
// update that did not take, or a second server.
func (d *decision) above(n buildno.Number) {
	for i, s := range d.sights {
		if !d.live(i) {
			continue
		}
		newer := s.parts == 4 && s.n.Revision > n.Revision
		if s.update != "" {
			mine := slices.DeleteFunc(slices.Clone(s.rows), func(b kb.Build) bool { return !buildno.SameBranch(b.Number, n) })
			newer = len(mine) > 0 && !slices.ContainsFunc(mine, func(b kb.Build) bool { return b.Number.Revision <= n.Revision })
		}
		if newer {
			d.conflict[i] = true
		}
	}
}

// name gives the build, the line and the label.
func (d *decision) name(n buildno.Number, out *inventory.Product) {
	for _, l := range d.product.Lines {
		if buildno.Compare(l.From, n) <= 0 && buildno.Compare(n, l.To) < 0 {
			out.Name = l.Name
		}
	}
	var branch []kb.Build
	for _, b := range d.product.Builds {
		if buildno.SameBranch(b.Number, n) {
			branch = append(branch, b)
		}
	}
	if out.Precision == inventory.CumulativeUpdate {
		out.Build = fmt.Sprintf("%d.%d.%d", n.Major, n.Minor, n.Build)
		switch {
		case len(branch) == 1:
			out.Label = branch[0].Label()
		case len(branch) > 1 && !slices.ContainsFunc(branch, func(b kb.Build) bool { return b.CU != branch[0].CU }):
			out.Label = branch[0].CU
		}
		return
	}
	out.Build = n.String()
	for _, b := range branch { // by number
		switch c := buildno.Compare(b.Number, n); {
		case c == 0:
			out.Label, out.Nearest = b.Label(), false
		case c < 0:
			out.Label, out.Nearest = b.Label(), true
		}
	}
	if out.Nearest && out.Precision == inventory.Exact && !d.sure() {
		out.Precision = inventory.Update
	}
}

// sure tells whether a clue that says what runs took part.
func (d *decision) sure() bool {
	return slices.ContainsFunc(d.sights, func(s sight) bool { return s.kind.Precision == inventory.Exact && s.parts == 4 })
}

// lineOnly fills in the product line when all clues leave one.
func (d *decision) lineOnly(out *inventory.Product) {
	lines := map[string]bool{}
	for i, s := range d.sights {
		if !d.live(i) {
			continue
		}
		for _, b := range s.rows {
			lines[b.Product] = true
		}
		if s.parts == 2 {
			for _, l := range d.product.Lines {
				if holds(l, s.n) {
					lines[l.Name] = true
				}
			}
		}
	}
	if len(lines) == 1 {
		for name := range lines {
			out.Name = name
		}
	}
}
