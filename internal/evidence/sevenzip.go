package evidence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"strconv"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/bodgit/sevenzip"
	"github.com/klauspost/compress/flate"
	"github.com/ulikunitz/xz/lzma"

	"vigie/internal/casefile"
)

// A 7z keeps its header at the end, usually compressed, and its files in
// "folders": chains of coders that unpack one stream, which is then cut into
// files.
//
// The header is read here, with every count checked against the bytes that are
// there. The library unpacks the folders only: for each one it is shown a small
// archive of our own making that holds that folder and nothing else. So its
// header parser never sees hostile counts, the sizes of dictionaries are known
// before it allocates them, and the compressed header is unpacked in the same
// way and within the same limits as everything else.

const sz7Start = 32

// Property ids of the header.
const (
	szEnd = iota
	szHeader
	szArchiveProps
	szAdditionalStreams
	szMainStreams
	szFiles
	szPackInfo
	szUnpackInfo
	szSubStreams
	szSize
	szCRC
	szFolder
	szUnpackSize
	szNumStreams
	szEmptyStream
	szEmptyFile
	szAnti
	szNames
	szCTime
	szATime
	szMTime
	szAttributes
	szComment
	szEncodedHeader
)

var errSz = errors.New("7z: damaged header")

// szCursor reads a header. The first failure sticks; counts are bounded by the
// bytes left.
type szCursor struct {
	b   []byte
	off int
	err error
}

func (c *szCursor) fail(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: byte %d: %s", errSz, c.off, what)
	}
}

func (c *szCursor) left() int64 { return int64(len(c.b) - c.off) }

func (c *szCursor) bytes(n int64, what string) []byte {
	if c.err != nil || n < 0 || n > c.left() {
		c.fail(what)
		return nil
	}
	b := c.b[c.off : c.off+int(n)]
	c.off += int(n)
	return b
}

func (c *szCursor) byte(what string) byte {
	if b := c.bytes(1, what); b != nil {
		return b[0]
	}
	return 0
}

func (c *szCursor) u32(what string) uint32 {
	if b := c.bytes(4, what); b != nil {
		return le.Uint32(b)
	}
	return 0
}

// num reads a number of 1 to 9 bytes; above 2^62 it is damage.
func (c *szCursor) num(what string) int64 {
	first := c.byte(what)
	var v uint64
	mask := byte(0x80)
	for i := range 8 {
		if first&mask == 0 {
			v |= uint64(first&(mask-1)) << (8 * i)
			break
		}
		v |= uint64(c.byte(what)) << (8 * i)
		mask >>= 1
	}
	if v > 1<<62 {
		c.fail(what)
		return 0
	}
	if c.err != nil {
		return 0
	}
	return int64(v)
}

// count reads a number of things that each take at least one byte per unit of
// the header.
func (c *szCursor) count(unit int64, what string) int64 {
	n := c.num(what)
	if n > c.left()/max(1, unit)+1 {
		c.fail(what)
		return 0
	}
	return n
}

// bits reads a vector of n bits.
func (c *szCursor) bits(n int64, what string) []byte { return c.bytes((n+7)/8, what) }

func bit(b []byte, i int64) bool { return i/8 < int64(len(b)) && b[i/8]&(0x80>>(i%8)) != 0 }

// digests reads n optional checksums.
func (c *szCursor) digests(n int64, each func(i int64, crc uint32)) {
	all := c.byte("digests")
	var def []byte
	if all == 0 {
		def = c.bits(n, "digests")
	}
	for i := int64(0); i < n && c.err == nil; i++ {
		if all != 0 || bit(def, i) {
			each(i, c.u32("digest"))
		}
	}
}

type szCoder struct {
	id      string
	in, out int64
	props   []byte
}

// szFolderT is one chain of coders.
type szFolderT struct {
	coders []szCoder
	binds  [][2]int64 // input, and the output that feeds it
	ins    []int64    // inputs that take the packed streams, in their order
	sizes  []int64    // of each output, in order
	main   int        // index of the output that nothing else takes
	packed int64      // number of packed streams
	first  int64      // index of the first of them
	off    int64      // where the packed bytes begin in the file
	pack   []int64    // sizes of the packed streams
	crc    *uint32
	subs   []szSub
}

// szSub is one file in the unpacked stream of a folder.
type szSub struct {
	size int64
	crc  *uint32
}

