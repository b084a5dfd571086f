package evtx

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func appendUint(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, '0'+byte(n))
	}
	return strconv.AppendUint(dst, n, 10)
}

func appendHex(dst []byte, n uint64) []byte { return strconv.AppendUint(append(dst, '0', 'x'), n, 16) }

// trimUTF16 cuts the NULs at the end of a text, and half a character.
func trimUTF16(b []byte) []byte {
	b = b[:len(b)&^1]
	for len(b) > 0 && b[len(b)-1] == 0 && b[len(b)-2] == 0 {
		b = b[:len(b)-2]
	}
	return b
}

// appendUTF16 appends UTF-16LE as UTF-8; half a surrogate pair becomes U+FFFD.
// Texts are mostly ASCII: four characters are taken at once while they are.
func appendUTF16(dst, b []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(b)/2+8)
	out := dst[:cap(dst)]
	i := 0
	for i+8 <= len(b) && n+8 <= len(out) {
		x := binary.LittleEndian.Uint64(b[i:])
		if x&0xff80ff80ff80ff80 != 0 {
			break
		}
		x |= x >> 8 // bytes 0 and 1 in place, 4 and 5 too
		binary.LittleEndian.PutUint32(out[n:], uint32(x)&0xffff|uint32(x>>16)&0xffff0000)
		i += 8
		n += 4
	}
	dst = out[:n]
	for i+2 <= len(b) {
		c := rune(binary.LittleEndian.Uint16(b[i:]))
		i += 2
		switch {
		case c < utf8.RuneSelf:
			dst = append(dst, byte(c))
			continue
		case utf16.IsSurrogate(c):
			var low rune
			if i+2 <= len(b) {
				low = rune(binary.LittleEndian.Uint16(b[i:]))
			}
			if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}

func (d *Decoder) appendANSI(dst, b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	for _, c := range b {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, d.ansi.DecodeByte(c))
		}
	}
	return dst
}

// appendFloat appends the shortest decimal that gives the number back, with an
// exponent only where Windows has one too: below 1e-4 and from 1e15.
func appendFloat(dst, b []byte) []byte {
	bits, f := 32, 0.0
	if len(b) == 8 {
		bits, f = 64, math.Float64frombits(binary.LittleEndian.Uint64(b))
	} else {
		f = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "INF"...)
	case math.IsInf(f, -1):
		return append(dst, "-INF"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

const upperHex = "0123456789ABCDEF"

func appendBytes(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

// appendGUID appends {00112233-4455-6677-8899-AABBCCDDEEFF}; the first three
// groups are numbers and so stored backwards.
func appendGUID(dst, b []byte) []byte {
	_ = b[15]
	dst = append(dst, '{')
	for i, at := range [...]uint8{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		switch i {
		case 4, 6, 8, 10:
			dst = append(dst, '-')
		}
		dst = append(dst, upperHex[b[at]>>4], upperHex[b[at]&15])
	}
	return append(dst, '}')
}

// appendSID appends S-1-5-…; ok is false when b is no SID: revision, count of
// subauthorities, authority in six bytes the high one first, subauthorities.
func appendSID(dst, b []byte) (out []byte, ok bool) {
	if len(b) < 8 || len(b) != 8+4*int(b[1]) {
		return dst, false
	}
	dst = append(dst, "S-"...)
	dst = appendUint(dst, uint64(b[0]))
	dst = append(dst, '-')
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	if authority < 1<<32 {
		dst = appendUint(dst, authority)
	} else {
		dst = appendHex(dst, authority)
	}
	for i := 8; i < len(b); i += 4 {
		dst = append(dst, '-')
		dst = appendUint(dst, uint64(binary.LittleEndian.Uint32(b[i:])))
	}
	return dst, true
}

// appendFileTime appends a FILETIME, the tenths of microseconds since 1601, as
// 2021-03-03T08:12:01.1234567Z. All 64 bits give a date, up to the year 60056;
// what Windows would take for negative is no exception.
func appendFileTime(dst []byte, t uint64) []byte {
	ticks := t % 1e7
	seconds := t / 1e7
	days := seconds / 86400
	clock := seconds % 86400
	year, month, day := civil(days)
	dst = appendDate(dst, year, month, day, clock/3600, clock/60%60, clock%60)
	high, low := ticks/1e4, ticks%1e4
	dst = appendTwo(append(dst, '.', '0'+byte(high/100)), high%100)
	return append(appendTwo(appendTwo(dst, low/100), low%100), 'Z')
}

// civil gives the date of a day counted from 1 January 1601, which begins a
// cycle of 400 years; after Howard Hinnant's "chrono-Compatible Low-Level Date
// Algorithms", in years that begin in March.
func civil(days uint64) (year, month, day uint64) {
	days += 306 // since 1 March 1600
	era := days / 146097
	doe := days % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = 1600 + 400*era + yoe
	if month <= 2 {
		year++
	}
	return year, month, day
}

// appendSystemTime appends a SYSTEMTIME as it is, possible date or not: year,
// month, day of week (left out), day, hour, minute, second, millisecond.
func appendSystemTime(dst, b []byte) []byte {
	f := func(i int) uint64 { return uint64(binary.LittleEndian.Uint16(b[2*i:])) }
	dst = appendDate(dst, f(0), f(1), f(3), f(4), f(5), f(6))
	return append(appendPadded(append(dst, '.'), f(7), 3), "0000Z"...)
}

func appendDate(dst []byte, year, month, day, hour, minute, second uint64) []byte {
	dst = append(appendPadded(dst, year, 4), '-')
	dst = append(appendTwo(dst, month), '-')
	dst = append(appendTwo(dst, day), 'T')
	dst = append(appendTwo(dst, hour), ':')
	dst = append(appendTwo(dst, minute), ':')
	return appendTwo(dst, second)
}

// appendTwo appends n with at least two digits.
func appendTwo(dst []byte, n uint64) []byte {
	if n > 99 {
		return appendPadded(dst, n, 2)
	}
	return append(dst, '0'+byte(n/10), '0'+byte(n%10))
}

// appendPadded appends n with at least width digits.
func appendPadded(dst []byte, n uint64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for n > 0 || i > len(digits)-width {
		i--
		q := n / 10
		digits[i] = '0' + byte(n-10*q)
		n = q
	}
	return append(dst, digits[i:]...)
}
