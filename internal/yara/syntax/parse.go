package syntax

import (
	"vigie/internal/diag"
)

// The parser is recursive descent with one token in hand and one ahead. A mistake in a rule ends the rule: fail records it and panics with
// stop, which parseFile catches; no other panic is caught.

type parser struct {
	file  *File
	lex   lexer
	tok   token // the token in hand
	ahead token
	full  bool // ahead holds a token
	depth int  // nesting in the condition
	nodes int  // nodes of the condition so far

	budget int // of File.Cost

	// the rule being parsed, for File.Refused
	ruleName string
	global   bool
}

// stop is the panic of fail.
type stop struct{}

// fail records a problem and leaves the rule.
func (p *parser) fail(at Offset, code, hint, format string, args ...any) {
	if len(p.file.Problems) < keptProblems {
		p.file.Problems.Add(p.file.Pos(at), code, hint, format, args...)
	}
	panic(stop{})
}

// advance takes the next token. A token that cannot be read ends the rule.
func (p *parser) advance() {
	if p.full {
		p.tok, p.full = p.ahead, false
	} else {
		p.tok = p.lex.next()
	}
	if p.tok.kind == tokBad {
		p.fail(p.lex.problem.at, p.lex.problem.code, p.lex.problem.hint, "%s", p.lex.problem.msg)
	}
}

// look gives the token after the one in hand.
func (p *parser) look() token {
	if !p.full {
		p.ahead, p.full = p.lex.next(), true
		if p.ahead.kind == tokBad {
			p.full = false
			p.fail(p.lex.problem.at, p.lex.problem.code, p.lex.problem.hint, "%s", p.lex.problem.msg)
		}
	}
	return p.ahead
}

// show gives a token as the rule wrote it.
func (p *parser) show(t token) string {
	if t.kind == tokEnd {
		return "the end of the file"
	}
	return diag.Quote(string(p.file.src[t.at:t.end]))
}

func (p *parser) unexpected(want string) {
	p.fail(p.tok.at, "yara.syntax", "", "expected %s, found %s", want, p.show(p.tok))
}

// mark takes a mark that must stand here.
func (p *parser) mark(c byte, where string) {
	if !p.tok.is(c) {
		p.unexpected(diag.Quote(string(rune(c))) + " " + where)
	}
	p.advance()
}

func (p *parser) name(what string) string {
	if p.tok.kind != tokIdent {
		if _, word := words[string(p.file.src[p.tok.at:p.tok.end])]; word {
			p.fail(p.tok.at, "yara.syntax", "choose another name", "expected %s, found %s, which is a word of the language", what, p.show(p.tok))
		}
		p.unexpected(what)
	}
	return string(p.file.src[p.tok.at:p.tok.end])
}

func (p *parser) parseFile() {
	if !p.try(p.advance) {
		p.recover()
	}
	for p.tok.kind != tokEnd {
		p.ruleName, p.global = "", false
		if !p.try(p.statement) {
			if p.ruleName != "" || p.global {
				p.file.Refused = append(p.file.Refused, RefusedRule{Name: p.ruleName, Global: p.global})
			}
			p.recover()
		}
		if p.file.Cost > p.budget {
			last := len(p.file.Items) - 1
			at := p.tok.at
			if r := p.file.Items[last].Rule; r != nil {
				at = r.At
				p.file.Refused = append(p.file.Refused, RefusedRule{Name: r.Name, Global: r.Global})
			}
			p.file.Items = p.file.Items[:last]
			p.file.Problems.Add(p.file.Pos(at), "yara.rules.large", "compile them in parts",
				"the rules up to this one are too many or too large for one compilation; this and what follows in the file is left out")
			return
		}
	}
}

// try runs f and says whether it came to its end.
func (p *parser) try(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(stop); !is {
				panic(r)
			}
		}
	}()
	f()
	return true
}

// recover goes to the next token that begins a statement, which may be the one in hand: rule, import, include, global, or private before one of
// rule and global. The word private alone may be the modifier of a string of the bad rule. What cannot be read is skipped. Every statement takes
// its first token before it can fail, so that there is always progress.
func (p *parser) recover() {
	for {
		switch p.tok.kind {
		case tokEnd, tokRule, tokImport, tokInclude, tokGlobal:
			return
		case tokPrivate:
			if !p.full {
				p.ahead, p.full = p.lex.next(), true
			}
			if p.ahead.kind == tokRule || p.ahead.kind == tokGlobal {
				return
			}
		}
		if p.full {
			p.tok, p.full = p.ahead, false
		} else {
			p.tok = p.lex.next()
		}
	}
}
