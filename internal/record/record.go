// Package record turns a log file into records with a place, a time and named
// fields, and surveys whole blocks of records without taking each one apart.
//
// Its input is evidence: every value may be an attacker's. Values are kept as
// they stand; decoded forms are added beside them, never put in their place.
package record

import (
	"bytes"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"vigie/internal/fieldlog"
)

// Record is one record of a log. It shares the memory of the block it was read
// from: what must outlive the block has to be copied (Text and Field copy).
type Record struct {
	Raw    []byte
	Cells  []fieldlog.Cell
	Fits   bool // the record has the shape that its header says
	Line   int64
	Offset int64
	Num    int64 // 1-based number of the record in its file
	Time   time.Time
	// TimeOK is false when the record's time could not be read; Time is then zero.
	TimeOK bool

	schema *Schema
	pairs  []pair // parsed on demand: EventData, JSON data
	parsed bool
}

type pair struct{ name, value string }

// Kind is the log the record came from.
func (r *Record) Kind() Kind { return r.schema.Kind }

// Schema says how the records under one header are read.
type Schema struct {
	Kind     Kind
	Header   *fieldlog.Header
	Encoding Encoding
	// Zone is the zone of times written without one; UTC unless the user said
	// that the log holds local times.
	Zone *time.Location

	date, clock                            int
	client, forwarded, user, mailbox       int
	status, stem, query, port, reqID, took int
	host                                   int
	build                                  [4]int
	event                                  int
	method, protocol                       int
	// blind: a column is missing without which the rules of the kind see nothing.
	blind bool
}

// essential are those columns. An administrator may leave them out of an IIS
// log; in a log of Exchange only damage or forgery does.
var essential = map[Kind][]string{
	IIS:       {"cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "sc-status"},
	HTTPProxy: {"UrlStem", "AnchorMailbox", "HttpStatus"},
}

// aliases maps spellings of older builds and of other tools to the canonical
// column name, all in lower case.
var aliases = map[string]string{
	"moduletohandlerswitching": "ModuleToHandlerSwitchingLatency",
	"handlertomoduleswitching": "HandlerToModuleSwitchingLatency",
	"backendstatus":            "BackEndStatus",
	"backendcookie":            "BackEndCookie",
	"backendgenericinfo":       "BackEndGenericInfo",
	"cs-user-agent":            "cs(User-Agent)",
	"cs-referer":               "cs(Referer)",
}

// Canonical gives the spelling under which rules and dumps know a column.
func Canonical(name string) string {
	if c, ok := aliases[strings.ToLower(name)]; ok {
		return c
	}
	return name
}

// NewSchema resolves the columns of a header.
func NewSchema(kind Kind, h *fieldlog.Header, enc Encoding) *Schema {
	first := func(names ...string) int {
		for _, n := range names {
			if i := h.Index(n); i >= 0 {
				return i
			}
		}
		return -1
	}
	s := &Schema{Kind: kind, Header: h, Encoding: enc, Zone: time.UTC,
		clock:     -1,
		date:      first("DateTime", "date-time", "TimeStamp", "date"),
		client:    first("c-ip", "ClientIpAddress", "client-ip", "ClientIP", "remote-endpoint", "RemoteEndpoint", "cIp", "original-client-ip"),
		forwarded: first("X-Forwarded-For", "cs(X-Forwarded-For)", "OriginalIP", "X-Real-IP", "True-Client-IP"),
		user:      first("cs-username", "AuthenticatedUserEmail", "AuthenticatedUser", "user"),
		mailbox:   first("MailboxId"),
		status:    first("sc-status", "HttpStatus", "HttpStatusCode"),
		stem:      first("cs-uri-stem", "UrlStem", "cs-uri"),
		query:     first("cs-uri-query", "UrlQuery"),
		port:      first("s-port"),
		reqID:     first("RequestId"),
		took:      first("time-taken", "TotalRequestTime", "TotalRequestLatency", "TotalTime"),
		host:      first("ServerHostName", "ServerName", "Server", "s-computername"),
		event:     first("EventData"),
		method:    first("cs-method", "Method"),
		protocol:  first("Protocol"),
	}
	if h.Style == fieldlog.Space {
		s.date, s.clock = h.Index("date"), h.Index("time")
	}
	s.blind = slices.ContainsFunc(essential[kind], func(c string) bool { return h.Index(c) < 0 })
	for i, n := range []string{"MajorVersion", "MinorVersion", "BuildVersion", "RevisionVersion"} {
		s.build[i] = h.Index(n)
	}
	return s
}

// Parse takes a line apart. cells is reused memory for the result.
func (s *Schema) Parse(l *fieldlog.Line, base, num int64, cells []fieldlog.Cell) Record {
	r := Record{Raw: l.Raw, Line: l.Number, Offset: base, Num: num, schema: s}
	r.Cells, r.Fits = fieldlog.Split(cells[:0], l.Raw, s.Header)
	if s.Header.Line == 0 && !r.Fits && s.Kind == IIS {
		// Without a header each record may have its own shape: files glued together.
		if h := guessW3C(l.Raw); h != nil {
			own := NewSchema(IIS, h, s.Encoding)
			own.Zone = s.Zone
			r.schema = own
			r.Cells, r.Fits = fieldlog.Split(cells[:0], l.Raw, h)
		}
	}
	r.Time, r.TimeOK = r.schema.time(&r)
	return r
}

func (s *Schema) time(r *Record) (time.Time, bool) {
	if s.Kind == Setup {
		return parseSetup(r.Raw)
	}
	d, okd := r.cell(s.date)
	if s.Header.Style != fieldlog.Space {
		if !okd {
			return time.Time{}, false
		}
		t, ok := parseISO(d)
		return s.local(t, d), ok
	}
	c, okc := r.cell(s.clock)
	if !okc {
		return time.Time{}, false
	}
	if s.date < 0 {
		d, okd = []byte(s.Header.Date), len(s.Header.Date) == 10
	}
	if !okd || len(d) != 10 || len(c) > 20 {
		return time.Time{}, false
	}
	var buf [40]byte
	b := append(append(append(buf[:0], d...), ' '), c...)
	t, ok := parseISO(b)
	return s.local(t, b), ok
}

// local reads t's clock in the schema's zone when the text bears no zone.
func (s *Schema) local(t time.Time, text []byte) time.Time {
	if s.Zone == time.UTC || t.IsZero() || bytes.IndexByte(text, 'Z') >= 0 || len(text) > 19 && bytes.ContainsAny(text[19:], "+-") {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), s.Zone).UTC()
}

