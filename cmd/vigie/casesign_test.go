package main

import (
	"crypto/x509"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigie/internal/seal/tsatest"
)

// TestTimestamp signs a case with a time-stamping server on loopback, and verifies it with and without its certificate.
func TestTimestamp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tsa, other := tsatest.New(t, x509.ExtKeyUsageTimeStamping), tsatest.New(t, x509.ExtKeyUsageTimeStamping)
	server := httptest.NewServer(tsa)
	defer server.Close()
	for name, data := range map[string][]byte{"tsa.pem": tsa.Root, "other.pem": other.Root} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vigie := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command("vigie", append(args, "--lang", "en")...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput() // the exit code tells
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("vigie %s: exit code %d, want %d: %s", strings.Join(args, " "), got, want, out)
		}
		return string(out)
	}
	vigie(exitDone, "case", "new", "mine")
	vigie(exitDone, "key", "new", "key", "--name", "a@b")
	if out := vigie(exitDone, "case", "sign", "mine", "--key", "key", "--timestamp", server.URL); !strings.Contains(out, "time-stamped on") {
		t.Errorf("%s", out)
	}
	if out := vigie(exitDone, "verify", "mine"); !strings.Contains(out, "time-stamped on") || !strings.Contains(out, "that you trust this time-stamping authority") {
		t.Errorf("%s", out)
	}
	if out := vigie(exitDone, "verify", "mine", "--tsa", "tsa.pem"); strings.Contains(out, "that you trust this time-stamping authority") {
		t.Errorf("%s", out)
	}
	vigie(exitUnverified, "verify", "mine", "--tsa", "other.pem")
	vigie(exitDone, "case", "export", "mine", "mine.zip")
	if out := vigie(exitDone, "verify", "mine.zip", "--tsa", "tsa.pem"); !strings.Contains(out, "time-stamped on") {
		t.Errorf("%s", out)
	}

	// A server that cannot be reached: signed all the same, and the stamp of the older signature is gone.
	server.Close()
	if out := vigie(exitUnreachable, "case", "sign", "mine", "--key", "key", "--timestamp", server.URL); !strings.Contains(out, "signed, but not time-stamped") {
		t.Errorf("%s", out)
	}
	if out := vigie(exitDone, "verify", "mine"); strings.Contains(out, "time-stamped on") {
		t.Errorf("%s", out)
	}
}
