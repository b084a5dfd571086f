package eventtext

import "bytes"

// Documents that keep the elements of the event's XML: evtx_dump ("#attributes", "#text", "Provider_attributes"), Velociraptor and Velocidex
// (attributes beside children, the text as "Value"), .NET and EvtxECmd ("@Name", "#text").

// document adds the fields of an event whose members are System, EventData, UserData and perhaps others.
func (b *builder) document(doc int32) {
	t := b.t
	for c := doc + 1; c < t.nodes[doc].end; c = t.nodes[c].end {
		switch name := t.name(c); string(name) {
		case "System":
			b.systemElement(c)
		case "EventData", "UserData", "ProcessingErrorData", "DebugData":
			b.data(c)
		case "RenderingInfo":
			b.rendering(c)
		case "Message":
			if t.scalar(c) {
				b.fixed("Message", t.nodes[c].value)
			}
		case "#text":
			b.leaves(c, t.puts("Event"))
		case "#attributes", "Event_attributes", "@xmlns":
		default:
			b.leaves(c, t.nodes[c].name)
		}
	}
}

// systemElement adds the children of System; what a child holds is an attribute, or its text.
func (b *builder) systemElement(system int32) {
	t := b.t
	for c := system + 1; c < t.nodes[system].end; c = t.nodes[c].end {
		name := t.name(c)
		if element, ok := bytes.CutSuffix(name, []byte("_attributes")); ok {
			b.systemAttributes(element, c)
			continue
		}
		switch t.nodes[c].kind {
		case kindObject:
			if t.nodes[c].end == c+1 {
				b.system(systemName(name, nil), span{})
			}
			b.systemAttributes(name, c)
		case kindArray:
			for i := c + 1; i < t.nodes[c].end; i = t.nodes[i].end {
				if t.scalar(i) {
					b.system(systemName(name, nil), t.nodes[i].value)
				}
			}
		default:
			b.system(systemName(name, nil), t.nodes[c].value)
		}
	}
}

func (b *builder) systemAttributes(element []byte, object int32) {
	t := b.t
	for c := object + 1; c < t.nodes[object].end; c = t.nodes[c].end {
		name := t.name(c)
		switch {
		case string(name) == "#attributes":
			b.systemAttributes(element, c)
		case string(name) == "#text", string(name) == "Value":
			if t.scalar(c) {
				b.system(systemName(element, nil), t.nodes[c].value)
			}
		case t.scalar(c):
			b.system(systemName(element, bytes.TrimPrefix(name, []byte("@"))), t.nodes[c].value)
		}
	}
}

// systemName is the field name of a child of System or of its attribute. The usual ones cost no room.
func systemName(element, attribute []byte) string {
	element = element[:min(len(element), maxElement)]
	if attribute == nil {
		switch string(element) {
		case "EventID":
			return "EventID"
		case "Channel":
			return "Channel"
		case "Computer":
			return "Computer"
		case "Keywords":
			return "Keywords"
		case "Level":
			return "Level"
		case "Task":
			return "Task"
		case "Opcode":
			return "Opcode"
		case "Version":
			return "Version"
		case "EventRecordID":
			return "EventRecordID"
		case "Correlation":
			return "Correlation"
		case "Security":
			return "Security"
		}
		return string(element)
	}
	switch string(element) {
	case "Provider":
		switch string(attribute) {
		case "Name":
			return "Provider_Name"
		case "Guid":
			return "Provider_Guid"
		}
	case "TimeCreated":
		if string(attribute) == "SystemTime" {
			return "TimeCreated_SystemTime"
		}
	case "Execution":
		switch string(attribute) {
		case "ProcessID":
			return "Execution_ProcessID"
		case "ThreadID":
			return "Execution_ThreadID"
		}
	case "Security":
		if string(attribute) == "UserID" {
			return "Security_UserID"
		}
	}
	return string(element) + "_" + string(attribute)
}

