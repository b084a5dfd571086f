package evtx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// Options are the choices of a Decoder. The zero value is usable.
type Options struct {
	// ANSI is the code page of texts that are not UTF-16: that of the machine
	// which wrote the log, and the log does not say which. Windows-1252 when nil.
	ANSI *charmap.Charmap
	// Borrow makes the Fields of an event, and the texts in them, valid only
	// until the next call of Next: nothing is allocated for a record. A caller
	// that keeps an event then keeps its Clone.
	Borrow bool
	// JSON makes Next write the fields of an event as one JSON object into Event.JSON where it can, straight from the values, and give in Fields only
	// those that say which event it is: Channel, Computer, EventID, EventRecordID, Provider_Name, TimeCreated_SystemTime. It implies Borrow.
	JSON bool
	// walked makes every record take the general way; for tests.
	walked bool
}

// Decoder gives the events of chunks, one chunk after the other. It is made
// for one goroutine; each worker of a parallel reader has its own. Templates
// that a chunk shares with an earlier one are compiled once.
//
// How the records of a chunk are found: they follow each other from byte 512,
// and are walked for as long as each hangs together (magic, possible size, the
// size repeated at the end), whatever the header says about where they end.
// Behind the last one, or behind the first damage, every place that could be
// the magic of a record is tried; what is found so is Recovered. Behind the
// end of the records lies what the chunk held before it was used again, so
// records that were there before, copies of the walked ones left out.
type Decoder struct {
	opt  Options
	ansi *charmap.Charmap

	b       []byte // the chunk
	base    int64  // its offset in the file
	index   int
	bare    bool
	header  chunkHeader
	pos     int  // where the next record is looked for
	walk    bool // the records still follow each other
	gap     int  // where bytes began that are no record, when gap < pos
	ended   int  // where the walked records ended
	lost    bool // the walk ended in damage, not in free space
	stopped bool // the chunk costs too much
	seen    []recordKey
	errs    []*Error
	ledger  Ledger

	cache   templateCache
	defs    map[uint32]*definition // of this chunk, by offset; failed ones too
	names   nameTable
	strings interner
	labels  labels

	last struct{ from, to int } // the binary XML of the last event given

	json jsonSink

	run // the state of the record at hand
}

// recordKey tells a record from others: an id alone comes again after a log was cleared.
type recordKey struct{ id, written uint64 }

// NewDecoder makes a Decoder.
func NewDecoder(opt Options) *Decoder {
	d := &Decoder{opt: opt, ansi: opt.ANSI, defs: map[uint32]*definition{}}
	if d.ansi == nil {
		d.ansi = charmap.Windows1252
	}
	d.strings.init()
	return d
}

// Start begins a chunk. c.Data must not change until the last Next for it.
func (d *Decoder) Start(c *Chunk) {
	d.b, d.base, d.index, d.bare = c.Data[:min(len(c.Data), chunkSize)], c.Offset, c.Index, c.Bare
	clear(d.defs)
	if d.labels.full() {
		d.labels, d.cache, d.valueOps = labels{}, templateCache{}, d.valueOps[:0]
	}
	d.names.chunk++
	d.seen, d.errs, d.ledger = d.seen[:0], nil, Ledger{}
	d.chunkWork = maxChunkWork
	d.header, d.stopped = chunkHeader{}, false
	d.walk, d.lost = !c.Bare, c.Bare
	d.hasID = false
	d.last.from, d.last.to = 0, 0
	start := recordArea
	switch {
	case c.Bare:
		start = 0
		d.note(&Error{Code: CodeChunkMagic, Length: int64(len(d.b)), What: "no chunk header", Action: ActionRead}, 0)
	case len(d.b) < recordArea:
		start = len(d.b)
		d.walk = false
		d.noteCut("bytes of a chunk cut inside its header", 0)
		d.ledger.Parsed += int64(len(d.b))
	default:
		d.ledger.Parsed += recordArea
		if len(d.b) < chunkSize {
			d.noteCut("bytes of a cut chunk", len(d.b))
		}
		d.header = d.readChunkHeader()
	}
	d.pos, d.gap, d.ended = start, start, len(d.b)
}

// noteCut tells that the chunk is shorter than a whole one.
func (d *Decoder) noteCut(what string, pos int) {
	e := limited(CodeChunkTruncated, what, chunkSize, int64(len(d.b)))
	e.Length, e.Action = int64(len(d.b)), ActionRead
	d.note(e, pos)
}

