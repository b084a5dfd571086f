package seal

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Trust is the list of keys that a user trusts.
type Trust struct{ signers []signer }

type signer struct {
	names         string
	key           Key
	namespaces    []string
	after, before time.Time
}

// maxTrust bounds a list of trusted keys in bytes.
const maxTrust = 4 << 20

// LoadTrust reads trusted keys: an allowed_signers file of OpenSSH, or a .pub file, whose comment then is the name. Authorities that
// certify keys (cert-authority) are not supported and refused, as are keys of other types.
func LoadTrust(name string) (*Trust, error) {
	data, err := readSmall(name, maxTrust)
	if err != nil {
		return nil, err
	}
	t := &Trust{}
	scan := bufio.NewScanner(bytes.NewReader(data))
	scan.Buffer(nil, maxTrust+1)
	for n := 1; scan.Scan(); n++ {
		line := strings.TrimSpace(scan.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := parseSigner(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		t.signers = append(t.signers, s)
	}
	if len(t.signers) == 0 {
		return nil, fmt.Errorf("%s: no key in it", name)
	}
	return t, scan.Err()
}

// NewTrust trusts one key under its comment.
func NewTrust(k *Key) *Trust { return &Trust{[]signer{{names: k.Comment, key: *k}}} }

func parseSigner(line string) (signer, error) {
	names, rest, _ := strings.Cut(line, " ")
	s := signer{names: names}
	if strings.HasPrefix(names, "ssh-") { // a .pub file has no names in front
		rest = line
		s.names = ""
	}
	pub, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(rest)))
	if err != nil {
		return s, fmt.Errorf("no key of OpenSSH")
	}
	if pub.Type() != ssh.KeyAlgoED25519 {
		return s, fmt.Errorf("key of type %s, want %s", pub.Type(), ssh.KeyAlgoED25519)
	}
	s.key = Key{pub, comment}
	if s.names == "" {
		s.names = comment
	}
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		value = strings.Trim(value, `"`)
		switch strings.ToLower(key) {
		case "namespaces":
			s.namespaces = strings.Split(value, ",")
		case "valid-after":
			s.after, err = signerTime(value)
		case "valid-before":
			s.before, err = signerTime(value)
		default:
			return s, fmt.Errorf("option %.40q is not supported", key)
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// signerTime reads YYYYMMDD[HHMM[SS]][Z]; without Z it is the local time, as for ssh-keygen.
func signerTime(s string) (time.Time, error) {
	zone := time.Local
	digits, utc := strings.CutSuffix(s, "Z")
	if utc {
		zone = time.UTC
	}
	for _, form := range []string{"20060102", "200601021504", "20060102150405"} {
		if t, err := time.ParseInLocation(form, digits, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("unreadable time %.40q", s)
}

// Who gives the name under which a key is trusted at a time, "" when it is not.
func (t *Trust) Who(k *Key, now time.Time) string {
	if t == nil {
		return ""
	}
	for i := range t.signers {
		s := &t.signers[i]
		if !s.key.equal(k) || s.namespaces != nil && !slices.Contains(s.namespaces, Namespace) ||
			!s.after.IsZero() && now.Before(s.after) || !s.before.IsZero() && !now.Before(s.before) {
			continue
		}
		if s.names == "" {
			return k.Fingerprint()
		}
		return s.names
	}
	return ""
}
