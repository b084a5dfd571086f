package identify

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/buildno"
	"vigie/internal/inventory"
	"vigie/internal/kb"
)

// sight is what one clue says.
type sight struct {
	clue inventory.Clue
	kind *kb.ClueKind
	n    buildno.Number
	// parts says how many parts of n are told: 0, 2, 3 or 4.
	parts int
	// update is the number of the update that the clue names, rows the builds of the
	// table that came with it.
	update string
	rows   []kb.Build
}

// read applies the kind of a clue to its value. A value that its kind cannot
// read still shows the product where the kind tells a build (the header was
// there), and shows nothing where the kind is known by its text alone.
func read(p *kb.Product, kind *kb.ClueKind, clue inventory.Clue) (sight, bool) {
	s := sight{clue: clue, kind: kind}
	groups, ok := kind.Match(clue.Value)
	if !ok {
		return s, kind.Form != kb.FormName && kind.Form != kb.FormUpdate
	}
	switch kind.Form {
	case kb.FormDotted:
		s.n, s.parts = dotted(groups["build"])
	case kb.FormAttributes:
		if s.n, s.parts = dotted(groups["build"]); s.parts == 0 {
			s.n, s.parts = attributes(groups["build"])
		}
	case kb.FormDisplay:
		s.n, s.parts = display(groups["build"])
	case kb.FormPackedHex:
		s.n, s.parts = packed(groups["build"], 16)
	case kb.FormPackedDecimal:
		s.n, s.parts = packed(groups["build"], 10)
	case kb.FormUpdate:
		s.update = "KB" + strings.TrimPrefix(strings.ToUpper(groups["kb"]), "KB")
		s.rows = rows(p, s.update, groups["line"], groups["cu"])
		return s, len(s.rows) > 0
	}
	if kind.Precision == inventory.CumulativeUpdate && s.parts > 3 {
		s.n.Revision, s.parts = 0, 3
	}
	if kind.Precision == inventory.ProductOnly {
		s.n, s.parts = buildno.Number{Major: s.n.Major, Minor: s.n.Minor}, min(s.parts, 2)
	}
	if !known(p, s.n, s.parts) { // a build of another product, or nonsense
		s.n, s.parts = buildno.Number{}, 0
	}
	return s, true
}

// known tells whether a number can be of the product at all.
func known(p *kb.Product, n buildno.Number, parts int) bool {
	switch parts {
	case 2:
		return slices.ContainsFunc(p.Lines, func(l kb.ProductLine) bool { return holds(l, n) })
	case 3, 4:
		return n.Build > 0 && slices.ContainsFunc(p.Lines, func(l kb.ProductLine) bool {
			return buildno.Compare(l.From, n) <= 0 && buildno.Compare(n, l.To) < 0
		})
	}
	return false
}

// holds tells whether a line has builds that begin with the two parts of n.
func holds(l kb.ProductLine, n buildno.Number) bool {
	low := buildno.Number{Major: n.Major, Minor: n.Minor}
	high := buildno.Number{Major: n.Major, Minor: n.Minor + 1}
	return buildno.Compare(low, l.To) < 0 && buildno.Compare(l.From, high) < 0
}

// dotted reads four, three or two parts.
func dotted(s string) (buildno.Number, int) {
	s = strings.TrimSpace(s)
	if n, err := buildno.Parse(s); err == nil {
		return n, strings.Count(s, ".") + 1
	}
	if strings.Count(s, ".") == 1 {
		if n, err := buildno.Parse(s + ".0"); err == nil {
			return n, 2
		}
	}
	return buildno.Number{}, 0
}

var (
	displayForm = regexp.MustCompile(`^Version (\d{1,4})\.(\d{1,4}) \(Build (\d{1,9})\.(\d{1,9})\)$`)
	fourNumbers = regexp.MustCompile(`\b\d{1,9}\b`)
)

// directoryBase is what a directory adds to the third part: "Version 15.1 (Build 32507.6)".
const directoryBase = 30000

// display reads "Version 15.1 (Build 2507.6)".
func display(s string) (buildno.Number, int) {
	m := displayForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return dotted(s)
	}
	n, err := buildno.Parse(strings.Join(m[1:], "."))
	if err != nil {
		return buildno.Number{}, 0
	}
	if n.Build > directoryBase {
		n.Build -= directoryBase
	}
	return n, 4
}

// attributes reads the four numbers of a text in their order.
func attributes(s string) (buildno.Number, int) {
	all := fourNumbers.FindAllString(s, 5)
	if len(all) != 4 {
		return buildno.Number{}, 0
	}
	n, err := buildno.Parse(strings.Join(all, "."))
	if err != nil {
		return buildno.Number{}, 0
	}
	return n, 4
}

// packedKind is what the topmost four bits of a packed version hold.
const packedKind = 7

// packed reads 32 bits: from the top 4 bits of kind, 6 of major, 6 of minor, a
// flag, 15 of build. There is no revision.
func packed(s string, base int) (buildno.Number, int) {
	v, err := strconv.ParseUint(strings.TrimSpace(s), base, 32)
	if err != nil || v>>28 != packedKind {
		return buildno.Number{}, 0
	}
	return buildno.Number{Major: uint32(v>>22) & 0x3f, Minor: uint32(v>>16) & 0x3f, Build: uint32(v) & 0x7fff}, 3
}

// rows gives the builds of the table that came with an update: those of the
// product line and the cumulative update that its name tells, when it does.
func rows(p *kb.Product, update, line, cu string) (out []kb.Build) {
	line = strings.ReplaceAll(line, "Subscription Edition", "SE")
	for _, b := range p.Builds {
		if b.KB == update && (line == "" || strings.EqualFold(b.Product, line)) {
			out = append(out, b)
		}
	}
	if cu == "" {
		return out
	}
	exact := slices.DeleteFunc(slices.Clone(out), func(b kb.Build) bool { return b.CU != "CU"+cu })
	if len(exact) == 0 {
		return out
	}
	return exact
}
