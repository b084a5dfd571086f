package report

import (
	"strings"
	"unicode"
)

// pair is a label with its value.
type pair struct{ Label, Value string }

// sharingMark is what may stand in the margins of pages.
func sharingMark(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && r < 0x250 || r >= '0' && r <= '9' || strings.ContainsRune(" :+-.", r) {
			return r
		}
		return -1
	}, s)
	if s = clip(s, 40); strings.TrimSpace(s) == "" {
		return DefaultTLP
	}
	return s
}
