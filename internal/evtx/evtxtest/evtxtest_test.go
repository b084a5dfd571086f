package evtxtest_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"vigie/internal/evtx"
	"vigie/internal/evtx/evtxtest"
)

func TestBuiltLogsAreWholeLogs(t *testing.T) {
	t.Parallel()
	var events []evtxtest.Event
	for range 500 { // more than a chunk holds
		events = append(events, evtxtest.Event{
			Provider: "Test", ID: 1, Channel: "Application", Computer: "PC", Time: time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
			Data: []evtxtest.Pair{{Name: "Text", Value: evtxtest.Text(strings.Repeat("é", 40))}, {Value: evtxtest.U16(9)}},
		})
	}
	events[499].RecordID = 9000
	b := evtxtest.Build(events)
	if (len(b)-evtxtest.FileHeaderSize)%evtxtest.ChunkSize != 0 || len(b) < evtxtest.FileHeaderSize+2*evtxtest.ChunkSize {
		t.Fatalf("%d bytes", len(b))
	}
	f, err := evtx.Open(bytes.NewReader(b), int64(len(b)), evtx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := f.Header(); !ok || h.NextRecord != 9001 || int(h.Chunks) != (len(b)-evtxtest.FileHeaderSize)/evtxtest.ChunkSize {
		t.Errorf("%+v", h)
	}
	n := 0
	for ev, err := range f.Events() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if text, _ := ev.Get("Text"); text != strings.Repeat("é", 40) || ev.Suspect || ev.Recovered {
			t.Fatalf("%+v", ev)
		}
		if ev.RecordID != uint64(n) && n != 500 {
			t.Errorf("record %d has the id %d", n, ev.RecordID)
		}
	}
	ledger := f.Ledger()
	if n != 500 || ledger.Size() != int64(len(b)) {
		t.Error(n, ledger)
	}
}

func TestRecordLargerThanAChunkIsAMistakeOfTheTest(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	evtxtest.Build([]evtxtest.Event{{Data: []evtxtest.Pair{{Name: "Big", Value: evtxtest.Bytes(make([]byte, 65000))}}}})
}
