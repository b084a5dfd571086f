package record

import (
	"bytes"
	_ "embed"
	"path"
	"regexp"
	"strings"
	"sync"

	"vigie/internal/fieldlog"
)

// Kind is the log a record came from; the words are those of doc/records.md.
type Kind string

const (
	IIS             Kind = "iis"
	HTTPErr         Kind = "httperr"
	HTTPProxy       Kind = "httpproxy"
	ECPServer       Kind = "ecp-server"
	ECPActivity     Kind = "ecp-activity"
	EWS             Kind = "ews"
	MapiHTTP        Kind = "mapihttp"
	RPSCmdlet       Kind = "rps-cmdlet"
	RPSHTTP         Kind = "rps-http"
	RPSAuthZ        Kind = "rps-authz"
	OABGenerator    Kind = "oab-generator"
	MessageTracking Kind = "message-tracking"
	SMTPReceive     Kind = "smtp-receive"
	SMTPSend        Kind = "smtp-send"
	Connectivity    Kind = "connectivity"
	Agent           Kind = "agent"
	AdminAudit      Kind = "admin-audit"
	IMAP            Kind = "imap"
	POP             Kind = "pop"
	Mitigation      Kind = "mitigation"
	Setup           Kind = "setup"
	Exchange        Kind = "exchange" // another #Fields log of Exchange
	Other           Kind = "other"    // not evidence that Vigie knows
	EVTX            Kind = "evtx"     // Windows event log
	EventExport     Kind = "events"   // events that a tool wrote as JSON, XML, CSV or text
	Script          Kind = "script"   // known, not read by this version
)

// Kinds lists the kinds of records.
var Kinds = []Kind{IIS, HTTPErr, HTTPProxy, ECPServer, ECPActivity, EWS, MapiHTTP, RPSCmdlet, RPSHTTP, RPSAuthZ, OABGenerator,
	MessageTracking, SMTPReceive, SMTPSend, Connectivity, Agent, AdminAudit, IMAP, POP, Mitigation, Setup, Exchange}

// Encoding is how a log's text is stored.
type Encoding string

const (
	UTF8    Encoding = "utf-8"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
	ANSI    Encoding = "windows-1252" // not valid UTF-8; the code page is not recorded, this one is assumed
)

// Format is what the first bytes of an item say about it.
type Format struct {
	Kind     Kind
	Encoding Encoding
	BOM      int // bytes of the byte order mark
	// Header is given by shape for a log without one, nil otherwise.
	Header  *fieldlog.Header
	LogType string // of "#Log-type:", "" when absent
	// Extract is true for a table that a script made of records it chose: they are evidence, but that others are missing means nothing.
	Extract bool
	Version string // of "#Version:", "" when absent
}

// SniffSize is how many first bytes Sniff wants: enough for any header block,
// of which the longest line is some 2,300 bytes.
const SniffSize = 64 << 10

// Sniff types an item by its first bytes. The name serves only to tell two
// logs apart whose content is the same by design (an OAB generator log from
// another text of Exchange).
func Sniff(head []byte, name string) Format {
	f := Format{Kind: Other, Encoding: UTF8}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		f.BOM = 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		f.Encoding, f.BOM = UTF16LE, 2
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		f.Encoding, f.BOM = UTF16BE, 2
	case looksUTF16(head, 1):
		f.Encoding = UTF16LE
	case looksUTF16(head, 0):
		f.Encoding = UTF16BE
	}
	text := head[f.BOM:]
	if f.Encoding == UTF16LE || f.Encoding == UTF16BE {
		text = decodeUTF16(nil, text[:len(text)&^1], f.Encoding == UTF16BE)
	}
	if isEVTX(head, name) {
		f.Kind = EVTX
		return f
	}
	if isSetupLine(firstLine(text)) {
		f.Kind = Setup
		return f
	}
	for n := 0; len(text) > 0 && n < 200; n++ {
		line := firstLine(text)
		next := bytes.IndexByte(text, '\n') + 1
		if next == 0 {
			next = len(text)
		}
		text = text[next:]
		if n == 0 {
			line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
		}
		switch {
		case len(bytes.Trim(line, "\x00 \t")) == 0:
			continue
		case line[0] == '#':
			if h, ok := fieldlog.ParseFields(line); ok {
				f.readDirectives(text)
				f.Kind = kindOf(h, f.LogType, name)
				return f
			}
			f.directive(line)
			continue
		}
		if h, ok := fieldlog.ParsePlainHeader(line); ok {
			f.readDirectives(text)
			f.Kind = kindOf(h, f.LogType, name)
			if line[0] == '"' { // scripts quote every cell, and the product none
				f.Extract = true
				if f.Kind == Exchange { // a table of anything that has a date
					f.Kind = Other
				}
			}
			return f
		}
		// A record without a header before it; the header may have been cut off.
		if h, kind := guess(line); h != nil {
			f.Header, f.Kind = h, kind
			return f
		}
		if n > 20 {
			break
		}
	}
	// Directives without columns: an empty log, or one whose header is damaged, is still a log.
	start := head[:min(len(head), 4096)]
	switch {
	case bytes.Contains(start, []byte("oftware: Microsoft Internet Information Services")):
		f.Kind = IIS
	case bytes.Contains(start, []byte("#Software: Microsoft HTTP API")):
		f.Kind = HTTPErr
	case f.LogType != "" || bytes.Contains(start, []byte("#Software: Microsoft Exchange")):
		f.Kind = kindOf(fieldlog.NewHeader(fieldlog.Comma, nil), f.LogType, name)
	}
	return f
}

