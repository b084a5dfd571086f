package sigma

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// documents reads the files of a part of an archive.
func documents(t *testing.T, files map[string][]byte, in func(name string) bool) (Documents, []string) {
	t.Helper()
	var docs Documents
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !in(name) {
			continue
		}
		d, ps := ParseDocuments(name, files[name], Options{})
		docs.Add(d)
		for _, p := range ps {
			problems = append(problems, p.String())
		}
	}
	return docs, problems
}

func TestPySigmaFilesBehaveAsNamed(t *testing.T) {
	t.Parallel()
	files := archive(t, "pysigma-test-files.tar.gz")
	for _, c := range []struct {
		parts                        string
		rules, correlations, filters int
		problems                     []string // parts of them, in order: of reading, then of linking
	}{
		{"rule_valid", 1, 0, 0, nil},
		{"rule_filename_errors", 1, 0, 0, nil}, // the name of the file is wrong, which is no matter of the rule
		{"ruleset_nonduplicate", 2, 0, 0, nil},
		{"correlation_rule_valid", 3, 3, 0, nil},
		{"rule_valid correlation_rule_valid filter_valid", 4, 3, 1, []string{
			"not applied to \"5d8fd9da-6916-45ef-8d4d-3fa9d19d1a64\": the rule has another log source"}},
		{"filter_valid", 0, 0, 1, []string{"filter names \"951f8d29-1234-1234-1234-0673ff105e6f\"", "filter names \"5d8fd9da"}},
		{"ruleset_with_errors", 0, 0, 0, []string{`unknown modifier "foobar"`, `condition names "selection", which detection does not define, did you mean "selection_1"?`}},
		// The rule of these sets has a condition that nothing defines, too; pySigma looks at conditions only when it converts.
		{"ruleset", 1, 0, 0, []string{`did you mean "selection_1"?`}},
		{"ruleset_duplicate", 0, 0, 0, []string{`did you mean "selection_1"?`, `did you mean "selection_1"?`}},
		{"pipelines", 0, 0, 0, []string{"no detection", "no logsource", "no title", "no detection", "no logsource", "no title"}},
	} {
		docs, problems := documents(t, files, func(name string) bool { return slices.Contains(strings.Fields(c.parts), part(name)) })
		lib, ps := Link(docs)
		for _, p := range ps {
			problems = append(problems, p.String())
		}
		if len(lib.Rules) != c.rules || len(lib.Correlations) != c.correlations || len(docs.Filters) != c.filters || len(problems) != len(c.problems) {
			t.Errorf("%s: %d rules, %d correlations, %d filters, problems %q", c.parts, len(lib.Rules), len(lib.Correlations), len(docs.Filters), problems)
			continue
		}
		for i, p := range c.problems {
			if !strings.Contains(problems[i], p) {
				t.Errorf("%s: %s, want %s", c.parts, problems[i], p)
			}
		}
		if _, ps := Compile(lib.Rules); len(ps) > 0 {
			t.Errorf("%s: %v", c.parts, ps)
		}
	}
}

func TestDuplicateRulesOfPySigmaAreReported(t *testing.T) {
	t.Parallel()
	files := archive(t, "pysigma-test-files.tar.gz")
	for name, text := range files { // with the condition put right
		files[name] = []byte(strings.Replace(string(text), "condition: selection\n", "condition: selection_1\n", 1))
	}
	docs, _ := documents(t, files, func(name string) bool { return part(name) == "ruleset_duplicate" })
	lib, problems := Link(docs)
	if len(docs.Rules) != 2 || len(lib.Rules) != 1 || len(problems) != 1 || problems[0].Code != CodeDuplicate {
		t.Errorf("%d rules, %d linked, %v", len(docs.Rules), len(lib.Rules), problems)
	}
}

