package report

import (
	"os"
	"testing"
)

// TestLook writes documents for a person to look at, into the folder that
// VIGIE_LOOK names.
func TestLook(t *testing.T) {
	dir := os.Getenv("VIGIE_LOOK")
	if dir == "" {
		t.Skip("VIGIE_LOOK names no folder")
	}
	for _, g := range append(goldens, golden{"many", manyCase, false}) {
		for _, lang := range []string{"fr", "en"} {
			f, err := os.Create(dir + "/" + g.name + "." + lang + ".html")
			if err != nil {
				t.Fatal(err)
			}
			if err := HTML(f, g.make(), options(lang)); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
}
