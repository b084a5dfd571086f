package evidence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzReader reads the xz container: streams of blocks of LZMA2. The library's
// own reader keeps a record of every block and takes the size of the
// dictionary from the file as it is; here the dictionary is looked at before it
// is allocated, and the index is checked by a hash, so that memory does not
// depend on the file.
//
//	stream = header(12) block* index footer(12), then zeros by fours, then more streams
//	block  = size flags [sizes] filters padding crc32 | data | padding | check
type xzReader struct {
	r      *bufio.Reader
	window int64
	first  bool
	n      int64 // bytes taken from r
	check  byte

	blocks  uint64
	records hash.Hash // of the sizes of the blocks, as the index must repeat them

	lz       io.Reader
	sum      hash.Hash
	start    int64 // n at the start of the block header
	data     int64 // n at the start of the data
	declared int64 // uncompressed size, -1 when not given
	packed   int64 // compressed size, -1 when not given
	out      int64
	err      error
}

var errXz = errors.New("xz: damaged")

func xzBad(what string) error { return fmt.Errorf("%w: %s", errXz, what) }

func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.lz == nil {
			x.err = x.next()
			continue
		}
		n, err := x.lz.Read(p)
		x.out += int64(n)
		x.sum.Write(p[:n])
		if x.declared >= 0 && x.out > x.declared {
			x.err = xzBad("block longer than declared")
		} else if err == io.EOF {
			x.lz = nil
			x.err = x.endBlock()
		} else if err != nil {
			x.err = err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

// xzCount counts the bytes that the LZMA2 reader takes.
type xzCount struct{ x *xzReader }

func (c xzCount) Read(p []byte) (int, error) {
	n, err := c.x.r.Read(p)
	c.x.n += int64(n)
	return n, err
}

func (c xzCount) ReadByte() (byte, error) {
	b, err := c.x.r.ReadByte()
	if err == nil {
		c.x.n++
	}
	return b, err
}

func (x *xzReader) take(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(xzCount{x}, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// next goes to the next block, over the ends and starts of streams.
func (x *xzReader) next() error {
	if x.records == nil {
		if err := x.startStream(); err != nil {
			return err
		}
	}
	x.start = x.n
	b, err := x.take(1)
	if err != nil {
		return err
	}
	if b[0] == 0 {
		if err := x.endStream(); err != nil {
			return err
		}
		x.records = nil
		return nil
	}
	return x.startBlock(int(b[0])*4 + 4)
}

func (x *xzReader) startStream() error {
	if !x.first {
		// Padding of zeros, or the end.
		zeros := 0
		for {
			b, err := x.r.Peek(1)
			if err != nil {
				if err == io.EOF && zeros%4 != 0 {
					return xzBad("stream padding")
				}
				return err
			}
			if b[0] != 0 {
				break
			}
			x.r.Discard(1)
			x.n++
			zeros++
		}
		if zeros%4 != 0 {
			return xzBad("stream padding")
		}
	}
	x.first = false
	h, err := x.take(12)
	if err != nil {
		return err
	}
	if string(h[:6]) != "\xfd7zXZ\x00" || h[6] != 0 || h[7] > 15 ||
		crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) {
		return xzBad("stream header")
	}
	x.check = h[7]
	x.blocks = 0
	x.records = sha256.New()
	return nil
}

// xzCheckSizes are the sizes of the checks that the format names.
var xzCheckSizes = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}

func (x *xzReader) startBlock(size int) error {
	rest, err := x.take(size - 1)
	if err != nil {
		return err
	}
	h := append([]byte{byte(size/4 - 1)}, rest...)
	if crc32.ChecksumIEEE(h[:size-4]) != binary.LittleEndian.Uint32(h[size-4:]) {
		return xzBad("block header checksum")
	}
	flags := h[1]
	b := bytes.NewReader(h[2 : size-4])
	x.packed, x.declared = -1, -1
	if flags&0x3c != 0 {
		return xzBad("block flags")
	}
	if flags&0x40 != 0 {
		if x.packed, err = xzInt(b); err != nil {
			return err
		}
	}
	if flags&0x80 != 0 {
		if x.declared, err = xzInt(b); err != nil {
			return err
		}
	}
	var dict int64 = -1
	for range int(flags&3) + 1 {
		id, err := xzInt(b)
		if err != nil {
			return err
		}
		n, err := xzInt(b)
		if err != nil || n > int64(b.Len()) {
			return xzBad("filter properties")
		}
		props := make([]byte, n)
		io.ReadFull(b, props)
		if id != 0x21 || dict >= 0 {
			return &fault{code: CodeXzMethod, got: id}
		}
		if n != 1 || props[0] > 40 {
			return xzBad("dictionary size")
		}
		dict = lzma2Dict(props[0])
	}
	if dict > x.window {
		return &fault{code: CodeLimitWindow, limit: x.window, got: dict}
	}
	if x.declared >= 0 {
		dict = min(dict, x.declared) // no match reaches further back
	}
	lz, err := lzma.Reader2Config{DictCap: int(max(dict, lzma.MinDictCap))}.NewReader2(xzCount{x})
	if err != nil {
		return err
	}
	x.data, x.out = x.start+int64(size), 0
	switch x.check {
	case 1:
		x.sum = crc32.NewIEEE()
	case 4:
		x.sum = crc64.New(xzCRC64)
	case 10:
		x.sum = sha256.New()
	default:
		x.sum = noHash{}
	}
	x.lz = lz
	return nil
}

var xzCRC64 = crc64.MakeTable(crc64.ECMA)

// noHash stands for a check that is not there, or not known.
type noHash struct{ hash.Hash }

func (noHash) Write(p []byte) (int, error) { return len(p), nil }

// lzma2Dict is the dictionary size that the one byte of properties stands for.
func lzma2Dict(b byte) int64 {
	if b >= 40 {
		return 1<<32 - 1
	}
	return int64(2|b&1) << (b/2 + 11)
}

func (x *xzReader) endBlock() error {
	packed := x.n - x.data
	if (x.packed >= 0 && packed != x.packed) || (x.declared >= 0 && x.out != x.declared) {
		return xzBad("block size")
	}
	pad := int((4 - packed%4) % 4)
	size := xzCheckSizes[x.check]
	b, err := x.take(pad + size)
	if err != nil {
		return err
	}
	for _, c := range b[:pad] {
		if c != 0 {
			return xzBad("block padding")
		}
	}
	got := b[pad:]
	switch h := x.sum.(type) {
	case hash.Hash32:
		if binary.LittleEndian.Uint32(got) != h.Sum32() {
			return xzBad("checksum")
		}
	case hash.Hash64:
		if binary.LittleEndian.Uint64(got) != h.Sum64() {
			return xzBad("checksum")
		}
	case noHash:
	default:
		if !bytes.Equal(got, h.Sum(nil)) {
			return xzBad("checksum")
		}
	}
	x.blocks++
	x.record(uint64(x.data-x.start+packed)+uint64(size), uint64(x.out))
	return nil
}

func (x *xzReader) record(unpadded, out uint64) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], unpadded)
	binary.LittleEndian.PutUint64(b[8:], out)
	x.records.Write(b[:])
}

