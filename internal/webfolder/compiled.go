package webfolder

import (
	"bytes"
	"encoding/xml"
	"path"
	"regexp"
	"strings"
)

// Compiled is what ASP.NET keeps of a page that was requested at least once: the note of a compilation, or the program text made of the page.
type Compiled struct {
	URL      string // of the page, in lower case
	Assembly string // App_Web_…, "" where the file does not tell
	Raw      string // the element or line that says so
	Line     int64
	Offset   int64
}

// maxNote bounds the notes of compilations in bytes; real ones have some hundred.
const maxNote = 64 << 10

// sourceLine is how the program text made of a page names the page: #line 1 "C:\…\page.aspx", #pragma checksum "C:\…\page.aspx", //@line 1 "…".
var sourceLine = regexp.MustCompile(`(?m)^\s*(?:#pragma checksum|#line \d+|#ExternalSource\(|//@line \d+|#ExternalChecksum\()\s*"([^"\r\n]{1,1000})"`)

// ReadCompiled reads a file of the folder Temporary ASP.NET Files.
//
//	<preserve resultType="3" virtualPath="/owa/auth/page.aspx" … assembly="App_Web_x1y2z3w4" type="ASP.auth_page_aspx">
func (x *Index) ReadCompiled(logical string, data []byte) (Compiled, bool) {
	switch strings.ToLower(path.Ext(logical)) {
	case ".compiled":
		return readNote(data)
	case ".cs", ".vb", ".js":
		text := plainText(data, maxNote)
		m := sourceLine.FindSubmatchIndex(text)
		if m == nil {
			return Compiled{}, false
		}
		page := strings.ReplaceAll(strings.ReplaceAll(string(text[m[2]:m[3]]), `\\`, `\`), `\`, "/")
		url := x.Locate(page).URL
		return Compiled{URL: url, Raw: strings.TrimSpace(string(text[m[0]:m[1]])), Offset: int64(m[0]), Line: int64(bytes.Count(text[:m[0]], []byte("\n"))) + 1}, url != ""
	}
	return Compiled{}, false
}

func readNote(data []byte) (Compiled, bool) {
	text := plainText(data, maxNote)
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = sameCharset
	for range 20 { // the element stands first, behind the declaration and comments
		offset := d.InputOffset()
		line, _ := d.InputPos()
		t, err := d.RawToken()
		if err != nil {
			return Compiled{}, false
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local != "preserve" {
			return Compiled{}, false
		}
		c := Compiled{Offset: offset, Line: int64(line)}
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "virtualPath":
				c.URL = strings.ToLower(a.Value)
			case "assembly":
				c.Assembly = a.Value
			}
		}
		end := min(d.InputOffset(), offset+maxLine)
		c.Raw = strings.TrimSpace(string(text[offset:end]))
		return c, strings.HasPrefix(c.URL, "/") && path.Ext(c.URL) != "" && len(c.URL) <= maxLine
	}
	return Compiled{}, false
}
