package evtx

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"vigie/internal/evtx/evtxtest"
)

var noon = time.Date(2021, 3, 3, 8, 12, 1, 123456700, time.UTC)

// logon is an event like most.
func logon(id uint64, user string) evtxtest.Event {
	return evtxtest.Event{
		Provider: "Microsoft-Windows-Security-Auditing", ID: 4624, Task: 12544, Keywords: 0x8020000000000000,
		Channel: "Security", Computer: "MAIL01.example.org", Time: noon.Add(time.Duration(id) * time.Second), RecordID: id,
		Data: []evtxtest.Pair{{Name: "TargetUserName", Value: evtxtest.Text(user)}, {Name: "LogonType", Value: evtxtest.U32(3)}},
	}
}

func logons(n int) (list []evtxtest.Event) {
	for i := range n {
		list = append(list, logon(uint64(i+1), "user"+strings.Repeat("x", i%17)))
	}
	return list
}

// result is all that reading gives.
type result struct {
	events []Event
	errs   []*Error
	ledger Ledger
	xml    []string
	json   []string
}

// read reads a log, and checks what must always hold: the ledger adds up, all
// errors have a place and a known code, renderings are well-formed.
func read(t testing.TB, b []byte, opt Options) result {
	t.Helper()
	r, size := scan(t, bytes.NewReader(b), opt)
	if size != int64(len(b)) || r.ledger.Size() != size {
		t.Fatalf("ledger of %d bytes says %d: %+v", len(b), r.ledger.Size(), r.ledger)
	}
	for _, e := range r.errs {
		if e.Offset < 0 || e.Offset > int64(len(b)) || e.What == "" || e.Action == "" || !slices.ContainsFunc(Codes, func(c CodeText) bool { return c.Code == e.Code }) {
			t.Fatalf("bad error %+v", e)
		}
	}
	return r
}

func scan(t testing.TB, in io.Reader, opt Options) (r result, size int64) {
	t.Helper()
	s, d := NewScanner(in), NewDecoder(opt)
	var c Chunk
	for s.Next(&c) {
		d.Start(&c)
		var ev Event
		for d.Next(&ev) {
			r.events = append(r.events, ev.Clone())
			x, okX := d.AppendXML(nil)
			j, okJ := d.AppendJSON(nil)
			if okX != okJ || okJ && !json.Valid(j) {
				t.Fatalf("record %d: bad JSON %s, XML %s", ev.RecordID, j, x)
			}
			if okX {
				wellFormed(t, x)
			}
			r.xml, r.json = append(r.xml, string(x)), append(r.json, string(j))
		}
		if l := d.Ledger(); l.Size() != int64(len(c.Data)) {
			t.Fatalf("ledger of chunk %d of %d bytes says %d: %+v", c.Index, len(c.Data), l.Size(), l)
		}
		r.errs = append(r.errs, d.Errors()...)
		r.ledger.Add(d.Ledger())
	}
	r.errs = append(r.errs, s.Errors()...)
	r.ledger.Add(s.Ledger())
	return r, s.Size()
}

func wellFormed(t testing.TB, x []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(x))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("XML not well-formed: %v\n%q", err, x)
		}
	}
}

func codes(errs []*Error) (list []string) {
	for _, e := range errs {
		list = append(list, e.Code)
	}
	return list
}

func ids(events []Event) (list []uint64) {
	for i := range events {
		list = append(list, events[i].RecordID)
	}
	return list
}

