package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
	"vigie/internal/winexe/winexetest"
)

// The tests of this file lay small servers out: a log that shows a build, beside the files and exports that say more, and ask what holds now.

const (
	exsetup  = "Program Files/Microsoft/Exchange Server/V15/Bin/ExSetup.exe"
	someDLL  = "Program Files/Microsoft/Exchange Server/V15/Bin/Microsoft.Exchange.Data.dll"
	proxyLog = "Logging/HttpProxy/Owa/HttpProxy_20210301-1.LOG"
	psHead   = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">`
	server16 = psHead + `<Obj RefId="0"><TN RefId="0"><T>Microsoft.Exchange.Data.Directory.Management.ExchangeServer</T></TN><Props><S N="Name">EX01</S><S N="Fqdn">ex01.corp.example.test</S>` +
		`<S N="AdminDisplayVersion">Version 15.1 (Build 2176.2)</S>%s</Props></Obj></Objs>`
	rewrites = `<?xml version="1.0" encoding="UTF-8"?><configuration><system.webServer><rewrite><rules>` +
		`<rule name="X-AnonResource-Backend Abort - inbound"%[1]s><match url=".*" /><conditions><add input="{HTTP_COOKIE}" pattern="(.*)X-AnonResource-Backend(.*)" /></conditions><action type="AbortRequest" /></rule>` +
		`<rule name="X-BEResource Abort - inbound"%[1]s><match url=".*" /><conditions><add input="{HTTP_COOKIE}" pattern="(.*)X-BEResource=(.+)/(.+)~(.+)" /></conditions><action type="AbortRequest" /></rule>` +
		`</rules></rewrite></system.webServer></configuration>`
)

// owaLog is a proxy log of a server on a build of Exchange 2016 CU19 or so, from one hour to another of 1 March 2021.
func owaLog(build string, from, to int) string {
	var b strings.Builder
	b.WriteString("#Software: Microsoft Exchange Server\n#Version: 15.01.2176.002\n#Log-type: HttpProxy Logs\n#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion," +
		"Protocol,UrlHost,UrlStem,AuthenticatedUser,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,Method,ProxyAction,TargetServer,TargetServerVersion,GenericInfo\n")
	parts := strings.Split(build, ".")
	for m := from * 60; m < to*60; m += 10 {
		at := time.Date(2021, 3, 1, 0, m, 0, 0, time.UTC).Format("2006-01-02T15:04:05.000Z")
		fmt.Fprintf(&b, "%s,168e05e4-02c2-4c18-aee1-%012d,%s,Owa,mail.example.org,/owa/,,,AMProbe,127.0.0.1,EX01,200,200,GET,Proxy,ex01.corp.example.test,,\n", at, m, strings.Join(parts, ","))
	}
	return b.String()
}

// program is a binary of a build. Unsigned ones may say what they like.
func program(build [4]uint16, signed bool) string {
	s := winexetest.ExSetup()
	s.File, s.Product = build, build
	if !signed {
		s.Certificate = nil
	}
	return string(s.Make())
}

func flawIn(t testing.TB, c *casefile.Case, id string) (casefile.Host, casefile.FlawResult) {
	t.Helper()
	for _, h := range c.Hosts {
		for _, f := range h.Flaws {
			if f.ID == id {
				return h, f
			}
		}
	}
	t.Fatalf("%s was not judged: %+v", id, c.Hosts)
	return casefile.Host{}, casefile.FlawResult{}
}

