package eventtext

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const small = `{"EventID":1,"Channel":"C"}`

func TestDamage(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		return `{"EventID":1,"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}"
	}
	csv := "Id,LogName,ProviderName,Message\n"
	for _, tt := range []struct {
		name, in string
		format   Format
		events   int
		codes    []string
	}{
		{"JSON: a line cut in a string", small + "\n{\"EventID\":2,\"x\":\"abc\n" + small, JSON, 2, []string{CodeJSON}},
		{"JSON: a line cut between members", small + "\n{\"EventID\":2,\n" + small + "\n" + small, JSON, 3, []string{CodeJSON}},
		{"JSON: a missing bracket swallows a document", `{"EventID":2,"a":[` + "\n" + small + "\n" + small, JSON, 2, []string{CodeJSON}},
		{"JSON: cut at the end", small + "\n" + small[:20], JSON, 1, []string{CodeTruncated}},
		{"JSON: cut in an escape", small + "\n" + `{"EventID":2,"a":"\u12`, JSON, 1, []string{CodeTruncated}},
		{"JSON: one bad in an array on one line", "[" + small + `,{"EventID":x},` + small + "," + small + "]", JSON, 3, []string{CodeJSON}},
		{"JSON: a bad one in a pretty array, its inner objects are no events", "[\n  {\n    \"EventID\": 1,\n    \"p\": [\n      {\n        \"EventID\": 666\n      },\n    ]\n  },\n  " + small + "\n]", JSON, 1, []string{CodeJSON}},
		{"JSON: junk lines are told once", "junk\nmore\n" + small + "\nx\n" + small, JSON, 2, []string{CodeJunk, CodeJunk}},
		{"JSON: text after a document", small + " trailing\n" + small, JSON, 2, []string{CodeJunk}},
		{"JSON: no event", `{"a":1}` + "\n" + small, JSON, 1, []string{CodeNoEvent}},
		{"JSON: depth 64", deep(MaxDepth-1) + "\n" + small, JSON, 2, nil},
		{"JSON: depth 65", deep(MaxDepth) + "\n" + small, JSON, 1, []string{CodeDepth}},
		{"JSON: depth of ten million", `{"EventID":1,"a":` + strings.Repeat("[", 1e7) + "\n" + small, JSON, 1, []string{CodeDepth}},
		{"JSON: too many values", `{"EventID":1,"a":[` + strings.Repeat("1,", MaxValues) + "1]}\n" + small, JSON, 1, []string{CodeValues}},
		{"JSON: too large", `{"EventID":1,"a":"` + strings.Repeat("x", MaxDocument) + "\"}\n" + small, JSON, 1, []string{CodeSize}},
		{"JSON: NUL and marks in the middle", small + "\n\x00\n\ufeff" + small + "\n" + small, JSON, 3, []string{CodeJunk}},
		{"JSON: raw control character", "{\"EventID\":1,\"a\":\"\x01\"}\n" + small, JSON, 1, []string{CodeJSON}},
		{"XML: cut in an element", xmlEvent[:strings.Index(xmlEvent, "</Channel>")] + xmlEvent, XML, 1, []string{CodeXMLOpen}},
		{"XML: cut in a tag", xmlEvent[:100] + "\n" + xmlEvent, XML, 1, []string{CodeXML}},
		{"XML: cut at the end", xmlEvent + xmlEvent[:300], XML, 1, []string{CodeTruncated}},
		{"XML: wrong end tag", strings.Replace(xmlEvent, "</Channel>", "</channel>", 1) + xmlEvent, XML, 1, []string{CodeXML}},
		{"XML: a quote that stays open", strings.Replace(xmlEvent, "'Image'", "'Image", 1) + xmlEvent, XML, 1, []string{CodeXML}},
		{"XML: CDATA that stays open", strings.Replace(xmlEvent, "true", "<![CDATA[true", 1) + xmlEvent, XML, 1, []string{CodeTruncated, CodeXMLDTD}},
		{"XML: a document type", `<!DOCTYPE Events [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><Events>` + xmlEvent + "</Events>", XML, 1, []string{CodeXMLDTD, CodeXMLDTD, CodeXMLDTD}},
		{"XML: a document type inside", strings.Replace(xmlEvent, "<System>", "<!DOCTYPE a><System>", 1) + xmlEvent, XML, 1, []string{CodeXMLDTD, CodeXMLDTD}},
		{"XML: depth", strings.Replace(xmlEvent, "true", strings.Repeat("<a>", 100), 1) + xmlEvent, XML, 1, []string{CodeDepth}},
		{"XML: 15 MB of open tags", "<Event><System>" + strings.Repeat("<a>", 5e6) + xmlEvent, XML, 1, []string{CodeDepth}},
		{"XML: a million attributes", "<Event><System><a" + strings.Repeat(" b='c'", 1e6) + "/>" + xmlEvent, XML, 1, []string{CodeValues}},
		{"XML: too large", "<Event><System>" + strings.Repeat("x", MaxDocument) + xmlEvent, XML, 1, []string{CodeSize}},
		{"XML: junk between", xmlEvent + "junk <b/> junk" + xmlEvent, XML, 2, []string{CodeJunk}},
		{"XML: no event id", "<Event><System/></Event>" + xmlEvent, XML, 1, []string{CodeNoEvent}},
		{"CSV: a quote that stays open", csv + "1,C,P,\"abc\n2,C,P,m\n3,C,P,m\n", CSV, 2, []string{CodeCSVQuote}},
		{"CSV: text after a quote", csv + "1,C,P,\"abc\"x\n2,C,P,m\n", CSV, 1, []string{CodeCSVQuote}},
		{"CSV: columns too many and too few", csv + "1,C,P,m,n\n1,C\n2,C,P,m\n", CSV, 1, []string{CodeCSVColumns}},
		{"CSV: no id", csv + "x,C,P,m\n2,C,P,m\n", CSV, 1, []string{CodeCSVColumns}},
		{"CSV: files one after the other", csv + "1,C,P,m\n\ufeff" + csv + "2,C,P,m\n", CSV, 2, nil},
		{"CSV: too many lines in a quote", csv + "1,C,P,\"" + strings.Repeat("\n", maxRowLines+1) + "\"\n2,C,P,m\n", CSV, 1, []string{CodeCSVQuote}},
		{"CSV: too large a row", csv + "1,C,P,\"" + strings.Repeat("x", maxRow) + "\"\n2,C,P,m\n", CSV, 1, []string{CodeCSVQuote}},
		{"CSV: no header", "a,b\n1,2\n", CSV, 0, []string{CodeCSVHeader}},
		{"text: a number is missing", "Event[0]\n  Log Name: S\n  Event ID: 1\n\nEvent[5]\n  Log Name: S\n  Event ID: 2\n", Text, 2, []string{CodeTextOrder}},
		{"text: junk before", "junk\nEvent[0]\n  Log Name: S\n  Event ID: 1\n", Text, 1, []string{CodeJunk}},
		{"text: no id", "Event[0]\n  Log Name: S\nEvent[1]\n  Log Name: S\n  Event ID: 1\n", Text, 1, []string{CodeNoEvent}},
		{"no format", "hello", Unknown, 0, []string{CodeFormat}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := NewReader(strings.NewReader(tt.in), Options{Format: tt.format})
			events, codes := 0, []string(nil)
			for rec, err := range r.Records() {
				if err != nil {
					codes = append(codes, err.Code)
					continue
				}
				events++
				if id, _ := rec.Get("EventID"); id == "" || id == "666" {
					t.Errorf("event %q", id)
				}
			}
			if events != tt.events || !slices.Equal(codes, tt.codes) {
				t.Errorf("%d events, %v; want %d, %v", events, codes, tt.events, tt.codes)
			}
			if l := r.Ledger(); l.Parsed+l.Between+l.Skipped != int64(len(tt.in)) {
				t.Errorf("ledger %+v of %d", l, len(tt.in))
			}
		})
	}
}

func TestValuesStay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, field string
		want            []string
		flags           Flag
	}{
		{"digits beyond a float", `{"EventID":1,"n":1234567890123456789012345}`, "n", []string{"1234567890123456789012345"}, 0},
		{"a number that is infinite", `{"EventID":1,"n":1e999}`, "n", []string{"1e999"}, 0},
		{"negative zero and decimals", `{"EventID":1,"n":-0.10}`, "n", []string{"-0.10"}, 0},
		{"a name twice", `{"EventID":1,"n":"a","n":"b"}`, "n", []string{"a", "b"}, 0},
		{"names that differ in case", `{"EventID":1,"n":"a","N":"b"}`, "n", []string{"a"}, 0},
		{"escapes", `{"EventID":1,"n":"\ud83d\ude00\u0000\/\t\"\\"}`, "n", []string{"😀\x00/\t\"\\"}, 0},
		{"half a pair", `{"EventID":1,"n":"a\ud83dz"}`, "n", []string{"a\ufffdz"}, FlagReplace},
		{"no UTF-8", "{\"EventID\":1,\"n\":\"a\xff\xc3z\"}", "n", []string{"a\ufffd\ufffdz"}, FlagReplace},
		{"too long", `{"EventID":1,"n":"` + strings.Repeat("é", MaxField) + `"}`, "n", []string{strings.Repeat("é", MaxField/2)}, FlagCut},
		{"XML: data twice", strings.Replace(xmlEvent, "'Empty'/>", "'Image'> b </Data>", 1), "Image", []string{`C:\a.exe`, " b "}, 0},
		{"XML: an entity of one's own", strings.Replace(xmlEvent, "true", "&lol;&#x41;&#xd800;&", 1), "Flag", []string{"&lol;A\ufffd&"}, FlagEntity | FlagReplace},
		{"XML: no UTF-8", strings.Replace(xmlEvent, "true", "a\xe9b", 1), "Flag", []string{"a\ufffdb"}, FlagReplace},
		{"XML: line ends", strings.Replace(xmlEvent, "true", "a\r\nb&#13;&#10;", 1), "Flag", []string{"a\r\nb\r\n"}, 0},
		{"XML: an indented empty element", strings.Replace(xmlEvent, "true", "\n    ", 1), "Flag", []string{""}, 0},
		{"CSV: quotes of its own", "Id,LogName,ProviderName,Message\n1,C,P,\"a \"\"b\"\", c\n\"\n", "Message", []string{"a \"b\", c\n"}, 0},
		{"no payload", "EventId,Provider,Channel,MapDescription,Payload\n1,P,C,m,{bad\n", "Payload", []string{"{bad"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			recs, _ := collect(tt.in, Options{})
			if len(recs) != 1 {
				t.Fatalf("%d records", len(recs))
			}
			got, _ := recs[0].Field(tt.field, nil)
			if !slices.Equal(got, tt.want) || recs[0].Flags != tt.flags {
				t.Errorf("%.100q, flags %b; want %.100q, %b", got, recs[0].Flags, tt.want, tt.flags)
			}
		})
	}
}

