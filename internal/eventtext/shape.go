package eventtext

// shape builds the event of the document at node doc, by the shape that the names of its members show. It reports whether there is one.
func (r *Reader) shape(doc int32) bool {
	b, t := &r.build, &r.tree
	b.reset(&r.opt)
	if !t.is(doc, kindObject) {
		return false
	}
	if source := t.member(doc, "_source"); t.is(source, kindObject) { // Elastic: the document is inside
		doc = source
	} else if fields := t.member(doc, "fields"); t.is(fields, kindObject) && t.member(doc, "_index") >= 0 {
		doc = fields
	}
	m := b.members(doc)
	switch {
	case t.is(m.event, kindObject) && t.is(t.member(m.event, "System"), kindObject):
		b.document(m.event)
	case t.is(m.system, kindObject):
		b.document(doc)
	case m.winlog >= 0 || m.eventID6 >= 0 && m.logName6 >= 0:
		b.beat(doc)
	case m.payload >= 0 && m.eventIdMap >= 0:
		b.evtxecmd(doc)
	case m.id >= 0 && m.eventID < 0 && (m.logName >= 0 || m.providerName >= 0 || m.machineName >= 0):
		b.renamed(doc, getWinEventNames)
	case m.instanceID >= 0 && m.entryType >= 0:
		b.renamed(doc, getEventLogNames)
	default:
		b.flat(doc)
	}
	return b.has&hasEventID != 0
}

// shapeMembers are the members that tell the shapes apart, or -1.
type shapeMembers struct {
	event, system, winlog, eventID6, logName6, payload, eventIdMap, id, eventID, logName, providerName, machineName, instanceID, entryType int32
}

func (b *builder) members(doc int32) shapeMembers {
	m := shapeMembers{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
	t := b.t
	for c := doc + 1; c < t.nodes[doc].end; c = t.nodes[c].end {
		name := t.name(c)
		switch string(name) {
		case "Event":
			m.event = c
		case "System":
			m.system = c
		case "winlog":
			m.winlog = c
		case "event_id":
			m.eventID6 = c
		case "log_name":
			m.logName6 = c
		case "Payload", "PayloadData1", "MapDescription":
			m.payload = c
		case "EventId":
			m.eventIdMap = c
		case "Id":
			m.id = c
		case "EventID":
			m.eventID = c
		case "LogName":
			m.logName = c
		case "ProviderName":
			m.providerName = c
		case "MachineName":
			m.machineName = c
		case "InstanceId":
			m.instanceID = c
		case "EntryType":
			m.entryType = c
		default:
			if len(name) > 7 && string(name[:7]) == "winlog." {
				m.winlog = c
			}
		}
	}
	return m
}
