package eventtext

import (
	"testing"
	"time"
)

// fuzzFormat holds any bytes, read as one format, to the rules of check.
func fuzzFormat(f *testing.F, format Format, seeds ...string) {
	for _, s := range seeds {
		f.Add(s, false)
		f.Add("\xff\xfe"+wide(s, false), true)
	}
	f.Fuzz(func(t *testing.T, in string, sniff bool) {
		if len(in) > 64<<10 {
			t.Skip()
		}
		opt := Options{Format: format}
		if sniff {
			opt = Options{Zone: time.UTC, Order: DayFirst}
		}
		check(t, in, opt)
	})
}

func FuzzJSON(f *testing.F) {
	fuzzFormat(f, JSON, evtxDump, "[\n  "+evtxDump+",\n  {\"EventID\":}\n]", "Record 1\n"+small+"\nx\n"+small,
		`{"Id":1,"ProviderName":"P","UserId":{"Value":"S"},"Properties":[{"Value":[1,2]}],"TimeCreated":"\/Date(1)\/"}`,
		`{"winlog":{"event_id":1,"event_data":{"a.b":"c"}},"event.code":"1"}`, `{"EventId":1,"Channel":"C","Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"a\",\"#text\":\"b\"}]}}"}`,
		`{"EventID":1,"EventTime":"2020-08-05 02:09:26","Keywords":-1,"Opcode":"Info","OpcodeValue":0}`)
}

func FuzzXML(f *testing.F) {
	fuzzFormat(f, XML, xmlEvent, "<?xml version='1.0'?><Events><!-- c -->"+xmlEvent+"</Events>", xmlEvent[:200]+xmlEvent, "<!DOCTYPE a>"+xmlEvent,
		"<Event><System><EventID>1</EventID></System><UserData><a b='c'>t<![CDATA[d]]>&#x41;&e;<?p?></a></UserData></Event>")
}

func FuzzCSV(f *testing.F) {
	fuzzFormat(f, CSV, "Level,Date and Time,Source,Event ID,Task Category\r\nI,13/03/2021 10:11:12,P,1,T,\"m \"\"n\"\"\r\n\"\r\n",
		"#TYPE x\nId;LogName;ProviderName;Message\n1;C;P;\"a\n2;C;P;b\n", "EventId,Provider,Channel,MapDescription,Payload\n1,P,C,,\"{\"\"EventData\"\":{}}\"\n")
}

func FuzzText(f *testing.F) {
	fuzzFormat(f, Text, "Event[0]:\r\n  Log Name: S\r\n  Event ID: 1\r\n  Date: 2021-03-03T10:11:12Z\r\n  Description: d\r\nEvent[1]\r\n  Log Name: S\r\n", "Event[0]\n\nEvent[1]\n  Nom du journal : S\n  ID: 2")
}

// FuzzJSONTwin compares the parser of JSON with encoding/json.
func FuzzJSONTwin(f *testing.F) {
	for _, s := range []string{evtxDump, `[1.5e+3,-0,"\ud83d\ude00",true,null,{"a":[]}]`, "\"\xe2\x82\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 {
			t.Skip()
		}
		checkJSON(t, data)
	})
}

// FuzzTime wants of any text a time between the years 1601 and 9999 or a reason.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2021-03-03T10:11:12.1234567+01:00", "1614766272.1", "/Date(1)/", "3/4/2021 10:11:12 PM", "13.03.2021 10:11"} {
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, s string, order uint8) {
		when, code := parseTime([]byte(s), time.UTC, DateOrder(order%3))
		if (code == "") == when.IsZero() || code == "" && (when.Year() < minYear || when.Year() > maxYear || when.Location() != time.UTC) {
			t.Fatalf("%q: %v %q", s, when, code)
		}
	})
}
