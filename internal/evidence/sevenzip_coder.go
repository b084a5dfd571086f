package evidence

// The coders of a 7z archive: which are known, what they may take, and how a folder is unpacked.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/bodgit/sevenzip"
	"github.com/klauspost/compress/flate"
	"github.com/ulikunitz/xz/lzma"
)

// Coders that the library undoes, and what they are for.
var szCoders = map[string]bool{
	"\x00": true, "\x03": true, "\x0a": true, "\x21": true, // copy, delta, ARM64, LZMA2
	"\x03\x01\x01": true, "\x03\x04\x01": true, // LZMA, PPMd
	"\x03\x03\x01\x03": true, "\x03\x03\x01\x1b": true, "\x03\x03\x02\x05": true, // BCJ, BCJ2, PPC
	"\x03\x03\x05\x01": true, "\x03\x03\x08\x05": true, // ARM, SPARC
	"\x04\x01\x08": true, "\x04\x01\x09": true, "\x04\x02\x02": true, // deflate, deflate64, bzip2
	"\x04\xf7\x11\x01": true, "\x04\xf7\x11\x02": true, "\x04\xf7\x11\x04": true, // zstd, brotli, lz4
}

const szAES = "\x06\xf1\x07\x01"

// check tells why a folder cannot be unpacked, nil when it can.
func (f *szFolderT) check(l *Limits, size int64) *fault {
	window := int64(0)
	for i, k := range f.coders {
		if k.id == szAES {
			return &fault{code: Code7zEncrypted}
		}
		if !szCoders[k.id] {
			return &fault{code: Code7zMethod, detail: fmt.Sprintf("coder %x", k.id)}
		}
		switch k.id {
		case "\x03\x01\x01", "\x03\x04\x01":
			if len(k.props) != 5 {
				return &fault{code: Code7zDamaged, detail: "coder properties"}
			}
			// The window of LZMA is never made larger than what it unpacks to;
			// the model of PPMd is.
			n := int64(le.Uint32(k.props[1:]))
			if n > l.Window {
				return &fault{code: CodeLimitWindow, limit: l.Window, got: n}
			}
			window += n
		case "\x21":
			if len(k.props) != 1 || k.props[0] > 40 {
				return &fault{code: Code7zDamaged, detail: "coder properties"}
			}
			window += min(lzma2Dict(k.props[0]), max(f.sizes[i], 0))
			if n := lzma2Dict(k.props[0]); n > l.Window {
				return &fault{code: CodeLimitWindow, limit: l.Window, got: n}
			}
		case "\x04\xf7\x11\x01":
			window += 8 * mib // typical; each frame is held to the cap
		}
	}
	if window > 2*l.Window {
		return &fault{code: CodeLimitWindow, where: "all coders", limit: l.Window, got: window}
	}
	end := f.off
	for _, n := range f.pack {
		end += n
		if end < 0 || end > size-sz7Start {
			return &fault{code: Code7zTruncated, limit: size, got: end}
		}
	}
	return nil
}

var szRegister sync.Once

// szSetup gives the library decoders that keep to the limits: LZMA2 with a
// dictionary no larger than what it unpacks to, zstd with capped frames,
// deflate that was not used before (see zipDecoder), and deflate64, which it lacks.
func szSetup() {
	szRegister.Do(func() {
		sevenzip.RegisterDecompressor([]byte{0x21}, func(p []byte, size uint64, r []io.ReadCloser) (io.ReadCloser, error) {
			if len(r) != 1 || len(p) != 1 || p[0] > 40 {
				return nil, errSz
			}
			dict := lzma2Dict(p[0])
			if size < uint64(dict) {
				dict = int64(size)
			}
			lr, err := lzma.Reader2Config{DictCap: int(max(dict, lzma.MinDictCap))}.NewReader2(r[0])
			if err != nil {
				return nil, err
			}
			return readCloser{lr, r[0].Close}, nil
		})
		sevenzip.RegisterDecompressor([]byte{0x04, 0xf7, 0x11, 0x01}, func(_ []byte, _ uint64, r []io.ReadCloser) (io.ReadCloser, error) {
			if len(r) != 1 {
				return nil, errSz
			}
			l := DefaultLimits()
			in := bufioReader(r[0])
			z, err := newZstd(in, l.Window)
			if err != nil {
				return nil, err
			}
			return readCloser{z, func() error { return errors.Join(z.Close(), r[0].Close()) }}, nil
		})
		sevenzip.RegisterDecompressor([]byte{0x04, 0x01, 0x08}, func(_ []byte, _ uint64, r []io.ReadCloser) (io.ReadCloser, error) {
			if len(r) != 1 {
				return nil, errSz
			}
			return readCloser{flate.NewReader(bufioReader(r[0])), r[0].Close}, nil
		})
		sevenzip.RegisterDecompressor([]byte{0x04, 0x01, 0x09}, func(_ []byte, _ uint64, r []io.ReadCloser) (io.ReadCloser, error) {
			if len(r) != 1 {
				return nil, errSz
			}
			return readCloser{newInflate64(bufioReader(r[0])), r[0].Close}, nil
		})
	})
}

