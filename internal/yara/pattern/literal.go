package pattern

import "bytes"

// literal is one form of a text string: plain, wide, or one of the three that base64 can give it.
type literal struct {
	text   []byte // in lower case where fold is set
	fold   bool
	wide   bool // how word borders are judged
	xor    bool
	lo, hi byte // the keys of an xor string
}

// literals returns the forms of a text string, in the order in which they are tried at one place.
func literals(text []byte, mod Modifiers) []literal {
	if mod.Base64 || mod.Base64Wide {
		return base64Literals(text, mod)
	}
	var all []literal
	add := func(text []byte, wide bool) {
		l := literal{text: text, wide: wide, fold: mod.Nocase, xor: mod.Xor, lo: mod.XorMin, hi: mod.XorMax}
		if l.fold {
			l.text = lowered(text)
		}
		all = append(all, l)
	}
	if mod.ASCII || !mod.Wide {
		add(text, false)
	}
	if mod.Wide {
		add(widen(text), true)
	}
	return all
}

func widen(text []byte) []byte {
	w := make([]byte, 2*len(text))
	for i, b := range text {
		w[2*i] = b
	}
	return w
}

func lowered(text []byte) []byte {
	l := make([]byte, len(text))
	for i, b := range text {
		l[i] = lower(b)
	}
	return l
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b | caseBit
	}
	return b
}

// base64Literals returns the text as it looks inside base64: for each of the three ways in which it can lie in the groups of three bytes,
// the characters that depend on it alone. Like libyara it takes texts of any length, of which the shortest leave one character or none.
func base64Literals(text []byte, mod Modifiers) []literal {
	alphabet := mod.Alphabet
	if len(alphabet) != 64 {
		alphabet = stdAlphabet
	}
	var plains [][]byte
	if mod.Wide {
		plains = append(plains, widen(text))
	}
	if mod.ASCII || !mod.Wide {
		plains = append(plains, text)
	}
	var all []literal
	for _, plain := range plains {
		for _, wide := range []bool{false, true} {
			if wide && !mod.Base64Wide || !wide && !mod.Base64 {
				continue
			}
			for shift := range 3 {
				if shift == 1 && len(plain) == 1 {
					continue // no character of it depends on the one byte alone
				}
				padded := append([]byte{'A', 'A'}[:shift:shift], plain...)
				encoded := encode64(padded, alphabet)
				from, to := 0, len(encoded)
				if shift > 0 {
					from = shift + 1
				}
				if len(padded)%3 != 0 {
					to-- // the last character has bits of what follows
				}
				if from >= to {
					continue
				}
				l := literal{text: encoded[from:to]}
				if wide {
					l.text = widen(l.text)
				}
				all = append(all, l)
			}
		}
	}
	return all
}

const stdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// encode64 encodes without padding. Unlike encoding/base64 it takes any 64 bytes as an alphabet.
func encode64(plain []byte, alphabet string) []byte {
	var out []byte
	var bits, have uint
	for _, b := range plain {
		bits, have = bits<<8|uint(b), have+8
		for have >= 6 {
			have -= 6
			out = append(out, alphabet[bits>>have&63])
		}
	}
	if have > 0 {
		out = append(out, alphabet[bits<<(6-have)&63])
	}
	return out
}

// equal reports whether the literal is at data[at:], with which key.
func (l *literal) equal(data []byte, at int) (key byte, ok bool) {
	if at < 0 || len(data)-at < len(l.text) {
		return 0, false
	}
	data = data[at : at+len(l.text)]
	switch {
	case l.fold:
		for i, c := range l.text {
			if lower(data[i]) != c {
				return 0, false
			}
		}
		return 0, true
	case l.xor:
		key = data[0] ^ l.text[0]
		if key < l.lo || key > l.hi {
			return 0, false
		}
		for i, c := range l.text {
			if data[i]^key != c {
				return 0, false
			}
		}
		return key, true
	}
	return 0, bytes.Equal(data, l.text)
}
