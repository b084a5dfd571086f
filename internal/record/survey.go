package record

import (
	"bytes"
	"time"
	"unicode/utf8"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/fieldlog"
)

// A survey walks every record of a block and learns what judging needs of all
// of them: when there were records, which build wrote them, what does not fit.
// It takes apart only a sample, and the records whose raw text holds a literal
// that some rule needs; those are handed to a visitor. On a large log that is
// one record in thousands, so a survey runs at a good part of memory speed.
//
// What a sample says of host and tier is believed for the whole block only when
// all samples of the block agree; otherwise every record of it is taken apart.

// Tick is the grain of coverage.
const Tick = casefile.Tick

// BackStep is how far time may run back inside a file before it is told:
// records are written at the end of requests, so small steps are normal.
const BackStep = 5 * time.Minute

// Literals finds the records worth taking apart.
type Literals interface {
	// Next gives the first hit at or after from, -1 when there is none.
	Next(data []byte, from int) (pos, id int)
}

// Filter decides which records are visited.
type Filter struct {
	Literals Literals // nil: none is needed by any rule
	// Reject may dismiss a hit by looking at the bytes around it: the record
	// data[start:end] holds literal id at pos.
	Reject func(data []byte, start, end, pos, id int) bool
	// All visits every record.
	All bool
}

// BuildRun is a stretch of records written by one build.
type BuildRun struct {
	Host        string
	Build       buildno.Number
	First, Last time.Time
	Line        int64
	Offset      int64
	// AtLeast is true for a source that may lag behind security updates.
	AtLeast bool
	// Setup marks what a setup log says: "installed" or "started".
	Setup string
}

// Flaw is a record or stretch that does not fit; Code is stable.
type Flaw struct {
	Code   string
	Line   int64
	Pos    int // in the block
	Length int
	Offset int64 // in the file
	Size   int64 // bytes of the file
	Count  int64 // how many flaws of the code this one stands for, the first of which it places
	Limit  int64
	Got    int64
	Lost   bool // the bytes were not searched
	// Doubt marks a record that was searched, but in vain if it was an attack: it
	// holds a text that some rule looks for, and its columns cannot be told.
	Doubt bool
}

// Jump is a step back of the clock inside a file.
type Jump struct {
	Line     int64
	Pos      int
	From, To time.Time
}

// Survey is what was learnt of one block.
type Survey struct {
	Covers    map[CoverKey]*Cover
	Builds    []BuildRun
	Flaws     []Flaw
	Jumps     []Jump
	Records   int64
	Recovered int64     // bytes of records that do not fit but were searched
	Skipped   int64     // bytes that were not searched
	First     time.Time // earliest
	Last      time.Time // latest
	Head      time.Time // of the first record in order
	HeadLine  int64     // its line
	Tail      time.Time // of the last record in order
	NonUTF8   bool
}

// Surveyor surveys blocks of one file. It may be used by one goroutine at a
// time; its results do not depend on which blocks it saw before.
type Surveyor struct {
	Format Format
	Zone   *time.Location
	Filter Filter
	// FilterOf gives the filter of the kind that the header in force tells, which
	// need not be the kind of the file's first records; nil: Filter serves all.
	FilterOf func(Kind) Filter
	Wide     bool // the block's text was decoded from UTF-16
	// Sample is called for the records that are sampled of each block; may be nil.
	Sample func(r *Record)

	schemas map[*fieldlog.Header]*Schema
	cells   []fieldlog.Cell
	sample  []fieldlog.Cell
}

// Schema gives the schema of records under a header.
func (s *Surveyor) Schema(h *fieldlog.Header) *Schema {
	if s.schemas == nil {
		s.schemas = map[*fieldlog.Header]*Schema{}
	}
	sc := s.schemas[h]
	if sc == nil {
		if len(s.schemas) > 1000 { // a file full of header lines must not fill memory
			clear(s.schemas)
		}
		kind := s.Format.Kind
		if h.Line > 0 {
			// Logs glued together: the header in force tells the kind, unless it says less than the start of the file.
			if k := kindOf(h, s.Format.LogType, ""); k != Exchange && k != Other && !(k == ECPServer && kind == ECPActivity) &&
				!(k == SMTPReceive && kind == SMTPSend) && !(k == IMAP && kind == POP) {
				kind = k
			}
		}
		sc = NewSchema(kind, h, s.Format.Encoding)
		if s.Zone != nil {
			sc.Zone = s.Zone
		}
		s.schemas[h] = sc
	}
	return sc
}

// noHeader stands in for the header of a file that has none at all.
var noHeader = fieldlog.NewHeader(fieldlog.Space, nil)

// Block surveys one block; visit is called for each record that the filter
// wants, in order. num is the record's number within the block.
func (s *Surveyor) Block(b *fieldlog.Block, visit func(r *Record)) *Survey {
	out := &Survey{Covers: map[CoverKey]*Cover{}}
	if b.Overlong {
		out.Skipped = int64(len(b.Data))
		if s.Wide {
			out.Skipped = WideLen(b.Data)
		}
		out.Flaws = append(out.Flaws, Flaw{Code: "line.too_long", Line: b.Line, Length: len(b.Data), Offset: b.Base, Size: out.Skipped, Count: 1, Limit: fieldlog.MaxRecord, Got: int64(len(b.Data)), Lost: true})
		return out
	}
	w := blockSurvey{s: s, b: b, out: out, visit: visit}
	out.NonUTF8 = !utf8.Valid(b.Data)
	w.dirty = out.NonUTF8 || bytes.IndexByte(b.Data, 0) >= 0
	w.seek(s.Format.Kind, 0)
	w.odd = nextOddEscape(b.Data, 0)
	w.uniform()
	b.Walk(w.line)
	w.finish()
	return out
}
