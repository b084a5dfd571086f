package incident

import (
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/identify"
	"vigie/internal/kb"
)

// exposure is the exposure window of a flaw on a host, with what proves it.
type exposure struct {
	casefile.Window
	// neverProved: the host never ran a vulnerable build inside the window, and
	// this build proves it.
	neverProved *identify.Build
	installed   *identify.Install // the proof is the first installation
	// notYet: the evidence ends before the flaw is known to have been used.
	notYet bool
	// buildKnown: at least one build with a known answer was measured; wasOpen:
	// a vulnerable one.
	buildKnown, wasOpen bool
	status              kb.Status // of the last build
	statusWhy           casefile.Text
	last                identify.Build
}

// inferred is the certainty of a first use that nobody dates: the day from which one can be thought of.
const inferred = "inferred"

// expose computes the exposure window: from the later of "the flaw is known to
// have been used" and "a vulnerable build was installed", to "a fixed build was
// measured" or the end of the evidence. A bound that is not known is taken at
// its widest; a vulnerable build after a fixed one opens the window again.
func (j *judge) expose(h *Host, f *kb.Flaw) exposure {
	var e exposure
	first, err := time.Parse("2006-01-02", f.FirstUsed.Date)
	if err != nil { // a kind of trace without a first use: the evidence is all there is
		e.From, e.FromSource = h.Begin, "evidence-start"
		e.FromWhy = j.say("from.evidence", map[string]slot{"date": date(h.Begin)})
	} else {
		e.From, e.FromSource = first, "flaw-first-use"
		key := "from.first-use"
		if f.FirstUsed.Certainty == inferred {
			key = "from.first-use.inferred"
		}
		e.FromWhy = j.say(key, map[string]slot{"flaw": text(f.Title()), "date": date(first), "source": word(f.FirstUsed.Source)})
	}
	e.To, e.ToSource = h.End, "evidence-end"
	e.ToWhy = j.say("to.evidence", map[string]slot{"date": moment(h.End)})
	if err == nil && first.After(h.End) {
		e.notYet, e.Empty = true, true
	}

	// What was installed, and when that changed the answer.
	if in := h.Timeline.Install; in != nil && in.At.After(e.From) {
		e.From, e.FromSource = in.At, "setup"
		e.FromWhy = j.say("from.install", map[string]slot{"date": date(in.At)})
		e.notYet = e.notYet && in.At.After(h.End)
	}
	widest := e.Window
	for i := range h.Timeline.Seen {
		b := &h.Timeline.Seen[i]
		status, why := j.kb.Vulnerable(f, b.Number)
		e.last, e.status, e.statusWhy = *b, status, why
		switch status {
		case kb.Vulnerable:
			e.buildKnown, e.wasOpen = true, true
			if e.ended() { // a later cumulative update may lack the security update of the one before
				e.Window, e.neverProved, e.installed = widest, nil, nil
			}
		case kb.Fixed, kb.NotConcerned:
			e.buildKnown = true
			if !e.ended() {
				e.end(j, h, b, f)
			}
		}
	}
	if b := j.neverConcerned(h, f); b != nil {
		e.To, e.ToSource, e.Empty, e.neverProved, e.installed = e.From, "build:"+b.Source, true, b, nil
		e.ToWhy = e.statusWhy
	}
	if h.Timeline.Conflict != nil && e.ended() { // what the builds say cannot be relied upon: take the window at its widest
		e.Window, e.neverProved, e.installed, e.buildKnown = widest, nil, nil, false
	}
	if !j.opt.Since.IsZero() && j.opt.Since.After(e.From) {
		e.From, e.FromSource = j.opt.Since, "asked"
		e.FromWhy = j.say("from.asked", map[string]slot{"date": moment(j.opt.Since)})
	}
	if !j.opt.Until.IsZero() && j.opt.Until.Before(e.To) {
		e.To, e.ToSource = j.opt.Until, "asked"
		e.ToWhy = j.say("to.asked", map[string]slot{"date": moment(j.opt.Until)})
	}
	if !e.To.After(e.From) {
		e.To, e.Empty = e.From, true
	}
	return e
}

// neverConcerned gives the first build that was measured, if the flaw concerns no line of the product that the host was seen to run, and nobody
// comes to the first of them from an older line on the same machine. Else nil.
func (j *judge) neverConcerned(h *Host, f *kb.Flaw) *identify.Build {
	for i := range h.Timeline.Seen {
		b := &h.Timeline.Seen[i]
		if s, _ := j.kb.Vulnerable(f, b.Number); s != kb.NotConcerned {
			return nil
		}
		if line, ok := j.kb.Line(b.Number); !ok || line.InPlace {
			return nil
		}
	}
	if len(h.Timeline.Seen) == 0 {
		return nil
	}
	return &h.Timeline.Seen[0]
}

func (e *exposure) ended() bool { return e.ToSource != "evidence-end" }

// end closes the window at the first measurement of a fixed build. Measured at
// or before the window opens, the host was never vulnerable in it, as long as no
// vulnerable build is measured later.
func (e *exposure) end(j *judge, h *Host, b *identify.Build, f *kb.Flaw) {
	e.To, e.ToSource = b.First, "build:"+b.Source
	src := casefile.Text{FR: b.Source, EN: b.Source}
	if s, ok := j.kb.Source(b.Source); ok {
		src = s.Name
	}
	e.ToWhy = j.say("to.fixed", map[string]slot{"build": word(b.Build), "date": moment(b.First), "source": text(src)})
	in := h.Timeline.Install
	switch {
	case in != nil && j.clears(f, in.Build) && !e.wasOpen:
		e.installed, e.Empty = in, true
		e.neverProved = b
	case !b.First.After(e.From):
		e.neverProved, e.Empty = b, true
	}
}

// clears tells whether a build ends the exposure.
func (j *judge) clears(f *kb.Flaw, n buildno.Number) bool {
	s, _ := j.kb.Vulnerable(f, n)
	return s == kb.Fixed || s == kb.NotConcerned
}

// Exposed tells whether a flaw with a window of its own could be used on the host at a time. Bounds that are not known are taken at their widest.
func Exposed(h *Host, k *kb.KB, t time.Time) bool {
	j := &judge{speaker: newSpeaker(nil), kb: k}
	for i := range k.Flaws {
		f := &k.Flaws[i]
		if f.Listed == "when-found" {
			continue
		}
		if e := j.expose(h, f); !e.Empty && !t.Before(e.From) && !t.After(e.To) {
			return true
		}
	}
	return false
}
