package harden

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/settings"
	"vigie/knowledge"
)

var shipped = sync.OnceValues(func() (*kb.KB, error) { return kb.Load(knowledge.FS) })

// when is the day on which the exports of the tests were made.
var when = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// answer reads exports as an examination does, and answers all checks.
func answerAll(t *testing.T, files map[string]string) map[string]casefile.Check {
	t.Helper()
	k, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	rules := New(k.Hardening)
	h := Host{Name: "EX01", At: when}
	var clues []inventory.Clue
	for _, name := range sortedKeys(files) {
		f, gaps := settings.Read(name, []byte(files[name]), settings.Options{Want: rules.Wants})
		if f.Form == settings.None || len(gaps) > 0 {
			t.Fatalf("%s is read as %q with gaps %v", name, f.Form, gaps)
		}
		h.Settings = append(h.Settings, f.Settings...)
		clues = append(clues, f.Clues...)
		h.Claims = append(h.Claims, f.Claims...)
	}
	for _, p := range identify.Products(clues, k) {
		h.Settings = append(h.Settings, Build(p, k, when, h.Name)...)
	}
	h.Settings = rules.Derive(h.Settings, h.Name)
	out := map[string]casefile.Check{}
	for _, c := range rules.Check(h) {
		out[c.ID] = c
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestEveryCheck asks each check of the knowledge with exports that meet it, with exports that do not, and with none: testdata/checks has a file of
// its name with both.
func TestEveryCheck(t *testing.T) {
	t.Parallel()
	k, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	nothing := answerAll(t, nil)
	for _, c := range k.Hardening.Checks {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(filepath.Join("testdata", "checks", c.ID+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]map[string]string{"meets": {}, "fails": {}}
			for _, f := range ar.Files {
				folder, name, _ := strings.Cut(f.Name, "/")
				files[folder][name] = string(f.Data)
			}
			for folder, want := range map[string]casefile.CheckResult{"meets": casefile.Met, "fails": casefile.NotMet} {
				got := answerAll(t, files[folder])[c.ID]
				if got.Result != want {
					t.Errorf("%s: %s, want %s; found %+v, missing %+v", folder, got.Result, want, got.Found, got.Missing)
				}
				if len(got.Found) == 0 {
					t.Errorf("%s: rests on nothing", folder)
				}
				for _, f := range got.Found {
					if f.Where == "" {
						t.Errorf("%s: %s stands nowhere", folder, f.Key)
					}
				}
				if want == casefile.NotMet && !slices.ContainsFunc(got.Found, func(f casefile.Found) bool { return f.Fails }) {
					t.Errorf("nothing is told to fail: %+v", got.Found)
				}
			}
			if got := nothing[c.ID]; got.Result != casefile.CheckUnknown || len(got.Missing) == 0 || got.Missing[0].Command == "" {
				t.Errorf("without an export: %s, missing %+v", got.Result, got.Missing)
			}
		})
	}
	entries, err := os.ReadDir(filepath.Join("testdata", "checks"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(k.Hardening.Checks) {
		t.Errorf("%d files in testdata/checks for %d checks", len(entries), len(k.Hardening.Checks))
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	k, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	list := New(k.Hardening).Check(Host{Name: "EX01", Settings: []inventory.Setting{
		{Key: "exchange.owa-vdir.owalightenabled", Value: "true"}, {Key: "windows.smb-server.enablesmb1protocol", Value: "true"}, {Key: "windows.defender-status.realtimeprotectionenabled", Value: "true"}}})
	if list[0].ID != "smb1-off" || list[1].ID != "owa-light-off" || list[len(list)-1].ID != "antivirus-active" {
		t.Errorf("first %s, %s, last %s", list[0].ID, list[1].ID, list[len(list)-1].ID)
	}
}

// set makes settings of "key|subject|value" lines; "export.x" says that an export was read.
func set(lines ...string) []inventory.Setting {
	var out []inventory.Setting
	for i, l := range lines {
		p := append(strings.Split(l, "|"), "", "")
		out = append(out, inventory.Setting{Key: p[0], Subject: p[1], Value: p[2], Where: "export (line " + string(rune('1'+i)) + ")"})
	}
	return out
}

func TestConditions(t *testing.T) {
	t.Parallel()
	k := func(key string, change func(*kb.Expect)) kb.Expect {
		e := kb.Expect{Key: key}
		change(&e)
		return e
	}
	is := func(key, v string) kb.Expect { return k(key, func(e *kb.Expect) { e.Is = []string{v} }) }
	for _, tt := range []struct {
		name     string
		e        kb.Expect
		settings []inventory.Setting
		want     truth
	}{
		{"without regard to case", is("a.b", "TRUE"), set("a.b||true"), yes},
		{"every setting must pass", is("a.b", "true"), set("a.b|x|true", "a.b|y|false"), no},
		{"one is enough where it says so", k("a.b", func(e *kb.Expect) { e.Is, e.Some = []string{"true"}, true }), set("a.b|x|true", "a.b|y|false"), yes},
		{"not of this subject", k("a.b", func(e *kb.Expect) { e.Is, e.Subjects = []string{"true"}, []string{"X"} }), set("a.b|x|true", "a.b|y|false"), yes},
		{"beginning of a subject", k("a.b", func(e *kb.Expect) { e.Is, e.Subjects = []string{"true"}, []string{"Ab*"} }), set("a.b|abc|true", "a.b|x|false"), yes},
		{"end of a subject", k("a.b", func(e *kb.Expect) { e.Is, e.Subjects = []string{"true"}, []string{"*bc"} }), set("a.b|abc|true", "a.b|x|false"), yes},
		{"no export", is("a.b", "true"), nil, unknown},
		{"export without the setting, and nothing known of its default", is("a.b.c", "true"), set("export.a.b||1"), unknown},
		{"export without the setting, whose default is known", k("a.b.c", func(e *kb.Expect) { e.Is, e.Default = []string{"true"}, "true" }), set("export.a.b||1"), yes},
		{"export of another kind", k("a.b.c", func(e *kb.Expect) { e.Is, e.Default = []string{"true"}, "true" }), set("export.a.x||1"), unknown},
		{"absent, in an export that would have it", k("a.b.c", func(e *kb.Expect) { e.Absent = true }), set("export.a.b||1"), yes},
		{"absent, with no export", k("a.b.c", func(e *kb.Expect) { e.Absent = true }), nil, unknown},
		{"present, but empty", k("a.b.c", func(e *kb.Expect) { e.Present = true }), set("a.b.c||"), no},
		{"value of the registry, of which a key above was exported", k(`registry.hklm\a\b`, func(e *kb.Expect) { e.Is, e.Default = []string{"0"}, "0" }), set(`export.registry.hklm\a`), yes},
		{"value of the registry, of which another key was exported", k(`registry.hklm\a\b`, func(e *kb.Expect) { e.Is, e.Default = []string{"0"}, "0" }), set(`export.registry.hklm\c`), unknown},
		{"number below", k("a.b", func(e *kb.Expect) { e.AtLeast = "5" }), set("a.b||3"), no},
		{"number in hexadecimal", k("a.b", func(e *kb.Expect) { e.AtLeast = "5" }), set("a.b||0x10"), yes},
		{"size as PowerShell writes it", k("a.b", func(e *kb.Expect) { e.AtLeast = "1073741824" }), set("a.b||1 GB (1,073,741,824 bytes)"), yes},
		{"word where a number belongs", k("a.b", func(e *kb.Expect) { e.AtLeast = "5" }), set("a.b||many"), unknown},
		{"version, part by part", k("a.b", func(e *kb.Expect) { e.AtLeast, e.Below = "15.2.986.29", "15.2.987" }), set("a.b||15.2.986.100"), yes},
		{"version above the range", k("a.b", func(e *kb.Expect) { e.AtLeast, e.Below = "15.2.986.29", "15.2.987" }), set("a.b||15.2.1118.7"), no},
		{"date far enough", k("a.b", func(e *kb.Expect) { e.DaysLeft = 60 }), set("a.b||2027-03-01"), yes},
		{"date too near", k("a.b", func(e *kb.Expect) { e.DaysLeft = 60 }), set("a.b||12/24/2026 10:00:00"), no},
		{"day and month may be either, and it matters", k("a.b", func(e *kb.Expect) { e.DaysLeft = 30 }), set("a.b||12/02/2026"), no},
		{"day and month may be either, one of them late enough", k("a.b", func(e *kb.Expect) { e.DaysLeft = 30 }), set("a.b||12/01/2027"), yes},
		{"day and month may be either, and they differ", k("a.b", func(e *kb.Expect) { e.DaysLeft = 60 }), set("a.b||01/03/2027"), unknown},
		{"any: one known to hold is enough", kb.Expect{Any: []kb.Expect{is("a.x", "1"), is("a.b", "true")}}, set("a.b||true"), yes},
		{"any: what is not known could hold", kb.Expect{Any: []kb.Expect{is("a.x", "1"), is("a.b", "true")}}, set("a.b||false"), unknown},
		{"first: the first that is known decides", kb.Expect{First: []kb.Expect{is("a.x", "1"), is("a.b", "true"), is("a.c", "1")}}, set("a.b||false", "a.c||1"), no},
		{"all: one that fails is enough", kb.Expect{All: []kb.Expect{is("a.x", "1"), is("a.b", "true")}}, set("a.b||false"), no},
		{"all: what is not known could fail", kb.Expect{All: []kb.Expect{is("a.x", "1"), is("a.b", "true")}}, set("a.b||true"), unknown},
		{"none: one that holds fails it", kb.Expect{None: []kb.Expect{is("a.x", "1"), is("a.b", "true")}}, set("a.b||true"), no},
		{"none: what is not known could hold", kb.Expect{None: []kb.Expect{is("a.x", "1"), is("a.b", "true")}}, set("a.b||false"), unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := New(kb.Hardening{Checks: []kb.Check{{ID: "x", Holds: []kb.Expect{tt.e}}}})
			f := newFacts(Host{Settings: tt.settings, At: when}, r)
			if got := f.expect(&tt.e); got.value != tt.want {
				t.Errorf("%v, want %v; found %+v", got.value, tt.want, got.found)
			}
		})
	}
}

func TestApplies(t *testing.T) {
	t.Parallel()
	check := kb.Check{ID: "x", Applies: []kb.Expect{{Key: "a.on", Is: []string{"true"}}}, Holds: []kb.Expect{{Key: "a.b", Is: []string{"true"}}}}
	for _, tt := range []struct {
		name     string
		settings []inventory.Setting
		want     casefile.CheckResult
	}{
		{"does not apply", set("a.on||false", "a.b||false"), casefile.NotApplicable},
		{"applies and fails", set("a.on||true", "a.b||false"), casefile.NotMet},
		{"may apply, and fails", set("a.b||false"), casefile.CheckUnknown},
		{"may apply, and holds", set("a.b||true"), casefile.Met},
	} {
		if got := New(kb.Hardening{Checks: []kb.Check{check}}).Check(Host{Settings: tt.settings})[0]; got.Result != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.Result, tt.want)
		}
	}
}

func TestClaimsStandBeside(t *testing.T) {
	t.Parallel()
	check := kb.Check{ID: "x", Holds: []kb.Expect{{Key: "a.b", Is: []string{"true"}}}, Claims: []string{"EEMS"}}
	h := Host{Settings: set("a.b||false"), Claims: []settings.Claim{{Tool: "HealthChecker", Name: "eems", Text: "Enabled", Grade: "Green"}, {Name: "other"}}}
	got := New(kb.Hardening{Checks: []kb.Check{check}}).Check(h)[0]
	if got.Result != casefile.NotMet || len(got.Claims) != 1 || got.Claims[0].Grade != "Green" {
		t.Errorf("%s with claims %+v", got.Result, got.Claims)
	}
}
