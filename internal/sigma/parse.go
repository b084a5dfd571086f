package sigma

// From a condition to a tree, by recursive descent, one function per level of precedence:
//
//	or:      and { "or" and }
//	and:     not { "and" not }
//	not:     { "not" } primary
//	primary: "(" or ")" | ("1" | "any" | "all") "of" ("them" | pattern) | name
//
// Names are resolved later, by check.go. Depth is counted by hand, since the text is hostile and Go cannot recover from a full stack.

import (
	"slices"
	"strings"

	"vigie/internal/diag"
)

type condKind uint8

const (
	condName condKind = iota
	condOf
	condNot
	condAnd
	condOr
)

// cond is a node of a condition.
type cond struct {
	kind condKind
	kids []*cond
	name string // of condName, or the pattern of condOf; "them" too
	all  bool   // of condOf: "all of", else "1 of"
	at   int
}

// maxCondition bounds the tokens of a condition; the longest of SigmaHQ has about 60.
const maxCondition = 4096

// aggregations are the functions of the language before 2021. None of these words can stand before a parenthesis today.
var aggregations = []string{"count", "min", "max", "avg", "sum"}

// condError is a problem at a byte of the condition.
type condError struct {
	at              int
	code, msg, hint string
}

type condParser struct {
	toks []token
	err  *condError
}

func parseCondition(s string) (*cond, *condError) {
	p := condParser{toks: lex(s)}
	if len(p.toks) > maxCondition {
		return nil, &condError{0, CodeLimit, "condition is too long", ""}
	}
	for i, t := range p.toks {
		what := ""
		switch {
		case t.kind == tokPipe:
			what = "aggregation after a pipe"
		case t.kind == tokWord && p.toks[i+1].kind == tokOpen && slices.Contains(aggregations, strings.ToLower(t.text)):
			what = "aggregation"
		default:
			continue
		}
		return nil, &condError{t.at, CodeObsolete, "not supported: " + what + ": " + diag.Quote(s[t.at:]), "Sigma replaced it by correlation rules"}
	}
	if p.toks[0].kind == tokEnd {
		return nil, &condError{0, CodeCondition, "condition is empty", ""}
	}
	c := p.or(0)
	if p.err == nil && p.peek().kind != tokEnd {
		p.unexpected("\"and\" or \"or\"")
	}
	if p.err != nil {
		return nil, p.err
	}
	return c, nil
}

func (p *condParser) peek() token { return p.toks[0] }

func (p *condParser) next() token {
	t := p.toks[0]
	if t.kind != tokEnd {
		p.toks = p.toks[1:]
	}
	return t
}

func (p *condParser) fail(at int, code, msg, hint string) {
	if p.err == nil {
		p.err = &condError{at, code, msg, hint}
	}
}

func (p *condParser) unexpected(want string) {
	t := p.peek()
	if t.kind == tokEnd {
		p.fail(t.at, CodeCondition, "condition ends where "+want+" is expected", "")
		return
	}
	p.fail(t.at, CodeCondition, "unexpected "+diag.Quote(t.text)+" in condition where "+want+" is expected", "")
}

func (p *condParser) or(depth int) *cond  { return p.chain(depth, "or", condOr, p.and) }
func (p *condParser) and(depth int) *cond { return p.chain(depth, "and", condAnd, p.not) }

func (p *condParser) chain(depth int, word string, kind condKind, operand func(int) *cond) *cond {
	first := operand(depth)
	if p.err != nil || !p.peek().is(word) {
		return first
	}
	c := &cond{kind: kind, kids: []*cond{first}, at: first.at}
	for p.err == nil && p.peek().is(word) {
		p.next()
		c.kids = append(c.kids, operand(depth))
	}
	return c
}

func (p *condParser) not(depth int) *cond {
	at, negate := p.peek().at, false
	for p.peek().is("not") {
		p.next()
		negate = !negate
	}
	c := p.primary(depth)
	if negate {
		return &cond{kind: condNot, kids: []*cond{c}, at: at}
	}
	return c
}

func (p *condParser) primary(depth int) *cond {
	t := p.peek()
	switch {
	case t.kind == tokOpen:
		if depth >= maxDepth {
			p.fail(t.at, CodeLimit, "condition is nested too deep", "")
			return &cond{}
		}
		p.next()
		c := p.or(depth + 1)
		if p.err == nil && p.peek().kind != tokClose {
			p.unexpected("\")\"")
		}
		p.next()
		return c
	case t.kind != tokWord, t.is("and"), t.is("or"):
		p.unexpected("the name of a search identifier")
		return &cond{}
	}
	p.next()
	if !p.peek().is("of") {
		return &cond{kind: condName, name: t.text, at: t.at}
	}
	p.next()
	c := &cond{kind: condOf, at: t.at}
	switch {
	case t.text == "1", t.is("any"):
	case t.is("all"):
		c.all = true
	default:
		p.fail(t.at, CodeCondition, "unknown quantity "+diag.Quote(t.text)+" before \"of\"", "use 1, any or all")
	}
	if w := p.peek(); w.kind != tokWord || w.is("and") || w.is("or") || w.is("not") {
		p.unexpected("\"them\" or a pattern such as \"selection_*\"")
		return c
	}
	c.name = p.next().text
	return c
}
