package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"vigie/internal/fieldlog"
)

// readAll gives every record of a log with its survey.
func readAll(t testing.TB, raw []byte, name string) (Format, []Record, *Survey) {
	t.Helper()
	f := Sniff(raw[:min(len(raw), SniffSize)], name)
	var r io.Reader = bytes.NewReader(raw)
	wide := f.Encoding == UTF16LE || f.Encoding == UTF16BE
	if wide {
		r = NewDecoder(bytes.NewReader(raw[f.BOM:]), f.Encoding)
	}
	sp := fieldlog.NewSplitter(r, f.Header)
	var recs []Record
	total := &Survey{Covers: map[CoverKey]*Cover{}}
	base := int64(f.BOM)
	for {
		b, err := sp.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return f, recs, total
		}
		if err != nil {
			t.Fatal(err)
		}
		if wide {
			b.Base = base
			base += WideLen(b.Data)
		}
		s := Surveyor{Format: f, Wide: wide, Filter: Filter{All: true}}
		one := s.Block(b, func(r *Record) {
			c := *r
			c.Raw = bytes.Clone(r.Raw)
			c.Cells = append([]fieldlog.Cell(nil), r.Cells...)
			recs = append(recs, c)
		})
		total.Records += one.Records
		total.Recovered += one.Recovered
		total.Skipped += one.Skipped
		total.Flaws = append(total.Flaws, one.Flaws...)
		total.Jumps = append(total.Jumps, one.Jumps...)
		total.Builds = append(total.Builds, one.Builds...)
		for k, c := range one.Covers {
			if total.Covers[k] == nil {
				total.Covers[k] = &Cover{}
			}
			total.Covers[k].Merge(c)
		}
		b.Release()
	}
}

const iisHead = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2021-03-03 00:00:00\r\n" +
	"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		kind     Kind
	}{
		{"IIS", iisHead, IIS},
		{"IIS, columns before the rest", "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n#Software: x\n", IIS},
		{"IIS without header", "2021-03-03 05:12:01 10.0.0.5 GET /owa/ - 443 - 192.0.2.7 curl/7 - 200 0 0 31\r\n", IIS},
		{"HTTPERR", "#Software: Microsoft HTTP API 2.0\n#Version: 1.0\n#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename\n", HTTPErr},
		{"HttpProxy", "#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n#Fields: DateTime,RequestId,UrlStem,AnchorMailbox\n", HTTPProxy},
		{"HttpProxy, plain header first", "\xEF\xBB\xBFDateTime,RequestId,UrlStem,ProxyAction\r\n#Software: Microsoft Exchange Server\r\n", HTTPProxy},
		{"ECP server", "#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n", ECPServer},
		{"ECP activity", "#Log-type: ECP Activity Context Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n", ECPActivity},
		{"SMTP send", "#Log-type: SMTP Send Protocol Log\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n", SMTPSend},
		{"audit", "#Fields: Timestamp,Server,TenantId,RecordType,Data,UserKey,RecordId,Operation,Workload,ResultStatus,Version,Scope\n", AdminAudit},
		{"empty log", "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n", IIS},
		{"header damaged", "#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n#Fie\x00\x00\x00\n2021-03-03T00:00:00Z,a,b\n", HTTPProxy},
		{"setup", "[12/17/2021 16:47:41.0778] [0] ****\r\n", Setup},
		{"EVTX", "ElfFile\x00\x00\x00", EVTX},
		{"EVTX with a damaged file header", strings.Repeat("\x00", 4096) + "ElfChnk\x00\x01", EVTX},
		{"EVTX without a file header", "ElfChnk\x00\x01", EVTX},
		{"prose", "Dear client,\nplease find the logs below.\n", Other},
		{"CSV that is no log", "name,age,town,job\nAnna,3,Oslo,none\n", Other},
		{"nothing", "", Other},
		{"page", "<%@ Page Language=\"C#\" %>\n", Other},
	} {
		if f := Sniff([]byte(tc.in), "x"); f.Kind != tc.kind {
			t.Errorf("%s: kind %s, want %s", tc.name, f.Kind, tc.kind)
		}
	}
}