// TestManyProblems wants no more than MaxDetailed errors and the count of the others.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	in := strings.Repeat("{\"EventID\":}\n"+small+"\n", 3000)
	told, counted, events := 0, 0, 0
	for rec, err := range NewReader(strings.NewReader(in), Options{}).Records() {
		switch {
		case rec != nil:
			events++
		case err.Count > 0:
			counted += err.Count
		default:
			told++
		}
	}
	if told != MaxDetailed || told+counted != 3000 || events != 3000 {
		t.Errorf("%d told, %d counted, %d events", told, counted, events)
	}
}

// TestNamesDoNotMultiply reads documents in which one long name belongs to very many values.
func TestNamesDoNotMultiply(t *testing.T) {
	long, n := strings.Repeat("n", MaxField), MaxValues/2
	for _, in := range []string{
		`{"EventID":1,"` + long + `":[` + strings.Repeat("1,", n) + `1]}`,
		`{"EventID":1,"` + long + `":{` + strings.Repeat(`"b":1,`, n) + `"b":1}}`,
		`{"winlog":{"event_id":1,"event_data":{"` + long + `":[` + strings.Repeat("1,", n) + `1]}}}`,
		`{"System":{"EventID":1,"` + long + `":[` + strings.Repeat("1,", n) + `1]}}`,
		`{"System":{"EventID":1},"EventData":{"` + long + `":{` + strings.Repeat(`"@b":1,`, n) + `"@b":1}}}`,
		`{"System":{"EventID":1},"EventData":{"` + long + `":[` + strings.Repeat(`{"@b":1,"#text":2},`, n/4) + `1]}}`,
		`{"Event":{"System":{"EventID":1},"EventData":{"Data":{"@Name":"` + long + `","#text":[` + strings.Repeat(`1,`, n) + `1]}}}}`,
		"<Event><System><EventID>1</EventID><" + long + strings.Repeat(" b='c'", n) + "/></System></Event>",
		"<Event><System><EventID>1</EventID></System><EventData><" + long + strings.Repeat(" b='c'", n) + "/></EventData></Event>",
		"<Event><System><EventID>1</EventID></System><EventData><" + long + ">" + strings.Repeat("x<b/>", n) + "</" + long + "></EventData></Event>",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		recs, codes := collect(in, Options{})
		runtime.ReadMemStats(&after)
		if len(recs) != 1 || len(codes) > 0 || len(recs[0].Fields) < n/4 {
			t.Errorf("%.60s: %d records, %v", in, len(recs), codes)
		}
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 200 {
			t.Errorf("%.60s: %d MiB", in, grown)
		}
	}
}

