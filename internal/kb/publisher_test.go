package kb

import (
	"slices"
	"strings"
	"testing"
)

// TestQuarantine: the three records of Microsoft that carry a build of another
// cumulative update are set aside and told; what the same records say rightly is not.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	k := shippedProduct(t)
	var got []string
	cves := map[string]bool{}
	for _, q := range k.Quarantine() {
		got = append(got, strings.Join([]string{q.CVE, q.Line[len(q.Line)-4:], q.CU, q.Why.EN}, " "))
		cves[q.CVE] = true
		prose(t, q.Why)
		if len(q.Used) == 0 {
			t.Errorf("%s %s %s: nothing is used instead", q.CVE, q.Line, q.CU)
		}
		for _, n := range q.Used {
			if n.String() == q.Below {
				t.Errorf("%s: the table has the wrong build %s itself", q.CVE, n)
			}
		}
	}
	want := []string{
		"CVE-2021-42321 2019 CU10 Build 15.2.792.19 is of Exchange Server 2019 CU8, not of Exchange Server 2019 CU10.",
		`CVE-2024-21410 2016 CU23 The publisher writes "N/A" in place of a fixed build.`,
		"CVE-2024-21410 2019 CU13 Build 15.2.1544.4 is of Exchange Server 2019 CU14, not of Exchange Server 2019 CU13.",
		"CVE-2024-26198 2019 CU14 Build 15.2.1258.34 is of Exchange Server 2019 CU13, not of Exchange Server 2019 CU14.",
		"CVE-2024-26198 2019 CU13 Build 15.2.1544.11 is of Exchange Server 2019 CU14, not of Exchange Server 2019 CU13.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("quarantined:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(cves) != 3 || len(k.Products[0].Records) == len(got) {
		t.Errorf("%d CVEs, %d of %d records", len(cves), len(got), len(k.Products[0].Records))
	}
}
