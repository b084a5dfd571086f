package logsource

// Reading mapping files. YAML is read strictly: an unknown key, a key twice, an alias, a value of the wrong type is reported with its place. A
// mapping with a problem is left out, the others serve.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
	"vigie/internal/sigma"
)

const (
	// maxFile bounds a mapping file in bytes, maxDepth its nesting, maxProblems what is reported of it.
	maxFile     = 4 << 20
	maxDepth    = 16
	maxProblems = 200
)

// Problem codes.
const (
	CodeYAML    = "logsource.yaml"    // not YAML, or YAML that may not be used
	CodeKey     = "logsource.key"     // an unknown key, or one that is missing
	CodeValue   = "logsource.value"   // a value that the place does not allow
	CodeTwice   = "logsource.twice"   // a log source twice in one file
	CodeLimit   = "logsource.limit"   // too large, too deep
	CodeUnknown = "logsource.unknown" // a rule whose log source no mapping covers
)

// Folder is where the mappings are in the knowledge.
const Folder = "logsources"

// Load reads the mappings of a knowledge folder, in the order of their file names.
func Load(fsys fs.FS) ([]*Mapping, diag.Problems, error) {
	files, err := fs.Glob(fsys, Folder+"/*.yml")
	if err != nil {
		return nil, nil, err
	}
	var all []*Mapping
	var problems diag.Problems
	for _, f := range files {
		text, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, nil, fmt.Errorf("read log sources: %w", err)
		}
		ms, ps := Read(path.Clean(f), text)
		all, problems = append(all, ms...), append(problems, ps...)
	}
	return all, problems, nil
}

// Merge adds the mappings of a user to others. A mapping of the user takes the place of the one with the same log source, unless it says
// "extend: true": then its events are added.
func Merge(base, user []*Mapping) []*Mapping {
	out := slices.Clone(base)
	for _, m := range user {
		i := slices.IndexFunc(out, func(o *Mapping) bool { return sameSource(o.LogSource, m.LogSource) })
		switch {
		case i < 0:
			out = append(out, m)
		case m.extend:
			sum := *out[i]
			sum.Events = append(slices.Clip(sum.Events), m.Events...)
			sum.Uncovered = ""
			out[i] = &sum
		default:
			out[i] = m
		}
	}
	return out
}

func sameSource(a, b sigma.LogSource) bool {
	return strings.EqualFold(a.Category, b.Category) && strings.EqualFold(a.Product, b.Product) && strings.EqualFold(a.Service, b.Service)
}

// Read reads a mapping file: a list of mappings.
func Read(file string, text []byte) ([]*Mapping, diag.Problems) {
	r := reader{file: file}
	top := r.parse(text)
	if top == nil {
		return nil, r.problems
	}
	if top.Kind != yaml.SequenceNode {
		r.bad(top, CodeValue, "begin each mapping with \"- logsource:\"", "a mapping file is a list of mappings")
		return nil, r.problems
	}
	var list []*Mapping
	for _, n := range top.Content {
		before := len(r.problems)
		m := r.mapping(n)
		if i := slices.IndexFunc(list, func(o *Mapping) bool { return sameSource(o.LogSource, m.LogSource) }); i >= 0 {
			r.bad(n, CodeTwice, "put its events there", "the same log source is in line %d", list[i].Pos.Line)
		}
		if len(r.problems) == before {
			list = append(list, m)
		}
	}
	r.problems.Sort()
	r.problems.Limit(maxProblems)
	return list, r.problems
}

type reader struct {
	file     string
	problems diag.Problems
}

func (r *reader) at(n *yaml.Node) diag.Pos {
	return diag.Pos{File: r.file, Line: n.Line, Col: n.Column}
}

