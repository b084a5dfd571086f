package evtxtest

import (
	"encoding/binary"
	"math"
	"time"
	"unicode/utf16"
)

// Types of values, as in the format.
const (
	TypeNull       = 0x00
	TypeString     = 0x01
	TypeANSI       = 0x02
	TypeInt8       = 0x03
	TypeUint8      = 0x04
	TypeInt16      = 0x05
	TypeUint16     = 0x06
	TypeInt32      = 0x07
	TypeUint32     = 0x08
	TypeInt64      = 0x09
	TypeUint64     = 0x0a
	TypeFloat      = 0x0b
	TypeDouble     = 0x0c
	TypeBool       = 0x0d
	TypeBinary     = 0x0e
	TypeGUID       = 0x0f
	TypeSize       = 0x10
	TypeFileTime   = 0x11
	TypeSystemTime = 0x12
	TypeSID        = 0x13
	TypeHex32      = 0x14
	TypeHex64      = 0x15
	TypeBinXML     = 0x21
	Array          = 0x80 // added to the type of the items
)

// Value is a value of a record: bytes, or a template or element in it. The
// zero Value is absent.
type Value struct {
	Type     uint8
	Data     []byte
	Template *Template
	Values   []Value // of Template
	Element  *Element
}

func encode(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// Text is a text.
func Text(s string) Value { return Value{Type: TypeString, Data: encode(s)} }

// Texts is an array of texts.
func Texts(list ...string) Value {
	v := Value{Type: TypeString | Array}
	for _, s := range list {
		v.Data = append(append(v.Data, encode(s)...), 0, 0)
	}
	return v
}

// U8, U16, U32, U64, Hex32, Hex64, I32, Bool and F64 are numbers.
func U8(n uint8) Value { return Value{Type: TypeUint8, Data: []byte{n}} }
func U16(n uint16) Value {
	return Value{Type: TypeUint16, Data: binary.LittleEndian.AppendUint16(nil, n)}
}
func U32(n uint32) Value {
	return Value{Type: TypeUint32, Data: binary.LittleEndian.AppendUint32(nil, n)}
}
func U64(n uint64) Value {
	return Value{Type: TypeUint64, Data: binary.LittleEndian.AppendUint64(nil, n)}
}
func I32(n int32) Value {
	return Value{Type: TypeInt32, Data: binary.LittleEndian.AppendUint32(nil, uint32(n))}
}
func Hex32(n uint32) Value {
	return Value{Type: TypeHex32, Data: binary.LittleEndian.AppendUint32(nil, n)}
}
func Hex64(n uint64) Value {
	return Value{Type: TypeHex64, Data: binary.LittleEndian.AppendUint64(nil, n)}
}
func F64(f float64) Value {
	return Value{Type: TypeDouble, Data: binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))}
}

// Bool is a boolean, in four bytes.
func Bool(b bool) Value {
	v := Value{Type: TypeBool, Data: make([]byte, 4)}
	if b {
		v.Data[0] = 1
	}
	return v
}

// Time is a FILETIME.
func Time(t time.Time) Value {
	return Value{Type: TypeFileTime, Data: binary.LittleEndian.AppendUint64(nil, FileTime(t))}
}

// GUID is an identifier, in the bytes of the format.
func GUID(g [16]byte) Value { return Value{Type: TypeGUID, Data: g[:]} }

// Bytes is a binary value.
func Bytes(b []byte) Value { return Value{Type: TypeBinary, Data: b} }

// SID gives the bytes of S-1-authority-sub….
func SID(authority uint8, sub ...uint32) []byte {
	b := []byte{1, byte(len(sub)), 0, 0, 0, 0, 0, authority}
	for _, s := range sub {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return b
}
