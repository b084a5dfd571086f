package analysis

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
)

// TestHiddenNeverClears puts a request that ProxyLogon answered into the logs of a
// server of which nothing is to be seen, behind damage and forgery: the verdict
// may become undetermined, never remain no-trace.
func TestHiddenNeverClears(t *testing.T) {
	t.Parallel()
	dir, _ := servers()
	root := filepath.Join(dir, "MAIL07")
	const name = "Logging/HttpProxy/Ecp/HttpProxy_2021020100-1.LOG"
	good, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(good), "\r\n")
	head, record := "", ""
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "#Fields: "):
			head = l
		case strings.HasPrefix(l, "2021-02-01T"):
			record = l
		}
	}
	names := strings.Split(strings.TrimPrefix(head, "#Fields: "), ",")
	cells := strings.Split(record, ",")
	set := func(name, v string) { cells[slices.Index(names, name)] = v }
	set("UrlStem", "/ecp/y.js")
	set("AnchorMailbox", "ServerInfo~a]@MAIL07.example.org:444/mapi/emsmdb/?#")
	set("HttpStatus", "200")
	set("Method", "POST")
	set("ClientIpAddress", "203.0.113.66")
	attack := strings.Join(cells, ",")
	file, long := string(good), strings.Repeat("A", 1<<20)
	for what, bad := range map[string]string{
		"plain":                     file + attack + "\r\n",
		"column too many":           file + strings.Replace(attack, "/ecp/y.js", "/ecp/y,.js", 1) + "\r\n",
		"column too many, later":    file + strings.Replace(attack, "203.0.113.66", "203.0.113.66,x", 1) + "\r\n",
		"cut before the status":     file + attack[:strings.Index(attack, "emsmdb")+10],
		"zeros inside":              file + strings.Replace(attack, "ServerInfo", "Server\x00Info", 1) + "\r\n",
		"comment":                   file + "#" + attack + "\r\n",
		"percent u":                 file + strings.Replace(attack, "ServerInfo", "%u0053erverInfo", 1) + "\r\n",
		"end of a long line":        file + long + attack + "\r\n",
		"zeros for an end":          file[:len(file)-1] + strings.Repeat("\x00", 1<<20),
		"rubbish before":            strings.Repeat("hello\r\n", 30) + file + attack + "\r\n",
		"a long line before":        strings.Repeat("x", 70_000) + "\r\n" + file + attack + "\r\n",
		"zeros before":              strings.Repeat("\x00", 70_000) + file + attack + "\r\n",
		"nothing but rubbish":       strings.Repeat("\xA7\x00\x1b", 20_000),
		"line ends of an old Mac":   strings.ReplaceAll(file+attack+"\r\n", "\r\n", "\r"),
		"column renamed":            strings.Replace(file, "AnchorMailbox", "AnchorMailbmx", 1) + attack + "\r\n",
		"column renamed, mid-file":  file + strings.Replace(head, "AnchorMailbox", "Zap", 1) + "\r\n" + attack + "\r\n",
		"column twice, mid-file":    file + strings.Replace(head, "Organization", "AnchorMailbox", 1) + "\r\n" + attack + "\r\n",
		"other header, mid-file":    file + "#Fields: date time c-ip cs-method\r\n" + attack + "\r\n",
		"another log before":        "#Software: Microsoft Exchange Server\r\n#Log-type: Message Tracking Log\r\n#Fields: date-time,client-ip,internal-message-id,event-id\r\n" + file + attack + "\r\n",
		"quote that is not closed":  file + strings.Replace(attack, "203.0.113.66", "\"203.0.113.66", 1) + "\r\n" + strings.Repeat("x\r\n", 200),
		"UTF-16 in mid-file":        file + strings.Join(strings.Split(attack+"\r\n", ""), "\x00") + "\x00",
		"no status":                 file + strings.Replace(attack, ",200,", ",,", 1) + "\r\n",
		"status of nothing":         file + strings.Replace(attack, ",200,", ",0,", 1) + "\r\n",
		"byte order mark, mid-file": file + "\xEF\xBB\xBF" + attack + "\r\n",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			copyDir := t.TempDir()
			for _, other := range tree(t, root) {
				to := filepath.Join(copyDir, other)
				if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
					t.Fatal(err)
				}
				var err error
				if other == name {
					err = os.WriteFile(to, []byte(bad), 0o600)
				} else {
					err = os.Link(filepath.Join(root, other), to)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			c := check(t, 2, copyDir)
			for _, h := range c.Hosts {
				if h.Verdict != casefile.Confirmed && h.Verdict != casefile.Suspected && h.Verdict != casefile.Undetermined {
					t.Errorf("%s: %s", h.Name, h.Verdict)
				}
			}
			if len(c.Hosts) != 1 {
				t.Errorf("%d hosts", len(c.Hosts))
			}
		})
	}
}

