package demo

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each row is a trace that a story stands on: how many lines of the logs under
// a folder hold all the texts.
func TestStoriesLeaveTheirTraces(t *testing.T) {
	t.Parallel()
	root := written(t)
	for _, c := range []struct {
		trace, server, folder string
		texts                 []string
		want                  int
	}{
		{"chain in HttpProxy", "MAIL01", "Logging/HttpProxy/Ecp", []string{"ServerInfo~a]@MAIL01.example.org:444/"}, 7},
		{"session opened", "MAIL01", "Logging/HttpProxy/Ecp", []string{"/ecp/proxyLogon.ecp?#", ",241,241,"}, 1},
		{"chain in front", "MAIL01", "inetpub/logs/LogFiles/W3SVC1", []string{"POST /ecp/y.js ", "cafeReqId="}, 7},
		{"reset in back", "MAIL01", "inetpub/logs/LogFiles/W3SVC2", []string{"/SetObject ", "schema=ResetOABVirtualDirectory&", ` EXAMPLE\MAIL01$ `, " 200 0 0 "}, 1},
		{"script in the address", "MAIL01", "Logging/ECP/Server", []string{"Set-OabVirtualDirectory.ExternalUrl=", `runat=""server""`}, 1},
		{"directory made again", "MAIL01", "Logging/ECP/Server", []string{"New-OABVirtualDirectory"}, 1},
		{"shell used", "MAIL01", "inetpub/logs/LogFiles/W3SVC1", []string{"POST /owa/auth/iisverify.aspx", " 200 0 0 "}, 38},
		{"shell gone later", "MAIL01", "inetpub/logs/LogFiles/W3SVC1", []string{"GET /owa/auth/iisverify.aspx", " 302 0 0 "}, 2},
		{"mail read", "MAIL02", "Logging/HttpProxy/Ecp", []string{"ServerInfo~", "/EWS/Exchange.asmx?#", ",200,200,"}, 80},
		{"mail read, back end", "MAIL02", "Logging/Ews", []string{`EXAMPLE\MAIL02$`, "Item,200,"}, 80},
		{"no file dropped", "MAIL02", "Logging/ECP/Server", []string{"VirtualDirectory"}, 0},
		{"unknown page answers", "MAIL03", "inetpub/logs/LogFiles/W3SVC1", []string{"GET /owa/auth/lgnbanner.aspx", " 200 0 0 "}, 3},
		{"nobody posts to it", "MAIL03", "inetpub/logs/LogFiles/W3SVC1", []string{"POST /owa/auth/lgnbanner"}, 0},
		{"attempts refused", "MAIL05", "inetpub/logs/LogFiles/W3SVC1", []string{"POST /ecp/", " python-requests", " 50"}, 7},
		{"attempts purged", "MAIL05", "Logging/HttpProxy/Ecp", []string{"ServerInfo~"}, 3},
		{"attempts refused", "MAIL06", "Logging/HttpProxy/Ecp", []string{"ServerInfo~", ",50"}, 16},
		{"no attempt", "MAIL07", "Logging", []string{"ServerInfo~"}, 0},
		{"no hunt", "MAIL07", "inetpub/logs/LogFiles/W3SVC1", []string{".aspx ", " 302 0 0 "}, 0},
		{"no attempt", "MAIL08", "Logging", []string{"ServerInfo~"}, 0},
		{"no attempt", "MAIL10", "Logging", []string{"ServerInfo~"}, 0},
		{"confused path", "MAIL09", "Logging/HttpProxy/Autodiscover", []string{"?@mailtest.example/", ",200,200,"}, 13},
		{"PowerShell reached", "MAIL09", "inetpub/logs/LogFiles/W3SVC2", []string{"POST /powershell/ X-Rps-CAT=", `EXAMPLE\MAIL09$`}, 9},
		{"export to a page", "MAIL09", "Logging/CmdletInfra", []string{"New-MailboxExportRequest", `-FilePath ""\\127.0.0.1\C$\`, `.aspx""`, ",Success,"}, 1},
		{"role taken", "MAIL09", "Logging/CmdletInfra", []string{"New-ManagementRoleAssignment", "Mailbox Import Export"}, 1},
		{"tidied up", "MAIL09", "Logging/CmdletInfra", []string{"Remove-MailboxExportRequest"}, 1},
		{"shell used", "MAIL09", "inetpub/logs/LogFiles/W3SVC1", []string{"POST /aspnet_client/upd8k2.aspx - ", " 200 0 0 "}, 58},
		{"shell used after the patch", "MAIL11", "inetpub/logs/LogFiles/W3SVC1", []string{"POST /owa/auth/themeres.aspx", " 200 0 0 "}, 15},
		{"shell still there", "MAIL11", "FrontEnd/HttpProxy/owa/auth", []string{"ExternalUrl ", "<script "}, 1},
		{"first installation", "MAIL08", "ExchangeSetupLogs", []string{"Setup version: "}, 1},
		{"installation done", "MAIL08", "ExchangeSetupLogs", []string{"completed successfully"}, 1},
	} {
		t.Run(c.server+" "+c.trace, func(t *testing.T) {
			t.Parallel()
			got := 0
			walk(t, filepath.Join(root, c.server, filepath.FromSlash(c.folder)), func(_ string, b []byte) {
				if !bytes.Contains(b, []byte(c.texts[0])) {
					return
				}
			lines:
				for text := range bytes.Lines(b) {
					for _, want := range c.texts {
						if !bytes.Contains(text, []byte(want)) {
							continue lines
						}
					}
					got++
				}
			})
			if got != c.want {
				t.Errorf("%d lines with %q, want %d", got, c.texts, c.want)
			}
		})
	}
}

// The build in the lines changes when the server comes back from its patch.
func TestLinesBearTheBuildOfTheirTime(t *testing.T) {
	t.Parallel()
	root := written(t)
	for _, p := range plans() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			walk(t, filepath.Join(root, p.Name, "Logging", "HttpProxy"), func(name string, b []byte) {
				if damaged(p, "Logging/HttpProxy/"+name) {
					return
				}
				parse(t, name, b, func(l line) {
					got := strings.Join(l.fields[l.column["MajorVersion"]:l.column["RevisionVersion"]+1], ".")
					if want := string(p.running(l.at.UnixMilli()).short(nil)); got != want {
						t.Errorf("%s: build %s at %v, want %s", name, got, l.at, want)
					}
					seen[got] = true
				})
			})
			want := 0
			for i := range p.Builds {
				if i+1 == len(p.Builds) || p.Builds[i+1].At > p.From {
					want++
				}
			}
			if len(seen) != want {
				t.Errorf("builds %v, want %d", seen, want)
			}
		})
	}
}

// Only addresses reserved for documentation, inside ones and local ones appear.
func TestAddressesAreReserved(t *testing.T) {
	t.Parallel()
	root := written(t)
	allowed := []string{"192.0.2.", "198.51.100.", "203.0.113.", "10.", "::1", "fe80::"}
	for _, server := range []string{"MAIL01", "MAIL09"} {
		walk(t, filepath.Join(root, server, "inetpub"), func(name string, b []byte) {
			parse(t, "/W3SVC/"+name, b, func(l line) {
				ip, ok := l.get("c-ip"), false
				for _, prefix := range allowed {
					ok = ok || strings.HasPrefix(ip, prefix)
				}
				if !ok {
					t.Errorf("%s at %v: client %s", name, l.at.Format(time.DateTime), ip)
				}
			})
		})
	}
}

func TestDamageIsThere(t *testing.T) {
	t.Parallel()
	root := written(t)
	for _, p := range plans() {
		for _, d := range p.Damage {
			found := false
			walk(t, filepath.Join(root, p.Name, filepath.Dir(filepath.FromSlash(d.File))), func(name string, b []byte) {
				if name != filepath.Base(d.File) {
					return
				}
				switch d.How {
				case "cut":
					found = b[len(b)-1] != '\n'
				case "zeros":
					found = bytes.Count(b, []byte{0}) == zeroRun
				case "header":
					found = !bytes.Contains(b, []byte("time-taken\r\n")) && !bytes.Contains(b, []byte("RoutingStatus\r\n"))
				}
			})
			if !found {
				t.Errorf("%s: %s is not damaged (%s)", p.Name, d.File, d.How)
			}
		}
	}
}
