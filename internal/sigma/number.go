package sigma

// Numbers: how the scalars of a rule read as text, and how numbers of rules and events compare.

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalarText gives the text that stands for a scalar in comparisons: text and dates as written, booleans as true and false, numbers by value.
func scalarText(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!bool":
		return strings.ToLower(n.Value)
	case "!!int":
		if i, ok := new(big.Int).SetString(yamlInt(n.Value), 0); ok {
			return i.String()
		}
	case "!!float": // also integers of more than 64 bits
		if i, ok := new(big.Int).SetString(yamlInt(n.Value), 10); ok {
			return i.String()
		}
		if f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && f-f == 0 {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	return n.Value
}

// yamlInt writes a YAML integer so that big.Int reads it: without separators and plus sign. A leading 0 is octal for both.
func yamlInt(s string) string {
	return strings.TrimPrefix(strings.ReplaceAll(s, "_", ""), "+")
}

// number is a number of a rule or an event. Integers of up to 64 bits are compared exactly, others as floating point.
type number struct {
	f     float64
	i     int64
	exact bool
}

// parseNumber reads a decimal number. Hexadecimal text is text.
func parseNumber(s string) (number, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 400 {
		return number{}, false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return number{}, false
		}
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{f: float64(i), i: i, exact: true}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return number{}, false
	}
	return number{f: f}, true
}

// compare gives -1, 0 or 1.
func (a number) compare(b number) int {
	if a.exact && b.exact {
		switch {
		case a.i < b.i:
			return -1
		case a.i > b.i:
			return 1
		}
		return 0
	}
	if a.exact != b.exact && math.Abs(a.f) > 1<<53 { // the integer may not fit a float: compare as rationals
		return a.big().Cmp(b.big())
	}
	switch {
	case a.f < b.f:
		return -1
	case a.f > b.f:
		return 1
	}
	return 0
}

// numberKey tells numbers apart that compare differently.
func numberKey(n number) string {
	if n.exact {
		return strconv.FormatInt(n.i, 10)
	}
	return strconv.FormatFloat(n.f, 'g', -1, 64) + "f"
}

func (a number) big() *big.Float {
	if a.exact {
		return new(big.Float).SetInt64(a.i)
	}
	return big.NewFloat(a.f)
}

func isNumber(s string) bool {
	_, ok := parseNumber(s)
	return ok
}
