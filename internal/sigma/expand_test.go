package sigma

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPlaceholdersAreFilled(t *testing.T) {
	t.Parallel()
	vals := Placeholders{"Admins": {"adm_*", "root"}, "Hosts": {"a", "b"}, "Nets": {"10.0.0.0/8", "fe80::/10"}, "Odd": {"a.b?"}}
	for name, c := range map[string]struct {
		item    string
		yes, no []string
	}{
		"a value":            {"A|expand: '%Admins%'", []string{"adm_bob", "ROOT"}, []string{"xroot", "%Admins%"}},
		"part of a value":    {`A|expand: 'x\%Admins%Hosts%'`, []string{"x%Adminsa", "X%ADMINSB"}, []string{"x%Admins"}},
		"two":                {"A|expand: '%Hosts%-%Hosts%'", []string{"a-a", "b-a", "a-b"}, []string{"a-c"}},
		"before another":     {"A|expand|contains: '%Hosts%x'", []string{"--bx--"}, []string{"b-x"}},
		"after another":      {"A|contains|expand: '%Hosts%x'", []string{"--bx--"}, []string{"b-x"}},
		"in an expression":   {"A|re|expand: '^%Odd%$'", []string{"a.b!"}, []string{"axb!"}},
		"networks":           {"A|cidr|expand: '%Nets%'", []string{"10.2.3.4", "fe80::1"}, []string{"11.0.0.1"}},
		"plain percent":      {"A|expand: '100% of it'", []string{"100% of it"}, nil},
		"not without expand": {"A: '%Hosts%'", []string{"%hosts%"}, []string{"a"}},
		"before an encoding": {"A|expand|base64: '%Hosts%'", []string{"YQ==", "Yg=="}, []string{"yq=="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, problems := ParseDocuments("r.yml", []byte(oneRule("    s: {"+c.item+"}\n    condition: s")), Options{Placeholders: vals})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			set, _ := Compile(docs.Rules)
			run := set.Start()
			for _, v := range slices.Concat(c.yes, c.no) {
				got := false
				run.Event(nil, testEvent{{"A", []string{v}}}, func(Match) { got = true })
				if want := slices.Contains(c.yes, v); got != want {
					t.Errorf("%s: %v", v, got)
				}
			}
		})
	}
}

func TestPlaceholdersThatCannotBeFilled(t *testing.T) {
	t.Parallel()
	many := slices.Repeat([]string{"x"}, 200)
	opt := Options{Placeholders: Placeholders{"Administrators": {"a"}, "Many": many, "Long": {strings.Repeat("x", 1<<20), "y"}}}
	for item, want := range map[string]string{
		"A|expand: '%Admnistrators%'":                     `placeholder "%Admnistrators%", did you mean "Administrators"?`,
		"A|expand: '%Servers%'":                           `placeholder "%Servers%", give its values in a file of placeholders`,
		"A|re|expand: '%Servers%'":                        `placeholder "%Servers%"`,
		"A|expand: '%Many%%Many%%Many%'":                  "too many or too long values",
		"A|expand: '" + strings.Repeat("%Long%", 5) + "'": "too many or too long values",
		"A|wide|expand: '%Many%'":                         "put expand first",
	} {
		docs, problems := ParseDocuments("r.yml", []byte(oneRule("    s: {"+item+"}\n    condition: s")), opt)
		if len(docs.Rules) > 0 || len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: %v, want %s", item, problems, want)
		}
	}
}

func TestFilesOfPlaceholders(t *testing.T) {
	t.Parallel()
	vals, problems := ReadPlaceholders("p.yml", []byte("name: ours\npriority: 10\nvars:\n  Admins: [a*, 7]\n  Host: srv1\ntransformations:\n  - type: value_placeholders\n"))
	if len(problems) > 0 || len(vals) != 2 || !slices.Equal(vals["Admins"], []string{"a*", "7"}) || !slices.Equal(vals["Host"], []string{"srv1"}) {
		t.Errorf("%v, %v", vals, problems)
	}
	for text, want := range map[string]string{
		"vars: [a]":           "p.yml:1:7: vars must be a map",
		"vars: {a: [{b: c}]}": "p.yml:1:12: the values of \"a\" must be texts, this is a map",
		"vars: {a: []}":       "p.yml:1:11: \"a\" has no values",
		"var: {a: b}":         "p.yml:1:1: unknown key \"var\" in a file of placeholders, did you mean \"vars\"?",
		"[a]":                 "a file is a map",
		"a: &x 1\nb: *x":      "anchors are not allowed",
		"transformations: [{type: field_name_prefix}]": "not supported: transformation \"field_name_prefix\", give log sources and fields in a mapping file",
		"a: [": "not valid YAML",
	} {
		if _, problems := ReadPlaceholders("p.yml", []byte(text)); len(problems) == 0 || !strings.Contains(problems.Error(), want) {
			t.Errorf("%s: %v, want %s", text, problems, want)
		}
	}
}

func TestRulesWithPlaceholdersLoadOnceTheyAreFilled(t *testing.T) {
	t.Parallel()
	files := archive(t, "sigma-rules.tar.gz")
	vals := make(Placeholders)
	name := regexp.MustCompile(`%([^%\s]+)%`)
	for file, text := range files {
		if part(file) == "rules-placeholder" {
			for _, m := range name.FindAllSubmatch(text, -1) {
				vals[string(m[1])] = []string{"192.0.2.0/24", "198.51.100.7"}
			}
		}
	}
	rules := 0
	for file, text := range files {
		if part(file) != "rules-placeholder" {
			continue
		}
		docs, problems := ParseDocuments(file, text, Options{Placeholders: vals})
		rules += len(docs.Rules)
		for _, p := range problems {
			t.Error(p)
		}
	}
	if rules < 20 {
		t.Errorf("%d rules", rules)
	}
	t.Logf("%d rules, %d placeholders", rules, len(vals))
}