func TestState(t *testing.T) {
	t.Parallel()
	mar21, feb21, cu18 := [4]uint16{15, 1, 2176, 9}, [4]uint16{15, 1, 2176, 2}, [4]uint16{15, 1, 2106, 2}
	open := owaLog("15.1.2176.2", 0, 10)
	for _, c := range []struct {
		name      string
		files     map[string]string
		state     casefile.State
		build     string
		precision inventory.Precision
		conflicts int
		gap       string
	}{
		{"the logs alone", map[string]string{proxyLog: open}, casefile.Exposed, "15.1.2176.2", inventory.Update, 0, ""},
		{"logs of before and after the update", map[string]string{proxyLog: open + strings.SplitAfterN(owaLog("15.1.2176.9", 11, 20), "\n", 5)[4]}, casefile.Fixed, "15.1.2176.9", inventory.Update, 0, ""},
		{"a binary newer than the logs", map[string]string{proxyLog: open, exsetup: program(mar21, true)}, casefile.Fixed, "15.1.2176.9", inventory.Exact, 0, ""},
		{"a binary of a newer cumulative update than the logs", map[string]string{proxyLog: owaLog("15.1.2106.2", 0, 10), exsetup: program(mar21, true)}, casefile.Fixed, "15.1.2176.9", inventory.Exact, 0, ""},
		{"a binary without signature proves nothing", map[string]string{proxyLog: open, exsetup: program(mar21, false)}, casefile.Exposed, "15.1.2176.2", inventory.Update, 0, "winexe.unsigned"},
		{"a binary that is cut is told", map[string]string{proxyLog: open, exsetup: program(mar21, true)[:0x500]}, casefile.Exposed, "15.1.2176.2", inventory.Update, 0, "winexe.damaged"},
		{"a binary older than the logs is a conflict", map[string]string{proxyLog: open, exsetup: program(cu18, true)}, casefile.Exposed, "15.1.2106.2", inventory.Update, 1, ""},
		{"other binaries: the highest counts", map[string]string{proxyLog: open, someDLL: program(feb21, true), "Bin/Microsoft.Exchange.Net.dll": program(mar21, true)}, casefile.Fixed, "15.1.2176.9", inventory.Update, 0, ""},
		{"a binary of another name", map[string]string{proxyLog: open, "Bin/Setup.exe": program(mar21, true)}, casefile.Exposed, "15.1.2176.2", inventory.Update, 0, ""},
		{"binaries alone", map[string]string{exsetup: program(mar21, true)}, casefile.Fixed, "15.1.2176.9", inventory.Exact, 0, ""},
		{"an export that tells the cumulative update", map[string]string{"server.xml": fmt.Sprintf(server16, "")}, casefile.StateUnknown, "15.1.2176", inventory.CumulativeUpdate, 0, ""},
		{"the same and the number of the update", map[string]string{"server.xml": fmt.Sprintf(server16, ""), "qfe.txt": "KB5000871: Security Update For Exchange Server 2016 CU19 (KB5000871)\n"}, casefile.Fixed, "15.1.2176.9", inventory.Update, 0, ""},
		{"shielded by EOMT", map[string]string{proxyLog: open, "inetpub/wwwroot/web.config": fmt.Sprintf(rewrites, "")}, casefile.Mitigated, "15.1.2176.2", inventory.Update, 0, ""},
		{"the rules of EOMT, switched off", map[string]string{proxyLog: open, "inetpub/wwwroot/web.config": fmt.Sprintf(rewrites, ` enabled="false"`)}, casefile.Exposed, "15.1.2176.2", inventory.Update, 0, ""},
		{"patched after a web shell was dropped", map[string]string{proxyLog: open, exsetup: program(mar21, true), client + "discover.aspx": trapped}, casefile.ToRebuild, "15.1.2176.9", inventory.Exact, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			lay(t, root, time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC), c.files)
			got := check(t, 2, root)
			h, f := flawIn(t, got, "proxylogon")
			state := f.StateNow
			if c.state == casefile.ToRebuild { // by the web shell, whatever the flaw it came through
				state = h.StateNow
			}
			if state != c.state || len(h.Identified) != 1 {
				t.Fatalf("%s: %s\nidentified %+v, want %s", state, f.StateWhy.EN, h.Identified, c.state)
			}
			p := h.Identified[0]
			if p.Build != c.build || p.Precision != c.precision || len(p.Conflicts) != c.conflicts {
				t.Errorf("%s %s, conflicts %+v; want %s %s, %d", p.Build, p.Precision, p.Conflicts, c.build, c.precision, c.conflicts)
			}
			if has := slices.ContainsFunc(got.Gaps, func(g casefile.Gap) bool { return g.Code == c.gap }); has != (c.gap != "") {
				t.Errorf("gaps %+v, want %q", got.Gaps, c.gap)
			}
			if c.state != casefile.StateUnknown && c.state != casefile.ToRebuild && len(f.StateBy) == 0 {
				t.Error("a state without proof")
			}
		})
	}
}

