package fingerprint_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"vigie/internal/diag"
	"vigie/internal/fingerprint"
	"vigie/internal/inventory"
	"vigie/knowledge"
)

func load(t testing.TB) *fingerprint.Set {
	t.Helper()
	s, err := fingerprint.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRead(t *testing.T) {
	t.Parallel()
	s := load(t)
	for _, c := range []struct {
		name     string
		at       string
		text     string
		question string
		want     []string // product kind value
	}{
		{"the manifest", "body", `<asmv1:assemblyIdentity name="x" version="15.1.2507.39" publicKeyToken="1"/>`, "exchange/exporttool", nil}, // another prefix than the tool writes
		{"the manifest as the tool writes it", "body", `<?xml version="1.0"?><assemblyIdentity name="microsoft.exchange.ediscovery.exporttool.application" version="15.1.2507.39" />`, "exchange/exporttool",
			[]string{"exchange http.exporttool 15.1.2507.39"}},
		{"a manifest elsewhere", "body", `<assemblyIdentity version="15.1.2507.39" />`, "any/root", nil},
		{"three parts", "body", `<link href="/owa/auth/15.1.2176/themes/x.css">`, "exchange/owa", []string{"exchange http.owa-path 15.1.2176"}},
		{"four parts, twice", "body", `"/owa/auth/15.2.2562.53/a" "/owa/auth/15.2.2562.53/b"`, "", []string{"exchange http.owa-path 15.2.2562.53"}},
		{"Exchange 2010", "body", `src="/owa/14.3.513.0/themes/"`, "", []string{"exchange http.owa-path 14.3.513.0"}},
		{"a header", "header:x-owa-version", "15.1.2507.39", "", []string{"exchange http.owa-version-header 15.1.2507.39"}},
		{"a header with something else", "header:X-OWA-Version", "15.1.2507.39; rm -rf", "", nil},
		{"names of servers", "headers", "X-FEServer: EX01", "", []string{"exchange http.header X-FEServer: EX01"}},
		{"SMTP", "smtp.banner", "220 mx.example.test Microsoft ESMTP MAIL Service ready at Mon, 1 Mar 2021", "",
			[]string{"exchange smtp.banner 220 mx.example.test Microsoft ESMTP MAIL Service ready at Mon, 1 Mar 2021"}},
		{"another mail server", "smtp.banner", "220 mx.example.test ESMTP Exim 4.96 Mon", "", []string{"exim exim.version 4.96"}},
		{"PRTG", "header:Server", "PRTG/24.1.92.1554", "", []string{"any http.server PRTG/24.1.92.1554", "prtg prtg.version 24.1.92.1554"}},
		{"a delivery network", "headers", "CF-RAY: 7d1f", "", []string{"cloudflare front.cloudflare CF-RAY: 7d1f"}},
		{"bytes that are no text", "header:Server", "PRTG\xff\xfe", "", []string{"any http.server PRTG\ufffd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, sight := range s.Read(fingerprint.Answer{At: c.at, Text: c.text, Question: c.question}) {
				got = append(got, sight.Print.ID+" "+sight.Kind+" "+sight.Value)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	s := load(t)
	var b strings.Builder
	for b.Len() < 1<<20 {
		b.WriteString(`"/owa/auth/15.1.` + strings.Repeat("1", 1+b.Len()%5) + `/x"`)
	}
	sights := s.Read(fingerprint.Answer{At: "body", Text: b.String()})
	if len(sights) == 0 || len(sights) > 4 {
		t.Errorf("%d clues", len(sights))
	}
}

// TestQuestionsAreHarmless: no question that ships has a query, an escape or a parent folder, and no host is asked more than the prober allows.
func TestQuestionsAreHarmless(t *testing.T) {
	t.Parallel()
	questions := load(t).Questions()
	if len(questions) == 0 || len(questions) > 10 {
		t.Errorf("%d questions", len(questions))
	}
	for _, q := range questions {
		if strings.ContainsAny(q.Path, "?%;@\\#&'\" ") || strings.Contains(q.Path, "..") {
			t.Errorf("%s asks for %s", q.ID, q.Path)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	const head = "id: x\nname: X\nrole: product\n"
	const fact = "certainty: sourced, source: S, date: 2026-01-01"
	for name, c := range map[string]struct{ text, want string }{
		"another id":               {"id: y\nname: X\nrole: product\nsigns: [{kind: x.y, at: title, match: a, " + fact + "}]", "fingerprint.id"},
		"an unknown field":         {head + "color: red\n", "fingerprint.yaml"},
		"a query":                  {head + "questions: [{id: q, path: '/a?b=c', ask: [always], why: {fr: a, en: b}, source: S, date: 2026-01-01}]", "fingerprint.question.path"},
		"a parent folder":          {head + "questions: [{id: q, path: /a/../b, ask: [always], why: {fr: a, en: b}, source: S, date: 2026-01-01}]", "fingerprint.question.path"},
		"no source":                {head + "signs: [{kind: x.y, at: title, match: a, certainty: sourced, date: 2026-01-01}]", "fingerprint.fact"},
		"a slow pattern for pages": {head + "signs: [{kind: x.y, at: body, match: '.*a', " + fact + "}]", "fingerprint.sign.match"},
		"a broken pattern":         {head + "signs: [{kind: x.y, at: title, match: '(', " + fact + "}]", "fingerprint.sign.match"},
		"two groups":               {head + "signs: [{kind: x.y, at: title, match: '(a)(b)', " + fact + "}]", "fingerprint.sign.match"},
		"an unknown place":         {head + "signs: [{kind: x.y, at: soul, match: a, " + fact + "}]", "fingerprint.sign.at"},
		"settles without version":  {head + "signs: [{kind: x.y, at: title, match: a, settles: true, " + fact + "}]", "fingerprint.sign.settles"},
		"two documents":            {head + "signs: [{kind: x.y, at: title, match: a, " + fact + "}]\n---\nid: z\n", "fingerprint.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fingerprint.Load(fstest.MapFS{"fingerprints/x.yml": {Data: []byte(c.text)}})
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(strings.Join(codes(err), " "), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	s := load(f)
	f.Add("body", `<assemblyIdentity version="15.1.2507.39"/>/owa/auth/15.1.2176/`)
	f.Add("headers", "X-FEServer: \x1b[2J")
	f.Add("smtp.banner", "220 x Microsoft ESMTP MAIL Service \u202e")
	f.Fuzz(func(t *testing.T, at, text string) {
		for _, sight := range s.Read(fingerprint.Answer{At: at, Text: text, Question: "exchange/exporttool"}) {
			if len(sight.Value) > inventory.MaxValue || !utf8.ValidString(sight.Value) {
				t.Errorf("%q", sight.Value)
			}
		}
	})
}

// codes gives the codes of a load that failed.
func codes(err error) (out []string) {
	problems, _ := errors.AsType[diag.Problems](err)
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return out
}
