package sigma

// From YAML to rules. A file is first cut into documents by its "---" lines, which YAML allows at the start of a line only as a separator;
// so a document that is not YAML costs itself and not those after it. Each document becomes a tree of YAML nodes, is checked as a whole for
// what rules may not use (aliases, anchors, tags, duplicate keys, depth), and is then read key by key. Nodes keep their positions, which go
// into the rule's own trees. Every problem of a document is reported, and a document with a problem gives no rule.

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

const (
	// maxRule bounds the text of one rule. One public SigmaHQ rule, a list of the hashes of drivers, has 288 KiB and is refused; the next
	// has 52 KiB.
	maxRule = 256 << 10
	// maxDepth bounds the nesting of YAML and of conditions. Real rules nest less than ten levels.
	maxDepth = 64
	// maxProblems bounds what is reported of one file.
	maxProblems = 1000
	// maxRuleProblems bounds what is reported of one rule.
	maxRuleProblems = 20
	// maxTitle is the specification's.
	maxTitle = 256
)

// Rule is one Sigma rule. It never changes after [Parse].
type Rule struct {
	ID, Name, Title, Status, Level, Description, Author, License string
	Date, Modified                                               string // as written: YYYY-MM-DD, or YYYY/MM/DD in old rules
	Taxonomy                                                     string
	Tags, References, FalsePositives, Scope                      []string
	Related                                                      []Related
	LogSource                                                    LogSource
	Fields                                                       []string // the fields worth showing to a reader
	Conditions                                                   []string // as written; the rule matches if one of them holds

	// Custom holds the top-level keys that Sigma does not know, decoded as by package yaml.
	Custom map[string]any

	File string
	Pos  diag.Pos // of the document's first key

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

// Parse reads the rules of a file, which it only names. Rules and problems are in the order of the file. A document with a problem gives no
// rule, and every document that gives no rule (but for empty ones) has a problem.
func Parse(file string, text []byte) ([]*Rule, diag.Problems) {
	var (
		rules    []*Rule
		problems diag.Problems
	)
	for _, doc := range split(text) {
		p := parser{file: file, line: doc.line - 1}
		if r := p.document(doc.text); r != nil && len(p.problems) == 0 {
			rules = append(rules, r)
		}
		p.problems.Sort()
		p.problems.Limit(maxRuleProblems)
		problems = append(problems, p.problems...)
	}
	problems.Limit(maxProblems)
	return rules, problems
}

type document struct {
	line int // of its first line
	text []byte
}

// split cuts a file into its documents. Each keeps its "---" line, so that lines count right and "--- # comment" stays what it is.
func split(text []byte) []document {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var docs []document
	cur := document{line: 1}
	start, line := 0, 1
	for at := 0; at < len(text); line++ {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		l := text[at:end]
		if bytes.HasPrefix(l, []byte("---")) && (len(l) == 3 || strings.IndexByte(" \t\r\n", l[3]) >= 0) && at > start {
			cur.text = text[start:at]
			docs = append(docs, cur)
			cur, start = document{line: line}, at
		}
		at = end
	}
	cur.text = text[start:]
	return append(docs, cur)
}

// parser reads one document.
type parser struct {
	file     string
	line     int // lines before the document
	problems diag.Problems
	preds    int // so far, for the limit
}

func (p *parser) at(n *yaml.Node) diag.Pos {
	return diag.Pos{File: p.file, Line: p.line + n.Line, Col: n.Column}
}

// inside gives the position of a byte of a scalar's value; of a folded or escaped scalar only its beginning is known.
func (p *parser) inside(n *yaml.Node, offset int) diag.Pos {
	pos := p.at(n)
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.ContainsAny(n.Value, "\n'\"") {
		return pos
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		pos.Col++
	}
	pos.Col += utf8.RuneCountInString(n.Value[:min(offset, len(n.Value))])
	return pos
}

func (p *parser) bad(n *yaml.Node, code, hint, format string, args ...any) {
	p.problems.Add(p.at(n), code, hint, format, args...)
}

func (p *parser) document(text []byte) *Rule {
	start := diag.Pos{File: p.file, Line: p.line + 1, Col: 1}
	if len(text) > maxRule {
		p.problems.Add(start, CodeLimit, "split it", "rule has %d bytes, limit %d", len(text), maxRule)
		return nil
	}
	if at := firstInvalid(text); at >= 0 {
		start.Line += bytes.Count(text[:at], []byte("\n"))
		p.problems.Add(start, CodeYAML, "save the file as UTF-8", "text is not UTF-8: byte 0x%02x", text[at])
		return nil
	}
	var doc yaml.Node
	if err := decode(text, &doc); err != nil {
		line, msg := yamlError(err)
		start.Line, start.Col = p.line+max(line, 1), 0
		p.problems.Add(start, CodeYAML, "", "not valid YAML: %s", diag.Quote(msg))
		return nil
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return nil // only comments
	}
	top := doc.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" && top.Value == "" {
		return nil // an empty document, as before a first "---"
	}
	if !p.allowed(&doc, 0) {
		return nil
	}
	if top.Kind != yaml.MappingNode {
		p.bad(top, CodeType, "begin with \"title: …\"", "a rule is a map of keys, this is %s", kindOf(top))
		return nil
	}
	return p.rule(top)
}

