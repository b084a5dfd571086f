package incident

import (
	"slices"

	"vigie/internal/casefile"
	"vigie/internal/kb"
)

func of(findings []casefile.Finding, flaw string) (out []casefile.Finding) {
	for _, f := range findings {
		if f.Flaw == flaw {
			out = append(out, f)
		}
	}
	return out
}

// evidenceFor is what speaks for one flaw, sorted by what it can carry.
type evidenceFor struct {
	proofs, clues, hints, attempts []casefile.Finding
	// foreign are follow-ups of no known way in that fall into the window of a
	// flaw of which nothing else was seen.
	foreign []casefile.Finding
}

// weigh sorts the findings that bear on a flaw: its own, and the follow-ups of
// other files that it adopts when they come after the window opens.
func (j *judge) weigh(f *kb.Flaw, e *exposure, own, all []casefile.Finding) evidenceFor {
	var ev evidenceFor
	put := func(x casefile.Finding) {
		switch {
		case x.Stage == casefile.Attempt:
			ev.attempts = append(ev.attempts, x)
		case x.Weight == casefile.Proof:
			ev.proofs = append(ev.proofs, x)
		case x.Weight == casefile.Clue:
			ev.clues = append(ev.clues, x)
		case x.Weight == casefile.Hint && counts(e, &x):
			ev.hints = append(ev.hints, x)
		}
	}
	for _, x := range own {
		put(x)
	}
	for _, x := range all {
		switch {
		case !adopts(f, e, &x):
		case worked(own, e):
			put(x)
		case !j.explained[x.ID] && (x.Weight == casefile.Proof || x.Weight == casefile.Clue):
			ev.foreign = append(ev.foreign, x)
		}
	}
	return ev
}

// worked tells whether the flaw's own acts show a success.
func worked(own []casefile.Finding, e *exposure) bool {
	return slices.ContainsFunc(own, func(x casefile.Finding) bool {
		return (x.Stage == casefile.Success || x.Stage == casefile.FollowUp) && counts(e, &x)
	})
}

// counts tells whether a finding weighs at all: an indirect clue from after the
// window points to no use of the flaw. Proofs and direct clues always weigh.
func counts(e *exposure, x *casefile.Finding) bool {
	return x.Weight != casefile.Hint || !e.ended() || !x.Time.After(e.To)
}

// adopts tells whether a finding of another file may follow from this flaw.
func adopts(f *kb.Flaw, e *exposure, x *casefile.Finding) bool {
	return x.Flaw != f.ID && slices.Contains(f.Adopts, x.Flaw+"/"+x.Act) && (x.Time.IsZero() || !x.Time.Before(e.From)) && !e.Empty && x.Stage != casefile.Attempt && counts(e, x)
}

func (j *judge) flaw(h *Host, f *kb.Flaw, e exposure, own, all []casefile.Finding) casefile.FlawResult {
	ev := j.weigh(f, &e, own, all)
	r := casefile.FlawResult{ID: f.ID, Name: f.Name, Label: f.Label, CVEs: slices.Clone(f.CVEs), Window: e.Window, Why: []casefile.Text{}, Reasons: []string{}, WouldChange: []casefile.Text{}}
	if r.CVEs == nil {
		r.CVEs = []string{}
	}
	r.Coverage = coverage(h, f, j.kb, e.Window)
	v := verdict{j: j, h: h, f: f, e: &e, own: own, ev: ev, r: &r}
	v.decide()
	v.state()
	v.change()
	return r
}
