package sigma

// From a detection section to a tree whose every leaf can be evaluated. Each search identifier becomes a tree of predicates (modifier.go makes
// the leaves), each condition is parsed and its names are replaced by those trees, shared where a name is used twice. What cannot be
// right is refused here, with its place: names that nothing defines, patterns that select nothing, values that a modifier cannot take.

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

type op uint8

const (
	opPred op = iota
	opAnd
	opOr
	opNot
)

// node is a node of a rule's tree. Trees share nodes and never change after Parse.
type node struct {
	op   op
	kids []*node
	pred *pred
}

const (
	// maxPreds bounds the predicates of a rule. The largest SigmaHQ rule that loads has about 1,100; and 16,384 searches of a 64 KiB value take about
	// the 100 ms that a rule may cost an event.
	maxPreds = 16384
	// maxSelected bounds what the "x of" expressions of a condition select together, counting an identifier each time.
	maxSelected = 16384
)

func leaf(p *pred) *node { return &node{op: opPred, pred: p} }

// join links nodes, leaving out the level where it says nothing.
func join(o op, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	return &node{op: o, kids: kids}
}

func negate(n *node) *node { return &node{op: opNot, kids: []*node{n}} }

// search is a search identifier. Its tree is nil if it had problems.
type search struct {
	name string
	tree *node
}

// detection reads the search identifiers and conditions of a rule or filter; the keys in not are no search identifiers. The tree is nil when there is none or it has problems.
func (p *parser) detection(v *yaml.Node, not ...string) (conditions []string, root *node) {
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "", "detection must be a map, this is %s", kindOf(v))
		return nil, nil
	}
	var (
		searches  []search
		names     []string
		condition *yaml.Node
		timeframe [2]*yaml.Node // key and value
	)
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, val := v.Content[i], v.Content[i+1]
		switch {
		case slices.Contains(not, k.Value):
			continue
		case k.Value == "condition":
			condition = val
			continue
		case k.Value == "timeframe" && val.Kind == yaml.ScalarNode:
			timeframe = [2]*yaml.Node{k, val}
			continue
		}
		searches = append(searches, search{k.Value, p.search(val)})
		names = append(names, k.Value)
	}
	if condition == nil {
		p.missing(v, "detection", "condition")
		return nil, nil
	}
	texts := []*yaml.Node{condition}
	if condition.Kind == yaml.SequenceNode {
		texts = condition.Content
		if len(texts) == 0 {
			p.bad(condition, CodeCondition, "", "list of conditions is empty")
		}
	}
	res := resolver{p: p, searches: searches, names: names, of: make(map[string]*node)}
	var kids []*node
	before := len(p.problems)
	for _, t := range texts {
		if t.Kind != yaml.ScalarNode || t.ShortTag() != "!!str" {
			p.bad(t, CodeType, "", "condition must be a text, this is %s", kindOf(t))
			continue
		}
		conditions = append(conditions, t.Value)
		text := t.Value
		if len(texts) == 1 {
			if before, a, ok := cutAggregation(text); ok {
				text, p.aggregation = before, a
				a.at = t
			}
		}
		c, err := parseCondition(text)
		if err != nil {
			p.problems.Add(p.inside(t, err.at), err.code, err.hint, "%s", err.msg)
			continue
		}
		if n := res.resolve(t, c); n != nil {
			kids = append(kids, n)
		}
	}
	if (timeframe[0] != nil || p.aggregation != nil) && len(p.problems) == before { // else the aggregation it belongs to was reported
		p.timeframe(p.aggregation, timeframe[0], timeframe[1])
	}
	if len(kids) == 0 {
		return conditions, nil
	}
	return conditions, join(opOr, kids)
}

// resolver replaces the names in conditions by the trees of search identifiers.
type resolver struct {
	p        *parser
	searches []search
	names    []string
	of       map[string]*node // by quantity and pattern, so that each is one shared node
	selected int
}