// decode parses one document. The YAML package reports its errors by values, but is too large to vouch for: were it to panic, one rule
// would be lost and not the process.
func decode(text []byte, doc *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: panic: %v", r)
		}
	}()
	return yaml.Unmarshal(text, doc)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func yamlError(err error) (line int, msg string) {
	msg = err.Error()
	if te := (*yaml.TypeError)(nil); errors.As(err, &te) && len(te.Errors) > 0 {
		msg = "yaml: " + te.Errors[0]
	}
	m := yamlLine.FindStringSubmatch(msg)
	if m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = msg[len(m[0]):]
	}
	return line, msg
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// plainTags are the types a value gets by its looks. Others can only come from a tag.
var plainTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!map", "!!seq"}

// allowed reports YAML that rules may not use, and says whether the document may be read at all.
func (p *parser) allowed(n *yaml.Node, depth int) bool {
	if depth > maxDepth {
		p.bad(n, CodeLimit, "", "nested deeper than %d levels", maxDepth)
		return false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		p.bad(n, CodeYAML, "repeat the value", "aliases are not allowed in rules: *%s", printName(n.Value))
		return false
	case n.Anchor != "":
		p.bad(n, CodeYAML, "repeat the value where it is needed", "anchors are not allowed in rules: &%s", printName(n.Anchor))
		return false
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!merge":
		p.bad(n, CodeYAML, "write the keys out", "merge keys are not allowed in rules")
		return false
	case n.Kind != yaml.DocumentNode && (n.Style&yaml.TaggedStyle != 0 || !slices.Contains(plainTags, n.ShortTag())):
		p.bad(n, CodeYAML, "quote the value", "tags are not allowed in rules: %s", printName(n.Tag))
		return false
	}
	ok := true
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]*yaml.Node, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				p.bad(k, CodeType, "", "a key must be text, this is %s", kindOf(k))
				return false
			}
			if first := seen[k.Value]; first != nil {
				hint := ""
				if depth > 2 {
					hint = "put the values in one list or the second map in a list of maps"
				}
				p.bad(k, CodeYAML, hint, "key %s is already in line %d", diag.Quote(k.Value), p.line+first.Line)
				ok = false
			}
			seen[k.Value] = k
		}
	}
	for _, c := range n.Content {
		if !p.allowed(c, depth+1) {
			return false
		}
	}
	return ok
}

func printName(s string) string {
	q := diag.Quote(s)
	return strings.Trim(q, `"`)
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "a boolean"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	}
	return "a text"
}

var (
	statuses   = []string{"stable", "test", "experimental", "deprecated", "unsupported"}
	levels     = []string{"informational", "low", "medium", "high", "critical"}
	relations  = []string{"derived", "obsolete", "merged", "renamed", "similar"}
	sourceKeys = []string{"category", "product", "service", "definition"}
	dateForm   = regexp.MustCompile(`^\d{4}[-/]\d{1,2}[-/]\d{1,2}$`)
)

