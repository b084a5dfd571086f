package seal

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newKey(t testing.TB, name, passphrase string) string {
	t.Helper()
	private, public, err := NewKey(name, []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	for f, data := range map[string][]byte{file: private, file + ".pub": public} {
		if err := os.WriteFile(f, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	s, err := LoadSigner(newKey(t, "martin@example.org", ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Key.Comment != "martin@example.org" {
		t.Errorf("comment %q", s.Key.Comment)
	}
	message := []byte("compte rendu")
	sig, err := s.Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Verify(message, sig)
	if err != nil || k.Fingerprint() != s.Key.Fingerprint() {
		t.Fatalf("%v", err)
	}
	if _, err := Verify([]byte("compte rendu."), sig); !errors.Is(err, ErrSignature) {
		t.Errorf("another message: %v", err)
	}
	// Every change of one bit, and every byte left out or doubled, is refused.
	for i := range sig {
		for bit := range 8 {
			bad := bytes.Clone(sig)
			bad[i] ^= 1 << bit
			if _, err := Verify(message, bad); err == nil {
				t.Fatalf("bit %d of byte %d changed: accepted", bit, i)
			}
		}
		for _, bad := range [][]byte{append(bytes.Clone(sig[:i]), sig[i+1:]...), append(bytes.Clone(sig[:i+1]), sig[i:]...)} {
			if _, err := Verify(message, bad); err == nil {
				t.Fatalf("byte %d left out or doubled: accepted", i)
			}
		}
	}
}

func TestPassphrase(t *testing.T) {
	t.Parallel()
	locked, open := newKey(t, "m", "secret"), newKey(t, "m", "")
	for _, c := range []struct {
		name, file, passphrase string
		want                   error
	}{
		{"right", locked, "secret", nil},
		{"wrong", locked, "guess", ErrPassphrase},
		{"missing", locked, "", ErrPassphrase},
		{"not needed", open, "", nil},
		{"not needed, given all the same", open, "secret", nil},
	} {
		if _, err := LoadSigner(c.file, []byte(c.passphrase)); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	data, err := os.ReadFile(locked)
	if err != nil || bytes.Contains(data, []byte("secret")) {
		t.Error("the passphrase stands in the file")
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	file := newKey(t, "martin@example.org", "")
	k, err := LoadKey(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	bare := strings.Join(strings.Fields(k.Line())[:2], " ")
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, line, who string }{
		{"a line of our own", k.AllowedSigner("a@b"), "a@b"},
		{"a .pub file", k.Line(), "martin@example.org"},
		{"several names", "a@b,c@d " + bare, "a@b,c@d"},
		{"for another purpose", `a@b namespaces="git" ` + bare, ""},
		{"for ours among others", `a@b namespaces="git,vigie" ` + bare, "a@b"},
		{"not yet", `a@b valid-after="20270101Z" ` + bare, ""},
		{"no longer", `a@b valid-before="20260101Z" ` + bare, ""},
		{"in its time", `a@b valid-after="20260101Z",valid-before="202701010000Z" ` + bare, "a@b"},
	} {
		name := filepath.Join(t.TempDir(), "allowed")
		if err := os.WriteFile(name, []byte("# comment\n\n"+c.line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		trust, err := LoadTrust(name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := trust.Who(k, now); got != c.who {
			t.Errorf("%s: %q, want %q", c.name, got, c.who)
		}
	}
	for _, bad := range []string{"", "a@b ssh-ed25519 AAAA", "a@b cert-authority " + bare, "hello", `a@b valid-after="soon" ` + bare} {
		name := filepath.Join(t.TempDir(), "allowed")
		if err := os.WriteFile(name, []byte(bad+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadTrust(name); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}

// The real ssh-keygen verifies our signatures, reads our keys, and we verify its signatures.
func TestSSHKeygen(t *testing.T) {
	t.Parallel()
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen on this machine")
	}
	file := newKey(t, "martin@example.org", "")
	k, err := LoadKey(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	report, allowed := filepath.Join(dir, "report.pdf"), filepath.Join(dir, "allowed_signers")
	message := []byte("%PDF-1.7 \x00 report")
	for f, data := range map[string][]byte{report: message, allowed: []byte(k.AllowedSigner("martin@example.org") + "\n")} {
		if err := os.WriteFile(f, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(message []byte) ([]byte, error) {
		cmd := exec.Command(keygen, "-Y", "verify", "-f", allowed, "-I", "martin@example.org", "-n", Namespace, "-s", report+Ending)
		cmd.Stdin = bytes.NewReader(message)
		return cmd.CombinedOutput()
	}
	s, err := LoadSigner(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := SignFile(s, report); err != nil {
		t.Fatal(err)
	}
	if out, err := verify(message); err != nil {
		t.Errorf("ssh-keygen refuses our signature: %s", out)
	}
	if _, err := verify(append(message, ' ')); err == nil {
		t.Error("ssh-keygen accepts a changed report")
	}
	if err := os.Remove(report + Ending); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(keygen, "-Y", "sign", "-q", "-f", file, "-n", Namespace, report).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen cannot sign with our key: %s", out)
	}
	sig, err := os.ReadFile(report + Ending)
	if err != nil {
		t.Fatal(err)
	}
	if by, err := Verify(message, sig); err != nil || !by.equal(k) {
		t.Errorf("a signature of ssh-keygen: %v", err)
	}
	theirs := filepath.Join(dir, "theirs")
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "secret", "-C", "c@d", "-f", theirs).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if s, err := LoadSigner(theirs, []byte("secret")); err != nil || s.Key.Comment != "c@d" {
		t.Errorf("a key of ssh-keygen: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	s, err := LoadSigner(newKey(f, "m", ""), nil)
	if err != nil {
		f.Fatal(err)
	}
	message := []byte("m")
	sig, err := s.Sign(message)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sig)
	f.Add([]byte(sigBegin + sigEnd))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := Verify(message, data)
		if err == nil && k.equal(&s.Key) && !bytes.Equal(data, sig) {
			t.Fatal("a second signature by the key, which it never made")
		}
	})
}
