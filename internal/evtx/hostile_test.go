package evtx

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"vigie/internal/evtx/evtxtest"
)

var le = binary.LittleEndian

// damage builds a log of n logons in one chunk, lets f change the chunk, and
// reads it; at is where each record begins in the chunk.
func damage(t *testing.T, n int, f func(chunk []byte, at []int)) result {
	t.Helper()
	b := evtxtest.Build(logons(n))
	f(b[4096:], offsets(b[4096:]))
	return read(t, b, Options{})
}

func offsets(chunk []byte) (at []int) {
	for pos := recordArea; ; {
		size, code := recordAt(chunk, pos)
		if size == 0 || code != "" {
			return at
		}
		at = append(at, pos)
		pos += size
	}
}

// without is the ids from 1 to n but some.
func without(n uint64, but ...uint64) (list []uint64) {
	for id := uint64(1); id <= n; id++ {
		if !slices.Contains(but, id) {
			list = append(list, id)
		}
	}
	return list
}

// C1: the size of a record.
func TestRecordSizes(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]uint32{"0": 0, "1": 1, "23": 23, "27": 27, "one more": 1<<32 - 1, "not of 4": 333, "past the chunk": 65536, "up to the end": 65536 - 4000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := damage(t, 20, func(c []byte, at []int) { le.PutUint32(c[at[9]+4:], size); evtxtest.Seal(c) })
			if got := ids(r.events); !slices.Equal(got, without(20, 10)) && !slices.Equal(got, without(20)) {
				t.Errorf("events %v", got)
			}
			for _, e := range r.events {
				if e.RecordID > 10 != e.Recovered && size != 65536-4000 {
					t.Errorf("record %d recovered %v", e.RecordID, e.Recovered)
				}
			}
			if len(r.errs) == 0 {
				t.Error("no error")
			}
		})
	}
	t.Run("trailing copy differs", func(t *testing.T) {
		t.Parallel()
		r := damage(t, 20, func(c []byte, at []int) { le.PutUint32(c[at[10]-4:], 5); evtxtest.Seal(c) })
		if !slices.Equal(ids(r.events), without(20)) || !slices.Equal(codes(r.errs), []string{CodeRecordCopy}) {
			t.Error(ids(r.events), r.errs)
		}
	})
	t.Run("sizes agree and are wrong", func(t *testing.T) {
		t.Parallel()
		r := damage(t, 20, func(c []byte, at []int) {
			half := uint32(at[10]-at[9]) / 8 * 4
			le.PutUint32(c[at[9]+4:], half)
			le.PutUint32(c[at[9]+int(half)-4:], half)
			evtxtest.Seal(c)
		})
		if got := ids(r.events); !slices.Equal(got, without(20, 10)) || len(r.errs) == 0 {
			t.Error(got, r.errs)
		}
	})
}

// C2: names and templates that point at themselves, at each other, at nothing.
func TestLinksThatGoInCircles(t *testing.T) {
	t.Parallel()
	r := damage(t, 20, func(c []byte, at []int) {
		tpl := at[0] + recordHeader + 4 + instanceHeader
		le.PutUint32(c[tpl:], uint32(tpl)) // next template: itself
		name := tpl + definitionHeader + 4 + 1 + 2 + 4 + 4
		le.PutUint32(c[name:], uint32(name)) // next name: itself
		for i := 128; i < 512; i += 4 {
			le.PutUint32(c[i:], uint32(i))
		}
		evtxtest.Seal(c)
	})
	if len(r.events) != 20 || len(r.errs) != 0 {
		t.Error(len(r.events), r.errs)
	}
	r = damage(t, 20, func(c []byte, at []int) { // a template that is a record, one out of the chunk
		le.PutUint32(c[at[5]+recordHeader+4+6:], uint32(at[5]))
		le.PutUint32(c[at[6]+recordHeader+4+6:], 1<<31)
		evtxtest.Seal(c)
	})
	if got, _ := r.events[5].Get("Value14"); len(r.events) != 20 || !r.events[5].Partial || got != "Microsoft-Windows-Security-Auditing" {
		t.Error(len(r.events), r.events[5], r.errs)
	}
	if !strings.HasPrefix(r.xml[5], "<Event><Value0>0</Value0>") || !strings.HasPrefix(r.json[5], `{"Event":{"Value0":0,`) {
		t.Error(r.xml[5], r.json[5])
	}
	// The values of the nested template, which is not lost, keep their names.
	if got, _ := r.events[6].Get("TargetUserName"); got != "userxxxxxx" {
		t.Error(r.events[6].Fields)
	}
}

