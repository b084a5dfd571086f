package scanreport_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/scanreport"
)

func read(t *testing.T, text string) (hosts []scanreport.Host, errs []error) {
	t.Helper()
	for h, err := range scanreport.Read(strings.NewReader(text)) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		hosts = append(hosts, h)
	}
	return hosts, errs
}

func answers(h scanreport.Host) (out []string) {
	for _, a := range h.Answers {
		out = append(out, a.At+"="+a.Text)
	}
	return out
}

const nmapHead = `<?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun scanner="nmap" version="7.93">`

func TestNmap(t *testing.T) {
	t.Parallel()
	hosts, errs := read(t, nmapHead+`<host starttime="1700000000" endtime="1700000100"><status state="up"/><address addr="192.0.2.7" addrtype="ipv4"/>
<address addr="00:11:22:33:44:55" addrtype="mac"/><hostnames><hostname name="ptr.example.test" type="PTR"/><hostname name="mail.example.test" type="user"/></hostnames>
<ports><port protocol="tcp" portid="25"><state state="open"/><service name="smtp" product="Microsoft Exchange smtpd"><cpe>cpe:/a:microsoft:exchange_server</cpe></service>
<script id="smtp-commands" output="mail.example.test Hello, SIZE 1, X-ANONYMOUSTLS, XRDST"/></port>
<port protocol="tcp" portid="80"><state state="closed"/><service name="http" product="IIS"/></port>
<port protocol="tcp" portid="443"><state state="open"/><service name="https" product="Microsoft IIS httpd" version="10.0"/>
<script id="http-title" output="Outlook&#xa;Requested resource was /owa/"/><script id="http-headers" output="&#xa;  X-FEServer: EX01&#xa;  X-OWA-Version: 15.1.2507.39&#xa;"><elem key="x">deep</elem></script>
<script id="ms-exchange-version" output="&#xa;  15.1.2507.39: &#xa;    build: 15.1.2507.39"/><script id="ssl-cert" output="Subject: commonName=mail&#xa;Issuer: x"/></port></ports></host>
<host><address addr="192.0.2.8" addrtype="ipv4"/><ports/></host></nmaprun>`)
	if len(errs) > 0 || len(hosts) != 1 {
		t.Fatal(errs, hosts)
	}
	h := hosts[0]
	want := []string{"scan.product=Microsoft Exchange smtpd", "scan.cpe=cpe:/a:microsoft:exchange_server", "smtp.ehlo=mail.example.test Hello\nSIZE 1\nX-ANONYMOUSTLS\nXRDST",
		"scan.product=Microsoft IIS httpd", "scan.version=Microsoft IIS httpd 10.0", "title=Outlook", "header:X-FEServer=EX01", "headers=X-FEServer: EX01",
		"header:X-OWA-Version=15.1.2507.39", "headers=X-OWA-Version: 15.1.2507.39", "scan.version=exchange 15.1.2507.39", "scan.version=exchange 15.1.2507.39", "tls.subject=commonName=mail"}
	if got := answers(h); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if h.Target != "mail.example.test" || !h.Time.Equal(time.Unix(1700000100, 0)) || h.Answers[0].Where != "nmap, 192.0.2.7 25/tcp" {
		t.Errorf("%+v", h)
	}
}

func TestNmapThatIsWrong(t *testing.T) {
	t.Parallel()
	host := func(addr, inner string) string {
		return `<host><address addr="` + addr + `" addrtype="ipv4"/><ports><port protocol="tcp" portid="25"><state state="open"/><service name="smtp" product="x"/>` + inner + `</port></ports></host>`
	}
	for _, c := range []struct {
		name, text string
		hosts      int
		want       string // of the error
	}{
		{"cut off in the second host", nmapHead + host("192.0.2.1", "") + `<host><address addr="192.0.2.2"`, 1, "cut off"},
		{"cut off between hosts", nmapHead + host("192.0.2.1", ""), 1, "cut off"},
		{"not XML after a while", nmapHead + host("192.0.2.1", "") + `<host <<<`, 1, "not well-formed"},
		{"an entity bomb", `<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><nmaprun>` + host("&b;", "") + `</nmaprun>`, 0, "not well-formed"},
		{"nested too deep", nmapHead + host("192.0.2.1", "") + strings.Repeat("<a>", 100), 1, "nested"},
		{"another document", `<html><body/></html>`, 0, "neither"},
		{"an end too many", nmapHead + `</nmaprun></nmaprun>`, 0, "without a beginning"},
		{"an attribute without end", nmapHead + `<host x="` + strings.Repeat("a", 3<<20), 0, "over 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			hosts, errs := read(t, c.text)
			if len(hosts) != c.hosts || len(errs) != 1 || !strings.Contains(fmt.Sprint(errs), c.want) {
				t.Errorf("%d hosts, %v", len(hosts), errs)
			}
		})
	}
}

