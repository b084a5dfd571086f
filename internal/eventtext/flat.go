package eventtext

import "bytes"

// flat adds an event whose members are already flat: NXLog (the Mordor recordings), Fluent Bit, Velociraptor's own artifacts. Every member stays
// under its own name; the names that package evtx gives to the parts of System are added beside them.
func (b *builder) flat(doc int32) {
	t := b.t
	var p flatPlaces
	for c := doc + 1; c < t.nodes[doc].end; c = t.nodes[c].end {
		switch name := t.name(c); string(name) {
		case "EventID", "Channel", "Computer", "Keywords", "Level", "Task", "Opcode", "Version", "EventRecordID",
			"Provider_Name", "Provider_Guid", "Execution_ProcessID", "Execution_ThreadID", "Security_UserID", "EventID_Qualifiers",
			"Correlation_ActivityID", "Correlation_RelatedActivityID":
			b.flatSystem(c)
			continue
		case "TimeCreated_SystemTime":
			p.system = c
			if b.time(t.nodes[c].value, b.opt.Zone) {
				continue
			}
		case "TimeCreated":
			p.created = c
		case "EventTime":
			p.eventTime = c
		case "@timestamp":
			p.stamp = c
		case "Hostname":
			p.host = c
		case "SourceName":
			p.source = c
		case "ProviderName":
			p.provider = c
		case "ProviderGuid":
			p.guid = c
		case "RecordNumber", "RecordID":
			p.record = c
		case "ExecutionProcessID":
			p.process = c
		case "ExecutionThreadID", "ThreadID":
			p.thread = c
		case "OpcodeValue":
			p.opcode = c
		case "EventId", "event_id":
			p.id = c
		case "EventData", "UserData":
			b.data(c)
			continue
		}
		b.dotted(c, t.nodes[c].name)
	}
	b.flatKnown(&p)
}

// flatPlaces are the members that say a part of System in their own way. 0 is none: node 0 is a document.
type flatPlaces struct {
	id, system, created, eventTime, stamp, host, source, provider, guid, record, process, thread, opcode int32
}

// flatKnown adds the parts of System that no member had under its usual name.
func (b *builder) flatKnown(p *flatPlaces) {
	b.alias(hasEventID, "EventID", p.id)
	b.alias(hasComputer, "Computer", p.host)
	b.alias(hasProvider, "Provider_Name", p.source)
	b.alias(hasProvider, "Provider_Name", p.provider) // second: it is also a field of events 5058 and 5061
	b.alias(hasGuid, "Provider_Guid", p.guid)
	b.alias(hasRecordID, "EventRecordID", p.record)
	b.alias(hasProcess, "Execution_ProcessID", p.process)
	b.alias(hasThread, "Execution_ThreadID", p.thread)
	b.alias(hasOpcode, "Opcode", p.opcode)
	// EventTime of NXLog is wall clock time without a zone; @timestamp is then the time of receipt, seconds later, but in UTC.
	b.firstTime(p.system, p.created, p.eventTime, p.stamp)
}

func (b *builder) alias(has known, name string, i int32) {
	if b.has&has == 0 && i > 0 && b.t.scalar(i) {
		b.system(name, b.t.nodes[i].value)
	}
}

// flatSystem adds a member that has the name of a part of System; Velociraptor has {"Value": n} there, NXLog the opcode in words.
func (b *builder) flatSystem(c int32) {
	t := b.t
	i := b.single(c)
	if i < 0 {
		b.dotted(c, t.nodes[c].name)
		return
	}
	b.named(string(t.name(c)), t.nodes[i].value)
}

// dotted adds node i under the name; members of objects get the names on the way to them, with dots between. What is null is not there.
func (b *builder) dotted(i int32, name span) {
	t := b.t
	switch t.nodes[i].kind {
	case kindNull:
	case kindArray:
		for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
			b.dotted(c, name)
		}
	case kindObject:
		for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
			b.dotted(c, t.join(t.str(name), '.', t.name(c)))
		}
	default:
		b.field(name, t.nodes[i].value)
	}
}

// renamed adds the members of a document of PowerShell under the names of the table; the table's "" leaves one out, and what is not in it keeps
// its own name.
func (b *builder) renamed(doc int32, names map[string]string) {
	t := b.t
	for c := doc + 1; c < t.nodes[doc].end; c = t.nodes[c].end {
		name, listed := names[string(t.name(c))]
		switch {
		case name == "Properties":
			b.properties(c)
		case name == "Data":
			b.dotted(c, t.puts("Data"))
		case listed && name != "":
			if i := b.single(c); i >= 0 && t.nodes[i].value != (span{}) && len(t.val(i)) > 0 {
				b.word(name, i)
			}
		case !listed:
			b.dotted(c, t.nodes[c].name)
		}
	}
}

// word adds a part of System, or, where it must be a number and is not, what it is called.
func (b *builder) word(name string, i int32) { b.named(name, b.t.nodes[i].value) }

// single is the scalar that node i is or, as PowerShell writes dates and SIDs, has as its Value; otherwise -1.
func (b *builder) single(i int32) int32 {
	t := b.t
	if t.scalar(i) {
		return i
	}
	for _, name := range [...]string{"value", "Value"} {
		if v := t.member(i, name); t.scalar(v) {
			return v
		}
	}
	return -1
}

// properties adds the values of an event in their order; PowerShell does not say their names.
func (b *builder) properties(list int32) {
	t := b.t
	name := t.puts("Data")
	for c := list + 1; c < t.nodes[list].end; c = t.nodes[c].end {
		i := c
		if t.is(c, kindObject) {
			i = t.member(c, "Value")
		}
		for t.is(i, kindObject) { // a SID is an object with a Value
			i = t.member(i, "Value")
		}
		switch {
		case i < 0 || t.is(i, kindNull):
			b.field(name, span{})
		case t.is(i, kindArray):
			b.field(name, b.binary(i))
		case !bytes.HasPrefix(t.val(i), []byte("System.Diagnostics.Eventing.")): // a type name in place of a value
			b.field(name, t.nodes[i].value)
		}
	}
}

// binary gives an array of byte values as upper-case hexadecimal digits, the text of what is no byte left out.
func (b *builder) binary(list int32) span {
	t := b.t
	from := len(t.text)
	const digits = "0123456789ABCDEF"
	for c := list + 1; c < t.nodes[list].end; c = t.nodes[c].end {
		if v, ok := t.integer(c); ok && v >= 0 && v < 256 {
			t.text = append(t.text, digits[v>>4], digits[v&15])
		}
	}
	return span{uint32(from), uint32(len(t.text))}
}
