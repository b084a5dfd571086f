package collectcmd

import (
	"strconv"
	"strings"
)

// ParseSize reads 700MiB, 2GiB, 1500000.
func ParseSize(s string) (int64, bool) {
	mult := int64(1)
	for _, u := range []struct {
		name string
		n    int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"Ko", 1e3}, {"Mo", 1e6}, {"Go", 1e9}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}} {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			s, mult = strings.TrimSpace(n), u.n
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/mult {
		return 0, false
	}
	return n * mult, true
}

// size writes a number of bytes for a reader.
func size(n int64, say Say) string {
	for _, u := range []struct {
		fr, en string
		n      int64
	}{{"Gio", "GiB", 1 << 30}, {"Mio", "MiB", 1 << 20}, {"Kio", "KiB", 1 << 10}} {
		if n >= u.n {
			text := strconv.FormatFloat(float64(n)/float64(u.n), 'f', 1, 64)
			return say(strings.Replace(text, ".", ",", 1)+"\u00a0"+u.fr, text+" "+u.en)
		}
	}
	return strconv.FormatInt(n, 10) + say("\u00a0o", " B")
}
