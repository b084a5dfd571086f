package eventtext

import (
	"bytes"
	"strconv"
)

// readText reads the blocks of wevtutil qe /f:text: a line Event[n], labelled lines indented by two blanks, and after the label Description the
// message up to the next block. A message is free text and may imitate all of this; that the numbers follow each other is all that can be checked.
func (r *Reader) readText() {
	next := int64(-1)
	for !r.stopped {
		data := r.win.bytes()
		if len(data) == 0 {
			if !r.win.more(block) {
				return
			}
			continue
		}
		if isBlank(data[0]) {
			n := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
			r.win.advance(n, &r.ledger.Between)
			continue
		}
		line, _ := r.line()
		number, ok := blockNumber(line)
		if !ok {
			if !r.broken {
				r.problem(CodeJunk, 0, ActionBytes)
			}
			r.broken = true
			r.win.advance(len(line), &r.ledger.Skipped)
			continue
		}
		if next >= 0 && number != next {
			r.problem(CodeTextOrder, 0, ActionKept)
		}
		next = number + 1
		r.block()
	}
}

// blockNumber is n of a line "Event[n]:" or "Event[n]".
func blockNumber(line []byte) (n int64, ok bool) {
	s, ok := bytes.CutPrefix(line, []byte("Event["))
	if !ok {
		return 0, false
	}
	s = bytes.TrimRight(s, " \r\n")
	s = bytes.TrimSuffix(s, []byte(":"))
	s, ok = bytes.CutSuffix(s, []byte("]"))
	if !ok || !isNumber(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s), 10, 64)
	return n, err == nil
}

// block reads the event at the start of the window.
func (r *Reader) block() {
	from := 1
	for {
		data := r.win.bytes()
		end, looked := blockEnd(data, from, r.win.eof)
		if end < 0 && len(data) > MaxDocument {
			r.limitProblem(CodeSize, 0, MaxDocument, 0, ActionDocument)
			r.broken = true
			r.win.advance(MaxDocument, &r.ledger.Skipped)
			return
		}
		if end < 0 {
			from = looked
			r.win.more(MaxDocument + 1)
			continue
		}
		r.tree.reset()
		r.build.reset(&r.opt)
		r.build.block(data[:end])
		if r.build.has&hasEventID == 0 {
			r.problem(CodeNoEvent, 0, ActionDocument)
			r.win.advance(end, &r.ledger.Skipped)
			return
		}
		r.emit(end)
		return
	}
}

// blockEnd is where the next block begins: a line Event[n] followed by one that is indented and labelled. looked is where to go on with more data.
func blockEnd(data []byte, from int, last bool) (end, looked int) {
	for i := from; ; {
		k := bytes.Index(data[i:], []byte("\nEvent["))
		if k < 0 {
			if last {
				return len(data), 0
			}
			return -1, max(from, len(data)-len("\nEvent["))
		}
		i += k + 1
		line, rest, found := bytes.Cut(data[i:], []byte("\n"))
		if !found && !last && len(line) < 64 || len(rest) < 64 && !last {
			return -1, i - 1
		}
		if _, ok := blockNumber(line); !ok {
			continue
		}
		label, _, ok := bytes.Cut(rest[:min(len(rest), 64)], []byte(":"))
		if ok && bytes.HasPrefix(rest, []byte("  ")) && viewerNames[letters(label)] == "Channel" {
			return i, 0
		}
	}
}

// block adds the labelled lines and the message of one block.
func (b *builder) block(data []byte) {
	t := b.t
	_, rest, _ := bytes.Cut(data, []byte("\n"))
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		label, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !bytes.HasPrefix(line, []byte("  ")) {
			rest = after
			continue
		}
		name := letters(label)
		if name == "description" {
			message := bytes.TrimRight(bytes.TrimLeft(rest[len(label)+1:], " \r\n"), " \r\n")
			from := len(t.text)
			t.valid(message)
			b.fixed("Message", span{uint32(from), uint32(len(t.text))})
			return
		}
		rest = after
		value = bytes.TrimSpace(value)
		if len(value) == 0 || string(value) == "N/A" {
			continue
		}
		from := len(t.text)
		t.valid(value)
		text := span{uint32(from), uint32(len(t.text))}
		switch system := viewerNames[name]; {
		case name == "user" || name == "utilisateur":
			b.system("Security_UserID", text)
		case system != "":
			b.named(system, text)
		default:
			b.field(t.put(bytes.TrimSpace(label)), text)
		}
	}
}
