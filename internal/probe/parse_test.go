package probe_test

import (
	"slices"
	"strings"
	"testing"

	"vigie/internal/probe"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{ // host, scheme and port
		"mail.example.test":               "mail.example.test",
		"MAIL.Example.Test.":              "mail.example.test",
		"bücher.example.test":             "xn--bcher-kva.example.test",
		"mail.example.test:8443":          " mail.example.test 8443",
		"https://mail.example.test/":      "https mail.example.test 443",
		"smtp://mail.example.test:587":    "smtp mail.example.test 587",
		"192.0.2.1":                       "192.0.2.1",
		"192.0.2.1:25":                    " 192.0.2.1 25",
		"2001:db8::1":                     "2001:db8::1",
		"[2001:db8::1]:443":               " 2001:db8::1 443",
		"[2001:db8::1]":                   "2001:db8::1",
		"::ffff:192.0.2.1":                "192.0.2.1",
		"":                                "error",
		"2130706433":                      "error",
		"0x7f.0x1":                        "error",
		"127.1":                           "error",
		"fe80::1%eth0":                    "error",
		"https://user@mail.example.test/": "error",
		"https://mail.example.test/owa/":  "error",
		"gopher://mail.example.test":      "error",
		"mail.example.test:0":             "error",
		"mail.example.test:99999":         "error",
		"mail..example.test":              "error",
		".example.test":                   "error",
		"mail example.test":               "error",
		"mail.example.test\r\nX: y":       "error",
		"mail.example.test@192.0.2.1":     "error",
		"a\x00b":                          "error",
		strings.Repeat("a", 300):          "error",
	} {
		target, err := probe.ParseTarget(in)
		got := target.Key()
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	text := "\ufeff# the estate\nmail.example.test # first\n\n192.0.2.0/30\n2001:db8::/127\n10.0.0.0/8\nbad host\nlast.example.test"
	var got []string
	for target, err := range probe.List(strings.NewReader(text)) {
		if err != nil {
			line, _, _ := strings.Cut(err.Error(), ":")
			got = append(got, line)
			continue
		}
		got = append(got, target.Text)
	}
	want := []string{"mail.example.test", "192.0.2.1", "192.0.2.2", "2001:db8::", "2001:db8::1", "line 6", "line 7", "last.example.test"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestReadScopeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing", "good.example.test\nbad host", "https://x.example.test", "x.example.test:25", "192.0.2.0/33"} {
		if _, err := probe.ReadScope(strings.NewReader(text)); err == nil {
			t.Errorf("%q accepted", text)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"mail.example.test", "[::1]:25", "https://x/", "192.0.2.0/24", "bücher.de", "0x7f.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := probe.ParseTarget(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(target.Host, "\r\n \x00/@%") || target.Host == "" {
			t.Errorf("%q gives the host %q", s, target.Host)
		}
	})
}
