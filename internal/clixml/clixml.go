// Package clixml reads what PowerShell's Export-Clixml writes: objects with their properties, lists and dictionaries, as text.
//
// Nothing is ever deserialised into a type that the document names: a value is text, and what it means is for the caller to say. References
// (Ref) are followed by one step where a value is asked for, and a definition that follows later than its reference is not looked at, so a
// document cannot make a reader walk in circles; [Document.Walk] visits definitions only, each once.
//
// Format: [MS-PSRP], section 2.2.5 (Serialization), and the tests of Microsoft's own scripts.
package clixml

import (
	"bytes"
	"errors"
	"strings"

	"vigie/internal/xmltree"
)

// ErrFormat says that a document is XML, but none of PowerShell's.
var ErrFormat = errors.New("no document of Export-Clixml")

// Bounds on one value. A document may refer to one large value from many places, so that looking at all of it each time would take the square of its size.
const (
	// MaxProps is how many properties of a value are looked at; objects of Exchange have up to 400.
	MaxProps = 2000
	maxTypes = 16 // in a chain of inheritance
)

// Document is one file.
type Document struct {
	root  *xmltree.Element
	objs  map[string]*xmltree.Element // RefId of objects
	types map[string]*xmltree.Element // RefId of lists of type names
}

// Is tells by the start of a file, decoded to UTF-8, whether it is such a document.
func Is(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("#< CLIXML")) { // the second begins what powershell.exe prints
		if i := bytes.IndexByte(head[2:], '<'); i >= 0 {
			head = head[2+i:]
		}
	}
	return bytes.HasPrefix(head, []byte("<Objs ")) && bytes.Contains(head[:min(len(head), 300)], []byte("schemas.microsoft.com/powershell/2004/04"))
}

// Parse reads a document of UTF-8 text. With an error, the document holds what stands before the place of it, and is nil when that is nothing.
func Parse(data []byte) (*Document, error) {
	data = bytes.TrimPrefix(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("#< CLIXML"))
	root, err := xmltree.Parse(data)
	if root == nil {
		return nil, err
	}
	if root.Name != "Objs" {
		return nil, ErrFormat
	}
	d := &Document{root: root, objs: map[string]*xmltree.Element{}, types: map[string]*xmltree.Element{}}
	d.visit(func(e *xmltree.Element) bool {
		id, ok := e.Attr("RefId")
		switch {
		case ok && e.Name == "Obj" && d.objs[id] == nil:
			d.objs[id] = e
		case ok && e.Name == "TN" && d.types[id] == nil:
			d.types[id] = e
		}
		return true
	})
	return d, err
}

// visit calls f for each element in the order of the document; what is below one for which f gives false is left out.
func (d *Document) visit(f func(*xmltree.Element) bool) {
	stack := []*xmltree.Element{d.root}
	for len(stack) > 0 {
		e := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !f(e) {
			continue
		}
		for i := len(e.Children) - 1; i >= 0; i-- {
			stack = append(stack, e.Children[i])
		}
	}
}

// Roots gives the values that were exported, in their order.
func (d *Document) Roots() []Value {
	var out []Value
	for _, c := range d.root.Children {
		out = append(out, d.value(c))
	}
	return out
}

// Walk visits every value that is defined in the document, from the outside to the inside; what is below a value for which f gives false is left out.
func (d *Document) Walk(f func(Value) bool) {
	d.visit(func(e *xmltree.Element) bool {
		switch e.Name {
		case "TN", "TNRef", "ToString":
			return false
		case "Objs", "Props", "MS", "LST", "IE", "STK", "QUE", "DCT", "En":
			return true
		}
		return f(Value{d, e})
	})
}

// Value is one value of a document; the zero Value is one that is not there.
type Value struct {
	doc *Document
	el  *xmltree.Element
}

func (d *Document) value(e *xmltree.Element) Value {
	if e != nil && e.Name == "Ref" {
		id, _ := e.Attr("RefId")
		e = d.objs[id]
	}
	if e == nil {
		return Value{}
	}
	return Value{d, e}
}

// Exists tells a value that is there from one that is not. $null is there.
func (v Value) Exists() bool { return v.el != nil }

// Nil tells $null, and what is not there.
func (v Value) Nil() bool { return v.el == nil || v.el.Name == "Nil" }

// Name is the name under which the value stands in the thing that holds it, "" in a list.
func (v Value) Name() string {
	n, _ := v.el.Attr("N")
	return decode(n)
}

// Line is where the value stands in the file, from 1.
func (v Value) Line() int {
	if v.el == nil {
		return 0
	}
	return v.el.Line
}

