// Package evtxtest writes Windows event logs, whole ones with right checksums,
// for tests and for demonstrations: from a list of events, or from templates
// and values where a test cares about the bytes.
package evtxtest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

// Event is an event as the common templates of Windows give it.
type Event struct {
	Provider string
	GUID     [16]byte // of the provider; all zero leaves the attribute out
	ID       uint16
	Level    uint8
	Task     uint16
	Keywords uint64
	Channel  string
	Computer string
	UserID   []byte // a SID in bytes; nil leaves the attribute out
	Time     time.Time
	RecordID uint64 // 0 numbers on from the event before, from 1
	Data     []Pair
}

// Pair is a Data element of an event; without a name it has no Name attribute.
type Pair struct {
	Name  string
	Value Value
}

// Build gives a log that holds the events in their order.
func Build(events []Event) []byte {
	w := NewWriter()
	templates := map[string]*Template{}
	id := uint64(0)
	for i := range events {
		e := events[i]
		if id++; e.RecordID != 0 {
			id = e.RecordID
		}
		e.RecordID = id
		key := ""
		for _, p := range e.Data {
			key += fmt.Sprintf("%q", p.Name)
		}
		data := templates[key]
		if data == nil {
			data = dataTemplate(e.Data, uint32(len(templates)+1))
			templates[key] = data
		}
		w.Add(Record{ID: e.RecordID, Time: e.Time, Template: eventTemplate, Values: e.values(data)})
	}
	return w.Bytes()
}

const namespace = "http://schemas.microsoft.com/win/2004/08/events/event"

// eventTemplate is the template of events that Windows uses, in its order of values.
var eventTemplate = &Template{GUID: guid(0x3f1d), Root: &Element{
	Name: "Event", Attrs: []Attr{{"xmlns", []any{namespace}}},
	Content: []any{
		&Element{Name: "System", Content: []any{
			&Element{Name: "Provider", Attrs: []Attr{{"Name", []any{Sub{14, TypeString, true}}}, {"Guid", []any{Sub{15, TypeGUID, true}}}}},
			&Element{Name: "EventID", Attrs: []Attr{{"Qualifiers", []any{Sub{4, TypeUint16, true}}}}, Content: []any{Sub{3, TypeUint16, true}}},
			&Element{Name: "Version", Content: []any{Sub{11, TypeUint8, true}}},
			&Element{Name: "Level", Content: []any{Sub{0, TypeUint8, true}}},
			&Element{Name: "Task", Content: []any{Sub{2, TypeUint16, true}}},
			&Element{Name: "Opcode", Content: []any{Sub{1, TypeUint8, true}}},
			&Element{Name: "Keywords", Content: []any{Sub{5, TypeHex64, true}}},
			&Element{Name: "TimeCreated", Attrs: []Attr{{"SystemTime", []any{Sub{6, TypeFileTime, true}}}}},
			&Element{Name: "EventRecordID", Content: []any{Sub{10, TypeUint64, true}}},
			&Element{Name: "Correlation", Attrs: []Attr{{"ActivityID", []any{Sub{7, TypeGUID, true}}}}},
			&Element{Name: "Execution", Attrs: []Attr{{"ProcessID", []any{Sub{8, TypeUint32, true}}}, {"ThreadID", []any{Sub{9, TypeUint32, true}}}}},
			&Element{Name: "Channel", Content: []any{Sub{16, TypeString, true}}},
			&Element{Name: "Computer", Content: []any{Sub{17, TypeString, true}}},
			&Element{Name: "Security", Attrs: []Attr{{"UserID", []any{Sub{12, TypeSID, true}}}}},
		}},
		Sub{13, TypeBinXML, true},
	},
}}