// endStream reads the index, whose first byte is taken, and the footer.
func (x *xzReader) endStream() error {
	crc := crc32.NewIEEE()
	crc.Write([]byte{0})
	in := xzTee{xzCount{x}, crc}
	n, err := xzInt(in)
	if err != nil {
		return err
	}
	if uint64(n) != x.blocks {
		return xzBad("index")
	}
	want := x.records.Sum(nil)
	x.records = sha256.New()
	for range x.blocks {
		unpadded, err := xzInt(in)
		if err != nil {
			return err
		}
		out, err := xzInt(in)
		if err != nil {
			return err
		}
		x.record(uint64(unpadded), uint64(out))
	}
	if !bytes.Equal(want, x.records.Sum(nil)) {
		return xzBad("index")
	}
	for (x.n-x.start)%4 != 0 {
		if b, err := in.ReadByte(); err != nil || b != 0 {
			return cut(err, xzBad("index padding"))
		}
	}
	size := x.n - x.start + 4
	tail, err := x.take(4 + 12)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(tail) != crc.Sum32() {
		return xzBad("index checksum")
	}
	f := tail[4:]
	if string(f[10:]) != "YZ" || f[8] != 0 || f[9] != x.check ||
		crc32.ChecksumIEEE(f[4:10]) != binary.LittleEndian.Uint32(f) ||
		(int64(binary.LittleEndian.Uint32(f[4:]))+1)*4 != size {
		return xzBad("stream footer")
	}
	return nil
}

// cut is the error of a read that should have had more, or else another one.
func cut(err, or error) error {
	switch err {
	case nil:
		return or
	case io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

type xzTee struct {
	r   xzCount
	crc hash.Hash32
}

func (t xzTee) ReadByte() (byte, error) {
	b, err := t.r.ReadByte()
	if err == nil {
		t.crc.Write([]byte{b})
	}
	return b, err
}

// xzInt reads a number of up to 63 bits, seven a byte.
func xzInt(r io.ByteReader) (int64, error) {
	var v uint64
	for i := range 9 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, cut(err, nil)
		}
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				return 0, xzBad("number")
			}
			return int64(v), nil
		}
	}
	return 0, xzBad("number")
}
