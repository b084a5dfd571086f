package evtx

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/evtx/evtxtest"
)

// C11: a log cut at any byte gives the records before the cut.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	b := evtxtest.Build(logons(6))
	ends := offsets(b[4096:])
	step := 7
	if os.Getenv("EVTX_EVERY_BIT") != "" {
		step = 1
	}
	for cut := 0; cut < 4096+ends[5]+2000; cut += step {
		r := read(t, b[:cut], Options{})
		n := 0
		for n+1 < len(ends) && 4096+ends[n+1] <= cut {
			n++
		}
		if cut < 4096+512 {
			n = 0
		}
		if len(r.events) < n || len(r.events) > n+1 {
			t.Fatalf("cut at %d: %d events, want %d", cut, len(r.events), n)
		}
		if len(r.errs) == 0 && cut != 4096 {
			t.Fatalf("cut at %d: no error", cut)
		}
	}
}

// C11: bytes more or less, logs one behind the other.
func TestBytesAddedAndLost(t *testing.T) {
	t.Parallel()
	b := evtxtest.Build(logons(700))
	all := len(read(t, b, Options{}).events)
	perChunk := len(offsets(b[4096:]))
	junk := bytes.Repeat([]byte("junk!"), 20)
	cat := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	tests := map[string]struct {
		log []byte
		min int
	}{
		"junk at the end":                 {cat(b, junk), all},
		"junk before":                     {cat(junk, b), all},
		"junk between chunks":             {cat(b[:4096+chunkSize], junk, b[4096+chunkSize:]), all},
		"junk inside a chunk":             {cat(b[:4096+30000], junk, b[4096+30000:]), all - perChunk},
		"bytes lost in a chunk":           {cat(b[:4096+30000], b[4096+30100:]), all - perChunk},
		"bytes lost in the last chunk":    {cat(b[:len(b)-50000], b[len(b)-49900:]), all - perChunk},
		"a chunk lost its end":            {cat(b[:4096+30000], b[4096+chunkSize:]), all - perChunk},
		"two logs one behind the other":   {cat(b, b), 2 * all},
		"a log behind a cut one":          {cat(b[:4096+30001], b), all},
		"a file header of one block less": {cat(b[:512], b[4096:]), all},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := read(t, test.log, Options{}); len(r.events) < test.min {
				t.Errorf("%d events, want at least %d: %v", len(r.events), test.min, r.errs)
			}
		})
	}
}

// emptyChunks gives a file header and empty chunks.
type emptyChunks struct {
	head []byte
	left int64
}

func (e *emptyChunks) Read(b []byte) (n int, err error) {
	if len(e.head) > 0 {
		n = copy(b, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	if e.left == 0 {
		return 0, io.EOF
	}
	n = int(min(int64(len(b)), e.left))
	clear(b[:n])
	e.left -= int64(n)
	return n, nil
}

// C11: 20 GiB of empty chunks are read at the speed of memory; here are 256 MiB of them.
func TestEmptyChunksAreQuick(t *testing.T) {
	t.Parallel()
	start := time.Now()
	r, size := scan(t, &emptyChunks{evtxtest.Build(nil), 256 << 20}, Options{})
	if r.ledger.Unused != 256<<20 || size != 256<<20+4096 || len(r.errs) != 0 {
		t.Errorf("%+v %v", r.ledger, r.errs)
	}
	t.Logf("256 MiB in %v", time.Since(start))
}

// C12: events whose providers are unknown are read all the same: no message texts are needed.

// Records that the chunk held before are found in its free space.
func TestSlack(t *testing.T) {
	t.Parallel()
	old, now := evtxtest.Build(logons(40))[4096:], logons(10)
	for i := range now {
		now[i].RecordID += 1000
	}
	b := evtxtest.Build(now)
	c := b[4096:]
	free := int(le.Uint32(c[48:]))
	copy(c[free:], old[free:])
	dup := offsets(c)[3]
	copy(c[65000:], c[dup:dup+400]) // a copy of a record that is there
	r := read(t, b, Options{})
	recovered := 0
	for _, e := range r.events {
		if e.Recovered {
			recovered++
			if e.RecordID > 40 || e.Suspect {
				t.Errorf("%+v", e)
			}
		}
	}
	if len(r.events)-recovered != 10 || recovered < 25 || len(r.errs) != 0 || r.ledger.RecoveredRecords != recovered || r.ledger.DuplicateRecords != 1 {
		t.Errorf("%d events, %d recovered, %+v, %v", len(r.events), recovered, r.ledger, r.errs)
	}
}

// A header that is older than the records of its chunk hides none.
func TestRecordsBehindTheEndByTheHeader(t *testing.T) {
	t.Parallel()
	r := damage(t, 20, func(c []byte, at []int) { le.PutUint32(c[48:], uint32(at[12])); evtxtest.Seal(c) })
	if !slices.Equal(ids(r.events), without(20)) || r.ledger.Records != 20 || len(r.errs) != 0 {
		t.Error(ids(r.events), r.ledger, r.errs)
	}
}

// A value cannot hide what follows, whatever it looks like.
func TestEventsThatLookLikeOtherThings(t *testing.T) {
	t.Parallel()
	inner := evtxtest.Build(logons(2))
	for name, payload := range map[string][]byte{"a file header": inner[:4096], "a chunk": inner[4096 : 4096+4000], "a record": inner[4096+512 : 4096+3000]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := logons(10)
			list[4].Data[0].Value = evtxtest.Bytes(payload)
			r := read(t, evtxtest.Build(list), Options{})
			if !slices.Equal(ids(r.events), without(10)) || len(r.errs) != 0 {
				t.Error(ids(r.events), r.errs)
			}
		})
	}
}

