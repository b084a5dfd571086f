// Package seal signs the files of a case and checks such signatures, with the keys and signatures of OpenSSH.
//
// Keys are Ed25519 in the format of OpenSSH, signatures are SSHSIG: whoever gets a report can check it with the ssh-keygen that Windows,
// macOS and Linux bring, without Vigie and without trusting it:
//
//	ssh-keygen -Y verify -f allowed_signers -I NAME -n vigie -s report.pdf.sig < report.pdf
//
// Formats: PROTOCOL.key, PROTOCOL.sshsig and ssh-keygen(1), ALLOWED SIGNERS, of OpenSSH 9.2.
//
// A signature says who had the key; when it was made is only as good as the clock of that machine, unless a time-stamping authority
// confirms it (RFC 3161, [Stamp]).
package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Namespace keeps signatures of Vigie apart from others made with the same key (mail, git).
const Namespace = "vigie"

// Ending of the names of signatures.
const Ending = ".sig"

const (
	magic     = "SSHSIG"
	sigBegin  = "-----BEGIN SSH SIGNATURE-----\n"
	sigEnd    = "-----END SSH SIGNATURE-----\n"
	sigColumn = 70 // as ssh-keygen breaks lines
	maxSig    = 16 << 10
)

// sshsig is the binary form of a signature, after the magic.
type sshsig struct {
	Version   uint32
	PublicKey string
	Namespace string
	Reserved  string
	Hash      string
	Signature string
}

// signedData is what the key signs, after the magic.
type signedData struct {
	Namespace string
	Reserved  string
	Hash      string
	Digest    string
}

func toSign(message []byte) []byte {
	sum := sha512.Sum512(message)
	return append([]byte(magic), ssh.Marshal(signedData{Namespace, "", "sha512", string(sum[:])})...)
}

// Sign gives the armored signature of a message.
func (s *Signer) Sign(message []byte) ([]byte, error) {
	sig, err := s.key.Sign(rand.Reader, toSign(message))
	if err != nil {
		return nil, err
	}
	blob := append([]byte(magic), ssh.Marshal(sshsig{1, string(s.key.PublicKey().Marshal()), Namespace, "", "sha512", string(ssh.Marshal(sig))})...)
	return armor(blob), nil
}

func armor(blob []byte) []byte {
	var b bytes.Buffer
	b.WriteString(sigBegin)
	for text := base64.StdEncoding.EncodeToString(blob); text != ""; {
		n := min(len(text), sigColumn)
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	b.WriteString(sigEnd)
	return b.Bytes()
}

// Reasons why a signature does not hold.
var (
	ErrForm      = errors.New("not written as a signature of OpenSSH is")
	ErrNamespace = errors.New("signature was made for another purpose")
	ErrSignature = errors.New("signature does not fit the file")
)

// Verify checks the armored signature of a message and gives the key that made it. Whether that key is trusted is another question:
// see [Trust.Who]. The armor must be exactly as ssh-keygen writes it, so that no byte of the file is without meaning.
func Verify(message, signature []byte) (*Key, error) {
	blob, err := dearmor(signature)
	if err != nil {
		return nil, err
	}
	var s sshsig
	if err := ssh.Unmarshal(blob, &s); err != nil || s.Version != 1 || s.Reserved != "" {
		return nil, ErrForm
	}
	if s.Namespace != Namespace {
		return nil, ErrNamespace
	}
	if s.Hash != "sha512" {
		return nil, fmt.Errorf("%w: hash %.20q, want sha512", ErrForm, s.Hash)
	}
	pub, err := ssh.ParsePublicKey([]byte(s.PublicKey))
	if err != nil || pub.Type() != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("%w: want a key of type %s", ErrForm, ssh.KeyAlgoED25519)
	}
	var sig ssh.Signature
	if err := ssh.Unmarshal([]byte(s.Signature), &sig); err != nil || len(sig.Rest) > 0 || sig.Format != ssh.KeyAlgoED25519 {
		return nil, ErrForm
	}
	if err := pub.Verify(toSign(message), &sig); err != nil {
		return nil, ErrSignature
	}
	return &Key{pub: pub}, nil
}

// dearmor gives the binary form, after the magic.
func dearmor(text []byte) ([]byte, error) {
	s, begun := strings.CutPrefix(string(text), sigBegin)
	s, ended := strings.CutSuffix(s, sigEnd)
	if !begun || !ended || len(text) > maxSig {
		return nil, ErrForm
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(s, "\n", ""))
	if err != nil || !bytes.Equal(armor(blob), text) || !bytes.HasPrefix(blob, []byte(magic)) {
		return nil, ErrForm
	}
	return blob[len(magic):], nil
}
