package incident

import (
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/kb"
)

// silent is a flaw that no log shows, open on the same builds as the others.
func silent(k *kb.KB) *kb.KB {
	f := k.Flaws[1]
	f.ID, f.Name, f.Unlogged, f.Required, f.Threshold = "silent", "SilentDoor", true, nil, 0
	f.FirstUsed.Certainty = "inferred"
	f.CannotSee, f.WouldChange = []casefile.Text{text2("Nothing is logged of it.")}, []casefile.Text{text2("Ask the directory.")}
	k.Flaws = append(k.Flaws, f)
	return k
}

// TestUnlogged judges a flaw that no log shows, beside two that logs show.
func TestUnlogged(t *testing.T) {
	t.Parallel()
	from := func(when string) func(*Host) {
		return func(h *Host) {
			h.Timeline.Seen = []identify.Build{seen(shut, when, "2021-04-01")}
		}
	}
	for _, c := range []struct {
		name     string
		change   func(*Host)
		opt      Options
		findings []string
		want     casefile.Verdict // of the silent flaw
		host     casefile.Verdict
		note     bool
		says     string
	}{
		{"every log is whole and shows nothing", nil, Options{}, nil, casefile.Undetermined, casefile.NoTrace, true, "no log establishes a success of SilentDoor"},
		{"it was tried", nil, Options{}, []string{"silent/try front"}, casefile.Undetermined, casefile.NoTrace, true, "Nothing is logged of it."},
		{"another flaw was tried", nil, Options{}, []string{"door/knock front"}, casefile.Undetermined, casefile.Targeted, true, ""},
		{"it worked all the same", nil, Options{}, []string{"silent/slip front"}, casefile.Confirmed, casefile.Confirmed, false, ""},
		{"a stray page of which it may be the way in", nil, Options{}, []string{"stray/used front"}, casefile.Suspected, casefile.Confirmed, false, ""},
		{"fixed before it was known", from("2021-01-02"), Options{}, nil, casefile.NotAffected, casefile.NotAffected, false, ""},
		{"fixed before the others were known, and not before it", func(h *Host) {
			from("2021-01-02")(h)
			h.Timeline.Seen[0].First = day("2021-02-20")
			h.Timeline.Seen[0].Build, h.Timeline.Seen[0].Number = shut, seen(shut, "2021-02-20", "2021-04-01").Number
		}, Options{For: []string{"silent"}}, nil, casefile.Undetermined, casefile.Undetermined, false, ""},
		{"asked for alone", nil, Options{For: []string{"silent"}}, nil, casefile.Undetermined, casefile.Undetermined, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := silent(mailer())
			h := Judge(server(c.change), numbered(parse(k, c.findings)...), k, sentences(), c.opt)
			f := flawOf(h, "silent")
			if f == nil || f.Verdict != c.want || h.Verdict != c.host {
				t.Fatalf("%+v, host %s; want %s, %s", f, h.Verdict, c.want, c.host)
			}
			if noted := len(h.Notes) > 0; noted != c.note {
				t.Errorf("notes %v", h.Notes)
			}
			for _, n := range h.Notes {
				if n.EN != "One flaw that no log shows stays undetermined and is no part of this verdict: SilentDoor." || !strings.HasSuffix(plain(n.FR), " : SilentDoor.") {
					t.Errorf("note %q, %q", n.EN, n.FR)
				}
			}
			if s := says(f); !strings.Contains(s, c.says) {
				t.Errorf("says %s", s)
			}
			if c.want == casefile.Undetermined && (len(f.WouldChange) == 0 || f.WouldChange[len(f.WouldChange)-1].EN != "Ask the directory.") {
				t.Errorf("would change: %v", f.WouldChange)
			}
			if !strings.HasPrefix(f.Window.FromWhy.EN, "Start of the period") {
				t.Errorf("from: %s", f.Window.FromWhy.EN)
			}
			whole(t, h)
		})
	}
}

