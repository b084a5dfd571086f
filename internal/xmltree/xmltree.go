// Package xmltree reads an XML document of strangers as a tree of elements, within bounds on depth, on the number of elements and on memory.
//
// It is made for hostile input: no document type, no entity but the five of XML, no recursion over the document. A document that breaks
// off, or is not well formed from some place on, gives the tree up to that place and an error that names the line: configuration files that
// were edited by hand are often wrong near their end, and what stands before it is still a fact.
package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits. Real documents of this kind, exports of PowerShell and files of IIS, have up to 40 levels and some 100,000 elements.
const (
	MaxDepth    = 64
	MaxElements = 400_000 // of about 130 bytes each
	// maxToken bounds one tag or one stretch of text in bytes: the decoder holds it in memory, and a tag of a megabyte can have 200,000 attributes.
	// Exports hold whole configuration files as one text.
	maxToken = 4 << 20
	// maxAttrs bounds the attributes of one element; IIS uses some ten.
	maxAttrs = 256
)

// Element is one element. Names are without prefix.
type Element struct {
	Name     string
	Attrs    []Attr
	Text     string // its own text, all pieces joined, without the blanks at its ends
	Children []*Element
	Line     int
}

// Attr is one attribute, its name without prefix.
type Attr struct{ Name, Value string }

// Attr gives the value of an attribute, by its name without regard to case, and whether it is there.
func (e *Element) Attr(name string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if strings.EqualFold(a.Name, name) {
			return a.Value, true
		}
	}
	return "", false
}

// Child gives the first child of that name, without regard to case; nil when there is none. It may be called on nil.
func (e *Element) Child(name string) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// Path follows children by name; nil when one is missing.
func (e *Element) Path(names ...string) *Element {
	for _, n := range names {
		e = e.Child(n)
	}
	return e
}

// Errors that a caller tells apart. They come wrapped with the line.
var (
	ErrDepth = errors.New("elements are nested too deeply")
	ErrSize  = errors.New("too many elements, or one is too large")
	ErrForm  = errors.New("not well formed")
	ErrEmpty = errors.New("no element")
)

// meter counts the bytes given for one token.
type meter struct {
	r    *bytes.Reader
	left int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, ErrSize
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

// frame is an element that has not ended, with its text so far.
type frame struct {
	el   *Element
	text []byte
}

// Parse reads a document of UTF-8 text. The tree is nil only when there is no element at all; with an error it is what stands before the place of it.
func Parse(data []byte) (*Element, error) {
	m := &meter{r: bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))}
	d := xml.NewDecoder(m)
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the caller has decoded it
	var (
		root  *Element
		open  []frame
		count int
	)
	line := func() int { l, _ := d.InputPos(); return l }
	fail := func(err error) (*Element, error) {
		for _, f := range open {
			f.el.Text = string(f.text)
		}
		return root, fmt.Errorf("line %d: %w", line(), err)
	}
	for {
		m.left = maxToken
		at := line()
		tok, err := d.RawToken() // no checks of nesting, hence no memory that grows with it
		if err == io.EOF {
			break
		}
		if err != nil {
			if errors.Is(err, ErrSize) {
				return fail(ErrSize)
			}
			return fail(ErrForm)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if count++; count > MaxElements || len(t.Attr) > maxAttrs {
				return fail(ErrSize)
			}
			if len(open) == MaxDepth {
				return fail(ErrDepth)
			}
			e := &Element{Name: t.Name.Local, Line: at}
			if len(t.Attr) > 0 {
				e.Attrs = make([]Attr, 0, len(t.Attr))
				for _, a := range t.Attr {
					e.Attrs = append(e.Attrs, Attr{a.Name.Local, a.Value})
				}
			}
			switch {
			case len(open) > 0:
				top := open[len(open)-1].el
				top.Children = append(top.Children, e)
			case root == nil:
				root = e
			default:
				return fail(ErrForm)
			}
			open = append(open, frame{el: e})
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].el.Name != t.Name.Local {
				return fail(ErrForm)
			}
			top := open[len(open)-1]
			top.el.Text = string(top.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if s := bytes.TrimSpace(t); len(s) > 0 {
				if len(open) == 0 {
					return fail(ErrForm)
				}
				top := &open[len(open)-1]
				if len(top.text)+len(s) > maxToken {
					return fail(ErrSize)
				}
				top.text = append(top.text, s...)
			}
		case xml.Directive:
			return fail(ErrForm) // a document type: nothing that is read here has one
		}
	}
	if root == nil {
		return nil, ErrEmpty
	}
	if len(open) > 0 {
		return fail(ErrForm)
	}
	return root, nil
}
