package eventtext

import (
	"bytes"
	"slices"
)

// table is what the header of a CSV export says.
type table struct {
	delim   byte
	header  []string
	names   []string // of System's parts for the columns of Event Viewer; nil for other tools
	eventID int      // column
}

// delimiters of Excel and PowerShell in countries with decimal point and with decimal comma, and of tables copied from a screen.
const delimiters = ",;\t"

// headerOf knows the header of an export by its columns.
func headerOf(line []byte) (tb table, ok bool) {
	for _, d := range []byte(delimiters) {
		var t tree
		cells, _, _, ok := parseRow(&t, nil, line, d, true)
		if !ok || len(cells) < 4 {
			continue
		}
		tb = table{delim: d, eventID: -1}
		viewer := make([]string, len(cells))
		var has known
		for i, c := range cells {
			name := string(bytes.TrimPrefix(t.str(c), []byte("\ufeff")))
			tb.header = append(tb.header, name)
			viewer[i] = viewerNames[letters(t.str(c))]
			switch name {
			case "Id", "EventId", "EventID", "event_id":
				tb.eventID = i
			case "LogName", "ProviderName", "Channel", "Source", "SourceName", "Provider", "MachineName", "Computer", "TimeCreated":
				has |= hasChannel
			}
		}
		if tb.eventID >= 0 && has != 0 {
			return tb, true
		}
		tb.eventID = slices.Index(viewer, "EventID")
		if tb.eventID >= 0 && slices.Contains(viewer, "TimeCreated_SystemTime") && slices.Contains(viewer, "Provider_Name") {
			tb.names = viewer
			return tb, true
		}
	}
	return table{}, false
}

// fits reports whether cells can be a row under the header. Event Viewer has no title for its last column, the message.
func (tb *table) fits(t *tree, cells []span) bool {
	n := len(cells)
	return (n == len(tb.header) || tb.names != nil && n == len(tb.header)+1) && isNumber(t.str(cells[tb.eventID]))
}

// isComment knows the lines that PowerShell and Excel put before the header.
func isComment(line []byte) bool {
	return bytes.HasPrefix(line, []byte("#TYPE ")) || bytes.HasPrefix(line, []byte(`"#TYPE `)) || bytes.HasPrefix(line, []byte("sep="))
}

// readCSV reads rows under a header.
func (r *Reader) readCSV() {
	var tb table
	for {
		line, ok := r.line()
		if !ok {
			return
		}
		if isComment(line) || len(bytes.TrimSpace(line)) == 0 {
			r.win.advance(len(line), &r.ledger.Between)
			continue
		}
		if tb, ok = headerOf(line); !ok {
			r.problem(CodeCSVHeader, 0, ActionStop)
			return
		}
		r.win.advance(len(line), &r.ledger.Between)
		break
	}
	var cells []span
	for !r.stopped {
		data := r.win.bytes()
		if len(data) == 0 && !r.win.more(block) {
			return
		}
		data = r.win.bytes()
		if data[0] == '\n' || data[0] == '\r' {
			r.win.advance(1, &r.ledger.Between)
			continue
		}
		cells = r.row(&tb, cells)
	}
}

// line is the line at the start of the window with its end, up to maxRow bytes; false at the end of the stream.
func (r *Reader) line() (line []byte, ok bool) {
	for {
		data := r.win.bytes()
		if n := bytes.IndexByte(data, '\n') + 1; n > 0 {
			return data[:n], true
		}
		if !r.win.more(maxRow) {
			data = r.win.bytes()
			return data, len(data) > 0
		}
	}
}

// row reads the row at the start of the window.
func (r *Reader) row(tb *table, cells []span) []span {
	for {
		data := r.win.bytes()
		r.tree.reset()
		var n int
		var code string
		var ok bool
		cells, n, code, ok = parseRow(&r.tree, cells[:0], data[:min(len(data), maxRow)], tb.delim, r.win.eof && len(data) <= maxRow)
		switch {
		case ok && tb.fits(&r.tree, cells):
			r.rowEvent(tb, cells)
			r.emit(n)
			return cells
		case ok && (isComment(data) || tb.isHeader(&r.tree, cells)): // files put one after the other
			r.win.advance(n, &r.ledger.Between)
			r.broken = false
			return cells
		case ok:
			code = CodeCSVColumns
		case code == "" && len(data) <= maxRow:
			r.win.more(maxRow + 1)
			continue
		case code == "":
			code = CodeCSVQuote
		}
		if !r.broken {
			r.problem(code, 0, ActionDocument)
		}
		r.broken = true
		r.nextRow(tb)
		return cells
	}
}

