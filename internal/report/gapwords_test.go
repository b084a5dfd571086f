package report

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryActionIsSaid reads the actions of gaps out of the sources and asks for each in French.
func TestEveryActionIsSaid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`(?:Action:|\.Action =|\bAction[A-Z]\w* +=) *"([^"]+)"|faultGap\(.*"([^"]+)"\)`)
	seen := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range action.FindAllStringSubmatch(string(text), -1) {
			seen++
			if a := m[1] + m[2]; frenchGaps().Actions[a] == "" {
				t.Errorf("%s: no French for %q", f, a)
			}
		}
	}
	if seen < 40 {
		t.Errorf("%d actions", seen)
	}
}

func TestGapWords(t *testing.T) {
	t.Parallel()
	fr, en := Words("fr"), Words("en")
	if got := fr.GapAction("record skipped"); got != "enregistrement sauté" {
		t.Error(got)
	}
	if got := fr.GapAction("something new"); got != "something new" {
		t.Error(got)
	}
	for in, want := range map[string]string{
		"chunk 3, record 812":      "bloc 3, enregistrement 812",
		"before recovered entry 2": "avant l’entrée retrouvée 2",
		"line 7":                   "ligne 7",
		"in bundle.zip!line/x":     "in bundle.zip!line/x",
	} {
		if got := fr.GapWhere(in); got != want || en.GapWhere(in) != in {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