// C3: templates in templates, elements in elements.
func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	type el = evtxtest.Element
	nested := func(depth int) []byte {
		v := evtxtest.Text("core")
		tpl := &evtxtest.Template{GUID: [16]byte{7}, Root: &el{Name: "E", Content: []any{evtxtest.Sub{Index: 0, Type: 0x21}}}}
		for range depth - 1 {
			v = evtxtest.Value{Type: 0x21, Template: tpl, Values: []evtxtest.Value{v}}
		}
		w := evtxtest.NewWriter()
		w.Add(evtxtest.Record{ID: 1, Time: noon, Template: tpl, Values: []evtxtest.Value{v}})
		w.Add(evtxtest.Record{ID: 2, Time: noon, Template: tpl, Values: []evtxtest.Value{evtxtest.Text("next")}})
		return w.Bytes()
	}
	deep := func(depth int) []byte {
		e := &el{Name: "E", Content: []any{"core"}}
		for range depth - 1 {
			e = &el{Name: "E", Content: []any{e}}
		}
		w := evtxtest.NewWriter()
		w.Add(evtxtest.Record{ID: 1, Time: noon, Template: &evtxtest.Template{GUID: [16]byte{7}, Root: e}})
		w.Add(evtxtest.Record{ID: 2, Time: noon, Template: &evtxtest.Template{GUID: [16]byte{8}, Root: &el{Name: "E", Content: []any{"next"}}}})
		return w.Bytes()
	}
	tests := map[string]struct {
		log  []byte
		want []uint64
		code []string
	}{
		"templates, the most":    {nested(maxTemplates), without(2), nil},
		"templates, one more":    {nested(maxTemplates + 1), without(2, 1), []string{CodeTemplateDeep}},
		"templates, far too":     {nested(1500), without(2, 1), []string{CodeTemplateDeep}},
		"elements, the most":     {deep(maxElements), without(2), nil},
		"elements, far too deep": {deep(2000), without(2), []string{CodeElementsDeep}}, // a template of no values: there is nothing to lose
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := read(t, test.log, Options{})
			got := ids(r.events)
			if name == "elements, far too deep" {
				got = append([]uint64{1}, got...)
			}
			if !slices.Equal(got, test.want) || !slices.Contains(append(codes(r.errs), ""), append(test.code, "")[0]) {
				t.Error(ids(r.events), r.errs)
			}
		})
	}
}

// C4, C5: counts and sizes that the record cannot hold.
func TestCountsAndSizesOfValues(t *testing.T) {
	t.Parallel()
	second := func(at []int) int { return at[1] + recordHeader + 4 + instanceHeader } // the count of values of record 2
	tests := map[string]struct {
		change func(c []byte, at []int)
		code   string
	}{
		"65,535 values":        {func(c []byte, at []int) { le.PutUint32(c[second(at):], 65535) }, CodeTemplateArgs},
		"most values":          {func(c []byte, at []int) { le.PutUint32(c[second(at):], 1<<32-1) }, CodeTemplateArgs},
		"1,024 values":         {func(c []byte, at []int) { le.PutUint32(c[second(at):], 1024) }, CodeTemplateValues},
		"a value too long":     {func(c []byte, at []int) { le.PutUint16(c[second(at)+4+4*14:], 65535) }, CodeTemplateValues},
		"nothing but zeroes":   {func(c []byte, at []int) { clear(c[at[1]+recordHeader : at[2]-4]) }, CodeRecordEmpty},
		"nothing but ones":     {func(c []byte, at []int) { copy(c[at[1]+recordHeader:at[2]-4], bytes.Repeat([]byte{0xff}, 200)) }, CodeTokenUnknown},
		"a mark in a template": {func(c []byte, at []int) { c[at[1]+recordHeader+4] = 0x0d }, CodeTokenUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := damage(t, 20, func(c []byte, at []int) { test.change(c, at); evtxtest.Seal(c) })
			if !slices.Equal(ids(r.events), without(20, 2)) || !slices.Equal(codes(r.errs), []string{test.code}) {
				t.Error(ids(r.events), r.errs)
			}
			if e := r.errs[0]; e.Record != 2 || !e.HasID || e.Chunk != 0 || e.Action != ActionRecordSkipped || e.Offset < 4096+512 {
				t.Errorf("%+v", e)
			}
		})
	}
}

// C6 is in TestTextOfValues: arrays of odd sizes.

