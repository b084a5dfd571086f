package survey_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/fakefront"
	"vigie/internal/fingerprint"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/probe"
	"vigie/internal/survey"
	"vigie/knowledge"
)

var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func load(t testing.TB) (*kb.KB, *fingerprint.Set, *survey.Judge) {
	t.Helper()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	prints, err := fingerprint.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return k, prints, survey.NewJudge(k, prints, now)
}

// TestEveryBuild: a front end of each build of the table, whatever it shows of itself, is told for what it is.
func TestEveryBuild(t *testing.T) {
	t.Parallel()
	k, prints, judge := load(t)
	var builds []kb.Build
	for _, p := range k.Products {
		if p.ID == "exchange" {
			builds = p.Builds
		}
	}
	if len(builds) < 300 {
		t.Fatalf("%d builds", len(builds))
	}
	fronts := map[netip.Addr]*fakefront.Front{}
	server, err := fakefront.NewServer(func(a netip.Addr) *fakefront.Front { return fronts[a] })
	if err != nil {
		t.Fatal(err)
	}
	type want struct {
		build     kb.Build
		shown     string // the build that it must tell
		precision inventory.Precision
	}
	wants := map[string]want{}
	var targets []probe.Target
	for i, b := range builds {
		four, three := b.Number.String(), b.Number.String()[:strings.LastIndexByte(b.Number.String(), '.')]
		manifest := inventory.Update
		if b.Number.Major == 14 { // has no manifest, and its paths have four parts
			manifest = ""
		}
		for j, c := range []struct {
			shows     fakefront.Show
			shown     string
			precision inventory.Precision
		}{
			{fakefront.Manifest, four, manifest},
			{fakefront.Header, four, inventory.Update},
			{fakefront.Manifest | fakefront.Header, four, inventory.Exact},
			{fakefront.LongPath, four, inventory.Update},
			{fakefront.Path, three, inventory.CumulativeUpdate},
			{fakefront.Names, "", inventory.ProductOnly},
		} {
			if b.Number.Major == 14 {
				switch c.shows {
				case fakefront.Manifest:
					c.shown, c.precision = "", inventory.ProductOnly
				case fakefront.Manifest | fakefront.Header, fakefront.Path:
					c.shown, c.precision = four, inventory.Update
				}
			}
			a := netip.AddrFrom4([4]byte{127, 30 + byte(j), byte(i / 250), byte(i%250 + 1)})
			fronts[a] = &fakefront.Front{Builds: []string{four}, Shows: c.shows}
			wants[a.String()] = want{b, c.shown, c.precision}
			target, err := probe.ParseTarget(a.String())
			if err != nil {
				t.Fatal(err)
			}
			targets = append(targets, target)
		}
	}
	at, err := server.Listen("http", "0.0.0.0:0") // without TLS: what is tested is the judgement
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	prober := &probe.Prober{Prints: prints, Agent: "Vigie/test", Limits: probe.DefaultLimits(), Pace: probe.NewPace(0, 0), Now: func() time.Time { return now },
		Services: []probe.Service{{Name: "http", Port: at.Port()}}, Dial: probe.Dialer(probe.LoopbackOnly)}
	n := 0
	err = prober.Run(t.Context(), slices.Values(targets), 8, func(o probe.Observation) error {
		n++
		r, w := judge.Probed(o, "TEST"), wants[o.Target.Text]
		if r.ProductID != "exchange" || r.Build != w.shown || r.Precision != w.precision {
			t.Errorf("%s of %s: %q build %q %s, want %q %s (clues %v)", o.Target.Text, w.build.Number, r.Product, r.Build, r.Precision, w.shown, w.precision, r.Clues)
			return nil
		}
		if w.shown == "" {
			return nil
		}
		if r.Product != w.build.Product || w.shown == w.build.Number.String() && r.Label != w.build.Label() {
			t.Errorf("%s: %s %s, want %s %s", w.build.Number, r.Product, r.Label, w.build.Product, w.build.Label())
		}
		return checkFlaws(k, &r, w.build)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != len(targets) {
		t.Errorf("%d of %d targets", n, len(targets))
	}
}

// checkFlaws holds the flaws of a result against those of the build that really runs: none that is open there may be told as fixed.
func checkFlaws(k *kb.KB, r *survey.Result, b kb.Build) error {
	told := map[string]kb.Openness{}
	for _, f := range r.Flaws {
		told[f.ID] = f.Status
	}
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if f.Product != "exchange" || f.Listed == "when-found" || len(f.Key) == 0 {
			continue
		}
		truth, _ := k.Vulnerable(f, b.Number)
		got, listed := told[f.ID]
		switch {
		case truth == kb.Vulnerable && (!listed || got == kb.NotAffected || got == kb.FixedThere):
			return fmt.Errorf("%s on %s (%s): open, told as %q", f.ID, b.Number, r.Precision, got)
		case truth == kb.Vulnerable && r.Precision == inventory.Exact && got != kb.Open:
			return fmt.Errorf("%s on %s, exactly known: open, told as %q", f.ID, b.Number, got)
		case truth == kb.Fixed && got == kb.Open:
			return fmt.Errorf("%s on %s (%s): fixed, told as open", f.ID, b.Number, r.Precision)
		}
	}
	return nil
}

func clue(kind, value string) inventory.Clue {
	return inventory.Clue{Kind: kind, Value: value, Where: "https://mail.example.test"}
}

func TestProbed(t *testing.T) {
	t.Parallel()
	_, _, judge := load(t)
	for _, c := range []struct {
		name  string
		obs   probe.Observation
		check func(r survey.Result) string
	}{
		{"mixed builds: the lowest counts, the other is told", probe.Observation{Gathering: fingerprint.Gathering{Named: []string{"exchange"}, Clues: []inventory.Clue{clue("http.exporttool", "15.1.2507.39"), clue("http.exporttool", "15.1.2176.2")}}},
			func(r survey.Result) string {
				return fmt.Sprint(r.Build, len(r.Conflicts) > 0)
			}},
		{"a product without tables", probe.Observation{Gathering: fingerprint.Gathering{Named: []string{"prtg"}, Clues: []inventory.Clue{clue("prtg.version", "24.1.92.1554")}}},
			func(r survey.Result) string { return fmt.Sprint(r.Product, " ", r.Build, " ", r.Precision) }},
		{"two products on one host", probe.Observation{Gathering: fingerprint.Gathering{Named: []string{"fortigate", "exim"}, Clues: []inventory.Clue{clue("exim.version", "4.96")}}},
			func(r survey.Result) string { return fmt.Sprint(r.Product, r.Others) }},
		{"nothing behind a gateway", probe.Observation{Gathering: fingerprint.Gathering{Fronts: []string{"entra-proxy"}}},
			func(r survey.Result) string { return fmt.Sprintf("%q %q %q", r.Product, r.Precision, r.Behind) }},
		{"no support", probe.Observation{Gathering: fingerprint.Gathering{Named: []string{"exchange"}, Clues: []inventory.Clue{clue("http.exporttool", "15.0.1497.48")}}},
			func(r survey.Result) string { return fmt.Sprint(r.Product, " ", r.SupportEnd) }},
		{"a name, and no clue that is weighed", probe.Observation{Gathering: fingerprint.Gathering{Named: []string{"exchange"}, Clues: []inventory.Clue{clue("http.redirect", "/owa/")}}},
			func(r survey.Result) string {
				return fmt.Sprint(r.Product, " ", r.Precision, " ", r.CVEs != nil, " ", r.Table != "")
			}},
		{"asked to be left alone", probe.Observation{Stopped: "429, Retry-After 60"}, func(r survey.Result) string { return r.Error }},
	} {
		want := map[string]string{
			"mixed builds: the lowest counts, the other is told": "15.1.2176.2true",
			"a product without tables":                           "Paessler PRTG Network Monitor 24.1.92.1554 update",
			"two products on one host":                           "Fortinet FortiGate[{exim Exim 4.96}]",
			"nothing behind a gateway":                           `"" "" ["Microsoft Entra application proxy"]`,
			"no support":                                         "Exchange Server 2013 2023-04-11",
			"a name, and no clue that is weighed":                "Exchange Server product true true",
			"asked to be left alone":                             "the server asked to be left alone (429, Retry-After 60)",
		}[c.name]
		if got := c.check(judge.Probed(c.obs, "TEST")); got != want {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

// TestJSON: the fields that others rely on are there, whatever is known, and hostile text is escaped.
func TestJSON(t *testing.T) {
	t.Parallel()
	_, _, judge := load(t)
	r := judge.Probed(probe.Observation{Gathering: fingerprint.Gathering{Clues: []inventory.Clue{clue("http.server", "x\u202etxt\u009b31m")}}}, "REF 1")
	line, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"target", "product", "build", "precision", "clues", "flaws", "error", "permission"} {
		if _, ok := m[k]; !ok {
			t.Errorf("no %s", k)
		}
	}
	if m["permission"] != "REF 1" || bytes.ContainsAny(line, "\u202e\u009b") {
		t.Errorf("%s", line)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	_, _, judge := load(t)
	result := func(name, kind, build string) *survey.Result {
		r := judge.Probed(probe.Observation{Target: probe.Target{Text: name}, Gathering: fingerprint.Gathering{Clues: []inventory.Clue{clue(kind, build)}}}, "")
		return &r
	}
	latest := ""
	k, _, _ := load(t)
	for _, p := range k.Products {
		if p.ID == "exchange" {
			latest = slices.MaxFunc(p.Builds, func(a, b kb.Build) int { return cmp.Or(buildno.Compare(a.Number, b.Number)) }).Number.String()
		}
	}
	list := []*survey.Result{result("plain", "http.server", "nginx"), result("latest", "http.exporttool", latest), result("old", "http.exporttool", "15.1.1713.5"),
		result("somewhere", "http.owa-path", "15.1.2507")}
	slices.SortFunc(list, survey.Compare)
	var names []string
	for _, r := range list {
		names = append(names, r.Target)
	}
	if got := strings.Join(names, " "); got != "old somewhere latest plain" {
		t.Error(got)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	_, _, judge := load(t)
	name := filepath.Join(t.TempDir(), "run.journal")
	target := func(s string) probe.Target {
		p, err := probe.ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	open := func(permission string) (*survey.Journal, []string, error) {
		var had []string
		j, err := survey.OpenJournal(name, permission, func(r *survey.Result) error { had = append(had, r.Target); return nil })
		return j, had, err
	}
	add := func(j *survey.Journal, o probe.Observation) {
		r := judge.Probed(o, "P1")
		if err := j.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
	j, had, err := open("P1")
	if err != nil || len(had) != 0 {
		t.Fatal(err, had)
	}
	add(j, probe.Observation{Target: target("a.example.test")})
	add(j, probe.Observation{Target: target("b.example.test"), Partial: true})
	add(j, probe.Observation{Target: target("C.example.test")})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// A run may be killed at any byte: what is whole counts, the rest is visited again.
	for cut := len(whole); cut >= 0; cut-- {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, had, err := open("P1")
		firstLine := bytes.IndexByte(whole, '\n') + 1
		if cut > 0 && cut < firstLine {
			if !errors.Is(err, survey.ErrNotJournal) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if j.Done(target("a.example.test")) != slices.Contains(had, "a.example.test") || j.Done(target("b.example.test")) || len(had) != max(0, bytes.Count(whole[:cut], []byte("\n"))-1) {
			t.Fatalf("cut at %d: %q", cut, had)
		}
		if cut == len(whole) && !j.Done(target("c.EXAMPLE.test.")) {
			t.Error("another way of writing the same target")
		}
		add(j, probe.Observation{Target: target("d.example.test")})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j, had, err = open("P1")
		if err != nil || had[len(had)-1] != "d.example.test" {
			t.Fatalf("cut at %d, then added: %v, %q", cut, err, had)
		}
		j.Close()
	}
	if _, _, err := open("P2"); !errors.Is(err, survey.ErrPermission) {
		t.Errorf("another permission: %v", err)
	}
	if err := os.WriteFile(name, []byte("important text of the user\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open("P1"); !errors.Is(err, survey.ErrNotJournal) {
		t.Errorf("a file that is none: %v", err)
	}
	if data, _ := os.ReadFile(name); string(data) != "important text of the user\n" {
		t.Errorf("the file was changed: %q", data)
	}
}
