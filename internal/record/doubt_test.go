package record

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"vigie/internal/fieldlog"
)

// word finds one word, as the rules' literals do.
type word string

func (w word) Next(data []byte, from int) (pos, id int) {
	if i := bytes.Index(data[from:], []byte(w)); i >= 0 {
		return from + i, 0
	}
	return -1, 0
}

// look surveys a log with filters that want the word "ServerInfo" in HttpProxy
// logs and "evil" in those of IIS; seen are the lines of the visited records.
func look(t *testing.T, raw string) (s Survey, seen []int64) {
	t.Helper()
	of := func(k Kind) Filter {
		switch k {
		case HTTPProxy:
			return Filter{Literals: word("ServerInfo")}
		case IIS:
			return Filter{Literals: word("evil")}
		}
		return Filter{}
	}
	f := Sniff([]byte(raw)[:min(len(raw), SniffSize)], "x.log")
	sp := fieldlog.NewSplitter(strings.NewReader(raw), f.Header)
	sur := Surveyor{Format: f, Filter: of(f.Kind), FilterOf: of}
	s.Covers = map[CoverKey]*Cover{}
	for {
		b, err := sp.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return s, seen
		}
		if err != nil {
			t.Fatal(err)
		}
		one := sur.Block(b, func(r *Record) { seen = append(seen, r.Line) })
		s.Flaws = append(s.Flaws, one.Flaws...)
		s.Recovered += one.Recovered
		s.Skipped += one.Skipped
		MergeCovers(s.Covers, one.Covers)
		b.Release()
	}
}

const (
	proxyNames = "DateTime,Protocol,UrlStem,Organization,AnchorMailbox,HttpStatus,ProxyAction,ServerHostName"
	proxyHead  = "#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: " + proxyNames + "\r\n"
	proxyQuiet = "2021-03-03T05:12:01.000Z,Ecp,/ecp/,,,200,,MAIL01\r\n"
	proxyEvil  = "2021-03-03T05:12:02.000Z,Ecp,/ecp/y.js,,ServerInfo~x/mapi/,200,,MAIL01\r\n"
)

