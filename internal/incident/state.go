package incident

import (
	"slices"
	"strings"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/inventory"
	"vigie/internal/kb"
)

// This file answers "protected now?" for one flaw. What the clues of logs and
// files say together of the installed build is for package identify; here it is
// put against the flaw, then against the shields that the settings show or that
// Exchange's mitigation service logged, then against the verdict: a server that
// was entered is to be rebuilt, whatever was installed since.

// product is what is known of the product that a flaw is of: what all clues
// together say, else the last build in the logs.
func (v *verdict) product() (inventory.Product, bool) {
	for _, p := range v.h.Known {
		if p.ID == v.f.Product {
			return p, true
		}
	}
	last := v.h.Timeline.Last()
	if last.Number.IsZero() {
		return inventory.Product{}, false
	}
	line, label, _ := v.j.kb.Label(last.Number)
	p := inventory.Product{ID: v.f.Product, Name: line, Build: last.Build, Label: label, Precision: inventory.Exact}
	if last.AtLeast {
		p.Precision = inventory.Update
	}
	p.From = []inventory.Clue{{Kind: last.Source, Value: last.Build, Where: last.Ref.Path, Time: last.Last}}
	return p, true
}

// measured is when the clues to the build were true last; zero when none says.
func measured(p inventory.Product) (at time.Time) {
	for _, c := range p.From {
		if c.Time.After(at) {
			at = c.Time
		}
	}
	return at
}

// state answers for the flaw.
func (v *verdict) state() {
	r := v.r
	p, ok := v.product()
	if !ok {
		r.StateNow, r.StateWhy = casefile.StateUnknown, v.j.say("state.unknown", nil)
	} else {
		v.built(p)
	}
	if r.StateNow != casefile.Fixed {
		v.shielded()
	}
	if r.Verdict == casefile.Confirmed {
		r.StateNow, r.StateWhy = casefile.ToRebuild, v.j.say("state.to-rebuild", nil)
	}
}

// maxStateBy bounds the clues that are told as the proof of a state.
const maxStateBy = 4

// built says what the build makes of the flaw.
func (v *verdict) built(p inventory.Product) {
	r := v.r
	at := measured(p)
	if !at.IsZero() {
		r.StateAt = &at
	}
	for _, c := range p.From {
		if n := len(r.StateBy); n < maxStateBy {
			r.StateBy = append(r.StateBy, c)
		}
	}
	a, ok := v.j.kb.FlawOf(v.f, p)
	n, err := buildno.Parse(p.Build)
	four := err == nil && strings.Count(p.Build, ".") == 3
	if !ok { // no build ends it
		r.StateNow = casefile.StateUnknown
		_, r.StateWhy = v.j.kb.Vulnerable(v.f, n)
		return
	}
	status := a.Status
	if status == kb.PossiblyOpen && four && p.Precision == inventory.Update {
		more := kb.Known{Updates: p.Updates, Settled: p.Settled, Undone: p.Undone}
		if s, _ := v.j.kb.VulnerableWith(v.f, n, more); s == kb.Vulnerable { // the build that is seen is, and no later one is proved
			status = kb.Open
		}
	}
	say := func(key string) casefile.Text {
		if at.IsZero() || !four {
			return a.Why
		}
		return v.j.say(key, map[string]slot{"build": word(n.String()), "date": moment(at)})
	}
	switch status {
	case kb.FixedThere, kb.NotAffected:
		r.StateNow, r.StateWhy = casefile.Fixed, say("state.fixed")
	case kb.Open:
		r.StateNow, r.StateWhy = casefile.Exposed, say("state.exposed")
		if p.Precision == inventory.Update {
			r.StateWhy = say("state.exposed-at-least")
		}
		if s, _ := v.j.kb.Vulnerable(v.f, n); four && s != kb.Vulnerable { // not the build but a setting leaves it open
			r.StateWhy = a.Why
		}
	default:
		r.StateNow, r.StateWhy = casefile.StateUnknown, a.Why
	}
}

// shielded says whether something stops the flaw that the build does not end.
func (v *verdict) shielded() {
	r := v.r
	if c, ok := v.j.kb.ShieldOf(v.f, v.h.Conditions); ok {
		r.StateNow, r.StateWhy = casefile.Mitigated, v.j.say("state.mitigated", map[string]slot{"shield": text(c.Title)})
		for _, x := range c.Found {
			if n := len(r.StateBy); n < 2*maxStateBy {
				r.StateBy = append(r.StateBy, inventory.Clue{Kind: x.Key, Value: x.Value, Where: x.Where})
			}
		}
		return
	}
	on, off := v.logged("mitigated"), v.logged("unmitigated")
	if on == nil || off != nil && !off.TimeEnd.Before(on.TimeEnd) {
		return
	}
	at := on.TimeEnd
	r.StateNow, r.StateAt = casefile.Mitigated, &at
	r.StateWhy = v.j.say("state.mitigated-logged", map[string]slot{"date": moment(at), "finding": word(on.ID)})
	if len(on.Evidence) > 0 {
		e := slices.MaxFunc(on.Evidence, func(a, b casefile.Evidence) int { return a.Time.Compare(b.Time) })
		r.StateBy = append(r.StateBy, inventory.Clue{Kind: e.Kind, Value: strings.ToValidUTF8(e.Raw[:min(len(e.Raw), inventory.MaxValue)], ""), Where: e.Path, Time: e.Time})
	}
}

// logged finds the last finding whose act shows a state of the flaw.
func (v *verdict) logged(shows string) *casefile.Finding {
	var last *casefile.Finding
	for i := range v.own {
		x := &v.own[i]
		a := slices.IndexFunc(v.f.Acts, func(a kb.Act) bool { return a.ID == x.Act && a.Shows == shows })
		if a >= 0 && (last == nil || x.TimeEnd.After(last.TimeEnd)) {
			last = x
		}
	}
	return last
}
