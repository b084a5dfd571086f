package evtx

import (
	"slices"
	"strings"
	"testing"
)

func TestReportListsTheFirstErrorsAndCountsTheRest(t *testing.T) {
	t.Parallel()
	var r Report
	var errs []*Error
	for range maxDetailed - 1 {
		errs = append(errs, &Error{Code: CodeRecordSize})
	}
	r.Add(errs, Ledger{Parsed: 7, Records: 1})
	r.Add([]*Error{{Code: CodeRecordMagic}, {Code: CodeValueSize}, {Code: CodeChunkMagic}, {Code: CodeValueSize}, {Code: CodeRead}}, Ledger{Skipped: 3})
	want := []Count{{CodeRead, 1}, {CodeChunkMagic, 1}, {CodeValueSize, 2}}
	if len(r.Errors) != maxDetailed || r.Errors[maxDetailed-1].Code != CodeRecordMagic || !slices.Equal(r.Unlisted, want) || r.Ledger.Size() != 10 {
		t.Errorf("%d errors, then %v, %+v", len(r.Errors), r.Unlisted, r.Ledger)
	}
}

func TestEveryCodeHasASentenceInBothLanguages(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Codes {
		if seen[c.Code] || !strings.HasPrefix(c.Code, "evtx.") || !strings.HasSuffix(c.EN, ".") || !strings.HasSuffix(c.FR, ".") {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
	}
}
