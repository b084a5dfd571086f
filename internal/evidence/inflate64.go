package evidence

import (
	"bufio"
	"errors"
	"io"
)

// inflate64 undoes Deflate64, which Windows Explorer uses for files over 2 GiB
// in a zip: log files of that size are what this program is for, and no library
// at hand has it. It is deflate with a window of 64 KiB, two more distance
// codes, and a last length code that carries 16 bits.
//
// Each code is looked up bit by bit over canonical counts (the method of zlib's
// "puff"), with a table for the short ones.
type inflate64 struct {
	r    *bufio.Reader
	bits uint64
	n    uint

	win  [1 << 16]byte
	at   int // next position in win
	full bool
	give int // first position not delivered yet
	have int // bytes not delivered yet

	final  bool
	stored int  // bytes left of a stored block
	block  bool // in a compressed block
	lit    huff64
	dist   huff64
	length int // bytes left of a match
	back   int
	err    error
}

var errInflate64 = errors.New("deflate64: damaged")

func newInflate64(r *bufio.Reader) *inflate64 { return &inflate64{r: r} }

const (
	huffBits = 9  // codes up to here come from the table
	huffMax  = 15 // longest code
)

// huff64 is a canonical code.
type huff64 struct {
	table   [1 << huffBits]uint16 // symbol<<4 | length, 0 when longer
	count   [huffMax + 1]int
	symbols [288]uint16
}

// build makes the code from its lengths. Codes that are too full are damage;
// incomplete ones are only allowed with one symbol.
func (h *huff64) build(lengths []byte) bool {
	*h = huff64{}
	for _, l := range lengths {
		h.count[l]++
	}
	used := len(lengths) - h.count[0]
	h.count[0] = 0
	left := 1
	for l := 1; l <= huffMax; l++ {
		if left = left<<1 - h.count[l]; left < 0 {
			return false
		}
	}
	if left > 0 && used > 1 {
		return false
	}
	var offs, code [huffMax + 2]int
	for l := 1; l <= huffMax; l++ {
		offs[l+1] = offs[l] + h.count[l]
		code[l+1] = (code[l] + h.count[l]) << 1
	}
	for s, l := range lengths {
		if l == 0 {
			continue
		}
		h.symbols[offs[l]] = uint16(s)
		offs[l]++
		c := code[l]
		code[l]++
		if l <= huffBits {
			rev := 0
			for i := range int(l) {
				rev |= c >> i & 1 << (int(l) - 1 - i)
			}
			for i := rev; i < 1<<huffBits; i += 1 << l {
				h.table[i] = uint16(s)<<4 | uint16(l)
			}
		}
	}
	return true
}

// need makes n bits available; at the end of the input it may leave fewer.
func (f *inflate64) need(n uint) bool {
	for f.n < n {
		b, err := f.r.ReadByte()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			f.err = err
			return false
		}
		f.bits |= uint64(b) << f.n
		f.n += 8
	}
	return true
}

func (f *inflate64) take(n uint) (int, bool) {
	if !f.need(n) {
		return 0, false
	}
	v := int(f.bits & (1<<n - 1))
	f.bits >>= n
	f.n -= n
	return v, true
}

// symbol reads one code. It takes no byte that the code does not need: what
// follows the stream is not ours.
func (f *inflate64) symbol(h *huff64) (int, bool) {
	for {
		if e := h.table[f.bits&(1<<huffBits-1)]; e != 0 && uint(e&15) <= f.n {
			f.bits >>= e & 15
			f.n -= uint(e & 15)
			return int(e >> 4), true
		}
		if f.n > huffBits {
			code, first, index := 0, 0, 0
			for l := uint(1); l <= min(f.n, huffMax); l++ {
				code |= int(f.bits>>(l-1)) & 1
				count := h.count[l]
				if code-count < first {
					f.bits >>= l
					f.n -= l
					return int(h.symbols[index+code-first]), true
				}
				index += count
				first = (first + count) << 1
				code <<= 1
			}
			if f.n >= huffMax {
				f.err = errInflate64
				return 0, false
			}
		}
		if !f.need(f.n + 1) {
			return 0, false
		}
	}
}

var (
	lenBase64 = [...]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3}
	lenBits64 = [...]uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16}
	clOrder   = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

func (f *inflate64) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for f.have == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.fill()
	}
	n := 0
	for n < len(p) && f.have > 0 {
		k := copy(p[n:], f.win[f.give:min(len(f.win), f.give+f.have)])
		n += k
		f.have -= k
		f.give = (f.give + k) & (1<<16 - 1)
	}
	return n, nil
}

