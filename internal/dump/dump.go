// Package dump writes the records and events of evidence as lines of JSON.
package dump

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/evidence"
	"vigie/internal/intake"
	"vigie/internal/jsonline"
	"vigie/internal/record"
)

// Options say what to write.
type Options struct {
	Paths   []string
	Zone    *time.Location // zone of logs whose times bear none; nil: UTC
	Stdin   io.Reader      // for the path "-"
	Limits  evidence.Limits
	Workers int // 0: one for each core
	TempDir string
	// Original adds to each event of an EVTX file what the log holds, as one XML document or as nested JSON.
	Original Original
}

// Original is a form of an event's original.
type Original string

// The forms.
const (
	NoOriginal Original = ""
	XML        Original = "xml"
	JSON       Original = "json"
)

// Run writes every record of every known log, in the order of the evidence, and then what could not be read, and tells how many gaps that made.
// Items are read at the same time and their lines brought into order, so the same evidence gives the same bytes.
func Run(ctx context.Context, opt Options, out io.Writer) (gaps int, err error) {
	src, err := evidence.Open(opt.Paths, evidence.Options{Limits: opt.Limits, Stdin: opt.Stdin, TempDir: opt.TempDir})
	if err != nil {
		return 0, err
	}
	defer src.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := bufio.NewWriterSize(out, 1<<16)
	var failed error
	lanes := intake.NewLanes(func(part any) {
		if failed == nil {
			if _, failed = w.Write(part.([]byte)); failed != nil {
				stop()
			}
		}
		recycle(part.([]byte))
	})
	t := &taker{lanes: lanes, open: map[int]chan<- any{}, heads: map[int][]byte{}}
	err = intake.Run(ctx, src, intake.Options{Workers: opt.Workers, Zone: opt.Zone, NoHash: true, EventJSON: true, Visitor: func() intake.Visitor { return &visitor{t: t, original: opt.Original} }}, t)
	lanes.Close()
	if failed != nil {
		return 0, failed
	}
	if err != nil {
		_ = w.Flush() // what was read until then
		return 0, err
	}
	t.gaps = append(t.gaps, src.Gaps()...)
	intake.SortGaps(t.gaps)
	enc := json.NewEncoder(jsonline.NewWriter(w))
	enc.SetEscapeHTML(false)
	for _, g := range t.gaps {
		if err := enc.Encode(struct {
			Gap casefile.Gap `json:"gap"`
		}{g}); err != nil {
			return 0, err
		}
	}
	return len(t.gaps), w.Flush()
}

// taker completes the lines of each item and brings them into order.
type taker struct {
	lanes *intake.Lanes
	mu    sync.Mutex
	open  map[int]chan<- any
	heads map[int][]byte // how the lines of an item begin
	gaps  []casefile.Gap
}

func (t *taker) Begin(n int, it *evidence.Item) func(any, intake.At) {
	lane := t.lanes.Open()
	t.mu.Lock()
	t.open[n] = lane
	t.heads[n] = jsonline.AppendString([]byte(`{"path":`), it.Path)
	t.mu.Unlock()
	return func(part any, at intake.At) { lane <- part.(*lines).finish(at.Before) }
}

func (t *taker) End(n int, res *intake.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gaps = append(t.gaps, res.Gaps.All()...)
	if res.Kind == record.Other && len(res.Gaps.All()) == 0 {
		t.gaps = append(t.gaps, casefile.Gap{Code: "kind.not_supported", Path: res.Item.Path, Length: res.Item.Size, Action: "file not read", Detail: "no log that this version knows"})
	}
	close(t.open[n])
	delete(t.open, n)
	delete(t.heads, n)
}

// visitor writes the lines of a part, all but the numbers of text records, which are known only in order.
type visitor struct {
	t        *taker
	original Original
	head     []byte
	p        *lines
	xml      []byte // used again
}

// lines are those of one part.
type lines struct {
	text    []byte
	numbers []number
}

// number is the place in the text where a record's number goes, and the number in the part.
type number struct {
	at int
	n  int64
}

// buffers are the texts of parts that were written, for the next ones.
var buffers sync.Pool

// maxKept bounds a buffer that is kept, in bytes.
const maxKept = 4 << 20

func recycle(b []byte) {
	if cap(b) <= maxKept {
		buffers.Put(&b)
	}
}

func buffer() []byte {
	if b, ok := buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 128<<10)
}

// finish puts the numbers in.
func (p *lines) finish(before int64) []byte {
	if len(p.numbers) == 0 {
		return p.text
	}
	out := buffer()
	defer recycle(p.text)
	from := 0
	for _, l := range p.numbers {
		out = append(out, p.text[from:l.at]...)
		out = strconv.AppendInt(out, before+l.n, 10)
		from = l.at
	}
	return append(out, p.text[from:]...)
}

