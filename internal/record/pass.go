package record

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/internal/fieldlog"
)

// blockSurvey is the state of one pass.
type blockSurvey struct {
	s     *Surveyor
	b     *fieldlog.Block
	out   *Survey
	visit func(r *Record)
	num   int64

	dirty      bool   // some byte of the block is no plain text: look at each record
	filter     Filter // of the kind in force
	filterOf   Kind
	filterSet  bool
	parked     map[Kind]parked
	hit, hitID int // next literal hit, -1
	odd        int // next suspicious escape, -1

	header *fieldlog.Header // of the cached values below
	schema *Schema
	fast   bool // times stand at the start of the record
	sep    byte
	seps   int

	key   CoverKey // of the whole block when same
	same  bool
	cover *Cover
	// protocols are those of the samples, for HttpProxy. Exchange writes one
	// file for each; where files were merged, a block (some minutes of records)
	// counts for all the protocols that its samples show.
	protocols []string

	p0, p1 uint64 // first 16 bytes of the last record: its minute
	minute time.Time
	pend   int64  // records in this minute not yet counted
	last   []byte // last good record

	widePos int   // a place in the block
	wideOff int64 // the same in the file, from the block's start

	told    int            // the flaw told last
	more    map[string]int // code → the flaw that stands for those past maxFlaws
	version *BuildRun      // of a #Version line whose next record is awaited
	run     BuildRun
	runText []byte // ",15,1,2176,9," as last seen
	runAt   int
}

// uniform looks at eight records spread over the block and decides whether the
// block speaks of one host and tier.
func (w *blockSurvey) uniform() {
	const samples = 8
	w.same = true
	seen := false
	for i := range samples {
		from := len(w.b.Data) / samples * i
		if i > 0 {
			j := bytes.IndexByte(w.b.Data[from:], '\n')
			if j < 0 {
				break
			}
			from += j + 1
		}
		end := bytes.IndexByte(w.b.Data[from:], '\n')
		if end < 0 {
			end = len(w.b.Data) - from
		}
		raw := bytes.TrimSuffix(w.b.Data[from:from+end], []byte("\r"))
		if len(raw) == 0 || !isDigit(raw[0]) || w.b.Header == nil {
			continue
		}
		sc := w.s.Schema(w.b.Header)
		cells, fits := fieldlog.Split(w.s.sample[:0], raw, sc.Header)
		w.s.sample = cells
		if !fits {
			continue
		}
		r := Record{Raw: raw, Cells: cells, Fits: true, schema: sc}
		if w.s.Sample != nil {
			w.s.Sample(&r)
		}
		if p := r.protocol(); p != "" && !slices.Contains(w.protocols, p) {
			w.protocols = append(w.protocols, p)
		}
		k := r.coverKey()
		if seen && k != w.key {
			w.same = false
			return
		}
		w.key, seen = k, true
	}
	if !seen {
		w.same = false // too little to sample: take each record apart
	}
}

func (r *Record) coverKey() CoverKey {
	k := CoverKey{Host: r.Host(), Kind: string(r.schema.Kind)}
	if r.schema.Kind == IIS {
		k.Kind = "iis-" + r.Tier()
	}
	return k
}

// maxProtocol bounds a protocol's name: "autodiscover" is the longest known.
const maxProtocol = 24

// protocol is the HttpProxy protocol of a record in lower case, "" for other logs.
func (r *Record) protocol() string {
	if r.schema.Kind != HTTPProxy {
		return ""
	}
	v, ok := r.cell(r.schema.protocol)
	if !ok || len(v) > maxProtocol {
		return ""
	}
	for _, c := range v {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return ""
		}
	}
	return string(bytes.ToLower(v))
}

// seek puts the filter of a kind in force from a place on. Each kind remembers
// its next hit, so that headers of other kinds in turn do not search the block
// again and again.
func (w *blockSurvey) seek(k Kind, from int) {
	if k == w.filterOf && w.filterSet {
		return
	}
	if w.filterSet {
		if w.parked == nil {
			w.parked = map[Kind]parked{}
		}
		w.parked[w.filterOf] = parked{w.hit, w.hitID}
	}
	w.filterOf, w.filterSet = k, true
	w.filter = w.s.Filter
	if w.s.FilterOf != nil {
		w.filter = w.s.FilterOf(k)
	}
	p, seen := w.parked[k]
	switch {
	case w.filter.Literals == nil:
		w.hit = -1
	case seen && (p.hit < 0 || p.hit >= from):
		w.hit, w.hitID = p.hit, p.id
	default:
		w.hit, w.hitID = w.filter.Literals.Next(w.b.Data, from)
	}
}

