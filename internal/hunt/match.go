package hunt

import (
	"strconv"
	"strings"
	"time"

	"vigie/internal/jsonline"
	"vigie/internal/sigma"
)

// Match is one rule that matched one record, or a correlation of several.
type Match struct {
	Rule   *sigma.Header
	Path   string // of the item; "" for a correlation over several
	Record uint64 // the number that the log gave the event, or that of the record in its file; HasRecord tells whether there is one
	Line   int64  // 0 where there are no lines
	Offset int64
	Time   time.Time // zero when the record bears none

	HasRecord bool
	Kind      string // of log
	Channel   string // "" for a text log
	EventID   string
	Computer  string
	Fields    []sigma.FieldValue

	Recovered bool // found in the free space of an event log or behind damage
	Suspect   bool // a checksum over the event is wrong

	// Until, Count and Refs are of a correlation: its last event, how many there are, and the first of them.
	Until time.Time
	Count int
	Refs  []Ref
}

// Ref is an event that a correlation counts.
type Ref struct {
	Path   string
	Offset int64
}

// AppendJSON appends the match as one object, without a line end. Beside the fields of the contract it has those that Timesketch asks for: message,
// datetime and timestamp_desc.
func (m *Match) AppendJSON(b []byte) []byte {
	str := func(key, v string) {
		b = append(append(append(b, ',', '"'), key...), '"', ':')
		b = jsonline.AppendString(b, v)
	}
	orNull := func(key, v string) {
		if v == "" {
			b = append(append(append(b, ',', '"'), key...), `":null`...)
			return
		}
		str(key, v)
	}
	num := func(key string, n int64, known bool) {
		b = append(append(append(b, ',', '"'), key...), '"', ':')
		if known {
			b = strconv.AppendInt(b, n, 10)
		} else {
			b = append(b, "null"...)
		}
	}
	b = append(b, `{"engine":"sigma"`...)
	str("rule_id", m.Rule.ID)
	str("title", m.Rule.Title)
	str("level", m.Rule.Level)
	orNull("path", m.Path)
	b = append(b, `,"record":`...)
	if m.HasRecord {
		b = strconv.AppendUint(b, m.Record, 10)
	} else {
		b = append(b, "null"...)
	}
	num("line", m.Line, m.Line > 0)
	num("offset", m.Offset, m.Path != "")
	b = m.appendTime(append(b, `,"time":`...), m.Time)
	orNull("channel", m.Channel)
	b = append(b, `,"event_id":`...)
	if n, err := strconv.ParseUint(m.EventID, 10, 32); err == nil {
		b = strconv.AppendUint(b, n, 10)
	} else {
		b = append(b, "null"...)
	}
	orNull("computer", m.Computer)
	orNull("kind", m.Kind)
	b = append(b, `,"tags":[`...)
	for i, t := range m.Rule.Tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsonline.AppendString(b, t)
	}
	b = append(b, `],"fields":`...)
	b = m.appendFields(b)
	if m.Recovered {
		b = append(b, `,"recovered":true`...)
	}
	if m.Suspect {
		b = append(b, `,"suspect":true`...)
	}
	if m.Count > 0 {
		num("count", int64(m.Count), true)
		b = m.appendTime(append(b, `,"until":`...), m.Until)
		b = append(b, `,"events":[`...)
		for i, r := range m.Refs {
			if i > 0 {
				b = append(b, ',')
			}
			b = jsonline.AppendString(append(b, `{"path":`...), r.Path)
			b = strconv.AppendInt(append(b, `,"offset":`...), r.Offset, 10)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	str("message", m.message())
	b = m.appendTime(append(b, `,"datetime":`...), m.Time)
	str("timestamp_desc", timestampDesc)
	return append(b, '}')
}

// timestampDesc says to Timesketch what the time is.
const timestampDesc = "Event written"

func (m *Match) appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return append(t.UTC().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendFields writes the fields by which the rule matched; several values of a name are a list.
func (m *Match) appendFields(b []byte) []byte {
	b = append(b, '{')
	empty := true
	for i, f := range m.Fields {
		if firstOf(m.Fields, f.Field) != i {
			continue
		}
		if !empty {
			b = append(b, ',')
		}
		empty = false
		b = append(jsonline.AppendString(b, f.Field), ':')
		var values []string
		for _, g := range m.Fields[i:] {
			if g.Field == f.Field {
				values = append(values, g.Value)
			}
		}
		if len(values) == 1 {
			b = jsonline.AppendString(b, values[0])
			continue
		}
		for j, v := range values {
			sep := byte(',')
			if j == 0 {
				sep = '['
			}
			b = jsonline.AppendString(append(b, sep), v)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func firstOf(fields []sigma.FieldValue, name string) int {
	for i := range fields {
		if fields[i].Field == name {
			return i
		}
	}
	return -1
}

// message is one line about the match.
func (m *Match) message() string {
	var s strings.Builder
	s.WriteString(m.Rule.Title)
	for i, f := range m.Fields {
		if i == 0 {
			s.WriteString(": ")
		} else {
			s.WriteString(", ")
		}
		s.WriteString(f.Field + "=" + f.Value)
	}
	return s.String()
}

// CSVHeader names the columns of Row; the first three are those that Timesketch asks for.
var CSVHeader = []string{"datetime", "timestamp_desc", "message", "engine", "rule_id", "title", "level", "tags", "computer", "channel", "event_id", "record", "path", "line", "offset", "fields"}

// Row gives the match as a row of a table.
func (m *Match) Row() []string {
	at, record, line, offset := "", "", "", ""
	if !m.Time.IsZero() {
		at = m.Time.UTC().Format(time.RFC3339Nano)
	}
	if m.HasRecord {
		record = strconv.FormatUint(m.Record, 10)
	}
	if m.Line > 0 {
		line = strconv.FormatInt(m.Line, 10)
	}
	if m.Path != "" {
		offset = strconv.FormatInt(m.Offset, 10)
	}
	return []string{at, timestampDesc, m.message(), "sigma", m.Rule.ID, m.Rule.Title, m.Rule.Level, strings.Join(m.Rule.Tags, " "), m.Computer, m.Channel, m.EventID, record, m.Path, line, offset,
		string(m.appendFields(nil))}
}
