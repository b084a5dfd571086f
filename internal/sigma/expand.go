package sigma

// The modifier expand: %name% in a value stands for values that the user of the rules knows and their author does not, such as the accounts
// of administrators. The values come from a file of lists. A rule with a placeholder that nothing fills is refused by that name: ignored,
// it would match nothing, or everything.

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// Placeholders are the values for each name, which is compared exactly. A value may hold wildcards, as in a rule.
type Placeholders map[string][]string

const (
	// maxPlaceholderFile bounds a file of placeholders, in bytes.
	maxPlaceholderFile = 16 << 20
	// maxFilled bounds what one value of a rule becomes.
	maxFilled = maxPreds
	// maxFilledSyms bounds the characters of these values together.
	maxFilledSyms = 1 << 23
)

// ReadPlaceholders reads placeholders out of a processing pipeline as pySigma has them: a YAML map whose key vars holds a value or a list of
// values for each name. Transformations of the pipeline other than those which fill placeholders are reported, since they are not done.
//
//	vars:
//	  Administrators: [adm_*, root]
//	  JumpServers: jump01
func ReadPlaceholders(file string, text []byte) (Placeholders, diag.Problems) {
	p := parser{file: file}
	top := p.yaml(text, maxPlaceholderFile, "file")
	if top == nil {
		return nil, p.problems
	}
	out := make(Placeholders)
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch k, v := top.Content[i], top.Content[i+1]; k.Value {
		case "name", "priority", "allowed_backends":
		case "vars":
			p.vars(out, v)
		case "transformations":
			p.transformations(v)
		default:
			p.bad(k, CodeValue, diag.DidYouMean(k.Value, []string{"vars", "name", "priority", "transformations"}), "unknown key %s in a file of placeholders",
				diag.Quote(k.Value))
		}
	}
	p.problems.Sort()
	p.problems.Limit(maxProblems)
	return out, p.problems
}

func (p *parser) vars(out Placeholders, v *yaml.Node) {
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "", "vars must be a map from names to values, this is %s", kindOf(v))
		return
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, list := v.Content[i], v.Content[i+1]
		nodes := []*yaml.Node{list}
		if list.Kind == yaml.SequenceNode {
			nodes = list.Content
		}
		vals := []string{}
		for _, n := range nodes {
			if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
				p.bad(n, CodeType, "", "the values of %s must be texts, this is %s", diag.Quote(k.Value), kindOf(n))
				continue
			}
			vals = append(vals, scalarText(n))
		}
		if len(vals) == 0 {
			p.bad(list, CodeValue, "", "%s has no values", diag.Quote(k.Value))
			continue
		}
		out[k.Value] = vals
	}
}

func (p *parser) transformations(v *yaml.Node) {
	for _, t := range v.Content {
		for i := 0; i+1 < len(t.Content); i += 2 {
			if k, n := t.Content[i], t.Content[i+1]; k.Value == "type" && n.Value != "value_placeholders" {
				p.bad(n, CodeUnsupported, "give log sources and fields in a mapping file", "not supported: transformation %s", diag.Quote(n.Value))
			}
		}
	}
}

// yaml reads a document that is a map, with the rules for documents. The result is nil if there was a problem.
func (p *parser) yaml(text []byte, limit int, what string) *yaml.Node {
	top := p.node(text, limit, what)
	if top != nil && top.Kind != yaml.MappingNode {
		p.bad(top, CodeType, "", "a %s is a map of keys, this is %s", what, kindOf(top))
		return nil
	}
	return top
}

// placeholder is %name% at a place of a text.
type placeholder struct {
	name     string
	from, to int // the percent signs are at from and to-1
}

// placeholders finds the placeholders of a text. A percent sign after a backslash is plain, and so is one that nothing closes.
func placeholders(syms []rune) []placeholder {
	var list []placeholder
	open := -1
	for i, c := range syms {
		if c != '%' || i > 0 && syms[i-1] == '\\' {
			continue
		}
		if open >= 0 && i > open+1 {
			list = append(list, placeholder{string(syms[open+1 : i]), open, i + 1}) // a wildcard inside prints as U+FFFD, which names nothing
			open = -1
		} else {
			open = i
		}
	}
	return list
}

// fill gives a text with its placeholders replaced in all ways, and \% by a percent sign. read turns a value into symbols.
func (o Options) fill(syms []rune, read func(string) []rune) ([][]rune, error) {
	out := [][]rune{nil}
	at := 0
	plain := func(part []rune) {
		for i, c := range part {
			if c == '\\' && i+1 < len(part) && part[i+1] == '%' {
				continue
			}
			for j := range out {
				out[j] = append(out[j], c)
			}
		}
	}
	for _, h := range placeholders(syms) {
		plain(syms[at:h.from])
		at = h.to
		vals := o.Placeholders[h.name]
		if len(vals) == 0 {
			return nil, o.unfilled(h.name)
		}
		size := 0
		for _, v := range vals {
			size += len(v)
		}
		if n := len(out) * len(vals); n > maxFilled || len(out)*size+n*len(syms) > maxFilledSyms {
			return nil, &valueError{CodeLimit, "shorten the lists", "the placeholders make too many or too long values of this one"}
		}
		next := make([][]rune, 0, len(out)*len(vals))
		for _, o := range out {
			for _, v := range vals {
				next = append(next, append(slices.Clip(o), read(v)...))
			}
		}
		out = next
	}
	plain(syms[at:])
	return out, nil
}

func (o Options) unfilled(name string) error {
	hint := diag.DidYouMean(name, slices.Sorted(maps.Keys(o.Placeholders)))
	if hint == "" {
		hint = "give its values in a file of placeholders"
	}
	return &valueError{CodePlaceholder, hint, "nothing fills the placeholder " + diag.Quote("%"+name+"%")}
}

// expand fills the placeholders of a draft.
func (o Options) expand(d draft) ([]draft, error) {
	if d.bytes {
		return nil, fmt.Errorf("the text is already encoded, put expand first")
	}
	filled, err := o.fill(d.syms, readText)
	if err != nil {
		return nil, err
	}
	out := make([]draft, len(filled))
	for i, syms := range filled {
		out[i] = d
		out[i].syms = syms
	}
	return out, nil
}

// expandText fills the placeholders of the text of an expression or a network.
func (o Options) expandText(text string, read func(string) string) ([]string, error) {
	filled, err := o.fill([]rune(text), func(v string) []rune { return []rune(read(v)) })
	if err != nil {
		return nil, err
	}
	out := make([]string, len(filled))
	for i, syms := range filled {
		out[i] = string(syms)
	}
	return out, nil
}

// quoteWild gives the regular expression of a value with wildcards.
func quoteWild(value string) string {
	var b strings.Builder
	for _, c := range readText(value) {
		switch c {
		case symAny:
			b.WriteString(".*")
		case symOne:
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return b.String()
}
