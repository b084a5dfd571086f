package identify

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// day reads "02-01" or "02-01 10:00" of 2021.
func day(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04"[:5+len(s)], "2021-"+s)
	if err != nil {
		panic(err)
	}
	return t
}

// logged is a build in a log from one time to another.
func logged(source, build, first, last string) Clue {
	return Clue{Build: buildno.MustParse(build), First: day(first), Last: day(last), Source: source, AtLeast: true, Ref: casefile.Ref{Path: source + ".log", Line: 1}}
}

// setup makes the messages of one ExchangeSetup.log: "started 2.1.10.0",
// "mode:install", "present 2.1.10.0", "completed", one a minute from a time on.
func setup(file, from string, messages ...string) (out []Clue) {
	t := day(from)
	for i, m := range messages {
		what, build, _ := strings.Cut(m, " ")
		c := Clue{Setup: what, First: t, Last: t, Source: "setup", Ref: casefile.Ref{Path: file, Line: int64(i + 1), Offset: int64(i * 100)}}
		if build != "" {
			c.Build = buildno.MustParse(build)
		}
		out = append(out, c)
		t = t.Add(time.Minute)
	}
	return out
}

var table = &kb.KB{Products: []kb.Product{{ID: "mailer", Name: "Mailer",
	Lines: []kb.ProductLine{{Name: "Mailer 2", From: buildno.MustParse("2.0.0.0"), To: buildno.MustParse("3.0.0.0")}},
	Builds: []kb.Build{
		{Product: "Mailer 2", CU: "CU1", Number: buildno.MustParse("2.1.10.0")},
		{Product: "Mailer 2", CU: "CU1", SU: "Mar21SU", Number: buildno.MustParse("2.1.10.5")},
		{Product: "Mailer 2", CU: "CU2", Number: buildno.MustParse("2.1.20.0")}}}}}