// isEVTX tells a Windows event log: by its file header, by the header of its first chunk where that of the file is damaged, or by its name, since no other
// file bears it.
func isEVTX(head []byte, name string) bool {
	const firstChunk = 4096
	chunk := []byte("ElfChnk\x00")
	return bytes.HasPrefix(head, []byte("ElfFile\x00")) || bytes.HasPrefix(head, chunk) || len(head) > firstChunk && bytes.HasPrefix(head[firstChunk:], chunk) ||
		len(head) > 0 && strings.EqualFold(path.Ext(name), ".evtx")
}

// directive keeps what "#Log-type:" and "#Version:" say.
func (f *Format) directive(line []byte) {
	if v, ok := cutFold(line, "#log-type:"); ok && f.LogType == "" {
		f.LogType = strings.ToValidUTF8(string(v), "\uFFFD")
	}
	if v, ok := cutFold(line, "#version:"); ok && f.Version == "" {
		f.Version = strings.ToValidUTF8(string(v), "\uFFFD")
	}
}

// LogName tells whether a name is that of a text log, whatever stands in it.
func LogName(name string) bool {
	return strings.Contains(strings.ToLower(path.Base(name)), ".log") || NamedKind(name) != Other
}

// logNames are how the logs on which verdicts rest are named by those who write them.
var logNames = []struct {
	shape *regexp.Regexp
	kind  Kind
}{
	{regexp.MustCompile(`^u_ex\d{4,8}`), IIS},
	{regexp.MustCompile(`^httpproxy_?\d{6,}`), HTTPProxy},
	{regexp.MustCompile(`^ecpserver_?\d{6,}`), ECPServer},
	{regexp.MustCompile(`^ews_?\d{6,}`), EWS},
}

// NamedKind is the kind that a file name promises, Other when it promises none.
func NamedKind(name string) Kind {
	base := strings.ToLower(path.Base(name))
	for _, n := range logNames {
		if n.shape.MatchString(base) {
			return n.kind
		}
	}
	return Other
}

// readDirectives looks at the directives after a header, until the first record.
func (f *Format) readDirectives(text []byte) {
	for range 20 {
		line := firstLine(text)
		if len(line) == 0 || line[0] != '#' {
			return
		}
		f.directive(line)
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return
		}
		text = text[i+1:]
	}
}

func cutFold(line []byte, lower string) ([]byte, bool) {
	if len(line) < len(lower) || !strings.EqualFold(string(line[:len(lower)]), lower) {
		return nil, false
	}
	v := bytes.TrimSpace(line[len(lower):])
	return v[:min(len(v), 200)], true
}

func firstLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSuffix(b, []byte("\r"))
}

// signatures tell the kind by columns that only it has.
var signatures = []struct {
	kind Kind
	cols []string
}{
	{HTTPProxy, []string{"UrlStem", "ProxyAction"}},
	{HTTPProxy, []string{"UrlStem", "AnchorMailbox"}},
	{EWS, []string{"SoapAction", "ImpersonatedUser"}},
	{MapiHTTP, []string{"MapiRequestId"}},
	{RPSCmdlet, []string{"Cmdlet", "Parameters"}},
	{RPSHTTP, []string{"ShellId", "UrlStem"}},
	{MessageTracking, []string{"internal-message-id", "event-id"}},
	{MessageTracking, []string{"message-id", "source-context"}},
	{SMTPReceive, []string{"connector-id", "session-id", "sequence-number"}},
	{Agent, []string{"P1FromAddress", "Agent"}},
	{AdminAudit, []string{"RecordType", "Data", "Workload"}},
	{Mitigation, []string{"MitigationId"}},
	{Connectivity, []string{"session", "Destination", "direction"}},
	{ECPServer, []string{"EventId", "EventData"}},
	{IMAP, []string{"sessionId", "seqNumber", "rqsize"}},
}

