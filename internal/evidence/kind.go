package evidence

import (
	"bytes"
	"strings"
)

// Containers are recognised by their first bytes and never by their names: a
// collector calls its zip ".dat", an attacker calls his 7z ".log".
var magics = []struct {
	kind  string
	magic string
}{
	{"zip", "PK\x03\x04"},
	{"zip", "PK\x05\x06"},           // a zip without entries
	{"zip", "PK00PK\x03\x04"},       // a set that fitted in one part
	{"zip", "PK\x07\x08PK\x03\x04"}, // first part of a set
	{"gzip", "\x1f\x8b\x08"},
	{"zstd", "\x28\xb5\x2f\xfd"},
	{"xz", "\xfd7zXZ\x00"},
	{"7z", "7z\xbc\xaf\x27\x1c"},
	{"rar", "Rar!\x1a\x07"},
	{"cab", "MSCF\x00\x00\x00\x00"},
}

// sniffLen is how many first bytes SniffContainer needs: one tar block.
const sniffLen = 512

// SniffContainer names the container that begins with head: zip, tar, gzip,
// zstd, bzip2, xz, 7z, rar, cab. head should hold 512 bytes, or the whole
// content when it is shorter.
func SniffContainer(head []byte) (name string, ok bool) {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind, true
		}
	}
	switch {
	case isBzip2(head):
		return "bzip2", true
	case isZstdSkippable(head):
		return "zstd", true
	case isTarHeader(head):
		return "tar", true
	}
	return "", false
}

// isBzip2 wants the block or end magic too: "BZh9" alone begins a text.
func isBzip2(b []byte) bool {
	return len(b) >= 10 && b[0] == 'B' && b[1] == 'Z' && b[2] == 'h' && b[3] >= '1' && b[3] <= '9' &&
		(string(b[4:10]) == "\x31\x41\x59\x26\x53\x59" || string(b[4:10]) == "\x17\x72\x45\x38\x50\x90")
}

// isZstdSkippable accepts a skippable frame only when a zstd frame follows
// within what is seen; alone it is too weak a sign.
func isZstdSkippable(b []byte) bool {
	if len(b) < 12 || b[0]&0xf0 != 0x50 || string(b[1:4]) != "\x2a\x4d\x18" {
		return false
	}
	n := int64(b[4]) | int64(b[5])<<8 | int64(b[6])<<16 | int64(b[7])<<24
	return n+12 <= int64(len(b)) && string(b[8+n:12+n]) == "\x28\xb5\x2f\xfd"
}

// isTarHeader checks the checksum of a tar block, which holds for the old
// format without a magic too.
func isTarHeader(b []byte) bool {
	if len(b) < 512 {
		return false
	}
	b = b[:512]
	if b[0] == 0 && b[156] != 'x' && b[156] != 'g' && b[345] == 0 {
		return false // no name at all: a block of mostly zeros passes by chance
	}
	want, digits := int64(0), 0
	field := bytes.TrimLeft(b[148:156], " \x00")
	for _, c := range field {
		if c < '0' || c > '7' {
			break
		}
		want = want*8 + int64(c-'0')
		digits++
	}
	if digits == 0 {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	if want != unsigned && want != signed {
		return false
	}
	magic := string(b[257:262])
	return magic == "ustar" || isOctal(b[124:136])
}

// isOctal tells whether a numeric field of an old tar is plausible.
func isOctal(f []byte) bool {
	digits := 0
	for _, c := range f {
		switch {
		case c >= '0' && c <= '7':
			digits++
		case c == ' ' || c == 0:
		default:
			return false
		}
	}
	return digits > 0
}

// endings are the endings that a compressor adds to a name.
var endings = map[string][]struct{ from, to string }{
	"gzip":  {{".tgz", ".tar"}, {".gz", ""}, {".gzip", ""}, {".z", ""}},
	"zstd":  {{".tzst", ".tar"}, {".zst", ""}, {".zstd", ""}},
	"bzip2": {{".tbz2", ".tar"}, {".tbz", ".tar"}, {".bz2", ""}, {".bz", ""}},
	"xz":    {{".txz", ".tar"}, {".xz", ""}},
}

// innerName is the name of the one file in a compressed file.
func innerName(name, kind string) string {
	low := strings.ToLower(name)
	for _, e := range endings[kind] {
		if strings.HasSuffix(low, e.from) && len(name) > len(e.from) {
			return name[:len(name)-len(e.from)] + e.to
		}
	}
	return name
}

// bareName drops every ending that an archive may have: web.tar.gz and web.zip
// stand for the folder web. Only for naming; what a file is says its content.
func bareName(name string) string {
	for _, k := range []string{"gzip", "zstd", "bzip2", "xz"} {
		if n := innerName(name, k); n != name {
			name = n
			break
		}
	}
	low := strings.ToLower(name)
	for _, e := range []string{".tar", ".zip", ".7z"} {
		if strings.HasSuffix(low, e) && len(name) > len(e) {
			return name[:len(name)-len(e)]
		}
	}
	return name
}
