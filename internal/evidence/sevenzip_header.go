package evidence

// The header of a 7z archive: from bytes to folders and files, each count checked.

import (
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

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

func (c *szCursor) u64(what string) uint64 {
	if b := c.bytes(8, what); b != nil {
		return le.Uint64(b)
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
	name    []byte // UTF-16LE
	attr    uint32
	written Written
	empty   bool // no stream: a folder, an empty file or an anti-item
	file    bool // of those: a file
	anti    bool
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
		case szMTime:
			var def []byte
			all := p.byte("times")
			if all == 0 {
				def = p.bits(n, "times")
			}
			if p.byte("external") != 0 {
				p.fail("external times")
			}
			for i := range files {
				if all != 0 || bit(def, int64(i)) {
					files[i].written = writtenFiletime(p.u64("time"))
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