// TestStateMitigated follows the mitigation that Get-ExchangeServer lists, for a flaw of 2022.
func TestStateMitigated(t *testing.T) {
	t.Parallel()
	list := func(applied, blocked string) string {
		return fmt.Sprintf(server16, `<Obj N="MitigationsApplied" RefId="1"><LST><S>PING1</S>`+applied+`</LST></Obj><Obj N="MitigationsBlocked" RefId="2"><LST>`+blocked+`</LST></Obj>`)
	}
	for _, c := range []struct {
		name, applied, blocked string
		want                   casefile.State
	}{
		{"applied", "<S>M1.1</S>", "", casefile.Mitigated},
		{"the heartbeat alone", "", "", casefile.Exposed},
		{"another one whose number begins alike", "<S>M1.17</S>", "", casefile.Exposed},
		{"applied and blocked", "<S>M1.1</S>", "<S>M1.1</S>", casefile.Exposed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			lay(t, root, time.Date(2022, 10, 4, 0, 0, 0, 0, time.UTC), map[string]string{"server.xml": list(c.applied, c.blocked), exsetup: program([4]uint16{15, 1, 2507, 12}, true)})
			if _, f := flawIn(t, check(t, 1, root), "proxynotshell"); f.StateNow != c.want {
				t.Errorf("%s: %s, want %s", f.StateNow, f.StateWhy.EN, c.want)
			}
		})
	}
}

// TestStateExtendedProtection: of flaws that a build alone does not end, the settings decide.
func TestStateExtendedProtection(t *testing.T) {
	t.Parallel()
	folders := []string{"Default Web Site/API", "Default Web Site/ECP", "Default Web Site/OWA", "Default Web Site/RPC", "Default Web Site/MAPI", "Default Web Site/EWS",
		"Default Web Site/Microsoft-Server-ActiveSync", "Default Web Site/OAB", "Exchange Back End/API", "Exchange Back End/ECP", "Exchange Back End/OWA", "Exchange Back End/RPC",
		"Exchange Back End/EWS", "Exchange Back End/Microsoft-Server-ActiveSync", "Exchange Back End/OAB", "Exchange Back End/PowerShell", "Exchange Back End/MAPI/emsmdb", "Exchange Back End/MAPI/nspi"}
	export := func(last string) string {
		var b strings.Builder
		b.WriteString(psHead)
		for i, f := range folders {
			value := "Require"
			if i == len(folders)-1 {
				value = last
			}
			fmt.Fprintf(&b, `<Obj RefId="%d"><MS><S N="VirtualDirectoryName">%s</S><S N="ExtendedProtection">%s</S></MS></Obj>`, i, f, value)
		}
		return b.String() + `</Objs>`
	}
	for _, c := range []struct {
		name, export string
		build        [4]uint16
		want         casefile.State
	}{
		{"required everywhere", export("Require"), [4]uint16{15, 2, 1544, 9}, casefile.Fixed},
		{"missing in one place", export("None"), [4]uint16{15, 2, 1544, 9}, casefile.Exposed},
		{"nobody says", "", [4]uint16{15, 2, 1544, 9}, casefile.StateUnknown},
		{"required, on a build that is too old", export("Require"), [4]uint16{15, 2, 986, 5}, casefile.Exposed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			files := map[string]string{exsetup: program(c.build, true)}
			if c.export != "" {
				files["ep.xml"] = c.export
			}
			lay(t, root, time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC), files)
			if _, f := flawIn(t, check(t, 1, root), "cve-2024-21410"); f.StateNow != c.want {
				t.Errorf("%s: %s, want %s", f.StateNow, f.StateWhy.EN, c.want)
			}
		})
	}
}
