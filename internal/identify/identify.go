// Package identify says which product and build a set of clues points to, and
// when. Conflicting clues are kept and shown, not averaged.
package identify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// Clue is one sight of a build in the evidence.
type Clue struct {
	Build       buildno.Number
	First, Last time.Time
	Source      string // kind of log
	Ref         casefile.Ref
	// AtLeast: the source writes a component's build, which may lag behind
	// security updates: the server runs this revision or a later one.
	AtLeast bool
	// Setup is what a setup log says: "started", "present", "completed" or
	// "mode:install"; "" for other sources.
	Setup string
}

// Install is the first installation of the product as a setup log proves it.
type Install struct {
	At    time.Time
	Build buildno.Number
	Ref   casefile.Ref
	began time.Time // of the run
}

// Timeline is what is known about the builds of a host over time.
type Timeline struct {
	// Seen are the builds in force, by time: an older revision seen beside a
	// newer one is a component that lags, since servers are not downgraded.
	Seen    []Build
	Install *Install
	// Conflict is a build seen after a newer one where no component lags: of
	// another cumulative update or product, or an older revision in the very
	// source that showed the newer one. Somebody restored an old state, took an
	// update away, mixed two servers, or forged a record; what the builds prove is
	// then void.
	Conflict *Clue
}

// conflictSlack lets records of the old build end after an update began.
const conflictSlack = time.Hour

// Build is a stretch of time with one build in force.
type Build struct {
	casefile.BuildSeen
	Number buildno.Number
}

// Last is the build in force at the end, the zero Build when none is known.
func (t *Timeline) Last() Build {
	if len(t.Seen) == 0 {
		return Build{}
	}
	return t.Seen[len(t.Seen)-1]
}

// Builds makes the timeline of one host.
func Builds(clues []Clue, k *kb.KB) Timeline {
	var t Timeline
	slices.SortStableFunc(clues, func(a, b Clue) int {
		return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Ref.Path, b.Ref.Path), cmp.Compare(a.Ref.Offset, b.Ref.Offset))
	})
	clues = append(t.readSetup(clues), withoutSetup(clues)...)
	slices.SortStableFunc(clues, func(a, b Clue) int {
		return cmp.Or(a.First.Compare(b.First), buildno.Compare(b.Build, a.Build), strings.Compare(a.Source, b.Source), strings.Compare(a.Ref.Path, b.Ref.Path))
	})
	t.Conflict = goesOn(clues)
	for _, c := range clues {
		if n := len(t.Seen); n > 0 {
			cur := &t.Seen[n-1]
			switch d := buildno.Compare(c.Build, cur.Number); {
			case d < 0: // a component that lags, or an older clue that goes on
				if t.Conflict == nil && !buildno.SameBranch(c.Build, cur.Number) && c.Last.After(cur.First.Add(conflictSlack)) {
					t.Conflict = &c
				}
				continue
			case d == 0:
				if c.Last.After(cur.Last) {
					cur.Last = c.Last
				}
				cur.AtLeast = cur.AtLeast && c.AtLeast
				continue
			}
		}
		_, label, _ := k.Label(c.Build)
		t.Seen = append(t.Seen, Build{Number: c.Build, BuildSeen: casefile.BuildSeen{
			Build: c.Build.String(), Label: label, First: c.First, Last: c.Last, Source: c.Source, Ref: c.Ref, AtLeast: c.AtLeast}})
	}
	if t.Install != nil && t.Seen[0].First.Before(t.Install.began) {
		t.Install = nil // a rebuilt server: something ran under its name before
	}
	return t
}

// goesOn finds a build that a source still shows when it had shown a newer one.
// Of setup logs, which also tell what was there before, no more is asked than
// elsewhere. The clues are in order of time.
func goesOn(clues []Clue) *Clue {
	bySource := map[string][]Clue{}
	for _, c := range clues {
		if c.Setup == "" {
			bySource[c.Source] = append(bySource[c.Source], c)
		}
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		cs := bySource[source]
		slices.SortStableFunc(cs, func(a, b Clue) int { return buildno.Compare(a.Build, b.Build) })
		var older, same Clue // the ones seen last of lower builds, and of the build at hand
		for _, c := range cs {
			if !same.Build.IsZero() && buildno.Compare(same.Build, c.Build) != 0 && same.Last.After(older.Last) {
				older = same
			}
			if older.Last.After(c.First.Add(conflictSlack)) {
				return &older
			}
			if same.Build != c.Build || c.Last.After(same.Last) {
				same = c
			}
		}
	}
	return nil
}

func withoutSetup(clues []Clue) (out []Clue) {
	for _, c := range clues {
		if c.Setup == "" && !c.Build.IsZero() {
			out = append(out, c)
		}
	}
	return out
}

// putsInPlace are the setup modes after which the version of the run is the one
// that is installed. A run without a mode prepares the directory from the
// medium, and one that uninstalls takes the product away.
var putsInPlace = []string{"install", "upgrade", "recoverserver"}

// readSetup follows the messages of setup logs in order: a run starts with its
// version and mode, and counts as installed only when it says that it
// completed. "present" is what was installed before the run.
func (t *Timeline) readSetup(clues []Clue) (out []Clue) {
	type run struct {
		version Clue
		mode    string
		present bool // something was there before
	}
	runs := map[string]*run{} // by file
	for _, c := range clues {
		if c.Setup == "" {
			continue
		}
		r := runs[c.Ref.Path]
		if r == nil {
			r = &run{}
			runs[c.Ref.Path] = r
		}
		switch {
		case c.Setup == "started":
			*r = run{version: c}
		case strings.HasPrefix(c.Setup, "mode:"):
			r.mode = strings.TrimPrefix(c.Setup, "mode:")
		case c.Setup == "present":
			r.present = true
			out = append(out, c)
		case c.Setup == "completed" && !r.version.Build.IsZero() && slices.Contains(putsInPlace, r.mode):
			done := c
			done.Build = r.version.Build
			out = append(out, done)
			if r.mode == "install" && !r.present && (t.Install == nil || done.First.Before(t.Install.At)) {
				t.Install = &Install{At: done.First, Build: done.Build, Ref: r.version.Ref, began: r.version.First}
			}
		}
	}
	return out
}
