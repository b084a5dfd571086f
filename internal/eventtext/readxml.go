package eventtext

import "bytes"

// The places of fields in the XML of an event: /Event/System/…, /Event/EventData/…, /Event/UserData/…, /Event/RenderingInfo/….

// section is the name of the open child of Event; depth counts the open elements.
func (p *xmlParser) section() (name []byte, depth int) {
	if len(p.stack) > 1 {
		name = p.t.str(p.stack[1].name)
	}
	return name, len(p.stack)
}

// leaf adds the text of an element.
func (p *xmlParser) leaf(e *element, text span) {
	b := p.b
	section, depth := p.section()
	switch string(section) {
	case "":
		b.field(e.name, text)
	case "System":
		if depth > 2 {
			b.system(systemName(p.t.str(e.name), nil), text)
		}
	case "RenderingInfo":
		if name := string(p.t.str(e.name)); name == "Message" {
			b.fixed("Message", text)
		} else if depth > 2 && (name != "Keywords" || text.from < text.to) {
			b.fixed("RenderingInfo_"+name, text)
		}
	default:
		if depth > 2 || text.from < text.to {
			b.field(e.name, text)
		}
	}
}

// attributeField adds an attribute; that of a Data element called Name names the element itself, unless it is empty.
func (p *xmlParser) attributeField(e *element, name []byte, value span) {
	b := p.b
	section, depth := p.section()
	switch {
	case depth < 2:
	case string(section) == "System":
		e.attrs = true
		b.system(systemName(p.t.str(e.name), name), value)
	case string(section) == "RenderingInfo":
		e.attrs = true
		b.fixed("RenderingInfo_"+string(name), value)
	case depth > 2 && string(name) == "Name" && !e.named && value.from < value.to && string(p.t.str(e.name)) == "Data":
		e.name, e.named = value, true
	default:
		e.attrs = true
		b.field(p.t.join(local(p.t.str(e.tag)), '_', name), value)
	}
}

// isEventStart reports whether data begins with the start tag of an event: of that name, with the namespace of events or System as first child.
// Windows writes "<" in values as &lt;, so no value can look like this.
func isEventStart(data []byte) bool {
	if !isEventTag(data) {
		return false
	}
	end := bytes.IndexByte(data[:min(len(data), 512)], '>')
	if end < 0 {
		return false
	}
	if bytes.Contains(data[:end], []byte("/win/2004/08/events/event")) {
		return true
	}
	rest := bytes.TrimLeft(data[end+1:min(len(data), end+512)], " \t\r\n")
	return bytes.HasPrefix(rest, []byte("<System>"))
}

// isEventTag reports whether data begins with a tag of that name, with any prefix.
func isEventTag(data []byte) bool {
	if len(data) < 2 || data[0] != '<' {
		return false
	}
	n := 1
	for n < len(data) && n < 64 && isName(data[n]) {
		n++
	}
	return n < len(data) && string(local(data[1:n])) == "Event"
}

// readXML reads the Event elements of a stream, whatever is around them.
func (r *Reader) readXML() {
	for !r.stopped {
		data := r.win.bytes()
		if len(data) < 64 && r.win.more(block) {
			continue
		}
		if len(data) == 0 {
			return
		}
		switch {
		case isEventTag(data):
			r.element()
		case data[0] == '<':
			r.otherTag(data)
		default:
			n := bytes.IndexByte(data, '<')
			if n < 0 {
				n = len(data)
			}
			r.between(n)
		}
	}
}

// between passes text between elements, which is junk unless blank or a byte order mark.
func (r *Reader) between(n int) {
	text := bytes.Trim(r.win.bytes()[:n], " \t\r\n\x00\ufeff")
	if len(text) == 0 {
		r.win.advance(n, &r.ledger.Between)
		return
	}
	if !r.broken {
		r.problem(CodeJunk, 0, ActionBytes)
	}
	r.broken = true
	r.win.advance(n, &r.ledger.Skipped)
}

