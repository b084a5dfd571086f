package webfolder

import (
	"bytes"
	"strings"
)

// Finding is what a check saw in one file.
type Finding struct {
	Act    string // of the flaw webshell
	Rule   string
	Object string // the thing it is about, "" for the file itself
	Offset int64  // in the text of the file
	Line   int64
	Raw    string // the line or element, in words that hold no secret
}

// maxDump is how much of a file is searched for a dump of a virtual directory, in bytes: real ones have some kilobytes; published ones up to fifty.
const maxDump = 1 << 20

// maxLine bounds what is kept of a line, in bytes.
const maxLine = 2048

// dumpKeys are names of properties that Exchange writes for a virtual directory. Two of them beside the address make a dump.
var dumpKeys = []string{"internalauthenticationmethods", "externalauthenticationmethods", "extendedprotectiontokenchecking", "extendedprotectionflags",
	"extendedprotectionspnlist", "originatingserver", "admindisplayversion", "whenchanged", "whenchangedutc", "whencreated", "whencreatedutc",
	"distinguishedname", "exchangeversion", "metabasepath", "basicauthentication", "windowsauthentication", "objectcategory", "offlineaddressbooks", "pollinterval"}

// scriptMarks are what no address holds and every server-side script does.
var scriptMarks = []string{"<script", "runat=", "<%", "%>", "page_load", "request["}

// Dump looks for the file that CVE-2021-27065 makes Exchange write: the properties of a virtual directory, one a line, of which an address (ExternalUrl,
// InternalUrl) holds script.
//
//	ExternalUrl                     : http://f/<script language="JScript" runat="server">…</script>
func Dump(data []byte) (Finding, bool) {
	if !mayBeDump(data[:min(len(data), maxDump)]) {
		return Finding{}, false
	}
	text := plainText(data, maxDump)
	var hit Finding
	found, keys := false, map[string]bool{}
	offset, n := int64(0), int64(0)
	for line := range bytes.Lines(text) {
		n++
		key, value, ok := strings.Cut(string(line[:min(len(line), maxLine)]), ":")
		low := strings.ToLower(strings.TrimSpace(key))
		if ok {
			for _, k := range dumpKeys {
				if low == k {
					keys[k] = true
				}
			}
			if !found && (low == "externalurl" || low == "internalurl") && holdsScript(value) {
				found = true
				hit = Finding{Act: "file-dump", Rule: "vigie-file-dump", Offset: offset, Line: n, Raw: strings.TrimRight(string(line[:min(len(line), maxLine)]), "\r\n")}
			}
		}
		offset += int64(len(line))
	}
	return hit, found && len(keys) >= 2
}

// mayBeDump rejects most files by one look.
func mayBeDump(b []byte) bool {
	return bytes.Contains(b, []byte("nalUrl")) || bytes.Contains(b, []byte("n\x00a\x00l\x00U\x00r\x00l\x00")) || bytes.Contains(b, []byte("\x00n\x00a\x00l\x00U\x00r\x00l"))
}

func holdsScript(value string) bool {
	low := strings.ToLower(value)
	if !strings.Contains(low, "<") {
		return false
	}
	for _, m := range scriptMarks {
		if strings.Contains(low, m) {
			return true
		}
	}
	return false
}
