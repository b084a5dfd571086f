package incident

import (
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

// verdict decides one flaw of one host.
type verdict struct {
	j   *judge
	h   *Host
	f   *kb.Flaw
	e   *exposure
	own []casefile.Finding
	ev  evidenceFor
	r   *casefile.FlawResult
}

func (v *verdict) why(key string, slots map[string]slot) {
	v.r.Why = append(v.r.Why, v.j.say(key, slots))
}

// covered tells whether the required sources show the window to the threshold
// and nothing of them was lost.
func (v *verdict) covered() bool {
	return len(v.f.Required) > 0 && !v.f.Unlogged && !v.e.Empty && v.r.Coverage.Overall >= v.f.Threshold && v.lost() == 0 && v.h.LostItems == 0 && !v.j.opt.Partial && v.j.opt.LeftOut == 0
}

// lost is how many bytes of required sources could not be searched.
func (v *verdict) lost() (n int64) {
	for _, id := range v.f.Required {
		if c := v.h.Covers[id]; c != nil {
			n += c.Lost
		}
	}
	return n
}

func (v *verdict) decide() {
	ev, r := v.ev, v.r
	for _, group := range [][]casefile.Finding{ev.proofs, ev.clues, ev.hints, ev.attempts} {
		for _, f := range group {
			r.Reasons = append(r.Reasons, f.ID)
		}
	}
	names := map[string]slot{"host": hostSlot(v.h.Name), "flaw": text(v.f.Title()), "coverage": percent(r.Coverage.Overall),
		"from": date(r.Window.From), "to": date(r.Window.To)}
	switch {
	case len(ev.proofs) > 0 || independent(ev.clues):
		v.confirmed(names)
	case len(ev.clues) > 0 || distinctActs(ev.hints) > 1 || len(ev.foreign) > 0 && !v.covered() && !v.proved():
		v.suspected(names)
	case v.proved():
		v.notAffected(names)
	case v.covered() && len(ev.hints) == 0:
		v.covering(names)
	default:
		v.undetermined(names)
	}
}

// proved tells whether the host is proved never to have been vulnerable.
func (v *verdict) proved() bool { return v.e.Empty && v.e.neverProved != nil && !v.j.opt.Partial }

// independent tells whether clues are two different acts seen by two different
// sources: views of one request were joined before and count once, and so do
// two acts raised from one record.
func independent(clues []casefile.Finding) bool {
	for i, a := range clues {
		for _, b := range clues[i+1:] {
			if (a.Act != b.Act || a.Flaw != b.Flaw) && !slices.Equal(a.Sources, b.Sources) && !shareRecord(a, b) {
				return true
			}
		}
	}
	return false
}

func shareRecord(a, b casefile.Finding) bool {
	return slices.ContainsFunc(a.Evidence, func(x casefile.Evidence) bool {
		return slices.ContainsFunc(b.Evidence, func(y casefile.Evidence) bool { return x.Ref == y.Ref })
	})
}

func distinctActs(fs []casefile.Finding) int {
	acts := map[string]bool{}
	for _, f := range fs {
		acts[f.Flaw+"/"+f.Act] = true
	}
	return len(acts)
}

func (v *verdict) confirmed(names map[string]slot) {
	r := v.r
	r.Verdict = casefile.Confirmed
	proofs := slices.Concat(v.ev.proofs, v.ev.clues)
	slices.SortStableFunc(proofs, func(a, b casefile.Finding) int { return a.Time.Compare(b.Time) })
	carrying := v.ev.proofs
	if len(carrying) == 0 {
		carrying = v.ev.clues
	}
	first := carrying[0].Time
	for _, p := range carrying {
		if first.IsZero() || !p.Time.IsZero() && p.Time.Before(first) {
			first = p.Time
		}
	}
	names["n"], names["date"] = number(int64(len(carrying))), moment(first)
	key := "verdict.confirmed"
	if len(v.ev.proofs) == 0 {
		key = "verdict.confirmed.clues"
	}
	if first.IsZero() { // files, whose dates are claims
		key += ".undated"
	}
	r.Sentence = v.j.count(key, int64(len(carrying)), names)
	sources := map[string]bool{}
	for _, p := range proofs {
		for _, s := range p.Sources {
			sources[s] = true
		}
	}
	v.tell(v.ev.proofs, "why.proof", 3)
	v.tell(v.ev.clues, "why.clue", 2)
	if len(sources) > 1 {
		r.Confidence = casefile.High
		v.why("why.two-sources", nil)
	} else {
		r.Confidence = casefile.Medium
		v.why("why.one-source", nil)
	}
	v.limits()
}

func (v *verdict) suspected(names map[string]slot) {
	r := v.r
	r.Verdict, r.Confidence = casefile.Suspected, casefile.Low
	if len(v.ev.clues) > 0 {
		r.Confidence = casefile.Medium
	}
	r.Sentence = v.j.say("verdict.suspected", names)
	v.tell(v.ev.clues, "why.clue", 3)
	v.tell(v.ev.hints, "why.hint", 3)
	if len(v.ev.clues)+len(v.ev.hints) == 0 {
		for _, f := range v.ev.foreign[:1] {
			r.Reasons = append(r.Reasons, f.ID)
			v.why("why.intrusion-unknown-way", map[string]slot{"finding": word(f.ID)})
		}
	}
	v.attempts()
	v.limits()
}

func (v *verdict) notAffected(names map[string]slot) {
	r := v.r
	r.Verdict, r.Confidence = casefile.NotAffected, casefile.Medium
	r.Sentence = v.j.say("verdict.not-affected", names)
	if in := v.e.installed; in != nil {
		r.Confidence = casefile.High
		v.why("why.installed-fixed", map[string]slot{"date": date(in.At), "build": word(in.Build.String())})
	} else {
		v.why("why.never-vulnerable", map[string]slot{"build": word(v.e.neverProved.Build), "date": date(v.e.neverProved.First)})
	}
	v.attempts()
}

// covering is for covered windows: targeted when there were attempts, else no trace.
func (v *verdict) covering(names map[string]slot) {
	r := v.r
	r.Confidence = casefile.Medium
	if r.Coverage.Overall >= 0.99 && v.usefulCover() > 0 && v.e.buildKnown {
		r.Confidence = casefile.High
	}
	n := int64(0)
	for _, a := range v.ev.attempts {
		n += a.Acts
	}
	if n > 0 {
		r.Verdict = casefile.Targeted
		names["n"] = number(n)
		r.Sentence = v.j.count("verdict.targeted", n, names)
	} else {
		r.Verdict = casefile.NoTrace
		r.Sentence = v.j.say("verdict.no-trace", names)
	}
	v.attempts()
	v.why("why.covered", map[string]slot{"coverage": percent(r.Coverage.Overall)})
	v.holes(2)
	for _, f := range v.ev.foreign {
		v.why("why.intrusion-other-way", map[string]slot{"finding": word(f.ID)})
		r.Confidence = casefile.Low
		break
	}
	v.limits()
}

func (v *verdict) undetermined(names map[string]slot) {
	r := v.r
	r.Verdict, r.Confidence = casefile.Undetermined, casefile.Low
	var missing []casefile.Text
	for _, s := range r.Coverage.Sources {
		if s.Required && s.Covered < v.f.Threshold {
			missing = append(missing, s.Name)
		}
	}
	names["sources"] = list(missing)
	switch {
	case v.e.Empty && v.e.neverProved != nil: // proved, but for what an interrupted reading left out
		r.Sentence = v.j.say("verdict.undetermined.lost", names)
		missing = nil
	case v.e.notYet || v.e.Empty:
		r.Sentence = v.j.say("verdict.undetermined.before", names)
		v.r.Why = append(v.r.Why, v.j.before(v.h, v.f, v.e))
	case v.f.Unlogged:
		r.Sentence = v.j.say("verdict.undetermined.unlogged", names)
		r.Why = append(r.Why, v.f.CannotSee[0])
	case len(missing) > 0:
		r.Sentence = v.j.count("verdict.undetermined", int64(len(missing)), names)
	case v.j.opt.LeftOut > 0:
		r.Sentence = v.j.say("verdict.undetermined.asked", names)
	case v.lost() > 0 || v.h.LostItems > 0 || v.j.opt.Partial:
		r.Sentence = v.j.say("verdict.undetermined.lost", names)
	case len(v.ev.hints) > 0:
		r.Sentence = v.j.say("verdict.undetermined.hint", names)
	default:
		r.Sentence = v.j.say("verdict.undetermined.build", names)
	}
	v.tell(v.ev.hints, "why.hint", 2)
	if len(v.f.Acts) > 0 { // else nothing was looked for
		v.attempts()
	}
	if len(missing) > 0 {
		v.why("why.uncovered", map[string]slot{"coverage": percent(r.Coverage.Overall), "threshold": percent(v.f.Threshold)})
	}
	v.holes(3)
	v.limits()
}
