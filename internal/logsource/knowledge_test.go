package logsource_test

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"vigie/internal/logsource"
	"vigie/internal/sigma"
	"vigie/knowledge"
)

func mappings(t testing.TB) []*logsource.Mapping {
	t.Helper()
	ms, problems, err := logsource.Load(knowledge.FS)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return ms
}

// archive reads the YAML and text files of a pack of public data, which is not part of the repository.
func archive(t testing.TB, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open("../../../shared/data/sigma/" + name)
	if err != nil {
		t.Skipf("the public rules are not here: %v", err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	tr := tar.NewReader(gz)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if ext := path.Ext(h.Name); h.Typeflag == tar.TypeReg && (ext == ".yml" || ext == ".txt") {
			if files[h.Name], err = io.ReadAll(io.LimitReader(tr, 1<<20)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// rulesOf reads the rules of the folders of an archive that are wanted.
func rulesOf(t testing.TB, files map[string][]byte, wanted func(name string) bool) *sigma.Set {
	t.Helper()
	var docs sigma.Documents
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, ".yml") && wanted(name) {
			d, _ := sigma.ParseDocuments(name, files[name], sigma.Options{})
			docs.Add(d)
		}
	}
	lib, _ := sigma.Link(docs)
	set, _ := sigma.Compile(lib.Rules)
	return set
}

func live(name string) bool {
	parts := strings.Split(name, "/")
	return len(parts) > 2 && strings.HasPrefix(parts[1], "rules") && parts[1] != "rules-placeholder"
}

func TestEveryFactHasASourceAndADate(t *testing.T) {
	t.Parallel()
	for _, m := range mappings(t) {
		if m.Source == "" || m.Date == "" {
			t.Errorf("%s: no source or date", m.Pos)
		}
	}
}

func TestWindowsLogSourcesOfSigmaHQAreCovered(t *testing.T) {
	t.Parallel()
	set := rulesOf(t, archive(t, "sigma-rules.tar.gz"), live)
	r := logsource.NewRouter(set, mappings(t))
	reasons := make(map[string]int)
	windows := 0
	for _, u := range r.Unmapped() {
		reasons[u.Problem.Msg]++
		if u.Rule.LogSource.Product == "windows" {
			windows++
			if !strings.Contains(u.Problem.Msg, "Kernel-File") {
				t.Errorf("%s", u.Problem)
			}
		}
	}
	t.Logf("%d rules, %d not run, %d of them for Windows", set.Len(), len(r.Unmapped()), windows)
	for _, msg := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%4d %s", reasons[msg], msg)
	}
}

// thor is a mapping file of other tools, in part.
type thor struct {
	LogSources map[string]struct {
		Category, Product, Service string
		Conditions                 map[string]any
		Rewrite                    struct{ Service string }
		Sources                    []string
		FieldMappings              map[string]string
	}
}

func TestMappingsAgreeWithThoseOfAnotherTool(t *testing.T) {
	t.Parallel()
	var other thor
	if err := yaml.Unmarshal(archive(t, "sigma-rules.tar.gz")["sigma-rules/tests/thor.yml"], &other); err != nil {
		t.Fatal(err)
	}
	channels := make(map[string][]string)
	for _, l := range other.LogSources {
		for _, s := range l.Sources {
			if c, ok := strings.CutPrefix(s, "WinEventLog:"); ok {
				channels[l.Service] = append(channels[l.Service], c)
			}
		}
	}
	for name, l := range other.LogSources {
		if l.Product != "windows" && l.Category != "antivirus" {
			continue
		}
		src := "logsource: {" + fields("category", l.Category) + fields("product", l.Product) + fields("service", l.Service) + "}"
		rules, problems := sigma.Parse("r.yml", []byte("title: t\n"+src+"\ndetection: {s: {A: 1}, condition: s}\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		set, _ := sigma.Compile(rules)
		r := logsource.NewRouter(set, mappings(t))
		service := l.Service
		if service == "" {
			service = l.Rewrite.Service
		}
		if len(channels[service]) == 0 {
			t.Fatalf("%s: no channel of %s", name, service)
		}
		var ids []string
		switch id := l.Conditions["EventID"].(type) {
		case nil:
			ids = []string{"1"}
		case int:
			ids = []string{itoa(id)}
		case []any:
			for _, n := range id {
				ids = append(ids, itoa(n.(int)))
			}
		}
		for _, c := range channels[service] {
			for _, id := range ids {
				if len(r.Rules(logsource.Key{Channel: c, ID: id})) != 1 {
					t.Errorf("%s (%s): event %s of %s is not meant", name, src, id, c)
				}
			}
		}
	}
}

func itoa(n int) string {
	b, _ := yaml.Marshal(n)
	return strings.TrimSpace(string(b))
}

func fields(name, val string) string {
	if val == "" {
		return ""
	}
	return name + ": " + val + ", "
}

// The rules of Hayabusa name channel and event id in their detection: what they insist on must be where their log source leads.
func TestHayabusaRulesReachTheirEvents(t *testing.T) {
	t.Parallel()
	set := rulesOf(t, archive(t, "hayabusa-rules.tar.gz"), func(name string) bool { return strings.Contains(name, "/hayabusa/") })
	r := logsource.NewRouter(set, mappings(t))
	for _, u := range r.Unmapped() {
		t.Logf("%s", u.Problem)
	}
	checked, missed := 0, 0
	for _, rule := range set.Rules() {
		channels, ok := rule.Requires("Channel")
		ids, ok2 := rule.Requires("EventID")
		if !ok || !ok2 || slices.ContainsFunc(r.Unmapped(), func(u logsource.Unmapped) bool { return u.Rule == rule }) {
			continue
		}
		providers, ok := rule.Requires("Provider_Name")
		if !ok {
			providers = []string{""}
		}
		checked++
		found := false
		for _, c := range channels {
			for _, id := range ids {
				for _, p := range providers {
					found = found || slices.Contains(r.Rules(logsource.Key{Channel: c, Provider: p, ID: id}), rule)
				}
			}
		}
		if !found {
			missed++
			t.Logf("%s: events %v of %v are not those of %+v", rule.Pos, ids, channels, rule.LogSource)
		}
	}
	t.Logf("%d rules, %d unmapped, %d checked, %d missed", set.Len(), len(r.Unmapped()), checked, missed)
	if checked < 100 || missed > 0 {
		t.Errorf("%d checked, %d missed", checked, missed)
	}
}