// szView shows the library a small archive: our start, the packed bytes of one
// folder where they are, our header.
type szView struct {
	start, header []byte
	body          *io.SectionReader
}

func (v szView) ReadAt(p []byte, off int64) (n int, err error) {
	parts := []struct {
		at   io.ReaderAt
		size int64
	}{
		{bytes.NewReader(v.start), int64(len(v.start))},
		{v.body, v.body.Size()},
		{bytes.NewReader(v.header), int64(len(v.header))},
	}
	for _, part := range parts {
		if off >= part.size {
			off -= part.size
			continue
		}
		for n < len(p) && off < part.size {
			k, err := part.at.ReadAt(p[n:min(int64(len(p)), int64(n)+part.size-off)], off)
			n += k
			off += int64(k)
			if err != nil && err != io.EOF {
				return n, err
			}
			if k == 0 {
				return n, io.ErrUnexpectedEOF
			}
		}
		off = 0
		if n == len(p) {
			return n, nil
		}
	}
	return n, io.EOF
}

// szNum appends a number as a 7z header has it, always in nine bytes.
func szNum(b []byte, v int64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 0xff), uint64(v))
}

// unpack opens the unpacked stream of a folder.
func (f *szFolderT) unpack(at io.ReaderAt) (rc io.ReadCloser, err error) {
	szSetup()
	packed := int64(0)
	h := []byte{szHeader, szMainStreams, szPackInfo}
	h = szNum(h, 0)
	h = szNum(h, int64(len(f.pack)))
	h = append(h, szSize)
	for _, n := range f.pack {
		h = szNum(h, n)
		packed += n
	}
	h = append(h, szEnd, szUnpackInfo, szFolder)
	h = szNum(h, 1)
	h = append(h, 0)
	raw, order := f.ordered()
	if order == nil {
		return nil, &fault{code: Code7zDamaged, detail: "coders feed each other"}
	}
	h = append(h, raw...)
	h = append(h, szUnpackSize)
	for _, i := range order {
		h = szNum(h, f.sizes[i])
	}
	h = append(h, szEnd, szEnd, szFiles)
	h = szNum(h, 1)
	h = append(h, szNames, 5, 0, 'x', 0, 0, 0, szEnd, szEnd)

	start := make([]byte, sz7Start)
	copy(start, "7z\xbc\xaf\x27\x1c\x00\x04")
	le.PutUint64(start[12:], uint64(packed))
	le.PutUint64(start[20:], uint64(len(h)))
	le.PutUint32(start[28:], crc32.ChecksumIEEE(h))
	le.PutUint32(start[8:], crc32.ChecksumIEEE(start[12:]))
	v := szView{start: start, body: io.NewSectionReader(at, sz7Start+f.off, packed), header: h}
	err = guard(func() error {
		r, err := sevenzip.NewReader(v, sz7Start+packed+int64(len(h)))
		if err != nil {
			return err
		}
		if len(r.File) != 1 {
			return errSz
		}
		rc, err = r.File[0].Open()
		return err
	})
	return rc, err
}

// szError gives the errors of the library their codes.
func szError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if re, ok := errors.AsType[*sevenzip.ReadError](err); ok && re.Encrypted {
		return &fault{code: Code7zEncrypted, detail: quoted(err.Error())}
	}
	if _, ok := errors.AsType[*fault](err); ok {
		return err
	}
	if _, ok := errors.AsType[*panicError](err); ok {
		return err
	}
	return &fault{code: Code7zDamaged, detail: quoted(err.Error())}
}
