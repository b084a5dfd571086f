package settings

import (
	"bytes"
	"regexp"
	"strings"

	"vigie/internal/clixml"
)

// SniffSize is how many first bytes of a file tell its form.
const SniffSize = 16 << 10

// Is tells by the start of a file, of SniffSize bytes if it has so many, whether it looks like an export that this package reads.
func Is(head []byte) bool { return !binary(head) && sniff(decode(head)) != None }

// binary tells cheaply what is no text: it holds zeros, and not those of UTF-16.
func binary(head []byte) bool {
	start := head[:min(len(head), 512)]
	return bytes.IndexByte(start, 0) >= 0 && !bytes.HasPrefix(start, []byte("\xFF\xFE")) && !bytes.HasPrefix(start, []byte("\xFE\xFF")) && !wide(start, 1) && !wide(start, 0)
}

// sniff tells the form of a text by its start.
func sniff(text []byte) Form {
	head := text[:min(len(text), SniffSize)]
	if bytes.IndexByte(head[:min(len(head), 512)], 0) >= 0 {
		return None // binary
	}
	start := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(start) == 0:
		return None
	case clixml.Is(start):
		return CLIXML
	case start[0] == '<':
		return sniffXML(start)
	case bytes.HasPrefix(start, []byte("Windows Registry Editor")), bytes.HasPrefix(start, []byte("REGEDIT4")), regQuery.Match(start):
		return Registry
	case start[0] == '{' || start[0] == '[' && !bytes.HasPrefix(start, []byte("[HKEY")):
		if knownJSON(start) {
			return JSON
		}
		return None
	}
	for n, line := range lines(start) {
		if n > 6 {
			break
		}
		line = strings.TrimPrefix(strings.TrimSpace(line), wmicGreeting)
		if k, ok := typeLine(line); ok && k != nil {
			return CSV
		}
		if cells, ok := csvHeader(line); ok && known(cells) {
			return CSV
		}
		if wmicHeader(line) {
			return Hotfixes
		}
	}
	switch {
	case isSystemInfo(start):
		return SystemInfo
	case isUpdateList(start):
		return Hotfixes
	case isFormatList(start):
		return List
	}
	return None
}

var regQuery = regexp.MustCompile(`^(?:HKEY_[A-Z_]+|HKLM)\\[^\r\n]+\r?\n    \S[^\r\n]* {4}REG_[A-Z_]+ `)

// sniffXML tells the XML files apart by their first element.
func sniffXML(start []byte) Form {
	for i := 0; i < 20; i++ { // the prolog and comments
		var end string
		switch {
		case bytes.HasPrefix(start, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(start, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(start, []byte("<configuration>")), bytes.HasPrefix(start, []byte("<configuration ")):
			return IISConfig
		case bytes.HasPrefix(start, []byte("<Configuration ")) && bytes.Contains(start[:min(len(start), 500)], []byte("microsoft.com/forefront/")):
			return FIPFS
		default:
			return None
		}
		j := bytes.Index(start, []byte(end))
		if j < 0 {
			return None
		}
		start = bytes.TrimLeft(start[j+len(end):], " \t\r\n")
	}
	return None
}

// wmicGreeting is what wmic says when it is used for the first time, before the header of its table.
const wmicGreeting = "Please wait while WMIC is being installed."

// wmicHeader tells the header of the table of wmic qfe.
func wmicHeader(line string) bool {
	return strings.Contains(line, "HotFixID") && strings.Contains(line, "Caption")
}

// known tells the header of a table that this package reads.
func known(cells []string) bool { return kindOfColumns(cells) != nil || systemInfoCSV(cells) }