func (f *szFolderT) size() int64 { return f.sizes[f.main] }

type szFileT struct {
	name  []byte // UTF-16LE
	attr  uint32
	empty bool // no stream: a folder, an empty file or an anti-item
	file  bool // of those: a file
	anti  bool
}

func (c *szCursor) folder() *szFolderT {
	f := &szFolderT{}
	n := c.num("coders")
	if n < 1 || n > 8 {
		c.fail("coders")
		return nil
	}
	var ins, outs int64
	for range n {
		flags := c.byte("coder")
		k := szCoder{in: 1, out: 1}
		k.id = string(c.bytes(int64(flags&15), "coder id"))
		if flags&0x10 != 0 {
			k.in, k.out = c.num("coder inputs"), c.num("coder outputs")
		}
		if flags&0x20 != 0 {
			k.props = c.bytes(c.num("properties"), "properties")
		}
		if flags&0xc0 != 0 || k.in < 1 || k.in > 8 || k.out != 1 {
			c.fail("coder")
			return nil
		}
		ins += k.in
		outs += k.out
		f.coders = append(f.coders, k)
	}
	taken, bound := make([]bool, outs), make([]bool, ins)
	for range outs - 1 {
		in, out := c.num("bind pair"), c.num("bind pair")
		if in >= ins || out >= outs || bound[in] || taken[out] {
			c.fail("bind pair")
			return nil
		}
		bound[in], taken[out] = true, true
		f.binds = append(f.binds, [2]int64{in, out})
	}
	for i, t := range taken {
		if !t {
			f.main = i
		}
	}
	if f.packed = ins - (outs - 1); f.packed < 1 {
		c.fail("packed streams")
		return nil
	}
	if f.packed > 1 {
		seen := make([]bool, ins)
		for range f.packed {
			in := c.num("packed stream")
			if in >= ins || bound[in] || seen[in] {
				c.fail("packed stream")
				return nil
			}
			seen[in] = true
			f.ins = append(f.ins, in)
		}
	} else {
		for in := range ins {
			if !bound[in] {
				f.ins = append(f.ins, in)
			}
		}
	}
	if c.err != nil {
		return nil
	}
	return f
}

// ordered writes the folder as a header has it, with each coder behind those
// that feed it: the library wants it so, and takes the last one for the main
// one, while archives have them in any order. order lists the coders as
// written; it is nil when they feed each other in a ring.
func (f *szFolderT) ordered() (raw []byte, order []int) {
	firstIn := make([]int64, len(f.coders)+1)
	for i, k := range f.coders {
		firstIn[i+1] = firstIn[i] + k.in
	}
	feeds := map[int64]int64{}
	for _, b := range f.binds {
		feeds[b[0]] = b[1]
	}
	state := make([]byte, len(f.coders))
	var visit func(i int) bool
	visit = func(i int) bool { // at most as deep as there are coders: 8
		if state[i] != 0 {
			return state[i] == 2
		}
		state[i] = 1
		for in := firstIn[i]; in < firstIn[i+1]; in++ {
			if out, ok := feeds[in]; ok && !visit(int(out)) {
				return false
			}
		}
		state[i] = 2
		order = append(order, i)
		return true
	}
	if !visit(f.main) || len(order) != len(f.coders) {
		return nil, nil
	}
	newOut := make([]int64, len(f.coders))
	newIn := make([]int64, firstIn[len(f.coders)])
	raw = szNum(raw, int64(len(f.coders)))
	next := int64(0)
	for n, i := range order {
		k := f.coders[i]
		newOut[i] = int64(n)
		for in := firstIn[i]; in < firstIn[i+1]; in++ {
			newIn[in] = next
			next++
		}
		raw = append(raw, byte(len(k.id))|0x10|0x20)
		raw = append(raw, k.id...)
		raw = szNum(szNum(raw, k.in), 1)
		if len(k.props) == 0 {
			raw[len(raw)-18-len(k.id)-1] &^= 0x20
			continue
		}
		raw = append(szNum(raw, int64(len(k.props))), k.props...)
	}
	for _, b := range f.binds {
		raw = szNum(szNum(raw, newIn[b[0]]), newOut[b[1]])
	}
	if len(f.ins) > 1 {
		for _, in := range f.ins {
			raw = szNum(raw, newIn[in])
		}
	}
	return raw, order
}

