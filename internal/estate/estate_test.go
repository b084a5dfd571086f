package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, text string) *List {
	t.Helper()
	l, err := Reader{}.Read("f", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func lines(l *List) (out []string) {
	for _, i := range l.Items {
		out = append(out, fmt.Sprintf("%s|%s|%s|%s|%s|%s|%v|%v", i.Organisation, i.Asset, i.Exposed, i.Vendor, i.Product, i.Version, i.Updates, i.Words))
	}
	return out
}

func TestForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text, form string
		want             []string
	}{
		{"CSV of an English tool", "host,publisher,name,version\r\nPC1,Fortinet,FortiOS,7.2.6\r\n", "csv", []string{"|PC1||Fortinet|FortiOS|7.2.6|[]|[]"}},
		{"CSV of Excel in French", "\ufeffclient;serveur;exposé;produit;version;kb;contourné\nA;S1;oui;Exchange Server 2016;15.1.2176.2;KB5000871 5001779 KB5001779;CVE-2021-26855@2026-12-31\n", "csv",
			[]string{"A|S1|yes||Exchange Server 2016|15.1.2176.2|[KB5000871 KB5001779]|[{CVE-2021-26855 mitigated  2026-12-31}]"}},
		{"CycloneDX with VEX", `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"device","name":"fw"}},"components":[{"type":"firmware","bom-ref":"c1","name":"FortiOS","version":"7.2.6","supplier":{"name":"Fortinet"},
			"components":[{"type":"library","name":"inner","version":"1"}]}],"vulnerabilities":[{"id":"CVE-2024-21762","analysis":{"state":"not_affected","justification":"code_not_reachable"},"affects":[{"ref":"c1"}]}]}`, "cyclonedx",
			[]string{"|fw|||fw||[]|[]", "|fw||Fortinet|FortiOS|7.2.6|[]|[{CVE-2024-21762 not-affected code_not_reachable }]", "|fw|||inner|1|[]|[]"}},
		{"SPDX", `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"srv","dataLicense":"CC0-1.0","documentNamespace":"https://example.com/x","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: x"]},
			"packages":[{"name":"confluence","SPDXID":"SPDXRef-1","versionInfo":"8.5.1","downloadLocation":"NONE","supplier":"Organization: Atlassian"}]}`, "spdx", []string{"|srv||Atlassian|confluence|8.5.1|[]|[]"}},
		{"systeminfo", "\r\nHost Name:                 SRV1\r\nOS Name:                   Microsoft Windows Server 2019 Standard\r\nOS Version:                10.0.17763 N/A Build 17763\r\nOS Manufacturer:           Microsoft Corporation\r\nSystem Type:               x64-based PC\r\nHotfix(s):                 1 Hotfix(s) Installed.\r\n                           [01]: KB5041578\r\n",
			"systeminfo", []string{"|SRV1||Microsoft|Microsoft Windows Server 2019 Standard|10.0.17763|[KB5041578]|[]"}},
		{"Nmap", `<?xml version="1.0"?><nmaprun scanner="nmap"><host starttime="1700000000" endtime="1700000001"><status state="up"/><address addr="192.0.2.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="80"><state state="open"/><service name="http" product="Apache httpd" version="2.4.49"/></port></ports></host></nmaprun>`,
			"nmap", []string{"|192.0.2.1|||Apache httpd|2.4.49|[]|[]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := read(t, tt.text)
			if got := lines(l); l.Form != tt.form || !slices.Equal(got, tt.want) || len(l.Gaps) > 0 {
				t.Errorf("%s\n got %q\nwant %q\ngaps %v", l.Form, got, tt.want, l.Gaps)
			}
		})
	}
}

// TestBadRows: a row costs itself; a mitigation without an end is none.
func TestBadRows(t *testing.T) {
	t.Parallel()
	l := read(t, "asset,product,version,mitigated,seen\n,FortiOS,1\nA,FortiOS,7.2.6,CVE-2024-21762,yesterday\nB,FortiOS\n")
	if len(l.Items) != 2 || len(l.Gaps) != 3 || len(l.Items[0].Words) > 0 || l.Items[1].Version != "" {
		t.Errorf("%q, gaps %v", lines(l), l.Gaps)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "  ", "hello", `{"a":1}`, `{"bomFormat":"CycloneDX"`, "<html></html>", "a,b\n1,2\n"} {
		if l, err := (Reader{}).Read("f", strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as %s", text, l.Form)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("host,product,version\na,b,c\n"))
	f.Add([]byte(`{"bomFormat":"CycloneDX","components":[{"name":"a"}]}`))
	f.Add([]byte(`{"spdxVersion":"SPDX-2.3","packages":[{"name":"a"}]}`))
	f.Add([]byte(`<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library"><name>a</name></component></components></bom>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Reader{}.Read("f", strings.NewReader(string(data)))
		if err != nil {
			return
		}
		for _, i := range l.Items {
			if len(i.Product) > maxText || len(i.Asset) > maxText || len(i.Version) > maxText {
				t.Fatalf("a value is over %d bytes", maxText)
			}
		}
	})
}