func TestEventOfEachRendering(t *testing.T) {
	t.Parallel()
	e := logon(812, `<b>&"`)
	e.UserID = evtxtest.SID(5, 21, 1, 2, 500)
	e.GUID = [16]byte{0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 0x3e, 0x3b, 3, 0x28, 0xc3, 0x0d}
	r := read(t, evtxtest.Build([]evtxtest.Event{e}), Options{})
	if len(r.events) != 1 || len(r.errs) != 0 {
		t.Fatal(len(r.events), r.errs)
	}
	ev := r.events[0]
	want := []Field{
		{"Provider_Name", "Microsoft-Windows-Security-Auditing"}, {"Provider_Guid", "{54849625-5478-4994-A5BA-3E3B0328C30D}"}, {"EventID", "4624"}, {"Version", "0"},
		{"Level", "0"}, {"Task", "12544"}, {"Opcode", "0"}, {"Keywords", "0x8020000000000000"}, {"TimeCreated_SystemTime", "2021-03-03T08:25:33.1234567Z"},
		{"EventRecordID", "812"}, {"Correlation", ""}, {"Execution_ProcessID", "4"}, {"Execution_ThreadID", "8"}, {"Channel", "Security"},
		{"Computer", "MAIL01.example.org"}, {"Security_UserID", "S-1-5-21-1-2-500"}, {"TargetUserName", `<b>&"`}, {"LogonType", "3"},
	}
	if !reflect.DeepEqual(ev.Fields, want) {
		t.Errorf("fields\n%q\nwant\n%q", ev.Fields, want)
	}
	if ev.Offset != 4096+512 || ev.RecordID != 812 || ev.Recovered || ev.Suspect || ev.Partial || !ev.Written.Equal(noon.Add(812*time.Second)) {
		t.Errorf("event %+v", ev)
	}
	const wantXML = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>` +
		`<Provider Name="Microsoft-Windows-Security-Auditing" Guid="{54849625-5478-4994-A5BA-3E3B0328C30D}"></Provider><EventID>4624</EventID>` +
		`<Version>0</Version><Level>0</Level><Task>12544</Task><Opcode>0</Opcode><Keywords>0x8020000000000000</Keywords>` +
		`<TimeCreated SystemTime="2021-03-03T08:25:33.1234567Z"></TimeCreated><EventRecordID>812</EventRecordID><Correlation></Correlation>` +
		`<Execution ProcessID="4" ThreadID="8"></Execution><Channel>Security</Channel><Computer>MAIL01.example.org</Computer>` +
		`<Security UserID="S-1-5-21-1-2-500"></Security></System><EventData><Data Name="TargetUserName">&lt;b&gt;&amp;"</Data>` +
		`<Data Name="LogonType">3</Data></EventData></Event>`
	if r.xml[0] != wantXML {
		t.Errorf("XML\n%s\nwant\n%s", r.xml[0], wantXML)
	}
	const wantJSON = `{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{` +
		`"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing","Guid":"{54849625-5478-4994-A5BA-3E3B0328C30D}"}},"EventID":4624,` +
		`"Version":0,"Level":0,"Task":12544,"Opcode":0,"Keywords":"0x8020000000000000",` +
		`"TimeCreated":{"#attributes":{"SystemTime":"2021-03-03T08:25:33.1234567Z"}},"EventRecordID":812,"Correlation":null,` +
		`"Execution":{"#attributes":{"ProcessID":4,"ThreadID":8}},"Channel":"Security","Computer":"MAIL01.example.org",` +
		`"Security":{"#attributes":{"UserID":"S-1-5-21-1-2-500"}}},"EventData":{"TargetUserName":"\u003cb\u003e\u0026\"","LogonType":3}}}`
	if r.json[0] != wantJSON {
		t.Errorf("JSON\n%s\nwant\n%s", r.json[0], wantJSON)
	}
}