// streams reads a description of packed streams and the folders that unpack
// them.
func (c *szCursor) streams(max int64) []*szFolderT {
	var (
		packPos int64
		pack    []int64
		folders []*szFolderT
		id      = c.byte("streams")
	)
	if id == szPackInfo {
		packPos = c.num("pack position")
		n := c.count(1, "packed streams")
		for id = c.byte("pack info"); id != szEnd && c.err == nil; id = c.byte("pack info") {
			switch id {
			case szSize:
				pack = make([]int64, 0, min(n, 1024))
				for range n {
					if pack = append(pack, c.num("packed size")); c.err != nil {
						return nil
					}
				}
			case szCRC:
				c.digests(n, func(int64, uint32) {})
			default:
				c.fail("pack info")
			}
		}
		id = c.byte("streams")
	}
	if id == szUnpackInfo {
		if c.byte("unpack info") != szFolder {
			c.fail("unpack info")
		}
		n := c.count(2, "folders")
		if n > max {
			c.err = &fault{code: CodeLimitEntries, where: "folders", limit: max, got: n}
			return nil
		}
		if c.byte("external") != 0 {
			c.fail("external folders")
		}
		for range n {
			f := c.folder()
			if c.err != nil {
				return nil
			}
			folders = append(folders, f)
		}
		if c.byte("unpack info") != szUnpackSize {
			c.fail("unpack sizes")
		}
		for _, f := range folders {
			for range f.coders {
				f.sizes = append(f.sizes, c.num("unpack size"))
			}
		}
		for id = c.byte("unpack info"); id != szEnd && c.err == nil; id = c.byte("unpack info") {
			if id != szCRC {
				c.fail("unpack info")
				break
			}
			c.digests(n, func(i int64, crc uint32) { folders[i].crc = &crc })
		}
		id = c.byte("streams")
	}
	if c.err != nil {
		return nil
	}
	// Where the packed bytes of each folder are.
	pos, k := packPos, int64(0)
	for _, f := range folders {
		f.first, f.off = k, pos
		for range f.packed {
			if k >= int64(len(pack)) {
				c.fail("packed streams")
				return nil
			}
			f.pack = append(f.pack, pack[k])
			if pos += pack[k]; pos < 0 {
				c.fail("packed size")
				return nil
			}
			k++
		}
	}
	c.subStreams(folders, &id, max)
	if id != szEnd {
		c.fail("streams")
	}
	if c.err != nil {
		return nil
	}
	return folders
}

func (c *szCursor) subStreams(folders []*szFolderT, id *byte, max int64) {
	counts := make([]int64, len(folders))
	for i := range counts {
		counts[i] = 1
	}
	in := *id == szSubStreams
	if in {
		if *id = c.byte("substreams"); *id == szNumStreams {
			total := int64(0)
			for i := range counts {
				counts[i] = c.num("streams of folder")
				if total += counts[i]; total > max {
					// Names and sizes of that many could not be kept.
					c.err = &fault{code: CodeLimitEntries, where: "files", limit: max, got: total}
				}
				if c.err != nil {
					return
				}
			}
			*id = c.byte("substreams")
		}
	}
	sized := in && *id == szSize
	for i, f := range folders {
		rest := f.size()
		for j := range counts[i] {
			s := szSub{size: rest}
			if j < counts[i]-1 {
				if !sized {
					c.fail("sizes of files")
					return
				}
				s.size = c.num("size of file")
			}
			if s.size > rest || c.err != nil {
				c.fail("size of file")
				return
			}
			rest -= s.size
			f.subs = append(f.subs, s)
		}
		if counts[i] == 1 {
			f.subs[0].crc = f.crc
		}
	}
	if !in {
		return
	}
	if sized {
		*id = c.byte("substreams")
	}
	if *id == szCRC {
		var open []*szSub
		for i, f := range folders {
			if counts[i] == 1 && f.crc != nil {
				continue
			}
			for j := range f.subs {
				open = append(open, &f.subs[j])
			}
		}
		c.digests(int64(len(open)), func(i int64, crc uint32) { open[i].crc = &crc })
		*id = c.byte("substreams")
	}
	if *id != szEnd {
		c.fail("substreams")
		return
	}
	*id = c.byte("streams")
}

