package eventtext

import (
	"fmt"
	"strconv"
	"strings"
)

// What was done about an error.
const (
	ActionDocument = "document skipped"
	ActionBytes    = "bytes skipped"
	ActionNoTime   = "record kept without a time"
	ActionKept     = "record kept"
	ActionStop     = "reading stopped"
)

// Error says what is wrong at one place of an export, or, with Count, at how many further places.
type Error struct {
	Code       string // one of Codes
	Offset     int64  // in the stream, in bytes
	Line       int    // from 1
	Limit, Got int64  // of a limit; otherwise 0
	Detail     string // the text at the place, quoted and cut; safe to show
	Action     string
	Count      int   // > 0: stands for so many errors of this code, the first of which is at Offset
	Err        error // of the source, for CodeRead
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "@0x%x (line %d): %s", e.Offset, e.Line, strings.TrimSuffix(CodeText(e.Code).EN, "."))
	if e.Limit > 0 {
		fmt.Fprintf(&b, ": limit %d", e.Limit)
		if e.Got > 0 {
			fmt.Fprintf(&b, ", got %d", e.Got)
		}
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Count > 0 {
		fmt.Fprintf(&b, "; %d more of these", e.Count)
	}
	return b.String() + "; " + e.Action
}

func (e *Error) Unwrap() error { return e.Err }

// maxExcerpt is how many bytes of evidence an error quotes, before quoting.
const maxExcerpt = 48

// excerpt quotes the start of b in ASCII, so that no control, direction or foreign character of the evidence reaches a terminal.
func excerpt(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return strconv.QuoteToASCII(string(b[:min(len(b), maxExcerpt)]))
}
