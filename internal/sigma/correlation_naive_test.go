package sigma

// The slow twin of the correlation engine: for each group and each time it looks at every match anew. It shares with the engine the reading of
// documents and the comparison of numbers.

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// naiveCorrelation evaluates one correlation whose rules are all plain rules.
func naiveCorrelation(c *Correlation, list []happening) []string {
	type member struct {
		happening
		base  int
		value string
	}
	groups := make(map[string][]member)
	for _, h := range list {
		base := slices.IndexFunc(c.Rules, func(r Reference) bool { return r.Name == h.rule })
		group, value, ok := "", "", base >= 0 && !h.when.IsZero()
		for _, f := range c.GroupBy {
			v, has := h.ev.Field(f, nil)
			ok = ok && has
			group += strings.ToLower(fmt.Sprint(v)) + "|"
		}
		for _, f := range c.Fields {
			v, has := h.ev.Field(f, nil)
			ok = ok && has
			value += strings.ToLower(strings.Join(v, "")) + "|"
		}
		numeric := c.Type.metric() && (c.Type != ValuePercentile || !math.IsNaN(c.Percentile))
		if numeric && !isNumber(strings.TrimSuffix(value, "|")) {
			ok = false
		}
		if ok {
			groups[group] = append(groups[group], member{h, base, strings.TrimSuffix(value, "|")})
		}
	}
	bounds := c.Bounds
	if len(bounds) == 0 {
		bounds = []Bound{{Op: "gte", Value: float64(len(c.Rules))}}
	}
	onlyLower := !slices.ContainsFunc(bounds, func(b Bound) bool { return b.Op != "gt" && b.Op != "gte" })
	holds := func(v float64) bool {
		for _, b := range bounds {
			if !b.holds(cmp.Compare(v, b.Value)) {
				return false
			}
		}
		return true
	}
	var out []string
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b member) int {
			return cmp.Or(a.when.Compare(b.when), a.ref.compare(b.ref), cmp.Compare(a.base, b.base))
		})
		if !c.Type.temporal() {
			g = slices.CompactFunc(g, func(a, b member) bool { return a.ref == b.ref })
		}
		type window struct {
			lo, hi int
			v      float64
		}
		var hot []window
		for hi := range g {
			if hi+1 < len(g) && g[hi+1].when.Equal(g[hi].when) {
				continue
			}
			now := g[hi].when
			in := func(i int) bool { d := now.Sub(g[i].when); return d >= 0 && d <= c.Timespan }
			lo := slices.IndexFunc(g, func(m member) bool { return now.Sub(m.when) <= c.Timespan })
			full := hi+1 == len(g) || g[hi+1].when.Sub(g[lo].when) > c.Timespan
			var vals []string
			var nums []float64
			rules := make(map[int]bool)
			for i := range g {
				if in(i) {
					vals = append(vals, g[i].value)
					n, _ := parseNumber(g[i].value)
					nums = append(nums, n.f)
					rules[g[i].base] = true
				}
			}
			total := 0.0
			for _, n := range nums {
				total += n
			}
			first, v := lo, 0.0
			switch c.Type {
			case EventCount:
				v = float64(len(vals))
			case ValueCount:
				slices.Sort(vals)
				v = float64(len(slices.Compact(vals)))
			case Temporal:
				v = float64(len(rules))
			case TemporalOrdered:
				// The longest series of rules in order, by trying each subset of the rules, and of those the one that begins last.
				var begin time.Time
				for set := 1; set < 1<<len(c.Rules); set++ {
					n := 0
					for begins := range g {
						at, length := g[begins].when, 0
						ok := in(begins)
						for r := range c.Rules {
							if set&(1<<r) == 0 || !ok {
								continue
							}
							i := slices.IndexFunc(g[:hi+1], func(m member) bool { return m.base == r && !m.when.Before(at) })
							if ok = i >= 0; ok {
								at = g[i].when
								length++
							}
						}
						if ok && (length > n || float64(length) >= v && g[begins].when.After(begin)) {
							n = length
							if float64(n) > v || float64(n) == v && g[begins].when.After(begin) {
								// The series begins with its first rule, which may come after this event.
								r := 0
								for set&(1<<r) == 0 {
									r++
								}
								i := slices.IndexFunc(g, func(m member) bool { return m.base == r && !m.when.Before(g[begins].when) })
								v, begin = float64(n), g[i].when
							}
						}
					}
				}
				first = slices.IndexFunc(g, func(m member) bool { return !m.when.Before(begin) })
			case ValueSum:
				v = total
			case ValueAvg:
				v = total / float64(len(nums))
			case ValuePercentile, ValueMedian:
				if math.IsNaN(c.Percentile) {
					for i := lo; i <= hi; i++ {
						n := 0
						for _, x := range vals {
							if x == g[i].value {
								n++
							}
						}
						if share := 100 * float64(n) / float64(len(vals)); g[i].when.Equal(now) && holds(share) {
							hot = append(hot, window{i, i, share})
						}
					}
					continue
				}
				slices.Sort(nums)
				v = nums[int(max(1, math.Ceil(c.Percentile*float64(len(nums))/100)))-1]
			}
			growing := onlyLower && (!c.Type.metric() || c.Type == ValueSum)
			if (growing || full) && holds(v) {
				hot = append(hot, window{first, hi, v})
			}
		}
		for i := 0; i < len(hot); {
			w := hot[i]
			for i++; i < len(hot) && hot[i].lo <= w.hi; i++ {
				w.hi, w.v = hot[i].hi, max(w.v, hot[i].v)
			}
			var refs []string
			for _, m := range g[w.lo : w.hi+1] {
				if r := fmt.Sprint(m.ref.At); !slices.Contains(refs, r) {
					refs = append(refs, r)
				}
			}
			out = append(out, fmt.Sprintf("%v %v %.6g %s", g[w.lo].when.Sub(epoch), g[w.hi].when.Sub(epoch), w.v, strings.Join(refs, ",")))
		}
	}
	slices.Sort(out)
	return out
}