func TestTextOfValues(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	raw := func(typ uint8, b ...byte) evtxtest.Value { return evtxtest.Value{Type: typ, Data: b} }
	tests := map[string]struct {
		value evtxtest.Value
		want  []string
		codes []string
	}{
		"text":                               {evtxtest.Text("Zürich – 東京 😀 trailing  "), []string{"Zürich – 東京 😀 trailing  "}, nil},
		"text that ends with NULs":           {raw(1, 'a', 0, 0, 0, 0, 0), []string{"a"}, nil},
		"text with a NUL inside":             {raw(1, 'a', 0, 0, 0, 'b', 0), []string{"a\x00b"}, nil},
		"text of odd size":                   {raw(1, 'a', 0, 'b'), []string{"a"}, nil},
		"text with half a pair":              {raw(1, 'a', 0, 0, 0xd8, 'b', 0, 0, 0xdc), []string{"a\ufffdb\ufffd"}, nil},
		"text with half a pair at the end":   {raw(1, 'a', 0, 0, 0xd8), []string{"a\ufffd"}, nil},
		"ANSI":                               {raw(2, 0xe9, 't', 0xe9, 0x80, 0), []string{"été€"}, nil},
		"int8":                               {raw(3, 0x80), []string{"-128"}, nil},
		"uint8":                              {raw(4, 0xff), []string{"255"}, nil},
		"int16":                              {raw(5, 0xfe, 0xff), []string{"-2"}, nil},
		"int32":                              {evtxtest.I32(-3), []string{"-3"}, nil},
		"int64":                              {raw(9, 0, 0, 0, 0, 0, 0, 0, 0x80), []string{"-9223372036854775808"}, nil},
		"uint64":                             {evtxtest.U64(1<<64 - 1), []string{"18446744073709551615"}, nil},
		"float":                              {raw(0x0b, 0, 0, 0xc0, 0x3f), []string{"1.5"}, nil},
		"double":                             {evtxtest.F64(0.1), []string{"0.1"}, nil},
		"true of four bytes":                 {evtxtest.Bool(true), []string{"true"}, nil},
		"true in the high byte":              {raw(0x0d, 0, 0, 0, 1), []string{"true"}, nil},
		"false of one byte":                  {raw(0x0d, 0), []string{"false"}, nil},
		"false of eight bytes":               {raw(0x0d, make([]byte, 8)...), []string{"false"}, nil},
		"binary":                             {evtxtest.Bytes([]byte{0, 0xab}), []string{"00AB"}, nil},
		"size of four bytes":                 {raw(0x10, le.AppendUint32(nil, 0xbeef)...), []string{"0xbeef"}, nil},
		"size of eight bytes":                {raw(0x10, le.AppendUint64(nil, 0)...), []string{"0x0"}, nil},
		"FILETIME":                           {evtxtest.Time(noon), []string{"2021-03-03T08:12:01.1234567Z"}, nil},
		"FILETIME 0":                         {raw(0x11, make([]byte, 8)...), []string{"1601-01-01T00:00:00.0000000Z"}, nil},
		"FILETIME on a leap day":             {evtxtest.Time(time.Date(2000, 2, 29, 23, 59, 59, 0, time.UTC)), []string{"2000-02-29T23:59:59.0000000Z"}, nil},
		"FILETIME of the year 30828":         {raw(0x11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), []string{"30828-09-14T02:48:05.4775807Z"}, nil},
		"FILETIME with all bits":             {raw(0x11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), []string{"60056-05-28T05:36:10.9551615Z"}, nil},
		"SYSTEMTIME":                         {raw(0x12, 0xe5, 7, 3, 0, 3, 0, 3, 0, 8, 0, 12, 0, 1, 0, 7, 0), []string{"2021-03-03T08:12:01.0070000Z"}, nil},
		"SYSTEMTIME that is none":            {raw(0x12, bytes.Repeat([]byte{0xff}, 16)...), []string{"65535-65535-65535T65535:65535:65535.655350000Z"}, nil},
		"SID":                                {raw(0x13, evtxtest.SID(5, 18)...), []string{"S-1-5-18"}, nil},
		"SID without subauthorities":         {raw(0x13, evtxtest.SID(1)...), []string{"S-1-1"}, nil},
		"SID with a big authority":           {raw(0x13, 1, 0, 1, 0, 0, 0, 0, 0), []string{"S-1-0x10000000000"}, nil},
		"SID that counts too many":           {raw(0x13, 1, 2, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0), []string{"010200000000000501000000"}, []string{CodeValueSize}},
		"hex32":                              {evtxtest.Hex32(0x12), []string{"0x12"}, nil},
		"number of another size":             {raw(8, 1, 2, 3), []string{"010203"}, []string{CodeValueSize}},
		"number of no bytes":                 {raw(8), []string{""}, nil},
		"absent":                             {evtxtest.Value{}, []string{""}, nil},
		"unknown type":                       {raw(0x66, 1, 2), []string{"0102"}, []string{CodeValueType}},
		"XML looking text":                   {evtxtest.Text("]]></Data><!--&lt;?x?>"), []string{"]]></Data><!--&lt;?x?>"}, nil},
		"control characters":                 {evtxtest.Text("a\x1b[31m\r\n\x00\ufffeb"), []string{"a\x1b[31m\r\n\x00\ufffeb"}, nil},
		"array of texts":                     {evtxtest.Texts("a", "", "b"), []string{"a", "", "b"}, nil},
		"array of texts without the end":     {raw(0x81, 'a', 0, 0, 0, 'b', 0), []string{"a", "b"}, nil},
		"array of texts of odd size":         {raw(0x81, 'a', 0, 0), []string{"a"}, []string{CodeValueSize}},
		"array of nothing":                   {raw(0x81), []string{""}, nil},
		"array of ANSI texts":                {raw(0x82, 'a', 0, 'b', 0), []string{"a", "b"}, nil},
		"array of uint16":                    {raw(0x86, 1, 0, 2, 0), []string{"1", "2"}, nil},
		"array that ends inside an item":     {raw(0x88, 1, 0, 0, 0, 2), []string{"1"}, []string{CodeValueSize}},
		"array of SIDs":                      {raw(0x93, append(evtxtest.SID(5, 18), evtxtest.SID(1, 0)...)...), []string{"S-1-5-18", "S-1-1-0"}, nil},
		"array of SIDs that ends inside one": {raw(0x93, append(evtxtest.SID(5, 18), 1, 9)...), []string{"S-1-5-18"}, []string{CodeValueSize}},
		"array of booleans":                  {raw(0x8d, 1, 0, 0, 0, 0, 0, 0, 0), []string{"true", "false"}, nil},
		"array of sizes":                     {raw(0x90, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0), []string{"0x1", "0x2", "0x3"}, nil},
		"array of GUIDs":                     {raw(0x8f, make([]byte, 16)...), []string{"{00000000-0000-0000-0000-000000000000}"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := logon(1, "u")
			e.Data = []evtxtest.Pair{{Name: "Value", Value: test.value}, {Value: test.value}}
			r := read(t, evtxtest.Build([]evtxtest.Event{e}), Options{})
			if len(r.events) != 1 {
				t.Fatal(r.errs)
			}
			for _, field := range []string{"Value", "Data"} {
				got, _ := r.events[0].Field(field, nil)
				if !slices.Equal(got, test.want) {
					t.Errorf("%s is %q, want %q", field, got, test.want)
				}
			}
			if got := slices.Compact(codes(r.errs)); !slices.Equal(got, test.codes) {
				t.Errorf("errors %v, want %v", r.errs, test.codes)
			}
		})
	}
}

