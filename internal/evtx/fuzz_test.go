package evtx

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"vigie/internal/evtx/evtxtest"
)

// fuzzSeconds is what no chunk of 64 KiB may cost, on a loaded machine too.
const fuzzSeconds = 5

// FuzzChunk changes a chunk with right checksums: what it finds is behind them.
func FuzzChunk(f *testing.F) {
	for seed := range uint64(6) {
		f.Add(randomLog(seed)[4096:][:16384])
	}
	b := evtxtest.Build(logons(12))[4096:]
	f.Add(b[:le.Uint32(b[48:])+400])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > chunkSize {
			return
		}
		b = bytes.Clone(b)
		if len(b) >= recordArea {
			copy(b, chunkMagic)
			evtxtest.Seal(b)
		}
		check(t, b)
	})
}

// FuzzFile changes a whole log.
func FuzzFile(f *testing.F) {
	f.Add(evtxtest.Build(nil))
	f.Add(evtxtest.Build(logons(3))[:9000])
	f.Add(append(evtxtest.Build(logons(3))[:9000], evtxtest.Build(logons(2))[:7000]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4*chunkSize {
			return
		}
		check(t, b)
	})
}

// check reads a log and checks what holds for every one: the ledger adds up,
// renderings are well-formed, the time is bounded, a second reading gives the
// same, the short way and the walk give the same fields.
func check(t *testing.T, b []byte) {
	start := time.Now()
	r := read(t, b, Options{})
	if took := time.Since(start); took > fuzzSeconds*time.Second {
		t.Fatalf("%d bytes took %v", len(b), took)
	}
	if again := read(t, b, Options{Borrow: true}); len(again.events) != len(r.events) || again.ledger != r.ledger || !slices.Equal(codes(again.errs), codes(r.errs)) {
		t.Fatal("a second reading gives another result")
	}
	for i := range r.errs {
		if r.errs[i].Code == CodeRecordWork || r.errs[i].Code == CodeChunkWork || r.errs[i].Code == CodeElementsDeep || r.errs[i].Code == CodeTemplateDeep {
			return // the two ways count their work and depth each in its own way
		}
	}
	sameWays(t, b)
}

// FuzzTemplates puts templates, elements and values together at random.
func FuzzTemplates(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { sameWays(t, randomLog(seed)) })
}
