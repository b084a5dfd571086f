package record

import (
	"net/netip"
	"strings"

	"vigie/internal/fieldlog"
)

// guessW3C names the columns of an IIS record that has no header above it, by
// what each value looks like. IIS always writes its columns in one order, of
// which administrators leave some out, so typed values (address, method, port,
// status) pin the untyped ones between them. nil when the line is no such
// record.
//
//	date time [s-sitename] [s-computername] [s-ip] cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip
//	[cs-version] cs(User-Agent) [cs(Cookie)] [cs(Referer)] [cs-host] sc-status sc-substatus sc-win32-status
//	[sc-bytes cs-bytes] [time-taken] [X-Forwarded-For …]
func guessW3C(line []byte) *fieldlog.Header {
	if len(line) < 20 || line[0] < '0' || line[0] > '9' {
		return nil
	}
	t := strings.Fields(string(line[:min(len(line), 64<<10)]))
	if len(t) < 10 || len(t) > 40 || !isDate(t[0]) || !isClock(t[1]) {
		return nil
	}
	names := []string{"date", "time"}
	i := 2
	for m := i; ; m++ { // the method is the first all-letters word after site, computer and address
		if m >= len(t) || m > 5 {
			return nil
		}
		if isMethod(t[m]) && m+1 < len(t) && (strings.HasPrefix(t[m+1], "/") || t[m+1] == "*") {
			lead := t[i:m]
			switch {
			case len(lead) == 0:
			case len(lead) == 3:
				names = append(names, "s-sitename", "s-computername", "s-ip")
			case len(lead) == 2 && isAddr(lead[1]) && strings.HasPrefix(strings.ToUpper(lead[0]), "W3SVC"):
				names = append(names, "s-sitename", "s-ip")
			case len(lead) == 2 && isAddr(lead[1]):
				names = append(names, "s-computername", "s-ip")
			case len(lead) == 2:
				names = append(names, "s-sitename", "s-computername")
			case isAddr(lead[0]):
				names = append(names, "s-ip")
			case strings.HasPrefix(strings.ToUpper(lead[0]), "W3SVC"):
				names = append(names, "s-sitename")
			default:
				names = append(names, "s-computername")
			}
			i = m
			break
		}
	}
	// method, path, query, port, user, client
	if i+5 >= len(t) || !isNumber(t[i+3]) || !isAddr(t[i+5]) {
		return nil
	}
	names = append(names, "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip")
	i += 6
	if i < len(t) && strings.HasPrefix(t[i], "HTTP/") {
		names = append(names, "cs-version")
		i++
	}
	// From the end: status block, found as the first three numbers in a row of which the first is a status.
	s := -1
	for k := i; k+2 < len(t); k++ {
		if isStatus(t[k]) && isNumber(t[k+1]) && isNumber(t[k+2]) {
			s = k
			break
		}
	}
	if s < 0 {
		return nil
	}
	switch text := s - i; text {
	case 0:
	case 1:
		names = append(names, "cs(User-Agent)")
	case 2:
		if looksHost(t[s-1]) && !strings.Contains(t[s-1], "://") {
			names = append(names, "cs(User-Agent)", "cs-host")
		} else {
			names = append(names, "cs(User-Agent)", "cs(Referer)")
		}
	case 3:
		if strings.Contains(t[i+1], "://") || t[i+1] == "-" || !strings.Contains(t[i+1], "=") {
			names = append(names, "cs(User-Agent)", "cs(Referer)", "cs-host")
		} else {
			names = append(names, "cs(User-Agent)", "cs(Cookie)", "cs-host")
		}
	case 4:
		names = append(names, "cs(User-Agent)", "cs(Cookie)", "cs(Referer)", "cs-host")
	default:
		return nil
	}
	names = append(names, "sc-status", "sc-substatus", "sc-win32-status")
	i = s + 3
	numbers := 0
	for i+numbers < len(t) && isNumber(t[i+numbers]) && numbers < 3 {
		numbers++
	}
	switch numbers {
	case 1:
		names = append(names, "time-taken")
	case 2:
		names = append(names, "sc-bytes", "time-taken")
	case 3:
		names = append(names, "sc-bytes", "cs-bytes", "time-taken")
	}
	i += numbers
	if i < len(t) {
		names = append(names, "X-Forwarded-For")
		i++
	}
	for n := 1; i < len(t); i, n = i+1, n+1 {
		names = append(names, "custom-"+string(rune('0'+n%10)))
	}
	return fieldlog.NewHeader(fieldlog.Space, names)
}

func isDate(s string) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-' && isNumber(s[:4]) && isNumber(s[5:7]) && isNumber(s[8:])
}

func isClock(s string) bool {
	return len(s) >= 8 && s[2] == ':' && s[5] == ':' && isNumber(s[:2]) && isNumber(s[3:5]) && isNumber(s[6:8])
}

func isMethod(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) >= 3 && len(s) <= 32
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 20
}

func isStatus(s string) bool { return len(s) == 3 && isNumber(s) && s[0] >= '1' && s[0] <= '5' }

func isAddr(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func looksHost(s string) bool {
	return s == "-" || strings.Contains(s, ".") && !strings.ContainsAny(s, "=;/()")
}
