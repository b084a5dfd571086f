package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Key is a public key.
type Key struct {
	pub     ssh.PublicKey
	Comment string
}

// Fingerprint is the key's, as ssh-keygen -l writes it: SHA256:….
func (k *Key) Fingerprint() string { return ssh.FingerprintSHA256(k.pub) }

// Line is the key as it stands in a .pub file, without line break.
func (k *Key) Line() string {
	s := strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(k.pub)), "\n")
	if k.Comment != "" {
		s += " " + k.Comment
	}
	return s
}

// AllowedSigner is the line of an allowed_signers file that trusts the key for signatures of Vigie under a name.
func (k *Key) AllowedSigner(name string) string {
	return fmt.Sprintf("%s namespaces=%q %s", name, Namespace, strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(k.pub)), "\n"))
}

func (k *Key) equal(o *Key) bool { return string(k.pub.Marshal()) == string(o.pub.Marshal()) }

// Signer is a private key that is open.
type Signer struct {
	key ssh.Signer
	Key Key
}

// ErrPassphrase says that a key is locked and no passphrase, or a wrong one, was given.
var ErrPassphrase = errors.New("key is locked: passphrase missing or wrong")

// NewKey makes a key. A passphrase that is not empty locks the file (bcrypt, AES-256). The comment stands in both parts for people to
// tell keys apart, and must be a name without blanks, as allowed_signers has it.
func NewKey(comment string, passphrase []byte) (private, public []byte, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	var block *pem.Block
	if len(passphrase) > 0 {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(priv, comment, passphrase)
	} else {
		block, err = ssh.MarshalPrivateKey(priv, comment)
	}
	if err != nil {
		return nil, nil, err
	}
	sshPub, err := ssh.NewPublicKey(pub)
	if err != nil {
		return nil, nil, err
	}
	k := Key{sshPub, comment}
	return pem.EncodeToMemory(block), []byte(k.Line() + "\n"), nil
}

// maxKey bounds a key file in bytes.
const maxKey = 64 << 10

// LoadSigner opens a private key file, made by [NewKey] or by ssh-keygen -t ed25519. The error is [ErrPassphrase] when it is locked.
// The comment is read from the .pub file beside it, where there is one.
func LoadSigner(name string, passphrase []byte) (*Signer, error) {
	data, err := readSmall(name, maxKey)
	if err != nil {
		return nil, err
	}
	var key ssh.Signer
	if len(passphrase) > 0 {
		key, err = ssh.ParsePrivateKeyWithPassphrase(data, passphrase)
		if err != nil {
			if again, plain := ssh.ParsePrivateKey(data); plain == nil {
				key, err = again, nil // it has no passphrase
			}
		}
	} else {
		key, err = ssh.ParsePrivateKey(data)
	}
	var missing *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &missing), errors.Is(err, x509.IncorrectPasswordError):
		return nil, fmt.Errorf("%s: %w", name, ErrPassphrase)
	case err != nil:
		return nil, fmt.Errorf("%s: no private key of OpenSSH", name)
	case key.PublicKey().Type() != ssh.KeyAlgoED25519:
		return nil, fmt.Errorf("%s: key of type %s, want %s", name, key.PublicKey().Type(), ssh.KeyAlgoED25519)
	}
	s := &Signer{key: key, Key: Key{pub: key.PublicKey()}}
	if pub, err := LoadKey(name + ".pub"); err == nil && pub.equal(&s.Key) {
		s.Key.Comment = pub.Comment
	}
	return s, nil
}

// LoadKey reads a public key file.
func LoadKey(name string) (*Key, error) {
	data, err := readSmall(name, maxKey)
	if err != nil {
		return nil, err
	}
	pub, comment, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil || pub.Type() != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("%s: no public key of type %s", name, ssh.KeyAlgoED25519)
	}
	return &Key{pub, comment}, nil
}

// SignFile signs a file and writes the signature beside it, as NAME.sig. A time stamp of an older signature is removed.
func SignFile(s *Signer, name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	sig, err := s.Sign(data)
	if err != nil {
		return "", err
	}
	if err := dropStamp(name + Ending); err != nil {
		return "", err
	}
	return name + Ending, WriteFile(name+Ending, sig)
}