func (r *reader) bad(n *yaml.Node, code, hint, format string, args ...any) {
	r.problems.Add(r.at(n), code, hint, format, args...)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func (r *reader) parse(text []byte) *yaml.Node {
	if len(text) > maxFile {
		r.problems.Add(diag.Pos{File: r.file}, CodeLimit, "", "file has %d bytes, limit %d", len(text), maxFile)
		return nil
	}
	var doc, more yaml.Node
	err := decode(text, &doc, &more)
	switch {
	case err != nil:
		msg := err.Error()
		m := yamlLine.FindStringSubmatch(msg)
		pos := diag.Pos{File: r.file}
		if m != nil {
			pos.Line, _ = strconv.Atoi(m[1])
			msg = msg[len(m[0]):]
		}
		r.problems.Add(pos, CodeYAML, "", "not valid YAML: %s", diag.Quote(msg))
		return nil
	case len(more.Content) > 0:
		r.bad(more.Content[0], CodeYAML, "put all mappings into one list", "a second YAML document")
		return nil
	case len(doc.Content) == 0:
		r.problems.Add(diag.Pos{File: r.file}, CodeYAML, "", "file holds no YAML")
		return nil
	}
	if !r.allowed(&doc, 0) {
		return nil
	}
	return doc.Content[0]
}

// decode parses up to two documents. Were the YAML package to panic, one file would be lost and not the process.
func decode(text []byte, doc, more *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: panic: %v", p)
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(doc); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := d.Decode(more); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (r *reader) allowed(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		r.bad(n, CodeLimit, "", "nested deeper than %d levels", maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.bad(n, CodeYAML, "repeat the value", "aliases and anchors are not allowed")
		return false
	case n.Kind != yaml.DocumentNode && n.Style&yaml.TaggedStyle != 0:
		r.bad(n, CodeYAML, "quote the value", "tags are not allowed")
		return false
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]bool)
		for i := 0; i < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" {
				r.bad(k, CodeYAML, "", "a key must be a text")
				return false
			}
			if seen[k.Value] {
				r.bad(k, CodeYAML, "", "key %s stands twice", diag.Quote(k.Value))
				return false
			}
			seen[k.Value] = true
		}
	}
	for _, c := range n.Content {
		if !r.allowed(c, depth+1) {
			return false
		}
	}
	return true
}

// keys calls the function of each key of a map.
func (r *reader) keys(n *yaml.Node, what string, known map[string]func(v *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.bad(n, CodeValue, "", "%s must be a map", what)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		f := known[k.Value]
		if f == nil {
			var names []string
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			r.bad(k, CodeKey, diag.DidYouMean(k.Value, names), "%s has no key %s", what, diag.Quote(k.Value))
			continue
		}
		f(v)
	}
}

func (r *reader) text(dst *string) func(*yaml.Node) {
	return func(v *yaml.Node) {
		if v.Kind != yaml.ScalarNode || v.ShortTag() == "!!null" || v.Value == "" {
			r.bad(v, CodeValue, "", "this must be a text")
			return
		}
		*dst = v.Value
	}
}

// texts reads one text or number, or a list of them.
func (r *reader) texts(dst *[]string) func(*yaml.Node) {
	return func(v *yaml.Node) {
		nodes := []*yaml.Node{v}
		if v.Kind == yaml.SequenceNode {
			nodes = v.Content
		}
		if len(nodes) == 0 {
			r.bad(v, CodeValue, "", "this list is empty")
		}
		for _, n := range nodes {
			var s string
			r.text(&s)(n)
			*dst = append(*dst, s)
		}
	}
}

func (r *reader) yes(dst *bool) func(*yaml.Node) {
	return func(v *yaml.Node) {
		*dst = v.Value == "true"
		if v.Kind != yaml.ScalarNode || v.Value != "true" && v.Value != "false" {
			r.bad(v, CodeValue, "", "this is true or false")
		}
	}
}

var dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

func (r *reader) mapping(n *yaml.Node) *Mapping {
	m := &Mapping{Pos: r.at(n)}
	r.keys(n, "a mapping", map[string]func(*yaml.Node){
		"logsource": func(v *yaml.Node) {
			r.keys(v, "a log source", map[string]func(*yaml.Node){
				"category": r.text(&m.LogSource.Category), "product": r.text(&m.LogSource.Product), "service": r.text(&m.LogSource.Service)})
		},
		"events":    func(v *yaml.Node) { m.Events = r.selections(v) },
		"uncovered": r.text(&m.Uncovered),
		"source":    r.text(&m.Source),
		"date": func(v *yaml.Node) {
			r.text(&m.Date)(v)
			if !dateForm.MatchString(m.Date) {
				r.bad(v, CodeValue, "", "a date is written YYYY-MM-DD")
			}
		},
		"extend": r.yes(&m.extend),
	})
	if m.LogSource == (sigma.LogSource{}) {
		r.bad(n, CodeKey, "add logsource: with category, product or service", "mapping names no log source")
	}
	if (len(m.Events) > 0) == (m.Uncovered != "") {
		r.bad(n, CodeKey, "", "mapping needs either events or the reason why it is uncovered")
	}
	return m
}

