package kb

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/diag"
)

// This file turns YAML into the structs of the package, strictly: a field that
// the struct does not have, a field twice, a list where a text belongs, an
// anchor or an alias is a problem with its line and column. The decoder of the
// yaml package stops at lines and knows no columns, so only its parser is used.
//
// It also remembers where each value stood, so that the linter, which sees
// values and not YAML, can point at them. The key of that memory is a pointer
// to the decoded value; pointers to a struct and to its first field differ by
// type, so every value has its own key. Slices are made in their full length
// before their elements are decoded: nothing moves afterwards.

type positions map[any]diag.Pos

type decoder struct {
	file     string
	pos      positions
	problems *diag.Problems
}

// decode reads one YAML document into the value that out points to. What is
// wrong is reported and left out; the rest is decoded all the same.
func (d *decoder) decode(data []byte, out any) {
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	err := dec.Decode(&doc)
	if err == io.EOF || err == nil && len(doc.Content) == 0 {
		d.problems.Add(diag.Pos{File: d.file}, "kb.yaml.empty", "", "no YAML document")
		return
	}
	if err != nil {
		d.syntax(err)
		return
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		d.add(&more, "kb.yaml.documents", "keep one document a file", "second YAML document")
	} else if err != io.EOF {
		d.syntax(err)
	}
	d.value(doc.Content[0], reflect.ValueOf(out).Elem())
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func (d *decoder) syntax(err error) {
	pos, msg := diag.Pos{File: d.file}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		pos.Line, _ = strconv.Atoi(m[1])
		msg = strings.Replace(msg, m[0], "", 1)
	}
	d.problems.Add(pos, "kb.yaml.syntax", "", "%.200s", strings.ToValidUTF8(msg, "?"))
}

func (d *decoder) at(n *yaml.Node) diag.Pos {
	return diag.Pos{File: d.file, Line: n.Line, Col: n.Column}
}

func (d *decoder) add(n *yaml.Node, code, hint, format string, args ...any) {
	d.problems.Add(d.at(n), code, hint, format, args...)
}

func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	d.pos[v.Addr().Interface()] = d.at(n)
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.add(n, "kb.yaml.alias", "write the value out", "anchors and aliases are not read")
		return
	}
	if !strings.HasPrefix(n.Tag, "!!") && n.Tag != "" || n.Tag == "!!binary" {
		d.add(n, "kb.yaml.tag", "remove the tag", "tag %s is not read", diag.Quote(n.Tag))
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if s, ok := d.scalar(n, "a text"); ok {
			if err := u.UnmarshalText([]byte(s)); err != nil {
				d.add(n, "kb.yaml.value", "", "%v", err)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.add(n, "kb.yaml.type", "write it as a list", "want a list, have %s", kindName(n))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, c := range n.Content {
			d.value(c, v.Index(i))
		}
	case reflect.Map:
		d.named(n, v)
	case reflect.String:
		if s, ok := d.scalar(n, "a text"); ok {
			v.SetString(strings.TrimRight(s, "\n")) // a folded block ends with one
		}
	case reflect.Bool:
		if s, ok := d.scalar(n, "true or false"); ok {
			v.SetBool(s == "true")
			if s != "true" && s != "false" {
				d.add(n, "kb.yaml.type", "", "want true or false, have %s", diag.Quote(s))
			}
		}
	case reflect.Int:
		if s, ok := d.scalar(n, "a number"); ok {
			i, err := strconv.Atoi(s)
			if err != nil {
				d.add(n, "kb.yaml.type", "", "want a whole number, have %s", diag.Quote(s))
			}
			v.SetInt(int64(i))
		}
	case reflect.Float64:
		if s, ok := d.scalar(n, "a number"); ok {
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				d.add(n, "kb.yaml.type", "", "want a number, have %s", diag.Quote(s))
			}
			v.SetFloat(f)
		}
	default:
		panic(fmt.Sprintf("kb: no YAML form for %s", v.Type()))
	}
}

// scalar gives the text of a scalar node; an empty value is the empty text.
func (d *decoder) scalar(n *yaml.Node, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.add(n, "kb.yaml.type", "", "want %s, have %s", want, kindName(n))
		return "", false
	}
	if n.Tag == "!!null" {
		return "", true
	}
	return n.Value, true
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.add(n, "kb.yaml.type", "", "want fields, have %s", kindName(n))
		return
	}
	fields := make(map[string]int)
	var names []string
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "" && name != "-" {
			fields[name] = i
			names = append(names, name)
		}
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			d.add(key, "kb.yaml.type", "", "want a field name, have %s", kindName(key))
			continue
		}
		f, ok := fields[key.Value]
		if !ok {
			d.add(key, "kb.yaml.unknown", diag.DidYouMean(key.Value, names), "unknown field %s", diag.Quote(key.Value))
			continue
		}
		if seen[key.Value] {
			d.add(key, "kb.yaml.twice", "", "field %q stands twice", key.Value)
			continue
		}
		seen[key.Value] = true
		d.value(val, v.Field(f))
	}
}

// named reads fields whose names the file chooses into a map of pointers, which
// keep the places of the values.
func (d *decoder) named(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.add(n, "kb.yaml.type", "", "want fields, have %s", kindName(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := d.scalar(n.Content[i], "a field name")
		if !ok {
			continue
		}
		if v.MapIndex(reflect.ValueOf(key)).IsValid() {
			d.add(n.Content[i], "kb.yaml.twice", "", "field %s stands twice", diag.Quote(key))
			continue
		}
		val := reflect.New(v.Type().Elem().Elem())
		d.value(n.Content[i+1], val.Elem())
		v.SetMapIndex(reflect.ValueOf(key), val)
	}
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "fields"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return "a text"
}