// Work is bounded: templates that use each other, values used over and over.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	type el = evtxtest.Element
	sub := evtxtest.Sub{Index: 0, Type: 0x21}
	doubling := &evtxtest.Template{GUID: [16]byte{1}, Root: &el{Name: "E", Content: []any{&el{Name: "A", Content: []any{sub}}, &el{Name: "B", Content: []any{sub}}}}}
	v := evtxtest.Text("x")
	for range 40 {
		v = evtxtest.Value{Type: 0x21, Template: doubling, Values: []evtxtest.Value{v}}
	}
	repeating := &evtxtest.Template{GUID: [16]byte{2}, Root: &el{Name: "E"}}
	for range 1000 {
		repeating.Root.Content = append(repeating.Root.Content, &el{Name: "F", Content: []any{sub}})
	}
	big := evtxtest.Texts(make([]string, 8000)...)
	w := evtxtest.NewWriter()
	w.Add(evtxtest.Record{ID: 1, Time: noon, Template: doubling, Values: []evtxtest.Value{v}})
	w.Add(evtxtest.Record{ID: 2, Time: noon, Template: repeating, Values: []evtxtest.Value{big}})
	w.Add(evtxtest.Record{ID: 3, Time: noon, Template: repeating, Values: []evtxtest.Value{evtxtest.Text("fine")}})
	b := w.Bytes()
	start := time.Now()
	r := read(t, b, Options{})
	t.Logf("a chunk at the bounds: %v", time.Since(start))
	if len(r.events) != 1 || !slices.Contains(codes(r.errs), CodeRecordWork) {
		t.Error(ids(r.events), r.errs)
	}
	// Budget of one chunk: many records that each cost their share.
	w = evtxtest.NewWriter()
	few := evtxtest.Texts(make([]string, 50)...)
	for id := range uint64(150) {
		w.Add(evtxtest.Record{ID: id, Time: noon, Template: repeating, Values: []evtxtest.Value{few}})
	}
	start = time.Now()
	r = read(t, w.Bytes(), Options{})
	t.Logf("a chunk at its bound: %v", time.Since(start))
	if len(r.events) == 150 || !slices.Contains(codes(r.errs), CodeChunkWork) {
		t.Error(len(r.events), codes(r.errs))
	}
}

// Any eight bytes changed cost less than a second and 64 MiB, and leave
// everything that must hold in place.
func TestRandomDamage(t *testing.T) {
	t.Parallel()
	g := rand.New(rand.NewPCG(1, 2))
	list := logons(60)
	list[7].Data[0].Value = evtxtest.Texts("a", "b", "c")
	list[8].Data[1].Value = evtxtest.Bytes([]byte(strings.Repeat("x", 400)))
	whole := evtxtest.Build(list)
	for range 500 {
		b := bytes.Clone(whole)
		for range 1 + g.IntN(8) {
			b[4096+g.IntN(24000)] = byte(g.Uint32())
		}
		r := read(t, b, Options{})
		if len(r.events) == 0 {
			t.Fatal("all events lost")
		}
	}
}

// Every bit of three small logs flipped; a sample of them in ordinary runs.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	arrays := logons(2)
	arrays[0].Data = []evtxtest.Pair{{Value: evtxtest.Texts("a", "b")}, {Name: "S", Value: evtxtest.Value{Type: evtxtest.TypeSID, Data: evtxtest.SID(5, 18)}}}
	for name, list := range map[string][]evtxtest.Event{"one event": logons(1), "arrays": arrays, "five events": logons(5)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := evtxtest.Build(list)
			used := 4096 + int(le.Uint32(b[4096+48:]))
			step := 61
			if os.Getenv("EVTX_EVERY_BIT") != "" {
				step = 1
			}
			for bit := 0; bit < 8*used; bit += step {
				if bit == 8*128 {
					bit = 8 * 4096 // the rest of the block is not read
				}
				if bit/8 >= 4096+120 && bit/8 < 4096+124 {
					continue // the flags of a chunk, which no checksum covers
				}
				b[bit/8] ^= 1 << (bit % 8)
				r := read(t, b, Options{})
				if len(r.events) < len(list)-1 {
					t.Fatalf("bit %d costs %d of %d events: %v", bit, len(list)-len(r.events), len(list), r.errs)
				}
				if bit >= 8*4096 && len(r.errs) == 0 {
					t.Fatalf("bit %d: no error", bit)
				}
				b[bit/8] ^= 1 << (bit % 8)
			}
		})
	}
}
