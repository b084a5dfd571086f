package module

// der reads the distinguished encoding of ASN.1, as far as signatures need it: tags of one byte and definite lengths, of which none may go
// beyond what is there. It makes no copies and does not recurse.
type der struct {
	tag  byte
	body []byte // the content
	full []byte // tag and length too
}

// The tags that are met.
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagOID         = 0x06
	tagUTCTime     = 0x17
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext0    = 0xa0
	tagContext1    = 0xa1
)

// nextDER reads the first element of b and gives what is behind it.
func nextDER(b []byte) (e der, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return der{}, nil, false
	}
	n, head := int(b[1]), 2
	if n >= 0x80 {
		digits := n & 0x7f
		if digits == 0 || digits > 4 || len(b) < 2+digits {
			return der{}, nil, false
		}
		n = 0
		for _, d := range b[2 : 2+digits] {
			n = n<<8 | int(d)
		}
		head += digits
	}
	if n < 0 || n > len(b)-head {
		return der{}, nil, false
	}
	return der{b[0], b[head : head+n : head+n], b[: head+n : head+n]}, b[head+n:], true
}

// children gives the elements in e, at most most of them, up to the first that is damaged.
func (e der) children(most int) (all []der) {
	for b := e.body; len(b) > 0 && len(all) < most; {
		c, rest, ok := nextDER(b)
		if !ok {
			break
		}
		all, b = append(all, c), rest
	}
	return all
}

// path goes from child to child by tag: of each tag the first.
func (e der) path(tags ...byte) (der, bool) {
	for _, tag := range tags {
		found := false
		for _, c := range e.children(64) {
			if c.tag == tag {
				e, found = c, true
				break
			}
		}
		if !found {
			return der{}, false
		}
	}
	return e, true
}
