package harden

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/kb"
)

// passes compares one value. A value that cannot be compared, such as a word where a number belongs, gives unknown.
func (f *facts) passes(e *kb.Expect, value string, at time.Time) truth {
	value = strings.TrimSpace(value)
	same := func(w string) bool { return strings.EqualFold(w, value) }
	switch {
	case len(e.Is) > 0:
		return of(slices.ContainsFunc(e.Is, same))
	case len(e.IsNot) > 0:
		return of(!slices.ContainsFunc(e.IsNot, same))
	case e.Match != "":
		return of(f.regexps[e.Match].MatchString(value))
	case e.NoMatch != "":
		return of(!f.regexps[e.NoMatch].MatchString(value))
	case e.Present:
		return of(value != "")
	case e.Absent:
		return of(value == "")
	case e.DaysLeft > 0:
		return f.later(value, at, e.DaysLeft)
	}
	v, ok := version(value)
	if !ok {
		return unknown
	}
	for _, bound := range []struct {
		at   string
		fits func(int) bool
	}{{e.AtLeast, func(c int) bool { return c >= 0 }}, {e.AtMost, func(c int) bool { return c <= 0 }}, {e.Below, func(c int) bool { return c < 0 }}} {
		if bound.at == "" {
			continue
		}
		if b, _ := version(bound.at); !bound.fits(slices.Compare(v, b)) {
			return no
		}
	}
	return yes
}

func of(b bool) truth {
	if b {
		return yes
	}
	return no
}

// version reads a number or a version, part by part. 15.2 is below 15.2.986.5. PowerShell writes sizes as "1 GB (1,073,741,824 bytes)", of which the
// bytes count, and times as "365.00:00:00", of which the days do.
func version(s string) ([]uint64, bool) {
	if days, clock, ok := strings.Cut(s, "."); ok && len(clock) == len("00:00:00") && strings.Count(clock, ":") == 2 {
		s = days
	}
	if _, bytes, ok := strings.Cut(s, "("); ok && strings.HasSuffix(bytes, " bytes)") {
		s = strings.NewReplacer(",", "", ".", "", " ", "", "\u00a0", "", "\u202f", "").Replace(strings.TrimSuffix(bytes, " bytes)"))
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return nil, false
	}
	out := make([]uint64, 0, 4)
	for i, p := range parts {
		base := 10
		if hex, ok := strings.CutPrefix(p, "0x"); ok && len(parts) == 1 {
			p, base = hex, 16
		}
		n, err := strconv.ParseUint(p, base, 64)
		if err != nil || i == 0 && p == "" {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// dateForms are how exports write dates that are the same in all countries.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.9999999", "2006-01-02 15:04:05", time.DateOnly}

// later tells whether a date lies at least some days after the setting's time, or that of the evidence.
func (f *facts) later(value string, at time.Time, days int) truth {
	if at.IsZero() {
		at = f.at
	}
	if at.IsZero() {
		return unknown
	}
	out := unknown
	for i, t := range dates(value) {
		switch ok := of(!t.Before(at.AddDate(0, 0, days))); {
		case i == 0:
			out = ok
		case ok != out:
			return unknown // it depends on the country in which the export was made
		}
	}
	return out
}

// dates reads a date: one time, or two where day and month may stand in either order; none for what is no date.
func dates(value string) []time.Time {
	for _, form := range dateForms {
		if t, err := time.Parse(form, value); err == nil {
			return []time.Time{t}
		}
	}
	day, _, _ := strings.Cut(value, " ")
	day = strings.ReplaceAll(day, ".", "/")
	var out []time.Time
	for _, form := range []string{"1/2/2006", "2/1/2006"} {
		if t, err := time.Parse(form, day); err == nil {
			out = append(out, t)
		}
	}
	return out
}
