package eventtext

import "bytes"

// readJSON reads documents that stand one after the other, with or without commas and array brackets around them: JSON lines, pretty-printed
// documents and one large array are all the same to it, so that an array of any length is a stream.
func (r *Reader) readJSON() {
	inArray := false
	for !r.stopped {
		data := r.win.bytes()
		if len(data) == 0 {
			if !r.win.more(block) {
				return
			}
			continue
		}
		switch c := data[0]; {
		case c == '{':
			r.document(inArray)
		case c == '[' || c == ',' || c == ']' || c == 0x1e || isBlank(c):
			n := 0
			for n < len(data) && (isBlank(data[n]) || data[n] == 0x1e || bytes.IndexByte([]byte("[,]"), data[n]) >= 0) {
				inArray = inArray || data[n] == '['
				n++
			}
			r.indent = indentAt(data, n)
			r.win.advance(n, &r.ledger.Between)
		case c == 0xef && len(data) < 3 && r.win.more(block):
		case bytes.HasPrefix(data, []byte("\ufeff")): // files put one after the other
			r.win.advance(3, &r.ledger.Between)
		default:
			r.jsonLine()
		}
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// document reads the document at the start of the window.
func (r *Reader) document(inArray bool) {
	for {
		data := r.win.bytes()
		r.tree.reset()
		n, code, ok := parseJSON(&r.tree, data[:min(len(data), MaxDocument)], r.win.eof && len(data) <= MaxDocument)
		if ok {
			if r.shape(0) {
				r.emit(n)
				return
			}
			// Pieces of a bad document, found while looking for the next good one, are part of the error already told.
			if !r.broken && !r.envelope() {
				r.problem(CodeNoEvent, 0, ActionDocument)
			}
			r.win.advance(n, &r.ledger.Skipped)
			return
		}
		if code == "" {
			if len(data) > MaxDocument {
				r.limitProblem(CodeSize, 0, MaxDocument, 0, ActionDocument)
				r.broken = true
				r.win.advance(MaxDocument, &r.ledger.Skipped)
				r.resync(0, 0, inArray)
				return
			}
			r.win.more(MaxDocument + 1) // where the source has ended, the next round knows it
			continue
		}
		if !r.broken || code != CodeJSON {
			switch code {
			case CodeDepth:
				r.limitProblem(code, n, MaxDepth, 0, ActionDocument)
			case CodeValues:
				r.limitProblem(code, n, MaxValues, 0, ActionDocument)
			case CodeTruncated:
				r.problem(code, 0, ActionDocument)
			default:
				r.problem(code, n, ActionDocument)
			}
		}
		r.broken = true
		from := 1
		if n > maxAgain || code == CodeDepth {
			from = n
		}
		r.resync(from, n, inArray)
		return
	}
}

// envelope reports whether the document in the tree only frames others: the action line of an Elastic bulk export.
func (r *Reader) envelope() bool {
	t := &r.tree
	if len(t.nodes) < 2 || t.nodes[1].end != t.nodes[0].end || t.nodes[1].kind != kindObject {
		return false
	}
	switch string(t.name(1)) {
	case "index", "create", "update", "delete":
		return true
	}
	return false
}

// maxAgain bounds how much of a bad document is looked at again for the start of the next one: the documents that a missing bracket swallowed.
// Each byte of it can be read again once for each level of depth, no more.
const maxAgain = 64 << 10

// resync passes the bad document at the start of the window, which was seen to be bad at byte bad, up to what can be the start of the next one,
// at byte from or later.
func (r *Reader) resync(from, bad int, inArray bool) {
	for {
		data := r.win.bytes()
		if n := nextStart(data, from, bad, r.indent, inArray); n >= 0 {
			r.indent = indentAt(data, n)
			r.win.advance(n, &r.ledger.Skipped)
			return
		}
		if !r.win.more(len(data) + block) {
			r.win.advance(len(data), &r.ledger.Skipped)
			return
		}
		// What is kept back holds the line or bracket that a start may follow.
		if pass := len(data) - maxIndent; pass > bad {
			r.win.advance(pass, &r.ledger.Skipped)
			from, bad = 1, 0
		}
	}
}

// indentAt is how many blanks stand before byte n at the start of its line; 0 when something else stands there.
func indentAt(data []byte, n int) int {
	b := n
	for b > 0 && (data[b-1] == ' ' || data[b-1] == '\t') {
		b--
	}
	if b > 0 && data[b-1] != '\n' {
		return 0
	}
	return n - b
}

// maxIndent is how many blanks may stand before a document for it to be found after a bad one.
const maxIndent = 512

// nextStart finds, after from, a "{" that begins a line with no more than indent blanks, or, at or after bad and within an array, one that
// follows "},".
func nextStart(data []byte, from, bad, indent int, inArray bool) int {
	for i := from; ; i++ {
		k := bytes.IndexByte(data[min(i, len(data)):], '{')
		if k < 0 {
			return -1
		}
		if i += k; i == 0 {
			continue
		}
		b := i
		for b > 0 && i-b <= maxIndent && (data[b-1] == ' ' || data[b-1] == '\t') {
			b--
		}
		if b > 0 && data[b-1] == '\n' && i-b <= indent {
			return i
		}
		if !inArray || i < bad {
			continue
		}
		for b > 0 && i-b <= maxIndent && isBlank(data[b-1]) {
			b--
		}
		if b > 1 && data[b-1] == ',' {
			for b--; b > 0 && i-b <= maxIndent && isBlank(data[b-1]); {
				b--
			}
			if b > 0 && data[b-1] == '}' {
				return i
			}
		}
	}
}

// jsonLine passes a line that begins no document: the "Record 12" of evtx_dump, or junk.
func (r *Reader) jsonLine() {
	for bytes.IndexByte(r.win.bytes(), '\n') < 0 && r.win.more(block) {
	}
	data := r.win.bytes()
	n := bytes.IndexByte(data, '\n') + 1
	if n == 0 {
		n = len(data)
	}
	if isRecordLine(data[:n]) {
		r.win.advance(n, &r.ledger.Between)
		return
	}
	if !r.broken {
		r.problem(CodeJunk, 0, ActionBytes)
	}
	r.broken = true // one error for what stands together
	r.win.advance(n, &r.ledger.Skipped)
}

// isRecordLine knows the line that evtx_dump writes before each document of its pretty form.
func isRecordLine(line []byte) bool {
	num, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("Record "))
	if !ok || len(num) == 0 || len(num) > 20 {
		return false
	}
	for _, c := range num {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
