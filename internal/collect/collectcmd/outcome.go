package collectcmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"vigie/internal/seal"
	"vigie/internal/vgz"
)

// Outcome is the JSON of the command.
type Outcome struct {
	Package string   `json:"package"`
	Parts   []string `json:"parts,omitempty"`
	SHA256  []string `json:"sha256"` // of the package, or of each part
	ID      string   `json:"id"`
	End     vgz.End  `json:"end"`
}

// outcome hashes the package as it is on disk.
func outcome(name, id string, end vgz.End) (*Outcome, error) {
	res := &Outcome{Package: name, ID: id, End: end}
	if _, err := os.Stat(name + ".001"); err == nil {
		for n := 1; ; n++ {
			part := fmt.Sprintf("%s.%03d", name, n)
			if _, err := os.Stat(part); err != nil {
				break
			}
			res.Parts = append(res.Parts, part)
		}
	}
	files := res.Parts
	if files == nil {
		files = []string{name}
	}
	for _, f := range files {
		sum, err := fileSum(f)
		if err != nil {
			return nil, err
		}
		res.SHA256 = append(res.SHA256, sum)
	}
	return res, nil
}

func fileSum(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// note writes the hashes beside the package, as sha256sum does, and signs that file when there is a key: so that any change of any byte is found
// wherever the package goes.
func (res *Outcome) note(sign func([]byte) ([]byte, error)) error {
	files := res.Parts
	if files == nil {
		files = []string{res.Package}
	}
	var b bytes.Buffer
	for i, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", res.SHA256[i], filepath.Base(f))
	}
	name := res.Package + vgz.SumSuffix
	if err := seal.WriteFile(name, b.Bytes()); err != nil || sign == nil {
		return err
	}
	sig, err := sign(b.Bytes())
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return seal.WriteFile(name+seal.Ending, sig)
}

// maxPassphrase bounds a file with a passphrase, in bytes.
const maxPassphrase = 4096

// signer opens the key that signs.
func (f *Flags) signer() (func([]byte) ([]byte, error), error) {
	var secret []byte
	if f.Passphrase != "" {
		in, err := os.Open(f.Passphrase)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		if secret, err = io.ReadAll(io.LimitReader(in, maxPassphrase)); err != nil {
			return nil, err
		}
		secret = []byte(strings.TrimRight(string(secret), "\r\n"))
	}
	s, err := seal.LoadSigner(f.Key, secret)
	if err != nil {
		return nil, err
	}
	return s.Sign, nil
}
