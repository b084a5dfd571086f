// Package version reads the version numbers of vendors by the scheme of each product, and orders them.
//
// A version is compared inside the scheme that its product uses and nowhere else: 9.0.0_P46 of Zimbra, 22.7R2.4 of Ivanti and 15.2(7)E8 of Cisco have
// nothing in common but that somebody calls them versions. A parsed version has a key whose bytes order as the versions do, so that an index sorts and
// searches them without knowing schemes, and a branch: the release line inside which fixes are comparable. What does not fit the scheme is an error; it
// is never guessed at, since a wrong order makes a vulnerable host look fixed.
package version

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxText bounds the text of a version in bytes: the longest real one (a package of Debian) has under a hundred.
const maxText = 128

// Version is a parsed version.
type Version struct {
	Text   string // as it was written, without blanks around it
	Branch string // release line, "" where the scheme has none: every version is then comparable with every other
	Key    string // orders as the versions do, by bytes; comparable only inside one scheme
	// Parts is how many leading parts of the scheme's form are given where a part that is missing is not known (7.0.1 of SonicOS, without its build);
	// 0 where a missing part means something (10.2.9 of PAN-OS is the release without hotfix).
	Parts int
}

// Scheme is how one family of products writes versions.
type Scheme struct {
	Name  string
	parse func(string) (branch, key string, ok bool)
	parts func(string) int // nil where a missing part means something
}

// Named gives a scheme by its name.
func Named(name string) (*Scheme, bool) {
	i, ok := slices.BinarySearchFunc(schemes, name, func(s *Scheme, n string) int { return strings.Compare(s.Name, n) })
	if !ok {
		return nil, false
	}
	return schemes[i], true
}

// Names lists the schemes, sorted.
func Names() []string {
	out := make([]string, len(schemes))
	for i, s := range schemes {
		out[i] = s.Name
	}
	return out
}

// Parse reads a version. Words that stand for "no version" in feeds (N/A, *, publication, unspecified) are errors like all that does not fit.
func (s *Scheme) Parse(text string) (Version, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxText {
		return Version{}, fmt.Errorf("version of %d bytes, limit %d", len(text), maxText)
	}
	branch, key, ok := s.parse(text)
	if !ok {
		return Version{}, fmt.Errorf("%.60q is no version of the form %s", text, s.Name)
	}
	v := Version{Text: text, Branch: branch, Key: key}
	if s.parts != nil {
		v.Parts = s.parts(text)
	}
	return v, nil
}

// Compare orders two versions of one scheme.
func Compare(a, b Version) int { return strings.Compare(a.Key, b.Key) }

// Reaches tells whether v is at least as new as bound. known is false when v is too coarse to say: 7.2 against 7.2.6.
func Reaches(v, bound Version) (reached, known bool) {
	if v.Key >= bound.Key {
		return true, true
	}
	n := 8 * v.Parts
	return false, v.Parts == 0 || v.Parts >= bound.Parts || len(bound.Key) < n || v.Key[:n] != bound.Key[:n]
}

// number appends digits to a key; false when they are over 64 bits. No digits are 0.
func number(key []byte, digits string) ([]byte, bool) {
	if digits == "" {
		return binary.BigEndian.AppendUint64(key, 0), true
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return nil, false
	}
	return binary.BigEndian.AppendUint64(key, n), true
}

// plain writes digits without leading zeros.
func plain(digits string) string {
	if s := strings.TrimLeft(digits, "0"); s != "" {
		return s
	}
	return "0"
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
