package collect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// hashAll hashes at most n bytes.
func hashAll(r io.Reader, n int64, buf []byte) (int64, string, error) {
	sum := sha256.New()
	got, err := io.CopyBuffer(sum, io.LimitReader(r, n), buf)
	return got, hex.EncodeToString(sum.Sum(nil)), err
}

// readAll reads a file that must not be longer than limit.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	return b, err
}
