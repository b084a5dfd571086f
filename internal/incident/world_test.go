package incident

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/kb"
	"vigie/knowledge"
)

// The tests judge a product that does not exist, the Mailer, so that they say
// what the logic does and not what the shipped knowledge happens to hold. Its
// flaw "door" has the shape of a real one: two required sources, a back end that
// confirms, acts of every weight; "stray" is a kind of trace without a window.

const (
	open  = "2.1.10.0" // vulnerable
	lag   = "2.1.10.3" // vulnerable, same branch
	shut  = "2.1.10.5" // fixed on the branch of open
	again = "2.1.20.0" // a later branch that never had the fix
	shut2 = "2.1.20.4" // fixed on that branch
	other = "3.0.1.0"  // another line, not concerned
	odd   = "9.9.9.9"  // of no known line
)

func text2(s string) casefile.Text { return casefile.Text{FR: s + " (fr)", EN: s} }

func mailer() *kb.KB {
	n := buildno.MustParse
	act := func(id string, stage casefile.Stage, weight casefile.Weight, by string, joins ...string) kb.Act {
		return kb.Act{ID: id, Stage: stage, Weight: weight, Conf: casefile.Medium, By: by, Joins: joins, Title: text2("title of " + id), Harmless: text2("harmless " + id)}
	}
	source := func(id string, gap time.Duration) kb.Source {
		return kb.Source{ID: id, Name: text2("log " + id), MaxGap: kb.Duration(gap), Ask: text2("Copy " + id + ".")}
	}
	row := func(b string) kb.Build {
		return kb.Build{Product: "Mailer 2", CU: "CU", Number: n(b), Released: "2021-01-01"}
	}
	k := &kb.KB{
		Sources: []kb.Source{source("front", 2*time.Hour), source("proxy", 2*time.Hour), source("back", 2*time.Hour), source("rare", 0)},
		Products: []kb.Product{{ID: "mailer", Name: "Mailer",
			Lines:  []kb.ProductLine{{Name: "Mailer 2", From: n("2.0.0.0"), To: n("3.0.0.0")}, {Name: "Mailer 3", From: n("3.0.0.0"), To: n("4.0.0.0")}},
			Builds: []kb.Build{row(open), row(lag), row(shut), row(again), row(shut2), row(other)},
			Fixes: []kb.Fix{
				{CVE: "CVE-2021-0001", Lines: []string{"Mailer 2"}, FixedIn: []buildno.Number{n(shut), n(shut2)}},
				{CVE: "CVE-2021-0002", Lines: []string{"Mailer 2"}, FixedIn: []buildno.Number{n(shut), n(shut2)}},
			}}},
		Flaws: []kb.Flaw{
			{ID: "door", Name: "OpenDoor", Listed: "always", CVEs: []string{"CVE-2021-0001"}, Key: []string{"CVE-2021-0001"}, Product: "mailer",
				FirstUsed: kb.DatedFact{Date: "2021-01-03", Source: "report"}, Threshold: 0.95,
				Required: []string{"front", "proxy"}, Useful: []string{"back"},
				Acts: []kb.Act{
					act("enter", casefile.Success, casefile.Proof, "", "decoy"),
					act("peek", casefile.Success, casefile.Clue, ""),
					act("lift", casefile.Success, casefile.Clue, ""),
					act("decoy", casefile.Success, casefile.Clue, ""),
					act("dust", casefile.Success, casefile.Hint, ""),
					act("mark", casefile.FollowUp, casefile.Hint, ""),
					act("knock", casefile.Attempt, casefile.None, "", "decoy-knock"),
					act("decoy-knock", casefile.Attempt, casefile.None, ""),
					act("page", casefile.FollowUp, casefile.Proof, "object", "stray/used"),
					act("window", casefile.StateSeen, casefile.None, ""),
				},
				Adopts: []string{"stray/used", "stray/seen", "stray/trace"}, Attack: []string{"T1190"}, WouldChange: []casefile.Text{text2("Bring the disk.")}},
			{ID: "side", Name: "SideDoor", Listed: "always", CVEs: []string{"CVE-2021-0002"}, Key: []string{"CVE-2021-0002"}, Product: "mailer",
				FirstUsed: kb.DatedFact{Date: "2021-02-10", Source: "report"}, Threshold: 0.9,
				Required: []string{"front"}, Useful: []string{"rare"},
				Acts:   []kb.Act{act("slip", casefile.Success, casefile.Proof, ""), act("try", casefile.Attempt, casefile.None, "")},
				Adopts: []string{"stray/used", "stray/seen"}, Attack: []string{"T1190"}},
			{ID: "stray", Name: "Stray page", Listed: "when-found", Product: "mailer", Useful: []string{"front", "rare"},
				Acts: []kb.Act{
					act("used", casefile.FollowUp, casefile.Proof, "object", "seen"),
					act("seen", casefile.FollowUp, casefile.Clue, "object"),
					act("trace", casefile.FollowUp, casefile.Hint, ""),
					act("dirt", casefile.FollowUp, casefile.Hint, ""),
					act("sought", casefile.Attempt, casefile.None, ""),
				}},
		},
	}
	for i := range k.Flaws[0].Acts {
		a := &k.Flaws[0].Acts[i]
		switch a.ID {
		case "enter":
			a.Touches = []kb.Touch{{What: "mailbox", Certainty: casefile.Probable, Why: text2("why mailbox"), CannotKnow: text2("cannot know")},
				{What: "account", Certainty: casefile.Probable, Why: text2("why account")}}
		case "peek":
			a.Touches = []kb.Touch{{What: "mailbox", Certainty: casefile.Possible, Why: text2("peeked")}, {What: "data", Name: text2("address book"), Certainty: casefile.Possible, Why: text2("why data")}}
		case "lift":
			a.Touches = []kb.Touch{{What: "mailbox", Certainty: casefile.Certain, Why: text2("lifted")}, {What: "machine", Name: text2("Mail server"), Certainty: casefile.Probable, Why: text2("why machine")}}
		case "knock":
			a.Touches = []kb.Touch{{What: "account", Certainty: casefile.Certain, Why: text2("never told")}}
		}
	}
	return k
}

