package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/fr"
)

// Times are shown in UTC, with the zone named beside each; a printer made with
// In adds the local time. A zero time is not a date: it is said to be unknown.

var months = map[string]locales.Translator{"fr": fr.New(), "en": en.New()}

// Date writes a day in UTC: "3 mars 2021", "1er mars 2021", "3 March 2021".
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return p.T("time.unknown")
	}
	return p.day(t.UTC())
}

func (p *Printer) day(t time.Time) string {
	d := strconv.Itoa(t.Day())
	if p.lang == "fr" && t.Day() == 1 {
		d = "1er"
	}
	return d + nbsp + p.month(t) + " " + strconv.Itoa(t.Year())
}

func (p *Printer) month(t time.Time) string { return months[p.lang].MonthWide(t.Month()) }

func (p *Printer) shortMonth(t time.Time) string {
	return months[p.lang].MonthAbbreviated(t.Month())
}

// DateTime writes a minute: "3 mars 2021 à 05 h 12 (UTC)", "3 March 2021,
// 05:12 UTC"; with a local zone it follows in the same parentheses or after.
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return p.T("time.unknown")
	}
	u := t.UTC()
	if p.tz == nil {
		if p.lang == "fr" {
			return p.day(u) + " à " + p.clock(u) + " (UTC)"
		}
		return p.day(u) + ", " + p.clock(u) + " UTC"
	}
	l := u.In(p.tz)
	local := p.clock(l)
	if l.YearDay() != u.YearDay() {
		local = p.moment(l)
	}
	if p.lang == "fr" {
		return fmt.Sprintf("%s (UTC ; %s, %s)", p.moment(u), local, p.zone(l))
	}
	return fmt.Sprintf("%s UTC (%s, %s)", p.moment(u), local, p.zone(l))
}

func (p *Printer) moment(t time.Time) string {
	if p.lang == "fr" {
		return p.day(t) + " à " + p.clock(t)
	}
	return p.day(t) + ", " + p.clock(t)
}

func (p *Printer) clock(t time.Time) string {
	if p.lang == "fr" {
		return fmt.Sprintf("%02d%sh%s%02d", t.Hour(), nbsp, nbsp, t.Minute())
	}
	return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute())
}

// zone names the printer's zone at a time: "heure de Paris, UTC+1".
func (p *Printer) zone(t time.Time) string {
	off := offset(t)
	city := p.city()
	if city == "" {
		return off
	}
	if p.lang == "fr" {
		return "heure " + p.De(city) + ", " + off
	}
	return city + " time, " + off
}

// Zone names the zones of the printer's times, for the head of a report.
func (p *Printer) Zone() string {
	switch {
	case p.tz == nil:
		return p.T("time.zone.utc")
	case p.city() == "":
		return p.T("time.zone.local", "Zone", visible(p.tz.String()))
	}
	return p.T("time.zone.local", "Zone", p.city())
}

// city is the town that names the zone, "" when the zone names none.
func (p *Printer) city() string {
	name := p.tz.String()
	i := strings.LastIndexByte(name, '/')
	if i < 0 || strings.HasPrefix(name, "Etc/") {
		return ""
	}
	c := visible(strings.ReplaceAll(name[i+1:], "_", " "))
	if p.lang == "fr" {
		if f, ok := frenchCities[c]; ok {
			return f
		}
	}
	return c
}

// frenchCities are towns of the zone database whose French name differs and
// from which our readers write.
var frenchCities = map[string]string{
	"Brussels": "Bruxelles", "London": "Londres", "Algiers": "Alger", "Lisbon": "Lisbonne",
	"Rome": "Rome", "Vienna": "Vienne", "Warsaw": "Varsovie", "Athens": "Athènes",
	"Copenhagen": "Copenhague", "Montreal": "Montréal", "Reunion": "La Réunion",
	"Noumea": "Nouméa", "Cayenne": "Cayenne", "Zurich": "Zurich",
}

func offset(t time.Time) string {
	_, sec := t.Zone()
	if sec == 0 {
		return "UTC"
	}
	sign := "+"
	if sec < 0 {
		sign, sec = "-", -sec
	}
	if sec%3600 == 0 {
		return fmt.Sprintf("UTC%s%d", sign, sec/3600)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, sec/3600, sec/60%60)
}

// Stamp writes a second the same way in both languages, for tables and raw
// lines: "2021-03-03 05:12:33 UTC".
func (p *Printer) Stamp(t time.Time) string {
	if t.IsZero() {
		return p.T("time.unknown")
	}
	return t.UTC().Format("2006-01-02 15:04:05" + nbsp + "UTC")
}

// LocalStamp is Stamp in the printer's zone, "" when it has none.
func (p *Printer) LocalStamp(t time.Time) string {
	if t.IsZero() || p.tz == nil {
		return ""
	}
	l := t.In(p.tz)
	return l.Format("2006-01-02 15:04:05") + nbsp + offset(l)
}