func TestIISRecord(t *testing.T) {
	t.Parallel()
	in := iisHead + "2021-03-03 05:12:01 10.0.0.5 POST /owa/%61uth/x.js &CorrelationID=<empty>;&cafeReqId=7A5C-11; 443 EX\\bob 192.0.2.7 python-requests/2.25+x - 241 0 0 31\r\n"
	_, recs, s := readAll(t, []byte(in), "u_ex210303.log")
	if len(recs) != 1 || !recs[0].Fits || !recs[0].TimeOK {
		t.Fatalf("%+v", recs)
	}
	r := &recs[0]
	field := func(n string) string {
		v, ok := r.Field(n, nil)
		if !ok {
			return "<none>"
		}
		return strings.Join(v, "|")
	}
	for n, want := range map[string]string{
		"cs-uri-stem": "/owa/%61uth/x.js|/owa/auth/x.js", "CS-URI-STEM": "/owa/%61uth/x.js|/owa/auth/x.js", "cs(Referer)": "<none>", "tier": "frontend", "ext": ".js|.js",
		"scope": "public", "cs(User-Agent)": "python-requests/2.25 x|python-requests/2.25+x", "no-such": "<none>",
		"url": "/owa/%61uth/x.js?&CorrelationID=<empty>;&cafeReqId=7A5C-11;|/owa/auth/x.js?&CorrelationID=<empty>;&cafeReqId=7A5C-11;",
	} {
		if got := field(n); got != want {
			t.Errorf("%s = %q, want %q", n, got, want)
		}
	}
	if r.RequestID() != "7a5c11" || r.Status() != 241 || r.Took() != 31*time.Millisecond || r.Client() != "192.0.2.7" || r.Account() != `EX\bob` {
		t.Errorf("%q %d %v %q %q", r.RequestID(), r.Status(), r.Took(), r.Client(), r.Account())
	}
	if r.Line != 5 || r.Offset != int64(len(iisHead)) || r.Num != 1 {
		t.Errorf("place %d %d %d", r.Line, r.Offset, r.Num)
	}
	if c := s.Covers[CoverKey{"", "iis-frontend"}]; c == nil || c.Records != 1 || !c.First.Equal(time.Date(2021, 3, 3, 5, 12, 1, 0, time.UTC)) {
		t.Errorf("cover %+v", c)
	}
}

// TestTimeWithoutDate reads a log that records the time alone: the day is that of
// the #Date line above, also when that stands in an earlier header block.
func TestTimeWithoutDate(t *testing.T) {
	t.Parallel()
	in := "#Software: Microsoft Internet Information Services 10.0\n#Date: 2021-03-03 00:00:10\n#Fields: time c-ip cs-method cs-uri-stem cs-uri-query s-port sc-status\n" +
		"05:12:01 192.0.2.7 GET / - 443 200\n#Date: 2021-03-04 00:00:02\n#Fields: time c-ip cs-method cs-uri-stem cs-uri-query s-port sc-status\n00:00:02 192.0.2.7 GET / - 443 200\n"
	f, recs, s := readAll(t, []byte(in), "x")
	if f.Kind != IIS || len(recs) != 2 || len(s.Flaws) > 0 {
		t.Fatalf("%s, %d records, %v", f.Kind, len(recs), s.Flaws)
	}
	for i, want := range []string{"2021-03-03T05:12:01Z", "2021-03-04T00:00:02Z"} {
		if got := recs[i].Time.Format(time.RFC3339); got != want {
			t.Errorf("record %d at %s, want %s", i, got, want)
		}
	}
}