// parked is the next hit of a filter that is not in force.
type parked struct{ hit, id int }

// use caches what the header in force says for the record at pos and those after it.
func (w *blockSurvey) use(h *fieldlog.Header, pos int) {
	w.flush()
	w.header = h
	w.schema = w.s.Schema(h)
	if w.s.FilterOf != nil {
		w.seek(w.schema.Kind, pos)
	}
	if w.b.Header != nil && !slices.Equal(h.Names, w.b.Header.Names) {
		w.same, w.cover = false, nil // the samples were read under another header
	}
	w.p0, w.p1 = 0, 0
	w.runText = nil
	w.sep, w.seps = ' ', len(h.Names)-1
	if h.Style == fieldlog.Comma {
		w.sep = ','
	}
	sc := w.schema
	w.fast = sc.Kind != Setup && (h.Style == fieldlog.Comma && sc.date == 0 || h.Style == fieldlog.Space && sc.date == 0 && sc.clock == 1) &&
		!(h.Line == 0 && h.Style == fieldlog.Space) && !sc.blind
	if h.Damaged != "" {
		w.flaw("header.damaged", h.Line, pos, 0, 0, 0)
	}
}

func (w *blockSurvey) line(l *fieldlog.Line) {
	end := l.Pos + l.Size
	switch l.Kind {
	case fieldlog.NULs:
		w.skip("line.nul", l)
		w.advance(l.Pos + len(l.Raw))
		return
	case fieldlog.Directive, fieldlog.PlainHead, fieldlog.Blank:
		switch {
		case l.Kind == fieldlog.Blank:
		case bytes.IndexByte(l.Raw, '\r') >= 0: // line ends of an old Mac: one line is a whole log
			w.skip("line.cr", l)
		case l.Kind == fieldlog.Directive && !knownDirective(l.Raw) && w.wanted(l, end):
			w.bad("line.comment", l, 0, 0)
			w.doubt()
		default:
			w.directive(l)
		}
		w.advance(end)
		return
	}
	h := l.Header
	if w.s.Format.Kind == Setup {
		h = setupHeader
	}
	if h == nil {
		h = noHeader
	}
	if h != w.header {
		w.use(h, l.Pos)
	}
	w.num++
	w.out.Records++
	raw := l.Raw
	full := !w.same || !w.fast || w.filter.All || w.version != nil
	if !full {
		full = w.wanted(l, end)
	}
	if !full && w.quick(raw, l) {
		w.advance(end)
		return
	}
	w.full(l, raw, end)
	w.advance(end)
}

// quick counts a record without taking it apart. false asks for the long way.
func (w *blockSurvey) quick(raw []byte, l *fieldlog.Line) bool {
	if len(raw) < 17 || w.dirty && strange(raw, w.schema.Kind) || !l.Ended {
		return false
	}
	n := bytes.Count(raw, []byte{w.sep})
	if n != w.seps {
		return false
	}
	p0, p1 := binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[8:])
	if p0 != w.p0 || p1 != w.p1 {
		t, ok := w.timeOf(raw)
		if !ok {
			return false
		}
		w.flush()
		w.seen(t, l.Number, l.Pos)
		w.p0, w.p1, w.minute = p0, p1, t
	}
	w.pend++
	w.last = raw
	return w.buildQuick(raw)
}

// timeOf reads the time at the start of a record.
func (w *blockSurvey) timeOf(raw []byte) (time.Time, bool) {
	n := bytes.IndexByte(raw[:min(len(raw), 40)], ',')
	if w.sep == ' ' {
		n = min(len(raw), 19)
	}
	if n < 0 {
		n = min(len(raw), 40)
	}
	t, ok := parseISO(raw[:n])
	return w.schema.local(t, raw[:n]), ok
}

