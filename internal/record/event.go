package record

import (
	"strconv"
	"strings"
	"time"

	"vigie/internal/evtx"
	"vigie/internal/jsonline"
)

// Event is a Windows event and where it stands. Its Offset is that of the record in an EVTX file, or of the document in an export.
type Event struct {
	*evtx.Event
	Line   int64     // 1-based line of an export, 0 in an EVTX file
	Num    int64     // 1-based number of the event in the part that was read at once
	Time   time.Time // see When
	Source string    // coverage id of its channel, "" for a channel that nothing is known of
	// Decoder renders the original of an event of an EVTX file, for as long as the event is valid; nil for one of an export.
	Decoder *evtx.Decoder
	Host    string // the computer that wrote it, as HostName gives it; "" when it does not say
}

// Clone copies an event whose texts are only valid for a while.
func (e *Event) Clone() *Event {
	c, ev := *e, e.Event.Clone()
	c.Event, c.Decoder = &ev, nil
	return &c
}

// first gives the first of the named fields that says something.
func (e *Event) first(names ...string) string {
	for _, n := range names {
		if v, _ := e.Get(n); v != "" && v != "-" {
			return v
		}
	}
	return ""
}

// When is the time that the event bears (TimeCreated), which stays its own when it is collected or exported; where it bears none that is possible, the
// time of its record. Zero when there is neither.
func (e *Event) When() time.Time {
	if s, _ := e.Get("TimeCreated_SystemTime"); len(s) >= len("2006-01-02T15:04:05Z") && s[len(s)-1] == 'Z' {
		t, ok := fileTime(s)
		if !ok {
			var err error
			t, err = time.Parse(time.RFC3339, s)
			ok = err == nil
		}
		// FILETIME 0 is the year 1601, and no Windows wrote an event before 1993.
		if ok && t.Year() >= 1993 && t.Year() < 2200 {
			return t
		}
	}
	return e.Written
}

// fileTime reads the form in which nearly all events bear their time, 2021-03-03T08:12:01.1234567Z. ok is false for any other, and for impossible dates.
func fileTime(s string) (t time.Time, ok bool) {
	const form = "0000-00-00T00:00:00.0000000Z"
	if len(s) != len(form) {
		return t, false
	}
	number := 0
	var part [7]int // year, month, day, hour, minute, second, tenths of microseconds
	n := 0
	for i := range len(form) {
		switch c := s[i]; {
		case form[i] == '0':
			if c -= '0'; c > 9 {
				return t, false
			}
			number = 10*number + int(c)
		case c != form[i]:
			return t, false
		default:
			part[n] = number
			n, number = n+1, 0
		}
	}
	// Days 29 to 31 are for the reader that knows the calendar.
	if part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 28 || part[3] > 23 || part[4] > 59 || part[5] > 59 {
		return t, false
	}
	return time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 100*part[6], time.UTC), true
}

// Channel is the name of the log that the event was written to.
func (e *Event) Channel() string { return e.first("Channel") }

// ID is the number that the log gave the event: what the event itself says, which stays its own when it is exported, else the number of its record in
// the EVTX file. ok is false when there is neither.
func (e *Event) ID() (id uint64, ok bool) {
	if v, _ := e.Get("EventRecordID"); v != "" {
		if id, err := strconv.ParseUint(v, 10, 64); err == nil {
			return id, true
		}
	}
	return e.RecordID, e.Line == 0
}

// Provider is the name of what wrote it.
func (e *Event) Provider() string { return e.first("Provider_Name") }

// EventID is the number of the kind of event, "" when it does not say.
func (e *Event) EventID() string { return e.first("EventID") }

// Client is the address from which the act came, "" when the event names none.
func (e *Event) Client() string {
	return Addr(e.first("IpAddress", "ClientAddress", "SourceAddress", "SourceIp", "Source_Network_Address"))
}

