package report

import (
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/draw"
	"vigie/internal/ledger"
)

// Two servers, each with an address and a mailbox of its own: the map ties nothing that no finding ties.
func TestMapTiesOnlyWhatWasSeen(t *testing.T) {
	t.Parallel()
	c := &casefile.Case{
		Hosts: []casefile.Host{{Name: "EX01", Verdict: casefile.Confirmed}, {Name: "EX02", Verdict: casefile.Confirmed}},
		Findings: []casefile.Finding{
			{ID: "F-0001", Host: "EX01", Stage: casefile.Success, Clients: []string{"192.0.2.1"}},
			{ID: "F-0002", Host: "EX02", Stage: casefile.Success, Clients: []string{"192.0.2.2"}},
			{ID: "F-0003", Host: "EX02", Stage: casefile.Attempt, Clients: []string{"192.0.2.1"}},
		},
		Touched: casefile.Touched{
			Machines:  []casefile.TouchedItem{{Name: "EX01", Host: "EX01", Certainty: casefile.Certain}, {Name: "EX02", Host: "EX02", Certainty: casefile.Certain}},
			Mailboxes: []casefile.TouchedItem{{Name: "a@example.test", Host: "EX01", Certainty: casefile.Certain}},
			Data:      []casefile.TouchedItem{{Name: "b", Host: "EX02", Certainty: casefile.Possible}},
		},
	}
	fig := newBuilder(Source{Case: c}.withDefaults(), Options{}.withDefaults()).mapFigure()
	if fig == nil {
		t.Fatal("no map")
	}
	solid, dashed := 0, 0
	for _, s := range fig.Picture.Shapes {
		if l, ok := s.(draw.Line); ok {
			if l.Dashed {
				dashed++
			} else {
				solid++
			}
		}
	}
	// Address to server twice, mailbox to EX01; data to EX02, which is only possible.
	if solid != 3 || dashed != 1 {
		t.Fatalf("%d solid and %d dashed lines", solid, dashed)
	}
}

// What a person put into the register and the program never read has no number of bytes not searched: no zero stands for it.
func TestRegisterHasNoZeroForWhatWasNotRead(t *testing.T) {
	t.Parallel()
	c := &casefile.Case{Ledger: casefile.Ledger{Items: []casefile.LedgerItem{{Path: "a.log", SHA256: "aa", Size: 10, Skipped: 4}}}}
	src := Source{Case: c, Work: &ledger.State{Evidence: []ledger.EvidenceItem{{ID: "E-0001", Name: "a.log", SHA256: "aa", Size: 10}, {ID: "E-0002", Name: "disk in a bag"}}}}
	table := newBuilder(src.withDefaults(), Options{}.withDefaults()).registerTable()
	var got []string
	for r := range table.All {
		if len(r.Cells) != len(table.Columns) {
			t.Fatalf("%d cells under %d columns", len(r.Cells), len(table.Columns))
		}
		got = append(got, r.Cells[len(r.Cells)-1].Value)
	}
	if len(got) != 2 || got[0] != "4" || got[1] == "0" {
		t.Fatalf("%q", got)
	}
}
