package webfolder

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// plainText gives a text in UTF-8 whatever its encoding was by its byte order mark or its zeros; bytes that are no text stay as they are. At most
// most bytes of it are looked at.
func plainText(b []byte, most int) []byte {
	b = b[:min(len(b), most)]
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xFF\xFE")):
		order, b = binary.LittleEndian, b[2:]
	case bytes.HasPrefix(b, []byte("\xFE\xFF")):
		order, b = binary.BigEndian, b[2:]
	case len(b) >= 4 && b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		order = binary.LittleEndian
	default:
		return b
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
