package demo

import "strconv"

// Lines are appended to byte slices by hand: the benchmark logs are made at
// some hundred megabytes a second, where fmt and time.Format would be the cost.

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// civil gives the date of a number of days since 1970-01-01 (proleptic
// Gregorian; Howard Hinnant's days-from-civil, inverted). Days are not negative here.
func civil(days int64) (year, month, dom int) {
	z := days + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dom = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if mp >= 10 {
		month = int(mp - 9)
	}
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, dom
}

func appendTwo(b []byte, n int) []byte {
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

func appendThree(b []byte, n int) []byte {
	return append(b, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}

// appendDate appends 2021-02-28.
func appendDate(b []byte, ms int64) []byte {
	y, m, d := civil(ms / day)
	b = appendTwo(appendTwo(b, y/100), y%100)
	b = appendTwo(append(b, '-'), m)
	return appendTwo(append(b, '-'), d)
}

// appendClock appends 04:12:31.
func appendClock(b []byte, ms int64) []byte {
	s := int(ms % day / second)
	b = appendTwo(b, s/3600)
	b = appendTwo(append(b, ':'), s/60%60)
	return appendTwo(append(b, ':'), s%60)
}

// appendStamp appends 2021-02-28T04:12:31.162Z, the time of Exchange logs.
func appendStamp(b []byte, ms int64) []byte {
	b = appendClock(append(appendDate(b, ms), 'T'), ms)
	return append(appendThree(append(b, '.'), int(ms%second)), 'Z')
}

// appendCompact appends 20210228.
func appendCompact(b []byte, ms int64) []byte {
	y, m, d := civil(ms / day)
	return appendTwo(appendTwo(appendTwo(appendTwo(b, y/100), y%100), m), d)
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		b = append(b, hexDigits[v>>(4*i)&15])
	}
	return b
}

// guid is a random GUID of version 4.
type guid struct{ hi, lo uint64 }

// source is what lines draw their randomness from; *rand.Rand and *rand.PCG are.
type source interface{ Uint64() uint64 }

func newGUID(r source) guid {
	return guid{r.Uint64()&^0xf000 | 0x4000, r.Uint64()&^(3<<62) | 2<<62}
}

func (g guid) append(b []byte) []byte {
	b = append(appendHex(b, g.hi>>32, 8), '-')
	b = append(appendHex(b, g.hi>>16, 4), '-')
	b = append(appendHex(b, g.hi, 4), '-')
	b = append(appendHex(b, g.lo>>48, 4), '-')
	return appendHex(b, g.lo, 12)
}

func (g guid) String() string { return string(g.append(nil)) }

// appendPlus appends s with blanks as '+', as IIS writes user agents; "-" when empty.
func appendPlus(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	for i := range len(s) {
		if c := s[i]; c == ' ' {
			b = append(b, '+')
		} else {
			b = append(b, c)
		}
	}
	return b
}

// appendBlank appends s with commas as blanks, as HttpProxy writes header values.
func appendBlank(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c == ',' {
			b = append(b, ' ')
		} else {
			b = append(b, c)
		}
	}
	return b
}

// appendCSV appends s as one CSV field, quoted when it must be.
func appendCSV(b []byte, s string) []byte {
	quote := false
	for i := range len(s) {
		if c := s[i]; c == '"' || c == ',' || c == '\r' || c == '\n' {
			quote = true
			break
		}
	}
	if !quote {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

func appendCommas(b []byte, n int) []byte {
	for range n {
		b = append(b, ',')
	}
	return b
}

// build is a product build number: 15.1.2176.9.
type build [4]int

// short appends 15.1.2176.9.
func (v build) short(b []byte) []byte {
	for i, n := range v {
		if i > 0 {
			b = append(b, '.')
		}
		b = appendInt(b, n)
	}
	return b
}

// long appends 15.01.2176.009, as #Version lines have it.
func (v build) long(b []byte) []byte {
	b = appendTwo(append(appendInt(b, v[0]), '.'), v[1])
	b = appendInt(append(b, '.'), v[2])
	return appendThree(append(b, '.'), v[3])
}

// columns appends 15,1,2176,9.
func (v build) columns(b []byte) []byte {
	for i, n := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, n)
	}
	return b
}