func TestBuilds(t *testing.T) {
	t.Parallel()
	const f = "ExchangeSetup.log"
	for _, c := range []struct {
		name    string
		clues   []Clue
		want    []string // build first–last source, "+" when it may be a later revision
		install string   // "build time"
	}{
		{"nothing", nil, nil, ""},
		{"one log", []Clue{logged("proxy", "2.1.10.0", "01-01", "01-31")}, []string{"2.1.10.0 01-01–01-31 proxy+"}, ""},
		{"one build in many files", []Clue{logged("proxy", "2.1.10.0", "01-02", "01-02"), logged("proxy", "2.1.10.0", "01-01", "01-01"), logged("ews", "2.1.10.0", "01-01 12:00", "01-05")},
			[]string{"2.1.10.0 01-01–01-05 proxy+"}, ""},
		{"patched", []Clue{logged("proxy", "2.1.10.0", "01-01", "03-09"), logged("proxy", "2.1.10.5", "03-10", "03-31")},
			[]string{"2.1.10.0 01-01–03-09 proxy+", "2.1.10.5 03-10–03-31 proxy+"}, ""},
		{"a component that lags behind the security update", []Clue{logged("proxy", "2.1.10.5", "03-10", "03-31"), logged("ews", "2.1.10.0", "03-11", "03-31")},
			[]string{"2.1.10.5 03-10–03-31 proxy+"}, ""},
		{"a component that was ahead", []Clue{logged("ews", "2.1.10.0", "01-01", "03-31"), logged("proxy", "2.1.10.5", "02-01", "03-31")},
			[]string{"2.1.10.0 01-01–03-31 ews+", "2.1.10.5 02-01–03-31 proxy+"}, ""},
		{"two builds from the same moment: the later one", []Clue{logged("ews", "2.1.10.0", "01-01", "03-31"), logged("proxy", "2.1.10.5", "01-01", "03-31")},
			[]string{"2.1.10.5 01-01–03-31 proxy+"}, ""},
		{"a build that nobody knows", []Clue{logged("proxy", "7.7.7.7", "01-01", "01-31")}, []string{"7.7.7.7 01-01–01-31 proxy+"}, ""},
		{"a log that could not tell", []Clue{{Source: "proxy", First: day("01-01"), Last: day("01-31")}}, nil, ""},
		{"an exact source beside a component", []Clue{logged("proxy", "2.1.10.5", "03-10", "03-31"), {Build: buildno.MustParse("2.1.10.5"), First: day("03-12"), Last: day("03-12"), Source: "binary"}},
			[]string{"2.1.10.5 03-10–03-31 proxy"}, ""},

		{"installed", setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "completed"), []string{"2.1.10.0 02-01–02-01 setup"}, "2.1.10.0 02-01 10:02"},
		{"installed, then running", append(setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "completed"), logged("proxy", "2.1.10.0", "02-01 10:01", "02-28")),
			[]string{"2.1.10.0 02-01–02-28 proxy"}, "2.1.10.0 02-01 10:02"},
		{"upgraded", setup(f, "02-01 10:00", "started 2.1.20.0", "mode:upgrade", "present 2.1.10.0", "completed"),
			[]string{"2.1.10.0 02-01–02-01 setup", "2.1.20.0 02-01–02-01 setup"}, ""},
		{"recovered", setup(f, "02-01 10:00", "started 2.1.20.0", "mode:recoverserver", "completed"), []string{"2.1.20.0 02-01–02-01 setup"}, ""},
		{"an installation where something was present", setup(f, "02-01 10:00", "started 2.1.20.0", "mode:install", "present 2.1.10.0", "completed"),
			[]string{"2.1.10.0 02-01–02-01 setup", "2.1.20.0 02-01–02-01 setup"}, ""},
		{"the same, told before the mode", setup(f, "02-01 10:00", "started 2.1.20.0", "present 2.1.10.0", "mode:install", "completed"),
			[]string{"2.1.10.0 02-01–02-01 setup", "2.1.20.0 02-01–02-01 setup"}, ""},
		{"a run that failed", setup(f, "02-01 10:00", "started 2.1.20.0", "mode:upgrade", "present 2.1.10.0"), []string{"2.1.10.0 02-01–02-01 setup"}, ""},
		{"failed, then tried again", setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "started 2.1.10.5", "mode:install", "completed"),
			[]string{"2.1.10.5 02-01–02-01 setup"}, "2.1.10.5 02-01 10:04"},
		{"an installation that failed lends its mode to no later run", setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "started 2.1.20.0", "completed"), nil, ""},
		{"the directory prepared from a newer medium", setup(f, "02-01 10:00", "started 2.1.20.0", "completed"), nil, ""},
		{"uninstalled", setup(f, "02-01 10:00", "started 2.1.20.0", "mode:uninstall", "present 2.1.10.0", "completed"), []string{"2.1.10.0 02-01–02-01 setup"}, ""},
		{"the end of a log whose start is lost", setup(f, "02-01 10:00", "mode:install", "completed"), nil, ""},
		{"installed, then upgraded", append(setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "completed"), setup(f, "03-01 10:00", "started 2.1.20.0", "mode:upgrade", "present 2.1.10.0", "completed")...),
			[]string{"2.1.10.0 02-01–03-01 setup", "2.1.20.0 03-01–03-01 setup"}, "2.1.10.0 02-01 10:02"},
		{"the log in two copies", append(setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "completed"), setup("copy/"+f, "02-01 10:00", "started 2.1.10.0", "mode:install", "completed")...),
			[]string{"2.1.10.0 02-01–02-01 setup"}, "2.1.10.0 02-01 10:02"},
		{"two runs at once, each in its file", append(setup("a.log", "02-01 10:00", "started 2.1.10.0", "mode:upgrade", "completed"), setup("b.log", "02-01 10:00", "started 2.1.20.0", "mode:install")...),
			[]string{"2.1.10.0 02-01–02-01 setup"}, ""},
		{"installed where the product had run before: a rebuilt server", append(setup(f, "02-01 10:00", "started 2.1.20.0", "mode:install", "completed"), logged("proxy", "2.1.10.0", "01-01", "01-31")),
			[]string{"2.1.10.0 01-01–01-31 proxy+", "2.1.20.0 02-01–02-01 setup"}, ""},
		{"installed where the same build had run before", append(setup(f, "02-01 10:00", "started 2.1.10.0", "mode:install", "completed"), logged("proxy", "2.1.10.0", "01-01", "01-31")),
			[]string{"2.1.10.0 01-01–02-01 proxy"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var want Timeline
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range 6 { // whatever the order of the clues
				clues := slices.Clone(c.clues)
				if i > 0 {
					rng.Shuffle(len(clues), func(i, j int) { clues[i], clues[j] = clues[j], clues[i] })
				}
				tl := Builds(clues, table)
				var got []string
				for _, b := range tl.Seen {
					at := ""
					if b.AtLeast {
						at = "+"
					}
					got = append(got, fmt.Sprintf("%s %s–%s %s%s", b.Number, b.First.Format("01-02"), b.Last.Format("01-02"), b.Source, at))
				}
				install := ""
				if in := tl.Install; in != nil {
					install = in.Build.String() + in.At.Format(" 01-02 15:04")
				}
				if !slices.Equal(got, c.want) || install != c.install {
					t.Fatalf("%q, installed %q; want %q, %q", got, install, c.want, c.install)
				}
				if i > 0 && !reflect.DeepEqual(tl, want) {
					t.Fatalf("order matters: %+v, %+v", tl, want)
				}
				want = tl
				for j := 1; j < len(tl.Seen); j++ {
					if buildno.Compare(tl.Seen[j-1].Number, tl.Seen[j].Number) >= 0 || tl.Seen[j].First.Before(tl.Seen[j-1].First) {
						t.Fatalf("not by build and time: %+v", tl.Seen)
					}
				}
			}
		})
	}
}

