package sigma

// From a YAML document to a rule. document.go cuts files into documents, header.go reads what the three kinds of document share, check.go
// reads the detection.

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// Header is what a rule, a correlation or a filter says of itself.
type Header struct {
	ID, Name, Title, Status, Level, Description, Author, License string
	Date, Modified                                               string // as written: YYYY-MM-DD, or YYYY/MM/DD in old rules
	Taxonomy                                                     string
	Tags, References, FalsePositives, Scope                      []string
	Related                                                      []Related
	Fields                                                       []string // the fields worth showing to a reader

	// Custom holds the top-level keys that Sigma does not know, decoded as by package yaml.
	Custom map[string]any

	File string
	Pos  diag.Pos // of the document's first key
}

// Rule is one Sigma rule. It never changes after [Parse].
type Rule struct {
	Header
	LogSource  LogSource
	Conditions []string  // as written; the rule matches if one of them holds
	Filters    []*Filter // that [Link] applied to it

	root *node
}

// Related names another rule and how this one relates to it.
type Related struct{ ID, Type string }

// LogSource says which events a rule is for, or to which source an event belongs. An empty part of a rule's log source means any.
type LogSource struct{ Category, Product, Service, Definition string }

// covers says whether a rule for events of l is for events of src.
func (l LogSource) covers(src LogSource) bool {
	same := func(rule, event string) bool { return rule == "" || strings.EqualFold(rule, event) }
	return same(l.Category, src.Category) && same(l.Product, src.Product) && same(l.Service, src.Service)
}

// Documents are what files hold, in the order of the files.
type Documents struct {
	Rules        []*Rule
	Correlations []*Correlation
	Filters      []*Filter
	Refused      int // documents that gave nothing but problems
}

// Add appends the documents of another file.
func (d *Documents) Add(more Documents) {
	d.Rules = append(d.Rules, more.Rules...)
	d.Correlations = append(d.Correlations, more.Correlations...)
	d.Filters = append(d.Filters, more.Filters...)
	d.Refused += more.Refused
}

// first gives the place of the first document, if there is one.
func (d *Documents) first() (diag.Pos, bool) {
	switch {
	case len(d.Rules) > 0:
		return d.Rules[0].Pos, true
	case len(d.Correlations) > 0:
		return d.Correlations[0].Pos, true
	case len(d.Filters) > 0:
		return d.Filters[0].Pos, true
	}
	return diag.Pos{}, false
}

// Options change how documents are read. The zero value is for rules that need nothing from outside.
type Options struct {
	// Placeholders are the values that fill %name% under the modifier expand. A rule with another name is refused.
	Placeholders Placeholders
}

// Parse reads the rules of a file, which it only names. Rules and problems are in the order of the file. A document with a problem gives no
// rule, and every document that gives no rule (but for empty ones) has a problem; correlations and filters, which [ParseDocuments] reads,
// are such documents here.
func Parse(file string, text []byte) ([]*Rule, diag.Problems) {
	docs, problems := ParseDocuments(file, text, Options{})
	const hint = "load the file where correlations and filters are used"
	for _, c := range docs.Correlations {
		problems.Add(c.Pos, CodeUnsupported, hint, "a correlation is not used here")
	}
	for _, f := range docs.Filters {
		problems.Add(f.Pos, CodeUnsupported, hint, "a filter is not used here")
	}
	if len(docs.Correlations)+len(docs.Filters) > 0 {
		slices.SortStableFunc(problems, func(a, b diag.Problem) int { return a.Line - b.Line })
		problems.Limit(maxProblems)
	}
	return slices.DeleteFunc(docs.Rules, (*Rule).Hidden), problems
}

// ParseDocuments reads the rules, correlations and filters of a file, which it only names. They and the problems are in the order of the file.
// A document with a problem gives nothing, and every document that gives nothing (but for empty ones) has a problem. References between
// documents are checked by [Link].
func ParseDocuments(file string, text []byte, opt Options) (Documents, diag.Problems) {
	var (
		docs     Documents
		problems diag.Problems
	)
	global := 0 // the line of a document whose keys are meant to be merged into those after it
	for _, doc := range split(text) {
		p := parser{file: file, line: doc.line - 1, opt: opt}
		d := p.document(doc.text)
		switch p.action {
		case "global":
			global = doc.line
		case "reset":
			global = 0
		case "":
			if pos, ok := d.first(); global > 0 && (ok || len(p.problems) > 0) {
				if !ok {
					pos = p.problems[0].Pos
				}
				p.problems = nil
				p.problems.Add(pos, CodeObsolete, "write each rule in full",
					"not supported: document of a rule collection, after \"action: global\" in line %d", global)
			}
		}
		if len(p.problems) == 0 {
			docs.Add(d)
		} else {
			docs.Refused++
		}
		p.problems.Sort()
		p.problems.Limit(maxRuleProblems)
		problems = append(problems, p.problems...)
	}
	problems.Limit(maxProblems)
	return docs, problems
}

// read reads the map that a document is.
func (p *parser) read(top *yaml.Node) Documents {
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch k, v := top.Content[i], top.Content[i+1]; k.Value {
		case "correlation":
			if c := p.correlation(top, v); c != nil {
				return Documents{Correlations: []*Correlation{c}}
			}
			return Documents{}
		case "filter":
			if f := p.filter(top, v); f != nil {
				return Documents{Filters: []*Filter{f}}
			}
			return Documents{}
		case "action":
			p.action = v.Value
			p.bad(k, CodeObsolete, "write each rule in full", "not supported: rule collections (action: %s)", printName(v.Value))
			return Documents{}
		}
	}
	if r := p.rule(top); r != nil {
		docs := Documents{Rules: []*Rule{r}}
		if p.aggregation != nil && r.root != nil {
			docs.Correlations = []*Correlation{p.aggregation.correlate(p, r)}
		}
		return docs
	}
	return Documents{}
}

func (p *parser) rule(top *yaml.Node) *Rule {
	r := new(Rule)
	var source, detection *yaml.Node
	r.Header = p.header(top, func(k, v *yaml.Node) bool {
		switch k.Value {
		case "logsource":
			source = v
			r.LogSource = p.logSource(v)
		case "detection":
			detection = v
		default:
			return false
		}
		return true
	})
	if source == nil {
		p.missing(top, "rule", "logsource")
	}
	if detection == nil {
		p.missing(top, "rule", "detection")
		return nil
	}
	r.Conditions, r.root = p.detection(detection)
	return r
}
