package sigma

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkCorrelate evaluates 200,000 matches in 100 groups, with windows of some 1,000 matches, for each type.
func BenchmarkCorrelate(b *testing.B) {
	const matches = 200_000
	rng := rand.New(rand.NewPCG(1, 1))
	var list []happening
	for i := range matches {
		list = append(list, happening{
			rule: [...]string{"login", "change", "logout"}[rng.IntN(3)],
			when: epoch.Add(time.Duration(rng.IntN(matches)) * time.Millisecond),
			ref:  Ref{At: uint64(i)},
			ev:   testEvent{{"user", []string{fmt.Sprint("u", rng.IntN(100))}}, {"n", []string{fmt.Sprint(rng.IntN(1000))}}},
		})
	}
	for _, typ := range correlationTypes {
		b.Run(typ, func(b *testing.B) {
			cond := "gte: 2"
			if CorrelationType(typ).hasField() {
				cond += ", field: n"
			}
			lib := library(b, baseRules+"---\ntitle: c\ncorrelation: {type: "+typ+", rules: [login, change, logout], group-by: [user], timespan: 100s, condition: {"+cond+"}}\n")
			b.ReportAllocs()
			for b.Loop() {
				if ms, _ := correlate(lib, CorrelationLimits{}, list); len(ms) == 0 {
					b.Fatal("nothing found")
				}
			}
			b.ReportMetric(float64(b.N)*matches/b.Elapsed().Seconds(), "matches/s")
		})
	}
}
