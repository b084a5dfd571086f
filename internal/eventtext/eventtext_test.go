package eventtext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"
)

// show writes what an export gives, one field or problem to a line.
func show(t testing.TB, data string, opt Options) string {
	t.Helper()
	var b strings.Builder
	r := NewReader(strings.NewReader(data), opt)
	for rec, err := range r.Records() {
		if err != nil {
			fmt.Fprintf(&b, "! %s line %d\n", err.Code, err.Line)
			continue
		}
		fmt.Fprintf(&b, "line %d\n", rec.Line)
		for _, f := range rec.Fields {
			fmt.Fprintf(&b, "  %s=%q\n", f.Name, f.Value)
		}
	}
	l := r.Ledger()
	if sum := l.Parsed + l.Skipped + l.Between; sum != int64(len(data)) {
		t.Errorf("the ledger %+v adds up to %d of %d bytes", l, sum, len(data))
	}
	return b.String()
}

// collect gives the records and the codes of the problems.
func collect(data string, opt Options) (recs []*Record, codes []string) {
	for rec, err := range NewReader(strings.NewReader(data), opt).Records() {
		if err != nil {
			codes = append(codes, err.Code)
		} else {
			recs = append(recs, rec)
		}
	}
	return recs, codes
}

const evtxDump = `{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{` +
	`"Provider":{"#attributes":{"Name":"Test-Provider","Guid":"0badc0de-0001-4002-8003-00000000000A"}},` +
	`"EventID":{"#attributes":{"Qualifiers":16384},"#text":7},"Level":4,"Keywords":"0x0080000000000000",` +
	`"TimeCreated":{"#attributes":{"SystemTime":"2021-03-03T10:11:12.5Z"}},"EventRecordID":9007199254740993,"Correlation":null,` +
	`"Channel":"Test/Operational","Computer":"ex1.example"},"EventData":{"Image":"C:\\a.exe","Guid":"0BADC0DE-0001-4002-8003-00000000000B","Empty":null,` +
	`"Data":{"#text":["one","two"]},"Flag":true}}}`

const evtxDumpFields = `  Provider_Name="Test-Provider"
  Provider_Guid="{0BADC0DE-0001-4002-8003-00000000000A}"
  EventID_Qualifiers="16384"
  EventID="7"
  Level="4"
  Keywords="0x80000000000000"
  TimeCreated_SystemTime="2021-03-03T10:11:12.5000000Z"
  EventRecordID="9007199254740993"
  Correlation=""
  Channel="Test/Operational"
  Computer="ex1.example"
  Image="C:\\a.exe"
  Guid="{0BADC0DE-0001-4002-8003-00000000000B}"
  Empty=""
  Data="one"
  Data="two"
  Flag="true"
`

const xmlEvent = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Test-Provider' Guid='{0BADC0DE-0001-4002-8003-00000000000A}'/>` +
	`<EventID Qualifiers='16384'>7</EventID><Level>4</Level><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='2021-03-03T10:11:12.500000000Z'/>` +
	`<EventRecordID>9007199254740993</EventRecordID><Correlation/><Channel>Test/Operational</Channel><Computer>ex1.example</Computer></System>` +
	`<EventData><Data Name='Image'>C:\a.exe</Data><Data Name="Guid">{0BADC0DE-0001-4002-8003-00000000000B}</Data><Data Name='Empty'/><Data>one</Data><Data>two</Data>` +
	`<Data Name='Flag'>true</Data></EventData></Event>`

