package eventtext

import "strconv"

// keywords gives the mask as Windows shows it, 0x and lower-case digits without zeros in front, from that, from padded digits (libevtx), from an
// unsigned number (Velocidex) or a signed one (NXLog, Get-WinEvent). Other text stays.
func (b *builder) keywords(value span) span {
	text := b.t.str(value)
	var mask uint64
	switch {
	case len(text) == 0 || len(text) > 20:
		return value
	case len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x':
		v, err := strconv.ParseUint(string(text[2:]), 16, 64)
		if err != nil {
			return value
		}
		mask = v
	case text[0] == '-':
		v, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return value
		}
		mask = uint64(v)
	default:
		v, err := strconv.ParseUint(string(text), 10, 64)
		if err != nil {
			return value
		}
		mask = v
	}
	from := len(b.t.text)
	b.t.text = strconv.AppendUint(append(b.t.text, "0x"...), mask, 16)
	return span{uint32(from), uint32(len(b.t.text))}
}

// guid gives braces and upper case to an identifier without braces, as .NET and evtx_dump write one. With braces it is in the form of Windows, which
// keeps the case that a provider's manifest has, and package evtx does too.
func (b *builder) guid(value span) span {
	text := b.t.str(value)
	if !isGUID(text) {
		return value
	}
	from := len(b.t.text)
	b.t.text = append(b.t.text, '{')
	for _, c := range text {
		if c >= 'a' {
			c -= 'a' - 'A'
		}
		b.t.text = append(b.t.text, c)
	}
	b.t.text = append(b.t.text, '}')
	return span{uint32(from), uint32(len(b.t.text))}
}

// isGUID wants 8-4-4-4-12 hexadecimal digits.
func isGUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// bareGUID reports whether text is a GUID as evtx_dump and Velocidex write one: upper case, the braces that Windows shows left out. A text that
// the event itself has in this form gets braces too; the two cannot be told apart.
func bareGUID(text []byte) bool {
	if len(text) != 36 || text[8] != '-' || !isGUID(text) {
		return false
	}
	for _, c := range text {
		if c >= 'a' {
			return false
		}
	}
	return true
}

// isNumber reports whether text is decimal digits.
func isNumber(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}
