package syntax

import (
	"bytes"

	"vigie/internal/diag"
)

// The modifiers of strings: which kind of string takes which, and which may not stand together. A xor or base64 string has no case to ignore
// and no words to be full, libyara 4.5 says no to both, and so do we.

// modifierNames lists what may follow a string, for hints.
var modifierNames = []string{"nocase", "wide", "ascii", "fullword", "private", "xor", "base64", "base64wide"}

func (p *parser) modifiers(s *String) {
	var alphabets int // how many of base64 and base64wide were read
	for {
		kind, at, word := p.tok.kind, p.tok.at, p.show(p.tok)
		var flag *bool
		switch kind {
		case tokNocase:
			flag = &s.Mod.Nocase
		case tokWide:
			flag = &s.Mod.Wide
		case tokASCII:
			flag = &s.Mod.ASCII
		case tokFullword:
			flag = &s.Mod.Fullword
		case tokPrivate:
			if t := p.look(); t.kind == tokRule || t.kind == tokGlobal {
				return // the next rule; its predecessor has no condition
			}
			flag = &s.Mod.Private
		case tokXor:
			flag = &s.Mod.Xor
		case tokBase64:
			flag = &s.Mod.Base64
		case tokBase64Wide:
			flag = &s.Mod.Base64Wide
		case tokIdent:
			hint := diag.DidYouMean(string(p.file.src[p.tok.at:p.tok.end]), modifierNames)
			p.fail(at, "yara.modifier.unknown", hint, "unknown modifier %s", word)
		default:
			p.check(s)
			return
		}
		if s.Kind == Hex && kind != tokPrivate {
			p.fail(at, "yara.modifier.kind", "", "a hexadecimal string takes no modifier but private, found %s", word)
		}
		if s.Kind == Regex && (kind == tokXor || kind == tokBase64 || kind == tokBase64Wide) {
			p.fail(at, "yara.modifier.kind", "", "a regular expression does not take the modifier %s", word)
		}
		if *flag {
			p.fail(at, "yara.modifier.twice", "write it once", "the modifier %s appears twice", word)
		}
		*flag = true
		p.advance()
		switch kind {
		case tokXor:
			s.Mod.XorMin, s.Mod.XorMax = 0, 255
			if p.tok.is('(') {
				p.xorRange(s)
			}
		case tokBase64, tokBase64Wide:
			alphabet, alphabetAt := "", p.tok.at
			if p.tok.is('(') {
				alphabet = p.alphabet()
			}
			if alphabets++; alphabets > 1 && alphabet != s.Mod.Alphabet {
				p.fail(alphabetAt, "yara.modifier.alphabet", "give both the same one", "base64 and base64wide have different alphabets")
			}
			s.Mod.Alphabet = alphabet
		}
	}
}

// check looks for modifiers that do not go together, and sets what they imply.
func (p *parser) check(s *String) {
	m := &s.Mod
	base64 := m.Base64 || m.Base64Wide
	for _, c := range []struct {
		bad  bool
		a, b string
	}{
		{m.Xor && m.Nocase, "xor", "nocase"},
		{base64 && m.Nocase, "base64", "nocase"},
		{base64 && m.Fullword, "base64", "fullword"},
		{base64 && m.Xor, "base64", "xor"},
	} {
		if c.bad {
			p.fail(s.At, "yara.modifier.together", "remove one, or make two strings of it", "the modifiers %s and %s do not go together", c.a, c.b)
		}
	}
	if !m.Wide && !base64 {
		m.ASCII = true
	}
}

// xorRange reads (n) or (n-m).
func (p *parser) xorRange(s *String) {
	p.advance()
	s.Mod.XorMin = p.key()
	s.Mod.XorMax = s.Mod.XorMin
	if p.tok.is('-') {
		p.advance()
		at := p.tok.at
		if s.Mod.XorMax = p.key(); s.Mod.XorMax < s.Mod.XorMin {
			p.fail(at, "yara.modifier.xor", "write the smaller key first", "the range of keys is empty")
		}
	}
	p.mark(')', "after the keys of xor")
}

func (p *parser) key() byte {
	if p.tok.kind != tokNumber {
		p.unexpected("a key from 0 to 255")
	}
	if p.tok.value > 255 {
		p.fail(p.tok.at, "yara.modifier.xor", "", "the key of xor is one byte: expected 0 to 255, found %s", p.show(p.tok))
	}
	k := byte(p.tok.value)
	p.advance()
	return k
}

// alphabet reads ("…") after base64. The usual alphabet is given as "", however it is written.
func (p *parser) alphabet() string {
	const usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	p.advance()
	if p.tok.kind != tokText {
		p.unexpected("an alphabet of 64 bytes in quotes")
	}
	a := p.tok.text
	if len(a) != 64 {
		p.fail(p.tok.at, "yara.modifier.alphabet", "", "the alphabet of base64 must have 64 bytes, this one has %d", len(a))
	}
	for i, c := range a {
		if bytes.IndexByte(a[:i], c) >= 0 {
			p.fail(p.tok.at, "yara.modifier.alphabet", "", "the alphabet of base64 has the character %s twice", diag.Quote(string(rune(c))))
		}
	}
	p.advance()
	p.mark(')', "after the alphabet")
	if string(a) == usual {
		return ""
	}
	return string(a)
}
