package yara

import (
	"slices"

	"vigie/internal/diag"
)

// RuleInfo is what a rule says of itself. Its slices are copies.
type RuleInfo struct {
	Namespace, Name string
	Tags            []string
	Meta            []Meta
	Private         bool
	Pos             diag.Pos // of its name
}

// List gives the rules in the order of compilation.
func (r *Rules) List() []RuleInfo {
	out := make([]RuleInfo, len(r.rules))
	for i := range r.rules {
		rule := &r.rules[i]
		out[i] = RuleInfo{
			Namespace: r.namespaces[rule.namespace].name,
			Name:      rule.name,
			Tags:      slices.Clone(rule.tags),
			Meta:      slices.Clone(rule.meta),
			Private:   rule.private,
			Pos:       rule.at,
		}
	}
	return out
}
