package logsource_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vigie/internal/logsource"
	"vigie/internal/sigma"
)

// event is an event with one value for each field, in order: "Channel=Security EventID=4688 …" with _ for a blank inside a value.
func event(text string) *jsonEvent {
	e := &jsonEvent{values: make(map[string]string)}
	for _, kv := range strings.Fields(text) {
		name, val, _ := strings.Cut(kv, "=")
		name, val = strings.ReplaceAll(name, "_of_", " "), strings.ReplaceAll(val, "_", " ")
		e.names = append(e.names, name)
		e.values[name] = val
	}
	return e
}

// asked is an event whose fields are asked for one by one.
type asked struct{ sigma.Event }

func compile(t testing.TB, text string) *sigma.Set {
	t.Helper()
	rules, problems := sigma.Parse("r.yml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	set, problems := sigma.Compile(rules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

func rule(title, source, detection string) string {
	return fmt.Sprintf("---\ntitle: %s\nlogsource: {%s}\ndetection: {s: {%s}, condition: s}\n", title, source, detection)
}

const (
	sysmon   = "Channel=Microsoft-Windows-Sysmon/Operational Provider_Name=Microsoft-Windows-Sysmon "
	security = "Channel=Security Provider_Name=Microsoft-Windows-Security-Auditing "
)

func TestEventsReachTheRulesThatAreForThem(t *testing.T) {
	t.Parallel()
	set := compile(t, rule("process", "product: windows, category: process_creation", `Image|endswith: \cmd.exe`)+
		rule("parent", "category: process_creation", `ParentImage|endswith: \w3wp.exe, ProcessId: 6528, User: 'NT AUTHORITY\x', IntegrityLevel: System`)+
		rule("logon", "product: windows, service: security", "EventID: 4624")+
		rule("any security", "product: windows, service: security", "SubjectUserName: bob")+
		rule("any windows", "product: windows", "EventID: [7, 4624]")+
		rule("sysmon process", "product: windows, service: sysmon, category: process_creation", "Image|contains: cmd")+
		rule("security process", "product: windows, service: security, category: process_creation", "Image|contains: cmd")+
		rule("impossible", "product: windows, service: system, category: process_creation", "Image|contains: cmd")+
		rule("key made", "product: windows, category: registry_add", "TargetObject|contains: Run")+
		rule("key gone", "product: windows, category: registry_delete", `TargetObject|startswith: HKLM\`)+
		rule("value set", "product: windows, category: registry_set", `TargetObject: HKLM\Software\Run\x, Details: DWORD (0x00000001), EventType: SetValue`)+
		rule("connection", "product: windows, category: network_connection", `Image: C:\windows\lsass.exe, Initiated: 'true', Protocol: tcp`)+
		rule("threat", "category: antivirus", "Signature|contains: Mimikatz, Action: Quarantine")+
		rule("threat by name", "product: windows, service: windefend", "ThreatName|contains: Mimikatz")+
		rule("keyword", "product: windows, category: process_creation", "'|re': 'net +user'")+
		rule("web", "category: webserver", "cs-uri-query|contains: cmd=, c-ip: 192.0.2.1")+
		rule("iis", "product: windows, service: iis", "cs-user-agent: bad")+
		rule("proxy", "category: proxy", "c-useragent: bad, c-uri-extension: aspx")+
		rule("apache", "category: webserver, product: apache", "cs-uri-query|contains: cmd=")+
		rule("ecp", "product: exchange, service: ecp-server", "S|contains: x")+
		rule("own channel", "product: windows, service: unheard-of", "Channel: Vendor/Own, EventID: 3")+
		rule("another channel", "product: windows, service: security", "Channel: [OAlerts, Vendor/Own]")+
		rule("misspelt", "product: windows, category: process_creatoin", "A: 1"))
	router := logsource.NewRouter(set, mappings(t))
	run := router.Start()
	for name, c := range map[string]struct{ kind, event, want string }{
		"Sysmon 1":      {"", sysmon + `EventID=1 Image=C:\x\cmd.exe ParentImage=y`, "process, sysmon process"},
		"Security 4688": {"", security + `EventID=4688 NewProcessName=C:\x\cmd.exe`, "process, security process"},
		"its other names": {"", security + `EventID=4688 NewProcessId=0x1980 ProcessId=0x4 ParentProcessName=C:\w3wp.exe SubjectDomainName=NT_AUTHORITY SubjectUserName=x MandatoryLabel=S-1-16-16384`,
			"parent"},
		"4688 is no event of another channel": {"", `Channel=Application EventID=4688 NewProcessName=C:\x\cmd.exe`, ""},
		"channels in any case":                {"", `Channel=SECURITY EventID=4624 SubjectUserName=Bob`, "any security, any windows, logon"},
		"a channel that no mapping names":     {"", "Channel=Vendor/Operational EventID=7", "any windows"},
		"a channel that only the rules name":  {"", "Channel=vendor/own EventID=3", "another channel, own channel"},
		"no channel at all":                   {"", "EventID=7", "any windows"},
		"a key made":                          {"", sysmon + "EventID=12 EventType=CreateKey TargetObject=HKLM\\Run", "key made"},
		"a key gone":                          {"", sysmon + "EventID=12 EventType=DeleteKey TargetObject=HKLM\\Run", "key gone"},
		"a value in the registry": {"", security + `EventID=4657 OperationType=%%1905 ObjectName=\REGISTRY\MACHINE\Software\Run ObjectValueName=x NewValueType=%%1876 NewValue=1`,
			"value set"},
		"a value of another type": {"", security + `EventID=4657 OperationType=%%1905 ObjectName=\REGISTRY\MACHINE\Software\Run ObjectValueName=x NewValueType=%%1873 NewValue=1`, ""},
		"a value gone":            {"", security + `EventID=4657 OperationType=%%1906 ObjectName=\REGISTRY\MACHINE\Software\Run ObjectValueName=x`, "key gone"},
		"a connection":            {"", security + `EventID=5156 Application=\device\harddiskvolume12\windows\lsass.exe Direction=%%14593 Protocol=6`, "connection"},
		"names with blanks": {"", `Channel=Microsoft-Windows-Windows_Defender/Operational EventID=1116 Threat_of_Name=HackTool:Mimikatz Action_of_Name=Quarantine`,
			"threat, threat by name"},
		"keywords see the event":       {"", sysmon + `EventID=1 CommandLine=net__user`, "keyword"},
		"keywords see a changed event": {"", security + `EventID=4688 CommandLine=net_user`, "keyword"},
		"IIS":                          {"iis", "cs-uri-query=cmd=id c-ip=192.0.2.1 cs(User-Agent)=bad ext=.aspx", "iis, web"},
		"Exchange's front end":         {"httpproxy", "UrlQuery=cmd=id ClientIpAddress=192.0.2.1 UserAgent=bad ext=.aspx", "web"},
		"Exchange":                     {"ecp-server", "S=xy", "ecp"},
		"another kind":                 {"imap", "S=xy EventID=7", ""},
		"a kind is not a channel":      {"iis", "Channel=Security EventID=4624", ""},
	} {
		ev := event(c.event)
		for _, n := range []string{"Channel"} {
			if v, ok := ev.values[n]; ok {
				ev.values[n] = strings.ReplaceAll(v, "_", " ")
			}
		}
		key := logsource.Key{Kind: c.kind}
		if c.kind == "" {
			key = logsource.KeyOf(ev)
		}
		for _, ev := range []sigma.Event{ev, asked{ev}} { // the second time by the kept route
			var got []string
			run.Event(key, ev, func(m sigma.Match) { got = append(got, m.Rule.Title) })
			slices.Sort(got)
			if g := strings.Join(got, ", "); g != c.want {
				t.Errorf("%s: %s, want %s", name, g, c.want)
			}
		}
	}
	var unmapped []string
	for _, u := range router.Unmapped() {
		unmapped = append(unmapped, u.Problem.String())
	}
	want := []string{
		`r.yml:30:1: no log source mapping for product "windows", category "process_creation", service "system": the rule is not run, add it to a mapping file`,
		`r.yml:70:1: the rule is not run: Vigie reads no log of a forward proxy`,
		`r.yml:74:1: no log source mapping for product "apache", category "webserver": the rule is not run, add it to a mapping file`,
		`r.yml:90:1: no log source mapping for product "windows", category "process_creatoin": the rule is not run, did you mean "process_creation"?`,
	}
	if !slices.Equal(unmapped, want) {
		t.Errorf("unmapped:\n%s\nwant\n%s", strings.Join(unmapped, "\n"), strings.Join(want, "\n"))
	}
}

func TestMatchesNameFieldsAsTheRuleDoes(t *testing.T) {
	t.Parallel()
	set := compile(t, rule("process", "product: windows, category: process_creation", `Image|endswith: \cmd.exe`))
	ev := event(security + `EventID=4688 NewProcessName=C:\cmd.exe`)
	n := 0
	logsource.NewRouter(set, mappings(t)).Start().Event(logsource.KeyOf(ev), ev, func(m sigma.Match) {
		n++
		if want := []sigma.FieldValue{{Field: "Image", Value: `C:\cmd.exe`}}; !slices.Equal(m.Fields, want) {
			t.Errorf("fields %v", m.Fields)
		}
	})
	if n != 1 {
		t.Errorf("%d matches", n)
	}
}

func TestUserMappings(t *testing.T) {
	t.Parallel()
	user, problems := logsource.Read("mine.yml", []byte(`
- logsource: {product: windows, category: process_creation}
  extend: true
  events:
    - channel: Vendor/Process
      id: [1, 1]
      fields: {Image: Path}
    - channel: Vendor/Process
      fields: {Image: Path}
- logsource: {product: windows, service: security}
  events:
    - channel: MySecurity
      provider: [A, B]
- logsource: {product: linux, service: auth}
  events:
    - kind: iis
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	base := mappings(t)
	all := logsource.Merge(base, user)
	if len(all) != len(base)+1 {
		t.Errorf("%d mappings of %d", len(all), len(base))
	}
	set := compile(t, rule("process", "product: windows, category: process_creation", "Image: x")+
		rule("security", "product: windows, service: security", "A: 1")+rule("auth", "product: linux", "A: 1"))
	run := logsource.NewRouter(set, all).Start()
	for text, want := range map[string]string{
		"Channel=Vendor/Process EventID=1 Path=x": "process", // once, by two selections
		sysmon + "EventID=1 Image=x":              "process",
		"Channel=Security A=1":                    "",
		"Channel=mysecurity Provider_Name=b A=1":  "security",
		"Channel=mysecurity Provider_Name=c A=1":  "",
	} {
		ev := event(text)
		var got []string
		run.Event(logsource.KeyOf(ev), ev, func(m sigma.Match) { got = append(got, m.Rule.Title) })
		if g := strings.Join(got, ", "); g != want {
			t.Errorf("%s: %s, want %s", text, g, want)
		}
	}
}

func TestMappingFilesAreRefusedWithAPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "m.yml: file holds no YAML",
		"a: [":                        "not valid YAML",
		"a: 1":                        "m.yml:1:1: a mapping file is a list of mappings, begin each mapping with \"- logsource:\"",
		"- a":                         "m.yml:1:3: a mapping must be a map",
		"- logsource: {product: x}":   "m.yml:1:3: mapping needs either events or the reason why it is uncovered",
		"- events: [{}]":              "m.yml:1:3: mapping names no log source",
		"- logsource: {produkt: x}":   "m.yml:1:15: a log source has no key \"produkt\", did you mean \"product\"?",
		"- logsource: {product: [x]}": "m.yml:1:24: this must be a text",
		"- logsource: {product: x}\n  events: {channel: y}":                                    "m.yml:2:11: events must be a list",
		"- logsource: {product: x}\n  events: [{chanel: y}]":                                   "m.yml:2:13: a selection of events has no key \"chanel\", did you mean \"channel\"?",
		"- logsource: {product: x}\n  events: [{id: abc}]":                                     "event id \"abc\" is no number",
		"- logsource: {product: x}\n  events: [{kind: iis, channel: y}]":                       "kind is for text logs",
		"- logsource: {product: x}\n  events: [{channel: []}]":                                 "this list is empty",
		"- logsource: {product: x}\n  events: [{fields: {A: {from: B, as: decimals}}}]":        "unknown form \"decimals\", did you mean \"decimal\"?",
		"- logsource: {product: x}\n  events: [{fields: {A: {as: decimal}}}]":                  "a field needs either from or join",
		"- logsource: {product: x}\n  events: [{where: [A]}]":                                  "conditions must be a map",
		"- logsource: {product: x}\n  events: [{}]\n  date: yesterday":                         "a date is written YYYY-MM-DD",
		"- logsource: {product: x}\n  events: [{}]\n  extend: maybe":                           "this is true or false",
		"- logsource: {product: x}\n  events: [{}]\n- logsource: {product: X}\n  events: [{}]": "m.yml:3:3: the same log source is in line 1",
		"- &a {logsource: {product: x}, events: [{}]}\n- *a":                                   "aliases and anchors are not allowed",
		"- logsource: {product: x, product: y}":                                                "key \"product\" stands twice",
		"- logsource: !x {product: x}":                                                         "tags are not allowed",
		"- a\n---\n- b":                                                                        "m.yml:3:1: a second YAML document",
		strings.Repeat("[", 100) + strings.Repeat("]", 100):                                    "nested deeper than 16 levels",
		strings.Repeat("#", 5<<20):                                                             "file has 5242880 bytes, limit 4194304",
	} {
		ms, problems := logsource.Read("m.yml", []byte(text))
		if len(ms) > 1 || len(problems) == 0 || !strings.Contains(problems.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, problems, want)
		}
	}
}

func TestManyKeysAreBounded(t *testing.T) {
	t.Parallel()
	set := compile(t, rule("process", "product: windows, category: process_creation", "Image: x")+rule("any", "product: windows", "EventID: 5"))
	run := logsource.NewRouter(set, mappings(t)).Start()
	n := 0
	for i := range 20_000 {
		ev := event(fmt.Sprintf("Channel=c%d EventID=5", i))
		run.Event(logsource.KeyOf(ev), ev, func(sigma.Match) { n++ })
	}
	if n != 20_000 {
		t.Errorf("%d matches", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("- logsource: {product: windows, category: process_creation}\n  events:\n    - channel: Security\n      id: 4688\n      where: {A: [b, 1]}\n" +
		"      fields: {Image: NewProcessName, P: {from: Q, as: decimal}, U: {join: [D, N], with: '\\', prefix: {a: b}, translate: {c: d}, when: {E: f}}}\n"))
	f.Add([]byte("- logsource: {category: webserver}\n  uncovered: because\n  source: s\n  date: 2024-01-01\n"))
	set := compile(f, rule("process", "product: windows, category: process_creation", `Image: x, U|contains: '\'`)+rule("any", "product: windows", "EventID: 5"))
	ev := event("Channel=Security EventID=4688 NewProcessName=x Q=0x1f D=a N=b E=f A=b")
	f.Fuzz(func(t *testing.T, text []byte) {
		ms, problems := logsource.Read("m.yml", text)
		for _, p := range problems {
			if p.Msg == "" || p.Code == "" || len(p.String()) > 2000 {
				t.Fatalf("vague problem %q", p)
			}
		}
		run := logsource.NewRouter(set, ms).Start()
		run.Event(logsource.KeyOf(ev), ev, func(sigma.Match) {})
	})
}
