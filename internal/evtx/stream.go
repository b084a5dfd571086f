package evtx

import (
	"encoding/binary"
	"unicode/utf8"
)

// stream gives the element at pos, which stands in the record itself, to the fields without making nodes of it. It knows elements, attributes and texts
// that are whole, which is all that Windows writes there; it gives false at anything else, and the element is then for the general way.
func (p *parser) stream(out *fieldSink, depth int, dependency bool) bool {
	d := p.d
	if depth+d.open > maxElements || !d.spend(fieldWork) {
		return false
	}
	name, dependency, ok := p.open(dependency)
	if !ok {
		return false
	}
	out.start(name)
	for p.pos < p.end && p.b[p.pos]&^tokenMore == tokenAttribute {
		p.pos++
		if name, ok = p.name(); !ok || !d.spend(nodeWork+fieldWork) {
			return false
		}
		if d.scratch, ok = p.texts(d.scratch[:0]); !ok {
			return false
		}
		out.attribute(name, d.scratch, typeString)
	}
	empty, ok := p.opened()
	if !ok {
		return false
	}
	for !empty {
		if d.buf, ok = p.texts(d.buf); !ok || p.pos >= p.end {
			return false
		}
		switch p.b[p.pos] {
		case tokenEndElement:
			p.pos++
			empty = true
		case tokenElement, tokenElement | tokenMore:
			if !p.stream(out, depth+1, dependency) {
				return false
			}
		default:
			return false
		}
	}
	out.end()
	return true
}

// texts appends the texts at pos, for as long as they follow.
func (p *parser) texts(dst []byte) (out []byte, ok bool) {
	for p.pos < p.end {
		switch p.b[p.pos] {
		case tokenText, tokenText | tokenMore:
			p.pos++
			fallthrough
		case tokenCDATA, tokenCDATA | tokenMore:
			p.pos++
			if p.end-p.pos < 2 {
				return dst, false
			}
			n := 2 * int(binary.LittleEndian.Uint16(p.b[p.pos:]))
			p.pos += 2
			if p.end-p.pos < n || !p.d.spend(2*n) {
				return dst, false
			}
			dst = appendUTF16(dst, trimUTF16(p.b[p.pos:p.pos+n]))
			p.pos += n
		case tokenCharRef, tokenCharRef | tokenMore:
			if p.end-p.pos < 3 {
				return dst, false
			}
			dst = utf8.AppendRune(dst, rune(binary.LittleEndian.Uint16(p.b[p.pos+1:])))
			p.pos += 3
		case tokenEntity, tokenEntity | tokenMore:
			p.pos++
			name, ok := p.name()
			if !ok {
				return dst, false
			}
			dst = append(dst, entity(name)...)
		default:
			return dst, p.b[p.pos] != tokenValue && p.b[p.pos] != tokenOptional
		}
		if !p.d.spend(nodeWork + itemWork) {
			return dst, false
		}
	}
	return dst, true
}
