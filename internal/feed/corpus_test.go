package feed

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/internal/advisory"
)

// pack calls f with each file of a pack of shared/data, beside the checkout; the test is skipped where it is absent.
func pack(t *testing.T, name string, f func(path string, r io.Reader)) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Skipf("real feeds not at hand: %v", err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for tr := tar.NewReader(z); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			f(h.Name, tr)
		}
	}
}

// TestRealFeeds: each real file of a feed is read as what it is.
func TestRealFeeds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	kinds := map[string]advisory.Kind{
		"/certfr/": advisory.CERTFR, "/kev/known_exploited_vulnerabilities.json": advisory.KEV, "/vulnrichment/": advisory.CVE5, "/enisa/": advisory.EUKEV,
		"/csaf/happy/2025/": advisory.CSAF, "wid-sec": advisory.CSAF, "/cvrf/happy/cvrf/": advisory.CVRF, "/nvd/": advisory.NVD, "/epss/": advisory.EPSS,
	}
	got := map[advisory.Kind]int{}
	pack(t, filepath.Join("vuln", "vuln.tar.gz"), func(path string, r io.Reader) {
		for part, want := range kinds {
			if !strings.Contains(path, part) {
				continue
			}
			doc, err := Read(path, r, now)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				return
			}
			if doc.Kind != want {
				t.Errorf("%s is read as %s, want %s", path, doc.Kind, want)
			}
			got[doc.Kind]++
			t.Logf("%s: %d records, %d statements, %d signals, %d refused", filepath.Base(path), doc.Records, len(doc.Statements), len(doc.Signals), len(doc.Refused))
			for _, f := range doc.Refused {
				t.Logf("   %s %s %s: %s", f.CVE, f.Value, f.Code, f.Why.EN)
			}
			return
		}
	})
	for _, k := range []advisory.Kind{advisory.CERTFR, advisory.KEV, advisory.CVE5, advisory.EUKEV, advisory.CSAF, advisory.CVRF, advisory.NVD, advisory.EPSS} {
		if got[k] == 0 {
			t.Errorf("no file of %s", k)
		}
	}
}