// endless gives text again and again, size bytes in all.
type endless struct {
	text string
	at   int
	size int64
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) && e.size > 0 {
		k := copy(p[n:], e.text[e.at:])
		k = int(min(int64(k), e.size))
		n += k
		e.size -= int64(k)
		e.at = (e.at + k) % len(e.text)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestBounded reads what is made to be slow or to fill memory; the heap stays small. Its time shows in a run of the tests, no limit is set on it.
func TestBounded(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		format     Format
	}{
		{"events", small + "\n", JSON},
		{"one line of JSON without an end", "x", JSON},
		{"open objects", "{\"a\":[\n", JSON},
		{"open arrays", "[", JSON},
		{"open arrays in an object", "{\"a\":[", JSON},
		{"a string without an end", "{\"EventID\":1,\"a\":\"", JSON},
		{"objects with a comma too many", "[{\"a\":1},{,", JSON},
		{"open events", "<Event><System>", XML},
		{"open tags", "<Event ", XML},
		{"open comments", "<!--", XML},
		{"open comments in events", "<Event><!--", XML},
		{"open CDATA in events", "<Event><![CDATA[", XML},
		{"open instructions in events", "<Event><?", XML},
		{"open quotes", "<Event a='", XML},
		{"types", "<!DOCTYPE ", XML},
		{"text in XML", "x", XML},
		{"quotes that open rows", "1,C,P,\"\n", CSV},
		{"quotes", "\"", CSV},
		{"open text", "Event[1]\n", Text},
		{"text blocks without an end", "Event[1]\n  Log Name: ", Text},
	} {
		size := int64(4 << 20)
		src := io.Reader(&endless{text: tt.text, size: size})
		if tt.format == CSV {
			src = io.MultiReader(strings.NewReader("Id,LogName,ProviderName,Message\n"), src)
		}
		start := time.Now()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := NewReader(src, Options{Format: tt.format})
		n := 0
		for range r.Records() {
			n++
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if l := r.Ledger(); l.Parsed+l.Between+l.Skipped < size {
			t.Errorf("%s: ledger %+v", tt.name, l)
		}
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 40<<20 {
			t.Errorf("%s: holds %d bytes", tt.name, grown)
		}
		runtime.KeepAlive(r)
		t.Logf("%-36s %6d results %8.1f ms", tt.name, n, float64(time.Since(start).Microseconds())/1000)
	}
}

// TestEveryCut reads every truncation of a small export, and every byte of it changed, in each format.
func TestEveryCut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		evtxDump + "\n" + small,
		xmlEvent + xmlEvent,
		"Id,LogName,ProviderName,Message\n1,C,P,\"a \"\"b\"\"\n\"\n2,C,P,m\n",
		"Event[0]:\r\n  Log Name: S\r\n  Event ID: 1\r\n  Description: d\r\n\r\nEvent[1]:\r\n  Log Name: S\r\n  Event ID: 2\r\n",
	} {
		format := Sniff([]byte(text))
		for i := range len(text) {
			check(t, text[:i], Options{Format: format})
			for _, c := range []byte{0, '"', '<', '{', '\n', text[i] ^ 1, text[i] ^ 0x80} {
				check(t, text[:i]+string([]byte{c})+text[i+1:], Options{Format: format})
			}
		}
	}
}

