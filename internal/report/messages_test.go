package report

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

func catalogueOf(t *testing.T, lang string) map[string]*i18n.Message {
	t.Helper()
	msgs, err := loadMessages(lang)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]*i18n.Message{}
	for _, x := range msgs {
		m[x.ID] = x
	}
	return m
}

var placeholder = regexp.MustCompile(`{{\.(\w+)}}`)

func placeholders(s string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestCataloguesAgree(t *testing.T) {
	t.Parallel()
	fr, en := catalogueOf(t, "fr"), catalogueOf(t, "en")
	for id := range fr {
		if en[id] == nil {
			t.Errorf("%s is missing in English", id)
		}
	}
	for id, e := range en {
		f := fr[id]
		if f == nil {
			t.Errorf("%s is missing in French", id)
			continue
		}
		want := placeholders(e.Other)
		for _, s := range []string{e.One, f.One, f.Many, f.Other} {
			if got := placeholders(s); !slices.Equal(got, want) {
				t.Errorf("%s: placeholders %v in %q, want %v", id, got, s, want)
			}
		}
		for _, s := range []string{e.One, e.Other, f.One, f.Other} {
			if w := absolving(s); w != "" {
				t.Errorf("%s says %q", id, w)
			}
		}
	}
}

// used finds the keys that the code asks for.
var used = regexp.MustCompile(`\bp\.[TN]\("([a-z0-9.-]+)"`)

// prefixes are the keys made from a word.
var prefixes = []string{"verdict.", "state.", "stage.", "confidence.", "certainty.", "weight.", "priority.", "phase.", "means.", "glossary.", "chars.", "lane.", "touched.", "touched.none.", "words."}

func TestKeysExistAndAreUsed(t *testing.T) {
	t.Parallel()
	en := catalogueOf(t, "en")
	seen := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(data), -1) {
			seen[m[1]] = true
			if en[m[1]] == nil && !slices.Contains(prefixes, m[1]) {
				t.Errorf("%s asks for %q, which no catalogue has", f, m[1])
			}
		}
	}
	for id := range en {
		if !seen[id] && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(id, p) }) {
			t.Errorf("nothing asks for %q", id)
		}
	}
	for w := range known {
		if en[w] == nil {
			t.Errorf("the word %q has no message", w)
		}
	}
	for _, x := range terms {
		if en["glossary."+x.id] == nil || en["glossary."+x.id+".word"] == nil {
			t.Errorf("the glossary lacks %q", x.id)
		}
	}
}

// No page may show a key, an unfilled placeholder, or a word that absolves.
func TestPagesAreWorded(t *testing.T) {
	t.Parallel()
	en := catalogueOf(t, "en")
	for _, g := range goldens {
		if g.name == "hostile" {
			continue
		}
		for _, lang := range []string{"fr", "en"} {
			for _, page := range []string{textOf(t, g.make(), options(lang)), htmlOf(t, g.make(), options(lang))} {
				if strings.Contains(page, "<no value>") || strings.Contains(page, "{{") {
					t.Errorf("%s %s: a placeholder was left", g.name, lang)
				}
				for id := range en {
					if strings.Contains(page, ">"+id+"<") {
						t.Errorf("%s %s shows the key %s", g.name, lang, id)
					}
				}
				body := regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`).ReplaceAllString(page, " ")
				if w := absolving(body); w != "" {
					t.Errorf("%s %s says %q", g.name, lang, w)
				}
			}
		}
	}
}
