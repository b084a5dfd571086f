package sigma

// Filters: documents that add a condition to rules which they name, so that what is normal in one's own house is said once for many rules.
// A rule with a filter matches an event when its own condition and the filter's hold; so a filter that leaves something out says
// "condition: not selection".

import (
	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// Filter is one filter document. It never changes after [ParseDocuments].
type Filter struct {
	Header
	LogSource  LogSource
	Any        bool        // it applies to every rule of its log source
	Rules      []Reference // else to these
	Conditions []string    // as written

	root *node
}

// Reference names another document by its id or its name.
type Reference struct {
	Name string
	Pos  diag.Pos
}

// maxReferences bounds the documents that a filter or a correlation names.
const maxReferences = 4096

func (p *parser) filter(top, v *yaml.Node) *Filter {
	f := new(Filter)
	source := false
	f.Header = p.header(top, func(k, v *yaml.Node) bool {
		switch k.Value {
		case "filter":
		case "logsource":
			source = true
			f.LogSource = p.logSource(v)
		default:
			return false
		}
		return true
	})
	if !source {
		p.missing(top, "filter", "logsource")
	}
	if v.Kind != yaml.MappingNode {
		p.bad(v, CodeType, "", "filter must be a map, this is %s", kindOf(v))
		return nil
	}
	rules := false
	for i := 0; i+1 < len(v.Content); i += 2 {
		if k, v := v.Content[i], v.Content[i+1]; k.Value == "rules" {
			rules = true
			if f.Any = v.Kind == yaml.ScalarNode && v.Value == "any"; !f.Any {
				f.Rules = p.references(k, v)
			}
		}
	}
	if !rules {
		p.bad(v, CodeMissing, "list the rules it is for, or write \"rules: any\" for all of its log source", "filter has no rules")
	}
	f.Conditions, f.root = p.detection(v, "rules")
	return f
}

// references reads a list of ids and names, each once.
func (p *parser) references(k, v *yaml.Node) []Reference {
	if v.Kind != yaml.SequenceNode {
		p.bad(v, CodeType, "write \"- …\" below it", "%s must be a list of ids or names of rules, this is %s", k.Value, kindOf(v))
		return nil
	}
	if len(v.Content) == 0 {
		p.bad(v, CodeValue, "", "list of %s is empty", k.Value)
	}
	if len(v.Content) > maxReferences {
		p.bad(v, CodeLimit, "", "list of %s has %d entries, limit %d", k.Value, len(v.Content), maxReferences)
		return nil
	}
	seen := make(map[string]bool, len(v.Content))
	var list []Reference
	for _, e := range v.Content {
		if e.Kind != yaml.ScalarNode || e.ShortTag() == "!!null" || e.Value == "" {
			p.bad(e, CodeType, "", "%s must be a list of ids or names of rules, this is %s", k.Value, kindOf(e))
			continue
		}
		if seen[e.Value] {
			p.bad(e, CodeValue, "name it once", "%s names %s twice", k.Value, diag.Quote(e.Value))
			continue
		}
		seen[e.Value] = true
		list = append(list, Reference{e.Value, p.at(e)})
	}
	return list
}
