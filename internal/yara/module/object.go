package module

import (
	"bytes"

	"vigie/internal/yara/decl"
)

// The types of fields.
var (
	intType    = &decl.Type{Kind: decl.Int}
	stringType = &decl.Type{Kind: decl.String}
)

// field is a row of a module's table: a field, and how it is read out of T, which is what a module knows of a file.
type field[T any] struct {
	name string
	typ  *decl.Type
	get  func(T) decl.Value // nil for a function
}

// constant is a field whose value is the same for all files.
type constant struct {
	name  string
	value int64
}

// structType gives the type of a table of fields, with the constants behind them.
func structType[T any](fields []field[T], constants []constant) *decl.Type {
	t := &decl.Type{Kind: decl.Struct}
	for _, f := range fields {
		t.Fields = append(t.Fields, decl.Field{Name: f.name, Type: f.typ})
	}
	for _, c := range constants {
		t.Fields = append(t.Fields, decl.Field{Name: c.name, Type: intType, Const: decl.IntOf(c.value)})
	}
	return t
}

// object is a structure whose fields are read out of v by a table.
type object[T any] struct {
	decl.None
	v      T
	fields []field[T]
	call   func(v T, slot int, args []decl.Value) decl.Value
}

// Field reads a field. Constants are never asked for.
func (o *object[T]) Field(i int) decl.Value {
	if i >= len(o.fields) || o.fields[i].get == nil {
		return decl.Value{}
	}
	return o.fields[i].get(o.v)
}

// Call calls a function of the structure.
func (o *object[T]) Call(slot int, args []decl.Value) decl.Value {
	if o.call == nil {
		return decl.Value{}
	}
	return o.call(o.v, slot, args)
}

// structOf gives a structure as a value.
func structOf[T any](v T, fields []field[T]) decl.Value {
	return decl.ObjectOf(decl.Struct, &object[T]{v: v, fields: fields})
}

// array is an array of structures, read in place: asking for one costs the same however many there are.
type array[T any] struct {
	decl.None
	items  []T
	fields []field[*T]
	call   func(v *T, slot int, args []decl.Value) decl.Value
}

// Len gives the number of items.
func (a *array[T]) Len() int { return len(a.items) }

// Index gives an item.
func (a *array[T]) Index(i int) decl.Value {
	return decl.ObjectOf(decl.Struct, &object[*T]{v: &a.items[i], fields: a.fields, call: a.call})
}

func arrayOf[T any](items []T, fields []field[*T]) decl.Value {
	return decl.ObjectOf(decl.Array, &array[T]{items: items, fields: fields})
}

func arrayType(elem *decl.Type) *decl.Type { return &decl.Type{Kind: decl.Array, Elem: elem} }

// texts is an array of texts.
type texts struct {
	decl.None
	items [][]byte
}

// Len gives the number of texts.
func (t *texts) Len() int { return len(t.items) }

// Index gives a text.
func (t *texts) Index(i int) decl.Value { return textOf(t.items[i]) }

// dictionary is a dictionary of texts. A key that is there twice has the last value, and the place of the first.
type dictionary struct {
	decl.None
	keys, values [][]byte
}

func (d *dictionary) find(key []byte) int {
	for i := range d.keys {
		if bytes.Equal(d.keys[i], key) {
			return i
		}
	}
	return -1
}

func (d *dictionary) set(key, value []byte) {
	if i := d.find(key); i >= 0 {
		d.values[i] = value
		return
	}
	d.keys, d.values = append(d.keys, key), append(d.values, value)
}

// Len gives the number of keys.
func (d *dictionary) Len() int { return len(d.keys) }

// Entry gives a key and its value.
func (d *dictionary) Entry(i int) ([]byte, decl.Value) { return d.keys[i], decl.StringOf(d.values[i]) }

// Lookup gives the value of a key.
func (d *dictionary) Lookup(key []byte) decl.Value {
	if i := d.find(key); i >= 0 {
		return decl.StringOf(d.values[i])
	}
	return decl.Value{}
}

// textOf gives a text; nil is undefined, which an empty text is not.
func textOf(b []byte) decl.Value {
	if b == nil {
		return decl.Value{}
	}
	return decl.StringOf(b)
}

// way is a way to call a function that needs what the module parsed.
func way(params string, slot int) decl.Function {
	return decl.Function{Params: params, Result: intType, Slot: slot}
}

func funcType(ways ...decl.Function) *decl.Type { return &decl.Type{Kind: decl.Func, Funcs: ways} }
