package syntax

import (
	"strings"

	"vigie/internal/diag"
)

// Operands of conditions.

func (p *parser) primary() Expr {
	t := p.tok
	switch t.kind {
	case tokNumber:
		return taken(p, &Int{Base: p.node(t.at), Value: t.value})
	case tokFloat:
		return taken(p, &Float{Base: p.node(t.at), Value: t.float})
	case tokText:
		return taken(p, &TextLit{Base: p.node(t.at), Value: t.text})
	case tokRegex:
		return taken(p, &RegexLit{Base: p.node(t.at), Body: t.text, BodyAt: t.body, I: t.i, S: t.s})
	case tokTrue, tokFalse:
		return taken(p, &Bool{Base: p.node(t.at), Value: t.kind == tokTrue})
	case tokFilesize:
		return taken(p, &Filesize{p.node(t.at)})
	case tokEntrypoint:
		return taken(p, &Entrypoint{p.node(t.at)})
	case tokReader:
		return p.reader()
	case tokString:
		return p.found()
	case tokCount:
		c := &Count{Base: p.node(t.at), Name: p.stringName()}
		if p.tok.kind == tokIn {
			p.advance()
			c.In = p.span()
		}
		return c
	case tokOffset:
		return &MatchOffset{Base: p.node(t.at), Name: p.stringName(), I: p.matchIndex()}
	case tokLength:
		return &MatchLength{Base: p.node(t.at), Name: p.stringName(), I: p.matchIndex()}
	case tokIdent:
		return p.identifier()
	case tokAll, tokAny, tokNone:
		q := p.quantWord()
		if p.tok.kind != tokOf {
			p.unexpected(`"of"`)
		}
		return p.of(q)
	case tokFor:
		return p.loop()
	case tokMark:
		if t.mark == '(' {
			p.advance()
			x := p.condition()
			p.mark(')', "to close the parenthesis")
			return x
		}
	case tokStringAny:
		p.fail(t.at, "yara.syntax", "several strings need a quantifier: any of ("+p.text(t)+")", "unexpected %s", p.show(t))
	case tokThem:
		p.fail(t.at, "yara.syntax", "write: any of them", `unexpected "them" without a quantifier`)
	}
	p.unexpected("an operand")
	return nil
}

// taken takes the token in hand and gives x.
func taken[E Expr](p *parser, x E) E {
	p.advance()
	return x
}

func (p *parser) text(t token) string { return string(p.file.src[t.at:t.end]) }

// stringName takes $a, #a, @a or !a and gives "$a".
func (p *parser) stringName() string {
	name := "$" + string(p.file.src[p.tok.at+1:p.tok.end])
	p.advance()
	return name
}

// found reads $a, "$a at x" and "$a in (x..y)".
func (p *parser) found() Expr {
	f := &Found{Base: p.node(p.tok.at), Name: p.stringName()}
	switch p.tok.kind {
	case tokAt:
		p.advance()
		f.AtX = p.binary(levelOr)
	case tokIn:
		p.advance()
		f.In = p.span()
	}
	return f
}

// matchIndex reads the [i] after @a and !a, if it is there.
func (p *parser) matchIndex() Expr {
	if !p.tok.is('[') {
		return nil
	}
	p.advance()
	x := p.binary(levelOr)
	p.mark(']', "after the number of the match")
	return x
}

// span reads (x..y).
func (p *parser) span() *Range {
	r := &Range{Base: p.node(p.tok.at)}
	p.mark('(', "to begin the range")
	r.Lo = p.binary(levelOr)
	if p.tok.kind != tokDotDot {
		p.unexpected(`".." between the ends of the range`)
	}
	p.advance()
	r.Hi = p.binary(levelOr)
	p.mark(')', "to end the range")
	return r
}

func (p *parser) reader() Expr {
	word := p.text(p.tok)
	r := &Reader{Base: p.node(p.tok.at), Signed: word[0] != 'u', BigEndian: strings.HasSuffix(word, "be")}
	switch strings.TrimSuffix(strings.TrimPrefix(word, "u"), "be") {
	case "int8":
		r.Bits = 8
	case "int16":
		r.Bits = 16
	default:
		r.Bits = 32
	}
	p.advance()
	p.mark('(', "after "+diag.Quote(word))
	r.Arg = p.binary(levelOr)
	p.mark(')', "after the offset")
	return r
}

// identifier reads a name and the fields, indexes and calls that follow it.
func (p *parser) identifier() Expr {
	var x Expr = &Name{Base: p.node(p.tok.at), Name: p.text(p.tok)}
	p.advance()
	for chain := 0; ; chain++ {
		if chain == MaxDepth {
			p.fail(p.tok.at, "yara.condition.deep", "", "more than %d fields one in the other", MaxDepth)
		}
		at := p.tok.at
		switch {
		case p.tok.is('.'):
			p.advance()
			x = &Field{Base: p.node(p.tok.at), X: x, Name: p.name("the name of a field")}
			p.advance()
		case p.tok.is('['):
			p.advance()
			x = &Index{Base: p.node(at), X: x, I: p.binary(levelOr)}
			p.mark(']', "after the index")
		case p.tok.is('('):
			p.advance()
			x = &Call{Base: p.node(at), X: x, Args: p.args()}
			p.mark(')', "after the arguments")
		default:
			return x
		}
	}
}

func (p *parser) args() []Expr {
	if p.tok.is(')') {
		return nil
	}
	args := []Expr{p.condition()}
	for p.tok.is(',') {
		p.advance()
		args = append(args, p.condition())
	}
	return args
}