// randomCorrelation makes a correlation and matches out of bytes.
func randomCorrelation(data []byte) (string, []happening) {
	var i int
	next := func(n int) int {
		if i++; i > len(data) {
			return 0
		}
		return int(data[i-1]) % n
	}
	typ := correlationTypes[next(len(correlationTypes))]
	text := "title: c\ncorrelation:\n    type: " + typ + "\n    rules: [" + [...]string{"login", "login, logout", "change, login, logout"}[next(3)] + "]\n"
	if next(3) > 0 {
		text += "    group-by: [" + [...]string{"user", "user, host"}[next(2)] + "]\n"
	}
	text += fmt.Sprintf("    timespan: %ds\n", 1+next(12))
	t := CorrelationType(typ)
	if !t.temporal() || next(2) > 0 {
		text += "    condition:\n"
		limit := 6
		switch {
		case t.temporal():
			limit = 4
		case t == ValuePercentile:
			limit = 60
		}
		ops := slices.Clone(boundOps)
		for range 1 + next(2) {
			at := next(len(ops))
			text += fmt.Sprintf("        %s: %d\n", ops[at], next(limit))
			ops = slices.Delete(ops, at, at+1)
		}
		if t.hasField() {
			text += "        field: " + [...]string{"n", "user"}[next(2)] + "\n"
		}
		if t == ValuePercentile && next(2) > 0 {
			text += fmt.Sprintf("        percentile: %d\n", next(101))
		}
	}
	var list []happening
	for i < len(data) {
		h := happening{rule: [...]string{"login", "logout", "change"}[next(3)], ref: Ref{At: uint64(len(list))}}
		if s := next(41); s > 0 {
			h.when = epoch.Add(time.Duration(s) * time.Second / 2)
		}
		for _, f := range []string{"user", "host", "n"} {
			if v := next(6); v < 5 {
				val := [...]string{"1", "2", "3", "-4", "x"}[v]
				h.ev = append(h.ev, testField{f, []string{val}})
			}
		}
		list = append(list, h)
		if len(list) > 1 && next(8) == 0 { // the same event, matched by another rule
			twin := h
			twin.rule = [...]string{"login", "logout", "change"}[next(3)]
			if twin.rule != h.rule {
				list = append(list, twin)
			}
		}
	}
	return text, list
}

func checkCorrelation(t *testing.T, data []byte) {
	text, list := randomCorrelation(data)
	lib := library(t, baseRules+"---\n"+text)
	want := naiveCorrelation(lib.Correlations[0], list)
	var got []string
	ms, sums := correlate(lib, CorrelationLimits{}, list)
	for _, m := range ms {
		var refs []string
		for _, r := range m.Refs {
			refs = append(refs, fmt.Sprint(r.At))
		}
		got = append(got, fmt.Sprintf("%v %v %.6g %s", m.First.Sub(epoch), m.Last.Sub(epoch), m.Value, strings.Join(refs, ",")))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%s\n%+v\ngot\n%s\nwant\n%s", text, list, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	rng := rand.New(rand.NewPCG(uint64(len(data)), 7))
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	again, sums2 := correlate(lib, CorrelationLimits{}, list)
	if !slices.Equal(lines(ms), lines(again)) || !slices.Equal(sums, sums2) {
		t.Fatal("another order of the events gives another result")
	}
	// At a limit too the order does not matter.
	small := CorrelationLimits{Matches: 1 + len(list)/3, Bytes: 150 * len(list)}
	ms, sums = correlate(lib, small, list)
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	again, sums2 = correlate(lib, small, list)
	if !slices.Equal(lines(ms), lines(again)) || !slices.Equal(sums, sums2) {
		t.Fatal("another order of the events gives another result at the limit")
	}
}

func TestRandomCorrelationsAgainstNaiveEvaluation(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		data := make([]byte, 8+rng.IntN(150))
		for i := 0; i < len(data); i += 8 {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], rng.Uint64())
			copy(data[i:], b[:])
		}
		checkCorrelation(t, data)
	}
}

func FuzzCorrelate(f *testing.F) {
	rng := rand.New(rand.NewPCG(8, 9))
	for range 60 {
		data := make([]byte, 8+rng.IntN(120))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 400 {
			return
		}
		checkCorrelation(t, data)
	})
}
