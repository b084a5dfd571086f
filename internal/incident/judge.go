package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/inventory"
	"vigie/internal/kb"
)

// Host is all that is known of one server when it is judged.
type Host struct {
	Name     string
	Timeline identify.Timeline
	// Known is what all clues of logs and files together say of the products of the host.
	Known []inventory.Product
	// Conditions are the answers to kb.Conditions from the settings of the host.
	Conditions []casefile.Check
	Covers     map[string]*Cover // by source id
	// Begin and End bound the evidence: first and last record of any source.
	Begin, End time.Time
	// LostItems counts items of evidence that could not be read and may be of
	// any kind (an encrypted archive entry, a damaged container).
	LostItems int64
	// Product tells whether anything shows that the host runs the product whose
	// flaws are judged.
	Product bool
	Notes   []casefile.Text
}

// Unnamed is the name of a server that neither logs nor folders nor the user name.
const Unnamed = casefile.UnnamedHost

// Options are the user's.
type Options struct {
	// For limits the flaws to these ids; empty: all.
	For          []string
	Since, Until time.Time
	Partial      bool // the reading was interrupted
	// LeftOut counts detections outside Since and Until: what the user did not
	// ask for must not be called absent.
	LeftOut int64
}

type judge struct {
	*speaker
	kb  *kb.KB
	opt Options
	// explained are follow-ups that a flaw of which success was seen accounts for.
	explained map[string]bool
}

// Judge weighs the findings of one host. The findings must carry their ids.
func Judge(h *Host, findings []casefile.Finding, k *kb.KB, sentences kb.Sentences, opt Options) casefile.Host {
	j := &judge{speaker: newSpeaker(sentences), kb: k, opt: opt}
	out := casefile.Host{Name: h.Name, StateNow: casefile.StateUnknown, Flaws: []casefile.FlawResult{}, Notes: h.Notes}
	for _, b := range h.Timeline.Seen {
		out.Builds = append(out.Builds, b.BuildSeen)
	}
	if last := h.Timeline.Last(); !last.Number.IsZero() {
		out.Build = last.Build
		out.Product, out.BuildLabel, _ = k.Label(last.Number)
	}
	out.Identified = h.Known
	for _, p := range h.Known {
		out.Product, out.Build, out.BuildLabel = p.Name, p.Build, p.Label
	}
	j.explained = map[string]bool{}
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if f.Listed == "when-found" {
			continue
		}
		if e := j.expose(h, f); worked(of(findings, f.ID), &e) {
			for _, x := range findings {
				if adopts(f, &e, &x) {
					j.explained[x.ID] = true
				}
			}
		}
	}
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if len(opt.For) > 0 && !slices.ContainsFunc(opt.For, func(s string) bool { return matches(f, s) }) {
			continue
		}
		own := of(findings, f.ID)
		asked := len(opt.For) > 0
		if f.Listed == "when-found" && !asked && !speaks(own, j.explained) {
			continue
		}
		e := j.expose(h, f)
		if !asked && len(own) == 0 {
			if e.notYet {
				out.NotExamined = append(out.NotExamined, casefile.NotExamined{ID: f.ID,
					Reason: j.before(h, f, &e)})
				continue
			}
			if !h.Product {
				p := f.Product
				for _, x := range k.Products {
					if x.ID == p {
						p = x.Name
					}
				}
				out.NotExamined = append(out.NotExamined, casefile.NotExamined{ID: f.ID, Reason: j.say("skip.product", map[string]slot{"product": word(p)})})
				continue
			}
		}
		out.Flaws = append(out.Flaws, j.flaw(h, f, e, own, findings))
	}
	out.Sources = allSources(h, k)
	j.worst(&out)
	state := len(casefile.States)
	for _, f := range out.Flaws {
		if kf, _ := k.Flaw(f.ID); kf != nil && len(kf.Key) == 0 && f.StateNow != casefile.ToRebuild {
			continue // no build ends it: it says nothing of the patches
		}
		if i := slices.Index(casefile.States, f.StateNow); i < state {
			state = i
		}
	}
	if state < len(casefile.States) {
		out.StateNow = casefile.States[state]
	}
	firstUsed := func(r casefile.FlawResult) string {
		f, _ := k.Flaw(r.ID)
		return f.FirstUsed.Date
	}
	place := func(r casefile.FlawResult) int {
		if j.silent(&r) { // behind what makes the verdict of the host
			return 2*casefile.NotAffected.Rank() - 1
		}
		return 2 * r.Verdict.Rank()
	}
	slices.SortStableFunc(out.Flaws, func(a, b casefile.FlawResult) int { // of equal verdicts, what was used last is told first
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(firstUsed(b), firstUsed(a)))
	})
	return out
}