// shipped is the knowledge in the repository, loaded once.
var shipped = sync.OnceValue(func() *kb.KB {
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		panic(err)
	}
	return k
})

var sentences = sync.OnceValue(func() kb.Sentences {
	s, err := kb.LoadSentences(knowledge.FS)
	if err != nil {
		panic(err)
	}
	return s
})

// day reads "2021-02-01", "2021-02-01 10:00" or "2021-02-01 10:00:05".
func day(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05"[:len(s)], s)
	if err != nil {
		panic(err)
	}
	return t
}

// filled is a source with a record in each tick of [from, to).
func filled(from, to string) *Cover { return ticks(day(from), day(to)) }

func ticks(from, to time.Time) *Cover {
	c := &Cover{Files: 1}
	for t := from.Truncate(Tick); t.Before(to); t = t.Add(Tick) {
		c.Ticks = append(c.Ticks, t.Unix()/600)
	}
	return bounded(c)
}

// bounded sets what follows from the ticks.
func bounded(c *Cover) *Cover {
	c.Records = int64(len(c.Ticks))
	c.First, c.Last = time.Time{}, time.Time{}
	if n := len(c.Ticks); n > 0 {
		c.First, c.Last = time.Unix(c.Ticks[0]*600, 0).UTC(), time.Unix(c.Ticks[n-1]*600+599, 0).UTC()
	}
	return c
}

// hole takes the ticks of [from, to) out.
func (c *Cover) hole(from, to string) *Cover {
	a, b := day(from).Unix()/600, day(to).Unix()/600
	o := *c
	o.Ticks = slices.DeleteFunc(slices.Clone(c.Ticks), func(t int64) bool { return t >= a && t < b })
	return bounded(&o)
}

// seen is a measured build.
func seen(build, first, last string) identify.Build {
	return identify.Build{Number: buildno.MustParse(build), BuildSeen: casefile.BuildSeen{Build: build, First: day(first), Last: day(last), Source: "proxy"}}
}

// server is a host whose three logs show all of January to March 2021, with a
// vulnerable build throughout. change may spoil it.
func server(change func(*Host)) *Host {
	h := &Host{Name: "MAIL", Product: true, Begin: day("2021-01-01"), End: day("2021-04-01"), Covers: map[string]*Cover{
		"front": filled("2021-01-01", "2021-04-01"), "proxy": filled("2021-01-01", "2021-04-01"), "back": filled("2021-01-01", "2021-04-01")}}
	h.Timeline.Seen = []identify.Build{seen(open, "2021-01-01", "2021-04-01")}
	if change != nil {
		change(h)
	}
	return h
}

// found makes a finding of an act "flaw/act" in the given sources.
func found(k *kb.KB, act, when string, sources ...string) casefile.Finding {
	flawID, actID, _ := strings.Cut(act, "/")
	a, ok := k.Act(flawID, actID)
	if !ok {
		panic("no act " + act)
	}
	if len(sources) == 0 {
		sources = []string{"front"}
	}
	slices.Sort(sources)
	f := casefile.Finding{Host: "MAIL", Flaw: flawID, Act: actID, Stage: a.Stage, Weight: a.Weight, Confidence: a.Conf, Title: a.Title, Sources: sources,
		Time: day(when), TimeEnd: day(when), Count: 1, Acts: 1}
	for i, s := range sources {
		f.Evidence = append(f.Evidence, casefile.Evidence{Kind: s, Time: f.Time, Ref: casefile.Ref{Path: s + "-" + act + "-" + when, Line: int64(i + 1)}})
	}
	return f
}

// numbered gives findings their ids, as analysis does.
func numbered(fs ...casefile.Finding) []casefile.Finding {
	for i := range fs {
		fs[i].ID = fmt.Sprintf("F-%04d", i+1)
	}
	return fs
}

func flawOf(h casefile.Host, id string) *casefile.FlawResult {
	for i := range h.Flaws {
		if h.Flaws[i].ID == id {
			return &h.Flaws[i]
		}
	}
	return nil
}

// whole fails when a text of the result is missing in the sentences or empty.
func whole(t testing.TB, h casefile.Host) {
	t.Helper()
	check := func(what string, x casefile.Text) {
		for _, s := range []string{x.FR, x.EN} {
			if s == "" || strings.HasPrefix(s, "[") || strings.ContainsAny(s, "{}") {
				t.Errorf("%s: text %q", what, s)
			}
		}
	}
	for _, f := range h.Flaws {
		check(f.ID+" sentence", f.Sentence)
		check(f.ID+" state", f.StateWhy)
		check(f.ID+" from", f.Window.FromWhy)
		check(f.ID+" to", f.Window.ToWhy)
		for _, w := range slices.Concat(f.Why, f.WouldChange) {
			check(f.ID, w)
		}
	}
	for _, n := range h.NotExamined {
		check(n.ID, n.Reason)
	}
}
