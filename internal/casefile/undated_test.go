package casefile

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestUndated(t *testing.T) {
	t.Parallel()
	dated := Finding{ID: "F-1", Time: time.Date(2021, 3, 3, 5, 12, 1, 0, time.UTC), TimeEnd: time.Date(2021, 3, 3, 5, 12, 2, 0, time.UTC)}
	none := Finding{ID: "F-2", Evidence: []Evidence{{Raw: "<x>"}, {Raw: "y", Time: dated.Time}}}
	for _, f := range []Finding{dated, none} {
		b, err := marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "0001-01-01") || strings.Count(string(b), `"time":`) != 1+len(f.Evidence) || strings.Contains(string(b), `\u003c`) {
			t.Errorf("%s", b)
		}
		var back Finding
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, f) {
			t.Errorf("%+v, %v", back, err)
		}
	}
}
