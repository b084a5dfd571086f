package collect

import "strings"

// pattern is a path pattern of a profile, in parts, lower case: the first is
// the drive ("c:") or empty for a path that begins at the root of other systems.
type pattern []string

// splitPath cuts a Windows or POSIX path into its parts.
func splitPath(p string) []string {
	return strings.FieldsFunc(p, func(r rune) bool { return r == '\\' || r == '/' })
}

func newPattern(s string) pattern {
	p := pattern(splitPath(s))
	for i := range p {
		p[i] = strings.ToLower(p[i])
	}
	return p
}

// fixed is how many leading parts have no wildcard.
func (p pattern) fixed() int {
	for i, part := range p {
		if strings.ContainsAny(part, "*?") {
			return i
		}
	}
	return len(p)
}

// match tells whether the parts of a path, lower case, fit the pattern; `**`
// stands for any number of parts. Its work is the product of both lengths.
func (p pattern) match(parts []string) bool {
	// fits[j]: the pattern so far fits the first j parts.
	fits := make([]bool, len(parts)+1)
	fits[0] = true
	for _, want := range p {
		if want == "**" {
			for j := range parts {
				fits[j+1] = fits[j+1] || fits[j]
			}
			continue
		}
		for j := len(parts); j > 0; j-- {
			fits[j] = fits[j-1] && matchPart(want, parts[j-1])
		}
		fits[0] = false
	}
	return fits[len(parts)]
}

// matchPart matches one part with `*` and `?`, without recursion: on a mismatch
// the last star takes one byte more.
func matchPart(want, s string) bool {
	w, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case w < len(want) && want[w] == '*':
			star, mark = w, i
			w++
		case w < len(want) && (want[w] == '?' || want[w] == s[i]):
			w++
			i++
		case star >= 0:
			mark++
			w, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(want[w:], "*") == ""
}

// mayHold tells whether a folder may hold something that fits.
func (p pattern) mayHold(parts []string) bool {
	for i, part := range parts {
		if i >= len(p) {
			return false
		}
		if p[i] == "**" {
			return true
		}
		if !matchPart(p[i], part) {
			return false
		}
	}
	return len(parts) < len(p)
}