// data adds the leaves of EventData or UserData under their own names.
func (b *builder) data(section int32) {
	t := b.t
	if t.is(section, kindObject) {
		for c := section + 1; c < t.nodes[section].end; c = t.nodes[c].end {
			if isNamespace(t.name(c)) {
				continue
			} else if !isMark(t.name(c)) {
				b.leaves(c, t.nodes[c].name)
			} else if string(t.name(c)) == "#attributes" || t.name(c)[0] == '@' {
				b.attributes(t.name(section), c)
			}
		}
		return
	}
	if t.scalar(section) || t.is(section, kindArray) { // Velocidex: text without an element of its own
		b.leaves(section, t.nodes[section].name)
	}
}

// isMark reports whether a member's name says attribute or text and is no element.
func isMark(name []byte) bool {
	return len(name) > 0 && (name[0] == '@' || name[0] == '#') || bytes.HasSuffix(name, []byte("_attributes"))
}

// leaves adds what node i, of the element with that name, holds.
func (b *builder) leaves(i int32, name span) {
	t := b.t
	switch t.nodes[i].kind {
	case kindObject:
		if t.nodes[i].end == i+1 {
			b.field(name, span{})
			return
		}
		b.elementObject(i, name)
	case kindArray:
		if t.nodes[i].end == i+1 {
			b.field(name, span{})
		}
		for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
			b.leaves(c, name)
		}
	case kindString:
		value := t.nodes[i].value
		if bareGUID(t.str(value)) {
			value = b.guid(value)
		}
		b.field(name, value)
	default:
		b.field(name, t.nodes[i].value)
	}
}

func (b *builder) elementObject(i int32, name span) {
	t := b.t
	if string(t.str(name)) == "Data" { // a Data element bears the name in its attribute
		attr := t.member(i, "@Name")
		if attr < 0 {
			attr = t.member(t.member(i, "#attributes"), "Name")
		}
		if attr < 0 {
			attr = t.member(i, "Name") // Velocidex
		}
		if t.scalar(attr) {
			text := t.member(i, "#text")
			if text < 0 {
				text = t.member(i, "Value")
			}
			if text < 0 {
				b.field(t.nodes[attr].value, span{})
			} else {
				b.leaves(text, t.nodes[attr].value)
			}
			return
		}
	}
	before := len(b.fields)
	for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
		switch own := t.name(c); {
		case string(own) == "#text", string(own) == "Value" && t.nodes[i].end > t.nodes[c].end:
			b.leaves(c, name)
		case isMark(own):
			element, ok := bytes.CutSuffix(own, []byte("_attributes"))
			if !ok {
				element = t.str(name)
			}
			b.attributes(element, c)
		case isNamespace(own): // Velocidex
		default:
			b.leaves(c, t.nodes[c].name)
		}
	}
	if len(b.fields) == before { // an empty element with nothing but a namespace
		b.field(name, span{})
	}
}

// attributes adds node c, an attribute or an object of them, as Element_Attribute. Declarations of namespaces are no data.
func (b *builder) attributes(element []byte, c int32) {
	t := b.t
	if t.is(c, kindObject) {
		for a := c + 1; a < t.nodes[c].end; a = t.nodes[a].end {
			b.attributes(element, a)
		}
		return
	}
	name := bytes.TrimPrefix(t.name(c), []byte("@"))
	if !t.scalar(c) || isNamespace(name) {
		return
	}
	b.field(t.join(element, '_', name), t.nodes[c].value)
}

func isNamespace(attribute []byte) bool {
	return string(attribute) == "xmlns" || bytes.HasPrefix(attribute, []byte("xmlns:"))
}

// rendering adds what RenderingInfo says in words. Its names are those of System; only the message keeps its own.
func (b *builder) rendering(i int32) {
	t := b.t
	for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
		switch name := t.name(c); {
		case !t.scalar(c):
			b.rendering(c)
		case string(name) == "Message":
			b.fixed("Message", t.nodes[c].value)
		default:
			b.fixed("RenderingInfo_"+string(bytes.TrimPrefix(name, []byte("@"))), t.nodes[c].value)
		}
	}
}