// TestManyNames: a log that names another server at every line must neither fill
// memory nor time, and says so.
func TestManyNames(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,Protocol,UrlStem,AnchorMailbox,HttpStatus,Method,ProxyAction,ServerHostName\r\n")
	const n = 5000
	for i := range n {
		fmt.Fprintf(&b, "2021-03-03T05:12:01.000Z,Ecp,/ecp/y.js,ServerInfo~a]@x:444/mapi/emsmdb/?#,200,POST,,H%d\r\n", i)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "HttpProxy_2021030300-1.LOG"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c := check(t, 2, dir)
	total := int64(0)
	for _, f := range c.Findings {
		total += f.Count
	}
	if len(c.Hosts) > maxHosts+2 || total != n {
		t.Errorf("%d hosts, %d records in findings, want %d", len(c.Hosts), total, n)
	}
	if !slices.ContainsFunc(c.Gaps, func(g casefile.Gap) bool { return g.Code == "hosts.too_many" }) {
		t.Error("not told")
	}
}

// TestWithinKeepsTimeless: a record whose time cannot be read may be of any period.
func TestWithinKeepsTimeless(t *testing.T) {
	t.Parallel()
	opt := Options{Since: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}
	if got := within([]casefile.Detection{{Act: "x"}, {Act: "y", First: opt.Since.AddDate(-1, 0, 0), Last: opt.Since.AddDate(-1, 0, 0)}}, &opt); len(got) != 1 || got[0].Act != "x" {
		t.Errorf("%+v", got)
	}
}

// TestCopyElsewhere: a copy of a log that does not name its server, laid in the
// folder of another, must not take the log away from its own.
func TestCopyElsewhere(t *testing.T) {
	t.Parallel()
	const iis = "#Software: Microsoft Internet Information Services 10.0\r\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n" +
		"2021-02-01 04:12:35 10.0.0.1 POST /owa/auth/q7.aspx - 443 - 203.0.113.66 x - 200 0 0 3\r\n"
	proxy := func(host string) string {
		return "#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,Protocol,UrlStem,AnchorMailbox,HttpStatus,Method,ProxyAction,ServerHostName\r\n" +
			"2021-02-01T04:12:35.000Z,Ecp,/ecp/,,200,GET,," + host + "\r\n"
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"A/u_ex210201.log": iis, "A/HttpProxy_2021020104-1.LOG": proxy("AAA"), "A/copy/u_ex210201.log": iis,
		"M/u_ex210201.log": iis, "M/HttpProxy_2021020104-1.LOG": proxy("MAIL01"), "M/HttpProxy_2021020105-1.LOG": proxy("MAIL01"),
	} {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := check(t, 2, dir)
	got := map[string]casefile.Verdict{}
	for _, h := range c.Hosts {
		got[h.Name] = h.Verdict
	}
	if len(got) != 2 || got["AAA"] != casefile.Confirmed || got["MAIL01"] != casefile.Confirmed {
		t.Errorf("verdicts %v", got)
	}
	for _, f := range c.Findings {
		if f.Count != 1 {
			t.Errorf("%s of %s counts %d records, want 1: a copy is no other record", f.Act, f.Host, f.Count)
		}
	}
}

// TestNoTime: a log of which no record has a time still makes a server, of which nothing can be said.
func TestNoTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := "#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,Protocol,UrlStem,AnchorMailbox,HttpStatus,Method,ProxyAction,ServerHostName\r\n" +
		strings.Repeat("never,Ecp,/ecp/,,200,GET,,MAIL01\r\n", 9)
	if err := os.WriteFile(filepath.Join(dir, "HttpProxy_2021020104-1.LOG"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := check(t, 1, dir)
	if len(c.Hosts) != 1 || c.Hosts[0].Verdict != casefile.Undetermined {
		t.Errorf("%+v", c.Hosts)
	}
}

// TestManyFlaws: the ledger adds up, and gaps are counted, when a file has more of
// them than are told, in either encoding.
func TestManyFlaws(t *testing.T) {
	t.Parallel()
	text := "#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,Protocol,UrlStem,AnchorMailbox,HttpStatus,Method,ProxyAction,ServerHostName\r\n" +
		strings.Repeat("\"x\n", 200_000) + strings.Repeat("ServerInfo~\n", 3)
	wide := []byte{0xFF, 0xFE}
	for i := range len(text) {
		wide = append(wide, text[i], 0)
	}
	for name, raw := range map[string][]byte{"utf-8": []byte(text), "utf-16": wide} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "HttpProxy_2021020104-1.LOG"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		c := check(t, 2, dir)
		n, told := int64(0), 0
		for _, g := range c.Gaps {
			n += max(g.Count, 1)
			told++
		}
		if n != 200_003 || told > casefile.MaxGapsPerFile+10 {
			t.Errorf("%s: %d gaps in %d entries, want 200003", name, n, told)
		}
		if got, want := c.Ledger.Recovered, int64(200_000*3+3*12); got != want && got != 2*want {
			t.Errorf("%s: %d bytes recovered, want %d", name, got, want)
		}
	}
}
