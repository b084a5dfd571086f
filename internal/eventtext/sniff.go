package eventtext

import "bytes"

// SniffLen is how many first bytes of a stream Sniff wants to see.
const SniffLen = 64 << 10

// Sniff says in what form the Windows events stand that begin with head, which should hold SniffLen bytes or the whole of a shorter stream; Unknown
// when they are no Windows events. Names of files play no part.
func Sniff(head []byte) Format {
	var w window
	var l Ledger
	w.src = bytes.NewReader(head)
	return sniffText(w.open(&l))
}

// sniffText is Sniff of decoded text without its mark.
func sniffText(head []byte) Format {
	head = head[:min(len(head), SniffLen)]
	start := bytes.TrimLeft(head, " \t\r\n\x1e\ufeff")
	if len(start) == 0 {
		return Unknown
	}
	line, _, _ := bytes.Cut(start, []byte("\n"))
	switch {
	case start[0] == '<':
		return sniffXML(start)
	case start[0] == '{', start[0] == '[', isRecordLine(line):
		if marksEvent(start) {
			return JSON
		}
	case bytes.HasPrefix(start, []byte("Event[")):
		if _, ok := blockNumber(line); ok {
			return Text
		}
	default:
		return sniffCSV(start)
	}
	return Unknown
}

// eventMarks are member names of which each event in JSON has one that other JSON seldom has.
var eventMarks = []string{
	`"EventID"`, `"EventId"`, `"event_id"`, `"winlog`, `"System"`, `"event_data"`, `"ProviderName"`, `"Event"`, `"log_name"`, `"InstanceId"`,
}

func marksEvent(text []byte) bool {
	for _, m := range eventMarks {
		if bytes.Contains(text, []byte(m)) {
			return true
		}
	}
	return false
}

// sniffXML looks for the root: Event or Events, after declarations and comments.
func sniffXML(s []byte) Format {
	for len(s) > 0 {
		s = bytes.TrimLeft(s, " \t\r\n")
		end := ">"
		switch {
		case isEventTag(s) || len(s) > 0 && s[0] == '<' && isEventsTag(s):
			return XML
		case bytes.HasPrefix(s, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(s, []byte("<?")), bytes.HasPrefix(s, []byte("<!DOCTYPE")):
		default:
			return Unknown
		}
		k := bytes.Index(s, []byte(end))
		if k < 0 {
			return Unknown
		}
		s = s[k+len(end):]
	}
	return Unknown
}

// sniffCSV looks for a header among the first lines.
func sniffCSV(s []byte) Format {
	for range 3 {
		line, rest, _ := bytes.Cut(s, []byte("\n"))
		if !isComment(line) {
			if _, ok := headerOf(line); ok {
				return CSV
			}
			return Unknown
		}
		s = rest
	}
	return Unknown
}