func (f *inflate64) put(b byte) {
	f.win[f.at] = b
	f.at = (f.at + 1) & (1<<16 - 1)
	f.full = f.full || f.at == 0
	f.have++
}

// fill decodes until half a window waits to be delivered, or an error.
func (f *inflate64) fill() {
	for f.have < 1<<15 && f.err == nil {
		switch {
		case f.length > 0:
			f.put(f.win[(f.at-f.back)&(1<<16-1)])
			f.length--
		case f.stored > 0:
			var b byte
			if f.n >= 8 {
				v, _ := f.take(8)
				b = byte(v)
			} else if b, f.err = f.r.ReadByte(); f.err != nil {
				if f.err == io.EOF {
					f.err = io.ErrUnexpectedEOF
				}
				return
			}
			f.put(b)
			f.stored--
		case f.block:
			f.step()
		case f.final:
			f.err = io.EOF
		default:
			f.header()
		}
	}
}

// step decodes one symbol of a compressed block.
func (f *inflate64) step() {
	s, ok := f.symbol(&f.lit)
	switch {
	case !ok:
	case s < 256:
		f.put(byte(s))
	case s == 256:
		f.block = false
	case s > 285:
		f.err = errInflate64
	default:
		extra, ok := f.take(lenBits64[s-257])
		if !ok {
			return
		}
		d, ok := f.symbol(&f.dist)
		if !ok {
			return
		}
		if d > 31 {
			f.err = errInflate64
			return
		}
		back, bits := d+1, uint(0)
		if d > 3 {
			bits = uint(d)/2 - 1
			back = (2|d&1)<<bits + 1
		}
		more, ok := f.take(bits)
		if !ok {
			return
		}
		if back += more; back > f.at && !f.full {
			f.err = errInflate64
			return
		}
		f.length, f.back = lenBase64[s-257]+extra, back
	}
}

// header reads the start of a block.
func (f *inflate64) header() {
	v, ok := f.take(3)
	if !ok {
		return
	}
	f.final = v&1 != 0
	switch v >> 1 {
	case 0:
		f.take(f.n % 8)
		size, ok := f.take(16)
		if !ok {
			return
		}
		not, ok := f.take(16)
		if !ok {
			return
		}
		if size != not^0xffff {
			f.err = errInflate64
			return
		}
		f.stored = size
	case 1:
		var l [288]byte
		for i := range l {
			switch {
			case i < 144, i >= 280:
				l[i] = 8
			case i < 256:
				l[i] = 9
			default:
				l[i] = 7
			}
		}
		var d [32]byte
		for i := range d {
			d[i] = 5
		}
		f.lit.build(l[:])
		f.dist.build(d[:])
		f.block = true
	case 2:
		f.dynamic()
	default:
		f.err = errInflate64
	}
}

func (f *inflate64) dynamic() {
	v, ok := f.take(14)
	if !ok {
		return
	}
	nlit, ndist, nlen := v&31+257, v>>5&31+1, v>>10+4
	if nlit > 286 {
		f.err = errInflate64
		return
	}
	var lengths [286 + 32]byte
	for i := range nlen {
		l, ok := f.take(3)
		if !ok {
			return
		}
		lengths[clOrder[i]] = byte(l)
	}
	var cl huff64
	if !cl.build(lengths[:19]) {
		f.err = errInflate64
		return
	}
	clear(lengths[:19])
	for i := 0; i < nlit+ndist; {
		s, ok := f.symbol(&cl)
		if !ok {
			return
		}
		if s < 16 {
			lengths[i] = byte(s)
			i++
			continue
		}
		var prev byte
		base, bits := 3, uint(2)
		switch s {
		case 16:
			if i == 0 {
				f.err = errInflate64
				return
			}
			prev = lengths[i-1]
		case 17:
			bits = 3
		case 18:
			base, bits = 11, 7
		}
		rep, ok := f.take(bits)
		if !ok {
			return
		}
		if rep += base; i+rep > nlit+ndist {
			f.err = errInflate64
			return
		}
		for range rep {
			lengths[i] = prev
			i++
		}
	}
	if lengths[256] == 0 || !f.lit.build(lengths[:nlit]) || !f.dist.build(lengths[nlit:nlit+ndist]) {
		f.err = errInflate64
		return
	}
	f.block = true
}