func TestShapes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, want string
		opt            Options
	}{
		{"evtx_dump lines", evtxDump + "\n" + evtxDump, "line 1\n" + evtxDumpFields + "line 2\n" + evtxDumpFields, Options{}},
		{"evtx_dump pretty with record lines", "Record 1\n" + evtxDump + "\nRecord 2\n" + evtxDump + "\n", "line 2\n" + evtxDumpFields + "line 4\n" + evtxDumpFields, Options{}},
		{"the same event as XML", xmlEvent, "line 1\n" + evtxDumpFields, Options{}},
		{"evtx_dump with separate attributes",
			`{"Event_attributes":{"xmlns":"x"},"Event":{"System":{"Provider_attributes":{"Name":"P"},"EventID_attributes":{"Qualifiers":"1"},"EventID":"2","Security":null},` +
				`"EventData":{"Data":{"#text":["a",""]}}}}`,
			"line 1\n  Provider_Name=\"P\"\n  EventID_Qualifiers=\"1\"\n  EventID=\"2\"\n  Security=\"\"\n  Data=\"a\"\n  Data=\"\"\n", Options{}},
		{"Velociraptor", `{"System":{"Provider":{"Name":"P","Guid":"0BADC0DE-0001-4002-8003-00000000000A"},"EventID":{"Value":4624},"Keywords":9232379236109516800,` +
			`"TimeCreated":{"SystemTime":1614766272.1234567},"Correlation":{},"Channel":"Security","Computer":"h"},"EventData":{"SubjectUserSid":"S-1-0-0","Data":{"Name":"DwordVal","Value":1}},"Message":"m"}`,
			"line 1\n  Provider_Name=\"P\"\n  Provider_Guid=\"{0BADC0DE-0001-4002-8003-00000000000A}\"\n  EventID=\"4624\"\n  Keywords=\"0x8020000000000000\"\n" +
				"  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1234567Z\"\n  Correlation=\"\"\n  Channel=\"Security\"\n  Computer=\"h\"\n  SubjectUserSid=\"S-1-0-0\"\n  DwordVal=\"1\"\n  Message=\"m\"\n", Options{}},
		{"user data with nested leaves", `{"System":{"EventID":1},"UserData":{"Outer":{"xmlns":"n","Leaf":"a","Inner":{"Deep":[1,2]}}}}`,
			"line 1\n  EventID=\"1\"\n  Leaf=\"a\"\n  Deep=\"1\"\n  Deep=\"2\"\n", Options{}},
		{"NXLog", `{"EventID":5156,"Channel":"Security","Hostname":"ws5","SourceName":"Prov","ProviderName":"Data of its own","EventTime":"2020-08-05 02:09:26","@timestamp":"2020-08-05T06:09:29.626Z",` +
			`"Keywords":-9214364837600034816,"Opcode":"Info","OpcodeValue":0,"RecordNumber":7,"ExecutionProcessID":4,"ThreadID":8,"port":1,"n":null}`,
			"line 1\n  EventID=\"5156\"\n  Channel=\"Security\"\n  Hostname=\"ws5\"\n  SourceName=\"Prov\"\n  ProviderName=\"Data of its own\"\n  EventTime=\"2020-08-05 02:09:26\"\n" +
				"  @timestamp=\"2020-08-05T06:09:29.626Z\"\n  Keywords=\"0x8020000000000000\"\n  RenderingInfo_Opcode=\"Info\"\n  OpcodeValue=\"0\"\n  RecordNumber=\"7\"\n  ExecutionProcessID=\"4\"\n  ThreadID=\"8\"\n" +
				"  port=\"1\"\n  Computer=\"ws5\"\n  Provider_Name=\"Prov\"\n  EventRecordID=\"7\"\n  Execution_ProcessID=\"4\"\n  Execution_ThreadID=\"8\"\n  Opcode=\"0\"\n" +
				"  TimeCreated_SystemTime=\"2020-08-05T06:09:29.6260000Z\"\n", Options{}},
		{"a row of a Velociraptor artifact", `{"EventTime":"2021-03-03T10:11:12Z","Channel":"C","Computer":"h","EventID":{"Value":7},"EventData":{"Image":"x"},"Id":1,"ProviderName":"P"}`,
			"line 1\n  EventTime=\"2021-03-03T10:11:12Z\"\n  Channel=\"C\"\n  Computer=\"h\"\n  EventID=\"7\"\n  Image=\"x\"\n  Id=\"1\"\n  ProviderName=\"P\"\n" +
				"  Provider_Name=\"P\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.0000000Z\"\n", Options{}},
		{"NXLog without a zone", `{"EventID":1,"EventTime":"2020-08-05 02:09:26"}`,
			"! eventtext.time.zone line 1\nline 1\n  EventID=\"1\"\n  EventTime=\"2020-08-05 02:09:26\"\n", Options{}},
		{"two times", `<Event><System><EventID>1</EventID><TimeCreated SystemTime="2021-03-03T10:11:12Z"/><TimeCreated SystemTime="x"/></System></Event>`,
			"line 1\n  EventID=\"1\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.0000000Z\"\n  TimeCreated_SystemTime=\"x\"\n", Options{}},
		{"winlogbeat nested", `{"@timestamp":"2021-03-03T10:11:12.123Z","event":{"code":"1","provider":"Sys"},"host":{"name":"h"},"process":{"pid":77},"winlog":{"event_id":1,"channel":"C","computer_name":"c","provider_name":"Sys",` +
			`"provider_guid":"{0badc0de-0001-4002-8003-00000000000a}","record_id":5,"process":{"pid":4,"thread":{"id":8}},"keywords":["Audit Success"],"opcode":"Info","event_data":{"Image":"x","param1":"p"}}}`,
			"line 1\n  @timestamp=\"2021-03-03T10:11:12.123Z\"\n  event.code=\"1\"\n  event.provider=\"Sys\"\n  host.name=\"h\"\n  process.pid=\"77\"\n  EventID=\"1\"\n  Channel=\"C\"\n  Computer=\"c\"\n  Provider_Name=\"Sys\"\n  Provider_Guid=\"{0badc0de-0001-4002-8003-00000000000a}\"\n" +
				"  EventRecordID=\"5\"\n  Execution_ProcessID=\"4\"\n  Execution_ThreadID=\"8\"\n  RenderingInfo_Keyword=\"Audit Success\"\n  RenderingInfo_Opcode=\"Info\"\n  Image=\"x\"\n  Data=\"p\"\n" +
				"  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1230000Z\"\n", Options{}},
		{"winlogbeat dotted inside Elastic", `{"index":{"_index":"w"}}` + "\n" + `{"_index":"w","_source":{"@timestamp":"2021-03-03T10:11:12Z","winlog.event_id":1,"winlog.channel":"C","winlog.event_data.Image":"x","message":"m"}}`,
			"line 2\n  @timestamp=\"2021-03-03T10:11:12Z\"\n  EventID=\"1\"\n  Channel=\"C\"\n  Image=\"x\"\n  Message=\"m\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.0000000Z\"\n", Options{Format: JSON}},
		{"winlogbeat 6", `{"@timestamp":"2021-03-03T10:11:12Z","event_id":4624,"log_name":"Security","computer_name":"c","source_name":"P","record_number":"5","level":"Information","event_data":{"LogonType":"3"}}`,
			"line 1\n  @timestamp=\"2021-03-03T10:11:12Z\"\n  EventID=\"4624\"\n  Channel=\"Security\"\n  Computer=\"c\"\n  Provider_Name=\"P\"\n  EventRecordID=\"5\"\n  RenderingInfo_Level=\"Information\"\n  LogonType=\"3\"\n" +
				"  TimeCreated_SystemTime=\"2021-03-03T10:11:12.0000000Z\"\n", Options{}},
		{"Get-WinEvent array", `[{"Id":4624,"LogName":"Security","MachineName":"c","ProviderName":"P","ProviderId":"0badc0de-0001-4002-8003-00000000000a","TimeCreated":"\/Date(1614766272123)\/","Keywords":-9214364837600034816,` +
			`"UserId":{"BinaryLength":12,"Value":"S-1-5-18"},"ActivityId":null,"Properties":[{"Value":"a"},{"Value":{"Value":"S-1-0-0"}},{"Value":[1,255]},{"Value":3}],"Message":"m"},` +
			"\n" + `{"Id":1,"ProviderName":"P","TimeCreated":{"value":"\/Date(1614766272123)\/","DateTime":"mercredi"}}]`,
			"line 1\n  EventID=\"4624\"\n  Channel=\"Security\"\n  Computer=\"c\"\n  Provider_Name=\"P\"\n  Provider_Guid=\"{0BADC0DE-0001-4002-8003-00000000000A}\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1230000Z\"\n" +
				"  Keywords=\"0x8020000000000000\"\n  Security_UserID=\"S-1-5-18\"\n  Data=\"a\"\n  Data=\"S-1-0-0\"\n  Data=\"01FF\"\n  Data=\"3\"\n  Message=\"m\"\n" +
				"line 2\n  EventID=\"1\"\n  Provider_Name=\"P\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1230000Z\"\n", Options{}},
		{"EvtxECmd JSON", `{"EventId":4624,"Level":"LogAlways","Provider":"P","Channel":"Security","ProcessId":4,"TimeCreated":"2021-03-03T10:11:12.1234567+00:00","PayloadData1":"Target: x",` +
			`"Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"SubjectUserSid\",\"#text\":\"S-1-0-0\"},{\"@Name\":\"None\"}]}}"}`,
			"line 1\n  EventID=\"4624\"\n  RenderingInfo_Level=\"LogAlways\"\n  Provider_Name=\"P\"\n  Channel=\"Security\"\n  Execution_ProcessID=\"4\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1234567Z\"\n" +
				"  PayloadData1=\"Target: x\"\n  SubjectUserSid=\"S-1-0-0\"\n  None=\"\"\n", Options{}},
		{"XML with root, rendering and user data", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Events><!-- c -->\n" +
			`<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="P"/><EventID>104</EventID><Security UserID="S-1-5-18"/></System>` +
			`<UserData><LogFileCleared xmlns="u" Kind="k"><SubjectUserName>a &amp; b&#x21;</SubjectUserName><x:Blank xmlns:x="y"> </x:Blank></LogFileCleared></UserData>` +
			`<RenderingInfo Culture="fr-FR"><Message>Le journal <![CDATA[<a>]]></Message><Level>Information</Level><Keywords><Keyword>K</Keyword></Keywords></RenderingInfo></Event></Events>`,
			"line 3\n  Provider_Name=\"P\"\n  EventID=\"104\"\n  Security_UserID=\"S-1-5-18\"\n  LogFileCleared_Kind=\"k\"\n  SubjectUserName=\"a & b!\"\n  Blank=\" \"\n" +
				"  RenderingInfo_Culture=\"fr-FR\"\n  Message=\"Le journal <a>\"\n  RenderingInfo_Level=\"Information\"\n  RenderingInfo_Keyword=\"K\"\n", Options{}},
		{"Event Viewer CSV, English", "Level,Date and Time,Source,Event ID,Task Category\r\nInformation,3/13/2021 10:11:12 PM,P,4624,Logon,\"First \"\"line\"\"\r\n\r\n\tSecond\"\r\n",
			"line 2\n  RenderingInfo_Level=\"Information\"\n  TimeCreated_SystemTime=\"2021-03-13T22:11:12.0000000Z\"\n  Provider_Name=\"P\"\n  EventID=\"4624\"\n  RenderingInfo_Task=\"Logon\"\n" +
				"  Message=\"First \\\"line\\\"\\r\\n\\r\\n\\tSecond\"\n", Options{Zone: time.UTC}},
		{"Event Viewer CSV, French, accents lost", "Niveau;Date et heure;Source;ID de l?v?nement;Cat?gorie de la t?che\nErreur;03/03/2021 10:11:12;P;1000;(100);Texte\n",
			"line 2\n  RenderingInfo_Level=\"Erreur\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.0000000Z\"\n  Provider_Name=\"P\"\n  EventID=\"1000\"\n  RenderingInfo_Task=\"(100)\"\n  Message=\"Texte\"\n", Options{Zone: time.UTC}},
		{"Export-Csv with type line", "#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n\"Message\",\"Id\",\"Level\",\"ProviderName\",\"LogName\",\"TimeCreated\",\"UserId\"\r\n\"a\nb\",\"7\",\"4\",\"P\",\"System\",\"13/03/2021 10:11:12\",\"\"\r\n",
			"line 3\n  Message=\"a\\nb\"\n  EventID=\"7\"\n  Level=\"4\"\n  Provider_Name=\"P\"\n  Channel=\"System\"\n  TimeCreated_SystemTime=\"2021-03-13T09:11:12.0000000Z\"\n", Options{Zone: time.FixedZone("", 3600)}},
		{"EvtxECmd CSV", "RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,Computer,MapDescription,PayloadData1,Keywords,Payload\n" +
			`1,9,2021-03-03 10:11:12.1234567,4624,LogAlways,P,Security,4,c,,x,Audit success,"{""EventData"":{""Data"":""a, b""}}"` + "\n",
			"line 2\n  EventRecordID=\"9\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1234567Z\"\n  EventID=\"4624\"\n  RenderingInfo_Level=\"LogAlways\"\n  Provider_Name=\"P\"\n  Channel=\"Security\"\n" +
				"  Execution_ProcessID=\"4\"\n  Computer=\"c\"\n  PayloadData1=\"x\"\n  RenderingInfo_Keyword=\"Audit success\"\n  Data=\"a, b\"\n", Options{}},
		{"Get-EventLog CSV", "\"EventID\",\"MachineName\",\"Index\",\"EntryType\",\"Message\",\"Source\",\"InstanceId\",\"TimeGenerated\"\n\"7\",\"c\",\"3\",\"Error\",\"m\",\"P\",\"1073741831\",\"2021-03-03T10:11:12Z\"\n",
			"line 2\n  EventID=\"7\"\n  Computer=\"c\"\n  EventRecordID=\"3\"\n  RenderingInfo_Level=\"Error\"\n  Message=\"m\"\n  Provider_Name=\"P\"\n  InstanceId=\"1073741831\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.0000000Z\"\n", Options{}},
		{"wevtutil text", "Event[0]:\r\n  Log Name: Security\r\n  Source: P\r\n  Date: 2021-03-03T10:11:12.1230000Z\r\n  Event ID: 4624\r\n  Task: Logon\r\n  Level: Information\r\n  User: N/A\r\n  Computer: c\r\n  Description: \r\nLine one.\r\nEvent[9] is text\r\n\r\n" +
			"Event[1]\r\n  Log Name: System\r\n  Event ID: 7\r\n",
			"line 1\n  Channel=\"Security\"\n  Provider_Name=\"P\"\n  TimeCreated_SystemTime=\"2021-03-03T10:11:12.1230000Z\"\n  EventID=\"4624\"\n  RenderingInfo_Task=\"Logon\"\n  RenderingInfo_Level=\"Information\"\n  Computer=\"c\"\n" +
				"  Message=\"Line one.\\r\\nEvent[9] is text\"\nline 14\n  Channel=\"System\"\n  EventID=\"7\"\n", Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := show(t, tt.in, tt.opt)
			if got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// wide encodes text as UTF-16.
func wide(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		evtxDump + "\n" + strings.ReplaceAll(evtxDump, "a.exe", "é😀.exe") + "\n",
		"<Events>" + xmlEvent + "\n" + strings.ReplaceAll(xmlEvent, "a.exe", "é😀.exe") + "</Events>",
		"Id,LogName,ProviderName,Message\n1,é,P,😀\n2,b,P,m\n",
	} {
		want, codes := collect(text, Options{})
		if len(want) != 2 || len(codes) > 0 {
			t.Fatalf("%d records, %v", len(want), codes)
		}
		for name, in := range map[string]string{
			"UTF-8 with mark":        "\ufeff" + text,
			"UTF-16LE with mark":     "\xff\xfe" + wide(text, false),
			"UTF-16BE with mark":     "\xfe\xff" + wide(text, true),
			"UTF-16LE without mark":  wide(text, false),
			"UTF-16BE without mark":  wide(text, true),
			"UTF-16LE, an odd byte ": wide(text, false) + "x",
		} {
			recs, codes := collect(in, Options{})
			if len(recs) != 2 || len(codes) != strings.Count(name, "odd") {
				t.Fatalf("%s: %d records, %v", name, len(recs), codes)
			}
			for i, rec := range recs {
				if !slices.Equal(rec.Fields, want[i].Fields) || rec.Line != want[i].Line {
					t.Errorf("%s: %v\nwant %v", name, rec, want[i])
				}
				// The place gives the original text again.
				original := in[rec.Offset : rec.Offset+int64(rec.Length)]
				plain := text[want[i].Offset : want[i].Offset+int64(want[i].Length)]
				if original != plain && original != wide(plain, false) && original != wide(plain, true) {
					t.Errorf("%s: the original text is %q", name, original)
				}
			}
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	recs, _ := collect("\n "+evtxDump+"\n"+small, Options{})
	if len(recs) != 2 || recs[0].Offset != 2 || recs[0].Length != len(evtxDump) || recs[0].Line != 2 || recs[0].RecordID != 9007199254740993 ||
		!recs[0].Written.Equal(time.Date(2021, 3, 3, 10, 11, 12, 5e8, time.UTC)) || recs[1].RecordID != 0 || !recs[1].Written.IsZero() {
		t.Errorf("%+v", recs)
	}
}

func TestSourceFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	src := io.MultiReader(strings.NewReader(evtxDump+"\n"), iotest.ErrReader(boom))
	n, last := 0, (*Error)(nil)
	for rec, err := range NewReader(src, Options{}).Records() {
		if last = err; rec != nil {
			n++
		}
	}
	if n != 1 || last == nil || last.Code != CodeRead || !errors.Is(last, boom) {
		t.Errorf("%d records, then %v", n, last)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	n := 0
	for range NewReader(strings.NewReader(strings.Repeat(evtxDump+"\nx\n", 5)), Options{}).Records() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d", n)
	}
}

// TestAnyBlocks reads through a source that gives one byte at a time.
func TestAnyBlocks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{evtxDump + "\n{bad\n" + evtxDump, xmlEvent + "<Event><a>" + xmlEvent, "\xff\xfe" + wide(xmlEvent+"é😀"+xmlEvent, false)} {
		var a, b []string
		for rec, err := range NewReader(strings.NewReader(text), Options{}).Records() {
			a = append(a, fmt.Sprint(rec, err))
		}
		for rec, err := range NewReader(iotest.OneByteReader(strings.NewReader(text)), Options{}).Records() {
			b = append(b, fmt.Sprint(rec, err))
		}
		if !slices.Equal(a, b) || len(a) < 2 {
			t.Errorf("%v\n%v", a, b)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for i, c := range Codes {
		if c.Text.EN == "" || c.Text.FR == "" || !strings.HasPrefix(c.Code, "eventtext.") {
			t.Errorf("%v", c)
		}
		if slices.ContainsFunc(Codes[:i], func(o Code) bool { return o.Code == c.Code }) {
			t.Errorf("%s is there twice", c.Code)
		}
	}
	e := &Error{Code: CodeSize, Offset: 16, Line: 2, Limit: 5, Got: 6, Detail: excerpt([]byte("\x1b[31m\u202e" + strings.Repeat("x", 300))), Action: ActionDocument, Count: 3}
	if s := e.Error(); !strings.HasPrefix(s, `@0x10 (line 2): A document is too large: limit 5, got 6: "\x1b[31m\u202e`) ||
		!strings.HasSuffix(s, "; 3 more of these; document skipped") || len(s) > 300 {
		t.Errorf("%s", s)
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want Format
	}{
		{"", Unknown},
		{"hello", Unknown},
		{`{"a":1}`, Unknown},
		{evtxDump, JSON},
		{"\ufeff\r\n[\r\n" + evtxDump, JSON},
		{"Record 1\n" + evtxDump, JSON},
		{xmlEvent, XML},
		{"<?xml version='1.0'?><!-- a > b --><Events>", XML},
		{"<!DOCTYPE Events><Events>", XML},
		{"<ev:Event xmlns:ev='x'>", XML},
		{"<EventData>", Unknown},
		{"<html><Event>", Unknown},
		{"Level,Date and Time,Source,Event ID,Task Category\r\n", CSV},
		{"Mots clés,Date et heure,Source,ID de l’événement,Catégorie de la tâche\n", CSV},
		{"#TYPE x\n\"Id\";\"LogName\";\"MachineName\";\"Message\"\n", CSV},
		{"Id,Name,Price,Source of light\n", Unknown},
		{"Event[0]:\n  Log Name: x\n", Text},
		{"Event[x]\n", Unknown},
		{"\xff\xfe" + wide(xmlEvent, false), XML},
		{wide(evtxDump, true), JSON},
	} {
		if got := Sniff([]byte(tt.in)); got != tt.want {
			t.Errorf("%.40q: %v, want %v", tt.in, got, tt.want)
		}
	}
	if bytes.Contains([]byte(Format(200).String()), []byte("json")) {
		t.Error("a format that does not exist has a name")
	}
}
