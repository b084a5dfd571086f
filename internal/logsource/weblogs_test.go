package logsource_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/fieldlog"
	"vigie/internal/logsource"
	"vigie/internal/record"
	"vigie/internal/sigma"
)

// eachRecord reads a text log as Vigie does and calls f for each record.
func eachRecord(t *testing.T, text []byte, name string, f func(*record.Record)) {
	t.Helper()
	format := record.Sniff(text[:min(len(text), record.SniffSize)], name)
	split := fieldlog.NewSplitter(bytes.NewReader(text), format.Header)
	for {
		block, err := split.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		s := record.Surveyor{Format: format, Filter: record.Filter{All: true}}
		s.Block(block, f)
	}
}

const webRules = `title: query
logsource: {category: webserver}
detection: {s: {cs-method: POST, cs-uri-stem|endswith: .aspx, cs-uri-query|contains: 'exec=', sc-status: 200}, condition: s}
---
title: agent and referer
logsource: {category: webserver}
detection: {s: {cs-user-agent|contains: evil tool, cs-referer|startswith: 'http://192.0.2.1/'}, condition: s}
---
title: user
logsource: {category: webserver}
detection: {s: {cs-username: 'corp\admin', c-ip|cidr: 192.0.2.0/24}, condition: s}
---
title: host
logsource: {category: webserver}
detection: {s: {cs-host: mail.example.test, sc-bytes|gte: 10}, condition: s}
`

func TestWebRulesSeeOurRecords(t *testing.T) {
	t.Parallel()
	iis := "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2021-03-03 00:00:01\r\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n" +
		`2021-03-03 05:12:01 10.0.0.5 POST /aspnet_client/x.aspx exec=whoami 443 corp\admin 192.0.2.7 evil+tool/1 http://192.0.2.1/a 200 0 0 15` + "\r\n" +
		"2021-03-03 05:12:02 10.0.0.5 GET /owa/ - 443 - 192.0.2.8 Mozilla - 200 0 0 15\r\n"
	proxy := "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2176.002\r\n#Log-type: HttpProxy Logs\r\n#Date: 2021-03-03T05:00:00.000Z\r\n" +
		"#Fields: DateTime,RequestId,UrlHost,UrlStem,AuthenticatedUser,AnchorMailbox,UserAgent,ClientIpAddress,HttpStatus,BackEndStatus,Method,RequestBytes,ResponseBytes,UrlQuery\r\n" +
		`2021-03-03T05:12:01.000Z,1,mail.example.test,/aspnet_client/x.aspx,corp\admin,,evil tool/1,192.0.2.7,200,200,POST,1,10,exec=whoami` + "\r\n"
	rules, problems := sigma.Parse("r.yml", []byte(webRules))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	set, _ := sigma.Compile(rules)
	router := logsource.NewRouter(set, mappings(t))
	if len(router.Unmapped()) > 0 {
		t.Error(router.Unmapped())
	}
	for name, c := range map[string]struct{ text, want string }{
		"u_ex210303.log":             {iis, "agent and referer, query, user"},
		"HttpProxy_2021030305-1.LOG": {proxy, "host, query, user"},
	} {
		run := router.Start()
		got := make(map[string]int)
		eachRecord(t, []byte(c.text), name, func(r *record.Record) {
			run.Event(logsource.Key{Kind: string(r.Kind())}, r, func(m sigma.Match) { got[m.Rule.Title]++ })
		})
		if g := strings.Join(slices.Sorted(maps.Keys(got)), ", "); g != c.want {
			t.Errorf("%s: %s, want %s", name, g, c.want)
		}
	}
}

// TestPublicWebRulesOnRealLogs runs the public rules for web servers on real logs. It tells what they find; the one attack that is known to be in these
// logs must be among it.
func TestPublicWebRulesOnRealLogs(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/data/iis-logs/*/*.log")
	if len(files) == 0 {
		t.Skip("the real logs are not here")
	}
	set := rulesOf(t, archive(t, "sigma-rules.tar.gz"), live)
	router := logsource.NewRouter(set, mappings(t))
	run := router.Start()
	found := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		records, got := 0, make(map[string]int)
		eachRecord(t, text, filepath.Base(file), func(r *record.Record) {
			records++
			run.Event(logsource.Key{Kind: string(r.Kind())}, r, func(m sigma.Match) { got[m.Rule.Title]++ })
		})
		t.Logf("%s: %d records, %v", filepath.Base(file), records, got)
		for title := range got {
			found[title] = true
		}
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(s string) bool { return strings.Contains(s, "ProxyShell") }) {
		t.Errorf("no rule about ProxyShell found its line: %v", found)
	}
}