// cell gives the raw bytes of a column; ok is false for an absent or empty one.
func (r *Record) cell(i int) ([]byte, bool) {
	if i < 0 || i >= len(r.Cells) {
		return nil, false
	}
	v := fieldlog.Value(r.Raw, r.Cells[i])
	if len(v) == 0 || r.schema.Header.Style == fieldlog.Space && len(v) == 1 && v[0] == '-' {
		return nil, false
	}
	return v, true
}

// text makes a value a valid string: bytes that are not UTF-8 are read as
// Windows-1252, the code page of Western servers.
func text(v []byte) string {
	if utf8.Valid(v) {
		return string(v)
	}
	var b strings.Builder
	for len(v) > 0 {
		c, n := utf8.DecodeRune(v)
		if c == utf8.RuneError && n == 1 {
			c = charmap.Windows1252.DecodeByte(v[0])
		}
		b.WriteRune(c)
		v = v[n:]
	}
	return b.String()
}

// Text gives one column by name; ok is false when it is absent or empty.
func (r *Record) Text(name string) (string, bool) {
	v, ok := r.cell(r.schema.index(name))
	if !ok {
		return "", false
	}
	return text(v), true
}

func (s *Schema) index(name string) int {
	i := s.Header.Index(name)
	if i < 0 {
		for old, canon := range aliases {
			if strings.EqualFold(canon, name) {
				if i = s.Header.Index(old); i >= 0 {
					break
				}
			}
		}
	}
	return i
}

// RawText is the whole record as valid text.
func (r *Record) RawText() string { return text(r.Raw) }