func TestHTTPErr(t *testing.T) {
	t.Parallel()
	in := "#Software: Microsoft HTTP API 2.0\r\n#Version: 1.0\r\n#Date: 2022-10-01 00:00:00\r\n" +
		"#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename\r\n" +
		"2022-10-01 04:10:00 192.0.2.7 50123 10.0.0.5 443 HTTP/1.1 POST /autodiscover/autodiscover.json?a@x.test/powershell - - - Connection_Abandoned_By_ReqQueue -\r\n"
	f, recs, _ := readAll(t, []byte(in), "httperr1.log")
	if f.Kind != HTTPErr || len(recs) != 1 || !recs[0].Fits || !recs[0].TimeOK {
		t.Fatalf("%s %+v", f.Kind, recs)
	}
	if v, _ := recs[0].Text("s-reason"); v != "Connection_Abandoned_By_ReqQueue" || recs[0].Client() != "192.0.2.7" || recs[0].URL() == "" {
		t.Errorf("%q %q %q", v, recs[0].Client(), recs[0].URL())
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "fe80::1%3": "fe80::1", "[::ffff:192.0.2.7]": "192.0.2.7", "192.0.2.7:53200": "192.0.2.7",
		"[2001:db8::1]:443": "2001:db8::1", "": "", "-": "", "not an address": "", strings.Repeat("1", 100): "",
	} {
		if got := Addr(in); got != want {
			t.Errorf("Addr(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"::1": "local", "10.1.2.3": "private", "192.0.2.7": "public", "fe80::1": "local", "x": ""} {
		if got := Scope(in); got != want {
			t.Errorf("Scope(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestForwardedFor(t *testing.T) {
	t.Parallel()
	in := strings.Replace(iisHead, "time-taken", "time-taken X-Forwarded-For", 1) +
		"2021-03-03 05:12:01 10.0.0.5 GET / - 443 - 10.0.0.9 x - 200 0 0 1 203.0.113.9,+198.51.100.4,+10.1.1.1\r\n"
	_, recs, _ := readAll(t, []byte(in), "x")
	if got := recs[0].Client(); got != "198.51.100.4" {
		t.Errorf("client %q: the last public address counts, those before it can be forged", got)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2021-03-03T05:12:01.123Z":  "2021-03-03T05:12:01.123Z",
		"2021-03-03 05:12:01":       "2021-03-03T05:12:01Z",
		"2021-03-03T05:12:01+01:00": "2021-03-03T04:12:01Z",
		"2016-12-31 23:59:60":       "2017-01-01T00:00:00Z",
		"2021-03-03 24:00:00":       "2021-03-04T00:00:00Z",
		"2021-02-29 00:00:00":       "",
		"2021-13-01 00:00:00":       "",
		"2021-03-03 24:00:01":       "",
		"1601-01-01 00:00:00":       "",
		"2021-03-03":                "",
		"not a time at all!":        "",
	} {
		got := ""
		if v, ok := parseISO([]byte(in)); ok {
			got = v.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("parseISO(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLocalTime(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Skip("no zone files on this machine")
	}
	h, _ := fieldlog.ParseFields([]byte("#Fields: date time sc-status"))
	s := NewSchema(IIS, h, UTF8)
	s.Zone = paris
	r := s.Parse(&fieldlog.Line{Raw: []byte("2021-07-01 12:00:00 200")}, 0, 1, nil)
	if !r.Time.Equal(time.Date(2021, 7, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("summer noon in Paris is %v", r.Time)
	}
}

func TestEventData(t *testing.T) {
	t.Parallel()
	const row = "#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n" +
		`2021-02-28T04:12:31.001Z,MAIL01,ECP.Request,"'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/<x;y=""1"">''.Identity=''g''';S:URL=/ecp/DDI;S:EX=;S:BLD=15.1.2176.2;Dbl:T=3"` + "\n"
	_, recs, s := readAll(t, []byte(row), "x")
	want := map[string]string{"CMD": `Set-OabVirtualDirectory.ExternalUrl='http://f/<x;y="1">'.Identity='g'`, "URL": "/ecp/DDI", "BLD": "15.1.2176.2", "T": "3"}
	for n, w := range want {
		if v, ok := recs[0].Field(n, nil); !ok || v[0] != w {
			t.Errorf("%s = %q, want %q", n, v, w)
		}
	}
	if len(s.Builds) != 1 || s.Builds[0].Build.String() != "15.1.2176.2" || s.Builds[0].Host != "MAIL01" {
		t.Errorf("builds %+v", s.Builds)
	}
}

func TestAuditData(t *testing.T) {
	t.Parallel()
	data := `{"Operation":"New-MailboxExportRequest","UserId":"EX\\bob","Parameters":[{"Name":"Mailbox","Value":"ceo"},{"Name":"FilePath","Value":"\\\\127.0.0.1\\C$\\x.aspx"}]}`
	row := "#Fields: Timestamp,Server,TenantId,RecordType,Data,UserKey,RecordId,Operation,Workload,ResultStatus,Version,Scope\n" +
		`2021-08-20T02:41:00Z,MAIL09,0,ExchangeAdmin,"` + strings.ReplaceAll(data, `"`, `""`) + `",k,i,New-MailboxExportRequest,Exchange,True,1,Online` + "\n"
	_, recs, _ := readAll(t, []byte(row), "x")
	r := &recs[0]
	if v, _ := r.Field("Parameters.FilePath", nil); len(v) != 1 || v[0] != `\\127.0.0.1\C$\x.aspx` {
		t.Errorf("FilePath %q", v)
	}
	if r.Mailbox() != "ceo" || r.Account() != `EX\bob` || r.Host() != "MAIL09" {
		t.Errorf("%q %q %q", r.Mailbox(), r.Account(), r.Host())
	}
	if depth(strings.Repeat("[", 100)) != 100 || auditData(strings.Repeat("[", 100)) != nil {
		t.Error("deep JSON is not refused")
	}
}

func TestUTF16(t *testing.T) {
	t.Parallel()
	text := iisHead + "2021-03-03 05:12:01 10.0.0.5 GET /é𝄞 - 443 - 192.0.2.7 x - 200 0 0 1\r\n2021-03-03 05:12:02 10.0.0.5 GET /b - 443 - 192.0.2.7 x - 200 0 0 1\r\n"
	for _, big := range []bool{false, true} {
		for _, bom := range []bool{true, false} {
			units := utf16.Encode([]rune(text))
			if bom {
				units = append([]uint16{0xFEFF}, units...)
			}
			var raw []byte
			for _, u := range units {
				if big {
					raw = append(raw, byte(u>>8), byte(u))
				} else {
					raw = append(raw, byte(u), byte(u>>8))
				}
			}
			f, recs, _ := readAll(t, raw, "x")
			if f.Kind != IIS || len(recs) != 2 || recs[0].Stem() != "/é𝄞" {
				t.Fatalf("big %v bom %v: %s, %d records", big, bom, f.Encoding, len(recs))
			}
			want := int64(2 * len(utf16.Encode([]rune(text[:strings.Index(text, "2021-03-03 05:12:02")]))))
			if bom {
				want += 2
			}
			if recs[1].Offset != want {
				t.Errorf("big %v bom %v: offset %d, want %d", big, bom, recs[1].Offset, want)
			}
		}
	}
}

func TestOddEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"/owa/%61uth": 5, "/x%2Fy%40z%20": -1, "%252F%253D": -1, "a%2561": 1, "%25252e": 0, "%": -1, "%4": -1, "%zz%41": 3, "100%25": -1, "": -1, "%7E": 0,
	} {
		if got := nextOddEscape([]byte(in), 0); got != want {
			t.Errorf("nextOddEscape(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	good := "2021-03-03 05:12:01 10.0.0.5 GET / - 443 - 192.0.2.7 x - 200 0 0 1\r\n"
	for _, tc := range []struct{ name, bad, code string }{
		{"too few columns", "2021-03-03 05:12:01 10.0.0.5 GET\r\n", "record.fields"},
		{"too many columns", strings.Replace(good, " 1\r", " 1 2\r", 1), "record.fields"},
		{"bad time", strings.Replace(good, "05:12:01", "05:62:01", 1), "record.time"},
		{"NUL bytes", strings.Repeat("\x00", 500) + "\r\n", "line.nul"},
		{"control characters", strings.Replace(good, "x", "x\x1b[31m", 1), "record.bytes"},
		{"random bytes", "\x81\xfe\x00\x13garbage\r\n", "record.fields"},
	} {
		_, recs, s := readAll(t, []byte(iisHead+good+tc.bad+good), "x")
		if len(s.Flaws) != 1 || s.Flaws[0].Code != tc.code {
			t.Errorf("%s: flaws %+v, want one %s", tc.name, s.Flaws, tc.code)
		}
		if n := len(recs); n < 2 {
			t.Errorf("%s: %d records: the good ones are lost", tc.name, n)
		}
		if s.Recovered+s.Skipped == 0 {
			t.Errorf("%s: no byte is accounted as recovered or skipped", tc.name)
		}
	}
	_, _, s := readAll(t, []byte(iisHead+good+good[:30]), "x")
	if len(s.Flaws) != 1 || s.Flaws[0].Code != "record.cut" {
		t.Errorf("cut last record: %+v", s.Flaws)
	}
}

func TestClockStepsBack(t *testing.T) {
	t.Parallel()
	line := "2021-03-03 %s 10.0.0.5 GET / - 443 - 192.0.2.7 x - 200 0 0 1\r\n"
	in := iisHead + fmt.Sprintf(line, "05:00:00") + fmt.Sprintf(line, "04:58:00") + fmt.Sprintf(line, "03:00:00")
	_, _, s := readAll(t, []byte(in), "x")
	if len(s.Jumps) != 1 || s.Jumps[0].Line != 7 {
		t.Errorf("jumps %+v, want one at line 7", s.Jumps)
	}
}

// TestVersionLine dates the build of a version line by the record after it: a
// header block in mid-file follows a patch of that moment, not of the morning.
func TestVersionLine(t *testing.T) {
	t.Parallel()
	const head = "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2176.00%d\r\n#Log-type: Message Tracking Log\r\n#Fields: date-time,client-ip,internal-message-id,event-id\r\n"
	in := fmt.Sprintf(head, 2) + "2021-03-03T00:00:01Z,192.0.2.7,1,RECEIVE\r\n2021-03-03T18:00:01Z,192.0.2.7,1,RECEIVE\r\n" +
		fmt.Sprintf(head, 9) + "2021-03-03T18:20:01Z,192.0.2.7,1,RECEIVE\r\n"
	_, _, s := readAll(t, []byte(in), "x")
	if len(s.Builds) != 2 || s.Builds[1].Build.Revision != 9 || s.Builds[1].First.Hour() != 18 || s.Builds[1].First.Minute() != 20 {
		t.Errorf("builds %+v", s.Builds)
	}
}

// TestQuickEqualsFull surveys a log as the program does, and again taking every
// record apart: what is learnt must be the same.
func TestQuickEqualsFull(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("#Software: Microsoft Exchange Server\r\n#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,UrlStem,AnchorMailbox,ServerHostName\r\n")
	for i := range 5000 {
		at := time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 97 * time.Second)
		rev := 2
		if i > 3000 {
			rev = 9
		}
		switch i % 500 {
		case 7:
			fmt.Fprintf(&b, "%s,id%d,15,1,2176\r\n", at.Format("2006-01-02T15:04:05.000Z"), i)
		case 9:
			fmt.Fprintf(&b, "%s,id%d,15,1,2176,%d,/x,\"a,\r\nb\",MAIL01\r\n", at.Format("2006-01-02T15:04:05.000Z"), i, rev)
		default:
			fmt.Fprintf(&b, "%s,id%d,15,1,2176,%d,/x,a,MAIL01\r\n", at.Format("2006-01-02T15:04:05.000Z"), i, rev)
		}
	}
	survey := func(all bool) string {
		f := Sniff(b.Bytes()[:SniffSize], "x")
		sp := fieldlog.NewSplitter(bytes.NewReader(b.Bytes()), nil)
		blk, err := sp.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		s := Surveyor{Format: f, Filter: Filter{All: all}}
		out := s.Block(blk, nil)
		text := fmt.Sprintf("%d %d %d %v %v %v\n", out.Records, out.Recovered, out.Skipped, out.First, out.Last, out.Flaws)
		for _, x := range out.Builds {
			text += fmt.Sprintf("%+v\n", x)
		}
		for k, c := range out.Covers {
			text += fmt.Sprintf("%v %d %v %v %d\n", k, c.Records, c.First, c.Last, len(c.Ticks))
		}
		return text
	}
	if a, b := survey(false), survey(true); a != b {
		t.Errorf("quick:\n%s\nfull:\n%s", a, b)
	}
}

// TestPeers reads the real logs with the values that their authors expect.
func TestPeers(t *testing.T) {
	t.Parallel()
	dir := "../../../shared/data/exchange-logs/elastic"
	raw, err := os.ReadFile(filepath.Join(dir, "test-httpproxy.log"))
	if err != nil {
		t.Skip("no shared/data/exchange-logs beside the checkout: ", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "test-httpproxy.expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Expected []struct {
			Microsoft struct{ Exchange map[string]any }
		}
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	f, recs, s := readAll(t, raw, "test-httpproxy.log")
	if f.Kind != HTTPProxy || len(recs) != len(want.Expected) || s.Skipped > 0 {
		t.Fatalf("%s, %d records, flaws %v", f.Kind, len(recs), s.Flaws)
	}
	for i, e := range want.Expected {
		for name, v := range e.Microsoft.Exchange {
			if name == "logtype" {
				continue
			}
			if list, ok := v.([]any); ok {
				v = list[0]
			}
			got, ok := recs[i].Text(name)
			if w := fmt.Sprint(v); !ok || got != w {
				t.Errorf("record %d: %s = %q, want %q", i, name, got, w)
			}
		}
	}
}

// TestRealLogs reads every real log without a damaged record, but for the one
// whose header is damaged.
func TestRealLogs(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		kind Kind
		n    int
	}{
		"exchange-logs/artefacts-help/Autodiscover_HttpProxy_2023010919-1.LOG": {HTTPProxy, 1},
		"exchange-logs/artefacts-help/ECPActivity_11500_20230111-1.LOG":        {ECPActivity, 2},
		"exchange-logs/artefacts-help/ECPServer20230111-1.LOG":                 {ECPServer, 1},
		"exchange-logs/artefacts-help/MSGTRKMS2022091915-1.LOG":                {MessageTracking, 2},
		"exchange-logs/artefacts-help/RECV2023011116-1.LOG":                    {SMTPReceive, 16},
		"exchange-logs/artefacts-help/audit20230111-1.LOG":                     {AdminAudit, 1},
		"exchange-logs/elastic/test-messagetracking.log":                       {MessageTracking, 6},
		"exchange-logs/kinesis-agent/TestExchangeLogRecord.log":                {MessageTracking, 2},
		"exchange-logs/velociraptor/exchange.log":                              {MessageTracking, 2},
		"iis-logs/elastic/test-iis-access.log":                                 {IIS, 8},
		"iis-logs/elastic/test-iis10-access.log":                               {IIS, 8},
		"iis-logs/evtx-attack-samples/Tunna_rdp_tunnel_IIS.log":                {IIS, 4298},
		"iis-logs/plaso/iis10.log":                                             {IIS, 1},
		"iis-logs/plaso/iis10_edge_cases.log":                                  {IIS, 15},
		"iis-logs/plaso/iis6.log":                                              {IIS, 12},
		"iis-logs/velociraptor/iis.log":                                        {IIS, 4},
	}
	for name, w := range want {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile("../../../shared/data/" + name)
			if err != nil {
				t.Skip("no shared/data beside the checkout: ", err)
			}
			f, recs, s := readAll(t, raw, name)
			if f.Kind != w.kind || len(recs) != w.n {
				t.Errorf("%s with %d records, want %s with %d", f.Kind, len(recs), w.kind, w.n)
			}
			for _, x := range s.Flaws {
				if x.Code != "header.damaged" && x.Code != "record.unended" {
					t.Errorf("line %d: %s", x.Line, x.Code)
				}
			}
			for i := range recs {
				if !recs[i].TimeOK {
					t.Errorf("line %d: no time", recs[i].Line)
				}
			}
		})
	}
}

func FuzzSurvey(f *testing.F) {
	f.Add([]byte(iisHead + "2021-03-03 05:12:01 10.0.0.5 GET / - 443 - 192.0.2.7 x - 200 0 0 1\r\n"))
	f.Add([]byte("2021-03-03 05:12:01 10.0.0.5 GET / - 443 - 192.0.2.7 x - 200 0 0 1\r\n"))
	f.Add([]byte("#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,UrlStem,AnchorMailbox,ServerHostName\n2021-03-03T05:12:01Z,a,15,1,2176,2,/x,\"y\nz\",M\n"))
	f.Add([]byte("#Fields: TimeStamp,ServerName,EventId,EventData\n2021-03-03T05:12:01Z,M,E,S:A=1;'S:B=''x''';S:C=\n"))
	f.Add([]byte("[12/17/2021 16:47:41.0778] [0] Setup version: 15.1.2176.9.\n"))
	f.Add([]byte("\xFF\xFE2\x000\x002\x001\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		format, recs, s := readAll(t, raw, "x")
		if s.Recovered < 0 || s.Skipped < 0 || format.Encoding == UTF8 && s.Recovered+s.Skipped > int64(len(raw)) {
			t.Fatalf("recovered %d, skipped %d of %d", s.Recovered, s.Skipped, len(raw))
		}
		var dst []string
		for i := range recs {
			r := &recs[i]
			for _, n := range []string{"url", "tier", "ext", "scope", "raw", "CMD", "Parameters", "cs-uri-stem", "AnchorMailbox"} {
				dst, _ = r.Field(n, dst[:0])
			}
			r.Each(func(string, string) bool { return true })
			r.Columns(func(string, string) {})
			_, _, _, _, _, _, _ = r.Client(), r.Account(), r.Mailbox(), r.Object(), r.RequestID(), r.Host(), r.Took()
			if r.Offset < 0 || r.Offset > int64(len(raw)) {
				t.Fatalf("offset %d of %d", r.Offset, len(raw))
			}
		}
	})
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte(iisHead), "x")
	f.Add([]byte("ElfFile\x00"), "OABGeneratorLog/x")
	f.Fuzz(func(t *testing.T, raw []byte, name string) { Sniff(raw, name) })
}
