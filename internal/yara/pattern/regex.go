package pattern

import "sync"

// Regex is a regular expression for the operator "matches". It may be used by any number of goroutines.
type Regex struct {
	program  *program
	machines sync.Pool
}

// CompileRegex compiles a regular expression, given without its slashes, with its flags.
func CompileRegex(src []byte, i, s bool) (*Regex, *Error) {
	tree, err := parseRegex(src, i, s)
	if err != nil {
		return nil, err
	}
	p := compileTree(tree.root, false, DefaultRegexLimit)
	if p == nil {
		return nil, tooComplex
	}
	return &Regex{program: p, machines: sync.Pool{New: func() any { return new(machine) }}}, nil
}

// Match reports whether the expression matches somewhere in data. As in libyara only the first DefaultRegexLimit bytes are looked at, and
// a match of no bytes is one. Data for which the work is too much does not match.
func (r *Regex) Match(data []byte) bool {
	m := r.machines.Get().(*machine)
	defer r.machines.Put(m)
	m.left = DefaultBudget
	for at := 0; at <= min(len(data), DefaultRegexLimit) && m.left >= 0; at++ {
		if m.match(r.program, data, at, DefaultRegexLimit-at) >= 0 {
			return true
		}
	}
	return false
}
