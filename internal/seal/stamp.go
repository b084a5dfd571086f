package seal

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// StampEnding ends the name of a time stamp: it stands beside the signature that it is of.
const StampEnding = ".tsr"

// maxStamp bounds an answer of a time-stamping authority, certificates included.
const maxStamp = 64 << 10

// stampTimeout is how long an authority may take.
const stampTimeout = 30 * time.Second

// Stamp asks a time-stamping authority (RFC 3161) to confirm that data, a signature, exists now, and gives its answer to be kept beside
// it. The authority learns a hash and nothing else. The answer is checked as far as it can be without knowing whom the user trusts.
func Stamp(ctx context.Context, client *http.Client, url string, data []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	req := timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Certificates: true, Nonce: nonce}
	body, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "application/timestamp-query")
	res, err := client.Do(post)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: answer %s", url, res.Status)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxStamp+1))
	if err != nil {
		return nil, err
	}
	ts, err := parseStamp(answer, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	if ts.Nonce == nil || ts.Nonce.Cmp(nonce) != 0 {
		return nil, fmt.Errorf("%s: answer to another question", url)
	}
	return answer, nil
}

// SaveStamp keeps the answer of an authority beside the signature that it is of, and signs it with the key of that signature: parts of such an
// answer are under no signature of the authority, and nobody may change them unseen.
func SaveStamp(s *Signer, sigName string, answer []byte) error {
	if err := WriteFile(sigName+StampEnding, answer); err != nil {
		return err
	}
	_, err := SignFile(s, sigName+StampEnding)
	return err
}

// dropStamp removes the time stamp of an older signature.
func dropStamp(sigName string) error {
	for _, name := range []string{sigName + StampEnding, sigName + StampEnding + Ending} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func parseStamp(answer, data []byte) (ts *timestamp.Timestamp, err error) {
	// The library reads bytes of strangers through a decoder of BER that was written for well-meant ones.
	defer func() {
		if p := recover(); p != nil {
			ts, err = nil, fmt.Errorf("no time stamp: %v", p)
		}
	}()
	if len(answer) > maxStamp {
		return nil, fmt.Errorf("time stamp of over %d bytes", maxStamp)
	}
	parsing.Lock()
	defer parsing.Unlock()
	ts, err = timestamp.ParseResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("no time stamp: %w", err)
	}
	sum := sha256.Sum256(data)
	if ts.HashAlgorithm != crypto.SHA256 || !bytes.Equal(ts.HashedMessage, sum[:]) {
		return nil, errors.New("time stamp of something else")
	}
	return ts, nil
}

// parsing lets one goroutine at a time into the PKCS #7 parser: its BER reader counts in a variable of the package.
var parsing sync.Mutex

// Stamped is a time stamp that was read.
type Stamped struct {
	Time      time.Time // UTC
	Authority string    // who the certificate says it is
	Trusted   bool      // by one of the roots that the user gave
}

// ReadStamp checks a time stamp of data: that it is of these bytes, that the certificate in it signed it, and, where roots are given (PEM),
// that one of them certified that for time stamping at the time.
func ReadStamp(answer, data, roots []byte) (*Stamped, error) {
	ts, err := parseStamp(answer, data)
	if err != nil {
		return nil, err
	}
	if len(ts.Certificates) == 0 {
		return nil, errors.New("time stamp without a certificate")
	}
	parsing.Lock()
	token, err := pkcs7.Parse(ts.RawToken)
	parsing.Unlock()
	if err != nil {
		return nil, err
	}
	signer := token.GetOnlySigner()
	if signer == nil {
		return nil, errors.New("time stamp without one signer")
	}
	s := &Stamped{Time: ts.Time.UTC(), Authority: signer.Subject.CommonName}
	if len(roots) == 0 {
		return s, nil
	}
	pool, between := x509.NewCertPool(), x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, errors.New("no certificate among the authorities that were given")
	}
	for _, c := range ts.Certificates {
		between.AddCert(c)
	}
	_, err = signer.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: ts.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})
	s.Trusted = err == nil
	return s, nil
}
