package evtx

import "vigie/internal/jsonline"

// label is the name of a field as the direct way writes it.
type label struct {
	key  string // ,"name":"
	head bool   // the field is given as text too, see Options.JSON
	seen uint32 // the number of the last record that had such a field
}

// heads are the fields that are given as text beside the JSON: what says which event it is.
var heads = map[string]bool{
	"Channel": true, "Computer": true, "EventID": true, "EventRecordID": true, "Provider_Name": true, "TimeCreated_SystemTime": true,
}

// labels keeps one label for each name. Templates hold labels, so they are forgotten together, between two chunks.
type labels struct {
	byName map[string]*label
	size   int
}

// full says that the labels are as many as may be kept, counted as the names of an interner are.
func (l *labels) full() bool { return l.size > maxInterned }

// of gives the label of a name, nil when no more can be kept.
func (l *labels) of(name string) *label {
	if at, ok := l.byName[name]; ok {
		return at
	}
	if l.full() {
		return nil
	}
	if l.byName == nil {
		l.byName = map[string]*label{}
	}
	key := append(jsonline.AppendText([]byte(`,"`), name), `":"`...)
	l.size += len(key) + 128
	at := &label{key: string(key), head: heads[name]}
	l.byName[name] = at
	return at
}