// TestDoubt: a record that holds a text which rules look for, in columns that
// cannot be told, is told as a doubt; without such text it is not.
func TestDoubt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, code string }{
		{"good", proxyHead + proxyEvil, ""},
		{"a column too many", proxyHead + strings.Replace(proxyEvil, "y.js", "y,js", 1), "record.fields"},
		{"cut before its status", proxyHead + proxyQuiet + proxyEvil[:60], "record.cut"},
		{"zeros inside", proxyHead + strings.Replace(proxyEvil, "ServerInfo", "Server\x00Info", 1), "record.bytes"},
		{"zeros inside a quiet record", proxyHead + strings.Replace(proxyQuiet, "/ecp/", "/e\x00p/", 1), "record.bytes"},
		{"commented out", proxyHead + "#" + proxyEvil, "line.comment"},
		{"a remark", proxyHead + "#Remark: " + proxyEvil, "line.comment"},
		{"column renamed", strings.Replace(proxyHead, "AnchorMailbox", "AnchorMailbmx", 1) + proxyEvil, "header.columns"},
		{"column named twice", strings.Replace(proxyHead, "Organization", "AnchorMailbox", 1) + proxyEvil, "header.columns"},
		{"header forged in mid-file", proxyHead + proxyQuiet + "#Fields: date time c-ip cs-method\r\n" + proxyEvil, "header.columns"},
	} {
		s, _ := look(t, tc.in)
		var got []string
		for _, f := range s.Flaws {
			if f.Doubt {
				got = append(got, f.Code)
			}
		}
		if strings.Join(got, " ") != tc.code {
			t.Errorf("%s: doubts %v, want %q; flaws %+v", tc.name, got, tc.code, s.Flaws)
		}
	}
	for name, in := range map[string]string{
		"a column too many":      proxyHead + strings.Replace(proxyQuiet, ",,,", ",,,,", 1),
		"cut":                    proxyHead + proxyQuiet + proxyQuiet[:30],
		"cut, padded with zeros": proxyHead + proxyQuiet + proxyQuiet[:30] + strings.Repeat("\x00", 99),
		"comment":                proxyHead + "# nothing\r\n",
		"log type":               strings.Replace(proxyHead, "HttpProxy", "ServerInfo HttpProxy", 1) + proxyQuiet,
	} {
		s, _ := look(t, in)
		for _, f := range s.Flaws {
			if f.Doubt {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// TestOldMac: a header and all records on one line must not pass for a comment.
func TestOldMac(t *testing.T) {
	t.Parallel()
	in := strings.ReplaceAll(proxyHead+proxyEvil, "\r\n", "\r")
	s, _ := look(t, in)
	if len(s.Flaws) != 1 || s.Flaws[0].Code != "line.cr" || !s.Flaws[0].Lost || s.Skipped != int64(len(in)) {
		t.Errorf("%+v, skipped %d of %d", s.Flaws, s.Skipped, len(in))
	}
}

// TestFilterOfTheHeader: the header in force says which filter counts and what is
// covered, not the kind of the file's first records.
func TestFilterOfTheHeader(t *testing.T) {
	t.Parallel()
	iis := "2021-03-03 05:12:01 10.0.0.5 GET / - 443 - 192.0.2.7 x - 200 0 0 1\r\n"
	track := "#Software: Microsoft Exchange Server\r\n#Log-type: Message Tracking Log\r\n#Fields: date-time,client-ip,internal-message-id,event-id\r\n2021-03-03T00:00:01Z,192.0.2.7,1,RECEIVE\r\n"
	for name, in := range map[string]string{
		"after IIS":              iisHead + iis + proxyHead + proxyEvil,
		"after message tracking": track + proxyHead + proxyEvil,
		"after a block of IIS":   iisHead + strings.Repeat(iis, 40_000) + proxyHead + strings.Repeat(proxyQuiet, 3000) + proxyEvil,
		"after rubbish":          strings.Repeat("hello\r\n", 50) + proxyHead + proxyEvil,
	} {
		s, seen := look(t, in)
		if want := int64(strings.Count(in, "\n")); len(seen) != 1 || seen[0] != want {
			t.Errorf("%s: visited lines %v, want %d", name, seen, want)
		}
		c := s.Covers[CoverKey{"MAIL01", "httpproxy"}]
		if want := int64(strings.Count(in, "Z,Ecp,")); c == nil || c.Records != want {
			t.Errorf("%s: coverage %+v, want %d records of httpproxy", name, s.Covers, want)
		}
	}
}

func TestUnicodeEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"%u0053erver": "Server", "%U0053erver": "Server", "a%u": "a%u", "%u00": "%u00", "%u00zz": "%u00zz", "%u00e9": "é", "%uD800": "\uFFFD", "%53": "S",
	} {
		if got := unescape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if !HidesText([]byte("/ow%u0061/")) || HidesText([]byte("/a%u/")) {
		t.Error("escape not seen")
	}
}

// TestHostOfDamagedRecord: a column too many must not make another column a host.
func TestHostOfDamagedRecord(t *testing.T) {
	t.Parallel()
	_, recs, _ := readAll(t, []byte(proxyHead+proxyEvil+strings.Replace(proxyEvil, "200,,", "200,203.0.113.7,X,", 1)), "x")
	if len(recs) != 2 || recs[0].Host() != "MAIL01" || recs[1].Host() != "" {
		t.Errorf("hosts %q %q", recs[0].Host(), recs[1].Host())
	}
}

func TestNamedKind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Kind{
		"a/W3SVC1/u_ex210301.log": IIS, "u_ex21030112_x.log.bak": IIS, "HttpProxy_2021030100-1.LOG": HTTPProxy, "ECPServer20210228-1.LOG": ECPServer,
		"Ews_2021030100-1.LOG": EWS, "u_extra.log": Other, "news_20210301.log": Other, "README": Other,
	} {
		if got := NamedKind(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
