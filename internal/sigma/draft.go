package sigma

// Text values on their way through the modifiers. A draft holds symbols: characters, and what is none any more, such as a wildcard. An encoding
// turns characters into bytes, which must become text again before the value is compared.

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Symbols of a pattern that are not characters.
const (
	symAny  rune = -1 - iota // * any run, also an empty one
	symOne                   // ? one character
	symDash                  // any of the dashes
)

// dashes are the characters that Windows takes for the beginning of an option, or that a pasted text has in its place.
const dashes = "-/–—―"

// maxAlternatives bounds what one value becomes: base64offset makes three, and each dash before an encoding multiplies by five.
const maxAlternatives = 3 * 5 * 5 * 5 * 5

// maxEncoded bounds the characters of the alternatives of one value together.
const maxEncoded = 1 << 17

// readText reads the wildcards and escapes of a text value: \* \? and \\ stand for the second character, any other backslash for itself.
func readText(s string) []rune {
	rs := []rune(s)
	syms := rs[:0]
	for i := 0; i < len(rs); i++ {
		c := rs[i]
		switch c {
		case '\\':
			if i+1 < len(rs) && (rs[i+1] == '*' || rs[i+1] == '?' || rs[i+1] == '\\') {
				i++
				c = rs[i]
			}
		case '*':
			c = symAny
		case '?':
			c = symOne
		}
		syms = append(syms, c)
	}
	return syms
}

// draft is a text value on its way through the modifiers.
type draft struct {
	syms  []rune // characters and symbols
	bytes bool   // the characters are bytes, after a UTF-16 modifier
	cased bool   // after base64, where capitals have another meaning
}

func one(d draft) ([]draft, error) { return []draft{d}, nil }

func (d draft) wrap(before, after bool) draft {
	syms := d.syms
	if before && (len(syms) == 0 || syms[0] != symAny) {
		syms = append([]rune{symAny}, syms...)
	}
	if after && (len(syms) == 0 || syms[len(syms)-1] != symAny) {
		syms = append(syms[:len(syms):len(syms)], symAny)
	}
	d.syms = syms
	return d
}

// encoded gives what a draft stands for when it is to be encoded: plain texts or bytes without wildcards, a dash in each of its forms.
func (d draft) encoded(wild bool) ([]draft, error) {
	out := []draft{{bytes: d.bytes, cased: d.cased}}
	for _, c := range d.syms {
		forms := []rune{c}
		switch {
		case c == symDash:
			forms = []rune(dashes)
		case c < 0 && !wild:
			return nil, &valueError{CodeValue, "put contains, startswith and endswith after the encoding, and write \\* for a star",
				"text with wildcards cannot be encoded in base64"}
		}
		if n := len(out) * len(forms); n > maxAlternatives || n > 1 && n*len(d.syms) > maxEncoded {
			return nil, fmt.Errorf("too many dashes before an encoding")
		}
		if len(forms) == 1 {
			for i := range out {
				out[i].syms = append(out[i].syms, c)
			}
			continue
		}
		var next []draft
		for _, o := range out {
			for _, f := range forms {
				n := o
				n.syms = append(slices.Clone(o.syms), f)
				next = append(next, n)
			}
		}
		out = next
	}
	return out, nil
}

func (d draft) raw() []byte {
	if !d.bytes {
		return []byte(string(d.syms))
	}
	b := make([]byte, len(d.syms))
	for i, c := range d.syms {
		b[i] = byte(c)
	}
	return b
}

func (d draft) base64() ([]draft, error) {
	plain, err := d.encoded(false)
	if err != nil {
		return nil, err
	}
	var out []draft
	for _, p := range plain {
		out = append(out, draft{syms: []rune(base64.StdEncoding.EncodeToString(p.raw())), cased: true})
	}
	return out, nil
}

// base64offset encodes the text as it looks inside a longer base64 text, which depends on its offset modulo three: with no, one or two bytes
// before it. The characters that also hold bits of the neighbours are left out at both ends.
func (d draft) base64offset() ([]draft, error) {
	plain, err := d.encoded(false)
	if err != nil {
		return nil, err
	}
	var out []draft
	for _, p := range plain {
		raw := p.raw()
		for shift := range 3 {
			text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), raw...))
			begin := [3]int{0, 2, 3}[shift]
			end := len(text) - [3]int{0, 3, 2}[(len(raw)+shift)%3]
			if begin >= end {
				return nil, fmt.Errorf("text is too short: nothing of it is stable in base64")
			}
			out = append(out, draft{syms: []rune(text[begin:end]), cased: true})
		}
	}
	return out, nil
}

func (d draft) utf16(bigEndian, mark bool) ([]draft, error) {
	if d.bytes {
		return nil, fmt.Errorf("the text is already encoded")
	}
	plain, err := d.encoded(true)
	if err != nil {
		return nil, err
	}
	for i, p := range plain {
		var syms []rune
		unit := func(u uint16) {
			lo, hi := rune(u&0xff), rune(u>>8)
			if bigEndian {
				lo, hi = hi, lo
			}
			syms = append(syms, lo, hi)
		}
		if mark {
			unit(0xfeff)
		}
		for _, c := range p.syms {
			if c < 0 {
				syms = append(syms, c)
				continue
			}
			for _, u := range utf16.AppendRune(nil, c) {
				unit(u)
			}
		}
		plain[i] = draft{syms: syms, bytes: true, cased: d.cased}
	}
	return plain, nil
}

func (d draft) windash() ([]draft, error) {
	if d.bytes {
		return nil, fmt.Errorf("the text is already encoded, put windash first")
	}
	word := func(i int) bool {
		if i < 0 || i >= len(d.syms) || d.syms[i] < 0 {
			return false
		}
		c := d.syms[i]
		return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c)
	}
	out := slices.Clone(d.syms)
	for i, c := range d.syms {
		if strings.ContainsRune(dashes, c) && !word(i-1) && word(i+1) {
			out[i] = symDash
		}
	}
	d.syms = out
	return one(d)
}

// text gives the symbols of a finished draft. Bytes must be UTF-8, since values are text.
func (d draft) text() ([]rune, error) {
	if !d.bytes {
		return d.syms, nil
	}
	var (
		out []rune
		run []byte
	)
	flush := func() error {
		if !utf8.Valid(run) {
			return &valueError{CodeValue, "add base64 or base64offset after it", "the value in UTF-16 is not text that a field can hold"}
		}
		out = append(out, []rune(string(run))...)
		run = run[:0]
		return nil
	}
	for _, c := range d.syms {
		if c >= 0 {
			run = append(run, byte(c))
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, flush()
}
