package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxJSONDepth bounds the nesting of an export; what lies deeper than a property of an object is not looked at.
const maxJSONDepth = 64

// knownJSON tells JSON whose first object has the properties of a known kind.
func knownJSON(start []byte) bool {
	var names []string
	j := newJSONReader(start)
	_ = j.objects(func(o *object) bool {
		for _, p := range o.props {
			names = append(names, p.name)
		}
		return false
	})
	if len(names) == 0 {
		names = j.partial // an object longer than the start
	}
	return kindOfColumns(names) != nil
}

// json reads what ConvertTo-Json writes: an object or a list of objects.
func (r *reader) json(text []byte) {
	j := newJSONReader(text)
	var k *kind
	err := j.objects(func(o *object) bool {
		names := make([]string, len(o.props))
		for i, p := range o.props {
			names[i] = p.name
		}
		if found := kindOfColumns(names); found != nil {
			k = found
		}
		if k != nil {
			o.kind = k
			r.object(o)
		}
		return len(r.facts.Settings) < MaxSettings
	})
	if err != nil && !errors.Is(err, errStop) {
		r.gap("export.json.form", j.line(), 0, 0, "rest of the file not read", err.Error())
	}
}

var (
	errStop = errors.New("enough")
	errDeep = errors.New("nested too deeply")
)

// jsonReader takes a document apart token by token: its memory does not grow with the document.
type jsonReader struct {
	text    []byte
	d       *json.Decoder
	partial []string // names of the properties of the object at hand
	counted int64    // offset up to which lines are counted
	lines   int
}

func newJSONReader(text []byte) *jsonReader {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return &jsonReader{text: text, d: d}
}

// line is the line at which the reader stands.
func (j *jsonReader) line() int {
	to := min(j.d.InputOffset(), int64(len(j.text)))
	j.lines += bytes.Count(j.text[j.counted:to], []byte("\n"))
	j.counted = to
	return j.lines + 1
}

// objects calls f with each object that is the document or an element of its list; f gives false to stop.
func (j *jsonReader) objects(f func(*object) bool) error {
	tok, err := j.d.Token()
	if err != nil {
		return err
	}
	switch tok {
	case json.Delim('{'):
		return j.object(f)
	case json.Delim('['):
		for j.d.More() {
			tok, err := j.d.Token()
			if err != nil {
				return err
			}
			if tok != json.Delim('{') {
				if err := j.skip(tok); err != nil {
					return err
				}
				continue
			}
			if err := j.object(f); err != nil {
				return err
			}
		}
		_, err = j.d.Token()
		return err
	}
	return nil
}

// object reads the object whose brace was read.
func (j *jsonReader) object(f func(*object) bool) error {
	o := &object{line: j.line()}
	j.partial = nil
	for j.d.More() {
		tok, err := j.d.Token()
		if err != nil {
			return err
		}
		name, _ := tok.(string)
		if len(o.props) < 2000 {
			j.partial = append(j.partial, name)
		}
		values, told, err := j.value()
		if err != nil {
			return err
		}
		if told && len(o.props) < 2000 {
			o.props = append(o.props, prop{name, values})
		}
	}
	if _, err := j.d.Token(); err != nil {
		return err
	}
	if !f(o) {
		return errStop
	}
	return nil
}

// value reads the value of a property: a scalar, or a list of scalars. Of an object only a property that names it counts.
func (j *jsonReader) value() (values []string, told bool, err error) {
	tok, err := j.d.Token()
	if err != nil {
		return nil, false, err
	}
	switch tok {
	case json.Delim('['):
		for j.d.More() {
			tok, err := j.d.Token()
			if err != nil {
				return nil, false, err
			}
			s, ok := scalarText(tok)
			if !ok {
				if s, err = j.name(tok); err != nil {
					return nil, false, err
				}
			}
			if s != "" && len(values) <= maxValues {
				values = append(values, s)
			}
		}
		_, err = j.d.Token()
		return values, true, err
	case json.Delim('{'):
		s, err := j.name(tok)
		if s == "" {
			return nil, false, err
		}
		return []string{s}, true, err
	}
	s, ok := scalarText(tok)
	if !ok || s == "" {
		return nil, ok, nil
	}
	return []string{s}, !notTold(s), nil
}

// nameKeys are the properties by which a nested object is known.
var nameKeys = []string{"value", "name", "displayname", "distinguishedname", "rawidentity"}

// name reads what tok began to its end, and gives the text that names it, "" when nothing does.
func (j *jsonReader) name(tok json.Token) (string, error) {
	if tok != json.Delim('{') {
		return "", j.skip(tok)
	}
	best, rank := "", len(nameKeys)
	for j.d.More() {
		key, err := j.d.Token()
		if err != nil {
			return "", err
		}
		v, err := j.d.Token()
		if err != nil {
			return "", err
		}
		s, ok := scalarText(v)
		if !ok {
			if err := j.skip(v); err != nil {
				return "", err
			}
			continue
		}
		k, _ := key.(string)
		for i, want := range nameKeys {
			if i < rank && strings.EqualFold(k, want) {
				best, rank = s, i
			}
		}
	}
	_, err := j.d.Token()
	return best, err
}

// skip reads what tok began to its end.
func (j *jsonReader) skip(tok json.Token) error {
	depth := 0
	for {
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxJSONDepth {
			return errDeep
		}
		if depth <= 0 {
			return nil
		}
		var err error
		if tok, err = j.d.Token(); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
}

// scalarText gives a scalar as PowerShell prints it; ok is false for what is none. null is an empty text.
func scalarText(tok json.Token) (string, bool) {
	switch t := tok.(type) {
	case nil:
		return "", true
	case string:
		return t, true
	case bool:
		if t {
			return "True", true
		}
		return "False", true
	case json.Number:
		return t.String(), true
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64), true
	}
	return "", false
}
