// Package eventtext reads Windows events out of the text forms in which tools export them, and gives them as the flat evtx.Event.
//
// It reads JSON (winlogbeat, NXLog and Mordor, Velociraptor, evtx_dump, EvtxECmd, Get-WinEvent, Elastic exports), XML (wevtutil, Event Viewer,
// ToXml), CSV (Event Viewer, Get-WinEvent and Get-EventLog, EvtxECmd) and the text of wevtutil, in UTF-8 or UTF-16.
//
// The input is hostile. It is read as a stream; what is held at one time is one document, whose size, depth and number of values are bounded
// by the Max constants. A document that breaks a rule costs itself: reading goes on
//
//   - in JSON at the next line that begins with "{" and is indented no deeper than the bad document, or inside an array at the next "},{";
//   - in XML at the next <Event> tag;
//   - in CSV at the next line that splits into the columns of the header and has a number as event id;
//   - in text at the next line "Event[n]".
//
// What stands in the document is not interpreted more than needed: numbers keep their digits, duplicate names are all kept, a time that can be
// read in two ways is not chosen from. Ledger says what became of every byte.
//
// Sources of the forms: the documentation of winlogbeat's exported fields, of NXLog's im_msvistalog, of .NET's EventLogRecord and EventLogEntry,
// and of wevtutil; the output of omerbenamram/evtx, Velocidex/evtx, libevtx and EvtxECmd; the recordings of OTRF Security-Datasets (Mordor).
package eventtext

import (
	"bytes"
	"io"
	"iter"
	"strconv"
	"time"

	"vigie/internal/evtx"
)

// Limits on one input. They are far above what Windows writes (an EVTX record is at most 64 KiB) and keep a hostile file from growing memory.
const (
	MaxDocument = 16 << 20 // bytes of one document
	MaxDepth    = 64       // levels of nesting in one document
	MaxValues   = 1 << 16  // values, members, elements and attributes in one document: about 2 MiB of bookkeeping
	MaxField    = 64 << 10 // bytes kept of one value or name
	MaxDetailed = 1000     // errors told one by one; the rest is counted by code
)

// Format is the outer form of an export.
type Format uint8

// The forms; which tool wrote a JSON or CSV export is seen per document or header.
const (
	Unknown Format = iota
	JSON
	XML
	CSV
	Text // wevtutil qe /f:text
)

func (f Format) String() string {
	if names := [...]string{"unknown", "json", "xml", "csv", "text"}; int(f) < len(names) {
		return names[f]
	}
	return "unknown"
}

// DateOrder says how 03/04/2021 is meant.
type DateOrder uint8

// The orders. With OrderUnknown a date that can be read both ways is not read.
const (
	OrderUnknown DateOrder = iota
	DayFirst
	MonthFirst
)

// Options says what the export itself does not.
type Options struct {
	Format Format         // Unknown: found from the content
	Zone   *time.Location // of times written without a zone; nil: such times are left out
	Order  DateOrder      // of dates written with the year last
}

// Flag marks a record that is not quite what its source says.
type Flag uint8

// The flags.
const (
	FlagCut     Flag = 1 << iota // a value or name was longer than MaxField and is cut
	FlagReplace                  // bytes that are no UTF-8, or half a surrogate pair, became U+FFFD
	FlagEntity                   // an entity that XML does not define by itself is kept as it stands
	FlagTime                     // there is a time, and it was not read: see the error of the same offset
)

// Record is one event and where it stands. An export has no record header: RecordID is EventRecordID, 0 when that is no number, and Written is the
// time that the event itself gives.
type Record struct {
	evtx.Event      // Offset and Length are bytes of the stream that give the original text, in its own encoding
	Line       int  // of the first byte, from 1
	Flags      Flag // what was changed or left out
}

// Ledger divides the bytes of a stream; the three add up to what was read.
type Ledger struct {
	Parsed  int64 // in documents that gave a record
	Skipped int64 // in documents and junk that did not
	Between int64 // blanks, byte order marks, headers, brackets and root tags around documents
}

// Reader reads one export.
type Reader struct {
	opt     Options
	win     window
	format  Format
	ledger  Ledger
	tree    tree
	build   builder
	yield   func(*Record, *Error) bool
	stopped bool
	told    int            // errors yielded one by one
	untold  map[string]int // errors counted only
	last    map[string]*Error
	indent  int  // JSON: blanks before the document at hand, on its line
	broken  bool // what follows, up to the next good document, may be pieces of a bad one
	lacks   absent
}