func TestLast(t *testing.T) {
	t.Parallel()
	var none Timeline
	if !none.Last().Number.IsZero() {
		t.Errorf("%+v", none.Last())
	}
	tl := Builds([]Clue{logged("proxy", "2.1.10.5", "03-10", "03-31"), logged("proxy", "2.1.10.0", "01-01", "03-09")}, table)
	if b := tl.Last(); b.Build != "2.1.10.5" || b.Label != "CU1 Mar21SU" || b.Ref.Path != "proxy.log" {
		t.Errorf("%+v", b)
	}
}

// TestConflict: a lower build of another branch after a higher one is no lagging
// component; a lower revision of the same branch is.
func TestConflict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		clues []Clue
		want  bool
	}{
		{"a component that lags", []Clue{logged("proxy", "2.1.10.5", "02-01", "03-01"), logged("track", "2.1.10.0", "02-02", "03-01")}, false},
		{"an older update after a newer one", []Clue{logged("proxy", "2.1.20.0", "02-01", "02-02"), logged("proxy", "2.1.10.0", "02-03", "03-01")}, true},
		{"one forged record before everything", []Clue{logged("proxy", "2.1.20.0", "01-01", "01-01"), logged("proxy", "2.1.10.0", "01-02", "03-01")}, true},
		{"one forged record of a newer revision", []Clue{logged("proxy", "2.1.10.0", "01-01", "03-01"), logged("proxy", "2.1.10.5", "01-02", "01-02")}, true},
		{"an update taken away", []Clue{logged("proxy", "2.1.10.5", "01-02", "01-05"), logged("proxy", "2.1.10.0", "01-06", "03-01")}, true},
		{"an update", []Clue{logged("proxy", "2.1.10.0", "01-01", "02-01"), logged("proxy", "2.1.20.0", "02-01", "03-01")}, false},
	} {
		if got := Builds(c.clues, table).Conflict != nil; got != c.want {
			t.Errorf("%s: conflict %v, want %v", c.name, got, c.want)
		}
	}
}
