package syntax

import (
	"slices"

	"vigie/internal/diag"
)

// Statements, and rules but for their strings and condition.

func (p *parser) statement() {
	switch p.tok.kind {
	case tokImport:
		p.advance()
		text, at := p.statementText(`the name of a module in quotes, such as import "pe"`)
		p.file.Items = append(p.file.Items, Item{Import: &Import{Module: text, At: at}})
		p.file.Cost += costStatement
	case tokInclude:
		p.advance()
		text, at := p.statementText(`the name of a file in quotes, such as include "other.yar"`)
		p.file.Items = append(p.file.Items, Item{Include: &Include{Path: text, At: at}})
		p.file.Cost += costStatement
	case tokRule, tokPrivate, tokGlobal:
		r := p.rule()
		p.file.Items = append(p.file.Items, Item{Rule: r})
		p.file.Cost += p.cost(r)
	default:
		p.unexpected(`"rule", "import" or "include"`)
	}
}

// What the parts of a rule cost, see MaxCost. A regular expression and a hexadecimal string become programs, and a text with xor or base64 many.
const (
	costStatement = 12
	costText      = 16
	costProgram   = 32
	costMeta      = 2
)

// cost is that of the rule that has just been parsed.
func (p *parser) cost(r *Rule) int {
	n := costStatement + costMeta*len(r.Meta) + len(r.Tags) + p.nodes
	for i := range r.Strings {
		if s := &r.Strings[i]; s.Kind == Text && !s.Mod.Xor && !s.Mod.Base64 && !s.Mod.Base64Wide {
			n += costText
		} else {
			n += costProgram
		}
	}
	return n
}

func (p *parser) statementText(what string) (string, Offset) {
	if p.tok.kind != tokText {
		p.unexpected(what)
	}
	text, at := string(p.tok.text), p.tok.at
	p.advance()
	return text, at
}

func (p *parser) rule() *Rule {
	r := &Rule{}
	for p.tok.kind == tokPrivate || p.tok.kind == tokGlobal {
		if p.tok.kind == tokPrivate {
			r.Private = true
		} else {
			r.Global, p.global = true, true
		}
		p.advance()
	}
	if p.tok.kind != tokRule {
		p.unexpected(`"rule"`)
	}
	p.advance()
	r.Name, r.At = p.name("the name of the rule"), p.tok.at
	p.ruleName = r.Name
	p.advance()
	if p.tok.is(':') {
		p.advance()
		p.tags(r)
	}
	p.mark('{', "to begin the rule")
	if p.tok.kind == tokMeta {
		p.section("meta")
		p.meta(r)
	}
	if p.tok.kind == tokStrings {
		p.section("strings")
		p.strings(r)
	}
	if p.tok.kind != tokCondition {
		p.wantCondition(r)
	}
	p.section("condition")
	p.depth, p.nodes = 0, 0
	r.Cond = p.condition()
	if !p.tok.is('}') {
		if n, ok := r.Cond.(*Name); ok && n.Name == "with" {
			p.fail(n.At, "yara.syntax", "write the expression in place of the name", `"with" is a statement of YARA-X, which libyara 4.5 does not have`)
		}
		p.unexpected(`an operator, or "}" to end the rule`)
	}
	if size := p.tok.at - r.At; size > MaxRule {
		p.fail(r.At, "yara.rule.size", "split it", "the rule has %d bytes, the limit is %d", size, MaxRule)
	}
	p.endRule()
	return r
}

// wantCondition says what stands where "condition:" should.
func (p *parser) wantCondition(r *Rule) {
	switch {
	case p.tok.kind == tokMeta:
		p.fail(p.tok.at, "yara.section.order", "the order is meta, strings, condition", `the section "meta" stands in the wrong place`)
	case p.tok.kind == tokStrings:
		p.fail(p.tok.at, "yara.section.order", "write one, after meta and before condition", `a second section "strings"`)
	case p.tok.is('}'):
		p.fail(p.tok.at, "yara.condition.missing", `write "condition: true" if it always matches`, "the rule has no condition")
	case len(r.Strings) > 0:
		p.unexpected(`a modifier, the next string, or "condition:"`)
	case len(r.Meta) > 0:
		p.unexpected(`the next line of meta, "strings:" or "condition:"`)
	}
	p.unexpected(`"meta:", "strings:" or "condition:"`)
}

// endRule takes the "}" that ends the rule. Whatever is wrong after it is no fault of the rule.
func (p *parser) endRule() {
	if p.full {
		p.tok, p.full = p.ahead, false
		return
	}
	p.tok = p.lex.next()
	if p.tok.kind == tokBad {
		pr := p.lex.problem
		p.file.Problems.Add(p.file.Pos(pr.at), pr.code, pr.hint, "%s", pr.msg)
		p.recover()
	}
}

func (p *parser) section(word string) {
	p.advance()
	p.mark(':', "after "+diag.Quote(word))
}

func (p *parser) tags(r *Rule) {
	for {
		tag := p.name("a tag")
		if slices.Contains(r.Tags, tag) {
			p.fail(p.tok.at, "yara.tag.twice", "write it once", "the tag %s appears twice", diag.Quote(tag))
		}
		if len(r.Tags) == maxTags {
			p.fail(p.tok.at, "yara.rule.large", "", "more than %d tags", maxTags)
		}
		r.Tags = append(r.Tags, tag)
		p.advance()
		if p.tok.kind != tokIdent {
			return
		}
	}
}

func (p *parser) meta(r *Rule) {
	for {
		m := Meta{Key: p.name("the key of a line of meta"), At: p.tok.at}
		p.advance()
		p.mark('=', "after the key")
		m.Value = p.metaValue()
		if len(r.Meta) == MaxStrings {
			p.fail(m.At, "yara.rule.large", "", "more than %d lines of meta", MaxStrings)
		}
		r.Meta = append(r.Meta, m)
		p.advance()
		if p.tok.kind != tokIdent {
			return
		}
	}
}

func (p *parser) metaValue() MetaValue {
	switch {
	case p.tok.kind == tokText:
		return MetaValue{Kind: MetaText, Text: string(p.tok.text)}
	case p.tok.kind == tokNumber:
		return MetaValue{Kind: MetaInt, Int: p.tok.value}
	case p.tok.kind == tokTrue:
		return MetaValue{Kind: MetaBool, Int: 1}
	case p.tok.kind == tokFalse:
		return MetaValue{Kind: MetaBool}
	case p.tok.is('-'):
		p.advance()
		if p.tok.kind == tokNumber {
			return MetaValue{Kind: MetaInt, Int: -p.tok.value}
		}
	}
	p.unexpected("a text in quotes, a number, true or false")
	return MetaValue{}
}