// logTypes tell the kind by the words of "#Log-type:", where columns do not.
var logTypes = []struct {
	word string
	kind Kind
}{
	{"httpproxy", HTTPProxy}, {"ecp server", ECPServer}, {"ecp activity", ECPActivity}, {"message tracking", MessageTracking},
	{"smtp receive", SMTPReceive}, {"smtp send", SMTPSend}, {"connectivity", Connectivity}, {"agent log", Agent},
	{"oab", OABGenerator}, {"imap4", IMAP}, {"pop3", POP}, {"authz", RPSAuthZ}, {"mitigation", Mitigation}, {"ews", EWS},
	{"mapihttp", MapiHTTP}, {"rps cmdlet", RPSCmdlet}, {"rps http", RPSHTTP},
}

// kindOf types a log by its header and log type.
func kindOf(h *fieldlog.Header, logType, name string) Kind {
	has := func(cols ...string) bool {
		for _, c := range cols {
			if h.Index(c) < 0 {
				return false
			}
		}
		return true
	}
	if h.Style == fieldlog.Space {
		switch {
		case has("s-reason"), has("s-queuename"), has("cs-uri", "sc-status"), has("s-siteid", "c-port"):
			return HTTPErr
		case has("cs-uri-stem"), has("cs-method"), has("c-ip"), has("sc-status"):
			return IIS
		}
		return Other
	}
	lower := strings.ToLower(logType)
	for _, s := range signatures {
		if !has(s.cols...) {
			continue
		}
		switch {
		case s.kind == SMTPReceive && strings.Contains(lower, "send"):
			return SMTPSend
		case s.kind == ECPServer && strings.Contains(lower, "activity"):
			return ECPActivity
		case s.kind == ECPServer && lower != "" && !strings.Contains(lower, "ecp"):
			continue // many logs have these two columns: their log type tells
		case s.kind == IMAP && strings.Contains(lower, "pop"):
			return POP
		}
		return s.kind
	}
	for _, t := range logTypes {
		if strings.Contains(lower, t.word) {
			return t.kind
		}
	}
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "oabgeneratorlog"):
		return OABGenerator
	case strings.Contains(name, "mitigationservice"):
		return Mitigation
	}
	return Exchange
}

//go:embed layouts.txt
var layoutsText string

type layout struct {
	kind Kind
	h    *fieldlog.Header
}

var layouts = sync.OnceValue(func() (out []layout) {
	for line := range strings.Lines(layoutsText) {
		if kind, cols, ok := strings.Cut(strings.TrimSpace(line), " "); ok && kind != "#" {
			out = append(out, layout{Kind(kind), fieldlog.NewHeader(fieldlog.Comma, strings.Split(cols, ","))})
		}
	}
	return out
})

// guess finds a header for a record that has none above it, nil when the line
// is no record of a known log.
func guess(line []byte) (*fieldlog.Header, Kind) {
	if h := guessW3C(line); h != nil {
		return h, IIS
	}
	if _, ok := parseISO(line); !ok {
		return nil, Other
	}
	for _, l := range layouts() {
		cells, fits := fieldlog.Split(nil, line, l.h)
		if !fits {
			continue
		}
		rec := Record{Raw: line, Cells: cells, schema: NewSchema(l.kind, l.h, UTF8)}
		if rec.plausible() {
			return l.h, l.kind
		}
	}
	return nil, Other
}

// plausible checks typed columns of a guessed layout.
func (r *Record) plausible() bool {
	digits := func(name string) bool {
		v, ok := r.Text(name)
		if !ok {
			return true
		}
		for i := range len(v) {
			if v[i] < '0' || v[i] > '9' {
				return false
			}
		}
		return true
	}
	for _, n := range []string{"MajorVersion", "BuildVersion", "HttpStatus", "HttpStatusCode", "sequence-number", "recipient-count", "total-bytes"} {
		if !digits(n) {
			return false
		}
	}
	switch r.schema.Kind {
	case HTTPProxy:
		v, ok := r.Text("UrlStem")
		return !ok || v[0] == '/'
	case ECPServer:
		v, _ := r.Text("EventData")
		return strings.Contains(v, "S:")
	case SMTPReceive:
		v, _ := r.Text("event")
		return len(v) == 1 && strings.Contains("+-<>*", v)
	case AdminAudit:
		v, _ := r.Text("Data")
		return strings.HasPrefix(v, "{")
	}
	return true
}

// looksUTF16 tells whether nearly every second byte of the start is NUL.
func looksUTF16(head []byte, at int) bool {
	n := min(len(head)&^1, 512)
	if n < 16 {
		return false
	}
	zero, other := 0, 0
	for i := at; i < n; i += 2 {
		if head[i] == 0 {
			zero++
		}
		if head[i^1] == 0 {
			other++
		}
	}
	return zero*10 >= n/2*9 && other == 0
}
