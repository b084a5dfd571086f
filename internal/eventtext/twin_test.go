package eventtext

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// flatten writes node i of a tree as the tokens that encoding/json gives.
func flatten(t *tree, i int32, out []json.Token) []json.Token {
	n := t.nodes[i]
	switch n.kind {
	case kindNull:
		return append(out, nil)
	case kindBool:
		return append(out, string(t.val(i)) == "true")
	case kindNumber:
		return append(out, json.Number(t.val(i)))
	case kindString:
		return append(out, string(t.val(i)))
	}
	open, end := json.Delim('['), json.Delim(']')
	if n.kind == kindObject {
		open, end = '{', '}'
	}
	out = append(out, open)
	for c := i + 1; c < n.end; c = t.nodes[c].end {
		if n.kind == kindObject {
			out = append(out, string(t.name(c)))
		}
		out = flatten(t, c, out)
	}
	return append(out, end)
}

// checkJSON compares the parser with encoding/json on one document.
func checkJSON(t *testing.T, data []byte) {
	t.Helper()
	var tr tree
	n, code, ok := parseJSON(&tr, data, true)
	if ok {
		// json.Valid wants the whole; what follows the value is not the parser's.
		if !json.Valid(data[:n]) {
			t.Fatalf("%q is taken and encoding/json does not", data)
		}
		d := json.NewDecoder(bytes.NewReader(data[:n]))
		d.UseNumber()
		var want []json.Token
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			want = append(want, tok)
		}
		if got := flatten(&tr, 0, nil); !slices.Equal(got, want) {
			t.Fatalf("%q:\n%#v\nwant\n%#v", data, got, want)
		}
	} else if json.Valid(data) && code != CodeDepth && code != CodeValues {
		t.Fatalf("%q is refused with %q at %d", data, code, n)
	}
	// The first part alone is either complete or asks for more, never wrong, as long as the whole is right.
	for _, cut := range []int{len(data) / 3, len(data) / 2, len(data) - 1} {
		if ok && cut > 0 && cut < n {
			var tr tree
			if n2, code, ok2 := parseJSON(&tr, data[:cut], false); ok2 && n2 != n && !isNumber(data[n2-1:n2]) || !ok2 && code != "" {
				t.Fatalf("%q cut at %d: %v %q", data, cut, ok2, code)
			}
		}
	}
}

func TestJSONTwin(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		``, ` `, `{}`, `[]`, ` { } `, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{"a":1 "b":2}`, `{1:2}`, `nul`, `null`, `nulll`, `truE`, `false`,
		`0`, `-0`, `-`, `01`, `1.`, `.1`, `1.5e+10`, `1e`, `1e+`, `1E-7`, `1e999`, `--1`, `+1`, `0x1`, `1_0`, `NaN`, `Infinity`,
		`""`, `"a`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\uD83D\uDE00"`, `"\uD83D"`, `"\uD83D\u0041"`, `"\uDE00\uD83D"`, `"\uD83D\n"`, `"\uD83D\u12"`, `"\uD83D\uD83D\uDE00"`,
		"\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\n\"", "\"\xff\"", "\"\xe2\x82\"", "\"\xe2\x82\xac\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc0\x80\"", "\"\u2028\"",
		`{"a":{"a":[{"a":null},true,false,"x",1]}}`, `{"a":1,"a":2}`, `[[[[[[]]]]]]`, "\v{}", "\u00a0{}", "\ufeff{}", `{}{}`, `[1]x`, `"a" :`, `{"\u0061":1}`,
		evtxDump,
	} {
		checkJSON(t, []byte(s))
		for i := range len(s) {
			checkJSON(t, []byte(s[:i]))
		}
	}
}

// xmlFields is the slow twin of parseXML: the same rules over the tokens of encoding/xml. It gives the names and values of EventData.
func xmlFields(data string) (fields []string, err error) {
	d := xml.NewDecoder(strings.NewReader(data))
	depth, section, name, text := 0, "", "", ""
	leaf, attrs, named := false, false, false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				section = tok.Name.Local
			}
			if leaf && depth > 3 && strings.Trim(text, " \t\r\n") != "" && section != "System" {
				fields = append(fields, name+"="+text)
			}
			name, text, leaf, attrs, named = tok.Name.Local, "", true, false, false
			for _, a := range tok.Attr {
				switch {
				case a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || depth < 2 || section == "System":
				case depth > 2 && name == "Data" && a.Name.Local == "Name" && a.Value != "":
					name, named = a.Value, true
				default:
					fields, attrs = append(fields, tok.Name.Local+"_"+a.Name.Local+"="+a.Value), true
				}
			}
		case xml.CharData:
			text += string(tok)
		case xml.EndElement:
			if len(text) > 1 && text[0] == '\n' && strings.Trim(text[1:], " \t") == "" {
				text = ""
			}
			if leaf && depth > 2 && section != "System" && (text != "" || named || !attrs) {
				fields = append(fields, name+"="+text)
			}
			depth--
			leaf, text = false, ""
		}
	}
}

func TestXMLTwin(t *testing.T) {
	t.Parallel()
	for _, inner := range []string{
		``, `<Data>a</Data>`, `<Data Name="N">a</Data>`, `<Data Name="N"/>`, `<Data Name='a&amp;"b'>x</Data>`, `<Binary>00FF</Binary>`, `<Data></Data>`, `<Data> </Data>`, "<Data>\n  </Data>",
		`<Data>&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#x1F600;</Data>`, `<Data><![CDATA[<b>&amp;]]]]></Data>`, `<Data>a<!-- b -->c</Data>`, `<Data>a<?p b?>c</Data>`,
		`<a><b x="1">t</b><b/></a>`, `<p:a xmlns:p="u" p:x='1'><p:b>é😀</p:b></p:a>`, `<Data Name="N" Type="t">v</Data>`, `<Data  Name = "N"  >v</Data >`, `<a>t<b/></a>`, `<Data Name="">v</Data>`, `<Data Name="N" Type="t"/>`, "<Data>\n</Data>",
	} {
		for _, section := range []string{"EventData", "UserData"} {
			doc := "<Event><System><EventID>1</EventID></System><" + section + ">" + inner + "</" + section + "></Event>"
			want, err := xmlFields(doc)
			if err != nil {
				t.Fatalf("%s: %v", doc, err)
			}
			recs, codes := collect(doc, Options{})
			if len(recs) != 1 || len(codes) > 0 {
				t.Errorf("%s: %d records, %v", doc, len(recs), codes)
				continue
			}
			got := []string(nil)
			for _, f := range recs[0].Fields[1:] {
				got = append(got, f.Name+"="+f.Value)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s:\n%q\nwant\n%q", doc, got, want)
			}
		}
	}
}