// Errors gives what is wrong with the chunk so far, in the order of reading.
func (d *Decoder) Errors() []*Error { return d.errs }

// Ledger counts the bytes and records of the chunk; it is whole after Next gave false.
func (d *Decoder) Ledger() Ledger { return d.ledger }

// Next decodes the next event of the chunk into ev and gives false when there
// is none.
func (d *Decoder) Next(ev *Event) bool {
	for d.pos < len(d.b) && !d.stopped {
		if d.walk {
			size := d.walkOn()
			if size == 0 {
				continue
			}
			if d.decode(ev, size, false) {
				return true
			}
			continue
		}
		at := bytes.Index(d.b[d.pos:], recordMagic)
		if at < 0 {
			d.pos = len(d.b)
			break
		}
		d.pos += at
		size, code := recordAt(d.b, d.pos)
		if code == CodeRecordCopy && !d.followed(d.pos+size) {
			size = 0
		}
		if size == 0 || !possibleTime(binary.LittleEndian.Uint64(d.b[d.pos+16:])) && code != "" {
			d.pos++
			continue
		}
		if d.decode(ev, size, true) {
			return true
		}
	}
	d.closeGap(len(d.b))
	return false
}

// walkOn gives the size of the walked record at pos, 0 when the walk ends there.
func (d *Decoder) walkOn() int {
	size, code := recordAt(d.b, d.pos)
	past := d.header.free != 0 && d.pos >= d.header.free
	switch {
	case code == "" && past && !d.continues():
		size = 0 // an older record, in the free space
	case code == "":
		return size
	case code == CodeRecordCopy && !past:
		d.hasID, d.id = true, binary.LittleEndian.Uint64(d.b[d.pos+8:])
		d.note(&Error{Code: code, Length: int64(size),
			What: fmt.Sprintf("record of %d bytes ends with the size %d", size, binary.LittleEndian.Uint32(d.b[d.pos+size-4:])), Action: ActionRead}, d.pos)
		return d.sizeUpTo(size)
	case past, len(d.b)-d.pos >= 4 && binary.LittleEndian.Uint32(d.b[d.pos:]) == 0 && !d.more():
	default:
		d.lost = true
		d.hasID = false
		e := &Error{Code: code, Length: int64(len(d.b) - d.pos), What: "no record where one should follow", Action: ActionBytesSkipped}
		if code != CodeRecordMagic {
			e.What = "bytes in a record"
			e.Limit, e.Got, e.Limited = int64(min(len(d.b)-d.pos, maxRecordSize)), int64(binary.LittleEndian.Uint32(d.b[d.pos+4:])), true
		}
		if !d.bare && len(d.b) < chunkSize && code == CodeRecordSize {
			e.What = "bytes in a record that is cut with its chunk"
		}
		d.note(e, d.pos)
	}
	d.walk, d.ended = false, d.pos
	if d.lost && d.header.free > d.pos {
		d.ended = d.header.free
	} else if d.lost {
		d.ended = len(d.b)
	}
	return 0
}

// sizeUpTo gives the size of the record at pos when only its first size says
// it: no more than up to the next record that hangs together.
func (d *Decoder) sizeUpTo(size int) int {
	if d.followed(d.pos + size) {
		return size
	}
	for at := d.pos + recordHeader; ; at++ {
		i := bytes.Index(d.b[at:d.pos+size], recordMagic)
		if i < 0 {
			return size
		}
		at += i
		if n, code := recordAt(d.b, at); n > 0 && code == "" {
			if at-d.pos < recordMin {
				return size
			}
			return at - d.pos
		}
	}
}

// continues says if the record at pos is the next one by its id: in a log that
// was not closed the header of the chunk may be older than its records.
func (d *Decoder) continues() bool {
	if len(d.seen) == 0 {
		return d.header.free <= recordArea
	}
	return d.follows(binary.LittleEndian.Uint64(d.b[d.pos+8:]))
}

// follows says if an id is the one after that of the record before.
func (d *Decoder) follows(id uint64) bool {
	return len(d.seen) > 0 && id == d.seen[len(d.seen)-1].id+1
}