func (tb *table) isHeader(t *tree, cells []span) bool {
	if len(cells) != len(tb.header) {
		return false
	}
	for i, c := range cells {
		if string(bytes.TrimPrefix(t.str(c), []byte("\ufeff"))) != tb.header[i] {
			return false
		}
	}
	return true
}

// nextRow passes lines up to one that begins a row under the header. A line is tried only while the bytes looked at stay within eight times those
// passed, so that lines which all open a quote do not cost the square of their number.
func (r *Reader) nextRow(tb *table) {
	looked, passed := 0, maxRow/8
	var cells []span
	for {
		line, ok := r.line()
		if !ok {
			return
		}
		passed += len(line)
		r.win.advance(len(line), &r.ledger.Skipped)
		if looked > 8*passed {
			continue
		}
		for {
			data := r.win.bytes()
			r.tree.reset()
			var n int
			var code string
			cells, n, code, ok = parseRow(&r.tree, cells[:0], data[:min(len(data), maxRow)], tb.delim, r.win.eof)
			looked += max(n, 1)
			if ok && tb.fits(&r.tree, cells) {
				return
			}
			if ok || code != "" || !r.win.more(maxRow) {
				break
			}
		}
	}
}

// rowEvent builds the event of a row.
func (r *Reader) rowEvent(tb *table, cells []span) {
	b, t := &r.build, &r.tree
	if tb.names == nil {
		doc := t.begin()
		for i, c := range cells {
			t.add(tb.header[i], c)
			if c.from == c.to { // CSV cannot tell an empty value from none
				t.nodes[len(t.nodes)-1].kind = kindNull
			}
		}
		t.nodes[doc].end = int32(len(t.nodes))
		r.shape(doc)
		return
	}
	b.reset(&r.opt)
	for i, c := range cells {
		switch {
		case i == len(tb.header):
			b.fixed("Message", c)
		case c.from == c.to:
		case tb.names[i] == "":
			b.field(t.puts(tb.header[i]), c)
		default:
			b.named(tb.names[i], c)
		}
	}
}

// named adds a part of System that a tool shows in words.
func (b *builder) named(name string, value span) {
	switch name {
	case "Level", "Task", "Opcode":
		if !isNumber(b.t.str(value)) {
			name = "RenderingInfo_" + name
		}
	case "Keywords":
		if text := b.t.str(value); len(text) > 0 && text[0] != '-' && (text[0] < '0' || text[0] > '9') {
			name = "RenderingInfo_Keyword"
		}
	}
	b.system(name, value)
}

// letters are the ASCII letters of a title in lower case. So a title is known whatever became of its accents and apostrophe on the way: UTF-8,
// Windows-1252 and "?" all give the same.
func letters(title []byte) string {
	out := make([]byte, 0, len(title))
	for _, c := range title {
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			out = append(out, c|0x20)
		}
	}
	return string(out)
}

// viewerNames are the columns of Event Viewer and the labels of wevtutil's text, in English and French, by their letters.
var viewerNames = map[string]string{
	"level": "Level", "niveau": "Level",
	"dateandtime": "TimeCreated_SystemTime", "dateetheure": "TimeCreated_SystemTime", "date": "TimeCreated_SystemTime",
	"source":  "Provider_Name",
	"eventid": "EventID", "iddelvnement": "EventID", "iddelevenement": "EventID", "idvnement": "EventID", "iddvnement": "EventID",
	"taskcategory": "Task", "catgoriedelatche": "Task", "categoriedelatache": "Task", "catgoriedetche": "Task", "task": "Task", "tche": "Task",
	"keywords": "Keywords", "keyword": "Keywords", "motscls": "Keywords", "motscles": "Keywords", "motcl": "Keywords",
	"operationalcode": "Opcode", "codeoprationnel": "Opcode", "opcode": "Opcode",
	"log": "Channel", "journal": "Channel", "logname": "Channel", "nomdujournal": "Channel",
	"computer": "Computer", "ordinateur": "Computer",
	"processid": "Execution_ProcessID", "iddeprocessus": "Execution_ProcessID", "idduprocessus": "Execution_ProcessID",
	"threadid": "Execution_ThreadID", "iddethread": "Execution_ThreadID", "idduthread": "Execution_ThreadID",
}
