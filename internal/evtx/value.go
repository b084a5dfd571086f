package evtx

import (
	"bytes"
	"encoding/binary"
)

// valueType is the type of a value, after [MS-EVEN6] 2.2.12 and libyal.
type valueType uint8

const (
	typeNull       valueType = 0x00
	typeString     valueType = 0x01
	typeANSI       valueType = 0x02
	typeInt8       valueType = 0x03
	typeUint8      valueType = 0x04
	typeInt16      valueType = 0x05
	typeUint16     valueType = 0x06
	typeInt32      valueType = 0x07
	typeUint32     valueType = 0x08
	typeInt64      valueType = 0x09
	typeUint64     valueType = 0x0a
	typeFloat      valueType = 0x0b
	typeDouble     valueType = 0x0c
	typeBool       valueType = 0x0d
	typeBinary     valueType = 0x0e
	typeGUID       valueType = 0x0f
	typeSize       valueType = 0x10
	typeFileTime   valueType = 0x11
	typeSystemTime valueType = 0x12
	typeSID        valueType = 0x13
	typeHex32      valueType = 0x14
	typeHex64      valueType = 0x15
	typeHandle     valueType = 0x20
	typeBinXML     valueType = 0x21
	typeXML        valueType = 0x23
	typeArray      valueType = 0x80 // added to the type of the items
)

// fixedSize is the size in bytes of a type that has one, else 0.
var fixedSize = [64]uint8{
	typeInt8: 1, typeUint8: 1, typeInt16: 2, typeUint16: 2, typeInt32: 4, typeUint32: 4, typeInt64: 8, typeUint64: 8,
	typeFloat: 4, typeDouble: 8, typeGUID: 16, typeFileTime: 8, typeSystemTime: 16, typeHex32: 4, typeHex64: 8,
}

// value is a value of a record: where it is in the chunk, and its type.
type value struct {
	at   int32
	size uint16
	typ  valueType
}

// null says if the value is absent. A number, time or identifier of no bytes
// is absent too: there is no zero to make of it.
func (v value) null() bool {
	if v.typ == typeNull {
		return true
	}
	if v.size != 0 {
		return false
	}
	switch v.typ {
	case typeString, typeANSI, typeBinary, typeXML:
		return false
	}
	return v.typ&typeArray == 0
}

// number says if the text of the value is a number of JSON, or true or false.
func (t valueType) number() bool { return t >= typeInt8 && t <= typeUint64 || t == typeBool }

// items cuts an array into its items and appends them to dst. Texts end with a
// NUL each; numbers stand packed; SIDs tell their size. An array that ends in
// the middle of an item gives the whole ones; whole is then false. An array of
// nothing has no items.
func (d *Decoder) items(v value, dst []value) (items []value, whole bool) {
	b := d.b[v.at : int(v.at)+int(v.size)]
	t := v.typ &^ typeArray
	at := 0
	add := func(n int) {
		dst = append(dst, value{v.at + int32(at), uint16(n), t})
		at += n
	}
	switch t {
	case typeString, typeXML:
		for at < len(b) {
			n := 0
			for at+n+1 < len(b) && (b[at+n] != 0 || b[at+n+1] != 0) {
				n += 2
			}
			add(n)
			at += 2
		}
		return dst, len(b)%2 == 0
	case typeANSI:
		for at < len(b) {
			n := bytes.IndexByte(b[at:], 0)
			if n < 0 {
				n = len(b) - at
			}
			add(n)
			at++
		}
		return dst, true
	case typeSID:
		for at+8 <= len(b) && at+8+4*int(b[at+1]) <= len(b) {
			add(8 + 4*int(b[at+1]))
		}
		return dst, at == len(b)
	}
	n := 0
	if int(t) < len(fixedSize) {
		n = int(fixedSize[t])
	}
	switch {
	case t == typeBool:
		n = 4
	case t == typeSize || t == typeHandle:
		n = 8
		if len(b)%8 != 0 {
			n = 4
		}
	case n == 0: // items whose size nobody tells
		if len(b) > 0 {
			add(len(b))
		}
		return dst, true
	}
	for at+n <= len(b) {
		add(n)
	}
	return dst, at == len(b)
}

