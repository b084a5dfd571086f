package sigma

// The time modifiers: field|hour: 3 compares a part of a time. The time is taken as it is written, in whatever zone that is; Windows events
// and most logs are in UTC.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigie/internal/diag"
)

// timeRanges gives the least and the greatest number of each time part. Weeks are those of ISO 8601, of which some years have 53.
var timeRanges = map[string][2]int64{
	"minute": {0, 59}, "hour": {0, 23}, "day": {1, 31}, "week": {1, 53}, "month": {1, 12}, "year": {1, 9999},
}

var timeParts = []string{"minute", "hour", "day", "week", "month", "year"}

func checkTimePart(part string, n number) error {
	r := timeRanges[part]
	if !n.exact || n.i < r[0] || n.i > r[1] {
		return fmt.Errorf("modifier %q needs a whole number from %d to %d, this is %s", part, r[0], r[1], diag.Quote(strconv.FormatFloat(n.f, 'g', -1, 64)))
	}
	return nil
}

// timePart gives a part of a time that is written as a date (2021-03-02 or 2021/03/02), a date and a time of day after a blank or a T, or a
// time of day (08:51 or 08:51:00.123). What follows the minutes is not looked at.
func timePart(part, text string) (number, bool) {
	date, clock := strings.TrimSpace(text), ""
	switch {
	case len(date) > 10 && strings.IndexByte("Tt ", date[10]) >= 0:
		date, clock = date[:10], date[11:]
	case len(date) > 2 && date[2] == ':':
		date, clock = "", date
	case len(date) != 10:
		return number{}, false
	}
	switch part {
	case "minute", "hour":
		h, okH := digits(clock, 0, 2)
		m, okM := digits(clock, 3, 2)
		if !okH || !okM || clock[2] != ':' || h > 23 || m > 59 || len(clock) > 5 && strings.IndexByte(":+-Zz ", clock[5]) < 0 {
			return number{}, false
		}
		if part == "hour" {
			return whole64(h), true
		}
		return whole64(m), true
	}
	y, okY := digits(date, 0, 4)
	m, okM := digits(date, 5, 2)
	d, okD := digits(date, 8, 2)
	if !okY || !okM || !okD || date[4] != date[7] || date[4] != '-' && date[4] != '/' {
		return number{}, false
	}
	t := time.Date(int(y), time.Month(m), int(d), 0, 0, 0, 0, time.UTC)
	if t.Month() != time.Month(m) || t.Day() != int(d) {
		return number{}, false // 31 February
	}
	switch part {
	case "day":
		return whole64(d), true
	case "month":
		return whole64(m), true
	case "week":
		_, w := t.ISOWeek()
		return whole64(int64(w)), true
	}
	return whole64(y), true
}

// digits reads n decimal digits at a place of s.
func digits(s string, at, n int) (int64, bool) {
	if len(s) < at+n {
		return 0, false
	}
	var v int64
	for _, c := range []byte(s[at : at+n]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

// compares says whether a value of an event satisfies a comparison.
func (p *pred) compares(text string) bool {
	n, ok := number{}, false
	if p.part == "" {
		n, ok = parseNumber(text)
	} else {
		n, ok = timePart(p.part, text)
	}
	if !ok {
		return false
	}
	c := n.compare(p.num)
	switch p.rel {
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	}
	return c == 0
}
