package jsonline

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// units is s in UTF-16LE.
func units(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// slowUTF16 is the twin of AppendUTF16: first UTF-8, then JSON.
func slowUTF16(b []byte) []byte {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return AppendText(nil, string(utf16.Decode(u)))
}

func TestAppendUTF16(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"nothing":                        nil,
		"short":                          units("cmd"),
		"a path":                         units(`C:\Windows\System32\cmd.exe /c "whoami"`),
		"long and plain":                 units(strings.Repeat("plain text ", 20)),
		"accents and Han":                units("été 漢字 aaaaaaaaaaaaaaaa é"),
		"a pair at the end of a block":   units("aaaaaaa😀bbbbbbbb"),
		"halves of pairs":                {0x61, 0, 0x3d, 0xd8, 0x62, 0, 0x00, 0xde, 0x3d, 0xd8},
		"half a character at the end":    {0x61, 0, 0x62},
		"what acts on a terminal":        units("a\x00\x1b[0m\x7f\u0085\u202e\ufeff\u2028bbbbbbbbbbbb"),
		"a quote at each place of eight": units(`"aaaaaaab"aaaaaaaab"aaaaaaaaab"`),
	} {
		if got, want := AppendUTF16([]byte("x"), b), append([]byte("x"), slowUTF16(b)...); !bytes.Equal(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func FuzzAppendUTF16(f *testing.F) {
	f.Add(units("plain text that is long\"\\\n\u202e😀"))
	f.Add([]byte{0x3d, 0xd8, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := AppendUTF16(nil, b), slowUTF16(b); !bytes.Equal(got, want) {
			t.Fatalf("%x: %s, want %s", b, got, want)
		}
	})
}
