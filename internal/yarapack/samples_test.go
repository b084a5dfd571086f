package yarapack_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/yara"
	"vigie/internal/yarapack"
)

// knowledgeDir is the folder of the sources, of which the samples and the plain rules are not embedded.
const knowledgeDir = "../../knowledge"

// sample is a file that one rule or more must find, or none.
type sample struct {
	rule, name string
	text       []byte
	want       []string // ids, sorted
}

// readSamples gives the samples of all rules. In a pack, fire/NAME must fire the rule of the pack, quiet/NAME no rule at all; the lines of the file
// "also" say which other rules a sample fires: its name, then their ids.
func readSamples(t testing.TB) (out []sample) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(knowledgeDir, filepath.FromSlash(yarapack.SamplesDir), "*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, p := range packs {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files, err := yarapack.Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		also := map[string][]string{}
		for _, f := range files {
			if f.Name == "also" {
				for line := range strings.Lines(string(f.Text)) {
					words := strings.Fields(line)
					also[words[0]] = words[1:]
				}
			}
		}
		id := strings.TrimSuffix(filepath.Base(p), ".pack")
		for _, f := range files {
			kind, name := path.Split(f.Name)
			s := sample{rule: id, name: name, text: f.Text, want: slices.Clone(also[f.Name])}
			switch kind {
			case "fire/":
				s.want = append(s.want, id)
			case "quiet/":
			default:
				continue
			}
			slices.Sort(s.want)
			out = append(out, s)
		}
	}
	return out
}

func scan(p *yarapack.Pack, sc *yara.Scanner, name string, text []byte) (ids []string) {
	found, _ := sc.Scan(text, yarapack.Variables(name))
	for _, m := range found {
		if meta := p.Meta(m.Rule); meta != nil {
			ids = append(ids, meta.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestSamples(t *testing.T) {
	t.Parallel()
	p := load(t, os.DirFS(knowledgeDir))
	sc := p.Rules.NewScanner(yara.ScanOptions{})
	fires, quiet := map[string]int{}, map[string]int{}
	for _, s := range readSamples(t) {
		if got := scan(p, sc, s.name, s.text); !slices.Equal(got, s.want) {
			t.Errorf("%s %s fires %v, want %v", s.rule, s.name, got, s.want)
		}
		if slices.Contains(s.want, s.rule) {
			fires[s.rule]++
		} else {
			quiet[s.rule]++
		}
	}
	for _, m := range p.List() {
		if fires[m.ID] < 1 || quiet[m.ID] < 2 {
			t.Errorf("%s has %d samples that fire and %d near misses, want 1 and 2", m.ID, fires[m.ID], quiet[m.ID])
		}
		delete(fires, m.ID)
	}
	for id := range fires {
		t.Errorf("samples of %s, which is no rule", id)
	}
}

// Letters of other cases, UTF-16 and a byte order mark do not hide a page.
func TestSpellings(t *testing.T) {
	t.Parallel()
	p := load(t, os.DirFS(knowledgeDir))
	sc := p.Rules.NewScanner(yara.ScanOptions{})
	wide := func(b []byte) []byte {
		out := []byte{0xff, 0xfe}
		for _, c := range b {
			out = append(out, c, 0)
		}
		return out
	}
	for _, s := range readSamples(t) {
		if len(s.want) == 0 || s.text[0] >= 0x80 || bytes.IndexByte(s.text, 0) >= 0 {
			continue
		}
		spellings := map[string][]byte{"byte order mark": append([]byte("\xef\xbb\xbf"), s.text...)}
		if strings.HasPrefix(s.rule, "asp") {
			spellings["UTF-16"] = wide(s.text)
		}
		if strings.HasPrefix(s.rule, "asp-") {
			spellings["capitals"] = bytes.ToUpper(s.text)
		}
		for how, text := range spellings {
			if got := scan(p, sc, s.name, text); !slices.Contains(got, s.rule) && slices.Contains(s.want, s.rule) {
				t.Errorf("%s %s in %s fires %v", s.rule, s.name, how, got)
			}
		}
	}
}
