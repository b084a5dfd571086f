package evidence

import (
	"encoding/binary"
	"testing"
	"time"
)

func TestWritten(t *testing.T) {
	t.Parallel()
	at := time.Date(2021, 3, 3, 7, 12, 44, 0, time.UTC)
	unix := binary.LittleEndian.AppendUint32([]byte{0x55, 0x54, 5, 0, 1}, uint32(at.Unix()))
	ft := uint64(at.Unix())*1e7 + filetimeEpoch
	ntfs := append([]byte{0x0a, 0, 32, 0, 0, 0, 0, 0, 1, 0, 24, 0}, binary.LittleEndian.AppendUint64(nil, ft)...)
	ntfs = append(ntfs, make([]byte, 16)...)
	const date, clock = 41<<9 | 3<<5 | 3, 7<<11 | 12<<5 | 22
	for _, c := range []struct {
		name string
		got  Written
		want Written
	}{
		{"old time of a zip", zipWritten(date, clock, nil), Written{at, true}},
		{"time of Unix in a zip", zipWritten(0, 0, unix), Written{at, false}},
		{"time of Windows in a zip", zipWritten(0, 0, ntfs), Written{at, false}},
		{"extra field that is cut", zipWritten(date, clock, unix[:7]), Written{at, true}},
		{"no time in a zip", zipWritten(33, 0, nil), Written{}},
		{"31st of February", zipWritten(41<<9|2<<5|31, 0, nil), Written{}},
		{"seconds", writtenUnix(at.Unix()), Written{at, false}},
		{"zero seconds", writtenUnix(0), Written{}},
		{"before 1970", writtenUnix(-1), Written{}},
		{"end of time", writtenUnix(1 << 62), Written{}},
		{"FILETIME", writtenFiletime(ft), Written{at, false}},
		{"no FILETIME", writtenFiletime(0), Written{}},
		{"highest FILETIME", writtenFiletime(1<<64 - 1), Written{}},
	} {
		if !c.got.Time.Equal(c.want.Time) || c.got.Local != c.want.Local {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}
