package analysis

import (
	"strconv"
	"testing"

	"vigie/internal/detect"
	"vigie/internal/evtx"
	"vigie/internal/record"
)

func TestLineage(t *testing.T) {
	t.Parallel()
	root := detect.Hit{Meta: detect.HitMeta{Flaw: "webshell", Act: "process", Version: "1"}, Descendants: detect.HitMeta{Flaw: "webshell", Act: "tree", Version: "1"}}
	other := detect.Hit{Meta: detect.HitMeta{Flaw: "x", Act: "y"}}
	var l lineage
	for _, step := range []struct {
		what, host, id, parent string
		hits                   []detect.Hit
		want                   bool
	}{
		{"a process like others", "A", "1", "0", nil, false},
		{"the shell that a rule names", "A", "2", "1", []detect.Hit{root}, false},
		{"its child", "A", "3", "2", nil, true},
		{"the child's child", "A", "4", "3", nil, true},
		{"a child with a rule of its own", "A", "5", "3", []detect.Hit{other}, false},
		{"the child of that", "A", "6", "5", nil, true},
		{"the same numbers on another machine", "B", "3", "2", nil, false},
		{"a number given again to a child of somebody else", "A", "3", "1", nil, false},
		{"a child of the new process", "A", "7", "3", nil, false},
	} {
		ev := &record.Event{Event: &evtx.Event{}, Host: step.host, Source: "evtx-security"}
		h, got := l.follow(birth{ev, record.Process{ID: step.id, Parent: step.parent}, step.hits})
		if got != step.want || got && (h.Meta.Act != "tree" || h.Meta.Flaw != "webshell" || h.Key.Rule != detect.DescendantRule) {
			t.Errorf("%s: %v %+v", step.what, got, h)
		}
	}
}

func TestLineageIsBounded(t *testing.T) {
	t.Parallel()
	l := lineage{tainted: map[processKey]detect.HitMeta{}}
	for i := range maxTainted + 5 {
		l.taint(processKey{id: strconv.Itoa(i)}, detect.HitMeta{})
	}
	if len(l.tainted) > maxTainted || l.left == 0 {
		t.Errorf("%d processes, %d left out", len(l.tainted), l.left)
	}
}
