package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Names of evidence are data. They are shown with every byte that could
// deceive a reader or a terminal written as %XX (upper case): control
// characters, what is invisible or turns the direction of text, bytes that are
// not UTF-8, "!" (it joins containers), in names of files on disk a backslash,
// and a percent sign where it would otherwise look like one of these. Unescape
// gives the stored bytes back. A literal "C%3A" stays as it is, since ":" is
// never escaped.

// escape makes one name fit to be shown.
func escape(s string, backslash bool) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '!' || c == '%' || (c == '\\' && backslash) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '%':
			if i+2 < len(s) {
				if c, ok := hexByte(s[i+1], s[i+2]); ok && escapable(c) {
					b.WriteString("%25")
					i++
					continue
				}
			}
			b.WriteByte('%')
		case r == utf8.RuneError && n <= 1, r == '!', r == '\\' && backslash, hidden(r):
			for _, c := range []byte(s[i : i+n]) {
				b.WriteByte('%')
				b.WriteByte("0123456789ABCDEF"[c>>4])
				b.WriteByte("0123456789ABCDEF"[c&15])
			}
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// Unescape gives the stored bytes of an escaped name.
func Unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := hexByte(s[i+1], s[i+2]); ok && escapable(c) {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// escapable are the bytes that escape may write as %XX.
func escapable(c byte) bool {
	return c < 0x20 || c >= 0x7f || c == '!' || c == '%' || c == '\\'
}

func hexByte(a, b byte) (byte, bool) {
	x, y := strings.IndexByte("0123456789ABCDEF", a), strings.IndexByte("0123456789ABCDEF", b)
	if x < 0 || y < 0 {
		return 0, false
	}
	return byte(x<<4 | y), true
}

// hidden tells whether a rune is not to be seen, or changes how others are.
func hidden(r rune) bool {
	if r < 0x7f {
		return r < 0x20
	}
	if !unicode.IsPrint(r) {
		return true
	}
	switch {
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef, // variation selectors
		r == 0x034f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xffa0:
		return true
	}
	return false
}

// place is where an entry stands: its display path and its logical name.
type place struct {
	display string
	logical string
}

// base is the last part of the logical name.
func (p place) base() string { return p.logical[strings.LastIndexByte(p.logical, '/')+1:] }

// dir is the logical name without its last part, with the final "/".
func (p place) dir() string { return p.logical[:strings.LastIndexByte(p.logical, '/')+1] }

// storedName is a name out of an archive, made safe to show and to compare.
type storedName struct {
	display string // as stored, escaped; a leading "./" is dropped
	logical string // parts joined by "/", without empty parts and "."
	unsafe  bool   // would lead out of the container if it were a path
	long    bool
	empty   bool
}

// cleanStored reads a stored name. Both slashes separate: archives made on
// Windows have backslashes, and the same evidence must get the same name.
func cleanStored(raw string, l *Limits) storedName {
	var n storedName
	name := raw
	for strings.HasPrefix(name, "./") {
		name = strings.TrimLeft(name[1:], "/")
	}
	slash := strings.ReplaceAll(name, "\\", "/")
	n.unsafe = strings.HasPrefix(slash, "/") || (len(slash) >= 2 && slash[1] == ':' && isLetter(slash[0])) ||
		strings.IndexByte(name, 0) >= 0
	parts := int64(0)
	var b strings.Builder
	for part := range strings.SplitSeq(slash, "/") {
		if part == "" || part == "." {
			continue
		}
		if dots := strings.TrimRight(part, ". "); dots == "" && strings.HasPrefix(part, "..") {
			n.unsafe = true
		}
		if parts++; parts > l.NameParts {
			n.long = true
			break
		}
		if b.Len() > 0 {
			b.WriteByte('/')
		}
		if int64(b.Len()+len(part)) > l.NameBytes {
			n.long = true
			part = cutText(part, int(max(0, l.NameBytes-int64(b.Len()))))
		}
		b.WriteString(escape(part, false))
		if n.long {
			break
		}
	}
	n.logical = b.String()
	n.display = name
	if n.long || int64(len(name)) > l.NameBytes {
		// Cut, and kept apart from other cut names by the hash of the whole.
		n.long = true
		sum := sha256.Sum256([]byte(raw))
		mark := "~" + hex.EncodeToString(sum[:8])
		n.logical = cutText(n.logical, 200) + mark
		n.display = cutText(name, 200) + mark
	}
	n.display = escape(n.display, false)
	if n.logical == "" {
		n.empty = true
		n.logical, n.display = "unnamed", "unnamed"
	}
	return n
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// cutText cuts at a rune boundary.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// key is a short stand-in for a name in the sets of names seen.
type key [16]byte

func exactKey(logical string) (k key) {
	sum := sha256.Sum256([]byte(logical))
	copy(k[:], sum[:])
	return k
}

// foldKey is equal for names that a Windows or macOS machine takes for one:
// other case, other Unicode form, dots and spaces at the end of a part.
func foldKey(logical string) key {
	parts := strings.Split(norm.NFKC.String(strings.ToLower(strings.ToUpper(logical))), "/")
	for i, p := range parts {
		if t := strings.TrimRight(p, ". "); t != "" {
			parts[i] = t
		}
	}
	return exactKey(strings.Join(parts, "/"))
}

// quoted makes attacker's text fit for a message: quoted, at most 200 bytes.
func quoted(s string) string {
	e := escape(cutText(s, 200), false)
	return `"` + cutText(strings.ReplaceAll(e, `"`, "%22"), 196) + `"`
}
