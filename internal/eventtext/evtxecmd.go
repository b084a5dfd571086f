package eventtext

import "time"

// evtxecmd adds an event of EvtxECmd, a row of its CSV or a line of its JSON: columns for System, and in Payload the JSON of EventData or UserData.
func (b *builder) evtxecmd(doc int32) {
	t := b.t
	payload := int32(-1)
	for c := doc + 1; c < t.nodes[doc].end; c = t.nodes[c].end {
		name, listed := evtxecmdNames[string(t.name(c))]
		switch {
		case name == "Payload":
			payload = c
		case name == "TimeCreated_SystemTime" && t.scalar(c):
			if !b.time(t.nodes[c].value, time.UTC) { // EvtxECmd writes UTC
				b.dotted(c, t.nodes[c].name)
			}
		case name != "" && t.scalar(c) && len(t.val(c)) > 0:
			b.word(name, c)
		case !listed && t.scalar(c) && len(t.val(c)) > 0:
			b.dotted(c, t.nodes[c].name)
		}
	}
	if t.is(payload, kindObject) {
		b.document(payload)
	} else if t.scalar(payload) && len(t.val(payload)) > 0 {
		b.payload(payload)
	}
}

// payload reads the JSON text of a column behind the nodes of the row.
func (b *builder) payload(i int32) {
	t := b.t
	text := append([]byte(nil), t.val(i)...) // the tree's text moves while it grows
	from := len(t.nodes)
	n, _, ok := parseJSON(t, text, true)
	if !ok || n < len(text) || !t.is(int32(from), kindObject) {
		t.nodes = t.nodes[:from]
		b.field(t.nodes[i].name, t.nodes[i].value)
		b.badPayload = true
		return
	}
	b.document(int32(from))
}