// maxAside is the longest comment, declaration or tag that is passed as a whole between events; a longer one is passed for its first byte only.
// After junk less is looked for, as junk may be made of nothing but openings.
const (
	maxAside      = 64 << 10
	maxAsideAgain = 1 << 10
)

// otherTag passes a tag, comment or declaration that is no event.
func (r *Reader) otherTag(data []byte) {
	end := ">"
	switch {
	case bytes.HasPrefix(data, []byte("<!--")):
		end = "-->"
	case bytes.HasPrefix(data, []byte("<?")):
		end = "?>"
	case bytes.HasPrefix(data, []byte("<!")):
		r.problem(CodeXMLDTD, 0, ActionBytes)
		// What it declares may hold brackets and quotes; none of it can look like the start tag of an event to Windows, so go on from here.
		r.win.advance(2, &r.ledger.Skipped)
		r.broken = true
		return
	}
	limit := maxAside
	if r.broken {
		limit = maxAsideAgain
	}
	k := bytes.Index(data[:min(len(data), limit)], []byte(end))
	for k < 0 && len(data) < limit && r.win.more(limit) {
		data = r.win.bytes()
		k = bytes.Index(data[:min(len(data), limit)], []byte(end))
	}
	if k < 0 {
		if !r.broken {
			r.problem(CodeJunk, 0, ActionBytes)
		}
		r.broken = true
		r.win.advance(1, &r.ledger.Skipped)
		return
	}
	n := k + len(end)
	if r.broken && !isEventsTag(data) { // the rest of a bad document
		r.win.advance(n, &r.ledger.Skipped)
		return
	}
	if end == ">" && !isEventsTag(data) {
		r.problem(CodeJunk, 0, ActionBytes)
		r.broken = true
		r.win.advance(n, &r.ledger.Skipped)
		return
	}
	r.win.advance(n, &r.ledger.Between)
}

// isEventsTag knows the start and end tag of the root that wevtutil and Event Viewer put around events.
func isEventsTag(data []byte) bool {
	data = bytes.TrimPrefix(data[1:], []byte("/"))
	n := 0
	for n < len(data) && n < 64 && isName(data[n]) {
		n++
	}
	return string(local(data[:n])) == "Events"
}

// element reads the event at the start of the window.
func (r *Reader) element() {
	for {
		data := r.win.bytes()
		r.tree.reset()
		r.build.reset(&r.opt)
		n, code, ok := parseXML(&r.build, data[:min(len(data), MaxDocument)], r.win.eof && len(data) <= MaxDocument, &r.lacks)
		switch {
		case ok && r.build.has&hasEventID != 0:
			r.emit(n)
			return
		case ok:
			r.problem(CodeNoEvent, 0, ActionDocument)
			r.win.advance(n, &r.ledger.Skipped)
			return
		case code == "" && len(data) <= MaxDocument:
			r.win.more(MaxDocument + 1)
			continue
		case code == "":
			r.limitProblem(CodeSize, 0, MaxDocument, 0, ActionDocument)
			n = MaxDocument
		case code == CodeDepth:
			r.limitProblem(code, n, MaxDepth, 0, ActionDocument)
		case code == CodeValues:
			r.limitProblem(code, n, MaxValues, 0, ActionDocument)
		case code == CodeTruncated || code == CodeXMLOpen:
			r.problem(code, 0, ActionDocument)
		default:
			r.problem(code, n, ActionDocument)
		}
		r.broken = true
		r.win.advance(r.nextEvent(n, code == ""), &r.ledger.Skipped)
		return
	}
}

// nextEvent is where, in the bad document at the start of the window, the next event can begin: at a start tag of one before byte bad, if the
// part is not too large to be looked at again, or from bad on, where readXML looks.
func (r *Reader) nextEvent(bad int, whole bool) int {
	data := r.win.bytes()
	if whole || bad > maxAgain {
		return max(1, bad)
	}
	for i := 1; i < bad; i++ {
		k := bytes.IndexByte(data[i:bad], '<')
		if k < 0 {
			break
		}
		if i += k; isEventTag(data[i:]) {
			return i
		}
	}
	return max(1, bad)
}
