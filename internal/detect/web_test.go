package detect_test

import (
	"strings"
	"testing"

	"vigie/internal/casefile"
	"vigie/internal/detect"
	"vigie/internal/kb"
	"vigie/knowledge"
)

// TestWebPaths asks for a script that no build ships, in the forms that Windows
// takes for the same file: the web check finds it, with and without the prefilter.
func TestWebPaths(t *testing.T) {
	t.Parallel()
	p := pack(t)
	const head = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
	for stem, want := range map[string]bool{
		"/owa/auth/q7.aspx": true, "/OWA/Auth/Q7.ASPX": true, "/owa/auth/q7.%61spx": true, "/owa/auth/q7.%u0061spx": true, "/owa//auth/q7.aspx": true,
		"//owa/auth/q7.aspx": true, "/owa///auth//q7.aspx": true, "/owa/auth/q7.aspx/x": true, "/owa/auth/q7.aspx/logon.aspx": true, "/aspnet_client//q7.aspx/": true,
		"/owa/auth/logon.aspx": false, "/owa//auth/logon.aspx": false, "/owa/auth/logon.aspx/q7.aspx": false, "/owa/auth/q7.txt": false, "/owa//auth": false,
		"/owa/auth/" + strings.Repeat("q", 3000) + ".aspx": true,
	} {
		for _, all := range []bool{true, false} {
			raw := head + "2021-03-03 05:12:01 10.0.0.5 POST " + stem + " - 443 - 192.0.2.7 x https://owa.example.org/owa//auth/z.aspx 200 0 0 1\r\n"
			got := false
			for _, h := range read(t, p, "u_ex210303.log", []byte(raw), all) {
				got = got || h.rules["vigie-webshell-used"]
			}
			if got != want {
				t.Errorf("%.80s, prefilter %t: %t, want %t", stem, !all, got, want)
			}
		}
	}
}

// TestWebMethods: a web server answers OPTIONS for what is not there.
func TestWebMethods(t *testing.T) {
	t.Parallel()
	p := pack(t)
	for method, want := range map[string]string{"POST": "used", "GET": "answered", "HEAD": "answered", "OPTIONS": "probed"} {
		raw := "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n" +
			"2021-03-03 05:12:01 10.0.0.5 " + method + " /owa/auth/q7.aspx - 443 - 192.0.2.7 x - 200 0 0 1\r\n"
		for _, h := range read(t, p, "u_ex210303.log", []byte(raw), false) {
			if !h.rules["vigie-webshell-"+want] {
				t.Errorf("%s: %v, want %s", method, h.rules, want)
			}
		}
	}
}

// TestOutsider: the logon page answers anybody with 200, whatever the query or
// the path behind it, so what is written there proves nothing.
func TestOutsider(t *testing.T) {
	t.Parallel()
	p := pack(t)
	k := known(t)
	head := "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
	for _, ask := range []string{
		"GET /owa/auth/logon.aspx /autodiscover.json@x/mapi/nspi", "POST /owa/auth/logon.aspx /autodiscover/autodiscover.json@x/powershell?X-Rps-CAT=VgEAVAdXaW5kb3dz",
		"POST /owa/auth/logon.aspx @/powershell", "POST /owa/auth/logon.aspx /ecp/a@b/RulesEditor/InboxRules.svc/NewObject",
		"GET /owa/auth/logon.aspx cmd=connect&target=x&port=1", "GET /owa/auth/logon.aspx proxy&port=3389&ip=127.0.0.1", "POST /owa/auth/logon.aspx q=whoami&x=cmd.exe",
		"GET /owa/auth/logon.aspx/VOLWMFQWPP.aspx -", "GET /owa/auth/logon.aspx/shell.aspx cmd=cmd.exe",
	} {
		raw := head + "2021-02-01 04:12:35 10.0.0.1 " + ask + " 443 - 203.0.113.66 x - 200 0 0 3\r\n"
		for _, h := range read(t, p, "u_ex210201.log", []byte(raw), true) {
			for id := range h.rules {
				if w := weightOf(p, k, id); w == "proof" || w == "clue" {
					t.Errorf("%s: rule %s, a %s", ask, id, w)
				}
			}
		}
	}
}

func known(t *testing.T) *kb.KB {
	t.Helper()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// weightOf gives the weight of the act that a rule shows.
func weightOf(p *detect.Pack, k *kb.KB, rule string) casefile.Weight {
	for _, r := range p.Rules() {
		if v, ok := r.Custom["vigie"].(map[string]any); ok && r.ID == rule {
			flaw, _ := v["flaw"].(string)
			act, _ := v["act"].(string)
			if a, ok := k.Act(flaw, act); ok {
				return a.Weight
			}
		}
	}
	if act, ok := strings.CutPrefix(rule, "vigie-webshell-"); ok {
		if a, ok := k.Act("webshell", act); ok {
			return a.Weight
		}
	}
	return ""
}
