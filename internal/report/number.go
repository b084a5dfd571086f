package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Int writes a whole number with its thousands apart: 1 234 567 (narrow
// no-break spaces) or 1,234,567.
func (p *Printer) Int(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	sep := ","
	if p.lang == "fr" {
		sep = nnbsp
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range []byte(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(d)
	}
	return b.String()
}

// tenths writes n/10 with one decimal, none when it is zero.
func (p *Printer) tenths(n int64) string {
	s := p.Int(n / 10)
	if n%10 == 0 {
		return s
	}
	if p.lang == "fr" {
		return s + "," + strconv.FormatInt(n%10, 10)
	}
	return s + "." + strconv.FormatInt(n%10, 10)
}

// Percent writes a share of 0 to 1, cut to one decimal and never rounded up: a
// window that lacks a minute is not at 100 %. What is more than nothing and
// less than a tenth is said so.
func (p *Printer) Percent(share01 float64) string {
	return p.percent(share01, func(n string) string { return p.T("number.under", "N", n) })
}

func (p *Printer) percent(share01 float64, under func(string) string) string {
	f := share(share01)
	n := int64(math.Floor(f*1000 + 1e-9))
	if f < 1 && n >= 1000 {
		n = 999
	}
	unit := "%"
	if p.lang == "fr" {
		unit = nbsp + "%"
	}
	if n == 0 && f > 0 {
		return under(p.tenths(1) + unit)
	}
	return p.tenths(n) + unit
}

// shortPercent is Percent in few columns.
func (p *Printer) shortPercent(share01 float64) string {
	return p.percent(share01, func(n string) string { return p.T("number.undershort", "N", n) })
}

// Bytes writes a size in decimal units: 1 Mo = 1 MB = 10^6. Sizes under a
// thousand are exact.
func (p *Printer) Bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	if p.lang == "fr" {
		units = []string{"o", "ko", "Mo", "Go", "To"}
	}
	if n < 1000 {
		return p.Int(n) + nbsp + units[0]
	}
	div, u := int64(1000), 1
	for u < len(units)-1 && n/div >= 1000 {
		div *= 1000
		u++
	}
	whole, rest := n/div, n%div
	return p.tenths(whole*10+rest/(div/10)) + nbsp + units[u]
}

// Duration writes a length of time in its two largest units: "3 jours 4 h",
// "2 h 05 min", "12 s".
func (p *Printer) Duration(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	if d < time.Second {
		return p.T("duration.under", "N", "1"+nbsp+"s")
	}
	s := int64(d / time.Second)
	days, hours, mins := s/86400, s/3600%24, s/60%60
	two := func(n int64) string { return strconv.FormatInt(100+n, 10)[1:] }
	switch {
	case days > 0 && hours > 0 && days < 100:
		return p.N("duration.days", days) + " " + p.Int(hours) + nbsp + "h"
	case days > 0:
		return p.N("duration.days", days)
	case hours > 0 && mins > 0:
		return p.Int(hours) + nbsp + "h" + nbsp + two(mins) + nbsp + "min"
	case hours > 0:
		return p.Int(hours) + nbsp + "h"
	case mins > 0 && s%60 > 0:
		return p.Int(mins) + nbsp + "min" + nbsp + two(s%60) + nbsp + "s"
	case mins > 0:
		return p.Int(mins) + nbsp + "min"
	}
	return p.Int(s) + nbsp + "s"
}
