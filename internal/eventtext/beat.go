package eventtext

import "bytes"

// beat adds an event of winlogbeat. A name may be nested or written with dots; both are read as the dotted path. Fields of event_data and
// user_data get their own names, the known parts those of System; everything else, such as what a pipeline renamed to the Elastic Common
// Schema, keeps its path.
func (b *builder) beat(doc int32) {
	var w beatWalk
	for c := doc + 1; c < b.t.nodes[doc].end; c = b.t.nodes[c].end {
		b.beatNode(c, b.t.nodes[c].name, &w)
	}
	b.alias(hasEventID, "EventID", w.code)
	b.alias(hasProvider, "Provider_Name", w.provider)
	b.alias(hasComputer, "Computer", w.host)
	b.firstTime(w.created, w.stamp)
}

// beatWalk has the places of what is only used where a better one is missing.
type beatWalk struct{ code, provider, host, created, stamp int32 }

func (b *builder) beatNode(i int32, path span, w *beatWalk) {
	t := b.t
	switch t.nodes[i].kind {
	case kindNull:
		return
	case kindObject:
		for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
			b.beatNode(c, t.join(t.str(path), '.', t.name(c)), w)
		}
		return
	case kindArray:
		for c := i + 1; c < t.nodes[i].end; c = t.nodes[c].end {
			b.beatNode(c, path, w)
		}
		return
	}
	full := t.str(path)
	rest, inWinlog := bytes.CutPrefix(full, []byte("winlog."))
	for _, section := range [...]string{"event_data.", "user_data."} {
		if own, ok := bytes.CutPrefix(rest, []byte(section)); ok && len(own) > 0 {
			b.beatData(path, own, t.nodes[i].value)
			return
		}
	}
	switch string(full) {
	case "event.code":
		w.code = i
	case "event.provider":
		w.provider = i
	case "host.name":
		w.host = i
	case "@timestamp":
		w.stamp = i
	case "winlog.time_created":
		w.created = i
	default:
		// message and level are at the top in all versions; the others only in version 6, where nothing is under winlog.
		if name := beatNames[string(rest)]; name != "" && len(t.val(i)) > 0 && (inWinlog || b.topLevel(rest)) {
			b.word(name, i)
			return
		}
	}
	b.field(path, t.nodes[i].value)
}

// topLevel reports whether a name without "winlog." is winlogbeat's and not one of the Elastic Common Schema, where process.pid is the process
// that the event is about.
func (b *builder) topLevel(name []byte) bool {
	switch string(name) {
	case "process.pid", "process.thread.id":
		return false
	}
	return true
}

// beatData adds a field of event_data under the part of its path after the section, of which only the last counts: nested elements have their
// own names. The positions param1, param2 … of winlogbeat are values without a name.
func (b *builder) beatData(path span, own []byte, value span) {
	if k := bytes.LastIndexByte(own, '.'); k >= 0 && k+1 < len(own) {
		own = own[k+1:]
	}
	if n, ok := bytes.CutPrefix(own, []byte("param")); ok && isNumber(n) {
		b.fixed("Data", value)
		return
	}
	b.field(span{path.to - uint32(len(own)), path.to}, value)
}
