package demo

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
)

var kinds = []Kind{IIS, HTTPProxy}

func large(t *testing.T, kind Kind, size int64, seed uint64, hits int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := LargeWith(&b, kind, size, seed, hits); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLargeHasItsSizeAndWholeLines(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, size := range []int64{100_000, 1 << 20, 5<<20 + 12_345} {
			b := large(t, kind, size, 1, 0)
			if got := int64(len(b)); got > size || size-got > 3000 || b[got-1] != '\n' {
				t.Errorf("%s: %d bytes for %d, last %q", kind, got, size, b[got-1])
			}
		}
	}
}

func TestLargeIsALog(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			name := "/" + string(kind)
			if kind == IIS {
				name = "/W3SVC1/"
			}
			lines, probes := 0, 0
			days, ids, clients := map[string]bool{}, map[string]bool{}, map[string]bool{}
			parse(t, name, large(t, kind, 8<<20, 3, 0), func(l line) {
				lines++
				days[l.at.Format("0102")] = true
				if kind == IIS {
					_, rest, _ := strings.Cut(l.get("cs-uri-query"), "cafeReqId=")
					id, _, _ := strings.Cut(rest, ";")
					ids[id] = true
					clients[l.get("c-ip")] = true
				} else {
					ids[l.get("RequestId")] = true
					clients[l.get("ClientIpAddress")] = true
					begin := "BeginRequest=" + l.at.Format("2006-01-02")
					if info := l.get("GenericInfo"); !strings.Contains(info, "EndRequest="+l.get("DateTime")) ||
						l.at.Hour() > 0 && !strings.Contains(info, begin) {
						t.Errorf("line of %s says %s", l.get("DateTime"), info)
					}
				}
				if strings.Contains(strings.Join(l.fields, " "), "::1") {
					probes++
				}
			})
			if share := float64(probes) / float64(lines); share < 0.5 || share > 0.7 {
				t.Errorf("%.0f %% probes", 100*share)
			}
			if len(days) < 3 || len(ids) < lines-20 || len(clients) < 500 {
				t.Errorf("%d days, %d identifiers in %d lines, %d clients", len(days), len(ids), lines, len(clients))
			}
		})
	}
}

func TestLargePlantsItsHits(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, hits := range []int{0, 1, 7, 250} {
			b := large(t, kind, 3<<20, 5, hits)
			if got := bytes.Count(b, []byte(Planted(kind))) / bytes.Count(largeHit(kind), []byte(Planted(kind))); got != hits {
				t.Errorf("%s: %d hits, want %d", kind, got, hits)
			}
		}
	}
}

// largeHit is a planted line.
func largeHit(kind Kind) []byte {
	l := newLarge(kind, 5)
	return l.fill(nil, &l.hit, largeStart, nil)
}

func TestLargeSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		a, b, c := large(t, kind, 2<<20, 9, 3), large(t, kind, 2<<20, 9, 3), large(t, kind, 2<<20, 10, 3)
		if sha256.Sum256(a) != sha256.Sum256(b) {
			t.Errorf("%s: two runs differ", kind)
		}
		if bytes.Equal(a, c) {
			t.Errorf("%s: two seeds agree", kind)
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestLargeRefuses(t *testing.T) {
	t.Parallel()
	if err := Large(io.Discard, "evtx", 1000, 1); err == nil {
		t.Error("unknown kind accepted")
	}
	if err := LargeWith(io.Discard, IIS, 10_000, 1, 1000); err == nil {
		t.Error("more hits than fit accepted")
	}
	if err := LargeWith(io.Discard, IIS, 10_000, 1, -1); err == nil {
		t.Error("negative hits accepted")
	}
	if err := Large(brokenWriter{}, IIS, 10_000, 1); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkLarge(b *testing.B) {
	const size = 64 << 20
	for _, kind := range kinds {
		b.Run(string(kind), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				if err := Large(io.Discard, kind, size, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
