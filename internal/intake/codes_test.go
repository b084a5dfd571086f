package intake

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigie/internal/casefile"
)

// TestEveryCodeHasASentence reads the codes of gaps out of the sources.
func TestEveryCodeHasASentence(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`(?:Code:|\.bad\() *"([a-z0-9_.]+)"`)
	seen := 0
	for _, pattern := range []string{"*.go", "../record/*.go", "../analysis/*.go", "../dump/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllStringSubmatch(string(text), -1) {
				seen++
				if s := Sentence(m[1]); s.EN == "" || s.FR == "" {
					t.Errorf("%s: no sentence for %q", f, m[1])
				}
			}
		}
	}
	if seen < 12 {
		t.Errorf("%d codes", seen)
	}
	if Sentence("evtx.chunk.checksum") == (casefile.Text{}) || Sentence("iis.record.fields") != Sentence("record.fields") || Sentence("none") != (casefile.Text{}) {
		t.Error("a code is not found")
	}
}
