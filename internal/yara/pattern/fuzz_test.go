package pattern

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// choices turns the bytes of a fuzzer into decisions.
type choices struct {
	data []byte
	at   int
}

// next returns a number below n; 0 when there are no more bytes, so that everything that is made of them ends.
func (c *choices) next(n int) int {
	if c.at >= len(c.data) {
		return 0
	}
	c.at++
	return int(c.data[c.at-1]) % n
}

// haystack makes data out of the bytes over a small alphabet, at an offset that reaches over the borders of blocks and words.
func (c *choices) haystack(alphabet string, data []byte) []byte {
	before := []int{0, 1, 61, word - 2, 0, 5, 0, 9, block - 2, 3, 0, block - 5, 1, 0, 2*block - 4, 0}[c.next(16)]
	h := bytes.Repeat([]byte{'.'}, before)
	for _, b := range data {
		h = append(h, alphabet[int(b)%len(alphabet)])
	}
	return h
}

// same compares the engine with its twin.
func same(t *testing.T, src Source, data []byte) {
	t.Helper()
	set, errs := Compile([]Source{src}, Options{})
	for _, e := range errs {
		if !e.Warning {
			return // the twin cannot read it either
		}
	}
	want, ok := naiveOrNothing(src, data)
	if !ok {
		return
	}
	st := set.NewState()
	st.Scan(data, nil)
	st.Matches(0)
	if len(st.Exhausted()) > 0 {
		return
	}
	if got := st.Any(0); got != (len(want) > 0) {
		t.Errorf("%s in %q: Any = %v", describe(src), data, got)
	}
	for _, m := range want {
		if !st.At(0, m.Offset) {
			t.Errorf("%s in %q: not At %d", describe(src), data, m.Offset)
		}
	}
	if got := st.Matches(0); !slices.Equal(got, want) {
		t.Errorf("%s in %q:\n got %s\nwant %s", describe(src), data, list(got), list(want))
	}
}

// naiveOrNothing is naive, unless it gives up.
func naiveOrNothing(src Source, data []byte) (all []Match, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, gaveUp := r.(errNaive); !gaveUp {
				panic(r)
			}
			ok = false
		}
	}()
	return naive(src, data), true
}

func describe(src Source) string {
	return fmt.Sprintf("%q (kind %d, i %v, s %v, %+v)", src.Text, src.Kind, src.I, src.S, src.Mod)
}

func FuzzText(f *testing.F) {
	f.Add([]byte("\x04abcab"), []byte("abcabcab\x00"), byte(0))
	f.Add([]byte("\x01ab"), []byte("aAbB\x00"), byte(7))
	f.Add([]byte("\x02abcde"), []byte("abcdeabcde"), byte(0x10))
	f.Fuzz(func(t *testing.T, text, data []byte, flags byte) {
		if len(text) < 2 || len(text) > 20 || len(data) > 300 {
			return
		}
		c := &choices{data: text}
		hay := c.haystack("abAB\x00`.", data)
		src := Source{Kind: Text, Mod: Modifiers{Nocase: flags&1 != 0, Wide: flags&2 != 0, ASCII: flags&4 != 0, Fullword: flags&8 != 0}}
		for _, b := range text[c.at:] {
			src.Text = append(src.Text, "abAB\x00"[b%5])
		}
		if flags&16 != 0 {
			src.Mod.Nocase, src.Mod.Xor, src.Mod.XorMax = false, true, 255
			src.Mod.XorMin = flags >> 5
		}
		same(t, src, hay)
	})
}