// files reads the list of files.
func (c *szCursor) files(max int64) []szFileT {
	n := c.count(2, "files")
	if n > max {
		c.err = &fault{code: CodeLimitEntries, where: "files", limit: max, got: n}
	}
	if c.err != nil {
		return nil
	}
	files := make([]szFileT, n)
	var empties []int
	for {
		id := c.num("file property")
		if id == szEnd || c.err != nil {
			break
		}
		p := szCursor{b: c.bytes(c.num("property size"), "property")}
		if c.err != nil {
			break
		}
		switch id {
		case szEmptyStream:
			v := p.bits(n, "empty streams")
			empties = nil
			for i := range files {
				if files[i].empty = bit(v, int64(i)); files[i].empty {
					empties = append(empties, i)
				}
			}
		case szEmptyFile, szAnti:
			v := p.bits(int64(len(empties)), "empty files")
			for k, i := range empties {
				if id == szEmptyFile {
					files[i].file = bit(v, int64(k))
				} else {
					files[i].anti = bit(v, int64(k))
				}
			}
		case szNames:
			if p.byte("external") != 0 {
				p.fail("external names")
			}
			for i := range files {
				start := p.off
				for p.err == nil {
					if u := p.bytes(2, "name"); u != nil && u[0] == 0 && u[1] == 0 {
						break
					}
				}
				if p.err == nil {
					files[i].name = p.b[start : p.off-2]
				}
			}
		case szAttributes:
			var def []byte
			all := p.byte("attributes")
			if all == 0 {
				def = p.bits(n, "attributes")
			}
			if p.byte("external") != 0 {
				p.fail("external attributes")
			}
			for i := range files {
				if all != 0 || bit(def, int64(i)) {
					files[i].attr = p.u32("attributes")
				}
			}
		}
		if p.err != nil {
			c.err = p.err
		}
	}
	if c.err != nil {
		return nil
	}
	return files
}

// utf16Name gives the bytes of a stored name. Half a surrogate pair becomes
// three bytes that are not UTF-8, and is escaped like those.
func utf16Name(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i+1 < len(b); i += 2 {
		u := rune(le.Uint16(b[i:]))
		if utf16.IsSurrogate(u) {
			if i+3 < len(b) {
				if r := utf16.DecodeRune(u, rune(le.Uint16(b[i+2:]))); r != utf8.RuneError {
					out = utf8.AppendRune(out, r)
					i += 2
					continue
				}
			}
			out = append(out, 0xe0|byte(u>>12), 0x80|byte(u>>6)&0xbf, 0x80|byte(u)&0xbf)
			continue
		}
		out = utf8.AppendRune(out, u)
	}
	return string(out)
}

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

// szHeaderOf reads the header of an archive, unpacking it first when it is
// packed.
func szHeaderOf(w *walker, at io.ReaderAt, size int64) (folders []*szFolderT, files []szFileT, err error) {
	l := &w.s.limits
	s := readAt(at, 0, sz7Start)
	if len(s) < sz7Start {
		return nil, nil, &fault{code: Code7zTruncated, limit: sz7Start, got: size}
	}
	if crc32.ChecksumIEEE(s[12:]) != le.Uint32(s[8:]) {
		return nil, nil, &fault{code: Code7zDamaged, where: "start header"}
	}
	off, n, sum := le.Uint64(s[12:]), le.Uint64(s[20:]), le.Uint32(s[28:])
	if n == 0 {
		return nil, nil, nil
	}
	if off > 1<<62 || n > 1<<62 || int64(off+n) > size-sz7Start {
		return nil, nil, &fault{code: Code7zTruncated, where: "header at the end", limit: size, got: int64(min(off+n, 1<<62))}
	}
	if int64(n) > l.IndexBytes {
		return nil, nil, &fault{code: CodeLimitIndex, limit: l.IndexBytes, got: int64(n)}
	}
	b := readAt(at, sz7Start+int64(off), int64(n))
	if int64(len(b)) < int64(n) {
		return nil, nil, &fault{code: CodeFileUnreadable}
	}
	if crc32.ChecksumIEEE(b) != sum {
		return nil, nil, &fault{code: Code7zDamaged, where: "header", detail: "checksum"}
	}
	for range 4 {
		c := &szCursor{b: b}
		switch c.byte("header") {
		case szHeader:
			return szParse(c, l)
		case szEncodedHeader:
			fs := c.streams(4)
			if c.err != nil {
				return nil, nil, c.err
			}
			if len(fs) != 1 {
				return nil, nil, &fault{code: Code7zDamaged, where: "packed header"}
			}
			if b, err = szUnpackHeader(w, fs[0], at, size); err != nil {
				return nil, nil, err
			}
		default:
			return nil, nil, &fault{code: Code7zDamaged, where: "header"}
		}
	}
	return nil, nil, &fault{code: Code7zDamaged, where: "header", detail: "packed too often"}
}