// Field implements the event of a rule: see doc/records.md for the fields that
// are added to the log's own.
func (r *Record) Field(name string, dst []string) ([]string, bool) {
	switch name {
	case "raw":
		return append(dst, r.RawText()), true
	case "url":
		u := r.URL()
		if u == "" {
			return dst, false
		}
		return appendForms(dst, u), true
	case "tier":
		if r.schema.Kind != IIS {
			return dst, false
		}
		return append(dst, r.Tier()), true
	case "ext":
		v, ok := r.cell(r.schema.stem)
		if !ok {
			return dst, false
		}
		forms := appendForms(nil, text(v))
		for _, f := range forms {
			if e := strings.ToLower(path.Ext(f)); e != "" && len(e) <= 12 {
				dst = append(dst, e)
			}
		}
		return dst, len(dst) > 0
	case "scope":
		c := r.Client()
		if c == "" {
			return dst, false
		}
		return append(dst, Scope(c)), true
	}
	if v, ok := r.cell(r.schema.index(name)); ok {
		t := text(v)
		switch {
		case decodes[strings.ToLower(name)]:
			return appendForms(dst, t), true
		case r.schema.Kind == IIS && strings.IndexByte(t, '+') >= 0 && plusBlank[strings.ToLower(name)]:
			return append(dst, strings.ReplaceAll(t, "+", " "), t), true
		}
		return append(dst, t), true
	}
	r.parsePairs()
	n := len(dst)
	for _, p := range r.pairs {
		if p.name == name {
			dst = append(dst, p.value)
			if name == "URL" {
				dst = appendForms(dst[:len(dst)-1], p.value)
			}
		}
	}
	return dst, len(dst) > n
}

// Each gives every value, for keyword searches.
func (r *Record) Each(f func(name, value string) bool) {
	for i, n := range r.schema.Header.Names {
		if v, ok := r.cell(i); ok {
			for _, t := range appendForms(nil, text(v)) {
				if !f(Canonical(n), t) {
					return
				}
			}
		}
	}
	if len(r.Cells) == 0 || !r.Fits {
		f("raw", r.RawText())
	}
}

// decodes are the columns that hold parts of a request, in lower case.
var decodes = map[string]bool{"cs-uri-stem": true, "cs-uri-query": true, "urlstem": true, "urlquery": true, "anchormailbox": true, "cs-uri": true, "url": true}

// plusBlank are the IIS columns in which "+" stands for a blank.
var plusBlank = map[string]bool{"cs(user-agent)": true, "cs(referer)": true, "cs-username": true}

// appendForms appends v and its percent-decoded forms, three rounds at most.
func appendForms(dst []string, v string) []string {
	dst = append(dst, v)
	for range 3 {
		w := unescape(v)
		if w == v {
			break
		}
		dst = append(dst, w)
		v = w
	}
	return dst
}

// unescape undoes percent-encoding; what is no valid escape stays.
func unescape(v string) string {
	if strings.IndexByte(v, '%') < 0 {
		return v
	}
	b := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) {
			hi, lo := hexDigit(v[i+1]), hexDigit(v[i+2])
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
			if u := unicodeEscape([]byte(v[i+1 : min(i+6, len(v))])); u >= 0 {
				b = utf8.AppendRune(b, u)
				i += 5
				continue
			}
		}
		b = append(b, v[i])
	}
	return text(b)
}

