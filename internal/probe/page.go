package probe

import (
	"encoding/base64"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/twmb/murmur3"
)

// A page is not parsed: a title and an icon are found by their tags, and what is odd is left alone. Whoever writes a page that misleads these
// patterns could as well write another title.
var (
	titleTag = regexp.MustCompile(`(?is)<title[^>]{0,200}>(.{0,300}?)</title`)
	iconTag  = regexp.MustCompile(`(?is)<link\b[^>]{0,300}\brel\s{0,4}=\s{0,4}["']?(?:shortcut )?icon\b[^>]{0,300}`)
	hrefAttr = regexp.MustCompile(`(?is)\bhref\s{0,4}=\s{0,4}["']?([^"'\s>]{1,300})`)
)

// pageHead is how much of a page is searched for them.
const pageHead = 64 << 10

// pageTitle gives the title of a page, with blanks made single.
func pageTitle(body []byte) string {
	m := titleTag.FindSubmatch(body[:min(len(body), pageHead)])
	if m == nil {
		return ""
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(html.UnescapeString(string(m[1])), "\ufffd")), " ")
}

// pageIcon gives the path of the icon that a page names, "" when it names none on the same server.
func pageIcon(body []byte) string {
	tag := iconTag.Find(body[:min(len(body), pageHead)])
	m := hrefAttr.FindSubmatch(tag)
	if m == nil {
		return ""
	}
	path := html.UnescapeString(string(m[1]))
	path, _, _ = strings.Cut(path, "?")
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "..") || !isIcon(path) ||
		strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return ""
	}
	return path
}

// isIcon tells a path that is asked for as an icon.
func isIcon(path string) bool {
	path = strings.ToLower(path)
	return strings.HasSuffix(path, ".ico") || strings.HasSuffix(path, ".png")
}

// iconHash gives the hash under which icons are known: MurmurHash3 (32 bits, signed) of their base64 in lines of 76 characters, as Python's
// base64.encodebytes writes it.
func iconHash(icon []byte) string {
	if len(icon) == 0 {
		return ""
	}
	text := base64.StdEncoding.EncodeToString(icon)
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76])
		b.WriteByte('\n')
		text = text[76:]
	}
	b.WriteString(text)
	b.WriteByte('\n')
	return strconv.Itoa(int(int32(murmur3.StringSum32(b.String()))))
}
