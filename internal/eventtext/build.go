package eventtext

import (
	"time"
	"unicode/utf8"

	"vigie/internal/evtx"
)

// built is a field whose texts are in the tree, or whose name is one of the fixed ones.
type built struct {
	fixed string
	name  span
	value span
}

// builder collects the fields of one event and puts the values of System into the form that package evtx gives them.
type builder struct {
	t          *tree
	opt        *Options
	fields     []built
	has        known
	written    time.Time
	timeCode   string // why there is no time although there is a text of one
	timeText   string
	badPayload bool // the payload of EvtxECmd was no JSON
}

// known tells which of the fields that every event has are there.
type known uint16

const (
	hasEventID known = 1 << iota
	hasChannel
	hasComputer
	hasProvider
	hasGuid
	hasRecordID
	hasProcess
	hasThread
	hasOpcode
	hasTime
)

func (b *builder) reset(opt *Options) {
	*b = builder{t: b.t, opt: opt, fields: b.fields[:0]}
}

// field adds a field as it stands.
func (b *builder) field(name, value span) {
	b.fields = append(b.fields, built{name: name, value: value})
}

func (b *builder) fixed(name string, value span) {
	b.fields = append(b.fields, built{fixed: name, value: value})
}

// system adds a field of System under its name in package evtx and in its form.
func (b *builder) system(name string, value span) {
	switch name {
	case "EventID":
		b.has |= hasEventID
	case "Channel":
		b.has |= hasChannel
	case "Computer":
		b.has |= hasComputer
	case "Provider_Name":
		b.has |= hasProvider
	case "Opcode":
		b.has |= hasOpcode
	case "EventRecordID":
		b.has |= hasRecordID
	case "Execution_ProcessID":
		b.has |= hasProcess
	case "Execution_ThreadID":
		b.has |= hasThread
	case "Keywords":
		value = b.keywords(value)
	case "Provider_Guid":
		b.has |= hasGuid
		value = b.guid(value)
	case "Correlation_ActivityID", "Correlation_RelatedActivityID":
		value = b.guid(value)
	case "TimeCreated_SystemTime":
		if b.has&hasTime == 0 {
			if !b.time(value, b.opt.Zone) && value.from < value.to {
				b.fixed("TimeCreated", value)
			}
			return
		}
	}
	b.fixed(name, value)
}

// time takes the time of the event, with zone if the text has none: the field has it as RFC 3339 in UTC with seven decimals. False when the text gives
// no time; the caller keeps the text.
func (b *builder) time(value span, zone *time.Location) bool {
	text := b.t.str(value)
	if len(text) == 0 {
		return false
	}
	when, code := parseTime(text, zone, b.opt.Order)
	if code != "" {
		b.timeCode, b.timeText = code, string(text[:min(len(text), maxExcerpt)])
		return false
	}
	b.has |= hasTime
	b.written, b.timeCode, b.timeText = when, "", ""
	from := len(b.t.text)
	b.t.text = when.AppendFormat(b.t.text, systemTime)
	b.fixed("TimeCreated_SystemTime", span{uint32(from), uint32(len(b.t.text))})
	return true
}

// firstTime takes the time from the first of several places that gives one. Their texts are fields already.
func (b *builder) firstTime(places ...int32) {
	code, text := "", ""
	for _, i := range places {
		if i <= 0 || !b.t.scalar(i) {
			continue
		}
		if b.has&hasTime != 0 || b.time(b.t.nodes[i].value, b.opt.Zone) {
			return
		}
		if code == "" {
			code, text = b.timeCode, b.timeText
		}
	}
	b.timeCode, b.timeText = code, text
}

// sharedText is up to what size the fields of a record share one string; what is kept of a larger document must not keep all of it.
const sharedText = 256 << 10

// fieldsOf gives the fields that were collected.
func (b *builder) fieldsOf() []evtx.Field {
	text := b.t.text
	get := func(s span) string { return string(text[s.from:b.cut(s)]) }
	if len(text) <= sharedText {
		all := string(text)
		get = func(s span) string { return all[s.from:b.cut(s)] }
	}
	// The items of an array share a name; copies of a long one would add up.
	long := map[span]string{}
	fields := make([]evtx.Field, len(b.fields))
	for i, f := range b.fields {
		name := f.fixed
		if name == "" && len(text) > sharedText && f.name.to-f.name.from > maxElement {
			if name = long[f.name]; name == "" {
				name = get(f.name)
				long[f.name] = name
			}
		} else if name == "" {
			name = get(f.name)
		}
		fields[i] = evtx.Field{Name: name, Value: get(f.value)}
	}
	return fields
}

// cut is where s ends when no more than MaxField of it is kept.
func (b *builder) cut(s span) uint32 {
	if s.to-s.from <= MaxField {
		return s.to
	}
	b.t.flags |= FlagCut
	n := s.from + MaxField
	for n > s.from+MaxField-utf8.UTFMax && !utf8.RuneStart(b.t.text[n]) {
		n--
	}
	return n
}
