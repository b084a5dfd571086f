package kb

import (
	"testing"

	"vigie/knowledge"
)

func TestLoadObligations(t *testing.T) {
	t.Parallel()
	list, err := LoadObligations(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	hours := map[string]int{}
	for _, o := range list {
		for _, d := range o.Deadlines {
			hours[o.ID+"/"+d.ID] = d.Hours
		}
		if o.CheckedOn == "" || o.URL == "" {
			t.Errorf("%s: no date or address", o.ID)
		}
	}
	for id, want := range map[string]int{"gdpr/notice": 72, "complaint-fr/complaint": 72, "nis2/early-warning": 24, "nis2/notification": 72, "nis2/final-report": 0} {
		if got, ok := hours[id]; !ok || got != want {
			t.Errorf("%s: %d hours, want %d", id, got, want)
		}
	}
	steps, err := LoadAccountSteps(knowledge.FS)
	if err != nil || len(steps) < 6 {
		t.Errorf("%d steps, %v", len(steps), err)
	}
}
