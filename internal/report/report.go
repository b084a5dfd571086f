// Package report tells a case to a reader: a page for the terminal, and documents that a manager understands and a judge can follow
// down to a raw line.
//
// A document is built as a tree (package document) from facts with ids, once for each audience and language, refused by a linter when
// it could not be printed honestly, and rendered elsewhere. Nothing is judged here: counting, grouping and ranking were done when the
// case was made. Whatever comes from evidence is hostile: an attacker writes in the logs that are quoted here. So every string of a
// case passes visible or segments (see escape.go) before it reaches a terminal or a tree, and is bounded in length.
//
// The same case and options give the same bytes: the package reads no clock,
// no locale and no file.
package report

import (
	"strings"
	"time"

	"vigie/internal/casefile"
)

// Options says for whom a case is rendered. The zero value is an English page
// in UTC, 100 columns wide, without colour, marked TLP:AMBER.
type Options struct {
	// Lang is "fr"; anything else is English.
	Lang string
	// TZ adds local times beside UTC. Nil or UTC: UTC alone.
	TZ *time.Location
	// Title replaces the title of the HTML document.
	Title string
	// TLP is the sharing mark of the HTML document, TLP:AMBER when empty. A
	// client's own mark is possible.
	TLP string
	// Width is the number of columns of the terminal page, 100 when 0.
	Width int
	// Color allows colour on the terminal page. Nothing is said by colour alone.
	Color bool
	// Next are the commands that the terminal page proposes, most useful first.
	Next []string

	// For says who reads a document; everything when empty.
	For Audience
	// Identity is what must stand in a document that leaves the house.
	Identity Identity
	// Draft documents bear a watermark and need not pass the linter.
	Draft bool
	// Automatic documents are made by the program alone, with nobody who answers for them; each page says so.
	Automatic bool
	// Logo is the firm's picture, PNG or JPEG; Colour its colour, RRGGBB.
	Logo   []byte
	Colour string
}

// DefaultTLP is the sharing mark of a report that names none.
const DefaultTLP = "TLP:AMBER"

// DefaultWidth is the width of a terminal page that names none.
const DefaultWidth = 100

func (o Options) withDefaults() Options {
	if o.Lang != "fr" {
		o.Lang = "en"
	}
	if o.TLP == "" {
		o.TLP = DefaultTLP
	}
	if o.Width == 0 {
		o.Width = DefaultWidth
	}
	if o.For == "" {
		o.For = ForFull
	}
	o.Width = min(max(o.Width, minWidth), maxWidth)
	return o
}

// minWidth keeps a page of words from becoming a column of letters; maxWidth
// keeps a sentence readable, and the padding of a hostile width bounded.
const (
	minWidth = 40
	maxWidth = 240
)

// worst is the flaw that speaks for a host: the first, since a case lists the
// worst first. Nil when no flaw was judged.
func worst(h *casefile.Host) *casefile.FlawResult {
	if len(h.Flaws) == 0 {
		return nil
	}
	return &h.Flaws[0]
}

// findings of one host, in the order of the case.
func findingsOf(c *casefile.Case, host string) []*casefile.Finding {
	var list []*casefile.Finding
	for i := range c.Findings {
		if c.Findings[i].Host == host {
			list = append(list, &c.Findings[i])
		}
	}
	return list
}

// byID finds findings by id; the first of a doubled id wins.
func byID(c *casefile.Case) map[string]*casefile.Finding {
	m := make(map[string]*casefile.Finding, len(c.Findings))
	for i := range c.Findings {
		if _, ok := m[c.Findings[i].ID]; !ok {
			m[c.Findings[i].ID] = &c.Findings[i]
		}
	}
	return m
}

// acts is how often something was done: distinct acts where they were counted,
// records otherwise.
func acts(f *casefile.Finding) int64 {
	if f.Acts > 0 {
		return f.Acts
	}
	return max(f.Count, 1)
}

// evidenceSpan is the time from the first to the last dated record of a case.
// Both are zero when nothing is dated.
func evidenceSpan(c *casefile.Case) (first, last time.Time) {
	see := func(a, b *time.Time) {
		if a != nil && !a.IsZero() && (first.IsZero() || a.Before(first)) {
			first = *a
		}
		if b != nil && !b.IsZero() && b.After(last) {
			last = *b
		}
	}
	for i := range c.Hosts {
		h := &c.Hosts[i]
		for j := range h.Sources {
			see(h.Sources[j].First, h.Sources[j].Last)
		}
		for j := range h.Flaws {
			for k := range h.Flaws[j].Coverage.Sources {
				s := &h.Flaws[j].Coverage.Sources[k]
				see(s.First, s.Last)
			}
		}
	}
	for i := range c.Ledger.Items {
		see(c.Ledger.Items[i].First, c.Ledger.Items[i].Last)
	}
	if last.IsZero() {
		for i := range c.Findings {
			see(&c.Findings[i].Time, &c.Findings[i].TimeEnd)
			see(nil, &c.Findings[i].Time)
		}
	}
	return first, last
}

// restsOnSources says whether the flaw requires any source; without one its
// overall coverage means nothing.
func restsOnSources(r *casefile.FlawResult) bool {
	for i := range r.Coverage.Sources {
		if r.Coverage.Sources[i].Required {
			return true
		}
	}
	return false
}

// firstSign is the time of the earliest success or follow-up among findings
// that can carry a verdict, zero when there is none.
func firstSign(fs []*casefile.Finding) time.Time {
	var t time.Time
	for _, f := range fs {
		if f.Stage != casefile.Success && f.Stage != casefile.FollowUp || f.Weight == casefile.None || f.Time.IsZero() {
			continue
		}
		if t.IsZero() || f.Time.Before(t) {
			t = f.Time
		}
	}
	return t
}

// share clamps a coverage to 0..1; NaN becomes 0, since the unknown is not covered.
func share(f float64) float64 {
	if f >= 1 {
		return 1
	}
	if f > 0 {
		return f
	}
	return 0
}

func or(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	return a
}