// seen notes the time of a record: first, last, steps back.
func (w *blockSurvey) seen(t time.Time, line int64, pos int) {
	o := w.out
	if o.Head.IsZero() {
		o.Head, o.HeadLine, o.First = t, line, t
	}
	if t.Before(o.First) {
		o.First = t
	}
	if t.After(o.Last) {
		o.Last = t
	}
	if t.Before(o.Tail.Add(-BackStep)) && len(o.Jumps) < maxJumps {
		o.Jumps = append(o.Jumps, Jump{Line: line, Pos: pos, From: o.Tail, To: t})
	}
	o.Tail = t
}

// maxJumps bounds the steps back told of one block: an attacker can write a million.
const maxJumps = 100

// flush counts the records of the last minute.
func (w *blockSurvey) flush() {
	if w.pend == 0 {
		return
	}
	if w.cover == nil {
		w.cover = w.coverOf(w.key)
	}
	w.cover.Add(w.minute, w.pend)
	for _, p := range w.protocols {
		w.coverOf(CoverKey{w.key.Host, w.key.Kind + "/" + p}).Add(w.minute, 0)
	}
	if w.last != nil {
		if t, ok := w.timeOf(w.last); ok && t.After(w.cover.Last) {
			w.cover.Last = t
		}
	}
	w.pend = 0
}

func (w *blockSurvey) coverOf(k CoverKey) *Cover {
	return CoverOf(w.out.Covers, k)
}

// wanted tells whether a record holds a literal that a rule needs, or hides letters by escapes.
func (w *blockSurvey) wanted(l *fieldlog.Line, end int) bool {
	if w.odd >= 0 && w.odd < end {
		return true
	}
	for w.hit >= 0 && w.hit < end {
		if w.hit < l.Pos {
			w.hit, w.hitID = w.filter.Literals.Next(w.b.Data, l.Pos)
			continue
		}
		if w.filter.Reject == nil || !w.filter.Reject(w.b.Data, l.Pos, l.Pos+len(l.Raw), w.hit, w.hitID) {
			return true
		}
		w.hit, w.hitID = w.filter.Literals.Next(w.b.Data, w.hit+1)
	}
	return false
}

// advance moves the next hits past a line.
func (w *blockSurvey) advance(end int) {
	if w.hit >= 0 && w.hit < end {
		w.hit, w.hitID = w.filter.Literals.Next(w.b.Data, end)
	}
	if w.odd >= 0 && w.odd < end {
		w.odd = nextOddEscape(w.b.Data, end)
	}
}

// full takes a record apart and visits it when wanted.
func (w *blockSurvey) full(l *fieldlog.Line, raw []byte, end int) {
	off := w.offset(l.Pos)
	r := w.schema.Parse(l, off, w.num, w.s.cells)
	w.s.cells = r.Cells
	wanted := w.wanted(l, end)
	nul := bytes.IndexByte(bytes.TrimRight(raw, "\x00"), 0) >= 0 // zeros stand where text was
	w.told = -1
	switch {
	case w.header == noHeader || w.schema.Kind == Other:
		w.bad("record.no_header", l, 0, 0)
	case w.schema.Kind == Setup:
		w.setup(&r)
	case r.schema.blind:
		w.bad("header.columns", l, 0, 0)
		w.doubt()
	case !r.Fits && w.header.Damaged != "" && r.TimeOK && len(r.Cells) <= len(w.header.Names) && !wanted && !nul:
		w.out.Recovered += w.size(l.Pos, end) // told once, by the header
	case !r.Fits && !l.Ended:
		w.bad("record.cut", l, int64(len(w.header.Names)), int64(len(r.Cells)))
	case !r.Fits:
		w.bad("record.fields", l, int64(len(w.header.Names)), int64(len(r.Cells)))
	case !r.TimeOK:
		w.bad("record.time", l, 0, 0)
	case strange(raw, w.schema.Kind):
		w.bad("record.bytes", l, 0, 0)
	case !l.Ended:
		w.bad("record.unended", l, 0, 0)
	}
	if told := w.told >= 0; told && (nul || wanted && (!r.Fits || w.header == noHeader)) {
		w.doubt()
	} else if !told && wanted && w.header.Damaged != "" { // it fits, but which column is which?
		w.bad("header.columns", l, 0, 0)
		w.doubt()
	}
	if r.TimeOK && (r.Fits || w.header.Damaged != "" || w.schema.Kind == Setup) {
		w.seen(r.Time, l.Number, l.Pos)
		k := w.key
		if !w.same {
			k = r.coverKey()
		}
		w.flush()
		w.coverOf(k).Add(r.Time, 1)
		if p := r.protocol(); p != "" {
			w.coverOf(CoverKey{k.Host, k.Kind + "/" + p}).Add(r.Time, 0)
		}
		if v := w.version; v != nil {
			v.First, v.Last, v.Host = r.Time, r.Time, k.Host
			w.out.Builds = append(w.out.Builds, *v)
			w.version = nil
		}
		w.buildFull(&r, k.Host)
	}
	if w.visit != nil && (w.filter.All || wanted) {
		w.visit(&r)
	}
}