// NewReader prepares to read src. Nothing is read before Records.
func NewReader(src io.Reader, opt Options) *Reader {
	r := &Reader{opt: opt}
	r.win.src = src
	r.build.t = &r.tree
	return r
}

// Format is the form that was found; Unknown before the first record.
func (r *Reader) Format() Format { return r.format }

// Ledger is the account of the bytes read so far.
func (r *Reader) Ledger() Ledger { return r.ledger }

// Records gives the events in their order, and what was wrong between them; of each pair one is nil. Reading goes on after an error, but
// that of a failing source (CodeRead); those with a Count come at the end. Records and their strings may be kept. It can be ranged over once.
func (r *Reader) Records() iter.Seq2[*Record, *Error] {
	return func(yield func(*Record, *Error) bool) {
		r.yield = yield
		head := r.win.open(&r.ledger)
		if r.format = r.opt.Format; r.format == Unknown {
			r.format = sniffText(head)
		}
		switch r.format {
		case JSON:
			r.readJSON()
		case XML:
			r.readXML()
		case CSV:
			r.readCSV()
		case Text:
			r.readText()
		default:
			if len(head) > 0 {
				r.tell(&Error{Code: CodeFormat, Line: 1, Detail: excerpt(head), Action: ActionStop})
			}
		}
		r.finish()
	}
}

// finish accounts for what is left, tells what was only counted and why the source ended.
func (r *Reader) finish() {
	if r.stopped {
		return
	}
	if r.win.odd > 0 {
		r.problem(CodeOdd, 0, ActionBytes)
	}
	if r.win.err != nil {
		r.tell(&Error{Code: CodeRead, Offset: r.win.off, Line: r.win.line, Action: ActionStop, Err: r.win.err})
	}
	for _, c := range Codes {
		if n := r.untold[c.Code]; n > 0 && !r.stopped {
			e := *r.last[c.Code]
			e.Count = n
			r.stopped = !r.yield(nil, &e)
		}
	}
	r.ledger.Skipped += int64(r.win.odd)
	r.win.advance(len(r.win.bytes()), &r.ledger.Skipped) // what a stop left
}

// emit gives the event that the builder holds, which took n bytes of the window from its start, and moves past it.
func (r *Reader) emit(n int) {
	rec := &Record{Line: r.win.line}
	rec.Fields = r.build.fieldsOf()
	rec.Flags = r.tree.flags
	rec.Offset = r.win.off
	rec.Written = r.build.written
	if id, ok := rec.Get("EventRecordID"); ok {
		if n, err := strconv.ParseUint(id, 10, 64); err == nil {
			rec.RecordID = n
		}
	}
	if code := r.build.timeCode; code != "" {
		rec.Flags |= FlagTime
		r.tell(&Error{Code: code, Offset: r.win.off, Line: r.win.line, Detail: excerpt([]byte(r.build.timeText)), Action: ActionNoTime})
	}
	if r.win.wide != nil && bytes.Contains(r.win.bytes()[:n], []byte("\ufffd")) {
		rec.Flags |= FlagReplace
	}
	if r.build.badPayload {
		r.problem(CodePayload, 0, ActionKept)
	}
	before := r.ledger.Parsed
	r.win.advance(n, &r.ledger.Parsed)
	rec.Length = int(r.ledger.Parsed - before)
	r.broken = false
	if !r.stopped {
		r.stopped = !r.yield(rec, nil)
	}
}

// problem tells of what stands at byte at of the window.
func (r *Reader) problem(code string, at int, action string) {
	r.limitProblem(code, at, 0, 0, action)
}

func (r *Reader) limitProblem(code string, at int, limit, got int64, action string) {
	if r.untold[code] > 0 { // only its number is still of interest
		r.untold[code]++
		return
	}
	data := r.win.bytes()
	at = min(at, len(data))
	r.tell(&Error{
		Code: code, Offset: r.win.off + r.win.width(data[:at]), Line: r.win.line + lines(data[:at]),
		Limit: limit, Got: got, Detail: excerpt(data[at:]), Action: action,
	})
}

func (r *Reader) tell(e *Error) {
	if r.stopped {
		return
	}
	if r.told >= MaxDetailed && e.Code != CodeRead {
		if r.untold == nil {
			r.untold, r.last = map[string]int{}, map[string]*Error{}
		}
		if r.untold[e.Code]++; r.untold[e.Code] == 1 {
			r.last[e.Code] = e
		}
		return
	}
	r.told++
	r.stopped = !r.yield(nil, e)
}
