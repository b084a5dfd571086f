package sigma

// From trees to one program. Predicates and fields are numbered over all rules, so that a question that many rules ask is answered once per
// event. Lists of plain values of a field become one look-up. The parts of "and" and "or" are ordered by what they cost, since the cheap
// ones often decide; that is invisible, because predicates have no effects. Parts of a rule that are used more than once get a place where
// their result is kept.

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"vigie/internal/diag"
)

// program is what all rules compile to. It never changes but for keys.
type program struct {
	insts  []inst
	preds  []cpred
	fields []string
	names  nameTable // of fields
	slots  int32     // of Run.known: the predicates, then kept results
	autos  int32     // the expressions

	once sync.Once // makes keys, when the first part gets an index
	keys []predKey // of the predicates
}

type inst struct {
	op     op
	pred   int32
	memo   int32   // slot for the result, or -1
	kids   []int32 // cheapest first
	source []int32 // the same in the order of the rule
}

type cpred struct {
	*pred
	fid, rid int32 // the field, and the other one of fieldref
	auto     int32 // the number of the expression in Run.automata
}

type compiled struct {
	rule *Rule
	root int32
}

// minOneOf is the number of values from which a look-up is cheaper than comparing.
const minOneOf = 4

// Compile makes a set of rules. Of rules with the same id only the first is in the set; the others are reported.
func Compile(rules []*Rule) (*Set, diag.Problems) {
	var problems diag.Problems
	c := compiler{
		prog:   new(program),
		preds:  make(map[string]int32),
		fields: make(map[string]int32),
	}
	s := &Set{prog: c.prog}
	ids := make(map[string]*Rule, len(rules))
	for _, r := range rules {
		if r.ID != "" {
			id := strings.ToLower(r.ID)
			if first := ids[id]; first != nil {
				problems.Add(r.Pos, CodeDuplicate, "", "rule has the id %s of the rule at %s", diag.Quote(r.ID), first.Pos)
				continue
			}
			ids[id] = r
		}
		s.rules = append(s.rules, compiled{rule: r, root: c.rule(r.root)})
	}
	c.prog.names = newNameTable(c.prog.fields)
	// Kept results go after the predicates, whose number is known only now.
	c.prog.slots = int32(len(c.prog.preds))
	for i := range c.prog.insts {
		if in := &c.prog.insts[i]; in.memo >= 0 {
			in.memo = c.prog.slots
			c.prog.slots++
		}
	}
	return s, problems
}

type compiler struct {
	prog   *program
	preds  map[string]int32
	fields map[string]int32
	done   map[*node]int32 // of the rule at hand
	cost   []int           // of each instruction
	key    []byte          // of the predicate at hand
}

func (c *compiler) rule(root *node) int32 {
	c.done = make(map[*node]int32)
	return c.node(root)
}

func (c *compiler) node(n *node) int32 {
	if at, ok := c.done[n]; ok {
		if in := &c.prog.insts[at]; in.op != opPred {
			in.memo = 0 // used twice: keep its result
		}
		return at
	}
	in, cost := inst{op: n.op, memo: -1}, 0
	if n.op == opPred {
		in.pred = c.pred(n.pred)
		cost = predCost(n.pred)
	} else {
		kids := n.kids
		if n.op == opOr {
			kids = gather(kids)
		}
		for _, k := range kids {
			at := c.node(k)
			in.source = append(in.source, at)
			cost += c.cost[at]
		}
		in.kids = slices.Clone(in.source)
		slices.SortStableFunc(in.kids, func(a, b int32) int { return cmp.Compare(c.cost[a], c.cost[b]) })
	}
	at := int32(len(c.prog.insts))
	c.prog.insts = append(c.prog.insts, in)
	c.cost = append(c.cost, cost)
	c.done[n] = at
	return at
}

// gather replaces plain texts for one field by one look-up, if they are enough.
func gather(kids []*node) []*node {
	type group struct {
		field string
		cased bool
	}
	plain := func(n *node) bool {
		if n.op != opPred || n.pred.kind != kindText || n.pred.keyword {
			return false
		}
		_, ok := n.pred.pat.literal()
		return ok
	}
	count := make(map[group]int)
	for _, k := range kids {
		if plain(k) {
			count[group{k.pred.field, k.pred.cased}]++
		}
	}
	var out []*node
	made := make(map[group]*pred)
	for _, k := range kids {
		if !plain(k) {
			out = append(out, k)
			continue
		}
		g := group{k.pred.field, k.pred.cased}
		if count[g] < minOneOf {
			out = append(out, k)
			continue
		}
		p := made[g]
		if p == nil {
			p = &pred{kind: kindOneOf, field: g.field, cased: g.cased, set: make(map[string]struct{})}
			made[g] = p
			out = append(out, leaf(p))
		}
		text, _ := k.pred.pat.literal()
		p.set[string(text)] = struct{}{}
	}
	return out
}

// predCost ranks predicates by what they take: what is answered by a look at the field, by comparing, by searching, by a program.
func predCost(p *pred) int {
	cost := 2
	switch p.kind {
	case kindExists, kindNull, kindOneOf:
		cost = 1
	case kindRef, kindCIDR, kindCompare:
		cost = 4
	case kindRegexp:
		cost = 100
	case kindText:
		for _, s := range p.pat.segs {
			if s.mixed != nil {
				cost += 20
			}
		}
		if len(p.pat.segs) > 2 {
			cost += 4
		}
	}
	if p.keyword {
		cost *= 20
	}
	return cost
}

func (c *compiler) field(name string) int32 {
	id, ok := c.fields[name]
	if !ok {
		id = int32(len(c.prog.fields))
		c.fields[name] = id
		c.prog.fields = append(c.prog.fields, name)
	}
	return id
}

func (c *compiler) pred(p *pred) int32 {
	c.key = p.appendKey(c.key[:0])
	if i, ok := c.preds[string(c.key)]; ok {
		return i
	}
	cp := cpred{pred: p, fid: -1, rid: -1}
	if !p.keyword {
		cp.fid = c.field(p.field)
	}
	if p.kind == kindRef {
		cp.rid = c.field(p.ref)
	}
	if p.kind == kindRegexp {
		cp.auto = c.prog.autos
		c.prog.autos++
	}
	i := int32(len(c.prog.preds))
	c.preds[string(c.key)] = i
	c.prog.preds = append(c.prog.preds, cp)
	return i
}

// appendKey appends a text that only predicates with the same meaning share. Parts of variable length carry their length.
func (p *pred) appendKey(b []byte) []byte {
	b = append(b, byte(p.kind), byte(p.where))
	for _, flag := range []bool{p.keyword, p.cased, p.want} {
		if flag {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	part := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	part(p.field)
	switch p.kind {
	case kindText:
		b = p.pat.appendKey(b)
	case kindOneOf:
		texts := make([]string, 0, len(p.set))
		for s := range p.set {
			texts = append(texts, s)
		}
		slices.Sort(texts)
		for _, s := range texts {
			part(s)
		}
	case kindRegexp:
		part(p.re.src)
	case kindCIDR:
		part(p.prefix.String())
	case kindCompare:
		part(p.cmp)
		part(numberKey(p.num))
	case kindRef:
		part(p.ref)
	}
	return b
}
