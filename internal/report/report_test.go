package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
	_ "time/tzdata"

	"vigie/internal/casefile"
)

var update = flag.Bool("update", false, "write testdata again from what is made now")

type golden struct {
	name string
	make func() *casefile.Case
	html bool // the HTML is kept too, not only checked
}

// goldens are the pairs of testdata: name.case.json, and what is made of it.
var goldens = []golden{
	{"confirmed", confirmedCase, true},
	{"suspected", suspectedCase, false},
	{"undetermined", undeterminedCase, true},
	{"targeted", targetedCase, false},
	{"no-trace", noTraceCase, true},
	{"not-affected", notAffectedCase, false},
	{"partial", partialCase, false},
	{"all-zero", zeroCase, true},
	{"forty-hosts", fleetCase, false},
	{"three-hours", shortCase, false},
	{"hostile", hostileCase, true},
}

func options(lang string) Options {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	o := Options{Lang: lang, Next: []string{"vigie check mail01.zip --report rapport.html"}}
	if lang == "fr" {
		o.TZ = paris
	}
	return o
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			c := readCase(t, g.name, g.make)
			for _, lang := range []string{"fr", "en"} {
				var b bytes.Buffer
				if err := Text(&b, c, options(lang)); err != nil {
					t.Fatal(err)
				}
				compare(t, g.name+"."+lang+".txt", b.Bytes())
				b.Reset()
				if err := HTML(&b, c, options(lang)); err != nil {
					t.Fatal(err)
				}
				checkHTML(t, b.Bytes())
				if g.html {
					compare(t, g.name+"."+lang+".html", b.Bytes())
				}
			}
		})
	}
}

// readCase reads a case from testdata; -update makes the file first.
func readCase(t *testing.T, name string, build func() *casefile.Case) *casefile.Case {
	t.Helper()
	path := filepath.Join("testdata", name+".case.json")
	if *update {
		data, err := json.MarshalIndent(build(), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c casefile.Case
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is made now; look at it, then run the test with -update", path)
	}
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	c := manyCase()
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := HTML(w, c, options("fr")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same case gave two documents")
	}
	checkHTML(t, a.Bytes())
}
