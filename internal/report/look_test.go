package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"vigie/internal/document/paper"
	"vigie/internal/document/webpage"
)

// TestLook writes documents for a person to look at, into the folder that VIGIE_LOOK names.
func TestLook(t *testing.T) {
	dir := os.Getenv("VIGIE_LOOK")
	if dir == "" {
		t.Skip("VIGIE_LOOK names no folder")
	}
	for _, g := range append(goldens, golden{"many", manyCase, false}) {
		for _, lang := range []string{"fr", "en"} {
			for _, a := range Audiences {
				o := options(lang)
				o.For = a
				d := Build(Source{Case: g.make()}, o)
				for ext, write := range map[string]func(*bytes.Buffer) error{
					"html": func(w *bytes.Buffer) error { return webpage.Write(w, d) },
					"pdf":  func(w *bytes.Buffer) error { return paper.Write(w, d, paper.Options{}) },
				} {
					var w bytes.Buffer
					if err := write(&w); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, g.name+"."+string(a)+"."+lang+"."+ext), w.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}
