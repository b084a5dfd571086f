package report

import "vigie/internal/casefile"

// The words of the contract. A word that the contract does not have is shown
// as it came, escaped: a case of a later version still renders.

// Verdict is the verdict as the contract words it.
func (p *Printer) Verdict(v casefile.Verdict) string { return p.word("verdict.", string(v)) }

// State answers "protected now?".
func (p *Printer) State(s casefile.State) string { return p.word("state.", string(s)) }

// Stage is the stage of a finding.
func (p *Printer) Stage(s casefile.Stage) string { return p.word("stage.", string(s)) }

// Confidence is low, medium or high, as an adjective of "confidence".
func (p *Printer) Confidence(c casefile.Confidence) string {
	return p.word("confidence.", string(c))
}

// Confident says how confident a verdict is: "high confidence".
func (p *Printer) Confident(c casefile.Confidence) string {
	if c == "" {
		return p.T("confidence.unknown")
	}
	return p.T("confidence.is", "Word", p.Confidence(c))
}

// Certainty grades what was touched.
func (p *Printer) Certainty(c casefile.Certainty) string { return p.word("certainty.", string(c)) }

// Weight says how much a finding carries in the verdict.
func (p *Printer) Weight(w casefile.Weight) string { return p.word("weight.", string(w)) }

// Priority is when an action is due.
func (p *Printer) Priority(s string) string { return p.word("priority.", s) }

// Phase is the phase of remediation an action belongs to, in ANSSI's words.
func (p *Printer) Phase(s string) string { return p.word("phase.", s) }

// Priorities and phases, first things first.
var (
	priorities = []string{"now", "30-days", "90-days", "later"}
	phases     = []string{"preserve", "contain", "evict", "restore", "harden"}
)

// known are the words that have a message; others are shown as they came.
var known = func() map[string]bool {
	m := map[string]bool{}
	for _, v := range casefile.Verdicts {
		m["verdict."+string(v)] = true
	}
	for _, s := range casefile.States {
		m["state."+string(s)] = true
	}
	for _, s := range []casefile.Stage{casefile.Attempt, casefile.Success, casefile.FollowUp, casefile.StateSeen} {
		m["stage."+string(s)] = true
	}
	for _, c := range []casefile.Confidence{casefile.Low, casefile.Medium, casefile.High} {
		m["confidence."+string(c)] = true
	}
	for _, c := range []casefile.Certainty{casefile.Certain, casefile.Probable, casefile.Possible} {
		m["certainty."+string(c)] = true
	}
	for _, w := range []casefile.Weight{casefile.Proof, casefile.Clue, casefile.Hint, casefile.None} {
		m["weight."+string(w)] = true
	}
	for _, s := range priorities {
		m["priority."+s] = true
	}
	for _, s := range phases {
		m["phase."+s] = true
	}
	return m
}()

func (p *Printer) word(prefix, w string) string {
	if known[prefix+w] {
		return p.T(prefix + w)
	}
	if w == "" {
		return p.T("word.none")
	}
	return visibleMax(w, 40)
}

// Host is a server's name; one without a name is called so.
func (p *Printer) Host(name string) string {
	if name == casefile.UnnamedHost {
		return p.T("host.noname")
	}
	return name
}