// worst gives a host the worst verdict of its flaws. Flaws that no log can show
// are left out while nothing of them was found, and told: else no server could
// ever be said to show no trace, however much of it was read. They still forbid
// "not affected", which is a proof.
func (j *judge) worst(out *casefile.Host) {
	out.Verdict = casefile.NotAffected
	var silent []casefile.Text
	judged := false
	for _, f := range out.Flaws {
		if j.silent(&f) {
			silent = append(silent, f.Title())
			continue
		}
		judged = true
		if f.Verdict.Rank() < out.Verdict.Rank() {
			out.Verdict = f.Verdict
		}
	}
	if !judged || len(silent) > 0 && out.Verdict == casefile.NotAffected {
		out.Verdict = casefile.Undetermined
	}
	if n := int64(len(silent)); n > 0 && out.Verdict != casefile.Undetermined {
		out.Notes = append(slices.Clone(out.Notes), j.count("note.unlogged", n, map[string]slot{"n": number(n), "flaws": list(silent)}))
	}
}

// silent tells whether a result says no more than that no log shows the flaw.
func (j *judge) silent(r *casefile.FlawResult) bool {
	f, ok := j.kb.Flaw(r.ID)
	return ok && f.Unlogged && r.Verdict == casefile.Undetermined
}

// before says that the evidence ends before a flaw is known to have been used.
func (j *judge) before(h *Host, f *kb.Flaw, e *exposure) casefile.Text {
	if h.End.IsZero() {
		return j.say("skip.undated", map[string]slot{"first": date(e.From)})
	}
	key := "skip.before"
	if f.FirstUsed.Certainty == inferred {
		key = "skip.before.inferred"
	}
	return j.say(key, map[string]slot{"date": date(h.End), "first": date(e.From)})
}

// speaks tells whether findings of a kind of trace without a window of its own
// say something of the host: attempts against nothing in particular and a
// single indirect clue are listed as findings and change no verdict; what a flaw
// that worked explains is told there.
func speaks(fs []casefile.Finding, explained map[string]bool) bool {
	var hints []casefile.Finding
	for _, f := range fs {
		switch {
		case f.Stage == casefile.Attempt || f.Weight == casefile.None || explained[f.ID]:
		case f.Weight == casefile.Hint:
			hints = append(hints, f)
		default:
			return true
		}
	}
	return distinctActs(hints) > 1
}

// matches tells whether a user's word names a flaw: its id, its name or a CVE.
func matches(f *kb.Flaw, word string) bool {
	return strings.EqualFold(f.ID, word) || strings.EqualFold(f.Name, word) ||
		slices.ContainsFunc(f.CVEs, func(c string) bool { return strings.EqualFold(c, word) })
}

// Known tells whether a user's word names any flaw.
func Known(k *kb.KB, word string) bool {
	return slices.ContainsFunc(k.Flaws, func(f kb.Flaw) bool { return matches(&f, word) })
}

// allSources lists every source read of a host against the time of its evidence.
func allSources(h *Host, k *kb.KB) []casefile.SourceCoverage {
	var out []casefile.SourceCoverage
	for i := range k.Sources {
		src := &k.Sources[i]
		if c := h.Covers[src.ID]; c != nil && len(c.Ticks) > 0 {
			out = append(out, coverWindow(src, c, h.Begin, h.End, false))
		}
	}
	return out
}
