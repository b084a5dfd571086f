package pattern

import (
	"bytes"
	"testing"
)

// A glance finds what the pass for the pairs finds, and spares it where it can.
func TestGlance(t *testing.T) {
	t.Parallel()
	many := bytes.Repeat([]byte("a<%b "), 2*maxTries) // never a word of its own
	tests := []struct {
		name  string
		src   Source
		data  []byte
		want  bool
		spare bool // no pass was made
	}{
		{"a short text that is there", Source{Text: []byte("<%")}, []byte("xx <% yy"), true, true},
		{"a short text that is not", Source{Text: []byte("<%")}, []byte("xx < % yy"), false, true},
		{"only the wide form is there", Source{Text: []byte("<%"), Mod: Modifiers{Wide: true, ASCII: true}}, []byte("x<\x00%\x00y"), true, true},
		{"at the end", Source{Text: []byte("<%")}, []byte("x<%"), true, true},
		{"too many places that are no words", Source{Text: []byte("<%"), Mod: Modifiers{Fullword: true}}, many, false, false},
		{"the word comes after too many others", Source{Text: []byte("<%"), Mod: Modifiers{Fullword: true}}, append(many[:len(many):len(many)], " <% "...), true, false},
		{"both cases: no needle", Source{Text: []byte("ab"), Mod: Modifiers{Nocase: true}}, []byte("xABx"), true, false},
		{"a set behind two bytes", Source{Kind: Hex, Text: []byte("3C 3F ( 70 | 50 )")}, []byte("a <? <?P"), true, true},
		{"two bytes in the middle of a program, absent", Source{Kind: Hex, Text: []byte("83 ?? 02 [1-3] F3 A4 [1-9] ( FF | E8 ?? )")}, []byte("\x83x\x02aaaaaa\xff"), false, true},
		{"two bytes in the middle of a program, there", Source{Kind: Hex, Text: []byte("83 ?? 02 [1-3] F3 A4 [1-9] ( FF | E8 ?? )")},
			[]byte("\x83x\x02a\xf3\xa4aa\xff"), true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, errs := Compile([]Source{test.src}, Options{})
			for _, e := range errs {
				if !e.Warning {
					t.Fatal(e)
				}
			}
			st := set.NewState()
			for range 2 { // the second scan owes nothing to the first
				st.Scan(test.data, nil)
				if got := st.Any(0); got != test.want {
					t.Fatalf("Any %v, want %v", got, test.want)
				}
				if set.parts[0].onDemand && (st.paired != st.epoch) != test.spare {
					t.Errorf("pass made: %v", st.paired == st.epoch)
				}
				if got := len(st.Matches(0)) > 0; got != test.want {
					t.Errorf("Matches %v, want %v", got, test.want)
				}
			}
		})
	}
}
