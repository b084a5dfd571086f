package evtx

import (
	"fmt"
	"strconv"
	"strings"
)

// Error is one thing that is wrong in an event log, with its place and with
// what was done about it. It is a value, not an end: reading goes on behind it.
type Error struct {
	Code   string // stable; Codes has a sentence for each
	Offset int64  // in the file, in bytes
	Length int64  // of what the error is about, in bytes; 0 when it is one point
	Chunk  int    // the number of the piece in the file, from 0; -1 outside of pieces
	Record uint64 // the id of the record, when HasID
	HasID  bool
	What   string // what is wrong, in English, with the text of the file quoted and cut
	Limit  int64  // the limit that was met, when Limited
	Got    int64  // what the file asked for, when Limited
	// Limited says that Limit and Got tell something.
	Limited bool
	Action  string // one of the Action constants
	Cause   error  // of a failed read, else nil
}

// What was done about an error.
const (
	ActionRecordSkipped = "record skipped"           // the record gives no event
	ActionRecordKept    = "record kept"              // the record gives its event all the same
	ActionBytesSkipped  = "bytes skipped"            // the bytes hold no record that can be read
	ActionRead          = "read all the same"        // a header or a checksum is wrong; what it stands over is read
	ActionNumbered      = "values given by number"   // the template is lost; its values are the fields Value0, Value1, …
	ActionValueAsBytes  = "value given as bytes"     // the value does not fit its type; the field has its bytes in hexadecimal
	ActionRestSkipped   = "rest of chunk skipped"    // the chunk costs too much work
	ActionStopped       = "reading stopped"          // the input failed
	ActionCut           = "value cut to whole items" // an array ends in the middle of an item
)

// Error tells the error in one line: what is wrong, where, and what was done.
func (e *Error) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "@%#x (%d)", e.Offset, e.Offset)
	switch {
	case e.Chunk >= 0 && e.HasID:
		fmt.Fprintf(&s, " (chunk %d, record %d)", e.Chunk, e.Record)
	case e.Chunk >= 0:
		fmt.Fprintf(&s, " (chunk %d)", e.Chunk)
	}
	s.WriteString(": ")
	if e.Limited {
		s.WriteString(strconv.FormatInt(e.Got, 10) + " ")
	}
	s.WriteString(e.What)
	if e.Limited {
		s.WriteString(", limit " + strconv.FormatInt(e.Limit, 10))
	}
	if e.Cause != nil {
		s.WriteString(": " + e.Cause.Error())
	}
	if e.Action != "" {
		s.WriteString("; " + e.Action)
	}
	return s.String()
}

// Unwrap gives the cause of a failed read.
func (e *Error) Unwrap() error { return e.Cause }

// limited makes an error about a limit.
func limited(code, what string, limit, got int64) *Error {
	return &Error{Code: code, What: what, Limit: limit, Got: got, Limited: true}
}

// quoted gives text of a file for an error: every control, invisible or
// invalid character escaped, cut to 200 bytes.
func quoted(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most]
	}
	q := strconv.QuoteToASCII(s)
	if len(q) > most {
		q = q[:most] + `…"`
	}
	return q
}