func TestShadowserver(t *testing.T) {
	t.Parallel()
	hosts, errs := read(t, "\ufeff"+`"timestamp","ip","port","hostname","tag","asn","version","servername","url"
"2026-09-01 00:11:30","192.0.2.1",443,"mail.example.test","exchange;cve-2021-26855",64500,"15.2.721","EX01",
"2026-09-01 00:11:31","192.0.2.1",8443,"mail.example.test","exchange",64500,"15.2.721","EX02",
"2026-09-01 00:11:32","not an address",443,,"exchange",,,,
"2026-09-01 00:11:33","2001:db8::1",443,,"exchange",64500,,"EX03",
`)
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "line 4") || len(hosts) != 2 {
		t.Fatal(errs, hosts)
	}
	want := []string{"scan.tag=exchange;cve-2021-26855", "scan.version=exchange 15.2.721", "scan.tag=exchange", "scan.version=exchange 15.2.721"}
	if got := answers(hosts[0]); hosts[0].Target != "192.0.2.1" || !slices.Equal(got, want) || hosts[0].Time.Format(time.RFC3339) != "2026-09-01T00:11:30Z" {
		t.Errorf("%s %q %s", hosts[0].Target, got, hosts[0].Time)
	}
	if hosts[1].Target != "2001:db8::1" || hosts[1].Answers[0].Where != "shadowserver, line 5, port 443" {
		t.Errorf("%+v", hosts[1])
	}
}

func TestShadowserverDevices(t *testing.T) {
	t.Parallel()
	hosts, errs := read(t, `"timestamp","ip","protocol","port","hostname","tag","device_vendor","device_type","device_model"
"2026-01-10 00:01:42","192.0.2.9","tcp",10443,,"ssl,vpn","Fortinet","firewall","FortiGate"
`)
	if len(errs) != 0 || len(hosts) != 1 || !slices.Contains(answers(hosts[0]), "scan.device=Fortinet FortiGate") {
		t.Error(errs, hosts)
	}
}

func TestShadowserverThatIsWrong(t *testing.T) {
	t.Parallel()
	const head = "timestamp,ip,port,tag\n"
	hosts, errs := read(t, head+"2026-09-01 00:00:00,192.0.2.1,443,exchange\n2026-09-01 00:00:00,192.0.2.2,443,\""+strings.Repeat("a\n", 1<<20))
	if len(hosts) != 1 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "over 1048576 bytes") {
		t.Errorf("a quote without end: %d hosts, %v", len(hosts), errs)
	}
	for _, text := range []string{"", "a,b\n1,2\n", "\x00\x01", "just text"} {
		if _, errs := read(t, text); len(errs) != 1 || !errors.Is(errs[0], scanreport.ErrUnknown) {
			t.Errorf("%q: %v", text, errs)
		}
	}
}

// TestRealReports reads what Nmap itself wrote.
func TestRealReports(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "data", "nmap")
	text, err := os.ReadFile(filepath.Join(dir, "scan_base.xml"))
	if err != nil {
		t.Skip("the shared test data is not beside the checkout")
	}
	hosts, errs := read(t, string(text))
	if len(errs) > 0 || len(hosts) != 1 || !slices.Contains(answers(hosts[0]), "scan.version=Apache httpd 1.3.39") {
		t.Errorf("%d hosts, %v", len(hosts), errs)
	}
	text, err = os.ReadFile(filepath.Join(dir, "scan_error_other.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if hosts, errs := read(t, string(text)); len(hosts) != 0 || len(errs) != 0 {
		t.Errorf("a run without hosts: %v, %v", hosts, errs)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(nmapHead + `<host><address addr="192.0.2.1" addrtype="ipv4"/><ports><port portid="25" protocol="tcp"><state state="open"/><service product="x"><cpe>c</cpe></service><script id="banner" output="220"/></port></ports></host></nmaprun>`)
	f.Add("timestamp,ip,port,tag,version\n2026-09-01 00:00:00,192.0.2.1,443,exchange,15.1.2507\n")
	f.Add("<")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		for h, err := range scanreport.Read(strings.NewReader(text)) {
			if n++; n > len(text)+1 {
				t.Fatal("more records than bytes")
			}
			if err == nil && (h.Target == "" || len(h.Answers) == 0) {
				t.Errorf("%+v", h)
			}
		}
	})
}