func TestShapesOfElements(t *testing.T) {
	t.Parallel()
	type el = evtxtest.Element
	sub := func(i uint16) evtxtest.Sub { return evtxtest.Sub{Index: i, Type: 1} }
	opt := func(i uint16) evtxtest.Sub { return evtxtest.Sub{Index: i, Type: 1, Optional: true} }
	a, null := evtxtest.Text("a"), evtxtest.Value{}
	attr := func(name string, parts ...any) []evtxtest.Attr { return []evtxtest.Attr{{Name: name, Parts: parts}} }
	inner := &evtxtest.Template{GUID: [16]byte{9}, Root: &el{Name: "Inner", Attrs: attr("At", sub(0)), Content: []any{&el{Name: "Leaf", Content: []any{sub(0)}}}}}
	tests := map[string]struct {
		content []any
		values  []evtxtest.Value
		want    []Field
		xml     string
	}{
		"constant text":                      {[]any{&el{Name: "X", Content: []any{"t"}}}, nil, []Field{{"X", "t"}}, "<X>t</X>"},
		"empty":                              {[]any{&el{Name: "X"}}, nil, []Field{{"X", ""}}, "<X></X>"},
		"absent value":                       {[]any{&el{Name: "X", Content: []any{sub(0)}}}, []evtxtest.Value{null}, []Field{{"X", ""}}, "<X></X>"},
		"absent optional value":              {[]any{&el{Name: "X", Content: []any{opt(0)}}}, []evtxtest.Value{null}, nil, ""},
		"value not given":                    {[]any{&el{Name: "X", Content: []any{sub(7)}}}, nil, []Field{{"X", ""}}, "<X></X>"},
		"optional, not given":                {[]any{&el{Name: "X", Content: []any{opt(7)}}}, nil, nil, ""},
		"named, absent":                      {[]any{&el{Name: "Data", Attrs: attr("Name", "N"), Content: []any{sub(0)}}}, []evtxtest.Value{null}, []Field{{"N", ""}}, `<Data Name="N"></Data>`},
		"named, optional absent":             {[]any{&el{Name: "Data", Attrs: attr("Name", "N"), Content: []any{opt(0)}}}, []evtxtest.Value{null}, nil, ""},
		"name that is a value":               {[]any{&el{Name: "Data", Attrs: attr("Name", sub(0)), Content: []any{sub(0)}}}, []evtxtest.Value{a}, []Field{{"a", "a"}}, `<Data Name="a">a</Data>`},
		"empty name":                         {[]any{&el{Name: "Data", Attrs: attr("Name", ""), Content: []any{sub(0)}}}, []evtxtest.Value{a}, []Field{{"Data_Name", ""}, {"Data", "a"}}, `<Data Name="">a</Data>`},
		"attribute, no text":                 {[]any{&el{Name: "X", Attrs: attr("A", sub(0))}}, []evtxtest.Value{a}, []Field{{"X_A", "a"}}, `<X A="a"></X>`},
		"attribute absent":                   {[]any{&el{Name: "X", Attrs: attr("A", opt(0))}}, []evtxtest.Value{null}, []Field{{"X", ""}}, "<X></X>"},
		"attribute, optional absent content": {[]any{&el{Name: "X", Attrs: attr("A", "c"), Content: []any{opt(0)}}}, []evtxtest.Value{null}, nil, ""},
		"attribute in parts":                 {[]any{&el{Name: "X", Attrs: attr("A", "0x", sub(0))}}, []evtxtest.Value{a}, []Field{{"X_A", "0xa"}}, `<X A="0xa"></X>`},
		"text in parts": {[]any{&el{Name: "X", Content: []any{"p", sub(0), evtxtest.CharRef('!'), evtxtest.EntityRef("lt"), evtxtest.EntityRef("odd"), evtxtest.CDATA("<c>")}}},
			[]evtxtest.Value{a}, []Field{{"X", "pa!<&odd;<c>"}}, "<X>pa!&lt;&amp;odd;&lt;c&gt;</X>"},
		"array": {[]any{&el{Name: "X", Attrs: attr("A", "c"), Content: []any{sub(0)}}}, []evtxtest.Value{evtxtest.Texts("a", "b")},
			[]Field{{"X_A", "c"}, {"X", "a"}, {"X_A", "c"}, {"X", "b"}}, `<X A="c">a</X><X A="c">b</X>`},
		"array in an attribute": {[]any{&el{Name: "X", Attrs: attr("A", sub(0))}}, []evtxtest.Value{evtxtest.Texts("a", "b")}, []Field{{"X_A", "a,b"}}, `<X A="a,b"></X>`},
		"array beside text": {[]any{&el{Name: "X", Content: []any{"-", sub(0)}}}, []evtxtest.Value{evtxtest.Texts("a", "b")},
			[]Field{{"X", "-a"}, {"X", "-b"}}, "<X>-a</X><X>-b</X>"},
		"text beside elements": {[]any{&el{Name: "X", Content: []any{"p", &el{Name: "Y", Content: []any{"q"}}, " \n", sub(0)}}}, []evtxtest.Value{a},
			[]Field{{"X", "p"}, {"Y", "q"}, {"X", " \na"}}, "<X>p<Y>q</Y> \na</X>"},
		"layout beside elements": {[]any{&el{Name: "X", Content: []any{"\n ", &el{Name: "Y", Content: []any{"q"}}, " \n"}}}, nil, []Field{{"Y", "q"}}, "<X>\n <Y>q</Y> \n</X>"},
		"embedded template": {[]any{&el{Name: "X", Content: []any{sub(0)}}}, []evtxtest.Value{{Type: 0x21, Template: inner, Values: []evtxtest.Value{a}}},
			[]Field{{"Inner_At", "a"}, {"Leaf", "a"}}, `<X><Inner At="a"><Leaf>a</Leaf></Inner></X>`},
		"embedded element": {[]any{&el{Name: "X", Attrs: attr("A", "c"), Content: []any{opt(0)}}},
			[]evtxtest.Value{{Type: 0x21, Element: &el{Name: "In", Attrs: attr("B", "d"), Content: []any{&el{Name: "Leaf", Content: []any{"v"}}}}}},
			[]Field{{"X_A", "c"}, {"In_B", "d"}, {"Leaf", "v"}}, `<X A="c"><In B="d"><Leaf>v</Leaf></In></X>`},
		"instruction":            {[]any{&el{Name: "X", Content: []any{"t", evtxtest.PI{Target: "php", Data: "x"}}}}, nil, []Field{{"X", "t"}}, "<X>t</X>"},
		"namespace":              {[]any{&el{Name: "X", Attrs: attr("xmlns", "u")}}, nil, []Field{{"X", ""}}, `<X xmlns="u"></X>`},
		"same name twice":        {[]any{&el{Name: "X", Content: []any{"1"}}, &el{Name: "X", Content: []any{"2"}}}, nil, []Field{{"X", "1"}, {"X", "2"}}, "<X>1</X><X>2</X>"},
		"names that XML has not": {[]any{&el{Name: "1 <a:b>", Attrs: attr("x:y", "v")}}, nil, []Field{{"1 <a:b>_x:y", "v"}}, `<_1__a_b_ x_y="v"></_1__a_b_>`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := evtxtest.NewWriter()
			tpl := &evtxtest.Template{GUID: [16]byte{1}, Root: &el{Name: "Event", Content: []any{&el{Name: "UserData", Content: append([]any{&el{Name: "First", Content: []any{"."}}}, test.content...)}}}}
			w.Add(evtxtest.Record{ID: 1, Time: noon, Template: tpl, Values: test.values})
			b := w.Bytes()
			for _, walked := range []bool{false, true} {
				r := read(t, b, Options{walked: walked})
				if len(r.events) != 1 {
					t.Fatal(r.errs)
				}
				if got := r.events[0].Fields[1:]; !slices.Equal(got, test.want) {
					t.Errorf("walked %v: fields %q, want %q", walked, got, test.want)
				}
				if got, want := r.xml[0], "<Event><UserData><First>.</First>"+test.xml+"</UserData></Event>"; got != want {
					t.Errorf("XML %s, want %s", got, want)
				}
			}
		})
	}
}