func szUnpackHeader(w *walker, f *szFolderT, at io.ReaderAt, size int64) ([]byte, error) {
	l := &w.s.limits
	if flt := f.check(l, size); flt != nil {
		flt.where = "header"
		return nil, flt
	}
	if f.size() > l.IndexBytes {
		return nil, &fault{code: CodeLimitIndex, limit: l.IndexBytes, got: f.size()}
	}
	rc, err := f.unpack(at)
	if err != nil {
		return nil, szError(err)
	}
	defer guard(rc.Close)
	b, err := io.ReadAll(io.LimitReader(guardReader{w.ctx, rc}, f.size()))
	if err != nil {
		if w.ctx.Err() != nil {
			return nil, w.ctx.Err()
		}
		return nil, szError(err)
	}
	if int64(len(b)) != f.size() || (f.crc != nil && crc32.ChecksumIEEE(b) != *f.crc) {
		return nil, &fault{code: Code7zDamaged, where: "packed header", detail: "checksum"}
	}
	return b, nil
}

func szParse(c *szCursor, l *Limits) (folders []*szFolderT, files []szFileT, err error) {
	id := c.byte("header")
	if id == szArchiveProps {
		for {
			if t := c.num("archive property"); t == szEnd || c.err != nil {
				break
			}
			c.bytes(c.num("archive property"), "archive property")
		}
		id = c.byte("header")
	}
	if id == szAdditionalStreams {
		c.streams(l.Entries)
		id = c.byte("header")
	}
	if id == szMainStreams && c.err == nil {
		folders = c.streams(l.Entries)
		id = c.byte("header")
	}
	if id == szFiles && c.err == nil {
		files = c.files(l.Entries)
		id = c.byte("header")
	}
	if id != szEnd {
		c.fail("header")
	}
	return folders, files, c.err
}

// sevenZip walks a 7z archive in its own order: files of one folder can only be
// read one after the other.
func (w *walker) sevenZip(e *env, p place, b *blob) error {
	folders, files, err := szHeaderOf(w, b.at, b.size)
	if err != nil {
		if w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		w.faultGap(e, p, classify("7z", err), 0, b.size, "container skipped")
		return nil
	}
	run := &szRun{w: w, e: e, at: b.counted(&w.s.read), folders: folders}
	defer run.close()
	for i := range files {
		f := &files[i]
		where := "entry " + strconv.Itoa(i+1)
		name := utf16Name(f.name)
		if !w.count(e, place{e.prefix.display + escape(cutText(name, 200), false), ""}, where) {
			return nil
		}
		var sub *szSub
		if !f.empty {
			if sub = run.next(); sub == nil {
				w.gap(e, casefile.Gap{Code: Code7zDamaged, Path: p.display, Where: where, Action: "rest of the container skipped", Detail: "more files than streams"})
				return nil
			}
		}
		skip := func(flt *fault, action string) {
			if flt.where == "" {
				flt.where = where
			}
			size := int64(0)
			if sub != nil {
				size = sub.size
			}
			w.faultGap(e, place{display: e.prefix.display + cleanStored(name, &w.s.limits).display}, flt, 0, size, action)
		}
		mode := uint32(0)
		if f.attr&0x8000 != 0 {
			mode = f.attr >> 16 & 0xf000
		}
		switch {
		case f.anti:
			skip(&fault{code: Code7zAnti}, "not done")
			continue
		case f.empty && !f.file, mode == 0x4000:
			continue // a folder
		case mode == 0xa000 || f.attr&0x400 != 0:
			skip(&fault{code: CodeLinkNotFollowed, where: where + ", symbolic link"}, "not followed")
			continue
		case mode != 0 && mode != 0x8000:
			skip(&fault{code: CodeSpecialNotRead, where: where + ", special file"}, "not read")
			continue
		}
		if f.empty {
			pl := w.stored(e, name, int64(i+1))
			if err := w.offer(e, pl, content{kind: "7z", open: func(opening) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(nil)), nil
			}}); err != nil {
				return err
			}
			continue
		}
		if flt := run.folder().check(&w.s.limits, b.size); flt != nil {
			skip(flt, "entry skipped")
			continue
		}
		pl := w.stored(e, name, int64(i+1))
		if err := w.offer(e, pl, content{kind: "7z", size: sub.size, open: func(opening) (io.ReadCloser, error) {
			r, err := run.open(sub)
			return io.NopCloser(r), err
		}}); err != nil {
			return err
		}
	}
	return nil
}

