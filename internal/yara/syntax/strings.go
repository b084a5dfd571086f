package syntax

// The strings section.

func (p *parser) strings(r *Rule) {
	if p.tok.kind != tokString {
		p.wantString()
	}
	seen := make(map[string]bool)
	for p.tok.kind == tokString {
		s := String{Name: string(p.file.src[p.tok.at:p.tok.end]), At: p.tok.at}
		if s.Name != "$" {
			if seen[s.Name] {
				p.fail(s.At, "yara.string.twice", "choose another name", "the string %s is defined twice", s.Name)
			}
			seen[s.Name] = true
		}
		if len(r.Strings) == MaxStrings {
			p.fail(s.At, "yara.rule.large", "split the rule", "more than %d strings", MaxStrings)
		}
		p.advance()
		p.string(&s)
		r.Strings = append(r.Strings, s)
	}
	if p.tok.kind == tokStringAny {
		p.wantString()
	}
}

func (p *parser) wantString() {
	if p.tok.kind == tokStringAny {
		p.fail(p.tok.at, "yara.syntax", "a name with * stands for several strings, in a condition", "expected the name of a string, found %s", p.show(p.tok))
	}
	p.unexpected("a string, such as $a = \"text\"")
}

// string reads what follows the name of a string.
func (p *parser) string(s *String) {
	if !p.tok.is('=') {
		p.unexpected(`"=" after the name of the string`)
	}
	// What follows the "=" is not cut into tokens yet: a brace begins a hexadecimal string here, and only here.
	if !p.lex.space() {
		p.tok = token{kind: tokBad}
		p.fail(p.lex.problem.at, p.lex.problem.code, p.lex.problem.hint, "%s", p.lex.problem.msg)
	}
	if p.lex.peek(0) == '{' {
		p.tok = p.lex.hexString()
		if p.tok.kind == tokBad {
			p.fail(p.lex.problem.at, p.lex.problem.code, p.lex.problem.hint, "%s", p.lex.problem.msg)
		}
		s.Kind = Hex
	} else {
		p.advance()
	}
	s.Body, s.BodyAt = p.tok.text, p.tok.body
	switch {
	case p.tok.kind == tokText && s.Kind == Hex:
	case p.tok.kind == tokText:
		if len(s.Body) == 0 {
			p.fail(p.tok.at, "yara.string.empty", "", "the string %s is empty", s.Name)
		}
	case p.tok.kind == tokRegex:
		s.Kind, s.I, s.S = Regex, p.tok.i, p.tok.s
	default:
		p.unexpected(`a text in quotes, a hexadecimal string { … } or a regular expression /…/`)
	}
	p.advance()
	p.modifiers(s)
}
