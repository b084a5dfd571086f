package advisory

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"vigie/internal/casefile"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func doc(kind Kind, id, sha, updated string, records int) *Document {
	at, err := time.Parse(time.DateOnly, updated)
	if err != nil {
		panic(err)
	}
	return &Document{Kind: kind, ID: id, SHA256: sha, Updated: at, Records: records, File: string(kind) + ".json"}
}

// TestPut: what is older, much shorter or of another kind is refused, and what was there stays.
func TestPut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	other := doc(EUKEV, "catalog", "x", "2026-11-22", 5)
	other.File = "cisa-kev.json"
	for _, step := range []struct {
		name string
		d    *Document
		want Outcome
		code string
	}{
		{"first", doc(KEV, "catalog", "a", "2026-11-20", 1000), New, ""},
		{"the same", doc(KEV, "catalog", "a", "2026-11-20", 1000), Unchanged, ""},
		{"shrunk by more than 2 %", doc(KEV, "catalog", "b", "2026-11-21", 970), Refused, "store.shrunk"},
		{"rolled back", doc(KEV, "catalog", "c", "2026-11-01", 1000), Refused, "store.older"},
		{"another kind under the name", other, Refused, "store.kind"},
		{"a little shorter", doc(KEV, "catalog", "d", "2026-11-21", 985), Changed, ""},
	} {
		got, r := s.Put(step.d, now)
		if got != step.want || (r == nil) != (step.code == "") || r != nil && r.Code != step.code {
			t.Errorf("%s: %s %+v, want %s %s", step.name, got, r, step.want, step.code)
		}
	}
	s.Refuse("page.html", "", now, "feed.kind", casefile.Text{FR: "f", EN: "e"})
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	docs, unused, feeds := again.Documents(), again.Unused(), again.Feeds()
	if len(docs) != 1 || docs[0].SHA256 != "d" || len(unused) != 1 || unused[0].Source != "page.html" || len(feeds) != 1 || !feeds[0].Last.Equal(now) {
		t.Errorf("read again: %v, %v, %v", docs, unused, feeds)
	}
}

// TestDamaged: a store that was cut off is an error, never an empty store: silence would look like safety.
func TestDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Put(doc(KEV, "catalog", "a", "2026-11-20", 1), now)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{documentsName, stateName} {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{data[:len(data)/2], {}, []byte("{}")} {
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil {
				t.Errorf("%s of %d bytes instead of %d opens", name, len(bad), len(data))
			}
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestScoresArePruned: only the newest days of EPSS are kept.
func TestScoresArePruned(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for d := range 12 {
		at := now.AddDate(0, 0, d-12).Format(time.DateOnly)
		s.Put(doc(EPSS, "scores "+at, at, at, 1), now)
	}
	if docs := s.Documents(); len(docs) != maxScores || docs[0].ID != "scores 2026-11-16" {
		t.Errorf("%d days, from %s", len(docs), docs[0].ID)
	}
}
