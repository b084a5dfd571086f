package eventtext

import (
	"strings"
	"time"
)

// systemTime is how Windows and package evtx write the time of an event.
const systemTime = "2006-01-02T15:04:05.0000000Z"

// The years that a FILETIME and RFC 3339 can both say.
const minYear, maxYear = 1601, 9999

// parseTime reads the time of an event in one of these forms, or says with a code why not:
//
//	2021-03-03T10:11:12.1234567Z   also with a blank for T, an offset, any number of decimals
//	2021-03-03 10:11:12.123        needs zone
//	1614766272.1234567             seconds, milliseconds or microseconds since 1970, told apart by size
//	/Date(1614766272123)/          milliseconds, of .NET
//	3/4/2021 10:11:12 AM           needs zone and, unless one number is above 12, order; also with "." and "-", and without seconds
//
// Nothing is assumed: a wall clock time that zone has twice or never is not read either.
func parseTime(text []byte, zone *time.Location, order DateOrder) (time.Time, string) {
	if len(text) > 64 {
		return time.Time{}, CodeTime
	}
	s := strings.TrimSpace(string(text))
	if inner, ok := strings.CutPrefix(s, "/Date("); ok {
		inner, ok = strings.CutSuffix(inner, ")/")
		if k := strings.LastIndexAny(inner, "+-"); k > 0 {
			inner = inner[:k] // the offset is for showing; the number is UTC
		}
		return epoch(inner, ok, 1e3)
	}
	p := clock{s: s}
	if len(s) > 4 && isNumber([]byte(s[:4])) && s[4] == '-' {
		return p.iso(zone)
	}
	if !strings.ContainsAny(s, "/:-") || strings.HasPrefix(s, "-") {
		return epoch(s, true, 0)
	}
	return p.local(zone, order)
}

// epoch reads a decimal number of units since 1970 digit by digit, as a float would lose the last ones. unit is how many make a second; 0 finds
// it by size: 10^11 seconds are the year 5138, 10^11 milliseconds 1973.
func epoch(s string, ok bool, unit int64) (time.Time, string) {
	whole, frac, _ := strings.Cut(s, ".")
	negative := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	if !ok || !isNumber([]byte(whole)) || len(whole) > 17 || frac != "" && !isNumber([]byte(frac)) {
		return time.Time{}, CodeTime
	}
	var n int64
	for _, c := range whole {
		n = n*10 + int64(c-'0')
	}
	if unit == 0 {
		unit = 1
		for n >= 1e11*unit && unit < 1e6 {
			unit *= 1000
		}
	}
	nanos := n % unit * (1e9 / unit)
	if unit == 1 {
		nanos = decimals(frac)
	}
	t := time.Unix(n/unit, nanos)
	if negative {
		t = time.Unix(-n/unit, -nanos)
	}
	return possible(t)
}

// decimals is a fraction of a second in nanoseconds; what is finer is dropped.
func decimals(frac string) (n int64) {
	for i := range 9 {
		n *= 10
		if i < len(frac) {
			n += int64(frac[i] - '0')
		}
	}
	return n
}

func possible(t time.Time) (time.Time, string) {
	if t = t.UTC(); t.Year() < minYear || t.Year() > maxYear {
		return time.Time{}, CodeTimeAbsurd
	}
	return t, ""
}

// clock reads a written date from its start.
type clock struct{ s string }

func (p *clock) number(minDigits, maxDigits int) (n int, ok bool) {
	i := 0
	for i < len(p.s) && i < maxDigits && p.s[i] >= '0' && p.s[i] <= '9' {
		n = n*10 + int(p.s[i]-'0')
		i++
	}
	p.s = p.s[i:]
	return n, i >= minDigits
}

func (p *clock) any(set string) bool {
	if p.s == "" || strings.IndexByte(set, p.s[0]) < 0 {
		return false
	}
	p.s = p.s[1:]
	return true
}

// moment is a date and time as written.
type moment struct {
	year, month, day, hour, minute, second int
	nanos                                  int64
}

func (p *clock) iso(zone *time.Location) (time.Time, string) {
	var m moment
	var ok1, ok2, ok3 bool
	m.year, ok1 = p.number(4, 4)
	ok1 = ok1 && p.any("-")
	m.month, ok2 = p.number(2, 2)
	ok2 = ok2 && p.any("-")
	m.day, ok3 = p.number(2, 2)
	if !ok1 || !ok2 || !ok3 || !p.any("Tt ") || !p.hours(&m) {
		return time.Time{}, CodeTime
	}
	return p.zoned(m, zone)
}

