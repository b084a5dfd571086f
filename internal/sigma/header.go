package sigma

// What a rule, a correlation or a filter says of itself: title, id, level and so on, which the three kinds of document share.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

var (
	statuses   = []string{"stable", "test", "experimental", "deprecated", "unsupported"}
	levels     = []string{"informational", "low", "medium", "high", "critical"}
	relations  = []string{"derived", "obsolete", "merged", "renamed", "similar"}
	sourceKeys = []string{"category", "product", "service", "definition"}
	dateForm   = regexp.MustCompile(`^\d{4}[-/]\d{1,2}[-/]\d{1,2}$`)
)

// header reads the keys that documents share. Each other key is given to own, which says whether the kind of document knows it; what it does
// not know is kept as custom.
func (p *parser) header(top *yaml.Node, own func(k, v *yaml.Node) bool) Header {
	h := Header{File: p.file, Pos: p.at(top)}
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch k, v := top.Content[i], top.Content[i+1]; k.Value {
		case "title":
			h.Title = p.text(k, v)
			if n := utf8.RuneCountInString(h.Title); n > maxTitle {
				p.bad(v, CodeValue, "", "title has %d characters, limit %d", n, maxTitle)
			}
		case "id":
			h.ID = p.text(k, v)
		case "name":
			h.Name = p.text(k, v)
		case "taxonomy":
			h.Taxonomy = p.text(k, v)
			if h.Taxonomy != "" && h.Taxonomy != "sigma" {
				p.bad(v, CodeUnsupported, "write it for the taxonomy \"sigma\"", "not supported: taxonomy %s", diag.Quote(h.Taxonomy))
			}
		case "status":
			h.Status = p.oneOf(k, v, statuses)
		case "level":
			h.Level = p.oneOf(k, v, levels)
		case "description":
			h.Description = p.text(k, v)
		case "license":
			h.License = p.text(k, v)
		case "author":
			h.Author = p.text(k, v)
		case "date":
			h.Date = p.date(k, v)
		case "modified":
			h.Modified = p.date(k, v)
		case "tags":
			h.Tags = p.texts(k, v)
		case "references":
			h.References = p.texts(k, v)
		case "falsepositives":
			h.FalsePositives = p.texts(k, v)
		case "fields":
			h.Fields = p.texts(k, v)
		case "scope":
			h.Scope = p.texts(k, v)
		case "related":
			h.Related = p.related(k, v)
		default:
			if !own(k, v) {
				p.custom(&h, k, v)
			}
		}
	}
	if h.Title == "" {
		p.missing(top, "rule", "title")
	}
	return h
}

func (p *parser) custom(h *Header, k, v *yaml.Node) {
	var val any
	if err := v.Decode(&val); err != nil {
		p.bad(v, CodeYAML, "", "key %s: %s", diag.Quote(k.Value), diag.Quote(err.Error()))
		return
	}
	if h.Custom == nil {
		h.Custom = make(map[string]any)
	}
	h.Custom[k.Value] = val
}

// missing reports that a map lacks a key, and points at one that looks like it.
func (p *parser) missing(in *yaml.Node, what, key string) {
	hint := ""
	for i := 0; i < len(in.Content); i += 2 {
		if k := in.Content[i]; diag.Nearest(k.Value, []string{key}) != "" {
			hint = fmt.Sprintf("is it %s in line %d?", diag.Quote(k.Value), p.line+k.Line)
			break
		}
	}
	p.bad(in, CodeMissing, hint, "%s has no %s", what, key)
}

// text reads optional text; null is no text.
func (p *parser) text(k, v *yaml.Node) string {
	if v.Kind == yaml.ScalarNode {
		switch v.ShortTag() {
		case "!!str":
			return v.Value
		case "!!null":
			return ""
		}
	}
	hint := ""
	if v.Kind == yaml.ScalarNode {
		hint = "put it in quotes"
	}
	p.bad(v, CodeType, hint, "%s must be a text, this is %s", k.Value, kindOf(v))
	return ""
}

func (p *parser) oneOf(k, v *yaml.Node, known []string) string {
	s := p.text(k, v)
	if s != "" && !slices.Contains(known, s) {
		hint := diag.DidYouMean(s, known)
		if hint == "" {
			hint = "use one of " + strings.Join(known, ", ")
		}
		p.bad(v, CodeValue, hint, "unknown %s %s", k.Value, diag.Quote(s))
	}
	return s
}

func (p *parser) date(k, v *yaml.Node) string {
	if v.Kind == yaml.ScalarNode && (dateForm.MatchString(v.Value) || v.ShortTag() == "!!null") {
		return v.Value
	}
	p.bad(v, CodeType, "", "%s must be a date written YYYY-MM-DD", k.Value)
	return ""
}

// texts reads an optional list of texts. Numbers, dates and booleans are taken as they are written.
func (p *parser) texts(k, v *yaml.Node) []string {
	if v.Kind == yaml.ScalarNode && v.ShortTag() == "!!null" {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		p.bad(v, CodeType, "write \"- …\" below it", "%s must be a list of texts, this is %s", k.Value, kindOf(v))
		return nil
	}
	var list []string
	for _, e := range v.Content {
		if e.Kind != yaml.ScalarNode || e.ShortTag() == "!!null" {
			p.bad(e, CodeType, "", "%s must be a list of texts, this is %s", k.Value, kindOf(e))
			continue
		}
		list = append(list, e.Value)
	}
	return list
}

func (p *parser) related(k, v *yaml.Node) []Related {
	if v.Kind == yaml.ScalarNode && v.ShortTag() == "!!null" {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		p.bad(v, CodeType, "", "related must be a list of maps with id and type, this is %s", kindOf(v))
		return nil
	}
	var list []Related
	for _, e := range v.Content {
		if e.Kind != yaml.MappingNode {
			p.bad(e, CodeType, "", "related must be a list of maps with id and type, this is %s", kindOf(e))
			continue
		}
		var rel Related
		for i := 0; i+1 < len(e.Content); i += 2 {
			switch k, v := e.Content[i], e.Content[i+1]; k.Value {
			case "id":
				rel.ID = p.text(k, v)
			case "type":
				rel.Type = p.oneOf(k, v, relations)
			}
		}
		list = append(list, rel)
	}
	return list
}

// logSource reads a log source. Unknown keys are allowed by the specification, but one that looks like a misspelling is reported: ignored,
// it would make the rule apply to more events than its author meant.
func (p *parser) logSource(v *yaml.Node) LogSource {
	var l LogSource
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "", "logsource must be a map, this is %s", kindOf(v))
		return l
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, v := v.Content[i], v.Content[i+1]
		switch k.Value {
		case "category":
			l.Category = p.text(k, v)
		case "product":
			l.Product = p.text(k, v)
		case "service":
			l.Service = p.text(k, v)
		case "definition":
			l.Definition = p.text(k, v)
		default:
			if hint := diag.DidYouMean(k.Value, sourceKeys); hint != "" {
				p.bad(k, CodeValue, hint, "unknown key %s in logsource", diag.Quote(k.Value))
			}
		}
	}
	if l.Category == "" && l.Product == "" && l.Service == "" && len(p.problems) == 0 {
		p.bad(v, CodeMissing, "", "logsource names no category, product or service")
	}
	return l
}
