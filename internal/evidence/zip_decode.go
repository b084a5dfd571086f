package evidence

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"hash"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/ulikunitz/xz/lzma"
)

// zipDecoder undoes the method of an entry.
func zipDecoder(ent *zipEntry, br *bufio.Reader, l *Limits) (r io.Reader, close func(), err error) {
	close = func() {}
	switch ent.method {
	case 0:
		return br, close, nil
	case 8:
		// Never one that was used before: an empty table keeps the codes of the
		// last one, so what it makes of damaged data would depend on the entry
		// before it.
		return flate.NewReader(br), close, nil
	case 9:
		return newInflate64(br), close, nil
	case 12:
		return bzip2.NewReader(br), close, nil
	case 93:
		z, err := newZstd(br, l.Window)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { z.Close() }, nil
	case 95:
		return &xzReader{r: br, window: l.Window, first: true}, close, nil
	case 14:
		// Two bytes of version, two of length, then the properties of LZMA.
		var h [9]byte
		if _, err := io.ReadFull(br, h[:]); err != nil {
			return nil, nil, err
		}
		if le.Uint16(h[2:]) != 5 {
			return nil, nil, &fault{code: CodeZipDamaged, detail: "LZMA properties"}
		}
		if d := int64(le.Uint32(h[5:])); d > l.Window {
			return nil, nil, &fault{code: CodeLimitWindow, limit: l.Window, got: d}
		}
		size := ent.usize
		if ent.flags&2 != 0 {
			size = -1 // ends with a marker
		}
		head := append(append([]byte(nil), h[4:]...), make([]byte, 8)...)
		le.PutUint64(head[5:], uint64(size))
		lr, err := lzma.ReaderConfig{DictCap: int(l.Window)}.NewReader(io.MultiReader(bytes.NewReader(head), br))
		return lr, close, err
	}
	return nil, nil, &fault{code: CodeZipMethod, got: int64(ent.method)}
}

// zipEntryReader delivers at most the declared size, and checks it and the
// checksum at the end.
type zipEntryReader struct {
	r    io.Reader
	ent  *zipEntry
	crc  hash.Hash32
	left int64
	cut  bool // the archive ends before the entry
	err  error
}

func (z *zipEntryReader) Read(p []byte) (int, error) {
	if z.err != nil {
		return 0, z.err
	}
	if z.left == 0 {
		z.err = z.finish()
		return 0, z.err
	}
	if int64(len(p)) > z.left {
		p = p[:z.left]
	}
	n, err := z.r.Read(p)
	z.crc.Write(p[:n])
	z.left -= int64(n)
	switch {
	case err == nil:
	case z.cut && (err == io.EOF || err == io.ErrUnexpectedEOF):
		z.err = &fault{code: CodeZipEntryTruncated, limit: z.ent.usize, got: z.ent.usize - z.left}
	case err == io.EOF && z.left > 0:
		z.err = &fault{code: CodeZipSize, limit: z.ent.usize, got: z.ent.usize - z.left}
	case err == io.EOF:
		z.err = z.finish()
	default:
		z.err = err
	}
	return n, z.err
}

func (z *zipEntryReader) finish() error {
	var b [1]byte
	for range 4 {
		n, err := z.r.Read(b[:])
		if n > 0 {
			return &fault{code: CodeZipSize, limit: z.ent.usize, got: z.ent.usize + 1}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if got := z.crc.Sum32(); got != z.ent.crc {
		return &fault{code: CodeZipCRC, limit: int64(z.ent.crc), got: int64(got)}
	}
	return io.EOF
}
