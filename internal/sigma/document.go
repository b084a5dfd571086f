package sigma

// From a file to documents. A file is first cut into documents by its "---" lines, which YAML allows at the start of a line only as a
// separator; so a document that is not YAML costs itself and not those after it. Each document becomes a tree of YAML nodes and is checked as
// a whole for what rules may not use (aliases, anchors, tags, duplicate keys, depth) before it is read key by key. Nodes keep their
// positions. Every problem of a document is reported, and a document with a problem gives nothing.

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

const (
	// maxRule bounds the text of one document. The largest public rule, a list of the hashes of drivers, has 288 KiB; the next has 52 KiB.
	maxRule = 512 << 10
	// maxDepth bounds the nesting of YAML and of conditions. Real rules nest less than ten levels.
	maxDepth = 64
	// maxProblems bounds what is reported of one file.
	maxProblems = 1000
	// maxRuleProblems bounds what is reported of one rule.
	maxRuleProblems = 20
	// maxTitle is the specification's.
	maxTitle = 256
)

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
	opt      Options
	action   string // of a document of a rule collection
	problems diag.Problems
	preds    int // so far, for the limit

	aggregation *aggregation // behind the condition of the rule at hand, or nil
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

func (p *parser) document(text []byte) Documents {
	top := p.node(text, maxRule, "rule")
	switch {
	case top == nil:
		return Documents{}
	case top.Kind != yaml.MappingNode:
		p.bad(top, CodeType, "begin with \"title: …\"", "a rule is a map of keys, this is %s", kindOf(top))
		return Documents{}
	}
	return p.read(top)
}

// node parses a document and checks what holds for all of them. It is nil if there was a problem, and for an empty document.
func (p *parser) node(text []byte, limit int, what string) *yaml.Node {
	start := diag.Pos{File: p.file, Line: p.line + 1, Col: 1}
	if len(text) > limit {
		p.problems.Add(start, CodeLimit, "split it", "%s has %d bytes, limit %d", what, len(text), limit)
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
	return top
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
