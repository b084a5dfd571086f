package webfolder

import (
	"strings"
	"testing"
	"unicode/utf16"

	"vigie/internal/kb"
	"vigie/knowledge"
)

func shipped(t testing.TB) *Index {
	t.Helper()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return New(&k.Web)
}

func TestLocate(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, c := range []struct {
		path, url, server string
		anchored          bool
	}{
		{"EX01/C/Program Files/Microsoft/Exchange Server/V15/FrontEnd/HttpProxy/owa/auth/X.aspx", "/owa/auth/x.aspx", "EX01", true},
		{"uploads/auto/C%3A/Program Files/Microsoft/Exchange Server/V15/ClientAccess/exchweb/ews/a.asmx", "/ews/a.asmx", ".", true},
		{"EX01/D_/ExchSrv/V15/FrontEnd/HttpProxy/sync/a.aspx", "/microsoft-server-activesync/a.aspx", "EX01", true},
		{"inetpub/wwwroot/aspnet_client/a.aspx", "/aspnet_client/a.aspx", ".", true},
		{"EX01/Windows/Temp/a.aspx", "", "EX01", true},
		{"found/a.aspx", "", "found", false},
	} {
		p := x.Locate(c.path)
		if p.URL != c.url || p.Server != c.server || p.Anchored != c.anchored {
			t.Errorf("%s: %q on %q, anchored %t; want %q on %q, %t", c.path, p.URL, p.Server, p.Anchored, c.url, c.server, c.anchored)
		}
	}
	if !x.Locate("C/Windows/Microsoft.NET/Framework64/v4.0.30319/Temporary ASP.NET Files/owa/1/2/x.compiled").Compiled {
		t.Error("the folder of compiled pages is not known")
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for name, want := range map[string]bool{"a.aspx": true, "A.ASPX": true, "a.aspx.bak": true, "a.asp_": true, "web.config": true, "a.aspxx": false, "a.txt": false, "aspx": false} {
		if got := x.Script("folder/" + name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for url, want := range map[string]bool{"/owa/auth/x.aspx": true, "/owa/auth/logon.aspx": false, "/owa/auth/current/themes/resources/x.ashx": true, "/owa/auth/15.1.2176/x.aspx": true,
		"/owa/auth/x.css": false, "/ecp/x.aspx": false, "/x.aspx": false, "": false} {
		if got := x.Foreign(url); got != want {
			t.Errorf("%s: %t", url, got)
		}
	}
}

// dumped is the properties of a virtual directory with an address.
func dumped(url string) string {
	return "Name : OAB\r\nOriginatingServer : dc01\r\nWhenChangedUTC : 3/3/2021\r\nExternalUrl    : " + url + "\r\n"
}

func TestDump(t *testing.T) {
	t.Parallel()
	trap := dumped(`http://f/<script language="JScript" runat="server">x</script>`)
	wide := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(trap)) {
		wide += string([]byte{byte(u), byte(u >> 8)})
	}
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"script in the address":         {trap, true},
		"two bytes a character":         {wide, true},
		"other spelling":                {strings.ReplaceAll(trap, "ExternalUrl", "InternalUrl"), true},
		"an address":                    {dumped("https://mail.example.test/OAB"), false},
		"a tag that is no script":       {dumped("https://mail.example.test/<OAB>"), false},
		"a script without a dump":       {"ExternalUrl : http://f/<script runat=server>", false},
		"a rule that looks for the two": {`$a = "ExternalUrl" $b = "<script" $c = "OriginatingServer"`, false},
	} {
		if _, got := Dump([]byte(c.text)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestReadCompiled(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	for _, c := range []struct{ name, text, want string }{
		{"a.aspx.1.compiled", `<?xml version="1.0"?><preserve resultType="3" virtualPath="/owa/auth/A.aspx" assembly="App_Web_x">`, "/owa/auth/a.aspx"},
		{"a.compiled", `<other virtualPath="/a.aspx">`, ""},
		{"App_Web_x.0.cs", "#pragma checksum \"C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\auth\\A.aspx\" \"{guid}\" \"00\"\n", "/owa/auth/a.aspx"},
		{"App_Web_x.0.cs", "using System;\n", ""},
	} {
		got, ok := x.ReadCompiled(c.name, []byte(c.text))
		if got.URL != c.want && ok || ok != (c.want != "") {
			t.Errorf("%s %q: %q, %t", c.name, c.text, got.URL, ok)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	x := shipped(t)
	in := func(s string) string {
		return "<configuration><system.webServer>" + s + "</system.webServer></configuration>"
	}
	key := strings.Repeat("AB", 24)
	for name, c := range map[string]struct{ text, want string }{
		"images that run":               {in(`<handlers><add path="*.jpg" type="System.Web.UI.PageHandlerFactory"/></handlers>`), "config-handler"},
		"one image through a program":   {in(`<handlers><add path="logo.png" scriptProcessor="C:\php\php-cgi.exe" modules="FastCgiModule"/></handlers>`), "config-handler"},
		"configuration that is refused": {in(`<handlers><add path="*.config" type="System.Web.HttpForbiddenHandler"/></handlers>`), ""},
		"pages that run":                {in(`<handlers><add path="*.aspx" type="System.Web.UI.PageHandlerFactory"/></handlers>`), ""},
		"handler of a stranger":         {in(`<handlers><add name="x" path="*" type="Update.Handler"/></handlers>`), "config-module"},
		"module of a stranger":          {in(`<modules><add name="x" type="Update.Module, Update"/></modules>`), "config-module"},
		"module of the product":         {in(`<modules><add name="x" type="Microsoft.Exchange.HttpProxy.ProxyModule"/></modules>`), ""},
		"native module of a stranger":   {in(`<globalModules><add name="x" image="C:\Windows\System32\inetsrv\update.dll"/></globalModules>`), "config-module"},
		"native module of IIS":          {in(`<globalModules><add name="x" image="%windir%\System32\inetsrv\static.dll"/></globalModules>`), ""},
		"hidden folder":                 {in(`<virtualDirectory path="/x" physicalPath="C:\ProgramData\COM1"/>`), "config-folder"},
		"folder of Exchange":            {in(`<virtualDirectory path="/" physicalPath="D:\Exchange Server\V15\FrontEnd\HttpProxy\owa"/>`), ""},
		"keys in clear":                 {in(`<machineKey validationKey="` + key + `"/>`), "machine-key"},
		"keys made at start":            {in(`<machineKey validationKey="AutoGenerate,IsolateApps"/>`), ""},
	} {
		found, err := x.Config([]byte(c.text))
		got := ""
		for _, f := range found {
			got += f.Act
			if strings.Contains(f.Raw, key) {
				t.Errorf("%s: the key is given: %s", name, f.Raw)
			}
		}
		if got != c.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	if _, err := x.Config([]byte(strings.Repeat("<a>", 1000))); err == nil {
		t.Error("any depth is read")
	}
	if _, err := x.Config([]byte("<configuration><a b=")); err == nil {
		t.Error("a cut file is whole")
	}
}

func FuzzFile(f *testing.F) {
	x := shipped(f)
	f.Add("a.compiled", []byte(`<preserve virtualPath="/owa/auth/a.aspx">`))
	f.Add("web.config", []byte(`<configuration><handlers><add path="*.jpg" type="x"/></handlers></configuration>`))
	f.Add("a.aspx", []byte(dumped("http://f/<script>")))
	f.Add("a.0.cs", []byte("#line 1 \"C:\\inetpub\\wwwroot\\a.aspx\"\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		x.Locate(name)
		x.Script(name)
		x.ReadCompiled(name, data)
		Dump(data)
		if IsConfig(name, data) {
			if found, _ := x.Config(data); len(found) > maxPerFile+2 {
				t.Errorf("%d findings", len(found))
			}
		}
	})
}