func (v *visitor) Start(item int) {
	v.t.mu.Lock()
	v.head = v.t.heads[item]
	v.t.mu.Unlock()
}

// line begins a line.
func (v *visitor) line() (p *lines, b []byte) {
	if v.p == nil {
		v.p = &lines{text: buffer()}
	}
	return v.p, append(v.p.text, v.head...)
}

func (v *visitor) Part() any {
	p := v.p
	v.p = nil
	if p == nil {
		return nil
	}
	return p
}

// Record writes a record with its columns in the order of the log.
func (v *visitor) Record(r *record.Record) (hangs bool) {
	p, b := v.line()
	b = strconv.AppendInt(append(b, `,"offset":`...), r.Offset, 10)
	b = strconv.AppendInt(append(b, `,"line":`...), r.Line, 10)
	b = append(b, `,"record":`...)
	p.numbers = append(p.numbers, number{len(b), r.Num})
	b = appendTime(append(b, `,"time":`...), r.Time, r.TimeOK)
	b = jsonline.AppendString(append(b, `,"kind":`...), string(r.Kind()))
	// A text log has no channel, event id or provider: null, never zero.
	b = append(b, `,"channel":null,"event_id":null,"provider":null,"computer":`...)
	b = appendKnown(b, r.Host())
	if !r.Fits {
		b = append(b, `,"damaged":true`...)
	}
	b = append(b, `,"fields":{`...)
	first := true
	r.Columns(func(name, value string) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = jsonline.AppendString(append(jsonline.AppendString(b, name), ':'), value)
	})
	p.text = append(b, "}}\n"...)
	return false
}

// Event writes a Windows event. Its record is the number that its log gave it.
func (v *visitor) Event(e *record.Event) {
	p, b := v.line()
	b = strconv.AppendInt(append(b, `,"offset":`...), e.Offset, 10)
	b = append(b, `,"line":`...)
	if e.Line > 0 {
		b = strconv.AppendInt(b, e.Line, 10)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"record":`...)
	if id, ok := e.ID(); ok {
		b = strconv.AppendUint(b, id, 10)
	} else {
		b = append(b, "null"...)
	}
	b = appendTime(append(b, `,"time":`...), e.Time, !e.Time.IsZero())
	kind := record.EVTX
	if e.Line > 0 {
		kind = record.EventExport
	}
	b = jsonline.AppendString(append(b, `,"kind":`...), string(kind))
	b = appendKnown(append(b, `,"channel":`...), e.Channel())
	b = append(b, `,"event_id":`...)
	if id := e.EventID(); id != "" {
		b = appendNumber(b, id)
	} else {
		b = append(b, "null"...)
	}
	b = appendKnown(append(b, `,"provider":`...), e.Provider())
	computer, _ := e.Get("Computer")
	b = appendKnown(append(b, `,"computer":`...), computer)
	if e.Recovered {
		b = append(b, `,"recovered":true`...)
	}
	if e.Suspect {
		b = append(b, `,"suspect":true`...)
	}
	if e.Partial {
		b = append(b, `,"partial":true`...)
	}
	b = e.AppendFields(append(b, `,"fields":`...))
	b = v.appendOriginal(b, e)
	p.text = append(b, "}\n"...)
}

// appendOriginal adds the original, null where the log holds none that can be told.
func (v *visitor) appendOriginal(b []byte, e *record.Event) []byte {
	if v.original == NoOriginal {
		return b
	}
	b = append(b, `,"original":`...)
	if e.Decoder != nil {
		form, ok := e.Decoder.AppendXML, false
		if v.original == JSON {
			form = e.Decoder.AppendJSON
		}
		if v.xml, ok = form(v.xml[:0]); ok {
			if v.original == JSON {
				return jsonline.Safe(b, v.xml)
			}
			return jsonline.AppendString(b, string(v.xml))
		}
	}
	return append(b, "null"...)
}

func appendTime(b []byte, t time.Time, ok bool) []byte {
	if !ok {
		return append(b, "null"...)
	}
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

func appendKnown(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return jsonline.AppendString(b, s)
}

// appendNumber writes what a log calls a number as one, or as text when it is none.
func appendNumber(b []byte, s string) []byte {
	if len(s) == 0 || len(s) > 18 || len(s) > 1 && s[0] == '0' {
		return jsonline.AppendString(b, s)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return jsonline.AppendString(b, s)
		}
	}
	return append(b, s...)
}