// Types are the names of its .NET type and of those from which that comes, the most precise first; a leading "Deserialized." is left out.
func (v Value) Types() []string {
	tn := v.el.Child("TN")
	if ref := v.el.Child("TNRef"); tn == nil && ref != nil {
		id, _ := ref.Attr("RefId")
		tn = v.doc.types[id]
	}
	if tn == nil {
		return nil
	}
	list := tn.Children[:min(len(tn.Children), maxTypes)]
	out := make([]string, 0, len(list))
	for _, t := range list {
		out = append(out, strings.TrimPrefix(t.Text, "Deserialized."))
	}
	return out
}

// Text is the value as PowerShell prints it: the text of a scalar, the ToString of an object. ok is false for $null, for bytes, and for an object
// that has neither.
func (v Value) Text() (s string, ok bool) {
	if v.el == nil {
		return "", false
	}
	switch v.el.Name {
	case "Nil", "BA":
		return "", false
	case "Obj":
		if t := v.el.Child("ToString"); t != nil {
			return decode(t.Text), true
		}
		for _, c := range v.el.Children { // the number of an enumeration, the text of a decorated string
			if scalar[c.Name] {
				return decode(c.Text), true
			}
		}
		return "", false
	}
	return decode(v.el.Text), true
}

// scalar are the elements of values that are one text.
var scalar = map[string]bool{"S": true, "C": true, "B": true, "DT": true, "TS": true, "By": true, "SB": true, "U16": true, "I16": true, "U32": true, "I32": true, "U64": true,
	"I64": true, "Sg": true, "Db": true, "D": true, "G": true, "URI": true, "Version": true, "XD": true, "SBK": true}

// Prop gives a property by its name without regard to case. A note added to the object hides one of its own, as in PowerShell.
func (v Value) Prop(name string) Value {
	if v.el == nil {
		return Value{}
	}
	for _, bag := range []string{"MS", "Props"} {
		for _, c := range first(children(v.el.Child(bag)), MaxProps) {
			if n, ok := c.Attr("N"); ok && strings.EqualFold(decode(n), name) {
				return v.doc.value(c)
			}
		}
	}
	return Value{}
}

// Path follows properties by name.
func (v Value) Path(names ...string) Value {
	for _, n := range names {
		v = v.Prop(n)
	}
	return v
}

// Props gives all properties, those of the object first; of two with one name the second is the one that counts.
func (v Value) Props() []Value {
	var out []Value
	for _, bag := range []string{"Props", "MS"} {
		for _, c := range first(children(v.el.Child(bag)), MaxProps) {
			out = append(out, Value{v.doc, c})
		}
	}
	return out
}

// Deref gives the value itself where v is a reference to one defined earlier.
func (v Value) Deref() Value {
	if v.el == nil {
		return v
	}
	return v.doc.value(v.el)
}

// Items gives the first elements of a list, a stack or a queue, at most most; nil for any other value.
func (v Value) Items(most int) []Value {
	for _, list := range []string{"LST", "IE", "STK", "QUE"} {
		if l := v.el.Child(list); l != nil {
			elements := first(l.Children, most)
			out := make([]Value, 0, len(elements))
			for _, c := range elements {
				out = append(out, v.doc.value(c))
			}
			return out
		}
	}
	return nil
}

// IsList tells a list, even an empty one.
func (v Value) IsList() bool {
	for _, list := range []string{"LST", "IE", "STK", "QUE"} {
		if v.el.Child(list) != nil {
			return true
		}
	}
	return false
}

// Entry is one entry of a dictionary.
type Entry struct{ Key, Value Value }

// Entries gives the first entries of a dictionary, at most most.
func (v Value) Entries(most int) []Entry {
	var out []Entry
	for _, en := range first(children(v.el.Child("DCT")), most) {
		var e Entry
		for _, c := range en.Children {
			switch n, _ := c.Attr("N"); n {
			case "Key":
				e.Key = v.doc.value(c)
			case "Value":
				e.Value = v.doc.value(c)
			}
		}
		out = append(out, e)
	}
	return out
}

func first(list []*xmltree.Element, most int) []*xmltree.Element { return list[:min(len(list), most)] }

func children(e *xmltree.Element) []*xmltree.Element {
	if e == nil {
		return nil
	}
	return e.Children
}

// decode undoes the writing of characters that XML does not allow or that blur in it: _x000A_ is a line feed.
func decode(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if r, ok := escape(s[i:]); ok {
			b.WriteRune(r)
			i += len("_xFFFF_")
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// escape reads _xHHHH_ at the start of s. Halves of surrogate pairs become U+FFFD.
func escape(s string) (rune, bool) {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