func (r *reader) selections(v *yaml.Node) []*Selection {
	if v.Kind != yaml.SequenceNode {
		r.bad(v, CodeValue, "write \"- channel: …\" below it", "events must be a list")
		return nil
	}
	var list []*Selection
	for _, n := range v.Content {
		s := new(Selection)
		r.keys(n, "a selection of events", map[string]func(*yaml.Node){
			"kind": r.texts(&s.Kinds), "channel": r.texts(&s.Channels), "provider": r.texts(&s.Providers), "id": r.texts(&s.IDs),
			"blanks": r.yes(&s.Blanks),
			"where":  func(v *yaml.Node) { s.Where = r.conditions(v) }, "fields": func(v *yaml.Node) { s.Fields = r.fields(v) },
		})
		if len(s.Kinds) > 0 && len(s.Channels)+len(s.Providers)+len(s.IDs) > 0 {
			r.bad(n, CodeValue, "", "kind is for text logs, channel, provider and id are for Windows events")
		}
		for _, id := range s.IDs {
			if _, err := strconv.ParseUint(id, 10, 32); err != nil {
				r.bad(n, CodeValue, "", "event id %s is no number", diag.Quote(id))
			}
		}
		list = append(list, s)
	}
	return list
}

func (r *reader) conditions(v *yaml.Node) []Condition {
	var list []Condition
	if v.Kind != yaml.MappingNode {
		r.bad(v, CodeValue, "", "conditions must be a map from fields to values")
		return nil
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		c := Condition{Field: v.Content[i].Value}
		r.texts(&c.Values)(v.Content[i+1])
		list = append(list, c)
	}
	return list
}

func (r *reader) fields(v *yaml.Node) []*Field {
	if v.Kind != yaml.MappingNode {
		r.bad(v, CodeValue, "", "fields must be a map from the names that rules use to the fields of the event")
		return nil
	}
	var list []*Field
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, n := v.Content[i], v.Content[i+1]
		f := &Field{Name: k.Value}
		if n.Kind == yaml.MappingNode {
			r.keys(n, "a field", map[string]func(*yaml.Node){
				"from": r.texts(&f.From), "join": r.texts(&f.Join), "with": r.text(&f.With), "as": r.text(&f.As),
				"when":      func(v *yaml.Node) { f.When = r.conditions(v) },
				"translate": func(v *yaml.Node) { f.Translate = r.pairs(v) }, "prefix": func(v *yaml.Node) { f.Prefix = r.pairs(v) },
			})
			if (len(f.From) > 0) == (len(f.Join) > 0) {
				r.bad(n, CodeKey, "", "a field needs either from or join")
			}
			if f.As != "" && !slices.Contains(forms, f.As) {
				r.bad(n, CodeValue, diag.DidYouMean(f.As, forms), "unknown form %s", diag.Quote(f.As))
			}
		} else {
			r.texts(&f.From)(n)
		}
		list = append(list, f)
	}
	return list
}

func (r *reader) pairs(v *yaml.Node) []Pair {
	if v.Kind != yaml.MappingNode {
		r.bad(v, CodeValue, "", "this must be a map from texts to texts")
		return nil
	}
	var list []Pair
	for i := 0; i+1 < len(v.Content); i += 2 {
		from, to := v.Content[i], v.Content[i+1]
		if to.Kind != yaml.ScalarNode || to.ShortTag() == "!!null" {
			r.bad(to, CodeValue, "", "this must be a text")
			continue
		}
		list = append(list, Pair{from.Value, to.Value})
	}
	return list
}
