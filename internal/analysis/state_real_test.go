package analysis

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

// TestStateReal judges the Exchange 2019 server whose exports are in Microsoft's own tests, taking of each export the first variant. They prove
// CU11 without a security update (ExSetup.exe 15.02.0986.005), no mitigation but the heartbeat, Extended Protection off.
func TestStateReal(t *testing.T) {
	t.Parallel()
	in, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "css-exchange", "css-exchange.tar.gz"))
	if err != nil {
		t.Skip("no shared/data beside the checkout: real exports are not read")
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	variant := regexp.MustCompile(`(\d|_Bad|_Problem|Patched|NoTokenCacheModule)\.[a-z]+$|/Bad|1\.config$|/Physical_|/EdgeTransport|/noderunner`)
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, ok := strings.Cut(h.Name, "/DataCollection/E19/")
		if !ok || h.Typeflag != tar.TypeReg || variant.MatchString(h.Name) || h.Size > 8<<20 {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	root := t.TempDir()
	lay(t, root, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), files)
	opt := known()
	opt.Paths, opt.Workers, opt.TempDir = []string{root}, 2, t.TempDir()
	c, err := Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := flawIn(t, c, "proxylogon")
	if p := h.Identified[0]; p.Build != "15.2.986.5" || p.Precision != inventory.Exact || len(p.Conflicts) > 0 {
		t.Errorf("identified %+v", p)
	}
	for id, want := range map[string]casefile.State{
		"proxylogon": casefile.Fixed, "proxyshell": casefile.Fixed, "cve-2020-0688": casefile.Fixed, "proxyoracle": casefile.Fixed,
		"cve-2021-42321": casefile.Exposed, "proxynotshell": casefile.Exposed, "owassrf": casefile.Exposed, "cve-2023-21529": casefile.Exposed,
		"cve-2024-21410": casefile.Exposed, "cve-2025-53786": casefile.Exposed, "cve-2026-42897": casefile.Exposed, "exchange-2026-09": casefile.Exposed,
		"cve-2023-23397": casefile.StateUnknown,
	} {
		if _, f := flawIn(t, c, id); f.StateNow != want {
			t.Errorf("%s: %s, want %s: %s", id, f.StateNow, want, f.StateWhy.EN)
		}
	}
	if h.StateNow != casefile.Exposed {
		t.Errorf("host: %s", h.StateNow)
	}
}