func (e *Event) values(data *Template) []Value {
	null := Value{}
	v := []Value{
		U8(e.Level), U8(0), U16(e.Task), U16(e.ID), null, Hex64(e.Keywords), Time(e.Time), null, U32(4), U32(8),
		U64(e.RecordID), U8(0), null, null, Text(e.Provider), null, Text(e.Channel), Text(e.Computer),
	}
	if e.UserID != nil {
		v[12] = Value{Type: TypeSID, Data: e.UserID}
	}
	if e.GUID != [16]byte{} {
		v[15] = GUID(e.GUID)
	}
	if len(e.Data) > 0 {
		own := make([]Value, len(e.Data))
		for i := range e.Data {
			own[i] = e.Data[i].Value
		}
		v[13] = Value{Type: TypeBinXML, Template: data, Values: own}
	}
	return v
}

// dataTemplate is EventData with a Data element for each pair.
func dataTemplate(data []Pair, n uint32) *Template {
	root := &Element{Name: "EventData"}
	for i, p := range data {
		d := &Element{Name: "Data", Content: []any{Sub{uint16(i), p.Value.Type, false}}}
		if p.Name != "" {
			d.Attrs = []Attr{{"Name", []any{p.Name}}}
		}
		root.Content = append(root.Content, d)
	}
	return &Template{GUID: guid(0xda7a0000 + n), Root: root}
}

func guid(n uint32) (g [16]byte) {
	binary.LittleEndian.PutUint32(g[:], n)
	copy(g[4:], "evtxtest-org")
	return g
}

// Sizes of the format, in bytes.
const (
	FileHeaderSize = 4096
	ChunkSize      = 65536
	RecordArea     = 512 // where the records of a chunk begin
)

// Record is a record: its header, and an instance of a template or a fragment as it is.
type Record struct {
	ID       uint64
	Time     time.Time
	Template *Template
	Values   []Value
	Raw      []byte // the binary XML, in place of a template
}

// Writer makes a log of records. A chunk is begun when the last one is full.
type Writer struct {
	chunks [][]byte
	c      *chunk
}

// NewWriter makes a Writer.
func NewWriter() *Writer { return &Writer{} }

// Add adds a record. It panics when the record does not fit into a chunk.
func (w *Writer) Add(r Record) {
	if w.c == nil {
		w.c = newChunk()
	}
	if w.c.add(r) {
		return
	}
	w.NextChunk()
	w.c = newChunk()
	if !w.c.add(r) {
		panic("evtxtest: record does not fit into a chunk")
	}
}

// NextChunk ends the chunk, full or not.
func (w *Writer) NextChunk() {
	if w.c != nil {
		w.chunks = append(w.chunks, w.c.bytes())
		w.c = nil
	}
}

// Bytes ends the log and gives it.
func (w *Writer) Bytes() []byte {
	w.NextChunk()
	le := binary.LittleEndian
	out := make([]byte, FileHeaderSize, FileHeaderSize+len(w.chunks)*ChunkSize)
	copy(out, "ElfFile\x00")
	next := uint64(1)
	if n := len(w.chunks); n > 0 {
		le.PutUint64(out[16:], uint64(n-1))
		next = le.Uint64(w.chunks[n-1][32:]) + 1
	}
	le.PutUint64(out[24:], next)
	le.PutUint32(out[32:], 128)
	le.PutUint16(out[36:], 1)
	le.PutUint16(out[38:], 3)
	le.PutUint16(out[40:], FileHeaderSize)
	le.PutUint16(out[42:], uint16(len(w.chunks)))
	le.PutUint32(out[124:], crc32.ChecksumIEEE(out[:120]))
	for _, c := range w.chunks {
		out = append(out, c...)
	}
	return out
}

// Seal puts right checksums into the chunk that begins c.
func Seal(c []byte) {
	le := binary.LittleEndian
	if free := le.Uint32(c[48:]); free >= RecordArea && int(free) <= len(c) {
		le.PutUint32(c[52:], crc32.ChecksumIEEE(c[RecordArea:free]))
	}
	le.PutUint32(c[124:], crc32.Update(crc32.ChecksumIEEE(c[:120]), crc32.IEEETable, c[128:RecordArea]))
}