func (p *parser) rule(top *yaml.Node) *Rule {
	r := &Rule{File: p.file, Pos: p.at(top)}
	var source, detection *yaml.Node
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch k, v := top.Content[i], top.Content[i+1]; k.Value {
		case "correlation":
			p.bad(k, CodeUnsupported, "", "not supported yet: correlation")
			return nil
		case "filter":
			p.bad(k, CodeUnsupported, "", "not supported yet: filter")
			return nil
		case "action":
			p.bad(k, CodeObsolete, "write each rule in full", "not supported: rule collections (action: %s)", printName(v.Value))
			return nil
		case "title":
			r.Title = p.text(k, v)
			if n := utf8.RuneCountInString(r.Title); n > maxTitle {
				p.bad(v, CodeValue, "", "title has %d characters, limit %d", n, maxTitle)
			}
		case "id":
			r.ID = p.text(k, v)
		case "name":
			r.Name = p.text(k, v)
		case "taxonomy":
			r.Taxonomy = p.text(k, v)
			if r.Taxonomy != "" && r.Taxonomy != "sigma" {
				p.bad(v, CodeUnsupported, "write it for the taxonomy \"sigma\"", "not supported: taxonomy %s", diag.Quote(r.Taxonomy))
			}
		case "status":
			r.Status = p.oneOf(k, v, statuses)
		case "level":
			r.Level = p.oneOf(k, v, levels)
		case "description":
			r.Description = p.text(k, v)
		case "license":
			r.License = p.text(k, v)
		case "author":
			r.Author = p.text(k, v)
		case "date":
			r.Date = p.date(k, v)
		case "modified":
			r.Modified = p.date(k, v)
		case "tags":
			r.Tags = p.texts(k, v)
		case "references":
			r.References = p.texts(k, v)
		case "falsepositives":
			r.FalsePositives = p.texts(k, v)
		case "fields":
			r.Fields = p.texts(k, v)
		case "scope":
			r.Scope = p.texts(k, v)
		case "related":
			r.Related = p.related(k, v)
		case "logsource":
			source = v
			r.LogSource = p.logSource(v)
		case "detection":
			detection = v
		default:
			var val any
			if err := v.Decode(&val); err != nil {
				p.bad(v, CodeYAML, "", "key %s: %s", diag.Quote(k.Value), diag.Quote(err.Error()))
				continue
			}
			if r.Custom == nil {
				r.Custom = make(map[string]any)
			}
			r.Custom[k.Value] = val
		}
	}
	missing := func(key string) {
		hint := ""
		for i := 0; i < len(top.Content); i += 2 {
			if diag.Nearest(top.Content[i].Value, []string{key}) != "" {
				hint = fmt.Sprintf("is it %s in line %d?", diag.Quote(top.Content[i].Value), p.line+top.Content[i].Line)
				break
			}
		}
		p.bad(top, CodeMissing, hint, "rule has no %s", key)
	}
	if r.Title == "" {
		missing("title")
	}
	if source == nil {
		missing("logsource")
	}
	if detection == nil {
		missing("detection")
		return nil
	}
	r.root = p.detection(r, detection)
	return r
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

// scalarText gives the text that stands for a scalar in comparisons: text and dates as written, booleans as true and false, numbers by value.
func scalarText(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!bool":
		return strings.ToLower(n.Value)
	case "!!int":
		if i, ok := new(big.Int).SetString(yamlInt(n.Value), 0); ok {
			return i.String()
		}
	case "!!float": // also integers of more than 64 bits
		if i, ok := new(big.Int).SetString(yamlInt(n.Value), 10); ok {
			return i.String()
		}
		if f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && f-f == 0 {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	return n.Value
}

// yamlInt writes a YAML integer so that big.Int reads it: without separators and plus sign. A leading 0 is octal for both.
func yamlInt(s string) string {
	return strings.TrimPrefix(strings.ReplaceAll(s, "_", ""), "+")
}
