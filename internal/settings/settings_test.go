package settings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"vigie/internal/casefile"
	"vigie/internal/inventory"
)

const psHead = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">`

// lines of the expectation: "key|subject|value|host", "clue kind value", "claim name text grade", "gap code".
var readings = []struct {
	name, in string
	form     Form
	host     string
	want     []string
}{
	{"object of a cmdlet", psHead + `<Obj RefId="0"><TN RefId="0"><T>Microsoft.Exchange.Data.Directory.Management.ExchangeServer</T></TN><Props><S N="Name">EX01</S>
<S N="AdminDisplayVersion">Version 15.1 (Build 2176.2)</S><Obj N="MitigationsApplied" RefId="1"><LST><S>PING1</S><S>M1.1</S></LST></Obj><Nil N="Proxy" /></Props></Obj></Objs>`,
		CLIXML, "", []string{"exchange.server.name|EX01|EX01|EX01", "exchange.server.admindisplayversion|EX01|Version 15.1 (Build 2176.2)|EX01",
			"exchange.server.mitigationsapplied|EX01|PING1|EX01", "exchange.server.mitigationsapplied|EX01|M1.1|EX01", "exchange.server.proxy|EX01||EX01",
			"export.exchange.server||1|", "clue admin.display-version Version 15.1 (Build 2176.2)"}},
	{"services, of which those within others do not count", psHead + `<Obj RefId="0"><TN RefId="0"><T>System.ServiceProcess.ServiceController</T></TN><Props><S N="ServiceName">Spooler</S><S N="Status">Running</S>
<S N="MachineName">EX01</S><Obj N="ServicesDependedOn" RefId="1"><LST><Obj RefId="2"><TNRef RefId="0" /><Props><S N="ServiceName">RPCSS</S></Props></Obj></LST></Obj></Props></Obj></Objs>`,
		CLIXML, "EX01", []string{"windows.service.servicename|Spooler|Spooler|EX01", "windows.service.status|Spooler|Running|EX01", "windows.service.machinename|Spooler|EX01|EX01",
			"windows.service.servicesdependedon|Spooler||EX01", "export.windows.service||1|EX01"}},
	{"override, each parameter for itself", psHead + `<Obj RefId="0"><TN RefId="0"><T>X.SettingOverride</T></TN><Props><S N="Name">Off</S><S N="ComponentName">Cafe</S><S N="SectionName">HttpRequestFiltering</S>
<S N="MinVersion">15.2.1.0</S><Obj N="Parameters" RefId="1"><LST><S>Enabled=False</S></LST></Obj></Props></Obj></Objs>`,
		CLIXML, "", []string{"exchange.override|Cafe/HttpRequestFiltering/Enabled|False|", "exchange.override.name|Cafe/HttpRequestFiltering|Off|",
			"exchange.override.minversion|Cafe/HttpRequestFiltering|15.2.1.0|", "export.exchange.settingoverride||1|"}},
	{"overrides in force, none", psHead + `<Obj RefId="0"><TN RefId="0"><T>X.ExchangeDiagnosticInfoResult</T></TN><Props><S N="Result">&lt;Diagnostics&gt;&lt;Components&gt;&lt;VariantConfiguration&gt;&lt;Overrides Updated="x" /&gt;&lt;/VariantConfiguration&gt;&lt;/Components&gt;&lt;/Diagnostics&gt;</S></Props></Obj></Objs>`,
		CLIXML, "", []string{"export.exchange.settingoverride||1|"}},
	{"certificate of which only the text is there", psHead + `<Obj RefId="0"><TN RefId="0"><T>Microsoft.Exchange.Management.SystemConfigurationTasks.ExchangeCertificate</T></TN>
<ToString>[Subject]_x000D__x000A_  CN=x_x000D__x000A_[Not After]_x000D__x000A_  11/30/2029 12:53:13_x000D__x000A__x000D__x000A_[Thumbprint]_x000D__x000A_  38247AD2B76244411748274C508D13446311830B_x000D__x000A_</ToString></Obj></Objs>`,
		CLIXML, "", []string{"exchange.certificate.thumbprint|38247AD2B76244411748274C508D13446311830B|38247AD2B76244411748274C508D13446311830B|",
			"exchange.certificate.notafter|38247AD2B76244411748274C508D13446311830B|11/30/2029 12:53:13|", "export.exchange.certificate||1|"}},
	{"output of HealthChecker", psHead + `<Obj RefId="0"><TN RefId="0"><T>HealthChecker.AnalyzedInformation</T></TN><Props>
<Obj N="HealthCheckerExchangeServer" RefId="1"><Props><S N="ServerName">ex01.corp.example.test</S><DT N="GenerationTime">2026-01-02T03:04:05Z</DT>
<Obj N="OSInformation" RefId="2"><MS><Obj N="Values" RefId="3"><MS><I32 N="LmCompatibilityLevel">3</I32></MS></Obj>
<Obj N="Tls" RefId="4"><MS><Obj N="Registry" RefId="5"><MS><Obj N="TLS" RefId="6"><DCT><En><S N="Key">1.0</S><Obj N="Value" RefId="7"><MS><S N="TLSVersion">1.0</S><I32 N="ServerEnabledValue">0</I32><Nil N="ClientEnabledValue" /></MS></Obj></En></DCT></Obj></MS></Obj></MS></Obj></MS></Obj>
<Obj N="Setup" RefId="8"><TN RefId="8"><T>System.Diagnostics.FileVersionInfo</T></TN><Props><S N="FileName">C:\x\ExSetup.exe</S><S N="FileVersion">15.02.0986.005</S></Props></Obj></Props></Obj>
<Obj N="HtmlServerValues" RefId="9"><DCT><En><S N="Key">ServerDetails</S><Obj N="Value" RefId="10"><LST><Obj RefId="11"><Props><S N="Name">EEMS</S><S N="DetailValue">Disabled</S><S N="Class">Red</S></Props></Obj></LST></Obj></En></DCT></Obj></Props></Obj></Objs>`,
		CLIXML, "EX01", []string{`registry.hklm\system\currentcontrolset\control\lsa|lmcompatibilitylevel|3|EX01`,
			`registry.hklm\system\currentcontrolset\control\securityproviders\schannel\protocols\tls 1.0\server|enabled|0|EX01`,
			`windows.file-version.filename|C:\x\ExSetup.exe|C:\x\ExSetup.exe|EX01`, `windows.file-version.fileversion|C:\x\ExSetup.exe|15.02.0986.005|EX01`,
			`export.registry.hklm\system\currentcontrolset\control\lsa||1|EX01`, `export.registry.hklm\system\currentcontrolset\control\securityproviders\schannel\protocols||2|EX01`,
			"export.windows.file-version||1|EX01", "clue healthchecker.exsetup 15.02.0986.005", "claim EEMS Disabled Red"}},
	{"modules with their signatures", psHead + `<Obj RefId="0"><MS><Obj N="ModuleList" RefId="1"><LST><Obj RefId="2"><MS><S N="Name">Evil</S><S N="Path">C:\e.dll</S><B N="Signed">false</B></MS></Obj></LST></Obj></MS></Obj></Objs>`,
		CLIXML, "", []string{`iis.module|Evil|C:\e.dll|`, "iis.module.signaturestatus|Evil|NotSigned|", "iis.module.signer|Evil||", "export.iis.module||1|"}},
	{"Extended Protection as Microsoft's script tells it", psHead + `<Obj RefId="0"><MS><S N="VirtualDirectoryName">Default Web Site/ECP</S><S N="ExtendedProtection">Require</S>
<Obj N="Configuration" RefId="1"><MS><Obj N="SslSettings" RefId="2"><MS><S N="Value">Ssl, Ssl128</S></MS></Obj></MS></Obj></MS></Obj></Objs>`,
		CLIXML, "", []string{"iis.extended-protection|Default Web Site/ECP|Require|", "iis.ssl-flags|Default Web Site/ECP|Ssl,Ssl128|", "export.iis||1|"}},
	{"document that breaks off", psHead + `<Obj RefId="0"><TN RefId="0"><T>x.Win32_QuickFixEngineering</T></TN><Props><S N="HotFixID">KB5000871</S></Props></Obj><Obj`,
		CLIXML, "", []string{"windows.hotfix.hotfixid|KB5000871|KB5000871|", "export.windows.hotfix||1|", "clue update.kb KB5000871", "gap export.xml.form"}},

	{"table with the line of its type", "#TYPE Selected.System.ServiceProcess.ServiceController\r\n\"Name\",\"Status\",\"StartType\",\"MachineName\"\r\n\"Spooler\",\"Running\",\"Automatic\",\".\"\r\n",
		CSV, "", []string{"windows.service.name|Spooler|Spooler|", "windows.service.status|Spooler|Running|", "windows.service.starttype|Spooler|Automatic|", "windows.service.machinename|Spooler|.|",
			"export.windows.service||1|"}},
	{"table with semicolons, a list in braces, a row that does not fit", "Identity;User;AccessRights\nx@corp.example.test;CORP\\eve;{FullAccess, ReadPermission}\nbroken\n",
		CSV, "", []string{"exchange.mailbox-permission.identity|x@corp.example.test|x@corp.example.test|", `exchange.mailbox-permission.user|x@corp.example.test|CORP\eve|`,
			"exchange.mailbox-permission.accessrights|x@corp.example.test|FullAccess|", "exchange.mailbox-permission.accessrights|x@corp.example.test|ReadPermission|",
			"export.exchange.mailbox-permission||1|", "gap export.csv.row"}},
	{"table that names types in place of values", "SamAccountName,PasswordLastSet,MemberOf\nalice,2021-01-02,System.String[]\n",
		CSV, "", []string{"ad.user.samaccountname|alice|alice|", "ad.user.passwordlastset|alice|2021-01-02|", "export.ad.user||1|"}},
	{"updates of wmic as a table", "Node,Caption,CSName,Description,HotFixID,InstalledOn\r\nEX01,http://x,EX01,Update,KB5000871,2021-03-03\r\n",
		CSV, "EX01", []string{"windows.hotfix.node|KB5000871|EX01|EX01", "windows.hotfix.caption|KB5000871|http://x|EX01", "windows.hotfix.csname|KB5000871|EX01|EX01",
			"windows.hotfix.description|KB5000871|Update|EX01", "windows.hotfix.hotfixid|KB5000871|KB5000871|EX01", "windows.hotfix.installedon|KB5000871|2021-03-03|EX01",
			"export.windows.hotfix||1|EX01", "clue update.kb KB5000871"}},
	{"a secret is not kept", "SamAccountName,PasswordLastSet,UserPassword\nalice,2021-01-02,hunter2\n",
		CSV, "", []string{"ad.user.samaccountname|alice|alice|", "ad.user.passwordlastset|alice|2021-01-02|", "ad.user.userpassword|alice|" + Hidden + "|", "export.ad.user||1|"}},
	{"answers of a person", "Declaration,Answer,By,Date\nbackup-offline,oui,alice,2026-01-02\n",
		CSV, "", []string{"declaration.declaration|backup-offline|backup-offline|", "declaration.answer|backup-offline|oui|", "declaration.by|backup-offline|alice|",
			"declaration.date|backup-offline|2026-01-02|", "export.declaration||1|"}},
	{"table of something else", "Name,Price\nbread,2\n", None, "", nil},

	{"list of properties, with a value over two lines", "\r\n\r\nRunspaceId             : 1\r\nAdminAuditLogEnabled   : True\r\nAdminAuditLogCmdlets   : {Set-*,\r\n                         New-*}\r\n\r\n",
		List, "", []string{"exchange.admin-audit.runspaceid||1|", "exchange.admin-audit.adminauditlogenabled||True|", "exchange.admin-audit.adminauditlogcmdlets||Set-*|",
			"exchange.admin-audit.adminauditlogcmdlets||New-*|", "export.exchange.admin-audit||1|"}},
	{"two objects in a list", "DomainName : corp.example.test\nDomainType : Authoritative\n\nDomainName : *\nDomainType : InternalRelay\n",
		List, "", []string{"exchange.accepted-domain.domainname|corp.example.test|corp.example.test|", "exchange.accepted-domain.domaintype|corp.example.test|Authoritative|",
			"exchange.accepted-domain.domainname|*|*|", "exchange.accepted-domain.domaintype|*|InternalRelay|", "export.exchange.accepted-domain||2|"}},
	{"notes of a person are no list", "Call bob : about the server\nname : x\n", None, "", nil},

	{"JSON of rules", `[ {"Mailbox":"a@x.test","Name":"r","ForwardTo":["\"b\" [SMTP:b@y.test]"],"RedirectTo":null,"Enabled":true,"Owner":{"Name":"a","Depth":1}} ]`,
		JSON, "", []string{"exchange.inbox-rule.mailbox|a@x.test|a@x.test|", "exchange.inbox-rule.name|a@x.test|r|", `exchange.inbox-rule.forwardto|a@x.test|"b" [SMTP:b@y.test]|`,
			"exchange.inbox-rule.redirectto|a@x.test||", "exchange.inbox-rule.enabled|a@x.test|True|", "exchange.inbox-rule.owner|a@x.test|a|", "export.exchange.inbox-rule||1|"}},
	{"JSON that breaks off", `{"AdminAuditLogEnabled":true,"Name":"x"}` + "\n", JSON, "", []string{"exchange.admin-audit.adminauditlogenabled|x|True|", "exchange.admin-audit.name|x|x|", "export.exchange.admin-audit||1|"}},
	{"JSON of something else", `{"a":1,"b":2}`, None, "", nil},

	{"systeminfo in French", "\r\nNom de l’hôte:                              EX01\r\nNom du système d’exploitation:              Microsoft Windows Server 2016 Standard\r\nVersion du système:                         10.0.14393 N/A version 14393\r\n" +
		"Type de version du système d’exploitation:  Multiprocessor Free\r\nCorrectif(s):                               2 Corrections installées.\r\n                                            [01]: KB4486129\r\n                                            [02] : KB5000803\r\n",
		SystemInfo, "EX01", []string{"windows.system.name||EX01|EX01", "windows.system.caption||Microsoft Windows Server 2016 Standard|EX01", "windows.system.version||10.0.14393|EX01",
			"windows.system.buildnumber||14393|EX01", "windows.hotfix.hotfixid|KB4486129|KB4486129|EX01", "windows.hotfix.hotfixid|KB5000803|KB5000803|EX01",
			"export.windows.systeminfo||1|EX01", "export.windows.hotfix||2|EX01", "clue update.kb KB4486129", "clue update.kb KB5000803"}},
	{"systeminfo of which the name was taken out", "OS Name:                   Microsoft Windows Server 2019\nOS Version:                10.0.17763 N/A Build 17763\nOS Build Type:             Multiprocessor Free\n",
		SystemInfo, "", []string{"windows.system.caption||Microsoft Windows Server 2019|", "windows.system.version||10.0.17763|", "windows.system.buildnumber||17763|",
			"export.windows.systeminfo||1|", "export.windows.hotfix||0|"}},
	{"table of wmic qfe behind other output", "cat q\r\r\nCaption      CSName  HotFixID   InstalledOn\r\r\nhttp://x     EX01    KB4486129  3/18/2021\r\r\n",
		Hotfixes, "EX01", []string{"windows.hotfix.hotfixid|KB4486129|KB4486129|EX01", "export.windows.hotfix||1|EX01", "clue update.kb KB4486129"}},
	{"list of updates with their titles", "KB5000871: Security Update For Exchange Server 2016 CU19 (KB5000871)\n",
		Hotfixes, "", []string{"windows.hotfix.hotfixid|KB5000871|KB5000871|", "export.windows.hotfix||1|", "clue update.kb KB5000871"}},

	{"file of the registry editor", "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Lsa]\r\n\"LmCompatibilityLevel\"=dword:00000005\r\n\"Security Packages\"=hex(7):61,00,\\\r\n  00,00,62,00,00,00\r\n\"Name \\\"x\\\"\"=\"C:\\\\y\"\r\n\"Bad\"=dword:zz\r\n" +
		"[HKEY_CURRENT_USER\\Software]\r\n\"a\"=\"b\"\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Setup]\r\n\"MsiProductMajor\"=dword:0000000f\r\n\"MsiProductMinor\"=dword:00000001\r\n\"MsiBuildMajor\"=dword:00000880\r\n\"MsiBuildMinor\"=dword:00000002\r\n",
		Registry, "", []string{`registry.hklm\system\currentcontrolset\control\lsa|lmcompatibilitylevel|5|`, `registry.hklm\system\currentcontrolset\control\lsa|security packages|a;b|`,
			`registry.hklm\system\currentcontrolset\control\lsa|name "x"|C:\y|`, `registry.hklm\software\microsoft\exchangeserver\v15\setup|msiproductmajor|15|`,
			`registry.hklm\software\microsoft\exchangeserver\v15\setup|msiproductminor|1|`, `registry.hklm\software\microsoft\exchangeserver\v15\setup|msibuildmajor|2176|`,
			`registry.hklm\software\microsoft\exchangeserver\v15\setup|msibuildminor|2|`, `export.registry.hklm\system\currentcontrolset\control\lsa||1|`,
			`export.registry.hklm\software\microsoft\exchangeserver\v15\setup||1|`, "clue registry.setup 15.1.2176.2", "gap export.reg.value"}},
	{"a secret of the registry is not kept", "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\A]\n\"DefaultPassword\"=\"hunter2\"\n",
		Registry, "", []string{`registry.hklm\a|defaultpassword|` + Hidden + `|`, `export.registry.hklm\a||1|`}},
	{"output of reg query", "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Lsa\r\n    LmCompatibilityLevel    REG_DWORD    0x3\r\n    Security Packages    REG_MULTI_SZ    \r\n",
		Registry, "", []string{`registry.hklm\system\currentcontrolset\control\lsa|lmcompatibilitylevel|3|`, `registry.hklm\system\currentcontrolset\control\lsa|security packages||`,
			`export.registry.hklm\system\currentcontrolset\control\lsa||1|`}},

	{"applicationHost.config: what a path has from above", `<?xml version="1.0"?><!-- c --><configuration><system.applicationHost><sites><site name="S"><application path="/"><virtualDirectory path="/" physicalPath="C:\w" /></application>
<application path="/mapi"><virtualDirectory path="/" physicalPath="C:\m" /></application><bindings><binding protocol="https" bindingInformation="*:443:" /></bindings></site></sites></system.applicationHost>
<system.webServer><globalModules><add name="M" image="m.dll" /></globalModules></system.webServer>
<location path="S"><system.webServer><security><access sslFlags="Ssl, Ssl128" /><authentication><windowsAuthentication enabled="true"><extendedProtection tokenChecking="Require" /></windowsAuthentication></authentication></security></system.webServer></location></configuration>`,
		IISConfig, "", []string{"iis.module|M|m.dll|", `iis.vdir.path|S|C:\w|`, `iis.vdir.path|S/mapi|C:\m|`, "iis.binding|S|https *:443:|",
			"iis.extended-protection|S|Require|", "iis.ssl-flags|S|Ssl,Ssl128|", "iis.ip-allow-unlisted|S|true|", "iis.windows-authentication|S|true|", "iis.basic-authentication|S|false|",
			"iis.extended-protection|S/mapi|Require|", "iis.ssl-flags|S/mapi|Ssl,Ssl128|", "iis.ip-allow-unlisted|S/mapi|true|", "iis.windows-authentication|S/mapi|true|", "iis.basic-authentication|S/mapi|false|",
			"export.iis||1|"}},
	{"web.config: rules, and a key that is never copied", `<configuration><system.web><machineKey validationKey="0123456789ABCDEF" /><customErrors mode="Off" /></system.web><system.webServer><handlers><add name="H" path="*.x" type="T" /></handlers>
<rewrite><rules><rule name="EEMS M1" enabled="false"><match url=".*" /><conditions><add input="{REQUEST_URI}" pattern="a&amp;b" negate="true" /></conditions><action type="AbortRequest" /></rule></rules></rewrite></system.webServer></configuration>`,
		IISConfig, "", []string{"iis.handler|owa/auth: H|*.x T|", `iis.rewrite-rule|owa/auth: EEMS M1|disabled match url ".*" if {REQUEST_URI} not "a&b" action AbortRequest|`,
			"iis.machine-key|owa/auth|fixed|", "iis.custom-errors|owa/auth|Off|", "export.web-config||0|"}},
	{"configuration of another program", `<configuration><runtime/></configuration>`, IISConfig, "", nil},
	{"malware filter", `<?xml version="1.0"?><Configuration xmlns="http://schemas.microsoft.com/forefront/2010/1/fs-configuration"><x>INSO|NO</x></Configuration>`,
		FIPFS, "", []string{"exchange.fip-fs.outside-in||True|", "export.exchange.fip-fs||1|"}},
	{"picture", "\x89PNG\r\n\x1a\n\x00\x00", None, "", nil},
	{"nothing", "", None, "", nil},
}