func (r *resolver) resolve(at *yaml.Node, c *cond) *node {
	bad := func(code, hint, format string, args ...any) *node {
		r.p.problems.Add(r.p.inside(at, c.at), code, hint, format, args...)
		return nil
	}
	switch c.kind {
	case condName:
		for _, s := range r.searches {
			if s.name == c.name {
				return s.tree
			}
		}
		hint := diag.DidYouMean(c.name, r.names)
		if strings.Contains(c.name, "*") || c.name == "them" {
			hint = "write \"1 of " + printName(c.name) + "\" or \"all of " + printName(c.name) + "\""
		}
		return bad(CodeCondition, hint, "condition names %s, which detection does not define", diag.Quote(c.name))
	case condOf:
		key := fmt.Sprint(c.all, c.name)
		if n, ok := r.of[key]; ok {
			return n
		}
		pat := newPattern(globSyms(c.name), true)
		var kids []*node
		found := 0
		for _, s := range r.searches {
			if strings.EqualFold(c.name, "them") {
				if strings.HasPrefix(s.name, "_") {
					continue
				}
			} else if !pat.match([]byte(s.name)) {
				continue
			}
			found++
			if s.tree != nil {
				kids = append(kids, s.tree)
			}
		}
		if r.selected += found; r.selected > maxSelected {
			return bad(CodeLimit, "", "condition selects more than %d search identifiers", maxSelected)
		}
		var n *node
		switch {
		case found == 0:
			bad(CodeCondition, diag.DidYouMean(c.name, r.names), "no search identifier matches %s", diag.Quote(c.name))
		case len(kids) < found: // one of them has problems, which are reported
		case c.all:
			n = join(opAnd, kids)
		default:
			n = join(opOr, kids)
		}
		r.of[key] = n
		return n
	}
	kids := make([]*node, 0, len(c.kids))
	for _, k := range c.kids {
		if n := r.resolve(at, k); n != nil {
			kids = append(kids, n)
		}
	}
	if len(kids) < len(c.kids) {
		return nil
	}
	switch c.kind {
	case condNot:
		return negate(kids[0])
	case condAnd:
		return join(opAnd, kids)
	}
	return join(opOr, kids)
}

// globSyms reads a pattern for names: * is any run, all else stands for itself.
func globSyms(s string) []rune {
	var syms []rune
	for _, c := range s {
		if c == '*' {
			c = symAny
		}
		syms = append(syms, c)
	}
	return syms
}

// search reads a search identifier: a map, a list of maps, a list of keywords, or one keyword. A nil result was reported.
func (p *parser) search(v *yaml.Node) *node {
	switch v.Kind {
	case yaml.MappingNode:
		return p.searchMap(v)
	case yaml.SequenceNode:
		if len(v.Content) == 0 {
			p.bad(v, CodeValue, "", "search identifier is an empty list")
			return nil
		}
		var kids []*node
		for _, e := range v.Content {
			var n *node
			switch e.Kind {
			case yaml.MappingNode:
				n = p.searchMap(e)
			case yaml.ScalarNode:
				n = p.keyword(e)
			default:
				p.bad(e, CodeType, "", "a list of maps or keywords cannot hold a list")
			}
			if n != nil {
				kids = append(kids, n)
			}
		}
		if len(kids) < len(v.Content) {
			return nil
		}
		return join(opOr, kids)
	}
	return p.keyword(v)
}

func (p *parser) searchMap(v *yaml.Node) *node {
	if len(v.Content) == 0 {
		p.bad(v, CodeValue, "", "search identifier is an empty map")
		return nil
	}
	var kids []*node
	for i := 0; i+1 < len(v.Content); i += 2 {
		if n := p.item(v.Content[i], v.Content[i+1]); n != nil {
			kids = append(kids, n)
		}
	}
	if 2*len(kids) < len(v.Content) {
		return nil
	}
	return join(opAnd, kids)
}

func (p *parser) keyword(v *yaml.Node) *node {
	it := item{p: p, keyword: true}
	return it.value(v)
}

// item reads one key of a map, "field|modifier|…", and its values.
func (p *parser) item(k, v *yaml.Node) *node {
	if k.ShortTag() == "!!null" {
		p.bad(k, CodeValue, "put it in quotes", "a field name must be a text, this is null")
		return nil
	}
	it, ok := p.newItem(k)
	if !ok {
		return nil
	}
	values := []*yaml.Node{v}
	switch v.Kind {
	case yaml.MappingNode:
		p.bad(v, CodeType, "", "the value of a field must be a text, a number or a list of these, this is a map")
		return nil
	case yaml.SequenceNode:
		values = v.Content
		if len(values) == 0 {
			p.bad(v, CodeValue, "", "list of values is empty")
			return nil
		}
	}
	for _, e := range values {
		if e.Kind != yaml.ScalarNode {
			p.bad(e, CodeType, "", "a list of values must hold texts and numbers, this is %s", kindOf(e))
			return nil
		}
		if e.ShortTag() == "!!null" && v.Kind == yaml.SequenceNode {
			p.bad(e, CodeValue, "put it into a search identifier of its own", "null cannot be in a list of values")
			return nil
		}
	}
	if it.all && len(values) < 2 {
		p.bad(k, CodeModifier, "remove \"all\"", "modifier \"all\" needs a list of at least two values")
		return nil
	}
	if it.kind == kindExists && v.Kind == yaml.SequenceNode {
		p.bad(v, CodeType, "", "modifier \"exists\" takes true or false, this is a list")
		return nil
	}
	var kids []*node
	for _, e := range values {
		if n := it.value(e); n != nil {
			kids = append(kids, n)
		}
	}
	if len(kids) < len(values) {
		return nil
	}
	n := join(opOr, kids)
	if it.all {
		n = join(opAnd, kids)
	}
	if it.neq {
		n = negate(n)
	}
	return n
}