// unicodeEscape reads the uXXXX of "%uXXXX", which HTTP.sys and ASP.NET of old
// take for a character; -1 for anything else.
func unicodeEscape(b []byte) rune {
	if len(b) < 5 || b[0]|0x20 != 'u' {
		return -1
	}
	u := rune(0)
	for _, c := range b[1:5] {
		d := hexDigit(c)
		if d < 0 {
			return -1
		}
		u = u<<4 | rune(d)
	}
	return u
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// URL is the path, with the query behind "?" when there is one.
func (r *Record) URL() string {
	stem, _ := r.cell(r.schema.stem)
	query, _ := r.cell(r.schema.query)
	if len(query) == 0 {
		return text(stem)
	}
	return text(stem) + "?" + strings.TrimPrefix(text(query), "?")
}

// Stem is the path of the request as logged.
func (r *Record) Stem() string {
	v, _ := r.cell(r.schema.stem)
	return text(v)
}

// Stems is the path as logged and with its escapes undone.
func (r *Record) Stems() []string { return appendForms(nil, r.Stem()) }

// Status is the HTTP status, 0 when absent.
func (r *Record) Status() int {
	v, _ := r.cell(r.schema.status)
	n, ok := digits(v)
	if !ok || len(v) > 4 {
		return 0
	}
	return n
}

// Unanswered tells whether the record of a request lacks the status with which rules tell an attempt from a success: the cell is empty, or no
// status of HTTP. Logs whose kind has no such column, and records that do not fit their header, are told by other means.
func (r *Record) Unanswered() bool {
	if !r.Fits || r.schema.status < 0 || !slices.ContainsFunc(essential[r.schema.Kind], func(c string) bool { return c == "sc-status" || c == "HttpStatus" }) {
		return false
	}
	s := r.Status()
	return s < 100 || s > 599
}

// Method is the HTTP verb.
func (r *Record) Method() string {
	v, _ := r.cell(r.schema.method)
	return text(v)
}

// Took is how long the request took: records are written at its end.
func (r *Record) Took() time.Duration {
	v, _ := r.cell(r.schema.took)
	if len(v) > 9 {
		return 0
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil || n < 0 || n > 24*3600*1000 {
		return 0
	}
	return time.Duration(n * float64(time.Millisecond))
}

// Tier tells the two web sites of an Exchange server apart by port.
func (r *Record) Tier() string {
	v, _ := r.cell(r.schema.port)
	if s := string(v); s == "444" || s == "81" {
		return "backend"
	}
	return "frontend"
}

// RequestID joins views of one request: HttpProxy's RequestId equals the
// cafeReqId in the query of both IIS sites. Lower case without dashes and
// braces, "" when there is none.
func (r *Record) RequestID() string {
	switch r.schema.Kind {
	case HTTPProxy, EWS, MapiHTTP, RPSHTTP, RPSCmdlet:
		v, _ := r.cell(r.schema.reqID)
		return normID(string(v))
	case IIS:
		v, _ := r.cell(r.schema.query)
		q := strings.ToLower(string(v))
		if i := strings.Index(q, "cafereqid="); i >= 0 {
			q = q[i+len("cafereqid="):]
			if j := strings.IndexAny(q, ";&"); j >= 0 {
				q = q[:j]
			}
			return normID(q)
		}
	}
	return ""
}

func normID(s string) string {
	s = strings.ToLower(strings.NewReplacer("-", "", "{", "", "}", "").Replace(s))
	if len(s) < 6 || len(s) > 64 {
		return ""
	}
	return s
}

// Account is the user that the record names: DOMAIN\user, user@domain or "".
func (r *Record) Account() string {
	v, _ := r.cell(r.schema.user)
	t := text(v)
	if r.schema.Kind == AdminAudit {
		t, _ = r.pair("UserId")
	}
	if len(t) > 256 || strings.EqualFold(t, "anonymous") || t == "<null>" {
		return ""
	}
	return t
}

// Host is the server that wrote the record, "" when the record does not say.
func (r *Record) Host() string {
	if !r.Fits {
		return "" // the column may be another one
	}
	v, _ := r.cell(r.schema.host)
	if r.schema.Kind == SMTPReceive || r.schema.Kind == SMTPSend {
		c, _ := r.Text("connector-id")
		if i := strings.IndexByte(c, '\\'); i > 0 {
			return HostName(c[:i])
		}
		return ""
	}
	if r.schema.Kind == IIS && r.schema.host >= 0 && !strings.EqualFold(r.schema.Header.Names[r.schema.host], "s-computername") {
		return ""
	}
	return HostName(text(v))
}

// HostName brings "mail01.example.org" and "MAIL01" to one form: the first
// label in upper case. "" for what is no host name.
func HostName(s string) string {
	if i := strings.IndexByte(s, '.'); i > 0 {
		if _, err := netip.ParseAddr(s); err != nil {
			s = s[:i]
		}
	}
	if s == "" || len(s) > 63 {
		return ""
	}
	for i := range len(s) {
		c := s[i]
		if !(isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '_' || c == '.' || c == ':') {
			return ""
		}
	}
	return strings.ToUpper(s)
}

// Client is the address the request came from, in canonical form: zones, ports,
// brackets and IPv4-in-IPv6 undone. Behind a proxy that adds X-Forwarded-For it
// is the last address there that is public: those to its left can be forged.
func (r *Record) Client() string {
	if v, ok := r.cell(r.schema.forwarded); ok {
		list := strings.FieldsFunc(text(v), func(c rune) bool { return c == ',' || c == '+' || c == ' ' })
		for _, a := range slices.Backward(list) {
			if c := Addr(a); c != "" && Scope(c) == "public" {
				return c
			}
		}
	}
	v, _ := r.cell(r.schema.client)
	first, _, _ := strings.Cut(strings.TrimSpace(text(v)), " ") // PowerShell logs give the chain of hops
	return Addr(first)
}

// Addr brings an address to canonical form, "" when it is none.
func Addr(s string) string {
	if len(s) > 80 {
		return ""
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			return ""
		}
		a = ap.Addr()
	}
	return a.WithZone("").Unmap().String()
}

// Scope tells whether an address is "local" (loopback, link-local), "private" or "public".
func Scope(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return ""
	}
	switch a = a.Unmap(); {
	case a.IsLoopback(), a.IsLinkLocalUnicast(), a.IsUnspecified():
		return "local"
	case a.IsPrivate():
		return "private"
	}
	return "public"
}

