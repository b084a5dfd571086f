package kb

import (
	"regexp"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/inventory"
)

// ClueKind is one kind of clue to a product: an entry of clues.yml. Kinds are
// unique over all products.
type ClueKind struct {
	ID    string        `yaml:"id"`
	Title casefile.Text `yaml:"title"`
	// Rank orders kinds: smaller is more to be relied upon.
	Rank int `yaml:"rank"`
	// Precision is the best that one clue of the kind can say: Exact says what
	// runs by itself; of Update, two kinds of different components must agree for that.
	Precision inventory.Precision `yaml:"precision"`
	// Form says how the value tells the build, one of the Form… words.
	Form string `yaml:"form"`
	// Pattern is a regular expression (RE2) of the value. Its group "build" is
	// what Form reads; for form update the groups are kb, line and cu. Without a
	// pattern the whole value is read.
	Pattern string `yaml:"pattern"`
	// Lag is one of the Lag… words.
	Lag string `yaml:"lag"`
	// Component is the part of the product that the build is of; "" for kinds that tell no build.
	Component string `yaml:"component"`
	// Binary says which Windows binaries in evidence give the clue, by what their version resource says; zero for other kinds.
	Binary BinaryClue `yaml:"binary"`
	Source string     `yaml:"source"`
	Date   string     `yaml:"date"`

	re *regexp.Regexp
}

// BinaryClue tells the binaries of a product from others. Both are regular expressions (RE2).
type BinaryClue struct {
	Name    string `yaml:"name"`    // of the file name
	Product string `yaml:"product"` // of the product name in the version resource

	name, product *regexp.Regexp
}

// Is tells whether a binary of this name and product gives the clue.
func (b *BinaryClue) Is(name, product string) bool {
	return b.name.MatchString(name) && b.product.MatchString(product)
}

// Any tells whether binaries give the clue at all.
func (b *BinaryClue) Any() bool { return b.name != nil }

// Named tells whether a file has the name of such a binary.
func (b *BinaryClue) Named(name string) bool { return b.name.MatchString(name) }

// The forms in which values tell a build.
const (
	FormDotted        = "dotted"         // 15.1.2176.9, 15.01.2176.009, three parts, or two for the line
	FormDisplay       = "display"        // Version 15.1 (Build 2507.6); of a directory, 30000 is added to the build
	FormAttributes    = "attributes"     // dotted, or four numbers in attributes, in order
	FormPackedHex     = "packed-hex"     // 32 bits: kind, major, minor, flag, build
	FormPackedDecimal = "packed-decimal" // the same as a decimal number
	FormUpdate        = "update"         // number of an update
	FormName          = "name"           // no build
)

// What a build of a clue says of the build that runs.
const (
	LagNone   = "none"   // it is the one
	LagBehind = "behind" // this revision or a later one: a component that an update may leave alone
	LagKept   = "kept"   // older ones stay: the highest counts
)

var (
	clueForms  = []string{FormDotted, FormDisplay, FormAttributes, FormPackedHex, FormPackedDecimal, FormUpdate, FormName}
	lags       = []string{LagNone, LagBehind, LagKept}
	precisions = []inventory.Precision{inventory.Exact, inventory.Update, inventory.CumulativeUpdate, inventory.ProductOnly}
	clueID     = regexp.MustCompile(`^[a-z]+\.[a-z]+(-[a-z]+)*$`)
)

// Match applies the pattern of the kind: the groups that took part by name, and
// the whole value as "build" where the pattern has no such group. False when
// the value is none of this kind.
func (c *ClueKind) Match(value string) (map[string]string, bool) {
	if c.re == nil {
		return map[string]string{"build": strings.TrimSpace(value)}, true
	}
	m := c.re.FindStringSubmatch(value)
	if m == nil {
		return nil, false
	}
	out := map[string]string{}
	for i, name := range c.re.SubexpNames() {
		if name != "" && m[i] != "" {
			out[name] = m[i]
		}
	}
	return out, true
}

// ClueKind gives a kind of clue and its product.
func (k *KB) ClueKind(id string) (*Product, *ClueKind, bool) {
	for i := range k.Products {
		p := &k.Products[i]
		if j := slices.IndexFunc(p.Clues, func(c ClueKind) bool { return c.ID == id }); j >= 0 {
			return p, &p.Clues[j], true
		}
	}
	return nil, nil, false
}

// clues checks clues.yml of a product; seen are the kinds of all products so far.
func (l *linter) clues(p *Product, file string, seen map[string]bool) {
	if len(p.Clues) == 0 {
		l.add(diag.Pos{File: file}, "kb.clues", "", "no kinds of clue")
	}
	for i := range p.Clues {
		c := &p.Clues[i]
		if !clueID.MatchString(c.ID) || len(c.ID) > 64 {
			l.add(l.at(&c.ID, c), "kb.id", "write it place.thing, such as http.exporttool", "id %s of clue is not well formed", diag.Quote(c.ID))
		}
		l.twice(seen, "clue", &c.ID, c)
		l.title("title", &c.Title, c)
		if c.Rank <= 0 {
			l.add(l.at(&c.Rank, c), "kb.clue.rank", "", "rank of clue %s is not over 0", c.ID)
		}
		l.word(l.at(&c.Precision, c), "precision", string(c.Precision), plain(precisions))
		l.word(l.at(&c.Form, c), "form", c.Form, clueForms)
		l.word(l.at(&c.Lag, c), "lag", c.Lag, lags)
		if builds := c.Precision != inventory.ProductOnly; builds != (c.Component != "") {
			l.add(l.at(&c.Component, c), "kb.clue.component", "", "clue %s wants a component if it tells a build, else none", c.ID)
		}
		if c.Form == FormName && c.Precision != inventory.ProductOnly {
			l.add(l.at(&c.Precision, c), "kb.clue.precision", "want product", "clue %s tells no build", c.ID)
		}
		l.cluePattern(c)
		l.clueBinary(c)
		l.fact("clue "+c.ID, &c.Source, &c.Date, c)
	}
}

func (l *linter) cluePattern(c *ClueKind) {
	if c.Pattern == "" {
		if c.Form == FormName || c.Form == FormUpdate {
			l.add(l.at(&c.Pattern, c), "kb.missing", "", "pattern of clue %s is missing", c.ID)
		}
		return
	}
	re, err := regexp.Compile(c.Pattern)
	if err != nil {
		l.add(l.at(&c.Pattern, c), "kb.clue.pattern", "", "%v", err)
		return
	}
	c.re = re
	want := map[string]string{FormUpdate: "kb", FormName: ""}
	group, special := want[c.Form]
	if !special {
		group = "build"
	}
	if group != "" && re.SubexpIndex(group) < 0 {
		l.add(l.at(&c.Pattern, c), "kb.clue.pattern", "", "pattern of clue %s has no group %s", c.ID, group)
	}
}

func (l *linter) clueBinary(c *ClueKind) {
	b := &c.Binary
	if b.Name == "" && b.Product == "" {
		return
	}
	for _, x := range []struct {
		what, pattern string
		re            **regexp.Regexp
	}{{"name", b.Name, &b.name}, {"product", b.Product, &b.product}} {
		re, err := regexp.Compile(x.pattern)
		switch {
		case x.pattern == "":
			l.add(l.at(b, c), "kb.missing", "", "%s of the binaries of clue %s is missing", x.what, c.ID)
		case err != nil:
			l.add(l.at(b, c), "kb.clue.pattern", "", "%v", err)
		default:
			*x.re = re
		}
	}
}
