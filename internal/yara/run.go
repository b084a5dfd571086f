package yara

import (
	"fmt"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/pattern"
)

// A run is the state of a scanner: what is known of the file so far. Everything in it is made once and used for every file; results carry the
// number of the file (epoch) instead of being cleared.

// The prices of conditions, in steps of about ten nanoseconds.
const (
	textPerStep = 16 // bytes that a comparison of texts looks at in a step
	callSteps   = 8  // a call of a function, besides what the module counts itself
)

type run struct {
	rules *Rules
	opt   ScanOptions
	epoch uint32

	data []byte
	vars []decl.Value
	strs *pattern.State
	scan decl.Scan

	current stringRef // of the "for … of" around
	slots   [maxLoopNesting * loopVariables]decl.Value

	left      int64 // steps that the rule in evaluation may still do
	fileLeft  int64 // steps that all rules together may still do on this file
	undecided bool  // the rule in evaluation refers to an undecided one

	results []ruleResult
	alive   []ruleAlive
	opened  []openModule
	entry   struct {
		epoch uint32
		at    int64
		ok    bool
	}

	problems []Problem
}

type outcome uint8

const (
	unmatched outcome = iota
	matched
	noDecision // the budget was used up
)

type ruleResult struct {
	epoch   uint32
	outcome outcome
}

// ruleAlive says whether the facts of a rule hold for the file.
type ruleAlive struct {
	epoch uint32
	alive bool
}

type openModule struct {
	epoch uint32
	value decl.Value
}

// begin makes the run ready for a file.
func (r *run) begin(data []byte, vars map[string]any) {
	if r.epoch++; r.epoch == 0 { // after four billion files: forget what they left
		clear(r.results)
		clear(r.alive)
		clear(r.opened)
		r.entry.epoch = 0
		r.epoch = 1
	}
	r.data, r.problems = data, nil
	r.vars, r.problems = r.rules.setVariables(r.vars, vars, r.problems)
	r.scan.Data = data
	r.fileLeft = r.opt.FileSteps + int64(len(data))*r.opt.StepsPerByte
	clear(r.scan.Memo)
	clear(r.slots[:])
	r.current = currentString
}

// end lets go of the file.
func (r *run) end() {
	r.data, r.scan.Data = nil, nil
	clear(r.scan.Memo)
	clear(r.slots[:])
	for i := range r.opened {
		r.opened[i].value = decl.Value{}
	}
}

// spend takes steps from the budget of the rule; false means that it is used up, and that the result does not count any more.
func (r *run) spend(steps int64) bool {
	if steps < 0 || steps > r.left {
		r.left = -1
		return false
	}
	r.left -= steps
	return true
}

func (r *run) spent() bool { return r.left < 0 }

// eval gives the result of a rule for this file.
func (r *run) eval(i int32) outcome {
	if res := &r.results[i]; res.epoch == r.epoch {
		return res.outcome
	}
	rule := &r.rules.rules[i]
	r.results[i] = ruleResult{r.epoch, unmatched} // a rule that refers to itself is not true yet, as in libyara
	budget := min(r.opt.RuleSteps+int64(len(r.data))*r.opt.StepsPerByte, r.fileLeft)
	r.left, r.undecided = budget, false
	out := unmatched
	if rule.cond.truth(r) == isTrue {
		out = matched
	}
	switch {
	case r.spent():
		r.fileLeft -= budget
		out = noDecision
		why := "its condition does more than the budget of a rule for a file of this size"
		if r.fileLeft <= 0 {
			why = "the conditions of all rules together do more than the budget of a file of this size"
		}
		r.problem(rule, "yara.budget.condition", why)
	case r.undecided:
		r.fileLeft -= budget - r.left
		out = noDecision
		r.problem(rule, "yara.budget.reference", "it refers to an undecided rule")
	default:
		r.fileLeft -= budget - r.left
	}
	r.results[i].outcome = out
	return out
}

func (r *run) problem(rule *rule, code, why string) {
	ns := r.rules.namespaces[rule.namespace].name
	r.problems = append(r.problems, Problem{Namespace: ns, Rule: rule.name, Code: code,
		Msg: fmt.Sprintf("rule %s is undecided: %s", diag.Quote(rule.name), why)})
}

// refer gives the result of another rule in the middle of a condition.
func (r *run) refer(i int32) bool {
	if res := r.results[i]; res.epoch != r.epoch {
		slots, current, left, undecided := r.slots, r.current, r.left, r.undecided
		r.eval(i)
		r.slots, r.current, r.left, r.undecided = slots, current, left, undecided
	}
	out := r.results[i].outcome
	if out == noDecision {
		r.undecided = true
	}
	return out == matched
}

// holds says whether what a rule needs of the file besides strings and modules may hold.
func (r *run) holds(i int32) bool {
	a := &r.alive[i]
	if a.epoch == r.epoch {
		return a.alive
	}
	a.epoch, a.alive = r.epoch, true
	left := r.left // the search may ask in the middle of another rule
	for _, fact := range r.rules.rules[i].facts {
		r.left = r.opt.RuleSteps
		if fact.truth(r) != isTrue && !r.spent() {
			a.alive = false
			break
		}
	}
	r.left = left
	return a.alive
}

func (r *run) string(s stringRef) int {
	if s == currentString {
		s = r.current
	}
	return int(s)
}

func (r *run) found(s stringRef) bool              { return r.strs.Any(r.string(s)) }
func (r *run) matches(s stringRef) []pattern.Match { return r.strs.Matches(r.string(s)) }

// module gives the view of a module of the file, opened at its first use.
func (r *run) module(i int) decl.Value {
	o := &r.opened[i]
	if o.epoch != r.epoch {
		o.epoch, o.value = r.epoch, decl.Value{}
		if open := r.rules.modules[i].Open; open != nil {
			o.value = decl.ObjectOf(decl.Struct, open(&r.scan))
		}
	}
	return o.value
}
