package yarapack_test

import (
	"bytes"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"vigie/internal/kb"
	"vigie/internal/yara"
	"vigie/internal/yarapack"
	"vigie/knowledge"
)

func load(t testing.TB, fsys fs.FS) *yarapack.Pack {
	t.Helper()
	p, problems, err := yarapack.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	for _, pr := range problems {
		t.Error(pr.Error())
	}
	return p
}

func TestEmbeddedRulesAreTheSources(t *testing.T) {
	t.Parallel()
	embedded, plain := load(t, knowledge.FS), load(t, os.DirFS(knowledgeDir))
	if plain.Info.Count == 0 || embedded.Info != plain.Info {
		t.Errorf("embedded %+v, sources %+v: run go generate ./internal/yarapack", embedded.Info, plain.Info)
	}
	if _, err := fs.Stat(knowledge.FS, yarapack.Dir); err == nil {
		t.Error("the plain rules are embedded")
	}
	if _, err := fs.Stat(knowledge.FS, yarapack.SamplesDir); err == nil {
		t.Error("the samples are embedded")
	}
}

func TestActsAreThoseOfTheFlaw(t *testing.T) {
	t.Parallel()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range load(t, knowledge.FS).Check(k) {
		t.Error(p.Error())
	}
}

// No word of a rule, and no sample, stands in clear in what is embedded or in the packs of samples.
func TestNothingStandsInClear(t *testing.T) {
	t.Parallel()
	packed, err := fs.ReadFile(knowledge.FS, yarapack.File)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{yarapack.File: packed}
	samples := os.DirFS(knowledgeDir)
	names, _ := fs.Glob(samples, yarapack.SamplesDir+"/*.pack")
	for _, name := range names {
		if files[name], err = fs.ReadFile(samples, name); err != nil {
			t.Fatal(err)
		}
	}
	const long = 6 // bytes; shorter ones come by chance
	words := map[string]bool{}
	add := func(text []byte) {
		for i := 0; i+long <= len(text); i++ {
			words[string(text[i:i+long])] = true
		}
	}
	for _, b := range files {
		plain, err := yarapack.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range plain {
			add(f.Text)
		}
	}
	for name, b := range files {
		for i := 0; i+long <= len(b); i++ {
			if words[string(b[i:i+long])] {
				t.Errorf("%s has %q in clear", name, b[i:i+long])
			}
		}
	}
}

const rule = `rule r { meta: id = "my-rule" flaw = "webshell" act = "file-shell" weight = "proof" title_fr = "Titre" title_en = "Title"
harmless_fr = "Rien." harmless_en = "None." attack = "T1505.003 T1059" date = "2026-01-02" source = "me" version = 3
strings: $a = "needle" condition: $a }`

func TestFolderOfTheUser(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		files   map[string]string
		count   int
		problem string
	}{
		{"no rules", map[string]string{"rules/sigma/a.yml": ""}, 0, ""},
		{"plain rules in two files and a folder, one refers to another", map[string]string{
			"rules/yara/a.yar": "private rule p { condition: filesize > 3 }", "rules/yara/b.yara": rule,
			"rules/yara/sub/c.YAR": strings.NewReplacer("rule r", "rule s", "my-rule", "other", "condition: ", "condition: p and ").Replace(rule)}, 2, ""},
		{"a rule that does not compile costs itself", map[string]string{"rules/yara/a.yar": rule + "\nrule x { condition: nothing }"}, 1, "a.yar:4:"},
		{"a rule without meta lines", map[string]string{"rules/yara/a.yar": rule + "\nrule x { condition: true }"}, 1, "no meta line id"},
		{"an id twice", map[string]string{"rules/yara/a.yar": rule + strings.Replace(rule, "rule r", "\nrule s", 1)}, 1, "another rule has the id"},
		{"a meta line misspelled", map[string]string{"rules/yara/a.yar": strings.Replace(rule, "weight =", "wieght =", 1)}, 0, `did you mean "weight"?`},
		{"a weight that is none", map[string]string{"rules/yara/a.yar": strings.Replace(rule, `"proof"`, `"certain"`, 1)}, 0, "want one of proof"},
		{"a technique that is none", map[string]string{"rules/yara/a.yar": strings.Replace(rule, "T1059", "T15", 1)}, 0, "no ATT&CK technique"},
		{"a date that is none", map[string]string{"rules/yara/a.yar": strings.Replace(rule, "2026-01-02", "2026-13-02", 1)}, 0, "is no date"},
		{"a word that promises too much", map[string]string{"rules/yara/a.yar": strings.Replace(rule, `"None."`, `"The file is clean."`, 1)}, 0, "promises"},
		{"a title with a period", map[string]string{"rules/yara/a.yar": strings.Replace(rule, `"Title"`, `"Title."`, 1)}, 0, "ends with a period"},
		{"a version that is no number and no text", map[string]string{"rules/yara/a.yar": strings.Replace(rule, "version = 3", "version = true", 1)}, 0, "is no text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{}
			for name, text := range test.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			p, problems, err := yarapack.Load(fsys)
			if err != nil || p.Info.Count != test.count || len(p.List()) != test.count {
				t.Fatalf("%d rules, %v, %v", p.Info.Count, problems, err)
			}
			if got := problems.Error(); (got == "") != (test.problem == "") || !strings.Contains(got, test.problem) {
				t.Errorf("problems %q, want %q", got, test.problem)
			}
			if test.count == 0 {
				return
			}
			found, _ := p.Rules.NewScanner(yara.ScanOptions{}).Scan([]byte("a needle"), yarapack.Variables("web/x.aspx"))
			told := 0
			for _, m := range found {
				if meta := p.Meta(m.Rule); meta != nil {
					told++
					if meta.Version != "3" || !slices.Equal(meta.Attack, []string{"T1505.003", "T1059"}) || meta.Title.FR != "Titre" {
						t.Errorf("%+v", meta)
					}
				}
			}
			if told != test.count {
				t.Errorf("%d of %d rules match", told, test.count)
			}
		})
	}
}

func TestEncodedFileThatIsDamaged(t *testing.T) {
	t.Parallel()
	good, err := yarapack.Encode([]yarapack.Source{{Name: "rules/yara/a.yar", Text: []byte(rule)}, {Name: "empty"}})
	if err != nil {
		t.Fatal(err)
	}
	if files, err := yarapack.Decode(good); err != nil || len(files) != 2 || string(files[0].Text) != rule || files[1].Name != "empty" {
		t.Fatalf("%v, %v", files, err)
	}
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x40
		// The last bits of the last byte mean nothing.
		if files, err := yarapack.Decode(bad); err == nil && (len(files) != 2 || string(files[0].Text) != rule) {
			t.Errorf("byte %d changed: %d files and no error", at, len(files))
		}
		if _, err := yarapack.Decode(good[:at]); err == nil {
			t.Errorf("cut at %d: no error", at)
		}
	}
	_, _, err = yarapack.Load(fstest.MapFS{yarapack.File: {Data: good[:50]}})
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	good, err := yarapack.Encode([]yarapack.Source{{Name: "a", Text: []byte(rule)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("VGYP1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if files, err := yarapack.Decode(b); err == nil {
			if _, err := yarapack.Encode(files); err != nil {
				t.Error(err)
			}
		}
	})
}
