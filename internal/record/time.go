package record

import "time"

// parseISO reads "2021-03-03T05:12:01.123Z" and its variants (blank for T, no
// fraction, no zone, ±hh:mm) at the start of b. Seconds may be 60 and hours 24,
// as logs write leap seconds and ends of day; both are taken as the next
// instant. Without a zone UTC is meant, which is what IIS and Exchange write.
func parseISO(b []byte) (time.Time, bool) {
	if len(b) < 16 || b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' || b[13] != ':' {
		return time.Time{}, false
	}
	y, ok1 := digits(b[0:4])
	mo, ok2 := digits(b[5:7])
	d, ok3 := digits(b[8:10])
	h, ok4 := digits(b[11:13])
	mi, ok5 := digits(b[14:16])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return time.Time{}, false
	}
	s, ns, i := 0, 0, 16
	if len(b) >= 19 && b[16] == ':' {
		var ok bool
		if s, ok = digits(b[17:19]); !ok {
			return time.Time{}, false
		}
		i = 19
		if i < len(b) && (b[i] == '.' || b[i] == ',') && i+1 < len(b) && isDigit(b[i+1]) {
			scale := 100_000_000
			for i++; i < len(b) && isDigit(b[i]); i++ {
				ns += int(b[i]-'0') * scale
				scale /= 10
			}
		}
	}
	if mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 24 || mi > 59 || s > 60 || h == 24 && (mi > 0 || s > 0) || y < 1900 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(mo), d, h, mi, s, ns, time.UTC)
	if i+6 <= len(b) && (b[i] == '+' || b[i] == '-') && b[i+3] == ':' {
		oh, ok1 := digits(b[i+1 : i+3])
		om, ok2 := digits(b[i+4 : i+6])
		if ok1 && ok2 && oh <= 14 && om < 60 {
			off := time.Duration(oh)*time.Hour + time.Duration(om)*time.Minute
			if b[i] == '+' {
				off = -off
			}
			t = t.Add(off)
		}
	}
	return t, true
}

// parseSetup reads "[MM/dd/yyyy HH:mm:ss.ffff]", which Exchange setup writes in UTC.
func parseSetup(b []byte) (time.Time, bool) {
	if len(b) < 26 || b[0] != '[' || b[3] != '/' || b[6] != '/' || b[11] != ' ' || b[14] != ':' || b[17] != ':' {
		return time.Time{}, false
	}
	mo, ok1 := digits(b[1:3])
	d, ok2 := digits(b[4:6])
	y, ok3 := digits(b[7:11])
	h, ok4 := digits(b[12:14])
	mi, ok5 := digits(b[15:17])
	s, ok6 := digits(b[18:20])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 23 || mi > 59 || s > 60 || y < 1900 {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(mo), d, h, mi, s, 0, time.UTC), true
}

func isSetupLine(b []byte) bool {
	_, ok := parseSetup(b)
	return ok
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
