package report

import (
	"fmt"
	"strconv"
	"time"
)

// The time axis of a chart: at most maxTicks labelled ticks from five minutes
// to ten years apart, on round UTC times, and under them the day or the year
// they belong to.

const maxTicks = 9

// step is a distance between ticks: a duration, or months.
type step struct {
	d      time.Duration
	months int
}

const day = 24 * time.Hour

var steps = []step{
	{d: 5 * time.Minute}, {d: 10 * time.Minute}, {d: 15 * time.Minute}, {d: 30 * time.Minute},
	{d: time.Hour}, {d: 2 * time.Hour}, {d: 3 * time.Hour}, {d: 6 * time.Hour}, {d: 12 * time.Hour},
	{d: day}, {d: 2 * day}, {d: 7 * day}, {d: 14 * day},
	{months: 1}, {months: 2}, {months: 3}, {months: 6}, {months: 12}, {months: 24}, {months: 60}, {months: 120},
}

func (s step) length() time.Duration {
	if s.months > 0 {
		return time.Duration(s.months) * 30 * day
	}
	return s.d
}

// first is the first tick at or after t.
func (s step) first(t time.Time) time.Time {
	t = t.UTC()
	if s.months == 0 {
		f := t.Truncate(s.d)
		if f.Before(t) {
			f = f.Add(s.d)
		}
		return f
	}
	m := (t.Year()*12 + int(t.Month()) - 1) / s.months * s.months
	f := time.Date(m/12, time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
	if f.Before(t) {
		f = f.AddDate(0, s.months, 0)
	}
	return f
}

func (s step) next(t time.Time) time.Time {
	if s.months > 0 {
		return t.AddDate(0, s.months, 0)
	}
	return t.Add(s.d)
}

func ticks(p *Printer, sc scale) (labels, contexts []tick) {
	span := sc.hi.Sub(sc.lo)
	st := steps[len(steps)-1]
	for _, s := range steps {
		if span/s.length() < maxTicks {
			st = s
			break
		}
	}
	last, lastX := "", -1000.0
	for t := st.first(sc.lo); !t.After(sc.hi) && len(labels) < 4*maxTicks; t = st.next(t) {
		x := sc.x(t)
		label, ctx := tickLabel(p, st, t)
		labels = append(labels, tick{X: px(x), Label: label})
		if ctx != last && ctx != "" && x-lastX > float64(columns(ctx))*6+10 {
			contexts = append(contexts, tick{X: px(x), Label: ctx})
			last, lastX = ctx, x
		}
	}
	return labels, contexts
}

func tickLabel(p *Printer, st step, t time.Time) (label, context string) {
	switch {
	case st.months >= 12:
		return strconv.Itoa(t.Year()), ""
	case st.months > 0:
		return p.shortMonth(t), strconv.Itoa(t.Year())
	case st.d >= day:
		return p.shortDay(t), strconv.Itoa(t.Year())
	}
	return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute()), p.day(t)
}

func (p *Printer) shortDay(t time.Time) string {
	if p.lang == "fr" && t.Day() == 1 {
		return "1er" + nbsp + p.shortMonth(t)
	}
	return strconv.Itoa(t.Day()) + nbsp + p.shortMonth(t)
}