// more says if records follow the zeroes at pos although the header says that
// the records go on: then the zeroes are damage. A free space offset may also
// be the end of the chunk while the records ended before.
func (d *Decoder) more() bool {
	if d.header.free <= d.pos || len(d.seen) == 0 {
		return false
	}
	last := d.seen[len(d.seen)-1].id
	for at := d.pos; ; at++ {
		i := bytes.Index(d.b[at:d.header.free], recordMagic)
		if i < 0 {
			return false
		}
		at += i
		if size, code := recordAt(d.b, at); size > 0 && code == "" && binary.LittleEndian.Uint64(d.b[at+8:]) > last {
			return true
		}
	}
}

// followed says if a record, or nothing more, is at pos: then the record
// before has its true size.
func (d *Decoder) followed(pos int) bool {
	if pos == len(d.b) || pos == d.header.free {
		return true
	}
	size, _ := recordAt(d.b, pos)
	return size > 0
}

// decode decodes the record of size bytes at pos and moves behind it. It
// gives false when there is no event: the record is damaged, or known.
func (d *Decoder) decode(ev *Event, size int, recovered bool) bool {
	pos := d.pos
	le := binary.LittleEndian
	key := recordKey{le.Uint64(d.b[pos+8:]), le.Uint64(d.b[pos+16:])}
	if recovered && d.known(key) {
		d.closeGap(pos)
		d.ledger.DuplicateRecords++
		d.ledger.Unused += int64(size)
		d.pos += size
		d.gap = d.pos
		return false
	}
	d.hasID, d.id = true, key.id
	switch {
	case d.event(pos+recordHeader, pos+size-4, recovered):
	case d.stopped:
		return false
	case recovered && (possibleTime(key.written) || d.follows(key.id)):
		// Its content is overwritten, but that there was such a record, and when, is told.
		d.fields, d.buf, d.partial = d.fields[:0], d.buf[:0], true
		d.direct.reset()
	case recovered:
		d.pos += 4 // no record: one may begin inside
		return false
	default:
		d.ledger.Skipped += int64(size)
		d.ledger.SkippedRecords++
		d.seen = append(d.seen, key)
		d.pos += size
		d.gap = d.pos
		return false
	}
	d.closeGap(pos)
	d.pos += size
	d.gap = d.pos
	d.seen = append(d.seen, key)
	if recovered {
		d.ledger.Recovered += int64(size)
		d.ledger.RecoveredRecords++
	} else {
		d.ledger.Parsed += int64(size)
		d.ledger.Records++
	}
	ev.Offset, ev.Length, ev.RecordID = d.base+int64(pos), size, key.id
	ev.Written = fileTime(key.written)
	ev.Recovered, ev.Suspect = recovered, d.header.suspect && (d.header.free == 0 || pos < d.header.free)
	ev.Partial = d.partial
	d.fieldsTo(ev)
	d.last.from, d.last.to = pos+recordHeader, pos+size-4
	return true
}

func (d *Decoder) known(k recordKey) bool {
	for i := range d.seen {
		if d.seen[i] == k {
			return true
		}
	}
	return false
}

// inSlack says if pos lies behind the end of the walked records: what cannot
// be read there is no loss.
func (d *Decoder) inSlack(pos int) bool { return pos >= d.ended }

// closeGap accounts for the bytes from gap to pos, which gave no record.
func (d *Decoder) closeGap(pos int) {
	if pos <= d.gap {
		return
	}
	damage := max(0, min(pos, d.ended)-d.gap)
	d.ledger.Skipped += int64(damage)
	d.ledger.Unused += int64(pos - d.gap - damage)
	d.gap = pos
}

// note adds an error about the chunk, or about the record at hand.
func (d *Decoder) note(e *Error, pos int) {
	e.Offset, e.Chunk = d.base+int64(pos), d.index
	e.Record, e.HasID = d.id, d.hasID
	if !d.hasID {
		e.Record = 0
	}
	d.errs = append(d.errs, e)
}

// possibleTime says if a FILETIME is a time that an event can have been
// written at: from 1980, when no Windows was, to 2200.
func possibleTime(t uint64) bool { return t > 119600064000000000 && t < 189000000000000000 }

// fileTime gives the time of a FILETIME, the zero Time when it gives none.
func fileTime(t uint64) time.Time {
	const epoch = 11644473600 // seconds from 1601 to 1970
	if t == 0 || t > 1<<63-1 {
		return time.Time{}
	}
	return time.Unix(int64(t/1e7)-epoch, int64(t%1e7)*100).UTC()
}
