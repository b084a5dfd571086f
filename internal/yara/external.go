package yara

import (
	"fmt"
	"maps"
	"slices"

	"vigie/internal/diag"
	"vigie/internal/yara/decl"
)

// External variables: declared with their type at compile time, set for each scan.

type variable struct {
	name  string
	value decl.Value // of scans that do not set it
}

// variableValue makes a value of what a caller gives.
func variableValue(v any) (decl.Value, error) {
	switch v := v.(type) {
	case int:
		return decl.IntOf(int64(v)), nil
	case int64:
		return decl.IntOf(v), nil
	case bool:
		return decl.BoolOf(v), nil
	case float64:
		return decl.Value{Kind: decl.Float, F: v}, nil
	case string:
		return decl.StringOf([]byte(v)), nil
	}
	return decl.Value{}, fmt.Errorf("a variable is an integer, a float, a text or a truth value, not a %T", v)
}

// declare gives the declared variables in the order of their names.
func declare(externals map[string]any, problems *diag.Problems) []variable {
	var out []variable
	for _, name := range slices.Sorted(maps.Keys(externals)) {
		v, err := variableValue(externals[name])
		if err != nil {
			problems.Add(diag.Pos{}, "yara.external.type", "", "external variable %s: %v", diag.Quote(name), err)
			continue
		}
		out = append(out, variable{name, v})
	}
	return out
}

// setVariables gives the values of one scan. What cannot be set is a problem and keeps its declared value.
func (r *Rules) setVariables(into []decl.Value, vars map[string]any, problems []Problem) ([]decl.Value, []Problem) {
	into = into[:0]
	known := 0
	for _, v := range r.externals {
		value := v.value
		if given, ok := vars[v.name]; ok {
			known++
			got, err := variableValue(given)
			switch {
			case err != nil:
				problems = append(problems, Problem{Code: "yara.external.type", Msg: fmt.Sprintf("external variable %s: %v", diag.Quote(v.name), err)})
			case got.Kind != value.Kind:
				problems = append(problems, Problem{Code: "yara.external.type", Msg: fmt.Sprintf(
					"external variable %s is declared as %s and set to a value of type %s", diag.Quote(v.name), value.Kind, got.Kind)})
			default:
				value = got
			}
		}
		into = append(into, value)
	}
	if known != len(vars) {
		for _, name := range slices.Sorted(maps.Keys(vars)) {
			if !slices.ContainsFunc(r.externals, func(v variable) bool { return v.name == name }) {
				problems = append(problems, Problem{Code: "yara.external.unknown", Msg: fmt.Sprintf("external variable %s is set, but not declared",
					diag.Quote(name))})
			}
		}
	}
	return into, problems
}