// Mailbox is the mailbox the record names besides the account: the address in
// an explicit-logon path (/owa/a@b/, /ecp/a@b/), SMTP anchor mailboxes, the
// impersonated user of EWS, the -Mailbox of a cmdlet. "" when there is none.
func (r *Record) Mailbox() string {
	switch r.schema.Kind {
	case EWS:
		for _, n := range []string{"ImpersonatedUser", "ActAsUser", "ProxyAsUser"} {
			if v, ok := r.Text(n); ok && len(v) < 256 {
				return v
			}
		}
	case MapiHTTP:
		v, _ := r.cell(r.schema.mailbox)
		return text(v[:min(len(v), 256)])
	case RPSCmdlet, AdminAudit:
		p, _ := r.Text("Parameters")
		if r.schema.Kind == AdminAudit {
			p, _ = r.pair("Parameters")
		}
		return parameter(p, "mailbox")
	case HTTPProxy:
		if v, ok := r.Text("AnchorMailbox"); ok && len(v) < 300 {
			for _, p := range []string{"smtp:", "smtp~", "upn~", "upn:"} {
				if len(v) > len(p) && strings.EqualFold(v[:len(p)], p) && isMailbox(v[len(p):]) {
					return v[len(p):]
				}
			}
		}
	}
	stem := unescape(r.Stem())
	for part := range strings.SplitSeq(stem, "/") {
		if isMailbox(part) {
			return part
		}
	}
	return ""
}

// isMailbox tells whether a text has the shape of a mail address: attackers put
// "@" into paths that are none.
func isMailbox(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && at < len(s)-3 && len(s) < 256 && strings.IndexByte(s[at:], '.') > 0 && !strings.ContainsAny(s, "/?#:%\\ <>\"'")
}

// parameter finds `-Name "value"` or `-Name value` in a cmdlet's parameters.
func parameter(params, name string) string {
	low := strings.ToLower(params)
	i := strings.Index(low, "-"+name+" ")
	if i < 0 {
		return ""
	}
	v := strings.TrimLeft(params[i+len(name)+2:], " ")
	if v == "" {
		return ""
	}
	if q := v[0]; q == '"' || q == '\'' {
		v, _, _ = strings.Cut(v[1:], string(q))
	} else {
		v, _, _ = strings.Cut(v, " ")
	}
	return v[:min(len(v), 256)]
}

// Object is the thing the record is about, for a reader: the path asked for,
// the cmdlet, the SOAP action.
func (r *Record) Object() string {
	o := ""
	switch r.schema.Kind {
	case RPSCmdlet:
		o, _ = r.Text("Cmdlet")
	case AdminAudit:
		if o, _ = r.Text("Operation"); o == "" {
			o, _ = r.pair("Operation")
		}
	case ECPServer, ECPActivity:
		if o, _ = r.pair("CMD"); o == "" {
			o, _ = r.pair("URL")
		}
		if i := strings.IndexAny(o, ".='?"); i > 0 {
			o = o[:i]
		}
	case EWS:
		o, _ = r.Text("SoapAction")
	default:
		o = r.Stem()
	}
	if len(o) > 200 {
		o = strings.ToValidUTF8(o[:200], "")
	}
	return o
}

// Columns gives the record's own columns in order, as logged and under their
// canonical names, then the pairs inside EventData or audit data. A record that
// does not fit its header gives what can be told by place, then its raw text.
func (r *Record) Columns(f func(name, value string)) {
	for i, n := range r.schema.Header.Names {
		if v, ok := r.cell(i); ok {
			f(Canonical(n), text(v))
		}
	}
	r.parsePairs()
	for _, p := range r.pairs {
		if r.schema.index(p.name) < 0 {
			f(p.name, p.value)
		}
	}
	if !r.Fits || len(r.schema.Header.Names) == 0 {
		f("raw", r.RawText())
	}
}
