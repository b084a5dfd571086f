package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"vigie/internal/casefile"
)

// nasty is what an attacker would write into a log to reach the reader.
const nasty = "<script>alert(1)</script>\"'><img src=//evil.example/x onerror=alert(1)> {{.}} ${7*7} =1+1 \x1b[31mred\x1b]0;t\x07\u009b2J \u202egnp.exe\u2066 z\u200bw\ufeff \u0430dmin c\u0327\u0327\u0327\u0327\u0327 \U000e0041 </style></title><!-- javascript:alert(1) \r\nFake line"

func hostileCase() *casefile.Case {
	c := confirmedCase()
	tn := tt{FR: nasty, EN: nasty}
	h := &c.Hosts[0]
	h.Name, h.Product, h.Build, h.BuildLabel = nasty, nasty, nasty, nasty
	h.Notes = []tt{tn}
	h.NotExamined[0] = casefile.NotExamined{ID: nasty, Reason: tn}
	for i := range h.Builds {
		h.Builds[i].Build, h.Builds[i].Label, h.Builds[i].Ref.Path = nasty, nasty, nasty
	}
	f := &h.Flaws[0]
	f.ID, f.Name, f.CVEs, f.Verdict, f.Confidence, f.StateNow = nasty, nasty, []string{nasty}, nasty, nasty, nasty
	f.Sentence, f.StateWhy, f.Why, f.WouldChange = tn, tn, []tt{tn}, []tt{tn}
	f.Window.FromWhy, f.Window.ToWhy = tn, tn
	f.Reasons = append(f.Reasons, nasty)
	f.Coverage.Overall = -7
	for i := range f.Coverage.Sources {
		f.Coverage.Sources[i].Kind, f.Coverage.Sources[i].Name, f.Coverage.Sources[i].Covered = nasty, tn, 99
	}
	f.Coverage.Sources[0].Holes = []casefile.Span{span("2021-03-10 00:00:00", "2021-03-01 00:00:00"), span("1999-01-01 00:00:00", "2199-01-01 00:00:00")}
	for i := range c.Findings {
		g := &c.Findings[i]
		g.Host, g.Flaw, g.Title, g.Harmless, g.Rule, g.RuleVersion = nasty, nasty, tn, tn, nasty, nasty
		g.Stage, g.Weight = nasty, nasty
		g.Attack, g.Sources, g.Clients, g.Accounts, g.Objects = []string{nasty}, []string{nasty}, []string{nasty}, []string{nasty}, []string{nasty}
		for j := range g.Evidence {
			g.Evidence[j].Path, g.Evidence[j].Rule, g.Evidence[j].SHA256, g.Evidence[j].Raw = nasty, nasty, nasty, nasty
		}
	}
	c.Findings[0].ID, c.Findings[0].Stage = nasty, casefile.Attempt
	c.Findings[1].Stage = casefile.Success
	c.Touched.Mailboxes[0] = casefile.TouchedItem{Name: nasty, Host: nasty, Certainty: nasty, Why: tn, CannotKnow: tn, Findings: []string{nasty, "nope"}}
	for i := range c.Actions {
		a := &c.Actions[i]
		a.ID, a.Host, a.Title, a.Why, a.Check, a.Answers = nasty, nasty, tn, tn, tn, []string{nasty}
	}
	c.Actions[4].Phase, c.Actions[4].Priority = nasty, nasty
	c.Gaps[0] = casefile.Gap{Code: nasty, Path: nasty, Where: nasty, Action: nasty, Detail: nasty, Offset: -1, Count: 3}
	c.Ledger.Items[0].Path, c.Ledger.Items[0].Kind, c.Ledger.Items[0].SHA256, c.Ledger.Items[0].SameAs = nasty, nasty, nasty, nasty
	c.Ledger.Bytes = 1
	c.Budgets[0].Name = nasty
	c.Vigie = casefile.Program{Version: nasty, Rules: casefile.RulePack{Version: nasty, SHA256: nasty}, Knowledge: casefile.Knowledge{Date: nasty}}
	return c
}

// In memory a case can hold what JSON cannot: bytes that are not UTF-8, and fields of any size.
func rawHostileCase() *casefile.Case {
	c := hostileCase()
	big := strings.Repeat("A\xff\xfe\x00\x9b", 1<<20/5)
	c.Hosts[0].Name = big
	c.Findings[1].Host = big
	c.Findings[1].Evidence[0].Raw = big
	c.Findings[1].Evidence[0].Path = big
	c.Findings[1].Title = tt{FR: big, EN: strings.Repeat("e\u0301\u0301", 1<<18)}
	c.Hosts[0].Flaws[0].Sentence = tt{FR: big, EN: big}
	c.Gaps[0].Path = big
	c.Touched.Accounts[0].Name = big
	return c
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	for _, c := range []*casefile.Case{hostileCase(), rawHostileCase()} {
		for _, lang := range []string{"fr", "en"} {
			for _, width := range []int{1, 40, 100, 1 << 30} {
				var b bytes.Buffer
				o := options(lang)
				o.Width, o.Next = width, []string{nasty}
				if err := Text(&b, c, o); err != nil {
					t.Fatal(err)
				}
				for _, r := range b.String() {
					if r != '\n' && hidden(r) || r == utf8.RuneError {
						t.Fatalf("%s, width %d: %U reaches the terminal", lang, width, r)
					}
				}
				if strings.Contains(b.String(), "\nFake line") {
					t.Error("evidence made a line of its own")
				}
			}
		}
	}
}

func TestHostileHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []*casefile.Case{hostileCase(), rawHostileCase()} {
		var b bytes.Buffer
		o := options("en")
		o.Title, o.TLP = nasty, nasty
		if err := HTML(&b, c, o); err != nil {
			t.Fatal(err)
		}
		checkHTML(t, b.Bytes())
		if n := b.Len(); n > 2<<20 {
			t.Errorf("%d bytes: the fields are not bounded", n)
		}
		for _, r := range b.String() {
			if r != '\n' && r != '\t' && hidden(r) || r == utf8.RuneError {
				t.Fatalf("%U reaches the browser", r)
			}
		}
	}
}

// void elements have no end tag; svg ones end themselves.
var void = map[string]bool{"meta": true, "br": true, "img": true, "link": true, "hr": true, "input": true}

// checkHTML holds a document to what the report promises: nothing that runs,
// nothing fetched, every reference within it, every element closed.
func checkHTML(t *testing.T, doc []byte) {
	t.Helper()
	if !utf8.Valid(doc) {
		t.Error("the document is not UTF-8")
	}
	allowed := map[string]bool{}
	for _, n := range strings.Fields("html head meta title style body a header p span h1 h2 h3 h4 h5 nav ul ol li main section div b bdi table thead tbody tr th td caption dl dt dd details summary pre code time figure figcaption footer svg g rect path circle text defs pattern desc") {
		allowed[n] = true
	}
	ids, refs := map[string]bool{}, map[string]bool{}
	var open []string
	svg, lastHeading := 0, 0
	z := html.NewTokenizer(bytes.NewReader(doc))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		tok := z.Token()
		switch tt {
		case html.CommentToken:
			t.Errorf("comment %q", tok.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if !allowed[tok.Data] {
				t.Errorf("element <%s>", tok.Data)
			}
			if svg > 0 && (tok.Data == "span" || tok.Data == "p" || tok.Data == "div") {
				t.Errorf("<%s> breaks out of an svg", tok.Data)
			}
			if len(tok.Data) == 2 && tok.Data[0] == 'h' && unicode.IsDigit(rune(tok.Data[1])) {
				n := int(tok.Data[1] - '0')
				if n > lastHeading+1 {
					t.Errorf("heading h%d follows h%d", n, lastHeading)
				}
				lastHeading = n
			}
			if tok.Data == "th" && attr(tok, "scope") == "" {
				t.Error("th without scope")
			}
			checkAttrs(t, tok, ids, refs)
			if tt == html.StartTagToken && !void[tok.Data] {
				open = append(open, tok.Data)
				if tok.Data == "svg" {
					svg++
				}
			}
		case html.EndTagToken:
			if n := len(open); n == 0 || open[n-1] != tok.Data {
				t.Fatalf("</%s> closes %v", tok.Data, open[max(0, n-3):])
			}
			open = open[:len(open)-1]
			if tok.Data == "svg" {
				svg--
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("never closed: %v", open)
	}
	for r := range refs {
		if !ids[r] {
			t.Errorf("reference to %q, which does not exist", r)
		}
	}
	for _, want := range []string{"<!DOCTYPE html>", `<html lang="`, "default-src 'none'", DefaultTLP[:4]} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("the document lacks %q", want)
		}
	}
	if strings.Contains(string(doc), "ZgotmplZ") {
		t.Error("html/template refused a value")
	}
}

func attr(tok html.Token, name string) string {
	for _, a := range tok.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func checkAttrs(t *testing.T, tok html.Token, ids, refs map[string]bool) {
	t.Helper()
	for _, a := range tok.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"):
			t.Errorf("event handler %s on <%s>", a.Key, tok.Data)
		case a.Key == "style":
			t.Errorf("inline style on <%s>", tok.Data)
		case a.Key == "src", a.Key == "srcset", a.Key == "action", a.Key == "xlink:href", a.Key == "data":
			t.Errorf("%s on <%s>", a.Key, tok.Data)
		case a.Key == "href":
			if !strings.HasPrefix(a.Val, "#") {
				t.Errorf("href %q leads outside", a.Val)
			}
			refs[a.Val[1:]] = true
		case a.Key == "fill" && a.Val != "none":
			refs[strings.TrimSuffix(strings.TrimPrefix(a.Val, "url(#"), ")")] = true
		case a.Key == "aria-labelledby":
			for _, r := range strings.Fields(a.Val) {
				refs[r] = true
			}
		case a.Key == "id":
			if ids[a.Val] {
				t.Errorf("id %q twice", a.Val)
			}
			ids[a.Val] = true
		case a.Key == "datetime":
			if _, err := time.Parse(time.RFC3339, a.Val); err != nil {
				t.Error(err)
			}
		}
	}
}

// FuzzVisible: whatever a log holds, nothing hidden is left in what is shown,
// and it fits where it is put.
func FuzzVisible(f *testing.F) {
	f.Add(nasty)
	f.Add("a\xff\u202e\u0301\u0301\u0301\u0301 \u0430dmin")
	f.Fuzz(func(t *testing.T, s string) {
		out := visible(s)
		for _, r := range out {
			if hidden(r) || r == '\n' || r == '\t' {
				t.Fatalf("%U is left of %+q", r, s)
			}
		}
		if !utf8.ValidString(out) {
			t.Fatalf("%+q gives bytes that are not UTF-8", s)
		}
		for _, n := range []int{8, 20} {
			for _, l := range wrap(out, n) {
				if columns(l) > n {
					t.Fatalf("%+q is wider than %d", l, n)
				}
			}
			if columns(pad(out, n)) != n {
				t.Fatalf("%+q is not cut to %d", out, n)
			}
		}
	})
}