func TestJSONOfRepeatedAndMixedElements(t *testing.T) {
	t.Parallel()
	type el = evtxtest.Element
	e := logon(1, "u")
	e.Data = []evtxtest.Pair{{Value: evtxtest.Texts("a", "")}, {Name: "N", Value: evtxtest.U64(1 << 60)}, {Name: "N", Value: evtxtest.Bool(true)}, {Name: "I", Value: evtxtest.I32(-5)}}
	r := read(t, evtxtest.Build([]evtxtest.Event{e}), Options{})
	const data = `"EventData":{"Data":{"#text":["a",""]},"N":["1152921504606846976",true],"I":-5}`
	if len(r.json) != 1 || !strings.Contains(r.json[0], data) {
		t.Errorf("JSON %q lacks %s", r.json, data)
	}
	w := evtxtest.NewWriter()
	w.Add(evtxtest.Record{ID: 1, Time: noon, Template: &evtxtest.Template{Root: &el{Name: "Event", Content: []any{
		&el{Name: "X", Attrs: []evtxtest.Attr{{Name: "A", Parts: []any{"1"}}}, Content: []any{"p", &el{Name: "Y"}, "q"}}, &el{Name: "X", Content: []any{"r\u2028"}},
	}}}})
	const want = `{"Event":{"X":[{"#attributes":{"A":"1"},"#text":"pq","Y":null},"r\u2028"]}}`
	if r := read(t, w.Bytes(), Options{}); len(r.json) != 1 || r.json[0] != want {
		t.Errorf("JSON %q, want %s", r.json, want)
	}
}