// C7: headers and checksums that lie, chunks without magic.
func TestHeadersThatLie(t *testing.T) {
	t.Parallel()
	whole := evtxtest.Build(logons(700)) // in several chunks
	want := len(read(t, whole, Options{}).events)
	chunks := (len(whole) - 4096) / chunkSize
	first := len(read(t, whole[:4096+chunkSize], Options{}).events)
	tests := map[string]struct {
		change func(b []byte)
		n      int
		codes  []string
	}{
		"no chunks by the header":     {func(b []byte) { le.PutUint16(b[42:], 0); le.PutUint64(b[16:], 0) }, want, []string{CodeFileChecksum}},
		"65,535 chunks by the header": {func(b []byte) { le.PutUint16(b[42:], 65535) }, want, []string{CodeFileChecksum}},
		"dirty":                       {func(b []byte) { b[120] = 1 }, want, nil},
		"no checksums": {func(b []byte) {
			b[120] = 4
			b[124] = 9
			b[4096+120] = 4
			clear(b[4096+52 : 4096+56])
			clear(b[4096+124 : 4096+128])
		}, want, nil},
		"unknown version":           {func(b []byte) { b[38] = 9; b[120] = 4 }, want, []string{CodeFileVersion}},
		"no file header":            {func(b []byte) { clear(b[:4096]) }, want, []string{CodeFileMagic, CodeChunkMagic}},
		"no chunk magic":            {func(b []byte) { b[4096] = 'X' }, want, []string{CodeChunkMagic}},
		"chunk header zeroed":       {func(b []byte) { clear(b[4096 : 4096+512]) }, want, []string{CodeChunkMagic}},
		"chunk zeroed":              {func(b []byte) { clear(b[4096 : 4096+chunkSize]) }, want - first, nil},
		"checksum of the header":    {func(b []byte) { b[4096+130] ^= 1 }, want, []string{CodeChunkHeaderCRC}},
		"checksum of the records":   {func(b []byte) { b[4096+600] ^= 0; b[4096+52] ^= 1 }, want, []string{CodeChunkChecksum, CodeChunkHeaderCRC}},
		"free space 0":              {func(b []byte) { le.PutUint32(b[4096+48:], 0) }, want, []string{CodeChunkChecksum, CodeChunkHeader, CodeChunkHeaderCRC}},
		"free space past the chunk": {func(b []byte) { le.PutUint32(b[4096+48:], 1<<31) }, want, []string{CodeChunkChecksum, CodeChunkHeader, CodeChunkHeaderCRC}},
		"free space too small":      {func(b []byte) { le.PutUint32(b[4096+48:], 512); evtxtest.Seal(b[4096:]) }, want, nil},
		"free space at the end":     {func(b []byte) { le.PutUint32(b[4096+48:], chunkSize); evtxtest.Seal(b[4096:]) }, want, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bytes.Clone(whole)
			test.change(b)
			r := read(t, b, Options{})
			got := codes(r.errs)
			slices.Sort(got)
			if name == "no file header" {
				got = slices.Compact(got)
			}
			slices.Sort(test.codes)
			if len(r.events) != test.n || !slices.Equal(got, test.codes) {
				t.Errorf("%d events of %d in %d chunks, errors %v", len(r.events), test.n, chunks, r.errs)
			}
			suspect := slices.Contains(test.codes, CodeChunkChecksum)
			if r.events[0].Suspect != suspect || r.events[0].Recovered != (slices.Contains(test.codes, CodeChunkMagic) && name != "no file header") {
				t.Errorf("suspect %v, recovered %v", r.events[0].Suspect, r.events[0].Recovered)
			}
		})
	}
}

// C8: ids and times are data, not order.
func TestIDsAndTimesOutOfOrder(t *testing.T) {
	t.Parallel()
	r := damage(t, 20, func(c []byte, at []int) {
		le.PutUint64(c[at[3]+8:], 1<<64-1)
		le.PutUint64(c[at[4]+8:], 1)
		le.PutUint64(c[at[5]+16:], 0)
		le.PutUint64(c[at[6]+16:], 1<<64-1)
		le.PutUint64(c[at[7]+16:], 1<<63-1)
		evtxtest.Seal(c)
	})
	if len(r.events) != 20 || len(r.errs) != 0 {
		t.Fatal(ids(r.events), r.errs)
	}
	if !r.events[5].Written.IsZero() || !r.events[6].Written.IsZero() || r.events[7].Written.Year() != 30828 || r.events[3].RecordID != 1<<64-1 {
		t.Error(r.events[5].Written, r.events[6].Written, r.events[7].Written)
	}
}

// C9, C10 are in TestTextOfValues and TestShapesOfElements; hashes of names here.
func TestHashesOfNamesAreNotNeeded(t *testing.T) {
	t.Parallel()
	r := damage(t, 3, func(c []byte, at []int) {
		name := at[0] + recordHeader + 4 + instanceHeader + definitionHeader + 4 + 1 + 2 + 4 + 4
		le.PutUint16(c[name+4:], 0xdead)
		evtxtest.Seal(c)
	})
	if len(r.events) != 3 || len(r.errs) != 0 {
		t.Error(len(r.events), r.errs)
	}
}