// szRun is the state of the walk over the folders of one 7z.
type szRun struct {
	w       *walker
	e       *env
	at      io.ReaderAt
	folders []*szFolderT
	f, s    int   // current folder, number of the current file in it plus one
	from    int64 // where the current file begins in the unpacked stream
	rc      io.ReadCloser
	m       *meter
	pos     int64
	err     error // of the current folder
}

// next goes to the next file that has a stream.
func (r *szRun) next() *szSub {
	if r.f < len(r.folders) && r.s > 0 {
		r.from += r.folders[r.f].subs[r.s-1].size
	}
	for r.f < len(r.folders) && r.s >= len(r.folders[r.f].subs) {
		r.close()
		r.f, r.s, r.from = r.f+1, 0, 0
	}
	if r.f >= len(r.folders) {
		return nil
	}
	r.s++
	return &r.folders[r.f].subs[r.s-1]
}

func (r *szRun) folder() *szFolderT { return r.folders[r.f] }

func (r *szRun) close() {
	if r.rc != nil {
		guard(r.rc.Close)
	}
	r.rc, r.m, r.pos, r.err = nil, nil, 0, nil
}

// open gives the current file, reading over what was left of those before.
func (r *szRun) open(sub *szSub) (io.Reader, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.m == nil {
		f := r.folder()
		in := &countAtOnce{at: r.at}
		rc, err := f.unpack(in)
		if err != nil {
			r.err = szError(err)
			return nil, r.err
		}
		r.rc = rc
		r.m = &meter{r: rc, in: in.count, l: &r.w.s.limits, b: r.e.bundle}
	}
	if skip := r.from - r.pos; skip > 0 {
		n, err := io.CopyN(io.Discard, guardReader{r.w.ctx, r.m}, skip)
		r.pos += n
		if err != nil {
			if r.w.ctx.Err() != nil {
				return nil, r.w.ctx.Err()
			}
			if err == io.EOF {
				err = &fault{code: Code7zDamaged, detail: "stream ends early"}
			}
			r.err = szError(err)
			return nil, r.err
		}
	}
	return &szReader{run: r, left: sub.size, sub: sub, crc: crc32.NewIEEE()}, nil
}

// szReader reads one file out of the unpacked stream of its folder.
type szReader struct {
	run  *szRun
	sub  *szSub
	left int64
	crc  hash.Hash32
}

func (s *szReader) Read(p []byte) (int, error) {
	if s.left == 0 {
		if s.sub.crc != nil && s.crc.Sum32() != *s.sub.crc {
			return 0, &fault{code: Code7zCRC, limit: int64(*s.sub.crc), got: int64(s.crc.Sum32())}
		}
		return 0, io.EOF
	}
	if s.run.err != nil {
		return 0, s.run.err
	}
	n := 0
	err := guard(func() (err error) {
		n, err = s.run.m.Read(p[:min(int64(len(p)), s.left)])
		return err
	})
	s.crc.Write(p[:n])
	s.left -= int64(n)
	s.run.pos += int64(n)
	if err == io.EOF && s.left > 0 {
		err = &fault{code: Code7zDamaged, detail: "stream ends early"}
	}
	if err != nil && err != io.EOF {
		s.run.err = szError(err)
		return n, s.run.err
	}
	return n, nil
}

// countAtOnce counts what is read at random.
type countAtOnce struct {
	at io.ReaderAt
	n  int64
}

func (c *countAtOnce) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.at.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

func (c *countAtOnce) count() int64 { return c.n }
