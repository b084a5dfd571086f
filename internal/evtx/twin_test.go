package evtx

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"vigie/internal/evtx/evtxtest"
)

// sameWays checks that compiled templates give the fields that the walk gives, and the direct way their JSON.
func sameWays(t testing.TB, b []byte) {
	t.Helper()
	short, long := decodeLog(t, b, Options{}), decodeLog(t, b, Options{walked: true})
	if len(short.events) != len(long.events) || short.ledger != long.ledger {
		t.Fatalf("compiled: %d events, %+v, %v; walked: %d events, %+v, %v", len(short.events), short.ledger, short.errs, len(long.events), long.ledger, long.errs)
	}
	for i := range short.events {
		if !slices.Equal(short.events[i].Fields, long.events[i].Fields) {
			t.Fatalf("record %d compiled\n%q\nwalked\n%q", short.events[i].RecordID, short.events[i].Fields, long.events[i].Fields)
		}
	}
	sameJSON(t, b, short)
}

func TestCompiledTemplatesGiveWhatTheWalkGives(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		sameWays(t, randomLog(seed))
	}
}

func TestCompiledTemplatesOfRealLogs(t *testing.T) {
	t.Parallel()
	for _, b := range realLogs(t).logs {
		sameWays(t, b)
	}
}

// randomLog is a log of templates, elements and values put together at random.
func randomLog(seed uint64) []byte {
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	w := evtxtest.NewWriter()
	templates := make([]*evtxtest.Template, 4)
	for i := range templates {
		templates[i] = &evtxtest.Template{GUID: [16]byte{byte(i + 1)}, Root: g.element(0)}
	}
	for id := range uint64(12) {
		t := g.IntN(len(templates))
		w.Add(evtxtest.Record{ID: id + 1, Time: noon, Template: templates[t], Values: g.values(0, templates)})
		if g.IntN(5) == 0 {
			w.NextChunk() // the cache of templates serves from here on
		}
	}
	return w.Bytes()
}

type generator struct{ *rand.Rand }

func (g generator) name() string {
	return []string{"Event", "System", "Data", "Data", "Data", "X", "Y", "Name", "xmlns"}[g.IntN(9)]
}

func (g generator) element(depth int) *evtxtest.Element {
	e := &evtxtest.Element{Name: g.name()}
	for range g.IntN(3) {
		e.Attrs = append(e.Attrs, evtxtest.Attr{Name: g.name(), Parts: g.parts(1+g.IntN(2), 9)})
	}
	e.Content = g.parts(g.IntN(4), depth)
	return e
}

func (g generator) parts(n, depth int) (parts []any) {
	for range n {
		switch k := g.IntN(10); {
		case k < 3 && depth < 3:
			parts = append(parts, g.element(depth+1))
		case k < 4:
			parts = append(parts, []string{"", " \n", "text", "0x"}[g.IntN(4)])
		case k < 5:
			parts = append(parts, evtxtest.CharRef('&'))
		default:
			parts = append(parts, evtxtest.Sub{Index: uint16(g.IntN(10)), Type: 1, Optional: g.IntN(2) == 0})
		}
	}
	return parts
}

func (g generator) values(depth int, templates []*evtxtest.Template) (values []evtxtest.Value) {
	for i := range 8 {
		switch g.IntN(9) {
		case 0, 1:
			values = append(values, evtxtest.Value{})
		case 2:
			values = append(values, evtxtest.Text([]string{"", " ", "a", "value " + strconv.Itoa(i)}[g.IntN(4)]))
		case 3:
			values = append(values, evtxtest.U32(g.Uint32()))
		case 4:
			values = append(values, evtxtest.Texts([]string{"p", "", "q"}[:g.IntN(4)]...))
		case 5:
			values = append(values, evtxtest.Value{Type: uint8(g.IntN(256)), Data: make([]byte, g.IntN(12))})
		case 6, 7:
			if depth < 2 {
				values = append(values, evtxtest.Value{Type: evtxtest.TypeBinXML, Template: templates[g.IntN(len(templates))], Values: g.values(depth+1, templates)})
			}
		case 8:
			values = append(values, evtxtest.Value{Type: evtxtest.TypeBinXML, Element: &evtxtest.Element{Name: g.name(), Content: []any{"in"}}})
		}
	}
	return values
}
