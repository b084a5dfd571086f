package version

import (
	"strings"
)

// The keys below are strings of marks and numbers. Marks are chosen so that their bytes order as the scheme says; where one version ends and another
// goes on, the mark of the end decides.

// dpkg orders as deb-version(7) says: non-digits and digits by turns; ~ is before the end, letters before other marks.
func dpkg(text string) (string, string, bool) {
	epoch := ""
	if e, rest, ok := strings.Cut(text, ":"); ok {
		epoch, text = e, rest
	}
	if text == "" || !digit(text[0]) {
		return "", "", false
	}
	for i := range len(text) {
		if c := text[i]; !digit(c) && !letter(c) && !strings.ContainsRune(".+-~:", rune(c)) {
			return "", "", false
		}
	}
	for i := range len(epoch) {
		if !digit(epoch[i]) {
			return "", "", false
		}
	}
	key, ok := number(nil, epoch)
	if !ok {
		return "", "", false
	}
	revision := "0"
	if i := strings.LastIndexByte(text, '-'); i >= 0 {
		text, revision = text[:i], text[i+1:]
	}
	return "", string(dpkgPart(dpkgPart(key, text), revision)), true
}

// Marks of a dpkg key.
const (
	dpkgTilde = 1
	dpkgEnd   = 2
	dpkgOther = 0x80 // added to what is no letter
)

func dpkgPart(key []byte, s string) []byte {
	for s != "" {
		i := 0
		for i < len(s) && !digit(s[i]) {
			switch c := s[i]; {
			case c == '~':
				key = append(key, dpkgTilde)
			case letter(c):
				key = append(key, c)
			default:
				key = append(key, dpkgOther+c)
			}
			i++
		}
		key = append(key, dpkgEnd)
		n := i
		for n < len(s) && digit(s[n]) {
			n++
		}
		key = long(key, s[i:n])
		s = s[n:]
	}
	return append(key, dpkgEnd)
}

// long appends digits of any length: how many there are, then the digits.
func long(key []byte, digits string) []byte {
	digits = strings.TrimLeft(digits, "0")
	return append(append(key, byte(len(digits))), digits...) // maxText keeps the length in a byte
}

// Marks of an rpm key, in the order of rpmvercmp.
const (
	rpmTilde = iota + 1
	rpmEnd
	rpmCaret
	rpmAlpha
	rpmNumber
)

// rpm orders as rpmvercmp does: segments of digits or letters, all else separates; digits beat letters.
func rpm(text string) (string, string, bool) {
	epoch := ""
	if e, rest, ok := strings.Cut(text, ":"); ok {
		epoch, text = e, rest
	}
	for i := range len(epoch) {
		if !digit(epoch[i]) {
			return "", "", false
		}
	}
	key, ok := number(nil, epoch)
	if !ok || text == "" {
		return "", "", false
	}
	v, release, _ := strings.Cut(text, "-")
	seen := false
	for _, part := range []string{v, release} {
		for i := 0; i < len(part); {
			c := part[i]
			j := i + 1
			switch {
			case c == '~':
				key = append(key, rpmTilde)
			case c == '^':
				key = append(key, rpmCaret)
			case digit(c):
				for j < len(part) && digit(part[j]) {
					j++
				}
				key, seen = long(append(key, rpmNumber), part[i:j]), true
			case letter(c):
				for j < len(part) && letter(part[j]) {
					j++
				}
				key = append(append(append(key, rpmAlpha), part[i:j]...), 0)
			case c <= ' ' || c >= 0x7f || c == ':':
				return "", "", false
			}
			i = j
		}
		key = append(key, rpmEnd)
	}
	return "", string(key), seen
}

// Marks of a semver key.
const (
	semverEnd     = iota // of the identifiers of a pre-release
	semverNumber         // a numeric identifier: lower than
	semverText           // any other
	semverRelease        // no pre-release at all
)

func semver(text string) (string, string, bool) {
	text = strings.TrimPrefix(strings.TrimPrefix(text, "v"), "V")
	text, _, _ = strings.Cut(text, "+")
	core, pre, isPre := strings.Cut(text, "-")
	parts := strings.Split(core, ".")
	if len(parts) > 3 {
		return "", "", false
	}
	var key []byte
	for i := range 3 {
		digits := "0" // 1.2 stands for 1.2.0 in ranges
		if i < len(parts) {
			digits = parts[i]
		}
		if digits == "" || strings.Trim(digits, "0123456789") != "" {
			return "", "", false
		}
		var ok bool
		if key, ok = number(key, digits); !ok {
			return "", "", false
		}
	}
	if !isPre {
		return "", string(append(key, semverRelease)), true
	}
	for id := range strings.SplitSeq(pre, ".") {
		switch {
		case id == "":
			return "", "", false
		case strings.Trim(id, "0123456789") == "":
			key = long(append(key, semverNumber), id)
		default:
			for i := range len(id) {
				if c := id[i]; !digit(c) && !letter(c) && c != '-' {
					return "", "", false
				}
			}
			key = append(append(append(key, semverText), id...), 0)
		}
	}
	return "", string(append(key, semverEnd)), true
}

// Marks of a php key: words that it does not know come first, pl and p last.
const (
	phpOther = iota + 1
	phpDev
	phpAlpha
	phpBeta
	phpRC
	phpEnd
	phpNumber
	phpPatch
)

var phpWords = map[string]byte{"dev": phpDev, "alpha": phpAlpha, "a": phpAlpha, "beta": phpBeta, "b": phpBeta, "rc": phpRC, "pl": phpPatch, "p": phpPatch}

// php orders as PHP's version_compare does.
func php(text string) (string, string, bool) {
	text = strings.TrimPrefix(strings.ToLower(text), "v")
	if text == "" || !digit(text[0]) {
		return "", "", false
	}
	var key []byte
	for i := 0; i < len(text); {
		j := i + 1
		switch c := text[i]; {
		case digit(c):
			for j < len(text) && digit(text[j]) {
				j++
			}
			key = long(append(key, phpNumber), text[i:j])
		case letter(c):
			for j < len(text) && letter(text[j]) {
				j++
			}
			mark, ok := phpWords[text[i:j]]
			if !ok {
				mark = phpOther
			}
			key = append(key, mark)
		case strings.IndexByte(".-_+", c) < 0:
			return "", "", false
		}
		i = j
	}
	return "", string(append(key, phpEnd)), true
}
