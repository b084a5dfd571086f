package syntax

// Quantifiers, sets and loops.

// quantWord takes all, any or none.
func (p *parser) quantWord() Quantifier {
	q := Quantifier{Base: Base{p.tok.at}, Kind: QuantAll}
	switch p.tok.kind {
	case tokAny:
		q.Kind = QuantAny
	case tokNone:
		q.Kind = QuantNone
	}
	p.advance()
	return q
}

// of reads "of set", with "of" in hand and the quantifier read.
func (p *parser) of(q Quantifier) Expr {
	of := &Of{Base: p.node(q.At), Quant: q}
	p.advance()
	of.Set = p.set(true)
	switch {
	case p.tok.kind == tokIn && !of.Set.Rules && q.Kind != QuantPercent:
		p.advance()
		of.In = p.span()
	case p.tok.kind == tokAt && !of.Set.Rules && q.Kind != QuantPercent:
		p.advance()
		of.AtX = p.binary(levelOr)
	}
	return of
}

// set reads them, ($a, $b*) or, where rules may stand, (rule, rules*).
func (p *parser) set(rules bool) Set {
	s := Set{Base: p.node(p.tok.at)}
	if p.tok.kind == tokThem {
		s.Them = true
		p.advance()
		return s
	}
	if !p.tok.is('(') {
		p.unexpected(`"them" or a set in parentheses, such as ($a, $b*)`)
	}
	p.advance()
	s.Rules = rules && p.tok.kind == tokIdent
	for {
		p.setItem(&s)
		if !p.tok.is(',') {
			break
		}
		p.advance()
	}
	p.mark(')', "or \",\" in the set")
	return s
}

func (p *parser) setItem(s *Set) {
	item := SetItem{Base: p.node(p.tok.at)}
	switch {
	case !s.Rules && p.tok.kind == tokString:
		item.Name = p.stringName()
	case !s.Rules && p.tok.kind == tokStringAny:
		name := p.stringName()
		item.Name, item.Any = name[:len(name)-1], true
	case s.Rules && p.tok.kind == tokIdent:
		item.Name = p.text(p.tok)
		p.advance()
		if p.tok.is('*') {
			item.Any = true
			p.advance()
		}
	case s.Rules:
		p.unexpected("the name of a rule: a set is of rules or of strings")
	default:
		p.unexpected("the name of a string, such as $a or $a*")
	}
	s.Items = append(s.Items, item)
}

// loop reads "for n of set : (body)" and "for n i in iterator : (body)".
func (p *parser) loop() Expr {
	p.enter()
	defer p.leave()
	at := p.node(p.tok.at)
	p.advance()
	var q Quantifier
	switch p.tok.kind {
	case tokAll, tokAny, tokNone:
		q = p.quantWord()
	default:
		q = Quantifier{Base: Base{p.tok.at}, X: p.binary(levelOr)}
	}
	if p.tok.kind == tokOf {
		p.advance()
		f := &ForOf{Base: at, Quant: q, Set: p.set(false)}
		f.Body = p.body()
		return f
	}
	f := &ForIn{Base: at, Quant: q}
	if p.tok.kind != tokIdent {
		p.unexpected(`"of", or the name of a loop variable`)
	}
	for {
		f.Vars = append(f.Vars, Name{Base: p.node(p.tok.at), Name: p.name("the name of a loop variable")})
		p.advance()
		if !p.tok.is(',') {
			break
		}
		p.advance()
	}
	if len(f.Vars) > 2 {
		p.fail(f.Vars[2].At, "yara.for.variables", "a dictionary gives two, everything else one", "a loop has at most two variables")
	}
	if p.tok.kind != tokIn {
		p.unexpected(`"in" after the loop variable`)
	}
	p.advance()
	p.iterator(f)
	f.Body = p.body()
	return f
}

// iterator reads (x..y), (x, y, …) or an expression that gives an array or a dictionary.
func (p *parser) iterator(f *ForIn) {
	if !p.tok.is('(') {
		if p.tok.kind != tokIdent {
			p.unexpected("a range (x..y), a list (x, y) or an array")
		}
		f.X = p.identifier()
		return
	}
	open := p.node(p.tok.at)
	p.advance()
	first := p.binary(levelOr)
	if p.tok.kind == tokDotDot {
		p.advance()
		f.Range = &Range{Base: open, Lo: first, Hi: p.binary(levelOr)}
		p.mark(')', "to end the range")
		return
	}
	f.List = append(f.List, first)
	for p.tok.is(',') {
		p.advance()
		f.List = append(f.List, p.binary(levelOr))
	}
	p.mark(')', `or ",", or ".." in the list`)
}

// body reads ": ( condition )".
func (p *parser) body() Expr {
	p.mark(':', "after what the loop goes through")
	p.mark('(', "to begin the body of the loop")
	x := p.condition()
	p.mark(')', "to end the body of the loop")
	return x
}
