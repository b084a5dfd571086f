// Package buildno parses, orders and ranges over product build numbers such as
// 15.1.2176.9, in the short form that installers print and in the padded long
// form (15.01.2176.009) that log headers and registry values carry.
package buildno

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Number is a four-part build number. The zero Number means "not known"; no
// product that Vigie judges has build 0.0.0.0.
type Number struct {
	Major, Minor, Build, Revision uint32
}

// Parse reads "15.1.2176.9", "15.01.2176.009" or the three-part "15.1.2176"
// (revision 0). Text around the number, signs and parts over 9 digits are
// errors: what comes from evidence must not be guessed at.
func Parse(s string) (Number, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 && len(parts) != 4 {
		return Number{}, fmt.Errorf("build number %.40q: want 3 or 4 parts, have %d", s, len(parts))
	}
	var v [4]uint32
	for i, p := range parts {
		if len(p) == 0 || len(p) > 9 {
			return Number{}, fmt.Errorf("build number %.40q: part %d has %d digits, want 1 to 9", s, i+1, len(p))
		}
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return Number{}, fmt.Errorf("build number %.40q: part %d is no number", s, i+1)
		}
		v[i] = uint32(n)
	}
	return Number{v[0], v[1], v[2], v[3]}, nil
}

// MustParse is Parse for constants of tests; it panics on an error.
func MustParse(s string) Number {
	n, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}

// IsZero reports whether the number is unknown.
func (n Number) IsZero() bool { return n == Number{} }

// String gives the short form; the empty string for an unknown number.
func (n Number) String() string {
	if n.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d.%d", n.Major, n.Minor, n.Build, n.Revision)
}

// MarshalText writes the short form.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads any form that Parse reads; empty text is the zero Number.
func (n *Number) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*n = Number{}
		return nil
	}
	v, err := Parse(string(b))
	if err == nil {
		*n = v
	}
	return err
}

// Compare orders numbers part by part.
func Compare(a, b Number) int {
	return cmp.Or(cmp.Compare(a.Major, b.Major), cmp.Compare(a.Minor, b.Minor),
		cmp.Compare(a.Build, b.Build), cmp.Compare(a.Revision, b.Revision))
}

// SameBranch reports whether two numbers differ at most in the revision: the
// same cumulative update with other security updates.
func SameBranch(a, b Number) bool {
	return a.Major == b.Major && a.Minor == b.Minor && a.Build == b.Build
}
