package settings

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode gives a file as UTF-8 without its byte order mark. PowerShell writes UTF-16, the registry editor too; old tools write the code page of the
// console, which no file records: it is read as Windows-1252, so that letters beyond ASCII may be wrong there, but no digit or name of an update.
func decode(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), wide(data, 1):
		return convert(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), data)
	case bytes.HasPrefix(data, []byte("\xFE\xFF")), wide(data, 0):
		return convert(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), data)
	}
	if bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")) { // two marks: two tools in a row
		data = data[3:]
	}
	if utf8.Valid(data) {
		return data
	}
	return convert(charmap.Windows1252, data)
}

func convert(e encoding.Encoding, data []byte) []byte {
	out, err := e.NewDecoder().Bytes(data)
	if err != nil { // these decoders replace what is wrong and fail for nothing else than a half unit at the end
		return bytes.ToValidUTF8(out, []byte("\uFFFD"))
	}
	return out
}

// wide tells UTF-16 without a mark: nearly every second byte at the start is zero.
func wide(data []byte, at int) bool {
	n := min(len(data)&^1, 512)
	if n < 16 {
		return false
	}
	zero, other := 0, 0
	for i := 0; i < n; i += 2 {
		if data[i+at] == 0 {
			zero++
		}
		if data[i+1-at] == 0 {
			other++
		}
	}
	return zero*20 >= n*9 && other == 0
}

// lines gives the lines of a text with their numbers from 1, each without its end. The Windows tool wmic ends lines with \r\r\n.
func lines(text []byte) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for n := 1; len(text) > 0; n++ {
			line := text
			if i := bytes.IndexByte(text, '\n'); i >= 0 {
				line, text = text[:i], text[i+1:]
			} else {
				text = nil
			}
			if !yield(n, string(bytes.TrimRight(line, "\r"))) {
				return
			}
		}
	}
}