// offset brings a position in the block to the file.
func (w *blockSurvey) offset(pos int) int64 {
	if !w.s.Wide {
		return w.b.Base + int64(pos)
	}
	if pos < w.widePos { // nearly always the next record
		w.widePos, w.wideOff = 0, 0
	}
	w.wideOff += WideLen(w.b.Data[w.widePos:pos])
	w.widePos = pos
	return w.b.Base + w.wideOff
}

// size is how many bytes of the file a stretch of the block takes.
func (w *blockSurvey) size(from, to int) int64 {
	if w.s.Wide {
		return WideLen(w.b.Data[from:to])
	}
	return int64(to - from)
}

func (w *blockSurvey) bad(code string, l *fieldlog.Line, limit, got int64) {
	w.out.Recovered += w.size(l.Pos, l.Pos+l.Size)
	w.flaw(code, l.Number, l.Pos, l.Size, limit, got)
}

// doubt says of the flaw just told that it may hide what a rule looks for.
func (w *blockSurvey) doubt() { w.out.Flaws[w.told].Doubt = true }

func (w *blockSurvey) skip(code string, l *fieldlog.Line) {
	w.out.Skipped += w.size(l.Pos, l.Pos+l.Size)
	w.flaw(code, l.Number, l.Pos, l.Size, 0, 0)
	w.out.Flaws[w.told].Lost = true
}

func (w *blockSurvey) flaw(code string, line int64, pos, length int, limit, got int64) {
	size := w.size(pos, pos+length)
	if len(w.out.Flaws) >= maxFlaws {
		if i, ok := w.more[code]; ok {
			f := &w.out.Flaws[i]
			f.Count, f.Size = f.Count+1, f.Size+size
			w.told = i
			return
		}
		if w.more == nil {
			w.more = map[string]int{}
		}
		w.more[code] = len(w.out.Flaws)
	}
	w.told = len(w.out.Flaws)
	w.out.Flaws = append(w.out.Flaws, Flaw{Code: code, Line: line, Pos: pos, Length: length, Offset: w.offset(pos), Size: size, Count: 1, Limit: limit, Got: got})
}

// maxFlaws bounds the flaws of a block that are told one by one, as many as a
// file may tell; those after them are counted by code.
const maxFlaws = casefile.MaxGapsPerFile

// knownDirective tells the directives that are not searched. Any other line that
// starts with "#" may be a record that somebody put out of sight.
// Those that name columns and logs may hold the words that rules look for.
func knownDirective(line []byte) bool {
	for _, d := range []string{"#fields:", "#log-type:"} {
		if len(line) >= len(d) && strings.EqualFold(string(line[:len(d)]), d) {
			return d == "#fields:" || len(line) <= 100
		}
	}
	return false
}

// directive keeps the build that "#Version:" tells.
func (w *blockSurvey) directive(l *fieldlog.Line) {
	v, ok := cutFold(l.Raw, "#version:")
	if !ok || w.s.Format.Kind == IIS || w.s.Format.Kind == HTTPErr {
		return
	}
	n, err := buildno.Parse(string(v))
	if err != nil || n.Build == 0 { // components write 15.0.0.0 when they do not know
		return
	}
	// The line has no time of its own: it speaks of the records after it, of
	// which the next one is taken apart to date it.
	w.version = &BuildRun{Build: n, Line: l.Number, Offset: w.offset(l.Pos), AtLeast: true}
}

func (w *blockSurvey) finish() {
	w.flush()
	if w.last != nil {
		if t, ok := w.timeOf(w.last); ok && t.After(w.out.Last) {
			w.out.Last = t
			w.out.Tail = t
		}
	}
	w.endRun()
}
