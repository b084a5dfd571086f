package jsonline

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           `""`,
		"plain été 漢":                `"plain été 漢"`,
		"a\"b\\c\n\r\t\x00\x1b":      `"a\"b\\c\n\r\t\u0000\u001b"`,
		"\x7f\u0085\u009b":           `"\u007f\u0085\u009b"`,
		"txt.\u202eexe\u2066x\u2069": `"txt.\u202eexe\u2066x\u2069"`,
		"a\u200bb\ufeff\u2028":       `"a\u200bb\ufeff\u2028"`,
		"bad \xff\xc3":               `"bad \ufffd\ufffd"`,
		"😀":                          `"😀"`,
	} {
		if got := string(AppendString(nil, in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestSpecial holds the look at eight bytes to the look at one: what it lets through is plain.
func TestSpecial(t *testing.T) {
	t.Parallel()
	through := 0
	for at := range 8 {
		for a := range 256 {
			for b := range 256 {
				s := []byte("abcdefgh")
				s[at], s[(at+1)%8] = byte(a), byte(b)
				mask := special(binary.LittleEndian.Uint64(s))
				ok := mask == 0
				if ok && !(plain[a] && plain[b]) {
					t.Fatalf("%q", s)
				}
				if first := bits.TrailingZeros64(mask) / 8; !ok && (plain[s[first]] || slices.ContainsFunc(s[:first], func(c byte) bool { return !plain[c] })) {
					t.Fatalf("%q: the first special byte is said to be %d", s, first)
				}
				if ok {
					through++
				}
			}
		}
	}
	if want := 8 * 93 * 93; through < want*9/10 {
		t.Errorf("%d of %d plain texts are let through", through, want)
	}
}

// FuzzAppendString: what is written reads back as the same text, and Safe agrees with it.
func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\u202e\xff漢")
	f.Add("long plain text, then \x7f and more plain text \u009b")
	f.Fuzz(func(t *testing.T, s string) {
		b := AppendString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Fatalf("%q: %s: %q, %v", s, b, back, err)
		}
		if bytes.ContainsFunc(b, unsafe) {
			t.Fatalf("%q: %s", s, b)
		}
		plain, _ := json.Marshal(s)
		var w bytes.Buffer
		if _, err := NewWriter(&w).Write(plain); err != nil {
			t.Fatal(err)
		}
		var again string
		if err := json.Unmarshal(w.Bytes(), &again); err != nil || again != back || bytes.ContainsFunc(w.Bytes(), unsafe) {
			t.Fatalf("%q: %s, %v", s, w.Bytes(), err)
		}
	})
}