func TestSameInEveryWayOfReading(t *testing.T) {
	t.Parallel()
	b := evtxtest.Build(logons(900))
	want := read(t, b, Options{})
	if len(want.events) != 900 || len(want.errs) != 0 || want.ledger.Records != 900 {
		t.Fatal(len(want.events), want.errs)
	}
	small, _ := scan(t, iotest.OneByteReader(bytes.NewReader(b)), Options{})
	if !reflect.DeepEqual(small, want) {
		t.Error("byte by byte gives another result")
	}
	if lent := read(t, b, Options{Borrow: true}); !reflect.DeepEqual(lent, want) {
		t.Error("borrowed events differ")
	}
	f, err := Open(bytes.NewReader(b), int64(len(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := f.Header(); !ok || h.Major != 3 || h.NextRecord != 901 {
		t.Errorf("header %+v", h)
	}
	var events []Event
	for ev, err := range f.Events() {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, *ev)
	}
	if !reflect.DeepEqual(events, want.events) || f.Ledger() != want.ledger {
		t.Error("File gives another result")
	}
}

func TestInputThatFails(t *testing.T) {
	t.Parallel()
	b := evtxtest.Build(logons(3))
	failure := errors.New("disk on fire")
	r, _ := scan(t, io.MultiReader(bytes.NewReader(b), iotest.ErrReader(failure)), Options{})
	if len(r.events) != 3 || len(r.errs) != 1 || !errors.Is(r.errs[0], failure) || r.errs[0].Code != CodeRead {
		t.Error(len(r.events), r.errs)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := &Error{Code: CodeTemplateArgs, Offset: 0x12a40, Chunk: 3, Record: 812, HasID: true, What: "template arguments", Limit: 1024, Got: 65535, Limited: true, Action: ActionRecordSkipped}
	const want = "@0x12a40 (76352) (chunk 3, record 812): 65535 template arguments, limit 1024; record skipped"
	if e.Error() != want {
		t.Errorf("%q, want %q", e.Error(), want)
	}
	if got := quoted("a\x1b\u202e\xff" + strings.Repeat("x", 300)); len(got) > 210 || !strings.HasPrefix(got, `"a\x1b\u202e\xff`) {
		t.Error(got)
	}
}
