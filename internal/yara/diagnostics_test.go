package yara

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// lenient are rules that YARA-X refuses and libyara takes, as we do.
var lenient = map[string]string{
	"yarax-errors-122": "a brace that begins no repetition is a character",
	"yarax-errors-38":  "a brace that begins no repetition is a character",
	"yarax-errors-138": "package pattern bounds the work, not the repetitions",
	"yarax-errors-146": "slow, which is a warning",
	"yarax-errors-148": "slow, which is a warning",
	"yarax-errors-19":  "a match with a negative number is undefined, which is a warning",
	"yarax-errors-23":  "never true, which is a warning",
}

// foreign are warnings of YARA-X about what libyara does not have.
var foreign = map[string]string{
	"yarax-warnings-33": "a set of truth values",
	"yarax-warnings-43": "the statement with",
	"yarax-warnings-24": "an unknown module",
}

func TestRulesThatYaraXRefusesAreRefused(t *testing.T) {
	t.Parallel()
	f, err := os.Open(sharedData + "yara/yara-vectors/yara-x-compile-diagnostics.jsonl")
	if err != nil {
		t.Skipf("the public diagnostics are not here: %v", err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var d struct {
			ID, Kind, Rule string
			Codes          []string
			Text           string `json:"expected_text"`
		}
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		_, problems := Compile([]Source{{Name: "line", Text: []byte(d.Rule)}}, Options{Externals: vectorVars, Modules: testModules()})
		if strings.Contains(d.Rule, "test_proto2") || foreign[d.ID] != "" {
			continue
		}
		n++
		mustFail := strings.HasPrefix(d.Text, "error")
		switch {
		case mustFail && lenient[d.ID] != "":
			if len(problems.Errors) > 0 {
				t.Errorf("%s: is refused by now (%v): remove it from the list", d.ID, problems.Errors)
			}
		case mustFail && len(problems.Errors) == 0:
			t.Errorf("%s: compiles, and should not:\n%s\n%s", d.ID, d.Rule, d.Text)
		case !mustFail && len(problems.Errors) > 0:
			t.Errorf("%s: %v\n%s\n%s", d.ID, problems.Errors, d.Rule, d.Text)
		}
	}
	t.Logf("%d rules", n)
}