func TestSpecificationSchemaFilesLoad(t *testing.T) {
	t.Parallel()
	files := archive(t, "sigma-specification.tar.gz")
	docs, problems := documents(t, files, func(name string) bool {
		return strings.Contains(name, "/tests/schema/")
	})
	for _, p := range problems {
		if !strings.Contains(p, "not supported: taxonomy \"ecs\"") {
			t.Error(p)
		}
	}
	if len(docs.Rules) != 1 || len(docs.Correlations) != 7 || len(docs.Filters) != 1 || len(problems) != 3 {
		t.Errorf("%d rules, %d correlations, %d filters, %d problems", len(docs.Rules), len(docs.Correlations), len(docs.Filters), len(problems))
	}
	types := make(map[CorrelationType]int)
	for _, c := range docs.Correlations {
		types[c.Type]++
	}
	if len(types) != 7 {
		t.Errorf("types %v", types)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	corr := func(name, rules string) string {
		return fmt.Sprintf("---\ntitle: %s\nname: %s\ncorrelation: {type: event_count, rules: [%s], timespan: 5m, condition: {gte: 1}}\n", name, name, rules)
	}
	long := ""
	for i := range 3000 {
		long += corr(fmt.Sprintf("c%d", i), fmt.Sprintf("c%d", i+1))
	}
	for name, c := range map[string]struct {
		text         string
		correlations string
		problems     []string
	}{
		"names and chains":         {corr("a", "b") + corr("b", "login"), "a b", nil},
		"missing":                  {corr("a", "logn") + corr("b", "login"), "b", []string{`"logn", which is not among the rules, did you mean "login"?`}},
		"depends on a missing one": {corr("a", "b") + corr("b", "nowhere"), "", []string{"refers to \"b\", which is left out", "\"nowhere\", which is not among"}},
		"itself":                   {corr("a", "a") + corr("b", "login"), "b", []string{"refers to itself: \"a\""}},
		"circle":                   {corr("a", "b") + corr("b", "c, login") + corr("c", "a") + corr("d", "login"), "d", []string{"circle", "circle", "circle"}},
		"depends on a circle":      {corr("a", "b") + corr("b", "b"), "", []string{"circle of references, or depends on one, through \"b\"", "itself"}},
		"two with the name":        {corr("a", "b") + corr("b", "login") + corr("b", "logout"), "b b", []string{"\"b\", the name of 2 rules: at c.yml:"}},
		"the same by two names": {"---\ntitle: x\nid: 1-1\nname: x\nlogsource: {category: c}\ndetection: {s: {A: 1}, condition: s}\n" + corr("a", "x, 1-1"),
			"", []string{"refers twice to the rule \"1-1\""}},
		"ids without regard to case": {"---\ntitle: x\nid: AB-1\nlogsource: {category: c}\ndetection: {s: {A: 1}, condition: s}\n" + corr("a", "ab-1"), "a", nil},
		"a long chain of references": {long, "", []string{"\"c3000\", which is not among"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, problems := ParseDocuments("c.yml", []byte(baseRules+c.text), Options{})
			lib, ps := Link(docs)
			problems = append(problems, ps...)
			var names []string
			for _, c := range lib.Correlations {
				names = append(names, c.Name)
			}
			if got := strings.Join(names, " "); got != c.correlations {
				t.Errorf("correlations %s, want %s", got, c.correlations)
			}
			if len(problems) != len(c.problems) && len(problems) < 1000 {
				t.Errorf("problems %v", problems)
			}
			all := problems.Error()
			for _, want := range c.problems {
				if !strings.Contains(all, want) {
					t.Errorf("problems %.500s, want %s", all, want)
				}
			}
			lib.Correlate(CorrelationLimits{}).End()
		})
	}
}

func TestWhatOnlyServesACorrelationIsNotReported(t *testing.T) {
	t.Parallel()
	lib := library(t, baseRules+`---
title: outer
correlation: {type: event_count, rules: [inner], timespan: 5m, condition: {gte: 1}, generate: true}
---
title: inner
name: inner
correlation: {type: event_count, rules: [login], timespan: 5m, condition: {gte: 1}}
`)
	got := make(map[string]bool)
	for _, r := range lib.Rules {
		got[r.Title] = lib.Reported(&r.Header)
	}
	for _, c := range lib.Correlations {
		got[c.Title] = lib.Reported(&c.Header)
	}
	if want := map[string]bool{"login": false, "logout": true, "change": true, "inner": true, "outer": true}; !maps.Equal(got, want) {
		t.Errorf("reported %v", got)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	rules := `title: one
id: 11-aa
logsource: {product: windows, service: security}
detection: {s: {A: 1}, condition: s}
---
title: two
name: two
logsource: {product: windows, category: process_creation}
detection: {s: {A: 1}, condition: s}
---
title: linux
name: linux
logsource: {product: linux}
detection: {s: {A: 1}, condition: s}
---
`
	filter := func(source, which, cond string) string {
		return fmt.Sprintf("title: f\nlogsource: {%s}\nfilter: {rules: %s, sel: {Host|startswith: dc-}, condition: %s}\n---\n", source, which, cond)
	}
	ev := testEvent{{"A", []string{"1"}}, {"Host", []string{"DC-1"}}}
	other := testEvent{{"A", []string{"1"}}, {"Host", []string{"pc-1"}}}
	for name, c := range map[string]struct {
		text, dc, pc string
		problems     []string
	}{
		"none":                         {"", "one two linux", "one two linux", nil},
		"left out by id":               {filter("product: windows", "[11-AA]", "not sel"), "two linux", "one two linux", nil},
		"kept by name":                 {filter("product: windows", "[two]", "sel"), "one two linux", "one linux", nil},
		"another source":               {filter("product: windows", "[linux, two]", "not sel"), "one linux", "one two linux", []string{"\"linux\": the rule has another log source"}},
		"every rule of the log source": {filter("product: windows", "any", "not sel"), "linux", "one two linux", nil},
		"two filters":                  {filter("product: windows", "any", "not sel") + filter("product: windows, service: security", "any", "sel"), "linux", "two linux", nil},
		"no such rule":                 {filter("product: windows", "[three, two]", "not sel"), "one linux", "one two linux", []string{"\"three\", which is not among the rules"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, problems := ParseDocuments("f.yml", []byte(rules+c.text), Options{})
			lib, ps := Link(docs)
			problems = append(problems, ps...)
			set, ps := Compile(lib.Rules)
			problems = append(problems, ps...)
			run := set.Start()
			match := func(e testEvent) string {
				var got []string
				run.Event(nil, e, func(m Match) { got = append(got, m.Rule.Title) })
				return strings.Join(got, " ")
			}
			if got := match(ev); got != c.dc {
				t.Errorf("on a controller %s, want %s", got, c.dc)
			}
			if got := match(other); got != c.pc {
				t.Errorf("elsewhere %s, want %s", got, c.pc)
			}
			if len(problems) != len(c.problems) || len(problems) > 0 && !strings.Contains(problems[0].String(), c.problems[0]) {
				t.Errorf("problems %v", problems)
			}
			for _, r := range docs.Rules {
				if len(r.Filters) > 0 {
					t.Error("a rule of the caller was changed")
				}
			}
		})
	}
}
