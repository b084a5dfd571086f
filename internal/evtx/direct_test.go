package evtx

import (
	"bytes"
	"slices"
	"testing"

	"vigie/internal/evtx/evtxtest"
	"vigie/internal/jsonline"
)

// object writes fields as the JSON of an event is described: the slow twin of the direct way.
func object(fields []Field) []byte {
	b := []byte{'{'}
	for i, f := range fields {
		named := func(g Field) bool { return g.Name == f.Name }
		if slices.ContainsFunc(fields[:i], named) {
			continue
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(jsonline.AppendString(b, f.Name), ':')
		if !slices.ContainsFunc(fields[i+1:], named) {
			b = jsonline.AppendString(b, f.Value)
			continue
		}
		sep := byte('[')
		for _, g := range fields[i:] {
			if named(g) {
				b = jsonline.AppendString(append(b, sep), g.Value)
				sep = ','
			}
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// sameJSON checks that the direct way gives what the fields give, and tells how many events took it.
func sameJSON(t testing.TB, log []byte, want result) (direct int) {
	t.Helper()
	s, d := NewScanner(bytes.NewReader(log)), NewDecoder(Options{JSON: true})
	var c Chunk
	var ev Event
	var errs []*Error
	n := 0
	for s.Next(&c) {
		d.Start(&c)
		for d.Next(&ev) {
			if n == len(want.events) {
				t.Fatal("more events than fields were made of")
			}
			w := &want.events[n]
			n++
			if ev.Offset != w.Offset || ev.RecordID != w.RecordID || ev.Partial != w.Partial || ev.Recovered != w.Recovered {
				t.Fatalf("%+v, want %+v", ev, w)
			}
			if ev.JSON == nil {
				if !slices.Equal(ev.Fields, w.Fields) {
					t.Fatalf("record %d given up\n%q\nwant\n%q", ev.RecordID, ev.Fields, w.Fields)
				}
				continue
			}
			direct++
			if json := object(w.Fields); !bytes.Equal(ev.JSON, json) {
				t.Fatalf("record %d\n%s\nwant\n%s", ev.RecordID, ev.JSON, json)
			}
			for name := range heads {
				got, ok := ev.Get(name)
				if text, there := w.Get(name); got != text || ok != there {
					t.Fatalf("record %d: %s %q %v, want %q %v", ev.RecordID, name, got, ok, text, there)
				}
			}
		}
		errs = append(errs, d.Errors()...)
	}
	errs = append(errs, s.Errors()...)
	if n != len(want.events) || !slices.Equal(codes(errs), codes(want.errs)) {
		t.Fatalf("%d events, %q, want %d, %q", n, codes(errs), len(want.events), codes(want.errs))
	}
	return direct
}

func TestDirectJSONOfRealLogs(t *testing.T) {
	t.Parallel()
	direct, all := 0, 0
	for _, b := range realLogs(t).logs {
		r := decodeLog(t, b, Options{})
		direct += sameJSON(t, b, r)
		for i := range r.events {
			if !r.events[i].Partial {
				all++
			}
		}
	}
	if direct < all*98/100 {
		t.Errorf("%d of %d whole events are written directly", direct, all)
	}
}

func TestDirectJSON(t *testing.T) {
	t.Parallel()
	data := func(pairs ...string) []byte {
		var list []evtxtest.Pair
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, evtxtest.Pair{Name: pairs[i], Value: evtxtest.Text(pairs[i+1])})
		}
		return evtxtest.Build([]evtxtest.Event{{Provider: "P\"1", ID: 7, Channel: `Back\slash`, Computer: "PC1", RecordID: 41, Time: noon, Data: list}})
	}
	for name, c := range map[string]struct {
		log    []byte
		direct int
		holds  string
	}{
		"each name once":                         {data("A", "x", "B", "y\n"), 1, `"A":"x","B":"y\n"}`},
		"a name again in a row is a list":        {data("A", "x", "A", "y", "A", "z", "B", "w"), 1, `"A":["x","y","z"],"B":"w"}`},
		"a list at the end":                      {data("A", "x", "A", ""), 1, `"A":["x",""]}`},
		"a name again after others takes fields": {data("A", "x", "B", "y", "A", "z"), 0, ""},
		"a name of the system again":             {data("Channel", "forged"), 0, ""},
		"a name that must be escaped":            {data("a\u202eb", "x"), 1, `"a\u202eb":"x"}`},
		"what acts on a terminal":                {data("A", "\x1b[2J\u009b\u202e\u2066"), 1, `"A":"\u001b[2J\u009b\u202e\u2066"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := decodeLog(t, c.log, Options{})
			if n := sameJSON(t, c.log, r); n != c.direct {
				t.Errorf("%d events written directly", n)
			}
			s, d := NewScanner(bytes.NewReader(c.log)), NewDecoder(Options{JSON: true})
			var chunk Chunk
			var ev Event
			if !s.Next(&chunk) {
				t.Fatal("no chunk")
			}
			if d.Start(&chunk); !d.Next(&ev) || !bytes.HasSuffix(ev.JSON, []byte(c.holds)) {
				t.Errorf("%s", ev.JSON)
			}
			if channel, _ := ev.Get("Channel"); channel != `Back\slash` {
				t.Errorf("channel %q", channel)
			}
		})
	}
}

// TestLabelsAreBounded: a log of ever new names makes no decoder grow, and its events stay what they are.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	d := NewDecoder(Options{JSON: true})
	d.labels.size = maxInterned + 1
	log := evtxtest.Build(logons(3))
	s := NewScanner(bytes.NewReader(log))
	var c Chunk
	var ev Event
	if !s.Next(&c) {
		t.Fatal("no chunk")
	}
	d.Start(&c)
	if d.labels.full() || !d.Next(&ev) || ev.JSON == nil {
		t.Errorf("labels are not forgotten between chunks: %d bytes, %s", d.labels.size, ev.JSON)
	}
	d.labels.size = maxInterned + 1
	if !d.Next(&ev) || ev.JSON != nil || len(ev.Fields) < 10 {
		t.Errorf("%s %q", ev.JSON, ev.Fields)
	}
}

func TestNothingIsAllocatedForARecord(t *testing.T) {
	log := evtxtest.Build(logons(400))
	s, d := NewScanner(bytes.NewReader(log)), NewDecoder(Options{JSON: true})
	var chunks []Chunk
	for {
		var c Chunk
		if !s.Next(&c) {
			break
		}
		chunks = append(chunks, c)
	}
	var ev Event
	n := 0
	run := func() {
		for i := range chunks {
			d.Start(&chunks[i])
			for d.Next(&ev) {
				n++
			}
		}
	}
	run()
	if allocs := testing.AllocsPerRun(5, run); allocs > float64(8*len(chunks)) {
		t.Errorf("%.0f allocations for %d records", allocs, n/7)
	}
}
