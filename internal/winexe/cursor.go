package winexe

import (
	"encoding/binary"
	"fmt"
	"io"
)

// cursor does every read, within the file.
type cursor struct {
	r    io.ReaderAt
	size int64
}

// maxRead bounds one read in bytes: no structure that is read here is larger than a version resource.
const maxRead = maxVersion

// bytes reads n bytes at an offset.
func (c *cursor) bytes(what string, at, n int64) ([]byte, error) {
	switch {
	case n < 0 || n > maxRead:
		return nil, c.fail(what, at, "%d bytes, limit %d", n, maxRead)
	case at < 0 || at > c.size || n > c.size-at:
		return nil, c.fail(what, at, "need %d bytes, have %d", n, max(0, c.size-at))
	}
	b := make([]byte, n)
	if _, err := c.r.ReadAt(b, at); err != nil && err != io.EOF {
		return nil, fmt.Errorf("winexe: offset %#x: %s: %w", at, what, err)
	}
	return b, nil
}

func (c *cursor) fail(what string, at int64, format string, args ...any) error {
	return fmt.Errorf("winexe: offset %#x: %s: %s", at, what, fmt.Sprintf(format, args...))
}

func notPE(what string) error { return fmt.Errorf("winexe: %s: %w", what, ErrNotPE) }

// u16 and u32 read numbers of a slice that was measured before.
func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
