package syntax

// Conditions: operators and their precedence, from the weakest:
//
//	or   and   not, defined   == != contains … matches   < <= > >=   |   ^   &   << >>   + -   * \ %   - ~ (signs)
//
// The same function reads what yields a truth value and what yields a number: package yara says no where the types do not fit. Chains of "and"
// and "or" become one node each, so that a long one is not deep.

// enter counts nesting; leave undoes it.
func (p *parser) enter() {
	if p.depth++; p.depth > MaxDepth {
		p.fail(p.tok.at, "yara.condition.deep", "split the rule", "the condition nests deeper than %d levels", MaxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

// node counts a node.
func (p *parser) node(at Offset) Base {
	if p.nodes++; p.nodes > MaxNodes {
		p.fail(at, "yara.condition.large", "split the rule", "the condition has more than %d nodes", MaxNodes)
	}
	return Base{at}
}

func (p *parser) condition() Expr {
	p.enter()
	defer p.leave()
	first := p.and()
	if p.tok.kind != tokOr {
		return first
	}
	or := &Or{Base: p.node(p.tok.at), Kids: []Expr{first}}
	for p.tok.kind == tokOr {
		p.advance()
		or.Kids = append(or.Kids, p.and())
	}
	return or
}

func (p *parser) and() Expr {
	first := p.not()
	if p.tok.kind != tokAnd {
		return first
	}
	and := &And{Base: p.node(p.tok.at), Kids: []Expr{first}}
	for p.tok.kind == tokAnd {
		p.advance()
		and.Kids = append(and.Kids, p.not())
	}
	return and
}

func (p *parser) not() Expr {
	op := OpNot
	switch p.tok.kind {
	case tokDefined:
		op = OpDefined
	case tokNot:
	default:
		return p.binary(0)
	}
	p.enter()
	defer p.leave()
	u := &Unary{Base: p.node(p.tok.at), Op: op}
	p.advance()
	u.X = p.not()
	return u
}

// levels are the operators between operands, weakest first.
const (
	levelEqual = iota
	levelLess
	levelOr
	levelXor
	levelAnd
	levelShift
	levelAdd
	levelMul
	levelSign
)

// operator gives the operator in hand and its level; ok is false for any other token.
func (p *parser) operator() (op Op, level int, ok bool) {
	switch p.tok.kind {
	case tokEQ:
		return OpEQ, levelEqual, true
	case tokNE:
		return OpNE, levelEqual, true
	case tokContains:
		return OpContains, levelEqual, true
	case tokIContains:
		return OpIContains, levelEqual, true
	case tokStartsWith:
		return OpStartsWith, levelEqual, true
	case tokIStartsWith:
		return OpIStartsWith, levelEqual, true
	case tokEndsWith:
		return OpEndsWith, levelEqual, true
	case tokIEndsWith:
		return OpIEndsWith, levelEqual, true
	case tokIEquals:
		return OpIEquals, levelEqual, true
	case tokMatches:
		return OpMatches, levelEqual, true
	case tokLT:
		return OpLT, levelLess, true
	case tokLE:
		return OpLE, levelLess, true
	case tokGT:
		return OpGT, levelLess, true
	case tokGE:
		return OpGE, levelLess, true
	case tokShiftLeft:
		return OpShiftLeft, levelShift, true
	case tokShiftRight:
		return OpShiftRight, levelShift, true
	case tokMark:
		switch p.tok.mark {
		case '|':
			return OpBitOr, levelOr, true
		case '^':
			return OpBitXor, levelXor, true
		case '&':
			return OpBitAnd, levelAnd, true
		case '+':
			return OpAdd, levelAdd, true
		case '-':
			return OpSub, levelAdd, true
		case '*':
			return OpMul, levelMul, true
		case '\\':
			return OpDiv, levelMul, true
		case '%':
			if p.look().kind == tokOf { // 50% of them
				return 0, 0, false
			}
			return OpMod, levelMul, true
		}
	}
	return 0, 0, false
}

// binary reads operators of a level or stronger, by precedence climbing. At the weakest level a quantifier may turn out: "n of", "n% of".
func (p *parser) binary(level int) Expr {
	p.enter()
	defer p.leave()
	x := p.sign()
	for chain := 0; ; chain++ {
		op, l, ok := p.operator()
		if !ok || l < level {
			break
		}
		if chain == MaxChain {
			p.fail(p.tok.at, "yara.condition.deep", "split the rule", "more than %d operators one after the other", MaxChain)
		}
		b := &Binary{Base: p.node(p.tok.at), Op: op, X: x}
		p.advance()
		b.Y = p.binary(l + 1)
		x = b
	}
	if level == levelEqual {
		if p.tok.kind == tokOf {
			return p.of(Quantifier{Base: Base{x.Pos()}, X: x})
		}
		if p.tok.is('%') {
			p.advance()
			return p.of(Quantifier{Base: Base{x.Pos()}, Kind: QuantPercent, X: x})
		}
	}
	return x
}

func (p *parser) sign() Expr {
	var op Op
	switch {
	case p.tok.is('-'):
		op = OpMinus
	case p.tok.is('~'):
		op = OpInvert
	default:
		return p.primary()
	}
	p.enter()
	defer p.leave()
	u := &Unary{Base: p.node(p.tok.at), Op: op}
	p.advance()
	u.X = p.sign()
	return u
}