// appendValue appends the text of a value. The items of an array stand one
// behind the other with commas; embedded XML has no text.
func (d *Decoder) appendValue(dst []byte, v value) []byte {
	if v.typ&typeArray != 0 {
		base := len(d.itemStack)
		d.itemStack, _ = d.items(v, d.itemStack)
		for i := base; i < len(d.itemStack); i++ {
			if i > base {
				dst = append(dst, ',')
			}
			dst = d.appendItem(dst, d.itemStack[i])
		}
		d.itemStack = d.itemStack[:base]
		return dst
	}
	return d.appendItem(dst, v)
}

// appendItem appends the text of a value that is no array.
func (d *Decoder) appendItem(dst []byte, v value) []byte {
	b := d.b[v.at : int(v.at)+int(v.size)]
	if v.typ == typeString {
		return appendUTF16(dst, trimUTF16(b))
	}
	if int(v.typ) < len(fixedSize) {
		if n := fixedSize[v.typ]; n != 0 && int(n) != len(b) {
			return d.odd(dst, v, b)
		}
	}
	le := binary.LittleEndian
	switch v.typ {
	case typeNull:
		return dst
	case typeXML:
		return appendUTF16(dst, trimUTF16(b))
	case typeANSI:
		return d.appendANSI(dst, b)
	case typeInt8:
		return appendInt(dst, int64(int8(b[0])))
	case typeUint8:
		return appendUint(dst, uint64(b[0]))
	case typeInt16:
		return appendInt(dst, int64(int16(le.Uint16(b))))
	case typeUint16:
		return appendUint(dst, uint64(le.Uint16(b)))
	case typeInt32:
		return appendInt(dst, int64(int32(le.Uint32(b))))
	case typeUint32:
		return appendUint(dst, uint64(le.Uint32(b)))
	case typeInt64:
		return appendInt(dst, int64(le.Uint64(b)))
	case typeUint64:
		return appendUint(dst, le.Uint64(b))
	case typeFloat, typeDouble:
		return appendFloat(dst, b)
	case typeHex32:
		return appendHex(dst, uint64(le.Uint32(b)))
	case typeHex64:
		return appendHex(dst, le.Uint64(b))
	case typeBinary:
		return appendBytes(dst, b)
	case typeGUID:
		return appendGUID(dst, b)
	case typeFileTime:
		return appendFileTime(dst, le.Uint64(b))
	case typeSystemTime:
		return appendSystemTime(dst, b)
	case typeBinXML:
		return dst
	case typeSize, typeHandle:
		switch len(b) {
		case 4:
			return appendHex(dst, uint64(le.Uint32(b)))
		case 8:
			return appendHex(dst, le.Uint64(b))
		}
	case typeBool: // four bytes by the book; one and eight are seen
		switch len(b) {
		case 1, 2, 4, 8:
			if len(bytes.Trim(b, "\x00")) == 0 {
				return append(dst, "false"...)
			}
			return append(dst, "true"...)
		}
	case typeSID:
		if out, ok := appendSID(dst, b); ok {
			return out
		}
	default:
		if len(b) > 0 {
			d.warn(&Error{Code: CodeValueType, Length: int64(len(b)), Action: ActionValueAsBytes,
				What: "unknown value type " + string(appendHex(nil, uint64(v.typ)))}, int(v.at))
		}
		return appendBytes(dst, b)
	}
	return d.odd(dst, v, b)
}

// odd appends a value whose size does not fit its type: its bytes, and
// nothing when it has none.
func (d *Decoder) odd(dst []byte, v value, b []byte) []byte {
	if len(b) == 0 {
		return dst
	}
	e := limited(CodeValueSize, "bytes in a value of type "+string(appendHex(nil, uint64(v.typ))), 0, int64(len(b)))
	if int(v.typ) < len(fixedSize) {
		e.Limit = int64(fixedSize[v.typ])
	}
	e.Limited, e.Length, e.Action = e.Limit > 0, int64(len(b)), ActionValueAsBytes
	d.warn(e, int(v.at))
	return appendBytes(dst, b)
}