const place = "evidence.zip!owa/auth/file"

func told(f Facts, gaps []casefile.Gap) []string {
	var out []string
	for _, s := range f.Settings {
		out = append(out, fmt.Sprintf("%s|%s|%s|%s", s.Key, s.Subject, s.Value, s.Host))
	}
	for _, c := range f.Clues {
		out = append(out, "clue "+c.Kind+" "+c.Value)
	}
	for _, c := range f.Claims {
		out = append(out, strings.Join([]string{"claim", c.Name, c.Text, c.Grade}, " "))
	}
	for _, g := range gaps {
		out = append(out, "gap "+g.Code)
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tt := range readings {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, gaps := Read(place, []byte(tt.in), Options{})
			if f.Form != tt.form || f.Host != tt.host || Is([]byte(tt.in)) != (tt.form != None) {
				t.Errorf("form %q of %q, want %q of %q", f.Form, f.Host, tt.form, tt.host)
			}
			if got := told(f, gaps); !slices.Equal(got, tt.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
			for _, s := range f.Settings {
				if !strings.HasPrefix(s.Where, place) {
					t.Errorf("%s stands at %q", s.Key, s.Where)
				}
			}
		})
	}
}

// TestEncodings reads each export as PowerShell, the registry editor and a console would have written it.
func TestEncodings(t *testing.T) {
	t.Parallel()
	wide := func(s string, swap bool) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			if swap {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	for _, tt := range readings {
		if tt.form == None {
			continue
		}
		want := told(Read(place, []byte(tt.in), Options{}))
		for name, data := range map[string][]byte{"UTF-8 with a mark": append([]byte("\xef\xbb\xbf"), tt.in...), "UTF-16": append([]byte{0xFF, 0xFE}, wide(tt.in, false)...),
			"UTF-16, big": append([]byte{0xFE, 0xFF}, wide(tt.in, true)...), "UTF-16 without a mark": wide(tt.in, false)} {
			if name == "UTF-16 without a mark" && strings.ContainsAny(tt.in[:min(len(tt.in), 256)], "’é") {
				continue // told by its zeros, which these letters do not have
			}
			if got := told(Read(place, data, Options{})); !slices.Equal(got, want) {
				t.Errorf("%s as %s: got\n\t%s", tt.name, name, strings.Join(got, "\n\t"))
			}
		}
	}
}

func TestWant(t *testing.T) {
	t.Parallel()
	f, _ := Read(place, []byte("DomainName : x\nDomainType : y\n"), Options{Want: func(key string) bool { return key == "exchange.accepted-domain.domainname" }})
	if got := told(f, nil); !slices.Equal(got, []string{"exchange.accepted-domain.domainname|x|x|"}) {
		t.Errorf("kept %q", got)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	rows := "DomainName,DomainType\n" + strings.Repeat(strings.Repeat("x", 2*inventory.MaxValue)+",é\n", MaxSettings)
	f, gaps := Read(place, []byte(rows), Options{})
	if len(f.Settings) > MaxSettings+1 || !slices.ContainsFunc(gaps, func(g casefile.Gap) bool { return g.Code == "export.too_many" && g.What.FR != "" }) {
		t.Errorf("%d settings, gaps %v", len(f.Settings), gaps)
	}
	for _, s := range f.Settings[:10] {
		if len(s.Value) > inventory.MaxValue || len(s.Subject) > inventory.MaxValue {
			t.Fatalf("value of %d bytes", len(s.Value))
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for code, s := range Codes() {
		if s.FR == "" || s.EN == "" || !strings.HasPrefix(code, "export.") {
			t.Errorf("%s has no sentence in both languages", code)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, tt := range readings {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Is(data)
		one, gaps := Read(place, data, Options{})
		two, again := Read(place, data, Options{})
		if !slices.Equal(told(one, gaps), told(two, again)) {
			t.Error("the same bytes are read in two ways")
		}
		for _, s := range one.Settings {
			if len(s.Value) > inventory.MaxValue+3 || len(s.Subject) > inventory.MaxValue+3 {
				t.Errorf("value of %d bytes", len(s.Value))
			}
			if strings.Contains(strings.ToLower(s.Key), "machine-key") && s.Value != "fixed" && s.Value != "generated" {
				t.Errorf("a key is copied: %q", s.Value)
			}
		}
	})
}

func BenchmarkIs(b *testing.B) {
	program := append([]byte("MZ\x90\x00\x03\x00\x00\x00"), strings.Repeat("\x8b\x00\xff\x10", SniffSize/4)...)
	page := []byte(strings.Repeat("<%@ Page Language=\"C#\" %>\n", SniffSize/27))
	for name, head := range map[string][]byte{"program": program[:SniffSize], "page": page} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Is(head)
			}
		})
	}
}
