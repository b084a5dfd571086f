package incident

import (
	"cmp"
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

// tell gives the weightiest findings as reasons.
func (v *verdict) tell(fs []casefile.Finding, key string, most int) {
	for i, f := range fs {
		if i == most {
			return
		}
		v.why(key, map[string]slot{"title": text(f.Title), "finding": word(f.ID)})
	}
}

func (v *verdict) attempts() {
	if len(v.ev.attempts) == 0 {
		if len(v.ev.proofs)+len(v.ev.clues)+len(v.ev.hints) == 0 && v.r.Verdict != casefile.NotAffected {
			v.why("why.no-attempt", nil)
		}
		return
	}
	n, first := int64(0), v.ev.attempts[0]
	for _, a := range v.ev.attempts {
		n += a.Acts
		if a.Time.Before(first.Time) {
			first = a
		}
	}
	v.r.Why = append(v.r.Why, v.j.count("why.attempts", n, map[string]slot{"n": number(n), "date": moment(first.Time), "finding": word(first.ID)}))
}

// holes tells where required sources are silent.
func (v *verdict) holes(most int) {
	for _, s := range v.r.Coverage.Sources {
		if !s.Required {
			continue
		}
		if s.First == nil {
			v.why("why.source-missing", map[string]slot{"source": text(s.Name)})
			continue
		}
		holes := slices.Clone(s.Holes)
		slices.SortStableFunc(holes, func(a, b casefile.Span) int { return cmp.Compare(b.To.Sub(b.From), a.To.Sub(a.From)) })
		for i, hole := range holes {
			if i == most {
				break
			}
			v.why("why.source-hole", map[string]slot{"source": text(s.Name), "from": moment(hole.From), "to": moment(hole.To)})
		}
	}
}

// limits tells what else bears on the confidence.
func (v *verdict) limits() {
	for _, id := range v.f.Required {
		if c := v.h.Covers[id]; c != nil && c.Lost > 0 {
			src, _ := v.j.kb.Source(id)
			v.why("why.lost", map[string]slot{"size": size(c.Lost), "source": text(src.Name)})
		}
	}
	if n := v.h.LostItems; n > 0 {
		v.r.Why = append(v.r.Why, v.j.count("why.lost-items", n, map[string]slot{"n": number(n)}))
	}
	if v.j.opt.Partial {
		v.why("why.partial", nil)
	}
	if !v.j.opt.Since.IsZero() || !v.j.opt.Until.IsZero() {
		v.why("why.asked", map[string]slot{"n": number(v.j.opt.LeftOut)})
		if r := v.r; r.Verdict == casefile.NoTrace || r.Verdict == casefile.Targeted {
			r.Confidence = casefile.Low
		}
	}
	identified := slices.ContainsFunc(v.h.Known, func(p inventory.Product) bool { return p.ID == v.f.Product && p.Build != "" })
	if !v.e.buildKnown && len(v.f.Key) > 0 && !identified {
		v.why("why.build-unknown", nil)
	}
	var missing []casefile.Text
	for _, s := range v.r.Coverage.Sources {
		if !s.Required && s.First == nil && s.Files == 0 {
			missing = append(missing, s.Name)
		}
	}
	const most = 4
	if n := len(missing) - most; n > 1 {
		missing = append(missing[:most], v.j.say("list.others", map[string]slot{"n": number(int64(n))}))
	}
	if len(missing) > 0 {
		v.why("why.useful-missing", map[string]slot{"sources": list(missing)})
	}
}

// usefulCover counts useful sources that show at least half of the window.
func (v *verdict) usefulCover() (n int) {
	for _, s := range v.r.Coverage.Sources {
		if !s.Required && s.Covered >= 0.5 {
			n++
		}
	}
	return n
}

// change says what would change the answer.
func (v *verdict) change() {
	r := v.r
	for _, s := range r.Coverage.Sources {
		if !s.Required || s.Covered >= v.f.Threshold || v.e.Empty && v.e.neverProved != nil {
			continue
		}
		src, _ := v.j.kb.Source(s.Kind)
		from, to := r.Window.From, r.Window.To
		if len(s.Holes) > 0 {
			from, to = s.Holes[0].From, s.Holes[len(s.Holes)-1].To
		}
		r.WouldChange = append(r.WouldChange, v.j.say("change.source", map[string]slot{"source": text(s.Name), "from": date(from), "to": date(to), "ask": text(src.Ask)}))
	}
	if v.h.LostItems > 0 || v.lost() > 0 {
		r.WouldChange = append(r.WouldChange, v.j.say("change.reread", nil))
	}
	if !v.e.buildKnown && len(v.f.Key) > 0 {
		r.WouldChange = append(r.WouldChange, v.j.say("change.build", nil))
	}
	if r.Verdict != casefile.NotAffected {
		r.WouldChange = append(r.WouldChange, v.f.WouldChange...)
	}
}
