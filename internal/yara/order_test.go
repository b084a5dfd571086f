package yara

import "testing"

// What the search through the file has found already is asked before what needs a search of its own, and nothing passes a module.
func TestOperandsInOrder(t *testing.T) {
	t.Parallel()
	for cond, want := range map[string][]cost{
		"$short and $long": {costKnown, costSearch},
		"any of ($short*) and filesize < 5 and #long > 1":          {costKnown, costKnown, costSearch},
		"$short and math.entropy(0, 9) > 1.0 and $short2":          {costSearch, costOther, costSearch},
		"$short and math.entropy(0, 9) > 1.0 and $short and $long": {costSearch, costOther, costKnown, costSearch},
	} {
		src := `import "math" rule r { strings: $short = "<%" $short2 = "%>" $long = "a long text" condition: ` + cond + ` or ($short and $short2 and $long) }`
		rules, problems := Compile([]Source{{Text: []byte(src)}}, Options{Modules: testModules()})
		if len(problems.Errors) > 0 {
			t.Fatal(problems.Errors)
		}
		var got []cost
		for _, k := range rules.rules[0].cond.(*or).kids {
			if and, ok := k.(*and); ok && len(got) == 0 && len(and.kids) == len(want) {
				for _, kid := range and.kids {
					got = append(got, costOf(kid, rules.set.Traced))
				}
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %v", cond, got)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: %v, want %v", cond, got, want)
				break
			}
		}
	}
}
