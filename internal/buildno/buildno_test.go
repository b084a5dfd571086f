package buildno

import "testing"

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"15.1.2176.9": "15.1.2176.9", "15.01.2176.009": "15.1.2176.9", "15.0.0.0": "15.0.0.0", "15.2.792": "15.2.792.0",
	} {
		n, err := Parse(in)
		if err != nil || n.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", in, n, err, want)
		}
	}
	for _, in := range []string{"", "15", "15.1", "15.1.2.3.4", "15.1.-2.3", "15.1..3", "15.1.2a.3", "15.1.99999999999.1", " 15.1.2.3"} {
		if n, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", in, n)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	order := []string{"14.3.500.0", "15.0.1497.12", "15.1.2176.2", "15.1.2176.9", "15.1.2242.4", "15.2.792.10"}
	for i := range order {
		for j := range order {
			got := Compare(MustParse(order[i]), MustParse(order[j]))
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("Compare(%s, %s) = %d", order[i], order[j], got)
			}
		}
	}
	if !SameBranch(MustParse("15.1.2176.2"), MustParse("15.1.2176.14")) || SameBranch(MustParse("15.1.2176.2"), MustParse("15.1.2242.2")) {
		t.Error("SameBranch is wrong")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"15.1.2176.9", "15.01.2176.009", "..", "15.1.2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		if !n.IsZero() {
			if m, err := Parse(n.String()); err != nil || m != n {
				t.Fatalf("%q: %v does not read back: %v %v", s, n, m, err)
			}
		}
	})
}
