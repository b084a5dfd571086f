package evtx

import (
	"bytes"
	"testing"

	"vigie/internal/evtx/evtxtest"
)

// BenchmarkFields reads a built log to fields: in safe events, in borrowed
// ones, and the slow way that the compiled one must equal.
func BenchmarkFields(b *testing.B) {
	log := evtxtest.Build(logons(20000))
	for name, opt := range map[string]Options{"kept": {}, "borrowed": {Borrow: true}, "walked": {Borrow: true, walked: true}, "json": {JSON: true}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			for b.Loop() {
				if n := decodeAll(log, opt, nil); n != 20000 {
					b.Fatal(n)
				}
			}
		})
	}
}

// BenchmarkJSON renders each event of a built log as JSON, on top of its fields.
func BenchmarkJSON(b *testing.B) {
	log := evtxtest.Build(logons(20000))
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		decodeAll(log, Options{Borrow: true}, func(d *Decoder) { out, _ = d.AppendJSON(out[:0]) })
	}
}

func decodeAll(log []byte, opt Options, each func(*Decoder)) (n int) {
	s, d := NewScanner(bytes.NewReader(log)), NewDecoder(opt)
	var c Chunk
	var ev Event
	for s.Next(&c) {
		d.Start(&c)
		for d.Next(&ev) {
			n++
			if each != nil {
				each(d)
			}
		}
	}
	return n
}
