package harden

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigie/internal/casefile"
)

// TestRealServer answers the checks for the Exchange 2019 server whose exports are in Microsoft's own tests, taking of each export the first variant.
// What is expected was read in the exports by eye.
func TestRealServer(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "css-exchange", "css-exchange.tar.gz"))
	if err != nil {
		t.Skip("no shared/data beside the checkout: real exports are not read")
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	variant := regexp.MustCompile(`(\d|_Bad|_Problem|Patched|NoTokenCacheModule)\.[a-z]+$|/Bad|1\.config$|/Physical_|/EdgeTransport|/noderunner|GetExtendedProtectionConfiguration`)
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(h.Name, "/DataCollection/E19/") || h.Typeflag != tar.TypeReg || variant.MatchString(h.Name) || h.Size > 8<<20 {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, ".xml") || strings.HasSuffix(h.Name, ".config") {
			files[h.Name] = string(data)
		}
	}
	for name, data := range files { // exports of other things, which nobody reads
		if strings.Contains(data[:min(len(data), 400)], "<antimalware") || strings.Contains(name, "Antimalware") {
			delete(files, name)
		}
	}
	answers := answerAll(t, files)
	for id, want := range map[string]casefile.CheckResult{
		"update-newest": casefile.NotMet, "product-supported": casefile.NotMet, "march-2021-package": casefile.Met, "update-complete": casefile.NotMet,
		"token-cache-module": casefile.NotMet, "overrides-reopen-fixes": casefile.Met, "eems-service": casefile.Met, "eems-organization": casefile.Met,
		"eems-server": casefile.Met, "eems-not-blocked": casefile.Met, "rewrite-rules-in-force": casefile.Met, "ep-front-strict": casefile.NotApplicable,
		"download-domains": casefile.NotMet, "tls-1-1-off": casefile.Met, "tls-1-2-on": casefile.Met, "dotnet-tls": casefile.NotMet, "smb1-off": casefile.Met,
		"iis-modules-signed": casefile.Met, "vdirs-known": casefile.Met, "machine-keys-generated": casefile.Met, "outside-in-off": casefile.Met,
		"no-open-relay": casefile.Met, "print-spooler-off": casefile.NotMet, "local-administrators": casefile.Met, "mailbox-replication-proxy-off": casefile.Met,
		"auth-certificate": casefile.NotMet, "amsi-scanning": casefile.Met,
		// No export of these is among them.
		"transport-agents-known": casefile.CheckUnknown, "lm-level": casefile.CheckUnknown, "backup-offline": casefile.CheckUnknown, "admin-audit-on": casefile.CheckUnknown,
		"mailbox-audit-on": casefile.CheckUnknown, "exchange-domain-rights": casefile.CheckUnknown, "lsass-protected": casefile.CheckUnknown,
	} {
		if got := answers[id]; got.Result != want {
			t.Errorf("%s: %s, want %s; found %+v", id, got.Result, want, got.Found)
		}
	}
}
