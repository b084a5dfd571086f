package eventtext

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func benchmark(b *testing.B, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	data := []byte(text)
	for b.Loop() {
		n := 0
		for rec, err := range NewReader(bytes.NewReader(data), Options{}).Records() {
			if err != nil {
				b.Fatal(err)
			}
			n += len(rec.Fields)
		}
		if n == 0 {
			b.Fatal("nothing was read")
		}
	}
}

// nxlogLine is of the length and kind of a recording of the Windows filtering platform, the most frequent event there.
var nxlogLine = `{"Keywords":-9214364837600034816,"ThreadID":4888,"DestAddress":"192.0.2.255","host":"collector.example","Message":"` +
	strings.Repeat(`Something has been permitted.\r\n\r\n\tName:\t\t\\device\\volume2\\system32\\svchost.exe`, 6) +
	`","SourceName":"Test-Provider-Auditing","LayerName":"%%14610","tags":["set"],"Channel":"Security","ProviderGuid":"{0BADC0DE-0001-4002-8003-00000000000A}","EventID":5156,` +
	`"RecordNumber":110748,"Hostname":"ws5.example","Opcode":"Info","Protocol":"17","ProcessId":"116","Application":"\\device\\volume2\\system32\\svchost.exe",` +
	`"EventTime":"2020-08-05 02:09:26","SourcePort":"57703","ExecutionProcessID":4,"SourceAddress":"192.0.2.1","OpcodeValue":0,"@timestamp":"2020-08-05T06:09:29.626Z","Task":12810,` +
	`"DestPort":"1900","EventType":"AUDIT_SUCCESS","EventReceivedTime":"2020-08-05 02:09:29","Direction":"%%14592","FilterRTID":"65888"}` + "\n"

func BenchmarkNXLog(b *testing.B)    { benchmark(b, strings.Repeat(nxlogLine, 500)) }
func BenchmarkEvtxDump(b *testing.B) { benchmark(b, strings.Repeat(evtxDump+"\n", 1000)) }
func BenchmarkXML(b *testing.B)      { benchmark(b, strings.Repeat(xmlEvent+"\n", 1000)) }
func BenchmarkXMLUTF16(b *testing.B) {
	benchmark(b, "\xff\xfe"+wide(strings.Repeat(xmlEvent+"\n", 1000), false))
}

func BenchmarkCSV(b *testing.B) {
	var s strings.Builder
	s.WriteString("\"Message\",\"Id\",\"Level\",\"ProviderName\",\"LogName\",\"TimeCreated\"\n")
	for i := range 1000 {
		fmt.Fprintf(&s, "\"%s\",\"%d\",\"4\",\"Prov\",\"Security\",\"2021-03-03T10:11:12Z\"\r\n", strings.Repeat("A message with \"\"quotes\"\" and\r\n\tlines. ", 20), i)
	}
	benchmark(b, s.String())
}