// hexString writes a hexadecimal string.
func (c *choices) hexString(b *strings.Builder, depth int) {
	for i := range 1 + c.next(6) {
		if i > 0 {
			switch c.next(8) {
			case 1:
				fmt.Fprintf(b, "[%d] ", 1+c.next(3))
			case 2:
				lo := c.next(4)
				fmt.Fprintf(b, "[%d-%d] ", lo, lo+c.next(4))
			case 3:
				if depth == 0 {
					b.WriteString([]string{"[-] ", "[2-] ", "[1-201] "}[c.next(3)])
				}
			}
		}
		switch c.next(9) {
		case 0, 1, 2:
			b.WriteString([]string{"61 ", "62 ", "63 "}[c.next(3)])
		case 3:
			b.WriteString("?? ")
		case 4:
			b.WriteString([]string{"6? ", "?1 ", "~61 ", "~6? "}[c.next(4)])
		case 5:
			if depth < 2 {
				b.WriteString("( ")
				for j := range 1 + c.next(3) {
					if j > 0 {
						b.WriteString("| ")
					}
					c.hexString(b, depth+1)
				}
				b.WriteString(") ")
				continue
			}
			fallthrough
		default:
			b.WriteString("61 62 63 ")
		}
	}
}

func FuzzHex(f *testing.F) {
	f.Add([]byte("\x00\x05\x00\x00\x01\x00"), []byte("abcabcaabbcc"))
	f.Add([]byte("\x04\x05\x05\x02\x03\x07\x03\x02\x07\x04\x02"), []byte("abcabcxabc"))
	f.Fuzz(func(t *testing.T, shape, data []byte) {
		if len(shape) > 60 || len(data) > 300 {
			return
		}
		c := &choices{data: shape}
		hay := c.haystack("abc.", data)
		var b strings.Builder
		c.hexString(&b, 0)
		same(t, Source{Kind: Hex, Text: []byte(b.String())}, hay)
	})
}

// regex writes a regular expression; all its repetitions are greedy or none is. What can match nothing is not repeated without end,
// since the number of times that nothing happens is nowhere defined.
func (c *choices) regex(b *strings.Builder, depth int, lazy string) (nullable bool) {
	nullable = true
	for range 1 + c.next(5) {
		one := false
		switch c.next(12) {
		default:
			b.WriteString([]string{"a", "b", "c", "abca"}[c.next(4)])
		case 0:
			b.WriteString([]string{".", "[ab]", "[^a]", `\w`, `\W`, `\x61`, "[a-c]"}[c.next(7)])
		case 1:
			b.WriteString([]string{`\b`, `\B`, "^", "$"}[c.next(4)])
			continue
		case 2, 3:
			if depth >= 2 {
				b.WriteString("b")
				break
			}
			b.WriteString("(")
			for j := range 1 + c.next(3) {
				if j > 0 {
					b.WriteString("|")
				}
				one = c.regex(b, depth+1, lazy) || one
			}
			b.WriteString(")")
		}
		switch c.next(10) {
		case 0:
			if !one {
				b.WriteString([]string{"*", "+"}[c.next(2)] + lazy)
				one = true
			}
		case 1:
			b.WriteString("?" + lazy)
			one = true
		case 2:
			if !one {
				b.WriteString([]string{"{2}", "{,2}", "{1,3}", "{2,}"}[c.next(4)] + lazy)
				one = true
			}
		}
		nullable = nullable && one
	}
	return nullable
}

func FuzzRegex(f *testing.F) {
	f.Add([]byte("\x00\x04\x05\x03\x00\x03"), []byte("abcabcaabbcc"), byte(0))
	f.Add([]byte("\x04\x05\x02\x02\x03\x00\x01\x02\x07\x04\x02"), []byte("aabbccabcabcxabc\x00"), byte(2))
	f.Add([]byte("\x02\x02\x01\x01\x05\x00\x01\x00"), []byte("a b ab"), byte(16))
	f.Fuzz(func(t *testing.T, shape, data []byte, flags byte) {
		if len(shape) > 40 || len(data) > 120 {
			return
		}
		c := &choices{data: shape}
		hay := c.haystack("abcA\x00 .\n", data)
		var b strings.Builder
		c.regex(&b, 0, []string{"", "?"}[flags>>4&1])
		src := Source{Kind: Regexp, Text: []byte(b.String()), I: flags&1 != 0, S: flags&32 != 0}
		src.Mod = Modifiers{Wide: flags&2 != 0, ASCII: flags&4 != 0, Fullword: flags&8 != 0}
		same(t, src, hay)
	})
}
