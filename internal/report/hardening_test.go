package report

import (
	"bytes"
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/document/paper"
	unstyled "vigie/internal/document/plain"
	"vigie/internal/document/webpage"
)

// A case with exports of settings and accounts, one of them hostile.
func hardenedCase() *casefile.Case {
	c := confirmedCase()
	host := c.Hosts[0].Name
	c.Checks = []casefile.Check{
		{ID: "tls-old", Host: host, Severity: "high", Result: casefile.NotMet, Title: tt{FR: "TLS 1.0 est coupé", EN: "TLS 1.0 is off"}, Expected: tt{FR: "0", EN: "0"},
			Fix: tt{FR: "Couper TLS 1.0.", EN: "Turn TLS 1.0 off."}, Found: []casefile.Found{{Key: "Enabled", Value: nasty, Where: nasty}}, More: 2},
		{ID: "epa", Host: host, Severity: nasty, Result: casefile.CheckResult(nasty), Title: tt{FR: "EPA", EN: "EPA"}},
	}
	for range 200 {
		c.AccountFacts = append(c.AccountFacts, casefile.AccountFact{Kind: casefile.RuleForwards, Account: "=cmd|' /C calc'!A0", Detail: nasty, Where: "mailboxes.csv"})
	}
	return c
}

func TestHardeningIsShown(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][]string{
		"fr": {"TLS 1.0 est coupé", "non respecté", "Couper TLS 1.0.", "et 2 autres", "règle de boîte qui transfère", "140 autres lignes"},
		"en": {"TLS 1.0 is off", "not met", "Turn TLS 1.0 off.", "and 2 others", "inbox rule that forwards", "140 more rows"},
	} {
		d := Build(Source{Case: hardenedCase()}, options(lang))
		var html, md, pdf bytes.Buffer
		if err := webpage.Write(&html, d); err != nil {
			t.Fatal(err)
		}
		checkHTML(t, html.Bytes())
		if err := unstyled.Markdown(&md, d); err != nil {
			t.Fatal(err)
		}
		if err := paper.Write(&pdf, d, paper.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(html.String(), w) || !strings.Contains(md.String(), w) {
				t.Errorf("%s: %q is not shown", lang, w)
			}
		}
	}
}

// Whatever evidence holds, the forms without layout keep it as words.
func TestHostilePlain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*casefile.Case{"hostile": hostileCase(), "raw": rawHostileCase(), "settings": hardenedCase()} {
		d := Build(Source{Case: c}, options("en"))
		var md, js bytes.Buffer
		if err := unstyled.Markdown(&md, d); err != nil {
			t.Fatal(err)
		}
		for l := range strings.SplitSeq(md.String(), "\n") {
			if strings.HasPrefix(l, "    ") || l == "<!-- -->" {
				continue // a quoted record, which is code
			}
			if strings.Contains(l, "<") || strings.Contains(l, "://") || strings.Contains(strings.ReplaceAll(l, `\[`, ""), "[") {
				t.Fatalf("%s: HTML or a link in %.200q", name, l)
			}
		}
		if err := unstyled.JSON(&js, d); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(js.String(), "<>\x1b\u202e") {
			i := strings.IndexAny(js.String(), "<>\x1b\u202e")
			t.Errorf("%s: JSON holds what a page or a terminal would act on: %+q", name, js.String()[max(0, i-60):i+10])
		}
		for _, s := range unstyled.Sheets(d) {
			var csv bytes.Buffer
			if err := unstyled.CSV(&csv, s.Table); err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{"\n=", ",=", "\"=", "\x1b", "\u202e"} {
				if strings.Contains(csv.String(), bad) {
					t.Errorf("%s: %s: %q in a sheet", name, s.Name, bad)
				}
			}
		}
	}
}