// check wants of any input: the ledger adds up, places are in order and within the input, the same again gives the same, and the original text of a
// record of JSON or XML alone gives the same fields.
func check(t *testing.T, in string, opt Options) {
	t.Helper()
	var first []string
	end := int64(0)
	r := NewReader(strings.NewReader(in), opt)
	for rec, err := range r.Records() {
		first = append(first, fmt.Sprint(rec, err))
		if err != nil {
			if err.Offset < 0 || err.Offset > int64(len(in)) || CodeText(err.Code).EN == "" || err.Action == "" {
				t.Fatalf("%q: %+v", in, err)
			}
			continue
		}
		if rec.Offset < end || rec.Length <= 0 || rec.Offset+int64(rec.Length) > int64(len(in)) {
			t.Fatalf("%q: record at %d, %d bytes; the one before ends at %d", in, rec.Offset, rec.Length, end)
		}
		end = rec.Offset + int64(rec.Length)
		if r.win.wide == nil && (r.format == JSON || r.format == XML) {
			again, _ := collect(in[rec.Offset:end], Options{Format: r.format, Zone: opt.Zone, Order: opt.Order})
			if len(again) != 1 || !slices.Equal(again[0].Fields, rec.Fields) {
				t.Fatalf("%q: the original text of %v gives %v", in, rec, again)
			}
		}
	}
	l := r.Ledger()
	if sum := l.Parsed + l.Skipped + l.Between; sum != int64(len(in)) {
		t.Fatalf("%q: ledger %+v of %d", in, l, len(in))
	}
	var second []string
	for rec, err := range NewReader(strings.NewReader(in), opt).Records() {
		second = append(second, fmt.Sprint(rec, err))
	}
	if !slices.Equal(first, second) {
		t.Fatalf("%q: %v, then %v", in, first, second)
	}
}
