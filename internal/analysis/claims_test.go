package analysis

import (
	"testing"

	"vigie/internal/evidence"
)

// What a package says of its machine names logs that name no server, and nothing else.
func TestClaims(t *testing.T) {
	t.Parallel()
	product := &group{product: true}
	for _, c := range []struct {
		name     string
		groups   map[groupKey]*group
		word     string
		packages []evidence.Package
		ask      groupKey
		want     string
		told     bool
	}{
		{"no log names the server", map[groupKey]*group{{dir: "C/logs"}: product}, "", []evidence.Package{{Machine: "ex01"}}, groupKey{dir: "C/logs"}, "EX01", false},
		{"the user names it", map[groupKey]*group{{dir: "C/logs"}: product}, "EX02", []evidence.Package{{Machine: "EX01"}}, groupKey{dir: "C/logs"}, "EX02", true},
		{"a log names another", map[groupKey]*group{{dir: "C/logs", host: "EX03"}: product}, "", []evidence.Package{{Machine: "EX01"}}, groupKey{dir: "C/iis"}, "EX03", true},
		{"an event log names another", map[groupKey]*group{{dir: "C/logs", host: "EX03"}: {}}, "", []evidence.Package{{Machine: "EX01"}}, groupKey{dir: "C/logs"}, "EX03", true},
		{"logs name two, one of them claimed", map[groupKey]*group{{dir: "C/a", host: "EX01"}: product, {dir: "C/b", host: "EX03"}: product}, "", []evidence.Package{{Machine: "EX01"}},
			groupKey{dir: "C/iis"}, "EX01", true},
		{"two packages, each its own", map[groupKey]*group{{dir: "a/C"}: product, {dir: "b/C"}: product}, "", []evidence.Package{{Dir: "a", Machine: "EX01"}, {Dir: "b", Machine: "EX02"}},
			groupKey{dir: "b/C"}, "EX02", false},
		{"two packages of one folder that differ", map[groupKey]*group{{dir: "C/logs"}: product}, "", []evidence.Package{{Machine: "EX01"}, {Machine: "EX02"}}, groupKey{dir: "C/logs"}, "", false},
		{"no name at all", map[groupKey]*group{{dir: "C/logs"}: product}, "", []evidence.Package{{Machine: "\x1b[31m"}}, groupKey{dir: "C/logs"}, "", false},
	} {
		n := newNamer(c.groups, c.word, c.packages)
		got, told := n.name(c.ask)
		if c.want == "" {
			if n.claimed[got] {
				t.Errorf("%s: claimed %q", c.name, got)
			}
			continue
		}
		if got != c.want || told != c.told || n.claimed[got] == told {
			t.Errorf("%s: %q, told %v, claimed %v", c.name, got, told, n.claimed[got])
		}
	}
}