// TestUnloggedForbidsNotAffected: what cannot be seen is no proof.
func TestUnloggedForbidsNotAffected(t *testing.T) {
	t.Parallel()
	k := silent(mailer())
	k.Products[0].Fixes = append(k.Products[0].Fixes, kb.Fix{CVE: "CVE-2021-0003", Lines: []string{"Mailer 2"}, FixedIn: k.Products[0].Fixes[0].FixedIn[1:]})
	k.Flaws[len(k.Flaws)-1].CVEs, k.Flaws[len(k.Flaws)-1].Key = []string{"CVE-2021-0003"}, []string{"CVE-2021-0003"}
	h := Judge(server(fixedFrom("2021-01-01")), nil, k, sentences(), Options{})
	if f := flawOf(h, "door"); f.Verdict != casefile.NotAffected {
		t.Fatalf("door: %s", f.Verdict)
	}
	if h.Verdict != casefile.Undetermined {
		t.Errorf("host %s", h.Verdict)
	}
}

// TestNeverConcerned: a line of the product that a flaw does not concern was so before it was first measured, unless servers come to it in place.
func TestNeverConcerned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		inPlace bool
		seen    []identify.Build
		want    casefile.Verdict
	}{
		{"of a line that is not concerned, measured late", false, []identify.Build{seen(other, "2021-03-20", "2021-04-01")}, casefile.NotAffected},
		{"of a line to which servers come in place", true, []identify.Build{seen(other, "2021-03-20", "2021-04-01")}, casefile.Undetermined},
		{"concerned before", false, []identify.Build{seen(open, "2021-01-01", "2021-03-01"), seen(other, "2021-03-20", "2021-04-01")}, casefile.Undetermined},
		{"no build", false, nil, casefile.Undetermined},
	} {
		k := mailer()
		k.Products[0].Lines[1].InPlace = c.inPlace
		h := Judge(server(all(blind("front"), func(h *Host) { h.Timeline.Seen = c.seen })), nil, k, sentences(), Options{})
		if f := flawOf(h, "door"); f.Verdict != c.want {
			t.Errorf("%s: %s, want %s", c.name, f.Verdict, c.want)
		}
		whole(t, h)
	}
}

// TestMitigationLogged follows what the mitigation service logs, beside the build.
func TestMitigationLogged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		build    string
		findings []string
		want     casefile.State
		at       string
	}{
		{"applied", open, []string{"door/on@2021-03-01 rare"}, casefile.Mitigated, "2021-03-01"},
		{"applied twice: the last counts", open, []string{"door/on@2021-03-01 rare", "door/on@2021-03-05 rare"}, casefile.Mitigated, "2021-03-05"},
		{"applied, then taken away", open, []string{"door/on@2021-03-01 rare", "door/off@2021-03-02 rare"}, casefile.Exposed, "2021-04-01"},
		{"taken away and applied at one time: nobody says in which order", open, []string{"door/on@2021-03-02 rare", "door/off@2021-03-02 rare"}, casefile.Exposed, "2021-04-01"},
		{"taken away, then applied again", open, []string{"door/off@2021-03-01 rare", "door/on@2021-03-02 rare"}, casefile.Mitigated, "2021-03-02"},
		{"taken away since the server is fixed", shut, []string{"door/on@2021-03-01 rare", "door/off@2021-03-02 rare"}, casefile.Fixed, "2021-04-01"},
		{"applied to a server that was entered", open, []string{"door/on@2021-03-01 rare", "door/enter@2021-02-01 front"}, casefile.ToRebuild, ""},
	} {
		k := mailer()
		door := &k.Flaws[0]
		for id, shows := range map[string]string{"on": "mitigated", "off": "unmitigated"} {
			door.Acts = append(door.Acts, kb.Act{ID: id, Stage: casefile.StateSeen, Weight: casefile.None, Conf: casefile.Medium, Shows: shows, Title: text2(id), Harmless: text2(id)})
		}
		h := Judge(server(func(h *Host) { h.Timeline.Seen = []identify.Build{seen(c.build, "2021-01-01", "2021-04-01")} }),
			numbered(parse(k, c.findings)...), k, sentences(), Options{})
		f := flawOf(h, "door")
		if f.StateNow != c.want || c.at != "" && (f.StateAt == nil || !f.StateAt.Equal(day(c.at))) {
			t.Errorf("%s: %s at %v, want %s at %s: %s", c.name, f.StateNow, f.StateAt, c.want, c.at, f.StateWhy.EN)
		}
		if f.StateNow == casefile.Mitigated && (len(f.StateBy) == 0 || f.StateBy[len(f.StateBy)-1].Kind != "rare") {
			t.Errorf("%s: proof %+v", c.name, f.StateBy)
		}
		whole(t, h)
	}
}
