package watch

import (
	"cmp"
	"slices"
	"time"

	"vigie/internal/advisory"
	"vigie/internal/buildno"
	"vigie/internal/casefile"
)

// Level says how loud a finding is.
type Level string

// The levels.
const (
	Now      Level = "P1" // act now: attacked, or open to the Internet and easy
	Week     Level = "P2"
	Window   Level = "P3" // the next maintenance window
	Know     Level = "P4" // not known, or support ends
	NoAction Level = ""   // fixed, not affected
)

// Exposure says whether a machine can be reached from the Internet.
type Exposure string

// The exposures; not known is a value.
const (
	Exposed         Exposure = "exposed"
	Internal        Exposure = "internal"
	ExposureUnknown Exposure = "unknown"
)

// Steps of EPSS that count, between two files of one model (FIRST publishes scores from 0 to 1).
const (
	jumpRise  = 0.2
	jumpDays  = 7
	highScore = 0.1
	topScore  = 0.5
)

// endNear are the days before the end of support in which it is told.
const endNear = 180

// Reason is why a level is what it is.
type Reason struct {
	Code string        `json:"code"` // exploited, alert, public-exploit, exposed, epss-jump, epss-high, severe, end-of-support
	Why  casefile.Text `json:"why"`
}

// Grade gives the level of a verdict, with reasons. Nothing that is fixed or not affected has a level.
func (x *Index) Grade(v Verdict, p *Product, exposed Exposure) (Level, []Reason) {
	switch v.Status {
	case Fixed, NotAffected:
		return NoAction, nil
	}
	var out []Reason
	has := map[advisory.Sign]bool{}
	for _, s := range x.signals[v.CVE] {
		if has[s.Kind] {
			continue
		}
		has[s.Kind] = true
		switch s.Kind {
		case advisory.Exploited:
			out = append(out, Reason{"exploited", both("Faille attaquée, selon %[1]s, depuis le %[2]s au plus tard.", "Attacked, says %[1]s, since %[2]s at the latest.", s.By, s.Date)})
		case advisory.Ransomware:
			out = append(out, Reason{"ransomware", both("Utilisée par des rançongiciels, selon %[1]s.", "Used by ransomware, says %[1]s.", s.By)})
		case advisory.Alert:
			out = append(out, Reason{"alert", both("Alerte %[1]s du %[2]s.", "Alert %[1]s of %[2]s.", s.Ref, s.Date)})
		case advisory.Public:
			out = append(out, Reason{"public-exploit", both("Un code d'attaque est public, selon %[1]s.", "Exploit code is public, says %[1]s.", s.By)})
		case advisory.Severe:
			out = append(out, Reason{"severe", both("Gravité de 9 ou plus, selon %[1]s.", "Severity of 9 or more, says %[1]s.", s.By)})
		}
	}
	open := exposed == Exposed || exposed != Internal && p.Role == "edge"
	if open {
		why := casefile.Text{FR: "La machine répond depuis Internet.", EN: "The machine can be reached from the Internet."}
		if exposed != Exposed {
			why = casefile.Text{FR: "Le produit est fait pour répondre depuis Internet, et rien ne dit que celui-ci n'y répond pas.", EN: "The product is made to face the Internet, and nothing says that this one does not."}
		}
		out = append(out, Reason{"exposed", why})
	}
	score, jump := x.epss(v.CVE)
	if jump != (casefile.Text{}) {
		out = append(out, Reason{"epss-jump", jump})
	}
	level := Window
	attacked := has[advisory.Exploited] || has[advisory.Alert] || has[advisory.Ransomware]
	easy := has[advisory.NoLogin] && has[advisory.Public] || has[advisory.Automatable] && has[advisory.Total]
	switch {
	case attacked, open && easy:
		level = Now
	case p.Role != "client" && (has[advisory.Severe] || has[advisory.Public] || score >= highScore || jump != (casefile.Text{})):
		level = Week
	}
	if v.Status == Unknown && !(attacked && v.Rule != "not-listed") {
		level = Know // weak evidence is loud only for what is attacked
	}
	if v.Status == Mitigated && level == Now {
		level = Week
	}
	return level, out
}

// epss gives the newest score of a flaw, and in words a jump of it inside one model: over a step, or by much within days. A model that changes moves
// scores with no new fact, so scores of two models never compare; without a named model nothing does.
func (x *Index) epss(cve string) (float32, casefile.Text) {
	var none casefile.Text
	if len(x.scores) == 0 {
		return 0, none
	}
	last := x.scores[len(x.scores)-1]
	now, ok := last.ByCVE[cve]
	if !ok || last.Model == "" {
		return now, none
	}
	today, err := time.Parse(time.DateOnly, last.Date)
	if err != nil {
		return now, none
	}
	for _, s := range slices.Backward(x.scores[:len(x.scores)-1]) {
		then, ok := s.ByCVE[cve]
		day, err := time.Parse(time.DateOnly, s.Date)
		if !ok || err != nil || s.Model != last.Model || today.Sub(day) > jumpDays*24*time.Hour {
			continue
		}
		if now-then >= jumpRise || then < highScore && now >= highScore || then < topScore && now >= topScore {
			return now, both("La probabilité d'attaque (EPSS) est passée de %[1]s à %[2]s depuis le %[3]s.", "The probability of attack (EPSS) went from %[1]s to %[2]s since %[3]s.",
				percent(then), percent(now), s.Date)
		}
	}
	return now, none
}

// percent writes a probability without a sign, which the languages set apart differently: 0.24.
func percent(p float32) string {
	n := int(p*100 + 0.5)
	return string([]byte{'0' + byte(n/100), '.', '0' + byte(n/10%10), '0' + byte(n%10)})
}

// Ending says when the support of what runs ends, and whether that is near or past; "" when not known.
func (x *Index) Ending(s Seen) (date string, near bool) {
	v, err := s.Product.scheme.Parse(s.Version)
	if err != nil {
		return "", false
	}
	if s.Product.Table != "" && x.kb != nil {
		if n, err := buildno.Parse(s.Version); err == nil {
			if line, ok := x.kb.ProductLine(n); ok {
				date = cmp.Or(line.SupportEnd, date)
			}
		}
	} else {
		date = x.supportEnd(s.Product, v.Branch)
	}
	end, err := time.Parse(time.DateOnly, date)
	today, err2 := time.Parse(time.DateOnly, x.at)
	return date, err == nil && err2 == nil && end.Sub(today) <= endNear*24*time.Hour
}
