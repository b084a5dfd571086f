package settings

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pack calls f with each file of a pack of real exports. It skips where the data is absent.
func pack(t *testing.T, name string, f func(name string, data []byte)) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Skip("no shared/data beside the checkout: real exports are not read")
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || h.Size > 8<<20 {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		f(h.Name, data)
	}
}

// TestRealExchange reads the exports in Microsoft's own tests: what each of them proves, seen in the file by eye.
func TestRealExchange(t *testing.T) {
	t.Parallel()
	proved := map[string][]string{
		"E19/Exchange/GetExchangeServer.xml":          {"exchange.server.mitigationsenabled|SOLO-E19A|true|SOLO-E19A", "exchange.server.mitigationsblocked|SOLO-E19A||SOLO-E19A", "clue admin.display-version Version 15.2 (Build 986.5)"},
		"E19/Exchange/ExSetup.xml":                    {"clue file.exsetup 15.02.0986.005"},
		"E19/Exchange/GetOrganizationConfig.xml":      {"exchange.organization.enabledownloaddomains|SoloORG|false|", "exchange.organization.mitigationsenabled|SoloORG|true|"},
		"E19/Exchange/GetOrganizationConfig1.xml":     {"exchange.organization.enabledownloaddomains|SoloORG|true|"},
		"E19/Exchange/GetSettingOverride1.xml":        {"exchange.override|Data/EnableSerializationDataSigning/Enabled|true|"},
		"E19/Exchange/GetServiceMitigation.xml":       {"windows.service.status|MSExchangeMitigation|Running|SOLO-E19A"},
		"E19/Exchange/GetAcceptedDomain_Bad.xml":      {"exchange.accepted-domain.domainname|Bad Accepted Domain|*|"},
		"E19/Exchange/GetAuthConfig.xml":              {"exchange.auth-config.currentcertificatethumbprint|Auth Configuration|C3EDCF181EF4F9B53D01768ECA99564014BCA6E7|"},
		"E19/Exchange/GetExchangeCertificate.xml":     {"exchange.certificate.notafter|C3EDCF181EF4F9B53D01768ECA99564014BCA6E7|11/06/2024 14:47:32|"},
		"E19/OS/GetSmbServerConfiguration.xml":        {"windows.smb-server.enablesmb1protocol||false|"},
		"E19/OS/GetHotFix.xml":                        {"clue update.kb KB4486153", "clue update.kb KB4464455"},
		"E19/OS/GetAllTlsSettings.xml":                {`registry.hklm\system\currentcontrolset\control\securityproviders\schannel\protocols\tls 1.1\server|enabled|0|`},
		"E19/Exchange/IIS/DefaultWebSite_web1.config": {"iis.machine-key|E19/Exchange/IIS|generated|", "gap export.xml.form"},
		"E19_MisConfigured_ApplicationHost.config":    {"export.iis||1|"},
	}
	seen := 0
	pack(t, "css-exchange/css-exchange.tar.gz", func(name string, data []byte) {
		f, gaps := Read(name, data, Options{})
		got := told(f, gaps)
		for end, want := range proved {
			if !strings.HasSuffix(name, end) {
				continue
			}
			seen++
			for _, w := range want {
				if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
					t.Errorf("%s does not give %s", name, w)
				}
			}
		}
		for _, s := range f.Settings {
			if strings.HasPrefix(s.Key, "iis.module.signaturestatus") && !strings.Contains(name, "IISModules") {
				t.Errorf("%s: signatures out of nothing", name)
			}
		}
	})
	if seen != len(proved) {
		t.Errorf("%d of %d files found", seen, len(proved))
	}
}

// TestRealSystemInfo reads the output of systeminfo of 26 machines in eight languages: the host, the version, and as many updates as the file holds.
func TestRealSystemInfo(t *testing.T) {
	t.Parallel()
	languages := map[string]string{"fr": "WIN-IDKKFN87EL8", "ru": "DC", "de": "OLI7-PC", "it": "PC044", "nl": "DESKTOP-LFQSJM4", "zh-cn": "DESKTOP-0CQH3P2", "en-us": ""}
	files := 0
	pack(t, "vuln/vuln.tar.gz", func(name string, data []byte) {
		base := path.Base(name)
		if !strings.Contains(name, "wesng/validation") || !strings.Contains(base, "systeminfo") {
			return
		}
		files++
		f, gaps := Read(name, data, Options{})
		if f.Form != SystemInfo || len(gaps) > 0 {
			t.Errorf("%s is read as %q, gaps %v", base, f.Form, gaps)
			return
		}
		if !slices.ContainsFunc(told(f, nil), func(s string) bool { return strings.HasPrefix(s, "windows.system.version||") }) {
			t.Errorf("%s: no version of Windows", base)
		}
		for _, part := range strings.Split(base, "_") {
			if want := languages[part]; want != "" && f.Host != want {
				t.Errorf("%s: host %q, want %q", base, f.Host, want)
			}
		}
		count := 0
		for _, line := range strings.Split(string(decode(data)), "\n") {
			if i := strings.Index(line, "]"); i > 0 && strings.Contains(line, "KB") && isKB(strings.TrimSpace(strings.TrimLeft(line[i+1:], " :\u00a0"))) {
				count++
			}
		}
		if len(f.Clues) != count {
			t.Errorf("%s: %d updates, the file has %d", base, len(f.Clues), count)
		}
	})
	if files < 20 {
		t.Errorf("%d files", files)
	}
}