// cmdlet gives the unnamed values of an event about a cmdlet of Exchange: the cmdlet, its parameters, who called it.
func (e *Event) cmdlet() (name, parameters, caller string, ok bool) {
	if e.Provider() != "MSExchange CmdletLogs" {
		return "", "", "", false
	}
	var buf [32]string
	v, _ := e.Field("Data", buf[:0])
	if len(v) < 3 {
		return "", "", "", false
	}
	return v[0], v[1], v[2], true
}

// Account is the account that acted, as the event names it.
func (e *Event) Account() string {
	if _, _, caller, ok := e.cmdlet(); ok {
		return caller
	}
	if name := e.first("SubjectUserName", "TargetUserName"); name != "" {
		return name
	}
	return e.first("User", "SourceUser", "Detection User")
}

// Mailbox is the mailbox that a cmdlet was about, "" for other events.
func (e *Event) Mailbox() string {
	name, parameters, _, ok := e.cmdlet()
	if !ok {
		return ""
	}
	if m := parameter(parameters, "mailbox"); m != "" || !strings.HasSuffix(strings.ToLower(name), "mailbox") {
		return m
	}
	return parameter(parameters, "identity")
}

// Object is what the act was about: a command, a file, a service.
func (e *Event) Object() string {
	if name, parameters, _, ok := e.cmdlet(); ok {
		return name + " " + parameters
	}
	return e.first("CommandLine", "TargetFilename", "RelativeTargetName", "ServiceName", "TaskName", "TargetObject", "NewProcessName", "Image", "Path", "Data")
}

// Process is a process that an event says was begun. The ids tell processes of one computer apart: those of Sysmon for ever, those of the Security log
// until Windows gives the number to another process.
type Process struct{ ID, Parent string }

// Process reads the event of a process creation: event 1 of Sysmon, event 4688 of the Security log.
func (e *Event) Process() (p Process, ok bool) {
	switch e.EventID() {
	case "1":
		p = Process{e.first("ProcessGuid"), e.first("ParentProcessGuid")}
	case "4688":
		// ProcessId is that of the creator: Windows 10 and Server 2016 name it so, older ones as well.
		p = Process{e.first("NewProcessId"), e.first("ProcessId")}
	}
	return p, p.ID != "" && p.Parent != ""
}

// Raw is AppendFields as text. An EVTX file holds no text that could be quoted instead.
func (e *Event) Raw() string { return string(e.AppendFields(nil)) }

// AppendFields appends the fields of the event as one JSON object, in their order; several values of a name are a list at the place of the first.
func (e *Event) AppendFields(b []byte) []byte {
	if e.JSON != nil {
		return append(b, e.JSON...)
	}
	b = append(b, '{')
	// Names that may occur twice, by a hash: most events have none, and need no comparing.
	var seen, twice [4]uint64
	for i := range e.Fields {
		h := nameHash(e.Fields[i].Name)
		bit := uint64(1) << (h & 63)
		twice[h>>6] |= seen[h>>6] & bit
		seen[h>>6] |= bit
	}
	for i, f := range e.Fields {
		list := false
		if h := nameHash(f.Name); twice[h>>6]&(1<<(h&63)) != 0 {
			if e.has(f.Name, 0, i) {
				continue
			}
			list = e.has(f.Name, i+1, len(e.Fields))
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(jsonline.AppendString(b, f.Name), ':')
		if list {
			b = e.appendList(b, i)
		} else {
			b = jsonline.AppendString(b, f.Value)
		}
	}
	return append(b, '}')
}

func nameHash(s string) uint8 {
	if s == "" {
		return 0
	}
	return uint8(len(s))*31 + s[0]*7 + s[len(s)-1] + s[len(s)/2]*3
}

// has tells whether one of the fields from i to j has a name.
func (e *Event) has(name string, i, j int) bool {
	for ; i < j; i++ {
		if e.Fields[i].Name == name {
			return true
		}
	}
	return false
}

func (e *Event) appendList(b []byte, i int) []byte {
	sep := byte('[')
	for _, g := range e.Fields[i:] {
		if g.Name == e.Fields[i].Name {
			b = jsonline.AppendString(append(b, sep), g.Value)
			sep = ','
		}
	}
	return append(b, ']')
}
