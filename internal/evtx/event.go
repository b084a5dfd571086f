package evtx

import (
	"slices"
	"strings"
	"time"
)

// Event is one Windows event with its fields in flat form, under the names that
// Sigma rules and the field use:
//
//   - A child element of System has its own name: EventID, Channel, Computer, Level, Task, Opcode, Keywords, Version, EventRecordID.
//     An attribute is named Element_Attribute: Provider_Name, TimeCreated_SystemTime, Execution_ProcessID, Security_UserID.
//   - A Data element of EventData has the name in its Name attribute; one without is "Data", and there may be several, in order.
//     Another element of EventData (Binary) has its own name.
//   - In UserData, and wherever elements nest, a leaf has its own name, an attribute is Element_Attribute.
//
// Values have the text that Windows shows: numbers decimal, hexadecimal types with 0x and lower case, identifiers with braces and upper
// case, SIDs as S-1-…, times as RFC 3339 in UTC with seven decimals, booleans as true and false, binary as upper-case hexadecimal digits.
// What is text in the log stays as it is: some providers write their identifier in lower case, forwarded events their times with nine decimals.
// An element without text and without attributes is a field with the empty text, and so is a named Data element; one that the log omits is no field.
type Event struct {
	Offset    int64     // of the record in its file, in bytes
	Length    int       // of the record, in bytes
	RecordID  uint64    // of the record's header; EventRecordID in the fields is what the event itself says
	Written   time.Time // when the record was written, after its header, in UTC; zero when the header gives no possible time
	Recovered bool      // found in the slack of a chunk or after damage, not by walking the chunk
	Suspect   bool      // a checksum over the record is wrong
	Partial   bool      // a template of the record is lost: its values are the fields Value0, Value1, …; or all of its content is, and there are no fields
	Fields    []Field   // in the order of the document; a name may occur more than once
	// JSON is the fields as one object, in their order; the values of a name that occurs more than once are a list at the place of the first. Only
	// with Options.JSON, and valid until the next event. Nil for an event whose fields could not be written at once: then all are in Fields.
	JSON []byte
}

// Field is one named value of an event.
type Field struct{ Name, Value string }

// Get gives the first value of a field.
func (e *Event) Get(name string) (value string, ok bool) {
	for i := range e.Fields {
		if e.Fields[i].Name == name {
			return e.Fields[i].Value, true
		}
	}
	return "", false
}

// Field appends all values of a field to dst; with Each it lets rules be matched against the event.
func (e *Event) Field(name string, dst []string) (values []string, ok bool) {
	for i := range e.Fields {
		if e.Fields[i].Name == name {
			dst, ok = append(dst, e.Fields[i].Value), true
		}
	}
	return dst, ok
}

// Flat says that Each gives what Field would, so that rules may read the event in one pass.
func (e *Event) Flat() bool { return true }

// Each calls f for every field until f gives false.
func (e *Event) Each(f func(name, value string) bool) {
	for i := range e.Fields {
		if !f(e.Fields[i].Name, e.Fields[i].Value) {
			return
		}
	}
}

// Clone gives a copy of the event that shares no memory with it: what a caller
// keeps of a Decoder that lends its events.
func (e *Event) Clone() Event {
	c := *e
	c.Fields = make([]Field, len(e.Fields))
	for i, f := range e.Fields {
		c.Fields[i] = Field{f.Name, strings.Clone(f.Value)}
	}
	c.JSON = slices.Clone(e.JSON)
	return c
}