// hours reads 10:11, 10:11:12 or 10:11:12.345.
func (p *clock) hours(m *moment) bool {
	var ok bool
	if m.hour, ok = p.number(1, 2); !ok || !p.any(":") {
		return false
	}
	if m.minute, ok = p.number(2, 2); !ok {
		return false
	}
	if !p.any(":") {
		return true
	}
	if m.second, ok = p.number(2, 2); !ok {
		return false
	}
	if p.any(".,") {
		n := 0
		for n < len(p.s) && p.s[n] >= '0' && p.s[n] <= '9' {
			n++
		}
		if n == 0 {
			return false
		}
		m.nanos = decimals(p.s[:n])
		p.s = p.s[n:]
	}
	return true
}

// local reads a date with the year last, in the order of some country.
func (p *clock) local(zone *time.Location, order DateOrder) (time.Time, string) {
	var m moment
	a, ok1 := p.number(1, 2)
	ok1 = ok1 && p.any("/.-")
	b, ok2 := p.number(1, 2)
	ok2 = ok2 && p.any("/.-")
	var ok3 bool
	m.year, ok3 = p.number(4, 4)
	p.any(",")
	if !ok1 || !ok2 || !ok3 || !p.any(" ") || !p.hours(&m) {
		return time.Time{}, CodeTime
	}
	// Newer Windows writes a narrow no-break space before AM and PM.
	half := strings.ToUpper(strings.TrimLeft(p.s, " \u00a0\u202f"))
	for _, h := range []string{"AM", "PM"} {
		rest, found := strings.CutPrefix(half, h)
		if !found {
			continue
		}
		if m.hour < 1 || m.hour > 12 {
			return time.Time{}, CodeTimeAbsurd
		}
		if m.hour %= 12; h == "PM" {
			m.hour += 12
		}
		p.s = rest
		break
	}
	switch {
	case a > 12 && b > 12 || a == 0 || b == 0:
		return time.Time{}, CodeTimeAbsurd
	case a > 12 || a == b || order == DayFirst && b <= 12:
		m.day, m.month = a, b
	case b > 12 || order == MonthFirst:
		m.month, m.day = a, b
	default:
		return time.Time{}, CodeTimeOrder
	}
	return p.zoned(m, zone)
}

// zoned reads Z or an offset, or uses zone, and gives the time in UTC.
func (p *clock) zoned(m moment, zone *time.Location) (time.Time, string) {
	p.s = strings.TrimLeft(p.s, " ")
	var offset *time.Location
	switch {
	case p.any("Zz"):
		offset = time.UTC
	case strings.HasPrefix(p.s, "UTC"):
		offset, p.s = time.UTC, p.s[len("UTC"):]
	case p.s != "" && (p.s[0] == '+' || p.s[0] == '-'):
		sign := 1
		if p.s[0] == '-' {
			sign = -1
		}
		p.s = p.s[1:]
		h, ok1 := p.number(2, 2)
		p.any(":")
		minutes, ok2 := p.number(2, 2)
		if !ok1 || !ok2 || h > 14 || minutes > 59 {
			return time.Time{}, CodeTime
		}
		offset = time.FixedZone("", sign*(h*3600+minutes*60))
	}
	if p.s != "" {
		return time.Time{}, CodeTime
	}
	in := offset
	if in == nil {
		in = time.UTC // to check the date itself first
	}
	t := m.in(in)
	if !m.same(t) {
		return time.Time{}, CodeTimeAbsurd
	}
	if offset == nil {
		if zone == nil {
			return time.Time{}, CodeTimeZone
		}
		if t = m.in(zone); !m.same(t) {
			return time.Time{}, CodeTimeAbsurd
		}
		// Where clocks went back the same wall clock time exists once more, at most a few hours away.
		for _, d := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
			if m.same(t.Add(d)) || m.same(t.Add(-d)) {
				return time.Time{}, CodeTimeFold
			}
		}
	}
	return possible(t)
}

func (m moment) in(zone *time.Location) time.Time {
	return time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, int(m.nanos), zone)
}

// same reports whether t shows the moment as written: no 31 February, 24:00, second 60, or hour that a change of clocks left out.
func (m moment) same(t time.Time) bool {
	return t.Year() == m.year && int(t.Month()) == m.month && t.Day() == m.day &&
		t.Hour() == m.hour && t.Minute() == m.minute && t.Second() == m.second
}
