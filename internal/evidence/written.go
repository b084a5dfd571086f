package evidence

import (
	"math"
	"time"
)

// Written is when a file was last written, as the folder or the container in which it lies says. It is a claim: whoever may write a file may
// date it, and copying dates it anew.
type Written struct {
	// Time is in UTC and whole seconds, the finest that all containers keep; zero when it is not known.
	Time time.Time
	// Local marks a Time of a clock whose zone nothing tells (the old times of a zip), read as if it were UTC.
	Local bool
}

// The years between which a time is believed to be one: before, clocks and formats write their zero, and no collection is of later.
const (
	firstYear = 1981
	lastYear  = 2199
)

// writtenAt gives a time that may be believed, or none.
func writtenAt(t time.Time, local bool) Written {
	t = t.UTC().Truncate(time.Second)
	if t.Year() < firstYear || t.Year() > lastYear {
		return Written{}
	}
	return Written{t, local}
}

// writtenUnix reads seconds since 1970.
func writtenUnix(s int64) Written {
	if s <= 0 || s > math.MaxUint32*4 {
		return Written{}
	}
	return writtenAt(time.Unix(s, 0), false)
}

// filetimeEpoch is 1970 in the unit of Windows: tenths of microseconds since 1601.
const filetimeEpoch = 116444736000000000

// writtenFiletime reads a time of Windows.
func writtenFiletime(v uint64) Written {
	if v <= filetimeEpoch || v > math.MaxInt64 {
		return Written{}
	}
	return writtenUnix(int64(v-filetimeEpoch) / 1e7)
}

// writtenDOS reads date and time as MS-DOS kept them: in local time, by two seconds.
//
//	date  yyyyyyym mmmddddd   since 1980
//	time  hhhhhmmm mmmsssss
func writtenDOS(date, clock uint16) Written {
	y, m, d := int(date>>9)+1980, int(date>>5&15), int(date&31)
	h, min, s := int(clock>>11), int(clock>>5&63), int(clock&31)*2
	if m < 1 || m > 12 || d < 1 || h > 23 || min > 59 || s > 59 {
		return Written{}
	}
	t := time.Date(y, time.Month(m), d, h, min, s, 0, time.UTC)
	if t.Day() != d { // the 31st of February
		return Written{}
	}
	return writtenAt(t, true)
}

// The extra fields of a zip that hold times with a known zone.
const (
	zipExtraNTFS = 0x000a // 4 reserved, then tags: 1, of 24 bytes: times of writing, reading, making (FILETIME)
	zipExtraUnix = 0x5455 // flags, then by bit 0 seconds since 1970 of writing
)

// zipWritten reads when an entry was written: from its extra fields, else from its old time.
func zipWritten(date, clock uint16, extra []byte) Written {
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			break
		}
		b := extra[:n]
		extra = extra[n:]
		var w Written
		switch {
		case id == zipExtraUnix && n >= 5 && b[0]&1 != 0:
			w = writtenUnix(int64(int32(le.Uint32(b[1:]))))
		case id == zipExtraNTFS && n >= 32 && le.Uint16(b[4:]) == 1 && le.Uint16(b[6:]) >= 24:
			w = writtenFiletime(le.Uint64(b[8:]))
		}
		if !w.Time.IsZero() {
			return w
		}
	}
	return writtenDOS(date, clock)
}
