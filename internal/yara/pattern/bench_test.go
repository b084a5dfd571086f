package pattern

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
)

// ruleStrings makes strings like those of public rule sets: names and paths, many of them wide too, code of executables with places that are
// free, and some regular expressions.
func ruleStrings(n int) []Source {
	r := rand.New(rand.NewPCG(7, 7))
	syllables := []string{"Get", "cmd", "ev", "al", "pro", "cess", "shell", "Win", "Reg", "key", "inject", "mal", "load", "er", "x", "_", "\\",
		".dll", "%s", "-"}
	var all []Source
	for i := range n {
		switch {
		case i%50 == 0:
			all = append(all, Source{Kind: Regexp, Text: fmt.Appendf(nil, `(eval|exec)%d\s{0,20}\(\$[a-z]{1,%d}`, i, 5+i%20), I: true})
		case i%3 == 0:
			code := make([]byte, 8+r.IntN(24))
			for j := range code {
				code[j] = []byte{0, 0x8b, 0x48, 0x89, 0xe8, 0xff, 0x0f, byte(r.IntN(256))}[r.IntN(8)]
			}
			text := hex.AppendEncode(nil, code)
			text[r.IntN(len(text))] = '?'
			all = append(all, Source{Kind: Hex, Text: text})
		default:
			var text []byte
			for len(text) < 6+r.IntN(30) {
				text = append(text, syllables[r.IntN(len(syllables))]...)
			}
			all = append(all, Source{Kind: Text, Text: fmt.Appendf(text, "%d", r.IntN(1000)),
				Mod: Modifiers{ASCII: true, Wide: i%4 == 0, Fullword: i%2 == 0, Nocase: i%20 == 1}})
		}
	}
	return all
}

// page and executable make data of the two kinds that rules are run over.
func page(n int) (b []byte) {
	r := rand.New(rand.NewPCG(8, 8))
	words := []string{"function", "return", "<div class=", "request", "$value", "Server.MapPath", "if (", "){\r\n", "\t", "public string",
		"\"text\"", "https://", "0x1f", " = "}
	for len(b) < n {
		b = fmt.Appendf(b, "%s %d", words[r.IntN(len(words))], r.IntN(100))
	}
	return b[:n]
}

func executable(n int) []byte {
	r := rand.New(rand.NewPCG(9, 9))
	b := make([]byte, n)
	for i := range b {
		switch r.IntN(4) {
		case 0:
			b[i] = 0
		case 1:
			b[i] = []byte{0x8b, 0x48, 0x89, 0xe8, 0xff, 0x0f, 0x45, 0x24}[r.IntN(8)]
		default:
			b[i] = byte(r.IntN(256))
		}
	}
	return b
}

func BenchmarkScan(b *testing.B) {
	for _, n := range []int{100, 3_000, 30_000} {
		set, _ := Compile(ruleStrings(n), Options{})
		for name, data := range map[string][]byte{"page": page(1 << 20), "executable": executable(1 << 20)} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				st := set.NewState()
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					st.Scan(data, nil)
				}
			})
		}
	}
}

// Asking for all strings, as no condition does.
func BenchmarkMatches(b *testing.B) {
	srcs := ruleStrings(30_000)
	set, _ := Compile(srcs, Options{})
	data := page(1 << 20)
	st := set.NewState()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		st.Scan(data, nil)
		for i := range srcs {
			st.Matches(i)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	srcs := ruleStrings(30_000)
	b.ReportAllocs()
	for b.Loop() {
		Compile(srcs, Options{})
	}
}
