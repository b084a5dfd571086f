package vgz

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxEntry bounds the name of an entry in bytes: most file systems take 255 for
// a part and 4,096 for a path, and Windows tools 260 in all. Longer names become a hash.
const (
	maxEntry = 1024
	maxPart  = 240
)

// EntryName gives the name under which the content of a path is kept. Drive
// letters become folders, and every character that some system reads as more
// than a letter is percent-encoded, so that unpacking with any tool stays inside
// one folder: `C:\inetpub\a.aspx:x` is files/C/inetpub/a.aspx%3Ax. Names longer
// than file systems take become files/long/<SHA-256 of the path>. Two paths that
// differ get names that differ (by more than case where the paths do).
func EntryName(path string) string {
	var b strings.Builder
	b.WriteString(FilesDir)
	rest := strings.TrimPrefix(path, `\\?\`)
	windows := len(rest) >= 2 && rest[1] == ':' && letter(rest[0])
	if windows {
		b.WriteByte(rest[0] &^ 0x20)
		rest = rest[2:]
	}
	n := 0
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '/' || windows && r == '\\' }) {
		p := encodePart(part)
		if len(p) > maxPart {
			return longName(path)
		}
		if n > 0 || windows {
			b.WriteByte('/')
		}
		b.WriteString(p)
		n++
	}
	if n == 0 || b.Len() > maxEntry {
		return longName(path)
	}
	return b.String()
}

func longName(path string) string {
	sum := sha256.Sum256([]byte(path))
	return FilesDir + "long/" + hex.EncodeToString(sum[:])
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

const hexDigits = "0123456789ABCDEF"

// encodePart encodes one part of a path. A part of dots, and a final dot or space, which Windows drops, are encoded too.
func encodePart(part string) string {
	var b strings.Builder
	for i := 0; i < len(part); {
		r, n := utf8.DecodeRuneInString(part[i:])
		if bad := r == utf8.RuneError && n <= 1 || r < 0x20 || r >= 0x7F && r < 0xA0 || strings.ContainsRune(`%:*?"<>|\`, r) || invisible(r) ||
			(r == '.' || r == ' ') && i+n == len(part); !bad {
			b.WriteString(part[i : i+n])
			i += n
			continue
		}
		for ; n > 0; n-- {
			b.WriteByte('%')
			b.WriteByte(hexDigits[part[i]>>4])
			b.WriteByte(hexDigits[part[i]&15])
			i++
		}
	}
	return b.String()
}

// invisible are characters that change how a name is shown: directions, joins, line ends.
func invisible(r rune) bool {
	return r >= 0x200B && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2060 && r <= 0x206F || r == 0xFEFF
}

// OriginalParts gives the parts of the path that an entry stands for, the drive as one letter: files/C/inetpub/a%3Ab gives C, inetpub, a:b. It is
// false for an entry under a hash, whose path the manifest alone knows, and for one that is no content.
func OriginalParts(entry string) ([]string, bool) {
	rest, ok := strings.CutPrefix(entry, FilesDir)
	if !ok || rest == "" || strings.HasPrefix(rest, "long/") {
		return nil, false
	}
	parts := strings.Split(rest, "/")
	for i, p := range parts {
		parts[i] = decodePart(p)
	}
	return parts, true
}

// decodePart takes back what encodePart did.
func decodePart(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] == '%' && i+2 < len(p) {
			hi, lo := strings.IndexByte(hexDigits, p[i+1]), strings.IndexByte(hexDigits, p[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(p[i])
	}
	return b.String()
}
