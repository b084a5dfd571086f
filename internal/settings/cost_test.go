package settings

import (
	"strings"
	"testing"
)

// TestCost reads files of 4 MiB that were made to take the square of their size: with that, the test would not end in its time.
func TestCost(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	fill := func(begin, part, end string) string { return begin + strings.Repeat(part, size/len(part)) + end }
	for name, in := range map[string]string{
		"value of the registry over many lines": fill("Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\A]\n\"x\"=hex:\\\n", "00,\\\n", "00\n"),
		"property over many lines":              fill("AdminAuditLogEnabled : True\nName                 : x\n", " x\n", "\n"),
		"object of many properties":             fill(psHead+`<Obj RefId="0"><TN RefId="0"><T>x.Win32_ComputerSystem</T></TN><Props>`, `<S N="a">b</S>`, `</Props></Obj></Objs>`),
		"many references to one list":           fill(psHead+`<Obj RefId="0"><LST>`+strings.Repeat("<S>x</S>", 50_000)+`</LST></Obj>`, `<Obj RefId="1"><TN RefId="1"><T>Win32_ComputerSystem</T></TN><Props><Ref N="x" RefId="0" /></Props></Obj>`, `</Objs>`),
		"many objects of one long type":         fill(psHead+`<Obj RefId="0"><TN RefId="0">`+strings.Repeat("<T>x</T>", 50_000)+`</TN></Obj>`, `<Obj RefId="1"><TNRef RefId="0" /></Obj>`, `</Objs>`),
		"text in many pieces":                   fill(psHead+`<S>`, `x<!---->`, `</S></Objs>`),
		"locations":                             fill(`<configuration><system.applicationHost><sites/></system.applicationHost>`, `<location path="a/b/c/d"/>`, `</configuration>`),
		"quote that never closes":               fill("DomainName,DomainType\n\"", "x,\n", ""),
		"lists of JSON":                         fill(`{"AdminAuditLogEnabled":true,"Name":`, "[", ""),
		"objects of JSON":                       fill(`[{"AdminAuditLogEnabled":true,"Name":"x"}`, `,{"a":1,"b":2}`, "]"),
		"lines of systeminfo":                   fill("Host Name: x\nOS Name: y\nOS Version: 10.0.17763 N/A\nType: x64-based PC\n", "KB \n", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f, _ := Read(place, []byte(in), Options{}); f.Form == None {
				t.Error("not read at all")
			}
		})
	}
}
